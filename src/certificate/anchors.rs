//! Whether a chain of certificates leads to a trust anchor (RFC 5280 section 6), and what the first of it says.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::bn::{BigNum, BigNumContext};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Public};
use openssl::stack::Stack;
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{X509, X509KeyUsage, X509Ref, X509StoreContext};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::ClientCertificate;
use crate::jose::JoseFault;

/// The most certificates of an `x5c`: one of a client and six of authorities are more than any community has.
const MAX_CHAIN: usize = 7;

/// How many authorities may stand between the client and the anchor.
const MAX_INTERMEDIATES: i32 = 5;

/// At least 112 bits of security in every signature and key of the chain: no SHA-1, no RSA below 2048 bits.
const SECURITY_LEVEL: i32 = 2;

/// Certificates of authorities that are trusted because the host says so. They have a validity like any other.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustAnchors(Vec<X509>);

/// The first certificate of a chain that leads to an anchor.
pub(crate) struct Certified {
    /// Its public key as a JWK that nobody has screened.
    pub(crate) jwk: Value,
    certificate: ClientCertificate,
}

impl Certified {
    /// Whether this is one of its alternative names, exactly.
    pub(crate) fn has_uri(&self, uri: &str) -> bool {
        self.certificate.attributes("san.uri").any(|own| own == uri)
    }
}

impl TrustAnchors {
    /// Adds the certificates of a PEM text, or the one certificate in DER. False if there is none, or anything else.
    pub(crate) fn add(&mut self, certificates: &[u8]) -> bool {
        // A SEQUENCE, which no text begins with.
        let read = match certificates.first() {
            Some(0x30) => X509::from_der(certificates).map(|one| vec![one]),
            _ => X509::stack_from_pem(certificates),
        };
        let read = read.unwrap_or_default();
        let has_any = !read.is_empty();
        self.0.extend(read);
        has_any
    }

    /// Verifies the certificates of an `x5c` (RFC 7515 section 4.1.6), the signer's first, as of a time.
    ///
    /// Every authority must be one (basic constraints, key usage, length of the path, constraints of names), and every
    /// certificate must be valid at that time. Nothing else that this machine trusts counts. Revocation is not looked
    /// at: it needs the network.
    pub(crate) fn verify(&self, x5c: &[Box<str>], now: OffsetDateTime) -> Result<Certified, JoseFault> {
        if x5c.len() > MAX_CHAIN {
            return Err(JoseFault::Certificate);
        }
        let ders = x5c.iter().map(|text| STANDARD.decode(&**text)).collect::<Result<Vec<_>, _>>();
        let ders = ders.map_err(|_| JoseFault::Certificate)?;
        let (first, others) = ders.split_first().ok_or(JoseFault::Certificate)?;
        // The strict reader: one encoding, readable names.
        let certificate = ClientCertificate::from_der(first).map_err(|_| JoseFault::Certificate)?;
        let leaf = X509::from_der(first).map_err(|_| JoseFault::Certificate)?;
        if !self.leads_here(&leaf, others, now).unwrap_or(false) {
            return Err(JoseFault::Untrusted);
        }
        // RFC 5280 section 4.2.1.3: for signatures that are not on certificates.
        if leaf.key_usage().is_some_and(|usage| !usage.contains(X509KeyUsage::DIGITAL_SIGNATURE)) {
            return Err(JoseFault::NoKeyFits);
        }
        let jwk = leaf.public_key().ok().and_then(|key| jwk_of(&key)).ok_or(JoseFault::NoKeyFits)?;
        Ok(Certified { jwk, certificate })
    }

    fn leads_here(
        &self,
        leaf: &X509Ref,
        others: &[Vec<u8>],
        now: OffsetDateTime,
    ) -> Result<bool, ErrorStack> {
        let mut chain = Stack::new()?;
        for der in others {
            chain.push(X509::from_der(der)?)?;
        }
        let store = self.as_of(now)?;
        X509StoreContext::new()?.init(&store, leaf, &chain, |context| context.verify_cert())
    }

    /// The anchors and nothing else, as of a time.
    fn as_of(&self, now: OffsetDateTime) -> Result<X509Store, ErrorStack> {
        let mut rules = X509VerifyParam::new()?;
        rules.set_time(now.unix_timestamp());
        rules.set_depth(MAX_INTERMEDIATES);
        rules.set_auth_level(SECURITY_LEVEL);
        // An anchor need not be signed by itself: what the host names is where the path may end.
        rules.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
        let mut store = X509StoreBuilder::new()?;
        for anchor in &self.0 {
            store.add_cert(anchor.clone())?;
        }
        store.set_param(&rules)?;
        Ok(store.build())
    }
}

/// The public members of a key (RFC 7518 section 6), if it is of a kind that statements are signed with.
fn jwk_of(key: &PKey<Public>) -> Option<Value> {
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    if let Ok(key) = key.rsa() {
        return Some(json!({ "kty": "RSA", "n": text(&key.n().to_vec()), "e": text(&key.e().to_vec()) }));
    }
    let key = key.ec_key().ok()?;
    let (crv, bytes) = match key.group().curve_name()? {
        Nid::X9_62_PRIME256V1 => ("P-256", 32),
        Nid::SECP384R1 => ("P-384", 48),
        Nid::SECP521R1 => ("P-521", 66),
        _ => return None,
    };
    let (mut x, mut y) = (BigNum::new().ok()?, BigNum::new().ok()?);
    let mut numbers = BigNumContext::new().ok()?;
    key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut numbers).ok()?;
    let (x, y) = (x.to_vec_padded(bytes).ok()?, y.to_vec_padded(bytes).ok()?);
    Some(json!({ "kty": "EC", "crv": crv, "x": text(&x), "y": text(&y) }))
}
