//! The network between the store and PostgreSQL, and how it fails.

use std::time::Duration;

use oauth_dcr::sql::{SqlClientStore, SqlClientStoreBuilder};
use oauth_dcr::testing::contract;
use oauth_dcr::{Client, ClientStore, StoreError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::fresh::Fresh;

/// A connection is kept from one call to the next, there are no more than there may be, and a closed store has none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_kept_and_bounded() {
    const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity \
         WHERE application_name = 'bounded' AND pid <> pg_backend_pid()";
    let Some(fresh) = Fresh::postgres().await else { return };
    let fresh = fresh.with_option("application_name=bounded");
    let store = fresh.open_with(SqlClientStore::builder().max_connections(3)).await;
    for _ in 0..20 {
        store.ping().await.unwrap();
    }
    // That of the migration is on its way out.
    while fresh.number(OTHERS).await != 1 {}
    let calls: Vec<_> = (0..60)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.ping().await.unwrap() })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let open = fresh.number(OTHERS).await;
    assert!((1..=3).contains(&open), "{open}");
    store.close().await;
    while fresh.number(OTHERS).await != 0 {}
    assert_unavailable(store.ping().await);
    fresh.remove().await;
}

/// While the server is away a call fails as one that may be tried again, and when it is back no restart is needed.
#[tokio::test]
async fn a_server_that_comes_back_is_used_again() {
    let Some((fresh, wire, store, client)) = wired(|builder| builder).await else { return };
    wire.set(State::Cut);
    for _ in 0..3 {
        assert_unavailable(store.get(client.id()).await);
    }
    wire.set(State::Open);
    let mut found = store.get(client.id()).await;
    // The connection that broke is noticed by whoever uses it next.
    if found.is_err() {
        found = store.get(client.id()).await;
    }
    assert_eq!(found.unwrap(), Some(client));
    store.close().await;
    fresh.remove().await;
}

/// A server that takes what is sent and says nothing is not waited for.
#[tokio::test]
async fn a_silent_server_is_given_up() {
    let brief = |builder: SqlClientStoreBuilder| builder.statement_timeout(Duration::from_millis(100));
    let Some((fresh, wire, store, client)) = wired(brief).await else { return };
    wire.set(State::Silent);
    let failure = assert_unavailable(store.get(client.id()).await);
    assert_eq!(failure, "error communicating with database: the database does not answer");
    wire.set(State::Open);
    assert_eq!(store.get(client.id()).await.unwrap(), Some(client));
    store.close().await;
    fresh.remove().await;
}

/// A call that is dropped while the server is silent takes its connection with it: the pool has room for another.
#[tokio::test]
async fn a_dropped_call_does_not_block_the_pool() {
    let Some((fresh, wire, store, client)) = wired(|builder| builder).await else { return };
    wire.set(State::Silent);
    let dropped = tokio::time::timeout(Duration::from_millis(100), store.get(client.id())).await;
    assert!(dropped.is_err(), "a silent server answered");
    wire.set(State::Open);
    assert_eq!(store.get(client.id()).await.unwrap(), Some(client));
    store.close().await;
    fresh.remove().await;
}

/// A store with one connection, over a wire, and a client in it.
async fn wired(
    set: impl FnOnce(SqlClientStoreBuilder) -> SqlClientStoreBuilder,
) -> Option<(Fresh, Wire, SqlClientStore, Client)> {
    let fresh = Fresh::postgres().await?;
    let mut url: url::Url = fresh.url.parse().unwrap();
    let wire = Wire::to(format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432))).await;
    url.set_ip_host([127, 0, 0, 1].into()).unwrap();
    url.set_port(Some(wire.port)).unwrap();
    let builder = SqlClientStore::builder().max_connections(1).acquire_timeout(Duration::from_secs(2));
    let store = set(builder).connect(url.as_str()).await.unwrap();
    let client = contract::full_client(&crate::id("wired"));
    store.insert(&client).await.unwrap();
    Some((fresh, wire, store, client))
}

#[track_caller]
fn assert_unavailable<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Unavailable(source)) => source.to_string(),
        other => panic!("a database that is away was {other:?}"),
    }
}

/// What stands between.
struct Wire {
    port: u16,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    /// Connections end, and new ones end at once.
    Cut,
    /// Connections stay and carry nothing any more, whatever comes later; new ones wait.
    Silent,
}

impl Wire {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, watched) = watch::channel(State::Open);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), watched.clone()));
            }
        });
        Self { port, state }
    }

    fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn carry(mut client: TcpStream, server: String, mut state: watch::Receiver<State>) {
    if *state.borrow_and_update() == State::Cut {
        return;
    }
    _ = state.wait_for(|state| *state == State::Open).await;
    let mut server = TcpStream::connect(server).await.unwrap();
    let changed = tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => None,
        changed = state.wait_for(|state| *state != State::Open) => changed.ok().map(|state| *state),
    };
    if changed == Some(State::Silent) {
        std::future::pending::<()>().await;
    }
}
