//! Server metadata that follows from the policy, so that discovery and registration cannot drift apart.

use serde_json::{Map, Value};

use crate::metadata::{FieldId, fields};
use crate::policy::Policy;

/// Which list of server metadata bounds which member (RFC 8414 section 2, OpenID Connect Discovery section 3).
const LISTS: &[(&str, FieldId)] = &[
    ("response_types_supported", fields::RESPONSE_TYPES),
    ("grant_types_supported", fields::GRANT_TYPES),
    ("token_endpoint_auth_methods_supported", fields::TOKEN_ENDPOINT_AUTH_METHOD),
    ("token_endpoint_auth_signing_alg_values_supported", fields::TOKEN_ENDPOINT_AUTH_SIGNING_ALG),
    ("subject_types_supported", fields::SUBJECT_TYPE),
    ("id_token_signing_alg_values_supported", fields::ID_TOKEN_SIGNED_RESPONSE_ALG),
    ("id_token_encryption_alg_values_supported", fields::ID_TOKEN_ENCRYPTED_RESPONSE_ALG),
    ("id_token_encryption_enc_values_supported", fields::ID_TOKEN_ENCRYPTED_RESPONSE_ENC),
    ("userinfo_signing_alg_values_supported", fields::USERINFO_SIGNED_RESPONSE_ALG),
    ("userinfo_encryption_alg_values_supported", fields::USERINFO_ENCRYPTED_RESPONSE_ALG),
    ("userinfo_encryption_enc_values_supported", fields::USERINFO_ENCRYPTED_RESPONSE_ENC),
    ("request_object_signing_alg_values_supported", fields::REQUEST_OBJECT_SIGNING_ALG),
    ("request_object_encryption_alg_values_supported", fields::REQUEST_OBJECT_ENCRYPTION_ALG),
    ("request_object_encryption_enc_values_supported", fields::REQUEST_OBJECT_ENCRYPTION_ENC),
    ("authorization_signing_alg_values_supported", fields::AUTHORIZATION_SIGNED_RESPONSE_ALG),
    ("authorization_encryption_alg_values_supported", fields::AUTHORIZATION_ENCRYPTED_RESPONSE_ALG),
    ("authorization_encryption_enc_values_supported", fields::AUTHORIZATION_ENCRYPTED_RESPONSE_ENC),
    ("introspection_signing_alg_values_supported", fields::INTROSPECTION_SIGNED_RESPONSE_ALG),
    ("introspection_encryption_alg_values_supported", fields::INTROSPECTION_ENCRYPTED_RESPONSE_ALG),
    ("introspection_encryption_enc_values_supported", fields::INTROSPECTION_ENCRYPTED_RESPONSE_ENC),
    ("backchannel_token_delivery_modes_supported", fields::BACKCHANNEL_TOKEN_DELIVERY_MODE),
    (
        "backchannel_authentication_request_signing_alg_values_supported",
        fields::BACKCHANNEL_AUTHENTICATION_REQUEST_SIGNING_ALG,
    ),
    ("acr_values_supported", fields::DEFAULT_ACR_VALUES),
    ("authorization_details_types_supported", fields::AUTHORIZATION_DETAILS_TYPES),
];

pub(crate) fn members(policy: &Policy) -> Map<String, Value> {
    let mut members = Map::new();
    for (name, field) in LISTS {
        if let Some(values) = policy.allowed_values(*field).filter(|_| policy.knows(*field)) {
            members.insert((*name).to_owned(), values.into());
        }
    }
    if let Some(scopes) = policy.grantable_scopes() {
        members.insert("scopes_supported".to_owned(), scopes.into());
    }
    members
}
