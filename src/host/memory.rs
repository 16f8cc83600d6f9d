//! Clients in memory.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Cause, ClientDirectory, ClientStore, StoreError, Sweep};
use crate::client::{Client, ClientId};

/// Clients in memory: for tests, examples and servers that may forget. Sharded, so that threads do not wait for each
/// other.
#[derive(Debug, Default)]
pub struct MemoryClientStore {
    shards: [RwLock<Shard>; SHARDS],
    /// Unique keys and whose they are. Locked before a shard, never after one.
    unique: RwLock<HashMap<Box<str>, ClientId>>,
}

const SHARDS: usize = 16;

#[derive(Debug, Default)]
struct Shard {
    clients: HashMap<ClientId, Client>,
}

impl MemoryClientStore {
    /// How many clients there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| read(shard).clients.len()).sum()
    }

    /// Whether there is no client.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, id: &ClientId) -> &RwLock<Shard> {
        // Identifiers are random at their end, unless a hook chose them: then they share locks, not more.
        let place = usize::from(id.as_str().bytes().last().unwrap_or_default()) % SHARDS;
        let [first, ..] = &self.shards;
        self.shards.get(place).unwrap_or(first)
    }

    /// Removes a client that is still as it should be, and frees its unique key before anybody else can ask for it.
    fn remove(
        &self,
        id: &ClientId,
        unique: &mut HashMap<Box<str>, ClientId>,
        still: impl Fn(&Client) -> bool,
    ) -> bool {
        let mut shard = write(self.shard(id));
        if !shard.clients.get(id).is_some_and(still) {
            return false;
        }
        if let Some(key) = shard.clients.remove(id).as_ref().and_then(Client::unique_key) {
            unique.remove(key);
        }
        true
    }

    /// Removes at most so many clients of a kind.
    fn remove_all(&self, limit: usize, is_due: impl Fn(&Client) -> bool) -> Vec<ClientId> {
        let mut removed = Vec::new();
        for shard in &self.shards {
            let found: Vec<ClientId> = {
                let shard = read(shard);
                let due = shard.clients.values().filter(|client| is_due(client));
                due.take(limit - removed.len()).map(|client| client.id().clone()).collect()
            };
            if found.is_empty() {
                continue;
            }
            let mut unique = write(&self.unique);
            // An update may have come in between.
            removed.extend(found.into_iter().filter(|id| self.remove(id, &mut unique, &is_due)));
        }
        removed
    }
}

/// A thread that panicked while it held the lock left whole values behind: each is replaced in one step.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl ClientStore for MemoryClientStore {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        let mut unique = client.unique_key().map(|key| (write(&self.unique), key));
        if let Some(owner) = unique.as_ref().and_then(|(unique, key)| unique.get(*key)) {
            return Err(StoreError::Duplicate { existing: owner.clone() });
        }
        let mut shard = write(self.shard(client.id()));
        let Entry::Vacant(place) = shard.clients.entry(client.id().clone()) else {
            return Err(StoreError::AlreadyExists);
        };
        place.insert(client.clone());
        if let Some((unique, key)) = &mut unique {
            unique.insert((*key).into(), client.id().clone());
        }
        Ok(())
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        Ok(read(self.shard(id)).clients.get(id).cloned())
    }

    async fn find_unique(&self, unique_key: &str) -> Result<Option<Client>, StoreError> {
        let owner = read(&self.unique).get(unique_key).cloned();
        Ok(owner.and_then(|id| read(self.shard(&id)).clients.get(&id).cloned()))
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        let mut unique = write(&self.unique);
        if let Some(owner) =
            client.unique_key().and_then(|key| unique.get(key)).filter(|owner| *owner != client.id())
        {
            return Err(StoreError::Duplicate { existing: owner.clone() });
        }
        let mut shard = write(self.shard(client.id()));
        let current = shard.clients.get_mut(client.id()).ok_or(StoreError::NotFound)?;
        if current.revision() != expected_revision {
            return Err(StoreError::Conflict);
        }
        if let Some(old) = current.unique_key().filter(|old| Some(*old) != client.unique_key()) {
            unique.remove(old);
        }
        if let Some(key) = client.unique_key() {
            unique.insert(key.into(), client.id().clone());
        }
        *current = client.clone().last_used(current.0.last_used_at);
        Ok(())
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        let mut unique = write(&self.unique);
        Ok(self.remove(id, &mut unique, |_| true))
    }
}

#[async_trait]
impl ClientDirectory for MemoryClientStore {
    async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        let mut ids = BTreeSet::new();
        for shard in &self.shards {
            for id in read(shard).clients.keys().filter(|id| after.is_none_or(|after| *id > after)) {
                ids.insert(id.clone());
                if ids.len() > limit {
                    ids.pop_last();
                }
            }
        }
        Ok(ids.iter().filter_map(|id| read(self.shard(id)).clients.get(id).cloned()).collect())
    }

    async fn touch(&self, id: &ClientId, now: OffsetDateTime) -> Result<bool, StoreError> {
        let mut shard = write(self.shard(id));
        let Some(client) = shard.clients.get_mut(id) else { return Ok(false) };
        *client = client.clone().used_at(now);
        Ok(true)
    }

    async fn sweep(&self, due: &Sweep, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        Ok(self.remove_all(limit, |client| due.applies_to(client)))
    }

    async fn revoke(&self, cause: &Cause, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        Ok(self.remove_all(limit, |client| cause.applies_to(client)))
    }
}
