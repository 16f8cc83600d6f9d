//! The contracts of host parts: the parts of the crate keep them, and parts that break one in one place each are
//! found out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod doubles;
mod faulty;
mod initial_access;
mod replay;

use std::any::Any;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use oauth_dcr::testing::{FailingStore, StoreCall, StoreFault, contract, run};
use oauth_dcr::{Client, ClientId, ClientStore, MemoryClientStore, StoreError};

#[test]
fn the_memory_store_keeps_the_contract() {
    let store = MemoryClientStore::default();
    run(contract::client_store(&store));
    assert!(store.is_empty(), "the suite removes its clients");
}

#[test]
fn a_boxed_store_keeps_the_contract() {
    let store: Box<dyn ClientStore> = Box::new(MemoryClientStore::default());
    run(contract::client_store(&store));
}

#[test]
fn a_shared_store_keeps_the_contract() {
    let store = Arc::new(MemoryClientStore::default());
    run(contract::client_store(&store));
    let erased: Arc<dyn ClientStore> = store;
    run(contract::client_store(&erased));
}

#[test]
fn a_store_behind_the_failing_one_keeps_the_contract() {
    run(contract::client_store(&FailingStore::new(MemoryClientStore::default())));
}

/// Unique keys are looked up, also through what stands in front of the store.
#[test]
fn the_memory_store_finds_clients_by_unique_key() {
    let store = Arc::new(MemoryClientStore::default());
    run(contract::clients_are_found_by_unique_key(&*store));
    run(contract::clients_are_found_by_unique_key(&store));
    let erased: Box<dyn ClientStore> = Box::new(FailingStore::new(store.clone()));
    run(contract::clients_are_found_by_unique_key(&erased));
    assert!(store.is_empty(), "the check removes its clients");
}

#[test]
fn the_memory_directory_keeps_the_contract() {
    let store = MemoryClientStore::default();
    run(contract::client_directory(&store));
    assert!(store.is_empty(), "the suite removes its clients");
}

#[test]
fn a_store_that_holds_other_clients_keeps_the_contract() {
    let store = MemoryClientStore::default();
    let ids = ["!", "a", "contract", "contract-", "zzz"].map(|id| ClientId::new(id).unwrap());
    for id in &ids {
        run(store.insert(&contract::full_client(id))).unwrap();
    }
    run(contract::client_store(&store));
    run(contract::client_directory(&store));
    assert_eq!(store.len(), ids.len());
    for id in &ids {
        assert_eq!(run(store.get(id)).unwrap(), Some(contract::full_client(id)));
    }
}

/// Several suites at once, each on a thread of its own.
#[test]
fn the_memory_store_keeps_the_contract_for_many_threads() {
    let store = MemoryClientStore::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run(contract::client_store(&store)));
        }
    });
    assert!(store.is_empty());
}

/// S-RACE-01: of the threads that replace one revision, one wins, round after round.
#[test]
fn threads_that_replace_one_revision_have_one_winner() {
    let store = MemoryClientStore::default();
    let id = ClientId::new("contended").unwrap();
    run(store.insert(&contract::bare_client(&id))).unwrap();
    for revision in 1..200 {
        let wins = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| match run(store.replace(&revised(&id, revision + 1), revision)) {
                    Ok(()) => *wins.lock().unwrap() += 1,
                    Err(error) => assert!(matches!(error, StoreError::Conflict), "{error:?}"),
                });
            }
        });
        assert_eq!(*wins.lock().unwrap(), 1, "winners of revision {revision}");
    }
}

#[test]
fn a_failing_store_keeps_the_source_of_its_errors() {
    for fault in [StoreFault::Backend, StoreFault::Unavailable] {
        let store = FailingStore::new(MemoryClientStore::default());
        store.fail_all(Some(fault));
        run(contract::backend_errors_keep_their_source(&store));
        assert_eq!(store.calls(), [StoreCall::Insert, StoreCall::Get, StoreCall::Replace, StoreCall::Delete]);
        store.fail_all(None);
        run(contract::client_store(&store));
    }
}

#[test]
fn a_failing_store_fails_the_calls_it_was_told_and_no_others() {
    let store = FailingStore::new(MemoryClientStore::default());
    let client = contract::full_client(&ClientId::new("one").unwrap());
    store.fail_call(2, StoreFault::Backend);
    run(store.insert(&client)).unwrap();
    assert!(matches!(run(store.get(client.id())), Err(StoreError::Backend(_))));
    assert_eq!(run(store.get(client.id())).unwrap(), Some(client.clone()));
    store.fail_next(StoreFault::Unavailable);
    assert!(matches!(run(store.delete(client.id())), Err(StoreError::Unavailable(_))));
    assert_eq!(store.inner().len(), 1, "a call that fails does not reach the store behind");
    assert!(run(store.delete(client.id())).unwrap());
}

/// What a store that works does not answer is an answer of a failing one.
#[test]
#[should_panic(expected = "insert of a failing store succeeded")]
fn a_store_that_does_not_fail_is_no_failing_store() {
    run(contract::backend_errors_keep_their_source(&MemoryClientStore::default()));
}

pub(crate) fn poll_through(mut suite: Pin<Box<dyn Future<Output = ()> + '_>>) {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    while suite.as_mut().poll(&mut cx).is_pending() {}
}

pub(crate) fn panic_message(panic: &Box<dyn Any + Send>) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

fn revised(id: &ClientId, revision: u64) -> Client {
    let mut form = serde_json::to_value(contract::bare_client(id)).unwrap();
    form["revision"] = revision.into();
    serde_json::from_value(form).unwrap()
}

/// Waits once, so that other calls come in between.
pub(crate) async fn wait() {
    let mut has_waited = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
