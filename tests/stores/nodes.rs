//! Several nodes on one database.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use oauth_dcr::sql::SqlClientStore;
use oauth_dcr::testing::contract;
use oauth_dcr::{
    Cause, Client, ClientDirectory, ClientId, ClientStore, InitialAccessTokens, InitialGrant, ReplayGuard,
    ReplayKey, StoreError, Sweep, TokenDigest,
};
use time::OffsetDateTime;

use crate::fresh::{Fresh, on_each_lasting_database};

on_each_lasting_database![
    nodes_keep_the_contract_together,
    many_suites_at_once_keep_the_contract,
    nodes_sweep_each_client_once,
    a_store_that_is_opened_again_has_its_clients,
];

/// Each call goes to the next node, as behind a load balancer: what one of them answered holds for all of them.
async fn nodes_keep_the_contract_together(fresh: &Fresh) {
    let nodes = Nodes::new(fresh).await;
    contract::client_store(&nodes).await;
    contract::clients_are_found_by_unique_key(&nodes).await;
    contract::client_directory(&nodes).await;
    contract::initial_access_tokens(&nodes).await;
    contract::replay_guard(&nodes).await;
    assert_eq!(nodes.list(None, 10).await.unwrap(), [], "the suites remove their clients");
}

/// Also while others use the same database.
async fn many_suites_at_once_keep_the_contract(fresh: &Fresh) {
    let nodes = Nodes::new(fresh).await;
    let suites: Vec<_> = nodes
        .0
        .iter()
        .cycle()
        .take(6)
        .cloned()
        .map(|node| {
            tokio::spawn(async move {
                contract::client_store(&node).await;
                contract::initial_access_tokens(&node).await;
                contract::replay_guard(&node).await;
            })
        })
        .collect();
    for suite in suites {
        suite.await.unwrap();
    }
}

/// Of two nodes that sweep at once, each removal is told by one.
async fn nodes_sweep_each_client_once(fresh: &Fresh) {
    let nodes = Nodes::new(fresh).await;
    let mut expected = Vec::new();
    for number in 0..60 {
        let client = crate::client(&format!("swept-{number:02}"), serde_json::json!({ "expires_at": 100 }));
        ClientStore::insert(&nodes, &client).await.unwrap();
        expected.push(client.id().clone());
    }
    let due = Sweep::new(OffsetDateTime::from_unix_timestamp(100).unwrap());
    let sweeps: Vec<_> = nodes
        .0
        .iter()
        .cloned()
        .map(|node| {
            tokio::spawn(async move {
                let mut removed = Vec::new();
                // The other one may have been faster with a whole batch, so that none is no sign of the end.
                for _ in 0..40 {
                    removed.extend(node.sweep(&due, 7).await.unwrap());
                }
                removed
            })
        })
        .collect();
    let mut removed = Vec::new();
    for sweep in sweeps {
        removed.extend(sweep.await.unwrap());
    }
    removed.sort();
    assert_eq!(removed, expected, "each client is swept by one node");
}

/// What was answered is there after a restart: clients with their uses, tokens with theirs, and used keys.
async fn a_store_that_is_opened_again_has_its_clients(fresh: &Fresh) {
    let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    let (first, second) =
        (contract::full_client(&crate::id("first")), contract::bare_client(&crate::id("second")));
    let token = TokenDigest::of("token");

    let store = fresh.open().await;
    for client in [&first, &second] {
        ClientStore::insert(&store, client).await.unwrap();
    }
    assert!(store.touch(second.id(), now).await.unwrap());
    let grant = InitialGrant::new("grant").with_owner("owner").with_uses(2);
    InitialAccessTokens::insert(&store, &token, &grant).await.unwrap();
    assert!(store.redeem(&token, now).await.unwrap().is_some());
    store.close().await;
    drop(store);

    let store = fresh.open().await;
    assert_eq!(store.get(first.id()).await.unwrap(), Some(first));
    assert_eq!(store.get(second.id()).await.unwrap(), Some(second.used_at(now)));
    assert_eq!(store.find(&token).await.unwrap(), Some(grant.with_uses(1)));
    assert_eq!(store.redeem(&token, now).await.unwrap().unwrap().uses_left(), Some(0));
    assert_eq!(store.redeem(&token, now).await.unwrap(), None);
}

/// A node of its own for each call.
#[derive(Debug)]
struct Nodes([SqlClientStore; 2], AtomicUsize);

impl Nodes {
    async fn new(fresh: &Fresh) -> Self {
        Self([fresh.open().await, fresh.open().await], AtomicUsize::new(0))
    }

    fn next(&self) -> &SqlClientStore {
        &self.0[self.1.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

#[async_trait]
impl ClientStore for Nodes {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        ClientStore::insert(self.next(), client).await
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.next().get(id).await
    }

    async fn find_unique(&self, unique_key: &str) -> Result<Option<Client>, StoreError> {
        self.next().find_unique(unique_key).await
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        self.next().replace(client, expected_revision).await
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        self.next().delete(id).await
    }
}

#[async_trait]
impl ClientDirectory for Nodes {
    async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        self.next().list(after, limit).await
    }

    async fn touch(&self, id: &ClientId, now: OffsetDateTime) -> Result<bool, StoreError> {
        self.next().touch(id, now).await
    }

    async fn sweep(&self, due: &Sweep, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        self.next().sweep(due, limit).await
    }

    async fn revoke(&self, cause: &Cause, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        ClientDirectory::revoke(self.next(), cause, limit).await
    }
}

#[async_trait]
impl InitialAccessTokens for Nodes {
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError> {
        InitialAccessTokens::insert(self.next(), token, grant).await
    }

    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError> {
        self.next().find(token).await
    }

    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError> {
        self.next().redeem(token, now).await
    }

    async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        InitialAccessTokens::revoke(self.next(), id).await
    }
}

#[async_trait]
impl ReplayGuard for Nodes {
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.next().consume(key, now, until).await
    }
}
