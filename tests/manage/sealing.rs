//! Secrets that must be read again, sealed by the host.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oauth_dcr::testing::{ManualClock, RecordingEvents, run};
use oauth_dcr::{
    BoxError, Client, ClientId, ClientSecret, Error, MemoryClientStore, SecretSealer, StoredSecret,
};
use serde_json::{Value, json};

use crate::support::*;

/// Reverses secrets, binds them to their client, counts, and fails or errs when it is told to.
#[derive(Clone, Debug, Default)]
struct Reversing(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    seals: AtomicUsize,
    fails: AtomicBool,
    errs: AtomicBool,
    sealed_for: Mutex<Vec<String>>,
}

#[async_trait]
impl SecretSealer for Reversing {
    async fn seal(&self, client: &ClientId, secret: &ClientSecret) -> Result<String, BoxError> {
        if self.0.fails.load(Ordering::SeqCst) {
            return Err("no key".into());
        }
        self.0.seals.fetch_add(1, Ordering::SeqCst);
        self.0.sealed_for.lock().unwrap().push(client.to_string());
        Ok(format!("{client}:{}", secret.expose_secret().chars().rev().collect::<String>()))
    }

    async fn open(&self, client: &ClientId, sealed: &str) -> Result<ClientSecret, BoxError> {
        if self.0.fails.load(Ordering::SeqCst) {
            return Err("no key".into());
        }
        let (owner, text) = sealed.split_once(':').ok_or("no owner")?;
        if owner != client.as_str() {
            return Err("another client's".into());
        }
        let text: String = text.chars().rev().collect();
        Ok(ClientSecret::from(if self.0.errs.load(Ordering::SeqCst) { format!("{text}!") } else { text }))
    }
}

fn sealing(changes: Value, parts: Value) -> (Server, Reversing) {
    let sealer = Reversing::default();
    let own = sealer.clone();
    let server = server_with(changes, MemoryClientStore::default(), |builder| {
        builder.secret_sealer(own).profile(profile(parts))
    });
    (server, sealer)
}

fn revealed(server: &Server, client: &Client) -> Option<String> {
    run(server.registrar.reveal_secret(client)).unwrap().map(|secret| secret.expose_secret().to_owned())
}

/// The store gets a digest and what the sealer made; the secret is compared, and read again.
#[test]
fn s_sec_02_a_secret_that_is_computed_with_is_sealed() {
    let (server, _) = sealing(json!({}), json!({}));
    server.enroll(json!({ "token_endpoint_auth_method": "client_secret_jwt" }));
    let client = server.stored(ID[0]).unwrap();
    let form = serde_json::to_value(&client).unwrap();
    let sealed: String = SECRET[0].chars().rev().collect();
    let digest = oauth_dcr::TokenDigest::of(SECRET[0]).to_text();
    let expected = json!({ "sealed": { "digest": digest, "text": format!("{}:{sealed}", ID[0]) } });
    assert_eq!(form["secret"], expected);
    assert_eq!(serde_json::from_value::<Client>(form).unwrap(), client);
    assert!(!serde_json::to_string(&client).unwrap().contains(SECRET[0]));

    assert_eq!(client.secret().unwrap().expose_secret(), None);
    assert!(client.verify_secret(SECRET[0], ManualClock::START));
    assert!(
        !client.verify_secret(&sealed, ManualClock::START) && !client.verify_secret("", ManualClock::START)
    );
    assert_eq!(revealed(&server, &client).as_deref(), Some(SECRET[0]));
}

/// Of a secret that is only compared a digest is kept, and the sealer is not asked; nor is it where there is none.
#[test]
fn other_secrets_are_not_sealed() {
    let (server, sealer) = sealing(json!({}), json!({}));
    for (members, is_secret) in [
        (json!({}), true),
        (json!({ "token_endpoint_auth_method": "client_secret_post" }), true),
        (json!({ "token_endpoint_auth_method": "none" }), false),
        (json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks() }), false),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=a" }),
            false,
        ),
        (
            json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": "https://a.example/k" }),
            false,
        ),
        (json!({ "token_endpoint_auth_method": "attest_jwt_client_auth", "jwks": jwks() }), false),
    ] {
        let registration = server.registered(members.clone());
        let client = registration.client();
        let is_digest = matches!(client.secret(), Some(StoredSecret::Digest(_)));
        assert_eq!((client.secret().is_some(), is_digest), (is_secret, is_secret), "{members}");
        assert_eq!(registration.client_secret().is_some(), is_secret, "{members}");
        assert_eq!(revealed(&server, client), None, "{members}");
    }
    assert_eq!(sealer.0.seals.load(Ordering::SeqCst), 0);
}

/// With `returnClientSecretOnRead` every secret is sealed, and opened for the client.
#[test]
fn sealed_secrets_are_returned_on_read() {
    let (server, sealer) = sealing(json!({ "returnClientSecretOnRead": true }), json!({}));
    server.enroll(json!({}));
    assert_eq!(body(&server.read(ID[0], TOKEN[0]).unwrap())["client_secret"], SECRET[0]);
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT], "client_secret": SECRET[0] });
    assert_eq!(body(&server.update(ID[0], TOKEN[0], members.clone()).unwrap())["client_secret"], SECRET[0]);

    // A sealer that is away keeps nobody's secret and changes no client.
    sealer.0.fails.store(true, Ordering::SeqCst);
    let before = server.stored(ID[0]);
    let later = "try again later";
    server.refuses(server.read(ID[0], TOKEN[0]), 503, "temporarily_unavailable", later);
    server.refuses(server.update(ID[0], TOKEN[0], members), 503, "temporarily_unavailable", later);
    assert_eq!(server.stored(ID[0]), before);
}

/// Without a seal there is no client, and no update: nothing is stored in clear for want of one.
#[test]
fn a_sealer_that_fails_refuses() {
    let (server, sealer) = sealing(json!({}), json!({}));
    let hmac = json!({ "token_endpoint_auth_method": "client_secret_jwt" });
    sealer.0.fails.store(true, Ordering::SeqCst);
    let result = server.register(with(json!({ "redirect_uris": [REDIRECT] }), hmac.clone()));
    let Err(Error::Host(host)) = &result else { panic!("{result:?}") };
    assert_eq!((host.part, host.source.to_string().as_str()), ("secret sealer", "no key"));
    server.refuses(result, 503, "temporarily_unavailable", "try again later");
    assert!(server.store.inner().is_empty());

    server.enroll(json!({}));
    let before = server.stored(ID[1]);
    let members = with(json!({ "client_id": ID[1], "redirect_uris": [REDIRECT] }), hmac);
    let refused = server.update(ID[1], TOKEN[1], members.clone());
    server.refuses(refused, 503, "temporarily_unavailable", "try again later");
    assert_eq!(server.stored(ID[1]), before);

    // A digest cannot be computed with: the update brings a secret that can, sealed.
    sealer.0.fails.store(false, Ordering::SeqCst);
    let updated = server.update(ID[1], TOKEN[1], members).unwrap();
    let fresh = updated.client_secret().unwrap().expose_secret().to_owned();
    assert_eq!(revealed(&server, &server.stored(ID[1]).unwrap()), Some(fresh));
}

/// What opens to something else was tampered with, and what another client's secret was sealed to does not open.
#[test]
fn what_opens_to_something_else_is_refused() {
    let (server, sealer) = sealing(json!({}), json!({}));
    let hmac = json!({ "token_endpoint_auth_method": "client_secret_jwt" });
    server.enroll(hmac.clone());
    server.enroll(hmac);
    let (one, other) = (server.stored(ID[0]).unwrap(), server.stored(ID[1]).unwrap());
    let failure = |client: &Client| match run(server.registrar.reveal_secret(client)) {
        Err(Error::Host(host)) => (host.part, host.source.to_string()),
        other => panic!("{other:?}"),
    };
    let mut form = serde_json::to_value(&one).unwrap();
    form["secret"] = serde_json::to_value(&other).unwrap()["secret"].clone();
    let swapped: Client = serde_json::from_value(form).unwrap();
    assert_eq!(failure(&swapped), ("secret sealer", "another client's".to_owned()));
    sealer.0.errs.store(true, Ordering::SeqCst);
    assert_eq!(failure(&one), ("secret sealer", "it opened another secret than it was given".to_owned()));

    let events = RecordingEvents::new();
    let without = server_with(json!({}), MemoryClientStore::default(), |b| b.event_sink(events.clone()));
    let Err(Error::Host(host)) = run(without.registrar.reveal_secret(&one)) else { panic!("it was opened") };
    assert_eq!(host.source.to_string(), "the registrar has none to open a sealed secret with");
    let failed = json!({ "event": "failed", "part": "secret sealer", "transient": false });
    assert_eq!(events.take(), [failed]);
}

/// While two secrets are good both can be revealed, and neither afterwards than it is good.
#[test]
fn secrets_are_revealed_as_long_as_they_are_good() {
    let secret = json!({ "for_methods": ["client_secret_jwt"], "ttl_s": 100 });
    let (server, _) =
        sealing(json!({ "clientSecretOverlapSeconds": 20 }), json!({ "response": { "secret": secret } }));
    let hmac = json!({ "token_endpoint_auth_method": "client_secret_jwt" });
    server.enroll(hmac.clone());
    server.clock.advance(90);
    let members = with(json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }), hmac);
    let fresh = server.update(ID[0], TOKEN[0], members).unwrap();
    let fresh = fresh.client_secret().unwrap().expose_secret().to_owned();
    let client = server.stored(ID[0]).unwrap();
    let both = || {
        let previous = run(server.registrar.reveal_previous_secret(&client)).unwrap();
        (revealed(&server, &client), previous.map(|secret| secret.expose_secret().to_owned()))
    };
    assert_eq!(both(), (Some(fresh.clone()), Some(SECRET[0].to_owned())));
    server.clock.advance(9);
    assert_eq!(both().1.as_deref(), Some(SECRET[0]));
    server.clock.advance(1);
    assert_eq!(both(), (Some(fresh), None));
    server.clock.advance(90);
    assert_eq!(both(), (None, None));
}

/// The secret of a registration that takes the place of a client is sealed for that client.
#[test]
fn an_upserted_secret_is_sealed_for_its_client() {
    let lifecycle = json!({ "unique_by": ["$request.software_id"], "on_duplicate": "upsert" });
    let (server, sealer) = sealing(json!({}), json!({ "lifecycle": lifecycle }));
    let members = json!({ "software_id": "a", "token_endpoint_auth_method": "client_secret_jwt" });
    server.enroll(members.clone());
    let second = server.registered(members);
    assert_eq!((second.status(), second.client().id().as_str()), (200, ID[0]));
    assert_eq!(sealer.0.sealed_for.lock().unwrap().last().map(String::as_str), Some(ID[0]));
    let client = server.stored(ID[0]).unwrap();
    assert_eq!(revealed(&server, &client).as_deref(), Some(SECRET[1]));
    assert!(client.verify_secret(SECRET[1], ManualClock::START));
}
