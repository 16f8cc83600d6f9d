//! The defaults of all properties, in the order of their declaration.

use std::collections::BTreeMap;

use serde_json::Map;

use super::{Reading, RegistrarConfig, SoftwareStatementValidationType, Supported, UpdateMode};

pub(super) const MAX_BODY_BYTES: usize = 65_536;
pub(super) const MAX_JSON_DEPTH: usize = 16;
pub(super) const MAX_MEMBERS: usize = 200;
pub(super) const SECTOR_CACHE_MINUTES: usize = 1440;

impl Default for RegistrarConfig {
    /// What an empty JSON object is read as. Registration is off.
    fn default() -> Self {
        Self {
            dynamic_registration_enabled: false,
            feature_flags: Vec::new(),
            registration_endpoint: None,
            dynamic_registration_expiration_time: None,
            dcr_forbid_expiration_time_in_request: false,
            dynamic_registration_persist_client_authorizations: false,
            trusted_client_enabled: false,
            dynamic_registration_scopes_param_enabled: false,
            dynamic_registration_password_grant_type_enabled: false,
            dynamic_registration_allowed_password_grant_scopes: Vec::new(),
            dynamic_registration_custom_object_class: None,
            dynamic_registration_custom_attributes: Vec::new(),
            dynamic_registration_default_custom_attributes: Map::new(),
            return_client_secret_on_read: false,
            rotate_client_registration_access_token_on_usage: false,
            error_reason_enabled: false,
            rate_limit_registration_request_count: None,
            rate_limit_registration_period_in_seconds: None,
            supported: Supported::default(),
            client_reg_default_to_code_flow_with_refresh: false,
            grant_types_and_response_types_autofix_enabled: false,
            enable_client_grant_type_update: None,
            default_subject_type: None,
            public_subject_identifier_per_client_enabled: false,
            default_signature_algorithm: None,
            backchannel_user_code_parameter_supported: None,
            redirect_uris_regex_enabled: false,
            client_white_list: None,
            client_black_list: Vec::new(),
            external_uri_white_list: None,
            blocked_urls: Vec::new(),
            sector_identifier_cache_lifetime_in_minutes: SECTOR_CACHE_MINUTES,
            allow_spontaneous_scopes: false,
            spontaneous_scope_lifetime: None,
            dcr_signature_validation_enabled: false,
            dcr_signature_validation_jwks: None,
            dcr_signature_validation_jwks_uri: None,
            dcr_signature_validation_shared_secret: None,
            dcr_signature_validation_software_statement_jwks_uri_claim: None,
            dcr_signature_validation_software_statement_jwks_claim: None,
            trusted_ssa_issuers: BTreeMap::new(),
            dcr_authorization_with_client_credentials: false,
            dcr_authorization_with_mtls: false,
            dcr_attestation_evidence_required: false,
            software_statement_validation_type: SoftwareStatementValidationType::default(),
            software_statement_validation_claim_name: None,
            dcr_ssa_validation_configs: Vec::new(),
            reject_jwt_with_none_alg: true,
            update_mode: UpdateMode::default(),
            reading: Reading::default(),
            janssen_error_codes: false,
            lifetime_may_exceed_server_limit: false,
            keep_registration_access_token_until_next_use: false,
            client_secret_overlap_seconds: 0,
            expired_client_grace_seconds: 0,
            unused_client_lifetime_seconds: 0,
            contacts_are_email_addresses: false,
            scopes: None,
            issuer: None,
            token_endpoint: None,
            max_body_bytes: MAX_BODY_BYTES,
            max_json_depth: MAX_JSON_DEPTH,
            max_members: MAX_MEMBERS,
        }
    }
}
