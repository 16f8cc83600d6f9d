//! JWK thumbprints (RFC 7638).

use std::fmt;

use sha2::{Digest, Sha256};

use super::base64url;

/// The SHA-256 thumbprint of a key: two keys with one thumbprint are the same key, whatever their `kid`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The thumbprint of the required members in the form of RFC 7638 section 3.3.
    pub(super) fn of_canonical(members: &str) -> Self {
        Self(Sha256::digest(members.as_bytes()).into())
    }

    /// The thumbprint as base64url text.
    pub(crate) fn to_text(self) -> String {
        base64url::encode(self.0)
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({})", self.to_text())
    }
}
