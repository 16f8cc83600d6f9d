//! Listing and sweeping.

use serde_json::json;
use time::OffsetDateTime;

use super::clients::{bare_client, client_from, fresh_id, full_client, key_of, keyed};
use super::judge::{assert_absent, assert_stored, differences, remove};
use crate::client::{Client, ClientId};
use crate::host::{ClientDirectory, ClientStore};

/// The listing is in the order of ids byte by byte, and whole: walked page by page, each client comes once.
pub async fn list_is_in_the_order_of_ids(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("list", &["b", "A", "a", "B", "-", "a-", "aa", "a.", "10", "9"]);
    for id in &family {
        store.insert(&full_client(id)).await.expect("insert of a new client");
    }
    let mut walked: Vec<Client> = Vec::new();
    loop {
        let last = walked.last().map(|client| client.id().clone());
        let page = store.list(last.as_ref(), 3).await.expect("list");
        assert!(page.len() <= 3, "a page of at most 3 has {} clients", page.len());
        if page.is_empty() {
            break;
        }
        walked.extend(page);
    }
    assert!(
        walked.windows(2).all(|pair| pair[0].id() < pair[1].id()),
        "the listing is not in the order of ids"
    );
    let own: Vec<&Client> = walked.iter().filter(|client| family.contains(client.id())).collect();
    assert_eq!(own.len(), family.len(), "the listing does not have every client once");
    for client in own {
        let differences = differences(client, &full_client(client.id()));
        assert!(differences.is_empty(), "a listed client is not the stored one: {}", differences.join("; "));
        remove(store, client.id()).await;
    }
}

/// A page begins behind the given id, which need not exist, and has at most the given number of clients.
pub async fn list_goes_on_behind_an_id(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("page", &["2", "4", "6", "8", "5"]);
    let [two, four, six, eight, five] = [0, 1, 2, 3, 4].map(|place| family[place].clone());
    for id in [&eight, &two, &six, &four] {
        store.insert(&bare_client(id)).await.expect("insert of a new client");
    }
    for (after, limit, expected) in [
        (&two, 2, vec![&four, &six]),
        (&two, 3, vec![&four, &six, &eight]),
        (&four, 1, vec![&six]),
        (&five, 2, vec![&six, &eight]),
        (&five, 0, vec![]),
    ] {
        let page = store.list(Some(after), limit).await.expect("list");
        let ids: Vec<&ClientId> = page.iter().map(Client::id).collect();
        assert_eq!(ids, expected, "at most {limit} behind {after}");
    }
    remove(store, &four).await;
    let page = store.list(Some(&two), 1).await.expect("list");
    assert_eq!(page[0].id(), &six, "a deleted client is listed");
    for id in [&two, &six, &eight] {
        remove(store, id).await;
    }
}

/// A sweep removes clients whose time is up, to the second, and no others.
pub async fn sweep_removes_expired_clients_only(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("sweep", &["past", "now", "future", "never"]);
    let expiries = [Some(LONG_AGO - 1), Some(LONG_AGO), Some(LONG_AGO + 1), None];
    let clients: Vec<Client> = family
        .iter()
        .zip(expiries)
        // A secret that has expired does not end its client.
        .map(|(id, expiry)| client_from(id, json!({ "expires_at": expiry, "secret_expires_at": 1 })))
        .collect();
    for client in &clients {
        store.insert(client).await.expect("insert of a new client");
    }
    assert_eq!(
        store.sweep(long_ago(), 0).await.expect("sweep"),
        0,
        "a sweep of at most none removed something"
    );
    assert_eq!(store.sweep(long_ago(), 100).await.expect("sweep"), 2, "a sweep of two expired clients");
    assert_eq!(store.sweep(long_ago(), 100).await.expect("sweep"), 0, "a sweep right after another one");
    assert_absent(store, clients[0].id(), "after a sweep behind its expiry").await;
    assert_absent(store, clients[1].id(), "after a sweep in the moment of its expiry").await;
    for client in &clients[2..] {
        assert_stored(store, client, "after a sweep before its expiry").await;
        remove(store, client.id()).await;
    }
}

/// A sweep removes at most as many as it was told, and says how many.
pub async fn sweep_works_in_batches(store: &(impl ClientStore + ClientDirectory)) {
    let family = family("batch", &["1", "2", "3", "4", "5"]);
    for id in &family {
        store
            .insert(&client_from(id, json!({ "expires_at": LONG_AGO })))
            .await
            .expect("insert of a new client");
    }
    for (removed, left) in [(2, 3), (2, 1), (1, 0), (0, 0)] {
        assert_eq!(store.sweep(long_ago(), 2).await.expect("sweep"), removed, "a sweep of at most 2");
        let mut stored = 0;
        for id in &family {
            stored += usize::from(store.get(id).await.expect("get").is_some());
        }
        assert_eq!(stored, left, "clients after a sweep that said {removed}");
    }
}

/// A client that was swept away leaves its unique key to others.
pub async fn sweep_frees_unique_keys(store: &(impl ClientStore + ClientDirectory)) {
    let (one, other) = (fresh_id("sweep-one"), fresh_id("sweep-other"));
    let key = key_of(&one);
    let expired = client_from(&one, json!({ "expires_at": LONG_AGO, "unique_key": key }));
    store.insert(&expired).await.expect("insert with a free unique key");
    assert_eq!(store.sweep(long_ago(), 100).await.expect("sweep"), 1, "a sweep of one expired client");
    store.insert(&keyed(&other, Some(&key))).await.expect("the key of a swept client is free");
    remove(store, &other).await;
}

/// Sweeps happen in 1970, so that they remove nobody else's clients.
const LONG_AGO: i64 = 86_400;

fn long_ago() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(LONG_AGO).unwrap()
}

/// Ids that stand next to each other in a listing, whoever else is in the store.
fn family(check: &str, endings: &[&str]) -> Vec<ClientId> {
    let base = fresh_id(check);
    endings.iter().map(|ending| ClientId::new(&format!("{base}-{ending}")).unwrap()).collect()
}
