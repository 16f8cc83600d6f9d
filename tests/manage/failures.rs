//! Taken identifiers and a store that fails.

use oauth_dcr::Error;
use oauth_dcr::testing::{ManualClock, StoreCall, StoreFault, contract};
use serde_json::json;

use crate::support::*;

/// S-SEC-11: an identifier that is taken is drawn again, up to three times, with new credentials each time;
/// nobody's record is overwritten.
#[test]
fn s_sec_11_a_taken_identifier_is_drawn_again() {
    let server = server(json!({}));
    for id in &ID[..2] {
        server.put(&contract::full_client(&client_id(id)));
    }
    let registration = server.registered(json!({}));
    assert_eq!(registration.client().id().as_str(), ID[2]);
    assert_eq!(body(&registration)["client_secret"], SECRET[2]);
    assert_eq!(body(&registration)["registration_access_token"], TOKEN[2]);
    assert!(server.stored(ID[2]).unwrap().verify_secret(SECRET[2], ManualClock::START));
    assert_eq!(server.store.calls(), [StoreCall::Insert; 3]);
    for id in &ID[..2] {
        assert_eq!(server.stored(id), Some(contract::full_client(&client_id(id))));
    }
}

/// S-SEC-11: three taken identifiers are a fault of the server.
#[test]
fn three_taken_identifiers_are_a_failure() {
    let server = server(json!({}));
    for id in &ID[..3] {
        server.put(&contract::full_client(&client_id(id)));
    }
    let refused = server.register(json!({ "redirect_uris": [REDIRECT] }));
    server.refuses(refused, 500, "server_error", "the request could not be carried out");
    assert_eq!(server.store.calls(), [StoreCall::Insert; 3]);
    assert_eq!(server.store.inner().len(), 3);
    for id in &ID[..3] {
        assert_eq!(server.stored(id), Some(contract::full_client(&client_id(id))));
    }
}

/// S-ERR-07, INV-11: a store that fails is a fault of the server, of which the caller learns nothing; the log
/// gets the source.
#[test]
fn s_err_07_a_failing_store_is_500_or_503() {
    for (fault, status, expected) in [
        (
            StoreFault::Backend,
            500,
            r#"{"error":"server_error","error_description":"the request could not be carried out"}"#,
        ),
        (
            StoreFault::Unavailable,
            503,
            r#"{"error":"temporarily_unavailable","error_description":"try again later"}"#,
        ),
    ] {
        let server = server(json!({ "errorReasonEnabled": true }));
        server.enroll(json!({ "client_name": "Example" }));
        let before = server.stored(ID[0]);
        let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
        let expect = |what: &str, result: Result<(), Error>| {
            let error = result.expect_err(what);
            let source =
                std::error::Error::source(&error).and_then(std::error::Error::source).expect("a source");
            assert_eq!(source.to_string(), StoreFault::TEXT, "{what}: the log gets the source");
            assert_eq!(error.to_string(), "store failed");
            let wire = server.registrar.wire_error(&error);
            assert_eq!((wire.status, &*wire.body), (status, expected), "{what}");
            let has_retry = wire.headers.iter().any(|(name, _)| *name == "retry-after");
            assert_eq!(has_retry, status == 503, "{what}");
            assert!(!format!("{wire:?}").contains(StoreFault::TEXT), "{what}");
        };
        let next = server.store.calls().len() + 1;
        server.store.fail_next(fault);
        expect("insert", server.register(members.clone()).map(|_| ()));
        server.store.fail_next(fault);
        expect("get for a read", server.read(ID[0], TOKEN[0]).map(|_| ()));
        server.store.fail_next(fault);
        expect("get for an update", server.update(ID[0], TOKEN[0], members.clone()).map(|_| ()));
        server.store.fail_next(fault);
        expect("get for a deletion", server.delete(ID[0], TOKEN[0]));
        server.store.fail_call(next + 5, fault);
        expect("replace", server.update(ID[0], TOKEN[0], members.clone()).map(|_| ()));
        server.store.fail_call(next + 7, fault);
        expect("delete", server.delete(ID[0], TOKEN[0]));
        use StoreCall::{Delete, Get, Insert, Replace};
        assert_eq!(server.store.calls(), [Insert, Insert, Get, Get, Get, Get, Replace, Get, Delete]);
        assert_eq!(server.stored(ID[0]), before, "nothing changed");
        assert_eq!(server.store.inner().len(), 1, "nothing was stored");
        // The store is back.
        assert!(server.update(ID[0], TOKEN[0], members).is_ok());
        assert!(server.delete(ID[0], TOKEN[0]).is_ok());
    }
}
