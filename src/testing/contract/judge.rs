//! Whether a store did what it should, and calls at once.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use serde_json::{Map, Value};

use super::clients::form;
use crate::client::{Client, ClientId};
use crate::host::{ClientStore, StoreError};

pub(super) async fn assert_stored(store: &dyn ClientStore, client: &Client, when: &str) {
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
pub(super) fn differences(found: &Client, expected: &Client) -> Vec<String> {
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

pub(super) async fn assert_absent(store: &dyn ClientStore, id: &ClientId, when: &str) {
    let found = store.get(id).await.expect("get of an absent client is not an error");
    assert!(found.is_none(), "the client {id} is there {when}");
}

pub(super) async fn remove(store: &dyn ClientStore, id: &ClientId) {
    assert!(store.delete(id).await.expect("delete"), "the client {id} is not there to be deleted");
}

pub(super) fn sorted(ids: &[ClientId]) -> Vec<ClientId> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}

/// The place of the one call that succeeded.
#[track_caller]
pub(super) fn the_winner(results: &[Result<(), StoreError>], is_loss: impl Fn(&StoreError) -> bool) -> usize {
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

pub(super) type Call<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(super) fn boxed<'a, T>(call: impl Future<Output = T> + Send + 'a) -> Call<'a, T> {
    Box::pin(call)
}

/// Runs calls at once: whenever one waits, the others go on.
pub(super) async fn together<T>(mut calls: Vec<Call<'_, T>>) -> Vec<T> {
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
