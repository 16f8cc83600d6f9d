//! What the targets share: a server that is the same for every input, and what holds of every answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{
    Caller, Client, ClientStore, Entropy, EntropyError, Error, FetchError, FetchPurpose, JwksResolver,
    MemoryClientStore, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig, Registration,
    WireError,
};
use serde_json::{Value, json};
use url::Url;

/// A registrar, and its parts that a target looks at or changes.
pub struct Server {
    pub registrar: Registrar,
    pub store: Arc<MemoryClientStore>,
    pub clock: ManualClock,
    pub network: Network,
    entropy: Repeating,
}

impl Server {
    /// A server with some properties changed.
    pub fn new(changes: &Value) -> Self {
        Self::with(changes, |builder| builder)
    }

    /// A server with parts of its own.
    pub fn with(changes: &Value, parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder) -> Self {
        let (store, clock) = (Arc::new(MemoryClientStore::default()), ManualClock::new());
        let (network, entropy) = (Network::default(), Repeating::default());
        let builder = Registrar::builder(config(changes), store.clone())
            .clock(clock.clone())
            .entropy(entropy.clone())
            .jwks_resolver(network.clone());
        let registrar = parts(builder).build().expect("a configuration of a target");
        Self { registrar, store, clock, network, entropy }
    }

    /// Registers with JSON.
    pub fn register(&self, body: &[u8]) -> Result<Registration, Refusal> {
        self.register_as("application/json", body)
    }

    /// Registers, and asserts what holds of every answer: a dry run says the same, a refusal is the client's fault and
    /// stores nothing, a secret is in no debug form.
    pub fn register_as(&self, media_type: &str, body: &[u8]) -> Result<Registration, Refusal> {
        self.entropy.begin();
        let request = || RegisterRequest::from_body(body).with_media_type(media_type);
        let explained = run(self.registrar.explain(request()));
        assert!(self.store.is_empty(), "an explanation stores nothing");
        let result = run(self.registrar.register(request()));
        if let Ok(explanation) = &explained {
            let is_accepted = explanation.verdict == oauth_dcr::explain::Verdict::Accepted;
            assert_eq!(is_accepted, result.is_ok(), "{explanation}\n{result:?}");
        }
        match result {
            Ok(registration) => {
                assert!(explained.is_ok(), "{explained:?}");
                assert_eq!((registration.status(), self.store.len()), (201, 1));
                hides_secrets(&registration);
                comes_back(registration.client());
                Ok(registration)
            }
            Err(error) => {
                assert!(self.store.is_empty(), "a refused request stores nothing");
                Err(Refusal::of(&self.registrar, error))
            }
        }
    }

    /// Forgets a client, so that the next input finds the server as this one did.
    pub fn forget(&self, registration: &Registration) {
        assert!(run(self.store.delete(registration.client().id())).expect("memory"));
    }
}

/// A refusal, as it is and as it is sent.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    pub wire: WireError,
}

impl Refusal {
    /// Asserts that it is no fault of the server, and that it can be sent.
    pub fn of(registrar: &Registrar, error: Error) -> Self {
        let wire = registrar.wire_error(&error);
        assert!((400..500).contains(&wire.status), "{error:?}: {wire:?}");
        let body: Value = serde_json::from_str(&wire.body).expect("an answer in JSON");
        // RFC 6749 section 5.2 has these characters in a description, and no others.
        let text = body["error_description"].as_str().unwrap_or_default();
        let is_printable = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(text.bytes().all(is_printable) && text.len() <= 1024, "{text}");
        Self { error, wire }
    }
}

/// Asserts that no credential is in the debug form of an answer or of its client.
pub fn hides_secrets(registration: &Registration) {
    let shown = format!("{registration:?} {:?}", registration.client());
    let secret = registration.client_secret().map(|secret| secret.expose_secret());
    let token = registration.registration_access_token().map(|token| token.expose_secret());
    for credential in [secret, token].into_iter().flatten() {
        assert!(!shown.contains(credential), "a credential in {shown}");
    }
}

/// Asserts that a client is the same after a store had it.
pub fn comes_back(client: &Client) {
    let written = serde_json::to_string(client).expect("a client is JSON");
    let read: Client = serde_json::from_str(&written).expect("what is written is read");
    assert_eq!(&read, client, "{written}");
}

/// Who was answered with this registration.
pub fn bearer(registration: &Registration) -> Caller {
    Caller::Bearer(registration.registration_access_token().expect("a token").clone())
}

/// A JSON text as a value.
pub fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON of the engine")
}

/// The configuration of most targets.
pub fn config(changes: &Value) -> RegistrarConfig {
    let mut config = json!({
        "registrationEndpoint": "https://op.example/register",
        "issuer": "https://op.example",
        "dynamicRegistrationEnabled": true,
        "dynamicRegistrationScopesParamEnabled": true,
        "scopes": [{ "id": "openid", "default": true }, { "id": "profile" }, { "id": "email" }],
    });
    if let (Some(config), Some(changes)) = (config.as_object_mut(), changes.as_object()) {
        config.extend(changes.clone());
    }
    serde_json::from_value(config).expect("a configuration of a target")
}

/// A network where every address has the same document, or none.
#[derive(Clone, Debug, Default)]
pub struct Network(Arc<Mutex<Option<Value>>>);

impl Network {
    /// Puts this document at every address.
    pub fn has(&self, document: Option<Value>) {
        *self.0.lock().expect("one thread") = document;
    }
}

#[async_trait]
impl JwksResolver for Network {
    async fn fetch(&self, _: &Url, _: FetchPurpose) -> Result<Value, FetchError> {
        let document = self.0.lock().expect("one thread").clone();
        document.ok_or_else(|| FetchError::Failed("no such document".into()))
    }
}

/// Random numbers that are the same for each input and do not repeat within one.
#[derive(Clone, Debug, Default)]
struct Repeating(Arc<AtomicU64>);

impl Repeating {
    fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Entropy for Repeating {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64.
            let next = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            for (byte, random) in chunk.iter_mut().zip((mixed ^ (mixed >> 31)).to_le_bytes()) {
                *byte = random;
            }
        }
        Ok(())
    }
}
