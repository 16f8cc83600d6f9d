//! A node that dies, and a database that does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::Method;
use oauth_dcr::sql::SqlClientStore;
use serde_json::json;

use crate::cluster::Cluster;
use crate::fresh::{Fresh, on_each_lasting_database};
use crate::ledger::Ledger;
use crate::nodes::Nodes;
use crate::support::{Answer, Server};

on_each_lasting_database![a_killed_node_loses_nothing];

/// How many callers there are at once.
const CALLERS: usize = 6;

/// A node is killed while it registers. Whatever it acknowledged is there, for the other node and for its successor.
async fn a_killed_node_loses_nothing(fresh: &Fresh) {
    let kind = fresh.url.split(':').next().unwrap_or_default();
    let nodes = Nodes::start(&fresh.url, &format!("nodes-killed-{kind}"), json!({}), &[]);
    let ledger = Arc::new(Ledger::default());
    let callers: Vec<_> = (0..CALLERS)
        .map(|index| {
            let (nodes, ledger) = (nodes.clone(), ledger.clone());
            tokio::spawn(async move {
                let mut at = index;
                while ledger.acknowledged() < 300 {
                    // Whose node is gone goes to the other one.
                    at += usize::from(!ledger.try_register(nodes.of(at)).await);
                }
            })
        })
        .collect();
    while ledger.acknowledged() < 100 {
        tokio::task::yield_now().await;
    }
    nodes.servers[0].signal("KILL");
    for caller in callers {
        caller.await.unwrap();
    }
    let store = fresh.open().await;
    ledger.close("killed node, asked of the other", &nodes.servers[1], &store).await;
    ledger.close("killed node, asked of its successor", &nodes.another(), &store).await;
}

/// PostgreSQL goes away under load and comes back. Meanwhile there is 503 with `Retry-After`; afterwards everything
/// goes on, with the same servers, and everything that was acknowledged is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_outlive_their_database() {
    let Some(cluster) = Cluster::start() else { return };
    let nodes = Nodes::start(&cluster.url, "nodes-outlive", json!({}), &[]);
    let ledger = Arc::new(Ledger::default());
    let done = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..CALLERS)
        .map(|index| {
            let (nodes, ledger, done) = (nodes.clone(), ledger.clone(), done.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::SeqCst) {
                    assert!(ledger.try_register(nodes.of(index)).await, "a server is gone");
                }
            })
        })
        .collect();
    for mode in ["immediate", "fast"] {
        let acknowledged = ledger.acknowledged() + 100;
        until(|| ledger.acknowledged() >= acknowledged).await;
        for server in &nodes.servers {
            assert_eq!(readiness(server).await.status, 200);
        }

        let turned_away = ledger.turned_away() + CALLERS;
        cluster.stop(mode);
        until(|| ledger.turned_away() >= turned_away).await;
        for server in &nodes.servers {
            let answer = readiness(server).await;
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
            let alive = Answer::of(server.request(Method::GET, "/health/live")).await;
            assert_eq!(alive.status, 200, "it is not the server that has to be restarted");
        }
        cluster.go_on();
    }
    let acknowledged = ledger.acknowledged() + 100;
    until(|| ledger.acknowledged() >= acknowledged).await;
    done.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    for server in &nodes.servers {
        assert_eq!(readiness(server).await.status, 200);
    }
    let store = SqlClientStore::connect(&cluster.url).await.unwrap();
    ledger.close("database restarted twice", &nodes.servers[1], &store).await;
}

async fn readiness(server: &Server) -> Answer {
    Answer::of(server.request(Method::GET, "/health/ready")).await
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}
