//! What the host's sink is told: one event per decision, names and codes only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use oauth_dcr::testing::{FailingEntropy, ManualClock, RecordingEvents, StoreFault, run};
use oauth_dcr::{
    AccessToken, Caller, ClientState, EventDetail, EventSink, ManagementRequest, MemoryClientStore, Profile,
    RegisterRequest, RegistrarBuilder, RegistrationEvent,
};
use serde_json::{Value, json};

use crate::support::*;

/// What the presets say a deletion takes along.
const ALL: [&str; 4] = ["credentials", "management_token", "grants", "tokens"];

fn told(
    changes: Value,
    parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder,
) -> (Server, RecordingEvents) {
    let events = RecordingEvents::new();
    let sink = events.clone();
    let server =
        server_with(changes, MemoryClientStore::default(), |builder| parts(builder.event_sink(sink)));
    (server, events)
}

fn under(parts: Value) -> (Server, RecordingEvents) {
    told(json!({}), |builder| builder.profile(profile(parts)))
}

fn put(members: Value) -> Value {
    with(json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }), members)
}

/// R92-042: every operation is one event, and a deletion says what else has to go.
#[test]
fn each_decision_is_one_event() {
    let (server, events) = told(json!({}), |builder| builder);
    let about = |event: Value| vec![with(json!({ "profile": "standard", "client": ID[0] }), event)];
    server.enroll(json!({ "client_name": "a", "client_name#fr": "b" }));
    assert_eq!(events.take(), about(json!({ "event": "created", "operation": "create" })));
    _ = server.read(ID[0], TOKEN[0]).unwrap();
    assert_eq!(events.take(), about(json!({ "event": "read", "operation": "read" })));
    let update =
        |changed: Value| about(json!({ "event": "updated", "operation": "update", "changed": changed }));
    _ = server
        .update(ID[0], TOKEN[0], put(json!({ "client_name": "a", "client_name#fr": "c", "contacts": ["d"] })))
        .unwrap();
    assert_eq!(events.take(), update(json!(["contacts", "client_name"])));
    _ = server.update(ID[0], TOKEN[0], put(json!({ "client_name": "e" }))).unwrap();
    assert_eq!(events.take(), update(json!(["client_name", "contacts"])));
    _ = server.update(ID[0], TOKEN[0], put(json!({ "client_name": "e" }))).unwrap();
    assert_eq!(events.take(), update(json!([])));
    server.delete(ID[0], TOKEN[0]).unwrap();
    assert_eq!(events.take(), about(json!({ "event": "deleted", "operation": "delete", "revoke": ALL })));
}

/// A dry run decides nothing.
#[test]
fn a_dry_run_is_no_event() {
    let (server, events) = told(json!({}), |builder| builder);
    let body = json!({ "redirect_uris": ["ftp://a/"] }).to_string();
    assert!(
        !run(server.registrar.explain(RegisterRequest::from_body(body.as_bytes()))).unwrap().is_accepted()
    );
    assert_eq!(events.take(), Vec::<Value>::new());
}

/// A refusal has the rules that refused, each once, and names the client only for who was admitted.
#[test]
fn refusals_have_codes_and_rules() {
    let (server, events) = told(json!({}), |builder| builder);
    let refused = |event: Value| vec![with(json!({ "event": "refused" }), event)];
    server
        .register(
            json!({ "redirect_uris": ["ftp://a/", "ftp://b/"], "jwks_uri": "http://a.example/", "jwks": {} }),
        )
        .unwrap_err();
    let told = events.take();
    assert_eq!((&told[0]["event"], &told[0]["operation"]), (&json!("refused"), &json!("create")));
    assert_eq!((&told[0]["status"], &told[0]["code"]), (&json!(400), &json!("invalid_redirect_uri")));
    let rules: Vec<&str> =
        told[0]["rules"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect();
    let mut unlike = rules.clone();
    unlike.dedup();
    assert!(rules.len() > 1 && rules == unlike, "{rules:?}");
    assert_eq!(told[0].get("client"), None);
    assert_eq!(told[0]["profile"], "standard");

    server.enroll(json!({}));
    events.take();
    let unauthorized = |operation: &str| json!({ "operation": operation, "profile": "standard", "status": 401, "code": "invalid_token" });
    server.read(ID[0], TOKEN[1]).unwrap_err();
    assert_eq!(events.take(), refused(unauthorized("read")), "a wrong token");
    server.delete("nobody", TOKEN[0]).unwrap_err();
    assert_eq!(events.take(), refused(unauthorized("delete")), "an unknown client");
    run(server.registrar.read(&client_id(ID[0]), &Caller::Anonymous)).unwrap_err();
    let missing = json!({ "operation": "read", "profile": "standard", "status": 401 });
    assert_eq!(events.take(), refused(missing), "no credentials: no code");
    server.update(ID[0], TOKEN[0], json!({ "client_id": ID[1], "redirect_uris": [REDIRECT] })).unwrap_err();
    let identity = json!({ "operation": "update", "profile": "standard", "client": ID[0], "status": 400,
        "code": "invalid_request", "rules": ["update.identity"] });
    assert_eq!(events.take(), refused(identity), "an admitted caller");

    let (server, events) = told_off();
    server.register(json!({})).unwrap_err();
    let off = json!({ "operation": "create", "status": 403, "code": "access_denied" });
    assert_eq!(events.take(), refused(off));
}

fn told_off() -> (Server, RecordingEvents) {
    told(json!({ "dynamicRegistrationEnabled": false }), |builder| builder)
}

/// A part of the host that fails is told as what it is, in every operation.
#[test]
fn failures_name_the_part() {
    let (server, events) = told(json!({}), |builder| builder);
    server.enroll(json!({}));
    events.take();
    for (fault, transient) in [(StoreFault::Backend, false), (StoreFault::Unavailable, true)] {
        let failed = |operation: &str, more: Value| {
            let event =
                json!({ "event": "failed", "operation": operation, "part": "store", "transient": transient });
            vec![with(event, more)]
        };
        server.store.fail_all(Some(fault));
        server.registered_fails();
        assert_eq!(events.take(), failed("create", json!({ "profile": "standard" })));
        server.read(ID[0], TOKEN[0]).unwrap_err();
        assert_eq!(events.take(), failed("read", json!({})));
        server.store.fail_all(None);
        server.store.fail_call(server.store.calls().len() + 2, fault);
        server.update(ID[0], TOKEN[0], put(json!({}))).unwrap_err();
        assert_eq!(events.take(), failed("update", json!({ "profile": "standard", "client": ID[0] })));
    }
    let (server, events) = told(json!({}), |builder| builder.entropy(FailingEntropy));
    server.registered_fails();
    let failed = json!({ "event": "failed", "operation": "create", "profile": "standard", "part": "entropy",
        "transient": true });
    assert_eq!(events.take(), [failed]);
}

impl Server {
    fn registered_fails(&self) {
        self.register(json!({ "redirect_uris": [REDIRECT] })).unwrap_err();
    }
}

/// What the host does itself is told without an operation; what changes nothing is not told.
#[test]
fn states_are_told() {
    let (server, events) = under(json!({ "lifecycle": { "initial_state": "pending" } }));
    server.enroll(json!({}));
    events.take();
    let changed = |from: &str, to: &str| {
        let event = json!({ "event": "state_changed", "profile": "test", "client": ID[0] });
        vec![with(event, json!({ "from": from, "to": to }))]
    };
    let set = |state| run(server.registrar.set_state(&client_id(ID[0]), state));
    set(ClientState::Active).unwrap();
    assert_eq!(events.take(), changed("pending", "active"));
    set(ClientState::Suspended).unwrap();
    assert_eq!(events.take(), changed("active", "suspended"));
    set(ClientState::Suspended).unwrap();
    assert_eq!(events.take(), Vec::<Value>::new());
    set(ClientState::Active).unwrap();
    assert_eq!(events.take(), changed("suspended", "active"));
    run(server.registrar.set_state(&client_id("nobody"), ClientState::Active)).unwrap_err();
    assert_eq!(events.take(), [json!({ "event": "failed", "part": "store", "transient": false })]);
}

/// A registration that meets a client is an update of it, its replacement, or its end.
#[test]
fn registrations_that_meet_a_client_are_told() {
    let about =
        |event: Value| with(json!({ "operation": "create", "profile": "test", "client": ID[0] }), event);
    let living = |on_duplicate: &str, more: Value| {
        let lifecycle = json!({ "unique_by": ["$request.software_id"], "on_duplicate": on_duplicate,
            "on_delete": ["tokens"] });
        let (server, events) = under(json!({ "lifecycle": with(lifecycle, more) }));
        server.enroll(json!({ "software_id": "a" }));
        events.take();
        (server, events)
    };
    let again = json!({ "software_id": "a", "client_name": "b" });
    let (server, events) = living("upsert", json!({}));
    assert_eq!(server.registered(again.clone()).status(), 200);
    assert_eq!(events.take(), [about(json!({ "event": "upserted", "changed": ["client_name"] }))]);

    let (server, events) = living("replace", json!({}));
    assert_eq!(server.registered(again.clone()).status(), 200);
    assert_eq!(events.take(), [about(json!({ "event": "replaced", "revoke": ["tokens"] }))]);

    let (server, events) = living("reject", json!({}));
    server.register(with(again.clone(), json!({ "redirect_uris": [REDIRECT] }))).unwrap_err();
    let refused = json!({ "event": "refused", "operation": "create", "profile": "test", "status": 400,
        "code": "invalid_software_statement", "rules": ["lifecycle.unique_by"] });
    assert_eq!(events.take(), [refused]);

    let cancel = json!({ "cancel_when": { "member": "client_name", "equals": "cancel" } });
    let (server, events) = living("upsert", cancel);
    let cancelled = json!({ "redirect_uris": [REDIRECT], "software_id": "a", "client_name": "cancel" });
    assert_eq!(server.register(cancelled).unwrap().status(), 200);
    assert_eq!(events.take(), [about(json!({ "event": "cancelled", "revoke": ["tokens"] }))]);

    // An expired client that a newcomer finds in its place is swept.
    let (server, events) = living("reject", json!({ "ttl_s": 60 }));
    server.clock.advance(60);
    server.enroll(again);
    let told = events.take();
    assert_eq!(told[0], about(json!({ "event": "swept", "revoke": ["tokens"] })));
    let created = json!({ "event": "created", "operation": "create", "profile": "test" });
    assert_eq!(told[1]["client"], ID[2], "drawn anew");
    assert_eq!((&told[1]["event"], &told[1]["operation"]), (&created["event"], &created["operation"]));
    assert_eq!(told.len(), 2);
}

/// R92-014, R92-044: a good access token whose client is gone is to be revoked, if the profile wants that.
#[test]
fn s_err_02_a_token_that_outlived_its_client_is_told() {
    for is_told in [true, false] {
        let tokens = json!([{ "kind": "client_credentials" }]);
        let access = json!({ "tokens": tokens, "revoke_token_on_unknown_client": is_told });
        let (server, events) = under(json!({ "access": { "read": access, "delete": access },
            "lifecycle": { "ttl_s": 60 } }));
        server.enroll(json!({}));
        events.take();
        let read = |id: &str, caller: &Caller| {
            run(server.registrar.read(&client_id(id), caller)).unwrap_err();
            events.take()
        };
        let refused = json!({ "event": "refused", "operation": "read", "profile": "test", "status": 401,
            "code": "invalid_token" });
        let orphaned = |id: &str| match is_told {
            true => vec![with(refused.clone(), json!({ "client": id, "revoke": ["access_token"] }))],
            false => vec![refused.clone()],
        };
        let vouched = |id: &str| Caller::AccessToken(AccessToken::new(client_id(id)));
        assert_eq!(read("gone", &Caller::Client(client_id("gone"))), orphaned("gone"));
        assert_eq!(read("gone", &vouched("gone")), orphaned("gone"));
        // Another client's token is not known to be anybody's who is gone.
        assert_eq!(read("gone", &vouched(ID[0])), std::slice::from_ref(&refused));
        assert_eq!(read(ID[0], &vouched("gone")), std::slice::from_ref(&refused));
        // A suspended client is there, an expired one is not.
        run(server.registrar.set_state(&client_id(ID[0]), ClientState::Suspended)).unwrap();
        events.take();
        assert_eq!(read(ID[0], &vouched(ID[0])), std::slice::from_ref(&refused));
        server.clock.advance(60);
        assert_eq!(read(ID[0], &vouched(ID[0])), orphaned(ID[0]));
    }
}

/// Members that no profile declares have names that their sender chose: these are told as one.
#[test]
fn names_of_strangers_are_not_told() {
    let parts = json!({ "unknown_members": "keep", "metadata": { "tenant_size": { "kind": "int" } } });
    let (server, events) = under(parts);
    server.enroll(json!({ "own\nline": 1 }));
    events.take();
    _ = server
        .update(ID[0], TOKEN[0], put(json!({ "tenant_size": 3, "event=created": 1, "other": 2 })))
        .unwrap();
    assert_eq!(events.take()[0]["changed"], json!(["tenant_size", "*"]));
}

/// Addresses and contacts are told only if they are asked for.
#[test]
fn people_are_told_only_if_asked() {
    let members = json!({ "redirect_uris": [REDIRECT], "contacts": ["ada@app.example.org"] }).to_string();
    for (detail, address, contacts) in [
        (EventDetail::default(), None, None),
        (EventDetail::default().with_remote_address(), Some("192.0.2.7"), None),
        (EventDetail::default().with_contacts(), None, Some(["ada@app.example.org"])),
    ] {
        let (server, events) = told(json!({}), |builder| builder.event_detail(detail));
        let from = "192.0.2.7".parse().unwrap();
        let request = RegisterRequest::from_body(members.as_bytes()).with_remote_address(from);
        _ = run(server.registrar.register(request)).unwrap();
        let owner = bearer(TOKEN[0]);
        let request = ManagementRequest::new(&owner).with_remote_address(from);
        _ = run(server.registrar.read(&client_id(ID[0]), request)).unwrap();
        run(server.registrar.delete(&client_id(ID[0]), request)).unwrap();
        let told = events.take();
        assert_eq!(told.len(), 3);
        for event in told {
            assert_eq!(event.get("remote_address"), address.map(Value::from).as_ref(), "{event}");
            assert_eq!(event.get("contacts"), contacts.map(|own| json!(own)).as_ref(), "{event}");
        }
    }
}

/// A sink that panics changes nothing of the outcome, and hears of the next event too.
#[test]
fn a_sink_that_panics_changes_nothing() {
    #[derive(Debug, Default)]
    struct Panicking(AtomicUsize);

    impl EventSink for Panicking {
        fn record(&self, _: &RegistrationEvent<'_>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("the sink was told to panic");
        }
    }

    let sink = Arc::new(Panicking::default());
    let own = sink.clone();
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| builder.event_sink(own));
    server.enroll(json!({}));
    assert!(server.read(ID[0], TOKEN[0]).is_ok() && server.read(ID[0], TOKEN[1]).is_err());
    server.delete(ID[0], TOKEN[0]).unwrap();
    assert_eq!(sink.0.load(Ordering::SeqCst), 4);
}

/// A client that is stored was told, also if the caller does not wait for the answer.
#[test]
fn what_is_stored_is_told_before_the_answer_is_made() {
    #[derive(Debug)]
    struct Waiting;

    #[async_trait::async_trait]
    impl oauth_dcr::ScriptHook for Waiting {
        async fn modify_response(
            &self,
            _: &oauth_dcr::HookContext<'_>,
            _: &mut serde_json::Map<String, Value>,
        ) -> Result<(), oauth_dcr::HookError> {
            std::future::pending().await
        }
    }

    let (server, events) = told(json!({}), |builder| builder.script_hook(Waiting));
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let mut register = Box::pin(server.registrar.register(RegisterRequest::from_body(body.as_bytes())));
    assert!(register.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(register);
    assert!(server.stored(ID[0]).is_some());
    let told = events.take();
    assert_eq!((told.len(), &told[0]["event"], &told[0]["client"]), (1, &json!("created"), &json!(ID[0])));
}

/// Every event has the time of the registrar's clock, and clients under another profile are told with theirs.
#[test]
fn events_have_the_time_and_the_profile() {
    #[derive(Debug, Default)]
    struct Times(std::sync::Mutex<Vec<(i64, Option<String>)>>);

    impl EventSink for Times {
        fn record(&self, event: &RegistrationEvent<'_>) {
            let profile = event.profile.map(str::to_owned);
            self.0.lock().unwrap().push((event.at.unix_timestamp(), profile));
        }
    }

    let sink = Arc::new(Times::default());
    let own = sink.clone();
    let partners = Profile::preset("rfc7591").unwrap().clone();
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| {
        builder.event_sink(own).further_profile(partners)
    });
    let grant = Caller::Granted(oauth_dcr::InitialGrant::new("a").with_profile("rfc7591"));
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    _ = run(server.registrar.register(RegisterRequest::from_body(body.as_bytes()).with_caller(&grant)))
        .unwrap();
    server.clock.advance(5);
    _ = server.read(ID[0], TOKEN[0]).unwrap();
    let start = ManualClock::START.unix_timestamp();
    let profile = Some("rfc7591".to_owned());
    assert_eq!(*sink.0.lock().unwrap(), [(start, profile.clone()), (start + 5, profile)]);
}
