//! What a store over SQL costs, as a ratio to the bare statements of sqlx in the same run.
//!
//! `cargo bench --bench stores` measures SQLite; under `scripts/postgres` it measures PostgreSQL too. Ratios above 1 are
//! faster than the bare statement. The bare table has an identifier and a document, and rows of the same size.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench stops at the first thing that is wrong"
)]

mod bare;
mod imported;

use std::future::Future;
use std::time::{Duration, Instant};

use oauth_dcr::sql::SqlClientStore;
use oauth_dcr::{Client, ClientStore, RegisterRequest, Registrar, RegistrarConfig};

use self::bare::Bare;

const FULL: &[u8] = include_bytes!("../registration/full.json");

/// Of rounds in turns the median counts: what the disk does meanwhile hits both sides.
const ROUNDS: usize = 15;
const CALLS: usize = 150;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = std::env::temp_dir().join(format!("oauth-dcr-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| format!("sqlite:{}", folder.join(name).display());
    measure("sqlite", &file("store.db"), Bare::sqlite(&file("bare.db")).await).await;
    std::fs::remove_dir_all(&folder).unwrap();

    match std::env::var("OAUTH_DCR_POSTGRES") {
        Ok(url) => measure("postgres", &url, Bare::postgres(&url).await).await,
        Err(_) => {
            println!("postgres: left out; `scripts/postgres cargo bench --bench stores` measures it too")
        }
    }
}

async fn measure(name: &str, url: &str, bare: Bare) {
    let store = SqlClientStore::connect(url).await.unwrap();
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    let registrar = Registrar::builder(config, store.clone()).build().unwrap();
    let template = register(&registrar).await;
    let document = serde_json::to_string(&template).unwrap();
    println!("{name}: rows of {} bytes", document.len());

    for tasks in [1, 16] {
        let ratio =
            in_turns(tasks, || async { _ = register(&registrar).await }, || bare.insert(&document)).await;
        println!("{name}: register, {tasks} at a time: {ratio}, of a bare insert");
    }
    for tasks in [1, 16] {
        let ratio = in_turns(
            tasks,
            || async { assert!(store.get(template.id()).await.unwrap().is_some()) },
            || bare.get(0),
        )
        .await;
        println!("{name}: look-up by id, {tasks} at a time: {ratio}, of a bare select");
    }
    imported::measure(name, &store, &bare, &template).await;
    store.close().await;
    bare.close().await;
}

async fn register(registrar: &Registrar) -> Client {
    registrar.register(RegisterRequest::from_body(FULL)).await.unwrap().client().clone()
}

/// Calls a second of ours, and how that compares to the bare ones.
async fn in_turns<O, B>(tasks: usize, ours: impl Fn() -> O, bare: impl Fn() -> B) -> String
where
    O: Future<Output = ()>,
    B: Future<Output = ()>,
{
    let (mut ours_took, mut bare_took) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours_took.push(timed(tasks, &ours).await);
        bare_took.push(timed(tasks, &bare).await);
    }
    let (ours, bare) = (rate(ours_took), rate(bare_took));
    format!("{ours:.0}/s, {:.2} x", ours / bare)
}

/// How long the calls of a round take, so many at a time.
async fn timed<F: Future<Output = ()>>(tasks: usize, call: impl Fn() -> F) -> Duration {
    let start = Instant::now();
    for _ in 0..CALLS / tasks {
        all((0..tasks).map(|_| call()).collect()).await;
    }
    start.elapsed() / u32::try_from(CALLS / tasks * tasks).unwrap()
}

fn rate(mut took: Vec<Duration>) -> f64 {
    took.sort();
    1.0 / took[took.len() / 2].as_secs_f64()
}

/// Waits for all of them.
async fn all<F: Future<Output = ()>>(calls: Vec<F>) {
    let mut calls: Vec<_> = calls.into_iter().map(|call| Some(Box::pin(call))).collect();
    std::future::poll_fn(|cx| {
        for place in &mut calls {
            if place.as_mut().is_some_and(|call| call.as_mut().poll(cx).is_ready()) {
                *place = None;
            }
        }
        if calls.iter().all(Option::is_none) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
