//! What a client may set, by a detour as well.

use oauth_dcr::testing::contract;
use oauth_dcr::{MemoryClientStore, TokenDigest};
use serde_json::{Value, json};

use crate::support::*;

/// An update gets no scope that a registration would not get.
#[test]
fn s_priv_04_an_update_widens_no_scope() {
    let server = server(json!({
        "scopes": [{ "id": "openid", "default": true }, { "id": "email", "default": true }, "admin"],
        "dynamicRegistrationScopesParamEnabled": true,
    }));
    let created = server.registered(json!({ "scope": "email" }));
    assert_eq!(body(&created)["scope"], "email");
    for (asked, kept) in [
        ("email admin", Some("email")),
        ("admin", None),
        ("email openid admin unknown", Some("email openid")),
        ("", Some("openid email")),
    ] {
        let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "scope": asked });
        let updated = body(&server.update(ID[0], TOKEN[0], members).unwrap());
        assert_eq!(updated.get("scope").and_then(Value::as_str), kept, "{asked}");
    }
}

/// Two updates do not add up to what one registration would be refused: the whole record is judged each time, also
/// what of it did not change.
#[test]
fn s_priv_05_steps_do_not_add_up() {
    let server = server(json!({}));
    let native = json!({ "redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none" });
    assert!(server.register(native.clone()).is_ok());
    for (step, message) in [
        // The old redirection URI under a new kind of application.
        (json!({ "application_type": "web" }), "must use https because application_type is web"),
        // A new grant with the old way to authenticate.
        (
            json!({ "grant_types": ["authorization_code", "client_credentials"] }),
            "must not be none because grant_types includes client_credentials",
        ),
        // A new way to authenticate without what it needs.
        (json!({ "token_endpoint_auth_method": "private_key_jwt" }), "needs jwks or jwks_uri"),
        // Left out, and so web with a redirection URI that was fine before.
        (json!({ "redirect_uris": ["http://127.0.0.1/cb", REDIRECT] }), "application_type is web"),
    ] {
        let before = server.stored(ID[0]);
        let members = with(with(native.clone(), json!({ "client_id": ID[0] })), step.clone());
        let refused = server.refusal(server.update(ID[0], TOKEN[0], members));
        assert!(refused.status == 400 && refused.body.contains(message), "{step}: {}", refused.body);
        assert_eq!(server.stored(ID[0]), before);
    }
    // From public to confidential, and only then to the grant that asks for it.
    let confidential = json!({ "client_id": ID[0], "redirect_uris": ["http://127.0.0.1/cb"],
        "token_endpoint_auth_method": "client_secret_basic" });
    assert!(server.update(ID[0], TOKEN[0], confidential.clone()).is_ok());
    let both = json!({ "grant_types": ["authorization_code", "client_credentials"] });
    assert!(server.update(ID[0], TOKEN[0], with(confidential, both)).is_ok());
}

/// A list of allowed values holds for each of them, at registration and at an update.
#[test]
fn s_priv_06_values_are_bounded_as_names_are() {
    let bounds = profile(json!({ "metadata": {
        "additional_audience": { "subset_of": ["https://api.example"] },
        "default_acr_values": { "subset_of": ["basic"] },
        "grant_types": { "subset_of": ["authorization_code", "refresh_token"] },
    } }));
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(bounds));
    server.enroll(json!({ "additional_audience": ["https://api.example"], "default_acr_values": ["basic"] }));
    for (members, name) in [
        (
            json!({ "additional_audience": ["https://api.example", "https://bank.example"] }),
            "additional_audience",
        ),
        (json!({ "additional_audience": ["https://API.example"] }), "additional_audience"),
        (json!({ "default_acr_values": ["basic", "passwordless"] }), "default_acr_values"),
        (
            json!({ "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"] }),
            "grant_types",
        ),
    ] {
        let members = with(json!({ "redirect_uris": [REDIRECT] }), members);
        let created = server.refusal(server.register(members.clone()));
        let updated = server.update(ID[0], TOKEN[0], with(members, json!({ "client_id": ID[0] })));
        assert_eq!(server.refusal(updated), created);
        let expected = format!("{name}: must only have elements of ");
        assert!(created.status == 400 && created.body.contains(&expected), "{}", created.body);
    }
}

/// An answer tells a client its metadata and credentials, and nothing that the operator keeps of it.
#[test]
fn s_priv_11_answers_keep_what_is_the_operators() {
    let server = server(json!({}));
    let mut form = serde_json::to_value(contract::bare_client(&client_id("c1"))).unwrap();
    let kept = json!({
        "registration_access_token": TokenDigest::of("token").to_text(),
        "flags": { "trusted": true, "deletable": true, "persist_authorizations": true },
        "provenance": {
            "profile": "canary-profile", "owner": "canary-owner", "initial_access": "canary-token",
        },
        "unique_key": "canary-key",
    });
    form.as_object_mut().unwrap().extend(kept.as_object().unwrap().clone());
    server.put(&serde_json::from_value(form).unwrap());
    let read = server.read("c1", "token").unwrap();
    let provenance = read.client().provenance();
    assert_eq!(provenance.owner.as_deref(), Some("canary-owner"), "it is in the record");
    let members = json!({ "client_id": "c1", "redirect_uris": [REDIRECT] });
    let updated = server.update("c1", "token", members).unwrap();
    for answer in [read.body(), updated.body()] {
        for word in
            ["canary", "trusted", "deletable", "persist", "provenance", "revision", "flags", "unique_key"]
        {
            assert!(!answer.contains(word), "{word}: {answer}");
        }
    }
}
