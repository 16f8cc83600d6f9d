//! What two nodes are asked at the same moment.

use std::collections::{BTreeMap, HashSet};

use http::Method;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use josekit::jws::{ES256, JwsHeader, serialize_compact};
use oauth_dcr::sql::SqlClientStore;
use oauth_dcr::{
    ClientDirectory, ClientId, ClientStore, Clock, InitialAccessTokens, InitialGrant, SystemClock,
    TokenDigest,
};
use serde_json::json;

use crate::fresh::{Fresh, on_each_lasting_database};
use crate::nodes::{Nodes, REDIRECT, at_once};
use crate::support::{Answer, Registered};
use crate::tell;

on_each_lasting_database![
    no_update_is_lost,
    a_rotated_token_has_one_successor,
    no_key_is_there_twice,
    a_request_is_good_once,
    a_token_is_good_for_its_uses,
    both_nodes_sweep,
];

/// Eight callers change a member each, of one client, all the time. What was acknowledged last is what is there.
async fn no_update_is_lost(fresh: &Fresh) {
    const ROUNDS: usize = 12;
    let members = [
        "client_name",
        "client_uri",
        "logo_uri",
        "policy_uri",
        "tos_uri",
        "initiate_login_uri",
        "software_id",
        "software_version",
    ];
    let nodes = Nodes::start(&fresh.url, &name(fresh, "updates"), json!({ "updateMode": "merge" }), &[]);
    let client = Registered::of(nodes.register(0, &json!({ "redirect_uris": [REDIRECT] })).await.json());
    let outcomes = at_once(members.len(), |index| {
        let (nodes, client, member) = (nodes.clone(), client.clone(), members[index]);
        async move {
            let (mut acknowledged, mut turned_away, mut round) = (0_u64, 0_u64, 0);
            while round < ROUNDS {
                let change =
                    json!({ "client_id": client.id, member: format!("https://app.example.org/{round}") });
                let answer =
                    nodes.manage(index + round, Method::PUT, &client.id, &client.token, Some(&change)).await;
                match answer.status {
                    200 => {
                        acknowledged += 1;
                        round += 1;
                    }
                    // Others were faster three times in a row: nothing is stored, and it may be tried again.
                    503 => turned_away += 1,
                    status => panic!("{status}: {}", answer.text()),
                }
            }
            (acknowledged, turned_away)
        }
    })
    .await;
    let acknowledged: u64 = outcomes.iter().map(|(acknowledged, _)| acknowledged).sum();
    let turned_away: u64 = outcomes.iter().map(|(_, turned_away)| turned_away).sum();

    let last = nodes.manage(0, Method::GET, &client.id, &client.token, None).await.json();
    let expected = format!("https://app.example.org/{}", ROUNDS - 1);
    let lost = members.iter().filter(|member| last[**member] != expected.as_str()).count();
    let stored = fresh.open().await.get(&ClientId::new(&client.id).unwrap()).await.unwrap().unwrap();
    let found = stored.revision() - 1;
    tell(&format!(
        "updates: acknowledged {acknowledged}, found {found}, lost {lost}, turned away {turned_away}"
    ));
    assert_eq!((lost, found), (0, acknowledged), "{last}");
}

/// Of many updates with one token one is carried out, since it ends the token.
async fn a_rotated_token_has_one_successor(fresh: &Fresh) {
    const ROUNDS: usize = 15;
    let config = json!({ "rotateClientRegistrationAccessTokenOnUsage": true });
    let nodes = Nodes::start(&fresh.url, &name(fresh, "rotation"), config, &[]);
    let mut client = Registered::of(nodes.register(0, &json!({ "redirect_uris": [REDIRECT] })).await.json());
    for round in 0..ROUNDS {
        let answers = at_once(6, |index| {
            let (nodes, client) = (nodes.clone(), client.clone());
            async move {
                let change = json!({ "client_id": client.id, "redirect_uris": [REDIRECT],
                    "client_name": format!("{round} {index}") });
                nodes.manage(index, Method::PUT, &client.id, &client.token, Some(&change)).await
            }
        })
        .await;
        assert_only(&answers, &[200, 401, 503]);
        let mut winners = answers.iter().filter(|answer| answer.status == 200);
        let (winner, None) = (winners.next().unwrap(), winners.next()) else {
            panic!("two won round {round}")
        };
        client = Registered::of(winner.json());
    }
    let last = nodes.manage(1, Method::GET, &client.id, &client.token, None).await.json();
    tell(&format!("rotation: {ROUNDS} tokens, each with one successor"));
    assert_eq!(last["client_name"], client.body["client_name"]);
}

/// Of many registrations with one unique key one is stored.
async fn no_key_is_there_twice(fresh: &Fresh) {
    const KEYS: usize = 20;
    let config = json!({ "exampleServer": { "profile": {
        "dcr_profile": 1, "name": "one-each", "extends": ["standard"],
        "lifecycle": { "unique_by": ["$request.client_name"], "on_duplicate": "reject" } } } });
    let nodes = Nodes::start(&fresh.url, &name(fresh, "unique"), config, &[]);
    let answers = at_once(KEYS * 4, |index| {
        let nodes = nodes.clone();
        let metadata = json!({ "redirect_uris": [REDIRECT], "client_name": format!("{}", index / 4) });
        async move { nodes.register(index, &metadata).await }
    })
    .await;
    assert_only(&answers, &[201, 400]);
    let acknowledged = answers.iter().filter(|answer| answer.status == 201).count();
    let stored = everybody(&fresh.open().await).await;
    let mut keys = BTreeMap::<&str, usize>::new();
    for client in &stored {
        *keys.entry(client.unique_key().unwrap()).or_default() += 1;
    }
    let duplicates = keys.values().filter(|count| **count > 1).count();
    tell(&format!(
        "unique keys: acknowledged {acknowledged}, found {}, duplicates {duplicates}",
        stored.len()
    ));
    assert_eq!((acknowledged, stored.len(), duplicates), (KEYS, KEYS, 0));
}

/// Of many copies of one signed request one is taken (`jti`).
async fn a_request_is_good_once(fresh: &Fresh) {
    const REQUESTS: usize = 20;
    let pair = EcKeyPair::generate(EcCurve::P256).unwrap();
    let config = json!({ "exampleServer": { "profile": {
        "dcr_profile": 1, "name": "once", "extends": ["standard"],
        "request": { "media_types": { "application/jwt": "jws" }, "jws": { "algs": ["ES256"],
            "keys": [{ "from": "jwks", "jwks": { "keys": [pair.to_jwk_public_key()] } }],
            "claims": { "replay": "until_exp" } } } } } });
    let nodes = Nodes::start(&fresh.url, &name(fresh, "once"), config, &[]);
    let signer = ES256.signer_from_jwk(&pair.to_jwk_private_key()).unwrap();
    let now = SystemClock.now().unix_timestamp();
    let requests: Vec<String> = (0..REQUESTS)
        .map(|index| {
            let claims = json!({ "iss": "app", "iat": now, "exp": now + 600, "jti": format!("{index}"),
                "redirect_uris": [REDIRECT], "client_name": format!("{index}") });
            serialize_compact(claims.to_string().as_bytes(), &JwsHeader::new(), &signer).unwrap()
        })
        .collect();
    let answers = at_once(REQUESTS * 4, |index| {
        let (nodes, body) = (nodes.clone(), requests[index / 4].clone());
        async move {
            let request = nodes.of(index).request(Method::POST, "/register");
            Answer::of(request.header("content-type", "application/jwt").body(body)).await
        }
    })
    .await;
    assert_only(&answers, &[201, 400]);
    let refused = answers.iter().find(|answer| answer.status == 400).unwrap();
    assert_eq!(refused.json()["error_description"], "jti: was used before");
    let acknowledged = answers.iter().filter(|answer| answer.status == 201).count();
    let stored = everybody(&fresh.open().await).await;
    let names: HashSet<Option<&str>> =
        stored.iter().map(|client| client.metadata().client_name.plain()).collect();
    let duplicates = stored.len() - names.len();
    tell(&format!("jti: acknowledged {acknowledged}, found {}, duplicates {duplicates}", stored.len()));
    assert_eq!((acknowledged, stored.len(), duplicates), (REQUESTS, REQUESTS, 0));
}

/// An initial access token for ten clients registers ten.
async fn a_token_is_good_for_its_uses(fresh: &Fresh) {
    const USES: u32 = 10;
    let config = json!({ "exampleServer": { "profile": {
        "dcr_profile": 1, "name": "by-token", "extends": ["standard"],
        "access": { "create": { "tokens": [{ "kind": "initial_access" }] } } } } });
    let nodes = Nodes::start(&fresh.url, &name(fresh, "uses"), config, &[]);
    let store = fresh.open().await;
    let grant = InitialGrant::new("partner").with_uses(USES);
    InitialAccessTokens::insert(&store, &TokenDigest::of("partner-token"), &grant).await.unwrap();
    let answers = at_once(40, |index| {
        let nodes = nodes.clone();
        async move {
            let request = nodes.of(index).request(Method::POST, "/register").bearer_auth("partner-token");
            Answer::of(request.json(&json!({ "redirect_uris": [REDIRECT] }))).await
        }
    })
    .await;
    assert_only(&answers, &[201, 401]);
    let acknowledged = answers.iter().filter(|answer| answer.status == 201).count();
    let found = everybody(&store).await.len();
    tell(&format!("uses: {USES} of one token, acknowledged {acknowledged}, found {found}"));
    assert_eq!((acknowledged, found), (10, 10));
}

/// Two nodes that sweep at once remove every client, and tell of each once.
async fn both_nodes_sweep(fresh: &Fresh) {
    const CLIENTS: usize = 100;
    let config = json!({ "dynamicRegistrationExpirationTime": 1 });
    let nodes = Nodes::start(&fresh.url, &name(fresh, "sweep"), config, &["--sweep-interval", "1"]);
    let answers = at_once(CLIENTS, |index| {
        let nodes = nodes.clone();
        async move { nodes.register(index, &json!({ "redirect_uris": [REDIRECT] })).await }
    })
    .await;
    assert_only(&answers, &[201]);
    let store = fresh.open().await;
    while !store.list(None, 1).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let swept = r#"dcr_decisions_total{operation="host",outcome="swept",code=""}"#;
    let mut told = nodes.counted(swept).await;
    // What is gone from the store may not have been told yet.
    while told < CLIENTS as u64 {
        told = nodes.counted(swept).await;
    }
    tell(&format!("sweep: registered {CLIENTS}, told {told} by two nodes, found 0"));
    assert_eq!(told, CLIENTS as u64);
}

/// Asserts that each answer is one of these.
#[track_caller]
fn assert_only(answers: &[Answer], statuses: &[u16]) {
    for answer in answers {
        assert!(statuses.contains(&answer.status), "{}: {}", answer.status, answer.text());
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some());
        }
    }
}

async fn everybody(store: &SqlClientStore) -> Vec<oauth_dcr::Client> {
    store.list(None, 10_000).await.unwrap()
}

/// A name for a file that no other test of another database has.
fn name(fresh: &Fresh, test: &str) -> String {
    let kind = fresh.url.split(':').next().unwrap_or_default();
    format!("nodes-{test}-{kind}")
}
