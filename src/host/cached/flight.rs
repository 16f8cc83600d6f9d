//! One piece of work that many wait for, without a runtime.
//!
//! Whoever is polled last carries the work on; the others sleep until it is done. Who leaves wakes another, so the
//! work goes on from where it was as long as one is left, and is dropped with the last.

use std::collections::BTreeMap;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// The work, and who waits for it.
pub(super) struct Flight<T>(Mutex<State<T>>);

struct State<T> {
    stage: Stage<T>,
    waiting: BTreeMap<u64, Waker>,
    /// Who polled the work last: the one that it will wake.
    pilot: Option<u64>,
    next: u64,
}

enum Stage<T> {
    Parked(Work<T>),
    /// Taken out to be polled, so that no lock is held meanwhile.
    Running,
    Done(T),
    Panicked,
}

impl<T> Flight<T> {
    pub(super) fn new(work: impl Future<Output = T> + Send + 'static) -> Arc<Self> {
        let stage = Stage::Parked(Box::pin(work) as Work<T>);
        Arc::new(Self(Mutex::new(State { stage, waiting: BTreeMap::new(), pilot: None, next: 0 })))
    }

    /// A place among those who wait. Whoever holds one keeps the work alive.
    pub(super) fn join(self: Arc<Self>) -> Seat<T> {
        let number = {
            let mut state = self.lock();
            state.next += 1;
            state.next
        };
        Seat { flight: self, number }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Yields what the work yields; nothing if it panicked.
pub(super) struct Seat<T> {
    flight: Arc<Flight<T>>,
    number: u64,
}

impl<T: Clone> Future for Seat<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let number = self.number;
        let mut waker = Some(cx.waker().clone());
        let mut state = self.flight.lock();
        let mut work = match mem::replace(&mut state.stage, Stage::Running) {
            Stage::Parked(work) => {
                state.pilot = Some(number);
                work
            }
            Stage::Running => {
                // What is dropped may be a whole task, and its seat with it: never under the lock.
                let _old = waker.take().and_then(|waker| state.waiting.insert(number, waker));
                drop(state);
                return Poll::Pending;
            }
            Stage::Done(outcome) => {
                state.stage = Stage::Done(outcome.clone());
                return Poll::Ready(Some(outcome));
            }
            Stage::Panicked => {
                state.stage = Stage::Panicked;
                return Poll::Ready(None);
            }
        };
        drop(state);
        match work.as_mut().poll(cx) {
            Poll::Pending => {
                let mut state = self.flight.lock();
                state.stage = Stage::Parked(work);
                let _old = waker.take().and_then(|waker| state.waiting.insert(number, waker));
                drop(state);
                Poll::Pending
            }
            Poll::Ready(outcome) => {
                drop(work);
                self.flight.end(Stage::Done(outcome.clone()));
                Poll::Ready(Some(outcome))
            }
        }
    }
}

impl<T> Flight<T> {
    fn end(&self, stage: Stage<T>) {
        let waiting = {
            let mut state = self.lock();
            state.stage = stage;
            mem::take(&mut state.waiting)
        };
        waiting.into_values().for_each(Waker::wake);
    }
}

impl<T> Drop for Seat<T> {
    fn drop(&mut self) {
        let mut state = self.flight.lock();
        let own = state.waiting.remove(&self.number);
        let was_pilot = state.pilot == Some(self.number);
        if was_pilot && matches!(state.stage, Stage::Running) {
            // Nobody is dropped while polled, unless by a panic.
            drop(state);
            self.flight.end(Stage::Panicked);
            return;
        }
        let is_parked = matches!(state.stage, Stage::Parked(_));
        let successor = if is_parked && (was_pilot || state.pilot.is_none()) {
            state.pilot = None;
            state.waiting.values().next().cloned()
        } else {
            None
        };
        drop(state);
        drop(own);
        if let Some(successor) = successor {
            successor.wake();
        }
    }
}
