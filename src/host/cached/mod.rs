//! Documents kept for a while, and fetched once for all who want them.

mod flight;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use self::flight::{Flight, Seat};
use super::resolver::{FetchError, FetchPurpose, FetchedDocument, JwksResolver};
use crate::clock::{Clock, SystemClock};
use crate::jose::{KeySet, KeySetLimits};

/// Keeps what another resolver fetched.
///
/// - However many callers want a document that is not there, it is fetched once. If the caller that carries the fetch
///   on goes away, another one takes over.
/// - A document is fresh for its time to live. Then the next caller fetches it again; while that goes on, and if it
///   fails, the old document serves until the stale time has passed as well, and no longer.
/// - A failure is remembered for a while, so that an address which does not answer is not asked by every caller.
/// - Tokens that name a key which the set does not have cause a new fetch of the set at most once in an interval, so
///   that nobody can make the server flood an issuer.
///
/// A key set that is cached is parsed, and its verifiers are made once. A document that is fetched for
/// [`FetchPurpose::Keys`] and is no JWK Set is a failure, and does not take the place of a good one.
///
/// Documents of different purposes are kept apart, since a resolver may judge them differently, and because clients
/// choose the addresses of sector documents: they cannot push the keys of an issuer out.
///
/// Clones share the cache. Keep one to [purge](Self::purge) it when an issuer's key was compromised.
///
/// ```
/// use std::time::Duration;
///
/// use oauth_dcr::testing::{ManualClock, StaticResolver, run};
/// use oauth_dcr::{CachedResolver, FetchPurpose, JwksResolver};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let network = StaticResolver::new().with("https://issuer.example/jwks", json!({ "keys": [] }));
/// let clock = ManualClock::new();
/// let resolver = CachedResolver::builder(network.clone())
///     .clock(clock.clone())
///     .time_to_live(Duration::from_secs(300))
///     .build();
///
/// let uri = "https://issuer.example/jwks".parse()?;
/// run(resolver.fetch(&uri, FetchPurpose::Keys))?;
/// run(resolver.fetch(&uri, FetchPurpose::Keys))?;
/// assert_eq!(network.fetched().len(), 1);
///
/// clock.advance(300);
/// run(resolver.fetch(&uri, FetchPurpose::Keys))?;
/// assert_eq!(network.fetched().len(), 2);
///
/// resolver.purge(&uri);
/// run(resolver.fetch(&uri, FetchPurpose::Keys))?;
/// assert_eq!(network.fetched().len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CachedResolver(Arc<Cache>);

/// Collects the settings of a [`CachedResolver`]; each has a default.
#[derive(Debug)]
#[must_use]
pub struct CachedResolverBuilder {
    source: Arc<dyn JwksResolver>,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    time_to_live: Duration,
    stale_if_error: Duration,
    negative_time_to_live: Duration,
    refetch_interval: Duration,
    max_entries: usize,
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

    /// The most documents of each [`FetchPurpose`] that are kept. Default: 1000. Then the one that was not used for
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

impl CachedResolver {
    /// A cache with the defaults, in front of a resolver.
    pub fn new(source: impl JwksResolver + 'static) -> Self {
        Self::builder(source).build()
    }

    /// A cache with settings of its own, in front of a resolver.
    pub fn builder(source: impl JwksResolver + 'static) -> CachedResolverBuilder {
        CachedResolverBuilder::new(Arc::new(source))
    }

    /// Forgets what was fetched from an address, for whatever purpose. A fetch that is under way is not kept either.
    pub fn purge(&self, uri: &Url) {
        let mut shelves = self.0.lock();
        let key = key(uri);
        let gone = shelves.all().map(|shelf| shelf.remove(key));
        drop(shelves);
        drop(gone);
    }

    /// Forgets everything.
    pub fn purge_all(&self) {
        let gone = std::mem::take(&mut *self.0.lock());
        drop(gone);
    }

    /// A cache with the defaults for a resolver that is shared already.
    pub(crate) fn over(source: Arc<dyn JwksResolver>, clock: Arc<dyn Clock>) -> Self {
        CachedResolverBuilder::new(source).shared_clock(clock).build()
    }

    /// The cache, if that is what a host handed in. It must not stand behind another one, which a purge would not
    /// reach.
    pub(crate) fn found_in<R: JwksResolver + 'static>(resolver: &R) -> Option<Self> {
        let resolver = resolver as &dyn Any;
        resolver
            .downcast_ref::<Self>()
            .or_else(|| resolver.downcast_ref::<Arc<Self>>().map(Arc::as_ref))
            .cloned()
    }

    /// A document, parsed anew for each caller.
    pub(crate) async fn document(&self, uri: &Url, purpose: FetchPurpose) -> Result<Value, FetchError> {
        let document = self.0.clone().obtain(uri, purpose, None).await?;
        serde_json::from_str(&document.text).map_err(|error| FetchError::Failed(error.into()))
    }

    /// The keys at an address, parsed.
    pub(crate) async fn keys(&self, uri: &Url, purpose: FetchPurpose) -> Result<Arc<KeySet>, FetchError> {
        let document = self.0.clone().obtain(uri, purpose, None).await?;
        document.keys().ok_or_else(|| FetchError::Failed("the document is not a JWK Set".into()))
    }

    /// The keys at an address, for a token whose key `have` does not hold. The same `Arc` comes back if nothing newer
    /// can be had yet, or if there is nothing new.
    ///
    /// # Errors
    ///
    /// If the keys were fetched again and that failed. They still serve other tokens.
    pub(crate) async fn keys_after_unknown_kid(
        &self,
        uri: &Url,
        have: &Arc<KeySet>,
    ) -> Result<Arc<KeySet>, FetchError> {
        let document = self.0.clone().obtain(uri, FetchPurpose::Keys, Some(have)).await?;
        Ok(document.keys().unwrap_or_else(|| have.clone()))
    }
}

#[async_trait]
impl JwksResolver for CachedResolver {
    async fn fetch(&self, uri: &Url, purpose: FetchPurpose) -> Result<Value, FetchError> {
        self.document(uri, purpose).await
    }

    /// Nothing is kept that comes with a time of its own: the caller knows whether the document was good for anything.
    async fn fetch_document(
        &self,
        uri: &Url,
        purpose: FetchPurpose,
        max_bytes: usize,
    ) -> Result<FetchedDocument, FetchError> {
        self.0.source.fetch_document(uri, purpose, max_bytes).await
    }
}

impl fmt::Debug for CachedResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedResolver")
            .field("source", &self.0.source)
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

struct Cache {
    source: Arc<dyn JwksResolver>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    shelves: Mutex<Shelves>,
}

#[derive(Default)]
struct Shelves {
    keys: Shelf,
    discovery: Shelf,
    sectors: Shelf,
    /// Counts uses, to tell which is the oldest, and numbers fetches.
    ticks: u64,
}

/// Slots by address.
type Shelf = HashMap<String, Slot>;

impl Shelves {
    fn of(&mut self, purpose: FetchPurpose) -> &mut Shelf {
        match purpose {
            FetchPurpose::Keys => &mut self.keys,
            FetchPurpose::Discovery => &mut self.discovery,
            // Metadata of clients comes by `fetch_document`, if at all.
            FetchPurpose::SectorIdentifier | FetchPurpose::ClientMetadata => &mut self.sectors,
        }
    }

    fn all(&mut self) -> [&mut Shelf; 3] {
        [&mut self.keys, &mut self.discovery, &mut self.sectors]
    }

    fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }
}

/// What is known of one address.
#[derive(Default)]
struct Slot {
    held: Option<(Arc<Document>, OffsetDateTime)>,
    failed: Option<(Fault, OffsetDateTime)>,
    /// When the last fetch began, whatever became of it.
    asked: Option<OffsetDateTime>,
    /// The fetch under way, with its number. It belongs to those who wait for it.
    flight: Option<(u64, Weak<Flight<Outcome>>)>,
    used: u64,
}

impl Slot {
    fn flight(&self) -> Option<Arc<Flight<Outcome>>> {
        self.flight.as_ref().and_then(|(_, flight)| flight.upgrade())
    }

    fn is_idle(&self) -> bool {
        self.flight.as_ref().is_none_or(|(_, flight)| flight.strong_count() == 0)
    }

    /// The document, if it is not older than that.
    fn held_for(&self, most: Duration, now: OffsetDateTime) -> Option<&Arc<Document>> {
        self.held.as_ref().filter(|(_, since)| age(*since, now) < most).map(|(document, _)| document)
    }
}

/// A fetched document. Kept as text, which takes a fraction of the memory of the parsed value.
struct Document {
    text: String,
    keys: OnceLock<Option<Arc<KeySet>>>,
}

impl Document {
    fn new(value: &Value, purpose: FetchPurpose) -> Result<Arc<Self>, Fault> {
        let keys = OnceLock::new();
        let text = value.to_string();
        if purpose == FetchPurpose::Keys {
            let set =
                KeySet::parse(&text, KeySetLimits::ISSUER).map_err(|fault| Fault::Failed(Arc::new(fault)))?;
            keys.get_or_init(|| Some(Arc::new(set)));
        }
        Ok(Arc::new(Self { text, keys }))
    }

    /// Nothing if it is no key set.
    fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.get_or_init(|| KeySet::parse(&self.text, KeySetLimits::ISSUER).ok().map(Arc::new)).clone()
    }
}

/// A [`FetchError`] for several callers.
#[derive(Clone)]
enum Fault {
    NoNetwork,
    Failed(Arc<dyn Error + Send + Sync>),
}

impl From<FetchError> for Fault {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::NoNetwork => Self::NoNetwork,
            FetchError::Failed(source) => Self::Failed(source.into()),
        }
    }
}

impl From<Fault> for FetchError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoNetwork => Self::NoNetwork,
            Fault::Failed(source) => Self::Failed(source.into()),
        }
    }
}

type Outcome = Result<Arc<Document>, Fault>;

impl Cache {
    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A document that is good, and if keys are given, perhaps newer than those.
    async fn obtain(
        self: Arc<Self>,
        uri: &Url,
        purpose: FetchPurpose,
        have: Option<&Arc<KeySet>>,
    ) -> Result<Arc<Document>, FetchError> {
        let seat = match self.look_up(uri, purpose, have) {
            Ok(outcome) => return Ok(outcome?),
            Err(seat) => seat,
        };
        let outcome =
            seat.await.unwrap_or_else(|| Err(FetchError::Failed("the resolver panicked".into()).into()));
        outcome.or_else(|fault| self.last_resort(uri, purpose, have).ok_or(fault)).map_err(Into::into)
    }

    /// What is known already, or a seat in the one fetch that will tell.
    fn look_up(
        self: &Arc<Self>,
        uri: &Url,
        purpose: FetchPurpose,
        have: Option<&Arc<KeySet>>,
    ) -> Result<Outcome, Seat<Outcome>> {
        let settings = &self.settings;
        let mut shelves = self.lock();
        // Read under the lock, so that time does not run backwards between callers.
        let now = self.clock.now();
        let tick = shelves.tick();
        let shelf = shelves.of(purpose);
        let slot = find(shelf, key(uri), settings.max_entries);
        slot.used = tick;

        let fresh = slot.held_for(settings.time_to_live, now);
        let usable = slot.held_for(settings.usable_time(), now);
        let flight = slot.flight();
        let failed = slot
            .failed
            .as_ref()
            .filter(|(_, since)| age(*since, now) < settings.negative_time_to_live)
            .map(|(fault, _)| fault);
        let known = match (usable, have) {
            (Some(document), Some(have)) => {
                let is_newer = document.keys().is_some_and(|keys| !Arc::ptr_eq(&keys, have));
                let is_too_soon = slot.asked.is_some_and(|asked| age(asked, now) < settings.refetch_interval);
                (is_newer || (flight.is_none() && (is_too_soon || failed.is_some())))
                    .then(|| Ok(document.clone()))
            }
            (Some(document), None) if fresh.is_some() || flight.is_some() || failed.is_some() => {
                Some(Ok(document.clone()))
            }
            (None, _) if flight.is_none() => failed.map(|fault| Err(fault.clone())),
            _ => None,
        };
        if let Some(known) = known {
            // The flight may end with this reference: not under the lock.
            drop(shelves);
            drop(flight);
            return Ok(known);
        }
        let flight = flight.unwrap_or_else(|| {
            let flight = self.clone().take_off(uri.clone(), purpose, tick);
            slot.flight = Some((tick, Arc::downgrade(&flight)));
            slot.asked = Some(now);
            flight
        });
        drop(shelves);
        Err(flight.join())
    }

    fn take_off(self: Arc<Self>, uri: Url, purpose: FetchPurpose, number: u64) -> Arc<Flight<Outcome>> {
        Flight::new(async move {
            let fetched = self.source.fetch(&uri, purpose).await.map_err(Fault::from);
            let outcome = fetched.and_then(|value| Document::new(&value, purpose));
            self.land(&uri, purpose, number, outcome)
        })
    }

    /// Keeps what was fetched, unless the address was purged meanwhile.
    fn land(&self, uri: &Url, purpose: FetchPurpose, number: u64, outcome: Outcome) -> Outcome {
        let mut shelves = self.lock();
        let now = self.clock.now();
        let slot = shelves.of(purpose).get_mut(key(uri));
        let Some(slot) = slot.filter(|slot| slot.flight.as_ref().is_some_and(|(own, _)| *own == number))
        else {
            return outcome;
        };
        slot.flight = None;
        match outcome {
            Ok(document) => {
                // The same text again: its verifiers stay.
                let document = match slot.held.take() {
                    Some((old, _)) if old.text == document.text => old,
                    _ => document,
                };
                slot.held = Some((document.clone(), now));
                slot.failed = None;
                Ok(document)
            }
            Err(fault) => {
                slot.failed = Some((fault.clone(), now));
                Err(fault)
            }
        }
    }

    /// What serves when a fetch failed. Nothing for one who asked for newer keys.
    fn last_resort(
        &self,
        uri: &Url,
        purpose: FetchPurpose,
        have: Option<&Arc<KeySet>>,
    ) -> Option<Arc<Document>> {
        if have.is_some() {
            return None;
        }
        let mut shelves = self.lock();
        let now = self.clock.now();
        let slot = shelves.of(purpose).get(key(uri))?;
        slot.held_for(self.settings.usable_time(), now).cloned()
    }
}

impl Settings {
    fn usable_time(&self) -> Duration {
        self.time_to_live.saturating_add(self.stale_if_error)
    }
}

/// The slot of an address: a new one if there is none, in the place of the oldest if the shelf is full.
fn find<'s>(shelf: &'s mut Shelf, key: &str, max_entries: usize) -> &'s mut Slot {
    if !shelf.contains_key(key) && shelf.len() >= max_entries {
        // One that is being fetched would be fetched twice: only if there is no other.
        let oldest = shelf.iter().min_by_key(|(_, slot)| (!slot.is_idle(), slot.used));
        if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
            shelf.remove(&oldest);
        }
    }
    shelf.entry(key.to_owned()).or_default()
}

/// The part of a URL that is sent.
fn key(uri: &Url) -> &str {
    uri.as_str().split('#').next().unwrap_or_default()
}

/// How old something is. What comes from the future, because the clock was set back, is as old as can be.
fn age(since: OffsetDateTime, now: OffsetDateTime) -> Duration {
    Duration::try_from(now - since).unwrap_or(Duration::MAX)
}
