//! Host parts that do as they are told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::Url;

use crate::client::{Client, ClientId};
use crate::clock::Clock;
use crate::entropy::{Entropy, EntropyError};
use crate::host::{
    ClientStore, Draft, FetchError, FetchPurpose, HookContext, HookError, JwksResolver, ScriptHook,
    StoreError,
};
use crate::profile::Operation;

/// A clock that stands still until it is told to move. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Where every such clock begins: 2026-01-01T00:00:00Z, 1767225600 seconds since the Unix epoch.
    pub const START: OffsetDateTime = match OffsetDateTime::from_unix_timestamp(1_767_225_600) {
        Ok(start) => start,
        Err(_) => OffsetDateTime::UNIX_EPOCH,
    };

    /// A clock at [`START`](Self::START).
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(Self::START.unix_timestamp())))
    }

    /// Moves the clock by a number of seconds.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets the clock. Fractions of a second are dropped.
    pub fn set(&self, now: OffsetDateTime) {
        self.0.store(now.unix_timestamp(), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst))
            .expect("a time before the year 10000")
    }
}

/// The bytes 00, 01, 02 and so on, from one call to the next, and 00 again after ff. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct CountingEntropy(Arc<AtomicUsize>);

impl CountingEntropy {
    /// A source whose first byte is 00.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes were taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Entropy for CountingEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), EntropyError> {
        let first = self.0.fetch_add(buffer.len(), Ordering::SeqCst);
        for (offset, byte) in buffer.iter_mut().enumerate() {
            *byte = (first.wrapping_add(offset) % 256) as u8;
        }
        Ok(())
    }
}

/// A source of randomness that always fails.
#[derive(Clone, Copy, Debug, Default)]
pub struct FailingEntropy;

impl FailingEntropy {
    /// What it says, so that a test can look for it in an answer.
    pub const TEXT: &str = "the entropy double was told to fail";
}

impl Entropy for FailingEntropy {
    fn fill(&self, _: &mut [u8]) -> Result<(), EntropyError> {
        Err(EntropyError::new(Self::TEXT))
    }
}

/// Documents by address. Any other address fails. Clones share documents and record.
#[derive(Clone, Debug, Default)]
pub struct StaticResolver(Arc<Mutex<Documents>>);

#[derive(Debug, Default)]
struct Documents {
    by_uri: BTreeMap<String, Value>,
    fetched: Vec<(String, FetchPurpose)>,
}

impl StaticResolver {
    /// A resolver without documents.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same resolver with one more document.
    #[must_use]
    pub fn with(self, uri: &str, document: Value) -> Self {
        self.insert(uri, document);
        self
    }

    /// Puts a document at an address, in the place of the one that was there.
    pub fn insert(&self, uri: &str, document: Value) {
        self.0.lock().unwrap().by_uri.insert(uri.to_owned(), document);
    }

    /// The addresses that were asked for, in order, found or not, and why.
    #[must_use]
    pub fn fetched(&self) -> Vec<(String, FetchPurpose)> {
        self.0.lock().unwrap().fetched.clone()
    }
}

#[async_trait]
impl JwksResolver for StaticResolver {
    async fn fetch(&self, uri: &Url, purpose: FetchPurpose) -> Result<Value, FetchError> {
        let mut documents = self.0.lock().unwrap();
        documents.fetched.push((uri.as_str().to_owned(), purpose));
        documents
            .by_uri
            .get(uri.as_str())
            .cloned()
            .ok_or_else(|| FetchError::Failed("no such document".into()))
    }
}

/// A call of a [`ClientStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreCall {
    /// [`ClientStore::insert`]
    Insert,
    /// [`ClientStore::get`]
    Get,
    /// [`ClientStore::find_unique`]
    FindUnique,
    /// [`ClientStore::replace`]
    Replace,
    /// [`ClientStore::delete`]
    Delete,
}

/// How a [`FailingStore`] fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreFault {
    /// With [`StoreError::Backend`].
    Backend,
    /// With [`StoreError::Unavailable`].
    Unavailable,
}

impl StoreFault {
    /// What the source of the error says, so that a test can look for it in an answer.
    pub const TEXT: &str = "the store double was told to fail";

    fn error(self) -> StoreError {
        match self {
            Self::Backend => StoreError::Backend(Self::TEXT.into()),
            Self::Unavailable => StoreError::Unavailable(Self::TEXT.into()),
        }
    }
}

/// A store in front of another one that records every call, and fails when it is told to. A call that fails
/// does not reach the store behind.
#[derive(Debug)]
pub struct FailingStore<S> {
    inner: S,
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    calls: Vec<StoreCall>,
    /// Numbers of calls, from 1.
    faults: BTreeMap<usize, StoreFault>,
    always: Option<StoreFault>,
}

impl<S> FailingStore<S> {
    /// A store that does not fail yet.
    pub fn new(inner: S) -> Self {
        Self { inner, plan: Mutex::default() }
    }

    /// Makes one call fail: the `nth` from the beginning, counted from 1.
    pub fn fail_call(&self, nth: usize, fault: StoreFault) {
        self.plan.lock().unwrap().faults.insert(nth, fault);
    }

    /// Makes the next call fail.
    pub fn fail_next(&self, fault: StoreFault) {
        let mut plan = self.plan.lock().unwrap();
        let next = plan.calls.len() + 1;
        plan.faults.insert(next, fault);
    }

    /// Makes all calls fail, or none any more.
    pub fn fail_all(&self, fault: Option<StoreFault>) {
        self.plan.lock().unwrap().always = fault;
    }

    /// The calls so far, in order, failed or not.
    #[must_use]
    pub fn calls(&self) -> Vec<StoreCall> {
        self.plan.lock().unwrap().calls.clone()
    }

    /// The store behind.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    fn record(&self, call: StoreCall) -> Result<(), StoreError> {
        let mut plan = self.plan.lock().unwrap();
        plan.calls.push(call);
        let fault = plan.faults.get(&plan.calls.len()).copied().or(plan.always);
        fault.map_or(Ok(()), |fault| Err(fault.error()))
    }
}

#[async_trait]
impl<S: ClientStore> ClientStore for FailingStore<S> {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        self.record(StoreCall::Insert)?;
        self.inner.insert(client).await
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.record(StoreCall::Get)?;
        self.inner.get(id).await
    }

    async fn find_unique(&self, unique_key: &str) -> Result<Option<Client>, StoreError> {
        self.record(StoreCall::FindUnique)?;
        self.inner.find_unique(unique_key).await
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        self.record(StoreCall::Replace)?;
        self.inner.replace(client, expected_revision).await
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        self.record(StoreCall::Delete)?;
        self.inner.delete(id).await
    }
}

/// A hook without an opinion that records which of its methods were called, for which operation. Clones share
/// the record.
#[derive(Clone, Debug, Default)]
pub struct RecordingHook(Arc<Mutex<Vec<(&'static str, Operation)>>>);

impl RecordingHook {
    /// A hook that was not called yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The names of the methods that were called, in order, and for which operation.
    #[must_use]
    pub fn seen(&self) -> Vec<(&'static str, Operation)> {
        self.0.lock().unwrap().clone()
    }

    fn record(&self, method: &'static str, cx: &HookContext<'_>) -> Result<(), HookError> {
        self.0.lock().unwrap().push((method, cx.operation));
        Ok(())
    }
}

#[async_trait]
impl ScriptHook for RecordingHook {
    async fn create_client(&self, cx: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        self.record("create_client", cx)
    }

    async fn update_client(&self, cx: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        self.record("update_client", cx)
    }

    async fn read_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        self.record("read_client", cx)
    }

    async fn delete_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        self.record("delete_client", cx)
    }

    async fn modify_response(
        &self,
        cx: &HookContext<'_>,
        _: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        self.record("modify_response", cx)
    }
}
