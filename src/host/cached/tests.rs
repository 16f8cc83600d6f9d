//! What only the crate sees of the cache: key sets, and the future that is shared.

use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use serde_json::json;

use super::*;
use crate::testing::{ManualClock, StaticResolver, run};

const URI: &str = "https://issuer.example/jwks";

fn uri() -> Url {
    URI.parse().unwrap()
}

/// A set with one key of this name.
fn set(kid: &str) -> Value {
    json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": kid,
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }] })
}

struct Fixture {
    network: StaticResolver,
    clock: ManualClock,
    cache: CachedResolver,
}

impl Fixture {
    fn new() -> Self {
        let network = StaticResolver::new().with(URI, set("one"));
        let clock = ManualClock::new();
        let cache = CachedResolver::over(Arc::new(network.clone()), Arc::new(clock.clone()));
        Self { network, clock, cache }
    }

    fn keys(&self) -> Result<Arc<KeySet>, FetchError> {
        run(self.cache.keys(&uri(), FetchPurpose::Keys))
    }

    fn newer(&self, have: &Arc<KeySet>) -> Result<Arc<KeySet>, FetchError> {
        run(self.cache.keys_after_unknown_kid(&uri(), have))
    }

    fn fetches(&self) -> usize {
        self.network.fetched().len()
    }

    /// Makes the address fail.
    fn break_network(&self) {
        self.network.insert(URI, json!("not a key set"));
    }
}

#[test]
fn a_key_set_is_parsed_once() {
    let fixture = Fixture::new();
    let one = fixture.keys().unwrap();
    assert_eq!(one.len(), 1);
    assert!(Arc::ptr_eq(&one, &fixture.keys().unwrap()));
    assert_eq!(run(fixture.cache.fetch(&uri(), FetchPurpose::Keys)).unwrap(), set("one"));
    assert_eq!(fixture.fetches(), 1);
}

/// Its verifiers stay with it.
#[test]
fn a_set_that_did_not_change_is_the_same_set() {
    let fixture = Fixture::new();
    let one = fixture.keys().unwrap();
    fixture.clock.advance(600);
    assert!(Arc::ptr_eq(&one, &fixture.keys().unwrap()));
    assert_eq!(fixture.fetches(), 2);

    fixture.network.insert(URI, set("two"));
    fixture.clock.advance(600);
    assert!(!Arc::ptr_eq(&one, &fixture.keys().unwrap()));
    assert_eq!(fixture.fetches(), 3);
}

/// S-NET-11: an attacker that names key after key causes one fetch in an interval.
#[test]
fn s_net_11_unknown_keys_cause_one_fetch_in_an_interval() {
    let fixture = Fixture::new();
    let have = fixture.keys().unwrap();
    fixture.network.insert(URI, set("two"));
    // The set was fetched just now.
    fixture.clock.advance(59);
    for _ in 0..100 {
        assert!(Arc::ptr_eq(&have, &fixture.newer(&have).unwrap()));
    }
    assert_eq!(fixture.fetches(), 1);

    fixture.clock.advance(1);
    let newer = fixture.newer(&have).unwrap();
    assert!(!Arc::ptr_eq(&have, &newer));
    // Those who come with the old set get the new one without a fetch.
    assert!(Arc::ptr_eq(&newer, &fixture.newer(&have).unwrap()));
    assert!(Arc::ptr_eq(&newer, &fixture.keys().unwrap()));
    for _ in 0..100 {
        assert!(Arc::ptr_eq(&newer, &fixture.newer(&newer).unwrap()));
    }
    assert_eq!(fixture.fetches(), 2);

    for round in 0..10 {
        fixture.clock.advance(60);
        for _ in 0..100 {
            fixture.newer(&newer).unwrap();
        }
        assert_eq!(fixture.fetches(), 3 + round);
    }
}

#[test]
fn a_failed_fetch_for_an_unknown_key_takes_nothing_away() {
    let fixture = Fixture::new();
    let have = fixture.keys().unwrap();
    fixture.break_network();
    fixture.clock.advance(60);
    assert!(fixture.newer(&have).is_err());
    assert_eq!(fixture.fetches(), 2);
    // Too soon for another one.
    assert!(Arc::ptr_eq(&have, &fixture.newer(&have).unwrap()));
    assert!(Arc::ptr_eq(&have, &fixture.keys().unwrap()));
    assert_eq!(fixture.fetches(), 2);
}

/// S-NET-12: neither rubbish nor silence takes the place of good keys, for a while.
#[test]
fn what_is_no_key_set_is_a_failure() {
    let fixture = Fixture::new();
    let one = fixture.keys().unwrap();
    fixture.break_network();
    fixture.clock.advance(600);
    assert!(Arc::ptr_eq(&one, &fixture.keys().unwrap()));
    fixture.clock.advance(3600);
    assert!(matches!(fixture.keys(), Err(FetchError::Failed(_))));
}

/// A fetch that was given up counts as well.
#[test]
fn a_fetch_that_is_dropped_counts_for_the_interval() {
    #[derive(Debug, Default)]
    struct Stuck(AtomicUsize);

    #[async_trait]
    impl JwksResolver for Stuck {
        async fn fetch(&self, _: &Url, _: FetchPurpose) -> Result<Value, FetchError> {
            if self.0.fetch_add(1, Ordering::SeqCst) == 0 { Ok(set("one")) } else { pending().await }
        }
    }

    let (network, clock) = (Arc::new(Stuck::default()), ManualClock::new());
    let cache = CachedResolver::over(network.clone(), Arc::new(clock.clone()));
    let uri = uri();
    let have = run(cache.keys(&uri, FetchPurpose::Keys)).unwrap();
    clock.advance(60);
    for _ in 0..10 {
        let mut asking = Box::pin(cache.keys_after_unknown_kid(&uri, &have));
        let _ = asking.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    assert_eq!(network.0.load(Ordering::SeqCst), 2);
}

#[test]
fn keys_of_other_documents_are_none() {
    let fixture = Fixture::new();
    fixture.network.insert(URI, json!({ "issuer": "https://issuer.example" }));
    assert!(run(fixture.cache.document(&uri(), FetchPurpose::Discovery)).is_ok());
    assert!(run(fixture.cache.keys(&uri(), FetchPurpose::Discovery)).is_err());
    fixture.network.insert(URI, set("one"));
    fixture.cache.purge_all();
    assert!(run(fixture.cache.keys(&uri(), FetchPurpose::Discovery)).is_ok());
}

#[test]
fn a_cache_that_is_handed_in_is_recognised() {
    let fixture = Fixture::new();
    let found = CachedResolver::found_in(&fixture.cache).unwrap();
    assert!(Arc::ptr_eq(&found.0, &fixture.cache.0));
    assert!(CachedResolver::found_in(&Arc::new(fixture.cache.clone())).is_some());
    assert!(CachedResolver::found_in(&fixture.network).is_none());
}

/// Keys are pushed out by keys alone, and the least used go first.
#[test]
fn s_dos_07_the_cache_is_bounded() {
    let network = StaticResolver::new();
    let address = |number: usize| -> Url { format!("https://client.example/{number}").parse().unwrap() };
    for number in 0..20 {
        network.insert(address(number).as_str(), json!([]));
    }
    network.insert(URI, set("one"));
    let cache = CachedResolver::builder(network.clone()).clock(ManualClock::new()).max_entries(3).build();
    run(cache.keys(&uri(), FetchPurpose::Keys)).unwrap();
    for number in 0..20 {
        run(cache.fetch(&address(number), FetchPurpose::SectorIdentifier)).unwrap();
        // Used all the time.
        run(cache.fetch(&address(0), FetchPurpose::SectorIdentifier)).unwrap();
    }
    assert_eq!(cache.0.lock().sectors.len(), 3);
    run(cache.keys(&uri(), FetchPurpose::Keys)).unwrap();
    assert_eq!(network.fetched().len(), 21);
}

/// Counts how often it was woken.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

struct Waiter {
    bell: Arc<Bell>,
    seat: Pin<Box<Seat<u8>>>,
}

impl Waiter {
    fn join(flight: &Arc<Flight<u8>>) -> Self {
        Self { bell: Arc::default(), seat: Box::pin(flight.clone().join()) }
    }

    fn poll(&mut self) -> Poll<Option<u8>> {
        self.seat.as_mut().poll(&mut Context::from_waker(&Waker::from(self.bell.clone())))
    }

    fn rings(&self) -> usize {
        self.bell.0.load(Ordering::SeqCst)
    }
}

/// Work that ends when told, and the waker it will use.
fn work() -> (impl Future<Output = u8>, Arc<AtomicBool>, Arc<Mutex<Option<Waker>>>) {
    let (is_done, waker) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
    let future = std::future::poll_fn({
        let (is_done, waker) = (is_done.clone(), waker.clone());
        move |cx| {
            *waker.lock().unwrap() = Some(cx.waker().clone());
            if is_done.load(Ordering::SeqCst) { Poll::Ready(7) } else { Poll::Pending }
        }
    });
    (future, is_done, waker)
}

#[test]
fn all_who_wait_are_woken_once_the_work_is_done() {
    let (work, is_done, waker) = work();
    let flight = Flight::new(work);
    let mut waiters: Vec<_> = (0..10).map(|_| Waiter::join(&flight)).collect();
    for waiter in &mut waiters {
        assert!(waiter.poll().is_pending());
    }
    is_done.store(true, Ordering::SeqCst);
    waker.lock().unwrap().take().unwrap().wake();
    // The last one that polled carries the work on; the others sleep.
    assert_eq!(waiters.iter().map(Waiter::rings).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(waiters[9].poll(), Poll::Ready(Some(7)));
    assert!(waiters.iter().all(|waiter| waiter.rings() >= 1));
    for waiter in &mut waiters[..9] {
        assert_eq!(waiter.poll(), Poll::Ready(Some(7)));
    }
    assert_eq!(Waiter::join(&flight).poll(), Poll::Ready(Some(7)));
}

#[test]
fn who_leaves_hands_the_work_to_another() {
    let (work, is_done, waker) = work();
    let flight = Flight::new(work);
    let mut waiters: Vec<_> = (0..4).map(|_| Waiter::join(&flight)).collect();
    for waiter in &mut waiters {
        assert!(waiter.poll().is_pending());
    }
    // One that carries nothing.
    waiters.remove(1);
    assert!(waiters.iter().all(|waiter| waiter.rings() == 0));
    // The one that carries, then its successor before it was polled.
    waiters.remove(2);
    let successor = waiters.iter().position(|waiter| waiter.rings() == 1).unwrap();
    waiters.remove(successor);
    let mut last = waiters.pop().unwrap();
    assert_eq!(last.rings(), 1);
    assert!(last.poll().is_pending());
    is_done.store(true, Ordering::SeqCst);
    waker.lock().unwrap().take().unwrap().wake();
    assert_eq!(last.rings(), 2);
    assert_eq!(last.poll(), Poll::Ready(Some(7)));
}

#[test]
fn work_without_anyone_is_dropped() {
    let (work, _, waker) = work();
    let flight = Flight::new(work);
    let weak = Arc::downgrade(&flight);
    let mut waiter = Waiter::join(&flight);
    drop(flight);
    assert!(waiter.poll().is_pending());
    drop(waiter);
    assert!(weak.upgrade().is_none());
    assert_eq!(Arc::strong_count(&waker), 1);
}

#[test]
fn work_that_panics_ends_for_all() {
    let flight = Flight::new(async {
        ready(()).await;
        assert!(std::hint::black_box(false), "the work panics");
        7
    });
    let (mut one, mut other) = (Waiter::join(&flight), Waiter::join(&flight));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut one = one;
        let _ = one.poll();
    }));
    assert!(panicked.is_err());
    assert_eq!(other.poll(), Poll::Ready(None));
    one = Waiter::join(&flight);
    assert_eq!(one.poll(), Poll::Ready(None));
}
