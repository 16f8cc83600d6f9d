//! What answers look like, as a profile says.

use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig};
use serde_json::{Value, json};

use crate::pki::Key;
use crate::world::with;

const NOW: i64 = ManualClock::START.unix_timestamp();

fn builder(config: Value, profile: Value) -> RegistrarBuilder {
    let members = json!({
        "registrationEndpoint": "https://op.example.com/register", "dynamicRegistrationEnabled": true
    });
    let config: RegistrarConfig = serde_json::from_value(with(members, &config)).unwrap();
    let base = json!({ "dcr_profile": 1, "name": "ours", "extends": ["rfc7591"] });
    let profile: Profile = serde_json::from_value(with(base, &profile)).unwrap();
    Registrar::builder(config, MemoryClientStore::default()).clock(ManualClock::new()).profile(profile)
}

/// A profile with one issuer of statements, which shapes its answers so.
fn stated(key: &Key, issuer: &Value, response: &Value) -> Value {
    let entry = json!({ "iss": ["directory"], "jws": { "algs": ["ES256"],
        "keys": [{ "from": "jwks", "jwks": key.set() }] } });
    json!({ "software_statement": { "issuers": [with(entry, issuer)] }, "response": response })
}

fn register(builder: RegistrarBuilder, metadata: Value) -> Value {
    let body = with(json!({ "redirect_uris": ["https://app.example/cb"] }), &metadata).to_string();
    let answer = run(builder.build().unwrap().register(RegisterRequest::from_body(body.as_bytes()))).unwrap();
    serde_json::from_str(answer.body()).unwrap()
}

#[test]
fn claims_are_flattened_without_passing_for_metadata() {
    let key = Key::ec("k");
    let statement = key.token(&json!({
        "iss": "directory", "iat": NOW, "jti": "1", "sub": "s", "org_id": "1", "roles": [{ "role": "A", "n": 1.50 }],
        "client_name": "Stated", "client_id": "evil", "client_secret": "evil", "registration_access_token": "evil",
        "client_secret_expires_at": 1, "dpop_bound_access_tokens": true, "id_token_signed_response_alg": "none"
    }));
    let request = json!({ "software_statement": statement });
    let all = stated(&key, &json!({ "allow_claims": null }), &json!({ "flatten_statement": "all" }));
    let body = register(builder(json!({}), all.clone()), request.clone());
    assert_eq!((&body["org_id"], &body["roles"]), (&json!("1"), &json!([{ "role": "A", "n": 1.50 }])));
    assert_eq!(body["software_statement"], statement);
    for absent in
        ["iss", "iat", "jti", "sub", "registration_access_token_evil", "id_token_signed_response_alg"]
    {
        assert_eq!(body.get(absent), None, "{absent}");
    }
    for own in ["client_id", "client_secret", "registration_access_token", "client_secret_expires_at"] {
        assert!(body[own] != "evil" && body[own] != 1, "{own}");
    }
    // Each name once.
    let text = body.to_string();
    assert_eq!(text.matches(r#""client_name""#).count(), 1);

    let bounded =
        stated(&key, &json!({ "allow_claims": ["org_id"] }), &json!({ "flatten_statement": "all" }));
    let body = register(builder(json!({}), bounded), request.clone());
    assert_eq!((body.get("roles"), &body["org_id"]), (None, &json!("1")));

    let omitted = stated(&key, &json!({}), &json!({ "flatten_statement": "all", "omit": ["org_id"] }));
    assert_eq!(register(builder(json!({}), omitted), request.clone()).get("org_id"), None);
    for kind in ["none", "used"] {
        let body = register(
            builder(json!({}), stated(&key, &json!({}), &json!({ "flatten_statement": kind }))),
            request.clone(),
        );
        assert_eq!((body.get("roles"), &body["client_name"]), (None, &json!("Stated")), "{kind}");
    }
    let silent = json!({ "flatten_statement": "all", "echo_statement": false });
    let body = register(builder(json!({}), stated(&key, &json!({}), &silent)), request);
    assert_eq!((body.get("software_statement"), &body["org_id"]), (None, &json!("1")));
}

#[test]
fn secrets_are_no_longer_than_the_profile_says_and_long_enough() {
    let secret = |most: Value| json!({ "response": { "secret": { "for_methods": ["client_secret_basic"], "max_length": most } } });
    for (most, length) in [(json!(null), 86), (json!(36), 36), (json!(32), 32), (json!(500), 86)] {
        let body = register(builder(json!({}), secret(most.clone())), json!({}));
        assert_eq!(body["client_secret"].as_str().unwrap().len(), length, "{most}");
    }
    let error = builder(json!({}), secret(json!(31))).build().unwrap_err().to_string();
    assert_eq!(error, "response.secret.max_length: must be at least 32: a shorter secret could be guessed");
}

#[test]
fn what_cannot_be_done_is_refused_when_the_registrar_is_built() {
    for (profile, property) in [
        (json!({ "response": { "media_type": "application/jwt" } }), "response.media_type"),
        (json!({ "lifecycle": { "client_id": "$self.iss" } }), "lifecycle.client_id"),
        (json!({ "keys": { "fetch_at_registration": true } }), "keys.fetch_at_registration"),
    ] {
        let error = builder(json!({}), profile).build().unwrap_err().to_string();
        assert_eq!(error, format!("{property}: is not enforced by this version"));
    }
}

/// What a server has is not what anybody may have: the roles say who gets what.
#[test]
fn a_catalogue_of_scopes_does_not_lift_the_bounds_of_roles() {
    let key = Key::ec("k");
    let scope = json!({ "roles": { "claim": "roles" }, "always": ["openid"], "when_absent": "all_allowed",
        "map": { "A": ["accounts"], "P": ["payments", "unknown"] }, "excess": "reject" });
    let profile = with(stated(&key, &json!({}), &json!({})), &json!({ "scope": scope }));
    let catalogue = json!({ "dynamicRegistrationScopesParamEnabled": true, "scopes": [
        { "id": "openid" }, { "id": "accounts", "default": true }, { "id": "payments", "default": true }
    ] });
    let granted = |roles: Value| {
        let statement = key.token(&json!({ "iss": "directory", "roles": roles }));
        register(builder(catalogue.clone(), profile.clone()), json!({ "software_statement": statement }))["scope"].clone()
    };
    assert_eq!(granted(json!(["A"])), "accounts openid");
    assert_eq!(granted(json!(["P"])), "openid payments");
    assert_eq!(granted(json!([])), "openid");
}

#[test]
fn an_update_names_its_client_unless_the_profile_leaves_that_to_the_address() {
    let access = |presence: Value| {
        json!({ "access": { "update": {
        "tokens": [{ "kind": "registration_access" }], "client_id": presence } } })
    };
    for (presence, expected) in [
        (json!(null), Err("invalid_request: client_id: must be in an update")),
        (json!("required"), Err("invalid_request: client_id: must be in an update")),
        (json!("optional"), Ok(200)),
    ] {
        let registrar = builder(json!({}), access(presence.clone())).build().unwrap();
        let body = json!({ "redirect_uris": ["https://app.example/cb"] }).to_string();
        let request = RegisterRequest::from_body(body.as_bytes());
        let client = run(registrar.register(request)).unwrap();
        let caller = oauth_dcr::Caller::Bearer(client.registration_access_token().unwrap().clone());
        let updated = run(registrar.update(client.client().id(), request.with_caller(&caller)));
        let updated = updated.map(|answer| answer.status()).map_err(|error| error.to_string());
        assert_eq!(updated, expected.map_err(str::to_owned), "{presence}");
        let other =
            json!({ "redirect_uris": ["https://app.example/cb"], "client_id": "another" }).to_string();
        let request = RegisterRequest::from_body(other.as_bytes()).with_caller(&caller);
        let error = run(registrar.update(client.client().id(), request)).unwrap_err();
        assert_eq!(error.to_string(), "invalid_request: client_id: must be the identifier of this client");
    }
}
