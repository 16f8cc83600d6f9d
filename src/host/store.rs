//! The store of a host, as a contract.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::client::{Client, ClientId};
use crate::error::BoxError;

/// Where clients are kept.
///
/// Four operations, each atomic by itself; the engine never needs a transaction over two. Identifiers are compared
/// exactly, byte for byte. What is stored must come back equal, and does if the serde form of [`Client`] is kept.
/// The contract suite of the feature `testing` checks an implementation; a whole one is in the
/// [guide](crate::guide::stores).
#[async_trait]
pub trait ClientStore: Debug + Send + Sync {
    /// Stores a new client.
    ///
    /// Must be atomic: of two concurrent inserts with one id, or with one [`Client::unique_key`], exactly one
    /// succeeds. An id is not given out again after its client was deleted.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyExists`] if the id is taken: the registrar then draws another one, up to three times.
    /// [`StoreError::Duplicate`] if the unique key is taken.
    async fn insert(&self, client: &Client) -> Result<(), StoreError>;

    /// The client with this id.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails: an unknown id is `None`.
    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError>;

    /// The client with this [`Client::unique_key`]. Asked for only under a profile in which a request can cancel a
    /// registration (`lifecycle.cancel_when`).
    ///
    /// # Errors
    ///
    /// If the store fails, or cannot look up by unique key, which is the default.
    async fn find_unique(&self, unique_key: &str) -> Result<Option<Client>, StoreError> {
        let _ = unique_key;
        Err(StoreError::Backend("this store does not look up by unique key".into()))
    }

    /// Puts a client in the place of its earlier version: compare and swap in one step, so that two updates cannot
    /// overwrite each other.
    ///
    /// A use that [`ClientDirectory::touch`](super::ClientDirectory::touch) noted meanwhile is kept: what is stored is
    /// [`used_at`](Client::used_at) the later time of both versions.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] if there is no client with this id; nothing is stored then.
    /// [`StoreError::Conflict`] if its revision is not `expected_revision`.
    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError>;

    /// Removes a client. True if there was one, exactly once.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails.
    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError>;
}

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The id of an insert is taken.
    #[error("the client id is taken")]
    AlreadyExists,
    /// The unique key of an insert or a replacement is taken.
    #[error("the unique key is taken by the client {existing}")]
    Duplicate {
        /// The client that has it.
        existing: ClientId,
    },
    /// There is no client to replace.
    #[error("there is no such client")]
    NotFound,
    /// The client was changed by somebody else in the meantime.
    #[error("the client was changed in the meantime")]
    Conflict,
    /// The store failed and will again.
    #[error("the store failed")]
    Backend(#[source] BoxError),
    /// The store failed; trying again later may help.
    #[error("the store is not available")]
    Unavailable(#[source] BoxError),
}

/// A shared store is a store.
macro_rules! delegate {
    ($($pointer:ty),+) => { $(
        #[async_trait]
        impl<S: ClientStore + ?Sized> ClientStore for $pointer {
            async fn insert(&self, client: &Client) -> Result<(), StoreError> {
                (**self).insert(client).await
            }

            async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
                (**self).get(id).await
            }

            async fn find_unique(&self, unique_key: &str) -> Result<Option<Client>, StoreError> {
                (**self).find_unique(unique_key).await
            }

            async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
                (**self).replace(client, expected_revision).await
            }

            async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
                (**self).delete(id).await
            }
        }
    )+ };
}
delegate!(Arc<S>, Box<S>);
