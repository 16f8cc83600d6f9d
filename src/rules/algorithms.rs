//! Algorithms against the kind of client that registers them.

use super::keys::KeyUses;
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, FieldValue, fields, is_symmetric_algorithm};

/// Algorithms with which the client, not the server, signs: its keys must be able to.
const SIGNED_BY_CLIENT: [FieldId; 3] = [
    fields::TOKEN_ENDPOINT_AUTH_SIGNING_ALG,
    fields::REQUEST_OBJECT_SIGNING_ALG,
    fields::BACKCHANNEL_AUTHENTICATION_REQUEST_SIGNING_ALG,
];

/// `keys` is what the inline set can do, if there is one.
pub(super) fn check(document: &Document<'_>, keys: Option<&KeyUses>, faults: &mut Vec<Violation>) {
    let is_public = document.text(fields::TOKEN_ENDPOINT_AUTH_METHOD) == Some("none");
    let has_keys =
        document.has(fields::JWKS) || document.has(fields::JWKS_URI) || document.has(fields::SIGNED_JWKS_URI);
    for (field, value, _) in document.iter() {
        let (Some(spec), FieldValue::Text(alg)) = (field.spec(), value) else { continue };
        if !spec.name.ends_with("_alg") || alg == "none" {
            continue;
        }
        if is_symmetric_algorithm(alg) {
            if is_public {
                let message = "must be asymmetric because a client without a secret has no key in common with the server";
                faults.push(violation(spec.name, "alg.public_client", "OpenID Connect Core 10.1", message));
            }
            continue;
        }
        let is_for_client = spec.name.ends_with("_encrypted_response_alg");
        if is_for_client && !keys.map_or(has_keys, |keys| keys.encrypts_with(alg)) {
            let message = format!(
                "needs a key of the client to encrypt to with {}, in jwks or at jwks_uri",
                shown(alg)
            );
            faults.push(violation(spec.name, "alg.encryption_key", "OpenID Connect Core 10.2", message));
        }
        if SIGNED_BY_CLIENT.contains(&field) && !keys.map_or(has_keys, |keys| keys.signs_with(alg)) {
            let message =
                format!("needs a key of the client that signs with {}, in jwks or at jwks_uri", shown(alg));
            faults.push(violation(spec.name, "alg.signing_key", "OpenID Connect Core 10.1", message));
        }
    }
    let method = document.text(fields::TOKEN_ENDPOINT_AUTH_METHOD);
    if method == Some("private_key_jwt") && keys.is_some_and(|keys| !keys.signs) {
        let message = "private_key_jwt needs a signing key in jwks";
        faults.push(violation(
            "token_endpoint_auth_method",
            "keys.signing",
            "OpenID Connect Core 9",
            message,
        ));
    }
    if method == Some("self_signed_tls_client_auth") && keys.is_some_and(|keys| !keys.has_certificate) {
        let message = "self_signed_tls_client_auth needs a key with its certificate in x5c";
        faults.push(violation("token_endpoint_auth_method", "keys.certificate", "RFC 8705 2.2.2", message));
    }
}

fn shown(alg: &str) -> &str {
    alg.get(..16).unwrap_or(alg)
}

fn violation(
    field: &'static str,
    rule: &'static str,
    spec: &'static str,
    message: impl Into<String>,
) -> Violation {
    Violation::new(field, rule, Failure::METADATA, message).with_spec(spec)
}
