//! Unique keys.

use super::clients::{fresh_id, key_of, keyed, revised};
use super::judge::{assert_absent, assert_stored, remove, the_winner, together};
use crate::client::{Client, ClientId};
use crate::host::{ClientStore, StoreError};

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

/// Unique keys are texts of any length and of any characters, compared byte by byte to their ends.
pub async fn unique_keys_are_of_any_text(store: &dyn ClientStore) {
    let base = key_of(&fresh_id("unique-text"));
    let long = format!("{base} {}", "x".repeat(10_000));
    let keys = [
        format!("{long}a"),
        format!("{long}b"),
        format!("{base}\0"),
        format!("{base}\0\0"),
        format!("{base}e\u{301}"),
        base,
    ];
    let clients: Vec<Client> = keys.iter().map(|key| keyed(&fresh_id("unique-text"), Some(key))).collect();
    for client in &clients {
        store.insert(client).await.expect("insert with another unique key");
    }
    for client in &clients {
        let rival = keyed(&fresh_id("unique-rival"), client.unique_key());
        assert_duplicate(store.insert(&rival).await, client.id());
        assert_stored(store, client, "among unique keys that are alike").await;
    }
    for client in &clients {
        remove(store, client.id()).await;
    }
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

/// A deleted client leaves its unique key to others.
pub async fn deleted_unique_keys_are_free(store: &dyn ClientStore) {
    let (one, other) = (fresh_id("free-one"), fresh_id("free-other"));
    let key = key_of(&one);
    store.insert(&keyed(&one, Some(&key))).await.expect("insert with a free unique key");
    remove(store, &one).await;
    store.insert(&keyed(&other, Some(&key))).await.expect("the key of a deleted client is free");
    remove(store, &other).await;
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

/// A client is found by its unique key as long as it has it. For stores that a profile asks for it
/// (`lifecycle.cancel_when`), so not part of [`client_store`](super::client_store).
pub async fn clients_are_found_by_unique_key(store: &dyn ClientStore) {
    let (one, other) = (fresh_id("find-one"), fresh_id("find-other"));
    let (key, next_key) = (key_of(&one), key_of(&other));
    let found = async |key: &str| store.find_unique(key).await.expect("find of a unique key");
    assert_eq!(found(&key).await, None, "nobody has this unique key");
    let (first, second) = (keyed(&one, Some(&key)), keyed(&other, None));
    store.insert(&first).await.expect("insert with a free unique key");
    store.insert(&second).await.expect("insert without a unique key");
    assert_eq!(found(&key).await.as_ref(), Some(&first), "after insert");
    for unlike in [key.to_uppercase(), key.trim_end_matches('e').to_owned(), format!("{key} "), String::new()]
    {
        assert_eq!(found(&unlike).await, None, "unique keys are compared exactly");
    }
    let moved = revised(&keyed(&one, Some(&next_key)), 2);
    store.replace(&moved, 1).await.expect("replace with a free unique key");
    assert_eq!(found(&key).await, None, "the key that was moved away from");
    assert_eq!(found(&next_key).await, Some(moved), "after replace");
    remove(store, &one).await;
    assert_eq!(found(&next_key).await, None, "the key of a deleted client");
    remove(store, &other).await;
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
