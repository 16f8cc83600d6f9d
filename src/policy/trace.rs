//! What the interpreter did, recorded only when somebody asks.

use serde::Serialize;

use crate::metadata::{FieldValue, Origin};

/// One thing the policy did to a member.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// The member was left out of the record.
    Dropped {
        /// The member.
        member: String,
        /// Why.
        reason: &'static str,
    },
    /// The member was given a value.
    Set {
        /// The member.
        member: String,
        /// The value.
        value: serde_json::Value,
        /// By whom.
        origin: Origin,
        /// The rule, if one did it.
        #[serde(skip_serializing_if = "Option::is_none")]
        rule: Option<String>,
    },
    /// A rule's condition held.
    Fired {
        /// The rule.
        rule: String,
    },
}

/// What the policy did, in order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Trace(pub Vec<Decision>);

/// Where decisions are written, if anywhere.
pub(crate) type Recorder<'t> = Option<&'t mut Trace>;

pub(crate) fn dropped(recorder: &mut Recorder<'_>, member: &str, reason: &'static str) {
    if let Some(trace) = recorder {
        trace.0.push(Decision::Dropped { member: member.to_owned(), reason });
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
            value: value.to_json(),
            origin,
            rule: rule.map(str::to_owned),
        });
    }
}

pub(crate) fn fired(recorder: &mut Recorder<'_>, rule: &str) {
    if let Some(trace) = recorder {
        trace.0.push(Decision::Fired { rule: rule.to_owned() });
    }
}
