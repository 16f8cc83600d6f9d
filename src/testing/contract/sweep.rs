//! Sweeping.

use serde_json::json;
use time::OffsetDateTime;

use super::clients::{bare_from, family, fresh_id, key_of, keyed, revised};
use super::judge::{assert_absent, assert_stored, boxed, remove, sorted, together};
use crate::client::{Client, ClientId};
use crate::host::{ClientDirectory, ClientStore, StoreError, Sweep};

/// A sweep removes clients whose time is up, to the second, and no others.
pub async fn sweep_removes_expired_clients_only(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("sweep", &["past", "now", "future", "never"]);
    let expiries = [Some(LONG_AGO - 1), Some(LONG_AGO), Some(LONG_AGO + 1), None];
    let clients: Vec<Client> = family
        .iter()
        .zip(expiries)
        // A secret that has expired does not end its client.
        .map(|(id, expiry)| bare_from(id, json!({ "expires_at": expiry, "secret_expires_at": 1 })))
        .collect();
    for client in &clients {
        store.insert(client).await.expect("insert of a new client");
    }
    assert_eq!(swept(store, &expired(), 0).await, [], "a sweep of at most none");
    assert_eq!(swept(store, &expired(), 100).await, sorted(&family[..2]), "a sweep of two expired clients");
    assert_eq!(swept(store, &expired(), 100).await, [], "a sweep right after another one");
    assert_absent(store, clients[0].id(), "after a sweep behind its expiry").await;
    assert_absent(store, clients[1].id(), "after a sweep in the moment of its expiry").await;
    for client in &clients[2..] {
        assert_stored(store, client, "after a sweep before its expiry").await;
        remove(store, client.id()).await;
    }
}

/// A sweep that asks for them removes clients that were never used, if they were registered early enough, to the
/// second.
pub async fn sweep_removes_unused_clients_if_asked(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("unused", &["past", "now", "pending", "future", "used"]);
    let clients = [
        json!({ "issued_at": LONG_AGO - 1 }),
        json!({ "issued_at": LONG_AGO }),
        json!({ "issued_at": LONG_AGO - 1, "state": "pending" }),
        json!({ "issued_at": LONG_AGO + 1 }),
        json!({ "issued_at": LONG_AGO - 1, "last_used_at": LONG_AGO - 1 }),
    ];
    let clients: Vec<Client> =
        family.iter().zip(clients).map(|(id, changes)| bare_from(id, changes)).collect();
    for client in &clients {
        store.insert(client).await.expect("insert of a new client");
    }
    assert_eq!(swept(store, &expired(), 100).await, [], "a sweep of expired clients only");
    let unused = expired().with_unused_before(long_ago());
    assert_eq!(swept(store, &unused, 100).await, sorted(&family[..3]), "a sweep of three unused clients");
    for client in &clients[3..] {
        assert_stored(store, client, "after a sweep of unused clients").await;
        remove(store, client.id()).await;
    }
}

/// A sweep removes at most as many as it was told, and says which.
pub async fn sweep_works_in_batches(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("batch", &["1", "2", "3", "4", "5"]);
    for id in &family {
        let client = bare_from(id, json!({ "expires_at": LONG_AGO }));
        store.insert(&client).await.expect("insert of a new client");
    }
    let mut all = Vec::new();
    for (removed, left) in [(2, 3), (2, 1), (1, 0), (0, 0)] {
        let batch = swept(store, &expired(), 2).await;
        assert_eq!(batch.len(), removed, "a sweep of at most 2");
        let mut stored = 0;
        for id in &family {
            stored += usize::from(store.get(id).await.expect("get").is_some());
        }
        assert_eq!(stored, left, "clients after a sweep that said {removed}");
        all.extend(batch);
    }
    assert_eq!(sorted(&all), sorted(&family), "the clients that sweeps said they removed");
}

/// A client that was swept away leaves its unique key to others.
pub async fn sweep_frees_unique_keys(store: &(impl ClientStore + ClientDirectory)) {
    let (one, other) = (fresh_id("sweep-one"), fresh_id("sweep-other"));
    let key = key_of(&one);
    let client = bare_from(&one, json!({ "expires_at": LONG_AGO, "unique_key": key }));
    store.insert(&client).await.expect("insert with a free unique key");
    assert_eq!(swept(store, &expired(), 100).await, [one], "a sweep of one expired client");
    store.insert(&keyed(&other, Some(&key))).await.expect("the key of a swept client is free");
    remove(store, &other).await;
}

/// A client that is used or updated while it is swept is either gone, or there and no longer due.
pub async fn sweep_racing_with_a_use_or_an_update_is_one_or_the_other(
    store: &(impl ClientStore + ClientDirectory),
) {
    let due = expired().with_unused_before(long_ago());
    for round in 0..4 {
        let id = fresh_id("sweep-race");
        let client = bare_from(&id, json!({ "issued_at": LONG_AGO, "expires_at": null }));
        store.insert(&client).await.expect("insert of a new client");
        let sweep = boxed(async { !swept(store, &due, 100).await.contains(&id) });
        let touch = boxed(async { store.touch(&id, long_ago()).await.expect("touch") });
        let is_kept = together(if round % 2 == 0 { vec![sweep, touch] } else { vec![touch, sweep] }).await;
        assert_eq!(is_kept[0], is_kept[1], "a client was used and swept");
        assert_kept(store, &id, is_kept[0]).await;

        let id = fresh_id("sweep-race");
        let client = bare_from(&id, json!({ "expires_at": LONG_AGO }));
        let next = revised(&bare_from(&id, json!({})), 2);
        store.insert(&client).await.expect("insert of a new client");
        let sweep = boxed(async { !swept(store, &due, 100).await.contains(&id) });
        let replace = boxed(async {
            match store.replace(&next, 1).await {
                Ok(()) => true,
                Err(StoreError::NotFound) => false,
                Err(error) => panic!("of a sweep and a replace at once, one was {error:?}"),
            }
        });
        let is_kept =
            together(if round % 2 == 0 { vec![sweep, replace] } else { vec![replace, sweep] }).await;
        assert_eq!(is_kept[0], is_kept[1], "a client was updated and swept");
        assert_kept(store, &id, is_kept[0]).await;
    }
}

async fn assert_kept(store: &dyn ClientStore, id: &ClientId, is_kept: bool) {
    assert_eq!(store.get(id).await.expect("get").is_some(), is_kept, "a client that is kept is there");
    if is_kept {
        remove(store, id).await;
    }
}

async fn swept(store: &impl ClientDirectory, due: &Sweep, limit: usize) -> Vec<ClientId> {
    let removed = store.sweep(due, limit).await.expect("sweep");
    assert!(removed.len() <= limit, "a sweep of at most {limit} removed {}", removed.len());
    sorted(&removed)
}

/// Sweeps happen in 1970, so that they remove nobody else's clients.
const LONG_AGO: i64 = 86_400;

fn long_ago() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(LONG_AGO).unwrap()
}

fn expired() -> Sweep {
    Sweep::new(long_ago())
}
