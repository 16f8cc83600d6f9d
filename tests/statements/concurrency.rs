//! Many at once: one fetch for all who need it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use oauth_dcr::testing::{ManualClock, StaticResolver};
use oauth_dcr::{FetchError, FetchPurpose, JwksResolver, MemoryClientStore, RegisterRequest, Registrar};
use serde_json::{Value, json};
use url::Url;

use crate::keys::*;
use crate::support::*;

const MANY: usize = 1000;

/// A network that takes its time and counts.
#[derive(Clone, Debug)]
struct Slow {
    documents: StaticResolver,
    under_way: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Slow {
    fn new() -> Self {
        let documents =
            StaticResolver::new().with(ISSUER_KEYS, DIRECTORY.set()).with(SOFTWARE_KEYS, SOFTWARE.set());
        Self { documents, under_way: Arc::default(), most: Arc::default() }
    }

    fn fetched(&self) -> Vec<String> {
        self.documents.fetched().into_iter().map(|(uri, _)| uri).collect()
    }
}

#[async_trait]
impl JwksResolver for Slow {
    async fn fetch(&self, uri: &Url, purpose: FetchPurpose) -> Result<Value, FetchError> {
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        self.documents.fetch(uri, purpose).await
    }
}

struct Crowd {
    registrar: Registrar,
    network: Slow,
    clock: ManualClock,
    store: Arc<MemoryClientStore>,
}

fn crowd(changes: Value) -> Crowd {
    let (network, clock, store) = (Slow::new(), ManualClock::new(), Arc::new(MemoryClientStore::default()));
    let registrar = Registrar::builder(config(changes), store.clone())
        .jwks_resolver(network.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    Crowd { registrar, network, clock, store }
}

impl Crowd {
    /// Sends the bodies, all at once. How many were accepted, and what the others were told.
    async fn rush(
        &self,
        media_type: &'static str,
        bodies: impl IntoIterator<Item = String>,
    ) -> (usize, Vec<String>) {
        let tasks: Vec<_> = bodies
            .into_iter()
            .map(|body| {
                let registrar = self.registrar.clone();
                tokio::spawn(async move {
                    let request = RegisterRequest::from_body(body.as_bytes()).with_media_type(media_type);
                    registrar
                        .register(request)
                        .await
                        .map(|_| ())
                        .map_err(|error| registrar.wire_error(&error).body)
                })
            })
            .collect();
        let (mut accepted, mut told) = (0, Vec::new());
        for task in tasks {
            match task.await.unwrap() {
                Ok(()) => accepted += 1,
                Err(body) => told.push(body),
            }
        }
        told.sort();
        told.dedup();
        (accepted, told)
    }
}

fn builtin(keys: Value) -> Value {
    let entry = with(json!({ "id": "directory", "type": "SSA", "issuers": [ISSUER] }), keys);
    json!({ "softwareStatementValidationType": "builtin", "dcrSsaValidationConfigs": [entry] })
}

fn repeated(body: &Value) -> impl Iterator<Item = String> {
    std::iter::repeat_n(body.to_string(), MANY)
}

/// A thousand registrations that need one key set nobody has yet cause one fetch, and all of them get its
/// keys.
///
/// S-NET-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_that_need_one_set_fetch_it_once() {
    let crowd = crowd(builtin(json!({ "jwksUri": ISSUER_KEYS })));
    let body = presenting(statement(json!({ "client_name": "Attested" })));
    let (accepted, told) = crowd.rush("application/json", repeated(&body)).await;
    assert_eq!((accepted, told), (MANY, vec![]));
    assert_eq!(crowd.network.fetched(), [ISSUER_KEYS]);
    assert_eq!(crowd.store.len(), MANY);
    // And with the set in hand, none.
    crowd.rush("application/json", repeated(&body)).await;
    assert_eq!(crowd.network.fetched().len(), 1);
}

/// The same for a discovery document, and for the keys that a statement names for its request.
///
/// S-NET-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_document_is_fetched_once() {
    let discovery = "https://directory.example/.well-known/openid-configuration";
    let entry =
        json!({ "configurationEndpoint": discovery, "configurationEndpointClaim": "ssa_jwks_endpoint" });
    let crowd = crowd(with(
        builtin(entry),
        json!({
            "dcrSignatureValidationEnabled": true,
            "dcrSignatureValidationSoftwareStatementJwksURIClaim": "software_jwks_uri",
        }),
    ));
    crowd.network.documents.insert(discovery, json!({ "ssa_jwks_endpoint": ISSUER_KEYS }));
    let token = statement(json!({ "software_jwks_uri": SOFTWARE_KEYS }));
    let body = SOFTWARE.sign(&request(json!({ "software_statement": token })));
    let (accepted, told) = crowd.rush("application/jwt", std::iter::repeat_n(body, MANY)).await;
    assert_eq!((accepted, told), (MANY, vec![]));
    assert_eq!(crowd.network.fetched(), [discovery, ISSUER_KEYS, SOFTWARE_KEYS]);
    assert_eq!(crowd.network.most.load(Ordering::SeqCst), 1);
}

/// Keys that the set does not have, a thousand different ones at once: at most one more fetch in a minute.
///
/// Refuses: S-JOSE-07, S-NET-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_keys_do_not_flood_the_issuer() {
    let crowd = crowd(builtin(json!({ "jwksUri": ISSUER_KEYS })));
    let unknown = || {
        (0..MANY).map(|index| {
            let header = json!({ "alg": "ES256", "kid": format!("unknown-{index}") });
            presenting(FORGER.sign_as(&header, &claims(json!({})))).to_string()
        })
    };
    let refused = json!({ "error": INVALID, "error_description": NOT_VERIFIED }).to_string();
    for minutes in 1..=3 {
        let (accepted, told) = crowd.rush("application/json", unknown()).await;
        assert_eq!((accepted, told), (0, vec![refused.clone()]));
        let fetches = crowd.network.fetched().len();
        assert!(fetches <= minutes, "{fetches} in minute {minutes}");
        crowd.clock.advance(60);
    }
    // A key that is there by now is found by all who bring a token of it.
    let newer = Key::new("ES256", "directory-2");
    crowd.network.documents.insert(ISSUER_KEYS, json!({ "keys": [DIRECTORY.public(), newer.public()] }));
    let body = presenting(newer.sign(&claims(json!({}))));
    let before = crowd.network.fetched().len();
    let (accepted, told) = crowd.rush("application/json", repeated(&body)).await;
    assert_eq!((accepted, told), (MANY, vec![]));
    assert_eq!(crowd.network.fetched().len(), before + 1);
}

/// Unknown keys in the shadow of known ones: while the one fetch goes on, honest tokens do not wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_tokens_come_through_among_unknown_keys() {
    let crowd = crowd(builtin(json!({ "jwksUri": ISSUER_KEYS })));
    let honest = presenting(statement(json!({}))).to_string();
    let unknown =
        presenting(FORGER.sign_as(&json!({ "alg": "ES256", "kid": "x" }), &claims(json!({})))).to_string();
    for _ in 0..2 {
        let both = (0..MANY).map(|index| if index % 2 == 0 { honest.clone() } else { unknown.clone() });
        let (accepted, told) = crowd.rush("application/json", both).await;
        assert_eq!((accepted, told.len()), (MANY / 2, 1));
        crowd.clock.advance(60);
    }
    assert!(crowd.network.fetched().len() <= 2);
}

/// An address that does not answer is asked once by a thousand, and once more when its failure is forgotten.
///
/// S-NET-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_fails_is_asked_once() {
    let gone = "https://directory.example/gone";
    let crowd = crowd(builtin(json!({ "jwksUri": gone })));
    let body = presenting(statement(json!({})));
    let refused = json!({ "error": INVALID, "error_description": NOT_VERIFIED }).to_string();
    for asked in 1..=2 {
        let (accepted, told) = crowd.rush("application/json", repeated(&body)).await;
        assert_eq!((accepted, told), (0, vec![refused.clone()]));
        assert_eq!(crowd.network.fetched().len(), asked);
        crowd.clock.advance(30);
    }
    assert_eq!(crowd.store.len(), 0);
}

/// A caller that goes away in the middle leaves the fetch to the others, and nothing behind.
///
/// S-RACE-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_goes_away_leaves_the_fetch_to_the_others() {
    let crowd = crowd(builtin(json!({ "jwksUri": ISSUER_KEYS })));
    let body = presenting(statement(json!({}))).to_string();
    let gone: Vec<_> = (0..50)
        .map(|_| {
            let (registrar, body) = (crowd.registrar.clone(), body.clone());
            tokio::spawn(async move { registrar.register(RegisterRequest::from_body(body.as_bytes())).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(5)).await;
    let rest = crowd.rush("application/json", std::iter::repeat_n(body.clone(), 50));
    for task in &gone[..49] {
        task.abort();
    }
    let (accepted, told) = rest.await;
    assert_eq!((accepted, told), (50, vec![]));
    for task in gone {
        let _ = task.await;
    }
    assert!(crowd.network.fetched().len() <= 2, "{:?}", crowd.network.fetched());
    assert!(crowd.store.len() >= 50);
}
