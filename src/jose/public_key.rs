//! A key that passed the screen.

use std::sync::Arc;

use super::algorithm::{Algorithm, Family};
use super::jwk::{KeyType, KeyUse};
#[cfg(test)]
use super::thumbprint::Thumbprint;

/// A public key that passed the screen. Of what was sent it keeps the required public members and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    pub(super) key_type: KeyType,
    pub(super) kid: Option<Arc<str>>,
    pub(super) key_use: KeyUse,
    /// Whether its `key_ops`, if there are any, hold `verify`.
    pub(super) may_verify: bool,
    /// Whether they hold an operation that encrypts a content key or agrees on one.
    pub(super) may_encrypt: bool,
    pub(super) alg: Option<Box<str>>,
    /// The required members in the form of RFC 7638 section 3.3: a JWK, and what its thumbprint is made of.
    pub(super) canonical: Box<str>,
}

impl PublicKey {
    /// The type.
    pub(crate) fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The `kid`.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The size of the key in bits: of the modulus, or of the field of the curve.
    pub(crate) fn bits(&self) -> u32 {
        match self.key_type {
            // Whole bytes, as the screen demands, in base64url without padding.
            KeyType::Rsa => {
                let modulus = self.canonical.rsplit('"').nth(1).unwrap_or_default();
                u32::try_from(modulus.len() * 3 / 4 * 8).unwrap_or(u32::MAX)
            }
            KeyType::P256 | KeyType::Secp256k1 | KeyType::Ed25519 | KeyType::X25519 => 256,
            KeyType::P384 => 384,
            KeyType::P521 => 521,
            KeyType::Ed448 | KeyType::X448 => 448,
        }
    }

    /// The `use`.
    pub(crate) fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// The `alg`, which may also be one of encryption.
    pub(crate) fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// Whether the key may verify signatures of an algorithm: type, curve, `use`, `key_ops` and `alg` must all
    /// allow it (RFC 8725 section 3.1).
    pub(crate) fn verifies(&self, algorithm: Algorithm) -> bool {
        algorithm.takes(self.key_type)
            && matches!(self.key_use, KeyUse::Any | KeyUse::Signature)
            && self.may_verify
            && self.alg.as_deref().is_none_or(|alg| is_same(algorithm, alg))
    }

    /// Whether the key may verify signatures of any algorithm.
    pub(crate) fn signs(&self) -> bool {
        matches!(self.key_use, KeyUse::Any | KeyUse::Signature)
            && self.may_verify
            && !matches!(self.key_type, KeyType::X25519 | KeyType::X448)
            && self.alg.as_deref().is_none_or(|alg| Algorithm::parse(alg).is_some())
    }

    /// Whether something may be encrypted to the key with an algorithm of RFC 7518 section 4.
    pub(crate) fn encrypts(&self, alg: &str) -> bool {
        matches!(self.key_use, KeyUse::Any | KeyUse::Encryption)
            && self.may_encrypt
            && !matches!(self.key_type, KeyType::Ed25519 | KeyType::Ed448)
            && takes_encryption(self.key_type, alg)
            && self.alg.as_deref().is_none_or(|own| own == alg)
    }

    /// The thumbprint (RFC 7638).
    #[cfg(test)]
    pub(crate) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_canonical(&self.canonical)
    }
}

/// Whether a key of this type fits an algorithm of key management. Of algorithms that are not known here, any does.
pub(super) fn takes_encryption(key_type: KeyType, alg: &str) -> bool {
    match alg.split(['-', '_']).next() {
        Some("RSA" | "RSA1") => key_type == KeyType::Rsa,
        Some("ECDH") => !matches!(key_type, KeyType::Rsa | KeyType::Ed25519 | KeyType::Ed448),
        _ => true,
    }
}

/// Whether a key's `alg` names the algorithm. `EdDSA` and the names of RFC 9864 are one algorithm once the key, and
/// so the curve, is given.
fn is_same(algorithm: Algorithm, alg: &str) -> bool {
    algorithm.name() == alg
        || (algorithm.family() == Family::Edwards
            && Algorithm::parse(alg).is_some_and(|alg| alg.family() == Family::Edwards))
}
