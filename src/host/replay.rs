//! What one-time use needs.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::secret::TokenDigest;

/// Remembers what may be used once: the `jti` of signed requests and of software statements.
///
/// With several nodes it must be shared by them, or each accepts a token once. A whole implementation is in the
/// [guide](crate::guide::stores).
#[async_trait]
pub trait ReplayGuard: Debug + Send + Sync {
    /// True exactly once per key until a time; `now` is for forgetting older keys. Must be atomic, and must refuse
    /// rather than forget a key early.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if it has no room for another key; the request may be tried again later.
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError>;
}

#[async_trait]
impl<G: ReplayGuard + ?Sized> ReplayGuard for Arc<G> {
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        (**self).consume(key, now, until).await
    }
}

/// What is used once: the digest of issuer and `jti`, so that its length is bounded. Never of the token itself, of
/// which other encodings can be made (RFC 7515 appendix C).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplayKey(String);

impl ReplayKey {
    pub(crate) fn new(kind: &str, issuer: &str, jti: &str) -> Self {
        // Lengths keep two pairs with the same concatenation apart.
        Self(TokenDigest::of(&format!("{kind}:{}:{issuer}:{jti}", issuer.len())).to_text())
    }

    /// The key as text, 43 characters of base64url.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Keys in memory, at most 100,000 at a time: the default.
#[derive(Debug)]
pub struct MemoryReplayGuard {
    used: Mutex<Used>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Used {
    until: HashMap<ReplayKey, i64>,
    by_time: BTreeMap<(i64, ReplayKey), ()>,
}

impl Default for MemoryReplayGuard {
    fn default() -> Self {
        Self::with_capacity(100_000)
    }
}

impl MemoryReplayGuard {
    /// A guard with room for this many keys.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { used: Mutex::default(), capacity }
    }
}

impl Used {
    fn forget(&mut self, now: i64) {
        while let Some(entry) = self.by_time.first_entry().filter(|entry| entry.key().0 < now) {
            let ((_, key), ()) = entry.remove_entry();
            self.until.remove(&key);
        }
    }
}

#[async_trait]
impl ReplayGuard for MemoryReplayGuard {
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.forget(now.unix_timestamp());
        if used.until.contains_key(key) {
            return Ok(false);
        }
        if used.until.len() >= self.capacity {
            return Err(StoreError::Unavailable("the replay guard is full".into()));
        }
        used.until.insert(key.clone(), until.unix_timestamp());
        used.by_time.insert((until.unix_timestamp(), key.clone()), ());
        Ok(true)
    }
}
