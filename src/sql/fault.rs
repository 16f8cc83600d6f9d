//! What a database's errors mean for the caller.

use std::time::Duration;

use sqlx::Error;

use crate::host::StoreError;

/// Whether trying again later may help decides between 503 and 500.
pub(super) fn store_error(error: Error) -> StoreError {
    if is_transient(&error) {
        StoreError::Unavailable(error.into())
    } else {
        StoreError::Backend(error.into())
    }
}

/// Text of ours that the store cannot read back: somebody else wrote it, or a later version.
pub(super) fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Backend(error.into())
}

pub(super) fn is_transient(error: &Error) -> bool {
    match error {
        Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        Error::Database(_) => is_transient_code(error),
        _ => false,
    }
}

fn is_transient_code(error: &Error) -> bool {
    let database = database_code(error);
    match database {
        // Classes: connection exception, transaction rollback, insufficient resources, operator intervention (a
        // statement that ran out of time, a server that starts or stops), system error.
        Some(Code::State(state)) => {
            ["08", "40", "53", "57", "58"].iter().any(|class| state.starts_with(class))
                // Somebody holds the lock; the node is a standby that has not taken over yet.
                || matches!(&*state, "55P03" | "25006")
        }
        // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_INTERRUPT, SQLITE_FULL; the byte above says more about them.
        Some(Code::Result(code)) => matches!(code & 0xff, 5 | 6 | 9 | 13),
        None => false,
    }
}

/// Whether the statement was rolled back only because others were faster: serialization failure or deadlock.
fn is_rolled_back(error: &Error) -> bool {
    matches!(database_code(error), Some(Code::State(state)) if matches!(&*state, "40001" | "40P01"))
}

/// Whether the connection is as good as before an error: what was there already, or came first, is no fault of it.
#[cfg(feature = "postgres")]
pub(super) fn leaves_connection(error: &Error) -> bool {
    matches!(database_code(error), Some(Code::State(state)) if ["23", "40"].iter().any(|class| state.starts_with(class)))
}

/// Whether somebody else made the schema at the same moment: a statement that makes what is there by now, or a lock on
/// a file that is being switched to write-ahead logging.
pub(super) fn is_race_of_migrations(error: &Error) -> bool {
    match database_code(error) {
        Some(Code::State(state)) => matches!(&*state, "40001" | "40P01" | "23505" | "42P07" | "42710"),
        Some(Code::Result(code)) => matches!(code & 0xff, 5 | 6),
        None => false,
    }
}

/// How a database names an error.
enum Code {
    /// Five characters of SQLSTATE.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "only PostgreSQL has it"))]
    State(String),
    /// The extended result code of SQLite.
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "only SQLite has it"))]
    Result(i64),
}

fn database_code(error: &Error) -> Option<Code> {
    let error = error.as_database_error()?;
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return Some(Code::State(error.code().to_owned()));
    }
    #[cfg(feature = "sqlite")]
    if error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
        return error.code()?.parse().ok().map(Code::Result);
    }
    None
}

/// Tries a statement again that lost against others.
pub(super) struct Retry {
    left: u32,
    pause: Duration,
}

impl Retry {
    pub(super) fn new() -> Self {
        Self { left: 6, pause: Duration::from_millis(2) }
    }

    /// Whether to go on after an error; waits a little longer every time. A statement that was rolled back did nothing,
    /// so that it is safe to repeat. What became of one whose connection broke nobody knows: it is not repeated.
    pub(super) async fn is_worth(&mut self, error: &Error) -> bool {
        is_rolled_back(error) && self.go_on().await
    }

    /// Waits, unless there were enough attempts.
    pub(super) async fn go_on(&mut self) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        tokio::time::sleep(self.pause).await;
        self.pause *= 2;
        true
    }
}
