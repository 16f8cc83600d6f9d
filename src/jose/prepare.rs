//! The arithmetic of signatures: the one place where josekit is called. With the feature `openssl`, RSA goes another
//! way (`rsa`).
//!
//! Three of its calls are used: `Jwk::from_map` (deserializing a `Jwk` skips its checks and makes it panic
//! later), `verifier_from_jwk` (nothing here reads PEM or DER), and `verify` or `sign` on bytes. A key is
//! given to it with its required public members alone, so that no other member can change what it does.

use josekit::jwk::Jwk;
use josekit::jws::{self, JwsSigner, JwsVerifier};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::algorithm::Algorithm;
#[cfg(feature = "openssl")]
use super::algorithm::Family;
#[cfg(feature = "openssl")]
use super::rsa::RsaVerifier;

/// A key made ready for one algorithm. Making one costs up to seven verifications; using it from many threads
/// is free.
pub(super) enum Prepared {
    Josekit(Box<dyn JwsVerifier>),
    #[cfg(feature = "openssl")]
    OpenSsl(Box<RsaVerifier>),
}

impl Prepared {
    /// Prepares a key from its required members in the form of RFC 7638. Nothing if the library refuses it.
    pub(super) fn new(algorithm: Algorithm, canonical: &str) -> Option<Self> {
        #[cfg(feature = "openssl")]
        if matches!(algorithm.family(), Family::Rsa | Family::RsaPss) {
            return Some(Self::OpenSsl(Box::new(RsaVerifier::new(algorithm, canonical)?)));
        }
        Self::by_josekit(algorithm, canonical)
    }

    /// The same by josekit, whatever the algorithm.
    pub(super) fn by_josekit(algorithm: Algorithm, canonical: &str) -> Option<Self> {
        let map: Map<String, Value> = serde_json::from_str(canonical).ok()?;
        let jwk = Jwk::from_map(map).ok()?;
        let verifier: Box<dyn JwsVerifier> = match algorithm {
            Algorithm::Rs256 => Box::new(jws::RS256.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Rs384 => Box::new(jws::RS384.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Rs512 => Box::new(jws::RS512.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Ps256 => Box::new(jws::PS256.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Ps384 => Box::new(jws::PS384.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Ps512 => Box::new(jws::PS512.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Es256 => Box::new(jws::ES256.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Es384 => Box::new(jws::ES384.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Es512 => Box::new(jws::ES512.verifier_from_jwk(&jwk).ok()?),
            Algorithm::Es256K => Box::new(jws::ES256K.verifier_from_jwk(&jwk).ok()?),
            // The library knows only the older name, and takes the curve from the key.
            Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::Ed448 => {
                Box::new(jws::EdDSA.verifier_from_jwk(&jwk).ok()?)
            }
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => return None,
        };
        Some(Self::Josekit(verifier))
    }

    /// Whether the signature holds.
    pub(super) fn verify(&self, input: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Josekit(verifier) => verifier.verify(input, signature).is_ok(),
            #[cfg(feature = "openssl")]
            Self::OpenSsl(verifier) => verifier.verify(input, signature),
        }
    }
}

/// The HMAC of an input. Nothing for other algorithms.
pub(super) fn mac(algorithm: Algorithm, secret: &[u8], input: &[u8]) -> Option<Vec<u8>> {
    // The library refuses secrets shorter than the hash; how short one may be is decided by the caller. Zeros
    // at the end change nothing, since HMAC itself pads the key with them to the block (RFC 2104 section 2).
    let mut key = Zeroizing::new(vec![0; secret.len().max(algorithm.hash_len()?)]);
    for (byte, own) in key.iter_mut().zip(secret) {
        *byte = *own;
    }
    let signer = match algorithm {
        Algorithm::Hs256 => jws::HS256.signer_from_bytes(&*key),
        Algorithm::Hs384 => jws::HS384.signer_from_bytes(&*key),
        Algorithm::Hs512 => jws::HS512.signer_from_bytes(&*key),
        _ => return None,
    };
    signer.ok()?.sign(input).ok()
}
