//! The configuration: every property name, what is wrong, what is risky, and what it becomes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

use oauth_dcr::profile::{Member, OnMismatch, OnUpdate, Presence, Rotate, When, WhenAbsent};
use oauth_dcr::{MemoryClientStore, Profile, Registrar, RegistrarConfig};
use serde_json::{Map, Value, json};
use url::Url;

fn read(json: Value) -> RegistrarConfig {
    serde_json::from_value(json).unwrap()
}

fn usual() -> RegistrarConfig {
    RegistrarConfig::new(Url::parse("https://op.example.com/register").unwrap())
}

/// Every property, with a value that is not its default.
fn all_properties() -> Map<String, Value> {
    serde_json::from_str(
        r#"{
        "dynamicRegistrationEnabled": true,
        "featureFlags": ["registration"],
        "registrationEndpoint": "https://op.example.com/register",
        "dynamicRegistrationExpirationTime": -1,
        "dcrForbidExpirationTimeInRequest": true,
        "dynamicRegistrationPersistClientAuthorizations": true,
        "trustedClientEnabled": true,
        "dynamicRegistrationScopesParamEnabled": true,
        "dynamicRegistrationPasswordGrantTypeEnabled": true,
        "dynamicRegistrationAllowedPasswordGrantScopes": ["a"],
        "dynamicRegistrationCustomObjectClass": "jansCustom",
        "dynamicRegistrationCustomAttributes": ["department"],
        "dynamicRegistrationDefaultCustomAttributes": { "department": "none" },
        "returnClientSecretOnRead": true,
        "rotateClientRegistrationAccessTokenOnUsage": true,
        "errorReasonEnabled": true,
        "rateLimitRegistrationRequestCount": 10,
        "rateLimitRegistrationPeriodInSeconds": 60,

        "grantTypesSupported": ["authorization_code"],
        "grantTypesSupportedByDynamicRegistration": ["authorization_code"],
        "dynamicGrantTypeDefault": ["authorization_code"],
        "responseTypesSupported": [["code"]],
        "clientRegDefaultToCodeFlowWithRefresh": true,
        "grantTypesAndResponseTypesAutofixEnabled": true,
        "enableClientGrantTypeUpdate": true,
        "subjectTypesSupported": ["public"],
        "defaultSubjectType": "public",
        "publicSubjectIdentifierPerClientEnabled": true,
        "subjectIdentifiersPerClientSupported": ["mail"],
        "defaultSignatureAlgorithm": "RS256",
        "idTokenSigningAlgValuesSupported": ["RS256"],
        "accessTokenSigningAlgValuesSupported": ["RS256"],
        "userInfoSigningAlgValuesSupported": ["RS256"],
        "tokenEndpointAuthSigningAlgValuesSupported": ["RS256"],
        "authorizationSigningAlgValuesSupported": ["RS256"],
        "requestObjectSigningAlgValuesSupported": ["RS256"],
        "introspectionSigningAlgValuesSupported": ["RS256"],
        "txTokenSigningAlgValuesSupported": ["RS256"],
        "logoutStatusJwtSigningAlgValuesSupported": ["RS256"],
        "idTokenEncryptionAlgValuesSupported": ["RSA-OAEP"],
        "userInfoEncryptionAlgValuesSupported": ["RSA-OAEP"],
        "requestObjectEncryptionAlgValuesSupported": ["RSA-OAEP"],
        "authorizationEncryptionAlgValuesSupported": ["RSA-OAEP"],
        "introspectionEncryptionAlgValuesSupported": ["RSA-OAEP"],
        "txTokenEncryptionAlgValuesSupported": ["RSA-OAEP"],
        "idTokenEncryptionEncValuesSupported": ["A128CBC+HS256"],
        "userInfoEncryptionEncValuesSupported": ["A128CBC+HS256"],
        "requestObjectEncryptionEncValuesSupported": ["A128CBC+HS256"],
        "authorizationEncryptionEncValuesSupported": ["A128CBC+HS256"],
        "introspectionEncryptionEncValuesSupported": ["A128CBC+HS256"],
        "txTokenEncryptionEncValuesSupported": ["A128CBC+HS256"],
        "tokenEndpointAuthMethodsSupported": ["client_secret_basic"],
        "backchannelTokenDeliveryModesSupported": ["poll"],
        "backchannelAuthenticationRequestSigningAlgValuesSupported": ["RS256"],
        "backchannelUserCodeParameterSupported": true,
        "redirectUrisRegexEnabled": true,
        "clientWhiteList": ["*"],
        "clientBlackList": ["*.attacker.com/*"],
        "externalUriWhiteList": ["*.example.com"],
        "blockedUrls": ["http://"],
        "sectorIdentifierCacheLifetimeInMinutes": 10,
        "allowSpontaneousScopes": true,
        "spontaneousScopeLifetime": 60,

        "dcrSignatureValidationEnabled": true,
        "dcrSignatureValidationJwks": "{\"keys\": []}",
        "dcrSignatureValidationJwksUri": "https://keys.example/jwks",
        "dcrSignatureValidationSharedSecret": "a secret",
        "dcrSignatureValidationSoftwareStatementJwksURIClaim": "org_jwks_endpoint",
        "dcrSignatureValidationSoftwareStatementJwksClaim": "org_jwks",
        "dcrIssuers": ["https://trusted.as.example"],
        "trustedSsaIssuers": { "https://trusted.as.example": { "automaticallyGrantedScopes": ["a"] } },
        "dcrAuthorizationWithClientCredentials": true,
        "dcrAuthorizationWithMTLS": true,
        "dcrAttestationEvidenceRequired": true,
        "softwareStatementValidationType": "BUILTIN",
        "softwareStatementValidationClaimName": "jwks_claim",
        "dcrSsaValidationConfigs": [{ "id": "1" }],
        "rejectJwtWithNoneAlg": false,

        "updateMode": "merge",
        "reading": "lenient",
        "janssenErrorCodes": true,
        "lifetimeMayExceedServerLimit": true,
        "keepRegistrationAccessTokenUntilNextUse": true,
        "clientSecretOverlapSeconds": 60,
        "expiredClientGraceSeconds": 60,
        "unusedClientLifetimeSeconds": 60,
        "contactsAreEmailAddresses": true,
        "scopes": ["openid"],
        "issuer": "https://op.example.com",
        "tokenEndpoint": "https://op.example.com/token",
        "maxBodyBytes": 1024,
        "maxJsonDepth": 8,
        "maxMembers": 50
        }"#,
    )
    .unwrap()
}

fn shown(config: &RegistrarConfig) -> String {
    format!("{config:?}")
}

#[test]
fn every_property_is_read() {
    let default = shown(&read(json!({})));
    assert_eq!(default, shown(&RegistrarConfig::default()));
    for (name, value) in all_properties() {
        assert_ne!(shown(&read(json!({ name.as_str(): value }))), default, "{name} is not read");
        assert_eq!(shown(&read(json!({ name.as_str(): null }))), default, "{name}: null is not absent");
    }
}

/// With the feature `schema`: every name, and every value that is read.
#[test]
fn every_property_is_in_the_schema() {
    let schema = oauth_dcr::schema::registrar_config();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (name, value) in all_properties() {
        assert!(schema["properties"].get(&name).is_some(), "{name} is not in the schema");
        for value in [value, Value::Null] {
            let config = json!({ name.as_str(): value });
            let faults: Vec<String> = validator.iter_errors(&config).map(|error| error.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{name}");
        }
    }
}

#[test]
fn all_properties_together() {
    let mut all = all_properties();
    // The older spelling of a property that is there too.
    all.remove("dynamicGrantTypeDefault");
    let config = read(Value::Object(all));
    assert_eq!(config.trusted_ssa_issuers["https://trusted.as.example"].automatically_granted_scopes, ["a"]);
    assert!(!shown(&config).contains("a secret"));
}

#[test]
fn unknown_properties_are_ignored() {
    let json = json!({
        "idTokenLifetime": 3600, "ssaConfiguration": {}, "dcrSkipSignatureValidation": true,
        "dcrSsaValidationConfigs": [{ "id": "1", "further": [1] }],
    });
    let config = read(json);
    assert_eq!(config.dcr_ssa_validation_configs.len(), 1);
    assert!(!shown(&config).contains("3600"));
}

#[test]
fn text_stands_for_booleans_and_numbers() {
    let config = read(json!({
        "dynamicRegistrationEnabled": "true", "rejectJwtWithNoneAlg": "False", "maxBodyBytes": "1024",
        "dynamicRegistrationExpirationTime": "3600", "enableClientGrantTypeUpdate": "",
    }));
    assert!(config.dynamic_registration_enabled);
    assert!(!config.reject_jwt_with_none_alg);
    assert_eq!(config.max_body_bytes, 1024);
    assert_eq!(config.dynamic_registration_expiration_time.unwrap().seconds(), Some(3600));
    assert_eq!(config.enable_client_grant_type_update, None);

    refuses_to_read(json!({ "dynamicRegistrationEnabled": "yes" }), "must be true or false, not `yes`");
    refuses_to_read(json!({ "dynamicRegistrationEnabled": 1 }), "must be true or false");
    refuses_to_read(json!({ "maxMembers": "many" }), "must be an integer, not `many`");
    refuses_to_read(json!({ "maxMembers": -2 }), "must not be negative");
    refuses_to_read(json!({ "registrationEndpoint": "/register" }), "`/register` is not a URL");
    refuses_to_read(json!({ "reading": "loose" }), "must be one of strict, lenient, not `loose`");
    let builtin = json!({ "softwareStatementValidationType": "inline" });
    refuses_to_read(builtin, "must be one of none, script, builtin, jwks, jwks_uri, not `inline`");
    refuses_to_read(json!({ "dcrSsaValidationConfigs": [{ "type": "none" }] }), "must be one of ssa, dcr");
}

#[track_caller]
fn refuses_to_read(json: Value, message: &str) {
    let error = serde_json::from_value::<RegistrarConfig>(json).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn entry_members_have_two_spellings() {
    let camel = json!({
        "id": "1", "type": "SSA", "displayName": "One", "description": "The first", "scopes": ["a"],
        "allowedClaims": ["exp"], "jwks": { "keys": [] }, "jwksUri": "https://keys.example/jwks",
        "issuers": ["Acme"], "configurationEndpoint": "https://as.example/conf",
        "configurationEndpointClaim": "ssa_jwks_endpoint", "sharedSecret": "a secret"
    });
    let snake = json!({
        "id": "1", "type": "ssa", "display_name": "One", "description": "The first", "scope": ["a"],
        "allowed_claims": ["exp"], "jwks": "{\"keys\": []}", "jwks_uri": "https://keys.example/jwks",
        "issuers": ["Acme"], "configuration_endpoint": "https://as.example/conf",
        "configuration_endpoint_claim": "ssa_jwks_endpoint", "shared_secret": "a secret"
    });
    let entry = |json: &Value| shown(&read(json!({ "dcrSsaValidationConfigs": [json] })));
    assert_eq!(entry(&camel), entry(&snake));
    let empty = entry(&json!({}));
    for (name, value) in camel.as_object().unwrap().iter().chain(snake.as_object().unwrap()) {
        assert_ne!(entry(&json!({ name.as_str(): value })), empty, "{name} is not read");
        assert_eq!(entry(&json!({ name.as_str(): null })), empty, "{name}: null is not absent");
    }
    let config = read(json!({ "dcrSsaValidationConfigs": [camel] }));
    let secret = config.dcr_ssa_validation_configs[0].shared_secret.as_ref().unwrap();
    assert_eq!(secret.expose_secret(), "a secret");
}

#[test]
fn issuers_have_two_spellings() {
    let config = read(json!({
        "dcrIssuers": ["https://a.example", "https://b.example"],
        "trustedSsaIssuers": {
            "https://b.example": { "automaticallyGrantedScopes": ["s"] }, "https://c.example": null
        }
    }));
    let names: Vec<&str> = config.trusted_ssa_issuers.keys().map(String::as_str).collect();
    assert_eq!(names, ["https://a.example", "https://b.example", "https://c.example"]);
    assert_eq!(config.trusted_ssa_issuers["https://b.example"].automatically_granted_scopes, ["s"]);
    let described =
        read(json!({ "dcrIssuers": { "https://a.example": { "jwksUri": "https://a.example/jwks" } } }));
    let jwks_uri = described.trusted_ssa_issuers["https://a.example"].jwks_uri.as_deref();
    assert_eq!(jwks_uri, Some("https://a.example/jwks"));
}

#[test]
fn scopes_are_objects_or_texts() {
    let config = read(json!({ "scopes": ["a", { "id": "b", "default": "true" }, { "id": "c" }] }));
    let scopes: Vec<(&str, bool)> =
        config.scopes.iter().flatten().map(|s| (s.id.as_str(), s.default)).collect();
    assert_eq!(scopes, [("a", false), ("b", true), ("c", false)]);
}

#[test]
fn the_switches() {
    assert!(usual().is_enabled());
    assert!(!read(json!({})).is_enabled());
    assert!(!read(json!({ "featureFlags": ["registration"] })).is_enabled());
    let flagged = |flags: Value| read(json!({ "dynamicRegistrationEnabled": true, "featureFlags": flags }));
    assert!(flagged(json!([])).is_enabled());
    assert!(flagged(json!(["health_check", "REGISTRATION"])).is_enabled());
    assert!(!flagged(json!(["health_check"])).is_enabled());
}

/// Asks for exactly these problems of a configuration that is otherwise right.
#[track_caller]
fn has_problems(mut json: Value, expected: &[&str]) {
    let properties = json.as_object_mut().unwrap();
    properties.entry("registrationEndpoint").or_insert("https://op.example.com/register".into());
    let problems: Vec<String> = read(json).problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems, expected);
}

#[test]
fn problems_with_addresses_and_numbers() {
    has_problems(json!({}), &[]);
    has_problems(
        json!({ "registrationEndpoint": "" }),
        &["registrationEndpoint: must be given, since registration_client_uri is made of it"],
    );
    has_problems(json!({ "registrationEndpoint": "http://localhost:8080/register" }), &[]);
    has_problems(json!({ "registrationEndpoint": "http://127.0.0.1/register" }), &[]);
    has_problems(
        json!({
            "registrationEndpoint": "http://op.example.com/register",
            "tokenEndpoint": "ftp://op.example.com/",
        }),
        &[
            "registrationEndpoint: `http://op.example.com/register` must use https",
            "tokenEndpoint: `ftp://op.example.com/` must use https",
        ],
    );
    has_problems(
        json!({
            "dynamicRegistrationExpirationTime": -2, "maxBodyBytes": 0, "maxJsonDepth": 0, "maxMembers": 0,
        }),
        &[
            "dynamicRegistrationExpirationTime: must be a number of seconds, or 0 or -1 for no end",
            "maxBodyBytes: must not be 0, since no request could be read",
            "maxJsonDepth: must not be 0, since no request could be read",
            "maxMembers: must not be 0, since no request could be read",
        ],
    );
    has_problems(json!({ "dynamicRegistrationExpirationTime": -1 }), &[]);
}

#[test]
fn problems_with_lists() {
    has_problems(
        json!({
            "grantTypesSupported": ["authorization_code", "urn:example:grant", "code"],
            "responseTypesSupported": [["token", "code"], "id_token token", ["code", "id"]],
            "subjectTypesSupported": [],
            "tokenEndpointAuthMethodsSupported": ["access_token"],
            "idTokenEncryptionEncValuesSupported": ["A128CBC+HS256", "A128CBC"],
            "clientBlackList": ["https://"],
        }),
        &[
            "grantTypesSupported: `code` is not a registered value",
            "responseTypesSupported: `code id` is not a registered value",
            "tokenEndpointAuthMethodsSupported: `access_token` is not a registered value",
            "idTokenEncryptionEncValuesSupported: `A128CBC` is not a registered value",
            "subjectTypesSupported: must not be empty, since no client could register",
            "clientBlackList: `https://` is not a URL pattern, and would match nothing",
        ],
    );
    has_problems(
        json!({
            "grantTypesSupported": ["implicit"],
            "grantTypesSupportedByDynamicRegistration": ["authorization_code"],
        }),
        &["grantTypesSupported: has nothing in common with grantTypesSupportedByDynamicRegistration"],
    );
    has_problems(
        json!({
            "defaultSubjectType": "pairwise", "subjectTypesSupported": ["public"],
            "defaultSignatureAlgorithm": "ES256", "idTokenSigningAlgValuesSupported": ["RS256"],
        }),
        &[
            "defaultSubjectType: `pairwise` is not in subjectTypesSupported",
            "defaultSignatureAlgorithm: `ES256` is not in idTokenSigningAlgValuesSupported",
        ],
    );
    has_problems(
        json!({ "defaultSubjectType": "private", "defaultSignatureAlgorithm": "none" }),
        &[
            "defaultSubjectType: `private` is neither public nor pairwise",
            "defaultSignatureAlgorithm: `none` is not a signature algorithm",
        ],
    );
    has_problems(
        json!({
            "scopes": ["a", "a", "b c"], "dynamicRegistrationScopesParamEnabled": true,
            "dynamicRegistrationAllowedPasswordGrantScopes": ["a"],
        }),
        &[
            "scopes: `a` is there twice",
            "scopes: `b c` is not a scope",
            "dynamicRegistrationAllowedPasswordGrantScopes: names no default scope, so that a client with \
             the grant password could get none",
        ],
    );
}

#[test]
fn problems_with_trust() {
    has_problems(
        json!({
            "dcrSignatureValidationJwks": "{jwks here}",
            "dcrSignatureValidationJwksUri": "http://keys.example/jwks",
            "softwareStatementValidationType": "JWKS_URI",
            "trustedSsaIssuers": { "Acme": { "jwksUri": "acme" } },
            "dcrSsaValidationConfigs": [
                { "id": "1", "type": "dcr", "issuers": ["Acme"] },
                { "id": "1", "displayName": "One" },
                { "type": "ssa", "configuration_endpoint": "https://as.example/conf" },
                { "id": "4", "type": "ssa", "jwks": { "keys": [{}, { "kty": "oct", "k": "AQAB" }] } },
            ],
        }),
        &[
            "dcrSignatureValidationJwks: must be a JWK Set: an object with an array `keys`, or a text \
             holding one",
            "dcrSignatureValidationJwksUri: `http://keys.example/jwks` must use https",
            "softwareStatementValidationClaimName: must be given, since softwareStatementValidationType \
             takes the keys from that claim",
            "trustedSsaIssuers.Acme.jwksUri: `acme` is not a URL: relative URL without a base",
            "dcrSsaValidationConfigs[1].type: must be given: ssa or dcr",
            "dcrSsaValidationConfigs[1]: must have one of jwks, jwksUri, issuers, configurationEndpoint",
            "dcrSsaValidationConfigs[1].id: `1` is the id of an earlier entry",
            "dcrSsaValidationConfigs[2].id: must be given",
            "dcrSsaValidationConfigs[2].configurationEndpointClaim: must be given with \
             configurationEndpoint: the member that holds the key address",
            "dcrSsaValidationConfigs[3].jwks.keys[0]: must be a JWK: an object with `kty`",
            "dcrSsaValidationConfigs[3].jwks.keys[1]: must be a public key",
        ],
    );
}

#[test]
fn an_error_lists_every_problem() {
    let config = read(json!({ "maxMembers": 0 }));
    let problems = config.problems();
    let error = Registrar::builder(config, MemoryClientStore::default()).build().unwrap_err();
    assert_eq!(error.problems, problems);
    let text = error.to_string();
    assert_eq!(text.lines().count(), 2);
    assert!(text.ends_with("\nmaxMembers: must not be 0, since no request could be read"), "{text}");
}

#[track_caller]
fn warns(json: Value, expected: &[(&str, &str)]) {
    let warnings = read(json).warnings();
    assert_eq!(warnings.len(), expected.len(), "{warnings:#?}");
    for (warning, (property, text)) in warnings.iter().zip(expected) {
        assert_eq!(warning.property, *property);
        assert!(warning.message.contains(text), "{warning}");
    }
}

#[test]
fn warnings() {
    warns(json!({ "dynamicRegistrationEnabled": true, "softwareStatementValidationType": "builtin" }), &[]);
    warns(
        json!({ "softwareStatementValidationType": "none" }),
        &[
            ("softwareStatementValidationType", "anyone can write one"),
            ("trustedSsaIssuers", "software statements of every issuer are taken"),
        ],
    );
    for type_of_keys in ["jwks", "jwks_uri"] {
        warns(
            json!({ "softwareStatementValidationType": type_of_keys, "dcrIssuers": ["Acme"] }),
            &[("softwareStatementValidationType", "anyone can sign one with keys of their own")],
        );
    }
    warns(
        json!({
            "dcrSignatureValidationSharedSecret": "0123456789abcdef0123456789abcdef",
            "dcrSsaValidationConfigs": [{ "id": "1" }, { "id": "2", "sharedSecret": "secret" }],
        }),
        &[
            ("dcrSignatureValidationSharedSecret", "signs as well as it verifies"),
            ("dcrSsaValidationConfigs[1].sharedSecret", "signs as well as it verifies"),
            ("dcrSsaValidationConfigs[1].sharedSecret", "shorter than 32 bytes"),
        ],
    );
    warns(
        json!({
            "lifetimeMayExceedServerLimit": true, "dcrAuthorizationWithMTLS": true,
            "redirectUrisRegexEnabled": true,
            "dynamicRegistrationPasswordGrantTypeEnabled": true,
            "dynamicRegistrationCustomAttributes": ["jansTrustedClnt", "access_token_lifetime"],
            "idTokenEncryptionAlgValuesSupported": ["RSA1_5"],
        }),
        &[
            ("lifetimeMayExceedServerLimit", "never expires"),
            ("dcrAuthorizationWithMTLS", "anyone can claim any certificate"),
            ("redirectUrisRegexEnabled", "receive codes and tokens"),
            ("dynamicRegistrationPasswordGrantTypeEnabled", "asks people for their passwords"),
            ("dynamicRegistrationCustomAttributes", "`access_token_lifetime` is a matter of the operator"),
            ("dynamicRegistrationCustomAttributes", "register a trusted client"),
            ("idTokenEncryptionAlgValuesSupported", "RSA1_5"),
        ],
    );
    warns(json!({ "lifetimeMayExceedServerLimit": true, "dcrForbidExpirationTimeInRequest": true }), &[]);
}

fn lowered(json: Value) -> Profile {
    read(json).to_profile()
}

fn words(list: &Option<Vec<Value>>) -> Vec<&str> {
    list.iter().flatten().map(|value| value.as_str().unwrap()).collect()
}

#[test]
fn defaults_are_lowered() {
    let profile = usual().to_profile();
    assert_eq!((profile.dcr_profile, profile.name.as_str()), (1, "configuration"));
    assert_eq!(profile.metadata["lifetime"], Member::default());
    assert_eq!(profile.metadata["require_pkce"], Member::default());
    assert!(!profile.metadata.contains_key("spontaneous_scope_script_dns"));

    let grants = &profile.metadata["grant_types"];
    assert!(words(&grants.subset_of).contains(&"urn:openid:params:grant-type:ciba"));
    assert!(!words(&grants.subset_of).contains(&"password"));
    assert_eq!((grants.presence, &grants.default, grants.on_update), (None, &None, None));
    let responses = words(&profile.metadata["response_types"].subset_of);
    assert_eq!(responses.len(), 8);
    assert!(responses.contains(&"code id_token token") && responses.contains(&"none"));
    let methods = &profile.metadata["token_endpoint_auth_method"];
    assert_eq!(words(&methods.one_of).len(), 9);
    assert_eq!(methods.spec.as_deref(), Some("RFC 7591 2"));
    assert_eq!(profile.metadata["additional_token_endpoint_auth_methods"].subset_of, methods.one_of);
    let subject = &profile.metadata["subject_type"];
    assert_eq!(
        (words(&subject.one_of), &subject.default),
        (vec!["public", "pairwise"], &Some("public".into()))
    );
    assert_eq!(words(&profile.metadata["backchannel_token_delivery_mode"].one_of), ["poll", "ping", "push"]);

    let has = |member: &str, word: &str| words(&profile.metadata[member].one_of).contains(&word);
    for member in
        ["id_token_signed_response_alg", "userinfo_signed_response_alg", "request_object_signing_alg"]
    {
        assert!(has(member, "none") && has(member, "HS256"), "{member}");
    }
    for member in [
        "access_token_signing_alg",
        "token_endpoint_auth_signing_alg",
        "authorization_signed_response_alg",
        "introspection_signed_response_alg",
        "tx_token_signed_response_alg",
        "logout_status_jwt_signed_response_alg",
    ] {
        assert!(!has(member, "none") && has(member, "HS256"), "{member}");
    }
    let ciba = "backchannel_authentication_request_signing_alg";
    assert!(!has(ciba, "none") && !has(ciba, "HS256") && has(ciba, "ES256"));
    for usage in [
        "id_token_encrypted_response",
        "userinfo_encrypted_response",
        "request_object_encryption",
        "authorization_encrypted_response",
        "introspection_encrypted_response",
        "tx_token_encrypted_response",
    ] {
        let (alg, enc) = (format!("{usage}_alg"), format!("{usage}_enc"));
        assert!(has(&alg, "RSA-OAEP") && !has(&alg, "RSA1_5"), "{usage}");
        assert!(has(&enc, "A128CBC-HS256"), "{usage}");
    }
    assert_eq!(profile.metadata["id_token_signed_response_alg"].default, None);

    assert_eq!(profile.metadata["redirect_uris_regex"].presence, Some(Presence::Forbidden));
    assert_eq!(profile.metadata["redirect_uris_regex"].error.as_deref(), Some("redirect_uris_regex"));
    let attribute = &profile.metadata["public_subject_identifier_attribute"];
    assert_eq!(attribute.presence, Some(Presence::Forbidden));
    assert_eq!(attribute.error.as_deref(), Some("public_subject_attribute"));

    assert!(profile.rules.is_empty() && profile.scope.is_none() && profile.request.envelope.is_empty());
    assert_eq!(profile.request.max_bytes, Some(65_536));
    assert_eq!((&profile.redirect_uris.allow, profile.redirect_uris.deny.len()), (&None, 0));
    assert_eq!(profile.lifecycle.ttl_s, None);
    assert_eq!(profile.lifecycle.ttl_member.as_deref(), Some("lifetime"));
    assert_eq!(profile.lifecycle.ttl_member_may_exceed, None);
    assert_eq!(profile.response.management_token, None);
}

#[test]
fn lists_are_lowered() {
    let profile = lowered(json!({
        "grantTypesSupported": ["implicit", "client_credentials", "password"],
        "grantTypesSupportedByDynamicRegistration": ["password", "client_credentials"],
        "dynamicRegistrationPasswordGrantTypeEnabled": true,
        "enableClientGrantTypeUpdate": false,
        "responseTypesSupported": [["token", "id_token", "code"], "token id_token", ["code"], ["unheard"]],
        "tokenEndpointAuthMethodsSupported": ["private_key_jwt"],
        "subjectTypesSupported": ["pairwise"],
        "idTokenSigningAlgValuesSupported": ["none", "HS256", "PS256"],
        "accessTokenSigningAlgValuesSupported": ["none", "RS256"],
        "authorizationSigningAlgValuesSupported": ["none"],
        "backchannelAuthenticationRequestSigningAlgValuesSupported": [],
        "userInfoEncryptionEncValuesSupported": ["A256CBC+HS512", "A128GCM"],
        "publicSubjectIdentifierPerClientEnabled": true,
        "subjectIdentifiersPerClientSupported": ["mail"],
    }));
    let member = |name: &str| &profile.metadata[name];
    assert_eq!(words(&member("grant_types").subset_of), ["client_credentials", "password"]);
    assert!(member("grant_types").none_of.is_empty());
    assert_eq!(member("grant_types").on_update, Some(OnUpdate::Immutable));
    assert_eq!(words(&member("response_types").subset_of), ["code id_token token", "id_token token", "code"]);
    for name in ["grant_types", "token_endpoint_auth_method"] {
        assert_eq!(
            (member(name).presence, &member(name).default),
            (Some(Presence::Required), &Some(Value::Null))
        );
    }
    assert_eq!(member("subject_type").default, Some("pairwise".into()));
    assert_eq!(words(&member("id_token_signed_response_alg").one_of), ["none", "HS256", "PS256"]);
    assert_eq!(member("id_token_signed_response_alg").default, Some("PS256".into()));
    assert_eq!(words(&member("access_token_signing_alg").one_of), ["RS256"]);
    for name in ["authorization_signed_response_alg", "backchannel_authentication_request_signing_alg"] {
        assert_eq!((member(name).presence, &member(name).one_of), (Some(Presence::Forbidden), &None));
    }
    assert_eq!(words(&member("userinfo_encrypted_response_enc").one_of), ["A256CBC-HS512", "A128GCM"]);
    assert_eq!(words(&member("public_subject_identifier_attribute").one_of), ["mail"]);
    assert!(profile.rules.iter().any(|rule| rule.id == "public-subject-type"));

    let signed = lowered(json!({ "defaultSignatureAlgorithm": "ES256" }));
    for name in ["id_token_signed_response_alg", "access_token_signing_alg"] {
        assert_eq!(signed.metadata[name].default, Some("ES256".into()));
    }
}

#[test]
fn scopes_are_lowered() {
    let catalogue = json!([{ "id": "openid", "default": true }, "admin", { "id": "email", "default": true }]);
    let scope = lowered(json!({ "scopes": catalogue })).scope.unwrap();
    assert!(scope.always.is_empty());
    assert_eq!((scope.when_absent, scope.excess), (Some(WhenAbsent::Leave), Some(OnMismatch::Adjust)));

    let profile = lowered(json!({
        "scopes": catalogue, "dynamicRegistrationScopesParamEnabled": true,
        "dynamicRegistrationPasswordGrantTypeEnabled": true,
        "dynamicRegistrationAllowedPasswordGrantScopes": ["admin", "email"],
    }));
    let scope = profile.scope.unwrap();
    assert_eq!(scope.always, ["openid", "email"]);
    assert_eq!((scope.when_absent, scope.excess), (Some(WhenAbsent::AllAllowed), Some(OnMismatch::Adjust)));
    let [rule] = profile.rules.as_slice() else { panic!("{:?}", profile.rules) };
    assert_eq!(rule.id, "password-scopes");
    assert_eq!(words(&rule.metadata["scope"].subset_of), ["admin", "email"]);
    assert_eq!(rule.metadata["scope"].default, Some("email".into()));
}

#[test]
fn switches_are_lowered() {
    let profile = lowered(json!({
        "dcrForbidExpirationTimeInRequest": true, "dynamicRegistrationExpirationTime": 3600,
        "lifetimeMayExceedServerLimit": true, "rotateClientRegistrationAccessTokenOnUsage": true,
        "redirectUrisRegexEnabled": true, "clientWhiteList": [], "clientBlackList": ["*.attacker.com"],
        "dcrAttestationEvidenceRequired": true, "maxBodyBytes": 1000,
        "dynamicRegistrationCustomAttributes": ["department", "team"],
        "dynamicRegistrationDefaultCustomAttributes": { "team": "none", "other": "x" },
    }));
    assert_eq!(profile.metadata["lifetime"].presence, Some(Presence::Ignored));
    assert_eq!((profile.lifecycle.ttl_s, &profile.lifecycle.ttl_member), (Some(3600), &None));
    assert_eq!(profile.lifecycle.ttl_member_may_exceed, Some(true));
    let token = profile.response.management_token.unwrap();
    assert_eq!((token.issue, token.rotate), (true, Some(Rotate::OnUpdate)));
    assert_eq!(profile.metadata["redirect_uris_regex"], Member::default());
    assert_eq!(profile.redirect_uris.allow, Some(vec![]));
    assert_eq!(profile.redirect_uris.deny, ["*.attacker.com"]);
    let evidence = &profile.request.envelope["evidence"];
    assert_eq!(
        (evidence.presence, evidence.error.as_deref()),
        (Some(Presence::Required), Some("stale_evidence"))
    );
    assert_eq!(profile.request.max_bytes, Some(1000));
    assert_eq!(profile.metadata["department"], Member::default());
    assert_eq!(profile.metadata["team"].default, Some("none".into()));
    assert!(!profile.metadata.contains_key("other"));

    assert_eq!(lowered(json!({ "dynamicRegistrationExpirationTime": -1 })).lifecycle.ttl_s, Some(0));
}

#[test]
fn error_codes_are_lowered() {
    let code = |profile: &Profile, kind: &str| {
        profile.errors.get(kind).map(|spec| (spec.error.clone(), spec.status))
    };
    let standard = usual().to_profile();
    let janssen = lowered(json!({ "janssenErrorCodes": true }));
    for (kind, own) in [
        ("logout_uri", "invalid_logout_uri"),
        ("claims_redirect_uri", "invalid_claims_redirect_uri"),
        ("public_subject_attribute", "invalid_public_subject_identifier_attribute"),
        ("redirect_uris_regex", "invalid_redirect_uris_regex"),
        ("access_denied", "access_denied"),
    ] {
        assert_eq!(code(&standard, kind), Some(("invalid_client_metadata".to_owned(), 400)), "{kind}");
        assert_eq!(code(&janssen, kind), Some((own.to_owned(), 400)), "{kind}");
    }
    assert_eq!(code(&standard, "statement_untrusted"), None);
    assert_eq!(code(&janssen, "statement_untrusted"), Some(("invalid_software_statement".to_owned(), 400)));
    assert_eq!(standard.metadata["frontchannel_logout_uri"].error.as_deref(), Some("logout_uri"));
    assert_eq!(standard.metadata["claims_redirect_uri"].error.as_deref(), Some("claims_redirect_uri"));
}

/// The rule as it is written in a profile.
#[track_caller]
fn rule(profile: &Profile, id: &str) -> Value {
    let rule = profile.rules.iter().find(|rule| rule.id == id).unwrap_or_else(|| panic!("no rule {id}"));
    assert!(rule.spec.is_some() && rule.when != When::default(), "{id}");
    let mut json = serde_json::to_value(rule).unwrap();
    json.as_object_mut().unwrap().retain(|name, _| !["id", "spec"].contains(&name.as_str()));
    json
}

#[test]
fn rules_are_lowered() {
    let profile = lowered(json!({
        "dcrAuthorizationWithClientCredentials": true, "backchannelUserCodeParameterSupported": false,
    }));
    assert_eq!(
        rule(&profile, "management-grant"),
        json!({
            "when": { "all": [
                { "operation": "create" },
                { "not": { "member": "grant_types", "contains": "client_credentials" } },
            ] },
            "reject": "access_denied", "member": "grant_types",
            "message": "must include client_credentials, with which the registration is managed",
        })
    );
    assert_eq!(
        rule(&profile, "ciba-user-code"),
        json!({
            "when": { "member": "backchannel_user_code_parameter", "present": true },
            "metadata": { "backchannel_user_code_parameter": { "presence": "ignored" } },
        })
    );
    assert!(lowered(json!({ "backchannelUserCodeParameterSupported": true })).rules.is_empty());
}

#[test]
fn autofix_is_lowered() {
    let ids = |json: Value| lowered(json).rules.into_iter().map(|rule| rule.id).collect::<Vec<_>>();
    assert!(ids(json!({ "clientRegDefaultToCodeFlowWithRefresh": true })).is_empty());
    let usual = ["autofix-code-default", "autofix-implicit-grant", "autofix-implicit-response"];
    assert_eq!(ids(json!({ "grantTypesAndResponseTypesAutofixEnabled": true })), usual);
    let both = json!({
        "grantTypesAndResponseTypesAutofixEnabled": true, "clientRegDefaultToCodeFlowWithRefresh": true,
    });
    let profile = lowered(both);
    assert_eq!(profile.rules.len(), 5);
    assert_eq!(
        rule(&profile, "autofix-code-grants"),
        json!({
            "when": { "member": "response_types", "contains_word": "code" },
            "metadata": { "grant_types": { "add": ["authorization_code", "refresh_token"] } },
        })
    );
    assert_eq!(
        rule(&profile, "autofix-implicit-grant")["metadata"],
        json!({ "grant_types": { "add": ["implicit"] } })
    );
    // What the server does not have is not added: the request would be refused for what it did not ask.
    let narrow = json!({
        "grantTypesAndResponseTypesAutofixEnabled": true, "clientRegDefaultToCodeFlowWithRefresh": true,
        "grantTypesSupported": ["authorization_code"], "responseTypesSupported": [["code"]],
    });
    let profile = lowered(narrow);
    assert_eq!(profile.rules.len(), 3);
    assert_eq!(
        rule(&profile, "autofix-code-grants")["metadata"],
        json!({ "grant_types": { "add": ["authorization_code"] } })
    );
}

#[test]
fn configurations_compose_with_the_presets() {
    let mut all = all_properties();
    all.remove("dynamicGrantTypeDefault");
    for config in [usual(), read(Value::Object(all))] {
        for preset in ["rfc7591", "oidc"] {
            let base = Profile::preset(preset).unwrap().compose().unwrap();
            let composed = config.to_profile().over(&base).unwrap();
            assert!(composed.metadata.contains_key("redirect_uris"));
        }
    }
}

/// What a fresh Janssen installation writes, as far as it is about registration.
#[test]
fn the_configuration_of_an_installer_is_used_as_it_is() {
    let signing = json!([
        "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256",
        "PS384", "PS512"
    ]);
    let key_management = json!(["RSA1_5", "RSA-OAEP", "A128KW", "A256KW"]);
    let encryption = json!(["A128CBC+HS256", "A256CBC+HS512", "A128GCM", "A256GCM"]);
    let grants = json!([
        "authorization_code",
        "implicit",
        "password",
        "client_credentials",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:uma-ticket",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    ]);
    let config = read(json!({
        "registrationEndpoint": "https://my.jans.server/jans-auth/restv1/register",
        "dynamicRegistrationEnabled": "true",
        "dynamicRegistrationExpirationTime": -1,
        "dynamicRegistrationPersistClientAuthorizations": true,
        "trustedClientEnabled": true,
        "dynamicRegistrationScopesParamEnabled": true,
        "dynamicRegistrationCustomObjectClass": "",
        "dynamicRegistrationCustomAttributes": [],
        "returnClientSecretOnRead": true,
        "grantTypesSupported": grants,
        "grantTypesSupportedByDynamicRegistration": grants,
        "responseTypesSupported": [["code"], ["code", "id_token"], ["token"], ["token", "id_token"],
            ["code", "token"], ["code", "token", "id_token"], ["id_token"]],
        "clientRegDefaultToCodeFlowWithRefresh": true,
        "grantTypesAndResponseTypesAutofixEnabled": false,
        "enableClientGrantTypeUpdate": true,
        "subjectTypesSupported": ["public", "pairwise"],
        "defaultSubjectType": "pairwise",
        "publicSubjectIdentifierPerClientEnabled": true,
        "subjectIdentifiersPerClientSupported": ["mail", "uid"],
        "defaultSignatureAlgorithm": "RS256",
        "idTokenSigningAlgValuesSupported": signing,
        "accessTokenSigningAlgValuesSupported": signing,
        "requestObjectSigningAlgValuesSupported": signing,
        "idTokenEncryptionAlgValuesSupported": key_management,
        "idTokenEncryptionEncValuesSupported": encryption,
        "tokenEndpointAuthMethodsSupported": ["client_secret_basic", "client_secret_post",
            "client_secret_jwt", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"],
        "backchannelTokenDeliveryModesSupported": ["poll", "ping", "push"],
        "backchannelAuthenticationRequestSigningAlgValuesSupported": [],
        "backchannelUserCodeParameterSupported": false,
        "clientWhiteList": ["*"],
        "clientBlackList": ["*.attacker.com/*"],
        "allowSpontaneousScopes": null,
        "spontaneousScopeLifetime": 86400
    }));
    let registrar = Registrar::builder(config, MemoryClientStore::default()).build().unwrap();
    let [warning] = registrar.warnings() else { panic!("{:?}", registrar.warnings()) };
    assert_eq!(warning.property, "idTokenEncryptionAlgValuesSupported");
}
