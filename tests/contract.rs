//! The store contract: the stores of the crate keep it, and stores that break it in one place each are found
//! out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use async_trait::async_trait;
use oauth_dcr::testing::{
    CountingEntropy, FailingEntropy, FailingStore, ManualClock, StaticResolver, StoreCall, StoreFault,
    contract, run,
};
use oauth_dcr::{
    Client, ClientDirectory, ClientId, ClientStore, Clock, Entropy, FetchPurpose, JwksResolver,
    MemoryClientStore, MemoryReplayGuard, ReplayGuard, ReplayKey, StoreError,
};
use time::OffsetDateTime;

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

#[test]
fn the_memory_replay_guard_keeps_the_contract() {
    let guard = MemoryReplayGuard::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run(contract::replay_guard(&guard)));
        }
    });
}

/// A guard that is full refuses and forgets nothing before its time.
#[test]
fn a_full_replay_guard_forgets_nothing() {
    let guard = MemoryReplayGuard::with_capacity(3);
    run(contract::keys_are_good_once(&guard));
    let panic = catch_unwind(AssertUnwindSafe(|| run(contract::keys_are_good_once(&guard))));
    let panic = panic.expect_err("a fourth key was taken");
    assert!(panic_message(&panic).contains("Unavailable"), "{}", panic_message(&panic));
}

/// The suite bites: each defect of a guard is found.
#[test]
fn each_defect_of_a_replay_guard_is_found() {
    #[derive(Debug)]
    struct Guard(fn(&mut BTreeMap<String, OffsetDateTime>, &str, [OffsetDateTime; 2]) -> bool, Used, bool);
    type Used = Mutex<BTreeMap<String, OffsetDateTime>>;

    #[async_trait]
    impl ReplayGuard for Guard {
        async fn consume(
            &self,
            key: &ReplayKey,
            now: OffsetDateTime,
            until: OffsetDateTime,
        ) -> Result<bool, StoreError> {
            let is_good = (self.0)(&mut self.1.lock().unwrap(), key.as_str(), [now, until]);
            if self.2 {
                wait().await;
                self.1.lock().unwrap().insert(key.as_str().to_owned(), until);
            }
            Ok(is_good)
        }
    }

    let polled = |guard: &Guard| poll_through(Box::pin(contract::replay_guard(guard)));
    polled(&Guard(
        |used, key, [_, until]| used.insert(key.to_owned(), until).is_none(),
        Used::default(),
        false,
    ));
    for (guard, complaint) in [
        (Guard(|_, _, _| true, Used::default(), false), "a key was good twice"),
        (Guard(|_, _, _| false, Used::default(), false), "a key was used before its first use"),
        (
            Guard(
                |used, key, [now, until]| {
                    used.retain(|_, until| *until > now + time::Duration::seconds(300));
                    used.insert(key.to_owned(), until).is_none()
                },
                Used::default(),
                false,
            ),
            "a key that is good until 600 was good again at",
        ),
        (
            Guard(|used, key, _| !used.contains_key(key), Used::default(), true),
            "of 8 uses of a key at once, 8 were good",
        ),
    ] {
        let panic = catch_unwind(AssertUnwindSafe(|| polled(&guard))).expect_err(complaint);
        assert!(panic_message(&panic).contains(complaint), "{}", panic_message(&panic));
    }
}

/// The clock stands still until it is told; clones show the same time.
#[test]
fn a_manual_clock_moves_when_told() {
    let clock = ManualClock::new();
    let shown = clock.clone();
    assert_eq!((clock.now(), clock.now().unix_timestamp()), (ManualClock::START, 1_767_225_600));
    clock.advance(90);
    assert_eq!(shown.now(), ManualClock::START + time::Duration::seconds(90));
    shown.advance(-100);
    assert_eq!(clock.now(), ManualClock::START - time::Duration::seconds(10));
    clock.set(OffsetDateTime::UNIX_EPOCH);
    assert_eq!(shown.now(), OffsetDateTime::UNIX_EPOCH);
}

/// The bytes go on from one call to the next, and begin again after ff.
#[test]
fn counting_entropy_goes_on() {
    let entropy = CountingEntropy::new();
    let (mut first, mut second) = ([9; 3], [9; 300]);
    entropy.fill(&mut first).unwrap();
    entropy.clone().fill(&mut second).unwrap();
    assert_eq!(first, [0, 1, 2]);
    assert_eq!((second[0], second[252], second[253], second[299]), (3, 255, 0, 46));
    assert_eq!(entropy.taken(), 303);
    assert_eq!(FailingEntropy.fill(&mut first).unwrap_err().0, FailingEntropy::TEXT);
}

/// A resolver has the documents it was given, and remembers what it was asked for.
#[test]
fn a_static_resolver_records() {
    let resolver = StaticResolver::new().with("https://a.example/jwks", serde_json::json!({ "keys": [] }));
    let fetch = |uri: &str, purpose| run(resolver.fetch(&uri.parse().unwrap(), purpose));
    assert_eq!(
        fetch("https://a.example/jwks", FetchPurpose::Keys).unwrap(),
        serde_json::json!({ "keys": [] })
    );
    assert!(fetch("https://b.example/", FetchPurpose::SectorIdentifier).is_err());
    let expected = [
        ("https://a.example/jwks".to_owned(), FetchPurpose::Keys),
        ("https://b.example/".to_owned(), FetchPurpose::SectorIdentifier),
    ];
    assert_eq!(resolver.fetched(), expected);
}

#[test]
#[should_panic(expected = "the future waits: it needs a runtime")]
fn a_future_that_waits_is_not_run() {
    run(std::future::pending::<()>());
}

/// What a store that works does not answer is an answer of a failing one.
#[test]
#[should_panic(expected = "insert of a failing store succeeded")]
fn a_store_that_does_not_fail_is_no_failing_store() {
    run(contract::backend_errors_keep_their_source(&MemoryClientStore::default()));
}

/// The suite bites: the sound store passes, and each defect is found by the check that is about it.
#[test]
fn each_defect_is_found() {
    let sound = Faulty::new(Defect::None);
    through(&sound);
    assert!(sound.clients.lock().unwrap().is_empty(), "the suite removes its clients");

    for (defect, complaint) in [
        (Defect::UnknownIsAnError, "get of an unknown id is not an error"),
        (Defect::LosesFractions, "after insert: metadata.extra_fraction is 0 and not 0.1"),
        (Defect::LosesFlags, "after insert: flags is "),
        (Defect::LosesSecret, "after insert: secret is absent and not "),
        (Defect::InsertOverwrites, "insert of a taken id was Ok(())"),
        (Defect::InsertLooksFirst, "of 8 calls at once, not one succeeded but 8"),
        (Defect::FoldsCase, "found another client"),
        (Defect::ReplaceMerges, "the client is not the one that was stored after replace"),
        (Defect::ReplaceDoesNotCompare, "replace of revision 7 with 0 expected was Ok(())"),
        (Defect::ReplaceTakesLaterRevisions, "replace of revision 7 with 8 expected was Ok(())"),
        (Defect::ReplaceInserts, "replace of an unknown id was Ok(())"),
        (Defect::ReplaceLooksFirst, "of 8 calls at once, not one succeeded but 8"),
        (Defect::ReplaceBringsBack, "is there after a replace and a delete at once"),
        (Defect::DeleteIsAlwaysTrue, "there was nobody to delete"),
        (Defect::DeleteKeeps, "it was deleted before"),
        (Defect::KeysAreShared, "a taken unique key was taken again: Ok(())"),
        (Defect::KeysStayWithTheDeleted, "the key of a deleted client is free"),
        (Defect::KeysAreNotCheckedByReplace, "a taken unique key was taken again: Ok(())"),
        (Defect::ListIgnoresCase, "the listing is not in the order of ids"),
        (Defect::ListIncludesAfter, "at most 2 behind"),
        (Defect::SweepSparesTheMoment, "a sweep of two expired clients"),
        (Defect::SweepTakesExpiredSecrets, "a sweep of two expired clients"),
        (Defect::SweepHasNoLimit, "a sweep of at most none removed something"),
    ] {
        let faulty = Faulty::new(defect);
        let panic = catch_unwind(AssertUnwindSafe(|| through(&faulty)))
            .expect_err(&format!("{defect:?} was not found"));
        let message = panic_message(&panic);
        assert!(message.contains(complaint), "{defect:?} was found by another check: {message}");
    }
}

/// Runs both suites on a store whose calls wait: by polling until they are done.
fn through(store: &Faulty) {
    poll_through(Box::pin(async {
        contract::client_store(store).await;
        contract::client_directory(store).await;
    }));
}

fn poll_through(mut suite: Pin<Box<dyn Future<Output = ()> + '_>>) {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    while suite.as_mut().poll(&mut cx).is_pending() {}
}

fn panic_message(panic: &Box<dyn Any + Send>) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default()
}

fn revised(id: &ClientId, revision: u64) -> Client {
    let mut form = serde_json::to_value(contract::bare_client(id)).unwrap();
    form["revision"] = revision.into();
    serde_json::from_value(form).unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    UnknownIsAnError,
    LosesFractions,
    LosesFlags,
    LosesSecret,
    InsertOverwrites,
    InsertLooksFirst,
    FoldsCase,
    ReplaceMerges,
    ReplaceDoesNotCompare,
    ReplaceTakesLaterRevisions,
    ReplaceInserts,
    ReplaceLooksFirst,
    ReplaceBringsBack,
    DeleteIsAlwaysTrue,
    DeleteKeeps,
    KeysAreShared,
    KeysStayWithTheDeleted,
    KeysAreNotCheckedByReplace,
    ListIgnoresCase,
    ListIncludesAfter,
    SweepSparesTheMoment,
    SweepTakesExpiredSecrets,
    SweepHasNoLimit,
}

/// A store that keeps clients as the text of their form, with one defect.
#[derive(Debug)]
struct Faulty {
    defect: Defect,
    clients: Mutex<BTreeMap<String, String>>,
    keys: Mutex<BTreeMap<String, ClientId>>,
}

impl Faulty {
    fn new(defect: Defect) -> Self {
        Self { defect, clients: Mutex::default(), keys: Mutex::default() }
    }

    fn has(&self, defect: Defect) -> bool {
        self.defect == defect
    }

    fn place(&self, id: &ClientId) -> String {
        if self.has(Defect::FoldsCase) { id.as_str().to_lowercase() } else { id.as_str().to_owned() }
    }

    fn write(&self, client: &Client) -> String {
        let mut form = serde_json::to_value(client).unwrap();
        if self.has(Defect::LosesFractions)
            && let Some(fraction) = form["metadata"].get_mut("extra_fraction")
        {
            *fraction = 0.into();
        }
        if self.has(Defect::LosesFlags) {
            form.as_object_mut().unwrap().remove("flags");
        }
        if self.has(Defect::LosesSecret) {
            form.as_object_mut().unwrap().remove("secret");
        }
        form.to_string()
    }

    fn read(text: &str) -> Client {
        serde_json::from_str(text).unwrap()
    }

    fn find(&self, id: &ClientId) -> Option<Client> {
        self.clients.lock().unwrap().get(&self.place(id)).map(|text| Self::read(text))
    }

    fn put(&self, client: &Client) {
        self.clients.lock().unwrap().insert(self.place(client.id()), self.write(client));
    }

    fn claim(&self, client: &Client) -> Result<(), StoreError> {
        let Some(key) = client.unique_key() else { return Ok(()) };
        match self.keys.lock().unwrap().get(key) {
            Some(owner) if owner != client.id() && !self.has(Defect::KeysAreShared) => {
                Err(StoreError::Duplicate { existing: owner.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Forgets the keys of a client and remembers the one it has now.
    fn settle(&self, id: &ClientId, key: Option<&str>) {
        let mut keys = self.keys.lock().unwrap();
        keys.retain(|_, owner| owner != id);
        if let Some(key) = key {
            keys.insert(key.to_owned(), id.clone());
        }
    }
}

/// Waits once, so that other calls come in between.
async fn wait() {
    let mut has_waited = false;
    std::future::poll_fn(|_| {
        if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[async_trait]
impl ClientStore for Faulty {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        let is_taken = self.find(client.id()).is_some();
        if self.has(Defect::InsertLooksFirst) {
            wait().await;
        }
        if is_taken && !self.has(Defect::InsertOverwrites) {
            return Err(StoreError::AlreadyExists);
        }
        self.claim(client)?;
        self.settle(client.id(), client.unique_key());
        self.put(client);
        wait().await;
        Ok(())
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        let found = self.find(id);
        wait().await;
        if found.is_none() && self.has(Defect::UnknownIsAnError) {
            return Err(StoreError::NotFound);
        }
        Ok(found)
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        let Some(stored) = self.find(client.id()) else {
            if self.has(Defect::ReplaceInserts) {
                self.put(client);
                return Ok(());
            }
            return Err(StoreError::NotFound);
        };
        if self.has(Defect::ReplaceLooksFirst) || self.has(Defect::ReplaceBringsBack) {
            wait().await;
        }
        // What was found is still there, unless the defect is to believe so.
        let current = match self.defect {
            Defect::ReplaceLooksFirst => Some(&stored).filter(|_| self.find(client.id()).is_some()).cloned(),
            Defect::ReplaceBringsBack => Some(self.find(client.id()).unwrap_or(stored)),
            _ => self.find(client.id()),
        };
        let current = current.ok_or(StoreError::NotFound)?;
        let fits = match self.defect {
            Defect::ReplaceDoesNotCompare => true,
            Defect::ReplaceTakesLaterRevisions => current.revision() <= expected_revision,
            _ => current.revision() == expected_revision,
        };
        if !fits {
            return Err(StoreError::Conflict);
        }
        if !self.has(Defect::KeysAreNotCheckedByReplace) {
            self.claim(client)?;
        }
        self.settle(client.id(), client.unique_key());
        if self.has(Defect::ReplaceMerges) {
            let mut form = serde_json::to_value(&current).unwrap();
            for (name, value) in serde_json::to_value(client).unwrap().as_object().unwrap() {
                form[name] = value.clone();
            }
            self.put(&serde_json::from_value(form).unwrap());
        } else {
            self.put(client);
        }
        wait().await;
        Ok(())
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        let removed = match self.defect {
            Defect::DeleteKeeps => self.find(id).is_some(),
            _ => self.clients.lock().unwrap().remove(&self.place(id)).is_some(),
        };
        if !self.has(Defect::KeysStayWithTheDeleted) {
            self.settle(id, None);
        }
        wait().await;
        Ok(removed || self.has(Defect::DeleteIsAlwaysTrue))
    }
}

#[async_trait]
impl ClientDirectory for Faulty {
    async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        let mut clients: Vec<Client> =
            self.clients.lock().unwrap().values().map(|text| Self::read(text)).collect();
        if self.has(Defect::ListIgnoresCase) {
            clients.sort_by_key(|client| client.id().as_str().to_lowercase());
            let start =
                after.map_or(0, |after| clients.iter().position(|own| own.id() == after).unwrap() + 1);
            return Ok(clients.into_iter().skip(start).take(limit).collect());
        }
        let is_behind = |client: &Client| match after {
            // With nothing behind it the page is empty, so that a walk ends.
            Some(after) if self.has(Defect::ListIncludesAfter) && limit == 2 => client.id() >= after,
            Some(after) => client.id() > after,
            None => true,
        };
        Ok(clients.into_iter().filter(is_behind).take(limit).collect())
    }

    async fn sweep(&self, now: OffsetDateTime, limit: usize) -> Result<usize, StoreError> {
        let is_swept = |client: &Client| match self.defect {
            Defect::SweepSparesTheMoment => client.expires_at().is_some_and(|expiry| expiry < now),
            Defect::SweepTakesExpiredSecrets => {
                client.is_expired(now) || client.secret_expires_at().is_some_and(|expiry| expiry <= now)
            }
            _ => client.is_expired(now),
        };
        let limit = if self.has(Defect::SweepHasNoLimit) { usize::MAX } else { limit };
        let clients: Vec<Client> =
            self.clients.lock().unwrap().values().map(|text| Self::read(text)).collect();
        let swept: Vec<Client> = clients.into_iter().filter(is_swept).take(limit).collect();
        for client in &swept {
            self.delete(client.id()).await?;
        }
        Ok(swept.len())
    }
}
