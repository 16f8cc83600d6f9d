//! Any order of operations against a simple, obvious model.

use std::collections::BTreeMap;
use std::sync::Arc;

use oauth_dcr::explain::Verdict;
use oauth_dcr::sql::SqlClientStore;
use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{
    Caller, Client, ClientDirectory, ClientId, ClientState, ClientStore, Error, MemoryClientStore, Profile,
    RegisterRequest, Registrar, Registration, RegistrationAccessToken,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use super::{cases, config, parsed, to_update};

const LIFETIME: i64 = 1000;
const GRACE: i64 = 100;
const UNUSED: i64 = 600;

/// What a client asks for, and whether it gets a secret.
fn asked(which: usize) -> (Value, bool) {
    let asked = [
        (json!({ "redirect_uris": ["https://a.example/cb"], "client_name": "A" }), true),
        (json!({ "redirect_uris": ["https://b.example/cb"], "token_endpoint_auth_method": "none" }), false),
        (
            json!({
                "redirect_uris": ["https://c.example/1", "https://c.example/2"],
                "grant_types": ["authorization_code", "refresh_token"],
                "client_name": "C", "client_name#fr": "C en français",
                "token_endpoint_auth_method": "client_secret_post",
            }),
            true,
        ),
        (
            json!({
                "redirect_uris": ["com.example.d:/cb"], "application_type": "native",
                "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://d.example/keys",
            }),
            false,
        ),
        (
            json!({
                "redirect_uris": ["https://e.example/cb"], "contacts": ["ops@e.example"],
                "response_types": ["code", "code id_token"], "grant_types": ["authorization_code", "implicit"],
                "default_max_age": 60,
            }),
            true,
        ),
    ];
    asked[which % asked.len()].clone()
}

/// Faults that are laid over a good request.
const FAULTS: [(&str, &str); 3] = [
    ("redirect_uris", r#"["http://client.example/cb"]"#),
    ("token_endpoint_auth_method", r#""unheard_of""#),
    ("client_name", "7"),
];

/// What is registered of what was asked: OpenID Connect Registration section 2 has the defaults, and the server the
/// scopes that it gives whoever asks for none.
fn expected(asked: &Value) -> Value {
    let mut members = json!({
        "application_type": "web",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
        "subject_type": "public",
        "scope": "openid profile email",
    });
    members.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
    members
}

/// Who and with which token is an index into what was there so far, gone or not.
#[derive(Clone, Debug)]
enum Step {
    Register { asks: usize, fault: Option<usize> },
    Read { who: usize, token: Option<usize> },
    Update { who: usize, token: Option<usize>, asks: usize, fault: Option<usize> },
    Delete { who: usize, token: Option<usize> },
    SetState { who: usize, state: ClientState },
    Use { who: usize },
    Wait { seconds: i64 },
    Sweep,
}

fn any_step() -> impl Strategy<Value = Step> {
    let (who, asks) = (0..6_usize, 0..5_usize);
    // Mostly the token of that client, else any that was ever issued.
    let token = prop_oneof![4 => Just(None), 1 => (0..12_usize).prop_map(Some)];
    let fault = prop_oneof![3 => Just(None), 1 => (0..FAULTS.len()).prop_map(Some)];
    let state = prop_oneof![
        2 => Just(ClientState::Active), 1 => Just(ClientState::Suspended), 1 => Just(ClientState::Pending)
    ];
    prop_oneof![
        4 => (asks.clone(), fault.clone()).prop_map(|(asks, fault)| Step::Register { asks, fault }),
        5 => (who.clone(), token.clone()).prop_map(|(who, token)| Step::Read { who, token }),
        6 => (who.clone(), token.clone(), asks, fault)
            .prop_map(|(who, token, asks, fault)| Step::Update { who, token, asks, fault }),
        1 => (who.clone(), token).prop_map(|(who, token)| Step::Delete { who, token }),
        2 => (who.clone(), state).prop_map(|(who, state)| Step::SetState { who, state }),
        1 => who.prop_map(|who| Step::Use { who }),
        2 => (1..700_i64).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Sweep),
    ]
}

/// Which registration access tokens an update replaces.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rotation {
    Never,
    AtOnce,
    OnNextUse,
}

/// A client as the model has it.
#[derive(Clone, Debug)]
struct Own {
    id: ClientId,
    members: Value,
    token: String,
    /// The token before, as long as nobody used its successor.
    previous: Option<String>,
    secret: Option<String>,
    state: ClientState,
    issued: i64,
    is_used: bool,
}

impl Own {
    fn is_manageable(&self, now: i64) -> bool {
        self.state != ClientState::Suspended && now < self.issued + LIFETIME
    }

    fn opens(&self, token: &str) -> bool {
        self.token == token || self.previous.as_deref() == Some(token)
    }

    /// A use of the token by its client.
    fn uses(&mut self, token: &str) {
        if self.token == token {
            self.previous = None;
        }
    }

    fn is_due(&self, now: i64) -> bool {
        self.issued + LIFETIME + GRACE <= now || !self.is_used && self.issued + UNUSED <= now
    }
}

struct World<S> {
    registrar: Registrar,
    store: Arc<S>,
    clock: ManualClock,
    now: i64,
    rotation: Rotation,
    /// Clients that are stored, by their place in `ids`.
    clients: BTreeMap<usize, Own>,
    /// All identifiers and tokens that there ever were.
    ids: Vec<ClientId>,
    tokens: Vec<String>,
    secrets: Vec<String>,
    /// A server with the preset `oidc` and nothing else.
    judge: Registrar,
}

impl<S: ClientStore + ClientDirectory + 'static> World<S> {
    fn new(store: S, rotation: Rotation) -> Self {
        let (store, clock) = (Arc::new(store), ManualClock::new());
        let config = config(json!({
            "dynamicRegistrationExpirationTime": LIFETIME,
            "expiredClientGraceSeconds": GRACE,
            "unusedClientLifetimeSeconds": UNUSED,
            "rotateClientRegistrationAccessTokenOnUsage": rotation != Rotation::Never,
            "keepRegistrationAccessTokenUntilNextUse": rotation == Rotation::OnNextUse,
        }));
        let oidc = || Profile::preset("oidc").unwrap().clone();
        let judge = Registrar::builder(config.clone(), MemoryClientStore::default()).profile(oidc());
        let registrar = Registrar::builder(config, store.clone()).profile(oidc()).clock(clock.clone());
        Self {
            registrar: registrar.build().unwrap(),
            store,
            clock,
            now: 0,
            rotation,
            clients: BTreeMap::new(),
            ids: Vec::new(),
            tokens: Vec::new(),
            secrets: Vec::new(),
            judge: judge.build().unwrap(),
        }
    }

    fn time(&self) -> OffsetDateTime {
        ManualClock::START + Duration::seconds(self.now)
    }

    /// A client by index, and the token that is presented for it.
    fn chosen(&self, who: usize, token: Option<usize>) -> Option<(usize, ClientId, String)> {
        let who = who % self.ids.len().max(1);
        let id = self.ids.get(who)?.clone();
        let own = self.clients.get(&who).map(|own| own.token.clone());
        let any = |index: usize| self.tokens[index % self.tokens.len()].clone();
        let token = token.map(any).or(own).unwrap_or_else(|| any(who));
        Some((who, id, token))
    }

    /// Whether the model lets the token manage the client.
    fn admits(&self, who: usize, token: &str) -> bool {
        self.clients.get(&who).is_some_and(|own| own.is_manageable(self.now) && own.opens(token))
    }

    async fn play(&mut self, step: &Step) {
        let before = self.stored().await;
        let is_changed = match *step {
            Step::Register { asks, fault } => self.register(asks, fault).await,
            Step::Read { who, token } => self.read(who, token).await,
            Step::Update { who, token, asks, fault } => self.update(who, token, asks, fault).await,
            Step::Delete { who, token } => self.delete(who, token).await,
            Step::SetState { who, state } => self.set_state(who, state).await,
            Step::Use { who } => self.touch(who).await,
            Step::Wait { seconds } => {
                self.clock.advance(seconds);
                self.now += seconds;
                false
            }
            Step::Sweep => {
                let due = self.clients.values().filter(|own| own.is_due(self.now)).count();
                self.clients.retain(|_, own| !own.is_due(self.now));
                assert_eq!(self.registrar.sweep(&*self.store, 100).await.unwrap(), due);
                due > 0
            }
        };
        let after = self.stored().await;
        if !is_changed {
            assert_eq!(after, before, "what does nothing, and what is refused, changes nothing");
        }
        self.compare(&after).await;
    }

    async fn register(&mut self, asks: usize, fault: Option<usize>) -> bool {
        let (asked, has_secret) = asked(asks);
        let body = spoilt(asked.clone(), fault).to_string();
        let result = self.registrar.register(RegisterRequest::from_body(body.as_bytes())).await;
        let Some(created) = self.judged(result, fault.is_none(), 400) else { return false };
        let own = Own {
            id: created.client().id().clone(),
            members: expected(&asked),
            token: created.registration_access_token().unwrap().expose_secret().to_owned(),
            previous: None,
            secret: created.client_secret().map(|secret| secret.expose_secret().to_owned()),
            state: ClientState::Active,
            issued: self.now,
            is_used: false,
        };
        assert_eq!((created.status(), own.secret.is_some()), (201, has_secret));
        assert!(!self.ids.contains(&own.id) && !self.tokens.contains(&own.token));
        self.tells(&created, &own);
        self.tokens.push(own.token.clone());
        self.secrets.extend(own.secret.clone());
        self.ids.push(own.id.clone());
        self.clients.insert(self.ids.len() - 1, own);
        true
    }

    async fn read(&mut self, who: usize, token: Option<usize>) -> bool {
        let Some((who, id, token)) = self.chosen(who, token) else { return false };
        let result = self.registrar.read(&id, &bearer(&token)).await;
        let Some(read) = self.judged(result, self.admits(who, &token), 401) else { return false };
        let own = self.clients.get_mut(&who).unwrap();
        let had_previous = own.previous.is_some();
        own.uses(&token);
        let is_changed = had_previous && own.previous.is_none();
        let own = &self.clients[&who];
        assert_eq!(read.registration_access_token().unwrap().expose_secret(), token);
        self.tells(&read, own);
        is_changed
    }

    async fn update(&mut self, who: usize, token: Option<usize>, asks: usize, fault: Option<usize>) -> bool {
        let Some((who, id, token)) = self.chosen(who, token) else { return false };
        let (asked, has_secret) = asked(asks);
        let mut body = spoilt(asked.clone(), fault);
        body["client_id"] = json!(id);
        let (body, caller) = (body.to_string(), bearer(&token));
        let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
        let result = self.registrar.update(&id, request).await;
        let is_admitted = self.admits(who, &token);
        let status = if is_admitted { 400 } else { 401 };
        let Some(updated) = self.judged(result, is_admitted && fault.is_none(), status) else { return false };
        let own = self.clients.get_mut(&who).unwrap();
        own.members = expected(&asked);
        own.uses(&token);
        let shown = updated.registration_access_token().unwrap().expose_secret().to_owned();
        match self.rotation {
            Rotation::Never => assert_eq!(shown, token),
            Rotation::AtOnce | Rotation::OnNextUse => {
                assert!(!self.tokens.contains(&shown), "a fresh token");
                own.previous = (self.rotation == Rotation::OnNextUse).then_some(token);
                own.token = shown.clone();
                self.tokens.push(shown);
            }
        }
        if !has_secret {
            own.secret = None;
        } else if own.secret.is_none() {
            let fresh = updated.client_secret().unwrap().expose_secret();
            own.secret = Some(fresh.to_owned());
            self.secrets.push(fresh.to_owned());
        }
        let own = &self.clients[&who];
        self.tells(&updated, own);
        true
    }

    async fn delete(&mut self, who: usize, token: Option<usize>) -> bool {
        let Some((who, id, token)) = self.chosen(who, token) else { return false };
        let result = self.registrar.delete(&id, &bearer(&token)).await;
        if self.judged(result, self.admits(who, &token), 401).is_none() {
            return false;
        }
        self.clients.remove(&who);
        true
    }

    async fn set_state(&mut self, who: usize, state: ClientState) -> bool {
        let Some((who, id, _)) = self.chosen(who, None) else { return false };
        let result = self.registrar.set_state(&id, state).await;
        assert_eq!(result.is_ok(), self.clients.contains_key(&who), "{result:?}");
        let Some(own) = self.clients.get_mut(&who) else { return false };
        let is_changed = own.state != state;
        own.state = state;
        is_changed
    }

    async fn touch(&mut self, who: usize) -> bool {
        let Some((who, id, _)) = self.chosen(who, None) else { return false };
        let is_there = self.store.touch(&id, self.time()).await.unwrap();
        assert_eq!(is_there, self.clients.contains_key(&who));
        let Some(own) = self.clients.get_mut(&who) else { return false };
        own.is_used = true;
        true
    }

    /// Asserts that an operation did what the model says, and a refusal has this status.
    #[track_caller]
    fn judged<T: std::fmt::Debug>(&self, result: Result<T, Error>, is_good: bool, status: u16) -> Option<T> {
        match result {
            Ok(value) => {
                assert!(is_good, "the model refuses {value:?}");
                Some(value)
            }
            Err(error) => {
                assert!(!is_good, "the model has it: {error:?}");
                assert_eq!(self.registrar.wire_error(&error).status, status, "{error:?}");
                None
            }
        }
    }

    /// Asserts that an answer tells exactly what the model has.
    #[track_caller]
    fn tells(&self, answer: &Registration, own: &Own) {
        let body = parsed(answer.body());
        assert_eq!(body["client_id"], own.id.as_str());
        let mut members = to_update(answer.body());
        for name in ["client_id", "client_secret"] {
            members.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(members, own.members);
        if let Some(shown) = body["client_secret"].as_str() {
            assert_eq!(Some(shown), own.secret.as_deref());
        }
        if own.secret.is_none() {
            assert_eq!(body.get("client_secret_expires_at"), None);
        }
    }

    async fn stored(&self) -> BTreeMap<ClientId, Client> {
        let all = self.store.list(None, 1000).await.unwrap();
        all.into_iter().map(|client| (client.id().clone(), client)).collect()
    }

    /// Asserts that the store has what the model has, that credentials are good where they should be and nowhere else,
    /// and that every client is one that the preset takes as it is.
    async fn compare(&self, stored: &BTreeMap<ClientId, Client>) {
        assert_eq!(stored.len(), self.clients.len());
        for own in self.clients.values() {
            let client = stored.get(&own.id).unwrap();
            assert_eq!(parsed(client.metadata_json()), own.members);
            assert_eq!((client.state(), client.last_used_at().is_some()), (own.state, own.is_used));
            let is_usable = own.state == ClientState::Active && own.is_manageable(self.now);
            assert_eq!(client.is_usable(self.time()), is_usable);
            for secret in &self.secrets {
                let is_own = own.secret.as_ref() == Some(secret);
                assert_eq!(client.verify_secret(secret, self.time()), is_own && is_usable);
            }
            let body = client.metadata_json();
            let explanation = self.judge.explain(RegisterRequest::from_body(body.as_bytes())).await.unwrap();
            assert_eq!(explanation.verdict, Verdict::Accepted, "{explanation}");
            let again: BTreeMap<_, _> =
                explanation.members.iter().map(|own| (&*own.name, &own.value)).collect();
            assert_eq!(json!(again), own.members, "what was judged once is not changed by judging it again");
        }
    }

    /// Asserts of every token that there ever was that it opens what the model says, and nothing else.
    async fn try_all_tokens(&mut self) {
        for who in 0..self.ids.len() {
            for token in self.tokens.clone() {
                let is_open = self.registrar.read(&self.ids[who], &bearer(&token)).await.is_ok();
                assert_eq!(is_open, self.admits(who, &token), "{} with {token}", self.ids[who]);
                if let Some(own) = self.clients.get_mut(&who).filter(|_| is_open) {
                    own.uses(&token);
                }
            }
        }
    }
}

fn bearer(token: &str) -> Caller {
    Caller::Bearer(RegistrationAccessToken::from(token.to_owned()))
}

fn spoilt(mut members: Value, fault: Option<usize>) -> Value {
    if let Some(fault) = fault {
        let (name, value) = FAULTS[fault];
        members[name] = parsed(value);
    }
    members
}

fn any_rotation() -> impl Strategy<Value = Rotation> {
    prop::sample::select(vec![Rotation::Never, Rotation::AtOnce, Rotation::OnNextUse])
}

async fn play<S: ClientStore + ClientDirectory + 'static>(store: S, rotation: Rotation, steps: &[Step]) {
    let mut world = World::new(store, rotation);
    for step in steps {
        world.play(step).await;
    }
    world.try_all_tokens().await;
}

proptest! {
    #![proptest_config(cases(192))]

    /// INV-12: whatever is done in whatever order, the server is where the model is.
    #[test]
    fn any_order_of_operations_is_that_of_the_model(
        rotation in any_rotation(),
        steps in vec(any_step(), 1..60),
    ) {
        run(play(MemoryClientStore::default(), rotation, &steps));
    }
}

proptest! {
    #![proptest_config(cases(24))]

    /// The same with a database.
    #[test]
    fn any_order_of_operations_is_that_of_the_model_on_sqlite(
        rotation in any_rotation(),
        steps in vec(any_step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = SqlClientStore::connect("sqlite::memory:").await.unwrap();
            play(store, rotation, &steps).await;
        });
    }
}
