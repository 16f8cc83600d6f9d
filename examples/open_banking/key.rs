//! A key of one party, and what it signs.

use std::error::Error;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jws::{self, ES256, JwsHeader};
use serde_json::{Map, Value, json};

/// An EC key on P-256, for signatures with ES256.
pub(crate) struct Key {
    name: String,
    private: Jwk,
}

impl Key {
    /// Makes a key. Its name is what JWTs say in `kid`.
    pub(crate) fn generate(name: &str) -> Result<Self, Box<dyn Error>> {
        let mut private = Jwk::generate_ec_key(EcCurve::P256)?;
        private.set_key_id(name);
        private.set_key_use("sig");
        private.set_algorithm("ES256");
        Ok(Self { name: name.to_owned(), private })
    }

    /// The JWK Set with the public part.
    pub(crate) fn public_set(&self) -> Result<Value, Box<dyn Error>> {
        let mut public = self.private.to_public_key()?;
        public.set_key_id(self.name.as_str());
        public.set_algorithm("ES256");
        let members: Map<String, Value> = public.into();
        Ok(json!({ "keys": [members] }))
    }

    /// Signs claims: a JWT in its compact form. The header gets `alg` and `kid` from the key.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> Result<String, Box<dyn Error>> {
        let mut header = JwsHeader::new();
        header.set_token_type("JWT");
        let signer = ES256.signer_from_jwk(&self.private)?;
        Ok(jws::serialize_compact(&serde_json::to_vec(claims)?, &header, &signer)?)
    }
}

/// The header and the claims of a JWT. Nothing is verified.
pub(crate) fn decoded(jwt: &str) -> Result<(Value, Map<String, Value>), Box<dyn Error>> {
    let mut parts = jwt.split('.').map(|part| URL_SAFE_NO_PAD.decode(part));
    let (Some(header), Some(claims)) = (parts.next(), parts.next()) else {
        return Err("a JWT has three parts".into());
    };
    Ok((serde_json::from_slice(&header?)?, serde_json::from_slice(&claims?)?))
}

/// The JWT with another claim, under the signature it had.
pub(crate) fn tampered(jwt: &str, claim: &str, value: Value) -> Result<String, Box<dyn Error>> {
    let (_, mut claims) = decoded(jwt)?;
    claims.insert(claim.to_owned(), value);
    let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims)?);
    let mut parts = jwt.split('.');
    match (parts.next(), parts.next_back()) {
        (Some(header), Some(signature)) => Ok(format!("{header}.{claims}.{signature}")),
        _ => Err("a JWT has three parts".into()),
    }
}
