//! Initial access tokens (RFC 7591 section 1.2): who may register where not everybody may.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::StoreError;
use crate::secret::TokenDigest;

/// What an initial access token allows, and what is remembered of it by the clients registered with it.
///
/// ```
/// use oauth_dcr::InitialGrant;
///
/// // Ten clients for a partner, under a profile of their own.
/// let grant = InitialGrant::new("acme-2026").with_owner("acme").with_uses(10).with_profile("fapi2-security");
/// assert_eq!(grant.uses_left(), Some(10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialGrant {
    id: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uses_left: Option<u32>,
}

impl InitialGrant {
    /// A grant for any number of registrations, for ever. Its name is for people and logs: it is no secret, and no two
    /// tokens of a store share one.
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            owner: None,
            scopes: Vec::new(),
            profile: None,
            expires_at: None,
            uses_left: None,
        }
    }

    /// Whose token it is; its clients keep the name.
    #[must_use]
    pub fn with_owner(self, owner: &str) -> Self {
        Self { owner: Some(owner.into()), ..self }
    }

    /// The scopes of the token, which a profile may ask for (`access.create.tokens`). Not those of its clients.
    #[must_use]
    pub fn with_scopes<'s>(self, scopes: impl IntoIterator<Item = &'s str>) -> Self {
        Self { scopes: scopes.into_iter().map(str::to_owned).collect(), ..self }
    }

    /// The profile that its clients must satisfy, now and at every update. Default: that of the registrar.
    #[must_use]
    pub fn with_profile(self, profile: &str) -> Self {
        Self { profile: Some(profile.into()), ..self }
    }

    /// When it ceases to be good. The moment itself counts. Default: never.
    #[must_use]
    pub fn with_expiry(self, expires_at: OffsetDateTime) -> Self {
        Self { expires_at: Some(expires_at.unix_timestamp()), ..self }
    }

    /// How many clients can be registered with it. Default: any number.
    #[must_use]
    pub fn with_uses(self, uses: u32) -> Self {
        Self { uses_left: Some(uses), ..self }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// Its scopes.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// The profile that its clients must satisfy.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// When it ceases to be good. `None`: never.
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
    }

    /// How many uses are left. `None`: any number.
    #[must_use]
    pub fn uses_left(&self) -> Option<u32> {
        self.uses_left
    }

    /// Whether it is good at a time.
    #[must_use]
    pub fn is_good(&self, now: OffsetDateTime) -> bool {
        self.uses_left != Some(0) && self.expires_at.is_none_or(|expiry| now.unix_timestamp() < expiry)
    }

    pub(crate) fn shared_id(&self) -> Arc<str> {
        self.id.clone()
    }

    pub(crate) fn shared_owner(&self) -> Option<Arc<str>> {
        self.owner.clone()
    }
}

/// Where initial access tokens are kept, by their digests. Tokens in clear never come here.
///
/// A host whose tokens are of another kind, such as signed ones, checks them itself and hands in
/// [`Caller::Granted`](crate::Caller::Granted). A whole implementation is in the [guide](crate::guide::stores).
#[async_trait]
pub trait InitialAccessTokens: Debug + Send + Sync {
    /// Keeps a new token.
    ///
    /// # Errors
    ///
    /// [`StoreError::AlreadyExists`] if a token has this digest or a grant this name.
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError>;

    /// What a token allows, used up, expired or not. Takes no use of it.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails: an unknown token is `None`.
    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError>;

    /// Takes one use of a token that is good at `now`, in one step: of many concurrent calls for a token with ten uses
    /// ten succeed. `None` if it is not good.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails.
    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError>;

    /// Forgets the token with this name. True if there was one. Clients registered with it stay; see
    /// [`Registrar::revoke`](crate::Registrar::revoke).
    ///
    /// # Errors
    ///
    /// Only if the store itself fails.
    async fn revoke(&self, id: &str) -> Result<bool, StoreError>;
}

#[async_trait]
impl<T: InitialAccessTokens + ?Sized> InitialAccessTokens for Arc<T> {
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError> {
        (**self).insert(token, grant).await
    }

    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError> {
        (**self).find(token).await
    }

    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError> {
        (**self).redeem(token, now).await
    }

    async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        (**self).revoke(id).await
    }
}

/// Initial access tokens in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryInitialAccessTokens(Arc<Mutex<HashMap<TokenDigest, InitialGrant>>>);

impl MemoryInitialAccessTokens {
    fn grants(&self) -> MutexGuard<'_, HashMap<TokenDigest, InitialGrant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl InitialAccessTokens for MemoryInitialAccessTokens {
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError> {
        let mut grants = self.grants();
        if grants.contains_key(token) || grants.values().any(|own| own.id == grant.id) {
            return Err(StoreError::AlreadyExists);
        }
        grants.insert(*token, grant.clone());
        Ok(())
    }

    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError> {
        Ok(self.grants().get(token).cloned())
    }

    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError> {
        let mut grants = self.grants();
        let Some(grant) = grants.get_mut(token).filter(|grant| grant.is_good(now)) else { return Ok(None) };
        grant.uses_left = grant.uses_left.map(|uses| uses.saturating_sub(1));
        Ok(Some(grant.clone()))
    }

    async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        let mut grants = self.grants();
        let before = grants.len();
        grants.retain(|_, grant| *grant.id != *id);
        Ok(grants.len() < before)
    }
}
