//! Events as structured events of `tracing`.

use super::{EventKind, EventSink, RegistrationEvent};
use crate::client::ClientId;

/// Writes every event as one of `tracing`, with the target `oauth_dcr`: at the level INFO, but ERROR where a part of
/// the host failed. (Feature `tracing`.)
///
/// Its fields have the names of [`RegistrationEvent`] and [`EventKind`] as they serialise; lists are
/// joined by commas. The time is left to the subscriber.
///
/// ```
/// use oauth_dcr::{MemoryClientStore, Registrar, RegistrarConfig, TracingEvents};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar = Registrar::builder(config, MemoryClientStore::default()).event_sink(TracingEvents).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingEvents;

/// What only some kinds of events have.
#[derive(Default)]
struct Fields<'a> {
    changed: Option<String>,
    status: Option<u16>,
    code: Option<&'a str>,
    rules: Option<String>,
    part: Option<&'a str>,
    transient: Option<bool>,
    from: Option<&'static str>,
    to: Option<&'static str>,
    cause: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn of(kind: EventKind<'a>) -> Self {
        let none = Self::default();
        match kind {
            EventKind::Upserted { changed } | EventKind::Updated { changed } => {
                Self { changed: joined(changed), ..none }
            }
            EventKind::Refused { status, code, rules } => {
                Self { status: Some(status), code, rules: joined(rules), ..none }
            }
            EventKind::Failed { part, transient } => {
                Self { part: Some(part), transient: Some(transient), ..none }
            }
            EventKind::StateChanged { from, to } => {
                Self { from: Some(from.as_str()), to: Some(to.as_str()), ..none }
            }
            EventKind::Revoked { cause } => Self { cause: Some(cause), ..none },
            EventKind::Created
            | EventKind::Replaced
            | EventKind::Read
            | EventKind::Deleted
            | EventKind::Cancelled
            | EventKind::Swept => none,
        }
    }
}

impl EventSink for TracingEvents {
    fn record(&self, event: &RegistrationEvent<'_>) {
        let fields = Fields::of(event.kind);
        let remote_address = event.remote_address.map(tracing::field::display);
        // The level of a `tracing` event is a constant.
        macro_rules! write_at {
            ($level:ident) => {
                tracing::event!(
                    target: "oauth_dcr",
                    tracing::Level::$level,
                    event = event.kind.name(),
                    operation = event.operation.map(|operation| operation.as_str()),
                    profile = event.profile,
                    client = event.client.map(ClientId::as_str),
                    changed = fields.changed.as_deref(),
                    status = fields.status,
                    code = fields.code,
                    rules = fields.rules.as_deref(),
                    part = fields.part,
                    transient = fields.transient,
                    from = fields.from,
                    to = fields.to,
                    cause = fields.cause,
                    revoke = joined(event.revoke).as_deref(),
                    remote_address,
                    contacts = joined(event.contacts).as_deref(),
                )
            };
        }
        match event.kind {
            EventKind::Failed { .. } => write_at!(ERROR),
            _ => write_at!(INFO),
        }
    }
}

fn joined<T: AsRef<str>>(words: &[T]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    (!words.is_empty()).then(|| words.join(","))
}
