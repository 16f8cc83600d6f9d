//! How a database is opened.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;

use super::database::Database;
use super::error::SqlStoreError;
use super::{SqlClientStore, schema};

/// Collects the settings of a [`SqlClientStore`]; each has a default for a server in production.
#[derive(Clone, Debug)]
#[must_use]
pub struct SqlClientStoreBuilder {
    max_connections: u32,
    acquire_timeout: Duration,
    statement_timeout: Duration,
    busy_timeout: Duration,
    idle_check: Duration,
    migrates: bool,
}

impl SqlClientStoreBuilder {
    pub(super) fn new() -> Self {
        Self {
            max_connections: 10,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(5),
            idle_check: Duration::from_secs(1),
            migrates: true,
        }
    }

    /// How many connections there are at most; with SQLite, how many that read, beside the one that writes. Default:
    /// 10. A database in memory always has one.
    pub fn max_connections(mut self, connections: u32) -> Self {
        self.max_connections = connections.max(1);
        self
    }

    /// For how long a call waits for a connection, which includes the time to open one. Then it fails with
    /// [`StoreError::Unavailable`](crate::StoreError::Unavailable). Default: 3 seconds.
    pub fn acquire_timeout(mut self, timeout: Duration) -> Self {
        self.acquire_timeout = timeout;
        self
    }

    /// For how long PostgreSQL lets a statement run (`statement_timeout`, set when a connection is opened). Then it
    /// fails with [`StoreError::Unavailable`](crate::StoreError::Unavailable), and nothing of it is done. Default: 5
    /// seconds. Zero: as the server has it. SQLite has no such limit.
    ///
    /// A server that is silent for twice that time is taken to be gone: the call fails, and the connection is closed.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout;
        self
    }

    /// For how long SQLite waits while another process writes (`busy_timeout`). Then the call fails with
    /// [`StoreError::Unavailable`](crate::StoreError::Unavailable). Default: 5 seconds.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// A connection to PostgreSQL that was not used for so long is tried before it is used again, and replaced if it is
    /// dead. Default: 1 second.
    ///
    /// To try every connection every time, before and after a statement, as a pool of sqlx does unless told otherwise, is
    /// two round trips more for each statement; zero does the first of them. With the default, a server under load that
    /// loses its database answers one 503 for each connection that was open, and none after a quiet second.
    pub fn idle_check(mut self, idle: Duration) -> Self {
        self.idle_check = idle;
        self
    }

    /// Leaves the schema as it is, for roles that may not change it; a database that is behind is refused then. Default:
    /// the schema is brought up to date. The migrations are plain SQL in `src/sql/migrations`.
    pub fn without_migrations(mut self) -> Self {
        self.migrates = false;
        self
    }

    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// [`SqlStoreError`] says why it cannot.
    pub async fn connect(self, url: &str) -> Result<SqlClientStore, SqlStoreError> {
        let database = match url.split_once(':').map_or(("", url), |(scheme, rest)| (scheme, rest)) {
            #[cfg(feature = "sqlite")]
            ("sqlite", rest) => self.sqlite(url, rest).await?,
            #[cfg(feature = "postgres")]
            ("postgres" | "postgresql", _) => self.postgres(url).await?,
            (scheme, _) => return Err(SqlStoreError::UnknownDatabase(scheme.to_owned())),
        };
        schema::bring_up(&database, self.migrates).await?;
        Ok(SqlClientStore { database, consumed: Arc::default() })
    }

    #[cfg(feature = "sqlite")]
    fn pool(&self) -> PoolOptions<sqlx::Sqlite> {
        PoolOptions::new().acquire_timeout(self.acquire_timeout).test_before_acquire(false)
    }

    #[cfg(feature = "sqlite")]
    async fn sqlite(&self, url: &str, rest: &str) -> Result<Database, SqlStoreError> {
        use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

        let (name, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mode = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "mode");
        let is_in_memory =
            name.ends_with(":memory:") || mode.as_ref().is_some_and(|(_, mode)| mode == "memory");
        let options = SqliteConnectOptions::from_str(url)
            .map_err(|error| SqlStoreError::Url(error.into()))?
            .busy_timeout(self.busy_timeout)
            .journal_mode(SqliteJournalMode::Wal)
            // What was answered survives a power failure, not only a crash.
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let options = if mode.is_none() { options.create_if_missing(true) } else { options };

        // A database in memory lives as long as its connection, which must not be closed when it has nothing to do.
        let single = self.pool().max_connections(1).idle_timeout(None).max_lifetime(None);
        let mut retry = super::fault::Retry::new();
        let writer = loop {
            match single.clone().connect_with(options.clone()).await {
                Ok(pool) => break pool,
                Err(error) if super::fault::is_race_of_migrations(&error) && retry.go_on().await => {}
                Err(error) => return Err(SqlStoreError::Connect(error.into())),
            }
        };
        let readers = if is_in_memory {
            writer.clone()
        } else {
            self.pool().max_connections(self.max_connections).connect_lazy_with(options)
        };
        Ok(Database::Sqlite { writer, readers })
    }

    #[cfg(feature = "postgres")]
    async fn postgres(&self, url: &str) -> Result<Database, SqlStoreError> {
        use sqlx::postgres::PgConnectOptions;
        use sqlx::{AssertSqlSafe, Executor};

        use super::lending::{Lending, Patience};

        let options = PgConnectOptions::from_str(url).map_err(|error| SqlStoreError::Url(error.into()))?;
        let options = match options.get_application_name() {
            Some(_) => options,
            None => options.application_name("oauth-dcr"),
        };
        let limit = self.statement_timeout.as_millis();
        let pool = PoolOptions::<sqlx::Postgres>::new()
            .acquire_timeout(self.acquire_timeout)
            .max_connections(self.max_connections)
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if limit > 0 {
                        connection.execute(AssertSqlSafe(format!("SET statement_timeout = {limit}"))).await?;
                    }
                    Ok(())
                })
            })
            // What was opened for the schema would be one more than there may be.
            .after_release(|_, _| Box::pin(async { Ok(false) }))
            .connect_with(options.disable_statement_logging())
            .await
            .map_err(|error| SqlStoreError::Connect(error.into()))?;
        let patience = Patience {
            acquire: self.acquire_timeout,
            idle_check: self.idle_check,
            // A server that is alive has given the statement up by half of this time.
            silence: if limit > 0 { self.statement_timeout.saturating_mul(2) } else { Duration::MAX },
        };
        Ok(Database::Postgres(Lending::new(pool, self.max_connections, patience)))
    }
}
