//! Evidence that a verifier judges, and the nonces in it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use oauth_dcr::testing::{FailingEntropy, ManualClock};
use oauth_dcr::{
    Caller, ClientCertificate, ClientId, EvidenceVerdict, EvidenceVerifier, HookContext, HookError, HookFns,
    InitialGrant, MemoryReplayGuard, Profile, RegisterRequest, RegistrarBuilder, ReplayGuard, ReplayKey,
    SharedSecret, StoreError,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::keys::{decode, encode, with};
use crate::support::*;
use crate::wire::Answer;

type OwnNonce = fn() -> Result<Option<String>, HookError>;

/// Evidence of this verifier is what it is to find: `good NONCE`, `good`, or another word.
#[derive(Clone, Debug, Default)]
struct Verifier {
    /// It issues nonces itself.
    own_nonce: Option<OwnNonce>,
}

#[async_trait]
impl EvidenceVerifier for Verifier {
    async fn verify(
        &self,
        evidence: &str,
        cx: &HookContext<'_>,
        now: OffsetDateTime,
    ) -> Result<EvidenceVerdict, HookError> {
        assert_eq!(Some(evidence), cx.evidence());
        assert!(now >= ManualClock::START);
        let (word, nonce) =
            evidence.split_once(' ').map_or((evidence, None), |(word, nonce)| (word, Some(nonce)));
        match word {
            "good" => Ok(EvidenceVerdict::Good { nonce: nonce.map(str::to_owned) }),
            "fresh" => Ok(EvidenceVerdict::Fresh),
            "stale" => Ok(EvidenceVerdict::Stale),
            "bad" => Ok(EvidenceVerdict::Refused),
            "away" => Err(HookError::Unavailable("the verifier's text".into())),
            "broken" => Err(HookError::Failed("the verifier's text".into())),
            "panic" => panic!("the verifier's text"),
            "hang" => std::future::pending().await,
            _ => Err(HookError::Refused),
        }
    }

    async fn nonce(&self, _: &HookContext<'_>) -> Result<Option<String>, HookError> {
        self.own_nonce.map_or(Ok(None), |own| own())
    }
}

fn verifying(parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder) -> Host {
    let config = with(directory(), json!({ "dcrAttestationEvidenceRequired": true }));
    host(config, |builder| {
        parts(builder.evidence_verifier(Verifier::default()).hook_time_limit(Duration::from_millis(30)))
    })
}

/// The nonce of an answer that asks for fresh evidence.
#[track_caller]
fn nonce(answer: &Answer) -> String {
    answer.assert_well_formed();
    let body = answer.json();
    assert_eq!((answer.status, &body["error"]), (400, &json!("stale_evidence")), "{}", answer.text());
    assert_eq!(body["error_description"], "The provided evidence is not current.");
    assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
    body["nonce"].as_str().unwrap().to_owned()
}

/// A request with evidence that has this nonce.
fn good(nonce: &str) -> Value {
    plain(json!({ "evidence": format!("good {nonce}") }))
}

/// ATT-003: no evidence, a nonce, evidence with the nonce, a client.
#[tokio::test]
async fn the_loop() {
    let host = verifying(|builder| builder);
    let first = nonce(&host.post(&json!({ "client_name": "Own" })).await);
    let client = host.register(&good(&first)).await;
    assert_eq!(client.get("evidence"), None);
    // 32 random bytes, the expiry 300 seconds from now, a tag. The first 32 bytes became the key.
    let bytes = decode(&first);
    assert_eq!(bytes.len(), 72);
    assert_eq!(bytes[..32], std::array::from_fn::<u8, 32, _>(|place| 32 + place as u8));
    assert_eq!(bytes[32..40], (NOW + 300).to_be_bytes());
}

/// What the verifier says decides, and each refusal leaves nothing behind.
#[tokio::test]
async fn verdicts() {
    let host = verifying(|builder| builder);
    let post = async |evidence: &str| host.post(&plain(json!({ "evidence": evidence }))).await;
    let refused = "the request was refused by this server";
    post("bad").await.assert_error(400, "invalid_client_metadata", "evidence: does not satisfy this server");
    post("unheard-of").await.assert_error(400, "invalid_client_metadata", refused);
    for evidence in ["stale", "good", "good unknown", "good ", &format!("good {}", encode([0; 72]))] {
        nonce(&post(evidence).await);
    }
    for (evidence, status, body) in [
        ("away", 503, UNAVAILABLE),
        ("hang", 503, UNAVAILABLE),
        ("broken", 500, FAILED),
        ("panic", 500, FAILED),
    ] {
        let answer = post(evidence).await;
        answer.assert_well_formed();
        assert_eq!((answer.status, answer.text()), (status, body), "{evidence}");
    }
    assert_eq!(host.store.len(), 0);
    // The verifier saw to it that the evidence is current.
    assert_eq!(post("fresh").await.status, 201);
}

/// The part of the host that failed is named.
#[tokio::test]
async fn the_host_learns_which_part_failed() {
    let host = verifying(|builder| builder);
    let body = plain(json!({ "evidence": "broken" })).to_string();
    let result = host.registrar.register(RegisterRequest::from_body(body.as_bytes())).await;
    let Err(oauth_dcr::Error::Host(error)) = result else { panic!("registered") };
    assert_eq!((error.part, error.source.to_string().as_str()), ("evidence verifier", "the verifier's text"));
}

/// Evidence comes before all other members, and good evidence excuses none of them.
#[tokio::test]
async fn other_members_come_later() {
    let host = verifying(|builder| builder);
    let fault = "redirect_uris: must be an array of strings, each an absolute URI and not a string";
    nonce(&host.post(&json!({ "redirect_uris": "x", "evidence": "stale" })).await);
    let fresh = json!({ "redirect_uris": "x", "evidence": "fresh" });
    host.post(&fresh).await.assert_error(400, "invalid_redirect_uri", fault);
}

/// A nonce is taken when the client is stored: a request that was refused for another reason can be repaired.
#[tokio::test]
async fn a_nonce_is_taken_once() {
    let host = verifying(|builder| builder);
    let first = nonce(&host.post(&plain(json!({}))).await);
    let unfit = with(good(&first), json!({ "redirect_uris": ["http://app.example.org/cb"] }));
    assert_eq!(host.post(&unfit).await.status, 400);
    host.register(&good(&first)).await;
    let second = nonce(&host.post(&good(&first)).await);
    assert_ne!(second, first);
    assert_eq!(host.store.len(), 1);
    host.register(&good(&second)).await;
}

/// A hook that refuses leaves the nonce to the next try.
#[tokio::test]
async fn a_refused_request_keeps_its_nonce() {
    let host = verifying(|builder| {
        builder.script_hook(HookFns::default().on_create(|cx, _| {
            if cx.request_member("client_name").is_none() { Err(HookError::Refused) } else { Ok(()) }
        }))
    });
    let first = nonce(&host.post(&plain(json!({}))).await);
    assert_eq!(host.post(&good(&first)).await.status, 400);
    host.register(&with(good(&first), json!({ "client_name": "Own" }))).await;
}

/// Of many requests with one nonce, one is registered.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_nonce_is_taken_once_by_many() {
    let host = verifying(|builder| builder);
    let first = nonce(&host.post(&plain(json!({}))).await);
    let posts = (0..20).map(|_| {
        let (registrar, body) = (host.registrar.clone(), good(&first).to_string());
        tokio::spawn(
            async move { registrar.register(RegisterRequest::from_body(body.as_bytes())).await.is_ok() },
        )
    });
    let mut registered = 0;
    for post in posts.collect::<Vec<_>>() {
        registered += usize::from(post.await.unwrap());
    }
    assert_eq!((registered, host.store.len()), (1, 1));
}

/// A nonce lives as long as it is said to, to the second.
#[tokio::test]
async fn nonces_expire() {
    let own = |seconds| {
        move |builder: RegistrarBuilder| builder.evidence_nonce_lifetime(Duration::from_secs(seconds))
    };
    let profile = |seconds: u64| {
        let profile = json!({
            "dcr_profile": 1, "name": "attested", "extends": ["attested-dcr"],
            "hooks": [{ "stage": "after_statement", "name": "verify_evidence", "config": { "nonce_ttl_s": seconds } }],
        });
        serde_json::from_value::<Profile>(profile).unwrap()
    };
    for (host, seconds) in [
        (verifying(|builder| builder), 300),
        (verifying(own(10)), 10),
        (verifying(|builder| builder.profile(profile(60))), 60),
        (verifying(|builder| own(20)(builder.profile(profile(60)))), 20),
    ] {
        let named = |nonce: &str| with(good(nonce), json!({ "client_name": "Own" }));
        let [in_time, late] =
            [nonce(&host.post(&plain(json!({}))).await), nonce(&host.post(&plain(json!({}))).await)];
        host.clock.advance(seconds - 1);
        host.register(&named(&in_time)).await;
        host.clock.advance(1);
        let next = nonce(&host.post(&named(&late)).await);
        host.register(&named(&next)).await;
    }
}

/// A nonce is of one asker: another one's, or a changed one, is not current.
#[tokio::test]
async fn a_nonce_is_of_its_asker() {
    let client = |id: &str| Some(Caller::Client(ClientId::new(id).unwrap()));
    let granted = |id: &str| Some(Caller::Granted(InitialGrant::new(id)));
    let certificate = |subject: &str| Some(ClientCertificate::new(subject));
    let software = |id: &str| presenting(json!({ "software_id": id }));
    // Who asks, by caller, certificate and statement.
    let askers = [
        (None, None, plain(json!({}))),
        (client("one"), None, plain(json!({}))),
        (client("two"), None, plain(json!({}))),
        (granted("one"), None, plain(json!({}))),
        (granted("two"), None, plain(json!({}))),
        (None, certificate("CN=one"), plain(json!({}))),
        (None, certificate("CN=two"), plain(json!({}))),
        (None, None, software("one")),
        (None, None, software("two")),
        (None, certificate("CN=one"), software("one")),
    ];
    let host = verifying(|builder| builder);
    for (place, (caller, certificate, request)) in askers.iter().enumerate() {
        let post = async |asker: &(Option<Caller>, Option<ClientCertificate>, Value), evidence: String| {
            let request = with(asker.2.clone(), json!({ "evidence": evidence }));
            host.post_as(asker.0.clone(), asker.1.clone(), &request).await
        };
        let own = nonce(&host.post_as(caller.clone(), certificate.clone(), request).await);
        for (other, asker) in askers.iter().enumerate().filter(|(other, _)| *other != place) {
            let answer = post(asker, format!("good {own}")).await;
            assert_ne!(nonce(&answer), own, "{place} {other}");
        }
        let answer = post(&askers[place], format!("good {own}")).await;
        assert_eq!(answer.status, 201, "{place}: {}", answer.text());
    }
}

/// No bit of a nonce can be changed, and none can be added.
#[tokio::test]
async fn a_nonce_cannot_be_changed() {
    let host = verifying(|builder| builder);
    let own = nonce(&host.post(&plain(json!({}))).await);
    let bytes = decode(&own);
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        nonce(&host.post(&good(&encode(changed))).await);
    }
    for changed in [
        encode(&bytes[..71]),
        encode([&bytes[..], &[0]].concat()),
        encode(&bytes[..32]),
        encode(&bytes[..40]),
        format!("{own}="),
        own.to_lowercase(),
        format!(" {own}"),
    ] {
        nonce(&host.post(&good(&changed)).await);
    }
    host.register(&good(&own)).await;
}

/// Nodes that share a key know each other's nonces. Others do not.
#[tokio::test]
async fn nodes_may_share_a_key() {
    let key = |text: &str| SharedSecret::from(text.repeat(8));
    let shared: Arc<MemoryReplayGuard> = Arc::default();
    let node = |text: &'static str| {
        let shared = Shared(shared.clone());
        verifying(|builder| builder.evidence_nonce_key(key(text)).replay_guard(shared))
    };
    let (one, two, stranger) = (node("key-"), node("key-"), node("yek-"));
    let own = nonce(&one.post(&plain(json!({}))).await);
    nonce(&stranger.post(&good(&own)).await);
    two.register(&good(&own)).await;
    nonce(&one.post(&good(&own)).await);
    assert_eq!((one.store.len(), two.store.len(), stranger.store.len()), (0, 1, 0));
}

/// What several nodes share.
#[derive(Debug)]
struct Shared(Arc<MemoryReplayGuard>);

#[async_trait]
impl ReplayGuard for Shared {
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.0.consume(key, now, until).await
    }
}

/// A verifier may issue nonces itself. One that cannot is a failure of the host.
#[tokio::test]
async fn a_verifier_may_issue_nonces() {
    let issuing = |own_nonce: OwnNonce| {
        host(json!({ "dcrAttestationEvidenceRequired": true }), |builder| {
            builder.evidence_verifier(Verifier { own_nonce: Some(own_nonce) })
        })
    };
    let host = issuing(|| Ok(Some("of the verifier".to_owned())));
    assert_eq!(nonce(&host.post(&plain(json!({}))).await), "of the verifier");
    assert_eq!(nonce(&host.post(&plain(json!({ "evidence": "stale" }))).await), "of the verifier");
    // It is none that the engine knows.
    nonce(&host.post(&good("of the verifier")).await);
    host.register(&plain(json!({ "evidence": "fresh" }))).await;
    let cases: [(OwnNonce, u16, &str); 4] = [
        (|| Err(HookError::Unavailable("away".into())), 503, UNAVAILABLE),
        (|| Err(HookError::Failed("broken".into())), 500, FAILED),
        (|| Err(HookError::Refused), 500, FAILED),
        (|| panic!("broken"), 500, FAILED),
    ];
    for (own_nonce, status, body) in cases {
        let answer = issuing(own_nonce).post(&plain(json!({}))).await;
        assert_eq!((answer.status, answer.text()), (status, body));
    }
}

/// Evidence that is not demanded is judged when it comes, and an update's is not.
#[tokio::test]
async fn evidence_that_is_given_is_judged() {
    let host = host(json!({}), |builder| builder.evidence_verifier(Verifier::default()));
    let client = host.register(&plain(json!({}))).await;
    let description = "evidence: does not satisfy this server";
    let bad = plain(json!({ "evidence": "bad" }));
    host.post(&bad).await.assert_error(400, "invalid_client_metadata", description);
    let own = nonce(&host.post(&plain(json!({ "evidence": "stale" }))).await);
    host.register(&good(&own)).await;
    let update = with(bad, json!({ "client_id": client["client_id"] })).to_string();
    assert_eq!(host.manage("PUT", &client, update).await.status, 200);
}

/// The preset: its evidence, its limit, and its own code for evidence that does not hold.
#[tokio::test]
async fn the_preset_works() {
    let profile = json!({
        "dcr_profile": 1, "name": "attested", "extends": ["attested-dcr"],
        "errors": { "attestation_failed": { "error": "unproven", "status": 403 } },
    });
    let profile: Profile = serde_json::from_value(profile).unwrap();
    let host = host(json!({}), |builder| builder.profile(profile).evidence_verifier(Verifier::default()));
    let own = nonce(&host.post(&json!({ "client_name": "Own" })).await);
    let answer = host.post(&plain(json!({ "client_name": "Own", "evidence": "bad" }))).await;
    answer.assert_error(403, "unproven", "evidence: does not satisfy this server");
    host.register(&with(good(&own), json!({ "client_name": "Own" }))).await;
}

/// A guard that fails, and no random bytes: nothing is stored.
#[tokio::test]
async fn failures_of_other_parts() {
    let full = verifying(|builder| builder.replay_guard(MemoryReplayGuard::with_capacity(0)));
    let own = nonce(&full.post(&plain(json!({}))).await);
    let answer = full.post(&good(&own)).await;
    assert_eq!((answer.status, answer.text(), full.store.len()), (503, UNAVAILABLE, 0));

    let config = json!({ "dcrAttestationEvidenceRequired": true });
    let unlucky = host(config, |builder| builder.entropy(FailingEntropy));
    let answer = unlucky.post(&plain(json!({}))).await;
    assert_eq!((answer.status, answer.text()), (503, UNAVAILABLE));
}

/// What cannot work is said at once.
#[test]
fn problems_are_found_at_build() {
    let verifying = |builder: RegistrarBuilder| builder.evidence_verifier(Verifier::default());
    let key = |length: usize| SharedSecret::from("k".repeat(length));
    assert_eq!(
        problems(json!({}), |builder| verifying(builder).evidence_nonce_key(key(31))),
        ["evidence_nonce_key: must have 32 bytes or more"]
    );
    for lifetime in [Duration::ZERO, Duration::from_millis(999), Duration::from_secs(86_401), Duration::MAX] {
        assert_eq!(
            problems(json!({}), |builder| verifying(builder).evidence_nonce_lifetime(lifetime)),
            ["evidence_nonce_lifetime: must be of 1 to 86400 seconds"]
        );
    }
    assert_eq!(
        problems(json!({}), |builder| verifying(builder).entropy(FailingEntropy)),
        [format!("evidence_nonce_key: no random bytes: {}", FailingEntropy::TEXT)]
    );
    for lifetime in [json!(0), json!("300"), json!(86_401), json!(null)] {
        let profile = json!({
            "dcr_profile": 1, "name": "attested", "extends": ["attested-dcr"],
            "hooks": [{ "stage": "after_statement", "name": "verify_evidence", "config": { "nonce_ttl_s": lifetime } }],
        });
        let profile: Profile = serde_json::from_value(profile).unwrap();
        assert_eq!(
            problems(json!({}), |builder| verifying(builder).profile(profile)),
            ["hooks: `nonce_ttl_s` of `verify_evidence` must be of 1 to 86400 seconds"]
        );
    }
}
