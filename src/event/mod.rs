//! Events: what was decided, told to the host in the moment it is so.

mod report;
#[cfg(feature = "tracing")]
mod traced;

use std::fmt::Debug;
use std::net::IpAddr;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::client::{ClientId, ClientState};
use crate::profile::Operation;

pub(crate) use report::{Events, Report};
#[cfg(feature = "tracing")]
pub use traced::TracingEvents;

/// Where the host hears of every decision: for its audit log, and for what it has to revoke.
///
/// An event comes in the moment its decision holds, such as right behind the insert of a new client, and before the
/// answer is made. The caller waits for [`record`](Self::record): it must return quickly, so a sink that writes to a
/// slow place puts events into a queue. A sink that panics changes nothing of the outcome.
///
/// ```
/// use std::sync::Mutex;
///
/// use oauth_dcr::testing::run;
/// use oauth_dcr::{EventSink, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig, RegistrationEvent};
///
/// /// Lines of JSON.
/// #[derive(Debug, Default)]
/// struct AuditLog(Mutex<Vec<String>>);
///
/// impl EventSink for AuditLog {
///     fn record(&self, event: &RegistrationEvent<'_>) {
///         if let (Ok(mut lines), Ok(line)) = (self.0.lock(), serde_json::to_string(event)) {
///             lines.push(line);
///         }
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let log = std::sync::Arc::new(AuditLog::default());
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar = Registrar::builder(config, MemoryClientStore::default()).event_sink(log.clone()).build()?;
/// let refused = run(registrar.register(RegisterRequest::from_body(br#"{ "redirect_uris": ["ftp://a/"] }"#)));
/// assert!(refused.is_err());
/// let lines = log.0.lock().map_err(|_| "poisoned")?;
/// assert!(lines[0].contains(r#""event":"refused","status":400,"code":"invalid_redirect_uri""#), "{lines:?}");
/// # Ok(())
/// # }
/// ```
pub trait EventSink: Debug + Send + Sync {
    /// Takes note of an event.
    fn record(&self, event: &RegistrationEvent<'_>);
}

impl<S: EventSink + ?Sized> EventSink for std::sync::Arc<S> {
    fn record(&self, event: &RegistrationEvent<'_>) {
        (**self).record(event);
    }
}

/// One decision, in names and codes: no value of a member, no secret, token or digest, no body and no statement.
///
/// Serialises to one flat object, for logs.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct RegistrationEvent<'a> {
    /// When it was decided, by the registrar's clock. Serialises to seconds since the Unix epoch.
    #[serde(serialize_with = "unix_seconds")]
    pub at: OffsetDateTime,
    /// What was decided.
    #[serde(flatten)]
    pub kind: EventKind<'a>,
    /// What was asked for. `None`: the host did this itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The profile that the request or the client is under, if that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'a str>,
    /// The client. A refusal names it only if its caller was admitted or vouched for: whoever guesses identifiers
    /// fills no log with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'a ClientId>,
    /// What the host has to revoke now of this client, in the words of the profile (`lifecycle.on_delete`; its presets
    /// have `credentials`, `management_token`, `grants` and `tokens`), or the `access_token` that the request came
    /// with, whose client is gone (RFC 7592 sections 2.1 to 2.3).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub revoke: &'a [&'a str],
    /// Where the request came from. Only if [`EventDetail`] asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_address: Option<IpAddr>,
    /// Whom the client names as responsible. Only if [`EventDetail`] asks for it.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub contacts: &'a [String],
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// A client was registered.
    Created,
    /// A registration updated the client that was there already (`lifecycle.on_duplicate`: `upsert`).
    #[non_exhaustive]
    Upserted {
        /// The members that changed, as in [`Updated`](Self::Updated).
        changed: &'a [&'a str],
    },
    /// A registration began the client anew that was there already (`lifecycle.on_duplicate`: `replace`). What its
    /// former self was granted is in [`RegistrationEvent::revoke`].
    Replaced,
    /// A client was read by itself.
    Read,
    /// A client was updated.
    #[non_exhaustive]
    Updated {
        /// The names of the members that changed, without language tags. `*` stands for all that no profile declares,
        /// since their names are whatever the caller made of them.
        changed: &'a [&'a str],
    },
    /// A client was deleted by itself.
    Deleted,
    /// A registration request cancelled the client that it is about (`lifecycle.cancel_when`).
    Cancelled,
    /// A request was refused.
    #[non_exhaustive]
    Refused {
        /// The HTTP status of the answer.
        status: u16,
        /// The `error` of the answer. `None`: it has none, or a hook chose it.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
        /// The rules that refused it: [`Violation::rule`](crate::Violation::rule).
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        rules: &'a [&'a str],
    },
    /// A part of the host failed, and the request with it.
    #[non_exhaustive]
    Failed {
        /// Which part: [`HostError::part`](crate::HostError::part).
        part: &'a str,
        /// Whether trying again may help.
        transient: bool,
    },
    /// The host moved a client to another state: approved, suspended or resumed it.
    #[non_exhaustive]
    StateChanged {
        /// The state before.
        from: ClientState,
        /// The state now.
        to: ClientState,
    },
    /// A client that had expired, or that was never used, was removed.
    Swept,
    /// The host removed a client by cause.
    #[non_exhaustive]
    Revoked {
        /// The kind of cause: [`Cause::name`](crate::Cause::name).
        cause: &'a str,
    },
}

impl EventKind<'_> {
    /// The decision in one word, as it serialises.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Upserted { .. } => "upserted",
            Self::Replaced => "replaced",
            Self::Read => "read",
            Self::Updated { .. } => "updated",
            Self::Deleted => "deleted",
            Self::Cancelled => "cancelled",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
            Self::StateChanged { .. } => "state_changed",
            Self::Swept => "swept",
            Self::Revoked { .. } => "revoked",
        }
    }
}

/// What events say beyond names and codes. Default: nothing, since both can be about people.
///
/// ```
/// use oauth_dcr::EventDetail;
///
/// let detail = EventDetail::default().with_remote_address();
/// assert!(detail.remote_address && !detail.contacts);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventDetail {
    /// The address that requests come from.
    pub remote_address: bool,
    /// The `contacts` of clients.
    pub contacts: bool,
}

impl EventDetail {
    /// The address that requests come from as well.
    #[must_use]
    pub fn with_remote_address(self) -> Self {
        Self { remote_address: true, ..self }
    }

    /// The `contacts` of clients as well.
    #[must_use]
    pub fn with_contacts(self) -> Self {
        Self { contacts: true, ..self }
    }
}

fn unix_seconds<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(time.unix_timestamp())
}
