//! What a store over SQL costs, as a ratio to the bare statements of sqlx in the same run.
//!
//! `cargo bench --bench stores` measures SQLite; under `scripts/postgres` it measures PostgreSQL too. Ratios above 1 are
//! faster than the bare statement. The bare table has an identifier and a document, and rows of the same size. The bare
//! pool is told not to try connections before it lends them, which is faster than what sqlx does by default. An argument
//! leaves the other parts out: `cargo bench --bench stores -- 'postgres: register'`.

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
use std::sync::Arc;
use std::time::{Duration, Instant};

use oauth_dcr::sql::SqlClientStore;
use oauth_dcr::{Client, ClientStore, RegisterRequest, Registrar, RegistrarConfig};

use self::bare::Bare;

const FULL: &[u8] = include_bytes!("../registration/full.json");

/// Of rounds in turns the median counts: what the disk does meanwhile hits both sides.
const ROUNDS: usize = 61;
const CALLS: usize = 48;
/// The bare row that is looked up: none of those that are inserted or imported.
const LOOKED_UP: usize = 10_000_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = std::env::temp_dir().join(format!("oauth-dcr-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| format!("sqlite:{}", folder.join(name).display());
    if is_wanted("sqlite") {
        measure("sqlite", &file("store.db"), Bare::sqlite(&file("bare.db")).await).await;
    }
    std::fs::remove_dir_all(&folder).unwrap();

    match std::env::var("OAUTH_DCR_POSTGRES") {
        Ok(url) if is_wanted("postgres") => measure("postgres", &url, Bare::postgres(&url).await).await,
        Ok(_) => {}
        Err(_) => {
            println!("postgres: left out; `scripts/postgres cargo bench --bench stores` measures it too")
        }
    }
}

/// Whether the command line leaves a part in: the part begins with the argument, or the argument with the part.
fn is_wanted(part: &str) -> bool {
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    part.starts_with(&filter) || filter.starts_with(part)
}

async fn measure(name: &str, url: &str, bare: Bare) {
    let store = SqlClientStore::connect(url).await.unwrap();
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    let registrar = Registrar::builder(config, store.clone()).build().unwrap();
    let template = register(registrar.clone()).await;
    let document: Arc<str> = serde_json::to_string(&template).unwrap().into();
    println!("{name}: rows of {} bytes", document.len());

    if is_wanted(&format!("{name}: register")) {
        let ours = {
            let registrar = registrar.clone();
            move || register(registrar.clone())
        };
        let insert = {
            let (bare, document) = (bare.clone(), document.clone());
            move || bare.clone().insert(document.clone())
        };
        for tasks in [1, 16] {
            let ratio = in_turns(tasks, &ours, &insert).await;
            println!("{name}: register, {tasks} at a time: {ratio}, of a bare insert");
        }
    }
    if is_wanted(&format!("{name}: look-up")) {
        bare.import(LOOKED_UP..LOOKED_UP + 1, &document).await;
        let ours = {
            let (store, id) = (store.clone(), template.id().clone());
            move || {
                let (store, id) = (store.clone(), id.clone());
                async move { assert!(store.get(&id).await.unwrap().is_some()) }
            }
        };
        let select = {
            let bare = bare.clone();
            move || bare.clone().get(LOOKED_UP)
        };
        for tasks in [1, 16] {
            let ratio = in_turns(tasks, &ours, &select).await;
            println!("{name}: look-up by id, {tasks} at a time: {ratio}, of a bare select");
        }
    }
    if is_wanted(&format!("{name}: imported")) {
        imported::measure(name, &store, &bare, &template).await;
    }
    store.close().await;
    bare.close().await;
}

async fn register(registrar: Registrar) -> Client {
    registrar.register(RegisterRequest::from_body(FULL)).await.unwrap().client().clone()
}

/// Calls a second of ours, and how that compares to the bare ones.
async fn in_turns<O, B>(
    tasks: usize,
    ours: &(impl Fn() -> O + Clone + Send + 'static),
    bare: &(impl Fn() -> B + Clone + Send + 'static),
) -> String
where
    O: Future<Output: Send> + Send,
    B: Future<Output: Send> + Send,
{
    let (mut ours_took, mut bare_took) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours_took.push(timed(tasks, ours).await);
        bare_took.push(timed(tasks, bare).await);
    }
    let (ours, bare) = (rate(ours_took), rate(bare_took));
    format!("{ours:.0}/s, {:.2} x", ours / bare)
}

/// How long a call of a round takes, with so many tasks that each make one call after the other, as servers do.
async fn timed<F>(tasks: usize, call: &(impl Fn() -> F + Clone + Send + 'static)) -> Duration
where
    F: Future<Output: Send> + Send,
{
    let start = Instant::now();
    let callers: Vec<_> = (0..tasks)
        .map(|_| {
            let call = call.clone();
            tokio::spawn(async move {
                for _ in 0..CALLS / tasks {
                    call().await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    start.elapsed() / u32::try_from(CALLS / tasks * tasks).unwrap()
}

fn rate(mut took: Vec<Duration>) -> f64 {
    took.sort();
    1.0 / took[took.len() / 2].as_secs_f64()
}
