//! Parts of the host that fail, panic or never answer, at every call in turn: what is left behind is what was there, or
//! what should be there.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use oauth_dcr::testing::{ManualClock, StaticResolver, run};
use oauth_dcr::{
    Caller, Client, ClientDirectory, ClientId, ClientStore, Draft, Error, FetchError, FetchPurpose,
    HookContext, HookError, InitialAccessTokens, InitialGrant, JwksResolver, MemoryClientStore,
    MemoryInitialAccessTokens, MemoryReplayGuard, RegisterRequest, Registrar, RegistrationAccessToken,
    ReplayGuard, ReplayKey, ScriptHook, StoreError, TokenDigest,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::keys::*;
use crate::support::{ISSUER, REDIRECT, config, profile, request, statement};

/// How a call goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    /// It fails and did nothing.
    Before,
    /// It did what it should and fails none the less: the answer was lost.
    After,
    Panic,
    /// It never answers, and whoever waits goes away.
    Hang,
    /// It did what it should, never answers, and whoever waits goes away.
    HangAfter,
}

const FAULTS: [Fault; 5] = [Fault::Before, Fault::After, Fault::Panic, Fault::Hang, Fault::HangAfter];

/// What all parts of the host go through: the call with this number goes wrong. Calls are numbered from 1.
#[derive(Clone, Debug, Default)]
struct Trap(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    at: usize,
    fault: Option<Fault>,
    calls: Vec<&'static str>,
}

impl Trap {
    fn set(&self, at: usize, fault: Option<Fault>) {
        *self.0.lock().unwrap() = State { at, fault, calls: Vec::new() };
    }

    fn calls(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().calls.clone()
    }

    fn due(&self, name: &'static str) -> Option<Fault> {
        let mut state = self.0.lock().unwrap();
        state.calls.push(name);
        state.fault.filter(|_| state.calls.len() == state.at)
    }

    /// A call with its effect. Nothing if it goes wrong.
    async fn call<T>(&self, name: &'static str, effect: impl Future<Output = T>) -> Option<T> {
        let fault = self.due(name);
        match fault {
            None => Some(effect.await),
            Some(Fault::Before) => None,
            Some(Fault::After) => {
                effect.await;
                None
            }
            Some(Fault::Panic) => panic!("a part of the host panics"),
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::HangAfter) => {
                effect.await;
                std::future::pending().await
            }
        }
    }
}

#[derive(Debug)]
struct Part<T>(T, Trap);

const FAILED: &str = "told to fail";

fn store<T>(answer: Option<Result<T, StoreError>>) -> Result<T, StoreError> {
    answer.unwrap_or_else(|| Err(StoreError::Unavailable(FAILED.into())))
}

#[async_trait]
impl ClientStore for Part<Arc<MemoryClientStore>> {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        store(self.1.call("insert", self.0.insert(client)).await)
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        store(self.1.call("get", self.0.get(id)).await)
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        store(self.1.call("replace", self.0.replace(client, expected_revision)).await)
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        store(self.1.call("delete", self.0.delete(id)).await)
    }
}

#[async_trait]
impl ReplayGuard for Part<MemoryReplayGuard> {
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        store(self.1.call("consume", self.0.consume(key, now, until)).await)
    }
}

#[async_trait]
impl InitialAccessTokens for Part<MemoryInitialAccessTokens> {
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError> {
        self.0.insert(token, grant).await
    }

    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError> {
        store(self.1.call("find", self.0.find(token)).await)
    }

    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError> {
        store(self.1.call("redeem", self.0.redeem(token, now)).await)
    }

    async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        self.0.revoke(id).await
    }
}

#[async_trait]
impl JwksResolver for Part<StaticResolver> {
    async fn fetch(&self, uri: &url::Url, purpose: FetchPurpose) -> Result<Value, FetchError> {
        let answer = self.1.call("fetch", self.0.fetch(uri, purpose)).await;
        answer.unwrap_or_else(|| Err(FetchError::Failed(FAILED.into())))
    }
}

#[async_trait]
impl ScriptHook for Part<()> {
    async fn create_client(&self, _: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        self.1.call("create_client", async {}).await.ok_or_else(|| HookError::Failed(FAILED.into()))
    }

    async fn update_client(&self, _: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        self.1.call("update_client", async {}).await.ok_or_else(|| HookError::Failed(FAILED.into()))
    }

    async fn delete_client(&self, _: &HookContext<'_>) -> Result<(), HookError> {
        self.1.call("delete_client", async {}).await.ok_or_else(|| HookError::Failed(FAILED.into()))
    }

    async fn modify_response(
        &self,
        _: &HookContext<'_>,
        _: &mut serde_json::Map<String, Value>,
    ) -> Result<(), HookError> {
        self.1.call("modify_response", async {}).await.ok_or_else(|| HookError::Failed(FAILED.into()))
    }
}

/// A registrar all of whose parts go through one trap.
struct Trapped {
    registrar: Registrar,
    clients: Arc<MemoryClientStore>,
    tokens: MemoryInitialAccessTokens,
    clock: ManualClock,
    trap: Trap,
    caller: Caller,
    digest: TokenDigest,
}

const USES: u32 = 5;
const SECTOR: &str = "https://sector.example/redirects.json";

fn trapped() -> Trapped {
    let (trap, clients, tokens) =
        (Trap::default(), Arc::new(MemoryClientStore::default()), MemoryInitialAccessTokens::default());
    let once = json!({ "algs": ["ES256"], "claims": { "replay": "until_exp" } });
    let signed = |from: Value| {
        let mut jws = once.clone();
        jws["keys"] = json!([from]);
        jws
    };
    let text = json!({
        "dcr_profile": 1, "name": "trapped", "extends": ["standard"],
        "access": { "create": { "tokens": [{ "kind": "initial_access" }] } },
        "request": { "media_types": { "application/jwt": "jws" },
            "jws": signed(json!({ "from": "jwks", "jwks": "SOFTWARE" })) },
        "software_statement": { "issuers": [{ "iss": [ISSUER],
            "jws": signed(json!({ "from": "uri", "uri": "https://directory.example/jwks" })) }] },
    });
    let network = StaticResolver::new()
        .with("https://directory.example/jwks", DIRECTORY.set())
        .with(SECTOR, json!([REDIRECT]));
    let clock = ManualClock::new();
    let registrar = Registrar::builder(config(json!({})), Part(clients.clone(), trap.clone()))
        .clock(clock.clone())
        .profile(profile(&text.to_string()))
        .jwks_resolver(Part(network, trap.clone()))
        .replay_guard(Part(MemoryReplayGuard::default(), trap.clone()))
        .initial_access_tokens(Part(tokens.clone(), trap.clone()))
        .script_hook(Part((), trap.clone()))
        .build()
        .unwrap();
    let token = run(registrar.issue_initial_access_token(&InitialGrant::new("g").with_uses(USES))).unwrap();
    Trapped {
        caller: Caller::Bearer(RegistrationAccessToken::from(token.expose_secret().to_owned())),
        digest: TokenDigest::of(token.expose_secret()),
        registrar,
        clients,
        tokens,
        clock,
        trap,
    }
}

/// How an operation ended that may have been left.
#[derive(Debug)]
enum Ended<T> {
    With(Result<T, Error>),
    /// It panicked, or was dropped while it waited.
    Left,
}

fn ended<T>(operation: impl Future<Output = Result<T, Error>>) -> Ended<T> {
    let polled = catch_unwind(AssertUnwindSafe(|| {
        pin!(operation).as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }));
    match polled {
        Ok(Poll::Ready(result)) => Ended::With(result),
        Ok(Poll::Pending) | Err(_) => Ended::Left,
    }
}

fn signed_request(jti: &str, statement_jti: &str, members: Value) -> String {
    let statement = statement(json!({ "jti": statement_jti }));
    let members = with(members, json!({ "jti": jti, "software_statement": statement }));
    SOFTWARE.sign(&request(with(members, json!({ "sector_identifier_uri": SECTOR }))))
}

impl Trapped {
    async fn register(&self, body: &str) -> Result<oauth_dcr::Registration, Error> {
        let request = RegisterRequest::from_body(body.as_bytes());
        self.registrar.register(request.with_media_type("application/jwt").with_caller(&self.caller)).await
    }

    fn clients(&self) -> Vec<Client> {
        run(self.clients.list(None, 10)).unwrap()
    }

    fn uses_left(&self) -> u32 {
        run(self.tokens.find(&self.digest)).unwrap().unwrap().uses_left().unwrap()
    }
}

/// Whether a call of this name took effect.
fn took_effect(calls: &[&str], name: &str, nth: usize, at: usize, fault: Fault) -> bool {
    let place = calls.iter().enumerate().filter(|(_, own)| **own == name).nth(nth);
    place.is_some_and(|(place, _)| place + 1 != at || matches!(fault, Fault::After | Fault::HangAfter))
}

/// S-RACE-08, S-RACE-11: registration.
#[test]
fn s_race_08_a_registration_that_breaks_off_leaves_nothing_or_a_client() {
    let whole = trapped();
    drop(run(whole.register(&signed_request("1", "1", json!({})))).unwrap());
    let calls = whole.trap.calls();
    assert_eq!(
        calls,
        [
            "find",
            "fetch",
            "consume",
            "fetch",
            "create_client",
            "redeem",
            "consume",
            "insert",
            "modify_response"
        ]
    );
    for fault in FAULTS {
        for at in 1..=calls.len() {
            let what = format!("{fault:?} at {at}, {}", calls[at - 1]);
            let server = trapped();
            server.trap.set(at, Some(fault));
            let body = signed_request("1", "1", json!({ "client_name": "a" }));
            let result = ended(server.register(&body));
            let made = server.trap.calls();
            let effect = |name: &str, nth: usize| took_effect(&made, name, nth, at, fault);

            let clients = server.clients();
            assert_eq!(clients.len(), usize::from(effect("insert", 0)), "{what}");
            for client in &clients {
                assert_eq!(client.metadata().client_name.plain(), Some("a"), "{what}: whole");
                assert_eq!(client.revision(), 1, "{what}");
            }
            if let Ended::With(Ok(registration)) = &result {
                assert_eq!(clients, [registration.client().clone()], "{what}");
                assert_eq!(calls[at - 1], "modify_response", "{what}: only this cannot refuse");
            }
            // A use of the token and the statement's is taken right before the client is stored, the request's when
            // its signature held.
            assert_eq!(server.uses_left(), USES - u32::from(effect("redeem", 0)), "{what}");
            // Keys that could not be fetched are asked for again after a while.
            server.clock.advance(120);
            server.trap.set(0, None);
            let again = run(server.register(&body));
            assert_eq!(again.is_err(), effect("consume", 0), "{what}: the same request again");
            server.trap.set(0, None);
            let other = run(server.register(&signed_request("2", "1", json!({}))));
            let statement_is_used = effect("consume", 1) || again.is_ok();
            assert_eq!(other.is_err(), statement_is_used, "{what}: another request with the statement");
        }
    }
}

/// An update leaves the client as it was, or as it should be; a deletion likewise.
#[test]
fn an_update_or_a_deletion_that_breaks_off_leaves_the_old_or_the_new() {
    let calls_of = |is_deletion: bool| {
        let (server, _) = registered();
        let result = server.change(is_deletion, "2");
        assert!(matches!(result, Ended::With(Ok(()))), "{result:?}");
        server.0.trap.calls()
    };
    assert_eq!(
        calls_of(false),
        ["get", "consume", "fetch", "update_client", "consume", "replace", "modify_response"]
    );
    assert_eq!(calls_of(true), ["get", "delete_client", "delete"]);
    for is_deletion in [false, true] {
        let calls = calls_of(is_deletion);
        for fault in FAULTS {
            for at in 1..=calls.len() {
                let what = format!("{fault:?} at {at}, {}", calls[at - 1]);
                let (server, old) = registered();
                server.0.trap.set(at, Some(fault));
                let result = server.change(is_deletion, "2");
                let made = server.0.trap.calls();
                let effect = |name: &str| took_effect(&made, name, 0, at, fault);
                let clients = server.0.clients();
                match (is_deletion, effect("delete"), effect("replace")) {
                    (true, true, _) => assert!(clients.is_empty(), "{what}"),
                    (false, _, true) => {
                        assert_eq!(clients[0].metadata().client_name.plain(), Some("new"), "{what}");
                        assert_eq!(clients[0].revision(), old.revision() + 1, "{what}");
                        assert_eq!(clients[0].provenance().initial_access.as_deref(), Some("g"), "{what}");
                    }
                    _ => assert_eq!(clients, [old], "{what}"),
                }
                if matches!(result, Ended::With(Ok(()))) {
                    assert_eq!(calls[at - 1], "modify_response", "{what}: only this cannot refuse");
                }
                assert_eq!(server.0.uses_left(), USES - 1, "{what}");
            }
        }
    }
}

/// A registered client and its token.
struct Owned(Trapped, ClientId, Caller);

fn registered() -> (Owned, Client) {
    let server = trapped();
    let registration =
        run(server.register(&signed_request("1", "1", json!({ "client_name": "old" })))).unwrap();
    let token = registration.registration_access_token().unwrap().clone();
    let client = registration.client().clone();
    server.trap.set(0, None);
    (Owned(server, client.id().clone(), Caller::Bearer(token)), client)
}

impl Owned {
    fn change(&self, is_deletion: bool, jti: &str) -> Ended<()> {
        let Self(server, id, caller) = self;
        if is_deletion {
            return ended(server.registrar.delete(id, caller));
        }
        let body = signed_request(jti, jti, json!({ "client_id": id, "client_name": "new" }));
        let request = RegisterRequest::from_body(body.as_bytes()).with_media_type("application/jwt");
        ended(async { server.registrar.update(id, request.with_caller(caller)).await.map(drop) })
    }
}
