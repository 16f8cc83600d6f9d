//! What a policy makes of a request that says nothing, found out once when it is compiled.
//!
//! A condition whose members nobody sent has the outcome that it has there, and so has a check. Most requests say
//! little of what a profile has rules for.

use super::apply::Facts;
use super::compile::Policy;
use super::sets::{FieldSet, RuleSet};
use super::steps::Rule;
use crate::config::Reading;
use crate::metadata::Document;
use crate::profile::Operation;

/// The outcome for an empty registration request without statement and certificate.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    /// The rules that change values and whose conditions hold.
    firing: RuleSet,
    /// The rules that demand something and whose conditions hold.
    holding: RuleSet,
    /// The members in which a check found something.
    objected: FieldSet,
}

const NOTHING: Facts<'static> = Facts {
    operation: Operation::Create,
    reading: Reading::Strict,
    statement: None,
    granted: &[],
    certificate: None,
    stored: None,
};

impl Baseline {
    pub(super) fn of(policy: &Policy) -> Self {
        let (mut baseline, mut faults) = (Self::default(), Vec::new());
        let mut document = Document::with_capacity(32);
        document.declare(policy.declared_names());
        policy.modify(&policy.steps, None, &mut document, &NOTHING, &mut faults, &mut None);
        // Nothing is inferred here: a request of which something is inferred differs in that.
        let (mut differences, mut left) = (Differences::ANY, policy.modifying);
        while let Some(rule) = policy.next_firing(&mut left, &mut differences, &document, &NOTHING) {
            baseline.firing.insert(rule.place);
            policy.modify(&rule.steps, Some(rule), &mut document, &NOTHING, &mut faults, &mut None);
        }
        let mut left = policy.checking;
        while let Some(rule) = policy.next_holding(&mut left, &differences, &document, &NOTHING) {
            baseline.holding.insert(rule.place);
        }
        for (steps, rule) in policy.steps_of(baseline.holding) {
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
    readers: &'p [RuleSet],
    /// Members that may have another value than they have without a request.
    fields: FieldSet,
    /// Rules whose conditions look at one of them.
    open: RuleSet,
}

impl<'p> Differences<'p> {
    /// Nothing is known beforehand.
    pub(super) const ANY: Self =
        Self { baseline: None, readers: &[], fields: FieldSet::NONE, open: RuleSet::ALL };

    /// Only what the document has differs.
    pub(super) fn of(policy: &'p Policy, document: &Document<'_>) -> Self {
        let Some(baseline) = &policy.baseline else { return Self::ANY };
        let mut differences = Self {
            baseline: Some(baseline),
            readers: &policy.readers,
            fields: FieldSet::NONE,
            open: RuleSet::NONE,
        };
        differences.add(FieldSet::of(document.iter().map(|(field, ..)| field)));
        differences
    }

    pub(super) fn add(&mut self, fields: FieldSet) {
        self.fields.unite(fields);
        self.open = fields.listed(self.readers).fold(self.open, |open, readers| open.union(*readers));
    }

    /// The rules that may fire: those of the baseline, and those of which that is open.
    pub(super) fn may_fire(&self) -> RuleSet {
        self.baseline.map_or(self.open, |baseline| self.open.union(baseline.firing))
    }

    /// The rules whose demands may hold.
    pub(super) fn may_hold(&self) -> RuleSet {
        self.baseline.map_or(self.open, |baseline| self.open.union(baseline.holding))
    }

    /// Whether the condition of a rule has to be looked at.
    pub(super) fn is_open(&self, rule: &Rule) -> bool {
        self.open.has(rule.place)
    }

    /// Takes note of whether a rule fires that changes these members.
    pub(super) fn note(&mut self, rule: &Rule, fires: bool, writes: FieldSet) {
        if self.baseline.is_some_and(|baseline| baseline.firing.has(rule.place) != fires) {
            self.add(writes);
        }
    }

    /// The members in which the checks of the profile, or of a rule, may find what they did not find without a
    /// request; `None` if that may be any.
    pub(super) fn concerned(&self, rule: Option<&Rule>) -> Option<FieldSet> {
        let was_checked = |own: &&Baseline| rule.is_none_or(|rule| own.holding.has(rule.place));
        let mut fields = self.fields;
        fields.unite(self.baseline.filter(was_checked)?.objected);
        Some(fields)
    }
}

#[cfg(test)]
mod tests;
