//! Deadlines for hooks, without a runtime: one thread wakes the tasks whose time is up.
//!
//! This is elapsed time and not the time of the day, which hosts inject: `Instant` never goes back, and no decision
//! about a client is made of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

/// When something is late.
pub(super) struct Deadline {
    at: Instant,
    /// Under which the timer knows it, once it does.
    number: Option<u64>,
}

/// The timer has no room, or no thread.
#[derive(Debug, thiserror::Error)]
#[error("there is no timer for another hook")]
pub(super) struct NoTimer;

impl Deadline {
    /// A deadline after this time; none for a time beyond all calendars.
    pub(super) fn after(limit: Duration) -> Option<Self> {
        Instant::now().checked_add(limit).map(|at| Self { at, number: None })
    }

    pub(super) fn has_passed(&self) -> bool {
        Instant::now() >= self.at
    }

    /// Has the task woken when the time is up.
    pub(super) fn wake(&mut self, waker: &Waker) -> Result<(), NoTimer> {
        let mut state = TIMER.state();
        if !state.runs {
            thread::Builder::new()
                .name("oauth-dcr hooks".to_owned())
                .spawn(|| TIMER.run())
                .map_err(|_| NoTimer)?;
            state.runs = true;
        }
        let key = (self.at, self.number.unwrap_or(state.next));
        let old = state.waiting.get(&key);
        if old.is_some_and(|old| old.will_wake(waker)) {
            return Ok(());
        }
        if old.is_none() && state.waiting.len() >= MOST {
            return Err(NoTimer);
        }
        if self.number.is_none() {
            self.number = Some(state.next);
            state.next = state.next.wrapping_add(1);
        }
        state.waiting.insert(key, waker.clone());
        if state.waiting.first_key_value().is_some_and(|(first, _)| *first == key) {
            TIMER.changed.notify_one();
        }
        Ok(())
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let Some(number) = self.number else { return };
        let waker = TIMER.state().waiting.remove(&(self.at, number));
        // Dropped without the lock: it may run code of the executor.
        drop(waker);
    }
}

/// How many hooks are timed at once. Each is a request that is being answered.
const MOST: usize = 65_536;

struct Timer {
    state: Mutex<State>,
    /// The first deadline is another one.
    changed: Condvar,
}

struct State {
    waiting: BTreeMap<(Instant, u64), Waker>,
    next: u64,
    runs: bool,
}

static TIMER: Timer = Timer {
    state: Mutex::new(State { waiting: BTreeMap::new(), next: 0, runs: false }),
    changed: Condvar::new(),
};

impl Timer {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.state();
        loop {
            let now = Instant::now();
            let first = state.waiting.first_entry();
            state = match first {
                Some(entry) if entry.key().0 <= now => {
                    let waker = entry.remove();
                    drop(state);
                    // The executor of one task must not stop the clock of all others.
                    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
                    self.state()
                }
                Some(entry) => {
                    let time = entry.key().0.saturating_duration_since(now);
                    let waited = self.changed.wait_timeout(state, time);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
