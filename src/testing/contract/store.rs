//! Storing, finding, replacing and deleting.

use serde_json::json;

use super::clients::{bare_client, client_from, fresh_id, full_client, revised};
use super::judge::{assert_absent, assert_stored, boxed, remove, the_winner, together};
use crate::client::{Client, ClientId};
use crate::host::{ClientStore, StoreError};
use crate::secret::TokenDigest;

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
    let rivals: Vec<Client> =
        (0..8).map(|number| client_from(&id, json!({ "expires_at": 1_798_761_600 + number }))).collect();
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

/// Revisions have 64 bits, and all of them count.
pub async fn revisions_have_64_bits(store: &dyn ClientStore) {
    for (revision, others) in [
        (i64::MAX as u64, [i64::MAX as u64 - 1, i64::MAX as u64 + 1]),
        (u64::MAX - 1, [u64::MAX - 2, u64::MAX]),
        ((1 << 53) + 1, [1 << 53, 1]),
    ] {
        let id = fresh_id("revision");
        let stored = revised(&full_client(&id), revision);
        store.insert(&stored).await.expect("insert of a new client");
        for expected in others {
            let result = store.replace(&revised(&bare_client(&id), revision + 1), expected).await;
            assert!(
                matches!(result, Err(StoreError::Conflict)),
                "replace of revision {revision} with {expected} expected was {result:?}"
            );
        }
        assert_stored(store, &stored, "after a conflict of large revisions").await;
        let next = revised(&bare_client(&id), revision + 1);
        store.replace(&next, revision).await.expect("replace with the stored revision");
        assert_stored(store, &next, "after replace of a large revision").await;
        remove(store, &id).await;
    }
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
    let rivals: Vec<Client> = (0..8)
        .map(|number| client_from(&id, json!({ "expires_at": 1_798_761_600 + number, "revision": 2 })))
        .collect();
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

/// A store that cannot reach its database says so in every call, and says why in the source of the error. For
/// a store that was told to fail, so not part of [`client_store`](super::client_store).
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
