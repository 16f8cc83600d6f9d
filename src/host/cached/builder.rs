//! The settings of the cache.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Cache, CachedResolver};
use crate::clock::{Clock, SystemClock};
use crate::host::resolver::JwksResolver;

/// Collects the settings of a [`CachedResolver`]; each has a default.
#[derive(Debug)]
#[must_use]
pub struct CachedResolverBuilder {
    source: Arc<dyn JwksResolver>,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl CachedResolverBuilder {
    pub(crate) fn new(source: Arc<dyn JwksResolver>) -> Self {
        let settings = Settings {
            time_to_live: Duration::from_secs(600),
            stale_if_error: Duration::from_secs(3600),
            negative_time_to_live: Duration::from_secs(30),
            refetch_interval: Duration::from_secs(60),
            max_entries: 1000,
        };
        Self { source, clock: Arc::new(SystemClock), settings }
    }

    /// Where the time comes from. Default: [`SystemClock`].
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.shared_clock(Arc::new(clock))
    }

    pub(crate) fn shared_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long a document is good after it was fetched. Default: 600 seconds. A key that an issuer withdraws verifies
    /// for that long.
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.settings.time_to_live = time;
        self
    }

    /// How long after its time to live a document still serves while it cannot be fetched again, or while that is
    /// going on. Default: 3600 seconds. Zero: not at all.
    pub fn stale_if_error(mut self, time: Duration) -> Self {
        self.settings.stale_if_error = time;
        self
    }

    /// How long a failure is remembered, and the address not asked again. Default: 30 seconds.
    pub fn negative_time_to_live(mut self, time: Duration) -> Self {
        self.settings.negative_time_to_live = time;
        self
    }

    /// The least time between two fetches of a key set because tokens name keys that it does not have. Default: 60
    /// seconds. An issuer's new key is seen after that time at the latest.
    pub fn refetch_interval(mut self, time: Duration) -> Self {
        self.settings.refetch_interval = time;
        self
    }

    /// The most documents of each [`FetchPurpose`](crate::FetchPurpose) that are kept. Default: 1000. Then the one that was not used for
    /// the longest time goes. How large a document may be is for the resolver behind to say.
    pub fn max_entries(mut self, entries: usize) -> Self {
        self.settings.max_entries = entries.max(1);
        self
    }

    /// Builds the resolver, with nothing in its cache.
    #[must_use]
    pub fn build(self) -> CachedResolver {
        let Self { source, clock, settings } = self;
        CachedResolver(Arc::new(Cache { source, clock, settings, shelves: Mutex::default() }))
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) time_to_live: Duration,
    pub(super) stale_if_error: Duration,
    pub(super) negative_time_to_live: Duration,
    pub(super) refetch_interval: Duration,
    pub(super) max_entries: usize,
}

impl Settings {
    pub(super) fn usable_time(&self) -> Duration {
        self.time_to_live.saturating_add(self.stale_if_error)
    }
}
