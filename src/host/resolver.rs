//! The engine's only door to the network.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

use crate::error::BoxError;

/// Fetches JSON documents: key sets, discovery and sector documents.
///
/// The engine checks a URL (https, no IP literal, the operator's lists) before it asks. What the URL leads to is the
/// implementation's duty: no redirects, no address that is not public after name resolution, no credentials, at
/// most 5 seconds and 64 KiB, and status 200. A whole implementation is in the [guide](crate::guide::network).
#[async_trait]
pub trait JwksResolver: Debug + Send + Sync {
    /// Fetches one document.
    ///
    /// # Errors
    ///
    /// [`FetchError`] for anything but a JSON document with status 200. Its text goes to the log and never to the
    /// client, who could use the engine as a port scanner otherwise.
    async fn fetch(&self, uri: &Url, purpose: FetchPurpose) -> Result<Value, FetchError>;

    /// Fetches one document of at most so many bytes, and what its server says of keeping it. Default:
    /// [`fetch`](Self::fetch), which says nothing of that, and the length of the document without white space.
    ///
    /// # Errors
    ///
    /// As [`fetch`](Self::fetch), and for a longer document.
    async fn fetch_document(
        &self,
        uri: &Url,
        purpose: FetchPurpose,
        max_bytes: usize,
    ) -> Result<FetchedDocument, FetchError> {
        let document = self.fetch(uri, purpose).await?;
        if document.to_string().len() > max_bytes {
            return Err(FetchError::Failed(format!("the document is longer than {max_bytes} bytes").into()));
        }
        Ok(FetchedDocument::new(document))
    }
}

/// A shared resolver is a resolver.
#[async_trait]
impl<R: JwksResolver + ?Sized> JwksResolver for Arc<R> {
    async fn fetch(&self, uri: &Url, purpose: FetchPurpose) -> Result<Value, FetchError> {
        (**self).fetch(uri, purpose).await
    }

    async fn fetch_document(
        &self,
        uri: &Url,
        purpose: FetchPurpose,
        max_bytes: usize,
    ) -> Result<FetchedDocument, FetchError> {
        (**self).fetch_document(uri, purpose, max_bytes).await
    }
}

/// A document, and for how long it may be kept.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FetchedDocument {
    /// The document.
    pub document: Value,
    /// For how long its server lets it be kept (RFC 9111 section 5.2.2); zero: not at all. `None`: it does not say.
    pub max_age: Option<Duration>,
}

impl FetchedDocument {
    /// A document of which nothing else is known.
    #[must_use]
    pub fn new(document: Value) -> Self {
        Self { document, max_age: None }
    }

    /// The same, to be kept for so long.
    #[must_use]
    pub fn with_max_age(self, max_age: Duration) -> Self {
        Self { max_age: Some(max_age), ..self }
    }
}

/// Why a document is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FetchPurpose {
    /// Keys that verify a software statement or a signed request.
    Keys,
    /// A discovery document that names such keys.
    Discovery,
    /// The redirection URIs of a sector (OpenID Connect Registration section 5).
    SectorIdentifier,
    /// The metadata of a client whose identifier is the URL (draft-ietf-oauth-client-id-metadata-document).
    ClientMetadata,
}

/// A document could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The host has no network.
    #[error("this host fetches no documents")]
    NoNetwork,
    /// The document is not there, not allowed, or not what it should be.
    #[error("the document could not be fetched")]
    Failed(#[source] BoxError),
}

/// Fetches nothing: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNetwork;

#[async_trait]
impl JwksResolver for NoNetwork {
    async fn fetch(&self, _: &Url, _: FetchPurpose) -> Result<Value, FetchError> {
        Err(FetchError::NoNetwork)
    }
}
