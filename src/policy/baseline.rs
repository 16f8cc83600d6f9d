//! What a policy makes of a request that says nothing, found out once when it is compiled.
//!
//! A condition whose members nobody sent has the outcome that it has there, and so has a check. Most requests say
//! little of what a profile has rules for.

use super::apply::Facts;
use super::compile::{Policy, RuleHead};
use super::condition::Condition;
use crate::config::Reading;
use crate::metadata::{Document, FieldId};
use crate::profile::Operation;

/// The outcome for an empty registration request without statement and certificate.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    /// The rules that change values and whose conditions hold: a bit for each place.
    pub(super) firing: u128,
    /// The rules that demand something and whose conditions hold.
    pub(super) holding: u128,
    /// The members in which a check found something.
    pub(super) objected: FieldSet,
}

impl Baseline {
    pub(super) fn of(policy: &Policy) -> Self {
        let facts = Facts {
            operation: Operation::Create,
            reading: Reading::Strict,
            statement: None,
            granted: &[],
            certificate: None,
            stored: None,
        };
        let (mut baseline, mut faults) = (Self::default(), Vec::new());
        let mut document = Document::with_capacity(32);
        document.declare(policy.declared_names());
        policy.modify(&policy.steps, None, &mut document, &facts, &mut faults, &mut None);
        policy.infer_native(&mut document, &mut None);
        for head in &policy.modifying {
            if let Some(rule) = policy.holding_rule(head, &document, &facts) {
                baseline.firing |= head.bit;
                policy.modify(&rule.steps, Some(rule), &mut document, &facts, &mut faults, &mut None);
            }
        }
        for head in &policy.checking {
            if policy.holding_rule(head, &document, &facts).is_some() {
                baseline.holding |= head.bit;
            }
        }
        for (steps, rule) in policy.holding_steps(baseline.holding) {
            for (field, checks) in &steps.checks {
                let (before, known) = (document.get(*field).cloned(), faults.len());
                policy.check_value(*field, checks, rule, &mut document, &mut faults, &mut None);
                if faults.len() > known || document.get(*field) != before.as_ref() {
                    baseline.objected.insert(*field);
                }
            }
        }
        baseline
    }
}

/// Where a request may be other than the [`Baseline`], and where it cannot be.
#[derive(Clone, Copy)]
pub(super) struct Differences<'p> {
    baseline: Option<&'p Baseline>,
    /// Members that may have another value than they have without a request.
    fields: FieldSet,
}

impl<'p> Differences<'p> {
    /// Nothing is known beforehand.
    pub(super) const ANY: Self = Self { baseline: None, fields: FieldSet([0; 4]) };

    /// Only what the document has differs.
    pub(super) fn from(baseline: &'p Baseline, document: &Document<'_>) -> Self {
        Self { baseline: Some(baseline), fields: FieldSet::of(document.iter().map(|(field, ..)| field)) }
    }

    pub(super) fn add(&mut self, fields: FieldSet) {
        self.fields.unite(fields);
    }

    /// Whether the condition of a rule holds, of those that a stage of the baseline has, if that is known.
    pub(super) fn known(&self, head: &RuleHead, stage: impl Fn(&Baseline) -> u128) -> Option<bool> {
        let baseline = self.baseline.filter(|_| !head.reads.meets(self.fields))?;
        Some(stage(baseline) & head.bit != 0)
    }

    /// Takes note of a rule that fires here and not there, or the other way round.
    pub(super) fn note(&mut self, head: &RuleHead, fires: bool) {
        if self.baseline.is_some_and(|baseline| (baseline.firing & head.bit != 0) != fires) {
            self.fields.unite(head.writes);
        }
    }

    /// The members in which the checks of the profile, or of a rule, may find what they did not find without a
    /// request; `None` if that may be any.
    pub(super) fn concerned(&self, rule: Option<u128>) -> Option<FieldSet> {
        let baseline = self.baseline.filter(|own| rule.is_none_or(|bit| own.holding & bit != 0))?;
        let mut fields = self.fields;
        fields.unite(baseline.objected);
        Some(fields)
    }
}

/// A set of members, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FieldSet([u64; 4]);

impl FieldSet {
    /// The members that a condition looks at.
    pub(super) fn read_by(condition: &Condition) -> Self {
        let mut fields = Self::default();
        condition.each_member(&mut |field| fields.insert(field));
        fields
    }

    pub(super) fn of(fields: impl IntoIterator<Item = FieldId>) -> Self {
        let mut set = Self::default();
        fields.into_iter().for_each(|field| set.insert(field));
        set
    }

    fn insert(&mut self, field: FieldId) {
        if let Some(word) = self.0.get_mut(field.index() / 64) {
            *word |= 1 << (field.index() % 64);
        }
    }

    fn unite(&mut self, other: Self) {
        for (word, own) in self.0.iter_mut().zip(other.0) {
            *word |= own;
        }
    }

    pub(super) fn has(self, field: FieldId) -> bool {
        self.0.get(field.index() / 64).is_some_and(|word| word >> (field.index() % 64) & 1 == 1)
    }

    fn meets(self, other: Self) -> bool {
        self.0.iter().zip(other.0).fold(0, |met, (word, own)| met | (word & own)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_meet_in_what_both_have() {
        // One in each word, at the same place of it.
        let ids = [1, 65, 129].map(FieldId);
        let all = FieldSet::of(ids);
        assert!(ids.into_iter().all(|id| all.has(id) && all.meets(FieldSet::of([id]))));
        assert!(!all.has(FieldId(2)) && !all.meets(FieldSet::of([FieldId(2)])));
        let two = FieldSet::of([FieldId(1), FieldId(65)]);
        assert!(two.meets(two) && !two.has(FieldId(129)));
    }
}
