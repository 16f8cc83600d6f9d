//! One client per something: refused, replaced or updated, cancelled, and never outliving its statement.

use oauth_dcr::testing::run;
use oauth_dcr::{ClientState, ClientStore, RegisterRequest};
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// A server that takes the statements of two issuers, and has this life cycle.
fn living(lifecycle: Value) -> Server {
    living_with(lifecycle, json!({}))
}

fn living_with(lifecycle: Value, changes: Value) -> Server {
    let text = json!({
        "dcr_profile": 1, "name": "living", "extends": ["standard"], "lifecycle": lifecycle,
        "response": { "upsert_status": 200, "secret": {
            "for_methods": ["client_secret_basic", "client_secret_post"], "ttl_s": 0 } },
        "software_statement": { "presence": "optional", "issuers": [
            { "iss": ["https://directory.example", "https://other.example"], "jws":
                { "algs": ["ES256"], "keys": [{ "from": "jwks", "jwks": "DIRECTORY" }] } }
        ] },
    });
    server_with(changes, |builder| builder.profile(profile(&text.to_string())))
}

const ONE_EACH: &str = "is registered already";

/// S-SSA-05: a second client of one software is refused, whichever statement it brings; another issuer's software of
/// the same name is another software, and a deletion frees the name.
#[test]
fn s_ssa_05_a_second_client_of_one_software_is_refused() {
    let server = living(json!({ "unique_by": ["$statement.software_id"], "on_duplicate": "reject" }));
    let first = server.accepts(server.present(statement(json!({}))));
    server.refuses(server.present(statement(json!({}))), INVALID, ONE_EACH);
    server.refuses(server.present(statement(json!({ "iat": NOW - 5 }))), INVALID, ONE_EACH);
    server.accepts(server.present(statement(json!({ "iss": "https://other.example" }))));
    server.accepts(server.present(statement(json!({ "software_id": "another" }))));
    // Without a statement there is nothing that could be shared.
    server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT] })));
    server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT], "software_id": "s6BhdRkqt3" })));
    assert_eq!(server.store.inner().len(), 5);

    run(server.registrar.delete(&id(&first), &bearer(&first))).unwrap();
    server.accepts(server.present(statement(json!({}))));
}

/// That a software has its client already is said in one text, whoever asks, and nothing is said of that client.
#[test]
fn s_err_06_a_duplicate_tells_nothing_of_the_other() {
    let server = living(json!({ "unique_by": ["$statement.software_id"], "on_duplicate": "reject" }));
    let named = |software: &str, name: &str| {
        let claims = json!({ "software_id": software, "client_name": name, "contacts": [name] });
        server.present(statement(claims))
    };
    for (software, name) in [("one", "Ada"), ("two", "Bob")] {
        server.accepts(named(software, name));
    }
    for software in ["one", "two"] {
        server.refuses(named(software, "Eve"), INVALID, "is registered already");
    }
}

/// The key is made of what is named, together: two that differ in one value are two. Long values make no long key.
#[test]
fn a_key_is_made_of_all_values_together() {
    let by = json!(["$statement.software_id", "$request.client_name"]);
    let server = living(json!({ "unique_by": by, "on_duplicate": "reject" }));
    let named = |name: &str| {
        with(presenting(statement(json!({ "software_id": "s".repeat(256) }))), json!({ "client_name": name }))
    };
    let first = server.accepts(server.register(&named("a")));
    server.accepts(server.register(&named("b")));
    server.refuses(server.register(&named("a")), INVALID, ONE_EACH);
    let client = run(server.store.inner().get(&id(&first))).unwrap().unwrap();
    assert_eq!(client.unique_key().map(str::len), Some(43));
    // An update cannot take what another client has.
    let onto = server.update(&first, &named("b"));
    server.refuses(onto, INVALID, ONE_EACH);
    let renamed = server.accepts(server.update(&first, &named("c")));
    assert_eq!(renamed["client_name"], "c");
    server.accepts(server.register(&named("a")));
}

/// An update without a statement leaves a client the key that its statement gave it.
#[test]
fn an_update_without_a_statement_keeps_the_key() {
    let server = living(json!({ "unique_by": ["$statement.software_id"], "on_duplicate": "reject" }));
    let first = server.accepts(server.present(statement(json!({}))));
    let key = |answer: &Value| {
        run(server.store.inner().get(&id(answer))).unwrap().unwrap().unique_key().map(str::to_owned)
    };
    let before = key(&first);
    assert!(before.is_some());
    server.accepts(server.update(&first, &presenting(statement(json!({ "iat": NOW - 1 })))));
    assert_eq!(key(&first), before);
}

/// An expired client is as good as deleted: its software can register again.
#[test]
fn an_expired_client_gives_its_place_up() {
    for on_duplicate in ["reject", "replace", "upsert"] {
        let server = living(json!({ "unique_by": ["$statement.software_id"],
            "on_duplicate": on_duplicate, "ttl_s": 60 }));
        let first = server.accepts(server.present(statement(json!({}))));
        server.clock.advance(60);
        let second = server.present(statement(json!({}))).unwrap();
        assert_eq!(second.status(), 201, "{on_duplicate}: a new client");
        assert_ne!(second.client().id(), &id(&first));
        assert_eq!(server.store.inner().len(), 1);
    }
}

/// An upsert updates the client that is there: its identifier stays, its credentials are new, and the old secret is
/// good for the overlap.
#[test]
fn an_upsert_goes_on_with_the_client_that_is_there() {
    let server = living_with(
        json!({ "unique_by": ["$statement.software_id"], "on_duplicate": "upsert" }),
        json!({ "clientSecretOverlapSeconds": 60 }),
    );
    let first = server.present(statement(json!({ "client_name": "Old" }))).unwrap();
    assert_eq!(first.status(), 201);
    server.clock.advance(10);
    let second = server.present(statement(json!({ "client_name": "New" }))).unwrap();
    assert_eq!(second.status(), 200);
    assert_eq!(second.client().id(), first.client().id());
    assert_eq!(second.client().issued_at(), first.client().issued_at());
    assert_eq!(second.client().revision(), 2);
    let body: Value = serde_json::from_str(second.body()).unwrap();
    assert_eq!(body["client_name"], "New");
    assert_eq!(body["client_id"], first.client().id().as_str());

    let now = second.client().issued_at() + time::Duration::seconds(10);
    let (old, new) = (first.client_secret().unwrap(), second.client_secret().unwrap());
    let stored = run(server.store.inner().get(first.client().id())).unwrap().unwrap();
    assert!(stored.verify_secret(old.expose_secret(), now) && stored.verify_secret(new.expose_secret(), now));
    assert!(!stored.verify_secret(old.expose_secret(), now + time::Duration::seconds(60)));
    let first: Value = serde_json::from_str(first.body()).unwrap();
    assert!(run(server.registrar.read(&id(&first), &bearer(&first))).is_err(), "its old token has ended");
    assert!(run(server.registrar.read(&id(&body), &bearer(&body))).is_ok());
    assert_eq!(server.store.inner().len(), 1);
}

/// A replacement begins the client anew, and its old credentials end at once.
#[test]
fn a_replacement_begins_anew() {
    let server = living_with(
        json!({ "unique_by": ["$statement.software_id"], "on_duplicate": "replace" }),
        json!({ "clientSecretOverlapSeconds": 60 }),
    );
    let first = server.present(statement(json!({}))).unwrap();
    server.clock.advance(10);
    let second = server.present(statement(json!({}))).unwrap();
    assert_eq!(second.client().issued_at() - first.client().issued_at(), time::Duration::seconds(10));
    let stored = run(server.store.inner().get(second.client().id())).unwrap().unwrap();
    let now = second.client().issued_at();
    assert!(!stored.verify_secret(first.client_secret().unwrap().expose_secret(), now));
    assert!(stored.verify_secret(second.client_secret().unwrap().expose_secret(), now));
    assert_eq!(server.store.inner().len(), 1);
}

/// INV-12: a client that was switched off is not brought back by registering it again.
#[test]
fn a_suspended_client_stays_suspended() {
    for on_duplicate in ["reject", "replace", "upsert"] {
        let server = living(json!({ "unique_by": ["$statement.software_id"], "on_duplicate": on_duplicate }));
        let first = server.accepts(server.present(statement(json!({}))));
        let suspended = run(server.registrar.set_state(&id(&first), ClientState::Suspended)).unwrap();
        server.refuses(server.present(statement(json!({}))), INVALID, ONE_EACH);
        assert_eq!(run(server.store.inner().get(&id(&first))).unwrap(), Some(suspended));
    }
}

/// S-RACE-05: many who register one software at once make one client.
#[test]
fn registrations_that_meet_make_one_client() {
    for (on_duplicate, refused_with) in [("reject", 400), ("replace", 503), ("upsert", 503)] {
        let server = living(json!({ "unique_by": ["$statement.software_id"], "on_duplicate": on_duplicate }));
        let body = presenting(statement(json!({}))).to_string();
        let results: Vec<_> = std::thread::scope(|scope| {
            let register = || run(server.registrar.register(RegisterRequest::from_body(body.as_bytes())));
            let threads: Vec<_> = (0..100).map(|_| scope.spawn(register)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(server.store.inner().len(), 1, "{on_duplicate}");
        let created =
            |own: &&Result<oauth_dcr::Registration, _>| own.as_ref().is_ok_and(|own| own.status() == 201);
        assert_eq!(results.iter().filter(created).count(), 1, "{on_duplicate}");
        let taken = results.iter().filter(|own| own.is_ok()).count();
        assert!(on_duplicate == "reject" && taken == 1 || on_duplicate != "reject" && taken > 1);
        // The last one who got an answer has the credentials.
        for error in results.iter().filter_map(|own| own.as_ref().err()) {
            assert_eq!(server.registrar.wire_error(error).status, refused_with);
        }
        let last = results.iter().flatten().max_by_key(|own| own.client().revision()).unwrap();
        let stored = run(server.store.inner().get(last.client().id())).unwrap().unwrap();
        assert_eq!(&stored, last.client());
    }
}

/// UDAP: a request that the profile takes for a cancellation deletes the client with its key, and the answer confirms it
/// without grant types.
#[test]
fn a_request_can_cancel_a_registration() {
    let server = living(json!({
        "unique_by": ["$statement.software_id"], "on_duplicate": "upsert",
        "cancel_when": { "statement": "grant_types", "equals": [] },
    }));
    let cancellation = || server.present(statement(json!({ "grant_types": [] })));
    server.refuses(cancellation(), METADATA, "there is no registration to cancel");
    let first = server.accepts(server.present(statement(json!({}))));
    let others = server.present(statement(json!({ "grant_types": [], "software_id": "another" })));
    server.refuses(others, METADATA, "there is no registration to cancel");
    let cancelled = cancellation().unwrap();
    assert_eq!(cancelled.status(), 200);
    let body: Value = serde_json::from_str(cancelled.body()).unwrap();
    assert_eq!((&body["client_id"], &body["grant_types"]), (&first["client_id"], &json!([])));
    assert_eq!((body.get("client_secret"), body.get("registration_access_token")), (None, None));
    assert!(server.store.inner().is_empty());
    server.refuses(cancellation(), METADATA, "there is no registration to cancel");
}

/// A client does not outlive its statement where the profile says so, and an update prolongs nothing.
#[test]
fn a_client_does_not_outlive_its_statement() {
    let server = living(json!({ "not_after": "$statement.exp", "ttl_s": 7200 }));
    let expiry = |answer: &Value| {
        run(server.store.inner().get(&id(answer)))
            .unwrap()
            .unwrap()
            .expires_at()
            .map(|own| own.unix_timestamp())
    };
    let short = server.accepts(server.present(statement(json!({ "exp": NOW + 600 }))));
    assert_eq!(expiry(&short), Some(NOW + 600));
    assert_eq!(short["client_secret_expires_at"], NOW + 600);
    let long = server.accepts(server.present(statement(json!({ "exp": NOW + 86_400 }))));
    assert_eq!(expiry(&long), Some(NOW + 7200), "the server's own limit is nearer");
    let none = server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT] })));
    assert_eq!(expiry(&none), Some(NOW + 7200));

    server.accepts(server.update(&short, &presenting(statement(json!({ "exp": NOW + 3600 })))));
    assert_eq!(expiry(&short), Some(NOW + 600));
    server.accepts(server.update(&long, &presenting(statement(json!({ "exp": NOW + 300 })))));
    assert_eq!(expiry(&long), Some(NOW + 300));
}
