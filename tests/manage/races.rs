//! Calls that meet.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_dcr::testing::{ManualClock, StoreCall, run};
use oauth_dcr::{
    Caller, Client, ClientId, ClientStore, MemoryClientStore, RegisterRequest, SharedSecret, StoreError,
    TokenDigest,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::*;

/// What happens between an update's look at the client and its replacement of it.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    /// Another update.
    Update,
    /// Another update, with a new token.
    Rotation,
    /// The administrator switches the client off.
    Disable,
    /// A deletion.
    Delete,
}

/// A store in which something else happens right before a replacement or a deletion, as often as it is told.
#[derive(Debug, Default)]
struct Interfering {
    inner: MemoryClientStore,
    script: Mutex<VecDeque<Meanwhile>>,
}

impl Interfering {
    fn new(script: impl IntoIterator<Item = Meanwhile>) -> Self {
        Self { inner: MemoryClientStore::default(), script: Mutex::new(script.into_iter().collect()) }
    }

    async fn interfere(&self, id: &ClientId) {
        let Some(meanwhile) = self.script.lock().unwrap().pop_front() else { return };
        let stored = self.inner.get(id).await.unwrap().unwrap();
        let changed = |changes: Value| -> Client {
            let revision = json!({ "revision": stored.revision() + 1 });
            serde_json::from_value(with(with(serde_json::to_value(&stored).unwrap(), changes), revision))
                .unwrap()
        };
        let next = match meanwhile {
            Meanwhile::Update => changed(json!({})),
            Meanwhile::Rotation => {
                changed(json!({ "registration_access_token": TokenDigest::of("rotated") }))
            }
            Meanwhile::Disable => changed(json!({ "flags": { "disabled": true } })),
            Meanwhile::Delete => return assert!(self.inner.delete(id).await.unwrap()),
        };
        self.inner.replace(&next, stored.revision()).await.unwrap();
    }
}

#[async_trait]
impl ClientStore for Interfering {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        self.inner.insert(client).await
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.inner.get(id).await
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        self.interfere(client.id()).await;
        self.inner.replace(client, expected_revision).await
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        self.interfere(id).await;
        self.inner.delete(id).await
    }
}

fn racing(changes: Value, script: impl IntoIterator<Item = Meanwhile>) -> Server<Interfering> {
    let server = server_with(changes, Interfering::new(script), |builder| builder);
    server.enroll(json!({}));
    server
}

/// S-RACE-01: an update that lost begins again with a fresh look, and succeeds.
#[test]
fn s_race_01_an_update_that_lost_is_tried_again() {
    let server = racing(json!({}), [Meanwhile::Update, Meanwhile::Update]);
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "client_name": "New" });
    let updated = server.update(ID[0], TOKEN[0], members).unwrap();
    assert_eq!(updated.client().revision(), 4, "two others came before it");
    assert_eq!(server.stored(ID[0]).unwrap().metadata().client_name.plain(), Some("New"));
    let (get, replace) = (StoreCall::Get, StoreCall::Replace);
    assert_eq!(server.store.calls(), [StoreCall::Insert, get, replace, get, replace, get, replace]);
}

/// S-RACE-01, S-RACE-07: a signed request that is good once is one request, however often the engine begins
/// again.
#[test]
fn an_update_that_lost_is_still_one_use_of_its_signature() {
    let secret = "a-secret-of-at-least-32-characters";
    let profile = profile(json!({ "request": {
        "media_types": { "application/json": "json", "application/jwt": "jws" },
        "jws": {
            "algs": ["HS256"],
            "keys": [{ "from": "secret", "name": "shared" }],
            "claims": { "replay": "until_exp" },
        },
    } }));
    let server = server_with(json!({}), Interfering::new([Meanwhile::Update]), |builder| {
        builder.profile(profile).shared_secret("shared", SharedSecret::from(secret.to_owned()))
    });
    server.enroll(json!({}));
    let claims = json!({
        "jti": "once", "exp": ISSUED + 60, "client_id": ID[0], "redirect_uris": [REDIRECT],
    });
    let (text, caller) = (signed(&claims, secret), bearer(TOKEN[0]));
    let request =
        RegisterRequest::from_body(text.as_bytes()).with_media_type("application/jwt").with_caller(&caller);
    let updated = run(server.registrar.update(&client_id(ID[0]), request));
    assert_eq!(updated.unwrap().client().revision(), 3);
    let again = run(server.registrar.update(&client_id(ID[0]), request));
    server.refuses(again, 400, "invalid_client_metadata", "jti: was used before");
}

/// A JWT with HS256 (RFC 7515 appendix A.1).
fn signed(claims: &Value, secret: &str) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let input = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims.to_string().as_bytes()));
    // RFC 2104, for a key that is shorter than a block.
    let pad = |byte: u8| -> Vec<u8> {
        let mut block = vec![byte; 64];
        block.iter_mut().zip(secret.bytes()).for_each(|(pad, key)| *pad ^= key);
        block
    };
    let inner = Sha256::digest([pad(0x36), input.clone().into_bytes()].concat());
    let mac = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    format!("{input}.{}", encode(&mac))
}

/// S-RACE-01: after three losses the caller is asked to come back later.
#[test]
fn an_update_that_lost_three_times_gives_up() {
    let server = racing(json!({}), [Meanwhile::Update; 3]);
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "client_name": "New" });
    let result = server.update(ID[0], TOKEN[0], members);
    let wire = server.refusal(result);
    assert_eq!(wire.status, 503);
    assert_eq!(wire.body, r#"{"error":"temporarily_unavailable","error_description":"try again later"}"#);
    assert!(wire.headers.contains(&("retry-after", "1".to_owned())), "{:?}", wire.headers);
    let stored = server.stored(ID[0]).unwrap();
    assert_eq!((stored.revision(), stored.metadata().client_name.plain()), (4, None));
}

/// S-RACE-01, S-RACE-02, INV-12: what an update finds when it looks again decides: a token that was rotated,
/// a client that was switched off or deleted. Nothing comes back to life, and the refusal is the usual one.
#[test]
fn inv_12_an_update_that_lost_is_judged_again() {
    for meanwhile in [Meanwhile::Rotation, Meanwhile::Disable, Meanwhile::Delete] {
        for changes in [json!({}), json!({ "rotateClientRegistrationAccessTokenOnUsage": true })] {
            let server = racing(changes, [meanwhile]);
            let unknown = server.refusal(server.read(ID[3], TOKEN[0]));
            let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "client_name": "New" });
            let result = server.update(ID[0], TOKEN[0], members);
            assert_eq!(server.refusal(result), unknown, "{meanwhile:?}");
            let stored = server.stored(ID[0]);
            match meanwhile {
                Meanwhile::Delete => assert_eq!(stored, None, "the update brought the client back"),
                _ => assert_eq!(stored.unwrap().metadata().client_name.plain(), None, "{meanwhile:?}"),
            }
        }
    }
}

/// Of two deletions one is told that it was too late.
///
/// Accepts: S-RACE-02
/// Refuses: S-RACE-02, R92-045
#[test]
fn s_race_02_a_deletion_that_lost_is_refused() {
    let server = racing(json!({}), [Meanwhile::Delete]);
    let unknown = server.refusal(server.read(ID[3], TOKEN[0]));
    assert_eq!(server.refusal(server.delete(ID[0], TOKEN[0])), unknown);
    assert_eq!(server.stored(ID[0]), None);
}

/// A deletion is not stopped by an update that came first.
#[test]
fn a_deletion_wins_against_an_update() {
    let server = racing(json!({}), [Meanwhile::Update]);
    assert!(server.delete(ID[0], TOKEN[0]).is_ok());
    assert_eq!(server.stored(ID[0]), None);
}

/// A store that lets other tasks run before and after each call.
#[derive(Debug, Default)]
struct Yielding(MemoryClientStore);

#[async_trait]
impl ClientStore for Yielding {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        between(|| self.0.insert(client)).await
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        between(|| self.0.get(id)).await
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        between(|| self.0.replace(client, expected_revision)).await
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        between(|| self.0.delete(id)).await
    }
}

async fn between<F: Future>(call: impl FnOnce() -> F) -> F::Output {
    tokio::task::yield_now().await;
    let output = call().await;
    tokio::task::yield_now().await;
    output
}

/// S-RACE-01: 16 tasks update one client. Each succeeds or is told to come back; none is lost, none counts
/// twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_race_01_no_update_is_lost() {
    let server = Arc::new(server_with(json!({}), Yielding::default(), |builder| builder));
    let text = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let _ = server.registrar.register(RegisterRequest::from_body(text.as_bytes())).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let server = server.clone();
            tokio::spawn(async move {
                let members = json!({
                    "client_id": ID[0],
                    "redirect_uris": [REDIRECT],
                    "client_name": number.to_string(),
                });
                let (text, caller) = (members.to_string(), bearer(TOKEN[0]));
                let request = RegisterRequest::from_body(text.as_bytes()).with_caller(&caller);
                let updated = server.registrar.update(&client_id(ID[0]), request).await;
                updated.map(|updated| (number, updated.client().revision()))
            })
        })
        .collect();
    let mut won = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(outcome) => won.push(outcome),
            Err(error) => assert_eq!(server.registrar.wire_error(&error).status, 503, "{error:?}"),
        }
    }
    assert!(!won.is_empty(), "somebody wins each round");
    won.sort_by_key(|(_, revision)| *revision);
    let revisions: Vec<u64> = won.iter().map(|(_, revision)| *revision).collect();
    assert_eq!(revisions, (2..=won.len() as u64 + 1).collect::<Vec<_>>(), "each revision is one update's");
    let stored = server.store.inner().0.get(&client_id(ID[0])).await.unwrap().unwrap();
    assert_eq!(stored.revision(), won.len() as u64 + 1);
    let (last, _) = won.last().unwrap();
    assert_eq!(stored.metadata().client_name.plain(), Some(&*last.to_string()));
}

/// 16 tasks with one token that each update rotates: exactly one succeeds.
///
/// Accepts: S-RACE-01, R92-062
/// Refuses: S-RACE-01, R92-062
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotated_token_is_good_for_one_update() {
    let changes = json!({ "rotateClientRegistrationAccessTokenOnUsage": true });
    let server = Arc::new(server_with(changes, Yielding::default(), |builder| builder));
    let text = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let _ = server.registrar.register(RegisterRequest::from_body(text.as_bytes())).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move {
                let text = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }).to_string();
                let caller = bearer(TOKEN[0]);
                let request = RegisterRequest::from_body(text.as_bytes()).with_caller(&caller);
                server.registrar.update(&client_id(ID[0]), request).await
            })
        })
        .collect();
    let mut wins = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(updated) => wins.push(updated.registration_access_token().unwrap().clone()),
            Err(error) => assert_eq!(server.registrar.wire_error(&error).status, 401, "{error:?}"),
        }
    }
    let [token] = &wins[..] else { panic!("{} updates with one token", wins.len()) };
    assert!(server.registrar.read(&client_id(ID[0]), &Caller::Bearer(token.clone())).await.is_ok());
}

/// S-RACE-02: updates against a deletion: whoever comes first, the client is gone in the end.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_race_02_no_update_survives_a_deletion() {
    for _ in 0..20 {
        let server = Arc::new(server_with(json!({}), Yielding::default(), |builder| builder));
        let text = json!({ "redirect_uris": [REDIRECT] }).to_string();
        let _ = server.registrar.register(RegisterRequest::from_body(text.as_bytes())).await.unwrap();
        let updates: Vec<_> = (0..4)
            .map(|_| {
                let server = server.clone();
                tokio::spawn(async move {
                    let text = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }).to_string();
                    let caller = bearer(TOKEN[0]);
                    let request = RegisterRequest::from_body(text.as_bytes()).with_caller(&caller);
                    server.registrar.update(&client_id(ID[0]), request).await.map(|_| ())
                })
            })
            .collect();
        let deletion = server.registrar.delete(&client_id(ID[0]), &bearer(TOKEN[0])).await;
        assert!(deletion.is_ok(), "{deletion:?}");
        for update in updates {
            if let Err(error) = update.await.unwrap() {
                assert!([401, 503].contains(&server.registrar.wire_error(&error).status), "{error:?}");
            }
        }
        assert_eq!(server.store.inner().0.get(&client_id(ID[0])).await.unwrap(), None);
    }
}

/// S-RACE-11: a caller that goes away at any point leaves a whole record behind: the old one or the new one.
#[test]
fn s_race_11_a_call_that_is_dropped_leaves_a_whole_record() {
    for polls in 0..8 {
        let server = server_with(json!({}), Yielding::default(), |builder| builder);
        let first = json!({ "redirect_uris": [REDIRECT], "client_name": "Example" }).to_string();
        poll(Box::pin(server.registrar.register(RegisterRequest::from_body(first.as_bytes()))), polls);
        let stored = run(server.store.inner().0.get(&client_id(ID[0]))).unwrap();
        if let Some(client) = &stored {
            assert_eq!(client.registration_access_token(), Some(&TokenDigest::of(TOKEN[0])));
            assert!(client.verify_secret(SECRET[0], ManualClock::START));
        }
        assert_eq!(stored.is_some(), polls >= 2, "stored after {polls} polls");

        let server = server_with(json!({}), Yielding::default(), |builder| builder);
        poll(Box::pin(server.registrar.register(RegisterRequest::from_body(first.as_bytes()))), 8);
        let (caller, second) =
            (bearer(TOKEN[0]), json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }).to_string());
        let request = RegisterRequest::from_body(second.as_bytes()).with_caller(&caller);
        poll(Box::pin(server.registrar.update(&client_id(ID[0]), request)), polls);
        let stored = run(server.store.inner().0.get(&client_id(ID[0]))).unwrap().unwrap();
        let is_new = stored.metadata().client_name.plain().is_none();
        assert_eq!(
            (stored.revision(), is_new),
            if polls >= 4 { (2, true) } else { (1, false) },
            "after {polls} polls"
        );
        assert_eq!(stored.registration_access_token(), Some(&TokenDigest::of(TOKEN[0])));

        poll(Box::pin(server.registrar.delete(&client_id(ID[0]), &caller)), polls);
        let stored = run(server.store.inner().0.get(&client_id(ID[0]))).unwrap();
        assert_eq!(stored.is_none(), polls >= 4, "deleted after {polls} polls");
    }
}

/// Polls a future some times and drops it.
fn poll<T>(mut future: Pin<Box<dyn Future<Output = T> + '_>>, times: usize) {
    for _ in 0..times {
        if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return;
        }
    }
}
