//! The record of a registered client.

mod form;
mod id;
mod provenance;
mod registered;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

pub use self::id::ClientId;
pub use self::provenance::Provenance;
pub(crate) use self::provenance::statement_digest;
pub(crate) use self::registered::{Registered, TRUSTED};
use crate::metadata::ClientMetadata;
use crate::secret::{StoredSecret, TokenDigest};

/// A registered client, as a store keeps it. Cheap to clone: one reference count.
///
/// The serde form is stable: a client written by one version is read by every later one. It holds digests of
/// credentials, and a secret only where it must be read again (see [`StoredSecret`]).
#[derive(Clone, PartialEq)]
pub struct Client(pub(crate) Arc<Record>);

/// What there is to a client. What few clients have takes no place in those that lack it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) id: ClientId,
    pub(crate) metadata: Arc<Registered>,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: Option<i64>,
    pub(crate) secret: Option<StoredSecret>,
    pub(crate) secret_expires_at: Option<i64>,
    pub(crate) previous_secret: Option<Box<PreviousSecret>>,
    pub(crate) token: Option<TokenDigest>,
    pub(crate) token_expires_at: Option<i64>,
    pub(crate) previous_token: Option<Box<TokenDigest>>,
    pub(crate) state: ClientState,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) flags: ServerFlags,
    pub(crate) provenance: Arc<Provenance>,
    pub(crate) unique_key: Option<Arc<str>>,
    pub(crate) janssen: Option<JanssenMembers>,
    pub(crate) revision: u64,
}

impl From<Record> for Client {
    fn from(record: Record) -> Self {
        Self(Arc::new(record))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0).finish()
    }
}

impl Client {
    /// The identifier.
    #[must_use]
    pub fn id(&self) -> &ClientId {
        &self.0.id
    }

    /// The metadata, typed. Read from its text on first use.
    #[must_use]
    pub fn metadata(&self) -> &ClientMetadata {
        self.0.metadata.typed()
    }

    /// The metadata as the text of a JSON object.
    #[must_use]
    pub fn metadata_json(&self) -> &str {
        self.0.metadata.text()
    }

    /// When the client was registered.
    #[must_use]
    pub fn issued_at(&self) -> OffsetDateTime {
        from_unix(self.0.issued_at)
    }

    /// When the client ceases to exist. `None`: never.
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.0.expires_at.map(from_unix)
    }

    /// Whether the client has ceased to exist at a time. The moment itself counts.
    #[must_use]
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.0.expires_at.is_some_and(|expiry| now.unix_timestamp() >= expiry)
    }

    /// Whether the client may be used at a time: active, and neither expired nor disabled. For the host's
    /// authorization and token endpoints.
    #[must_use]
    pub fn is_usable(&self, now: OffsetDateTime) -> bool {
        self.0.state == ClientState::Active && self.is_manageable(now)
    }

    /// Whether the client may read, update and delete its registration at a time. A pending client may: it learns so
    /// what became of its request.
    #[must_use]
    pub fn is_manageable(&self, now: OffsetDateTime) -> bool {
        self.0.state != ClientState::Suspended && !self.is_expired(now) && !self.0.flags.disabled
    }

    /// Where the client is in its life.
    #[must_use]
    pub fn state(&self) -> ClientState {
        self.0.state
    }

    /// When the host last reported a use ([`ClientDirectory::touch`](crate::ClientDirectory::touch)).
    #[must_use]
    pub fn last_used_at(&self) -> Option<OffsetDateTime> {
        self.0.last_used_at.map(from_unix)
    }

    /// The client with a use at this time, unless it knows of a later one. For stores.
    #[must_use]
    pub fn used_at(self, time: OffsetDateTime) -> Self {
        self.last_used(Some(time.unix_timestamp()))
    }

    /// The client with this last use, unless it knows of a later one.
    pub(crate) fn last_used(mut self, at: Option<i64>) -> Self {
        if at > self.0.last_used_at {
            Arc::make_mut(&mut self.0).last_used_at = at;
        }
        self
    }

    /// When the registration access token ceases to be valid. `None`: with the client.
    #[must_use]
    pub fn registration_access_token_expires_at(&self) -> Option<OffsetDateTime> {
        self.0.token_expires_at.map(from_unix)
    }

    /// The secret as it is stored.
    #[must_use]
    pub fn secret(&self) -> Option<&StoredSecret> {
        self.0.secret.as_ref()
    }

    /// When the secret ceases to be valid. `None`: with the client.
    #[must_use]
    pub fn secret_expires_at(&self) -> Option<OffsetDateTime> {
        self.0.secret_expires_at.map(from_unix)
    }

    /// Whether a presented secret is the client's, and valid at a time: the current one up to
    /// [`secret_expires_at`](Self::secret_expires_at), the one before it for `clientSecretOverlapSeconds`. False for a
    /// client without a secret, and for one that may not be used. For the host's token endpoint.
    ///
    /// Its time does not depend on the secrets, and not on how many of them there are: two digests are compared in any
    /// case.
    #[must_use]
    pub fn verify_secret(&self, presented: &str, now: OffsetDateTime) -> bool {
        let presented = TokenDigest::of(presented);
        let is_one_of = |secret: Option<&StoredSecret>| {
            secret.map_or(TokenDigest::NONE, StoredSecret::digest).matches_digest(&presented)
        };
        let previous = self.0.previous_secret.as_ref();
        let is_current = self.0.secret_expires_at.is_none_or(|expiry| now.unix_timestamp() < expiry);
        let is_kept = previous.is_some_and(|previous| now.unix_timestamp() < previous.valid_until);
        let is_own = is_one_of(self.secret()) & is_current;
        let is_former = is_one_of(previous.map(|previous| &previous.secret)) & is_kept;
        (is_own | is_former) & self.is_usable(now)
    }

    /// The digest of the registration access token.
    #[must_use]
    pub fn registration_access_token(&self) -> Option<&TokenDigest> {
        self.0.token.as_ref()
    }

    /// What only the server sets.
    #[must_use]
    pub fn flags(&self) -> &ServerFlags {
        &self.0.flags
    }

    /// Where the client comes from.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.0.provenance
    }

    /// What no other client in the store may have as well, if the profile asks for that.
    #[must_use]
    pub fn unique_key(&self) -> Option<&str> {
        self.0.unique_key.as_deref()
    }

    /// What was read from a document of Janssen and has no place in this record: see [`janssen`](crate::janssen). It is
    /// in no answer.
    #[must_use]
    pub fn janssen_members(&self) -> Option<&Map<String, Value>> {
        self.0.janssen.as_ref().map(|members| &*members.0)
    }

    pub(crate) fn with_janssen_members(self, members: Map<String, Value>) -> Self {
        let janssen = (!members.is_empty()).then(|| JanssenMembers(Arc::new(members)));
        Record { janssen, ..Arc::unwrap_or_clone(self.0) }.into()
    }

    /// Counts the changes; what [`ClientStore::replace`](crate::ClientStore::replace) compares.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.0.revision
    }
}

fn from_unix(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Members of a document of Janssen. `Debug` shows their names only: custom attributes may hold anything.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct JanssenMembers(Arc<Map<String, Value>>);

impl fmt::Debug for JanssenMembers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Where a client is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientState {
    /// It is registered and may be used.
    #[default]
    Active,
    /// It is registered and waits for the host's approval: it may be managed and not be used.
    Pending,
    /// It is switched off until the host resumes it: it may neither be used nor managed, and is answered as if it
    /// did not exist.
    Suspended,
}

impl ClientState {
    /// The name, as it serialises.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Suspended => "suspended",
        }
    }
}

/// A secret that was replaced and is good for a while yet, so that a client in many places can change over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PreviousSecret {
    pub(crate) secret: StoredSecret,
    pub(crate) valid_until: i64,
}

/// What only the server sets, never a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ServerFlags {
    /// Consent may be skipped if the server allows that for trusted clients (Janssen `trustedClient`).
    pub trusted: bool,
    /// The client is switched off.
    pub disabled: bool,
    /// The client may be removed once it has expired (Janssen `deletable`).
    pub deletable: bool,
    /// Authorizations are remembered (Janssen `persistClientAuthorizations`).
    pub persist_authorizations: bool,
    /// Claims are put into the ID Token (Janssen `includeClaimsInIdToken`).
    pub include_claims_in_id_token: bool,
}
