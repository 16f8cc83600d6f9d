//! Clients in SQLite or PostgreSQL (features `sqlite` and `postgres`).
//!
//! [`SqlClientStore`] is everything that a registrar keeps, in one database: clients, initial access tokens and what may
//! be used once. Several nodes may share it.

mod builder;
mod clients;
mod database;
mod directory;
mod error;
mod fault;
mod initial_access;
mod replay;
mod row;
mod schema;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

pub use builder::SqlClientStoreBuilder;
pub use error::SqlStoreError;

use self::database::{Database, on};
use self::fault::store_error;
use crate::host::StoreError;

/// Clients, initial access tokens and used keys in one database: a [`ClientStore`](crate::ClientStore), a
/// [`ClientDirectory`](crate::ClientDirectory), [`InitialAccessTokens`](crate::InitialAccessTokens) and a
/// [`ReplayGuard`](crate::ReplayGuard). Clones share the connections.
///
/// ```
/// use oauth_dcr::{RegisterRequest, Registrar, RegistrarConfig, sql::SqlClientStore};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # #[cfg(feature = "sqlite")] {
/// // Or `sqlite:clients.db`, or `postgres://user:password@host/database`.
/// let store = SqlClientStore::connect("sqlite::memory:").await?;
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar = Registrar::builder(config, store.clone())
///     .initial_access_tokens(store.clone())
///     .replay_guard(store.clone())
///     .build()?;
///
/// let body = br#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
/// let registration = registrar.register(RegisterRequest::from_body(body)).await?;
/// assert_eq!(registration.status(), 201);
/// # }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqlClientStore {
    database: Database,
    /// Counts the keys that were used, so that old ones are removed now and then.
    consumed: Arc<AtomicU32>,
}

impl SqlClientStore {
    /// Opens a database with the defaults of [`SqlClientStoreBuilder`], and brings its schema up to date.
    ///
    /// The URL is `sqlite:FILE`, which is created if it is not there, `sqlite::memory:`, which is gone with the last
    /// clone of the store, or `postgres://USER:PASSWORD@HOST:PORT/DATABASE`.
    ///
    /// # Errors
    ///
    /// [`SqlStoreError`] says why it cannot.
    pub async fn connect(url: &str) -> Result<Self, SqlStoreError> {
        Self::builder().connect(url).await
    }

    /// Other settings than the defaults.
    pub fn builder() -> SqlClientStoreBuilder {
        SqlClientStoreBuilder::new()
    }

    /// Whether the database answers. For a readiness endpoint.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on!(writer of &self.database, pool => sqlx::query("SELECT 1").execute(pool).await.map(drop))
            .map_err(store_error)
    }

    /// Closes all connections once they are idle. Later calls fail with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        on!(readers of &self.database, pool => pool.close().await);
        on!(writer of &self.database, pool => pool.close().await);
    }
}

impl fmt::Debug for SqlClientStore {
    /// Of the URL, in which there may be a password, nothing is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite { .. } => "sqlite",
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => "postgres",
        };
        f.debug_struct("SqlClientStore").field("database", &kind).finish_non_exhaustive()
    }
}
