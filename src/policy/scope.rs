//! Which scopes a client gets.

use std::collections::BTreeSet;

use super::apply::Facts;
use super::condition::Claim;
use super::trace::{self, Recorder};
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldValue, Origin, fields};
use crate::profile::{OnMismatch, Roles, ScopePolicy, WhenAbsent};

#[derive(Debug)]
pub(super) struct Scopes {
    roles: Option<(Claim, Roles)>,
    policy: ScopePolicy,
    statement_claim: Option<Claim>,
    /// The server's own scopes, if it lists them.
    supported: Option<Vec<String>>,
}

impl Scopes {
    pub(super) fn compile(policy: &ScopePolicy, supported: Option<&[String]>) -> Self {
        Self {
            roles: policy.roles.as_ref().map(|roles| (Claim::new(&roles.claim), roles.clone())),
            statement_claim: policy.statement_claim.as_deref().map(Claim::new),
            policy: policy.clone(),
            supported: supported.map(<[String]>::to_vec),
        }
    }

    pub(super) fn grantable(&self) -> Vec<String> {
        let all = self.policy.always.iter().chain(self.policy.map.values().flatten());
        all.collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// Brings the requested scopes within the allowed ones.
    pub(super) fn apply(
        &self,
        document: &mut Document<'_>,
        facts: &Facts<'_>,
        faults: &mut Vec<Violation>,
        recorder: &mut Recorder<'_>,
    ) {
        let allowed = self.allowed(facts);
        let requested: Option<Vec<String>> =
            document.text(fields::SCOPE).map(|text| text.split(' ').map(str::to_owned).collect());
        let Some(requested) = requested else {
            match self.policy.when_absent.unwrap_or(WhenAbsent::Leave) {
                WhenAbsent::AllAllowed => {
                    // Sorted, so that the answer does not depend on the order of roles.
                    let mut all: Vec<&str> = allowed.iter().map(String::as_str).collect();
                    if self.roles.is_some() {
                        all.sort_unstable();
                    }
                    set_scope(document, &all, recorder);
                }
                WhenAbsent::Leave => {}
                WhenAbsent::Reject => faults.push(violation("must be given")),
            }
            return;
        };
        let passes = |scope: &str| allowed.iter().any(|own| own == scope);
        let drop_unsupported = self.policy.supported_only == Some(true);
        let wanted: Vec<&String> =
            requested.iter().filter(|scope| !drop_unsupported || self.has(scope)).collect();
        let excess: Vec<&str> =
            wanted.iter().filter(|scope| !passes(scope)).map(|scope| scope.as_str()).collect();
        if !excess.is_empty() && self.policy.excess != Some(OnMismatch::Adjust) {
            faults.push(violation(format!("must not ask for {}", excess.join(", "))));
        }
        let granted: Vec<&str> = wanted.iter().filter(|scope| passes(scope)).map(|s| s.as_str()).collect();
        if granted.len() < requested.len() {
            let lost = |reason: fn(&Self, &str) -> bool| {
                requested
                    .iter()
                    .map(String::as_str)
                    .filter(move |scope| reason(self, scope) && !passes(scope))
            };
            let unknown = lost(|own, scope| !own.has(scope));
            trace::dropped_words(recorder, Origin::Request, "scope", unknown, "no scope of this server");
            let excess = lost(Self::has);
            trace::dropped_words(recorder, Origin::Request, "scope", excess, "not allowed to this client");
            set_scope(document, &granted, recorder);
        }
    }

    fn has(&self, scope: &str) -> bool {
        self.supported.as_ref().is_none_or(|own| own.iter().any(|name| name == scope))
    }

    fn allowed(&self, facts: &Facts<'_>) -> Vec<String> {
        let mut allowed: Vec<String> = self.policy.always.clone();
        let add = |scopes: &mut Vec<String>, scope: &str| {
            if !scope.is_empty() && !scopes.iter().any(|own| own == scope) {
                scopes.push(scope.to_owned());
            }
        };
        if let Some((claim, roles)) = &self.roles {
            for role in facts.statement.map(|claims| role_names(claim, roles, claims)).unwrap_or_default() {
                for scope in self.policy.map.get(&role).into_iter().flatten() {
                    add(&mut allowed, scope);
                }
            }
        }
        if let Some(value) = self.statement_claim.as_ref().and_then(|claim| claim.get(facts.statement?)) {
            for scope in value.as_text().unwrap_or_default().split(' ') {
                add(&mut allowed, scope);
            }
        }
        if self.policy.supported_only == Some(true)
            && let Some(supported) = &self.supported
        {
            allowed.retain(|scope| supported.contains(scope));
        }
        allowed
    }
}

/// The roles of a statement: texts, or a member of objects of which other members say that they count.
fn role_names(claim: &Claim, roles: &Roles, claims: &Document<'_>) -> Vec<String> {
    let Some(value) = claim.get(claims) else { return Vec::new() };
    let json = match &*value {
        FieldValue::Text(text) => serde_json::Value::from(vec![text.as_ref()]),
        value => value.to_json(),
    };
    let counts =
        |item: &serde_json::Value| roles.only_where.iter().all(|(name, value)| item.get(name) == Some(value));
    let name = |item: &serde_json::Value| match &roles.field {
        Some(field) => item.get(field)?.as_str().map(str::to_owned),
        None => item.as_str().map(str::to_owned),
    };
    json.as_array().into_iter().flatten().filter(|item| counts(item)).filter_map(name).collect()
}

fn set_scope(document: &mut Document<'_>, scopes: &[&str], recorder: &mut Recorder<'_>) {
    if scopes.is_empty() {
        document.remove(fields::SCOPE);
    } else {
        let value = FieldValue::Text(scopes.join(" ").into());
        trace::set(recorder, "scope", &value, Origin::Default, None);
        document.set(fields::SCOPE, value, Origin::Default);
    }
}

fn violation(message: impl Into<String>) -> Violation {
    Violation::new("scope", "scope", Failure::METADATA, message).with_spec("RFC 7591 2")
}
