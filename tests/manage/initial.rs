//! Initial access tokens: what they leave on their clients, when a use is taken, and races for the last one.

use std::sync::Arc;

use async_trait::async_trait;
use oauth_dcr::testing::{FailingStore, ManualClock, StoreFault, run};
use oauth_dcr::{
    Caller, Error, HostError, InitialAccessTokens, InitialGrant, MemoryClientStore,
    MemoryInitialAccessTokens, RegisterRequest, Registrar, Registration, StoreError, TokenDigest,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::support::*;

/// A registrar whose registration needs a token, with one more profile, in which PKCE is not the least.
fn closed() -> (Server, MemoryInitialAccessTokens) {
    let tokens = MemoryInitialAccessTokens::default();
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| {
        let closed = json!({ "access": { "create": { "tokens": [{ "kind": "initial_access" }] } } });
        let strict = json!({ "dcr_profile": 1, "name": "strict", "extends": ["standard"],
            "metadata": { "token_endpoint_auth_method": { "one_of": ["private_key_jwt"], "default": "private_key_jwt" } } });
        builder
            .profile(profile(closed))
            .further_profile(serde_json::from_value(strict).unwrap())
            .initial_access_tokens(tokens.clone())
    });
    (server, tokens)
}

fn issue(server: &Server, grant: &InitialGrant) -> Caller {
    bearer(run(server.registrar.issue_initial_access_token(grant)).unwrap().expose_secret())
}

fn register(server: &Server, caller: &Caller, members: Value) -> Result<Registration, Error> {
    let body = with(json!({ "redirect_uris": [REDIRECT] }), members).to_string();
    run(server.registrar.register(RegisterRequest::from_body(body.as_bytes()).with_caller(caller)))
}

/// A client remembers the name of its token, its owner and its profile; the token itself is nowhere.
#[test]
fn a_client_remembers_its_token_by_name() {
    let (server, _) = closed();
    let grant = InitialGrant::new("acme-2026").with_owner("acme").with_profile("strict");
    let caller = issue(&server, &grant);
    let registration = register(
        &server,
        &caller,
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() }),
    )
    .unwrap();
    let provenance = registration.client().provenance();
    assert_eq!(provenance.initial_access.as_deref(), Some("acme-2026"));
    assert_eq!(provenance.owner.as_deref(), Some("acme"));
    assert_eq!(&*provenance.profile, "strict");
    let stored = serde_json::to_string(&server.stored(registration.client().id().as_str())).unwrap();
    let Caller::Bearer(token) = &caller else { unreachable!() };
    for secret in [token.expose_secret(), &TokenDigest::of(token.expose_secret()).to_text()] {
        assert!(!stored.contains(secret) && !registration.body().contains(secret));
    }
}

/// The profile of a token binds its clients at registration and at every update. S-PRIV-04
#[test]
fn s_priv_04_the_profile_of_a_token_binds_its_clients_for_ever() {
    let (server, _) = closed();
    let caller = issue(&server, &InitialGrant::new("strict").with_profile("strict"));
    let expected = "token_endpoint_auth_method: must be one of private_key_jwt";
    let refused = register(&server, &caller, json!({ "token_endpoint_auth_method": "none" }));
    server.refuses(refused, 400, "invalid_client_metadata", expected);
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() });
    let registration = register(&server, &caller, keys).unwrap();
    let (id, token) =
        (registration.client().id().as_str(), registration.registration_access_token().unwrap());
    let weaker =
        json!({ "client_id": id, "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
    let refused = server.update(id, token.expose_secret(), weaker);
    server.refuses(refused, 400, "invalid_client_metadata", expected);

    let free = issue(&server, &InitialGrant::new("free"));
    let other = register(&server, &free, json!({ "token_endpoint_auth_method": "none" })).unwrap();
    assert_eq!(&*other.client().provenance().profile, "test");
}

/// A use is taken when a client is about to be stored: whoever was refused can try again with the same token.
#[test]
fn a_refusal_takes_no_use() {
    let (server, _) = closed();
    let caller = issue(&server, &InitialGrant::new("once").with_uses(1));
    for _ in 0..3 {
        assert!(register(&server, &caller, json!({ "grant_types": ["unknown"] })).is_err());
    }
    assert!(register(&server, &caller, json!({})).is_ok());
    let refused = register(&server, &caller, json!({}));
    server.refuses(refused, 401, "invalid_token", "the token is not valid here");
}

/// A store that fails behind the token has used it up: rather one client too few than one too many. S-RACE-08
#[test]
fn s_race_08_a_use_is_gone_when_storing_fails() {
    let (server, tokens) = closed();
    let caller = issue(&server, &InitialGrant::new("twice").with_uses(2));
    server.store.fail_next(StoreFault::Unavailable);
    let refused = register(&server, &caller, json!({}));
    server.refuses(refused, 503, "temporarily_unavailable", "try again later");
    assert!(register(&server, &caller, json!({})).is_ok());
    let Caller::Bearer(token) = &caller else { unreachable!() };
    let grant = run(tokens.find(&TokenDigest::of(token.expose_secret()))).unwrap().unwrap();
    assert_eq!(grant.uses_left(), Some(0));
}

/// S-RACE-04: of a hundred who come at once with a token for ten, ten get a client.
#[test]
fn s_race_04_a_token_for_ten_gives_ten_clients() {
    let tokens = MemoryInitialAccessTokens::default();
    let store = Arc::new(FailingStore::new(MemoryClientStore::default()));
    let registrar = Registrar::builder(config(json!({})), store.clone())
        .clock(ManualClock::new())
        .initial_access_tokens(tokens)
        .profile(profile(json!({ "access": { "create": { "tokens": [{ "kind": "initial_access" }] } } })))
        .build()
        .unwrap();
    let grant = InitialGrant::new("ten").with_uses(10);
    let token = run(registrar.issue_initial_access_token(&grant)).unwrap();
    let caller = bearer(token.expose_secret());
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..100)
            .map(|_| {
                scope.spawn(|| {
                    let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
                    run(registrar.register(request))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    assert_eq!(store.inner().len(), 10);
    for error in results.into_iter().filter_map(Result::err) {
        assert_eq!(registrar.wire_error(&error).status, 401);
    }
}

/// Tokens whose last use somebody else takes between the look at a token and its use.
#[derive(Clone, Debug, Default)]
struct Outrun(MemoryInitialAccessTokens);

#[async_trait]
impl InitialAccessTokens for Outrun {
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError> {
        self.0.insert(token, grant).await
    }

    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError> {
        self.0.find(token).await
    }

    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError> {
        assert!(self.0.redeem(token, now).await?.is_some(), "the other one");
        self.0.redeem(token, now).await
    }

    async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        self.0.revoke(id).await
    }
}

/// S-RACE-04: a use that was there when the token was looked at, and is gone when it is to be taken, gives no client.
#[test]
fn s_race_04_a_use_that_somebody_else_took_is_gone() {
    let closed = json!({ "access": { "create": { "tokens": [{ "kind": "initial_access" }] } } });
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| {
        builder.profile(profile(closed)).initial_access_tokens(Outrun::default())
    });
    let caller = issue(&server, &InitialGrant::new("once").with_uses(1));
    let refused = register(&server, &caller, json!({}));
    server.refuses(refused, 401, "invalid_token", "the token is not valid here");
    assert!(server.store.inner().is_empty());
}

/// What the host asks for and cannot have is told to the host.
#[test]
fn tokens_that_cannot_be_issued_are_the_hosts_fault() {
    let (server, _) = closed();
    issue(&server, &InitialGrant::new("taken"));
    let plain = Registrar::builder(config(json!({})), MemoryClientStore::default()).build().unwrap();
    for (registrar, grant, part, cause) in [
        (&server.registrar, InitialGrant::new("taken"), "store", "the client id is taken"),
        (
            &server.registrar,
            InitialGrant::new("a").with_profile("another"),
            "initial access tokens",
            "the profile `another` is none of this registrar",
        ),
        (&plain, InitialGrant::new("a"), "initial access tokens", "the registrar has no place to keep them"),
    ] {
        let error = run(registrar.issue_initial_access_token(&grant)).unwrap_err();
        let Error::Host(HostError { part: own, source, .. }) = &error else { panic!("{error:?}") };
        assert_eq!((*own, source.to_string().as_str()), (part, cause));
    }
}

/// A profile that was taken from the configuration binds nobody to less: its tokens are not good any more, and its
/// clients are under the profile of the registrar.
#[test]
fn a_profile_that_is_gone_opens_nothing() {
    let (server, tokens) = closed();
    let caller = issue(&server, &InitialGrant::new("strict").with_profile("strict"));
    let keys = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() });
    let client = register(&server, &caller, keys).unwrap();
    let without = Registrar::builder(config(json!({})), server.store.clone())
        .clock(server.clock.clone())
        .initial_access_tokens(tokens)
        .build()
        .unwrap();
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let refused =
        run(without.register(RegisterRequest::from_body(body.as_bytes()).with_caller(&caller))).unwrap_err();
    assert_eq!(without.wire_error(&refused).status, 500);
    let own = bearer(client.registration_access_token().unwrap().expose_secret());
    assert!(run(without.read(client.client().id(), &own)).is_ok());
}
