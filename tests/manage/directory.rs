//! What the host's scheduler and administration remove.

use std::sync::Arc;

use async_trait::async_trait;
use oauth_dcr::testing::{RecordingEvents, run};
use oauth_dcr::{
    Caller, Cause, Client, ClientDirectory, ClientId, Error, InitialGrant, MemoryClientStore,
    RegisterRequest, StoreError, Sweep,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::*;

const DAY: i64 = 24 * 3600;

/// A server with what it told of its removals.
fn server_of(changes: Value) -> (Server<Arc<MemoryClientStore>>, RecordingEvents) {
    let events = RecordingEvents::new();
    let sink = events.clone();
    let server = server_with(changes, Arc::default(), |builder| builder.event_sink(sink));
    (server, events)
}

impl Server<Arc<MemoryClientStore>> {
    fn sweep(&self, limit: usize) -> usize {
        run(self.registrar.sweep(&**self.store.inner(), limit)).unwrap()
    }
}

/// An expired client is there for nobody at once, and in the store until the grace is over, the moment of which counts.
#[test]
fn s_exp_07_a_sweep_removes_expired_clients_after_the_grace() {
    let (server, events) =
        server_of(json!({ "dynamicRegistrationExpirationTime": 60, "expiredClientGraceSeconds": DAY }));
    server.enroll(json!({}));
    server.clock.advance(60);
    assert!(server.read(ID[0], TOKEN[0]).is_err());
    server.clock.advance(DAY - 1);
    assert_eq!((server.sweep(10), server.stored(ID[0]).is_some()), (0, true));
    server.clock.advance(1);
    events.take();
    assert_eq!((server.sweep(10), server.stored(ID[0]).is_some()), (1, false));
    let revoke = ["credentials", "management_token", "grants", "tokens"];
    assert_eq!(events.take(), [json!({ "event": "swept", "client": ID[0], "revoke": revoke })]);
    assert_eq!((server.sweep(10), events.take()), (0, vec![]));
}

/// Without a grace an expired client is swept from the moment on.
#[test]
fn a_sweep_without_a_grace_follows_the_expiry() {
    let (server, _) = server_of(json!({ "dynamicRegistrationExpirationTime": 60 }));
    server.enroll(json!({}));
    server.clock.advance(59);
    assert_eq!(server.sweep(10), 0);
    server.clock.advance(1);
    assert_eq!(server.sweep(10), 1);
}

/// Clients that nobody used for as long as the configuration says are removed; one use keeps a client for good. By
/// default nobody's time is up.
#[test]
fn s_dos_03_a_sweep_removes_clients_that_were_never_used() {
    let (server, _) = server_of(json!({ "unusedClientLifetimeSeconds": 30 * DAY }));
    server.enroll(json!({}));
    server.enroll(json!({}));
    let used = run(server.store.inner().touch(&client_id(ID[1]), oauth_dcr::testing::ManualClock::START));
    assert!(used.unwrap());
    server.clock.advance(30 * DAY - 1);
    assert_eq!(server.sweep(10), 0);
    server.clock.advance(1);
    assert_eq!((server.sweep(10), server.stored(ID[0]).is_some()), (1, false));
    server.clock.advance(1000 * DAY);
    assert_eq!((server.sweep(10), server.stored(ID[1]).is_some()), (0, true));

    let (server, _) = server_of(json!({}));
    server.enroll(json!({}));
    server.clock.advance(10_000 * DAY);
    assert_eq!(server.sweep(10), 0);
}

/// An update does not lose a use that was noted while it was judged, nor count as one.
#[test]
fn an_update_keeps_the_last_use() {
    let (server, _) = server_of(json!({ "unusedClientLifetimeSeconds": 60 }));
    server.enroll(json!({}));
    let body = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    _ = server.update(ID[0], TOKEN[0], body.clone()).unwrap();
    assert_eq!(server.stored(ID[0]).unwrap().last_used_at(), None, "an update is no use");
    let at = oauth_dcr::testing::ManualClock::START;
    run(server.store.inner().touch(&client_id(ID[0]), at)).unwrap();
    let updated = server.update(ID[0], TOKEN[0], body).unwrap();
    assert_eq!(updated.client().last_used_at(), Some(at));
    assert_eq!(server.stored(ID[0]).unwrap().last_used_at(), Some(at));
}

/// Removals are in batches, and each says how many it were.
#[test]
fn s_exp_07_removals_come_in_batches() {
    let (server, _) = server_of(json!({ "dynamicRegistrationExpirationTime": 60 }));
    let grant = Caller::Granted(InitialGrant::new("acme-2026").with_owner("acme"));
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let register = |caller: &Caller| {
        run(server.registrar.register(RegisterRequest::from_body(body.as_bytes()).with_caller(caller)))
            .unwrap()
    };
    for _ in 0..5 {
        _ = register(&grant);
        _ = register(&Caller::Anonymous);
    }
    let cause = Cause::InitialAccess("acme-2026".into());
    let revoke = |limit| run(server.registrar.revoke(&**server.store.inner(), &cause, limit)).unwrap();
    assert_eq!([0, 3, 3, 3].map(revoke), [0, 3, 2, 0]);
    assert_eq!(server.store.inner().len(), 5, "the clients without a token stay");
    server.clock.advance(60);
    assert_eq!([0, 3, 3, 3].map(|limit| server.sweep(limit)), [0, 3, 2, 0]);
}

/// A revocation by cause ends the clients of that cause at once, says so, and leaves the others.
#[test]
fn a_revocation_ends_the_clients_of_a_cause() {
    let (server, events) = server_of(json!({}));
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    for owner in ["acme", "bravo"] {
        let caller = Caller::Granted(InitialGrant::new(&format!("{owner}-1")).with_owner(owner));
        _ = run(server.registrar.register(RegisterRequest::from_body(body.as_bytes()).with_caller(&caller)))
            .unwrap();
    }
    events.take();
    let revoke = |cause| run(server.registrar.revoke(&**server.store.inner(), &cause, 10)).unwrap();
    assert_eq!(revoke(Cause::Owner("nobody".into())), 0);
    assert_eq!(events.take(), Vec::<Value>::new());
    assert_eq!(revoke(Cause::Owner("acme".into())), 1);
    let revoke = ["credentials", "management_token", "grants", "tokens"];
    let told = json!({ "event": "revoked", "cause": "owner", "client": ID[0], "revoke": revoke });
    assert_eq!(events.take(), [told]);
    let unknown = server.refusal(server.read(ID[3], TOKEN[0]));
    assert_eq!(server.refusal(server.read(ID[0], TOKEN[0])), unknown);
    assert!(server.read(ID[1], TOKEN[1]).is_ok());
}

/// A directory that fails is a part of the host that failed.
#[test]
fn a_directory_that_fails_is_told() {
    #[derive(Debug)]
    struct Broken;

    #[async_trait]
    impl ClientDirectory for Broken {
        async fn list(&self, _: Option<&ClientId>, _: usize) -> Result<Vec<Client>, StoreError> {
            Err(StoreError::Backend("broken".into()))
        }

        async fn touch(&self, _: &ClientId, _: OffsetDateTime) -> Result<bool, StoreError> {
            Err(StoreError::Backend("broken".into()))
        }

        async fn sweep(&self, _: &Sweep, _: usize) -> Result<Vec<ClientId>, StoreError> {
            Err(StoreError::Backend("broken".into()))
        }

        async fn revoke(&self, _: &Cause, _: usize) -> Result<Vec<ClientId>, StoreError> {
            Err(StoreError::Unavailable("away".into()))
        }
    }

    let (server, events) = server_of(json!({}));
    let swept = run(server.registrar.sweep(&Broken, 10)).unwrap_err();
    let revoked = run(server.registrar.revoke(&Broken, &Cause::Owner("a".into()), 10)).unwrap_err();
    assert!(matches!(swept, Error::Host(host) if host.part == "store" && !host.transient));
    assert!(matches!(revoked, Error::Host(host) if host.part == "store" && host.transient));
    let failed = |transient| json!({ "event": "failed", "part": "store", "transient": transient });
    assert_eq!(events.take(), [failed(false), failed(true)]);
}
