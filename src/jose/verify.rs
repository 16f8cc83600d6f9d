//! Whether a token was signed by who it should be.

use subtle::ConstantTimeEq;

use super::algorithm::Algorithm;
use super::compact::CompactJws;
use super::fault::JoseFault;
use super::jwks::{KeySet, VerifyingKey};
use super::payload::{Refused, Unverified};
use super::prepare;
use crate::metadata::Document;
use crate::secret::SharedSecret;

/// How many keys are tried for one token.
const MAX_CANDIDATES: usize = 4;

/// The proof that a signature holds. It can be made in this file only.
#[derive(Debug)]
pub(super) struct SignatureHolds(());

/// Verifies a token with public keys, and gives out its claims.
///
/// The algorithm must be in `allowed`, which never comes from the token; HMACs are refused even if they are in it.
/// With a `kid` only keys of that `kid` are tried; without one, a key only if no other fits (RFC 7515 section 6).
///
/// # Errors
///
/// The token is handed back, with [`JoseFault::UnknownKid`] if fetching the keys once more may help, and with any
/// other [`JoseFault`] if not.
pub(crate) fn verify<'t>(
    token: Box<Unverified<'t>>,
    keys: &KeySet,
    allowed: &[Algorithm],
) -> Result<Document<'t>, Refused<'t>> {
    release(token, |jws| check(jws, keys, allowed))
}

/// Verifies a token with a shared secret, and gives out its claims.
///
/// The algorithm must be an HMAC and in `allowed`. The secret must have at least `min_len` bytes, or as many as the
/// hash if nothing is given (RFC 7518 section 3.2); an empty one never verifies anything.
///
/// # Errors
///
/// The token is handed back with a [`JoseFault`].
pub(crate) fn verify_hmac<'t>(
    token: Box<Unverified<'t>>,
    secret: &SharedSecret,
    allowed: &[Algorithm],
    min_len: Option<usize>,
) -> Result<Document<'t>, Refused<'t>> {
    release(token, |jws| check_hmac(jws, secret, allowed, min_len))
}

/// The claims of a token, if its own signature holds.
fn release<'t>(
    token: Box<Unverified<'t>>,
    check: impl FnOnce(&CompactJws<'_>) -> Result<SignatureHolds, JoseFault>,
) -> Result<Document<'t>, Refused<'t>> {
    match check(token.jws()) {
        Ok(proof) => Ok(token.vouched(proof)),
        Err(fault) => Err(Refused { token, fault }),
    }
}

pub(super) fn check(
    jws: &CompactJws<'_>,
    keys: &KeySet,
    allowed: &[Algorithm],
) -> Result<SignatureHolds, JoseFault> {
    let algorithm = jws.header().algorithm();
    if algorithm.is_hmac() || !allowed.contains(&algorithm) {
        return Err(JoseFault::Algorithm);
    }
    let (candidates, most) = match jws.header().kid() {
        Some(kid) => (keys.with_kid(kid).ok_or(JoseFault::UnknownKid)?, MAX_CANDIDATES),
        None => (keys.all(), 1),
    };
    let fitting = || candidates.iter().filter(|key| key.public().verifies(algorithm));
    match fitting().take(most + 1).count() {
        0 => return Err(JoseFault::NoKeyFits),
        count if count > most => return Err(JoseFault::AmbiguousKey),
        _ => {}
    }
    let holds = |key: &VerifyingKey| key.verify(algorithm, jws.signing_input(), jws.signature());
    if fitting().any(holds) { Ok(SignatureHolds(())) } else { Err(JoseFault::Signature) }
}

pub(super) fn check_hmac(
    jws: &CompactJws<'_>,
    secret: &SharedSecret,
    allowed: &[Algorithm],
    min_len: Option<usize>,
) -> Result<SignatureHolds, JoseFault> {
    let algorithm = jws.header().algorithm();
    if !algorithm.is_hmac() || !allowed.contains(&algorithm) {
        return Err(JoseFault::Algorithm);
    }
    let secret = secret.expose_secret().as_bytes();
    let least = min_len.or(algorithm.hash_len()).unwrap_or_default().max(1);
    if secret.len() < least {
        return Err(JoseFault::WeakSecret);
    }
    let mac = prepare::mac(algorithm, secret, jws.signing_input()).ok_or(JoseFault::Signature)?;
    // In constant time (RFC 7515 section 10.9): josekit's own comparison stops at the first difference.
    if mac.ct_eq(jws.signature()).into() { Ok(SignatureHolds(())) } else { Err(JoseFault::Signature) }
}
