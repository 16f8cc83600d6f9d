//! Secret and token of a client over its life.

use oauth_dcr::MemoryClientStore;
use oauth_dcr::testing::{ManualClock, StoreFault};
use serde_json::{Value, json};

use crate::support::*;

/// DEC-09, DEC-10, DEC-27: a secret is made when the authentication method begins to need one, and dropped
/// when none does any more.
#[test]
fn the_secret_follows_the_authentication_method() {
    let server = server(json!({}));
    let common = json!({
        "client_id": ID[0],
        "client_id_issued_at": ISSUED,
        "registration_access_token": TOKEN[0],
        "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
    });
    let update = |members: Value| {
        let members = with(json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }), members);
        server.update(ID[0], TOKEN[0], members).unwrap()
    };
    let now = ManualClock::START;

    let public = json!({ "token_endpoint_auth_method": "none" });
    assert_eq!(body(&server.registered(public.clone())), with(common.clone(), public.clone()));

    let members = json!({ "token_endpoint_auth_method": "client_secret_basic" });
    let answer = json!({ "client_secret": SECRET[1], "client_secret_expires_at": 0 });
    assert_eq!(body(&update(members.clone())), with(with(common.clone(), members), answer), "a new secret");
    assert!(server.stored(ID[0]).unwrap().verify_secret(SECRET[1], now));

    let members = json!({ "token_endpoint_auth_method": "client_secret_post" });
    assert_eq!(body(&update(members.clone())), with(common.clone(), members), "the same secret");
    assert!(server.stored(ID[0]).unwrap().verify_secret(SECRET[1], now));

    let members = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() });
    assert_eq!(body(&update(members.clone())), with(common.clone(), members), "no secret any more");
    let stored = server.stored(ID[0]).unwrap();
    assert_eq!((stored.secret(), stored.secret_expires_at()), (None, None));
    assert!(!stored.verify_secret(SECRET[1], now));

    assert_eq!(body(&update(public.clone())), with(common, public));
    assert_eq!(server.stored(ID[0]).unwrap().secret(), None);
}

/// DEC-10: a secret of which only the digest is kept cannot be computed with, so the client gets another one.
#[test]
fn a_secret_that_must_be_computed_with_is_made_anew() {
    let server = server(json!({}));
    server.enroll(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let jwt = json!({ "token_endpoint_auth_method": "client_secret_jwt" });
    let updated = server.update(ID[0], TOKEN[0], with(members.clone(), jwt.clone())).unwrap();
    assert_eq!(updated.client_secret().unwrap().expose_secret(), SECRET[1]);
    let now = ManualClock::START;
    assert!(
        updated.client().verify_secret(SECRET[1], now) && !updated.client().verify_secret(SECRET[0], now)
    );
    // Once it can be, it stays.
    let updated = server.update(ID[0], TOKEN[0], with(members.clone(), jwt)).unwrap();
    assert_eq!(updated.client_secret(), None);
    let updated = server.update(ID[0], TOKEN[0], members).unwrap();
    assert!(updated.client().verify_secret(SECRET[1], now), "between methods with a secret it is kept");
}

/// DEC-09, DEC-10: a symmetric algorithm needs the secret as well, whatever the method.
#[test]
fn a_symmetric_algorithm_keeps_the_secret() {
    let server = server(json!({}));
    server.enroll(json!({ "id_token_signed_response_alg": "HS256" }));
    let members = json!({
        "client_id": ID[0],
        "redirect_uris": [REDIRECT],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": jwks(),
    });
    let symmetric = with(members.clone(), json!({ "id_token_signed_response_alg": "HS256" }));
    let updated = server.update(ID[0], TOKEN[0], symmetric).unwrap();
    assert_eq!(updated.client_secret(), None);
    assert_eq!(body(&updated).get("client_secret_expires_at"), None, "present exactly when the secret is");
    assert!(updated.client().verify_secret(SECRET[0], ManualClock::START));
    let updated = server.update(ID[0], TOKEN[0], members).unwrap();
    assert_eq!(updated.client().secret(), None);
    assert_eq!(body(&updated).get("client_secret_expires_at"), None);
}

/// DEC-15: with `returnClientSecretOnRead` every answer has the secret, that of an update too.
#[test]
fn secrets_that_can_be_read_are_in_every_answer() {
    let server = server(json!({ "returnClientSecretOnRead": true }));
    server.enroll(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let updated = server.update(ID[0], TOKEN[0], members).unwrap();
    assert_eq!(body(&updated)["client_secret"], SECRET[0]);
    assert_eq!(body(&server.read(ID[0], TOKEN[0]).unwrap())["client_secret"], SECRET[0]);
}

/// DEC-27: a secret that an update makes lives as long as one that a registration makes.
#[test]
fn a_secret_made_by_an_update_expires_as_any_other() {
    let secret = json!({ "for_methods": ["client_secret_basic"], "ttl_s": 60 });
    let profile = profile(json!({ "response": { "secret": secret } }));
    let changes = json!({ "dynamicRegistrationExpirationTime": 3600 });
    let server = server_with(changes, MemoryClientStore::default(), |builder| builder.profile(profile));
    server.enroll(json!({ "token_endpoint_auth_method": "none" }));
    server.clock.advance(100);
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let updated = server.update(ID[0], TOKEN[0], members).unwrap();
    assert_eq!(updated.client_secret().unwrap().expose_secret(), SECRET[1]);
    assert_eq!(body(&updated)["client_secret_expires_at"], ISSUED + 160);
}

/// Without rotation the token is the same before and after, and is repeated.
///
/// Accepts: R92-052, DEC-13
#[test]
fn the_token_stays_without_rotation() {
    let server = server(json!({}));
    server.enroll(json!({}));
    for _ in 0..3 {
        let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
        let updated = server.update(ID[0], TOKEN[0], members).unwrap();
        assert_eq!(updated.registration_access_token().unwrap().expose_secret(), TOKEN[0]);
    }
    assert_eq!(server.stored(ID[0]).unwrap().revision(), 4);
}

/// With `rotateClientRegistrationAccessTokenOnUsage` each update gives a new token; the old
/// one is dead at once, in the same words as one that never lived.
///
/// Accepts: R92-061, R92-062
#[test]
fn an_update_rotates_the_token() {
    let server = server(json!({ "rotateClientRegistrationAccessTokenOnUsage": true }));
    server.enroll(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let updated = server.update(ID[0], TOKEN[0], members.clone()).unwrap();
    assert_eq!(
        body(&updated),
        json!({
            "client_id": ID[0],
            "client_id_issued_at": ISSUED,
            "registration_access_token": TOKEN[1],
            "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "application_type": "web",
            "subject_type": "public",
            "id_token_signed_response_alg": "RS256",
        })
    );
    let never = server.refusal(server.read(ID[0], "never-a-token"));
    assert_eq!(server.refusal(server.read(ID[0], TOKEN[0])), never);
    assert_eq!(server.refusal(server.update(ID[0], TOKEN[0], members.clone())), never);
    assert_eq!(server.refusal(server.delete(ID[0], TOKEN[0])), never);
    assert_eq!(
        server.read(ID[0], TOKEN[1]).unwrap().registration_access_token().unwrap().expose_secret(),
        TOKEN[1]
    );
    assert!(
        server.stored(ID[0]).unwrap().verify_secret(SECRET[0], ManualClock::START),
        "the secret is not rotated"
    );

    let updated = server.update(ID[0], TOKEN[1], members).unwrap();
    assert_eq!(updated.registration_access_token().unwrap().expose_secret(), TOKEN[2]);
    assert_eq!(server.refusal(server.read(ID[0], TOKEN[1])), never);
    assert!(server.delete(ID[0], TOKEN[2]).is_ok());
}

/// A rotation that was not stored did not happen.
///
/// Accepts: R92-062
#[test]
fn a_failed_update_rotates_nothing() {
    let server = server(json!({ "rotateClientRegistrationAccessTokenOnUsage": true }));
    server.enroll(json!({}));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    server.store.fail_call(3, StoreFault::Backend);
    assert_eq!(server.refusal(server.update(ID[0], TOKEN[0], members)).status, 500);
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
}
