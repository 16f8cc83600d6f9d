//! Documents kept for a while, and fetched once for all who want them.

mod builder;
mod flight;
mod shelf;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;
use url::Url;

pub use self::builder::CachedResolverBuilder;

use self::builder::Settings;
use self::flight::{Flight, Seat};
use self::shelf::{Document, Fault, Outcome, Shelves, age, find, key};
use super::resolver::{FetchError, FetchPurpose, FetchedDocument, JwksResolver};
use crate::clock::Clock;
use crate::jose::KeySet;

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
