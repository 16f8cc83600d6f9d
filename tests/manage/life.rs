//! States, and secrets and tokens that are good for a while beside those that replaced them.

use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{ClientState, Error, MemoryClientStore, StoreError};
use serde_json::{Value, json};
use time::Duration;

use crate::support::*;

fn under(changes: Value, parts: Value) -> Server {
    server_with(changes, MemoryClientStore::default(), |builder| builder.profile(profile(parts)))
}

fn put_back(members: Value) -> Value {
    with(json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }), members)
}

/// A pending client may look after its registration, and may be used once the host approved it.
#[test]
fn a_pending_client_waits_for_its_approval() {
    let server = under(json!({}), json!({ "lifecycle": { "initial_state": "pending" } }));
    let registration = server.registered(json!({}));
    assert_eq!(registration.client().state(), ClientState::Pending);
    assert!(!registration.client().is_usable(ManualClock::START));
    let secret = registration.client_secret().unwrap().expose_secret().to_owned();
    assert!(!registration.client().verify_secret(&secret, ManualClock::START));
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
    let updated = server.update(ID[0], TOKEN[0], put_back(json!({}))).unwrap();
    assert_eq!(updated.client().state(), ClientState::Pending, "an update approves nothing");

    let approved = run(server.registrar.set_state(&client_id(ID[0]), ClientState::Active)).unwrap();
    assert!(approved.is_usable(ManualClock::START) && approved.verify_secret(&secret, ManualClock::START));
    assert_eq!(server.stored(ID[0]), Some(approved));
}

/// S-PRIV-07, INV-12: a suspended client is answered as if it did not exist, and nothing that it does brings it back.
#[test]
fn s_priv_07_a_suspended_client_is_gone_until_the_host_resumes_it() {
    let server = server(json!({}));
    let secret = server.registered(json!({})).client_secret().unwrap().expose_secret().to_owned();
    let suspended = run(server.registrar.set_state(&client_id(ID[0]), ClientState::Suspended)).unwrap();
    assert!(
        !suspended.is_usable(ManualClock::START) && !suspended.verify_secret(&secret, ManualClock::START)
    );
    let unknown = server.refusal(server.read(ID[1], TOKEN[0]));
    assert_eq!(server.refusal(server.read(ID[0], TOKEN[0])), unknown);
    assert_eq!(server.refusal(server.update(ID[0], TOKEN[0], put_back(json!({})))), unknown);
    assert_eq!(server.refusal(server.delete(ID[0], TOKEN[0])), unknown);
    assert_eq!(server.stored(ID[0]), Some(suspended));

    run(server.registrar.set_state(&client_id(ID[0]), ClientState::Active)).unwrap();
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
    let unknown = run(server.registrar.set_state(&client_id("nobody"), ClientState::Active)).unwrap_err();
    let Error::Host(host) = unknown else { panic!("{unknown:?}") };
    assert!(matches!(host.source.downcast_ref(), Some(StoreError::NotFound)));
}

const DAY: i64 = 24 * 3600;

/// A secret with a time of its own is replaced by an update that comes when it is about to end; for the overlap both
/// are good. S-EXP-03
#[test]
fn a_secret_is_renewed_with_an_overlap() {
    let secrets = json!({ "for_methods": ["client_secret_basic"], "ttl_s": 10 * DAY });
    let server =
        under(json!({ "clientSecretOverlapSeconds": 2 * DAY }), json!({ "response": { "secret": secrets } }));
    let first = server.registered(json!({}));
    assert_eq!(body(&first)["client_secret_expires_at"], ISSUED + 10 * DAY);
    let early = server.update(ID[0], TOKEN[0], put_back(json!({}))).unwrap();
    assert_eq!(body(&early).get("client_secret"), None, "too early for a new one");

    server.clock.advance(8 * DAY);
    let renewed = server.update(ID[0], TOKEN[0], put_back(json!({}))).unwrap();
    let fresh = renewed.client_secret().unwrap().expose_secret().to_owned();
    assert_ne!(fresh, SECRET[0]);
    assert_eq!(body(&renewed)["client_secret_expires_at"], ISSUED + 18 * DAY);
    let client = server.stored(ID[0]).unwrap();
    let at = |days: i64| ManualClock::START + Duration::seconds(days * DAY);
    assert!(client.verify_secret(SECRET[0], at(8)) && client.verify_secret(&fresh, at(8)));
    let last = at(10) - Duration::SECOND;
    assert!(client.verify_secret(SECRET[0], last), "to the end that it was issued with");
    assert!(!client.verify_secret(SECRET[0], at(10)) && client.verify_secret(&fresh, at(10)));
    assert!(!client.verify_secret("another", at(8)));

    // RFC 7592 section 2.2: the old one is not the current one.
    let refused = server.update(ID[0], TOKEN[0], put_back(json!({ "client_secret": SECRET[0] })));
    let message = "client_secret: must be the current secret of this client or left out";
    server.refuses(refused, 400, "invalid_request", message);
    // A client that has no use for a secret any more has none.
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() });
    drop(server.update(ID[0], TOKEN[0], put_back(keys)).unwrap());
    let client = server.stored(ID[0]).unwrap();
    assert!(!client.verify_secret(SECRET[0], at(8)) && !client.verify_secret(&fresh, at(8)));
}

/// A secret that has ended already is replaced as well, and stays ended.
#[test]
fn an_ended_secret_is_replaced_and_stays_ended() {
    let secrets = json!({ "for_methods": ["client_secret_basic"], "ttl_s": DAY, "overlap_s": DAY });
    let server = under(json!({}), json!({ "response": { "secret": secrets } }));
    server.enroll(json!({}));
    server.clock.advance(DAY);
    let renewed = server.update(ID[0], TOKEN[0], put_back(json!({}))).unwrap();
    let fresh = renewed.client_secret().unwrap().expose_secret();
    let now = ManualClock::START + Duration::seconds(DAY);
    assert!(renewed.client().verify_secret(fresh, now));
    assert!(!renewed.client().verify_secret(SECRET[0], now));
}

/// S-RACE-06: whoever never saw the answer with the new token goes on with the old one, which ends when the new one is
/// used for the first time.
#[test]
fn s_race_06_a_replaced_token_is_good_until_its_successor_is_used() {
    let server = server(json!({
        "rotateClientRegistrationAccessTokenOnUsage": true,
        "keepRegistrationAccessTokenUntilNextUse": true,
    }));
    server.enroll(json!({}));
    let fresh = |result: Result<oauth_dcr::Registration, Error>| {
        result.unwrap().registration_access_token().unwrap().expose_secret().to_owned()
    };
    let lost = fresh(server.update(ID[0], TOKEN[0], put_back(json!({ "client_name": "a" }))));
    assert_eq!(fresh(server.read(ID[0], TOKEN[0])), TOKEN[0], "still good");
    let second = fresh(server.update(ID[0], TOKEN[0], put_back(json!({ "client_name": "b" }))));
    server.refuses(server.read(ID[0], &lost), 401, "invalid_token", "the token is not valid here");
    assert!(server.read(ID[0], TOKEN[0]).is_ok());

    let revision = server.stored(ID[0]).unwrap().revision();
    assert_eq!(fresh(server.read(ID[0], &second)), second, "the first use of the new one");
    assert_eq!(server.stored(ID[0]).unwrap().revision(), revision + 1);
    server.refuses(server.read(ID[0], TOKEN[0]), 401, "invalid_token", "the token is not valid here");
    assert!(server.read(ID[0], &second).is_ok());
    assert_eq!(server.stored(ID[0]).unwrap().revision(), revision + 1, "and later ones change nothing");
}

/// Without that, a rotation ends the old token at once. R92-062
#[test]
fn a_replaced_token_ends_at_once_by_default() {
    let server = server(json!({ "rotateClientRegistrationAccessTokenOnUsage": true }));
    server.enroll(json!({}));
    drop(server.update(ID[0], TOKEN[0], put_back(json!({}))).unwrap());
    server.refuses(server.read(ID[0], TOKEN[0]), 401, "invalid_token", "the token is not valid here");
}
