//! The directory and the software: what each says, and signs.

use std::error::Error;

use oauth_dcr::{Clock, Entropy, OsEntropy, SystemClock};
use serde_json::{Map, Value, json};
use uuid::Builder;

use crate::key::Key;

/// What the directory is called.
pub(crate) const DIRECTORY: &str = "https://directory.example";

const SOFTWARE: &str = "budget-app";
pub(crate) const REDIRECT_URIS: [&str; 2] =
    ["https://budget.example/callback", "https://budget.example/callback-2"];

/// Knows who takes part in the scheme, and vouches for their software.
pub(crate) struct Directory {
    key: Key,
    software_keys: String,
}

impl Directory {
    pub(crate) fn new(key: Key, software_keys: String) -> Self {
        Self { key, software_keys }
    }

    /// A software statement (RFC 7591 section 2.3): what the directory found out about the software.
    ///
    /// It is metadata of the client, and `software_jwks_uri`, which says where the keys of the software are.
    pub(crate) fn statement(&self) -> Result<String, Box<dyn Error>> {
        let mut claims = times_and_name(1800)?;
        claims.extend(members(json!({
            "iss": DIRECTORY,
            "software_id": SOFTWARE,
            "client_name": "Budget",
            "client_uri": "https://budget.example/",
            "scope": "openid accounts",
            "software_jwks_uri": self.software_keys,
        })));
        self.key.sign(&claims)
    }
}

/// The client to be.
pub(crate) struct Software {
    key: Key,
    key_set: Value,
}

impl Software {
    pub(crate) fn new(key: Key, key_set: Value) -> Self {
        Self { key, key_set }
    }

    /// A registration request (RFC 7591 section 2) as a JWT for one authorization server, with some members
    /// replaced.
    ///
    /// `jwks` has the keys with which the client will authenticate at the token endpoint. These may be others
    /// than those that sign the request; here they are the same.
    pub(crate) fn request(
        &self,
        audience: &str,
        statement: &str,
        changes: Map<String, Value>,
    ) -> Result<String, Box<dyn Error>> {
        let mut claims = times_and_name(300)?;
        claims.extend(members(json!({
            "iss": SOFTWARE,
            "aud": audience,
            "software_id": SOFTWARE,
            "client_name": "The One and Only Bank",
            "redirect_uris": REDIRECT_URIS,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": "openid accounts",
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_signing_alg": "ES256",
            "id_token_signed_response_alg": "ES256",
            "jwks": self.key_set,
            "software_statement": statement,
        })));
        claims.extend(changes);
        self.key.sign(&claims)
    }
}

/// When a JWT was made, when it expires, and a name that no other has (RFC 7519 section 4.1).
fn times_and_name(lifetime: i64) -> Result<Map<String, Value>, Box<dyn Error>> {
    let now = SystemClock.now().unix_timestamp();
    let mut random = [0; 16];
    OsEntropy.fill(&mut random)?;
    let name = Builder::from_random_bytes(random).into_uuid().to_string();
    Ok(members(json!({ "iat": now, "exp": now + lifetime, "jti": name })))
}

/// The members of a JSON object.
pub(crate) fn members(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}
