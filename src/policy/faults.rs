//! How a policy names what is wrong, and under which code.

use std::collections::HashSet;

use super::compile::Policy;
use super::steps::Rule;
use crate::error::{ErrorCode, Failure, Rejection, Violation};
use crate::metadata::{FieldId, fields};

impl Policy {
    /// All violations of a request, under the code of the first.
    pub(crate) fn reject(&self, violations: Vec<Violation>) -> Rejection {
        let failure = violations.first().map_or(Failure::METADATA, |violation| violation.failure.clone());
        let (code, status) =
            self.errors.get(failure.as_str()).cloned().unwrap_or((ErrorCode::INVALID_CLIENT_METADATA, 400));
        Rejection::new(code, status, violations)
    }

    pub(crate) fn name_of(&self, field: FieldId) -> &str {
        match field.spec() {
            Some(spec) => spec.name,
            None => self.declared_names().get(field.index() - fields::COUNT).map_or("", |name| name),
        }
    }

    /// The member that a violation's field names, without index and tag.
    pub(super) fn field_of(&self, name: &str) -> Option<FieldId> {
        self.field_named(name.split(['[', '#']).next().unwrap_or_default())
    }

    /// The member of a name, of the table or declared.
    pub(crate) fn field_named(&self, name: &str) -> Option<FieldId> {
        FieldId::of(name).or_else(|| self.declared_field(name))
    }

    pub(crate) fn failure_of(&self, field: FieldId) -> Failure {
        self.member(field).map_or(Failure::METADATA, |member| member.failure.clone())
    }

    pub(super) fn fault(
        &self,
        field: FieldId,
        rule: Option<&Rule>,
        operator: &'static str,
        message: String,
    ) -> Violation {
        let name = self.name_of(field).to_owned();
        let failure = self.failure_of(field);
        match rule {
            Some(rule) => {
                Violation::new(name, rule.id.clone(), failure, message).with_spec(rule.spec.clone())
            }
            None => {
                let spec = self.member(field).map_or_else(String::new, |member| member.spec.clone());
                Violation::new(name, operator, failure, message).with_spec(spec)
            }
        }
    }
}

impl Rule {
    pub(super) fn violation(&self, policy: &Policy, failure: Failure) -> Violation {
        let member = self.member.map(|field| policy.name_of(field).to_owned()).unwrap_or_default();
        let message = self.message.clone().unwrap_or_else(|| format!("is refused by the rule {}", self.id));
        Violation::new(member, self.id.clone(), failure, message).with_spec(self.spec.clone())
    }
}

/// The code on the wire is that of the first fault: what could not be read, then the redirection URIs, which RFC
/// 7591 gives a code of their own, then the rest as found.
pub(super) fn order(faults: &mut Vec<Violation>) {
    if faults.len() < 2 {
        return;
    }
    faults.sort_by_key(|fault| match &*fault.rule {
        "type" | "control_character" => 0,
        rule if rule.starts_with("redirect.") => 1,
        _ => 2,
    });
    // Two rules may demand the same of one member; once is enough to be told.
    let mut told = HashSet::new();
    faults.retain(|fault| told.insert((fault.field.clone(), fault.message.clone())));
}
