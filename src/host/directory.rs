//! The directory of a host: what administration needs of a store.

use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
use crate::client::{Client, ClientId, statement_digest};

/// What administration needs of a store: the host's tools, its scheduler, and its token endpoint. No request of a
/// client gets here.
///
/// Every operation is atomic for each client by itself: a client that an update changes meanwhile is judged as it is
/// when it is removed. The unique keys of removed clients are free at once. A whole implementation is in the
/// [guide](crate::guide::stores).
#[async_trait]
pub trait ClientDirectory: Debug + Send + Sync {
    /// At most `limit` clients in the order of their ids, beginning behind `after`.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails.
    async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError>;

    /// Takes note that a client was used at `now`, so that [`Client::last_used_at`] is not before that. True if there
    /// is such a client. Its revision stays as it is: a use is no change that an update could lose, and
    /// [`ClientStore::replace`](super::ClientStore::replace) keeps the later use of both versions.
    ///
    /// The host calls it when the client uses its token endpoint; once a day per client is enough for sweeping.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails: an unknown id is `false`.
    async fn touch(&self, id: &ClientId, now: OffsetDateTime) -> Result<bool, StoreError>;

    /// Removes at most `limit` clients that are due, and says which. Called again until there are less than `limit`.
    ///
    /// [`Registrar::sweep`](crate::Registrar::sweep) knows what is due.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails before it removed any: after that it says which it removed so far, so that every
    /// removal is told.
    async fn sweep(&self, due: &Sweep, limit: usize) -> Result<Vec<ClientId>, StoreError>;

    /// Removes at most `limit` clients that a cause applies to, whatever their state, and says which. Called again
    /// until there are less than `limit`.
    ///
    /// [`Registrar::revoke`](crate::Registrar::revoke) tells the host's [`EventSink`](crate::EventSink) as well.
    ///
    /// # Errors
    ///
    /// Only if the store itself fails before it removed any: after that it says which it removed so far, so that every
    /// removal is told.
    async fn revoke(&self, cause: &Cause, limit: usize) -> Result<Vec<ClientId>, StoreError>;
}

/// A shared directory is a directory.
#[async_trait]
impl<D: ClientDirectory + ?Sized> ClientDirectory for Arc<D> {
    async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        (**self).list(after, limit).await
    }

    async fn touch(&self, id: &ClientId, now: OffsetDateTime) -> Result<bool, StoreError> {
        (**self).touch(id, now).await
    }

    async fn sweep(&self, due: &Sweep, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        (**self).sweep(due, limit).await
    }

    async fn revoke(&self, cause: &Cause, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        (**self).revoke(cause, limit).await
    }
}

/// Which clients a sweep removes: those whose time is long up, and those that were never used.
///
/// ```
/// use oauth_dcr::Sweep;
/// use time::{Duration, OffsetDateTime};
///
/// let now = OffsetDateTime::UNIX_EPOCH + Duration::days(100);
/// // Expired for a day, or registered for thirty days without a use.
/// let due = Sweep::new(now - Duration::days(1)).with_unused_before(now - Duration::days(30));
/// assert_eq!(due.unused_before, Some(OffsetDateTime::UNIX_EPOCH + Duration::days(70)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sweep {
    /// Clients that expired at this time or before it are due.
    pub expired_before: OffsetDateTime,
    /// Clients that were registered at this time or before it and were never used are due, whether they wait for
    /// approval or not. `None`: none of them.
    pub unused_before: Option<OffsetDateTime>,
}

impl Sweep {
    /// A sweep of expired clients.
    #[must_use]
    pub fn new(expired_before: OffsetDateTime) -> Self {
        Self { expired_before, unused_before: None }
    }

    /// A sweep of clients that were never used as well.
    #[must_use]
    pub fn with_unused_before(self, unused_before: OffsetDateTime) -> Self {
        Self { unused_before: Some(unused_before), ..self }
    }

    /// Whether a client is due.
    #[must_use]
    pub fn applies_to(&self, client: &Client) -> bool {
        let is_unused = |bound: OffsetDateTime| {
            client.last_used_at().is_none() && client.0.issued_at <= bound.unix_timestamp()
        };
        client.is_expired(self.expired_before) || self.unused_before.is_some_and(is_unused)
    }
}

/// What the clients have in common that are revoked together: something that they were registered with, and that is no
/// longer good. See [`Provenance`](crate::Provenance).
///
/// ```
/// use oauth_dcr::Cause;
///
/// let directory = Cause::StatementIssuer("https://directory.example".into());
/// let statement = Cause::statement("eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl");
/// let software =
///     Cause::Software { issuer: "https://directory.example".into(), software_id: "4NRB1".into() };
/// assert_eq!([directory.name(), statement.name(), software.name()], ["statement_issuer", "statement", "software"]);
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The issuer of their software statement.
    StatementIssuer(Arc<str>),
    /// One software statement, by its digest: see [`Cause::statement`].
    Statement(Arc<str>),
    /// One software of one issuer of software statements. Another issuer's software of the same name is another one.
    Software {
        /// The issuer.
        issuer: Arc<str>,
        /// The `software_id` of its statements.
        software_id: Arc<str>,
    },
    /// The initial access token of this name.
    InitialAccess(Arc<str>),
    /// The owner of the initial access tokens they were registered with.
    Owner(Arc<str>),
}

impl Cause {
    /// This software statement, as its text.
    #[must_use]
    pub fn statement(statement: &str) -> Self {
        Self::Statement(statement_digest(statement))
    }

    /// Whether a client has it.
    #[must_use]
    pub fn applies_to(&self, client: &Client) -> bool {
        let own = client.provenance();
        match self {
            Self::StatementIssuer(issuer) => own.statement_issuer.as_ref() == Some(issuer),
            Self::Statement(digest) => own.statement_digest.as_ref() == Some(digest),
            Self::Software { issuer, software_id } => {
                own.statement_issuer.as_ref() == Some(issuer)
                    && own.statement_software.as_ref() == Some(software_id)
            }
            Self::InitialAccess(name) => own.initial_access.as_ref() == Some(name),
            Self::Owner(name) => own.owner.as_ref() == Some(name),
        }
    }

    /// Its kind in one word, for logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::StatementIssuer(_) => "statement_issuer",
            Self::Statement(_) => "statement",
            Self::Software { .. } => "software",
            Self::InitialAccess(_) => "initial_access",
            Self::Owner(_) => "owner",
        }
    }
}

impl fmt::Debug for Cause {
    /// Of a statement's digest nothing is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StatementIssuer(issuer) => f.debug_tuple("StatementIssuer").field(issuer).finish(),
            Self::Statement(_) => f.write_str("Statement([redacted])"),
            Self::Software { issuer, software_id } => {
                f.debug_struct("Software").field("issuer", issuer).field("software_id", software_id).finish()
            }
            Self::InitialAccess(name) => f.debug_tuple("InitialAccess").field(name).finish(),
            Self::Owner(name) => f.debug_tuple("Owner").field(name).finish(),
        }
    }
}
