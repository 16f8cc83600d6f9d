//! Deletion, and who may not do what: all refusals look the same.

use oauth_dcr::testing::{StoreCall, contract, run};
use oauth_dcr::{Caller, MemoryClientStore, RegisterRequest, TokenDigest};
use serde_json::{Value, json};

use crate::support::*;

/// After a deletion the client is unknown to every verb, and
/// to the store. A second deletion is refused like any other call.
///
/// Accepts: R92-040, S-RACE-03
/// Refuses: R92-041, R92-044, R92-045, S-RACE-03
#[test]
fn s_race_03_a_deleted_client_is_gone() {
    let server = server(json!({}));
    server.enroll(json!({}));
    server.enroll(json!({}));
    assert_eq!(server.delete(ID[0], TOKEN[0]).ok(), Some(()));
    assert_eq!(server.stored(ID[0]), None);
    let unknown = server.refusal(server.read(ID[3], TOKEN[3]));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    assert_eq!(server.refusal(server.delete(ID[0], TOKEN[0])), unknown);
    assert_eq!(server.refusal(server.read(ID[0], TOKEN[0])), unknown);
    assert_eq!(server.refusal(server.update(ID[0], TOKEN[0], members)), unknown);
    assert_eq!(server.stored(ID[0]), None, "an update does not bring it back");
    assert!(server.read(ID[1], TOKEN[1]).is_ok(), "nobody else is gone");
}

/// Whatever is
/// wrong with the token or the client, the refusal is the same to the byte, and so is the work.
///
/// Refuses: R92-006, R92-013, R92-014, R92-029, R92-044, DEC-12, DEC-16, DEC-40, S-ERR-01, INV-9, INV-12
#[test]
fn s_err_01_all_bad_tokens_look_the_same() {
    let server = server(json!({}));
    server.enroll(json!({}));
    server.enroll(json!({}));
    let kept = |id: &str, changes: Value| {
        let mut form = serde_json::to_value(contract::bare_client(&client_id(id))).unwrap();
        form["registration_access_token"] = TokenDigest::of("token").to_text().into();
        server.put(&serde_json::from_value(with(form, changes)).unwrap());
    };
    kept("disabled", json!({ "flags": { "disabled": true } }));
    kept("expired", json!({ "expires_at": ISSUED - 1 }));
    kept("expiring", json!({ "expires_at": ISSUED }));
    kept("deleted", json!({}));
    kept("without-token", json!({ "registration_access_token": null }));
    kept("sound", json!({}));
    assert_eq!(server.delete("deleted", "token").ok(), Some(()));
    assert!(server.read("sound", "token").is_ok());

    let expected = server.refusal(server.read("unknown", "token"));
    assert_eq!(expected.status, 401);
    assert_eq!(
        expected.body,
        r#"{"error":"invalid_token","error_description":"the token is not valid here"}"#
    );
    assert_eq!(
        expected.headers,
        [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("pragma", "no-cache"),
            ("www-authenticate", r#"Bearer error="invalid_token""#),
        ]
        .map(|(name, value)| (name, value.to_owned()))
    );
    let (zeros, own) = ("A".repeat(43), bearer("token"));
    for (what, id, caller) in [
        ("unknown client", "unknown", &own),
        ("wrong token", ID[0], &own),
        ("token of another client", ID[0], &bearer(TOKEN[1])),
        ("token with a character more", ID[0], &bearer(&format!("{}A", TOKEN[0]))),
        ("token in another case", ID[0], &bearer(&TOKEN[0].to_lowercase())),
        ("empty token", ID[0], &bearer("")),
        ("identifier as a token", ID[0], &bearer(ID[0])),
        ("digest as a token", ID[0], &bearer(&TokenDigest::of(TOKEN[0]).to_text())),
        ("malformed token", ID[0], &Caller::Malformed),
        ("access token of the client", ID[0], &Caller::Client(client_id(ID[0]))),
        ("disabled client", "disabled", &own),
        ("expired client", "expired", &own),
        ("client that expires now", "expiring", &own),
        ("deleted client", "deleted", &own),
        ("client without a token", "without-token", &own),
        ("client without a token, digest of nothing", "without-token", &bearer(&zeros)),
        ("unknown client, digest of nothing", "unknown", &bearer(&zeros)),
        ("identifier in another case", &ID[0].to_uppercase(), &bearer(TOKEN[0])),
    ] {
        let body = json!({ "client_id": id, "redirect_uris": [REDIRECT] }).to_string();
        let calls = server.store.calls().len();
        assert_eq!(
            server.refusal(run(server.registrar.read(&client_id(id), caller))),
            expected,
            "read, {what}"
        );
        assert_eq!(
            server.refusal(server.update_raw(id, caller, body.as_bytes())),
            expected,
            "update, {what}"
        );
        assert_eq!(
            server.refusal(run(server.registrar.delete(&client_id(id), caller))),
            expected,
            "delete, {what}"
        );
        assert_eq!(server.store.calls()[calls..], [StoreCall::Get; 3], "{what}: one look-up per call");
    }
    assert!(server.read(ID[1], TOKEN[1]).is_ok(), "a token that was used elsewhere stays good");
    assert!(server.stored("disabled").is_some() && server.stored("expired").is_some(), "nothing was removed");
}

/// Without any token there is no error code, whether or not the client exists.
///
/// Accepts: R92-001
/// Refuses: R92-001, R92-013
#[test]
fn a_missing_token_is_told_so() {
    let server = server(json!({}));
    server.enroll(json!({}));
    for id in [ID[0], "unknown"] {
        let id = client_id(id);
        let anonymous = RegisterRequest::from_body(b"{}");
        for wire in [
            server.refusal(run(server.registrar.read(&id, &Caller::Anonymous))),
            server.refusal(run(server.registrar.update(&id, anonymous))),
            server.refusal(run(server.registrar.delete(&id, &Caller::Anonymous))),
        ] {
            assert_eq!(wire.status, 401);
            assert!(!wire.body.contains("\"error\""), "{}", wire.body);
            let challenge = wire.headers.iter().find(|(name, _)| *name == "www-authenticate").unwrap();
            assert!(challenge.1.starts_with("Bearer") && !challenge.1.contains("error"), "{challenge:?}");
        }
    }
}

/// Registration that is switched off is off for every verb, before anything else is looked at.
#[test]
fn s_priv_09_everything_is_refused_while_registration_is_off() {
    for changes in [
        json!({ "dynamicRegistrationEnabled": false }),
        json!({ "dynamicRegistrationEnabled": null }),
        json!({ "featureFlags": ["token", "userinfo"] }),
    ] {
        let server = server(changes);
        let mut form = serde_json::to_value(contract::bare_client(&client_id("sound"))).unwrap();
        form["registration_access_token"] = TokenDigest::of("token").to_text().into();
        server.put(&serde_json::from_value(form).unwrap());
        let members = json!({ "client_id": "sound", "redirect_uris": [REDIRECT] });
        let refusals = [
            server.register(members.clone()).map(|_| ()),
            server.read("sound", "token").map(|_| ()),
            server.update("sound", "token", members).map(|_| ()),
            server.delete("sound", "token"),
            run(server.registrar.read(&client_id("sound"), &Caller::Anonymous)).map(|_| ()),
            run(server.registrar.register(RegisterRequest::from_body(b"{").with_media_type("text/plain")))
                .map(|_| ()),
            run(server.registrar.explain(RegisterRequest::from_body(b"{}"))).map(|_| ()),
        ];
        for refused in refusals {
            server.refuses(refused, 403, "access_denied", "client registration is switched off");
        }
        assert_eq!(server.store.calls(), []);
        assert_eq!(server.entropy.taken(), 0);
    }
}

/// An operation that the profile does not offer.
///
/// Refuses: R92-003, R92-043
#[test]
fn an_operation_that_is_not_offered_is_405() {
    let profile =
        profile(json!({ "access": { "update": { "enabled": false }, "delete": { "enabled": false } } }));
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile));
    server.enroll(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    server.refuses(
        server.update(ID[0], TOKEN[0], members),
        405,
        "invalid_request",
        "update is not offered here",
    );
    server.refuses(server.delete(ID[0], TOKEN[0]), 405, "invalid_request", "delete is not offered here");
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
}
