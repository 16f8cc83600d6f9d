//! The properties.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::defaults::{MAX_BODY_BYTES, MAX_JSON_DEPTH, MAX_MEMBERS, SECTOR_CACHE_MINUTES};
#[cfg(feature = "schema")]
use super::schema;
use super::{
    ConfiguredKeys, Lifetime, Reading, ScopeEntry, SoftwareStatementValidationType, SsaValidationConfig,
    Supported, TrustedIssuer, UpdateMode, lenient, trust,
};
use crate::secret::SharedSecret;

/// The configuration of a registrar, in the property names of the Janssen Auth Server.
///
/// A whole Janssen configuration can be read: properties that are not about registration are ignored, and
/// `null` is as absent. Booleans and integers may be written as text. Two properties of old are ignored on
/// purpose: `dcrSkipSignatureValidation`, since signatures are never skipped, and `ssaConfiguration`, which
/// is about issuing software statements.
///
/// The properties of this crate are last, from [`update_mode`](Self::update_mode) on. All others are
/// Janssen's.
///
/// ```
/// use oauth_dcr::RegistrarConfig;
///
/// let config: RegistrarConfig = serde_json::from_str(
///     r#"{ "registrationEndpoint": "https://op.example.com/register",
///          "dynamicRegistrationEnabled": "true",
///          "dynamicRegistrationExpirationTime": 86400,
///          "idTokenLifetime": 3600 }"#,
/// )?;
/// assert!(config.is_enabled());
/// assert!(config.problems().is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = schema::registrar_config))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct RegistrarConfig {
    // Registration itself.
    /// Whether clients may register. Default: false, but true for [`RegistrarConfig::new`].
    ///
    /// While it is off, every operation is answered with 403 `access_denied`.
    #[serde(deserialize_with = "lenient::flag")]
    pub dynamic_registration_enabled: bool,
    /// The endpoints that are on, by name in any case. Default: empty, which means all.
    ///
    /// A list without `registration` switches registration off. A list with it does not switch it on.
    #[serde(deserialize_with = "lenient::or_default")]
    pub feature_flags: Vec<String>,
    /// The address of the registration endpoint. Required, https (http on a loopback host).
    ///
    /// `registration_client_uri` is made of it, never of what a request says of its host (RFC 7592 section
    /// 3).
    #[serde(deserialize_with = "lenient::url")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Uri>"))]
    pub registration_endpoint: Option<Url>,
    /// How long a client lives, in seconds. `0` and `-1` mean for ever. Default: as the profile says, or for
    /// ever.
    ///
    /// The secret and the client expire together. A client may ask for less with `lifetime`.
    #[serde(deserialize_with = "Lifetime::read")]
    pub dynamic_registration_expiration_time: Option<Lifetime>,
    /// Whether `lifetime` in a request is ignored. Default: false.
    #[serde(deserialize_with = "lenient::flag")]
    pub dcr_forbid_expiration_time_in_request: bool,
    /// Whether the authorizations that people give a new client are remembered. Default: false.
    ///
    /// Stored with each new client; the authorization endpoint acts on it.
    #[serde(deserialize_with = "lenient::flag")]
    pub dynamic_registration_persist_client_authorizations: bool,
    /// Whether trusted clients skip consent. Default: false. For the authorization endpoint: no effect here.
    #[serde(deserialize_with = "lenient::flag")]
    pub trusted_client_enabled: bool,
    /// Whether clients get scopes on their own. Default: false. No effect without `scopes`.
    ///
    /// If true, a client gets the default scopes of `scopes` it asks for, and all of them if it asks for
    /// none: without anyone's approval, so flag few. If false, scopes come from a trusted issuer or a hook.
    #[serde(deserialize_with = "lenient::flag")]
    pub dynamic_registration_scopes_param_enabled: bool,
    /// Whether the grant type `password` may be registered. Default: false (RFC 9700 section 2.4).
    #[serde(deserialize_with = "lenient::flag")]
    pub dynamic_registration_password_grant_type_enabled: bool,
    /// The only scopes a client with the grant type `password` may have. Default: empty, which means any.
    #[serde(deserialize_with = "lenient::or_default")]
    pub dynamic_registration_allowed_password_grant_scopes: Vec<String>,
    /// The custom object class of new clients. Default: none. For hosts that share records with Janssen.
    #[serde(deserialize_with = "lenient::text")]
    pub dynamic_registration_custom_object_class: Option<String>,
    /// The custom members that are kept and returned. Default: none. All other unknown members are dropped.
    ///
    /// `jansTrustedClnt` among them lets callers declare themselves trusted.
    #[serde(deserialize_with = "lenient::or_default")]
    pub dynamic_registration_custom_attributes: Vec<String>,
    /// Values of custom members that a request leaves out. Default: none. Only for listed members.
    #[serde(deserialize_with = "lenient::or_default")]
    pub dynamic_registration_default_custom_attributes: Map<String, Value>,
    /// Whether every answer carries the client secret, not only the first. Default: false.
    ///
    /// If true, the store gets secrets in a form that can be read again.
    #[serde(deserialize_with = "lenient::flag")]
    pub return_client_secret_on_read: bool,
    /// Whether each update issues a new registration access token. Default: false. Reading never does.
    #[serde(deserialize_with = "lenient::flag")]
    pub rotate_client_registration_access_token_on_usage: bool,
    /// Whether error answers carry Janssen's `reason` besides `error_description`. Default: false.
    #[serde(deserialize_with = "lenient::flag")]
    pub error_reason_enabled: bool,
    /// How many registrations a period allows. Default: no limit.
    ///
    /// For the host's rate limiter: no effect here.
    #[serde(deserialize_with = "lenient::integer")]
    pub rate_limit_registration_request_count: Option<i64>,
    /// The length of that period, in seconds. Default: none. For the host's rate limiter: no effect here.
    #[serde(deserialize_with = "lenient::integer")]
    pub rate_limit_registration_period_in_seconds: Option<i64>,

    // Grants, response types, subject, algorithms, addresses.
    /// What the server supports: grant types, response types, algorithms and so on.
    #[serde(flatten)]
    pub supported: Supported,
    /// Whether code clients get the grant `refresh_token` and its missing counterparts. Default: false.
    ///
    /// No effect unless `grantTypesAndResponseTypesAutofixEnabled` is true.
    #[serde(deserialize_with = "lenient::flag")]
    pub client_reg_default_to_code_flow_with_refresh: bool,
    /// Whether grant and response types that lack their counterpart get it. Default: false: they are refused.
    #[serde(deserialize_with = "lenient::flag")]
    pub grant_types_and_response_types_autofix_enabled: bool,
    /// Whether an update may change the grant types. Default: true.
    #[serde(deserialize_with = "lenient::optional_flag")]
    pub enable_client_grant_type_update: Option<bool>,
    /// The `subject_type` of a client that asks for none. Default: `public` if supported, else `pairwise`.
    #[serde(deserialize_with = "lenient::text")]
    pub default_subject_type: Option<String>,
    /// Whether `public_subject_identifier_attribute` may be registered. Default: false.
    #[serde(deserialize_with = "lenient::flag")]
    pub public_subject_identifier_per_client_enabled: bool,
    /// The algorithm of ID tokens and access tokens of a client that asks for none.
    ///
    /// Default: for ID tokens what the profile says, or the first asymmetric one listed if `RS256` is not.
    #[serde(deserialize_with = "lenient::text")]
    pub default_signature_algorithm: Option<String>,
    /// Whether CIBA user codes are supported. Default: true. If false, `backchannel_user_code_parameter` is
    /// dropped.
    #[serde(deserialize_with = "lenient::optional_flag")]
    pub backchannel_user_code_parameter_supported: Option<bool>,
    /// Whether `redirect_uris_regex` may be registered. Default: false, since it defeats exact comparison.
    #[serde(deserialize_with = "lenient::flag")]
    pub redirect_uris_regex_enabled: bool,
    /// URL patterns, one of which each redirection URI must match. Default: any URI. An empty list: none.
    pub client_white_list: Option<Vec<String>>,
    /// URL patterns that no redirection URI may match. Default: none.
    #[serde(deserialize_with = "lenient::or_default")]
    pub client_black_list: Vec<String>,
    /// URL patterns, one of which each address that a client names must match before it is fetched. Addresses in this
    /// configuration and in the profile are the operator's own. Default: any address.
    pub external_uri_white_list: Option<Vec<String>>,
    /// Beginnings and fragments of addresses that are never fetched. Default: none.
    #[serde(deserialize_with = "lenient::or_default")]
    pub blocked_urls: Vec<String>,
    /// How long sector identifier documents are kept, in minutes. Default: 1440. For the host's
    /// resolver: no effect here.
    #[serde(deserialize_with = "lenient::count::<_, SECTOR_CACHE_MINUTES>")]
    pub sector_identifier_cache_lifetime_in_minutes: usize,
    /// Whether spontaneous scopes are supported. Default: false. For the authorization endpoint: no effect
    /// here.
    #[serde(deserialize_with = "lenient::flag")]
    pub allow_spontaneous_scopes: bool,
    /// How long spontaneous scopes live, in seconds. For the authorization endpoint: no effect here.
    #[serde(deserialize_with = "Lifetime::read")]
    pub spontaneous_scope_lifetime: Option<Lifetime>,

    // Signed requests, software statements, attestation, authorization.
    /// Whether a request must be a signed JWT. Default: false: it must be plain JSON.
    #[serde(deserialize_with = "lenient::flag")]
    pub dcr_signature_validation_enabled: bool,
    /// The keys of signed requests by value: a JWK Set, or a text holding one. Default: none.
    #[serde(deserialize_with = "lenient::jwks")]
    pub dcr_signature_validation_jwks: Option<ConfiguredKeys>,
    /// The https address of the keys of signed requests. Default: none.
    #[serde(deserialize_with = "lenient::text")]
    pub dcr_signature_validation_jwks_uri: Option<String>,
    /// The secret of requests with an HMAC signature. Default: none. Whoever verifies with it can sign with
    /// it.
    #[serde(deserialize_with = "lenient::secret")]
    pub dcr_signature_validation_shared_secret: Option<SharedSecret>,
    /// The claim of the software statement with the address of the keys that sign the request. Default: none.
    #[serde(
        rename = "dcrSignatureValidationSoftwareStatementJwksURIClaim",
        deserialize_with = "lenient::text"
    )]
    pub dcr_signature_validation_software_statement_jwks_uri_claim: Option<String>,
    /// The claim of the software statement with the keys that sign the request. Default: none.
    #[serde(deserialize_with = "lenient::text")]
    pub dcr_signature_validation_software_statement_jwks_claim: Option<String>,
    /// The issuers whose software statements are taken. Default: empty, which means any.
    ///
    /// `dcrIssuers`, a list of names, is read into the same map.
    #[serde(flatten, deserialize_with = "trust::trusted_issuers")]
    #[cfg_attr(feature = "schema", schemars(with = "trust::BothSpellings"))]
    pub trusted_ssa_issuers: BTreeMap<String, TrustedIssuer>,
    /// Whether clients manage their registration with an access token of their own. Default: false.
    ///
    /// A registration must then ask for the grant `client_credentials`, and the host vouches for the token.
    #[serde(deserialize_with = "lenient::flag")]
    pub dcr_authorization_with_client_credentials: bool,
    /// Whether a registration needs a client certificate with the subject `tls_client_auth_subject_dn`.
    ///
    /// Default: false. The host hands in the certificate.
    #[serde(rename = "dcrAuthorizationWithMTLS", deserialize_with = "lenient::flag")]
    pub dcr_authorization_with_mtls: bool,
    /// Whether a request must carry attestation `evidence`. Default: false. An
    /// [`EvidenceVerifier`](crate::EvidenceVerifier) or a [`ScriptHook`](crate::ScriptHook) verifies it.
    #[serde(deserialize_with = "lenient::flag")]
    pub dcr_attestation_evidence_required: bool,
    /// How software statements are verified. Default: `script`.
    #[serde(deserialize_with = "lenient::or_default")]
    pub software_statement_validation_type: SoftwareStatementValidationType,
    /// The claim that the types `jwks` and `jwks_uri` take the keys from. Required with these.
    #[serde(deserialize_with = "lenient::text")]
    pub software_statement_validation_claim_name: Option<String>,
    /// The keys of signed requests and, with the type `builtin`, of software statements. Default: none.
    #[serde(deserialize_with = "lenient::or_default")]
    pub dcr_ssa_validation_configs: Vec<SsaValidationConfig>,
    /// Whether a JWT with the algorithm `none` is refused. It always is, also if this is false.
    #[serde(deserialize_with = "lenient::flag_or_true")]
    pub reject_jwt_with_none_alg: bool,

    // Ours.
    /// Whether an update replaces the client or keeps what it leaves out. Default: `replace` (RFC 7592
    /// section 2.2).
    #[serde(deserialize_with = "lenient::or_default")]
    pub update_mode: UpdateMode,
    /// How the JSON types of a request are read. Default: `strict`.
    #[serde(deserialize_with = "lenient::or_default")]
    pub reading: Reading,
    /// Whether Janssen's own error codes are sent. Default: false: those of RFC 7591 section 3.2.2.
    #[serde(deserialize_with = "lenient::flag")]
    pub janssen_error_codes: bool,
    /// Whether `lifetime` may exceed `dynamicRegistrationExpirationTime`, as in Janssen. Default: false.
    ///
    /// If true, anyone can ask for a client that never expires.
    #[serde(deserialize_with = "lenient::flag")]
    pub lifetime_may_exceed_server_limit: bool,
    /// Whether a registration access token that was replaced stays good until its successor is first used, so that a
    /// client that never saw the answer is not locked out. Default: false. Only with
    /// `rotateClientRegistrationAccessTokenOnUsage`.
    #[serde(deserialize_with = "lenient::flag")]
    pub keep_registration_access_token_until_next_use: bool,
    /// How long a client secret that was replaced stays good, in seconds, so that a client in many places can change
    /// over. Default: 0. An update that long before the secret expires, or later, brings a fresh one.
    #[serde(deserialize_with = "lenient::count::<_, 0>")]
    pub client_secret_overlap_seconds: usize,
    /// How long a client is kept after it expired, in seconds, before [`Registrar::sweep`](crate::Registrar::sweep)
    /// removes it. Default: 0. It behaves as deleted from the moment it expires.
    #[serde(deserialize_with = "lenient::count::<_, 0>")]
    pub expired_client_grace_seconds: usize,
    /// After how many seconds [`Registrar::sweep`](crate::Registrar::sweep) removes a client that was never used.
    /// Default: 0, never. The host reports uses by [`ClientDirectory::touch`](crate::ClientDirectory::touch).
    #[serde(deserialize_with = "lenient::count::<_, 0>")]
    pub unused_client_lifetime_seconds: usize,
    /// Whether `contacts` must be e-mail addresses, as in OpenID Connect Registration section 2. Default: false: any
    /// texts (RFC 7591 section 2).
    #[serde(deserialize_with = "lenient::flag")]
    pub contacts_are_email_addresses: bool,
    /// The server's scopes. Default: not known, and `scope` is stored as asked.
    pub scopes: Option<Vec<ScopeEntry>>,
    /// The issuer identifier of the authorization server. Default: none. A profile may ask for it in `aud`.
    #[serde(deserialize_with = "lenient::url")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Uri>"))]
    pub issuer: Option<Url>,
    /// The address of the token endpoint. Default: none. A profile may ask for it in `aud`.
    #[serde(deserialize_with = "lenient::url")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<schema::Uri>"))]
    pub token_endpoint: Option<Url>,
    /// The largest request body, in bytes. Default: 65536.
    #[serde(deserialize_with = "lenient::count::<_, MAX_BODY_BYTES>")]
    pub max_body_bytes: usize,
    /// How deeply the JSON of a request may be nested. Default: 16.
    #[serde(deserialize_with = "lenient::count::<_, MAX_JSON_DEPTH>")]
    pub max_json_depth: usize,
    /// How many members a request may have. Default: 200.
    #[serde(deserialize_with = "lenient::count::<_, MAX_MEMBERS>")]
    pub max_members: usize,
}

impl RegistrarConfig {
    /// A configuration with registration switched on and every other property at its default.
    #[must_use]
    pub fn new(registration_endpoint: Url) -> Self {
        Self {
            registration_endpoint: Some(registration_endpoint),
            dynamic_registration_enabled: true,
            ..Self::default()
        }
    }

    /// Whether clients may register: switched on, and not left out of `featureFlags`.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        let is_registration = |flag: &String| flag.eq_ignore_ascii_case("registration");
        self.dynamic_registration_enabled
            && (self.feature_flags.is_empty() || self.feature_flags.iter().any(is_registration))
    }
}
