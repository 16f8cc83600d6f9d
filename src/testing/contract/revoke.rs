//! Revocation by cause.

use std::sync::Arc;

use serde_json::{Value, json};

use super::clients::{bare_from, family, fresh_id, key_of, keyed};
use super::judge::{assert_absent, assert_stored, remove, sorted};
use crate::client::{Client, ClientId};
use crate::host::{Cause, ClientDirectory, ClientStore};

/// Every kind of cause removes the clients that have it, whatever their state, and no others.
pub async fn revoke_removes_the_clients_of_a_cause(store: &(impl ClientStore + ClientDirectory)) {
    let run = fresh_id("cause");
    let named = |name: &str| -> Arc<str> { format!("https://{name}.example/ é {run}").into() };
    let software = |issuer: &str, software_id: &str| Cause::Software {
        issuer: named(issuer),
        software_id: named(software_id),
    };
    for (cause, doomed) in [
        (Cause::StatementIssuer(named("issuer")), &["a", "b", "c"][..]),
        (Cause::StatementIssuer(named("other")), &["d"]),
        (software("issuer", "software"), &["a", "b"]),
        (software("other", "software"), &["d"]),
        (software("issuer", "elsewhere"), &[]),
        (Cause::Statement(named("digest")), &["a"]),
        (Cause::InitialAccess(named("token")), &["a", "d"]),
        (Cause::Owner(named("owner")), &["c"]),
        (Cause::Owner(named("OWNER")), &[]),
        (Cause::Owner(named("software")), &[]),
    ] {
        let family = family("cause", &["a", "b", "c", "d", "e"]);
        let provenances = [
            ["issuer", "software", "digest", "token", ""],
            ["issuer", "software", "digest-2", "token-2", ""],
            ["issuer", "software-2", "digest-3", "", "owner"],
            ["other", "software", "digest-4", "token", "owner-2"],
            ["", "", "", "", ""],
        ];
        let clients: Vec<Client> = family
            .iter()
            .zip(provenances)
            .map(|(id, origin)| client_of(id, &origin.map(|name| (!name.is_empty()).then(|| named(name)))))
            .collect();
        for client in &clients {
            store.insert(client).await.expect("insert of a new client");
        }
        let is_doomed = |id: &ClientId| doomed.iter().any(|end| id.as_str().ends_with(&format!("-{end}")));
        let expected: Vec<ClientId> = family.iter().filter(|id| is_doomed(id)).cloned().collect();
        assert_eq!(revoked(store, &cause, 100).await, sorted(&expected), "the clients of {cause:?}");
        for client in &clients {
            if is_doomed(client.id()) {
                assert_absent(store, client.id(), "after it was revoked").await;
            } else {
                assert_stored(store, client, "after others were revoked").await;
                remove(store, client.id()).await;
            }
        }
    }
}

/// A revocation removes at most as many as it was told, and says which.
pub async fn revoke_works_in_batches(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("revoke-batch", &["1", "2", "3", "4", "5"]);
    let owner: Arc<str> = family[0].as_str().into();
    for id in &family {
        let client = client_of(id, &[None, None, None, None, Some(owner.clone())]);
        store.insert(&client).await.expect("insert of a new client");
    }
    let cause = Cause::Owner(owner);
    assert_eq!(revoked(store, &cause, 0).await, [], "a revocation of at most none");
    let mut all = Vec::new();
    for removed in [2, 2, 1, 0] {
        let batch = revoked(store, &cause, 2).await;
        assert_eq!(batch.len(), removed, "a revocation of at most 2");
        all.extend(batch);
    }
    assert_eq!(sorted(&all), sorted(&family), "the clients that revocations said they removed");
}

/// A revoked client leaves its unique key to others.
pub async fn revoke_frees_unique_keys(store: &(impl ClientStore + ClientDirectory)) {
    let (one, other) = (fresh_id("revoke-one"), fresh_id("revoke-other"));
    let (key, owner) = (key_of(&one), one.as_str());
    let origin = json!({ "profile": "standard", "owner": owner });
    let client = bare_from(&one, json!({ "unique_key": key, "provenance": origin }));
    store.insert(&client).await.expect("insert with a free unique key");
    assert_eq!(
        revoked(store, &Cause::Owner(owner.into()), 1).await,
        std::slice::from_ref(&one),
        "a revocation of one client"
    );
    store.insert(&keyed(&other, Some(&key))).await.expect("the key of a revoked client is free");
    remove(store, &other).await;
}

/// A suspended client, whose time is up, with an origin.
fn client_of(id: &ClientId, origin: &[Option<Arc<str>>; 5]) -> Client {
    let [issuer, software, digest, token, owner] =
        origin.each_ref().map(|name| name.as_deref().map_or(Value::Null, Value::from));
    let provenance = json!({
        "profile": "standard",
        "statement_issuer": issuer,
        "statement_software": software,
        "statement_digest": digest,
        "initial_access": token,
        "owner": owner,
    });
    bare_from(id, json!({ "state": "suspended", "expires_at": 1_767_225_601, "provenance": provenance }))
}

async fn revoked(store: &impl ClientDirectory, cause: &Cause, limit: usize) -> Vec<ClientId> {
    let removed = store.revoke(cause, limit).await.expect("revoke");
    assert!(removed.len() <= limit, "a revocation of at most {limit} removed {}", removed.len());
    sorted(&removed)
}
