//! The cache in front of a resolver: one fetch for all, how long its result is good, and what a failure does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use oauth_dcr::testing::ManualClock;
use oauth_dcr::{CachedResolver, CachedResolverBuilder, FetchError, FetchPurpose, JwksResolver};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use url::Url;

/// A network whose answers wait until they are let through.
#[derive(Clone, Debug)]
struct Network(Arc<State>);

#[derive(Debug)]
struct State {
    asked: AtomicUsize,
    answered: AtomicUsize,
    is_broken: AtomicBool,
    panics: AtomicBool,
    /// One permit for each answer.
    answers: Semaphore,
}

impl Network {
    /// One that answers at once.
    fn open() -> Self {
        Self::with_answers(Semaphore::MAX_PERMITS)
    }

    /// One that does not answer yet.
    fn closed() -> Self {
        Self::with_answers(0)
    }

    fn with_answers(count: usize) -> Self {
        Self(Arc::new(State {
            asked: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            is_broken: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            answers: Semaphore::new(count),
        }))
    }

    fn answer(&self, count: usize) {
        self.0.answers.add_permits(count);
    }

    fn set_broken(&self, is_broken: bool) {
        self.0.is_broken.store(is_broken, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    async fn until_asked(&self, count: usize) {
        while self.asked() < count {
            tokio::task::yield_now().await;
        }
    }
}

/// The documents are numbered.
#[async_trait]
impl JwksResolver for Network {
    async fn fetch(&self, _: &Url, _: FetchPurpose) -> Result<Value, FetchError> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        self.0.answers.acquire().await.unwrap().forget();
        assert!(!self.0.panics.load(Ordering::SeqCst), "the network was told to panic");
        if self.0.is_broken.load(Ordering::SeqCst) {
            return Err(FetchError::Failed("the network is broken".into()));
        }
        Ok(json!([self.0.answered.fetch_add(1, Ordering::SeqCst) + 1]))
    }
}

fn uri() -> Url {
    "https://issuer.example/document".parse().unwrap()
}

fn cache(network: &Network) -> (CachedResolver, ManualClock) {
    cache_with(network, |builder| builder)
}

fn cache_with(
    network: &Network,
    change: impl FnOnce(CachedResolverBuilder) -> CachedResolverBuilder,
) -> (CachedResolver, ManualClock) {
    let clock = ManualClock::new();
    (change(CachedResolver::builder(network.clone()).clock(clock.clone())).build(), clock)
}

async fn fetch(cache: &CachedResolver) -> Result<Value, FetchError> {
    cache.fetch(&uri(), FetchPurpose::Discovery).await
}

#[track_caller]
fn is_number(outcome: Result<Value, FetchError>, number: usize) {
    assert_eq!(outcome.unwrap(), json!([number]));
}

#[track_caller]
fn is_broken(outcome: Result<Value, FetchError>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "the document could not be fetched");
    assert_eq!(error.source().unwrap().to_string(), "the network is broken");
}

/// Ends a test that hangs.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), future).await.expect("hangs")
}

/// S-NET-11
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_net_11_a_thousand_callers_cause_one_fetch() {
    for _ in 0..10 {
        let network = Network::closed();
        let (cache, _) = cache(&network);
        let started = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..1000)
            .map(|_| {
                let (cache, started) = (cache.clone(), started.clone());
                tokio::spawn(async move {
                    started.fetch_add(1, Ordering::SeqCst);
                    fetch(&cache).await
                })
            })
            .collect();
        while started.load(Ordering::SeqCst) < 1000 {
            tokio::task::yield_now().await;
        }
        network.answer(1000);
        for task in tasks {
            is_number(soon(task).await.unwrap(), 1);
        }
        assert_eq!(network.asked(), 1);
    }
}

/// Whichever callers go away, the others get the one answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_that_go_away_do_not_hang_the_others() {
    let network = Network::closed();
    let (cache, _) = cache(&network);
    let mut tasks = Vec::new();
    for number in 0..200 {
        let cache = cache.clone();
        tasks.push(tokio::spawn(async move { fetch(&cache).await }));
        if number == 0 {
            network.until_asked(1).await;
        }
    }
    let kept = tasks.split_off(199);
    for task in tasks {
        task.abort();
        assert!(soon(task).await.unwrap_err().is_cancelled());
    }
    network.answer(1);
    for task in kept {
        is_number(soon(task).await.unwrap(), 1);
    }
    assert_eq!(network.asked(), 1, "the fetch went on from where it was");
}

/// With tasks that are aborted at any moment while the answer comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_may_go_away_while_the_answer_comes() {
    for round in 0..200 {
        let network = Network::closed();
        let (cache, _) = cache(&network);
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { fetch(&cache).await })
            })
            .collect();
        let answering = tokio::spawn({
            let network = network.clone();
            async move {
                for _ in 0..round % 7 {
                    tokio::task::yield_now().await;
                }
                network.answer(10);
            }
        });
        let (kept, gone): (Vec<_>, Vec<_>) =
            tasks.into_iter().enumerate().partition(|(number, _)| number % 3 == round % 3);
        for (_, task) in gone {
            task.abort();
            tokio::task::yield_now().await;
        }
        for (_, task) in kept {
            is_number(soon(task).await.unwrap(), 1);
        }
        answering.await.unwrap();
    }
}

/// One task that stops polling a caller while it waits for another one.
#[tokio::test]
async fn a_caller_that_is_not_polled_does_not_hold_up_the_others() {
    let network = Network::closed();
    let (cache, _) = cache(&network);
    let mut first = Box::pin(fetch(&cache));
    assert!(waits(&mut first).await);
    network.answer(1);
    is_number(soon(fetch(&cache)).await, 1);
    is_number(soon(first).await, 1);
}

/// Polls once; true if it waits.
async fn waits<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending()))
        .await
}

#[tokio::test]
async fn a_fetch_that_all_gave_up_begins_again() {
    let network = Network::closed();
    let (cache, _) = cache(&network);
    let mut first = Box::pin(fetch(&cache));
    assert!(waits(&mut first).await);
    drop(first);
    network.answer(1);
    is_number(soon(fetch(&cache)).await, 1);
    assert_eq!(network.asked(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolver_that_panics_is_a_failure_for_those_who_wait() {
    let network = Network::closed();
    network.0.panics.store(true, Ordering::SeqCst);
    let (cache, _) = cache(&network);
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { fetch(&cache).await })
        })
        .collect();
    network.until_asked(1).await;
    // Let the others take their places.
    tokio::time::sleep(Duration::from_millis(20)).await;
    network.answer(10);
    let mut panics = 0;
    for task in tasks {
        match soon(task).await {
            Ok(outcome) => assert!(outcome.is_err()),
            Err(error) => panics += usize::from(error.is_panic()),
        }
    }
    assert!(panics >= 1);
    network.0.panics.store(false, Ordering::SeqCst);
    network.answer(1);
    is_number(soon(fetch(&cache)).await, 1);
}

#[tokio::test]
async fn a_document_is_good_for_its_time() {
    let network = Network::open();
    let (cache, clock) = cache(&network);
    is_number(fetch(&cache).await, 1);
    clock.advance(599);
    is_number(fetch(&cache).await, 1);
    clock.advance(1);
    is_number(fetch(&cache).await, 2);
    assert_eq!(network.asked(), 2);
}

/// S-NET-12
#[tokio::test]
async fn s_net_12_a_stale_document_serves_while_fetching_fails_and_no_longer() {
    let network = Network::open();
    let (cache, clock) = cache(&network);
    is_number(fetch(&cache).await, 1);
    network.set_broken(true);
    clock.advance(600);
    is_number(fetch(&cache).await, 1);
    assert_eq!(network.asked(), 2);
    // The failure is remembered.
    clock.advance(29);
    is_number(fetch(&cache).await, 1);
    assert_eq!(network.asked(), 2);
    clock.advance(1);
    is_number(fetch(&cache).await, 1);
    assert_eq!(network.asked(), 3);

    clock.advance(3569);
    is_number(fetch(&cache).await, 1);
    clock.advance(1);
    is_broken(fetch(&cache).await);

    network.set_broken(false);
    clock.advance(30);
    is_number(fetch(&cache).await, 2);
}

/// While one caller fetches anew, the others need not wait.
#[tokio::test]
async fn a_stale_document_serves_while_a_new_one_is_fetched() {
    let network = Network::closed();
    network.answer(1);
    let (cache, clock) = cache(&network);
    is_number(fetch(&cache).await, 1);
    clock.advance(600);
    let mut refresh = Box::pin(fetch(&cache));
    assert!(waits(&mut refresh).await);
    is_number(soon(fetch(&cache)).await, 1);
    network.answer(1);
    is_number(soon(refresh).await, 2);
    is_number(soon(fetch(&cache)).await, 2);
    assert_eq!(network.asked(), 2);
}

#[tokio::test]
async fn s_net_11_failures_are_remembered_for_a_while() {
    let network = Network::open();
    network.set_broken(true);
    let (cache, clock) = cache(&network);
    is_broken(fetch(&cache).await);
    network.set_broken(false);
    clock.advance(29);
    is_broken(fetch(&cache).await);
    assert_eq!(network.asked(), 1);
    clock.advance(1);
    is_number(fetch(&cache).await, 1);
}

#[tokio::test]
async fn every_time_can_be_set() {
    let network = Network::open();
    let seconds = Duration::from_secs;
    let (cache, clock) = cache_with(&network, |builder| {
        builder
            .time_to_live(seconds(5))
            .stale_if_error(Duration::ZERO)
            .negative_time_to_live(seconds(2))
            .refetch_interval(Duration::MAX)
            .max_entries(0)
    });
    is_number(fetch(&cache).await, 1);
    clock.advance(5);
    network.set_broken(true);
    is_broken(fetch(&cache).await);
    clock.advance(2);
    network.set_broken(false);
    is_number(fetch(&cache).await, 2);
    is_number(fetch(&cache).await, 2);

    let (cache, clock) = cache_with(&network, |builder| builder.time_to_live(Duration::MAX));
    is_number(fetch(&cache).await, 3);
    clock.advance(1_000_000_000);
    is_number(fetch(&cache).await, 3);
}

/// A document from the future cannot be trusted to be fresh.
#[tokio::test]
async fn a_clock_that_is_set_back_ends_what_was_kept() {
    let network = Network::open();
    let (cache, clock) = cache(&network);
    is_number(fetch(&cache).await, 1);
    clock.advance(-1);
    is_number(fetch(&cache).await, 2);
    is_number(fetch(&cache).await, 2);
}

#[tokio::test]
async fn purposes_and_addresses_are_kept_apart() {
    let network = Network::open();
    let (cache, _) = cache(&network);
    let other: Url = "https://issuer.example/document?other".parse().unwrap();
    let fragment: Url = "https://issuer.example/document#part".parse().unwrap();
    is_number(fetch(&cache).await, 1);
    is_number(cache.fetch(&uri(), FetchPurpose::SectorIdentifier).await, 2);
    is_number(cache.fetch(&other, FetchPurpose::Discovery).await, 3);
    // What is not sent does not count.
    is_number(cache.fetch(&fragment, FetchPurpose::Discovery).await, 1);
}

/// S-NET-12
#[tokio::test]
async fn what_is_purged_is_fetched_again() {
    let network = Network::open();
    let (cache, _) = cache(&network);
    let other: Url = "https://other.example/".parse().unwrap();
    is_number(fetch(&cache).await, 1);
    is_number(cache.fetch(&uri(), FetchPurpose::SectorIdentifier).await, 2);
    is_number(cache.fetch(&other, FetchPurpose::Discovery).await, 3);
    cache.purge(&uri());
    is_number(fetch(&cache).await, 4);
    is_number(cache.fetch(&uri(), FetchPurpose::SectorIdentifier).await, 5);
    is_number(cache.fetch(&other, FetchPurpose::Discovery).await, 3);
    // A clone is the same cache.
    cache.clone().purge_all();
    is_number(fetch(&cache).await, 6);
    is_number(cache.fetch(&other, FetchPurpose::Discovery).await, 7);
}

/// What was fetched before a purge does not come back after it.
#[tokio::test]
async fn a_fetch_that_is_overtaken_by_a_purge_is_not_kept() {
    let network = Network::closed();
    let (cache, _) = cache(&network);
    let mut overtaken = Box::pin(fetch(&cache));
    assert!(waits(&mut overtaken).await);
    cache.purge(&uri());
    let mut fresh = Box::pin(fetch(&cache));
    assert!(waits(&mut fresh).await);
    assert_eq!(network.asked(), 2);
    network.answer(1);
    is_number(soon(overtaken).await, 1);
    let mut third = Box::pin(fetch(&cache));
    assert!(waits(&mut third).await, "nothing was kept");
    network.answer(1);
    is_number(soon(fresh).await, 2);
    is_number(soon(third).await, 2);
    is_number(soon(fetch(&cache)).await, 2);
}

#[tokio::test]
async fn it_says_what_it_is() {
    let (cache, _) = cache(&Network::open());
    let shown = format!("{cache:?}");
    assert!(shown.contains("CachedResolver") && shown.contains("time_to_live"), "{shown}");
}

/// Part of a host's state, and its futures can be spawned.
#[test]
fn it_can_be_shared() {
    fn held<T: Clone + Send + Sync + 'static>() {}
    held::<CachedResolver>();
}
