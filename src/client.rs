//! The record of a registered client.

use std::borrow::Borrow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::host::InitialGrant;
use crate::json::{self, JsonFault, Limits};
use crate::metadata::{ClientMetadata, Document, Origin};
use crate::secret::{StoredSecret, TokenDigest};
use crate::statement::Statement;

/// The identifier of a client: visible ASCII, at most 256 characters (RFC 6749 appendix A.1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// Takes an identifier, or nothing if it has other characters or is too long.
    ///
    /// ```
    /// # use oauth_dcr::ClientId;
    /// assert!(ClientId::new("s6BhdRkqt3").is_some());
    /// assert!(ClientId::new("two words").is_none());
    /// ```
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
        fits.then(|| Self(text.into()))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for ClientId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for ClientId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).ok_or_else(|| serde::de::Error::custom("not a client identifier"))
    }
}

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
        &self.0.metadata.text
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

/// Where a client comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Provenance {
    /// The profile it was registered under, which its updates must satisfy too.
    pub profile: Arc<str>,
    /// The issuer of its software statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_issuer: Option<Arc<str>>,
    /// The software that the statement is of (`software_id`), if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_software: Option<Arc<str>>,
    /// The SHA-256 digest of its software statement's signature, as base64url text
    /// ([`Cause::statement`](crate::Cause::statement)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_digest: Option<Arc<str>>,
    /// The name of the initial access token that it was registered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_access: Option<Arc<str>>,
    /// Whose initial access token that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<str>>,
}

impl fmt::Debug for Provenance {
    /// Of the statement's digest nothing is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provenance")
            .field("profile", &self.profile)
            .field("statement_issuer", &self.statement_issuer)
            .field("statement_software", &self.statement_software)
            .field("initial_access", &self.initial_access)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl Provenance {
    pub(crate) fn new(profile: Arc<str>, grant: Option<&InitialGrant>) -> Self {
        Self {
            profile,
            statement_issuer: None,
            statement_software: None,
            statement_digest: None,
            initial_access: grant.map(InitialGrant::shared_id),
            owner: grant.and_then(InitialGrant::shared_owner),
        }
    }

    /// The same origin, with the statement that the client brings now.
    pub(crate) fn with_statement(self, statement: &Statement<'_, '_>) -> Self {
        Self {
            statement_issuer: Some(statement.iss.as_str().into()),
            statement_software: statement.software.as_deref().map(Into::into),
            statement_digest: Some(statement_digest(statement.text)),
            ..self
        }
    }
}

/// The digest by which a statement is known: of its signature, which covers all the rest and is short; of the whole if
/// it has none.
pub(crate) fn statement_digest(statement: &str) -> Arc<str> {
    let signature = statement.rsplit('.').next().filter(|signature| !signature.is_empty());
    TokenDigest::of(signature.unwrap_or(statement)).to_text().into()
}

/// Registered metadata: the text that is stored and answered, and the typed face made of it on first use.
pub(crate) struct Registered {
    text: Box<str>,
    typed: OnceLock<Box<ClientMetadata>>,
}

/// What the engine wrote itself is read without the limits for strangers' text.
pub(crate) const TRUSTED: Limits = Limits { depth: 64, members: 10_000 };

impl Registered {
    pub(crate) fn new(text: String) -> Arc<Self> {
        Arc::new(Self { text: text.into(), typed: OnceLock::new() })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn typed(&self) -> &ClientMetadata {
        self.typed.get_or_init(|| {
            Box::new(self.document().map(|document| ClientMetadata::decode(&document).0).unwrap_or_default())
        })
    }

    /// The metadata by field id; an error if the text is none that the engine writes.
    pub(crate) fn document(&self) -> Result<Document<'_>, JsonFault> {
        json::read_object(self.text.as_bytes(), TRUSTED, Origin::Stored)
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.typed().fmt(f)
    }
}

impl PartialEq for Registered {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.typed() == other.typed()
    }
}

/// The stable form of a client. Its metadata is a map in any format, and raw text where the format is known to be JSON.
#[derive(Serialize, Deserialize)]
struct ClientForm<M> {
    id: ClientId,
    metadata: M,
    issued_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<StoredSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_secret: Option<Box<PreviousSecret>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<TokenDigest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registration_access_token_expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_registration_access_token: Option<Box<TokenDigest>>,
    #[serde(default)]
    state: ClientState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<i64>,
    #[serde(default)]
    flags: ServerFlags,
    provenance: Arc<Provenance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique_key: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    janssen: Option<JanssenMembers>,
    revision: u64,
}

impl<M> ClientForm<M> {
    fn new(record: Record, metadata: M) -> Self {
        Self {
            id: record.id,
            metadata,
            issued_at: record.issued_at,
            expires_at: record.expires_at,
            secret: record.secret,
            secret_expires_at: record.secret_expires_at,
            previous_secret: record.previous_secret,
            registration_access_token: record.token,
            registration_access_token_expires_at: record.token_expires_at,
            previous_registration_access_token: record.previous_token,
            state: record.state,
            last_used_at: record.last_used_at,
            flags: record.flags,
            provenance: record.provenance,
            unique_key: record.unique_key,
            janssen: record.janssen,
            revision: record.revision,
        }
    }

    fn into_client<E: serde::de::Error>(self, text: String) -> Result<Client, E> {
        let metadata = Registered::new(text);
        metadata.document().map_err(|fault| E::custom(format!("the metadata {fault}")))?;
        Ok(Client::from(Record {
            id: self.id,
            metadata,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            secret: self.secret,
            secret_expires_at: self.secret_expires_at,
            previous_secret: self.previous_secret,
            token: self.registration_access_token,
            token_expires_at: self.registration_access_token_expires_at,
            previous_token: self.previous_registration_access_token,
            state: self.state,
            last_used_at: self.last_used_at,
            flags: self.flags,
            provenance: self.provenance,
            unique_key: self.unique_key,
            janssen: self.janssen,
            revision: self.revision,
        }))
    }
}

impl Serialize for Client {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let metadata: Map<String, Value> =
            serde_json::from_str(self.metadata_json()).map_err(serde::ser::Error::custom)?;
        ClientForm::new(Record::clone(&self.0), metadata).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Client {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = ClientForm::<Map<String, Value>>::deserialize(deserializer)?;
        let text = serde_json::to_string(&form.metadata).map_err(serde::de::Error::custom)?;
        form.into_client(text)
    }
}

/// The stable form as JSON text, and back, without a look at each value of the metadata.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Client {
    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        let metadata: &RawValue = serde_json::from_str(self.metadata_json())?;
        serde_json::to_string(&ClientForm::new(Record::clone(&self.0), metadata))
    }

    pub(crate) fn from_json(text: &str) -> serde_json::Result<Self> {
        let form: ClientForm<&RawValue> = serde_json::from_str(text)?;
        let metadata = form.metadata.get().to_owned();
        form.into_client(metadata)
    }
}
