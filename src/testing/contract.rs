//! What every [`ClientStore`], [`ClientDirectory`] and [`ReplayGuard`] must do.
//!
//! [`client_store`] runs all checks on a store, [`client_directory`] and [`replay_guard`] on the others. Each
//! check is one behaviour and a function of its own, with client ids that no other run uses: a store that
//! holds other clients is fine, and a failure names what broke. A check removes its clients when it ends
//! well.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::client::{Client, ClientId};
use crate::entropy::{Entropy, OsEntropy};
use crate::host::{ClientDirectory, ClientStore, ReplayGuard, ReplayKey, StoreError};
use crate::metadata::{Group, Kind, fields};
use crate::secret::TokenDigest;

/// Runs every check of [`ClientStore`], one after the other.
///
/// # Panics
///
/// If the store breaks the contract.
pub async fn client_store(store: &dyn ClientStore) {
    get_of_an_unknown_id_is_none(store).await;
    insert_then_get_returns_the_same_client(store).await;
    insert_of_a_taken_id_fails(store).await;
    concurrent_insert_has_one_winner(store).await;
    ids_are_compared_exactly(store).await;
    replace_with_the_right_revision_wins(store).await;
    replace_with_an_old_revision_is_a_conflict(store).await;
    replace_of_an_unknown_id_is_not_found(store).await;
    concurrent_replace_has_one_winner(store).await;
    delete_returns_true_once(store).await;
    concurrent_delete_has_one_winner(store).await;
    deleted_clients_stay_deleted(store).await;
    replace_racing_with_delete_brings_nothing_back(store).await;
    unique_keys_are_taken_once(store).await;
    concurrent_insert_of_a_unique_key_has_one_winner(store).await;
    deleted_unique_keys_are_free(store).await;
    replace_can_move_a_unique_key(store).await;
    replace_can_drop_a_unique_key(store).await;
}

/// Runs every check of [`ClientDirectory`], one after the other. Nobody else may sweep the store meanwhile.
///
/// # Panics
///
/// If the store breaks the contract.
pub async fn client_directory(store: &(impl ClientStore + ClientDirectory)) {
    list_is_in_the_order_of_ids(store).await;
    list_goes_on_behind_an_id(store).await;
    sweep_removes_expired_clients_only(store).await;
    sweep_works_in_batches(store).await;
    sweep_frees_unique_keys(store).await;
}

/// Runs every check of [`ReplayGuard`], one after the other.
///
/// # Panics
///
/// If the guard breaks the contract.
pub async fn replay_guard(guard: &dyn ReplayGuard) {
    keys_are_good_once(guard).await;
    keys_are_remembered_until_their_time(guard).await;
    concurrent_consume_has_one_winner(guard).await;
}

/// A client with every member that a client can have: language variants, members that nobody declared,
/// integers of 64 bits, text outside ASCII.
#[must_use]
pub fn full_client(id: &ClientId) -> Client {
    client_from(id, json!({}))
}

/// A client with nothing that is optional.
#[must_use]
pub fn bare_client(id: &ClientId) -> Client {
    from_form(json!({
        "id": id,
        "metadata": {},
        "issued_at": 1_767_225_600,
        "provenance": { "profile": "standard" },
        "revision": 1,
    }))
}

/// An unknown id is nobody, which is not an error.
pub async fn get_of_an_unknown_id_is_none(store: &dyn ClientStore) {
    let id = fresh_id("unknown");
    let found = store.get(&id).await.expect("get of an unknown id is not an error");
    assert!(found.is_none(), "get of an unknown id found {found:?}");
}

/// What was stored comes back equal, whatever it holds.
pub async fn insert_then_get_returns_the_same_client(store: &dyn ClientStore) {
    let id = fresh_id("same");
    let longest = ClientId::new(&format!("{id}-{}", "x".repeat(255 - id.as_str().len()))).unwrap();
    let clients = [
        client_from(&id, json!({ "secret": { "value": "-._~+/= \"'\\ é 漢 🦀" } })),
        client_from(&fresh_id("digest"), json!({ "secret": { "digest": TokenDigest::of("secret") } })),
        client_from(&fresh_id("flags"), json!({ "flags": {} })),
        client_from(&fresh_id("never"), json!({ "expires_at": null, "secret_expires_at": null })),
        client_from(&fresh_id("numbers"), json!({ "expires_at": 253_402_300_799_i64, "revision": i64::MAX })),
        bare_client(&fresh_id("bare")),
        bare_client(&longest),
    ];
    for client in &clients {
        store.insert(client).await.expect("insert of a new client");
    }
    for client in &clients {
        assert_stored(store, client, "after insert").await;
        remove(store, client.id()).await;
    }
}

/// A taken id is refused, and the client that has it stays as it was.
pub async fn insert_of_a_taken_id_fails(store: &dyn ClientStore) {
    let id = fresh_id("taken");
    let first = full_client(&id);
    store.insert(&first).await.expect("insert of a new client");
    let second = store.insert(&bare_client(&id)).await;
    assert!(matches!(second, Err(StoreError::AlreadyExists)), "insert of a taken id was {second:?}");
    assert_stored(store, &first, "after an insert with its id").await;
    remove(store, &id).await;
}

/// Of several inserts of one id at once, one succeeds.
pub async fn concurrent_insert_has_one_winner(store: &dyn ClientStore) {
    let id = fresh_id("concurrent-insert");
    let rivals: Vec<Client> = (0..8).map(|number| client_from(&id, json!({ "issued_at": number }))).collect();
    let results = together(rivals.iter().map(|client| store.insert(client)).collect()).await;
    let winner = the_winner(&results, |error| matches!(error, StoreError::AlreadyExists));
    assert_stored(store, &rivals[winner], "after inserts at once").await;
    remove(store, &id).await;
}

/// Ids are texts of bytes: neither case nor what looks like a pattern makes two of them equal.
pub async fn ids_are_compared_exactly(store: &dyn ClientStore) {
    let base = fresh_id("exact");
    let ids: Vec<ClientId> =
        ["Abc", "abc", "ABC", "a%", "a_c", "ab", "abcd", "a'c;--", "a\"c", "a\\c", "a/c?#", "0", "00"]
            .iter()
            .map(|ending| ClientId::new(&format!("{base}-{ending}")).unwrap())
            .collect();
    for id in &ids {
        let found = store.get(id).await.expect("get of an unknown id is not an error");
        assert!(found.is_none(), "get of {id} found another client: {found:?}");
        store.insert(&bare_client(id)).await.expect("insert of an id that differs from all others");
    }
    for id in &ids {
        assert_stored(store, &bare_client(id), "among ids that are alike").await;
    }
    for (place, id) in ids.iter().enumerate() {
        remove(store, id).await;
        for other in &ids[place + 1..] {
            assert_stored(store, &bare_client(other), "after a delete of an id that is alike").await;
        }
    }
}

/// With the revision that is stored, the whole client is replaced: nothing of the old one is left.
pub async fn replace_with_the_right_revision_wins(store: &dyn ClientStore) {
    let id = fresh_id("replace");
    let old = full_client(&id);
    store.insert(&old).await.expect("insert of a new client");
    let new = revised(&bare_client(&id), old.revision() + 1);
    store.replace(&new, old.revision()).await.expect("replace with the stored revision");
    assert_stored(store, &new, "after replace").await;
    let newer = revised(&full_client(&id), new.revision() + 1);
    store.replace(&newer, new.revision()).await.expect("replace with the stored revision, again");
    assert_stored(store, &newer, "after replace, again").await;
    remove(store, &id).await;
}

/// With any other revision, nothing changes.
pub async fn replace_with_an_old_revision_is_a_conflict(store: &dyn ClientStore) {
    let id = fresh_id("conflict");
    let stored = client_from(&id, json!({ "revision": 7 }));
    store.insert(&stored).await.expect("insert of a new client");
    for expected in [0, 1, 6, 8] {
        let result = store.replace(&revised(&bare_client(&id), expected + 1), expected).await;
        assert!(
            matches!(result, Err(StoreError::Conflict)),
            "replace of revision 7 with {expected} expected was {result:?}"
        );
        assert_stored(store, &stored, "after a conflict").await;
    }
    remove(store, &id).await;
}

/// Replacing is never inserting.
pub async fn replace_of_an_unknown_id_is_not_found(store: &dyn ClientStore) {
    let id = fresh_id("replace-unknown");
    for expected in [0, 1] {
        let result = store.replace(&revised(&full_client(&id), expected + 1), expected).await;
        assert!(matches!(result, Err(StoreError::NotFound)), "replace of an unknown id was {result:?}");
        assert_absent(store, &id, "after a replace that found nothing").await;
    }
}

/// Of several replacements of one revision at once, one succeeds, and the others are told so.
pub async fn concurrent_replace_has_one_winner(store: &dyn ClientStore) {
    let id = fresh_id("concurrent-replace");
    store.insert(&full_client(&id)).await.expect("insert of a new client");
    let rivals: Vec<Client> =
        (0..8).map(|number| client_from(&id, json!({ "issued_at": number, "revision": 2 }))).collect();
    let results = together(rivals.iter().map(|client| store.replace(client, 1)).collect()).await;
    let winner = the_winner(&results, |error| matches!(error, StoreError::Conflict));
    assert_stored(store, &rivals[winner], "after replacements at once").await;
    remove(store, &id).await;
}

/// Only the call that removed the client says so.
pub async fn delete_returns_true_once(store: &dyn ClientStore) {
    let id = fresh_id("delete");
    assert!(
        !store.delete(&id).await.expect("delete of an unknown id is not an error"),
        "there was nobody to delete"
    );
    store.insert(&full_client(&id)).await.expect("insert of a new client");
    assert!(store.delete(&id).await.expect("delete"), "there was a client to delete");
    assert!(
        !store.delete(&id).await.expect("delete of a deleted client is not an error"),
        "it was deleted before"
    );
}

/// Of several deletions at once, one is told that there was a client.
pub async fn concurrent_delete_has_one_winner(store: &dyn ClientStore) {
    let id = fresh_id("concurrent-delete");
    store.insert(&full_client(&id)).await.expect("insert of a new client");
    let results = together((0..8).map(|_| store.delete(&id)).collect()).await;
    let removed = results.into_iter().filter(|result| *result.as_ref().expect("delete")).count();
    assert_eq!(removed, 1, "of 8 deletions at once, {removed} removed the client");
    assert_absent(store, &id, "after deletions at once").await;
}

/// A deleted client is unknown, and no replacement brings it back.
pub async fn deleted_clients_stay_deleted(store: &dyn ClientStore) {
    let id = fresh_id("deleted");
    let client = full_client(&id);
    store.insert(&client).await.expect("insert of a new client");
    remove(store, &id).await;
    assert_absent(store, &id, "after delete").await;
    for expected in [0, client.revision(), client.revision() + 1] {
        let result = store.replace(&revised(&client, expected + 1), expected).await;
        assert!(matches!(result, Err(StoreError::NotFound)), "replace of a deleted client was {result:?}");
        assert_absent(store, &id, "after a replace of the deleted client").await;
    }
}

/// Whichever of the two comes first, the client is gone in the end.
pub async fn replace_racing_with_delete_brings_nothing_back(store: &dyn ClientStore) {
    for round in 0..4 {
        let id = fresh_id("race");
        let client = full_client(&id);
        let next = revised(&client, 2);
        store.insert(&client).await.expect("insert of a new client");
        let replace = async { store.replace(&next, 1).await.map(|()| true) };
        let delete = store.delete(&id);
        let calls = if round % 2 == 0 { vec![boxed(replace), delete] } else { vec![delete, boxed(replace)] };
        for result in together(calls).await {
            assert!(
                matches!(result, Ok(true) | Err(StoreError::NotFound)),
                "of a replace and a delete at once, one was {result:?}"
            );
        }
        assert_absent(store, &id, "after a replace and a delete at once").await;
    }
}

/// A unique key is one client's: the second is refused, is told whose it is, and is not stored.
pub async fn unique_keys_are_taken_once(store: &dyn ClientStore) {
    let (one, other) = (fresh_id("unique-one"), fresh_id("unique-other"));
    let key = key_of(&one);
    store.insert(&keyed(&one, Some(&key))).await.expect("insert with a free unique key");
    assert_duplicate(store.insert(&keyed(&other, Some(&key))).await, &one);
    assert_absent(store, &other, "after an insert with a taken unique key").await;
    // Keys are compared as ids are, and clients without one do not share it.
    let (upper, none, neither) =
        (fresh_id("unique-upper"), fresh_id("unique-none"), fresh_id("unique-neither"));
    for client in [keyed(&upper, Some(&key.to_uppercase())), keyed(&none, None), keyed(&neither, None)] {
        store.insert(&client).await.expect("insert with another unique key or none");
        remove(store, client.id()).await;
    }
    remove(store, &one).await;
}

/// Of several inserts with one unique key at once, one succeeds.
pub async fn concurrent_insert_of_a_unique_key_has_one_winner(store: &dyn ClientStore) {
    let key = key_of(&fresh_id("unique-concurrent"));
    let rivals: Vec<Client> =
        (0..8).map(|number| keyed(&fresh_id(&format!("unique-{number}")), Some(&key))).collect();
    let results = together(rivals.iter().map(|client| store.insert(client)).collect()).await;
    let winner = the_winner(&results, |error| matches!(error, StoreError::Duplicate { .. }));
    for (place, rival) in rivals.iter().enumerate() {
        if place == winner {
            assert_stored(store, rival, "after inserts of one unique key at once").await;
        } else {
            assert_absent(store, rival.id(), "after it lost its unique key to another").await;
        }
    }
    remove(store, rivals[winner].id()).await;
}

/// A replacement can take another unique key: that is taken then, and the old one free. It cannot take
/// another client's.
pub async fn replace_can_move_a_unique_key(store: &dyn ClientStore) {
    let (one, other) = (fresh_id("move-one"), fresh_id("move-other"));
    let (old, new) = (key_of(&one), key_of(&other));
    store.insert(&keyed(&one, Some(&old))).await.expect("insert with a free unique key");
    let kept = revised(&keyed(&one, Some(&old)), 2);
    store.replace(&kept, 1).await.expect("replace that keeps the unique key");

    // A replacement that fails takes nothing.
    let result = store.replace(&revised(&keyed(&one, Some(&new)), 2), 1).await;
    assert!(matches!(result, Err(StoreError::Conflict)), "replace with an old revision was {result:?}");
    store.insert(&keyed(&other, Some(&new))).await.expect("the key was not taken by the replace that failed");
    assert_duplicate(store.replace(&revised(&keyed(&one, Some(&new)), 3), 2).await, &other);
    assert_stored(store, &kept, "after a replace with a taken unique key").await;
    remove(store, &other).await;

    store.replace(&revised(&keyed(&one, Some(&new)), 3), 2).await.expect("replace with a free unique key");
    let third = fresh_id("move-third");
    assert_duplicate(store.insert(&keyed(&third, Some(&new))).await, &one);
    store.insert(&keyed(&third, Some(&old))).await.expect("the key that was moved away from is free");
    remove(store, &one).await;
    remove(store, &third).await;
}

/// A replacement without a unique key frees the one the client had.
pub async fn replace_can_drop_a_unique_key(store: &dyn ClientStore) {
    let (one, other) = (fresh_id("drop-one"), fresh_id("drop-other"));
    let key = key_of(&one);
    store.insert(&keyed(&one, Some(&key))).await.expect("insert with a free unique key");
    store.replace(&revised(&keyed(&one, None), 2), 1).await.expect("replace that drops the unique key");
    store.insert(&keyed(&other, Some(&key))).await.expect("the key that was dropped is free");
    remove(store, &one).await;
    assert_duplicate(store.insert(&keyed(&one, Some(&key))).await, &other);
    remove(store, &other).await;
}

/// A deleted client leaves its unique key to others.
pub async fn deleted_unique_keys_are_free(store: &dyn ClientStore) {
    let (one, other) = (fresh_id("free-one"), fresh_id("free-other"));
    let key = key_of(&one);
    store.insert(&keyed(&one, Some(&key))).await.expect("insert with a free unique key");
    remove(store, &one).await;
    store.insert(&keyed(&other, Some(&key))).await.expect("the key of a deleted client is free");
    remove(store, &other).await;
}

/// A store that cannot reach its database says so in every call, and says why in the source of the error. For
/// a store that was told to fail, so not part of [`client_store`].
pub async fn backend_errors_keep_their_source(failing: &dyn ClientStore) {
    let client = full_client(&fresh_id("failing"));
    let results = [
        ("insert", failing.insert(&client).await.err()),
        ("get", failing.get(client.id()).await.err()),
        ("replace", failing.replace(&client, 1).await.err()),
        ("delete", failing.delete(client.id()).await.err()),
    ];
    for (call, result) in results {
        let error = result.unwrap_or_else(|| panic!("{call} of a failing store succeeded"));
        assert!(
            matches!(error, StoreError::Backend(_) | StoreError::Unavailable(_)),
            "{call} of a failing store was {error:?}"
        );
        let source =
            std::error::Error::source(&error).unwrap_or_else(|| panic!("{call}: the error has no source"));
        assert!(!source.to_string().is_empty(), "{call}: the source says nothing");
    }
}

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

/// Each key is good once, whatever became of the others.
pub async fn keys_are_good_once(guard: &dyn ReplayGuard) {
    let (now, until) = (at(0), at(600));
    let keys = ["a", "b", "A"].map(|jti| ReplayKey::new("contract", fresh_id("once").as_str(), jti));
    for key in &keys {
        assert!(
            guard.consume(key, now, until).await.expect("consume"),
            "a key was used before its first use"
        );
    }
    for key in &keys {
        assert!(!guard.consume(key, now, until).await.expect("consume"), "a key was good twice");
    }
}

/// A used key is refused up to its time, also while others come and go, and also if it is presented with
/// another time.
pub async fn keys_are_remembered_until_their_time(guard: &dyn ReplayGuard) {
    let key = |jti: &str| ReplayKey::new("contract", fresh_id("time").as_str(), jti);
    let (long, short) = (key("long"), key("short"));
    assert!(guard.consume(&long, at(0), at(600)).await.expect("consume"), "the first use of a key");
    assert!(guard.consume(&short, at(0), at(10)).await.expect("consume"), "the first use of a key");
    for (now, until) in [(9, 10), (10, 20), (599, 600), (599, 9_999)] {
        assert!(
            guard.consume(&key("other"), at(now), at(until)).await.expect("consume"),
            "the first use of a key"
        );
        assert!(
            !guard.consume(&long, at(now), at(until)).await.expect("consume"),
            "a key that is good until 600 was good again at {now}"
        );
    }
    assert!(
        !guard.consume(&long, at(0), at(600)).await.expect("consume"),
        "a clock that goes back frees a key"
    );
}

/// Of several uses of one key at once, one is good.
pub async fn concurrent_consume_has_one_winner(guard: &dyn ReplayGuard) {
    let key = ReplayKey::new("contract", fresh_id("concurrent").as_str(), "jti");
    let results = together((0..8).map(|_| guard.consume(&key, at(0), at(600))).collect()).await;
    let good = results.into_iter().filter(|result| *result.as_ref().expect("consume")).count();
    assert_eq!(good, 1, "of 8 uses of a key at once, {good} were good");
}

/// Seconds after 2026-01-01T00:00:00Z.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_225_600 + seconds).unwrap()
}

/// Sweeps happen in 1970, so that they remove nobody else's clients.
const LONG_AGO: i64 = 86_400;

fn long_ago() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(LONG_AGO).unwrap()
}

/// An id that no other run uses.
fn fresh_id(check: &str) -> ClientId {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes).expect("random bytes");
    ClientId::new(&format!("contract-{:016x}-{check}", u64::from_be_bytes(bytes))).unwrap()
}

/// Ids that stand next to each other in a listing, whoever else is in the store.
fn family(check: &str, endings: &[&str]) -> Vec<ClientId> {
    let base = fresh_id(check);
    endings.iter().map(|ending| ClientId::new(&format!("{base}-{ending}")).unwrap()).collect()
}

/// A unique key that no other run uses.
fn key_of(id: &ClientId) -> String {
    format!("https://issuer.example/ é \n {id}")
}

fn keyed(id: &ClientId, key: Option<&str>) -> Client {
    client_from(id, json!({ "unique_key": key }))
}

fn revised(client: &Client, revision: u64) -> Client {
    let mut form = form(client);
    form["revision"] = revision.into();
    from_form(form)
}

/// A full client with some members of its form changed.
fn client_from(id: &ClientId, changes: Value) -> Client {
    let mut form = json!({
        "id": id,
        "metadata": every_member(),
        "issued_at": 1_767_225_600,
        "expires_at": 1_798_761_600,
        "secret": { "digest": TokenDigest::of(id.as_str()) },
        "secret_expires_at": 1_798_761_599,
        "registration_access_token": TokenDigest::of("token"),
        "flags": {
            "trusted": true,
            "disabled": true,
            "deletable": true,
            "persist_authorizations": true,
            "include_claims_in_id_token": true,
        },
        "provenance": { "profile": "standard", "statement_issuer": "https://issuer.example/ é" },
        "revision": 1,
    });
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    from_form(form)
}

/// Every row of the field table that can be stored, and members that no row has.
fn every_member() -> Map<String, Value> {
    let mut metadata = Map::new();
    for (place, row) in fields::TABLE.iter().enumerate().filter(|(_, row)| row.group != Group::Server) {
        let text = format!("{} \"quoted\" \\ / naïve 漢字 🦀 \u{2028}", row.name);
        let uri = format!("https://app.example.org/{}?q=%C3%A9&a=/", row.name);
        let value = match row.kind {
            Kind::String => json!(text),
            Kind::Uri | Kind::HttpsUri | Kind::WebUri => json!(uri),
            Kind::Bool => json!(place % 2 == 0),
            Kind::Int => json!(9_007_199_254_740_991_i64),
            Kind::List => json!(["z", text, "a"]),
            Kind::UriList => json!(["https://z.example.org/cb", uri, "com.example.app:/cb"]),
            Kind::Words => json!("openid zeta alpha"),
            Kind::Object => json!({ "z": [{ "a": [[], {}] }], "a": null, "n": -1, row.name: text }),
            Kind::Any => json!([1, "two", { "three": 3 }, null, [false]]),
        };
        if row.localized {
            for tag in ["de", "fr-CA", "ja-Hani-JP"] {
                metadata.insert(format!("{}#{tag}", row.name), json!(format!("{tag} {uri}")));
            }
        }
        metadata.insert(row.name.to_owned(), value);
    }
    for (name, value) in [
        ("extra_largest", json!(u64::MAX)),
        ("extra_smallest", json!(i64::MIN)),
        ("extra_fraction", json!(0.1)),
        ("extra_text_like_a_number", json!("1.0")),
        ("extra_object", json!({ "é": { "漢": ["🦀", 9_223_372_036_854_775_807_i64] } })),
        ("extra é", json!(["", true, []])),
        ("$extra.dotted", json!("")),
    ] {
        metadata.insert(name.to_owned(), value);
    }
    metadata
}

/// The stable form. Two clients with one form are the same client; the order of members has no meaning.
fn form(client: &Client) -> Value {
    serde_json::to_value(client).expect("the form of a client")
}

fn from_form(form: Value) -> Client {
    serde_json::from_value(form).expect("the form of a client")
}

async fn assert_stored(store: &dyn ClientStore, client: &Client, when: &str) {
    let found = store.get(client.id()).await.expect("get of a stored client");
    let found = found.unwrap_or_else(|| panic!("the client {} is not there {when}", client.id()));
    let differences = differences(&found, client);
    assert!(
        differences.is_empty(),
        "the client is not the one that was stored {when}: {}",
        differences.join("; ")
    );
    assert!(found == *client, "the client has the form but is not equal to the one that was stored {when}");
}

/// What of a client is not as it should be. Members of the metadata are compared one by one.
fn differences(found: &Client, expected: &Client) -> Vec<String> {
    let (found, expected) = (flat(found), flat(expected));
    let names: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let shown = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::to_string);
    names
        .into_iter()
        .filter(|name| found.get(*name) != expected.get(*name))
        .map(|name| format!("{name} is {} and not {}", shown(found.get(name)), shown(expected.get(name))))
        .collect()
}

fn flat(client: &Client) -> Map<String, Value> {
    let mut flat = Map::new();
    for (name, value) in form(client).as_object().unwrap() {
        match value.as_object().filter(|_| name == "metadata") {
            Some(metadata) => {
                flat.extend(metadata.iter().map(|(name, value)| (format!("metadata.{name}"), value.clone())))
            }
            None => _ = flat.insert(name.clone(), value.clone()),
        }
    }
    flat
}

async fn assert_absent(store: &dyn ClientStore, id: &ClientId, when: &str) {
    let found = store.get(id).await.expect("get of an absent client is not an error");
    assert!(found.is_none(), "the client {id} is there {when}");
}

#[track_caller]
fn assert_duplicate(result: Result<(), StoreError>, owner: &ClientId) {
    match result {
        Err(StoreError::Duplicate { existing }) => {
            assert_eq!(existing, *owner, "the owner of a taken unique key")
        }
        other => panic!("a taken unique key was taken again: {other:?}"),
    }
}

async fn remove(store: &dyn ClientStore, id: &ClientId) {
    assert!(store.delete(id).await.expect("delete"), "the client {id} is not there to be deleted");
}

/// The place of the one call that succeeded.
#[track_caller]
fn the_winner(results: &[Result<(), StoreError>], is_loss: impl Fn(&StoreError) -> bool) -> usize {
    let winners: Vec<usize> = (0..results.len()).filter(|place| results[*place].is_ok()).collect();
    assert_eq!(
        winners.len(),
        1,
        "of {} calls at once, not one succeeded but {}",
        results.len(),
        winners.len()
    );
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(is_loss(error), "a call that lost against another was told {error:?}");
    }
    winners[0]
}

type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

fn boxed<'a, T>(call: impl Future<Output = T> + Send + 'a) -> Call<'a, T> {
    Box::pin(call)
}

/// Runs calls at once: whenever one waits, the others go on.
async fn together<T>(mut calls: Vec<Call<'_, T>>) -> Vec<T> {
    let mut results: Vec<Option<T>> = calls.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (call, result) in calls.iter_mut().zip(&mut results).filter(|(_, result)| result.is_none()) {
            if let Poll::Ready(output) = call.as_mut().poll(cx) {
                *result = Some(output);
            }
        }
        if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results.into_iter().flatten().collect()
}
