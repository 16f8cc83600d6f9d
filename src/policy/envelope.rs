//! Members of the body that are no metadata: judged before all others, and taken out.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::{Facts, Policy, shape};
use crate::error::Violation;
use crate::metadata::{Document, FieldValue, fields};
use crate::profile::{Hook, Merge, Operation};

/// How long a nonce may live, in seconds: evidence that is a day old is not current.
pub(crate) const NONCE_LIFETIMES: RangeInclusive<i64> = 1..=86_400;

impl Policy {
    /// The attestation evidence, from the request or from a statement whose claims win over it. What is wrong with it
    /// comes before everything else: a client may send a minimal request to obtain a nonce
    /// (draft-tschofenig-oauth-attested-dclient-reg section 3).
    pub(crate) fn evidence<'a>(
        &self,
        document: &Document<'a>,
        facts: &Facts<'a>,
    ) -> Result<Option<Cow<'a, str>>, Violation> {
        let claims =
            facts.statement.filter(|_| self.statement.merge.unwrap_or(Merge::Listed) != Merge::Listed);
        let attested =
            claims.and_then(|claims| claims.get(fields::EVIDENCE)).filter(|value| !is_missing(value));
        let evidence = attested.or_else(|| document.get(fields::EVIDENCE)).filter(|value| !is_missing(value));
        let Some(evidence) = evidence else {
            // An update of a client that was attested needs no evidence, in Janssen as here.
            if self.demands_evidence() && facts.operation == Operation::Create {
                return Err(self.fault(fields::EVIDENCE, None, "required", "must be given".to_owned()));
            }
            return Ok(None);
        };
        shape::judge(self, fields::EVIDENCE, evidence, facts.reading)?;
        Ok(match evidence {
            FieldValue::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// Whether a registration needs evidence.
    pub(crate) fn demands_evidence(&self) -> bool {
        self.envelope.required.contains(&fields::EVIDENCE)
    }

    /// The step of the host that judges evidence, if the profile names it. That of the last layer counts.
    pub(crate) fn evidence_step(&self) -> Option<&Hook> {
        self.hooks.iter().rfind(|hook| hook.name == "verify_evidence")
    }

    /// How long the nonces of that step live, if it says so.
    pub(crate) fn nonce_lifetime_s(&self) -> Option<i64> {
        self.evidence_step()?
            .config
            .get("nonce_ttl_s")?
            .as_i64()
            .filter(|seconds| NONCE_LIFETIMES.contains(seconds))
    }

    /// Judges the members of the body that are no metadata, and takes them out.
    pub(super) fn check_envelope(&self, document: &mut Document<'_>, faults: &mut Vec<Violation>) {
        for (field, checks) in &self.envelope.checks {
            self.check_value(*field, checks, None, document, faults, &mut None);
        }
        let required = self.envelope.required.iter().filter(|field| **field != fields::EVIDENCE);
        for field in required.filter(|field| !document.has(**field)) {
            faults.push(self.fault(*field, None, "required", "must be given".to_owned()));
        }
        for field in self.envelope.forbid.iter().filter(|field| document.has(**field)) {
            faults.push(self.fault(*field, None, "forbidden", "must not be given".to_owned()));
        }
        for field in &self.envelope_fields {
            document.remove(*field);
        }
    }

    pub(super) fn is_envelope(&self, name: &str) -> bool {
        self.field_named(name).is_some_and(|field| self.envelope_fields.contains(&field))
    }
}

fn is_missing(value: &FieldValue<'_>) -> bool {
    matches!(value, FieldValue::Text(text) if text.trim().is_empty())
}
