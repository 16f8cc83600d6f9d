//! What the cache holds, by purpose and address.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use url::Url;

use super::flight::Flight;
use crate::host::resolver::{FetchError, FetchPurpose};
use crate::jose::{KeySet, KeySetLimits};

#[derive(Default)]
pub(super) struct Shelves {
    pub(super) keys: Shelf,
    pub(super) discovery: Shelf,
    pub(super) sectors: Shelf,
    /// Counts uses, to tell which is the oldest, and numbers fetches.
    pub(super) ticks: u64,
}

/// Slots by address.
pub(super) type Shelf = HashMap<String, Slot>;

impl Shelves {
    pub(super) fn of(&mut self, purpose: FetchPurpose) -> &mut Shelf {
        match purpose {
            FetchPurpose::Keys => &mut self.keys,
            FetchPurpose::Discovery => &mut self.discovery,
            // Metadata of clients comes by `fetch_document`, if at all.
            FetchPurpose::SectorIdentifier | FetchPurpose::ClientMetadata => &mut self.sectors,
        }
    }

    pub(super) fn all(&mut self) -> [&mut Shelf; 3] {
        [&mut self.keys, &mut self.discovery, &mut self.sectors]
    }

    pub(super) fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }
}

/// What is known of one address.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) held: Option<(Arc<Document>, OffsetDateTime)>,
    pub(super) failed: Option<(Fault, OffsetDateTime)>,
    /// When the last fetch began, whatever became of it.
    pub(super) asked: Option<OffsetDateTime>,
    /// The fetch under way, with its number. It belongs to those who wait for it.
    pub(super) flight: Option<(u64, Weak<Flight<Outcome>>)>,
    pub(super) used: u64,
}

impl Slot {
    pub(super) fn flight(&self) -> Option<Arc<Flight<Outcome>>> {
        self.flight.as_ref().and_then(|(_, flight)| flight.upgrade())
    }

    fn is_idle(&self) -> bool {
        self.flight.as_ref().is_none_or(|(_, flight)| flight.strong_count() == 0)
    }

    /// The document, if it is not older than that.
    pub(super) fn held_for(&self, most: Duration, now: OffsetDateTime) -> Option<&Arc<Document>> {
        self.held.as_ref().filter(|(_, since)| age(*since, now) < most).map(|(document, _)| document)
    }
}

/// A fetched document. Kept as text, which takes a fraction of the memory of the parsed value.
pub(super) struct Document {
    pub(super) text: String,
    pub(super) keys: OnceLock<Option<Arc<KeySet>>>,
}

impl Document {
    pub(super) fn new(value: &Value, purpose: FetchPurpose) -> Result<Arc<Self>, Fault> {
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
    pub(super) fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.get_or_init(|| KeySet::parse(&self.text, KeySetLimits::ISSUER).ok().map(Arc::new)).clone()
    }
}

/// A [`FetchError`] for several callers.
#[derive(Clone)]
pub(super) enum Fault {
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

pub(super) type Outcome = Result<Arc<Document>, Fault>;

/// The slot of an address: a new one if there is none, in the place of the oldest if the shelf is full.
pub(super) fn find<'s>(shelf: &'s mut Shelf, key: &str, max_entries: usize) -> &'s mut Slot {
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
pub(super) fn key(uri: &Url) -> &str {
    uri.as_str().split('#').next().unwrap_or_default()
}

/// How old something is. What comes from the future, because the clock was set back, is as old as can be.
pub(super) fn age(since: OffsetDateTime, now: OffsetDateTime) -> Duration {
    Duration::try_from(now - since).unwrap_or(Duration::MAX)
}
