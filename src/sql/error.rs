//! Why a store could not be opened.

use super::fault::is_transient;
use crate::error::BoxError;

/// A [`SqlClientStore`](super::SqlClientStore) could not be opened.
///
/// No message holds the URL: it may have a password in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlStoreError {
    /// The URL cannot be read, or has a parameter that cannot.
    #[error("the URL of the database cannot be read")]
    Url(#[source] BoxError),
    /// The URL begins with something else than `sqlite:`, `postgres:` or `postgresql:`, or the feature for it is
    /// missing in this build.
    #[error("the URL is of no database that this build has: `{0}:`")]
    UnknownDatabase(String),
    /// The database cannot be reached, or does not let us in.
    #[error("the database cannot be opened")]
    Connect(#[source] BoxError),
    /// The database has had migrations of a later version of this crate.
    #[error("the schema has version {found}, this program knows {known}: a later version of it is needed")]
    SchemaTooNew {
        /// The version of the database.
        found: i64,
        /// The latest version that this build knows.
        known: i64,
    },
    /// The database lacks migrations, and was opened without leave to apply them.
    #[error("the schema has version {found} and {needed} is needed: migrate it first")]
    SchemaTooOld {
        /// The version of the database; 0 if it has none.
        found: i64,
        /// The version that this build needs.
        needed: i64,
    },
    /// A migration failed. Nothing of it is left behind, and it may be tried again.
    #[error("the schema could not be brought up to date")]
    Migration(#[source] BoxError),
}

impl SqlStoreError {
    pub(super) fn of_schema(error: sqlx::Error) -> Self {
        if is_transient(&error) { Self::Connect(error.into()) } else { Self::Migration(error.into()) }
    }
}
