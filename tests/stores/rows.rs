//! What stands in the tables.

use oauth_dcr::testing::contract;
use oauth_dcr::{Cause, ClientDirectory, ClientStore, ReplayGuard, ReplayKey};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::fresh::{Fresh, on_each_lasting_database};

on_each_lasting_database![
    columns_are_what_the_documents_say,
    odd_texts_are_found_again,
    old_keys_are_forgotten,
];

/// The columns by which operators search say the same as the document, also after an update.
async fn columns_are_what_the_documents_say(fresh: &Fresh) {
    let store = fresh.open().await;
    let origin = json!({
        "profile": "standard", "statement_issuer": "https://issuer.example/ é", "statement_software": "software",
        "statement_digest": "digest", "initial_access": "partners", "owner": "acme",
    });
    let changes = json!({
        "issued_at": 10, "expires_at": 20, "last_used_at": 30, "state": "pending", "unique_key": "key",
        "registration_access_token": token("current"), "previous_registration_access_token": token("before"),
        "provenance": origin, "revision": 7,
    });
    let client = crate::client("columns", changes.clone());
    store.insert(&client).await.unwrap();
    let columns = "SELECT revision || ' ' || issued_at || ' ' || expires_at || ' ' || last_used_at || ' ' || state \
         || ' ' || unique_key || ' ' || token_digest || ' ' || previous_token_digest || ' ' || statement_issuer \
         || ' ' || software_id || ' ' || statement_digest || ' ' || initial_access || ' ' || owner \
         FROM oauth_dcr_clients WHERE id = 'columns'";
    let (current, before) = (token("current"), token("before"));
    let expected = format!(
        "7 10 20 30 pending key {current} {before} https://issuer.example/ é software digest partners acme"
    );
    assert_eq!(fresh.text(columns).await, expected);
    let document: Value =
        serde_json::from_str(&fresh.text("SELECT document FROM oauth_dcr_clients").await).unwrap();
    assert_eq!(document, serde_json::to_value(&client).unwrap(), "the document is the serde form");

    let mut next = changes;
    for (name, value) in [
        ("issued_at", json!(11)),
        ("expires_at", json!(21)),
        ("last_used_at", json!(31)),
        ("state", json!("suspended")),
        ("unique_key", json!("key-2")),
        ("registration_access_token", json!(token("next"))),
        ("previous_registration_access_token", json!(token("current"))),
        ("revision", json!(8)),
    ] {
        next[name] = value;
    }
    for (name, value) in [
        ("statement_issuer", "issuer-2"),
        ("statement_software", "software-2"),
        ("statement_digest", "digest-2"),
        ("initial_access", "partners-2"),
        ("owner", "acme-2"),
    ] {
        next["provenance"][name] = json!(value);
    }
    store.replace(&crate::client("columns", next), 7).await.unwrap();
    let expected = format!(
        "8 11 21 31 suspended key-2 {} {current} issuer-2 software-2 digest-2 partners-2 acme-2",
        token("next")
    );
    assert_eq!(fresh.text(columns).await, expected);
}

/// A text that is too long for an index, or that PostgreSQL's text cannot have, is searched by its digest.
async fn odd_texts_are_found_again(fresh: &Fresh) {
    let store = fresh.open().await;
    let long = "é".repeat(20_000);
    for (place, text) in [long.as_str(), "nul \0 inside", "\u{1}", "line\nbreak", ""].into_iter().enumerate()
    {
        let origin = json!({ "profile": "standard", "statement_issuer": text, "statement_software": text, "owner": text });
        let metadata = json!({ "client_name": text, "x_odd": { text: u64::MAX } });
        let changes = json!({ "unique_key": text, "provenance": origin, "metadata": metadata });
        let client = crate::client(&format!("odd-{place}"), changes);
        store.insert(&client).await.unwrap();
        let found = store.get(client.id()).await.unwrap().unwrap();
        assert_eq!((found.metadata_json(), &found), (client.metadata_json(), &client));
        assert_eq!(store.find_unique(text).await.unwrap().as_ref(), Some(&client));
        let other = Cause::Software { issuer: text.into(), software_id: "other".into() };
        assert_eq!(store.revoke(&other, 10).await.unwrap(), []);
        let cause = Cause::Software { issuer: text.into(), software_id: text.into() };
        assert_eq!(store.revoke(&cause, 10).await.unwrap(), [client.id().clone()]);
    }
    // One text that looks as the digest of another is another text.
    let digest = format!("\u{1}{}", token(&long));
    let client = crate::client("digest", json!({ "unique_key": digest }));
    store.insert(&client).await.unwrap();
    assert_eq!(store.find_unique(&long).await.unwrap(), None);
}

/// A key is forgotten when its time is long up, and only then.
async fn old_keys_are_forgotten(fresh: &Fresh) {
    let store = fresh.open().await;
    let at = |seconds: i64| OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap();
    let keys: Vec<ReplayKey> = (0..300).map(|number| contract::replay_key(&number.to_string())).collect();
    for (place, key) in keys.iter().take(100).enumerate() {
        let until = if place < 50 { at(10) } else { at(20_000) };
        assert!(store.consume(key, at(0), until).await.unwrap());
    }
    // An hour after the time of the first fifty, two hundred others come.
    for key in &keys[100..] {
        assert!(store.consume(key, at(3_700), at(30_000)).await.unwrap());
    }
    assert_eq!(fresh.number("SELECT count(*) FROM oauth_dcr_used_keys").await, 250);
    assert!(!store.consume(&keys[50], at(3_700), at(30_000)).await.unwrap());
    assert!(store.consume(&keys[0], at(3_700), at(30_000)).await.unwrap(), "its time is up");
}

fn token(text: &str) -> String {
    oauth_dcr::TokenDigest::of(text).to_text()
}
