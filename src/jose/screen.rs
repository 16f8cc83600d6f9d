//! The screen that every key passes before anything is computed with it, by arithmetic on its members alone.
//!
//! josekit takes RSA keys with the exponent 1, for which anyone can make signatures, exponents of thousands
//! of bits, which make one verification cost milliseconds, and Edwards keys for which one signature verifies
//! everything. Building such a key to find out would also cost more than verifying with a good one.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::algorithm::Algorithm;
use super::base64url;
use super::curve;
use super::fault::KeyFault;
use super::jwk::{Jwk, KeyType, KeyUse, MAX_KID};
use super::members::Names;
use super::public_key::{PublicKey, takes_encryption};

/// The size of an RSA modulus in bytes. Above 8192 bits a verification takes too long.
const MODULUS: RangeInclusive<usize> = 2048 / 8..=8192 / 8;

/// The least RSA exponent: smaller ones have a history of forged signatures, and 1 needs no history.
const MIN_EXPONENT: u32 = 65_537;

/// Screens one key: all its faults, or the key.
pub(super) fn screen(jwk: &Jwk<'_>, faults: &mut Vec<KeyFault>) -> Option<PublicKey> {
    let before = faults.len();
    if let Some(name) = jwk.private {
        faults.push(KeyFault::Private(name));
    }
    if let Some(name) = jwk.mistyped {
        faults.push(KeyFault::WrongType(name));
    }
    if jwk.kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
        faults.push(KeyFault::KidTooLong);
    }
    let key_use = match jwk.key_use.as_deref() {
        None => KeyUse::Any,
        Some("sig") => KeyUse::Signature,
        Some("enc") => KeyUse::Encryption,
        Some(_) => KeyUse::Other,
    };
    if !agrees(key_use, jwk.key_ops.as_deref()) {
        faults.push(KeyFault::Purpose);
    }
    let material = key_type(jwk).and_then(|key_type| {
        let fits = |alg: &str| match Algorithm::parse(alg) {
            Some(alg) => alg.takes(key_type),
            None => takes_encryption(key_type, alg),
        };
        if !jwk.alg.as_deref().is_none_or(fits) {
            faults.push(KeyFault::AlgorithmMismatch);
        }
        Ok((key_type, public_members(key_type, jwk)?))
    });
    let (key_type, canonical) = match material {
        Ok(material) if faults.len() == before => material,
        Ok(_) => return None,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    let may = |wanted: &[&str]| {
        jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| wanted.contains(&op.as_ref())))
    };
    Some(PublicKey {
        key_type,
        kid: jwk.kid.as_deref().map(Arc::from),
        key_use,
        may_verify: may(&["verify"]),
        may_encrypt: may(&["encrypt", "wrapKey", "deriveKey", "deriveBits"]),
        alg: jwk.alg.as_deref().map(Box::from),
        canonical: canonical.into(),
    })
}

/// Whether `use` and `key_ops` say the same, as they must if both are there, with no operation listed twice
/// (RFC 7517 section 4.3).
fn agrees(key_use: KeyUse, key_ops: Option<&[Cow<'_, str>]>) -> bool {
    let Some(key_ops) = key_ops else { return true };
    let mut names = Names::with_capacity(key_ops.len());
    for op in key_ops {
        names.push(Cow::Borrowed(op));
    }
    let signs = |op: &Cow<'_, str>| matches!(op.as_ref(), "sign" | "verify");
    !names.repeat()
        && match key_use {
            KeyUse::Signature => key_ops.iter().all(signs),
            KeyUse::Encryption => !key_ops.iter().any(signs),
            KeyUse::Any | KeyUse::Other => true,
        }
}

fn key_type(jwk: &Jwk<'_>) -> Result<KeyType, KeyFault> {
    let kty = jwk.kty.as_deref().ok_or(KeyFault::Missing("kty"))?;
    let crv = || jwk.crv.as_deref().ok_or(KeyFault::Missing("crv"));
    Ok(match kty {
        "RSA" => KeyType::Rsa,
        "EC" => match crv()? {
            "P-256" => KeyType::P256,
            "P-384" => KeyType::P384,
            "P-521" => KeyType::P521,
            "secp256k1" => KeyType::Secp256k1,
            _ => return Err(KeyFault::UnknownCurve),
        },
        "OKP" => match crv()? {
            "Ed25519" => KeyType::Ed25519,
            "Ed448" => KeyType::Ed448,
            "X25519" => KeyType::X25519,
            "X448" => KeyType::X448,
            _ => return Err(KeyFault::UnknownCurve),
        },
        "oct" => return Err(KeyFault::Symmetric),
        _ => return Err(KeyFault::UnknownType),
    })
}

/// Checks the members that make up the key and writes them in the form of RFC 7638 section 3.3. They are
/// known to be base64url then, and so need no escapes.
fn public_members(key_type: KeyType, jwk: &Jwk<'_>) -> Result<String, KeyFault> {
    let (kty, crv) = (key_type.kty(), key_type.crv());
    match key_type {
        KeyType::Rsa => {
            let (n, modulus) = bytes("n", jwk.n.as_deref())?;
            let (e, exponent) = bytes("e", jwk.e.as_deref())?;
            check_modulus(&modulus)?;
            check_exponent(&exponent)?;
            Ok([r#"{"e":""#, e, r#"","kty":""#, kty, r#"","n":""#, n, r#""}"#].concat())
        }
        KeyType::P256 | KeyType::P384 | KeyType::P521 | KeyType::Secp256k1 => {
            let (x, x_bytes) = bytes("x", jwk.x.as_deref())?;
            let (y, y_bytes) = bytes("y", jwk.y.as_deref())?;
            check_length("x", &x_bytes, key_type)?;
            check_length("y", &y_bytes, key_type)?;
            // RFC 8725 section 3.4: a point off the curve can leak what is computed with it.
            if !curve::has_point(key_type, &x_bytes, &y_bytes) {
                return Err(KeyFault::OffCurve);
            }
            Ok([r#"{"crv":""#, crv, r#"","kty":""#, kty, r#"","x":""#, x, r#"","y":""#, y, r#""}"#].concat())
        }
        KeyType::Ed25519 | KeyType::Ed448 | KeyType::X25519 | KeyType::X448 => {
            let (x, x_bytes) = bytes("x", jwk.x.as_deref())?;
            check_length("x", &x_bytes, key_type)?;
            if curve::is_small_order(key_type, &x_bytes) {
                return Err(KeyFault::SmallOrder);
            }
            Ok([r#"{"crv":""#, crv, r#"","kty":""#, kty, r#"","x":""#, x, r#""}"#].concat())
        }
    }
}

fn bytes<'t>(name: &'static str, text: Option<&'t str>) -> Result<(&'t str, Vec<u8>), KeyFault> {
    let text = text.ok_or(KeyFault::Missing(name))?;
    Ok((text, base64url::decode(text).ok_or(KeyFault::Encoding(name))?))
}

/// A modulus of 2048 to 8192 bits, odd, in whole bytes whose first bit is set. So it has no leading zeros,
/// which RFC 7518 section 6.3.1.1 forbids, and is not a few bits short, which a library that counts bytes
/// would not notice.
fn check_modulus(modulus: &[u8]) -> Result<(), KeyFault> {
    if !MODULUS.contains(&modulus.len()) || modulus.first().is_none_or(|byte| *byte < 0x80) {
        return Err(KeyFault::ModulusSize);
    }
    if modulus.last().is_some_and(|byte| byte % 2 == 0) { Err(KeyFault::ModulusEven) } else { Ok(()) }
}

/// An exponent of 65537 to 2^32 - 1, odd, without leading zeros.
fn check_exponent(exponent: &[u8]) -> Result<(), KeyFault> {
    let value = exponent.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
    let fits = exponent.len() <= 4
        && exponent.first().is_some_and(|byte| *byte != 0)
        && value >= u64::from(MIN_EXPONENT)
        && value % 2 == 1;
    if fits { Ok(()) } else { Err(KeyFault::Exponent) }
}

/// The full length of a coordinate: `x` and `y` of other lengths whose sum is right pass the library, and
/// would give one key several thumbprints.
fn check_length(name: &'static str, bytes: &[u8], key_type: KeyType) -> Result<(), KeyFault> {
    if curve::coordinate_len(key_type) == Some(bytes.len()) { Ok(()) } else { Err(KeyFault::Length(name)) }
}
