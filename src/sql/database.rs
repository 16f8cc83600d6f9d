//! The databases, behind one face: a statement with its values, and rows of a text and a number.
//!
//! Every statement of the store is the same for both, with values as `$1`, `$2` and so on.

use std::borrow::Cow;
#[cfg(feature = "postgres")]
use std::sync::Arc;

#[cfg(feature = "sqlite")]
use sqlx::SqlitePool;
use sqlx::{ColumnIndex, Decode, Error, Row, Type};

#[cfg(feature = "postgres")]
use super::fault::leaves_connection;
use super::fault::{Retry, store_error};
#[cfg(feature = "postgres")]
use super::lending::Lending;
use crate::host::StoreError;

#[derive(Clone)]
pub(super) enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite {
        /// One connection: writers of one process queue here, where the order is fair, and not at the file.
        writer: SqlitePool,
        readers: SqlitePool,
    },
    #[cfg(feature = "postgres")]
    Postgres(Arc<Lending>),
}

/// A value of a statement.
pub(super) enum Value<'v> {
    Text(Option<Cow<'v, str>>),
    Integer(Option<i64>),
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl<'v> From<Option<Cow<'v, str>>> for Value<'v> {
    fn from(text: Option<Cow<'v, str>>) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(Cow::Owned))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

/// What every statement with an answer answers: an identifier or a document, and what goes with it.
pub(super) struct Found {
    pub(super) text: String,
    pub(super) number: Option<i64>,
}

/// Does the same with whichever pool there is, in its own time.
macro_rules! on {
    ($database:expr, $pool:ident => $call:expr) => {
        match $database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite { writer: $pool, .. } => $call,
            #[cfg(feature = "postgres")]
            Database::Postgres(lending) => {
                let $pool = &lending.pool;
                $call
            }
        }
    };
}
pub(super) use on;

/// A statement with its values; each connection prepares it once.
macro_rules! bound {
    ($sql:expr, $values:expr) => {
        $values.iter().fold(sqlx::query($sql), |query, value| match value {
            Value::Text(text) => query.bind(text.as_deref()),
            Value::Integer(number) => query.bind(*number),
        })
    };
}

/// Runs a statement on a connection of that pool (`execute` or `fetch_all`), and makes something of the result.
macro_rules! run {
    ($sql:expr, $values:expr, $which:ident of $database:expr, $how:ident, $result:ident => $answer:expr) => {
        match $database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite { $which: pool, .. } => {
                let $result = bound!($sql, $values).$how(pool).await?;
                $answer
            }
            #[cfg(feature = "postgres")]
            Database::Postgres(lending) => {
                let mut lent = lending.lend().await?;
                let call = bound!($sql, $values).$how(&mut lent.connection);
                let answered = tokio::time::timeout(lending.patience.silence, call).await;
                let answered = answered.map_err(|_| silent())?;
                if answered.as_ref().err().is_none_or(leaves_connection) {
                    lent.give_back(lending);
                }
                let $result = answered?;
                $answer
            }
        }
    };
}

/// Tries again what lost against others.
macro_rules! again {
    ($call:expr) => {{
        let mut retry = Retry::new();
        loop {
            match $call.await {
                Err(error) if retry.is_worth(&error).await => {}
                result => break result,
            }
        }
    }};
}

#[cfg(feature = "postgres")]
fn silent() -> Error {
    Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "the database does not answer"))
}

impl Database {
    /// Closes all connections once they are idle.
    pub(super) async fn close(&self) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(lending) => lending.close().await,
        }
    }

    /// Changes something, and says in how many rows.
    pub(super) async fn change(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.try_change(sql, values).await.map_err(store_error)
    }

    /// [`change`](Self::change), for whoever looks at the error.
    pub(super) async fn try_change(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Error> {
        again!(self.changed_rows(sql, values))
    }

    /// Changes something, and says what of the rows that were changed.
    ///
    /// All rows are read, also where there is one at most: only behind the last one a database says that it has
    /// committed.
    pub(super) async fn change_and_say(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Found>, StoreError> {
        again!(self.changed(sql, values)).map_err(store_error)
    }

    /// Looks.
    pub(super) async fn look(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Found>, StoreError> {
        again!(self.seen(sql, values)).map_err(store_error)
    }

    /// Looks for one row at most.
    pub(super) async fn look_for(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Found>, StoreError> {
        Ok(self.look(sql, values).await?.pop())
    }

    async fn changed_rows(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, Error> {
        run!(sql, values, writer of self, execute, done => Ok(done.rows_affected()))
    }

    async fn changed(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Found>, Error> {
        run!(sql, values, writer of self, fetch_all, rows => rows.iter().map(found).collect())
    }

    async fn seen(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Found>, Error> {
        run!(sql, values, readers of self, fetch_all, rows => rows.iter().map(found).collect())
    }
}

fn found<'r, R: Row>(row: &'r R) -> Result<Found, Error>
where
    usize: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(Found { text: row.try_get(0)?, number: row.try_get(1)? })
}
