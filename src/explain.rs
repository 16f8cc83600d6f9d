//! The trace of a dry run.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::error::Violation;
use crate::metadata::{Document, Origin};
use crate::policy::Trace;

/// What would be decided about a request, and why. Nothing was consumed, stored or issued.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The profile that applies.
    pub profile: String,
    /// Every member that would be registered, where its value comes from, and the value.
    pub members: Vec<ExplainedMember>,
    /// What the policy did, in order.
    pub trace: Trace,
    /// Everything that is wrong with the request. Empty: it would be accepted.
    pub violations: Vec<Violation>,
}

/// A member that would be registered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedMember {
    /// The name, with its language tag.
    pub name: String,
    /// Where the value comes from.
    pub origin: Origin,
    /// The value.
    pub value: Value,
}

impl Explanation {
    pub(crate) fn new(
        profile: &str,
        document: &Document<'_>,
        trace: Trace,
        violations: Vec<Violation>,
    ) -> Self {
        let plain = document.iter().map(|(field, value, origin)| ExplainedMember {
            name: document.name(field).to_owned(),
            origin,
            value: value.to_json(),
        });
        let variants = document.variants.iter().map(|variant| ExplainedMember {
            name: format!("{}#{}", document.name(variant.field), variant.tag),
            origin: variant.origin,
            value: variant.value.to_json(),
        });
        let extras = document.extras.iter().map(|extra| ExplainedMember {
            name: extra.name.to_string(),
            origin: Origin::Request,
            value: serde_json::from_str(&extra.json).unwrap_or_default(),
        });
        let members = plain.chain(variants).chain(extras).collect();
        Self { profile: profile.to_owned(), members, trace, violations }
    }

    /// Whether the request would be accepted.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_accepted() { "accepted" } else { "refused" };
        writeln!(f, "{verdict} under profile {}", self.profile)?;
        for violation in &self.violations {
            writeln!(f, "  - {violation} [{}]", violation.rule)?;
        }
        for member in &self.members {
            let origin = serde_json::to_value(member.origin).unwrap_or_default();
            writeln!(
                f,
                "  {} = {} (from {})",
                member.name,
                member.value,
                origin.as_str().unwrap_or_default()
            )?;
        }
        Ok(())
    }
}
