//! The databases, behind one face: a statement with its values, and rows of a text and a number.
//!
//! Every statement of the store is the same for both, with values as `$1`, `$2` and so on.

use std::borrow::Cow;

#[cfg(feature = "postgres")]
use sqlx::PgPool;
use sqlx::Row;
#[cfg(feature = "sqlite")]
use sqlx::SqlitePool;

use super::fault::{Retry, store_error};
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
    Postgres(PgPool),
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

/// Does the same with whichever pool there is: that for changes, or that for looking.
macro_rules! on {
    (writer of $database:expr, $pool:ident => $call:expr) => {
        match $database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite { writer: $pool, .. } => $call,
            #[cfg(feature = "postgres")]
            Database::Postgres($pool) => $call,
        }
    };
    (readers of $database:expr, $pool:ident => $call:expr) => {
        match $database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite { readers: $pool, .. } => $call,
            #[cfg(feature = "postgres")]
            Database::Postgres($pool) => $call,
        }
    };
}
pub(super) use on;

/// A statement with its values. It is prepared once per connection.
macro_rules! bound {
    ($sql:expr, $values:expr) => {
        $values.iter().fold(sqlx::query($sql), |query, value| match value {
            Value::Text(text) => query.bind(text.as_deref()),
            Value::Integer(number) => query.bind(*number),
        })
    };
}

/// The rows of an answer.
macro_rules! found {
    ($rows:expr) => {
        $rows.and_then(|rows| {
            rows.iter().map(|row| Ok(Found { text: row.try_get(0)?, number: row.try_get(1)? })).collect()
        })
    };
}

impl Database {
    /// Changes something, and says in how many rows.
    pub(super) async fn change(&self, sql: &'static str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.try_change(sql, values).await.map_err(store_error)
    }

    /// [`change`](Self::change), for whoever looks at the error.
    pub(super) async fn try_change(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<u64, sqlx::Error> {
        let mut retry = Retry::new();
        loop {
            let result = on!(writer of self, pool => {
                bound!(sql, values).execute(pool).await.map(|done| done.rows_affected())
            });
            match result {
                Err(error) if retry.is_worth(&error).await => {}
                result => return result,
            }
        }
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
        let mut retry = Retry::new();
        loop {
            let result = on!(writer of self, pool => found!(bound!(sql, values).fetch_all(pool).await));
            match result {
                Err(error) if retry.is_worth(&error).await => {}
                result => return result.map_err(store_error),
            }
        }
    }

    /// Looks.
    pub(super) async fn look(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Vec<Found>, StoreError> {
        let mut retry = Retry::new();
        loop {
            let result = on!(readers of self, pool => found!(bound!(sql, values).fetch_all(pool).await));
            match result {
                Err(error) if retry.is_worth(&error).await => {}
                result => return result.map_err(store_error),
            }
        }
    }

    /// Looks for one row at most.
    pub(super) async fn look_for(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
    ) -> Result<Option<Found>, StoreError> {
        Ok(self.look(sql, values).await?.pop())
    }
}
