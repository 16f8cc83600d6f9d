//! What is told of one operation.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{EventDetail, EventKind, EventSink, RegistrationEvent};
use crate::client::{Client, ClientId};
use crate::engine::Engine;
use crate::error::Error;
use crate::metadata::{Document, Extra, Variant};
use crate::policy::Policy;
use crate::profile::{OnDuplicate, Operation};
use crate::regime::Regime;
use crate::wire::WireError;

/// Where events go.
#[derive(Debug)]
pub(crate) struct Events {
    pub(crate) sink: Arc<dyn EventSink>,
    pub(crate) detail: EventDetail,
}

/// Tells the host's sink what becomes of one operation. Does nothing without a sink.
pub(crate) struct Report<'e> {
    engine: &'e Engine,
    operation: Option<Operation>,
    remote_address: Option<IpAddr>,
    profile: Option<&'e str>,
    client: Option<ClientId>,
    is_orphaned: bool,
}

impl Engine {
    /// The report of what a client asks for.
    pub(crate) fn report(&self, operation: Operation, remote_address: Option<IpAddr>) -> Report<'_> {
        Report { operation: Some(operation), remote_address, ..self.own_report() }
    }

    /// The report of what the host does itself.
    pub(crate) fn own_report(&self) -> Report<'_> {
        Report {
            engine: self,
            operation: None,
            remote_address: None,
            profile: None,
            client: None,
            is_orphaned: false,
        }
    }
}

impl<'e> Report<'e> {
    /// The profile that this is under.
    pub(crate) fn under(&mut self, regime: &Regime<'e>) {
        self.profile = Some(regime.profile_name());
    }

    /// The client whose caller was admitted.
    pub(crate) fn admitted(&mut self, client: &ClientId) {
        self.client = Some(client.clone());
    }

    /// An access token that the host vouched for is one of a client that is gone: the host should revoke it (RFC 7592
    /// sections 2.1 to 2.3).
    pub(crate) fn orphaned(&mut self, client: &ClientId) {
        self.admitted(client);
        self.is_orphaned = true;
    }

    /// The operation made this of a client.
    pub(crate) fn updated(&self, client: &Client, old: &Client) {
        self.changed(client, old, |changed| EventKind::Updated { changed });
    }

    /// A registration took the place of a client that was there.
    pub(crate) fn taken_over(&self, client: &Client, old: &Client, on_duplicate: OnDuplicate) {
        match on_duplicate {
            OnDuplicate::Upsert => self.changed(client, old, |changed| EventKind::Upserted { changed }),
            _ => self.tell(EventKind::Replaced, client),
        }
    }

    fn changed(&self, client: &Client, old: &Client, kind: for<'c> fn(&'c [&'c str]) -> EventKind<'c>) {
        if self.engine.events.is_none() {
            return;
        }
        let policy = self.engine.regime_of(&client.0.provenance.profile).policy;
        // Records that the engine wrote itself.
        let (Ok(old), Ok(new)) = (old.0.metadata.document(), client.0.metadata.document()) else { return };
        self.tell(kind(&changed_members(&old, &new, policy)), client);
    }

    /// Something happened to a client, which may be another one than the operation is about.
    pub(crate) fn tell(&self, kind: EventKind<'_>, client: &Client) {
        let Some(events) = &self.engine.events else { return };
        let regime = self.engine.regime_of(&client.0.provenance.profile);
        let contacts = if events.detail.contacts { client.metadata().contacts.as_deref() } else { None };
        let on_delete = &regime.policy.lifecycle.on_delete;
        let revoke: Vec<&str> = match kind {
            EventKind::Deleted | EventKind::Cancelled | EventKind::Replaced | EventKind::Swept => {
                on_delete.iter().map(String::as_str).collect()
            }
            _ => Vec::new(),
        };
        self.record(
            events,
            &RegistrationEvent {
                profile: Some(regime.profile_name()),
                client: Some(client.id()),
                revoke: &revoke,
                contacts: contacts.unwrap_or_default(),
                ..self.event(kind)
            },
        );
    }

    /// A client is gone of which only the identifier is known: whatever any profile says is to be revoked.
    pub(crate) fn removed(&self, kind: EventKind<'_>, client: &ClientId) {
        let Some(events) = &self.engine.events else { return };
        let on_delete = self.engine.regimes().flat_map(|regime| &regime.policy.lifecycle.on_delete);
        let revoke = unlike(on_delete.map(String::as_str));
        self.record(events, &RegistrationEvent { client: Some(client), revoke: &revoke, ..self.event(kind) });
    }

    /// Ends the report: an operation that was not carried out was refused, or a part of the host failed.
    pub(crate) fn close<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        if let (Err(error), Some(events)) = (&result, &self.engine.events) {
            self.failed(events, error);
        }
        result
    }

    fn failed(&self, events: &Events, error: &Error) {
        let rules: Vec<&str> = match error {
            Error::Rejected(rejection) => unlike(rejection.violations.iter().map(|own| &*own.rule)),
            _ => Vec::new(),
        };
        let kind = match error {
            Error::Host(host) => EventKind::Failed { part: host.part, transient: host.transient },
            error => EventKind::Refused {
                status: WireError::of(error, self.engine.settings.style).status,
                code: WireError::code_of(error),
                rules: &rules,
            },
        };
        let orphaned: &[&str] = if self.is_orphaned { &["access_token"] } else { &[] };
        self.record(events, &RegistrationEvent { revoke: orphaned, ..self.event(kind) });
    }

    fn event<'s>(&'s self, kind: EventKind<'s>) -> RegistrationEvent<'s> {
        let detail = self.engine.events.as_ref().map(|events| events.detail).unwrap_or_default();
        RegistrationEvent {
            at: self.engine.clock.now(),
            kind,
            operation: self.operation,
            profile: self.profile,
            client: self.client.as_ref(),
            revoke: &[],
            remote_address: self.remote_address.filter(|_| detail.remote_address),
            contacts: &[],
        }
    }

    /// Hands an event over. What a sink that panics was about to do is its own matter.
    fn record(&self, events: &Events, event: &RegistrationEvent<'_>) {
        let _ = catch_unwind(AssertUnwindSafe(|| events.sink.record(event)));
    }
}

/// Words without those that were there before.
fn unlike<'w>(words: impl Iterator<Item = &'w str>) -> Vec<&'w str> {
    let mut unlike = Vec::new();
    for word in words {
        if !unlike.contains(&word) {
            unlike.push(word);
        }
    }
    unlike
}

/// The names of the members that are not the same in both records, without language tags.
fn changed_members<'d>(old: &'d Document<'_>, new: &'d Document<'_>, policy: &Policy) -> Vec<&'d str> {
    let mut changed = Vec::new();
    for (one, other) in [(new, old), (old, new)] {
        for (field, ..) in one.iter().filter(|(field, value, _)| other.get(*field) != Some(value)) {
            changed.push(one.name(field));
        }
        let is_same = |own: &Variant<'_>, other: &Variant<'_>| {
            own.field == other.field && own.tag == other.tag && own.value == other.value
        };
        for own in one.variants.iter().filter(|own| !other.variants.iter().any(|other| is_same(own, other))) {
            changed.push(one.name(own.field));
        }
        let is_same = |own: &Extra<'_>, other: &Extra<'_>| own.name == other.name && own.json == other.json;
        for own in one.extras.iter().filter(|own| !other.extras.iter().any(|other| is_same(own, other))) {
            // A record is read without its profile, whose own members are by name.
            changed.push(if policy.field_named(&own.name).is_some() { &*own.name } else { "*" });
        }
    }
    unlike(changed.into_iter())
}
