//! What the interpreter did, recorded only when somebody asks.

use serde::Serialize;
use serde_json::Value;

use crate::metadata::{FieldValue, Origin};

/// One thing the policy did to a member.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// What somebody said of the member does not count.
    #[non_exhaustive]
    Dropped {
        /// The member.
        member: String,
        /// Who said it.
        origin: Origin,
        /// What of it does not count; empty: all. Values are words of the policy, such as scopes, and never secrets.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        elements: Vec<String>,
        /// Why.
        reason: &'static str,
        /// The rule, if one did it.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    },
    /// The member was given a value.
    #[non_exhaustive]
    Set {
        /// The member.
        member: String,
        /// The value.
        value: Value,
        /// By whom.
        origin: Origin,
        /// The rule, if one did it.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    },
    /// A rule's condition held.
    #[non_exhaustive]
    Fired {
        /// The rule.
        rule: String,
    },
}

/// What the policy did, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Trace(pub(crate) Vec<Decision>);

impl Trace {
    /// The decisions, in order.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.0
    }
}

/// Where decisions are written, if anywhere.
pub(crate) type Recorder<'t> = Option<&'t mut Trace>;

/// Says that what the request said of a member does not count.
pub(crate) fn dropped(recorder: &mut Recorder<'_>, member: &str, reason: &'static str) {
    dropped_of(recorder, Origin::Request, member, reason, None);
}

pub(crate) fn dropped_of(
    recorder: &mut Recorder<'_>,
    origin: Origin,
    member: &str,
    reason: &'static str,
    rule: Option<&str>,
) {
    if let Some(trace) = recorder {
        let rule = rule.map(str::to_owned);
        trace.0.push(Decision::Dropped {
            member: member.to_owned(),
            origin,
            elements: Vec::new(),
            reason,
            rule,
        });
    }
}

/// Says which words of a value do not count. None of them: nothing to say.
pub(crate) fn dropped_words<'w>(
    recorder: &mut Recorder<'_>,
    origin: Origin,
    member: &str,
    words: impl Iterator<Item = &'w str>,
    reason: &'static str,
) {
    if let Some(trace) = recorder {
        let elements: Vec<String> = words.map(str::to_owned).collect();
        if !elements.is_empty() {
            trace.0.push(Decision::Dropped {
                member: member.to_owned(),
                origin,
                elements,
                reason,
                rule: None,
            });
        }
    }
}

pub(crate) fn set(
    recorder: &mut Recorder<'_>,
    member: &str,
    value: &FieldValue<'_>,
    origin: Origin,
    rule: Option<&str>,
) {
    if let Some(trace) = recorder {
        trace.0.push(Decision::Set {
            member: member.to_owned(),
            value: without_secrets(value.to_json()),
            origin,
            rule: rule.map(str::to_owned),
        });
    }
}

/// Says that a rule's condition held, once.
pub(crate) fn fired(recorder: &mut Recorder<'_>, rule: &str) {
    if let Some(trace) = recorder {
        let is_known =
            trace.0.iter().any(|decision| matches!(decision, Decision::Fired { rule: own } if own == rule));
        if !is_known {
            trace.0.push(Decision::Fired { rule: rule.to_owned() });
        }
    }
}

/// A value without what a private or a symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4): a client that sent
/// one is refused, and is not given away by being explained.
pub(crate) fn without_secrets(mut value: Value) -> Value {
    const SECRETS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    match &mut value {
        Value::Object(members) => {
            let is_key = members.contains_key("kty");
            for (name, member) in members.iter_mut() {
                *member = if is_key && SECRETS.contains(&name.as_str()) {
                    "[redacted]".into()
                } else {
                    without_secrets(member.take())
                };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without_secrets(item.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}
