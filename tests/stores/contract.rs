//! The contract suite.

use oauth_dcr::testing::contract;
use oauth_dcr::{ClientDirectory, ClientStore};

use crate::fresh::{Fresh, on_each_database};

on_each_database![
    a_store_keeps_the_contract,
    a_directory_keeps_the_contract,
    tokens_keep_the_contract,
    a_replay_guard_keeps_the_contract,
    failures_keep_their_source,
];

async fn a_store_keeps_the_contract(fresh: &Fresh) {
    let store = fresh.open().await;
    contract::client_store(&store).await;
    contract::clients_are_found_by_unique_key(&store).await;
    assert_eq!(store.list(None, 10).await.unwrap(), [], "the suite removes its clients");
}

async fn a_directory_keeps_the_contract(fresh: &Fresh) {
    let store = fresh.open().await;
    contract::client_directory(&store).await;
    assert_eq!(store.list(None, 10).await.unwrap(), [], "the suite removes its clients");
}

async fn tokens_keep_the_contract(fresh: &Fresh) {
    contract::initial_access_tokens(&fresh.open().await).await;
}

async fn a_replay_guard_keeps_the_contract(fresh: &Fresh) {
    contract::replay_guard(&fresh.open().await).await;
}

/// A store that is closed fails in every call, and each failure has its source.
async fn failures_keep_their_source(fresh: &Fresh) {
    let store = fresh.open().await;
    store.close().await;
    contract::backend_errors_keep_their_source(&store).await;
    let failure = store.get(contract::bare_client(&crate::id("any")).id()).await.unwrap_err();
    assert!(matches!(failure, oauth_dcr::StoreError::Unavailable(_)), "{failure:?}");
}
