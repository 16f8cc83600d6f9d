//! One-time use.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oauth_dcr::testing::{contract, run};
use oauth_dcr::{MemoryReplayGuard, ReplayGuard, ReplayKey, StoreError};
use time::OffsetDateTime;

use crate::{panic_message, poll_through, wait};

#[test]
fn the_memory_replay_guard_keeps_the_contract() {
    let guard = MemoryReplayGuard::default();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run(contract::replay_guard(&guard)));
        }
    });
}

/// A guard that several registrars share is a guard.
#[test]
fn a_shared_replay_guard_keeps_the_contract() {
    let guard: Arc<dyn ReplayGuard> = Arc::new(MemoryReplayGuard::default());
    run(contract::replay_guard(&guard));
}

/// A guard that is full refuses and forgets nothing before its time.
#[test]
fn s_ssa_06_a_full_replay_guard_forgets_nothing() {
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
