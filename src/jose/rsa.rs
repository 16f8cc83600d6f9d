//! RSA signatures by OpenSSL itself (feature `openssl`).
//!
//! josekit hands each key to OpenSSL as DER, which takes OpenSSL longer to read than a few signatures to verify, and
//! makes a context for each signature, which is a sixth of the whole. Here a key is made of its two numbers, and
//! contexts serve again and again, as EVP_PKEY_verify(3) provides.

use std::sync::{Mutex, MutexGuard, PoisonError};

use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::md::Md;
use openssl::pkey::{PKey, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use openssl::sign::RsaPssSaltlen;
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::algorithm::{Algorithm, Family};
use super::base64url;

/// An RSA key made ready for one algorithm.
pub(super) struct RsaVerifier {
    algorithm: Algorithm,
    key: PKey<Public>,
    /// The contexts that nobody uses just now: never more than there were verifications at once.
    idle: Mutex<Vec<PkeyCtx<Public>>>,
}

/// The required public members in the form of RFC 7638.
#[derive(Deserialize)]
struct Numbers<'a> {
    e: &'a str,
    n: &'a str,
}

impl RsaVerifier {
    /// Prepares a key from its required members. Nothing if OpenSSL refuses it.
    pub(super) fn new(algorithm: Algorithm, canonical: &str) -> Option<Self> {
        let Numbers { e, n } = serde_json::from_str(canonical).ok()?;
        let number = |text| BigNum::from_slice(&base64url::decode(text)?).ok();
        let key = PKey::from_rsa(Rsa::from_public_components(number(n)?, number(e)?).ok()?).ok()?;
        let context = context(algorithm, &key).ok()?;
        Some(Self { algorithm, key, idle: Mutex::new(vec![context]) })
    }

    /// Whether the signature holds.
    pub(super) fn verify(&self, input: &[u8], signature: &[u8]) -> bool {
        let idle = self.idle().pop();
        let Some(mut context) = idle.or_else(|| context(self.algorithm, &self.key).ok()) else {
            return false;
        };
        let holds = match self.algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => context.verify(&Sha256::digest(input), signature),
            Algorithm::Rs384 | Algorithm::Ps384 => context.verify(&Sha384::digest(input), signature),
            Algorithm::Rs512 | Algorithm::Ps512 => context.verify(&Sha512::digest(input), signature),
            _ => return false,
        };
        let holds = matches!(holds, Ok(true));
        // What has seen a bad signature is not trusted with the next one.
        if holds {
            self.idle().push(context);
        }
        holds
    }

    fn idle(&self) -> MutexGuard<'_, Vec<PkeyCtx<Public>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A context for the signatures of one algorithm by one key.
fn context(algorithm: Algorithm, key: &PKey<Public>) -> Result<PkeyCtx<Public>, ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    context.verify_init()?;
    let is_pss = algorithm.family() == Family::RsaPss;
    context.set_rsa_padding(if is_pss { Padding::PKCS1_PSS } else { Padding::PKCS1 })?;
    context.set_signature_md(match algorithm {
        Algorithm::Rs384 | Algorithm::Ps384 => Md::sha384(),
        Algorithm::Rs512 | Algorithm::Ps512 => Md::sha512(),
        _ => Md::sha256(),
    })?;
    if is_pss {
        // As long as the hash, and the hash of MGF1 is that of the signature (RFC 7518 section 3.5), as it is if
        // nothing else is said.
        context.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
    }
    Ok(context)
}
