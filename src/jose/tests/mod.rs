//! Attacks on tokens and keys, published vectors, and tokens made by another library.

#![cfg(test)]

mod algorithms;
mod keys;
mod properties;
#[cfg(feature = "openssl")]
mod rsa;
mod sets;
mod tokens;
mod vectors;

use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jws::{self, JwsSigner};

use super::algorithm::Family;
use super::verify::{check as verify, check_hmac as verify_hmac};
use super::*;
use crate::json::Limits;
use crate::metadata::Origin;

/// What an honest token carries.
const PAYLOAD: &str = r#"{"iss":"https://issuer.example"}"#;

/// A key pair of a test, for one algorithm.
struct TestKey {
    algorithm: Algorithm,
    pair: Jwk,
}

impl TestKey {
    /// A fresh key pair; for RSA the fixed one, since making one takes a second.
    fn new(algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::Es256 => Jwk::generate_ec_key(EcCurve::P256),
            Algorithm::Es384 => Jwk::generate_ec_key(EcCurve::P384),
            Algorithm::Es512 => Jwk::generate_ec_key(EcCurve::P521),
            Algorithm::Es256K => Jwk::generate_ec_key(EcCurve::Secp256k1),
            Algorithm::EdDsa | Algorithm::Ed25519 => Jwk::generate_ed_key(EdCurve::Ed25519),
            Algorithm::Ed448 => Jwk::generate_ed_key(EdCurve::Ed448),
            _ => Jwk::from_bytes(include_str!("../testdata/rsa_a.jwk.json")),
        };
        Self { algorithm, pair: pair.unwrap() }
    }

    /// The other fixed RSA key pair.
    fn other_rsa(algorithm: Algorithm) -> Self {
        Self { algorithm, pair: Jwk::from_bytes(include_str!("../testdata/rsa_b.jwk.json")).unwrap() }
    }

    /// The bytes of a member.
    fn member(&self, name: &str) -> Vec<u8> {
        base64url::decode(self.pair.parameter(name).unwrap().as_str().unwrap()).unwrap()
    }

    /// The public members, and `more` after them: `,"kid":"a"`.
    fn public(&self, more: &str) -> String {
        let members: Vec<String> = ["kty", "crv", "n", "e", "x", "y"]
            .into_iter()
            .filter_map(|name| Some(format!(r#""{name}":{}"#, self.pair.parameter(name)?)))
            .collect();
        format!("{{{}{more}}}", members.join(","))
    }

    fn signer(&self) -> Box<dyn JwsSigner> {
        let pair = &self.pair;
        match self.algorithm {
            Algorithm::Rs256 => Box::new(jws::RS256.signer_from_jwk(pair).unwrap()),
            Algorithm::Rs384 => Box::new(jws::RS384.signer_from_jwk(pair).unwrap()),
            Algorithm::Rs512 => Box::new(jws::RS512.signer_from_jwk(pair).unwrap()),
            Algorithm::Ps256 => Box::new(jws::PS256.signer_from_jwk(pair).unwrap()),
            Algorithm::Ps384 => Box::new(jws::PS384.signer_from_jwk(pair).unwrap()),
            Algorithm::Ps512 => Box::new(jws::PS512.signer_from_jwk(pair).unwrap()),
            Algorithm::Es256 => Box::new(jws::ES256.signer_from_jwk(pair).unwrap()),
            Algorithm::Es384 => Box::new(jws::ES384.signer_from_jwk(pair).unwrap()),
            Algorithm::Es512 => Box::new(jws::ES512.signer_from_jwk(pair).unwrap()),
            Algorithm::Es256K => Box::new(jws::ES256K.signer_from_jwk(pair).unwrap()),
            Algorithm::EdDsa | Algorithm::Ed25519 | Algorithm::Ed448 => {
                Box::new(jws::EdDSA.signer_from_jwk(pair).unwrap())
            }
            Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => panic!("an HMAC has no key pair"),
        }
    }

    /// A token with this header, signed with this key, whatever the header says.
    fn token(&self, header: &str, payload: &str) -> String {
        assemble(header, payload, |input| self.signer().sign(input).unwrap())
    }

    /// An honest token.
    fn honest(&self) -> String {
        self.token(&format!(r#"{{"alg":"{}"}}"#, self.algorithm.name()), PAYLOAD)
    }
}

fn assemble(header: &str, payload: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", base64url::encode(signature))
}

/// A set of these keys, none of which is skipped.
#[track_caller]
fn set(keys: &[String]) -> KeySet {
    let set = issuer_set(keys);
    assert_eq!(set.skipped(), []);
    set
}

/// A set of these keys.
#[track_caller]
fn issuer_set(keys: &[String]) -> KeySet {
    KeySet::parse(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")), KeySetLimits::ISSUER).unwrap()
}

fn parse(token: &str) -> Result<CompactJws<'_>, JoseFault> {
    CompactJws::parse(token.into(), &JwsRules::default())
}

/// The payload of a token that is parsed with the default rules and may have any algorithm.
fn check(token: &str, keys: &KeySet) -> Result<String, JoseFault> {
    let jws = parse(token)?;
    verify(&jws, keys, &Algorithm::ALL)?;
    Ok(String::from_utf8(jws.payload().to_vec()).unwrap())
}

/// The claims of a token, before anything is verified.
fn read<'t>(jws: &'t CompactJws<'t>) -> Box<Unverified<'t>> {
    Unverified::read(jws, LIMITS, Origin::Statement).unwrap()
}

const LIMITS: Limits = Limits { depth: 16, members: 200 };

#[track_caller]
fn accepts(token: &str, keys: &KeySet) {
    assert_eq!(check(token, keys).as_deref(), Ok(PAYLOAD));
}

#[track_caller]
fn refuses(token: &str, keys: &KeySet, fault: JoseFault) {
    assert_eq!(check(token, keys), Err(fault));
}
