//! A dry run: what would be decided about a request, and why.

mod inquiry;
mod text;

use serde::Serialize;
use serde_json::Value;

pub(crate) use self::inquiry::Inquiry;

use crate::error::{ErrorCode, Violation};
use crate::metadata::{Document, FieldId, Origin};
use crate::policy::without_secrets;
pub use crate::policy::{Decision, Trace};

/// What would be decided about a registration request, and why. Nothing was consumed, stored or issued.
///
/// Serializes for machines and prints for people. It never holds a secret: no token, no software statement, no private
/// part of a key. What it says of values is what the client sent, so it is for the operator, not for strangers.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The profile that applies.
    pub profile: String,
    /// What would become of the request.
    pub verdict: Verdict,
    /// What a client would be answered that is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<ExplainedAnswer>,
    /// What was judged, in order. A stage after one that failed is judged as far as it can be.
    pub stages: Vec<ExplainedStage>,
    /// Everything that is wrong with the request, in the order of the stages.
    pub faults: Vec<ExplainedFault>,
    /// Every member as it would be registered, and where its value comes from.
    pub members: Vec<ExplainedMember>,
    /// What the policy did, in order: values set, members left out, rules that fired.
    pub trace: Trace,
}

/// What would become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// A client would be registered, unless a hook, the store or one-time use refuses.
    Accepted,
    /// The request would be refused.
    Refused,
    /// The request would cancel a registration (the profile's `cancel_when`).
    Cancels,
}

/// How a refusal would look on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The `error`; none if no credentials were presented (RFC 6750 section 3.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
}

/// A step of the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Stage {
    /// Who may call: token and certificate.
    Access,
    /// The software statement: issuer, signature, claims.
    Statement,
    /// The request: its form, its signature, its claims as a JWT.
    Request,
    /// What the client certificate must agree with.
    Binding,
    /// The metadata: what the profile and the standards demand.
    Metadata,
    /// The sector document (OpenID Connect Registration section 5).
    Sector,
    /// The verifier of attestation evidence.
    Evidence,
    /// The hook.
    Hook,
    /// One-time use, credentials, and the store.
    Store,
}

/// What came of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing is wrong.
    Passed,
    /// Something is wrong.
    Failed,
    /// It was not judged.
    Skipped {
        /// Why not.
        reason: &'static str,
    },
}

/// A stage, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedStage {
    /// The stage.
    pub stage: Stage,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// One thing that is wrong with the request, and the stage that found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedFault {
    /// The stage.
    pub stage: Stage,
    /// What is wrong.
    #[serde(flatten)]
    pub violation: Violation,
}

/// A member that would be registered.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExplainedMember {
    /// The name, with its language tag.
    pub name: String,
    /// The value.
    pub value: Value,
    /// Where the value comes from.
    pub origin: Origin,
    /// Whose statement it comes from, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The rule of the profile that set it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What the client asked for, if that was something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Value>,
}

impl Explanation {
    /// Whether a client would be registered.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.verdict == Verdict::Accepted
    }

    /// What came of a stage. Nothing if this registrar has no such stage.
    #[must_use]
    pub fn outcome(&self, stage: Stage) -> Option<Outcome> {
        self.stages.iter().find(|own| own.stage == stage).map(|own| own.outcome)
    }

    /// A member by its name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&ExplainedMember> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The rules of the profile whose conditions held, in order.
    pub fn fired(&self) -> impl Iterator<Item = &str> {
        self.trace.0.iter().filter_map(|decision| match decision {
            Decision::Fired { rule } => Some(rule.as_str()),
            _ => None,
        })
    }
}

/// The members of a judged document, with their sources.
fn members(
    document: &Document<'_>,
    asked: &Document<'_>,
    issuer: Option<&str>,
    trace: &Trace,
) -> Vec<ExplainedMember> {
    let told = |name: String, value: Value, origin: Origin, asked: Option<Value>| {
        let rule = trace.0.iter().rev().find_map(|decision| match decision {
            Decision::Set { member, origin: set_by, rule, .. } if *member == name => {
                Some(rule.clone().filter(|_| *set_by == origin))
            }
            _ => None,
        });
        ExplainedMember {
            issuer: issuer.filter(|_| origin == Origin::Statement).map(str::to_owned),
            rule: rule.flatten(),
            asked: asked.filter(|asked| *asked != value).map(without_secrets),
            value: without_secrets(value),
            name,
            origin,
        }
    };
    let asked_for = |field: FieldId| asked.get(field).map(|value| value.to_json());
    let plain = document.iter().map(|(field, value, origin)| {
        told(document.name(field).to_owned(), value.to_json(), origin, asked_for(field))
    });
    let variants = document.variants.iter().map(|variant| {
        let name = format!("{}#{}", document.name(variant.field), variant.tag);
        told(name, variant.value.to_json(), variant.origin, None)
    });
    let extras = document.extras.iter().map(|extra| {
        let value = serde_json::from_str(&extra.json).unwrap_or_default();
        told(extra.name.to_string(), value, Origin::Request, None)
    });
    plain.chain(variants).chain(extras).collect()
}
