//! A client's life: one client per something, what happens to a second one, states, cancellation.

use std::sync::Arc;

use serde_json::Value;
use time::OffsetDateTime;

use crate::client::{Client, ClientId, ClientState, Record};
use crate::engine::{host_error, store_error};
use crate::error::{Error, Failure, Violation};
use crate::event::{EventKind, Report};
use crate::host::StoreError;
use crate::metadata::Document;
use crate::policy::{claim, numeric_date};
use crate::profile::{Lifecycle, OnDuplicate};
use crate::regime::Regime;
use crate::request::RegisterRequest;
use crate::secret::TokenDigest;
use crate::statement::Statement;

/// How often a registration is tried again that met another one of the same client.
const TRIES: usize = 8;

/// The trust anchors that the certificate of a statement leads to, by name: no community can touch what another one
/// registered.
pub(crate) const COMMUNITY: &str = "$anchors.community";

impl Regime<'_> {
    /// What no other client may have as well: the digest of all values that the profile names, so that its length is
    /// bounded. Claims of a statement are those of its issuer, whom no other one can speak for. Nothing if none of the
    /// values is there.
    pub(crate) fn unique_key(
        &self,
        document: &Document<'_>,
        statement: Option<&Statement<'_, '_>>,
    ) -> Option<Arc<str>> {
        let lifecycle = &self.policy.lifecycle;
        if lifecycle.unique_by.is_empty() || is_allowed(lifecycle) {
            return None;
        }
        let values: Vec<Value> =
            lifecycle.unique_by.iter().map(|name| referred(name, document, statement)).collect();
        if values.iter().all(Value::is_null) {
            return None;
        }
        let is_stated = lifecycle.unique_by.iter().any(|name| name.starts_with("$statement."));
        let issuer = statement.filter(|_| is_stated).map(|statement| statement.iss.as_str());
        Some(TokenDigest::of(&serde_json::json!([issuer, values]).to_string()).to_text().into())
    }

    /// The key of an update. One that brings no statement leaves the client what its statement gave it.
    pub(crate) fn unique_key_of_update(
        &self,
        client: &Client,
        document: &Document<'_>,
        statement: Option<&Statement<'_, '_>>,
    ) -> Option<Arc<str>> {
        let is_stated = |name: &String| name.starts_with("$statement.") || name == COMMUNITY;
        let names_statement = self.policy.lifecycle.unique_by.iter().any(is_stated);
        if statement.is_none() && names_statement {
            return client.0.unique_key.clone();
        }
        self.unique_key(document, statement)
    }

    /// The time that no client outlives, if the profile names one and it is known.
    pub(crate) fn not_after(&self, statement: Option<&Statement<'_, '_>>) -> Option<i64> {
        let name = self.policy.lifecycle.not_after.as_deref()?.strip_prefix("$statement.")?;
        // Both bounds were judged when the claim was read.
        numeric_date(&statement?.claims, name).ok().flatten().map(|time| time as i64)
    }

    pub(crate) fn initial_state(&self) -> ClientState {
        match self.policy.lifecycle.initial_state.as_deref() {
            Some("pending") => ClientState::Pending,
            _ => ClientState::Active,
        }
    }

    /// What a registration does that meets a client with its unique key: the client whose place it took, or nothing if
    /// that one is gone and the registration can be stored as a new one.
    pub(crate) async fn meet(
        &self,
        existing: &ClientId,
        newcomer: &Client,
        now: OffsetDateTime,
        report: &Report<'_>,
    ) -> Result<Option<Client>, Error> {
        let on_duplicate = self.policy.lifecycle.on_duplicate.unwrap_or(OnDuplicate::Reject);
        for _ in 0..TRIES {
            let Some(old) = self.store().get(existing).await.map_err(store_error)? else {
                return Ok(None);
            };
            // An expired client is as good as deleted, and its key is free.
            if old.is_expired(now) {
                if self.store().delete(existing).await.map_err(store_error)? {
                    report.tell(EventKind::Swept, &old);
                }
                return Ok(None);
            }
            let is_taken = matches!(on_duplicate, OnDuplicate::Replace | OnDuplicate::Upsert);
            // Nothing that a client does brings back one that was switched off.
            if !is_taken || !old.is_manageable(now) {
                return Err(self.duplicate());
            }
            let next = self.taken_over(&old, newcomer, on_duplicate, now);
            match self.store().replace(&next, old.revision()).await {
                Ok(()) => {
                    report.taken_over(&next, &old, on_duplicate);
                    return Ok(Some(next));
                }
                Err(StoreError::Conflict | StoreError::NotFound) => {}
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(host_error("store", true, StoreError::Conflict.into()))
    }

    /// The client under its old identifier with all that the newcomer brings. An upsert goes on where the client was;
    /// a replacement begins it anew, and its old credentials end at once.
    fn taken_over(
        &self,
        old: &Client,
        newcomer: &Client,
        on_duplicate: OnDuplicate,
        now: OffsetDateTime,
    ) -> Client {
        let (old, newcomer) = (&*old.0, &*newcomer.0);
        let mut next = Record { revision: old.revision + 1, id: old.id.clone(), ..newcomer.clone() };
        if on_duplicate == OnDuplicate::Upsert {
            next.issued_at = old.issued_at;
            next.state = old.state;
            next.last_used_at = old.last_used_at;
            next.janssen = old.janssen.clone();
            if next.secret.is_some() {
                next.previous_secret = self.overlapping_secret(old, now).map(Box::new);
            }
        }
        next.into()
    }

    /// A client that has what only one may have. Whose it is is not told.
    pub(crate) fn duplicate(&self) -> Error {
        let message = "is registered already";
        let violation = Violation::new("", "lifecycle.unique_by", Failure::DUPLICATE, message);
        self.policy.reject(vec![violation]).into()
    }

    /// Carries out a cancellation: the client with the unique key of the request is deleted.
    pub(crate) async fn cancel(
        &self,
        key: Option<&str>,
        request: &RegisterRequest<'_>,
    ) -> Result<Client, Error> {
        let found = match key {
            Some(key) => self.store().find_unique(key).await.map_err(store_error)?,
            None => None,
        };
        let now = self.clock.now();
        if let Some(client) = found.filter(|client| client.is_manageable(now)) {
            self.ask_delete(request, &client).await?;
            if self.store().delete(client.id()).await.map_err(store_error)? {
                return Ok(client);
            }
        }
        let message = "there is no registration to cancel";
        Err(self
            .policy
            .reject(vec![Violation::new("", "lifecycle.cancel_when", Failure::CANCELLED, message)])
            .into())
    }
}

pub(crate) fn is_allowed(lifecycle: &Lifecycle) -> bool {
    matches!(lifecycle.on_duplicate, None | Some(OnDuplicate::Allow))
}

/// Whether a request was found to be the cancellation of a registration.
pub(crate) fn is_cancellation(faults: &[Violation]) -> bool {
    faults.iter().any(|fault| fault.failure == Failure::CANCELLED)
}

/// What a reference stands for: a claim of the statement, or a member as it is registered. Null if it is not there.
fn referred(name: &str, document: &Document<'_>, statement: Option<&Statement<'_, '_>>) -> Value {
    let found = match name.split_once('.') {
        _ if name == COMMUNITY => statement.and_then(|own| own.anchors.map(Into::into)),
        // These two are known even where the issuer's other claims are filtered.
        Some(("$statement", "iss")) => statement.map(|statement| statement.iss.as_str().into()),
        Some(("$statement", "software_id")) => {
            statement.and_then(|own| own.software.as_deref().map(Into::into))
        }
        Some(("$statement", name)) => statement.and_then(|own| claim(&own.claims, name)),
        Some(("$request" | "$self", name)) => claim(document, name),
        _ => None,
    };
    found.unwrap_or(Value::Null)
}
