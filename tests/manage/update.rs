//! Updates that replace the record.

use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{Caller, MemoryClientStore, RegisterRequest};
use serde_json::json;

use crate::support::*;

/// What was left out is gone or has its default again,
/// lists are replaced as a whole; identifier, time of issue, secret and token stay.
///
/// Accepts: R92-020, R92-021, R92-023, R92-024, R92-028, DEC-13
#[test]
fn an_update_replaces_the_record() {
    let server = server(json!({}));
    server.enroll(json!({
        "redirect_uris": [REDIRECT, "https://app.example.org/other"],
        "client_name": "Example",
        "client_name#de": "Beispiel",
        "contacts": ["a@example.org", "b@example.org"],
        "logo_uri": "https://app.example.org/logo.png",
        "grant_types": ["authorization_code", "refresh_token"],
        "subject_type": "pairwise",
        "default_max_age": 60,
    }));
    server.clock.advance(1000);
    let updated = server
        .update(
            ID[0],
            TOKEN[0],
            json!({
                "client_id": ID[0],
                "redirect_uris": ["https://app.example.org/new"],
                "client_name": "New",
                "client_name#fr": "Nouveau",
                "contacts": ["c@example.org"],
            }),
        )
        .unwrap();
    assert_eq!(updated.status(), 200);
    let expected = json!({
        "client_id": ID[0],
        "client_id_issued_at": ISSUED,
        "registration_access_token": TOKEN[0],
        "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
        "redirect_uris": ["https://app.example.org/new"],
        "client_name": "New",
        "client_name#fr": "Nouveau",
        "contacts": ["c@example.org"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
    });
    assert_eq!(body(&updated), expected);
    let stored = server.stored(ID[0]).unwrap();
    assert_eq!(&stored, updated.client());
    assert_eq!(stored.revision(), 2);
    assert_eq!(stored.metadata().client_name.get("de"), None);
    assert!(stored.verify_secret(SECRET[0], ManualClock::START), "the secret stays");
    assert_eq!(body(&server.read(ID[0], TOKEN[0]).unwrap()), expected, "a read answers what the update did");
}

/// In an update `null` and `""` delete as leaving out does; then the default applies. An
/// empty list is a value.
///
/// Accepts: DEC-05, R92-024
#[test]
fn s_json_08_null_and_empty_text_delete() {
    for nothing in [json!(null), json!("")] {
        let server = server(json!({}));
        server.enroll(json!({
            "client_name": "Example",
            "client_name#de": "Beispiel",
            "logo_uri": "https://app.example.org/logo.png",
            "subject_type": "pairwise",
            "contacts": ["a@example.org"],
            "default_max_age": 60,
        }));
        let updated = server
            .update(
                ID[0],
                TOKEN[0],
                json!({
                    "client_id": ID[0],
                    "redirect_uris": [REDIRECT],
                    "client_name": nothing,
                    "client_name#de": nothing,
                    "logo_uri": nothing,
                    "subject_type": nothing,
                    "contacts": [],
                    "default_max_age": nothing,
                }),
            )
            .unwrap();
        assert_eq!(
            body(&updated),
            json!({
                "client_id": ID[0],
                "client_id_issued_at": ISSUED,
                "registration_access_token": TOKEN[0],
                "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
                "redirect_uris": [REDIRECT],
                "contacts": [],
                "token_endpoint_auth_method": "client_secret_basic",
                "grant_types": ["authorization_code"],
                "response_types": ["code"],
                "application_type": "web",
                "subject_type": "public",
                "id_token_signed_response_alg": "RS256",
            }),
            "{nothing}"
        );
    }
}

/// The update names its client, repeats its secret or leaves it
/// out, and has none of the members that only the server sets. Everything that is wrong is said.
///
/// Accepts: R92-022, R92-025, R92-026, DEC-02, S-SEC-14
/// Refuses: R92-022, R92-025, R92-026, DEC-02, S-SEC-14
#[test]
fn an_update_must_identify_its_client() {
    let server = server(json!({}));
    server.enroll(json!({ "client_name": "Example" }));
    server.enroll(json!({}));
    let before = server.stored(ID[0]);
    for (members, description) in [
        (json!({}), "client_id: must be in an update"),
        (json!({ "client_id": null }), "client_id: must be in an update"),
        (json!({ "client_id": "" }), "client_id: must be in an update"),
        (json!({ "client_id": ID[1] }), "client_id: must be the identifier of this client"),
        (
            json!({ "client_id": ID[0].to_uppercase() + "x" }),
            "client_id: must be the identifier of this client",
        ),
        (json!({ "client_id": [ID[0]] }), "client_id: must be the identifier of this client"),
        (json!({ "client_id": 1 }), "client_id: must be the identifier of this client"),
        (
            json!({ "client_id": ID[0], "client_secret": "wrong" }),
            "client_secret: must be the current secret of this client or left out",
        ),
        (
            json!({ "client_id": ID[0], "client_secret": SECRET[1] }),
            "client_secret: must be the current secret of this client or left out",
        ),
        (
            json!({ "client_id": ID[0], "client_secret": [SECRET[0]] }),
            "client_secret: must be the current secret of this client or left out",
        ),
        (
            json!({ "client_id": ID[0], "registration_access_token": TOKEN[0] }),
            "registration_access_token: must not be in an update",
        ),
        (
            json!({ "client_id": ID[0], "registration_client_uri": "https://op.example.com/" }),
            "registration_client_uri: must not be in an update",
        ),
        (
            json!({ "client_id": ID[0], "client_secret_expires_at": 0 }),
            "client_secret_expires_at: must not be in an update",
        ),
        (
            json!({ "client_id": ID[0], "client_id_issued_at": ISSUED }),
            "client_id_issued_at: must not be in an update",
        ),
        (
            json!({ "client_id_issued_at": 1, "client_secret": "wrong", "registration_access_token": [] }),
            "registration_access_token: must not be in an update; \
             client_id_issued_at: must not be in an update; client_id: must be in an update; \
             client_secret: must be the current secret of this client or left out",
        ),
    ] {
        let members = with(json!({ "redirect_uris": [REDIRECT], "client_name": "New" }), members);
        server.refuses(server.update(ID[0], TOKEN[0], members), 400, "invalid_request", description);
        assert_eq!(server.stored(ID[0]), before);
    }
}

/// The right secret is taken, in every form in which it is kept, and is no part of the metadata.
///
/// Accepts: R92-026
#[test]
fn the_right_secret_may_be_repeated() {
    for changes in [json!({}), json!({ "returnClientSecretOnRead": true })] {
        let server = server(changes);
        server.enroll(json!({}));
        let members = json!({ "client_id": ID[0], "client_secret": SECRET[0], "redirect_uris": [REDIRECT] });
        let updated = server.update(ID[0], TOKEN[0], members).unwrap();
        assert!(
            !updated.client().metadata_json().contains("client_secret\""),
            "{}",
            updated.client().metadata_json()
        );
        assert!(updated.client().verify_secret(SECRET[0], ManualClock::START));
    }
}

/// A client without a secret cannot choose one.
///
/// Accepts: R92-026
/// Refuses: R92-026
#[test]
fn s_sec_14_a_public_client_cannot_choose_a_secret() {
    let server = server(json!({}));
    server.enroll(json!({ "token_endpoint_auth_method": "none" }));
    for method in ["none", "client_secret_basic"] {
        let members = json!({
            "client_id": ID[0],
            "client_secret": "chosen-by-the-client",
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": method,
        });
        let description = "client_secret: must be the current secret of this client or left out";
        server.refuses(server.update(ID[0], TOKEN[0], members), 400, "invalid_request", description);
    }
    assert_eq!(server.stored(ID[0]).unwrap().secret(), None);
}

/// An update satisfies what a registration must, on the whole new record; a refusal
/// changes nothing and draws no credentials.
///
/// Accepts: R92-030, R92-031, INV-2
/// Refuses: R92-030, R92-031, INV-2
#[test]
fn inv_2_an_update_is_checked_like_a_registration() {
    let server = server(json!({ "rotateClientRegistrationAccessTokenOnUsage": true }));
    server.enroll(json!({ "client_name": "Example" }));
    let (before, taken) = (server.stored(ID[0]), server.entropy.taken());
    for members in [
        json!({}),
        json!({ "redirect_uris": [] }),
        json!({ "redirect_uris": ["http://app.example.org/cb"] }),
        json!({ "redirect_uris": "https://app.example.org/cb" }),
        json!({ "redirect_uris": ["https://app.example.org/cb#x"], "client_name": 1, "jwks_uri": "x" }),
        json!({ "redirect_uris": [REDIRECT], "grant_types": ["password"] }),
        json!({ "redirect_uris": [REDIRECT], "response_types": ["code"], "grant_types": ["refresh_token"] }),
        json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt" }),
        json!({ "redirect_uris": [REDIRECT], "jwks": jwks(), "jwks_uri": "https://app.example.org/jwks" }),
        json!({ "redirect_uris": [REDIRECT], "subject_type": "shared" }),
    ] {
        let registered = server.refusal(server.register(members.clone()));
        let updated = server.refusal(server.update(
            ID[0],
            TOKEN[0],
            with(members.clone(), json!({ "client_id": ID[0] })),
        ));
        assert_eq!(updated, registered, "{members}");
        assert_eq!(updated.status, 400, "{members}");
        assert_eq!(server.stored(ID[0]), before, "{members}");
    }
    assert_eq!(server.entropy.taken(), taken);
    assert!(server.read(ID[0], TOKEN[0]).is_ok(), "a refused update rotates no token");
}

/// The texts of a refusal: every fault, the redirection URI first, whose code it has.
#[test]
fn a_refused_update_says_everything_that_is_wrong() {
    let server = server(json!({}));
    server.enroll(json!({}));
    let members = json!({
        "client_id": ID[0],
        "client_name": 1,
        "subject_type": "shared",
        "redirect_uris": [REDIRECT, "http://app.example.org/cb"],
    });
    server.refuses(
        server.update(ID[0], TOKEN[0], members),
        400,
        "invalid_client_metadata",
        "client_name: must be a string and not a number; redirect_uris[1]: must use https; \
         subject_type: must be one of public, pairwise",
    );
}

/// S-ERR-03: who may not update learns nothing of what is wrong with the body, nor does the body cost
/// anything.
#[test]
fn s_err_03_an_update_is_authenticated_before_its_body_is_read() {
    let server = server(json!({ "maxBodyBytes": 100 }));
    server.enroll(json!({}));
    let large = vec![b'x'; 1000];
    for body in [&b"{"[..], b"[]", b"{\"client_id\": 1, \"client_id\": 2}", &large, b"\xff"] {
        let refused = server.update_raw(ID[0], &bearer(TOKEN[1]), body);
        server.refuses(refused, 401, "invalid_token", "the token is not valid here");
        let request =
            RegisterRequest::from_body(body).with_media_type("text/plain").with_caller(&Caller::Anonymous);
        assert_eq!(server.refusal(run(server.registrar.update(&client_id(ID[0]), request))).status, 401);
    }
    // The owner is told.
    let owner = bearer(TOKEN[0]);
    server.refuses(
        server.update_raw(ID[0], &owner, &large),
        413,
        "invalid_request",
        "the body is larger than 100 bytes",
    );
    let cases = [
        (&b"[]"[..], "the body must be a JSON object"),
        (b"\xff", "the body is not valid UTF-8"),
        (b"{\"client_id\": 1, \"client_id\": 2}", "the body names the member `client_id` twice"),
    ];
    for (body, description) in cases {
        server.refuses(server.update_raw(ID[0], &owner, body), 400, "invalid_request", description);
    }
    let request = RegisterRequest::from_body(b"{}").with_media_type("text/plain").with_caller(&owner);
    assert_eq!(server.refusal(run(server.registrar.update(&client_id(ID[0]), request))).status, 415);
}

/// DEC-21, S-PRIV-01: neither unknown members nor those of the host get into the record by an update.
#[test]
fn s_priv_01_an_update_sets_nothing_that_a_registration_could_not() {
    let server = server(json!({}));
    server.enroll(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let plain = body(&server.update(ID[0], TOKEN[0], members.clone()).unwrap());
    let more = json!({
        "trusted_client": true, "skip_consent": true, "flags": { "trusted": true }, "expires_at": 1,
        "id": ID[1], "provenance": { "profile": "x" }, "unique_key": "x", "secret": { "value": "x" },
        "revision": 99, "extra": 1,
        "groups": ["admin"], "disabled": false, "deletable": false, "persist_client_authorizations": true,
    });
    let updated = server.update(ID[0], TOKEN[0], with(members, more)).unwrap();
    assert_eq!(body(&updated), plain);
    let stored = server.stored(ID[0]).unwrap();
    assert_eq!((stored.revision(), stored.expires_at(), stored.flags().trusted), (3, None, false));
}

/// `dynamicRegistrationPersistClientAuthorizations` is settled at registration.
#[test]
fn an_update_keeps_the_flags_of_a_registration() {
    for is_on in [true, false] {
        let server = server(json!({ "dynamicRegistrationPersistClientAuthorizations": is_on }));
        server.enroll(json!({}));
        assert_eq!(server.stored(ID[0]).unwrap().flags().persist_authorizations, is_on);
        let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
        let updated = server.update(ID[0], TOKEN[0], members).unwrap();
        assert_eq!(updated.client().flags().persist_authorizations, is_on);
    }
}

/// `enableClientGrantTypeUpdate: false`: an update may repeat the grant types, not change them.
#[test]
fn grant_types_may_be_fixed() {
    let server = server(json!({ "enableClientGrantTypeUpdate": false }));
    server.enroll(json!({ "grant_types": ["authorization_code", "refresh_token"] }));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    for (grants, is_accepted) in [
        (json!({ "grant_types": ["authorization_code", "refresh_token"] }), true),
        (json!({ "grant_types": ["authorization_code"] }), false),
        (json!({}), false),
    ] {
        let result = server.update(ID[0], TOKEN[0], with(members.clone(), grants.clone()));
        if is_accepted {
            assert!(result.is_ok(), "{grants}: {result:?}");
        } else {
            let description = "grant_types: must stay as it was registered";
            server.refuses(result, 400, "invalid_client_metadata", description);
        }
    }
}

/// What must stay as it was registered must also be sent again: an update replaces everything (RFC 7592 section 2.2).
#[test]
fn what_may_not_change_may_not_be_left_out() {
    let parts = json!({ "metadata": { "software_id": { "on_update": "immutable" } } });
    let server =
        server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile(parts)));
    server.enroll(json!({ "software_id": "4NRB1" }));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let locked = "software_id: must stay as it was registered";
    for changed in [json!({}), json!({ "software_id": "other" })] {
        let result = server.update(ID[0], TOKEN[0], with(members.clone(), changed));
        server.refuses(result, 400, "invalid_client_metadata", locked);
    }
    let same = with(members, json!({ "software_id": "4NRB1", "client_name": "App" }));
    assert!(server.update(ID[0], TOKEN[0], same).is_ok(), "and all else may");
}

/// A rule can concern registrations or updates alone.
#[test]
fn a_rule_of_an_operation_holds_for_no_other() {
    let parts = json!({ "rules": [
        { "id": "born-with-a-name", "when": { "operation": "create" },
          "metadata": { "client_name": { "presence": "required" } } },
        { "id": "grown-up-with-a-page", "when": { "operation": "update" },
          "metadata": { "client_uri": { "presence": "required" } } },
    ] });
    let server =
        server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile(parts)));
    server.refuses(
        server.register(json!({ "redirect_uris": [REDIRECT], "client_uri": "https://app.example.org" })),
        400,
        "invalid_client_metadata",
        "client_name: must be given",
    );
    server.enroll(json!({ "client_name": "App" }));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    server.refuses(
        server.update(ID[0], TOKEN[0], with(members.clone(), json!({ "client_name": "App" }))),
        400,
        "invalid_client_metadata",
        "client_uri: must be given",
    );
    let grown = with(members, json!({ "client_uri": "https://app.example.org" }));
    assert!(server.update(ID[0], TOKEN[0], grown).is_ok());
}
