//! What FAPI profiles demand, and what is assigned and kept whatever the profile.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::HashSet;

use oauth_dcr::testing::run;
use oauth_dcr::{Error, MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig};
use serde_json::{Value, json};

fn registrar(profile: &str) -> Registrar {
    let config = json!({
        "registrationEndpoint": "https://op.example/register",
        "dynamicRegistrationEnabled": true,
    });
    let config: RegistrarConfig = serde_json::from_value(config).unwrap();
    let profile = Profile::preset(profile).unwrap().clone();
    Registrar::builder(config, MemoryClientStore::default()).profile(profile).build().unwrap()
}

/// The metadata of the client, or the members that are wrong.
fn register(registrar: &Registrar, metadata: &Value) -> Result<Value, Vec<String>> {
    match run(registrar.register(RegisterRequest::from_body(metadata.to_string().as_bytes()))) {
        Ok(registration) => Ok(serde_json::from_str(registration.body()).unwrap()),
        Err(Error::Rejected(rejection)) => {
            Err(rejection.violations.iter().map(|violation| violation.field.to_string()).collect())
        }
        Err(error) => panic!("{metadata}: {error}"),
    }
}

fn with(base: &Value, changes: &Value) -> Value {
    let mut metadata = base.clone();
    metadata.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    metadata.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    metadata
}

/// The base is registered; each change makes the named member wrong.
#[track_caller]
fn refuses_each(profile: &str, base: &Value, changes: &[(Value, &str)]) {
    let registrar = registrar(profile);
    register(&registrar, base).unwrap_or_else(|wrong| panic!("{profile}: {wrong:?}"));
    for (change, member) in changes {
        match register(&registrar, &with(base, change)) {
            Ok(_) => panic!("{profile}: {change} was registered"),
            Err(wrong) => {
                assert!(wrong.iter().any(|name| name.starts_with(member)), "{profile}: {change}: {wrong:?}");
            }
        }
    }
}

/// Accepts: FAPI-001
/// Refuses: FAPI-001
#[test]
fn the_fapi_baseline() {
    let base = json!({
        "redirect_uris": ["https://client.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://client.example/jwks",
    });
    refuses_each(
        "fapi1-baseline",
        &base,
        &[
            (json!({ "token_endpoint_auth_method": "client_secret_basic" }), "token_endpoint_auth_method"),
            (
                json!({ "redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native" }),
                "redirect_uris",
            ),
            (
                json!({ "redirect_uris": ["com.example.app:/cb"], "application_type": "native" }),
                "redirect_uris",
            ),
        ],
    );
}

/// Accepts: FAPI-002, BCP-002, BCP-003
/// Refuses: FAPI-002, BCP-002, BCP-003
#[test]
fn the_fapi_advanced_profile() {
    let base = json!({
        "redirect_uris": ["https://client.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://client.example/jwks",
        "response_types": ["code id_token"],
        "grant_types": ["authorization_code", "implicit"],
        "id_token_signed_response_alg": "PS256",
    });
    refuses_each(
        "fapi1-advanced",
        &base,
        &[
            (json!({ "token_endpoint_auth_method": "none" }), "token_endpoint_auth_method"),
            (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), "token_endpoint_auth_method"),
            (json!({ "id_token_signed_response_alg": "RS256" }), "id_token_signed_response_alg"),
            (json!({ "response_types": ["id_token token"] }), "response_types"),
        ],
    );
}

/// Accepts: FAPI-003
/// Refuses: FAPI-003
#[test]
fn fapi_2_0() {
    let base = json!({
        "redirect_uris": ["https://client.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://client.example/jwks",
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
    });
    refuses_each(
        "fapi2-security",
        &base,
        &[
            (json!({ "token_endpoint_auth_method": "none" }), "token_endpoint_auth_method"),
            (json!({ "token_endpoint_auth_method": "client_secret_basic" }), "token_endpoint_auth_method"),
            (json!({ "token_endpoint_auth_signing_alg": "RS256" }), "token_endpoint_auth_signing_alg"),
            (
                json!({ "response_types": ["code id_token"], "grant_types": ["authorization_code", "implicit"] }),
                "response_types",
            ),
            (json!({ "grant_types": ["authorization_code", "password"] }), "grant_types"),
            (json!({ "redirect_uris": ["http://client.example/cb"] }), "redirect_uris"),
        ],
    );
    let body = register(&registrar("fapi2-security"), &base).unwrap();
    assert_eq!(body["require_pushed_authorization_requests"], true);
    assert_eq!(body["tls_client_certificate_bound_access_tokens"], true);
    let bound = with(&base, &json!({ "dpop_bound_access_tokens": true }));
    let body = register(&registrar("fapi2-security"), &bound).unwrap();
    assert_eq!(body["dpop_bound_access_tokens"], true);
    assert_ne!(body["tls_client_certificate_bound_access_tokens"], true);
}

/// Accepts: CIBA-010
/// Refuses: CIBA-010
#[test]
fn fapi_ciba_forbids_push_and_public_clients() {
    let base = json!({
        "grant_types": ["urn:openid:params:grant-type:ciba"],
        "response_types": [],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://client.example/jwks",
        "backchannel_token_delivery_mode": "poll",
        "id_token_signed_response_alg": "PS256",
    });
    let endpoint = "backchannel_client_notification_endpoint";
    refuses_each(
        "fapi-ciba",
        &base,
        &[
            (
                json!({ "backchannel_token_delivery_mode": "push", endpoint: "https://client.example/n" }),
                "backchannel_token_delivery_mode",
            ),
            (json!({ "backchannel_token_delivery_mode": "ping" }), endpoint),
            (json!({ "token_endpoint_auth_method": "none" }), "token_endpoint_auth_method"),
            (json!({ "backchannel_user_code_parameter": true }), "backchannel_user_code_parameter"),
        ],
    );
    let ping = json!({ "backchannel_token_delivery_mode": "ping", endpoint: "https://client.example/n" });
    let body = register(&registrar("fapi-ciba"), &with(&base, &ping)).unwrap();
    assert_eq!(body["backchannel_token_delivery_mode"], "ping");
}

/// Anybody may register, and each registration is a client of its own,
/// whatever identifier was wished for.
///
/// Accepts: R91-006, OIR-041, R91-012, R91-033, BCP-004
#[test]
fn every_open_registration_gets_an_identifier_of_its_own() {
    let registrar = registrar("standard");
    let metadata =
        json!({ "redirect_uris": ["https://client.example/cb"], "client_id": "admin", "sub": "admin" });
    let ids: HashSet<String> = (0..100)
        .map(|_| register(&registrar, &metadata).unwrap()["client_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 100);
    assert!(!ids.contains("admin"));
}

/// Names and values are compared code point by code point, after escapes and with no normalization.
///
/// Accepts: R91-010, OIR-070
/// Refuses: R91-010, OIR-070
#[test]
fn names_and_values_are_compared_code_point_by_code_point() {
    let registrar = registrar("standard");
    let uris = json!(["https://client.example/cb"]);
    let body = register(&registrar, &json!({ "redirect_uris": uris, "Client_Name": "x" })).unwrap();
    assert_eq!(body.get("client_name"), None);
    let wrong = register(&registrar, &json!({ "redirect_uris": uris, "token_endpoint_auth_method": "NONE" }));
    assert_eq!(wrong, Err(vec!["token_endpoint_auth_method".to_owned()]));

    let escaped = br#"{"redirect_uris": ["https://client.example/cb"], "client\u005fname": "\u0041\u030a"}"#;
    let registration = run(registrar.register(RegisterRequest::from_body(escaped))).unwrap();
    let body: Value = serde_json::from_str(registration.body()).unwrap();
    // A letter and its ring stay two code points.
    assert_eq!(body["client_name"], "A\u{30a}");
}

/// What a host does not do is dropped, and what it will not have is refused: both are data of its profile.
///
/// Accepts: LOG-008, R91-092, OIR-052
/// Refuses: LOG-008, R91-092, OIR-052
#[test]
fn a_profile_says_what_its_host_does() {
    let of = |changes: Value| {
        let profile = with(&json!({ "dcr_profile": 1, "name": "own", "extends": ["standard"] }), &changes);
        let config = json!({ "registrationEndpoint": "https://op.example/register", "dynamicRegistrationEnabled": true });
        let config: RegistrarConfig = serde_json::from_value(config).unwrap();
        let profile: Profile = serde_json::from_value(profile).unwrap();
        Registrar::builder(config, MemoryClientStore::default()).profile(profile).build().unwrap()
    };
    let logout = json!({
        "redirect_uris": ["https://client.example/cb"],
        "backchannel_logout_uri": "https://client.example/out",
        "backchannel_logout_session_required": true,
    });
    let members = ["backchannel_logout_uri", "backchannel_logout_session_required"];
    let presence = |word: &str| {
        json!({ "metadata": members.map(|name| (name, json!({ "presence": word })))
        .into_iter().collect::<std::collections::HashMap<_, _>>() })
    };
    let body = register(&of(json!({})), &logout).unwrap();
    assert_eq!(body["backchannel_logout_session_required"], true);
    let body = register(&of(presence("ignored")), &logout).unwrap();
    assert!(members.iter().all(|name| body.get(*name).is_none()), "{body}");
    let mut wrong = register(&of(presence("forbidden")), &logout).unwrap_err();
    wrong.sort();
    assert_eq!(wrong, [members[1], members[0]]);

    let shown = ["logo_uri", "policy_uri", "tos_uri", "client_uri"];
    let strict = of(json!({ "redirect_uris": { "same_host_as": shown } }));
    for name in shown {
        let page = |uri: &str| {
            json!({
                "redirect_uris": ["https://client.example/cb", "https://other.example/cb"],
                name: "https://client.example/page", format!("{name}#fr"): uri,
            })
        };
        let body = register(&strict, &page("https://other.example/page")).unwrap();
        assert_eq!(body[name], "https://client.example/page");
        for elsewhere in ["https://bank.example/page", "https://www.client.example/"] {
            assert_eq!(register(&strict, &page(elsewhere)), Err(vec![format!("{name}#fr")]));
            assert!(register(&of(json!({})), &page(elsewhere)).is_ok());
        }
    }
}

/// What is left out gets a value, and a value that cannot be taken is refused by name.
///
/// Accepts: R91-016, R91-017
/// Refuses: R91-016
#[test]
fn members_are_optional_and_bad_values_are_refused() {
    let registrar = registrar("standard");
    let body = register(&registrar, &json!({ "redirect_uris": ["https://client.example/cb"] })).unwrap();
    assert_eq!(body["token_endpoint_auth_method"], "client_secret_basic");
    let bad = json!({ "redirect_uris": ["https://client.example/cb"], "subject_type": "secret" });
    assert_eq!(register(&registrar, &bad), Err(vec!["subject_type".to_owned()]));
}

/// A client without a secret of its own gets one if it will encrypt with it.
///
/// Accepts: OIR-022
#[test]
fn symmetric_encryption_needs_a_secret() {
    let metadata = json!({
        "redirect_uris": ["https://client.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": "https://client.example/jwks",
        "request_object_encryption_alg": "A128KW",
    });
    let body = register(&registrar("standard"), &metadata).unwrap();
    assert!(body["client_secret"].is_string(), "{body}");
}

/// What a profile says and the engine could not do, or would not: found when the registrar is built, each by its name.
#[test]
fn what_a_profile_cannot_say() {
    let problem = |changes: Value| {
        let profile = with(&json!({ "dcr_profile": 1, "name": "own", "extends": ["standard"] }), &changes);
        let config = json!({ "registrationEndpoint": "https://op.example/register", "dynamicRegistrationEnabled": true });
        let config: RegistrarConfig = serde_json::from_value(config).unwrap();
        let profile: Profile = serde_json::from_value(profile).unwrap();
        let built = Registrar::builder(config, MemoryClientStore::default()).profile(profile).build();
        built.err().map(|error| error.to_string())
    };
    for (kind, code, status) in [
        ("media_type", "invalid_request", 415),
        ("disabled", "invalid_request", 405),
        ("access_token", "invalid_token", 401),
        ("unknown_client", "invalid_token", 401),
        ("scope_missing", "insufficient_scope", 403),
    ] {
        let row =
            |error: &str, status: u16| json!({ "errors": { kind: { "error": error, "status": status } } });
        let message = format!("`errors.{kind}`: is {status} {code} in HTTP, whatever a profile says");
        for other in [row(code, 400), row("access_denied", status)] {
            let found = problem(other).unwrap();
            assert!(found.ends_with(&message), "{found}");
        }
        assert_eq!(problem(row(code, status)), None, "{kind}");
    }
    let bind = |operation: &str, reference: &str| json!({ "access": { operation: { "mtls": "required", "bind": [{ "cert": "subject.UID", "equals": reference }] } } });
    let hook = |config: Value| json!({ "hooks": [{ "stage": "after_policy", "name": "normalize_subject_dn", "config": config }] });
    let not_enforced = "access.bind: is not enforced by this version";
    for (changes, message) in [
        (bind("create", "$client.software_id"), not_enforced),
        (bind("read", "$statement.software_id"), not_enforced),
        (bind("delete", "$request.software_id"), not_enforced),
        (hook(json!({ "others": "text" })), "`short_names` can be `rfc4514`, and `others` `oid_hex`"),
        (
            json!({ "redirect_uris": { "userinfo": true } }),
            "`redirect_uris.userinfo`: a redirection URI with user information is never taken",
        ),
        (
            json!({ "rules": [{ "id": "own", "member": "contact", "reject": "metadata",
                "when": { "member": "contacts", "present": false } }] }),
            "rule `own` blames the unknown member `contact`",
        ),
    ] {
        let found = problem(changes).unwrap();
        assert!(found.ends_with(message), "{found}");
    }
    for changes in [
        bind("create", "$statement.software_id"),
        bind("update", "$client.software_id"),
        bind("delete", "$client.software_id"),
        hook(json!({ "short_names": "rfc4514", "others": "oid_hex" })),
        hook(json!({})),
    ] {
        assert_eq!(problem(changes.clone()), None, "{changes}");
    }
}
