//! Server metadata (RFC 8414, OpenID Connect Discovery).

use oauth_dcr::Registrar;
use serde_json::{Value, json};
use url::Url;

/// The discovery document: what is required of every one, and what follows from the registrar's policy.
pub(crate) fn document(issuer: &str, registration_endpoint: &Url, registrar: &Registrar) -> String {
    let mut document = json!({
        "issuer": issuer,
        "registration_endpoint": registration_endpoint,
        "jwks_uri": format!("{issuer}/jwks"),
        // These two answer 501 here. Client libraries refuse a document without them.
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        // Required by OpenID Connect Discovery; replaced below by what the policy says.
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    if let Value::Object(members) = &mut document {
        members.extend(registrar.discovery());
    }
    document.to_string()
}
