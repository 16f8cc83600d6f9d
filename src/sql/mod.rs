//! Clients in SQLite or PostgreSQL (features `sqlite` and `postgres`).
//!
//! [`SqlClientStore`] is everything that a registrar keeps, in one database: clients, initial access tokens and what may
//! be used once. Any number of nodes may share it.
//!
//! # What is stored
//!
//! `oauth_dcr_clients` has a row for each client: the serde form of [`Client`](crate::Client) as JSON text, and beside it
//! the columns that are searched. Identifiers, times (seconds since 1970), states and digests stand there as they are;
//! so do the texts of strangers (unique key, issuer, software, names), unless they are longer than 512 bytes or have
//! control characters: then their SHA-256 digest stands behind U+0001. `oauth_dcr_initial_access` and
//! `oauth_dcr_used_keys` are for tokens and for keys that were used; old keys are removed as new ones come.
//! `oauth_dcr_schema` has the version.
//!
//! Secrets that must be read again are in the document, in clear unless the host hands in a
//! [`SecretSealer`](crate::SecretSealer). A SQLite file belongs into a folder that only the server can read.
//!
//! # How it is stored
//!
//! Whatever a call does is one statement: to insert, to compare and swap, to take a use. A call that is dropped has done
//! all of it or nothing. What was rolled back because others were faster (40001, 40P01) is tried again. An error that may
//! pass is [`StoreError::Unavailable`], which is answered with 503 and `Retry-After`; one that will not is
//! [`StoreError::Backend`]. Both have the error of sqlx as their source.
//!
//! SQLite runs with write-ahead logging, and waits for the disk before it answers. One connection writes, others read at
//! the same time. Several processes may open the file, on one machine.
//!
//! # Migrations
//!
//! [`connect`](SqlClientStore::connect) applies what a database lacks, in one transaction that no other node can enter. It
//! goes forward only, and a database that a later version of this crate has migrated is refused. The files in
//! `src/sql/migrations` are plain SQL, for those who would rather run them by hand
//! ([`SqlClientStoreBuilder::without_migrations`]).
//!
//! # Other engines
//!
//! The statements are plain enough for engines that speak the protocol of PostgreSQL over several machines, such as
//! CockroachDB and YugabyteDB. This crate is tested on SQLite and PostgreSQL only: run the contract suite of the feature
//! `testing` on another engine first. What is asked of it:
//!
//! - UTF-8, texts that are compared byte by byte, and `COLLATE "C"` for the order of identifiers.
//! - Unique indexes, also partial ones (`WHERE … IS NOT NULL`), that hold across all nodes.
//! - `INSERT … ON CONFLICT`, `RETURNING`, `WITH … AS MATERIALIZED`, `to_regclass`, `SET statement_timeout`, and savepoints
//!   in a migration. Compression by lz4 is asked for, and not needed.
//! - Read committed isolation or a stricter one. Under the stricter ones more statements are tried again.
//!
//! No sequence, trigger, function or advisory lock is used; a node that migrates locks a row. An engine whose schema
//! changes are not part of a transaction can apply a migration over itself after it stopped half-way. Where tables are
//! split by the hash of their key by default, as in YugabyteDB, listing in the order of identifiers reads every part.

mod builder;
mod clients;
mod database;
mod directory;
mod error;
mod fault;
mod initial_access;
#[cfg(feature = "postgres")]
mod lending;
mod replay;
mod row;
mod schema;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

pub use builder::SqlClientStoreBuilder;
pub use error::SqlStoreError;

use self::database::Database;
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
        self.database.change("SELECT 1", &[]).await.map(drop)
    }

    /// Closes all connections once they are idle. Later calls fail with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        self.database.close().await;
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
