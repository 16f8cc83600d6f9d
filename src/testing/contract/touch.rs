//! Uses of clients.

use serde_json::json;
use time::OffsetDateTime;

use super::clients::{client_from, fresh_id, full_client, revised};
use super::judge::{assert_stored, boxed, remove, together};
use crate::host::{ClientDirectory, ClientStore};

/// A use is noted and nothing else of the client changes. An earlier use changes nothing.
pub async fn touch_notes_the_latest_use(store: &(impl ClientStore + ClientDirectory)) {
    let id = fresh_id("touch");
    let client = full_client(&id);
    store.insert(&client).await.expect("insert of a new client");
    for (time, latest) in [(10, 10), (20, 20), (15, 20), (20, 20)] {
        assert!(store.touch(&id, at(time)).await.expect("touch"), "there was a client to use");
        assert_stored(store, &client.clone().used_at(at(latest)), "after a use").await;
    }
    remove(store, &id).await;
}

/// The use of an unknown client is not an error, and makes none.
pub async fn touch_of_an_unknown_id_is_false(store: &(impl ClientStore + ClientDirectory)) {
    let id = fresh_id("touch-unknown");
    assert!(!store.touch(&id, at(0)).await.expect("touch of an unknown id"), "there was nobody to use");
    store.insert(&full_client(&id)).await.expect("a use made no client");
    remove(store, &id).await;
    assert!(!store.touch(&id, at(0)).await.expect("touch of a deleted client"), "it was deleted before");
    assert!(store.get(&id).await.expect("get").is_none(), "a use brought a deleted client back");
}

/// An update that was begun before a use is stored, since a use changes no revision, and does not lose it.
pub async fn replace_keeps_a_later_use(store: &(impl ClientStore + ClientDirectory)) {
    let id = fresh_id("touch-replace");
    store.insert(&full_client(&id)).await.expect("insert of a new client");
    store.touch(&id, at(20)).await.expect("touch");
    for (revision, own, latest) in [(2, None, 20), (3, Some(10), 20), (4, Some(30), 30)] {
        let own = own.map(|time| at(time).unix_timestamp());
        let next = client_from(&id, json!({ "revision": revision, "last_used_at": own }));
        store.replace(&next, revision - 1).await.expect("replace after a use");
        assert_stored(store, &next.used_at(at(latest)), "after a use and a replace").await;
    }
    remove(store, &id).await;
}

/// A use and an update at once are both kept.
pub async fn touch_racing_with_replace_loses_nothing(store: &(impl ClientStore + ClientDirectory)) {
    for round in 0..4 {
        let id = fresh_id("touch-race");
        let next = revised(&client_from(&id, json!({ "state": "suspended" })), 2);
        store.insert(&full_client(&id)).await.expect("insert of a new client");
        let replace = boxed(async { store.replace(&next, 1).await.expect("replace while a client is used") });
        let touch =
            boxed(async { assert!(store.touch(&id, at(5)).await.expect("touch"), "a client to use") });
        together(if round % 2 == 0 { vec![replace, touch] } else { vec![touch, replace] }).await;
        assert_stored(store, &next.clone().used_at(at(5)), "after a use and a replace at once").await;
        remove(store, &id).await;
    }
}

/// Seconds after 2026-01-01T00:00:00Z.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_225_600 + seconds).unwrap()
}
