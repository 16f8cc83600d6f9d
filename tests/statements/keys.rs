//! Who signs what: keys, and tokens made by hand, so that any part of one can be wrong.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::ed::EdCurve;
use josekit::jws::{self, JwsSigner};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::{Map, Value, json};

/// A key pair for one algorithm, with its name.
pub(crate) struct Key {
    pub(crate) algorithm: &'static str,
    pub(crate) kid: &'static str,
    pair: Jwk,
}

/// Every algorithm that has a key pair.
pub(crate) const ASYMMETRIC: [&str; 12] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
    "Ed448",
];

/// A secret that is long enough for every HMAC.
pub(crate) const SECRET: &str = "a shared secret of sixty-four bytes, which is enough for HS512...";

macro_rules! signers {
    ($name:ident: $($key:pat => $signer:path),+ $(,)?) => {
        /// The signer of an algorithm.
        fn signer(algorithm: &str, pair: &Jwk) -> Box<dyn JwsSigner> {
            let $name = algorithm;
            match $name {
                $( $key => Box::new($signer.signer_from_jwk(pair).unwrap()), )+
                _ => panic!("{algorithm}"),
            }
        }
    };
}

signers! { algorithm:
    "RS256" => jws::RS256, "RS384" => jws::RS384, "RS512" => jws::RS512,
    "PS256" => jws::PS256, "PS384" => jws::PS384, "PS512" => jws::PS512,
    "ES256" => jws::ES256, "ES384" => jws::ES384, "ES512" => jws::ES512,
    "EdDSA" | "Ed25519" | "Ed448" => jws::EdDSA,
}

impl Key {
    /// A fresh key pair; for RSA the fixed one, since making one takes a second.
    pub(crate) fn new(algorithm: &'static str, kid: &'static str) -> Self {
        let pair = match algorithm {
            "ES256" => Jwk::generate_ec_key(EcCurve::P256).unwrap(),
            "ES384" => Jwk::generate_ec_key(EcCurve::P384).unwrap(),
            "ES512" => Jwk::generate_ec_key(EcCurve::P521).unwrap(),
            "EdDSA" | "Ed25519" => Jwk::generate_ed_key(EdCurve::Ed25519).unwrap(),
            "Ed448" => Jwk::generate_ed_key(EdCurve::Ed448).unwrap(),
            _ => Jwk::from_bytes(include_str!("../data/keys/rsa_directory.jwk.json")).unwrap(),
        };
        Self { algorithm, kid, pair }
    }

    /// The other fixed RSA key pair.
    pub(crate) fn other_rsa(algorithm: &'static str, kid: &'static str) -> Self {
        let pair = Jwk::from_bytes(include_str!("../data/keys/rsa_software.jwk.json")).unwrap();
        Self { algorithm, kid, pair }
    }

    /// The public members.
    pub(crate) fn public(&self) -> Value {
        let mut members = Map::new();
        for name in ["kty", "crv", "n", "e", "x", "y"] {
            members.extend(self.pair.parameter(name).map(|value| (name.to_owned(), value.clone())));
        }
        members.insert("kid".to_owned(), self.kid.into());
        Value::Object(members)
    }

    /// The public members with others besides.
    pub(crate) fn public_with(&self, members: Value) -> Value {
        with(self.public(), members)
    }

    /// A private member.
    pub(crate) fn private(&self, name: &str) -> &Value {
        self.pair.parameter(name).unwrap()
    }

    /// A JWK Set of this key alone.
    pub(crate) fn set(&self) -> Value {
        json!({ "keys": [self.public()] })
    }

    /// The header of an honest token.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.algorithm, "kid": self.kid })
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&self.header(), claims)
    }

    /// A token with this header, whatever it says.
    pub(crate) fn sign_as(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// A token of these texts.
    pub(crate) fn sign_text(&self, header: &str, payload: &str) -> String {
        assemble(header, payload.as_bytes(), |input| self.sign_bytes(input))
    }

    pub(crate) fn sign_bytes(&self, input: &[u8]) -> Vec<u8> {
        signer(self.algorithm, &self.pair).sign(input).unwrap()
    }
}

/// Three parts, base64url.
pub(crate) fn assemble(header: &str, payload: &[u8], sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", encode(header), encode(payload));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", encode(signature))
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// A token with an HMAC.
pub(crate) fn hmac(algorithm: &str, secret: impl AsRef<[u8]>, claims: &Value) -> String {
    hmac_text(&json!({ "alg": algorithm }).to_string(), algorithm, secret.as_ref(), &claims.to_string())
}

/// A token with an HMAC and this header, whatever it says.
pub(crate) fn hmac_text(header: &str, algorithm: &str, secret: &[u8], payload: &str) -> String {
    let digest = match algorithm {
        "HS256" => MessageDigest::sha256(),
        "HS384" => MessageDigest::sha384(),
        _ => MessageDigest::sha512(),
    };
    // An HMAC pads its key with zeros, so that one of them is as good as none, which the library refuses.
    let key = PKey::hmac(if secret.is_empty() { &[0] } else { secret }).unwrap();
    assemble(header, payload.as_bytes(), |input| {
        Signer::new(digest, &key).unwrap().sign_oneshot_to_vec(input).unwrap()
    })
}

/// An object with more members, or others.
pub(crate) fn with(mut object: Value, members: Value) -> Value {
    object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    object
}

/// An object with one member less.
pub(crate) fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

/// The key of the directory that issues statements.
pub(crate) static DIRECTORY: LazyLock<Key> = LazyLock::new(|| Key::new("ES256", "directory-1"));

/// The key of the software that signs its requests.
pub(crate) static SOFTWARE: LazyLock<Key> = LazyLock::new(|| Key::new("ES256", "software-1"));

/// A key of nobody, under the name of the directory's.
pub(crate) static FORGER: LazyLock<Key> = LazyLock::new(|| Key::new("ES256", "directory-1"));

/// A key of nobody, under the name of the software's.
pub(crate) static THIEF: LazyLock<Key> = LazyLock::new(|| Key::new("ES256", "software-1"));
