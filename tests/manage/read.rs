//! What a registration and a read answer.

use oauth_dcr::testing::{ManualClock, StoreCall, run};
use oauth_dcr::{Caller, MemoryClientStore, TokenDigest};
use serde_json::json;

use crate::script::*;
use crate::support::*;

/// What a registration answers.
///
/// Accepts: R92-004, R92-005, R92-050, R92-053
#[test]
fn a_registration_is_answered_whole() {
    let server = server(json!({}));
    let registration = server.registered(json!({ "client_name": "Example" }));
    assert_eq!(registration.status(), 201);
    let expected = json!({
        "client_id": "00010203-0405-4607-8809-0a0b0c0d0e0f",
        "client_secret": SECRET[0],
        "client_id_issued_at": 1767225600,
        "client_secret_expires_at": 0,
        "registration_access_token": "EBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8",
        "registration_client_uri":
            "https://op.example.com/register?client_id=00010203-0405-4607-8809-0a0b0c0d0e0f",
        "redirect_uris": ["https://app.example.org/cb"],
        "client_name": "Example",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
    });
    assert_eq!(body(&registration), expected);
    let client = registration.client();
    assert_eq!(client.revision(), 1);
    assert_eq!(client.issued_at(), ManualClock::START);
    assert_eq!(server.stored(ID[0]).as_ref(), Some(client));
    assert_eq!(server.store.calls(), [StoreCall::Insert], "one call, nothing read before it");
}

/// A read repeats the record and the token that was presented;
/// the secret, of which only a digest is kept, is not in it.
///
/// Accepts: R92-010, R92-012, R92-051, R92-052, DEC-14
#[test]
fn a_read_answers_the_record() {
    let server = server(json!({}));
    server.enroll(json!({ "client_name": "Example", "contacts": ["b@example.org", "a@example.org"] }));
    server.clock.advance(1000);
    let read = server.read(ID[0], TOKEN[0]).unwrap();
    assert_eq!(read.status(), 200);
    let expected = json!({
        "client_id": ID[0],
        "client_id_issued_at": ISSUED,
        "registration_access_token": TOKEN[0],
        "registration_client_uri": format!("https://op.example.com/register?client_id={}", ID[0]),
        "redirect_uris": [REDIRECT],
        "client_name": "Example",
        "contacts": ["b@example.org", "a@example.org"],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
    });
    assert_eq!(body(&read), expected);
    assert_eq!(read.client_secret(), None);
}

/// Reading changes nothing, however often and whatever the configuration says of rotation.
///
/// Accepts: OIR-061, DEC-13
#[test]
fn a_read_changes_nothing() {
    let on_read =
        profile(json!({ "response": { "management_token": { "issue": true, "rotate": "on_read" } } }));
    for server in [
        server(json!({})),
        server(json!({ "rotateClientRegistrationAccessTokenOnUsage": true })),
        server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(on_read)),
    ] {
        server.enroll(json!({}));
        let before = server.stored(ID[0]).unwrap();
        let taken = server.entropy.taken();
        let first = body(&server.read(ID[0], TOKEN[0]).unwrap());
        server.clock.advance(60);
        assert_eq!(body(&server.read(ID[0], TOKEN[0]).unwrap()), first);
        assert_eq!(first["registration_access_token"], TOKEN[0]);
        assert_eq!(server.stored(ID[0]).unwrap(), before);
        assert_eq!(server.entropy.taken(), taken, "a read draws no random bytes");
        assert_eq!(server.store.calls(), [StoreCall::Insert, StoreCall::Get, StoreCall::Get]);
    }
}

/// A token does not grow old while its client lives.
///
/// Accepts: R92-060
#[test]
fn a_token_lives_as_long_as_its_client() {
    let server = server(json!({}));
    server.enroll(json!({}));
    server.clock.advance(100 * 365 * 86_400);
    assert!(server.read(ID[0], TOKEN[0]).is_ok());
}

/// The profile decides between query and path; `client_id` is encoded where it must be.
///
/// Accepts: R92-005
#[test]
fn the_client_uri_has_the_form_of_the_profile() {
    for (form, endpoint, uri) in [
        ("query", "https://op.example.com/register", "https://op.example.com/register?client_id=a/b%3F%26c"),
        (
            "query",
            "https://op.example.com/r?tenant=1",
            "https://op.example.com/r?tenant=1&client_id=a/b%3F%26c",
        ),
        ("path", "https://op.example.com/register", "https://op.example.com/register/a%2Fb%3F%26c"),
        ("path", "https://op.example.com/register/", "https://op.example.com/register/a%2Fb%3F%26c"),
    ] {
        let hook = Script { create: |draft| set_id(draft, "a/b?&c"), ..Script::default() };
        let profile = profile(json!({ "response": { "client_uri": form } }));
        let changes = json!({ "registrationEndpoint": endpoint });
        let server = server_with(changes, MemoryClientStore::default(), |builder| {
            builder.script_hook(hook).profile(profile)
        });
        let registration = server.registered(json!({}));
        let given = body(&registration)["registration_client_uri"].as_str().unwrap().replace("%2F", "/");
        assert_eq!(given, uri.replace("%2F", "/"), "{form} {endpoint}");
    }
}

/// Token and address come together or not at all.
///
/// Accepts: OIR-048
#[test]
fn without_management_there_is_neither_token_nor_address() {
    for response in [json!({ "management_token": { "issue": false } }), json!({ "client_uri": "none" })] {
        let profile = profile(json!({ "response": response }));
        let server = server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile));
        let registration = server.registered(json!({}));
        assert!(
            !names(&registration).iter().any(|name| name.starts_with("registration_")),
            "{}",
            registration.body()
        );
        assert_eq!(registration.registration_access_token(), None);
        assert_eq!(registration.client().registration_access_token(), None);
        for token in ["", "a", TOKEN[0], &TokenDigest::of("").to_text()] {
            server.refuses(server.read(ID[0], token), 401, "invalid_token", "the token is not valid here");
        }
    }
}

/// Access tokens of the client itself: the host vouches for them, and only where the configuration says so.
#[test]
fn a_client_that_the_host_vouches_for_manages_itself() {
    let vouched = Caller::Client(client_id(ID[0]));
    let members = json!({ "grant_types": ["client_credentials"], "scope": "a" });
    let on = server(json!({ "dcrAuthorizationWithClientCredentials": true }));
    on.enroll(members.clone());
    on.enroll(members.clone());
    let read = run(on.registrar.read(&client_id(ID[0]), &vouched)).unwrap();
    assert_eq!(read.client().id().as_str(), ID[0]);
    assert_eq!(
        read.registration_access_token(),
        None,
        "no token was presented, and only its digest is known"
    );
    let other = run(on.registrar.read(&client_id(ID[1]), &vouched));
    on.refuses(other, 401, "invalid_token", "the token is not valid here");
    let unknown = run(on.registrar.read(&client_id(ID[2]), &Caller::Client(client_id(ID[2]))));
    on.refuses(unknown, 401, "invalid_token", "the token is not valid here");
    let body = with(members.clone(), json!({ "client_id": ID[0], "client_name": "New" })).to_string();
    let updated = on.update_raw(ID[0], &vouched, body.as_bytes()).unwrap();
    assert_eq!(updated.client().metadata().client_name.plain(), Some("New"));
    assert_eq!(run(on.registrar.delete(&client_id(ID[0]), &vouched)).ok(), Some(()));

    let off = server(json!({}));
    off.enroll(members);
    let refused = run(off.registrar.read(&client_id(ID[0]), &vouched));
    off.refuses(refused, 401, "invalid_token", "the token is not valid here");
}

/// The answer to such a client has neither, since the engine does not know the token.
///
/// Accepts: OIR-048
#[test]
fn an_answer_without_the_token_has_no_address_either() {
    let server = server(json!({ "dcrAuthorizationWithClientCredentials": true }));
    server.enroll(json!({ "grant_types": ["client_credentials"] }));
    let read = run(server.registrar.read(&client_id(ID[0]), &Caller::Client(client_id(ID[0])))).unwrap();
    let management: Vec<String> =
        names(&read).into_iter().filter(|name| name.starts_with("registration_")).collect();
    assert!(management.is_empty(), "{management:?} without the other");
}
