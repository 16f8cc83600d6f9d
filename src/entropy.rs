//! Random bytes, from the host.

use std::fmt::Debug;
use std::sync::Arc;

use crate::error::BoxError;

/// Where the engine takes random bytes from. A whole implementation is in the
/// [guide](crate::guide::time_and_randomness).
pub trait Entropy: Debug + Send + Sync {
    /// Fills the buffer with bytes that nobody can guess.
    ///
    /// # Errors
    ///
    /// If the source fails. The request is then refused as a server error: no secret is ever made of less.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError>;
}

/// A shared source is a source.
impl<E: Entropy + ?Sized> Entropy for Arc<E> {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        (**self).fill(buffer)
    }
}

/// The source of randomness failed.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes")]
pub struct EntropyError(#[source] BoxError);

impl EntropyError {
    /// What the source said. It is for the log only.
    #[must_use]
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self(source.into())
    }
}

/// The random numbers of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buffer).map_err(|error| EntropyError::new(error.to_string()))
    }
}
