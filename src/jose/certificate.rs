//! Whether a certificate holds a key, by walking its DER to the public key and no further.
//!
//! Nothing of the certificate is trusted or checked beyond that: a client's certificate vouches for itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::base64url;
use super::jwk::{Jwk, KeyType};
use super::public_key::PublicKey;
use super::screen::screen;
use crate::der::{BIT_STRING, INTEGER, SEQUENCE, element, take};

/// The explicit `[0]` that holds the version.
const VERSION: u8 = 0xa0;

impl PublicKey {
    /// Whether the certificate, base64 of its DER, is one of this key (RFC 7517 section 4.7).
    pub(crate) fn is_in_certificate(&self, certificate: &str) -> bool {
        let Ok(der) = STANDARD.decode(certificate) else { return false };
        let bits = subject_public_key(&der);
        bits.is_some_and(|bits| self.encodings().is_some_and(|own| own.as_slice() == bits))
    }

    /// The contents of the BIT STRING in a SubjectPublicKeyInfo of this key (RFC 3279 section 2.3, RFC 8410).
    fn encodings(&self) -> Option<Vec<u8>> {
        let members: serde_json::Value = serde_json::from_str(&self.canonical).ok()?;
        let bytes = |name: &str| base64url::decode(members.get(name)?.as_str()?);
        Some(match self.key_type {
            KeyType::Rsa => {
                let numbers = [integer(&bytes("n")?), integer(&bytes("e")?)].concat();
                element(SEQUENCE, &numbers)
            }
            KeyType::P256 | KeyType::P384 | KeyType::P521 | KeyType::Secp256k1 => {
                [&[0x04][..], &bytes("x")?, &bytes("y")?].concat()
            }
            KeyType::Ed25519 | KeyType::Ed448 | KeyType::X25519 | KeyType::X448 => bytes("x")?,
        })
    }
}

/// Whether the certificate is one of the key that the bare members of any of these JWKs say. A key that does not pass
/// the screen has none.
pub(crate) fn is_certificate_of_any(der: &[u8], jwks: &[serde_json::Value]) -> bool {
    let Some(bits) = subject_public_key(der) else { return false };
    jwks.iter().any(|jwk| {
        let text = jwk.to_string();
        let key = Jwk::read(&text).ok().and_then(|jwk| screen(&jwk, &mut Vec::new()));
        key.and_then(|key| key.encodings()).is_some_and(|own| own == bits)
    })
}

/// The key bits of a certificate (RFC 5280 section 4.1): the seventh part of its first part, or the sixth if it has
/// no version.
fn subject_public_key(der: &[u8]) -> Option<&[u8]> {
    let (certificate, _) = take(der, SEQUENCE)?;
    let (mut rest, _) = take(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = take(rest, VERSION)?.1;
    }
    // Serial number, signature algorithm, issuer, validity, subject.
    for tag in [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        rest = take(rest, tag)?.1;
    }
    let (key_info, _) = take(rest, SEQUENCE)?;
    let (_algorithm, rest) = take(key_info, SEQUENCE)?;
    match take(rest, BIT_STRING)?.0 {
        [0, bits @ ..] => Some(bits),
        _ => None,
    }
}

/// A positive INTEGER: with a zero in front if its first bit is set.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let is_high = bytes.first().is_some_and(|byte| *byte >= 0x80);
    element(INTEGER, &[if is_high { &[0][..] } else { &[] }, bytes].concat())
}
