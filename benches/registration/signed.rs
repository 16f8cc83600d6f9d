//! A signed request that holds a software statement, both PS256: the ratio to two bare verifications by OpenSSL.

use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jws::PS256;
use oauth_dcr::testing::ManualClock;
use oauth_dcr::{MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Verifier};
use serde_json::{Value, json};

const DIRECTORY: &str = include_str!("../../src/jose/testdata/rsa_a.jwk.json");
const SOFTWARE: &str = include_str!("../../src/jose/testdata/rsa_b.jwk.json");

/// The registrar, the request, and what OpenSSL alone has to verify.
pub(crate) struct Signed {
    registrar: Registrar,
    request: String,
    least: [(PKey<Public>, Vec<u8>, Vec<u8>); 2],
}

impl Signed {
    pub(crate) fn new(body: &str) -> Self {
        let (directory, software): (Value, Value) =
            (serde_json::from_str(DIRECTORY).unwrap(), serde_json::from_str(SOFTWARE).unwrap());
        let now = ManualClock::START.unix_timestamp();
        let full: Value = serde_json::from_str(body).unwrap();
        let mut statement = full.clone();
        for member in ["jwks", "redirect_uris#fr", "request_uris", "scope", "token_endpoint_auth_signing_alg"]
        {
            statement.as_object_mut().unwrap().remove(member);
        }
        for (name, value) in [
            ("iss", json!("directory")),
            ("iat", json!(now)),
            ("exp", json!(now + 600)),
            ("org_id", json!("0015800001HQQrZAAX")),
            ("software_roles", json!(["AISP", "PISP"])),
        ] {
            statement[name] = value;
        }
        let mut claims = json!({
            "jti": "37747cd1-c105-4569-9f75-4adf28b73e31", "aud": "https://op.example.com/register",
            "scope": full["scope"], "jwks_uri": "https://client.example.org/jwks.json",
            "redirect_uris": full["redirect_uris"], "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "PS256", "software_id": full["software_id"],
        });
        let statement = sign(&directory, &statement);
        claims["software_statement"] = json!(statement);
        claims["iss"] = json!("software");
        claims["iat"] = json!(now);
        claims["exp"] = json!(now + 600);
        let request = sign(&software, &claims);
        let least = [(&directory, &statement), (&software, &request)].map(|(key, token)| {
            let (input, signature) = token.rsplit_once('.').unwrap();
            (public(key), input.as_bytes().to_vec(), URL_SAFE_NO_PAD.decode(signature).unwrap())
        });
        Self { registrar: registrar(&directory, &software), request, least }
    }

    pub(crate) fn register(&self) {
        let request =
            RegisterRequest::from_body(black_box(self.request.as_bytes())).with_media_type("application/jwt");
        black_box(super::ready(self.registrar.register(request)).unwrap().body().len());
    }

    pub(crate) fn verify_twice(&self) {
        for (key, input, signature) in &self.least {
            let mut verifier = Verifier::new(MessageDigest::sha256(), key).unwrap();
            verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH).unwrap();
            assert!(verifier.verify_oneshot(black_box(signature), black_box(input)).unwrap());
        }
    }
}

fn registrar(directory: &Value, software: &Value) -> Registrar {
    let set = |key: &Value| json!({ "keys": [bare(key)] });
    let jws = |key: &Value| json!({ "algs": ["PS256"], "keys": [{ "from": "jwks", "jwks": set(key) }] });
    let profile: Profile = serde_json::from_value(json!({
        "dcr_profile": 1, "name": "signed", "extends": ["standard"],
        "request": { "media_types": { "application/jwt": "jws" }, "jws": jws(software) },
        "software_statement": { "issuers": [{ "iss": ["directory"], "jws": jws(directory) }] },
    }))
    .unwrap();
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    Registrar::builder(config, MemoryClientStore::default())
        .profile(profile)
        .clock(ManualClock::new())
        .build()
        .unwrap()
}

/// The public members alone.
fn bare(key: &Value) -> Value {
    json!({ "kty": "RSA", "kid": "k", "alg": "PS256", "use": "sig", "n": key["n"], "e": key["e"] })
}

fn public(key: &Value) -> PKey<Public> {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        openssl::bn::BigNum::from_slice(&bytes).unwrap()
    };
    PKey::from_rsa(Rsa::from_public_components(number("n"), number("e")).unwrap()).unwrap()
}

fn sign(key: &Value, claims: &Value) -> String {
    let mut key = key.as_object().unwrap().clone();
    for member in ["kid", "alg", "use", "key_ops"] {
        key.remove(member);
    }
    let jwk = josekit::jwk::Jwk::from_map(key).unwrap();
    let signer = PS256.signer_from_jwk(&jwk).unwrap();
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"PS256","kid":"k"}"#);
    let input = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = josekit::jws::JwsSigner::sign(&signer, input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}
