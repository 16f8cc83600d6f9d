//! What a policy does, step by step: the operators of its members and of its rules, by field id.

use super::condition::{Claim, Condition};
use super::sets::{FieldSet, RulePlace};
use crate::error::Failure;
use crate::metadata::{Constant, FieldId, FieldValue};
use crate::profile::Relation;

/// Operators that several members, or a rule, bring.
#[derive(Debug, Default)]
pub(super) struct Steps {
    pub(super) forbid: Vec<FieldId>,
    pub(super) ignore: Vec<FieldId>,
    pub(super) from: Vec<(FieldId, From)>,
    /// `None` removes.
    pub(super) value: Vec<(FieldId, Option<Constant>)>,
    pub(super) add: Vec<(FieldId, Vec<Box<str>>)>,
    pub(super) default: Vec<(FieldId, Constant)>,
    pub(super) checks: Vec<(FieldId, Checks)>,
    /// The members that have such checks.
    pub(super) checked: FieldSet,
    pub(super) required: Vec<FieldId>,
    pub(super) min_items: Vec<(FieldId, usize)>,
}

/// What is looked at first of a rule: rules are large and most do not concern a request, so these stand by themselves.
#[derive(Debug)]
pub(super) struct RuleHead {
    /// A member without which the condition cannot hold.
    pub(super) needs: Option<FieldId>,
    /// The members that the rule may change.
    pub(super) writes: FieldSet,
}

impl Steps {
    pub(super) fn modifies(&self) -> bool {
        !(self.forbid.is_empty()
            && self.ignore.is_empty()
            && self.from.is_empty()
            && self.value.is_empty()
            && self.add.is_empty()
            && self.default.is_empty())
    }

    /// The members that it may change.
    pub(super) fn writes(&self) -> FieldSet {
        let removed = self.forbid.iter().chain(&self.ignore).copied();
        let sourced = self.from.iter().map(|(field, _)| *field);
        let set = self.value.iter().map(|(field, _)| *field);
        let added = self.add.iter().map(|(field, _)| *field);
        let filled = self.default.iter().map(|(field, _)| *field);
        FieldSet::of(removed.chain(sourced).chain(set).chain(added).chain(filled))
    }

    pub(super) fn checks(&self) -> bool {
        !(self.checks.is_empty() && self.required.is_empty() && self.min_items.is_empty())
    }
}

#[derive(Debug)]
pub(super) struct From {
    pub(super) statement: Option<Claim>,
    pub(super) cert: Option<String>,
    pub(super) relation: Relation,
    pub(super) required: bool,
}

/// The checks on a final value.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Checks {
    pub(super) one_of: Option<Vec<FieldValue<'static>>>,
    pub(super) none_of: Vec<FieldValue<'static>>,
    pub(super) subset_of: Option<Vec<Box<str>>>,
    pub(super) superset_of: Vec<Box<str>>,
    /// Where an adjusted value goes if it is not one of those allowed: the default, or the first one.
    pub(super) adjust: bool,
    pub(super) fallback: Option<FieldValue<'static>>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) place: RulePlace,
    pub(super) when: Condition,
    pub(super) steps: Steps,
    pub(super) reject: Option<Failure>,
    pub(super) member: Option<FieldId>,
    pub(super) message: Option<String>,
    pub(super) spec: String,
}
