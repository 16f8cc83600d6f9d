//! Secrets that must be read again, encrypted by the host.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;

use crate::client::ClientId;
use crate::error::BoxError;
use crate::secret::ClientSecret;

/// Encrypts client secrets that must be read again, so that no store gets one in clear: those with which HMACs are
/// computed (OpenID Connect Core section 10.1), and all of them under `returnClientSecretOnRead`. Of all other secrets
/// a digest is kept, and the sealer is not asked.
///
/// An implementation encrypts with a key that is not in the store or in its backup, with authentication, and binds the
/// text to the client (as associated data), so that the secret of one cannot be put in the place of another's. The
/// engine compares by a digest that is kept beside the sealed text, and refuses what opens to something else.
///
/// An error is answered as one of the host that may pass: 503. A registration or update whose secret cannot be sealed
/// is refused, and nothing is stored. A whole implementation is in the [guide](crate::guide::secrets_and_events).
#[async_trait]
pub trait SecretSealer: Debug + Send + Sync {
    /// Encrypts a secret of a client into text.
    ///
    /// # Errors
    ///
    /// If it cannot. The text of the error is for the log only; it must not hold the secret.
    async fn seal(&self, client: &ClientId, secret: &ClientSecret) -> Result<String, BoxError>;

    /// Decrypts what [`seal`](Self::seal) made for the same client.
    ///
    /// # Errors
    ///
    /// If it cannot, or if the text is another client's.
    async fn open(&self, client: &ClientId, sealed: &str) -> Result<ClientSecret, BoxError>;
}

/// A shared sealer is a sealer.
#[async_trait]
impl<S: SecretSealer + ?Sized> SecretSealer for Arc<S> {
    async fn seal(&self, client: &ClientId, secret: &ClientSecret) -> Result<String, BoxError> {
        (**self).seal(client, secret).await
    }

    async fn open(&self, client: &ClientId, sealed: &str) -> Result<ClientSecret, BoxError> {
        (**self).open(client, sealed).await
    }
}
