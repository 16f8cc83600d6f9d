//! Random bytes, from the host.

use std::fmt::Debug;

/// Where the engine takes random bytes from.
pub trait Entropy: Debug + Send + Sync {
    /// Fills the buffer with bytes that nobody can guess.
    ///
    /// # Errors
    ///
    /// If the source fails. The request is then refused as a server error: no secret is ever made of less.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError>;
}

/// The source of randomness failed.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes: {0}")]
pub struct EntropyError(pub String);

/// The random numbers of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(buffer).map_err(|error| EntropyError(error.to_string()))
    }
}
