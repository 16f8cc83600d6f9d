//! Signed JSON: compact JWS (RFC 7515), JWK Sets (RFC 7517), and the keys that clients bring.
//!
//! ```text
//! token --parse--> CompactJws --read--> Unverified --verify(KeySet or secret, allow-list)--> Document
//!                                           |
//!                                           `-- what it says of its issuer, only to choose the keys
//! ```
//!
//! Header, payload and key sets are read by the crate's own strict reader, and every key passes the crate's own
//! screen: josekit takes RSA keys with the exponent 1, Ed25519 keys of small order and repeated names. It does the
//! arithmetic of signatures, in one file (`prepare`), with keys rebuilt from their screened public members. With the
//! feature `openssl`, that of RSA is OpenSSL's own (`rsa`). Errors of either end there: a caller only ever sees the fixed texts of [`JoseFault`] and [`KeyFault`].
//!
//! Encrypted tokens (JWE) are never read.

mod algorithm;
mod base64url;
mod certificate;
mod compact;
mod curve;
mod fault;
mod jwk;
mod jwks;
mod members;
mod own_keys;
mod payload;
#[cfg_attr(not(feature = "jose"), path = "no_backend.rs")]
mod prepare;
mod public_key;
#[cfg(feature = "openssl")]
mod rsa;
mod screen;
#[cfg(all(test, feature = "jose"))]
mod tests;
#[cfg(test)]
mod thumbprint;
mod verify;

pub(crate) use algorithm::Algorithm;
pub(crate) use certificate::is_certificate_of_any;
pub(crate) use compact::{CompactJws, JwsRules};
pub(crate) use fault::{JoseFault, KeyFault, KeySetFault};
pub(crate) use jwk::{KeyType, KeyUse};
pub(crate) use jwks::{KeySet, KeySetLimits};
pub(crate) use own_keys::OwnKeys;
pub(crate) use payload::{Refused, Unverified};
pub(crate) use public_key::PublicKey;
pub(crate) use verify::{verify, verify_hmac};
