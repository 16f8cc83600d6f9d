//! The interpreter. Each step runs over all members before the next starts, so that the outcome does not depend on
//! the order of members; rules run in the order of the profile, once.

use std::borrow::Cow;
use std::collections::HashSet;

use super::baseline::Differences;
use super::compile::Policy;
use super::faults::order;
use super::sets::{FieldSet, RuleSet};
use super::steps::{Rule, RuleHead, Steps};
use super::trace::{self, Recorder};
use super::{relation, shape};
use crate::certificate::ClientCertificate;
use crate::config::Reading;
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, FieldValue, Origin, fields};
use crate::profile::Operation;
use crate::rules;

/// What the policy knows besides the request.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) operation: Operation,
    pub(crate) reading: Reading,
    /// The claims of a verified statement, renamed and gated.
    pub(crate) statement: Option<&'a Document<'a>>,
    /// Scopes that the issuer of the statement grants.
    pub(crate) granted: &'a [String],
    pub(crate) certificate: Option<&'a ClientCertificate>,
    /// The metadata before an update.
    pub(crate) stored: Option<&'a Document<'a>>,
}

impl Policy {
    /// Turns what was asked into what is registered, and says everything that is wrong with it.
    pub(crate) fn apply<'a>(
        &'a self,
        document: &mut Document<'a>,
        facts: &Facts<'a>,
        mut recorder: Recorder<'_>,
    ) -> Vec<Violation> {
        // What ends the matter comes first. Whoever explains goes on, to tell what else there is.
        let mut first = Vec::new();
        if let Err(fault) = self.evidence(document, facts) {
            first.push(fault);
            if recorder.is_none() {
                return first;
            }
        }
        let mut faults = Vec::new();
        self.adopt(document, facts, &mut faults, &mut recorder);
        shape::apply(self, document, facts.reading, |_| true, &mut faults);
        self.check_envelope(document, &mut faults);
        if faults.iter().any(|fault| fault.failure != Failure::METADATA && self.is_envelope(&fault.field)) {
            if recorder.is_none() {
                return faults;
            }
            first.append(&mut faults);
        }
        self.merge_statement(document, facts, &mut recorder);
        if self.cancel_when.as_ref().is_some_and(|condition| condition.holds(document, facts)) {
            let message = "the request cancels a registration";
            return vec![Violation::new("", "cancel", Failure::CANCELLED, message)];
        }
        let mut differences = self.differences(document, facts, &faults, &recorder);
        self.modify(&self.steps, None, document, facts, &mut faults, &mut recorder);
        // What was attested is judged as what was asked: a signature says who, not that it is well-formed.
        let is_attested = |origin| matches!(origin, Origin::Statement | Origin::Certificate);
        if facts.statement.is_some() || facts.certificate.is_some() {
            shape::apply(self, document, Reading::Strict, is_attested, &mut faults);
        }
        // A member that did not fit is not "missing" as well.
        let found = first.iter().chain(&faults);
        let unfit: HashSet<FieldId> = found.filter_map(|fault| self.field_of(&fault.field)).collect();
        if self.infer_native(document, &mut recorder) {
            differences.add(FieldSet::of([fields::APPLICATION_TYPE]));
        }
        let mut left = self.modifying;
        while let Some(rule) = self.next_firing(&mut left, &mut differences, document, facts) {
            trace::fired(&mut recorder, &rule.id);
            self.modify(&rule.steps, Some(rule), document, facts, &mut faults, &mut recorder);
        }
        self.check_final(document, facts, differences, &unfit, &mut faults, &mut recorder);
        self.normalize_subject_dn(document, &mut faults, &mut recorder);
        order(&mut faults);
        first.append(&mut faults);
        first
    }

    /// The checks alone, for values that are final already.
    pub(crate) fn check<'a>(
        &self,
        document: &mut Document<'a>,
        facts: &Facts<'a>,
        faults: &mut Vec<Violation>,
    ) {
        self.check_final(document, facts, Differences::ANY, &HashSet::new(), faults, &mut None);
    }

    fn check_final<'a>(
        &self,
        document: &mut Document<'a>,
        facts: &Facts<'a>,
        mut differences: Differences<'_>,
        unfit: &HashSet<FieldId>,
        faults: &mut Vec<Violation>,
        recorder: &mut Recorder<'_>,
    ) {
        // A rule's checks count only if its condition still holds: a later rule may have removed its cause.
        let (mut holding, mut left) = (RuleSet::NONE, self.checking);
        while let Some(rule) = self.next_holding(&mut left, &differences, document, facts) {
            holding.insert(rule.place);
            trace::fired(recorder, &rule.id);
            if let Some(failure) = &rule.reject {
                faults.push(rule.violation(self, failure.clone()));
            }
        }
        for (steps, rule) in self.steps_of(holding) {
            let concerned = differences.concerned(rule);
            if concerned.is_some_and(|fields| !fields.meets(steps.checked)) {
                continue;
            }
            // What it adjusts, the rules after it judge.
            if concerned.is_none() {
                differences.add(steps.checked);
            }
            for (field, checks) in &steps.checks {
                if concerned.is_none_or(|fields| fields.has(*field)) {
                    self.check_value(*field, checks, rule, document, faults, recorder);
                }
            }
        }
        let (scope, before) = (fields::SCOPE, faults.len());
        if let Some(scopes) = self.scopes.as_ref().filter(|_| !unfit.contains(&scope)) {
            scopes.apply(document, facts, faults, recorder);
        }
        let has_refused_scopes = faults.len() > before;
        self.grant_scopes(document, facts.granted, recorder);
        for (steps, rule) in self.steps_of(holding) {
            for field in &steps.required {
                // What was refused is not "missing" as well.
                let is_refused = unfit.contains(field) || (*field == scope && has_refused_scopes);
                if !document.has(*field) && !is_refused {
                    faults.push(self.fault(*field, rule, "required", "must be given".to_owned()));
                }
            }
            for (field, least) in &steps.min_items {
                if rule.is_some() && document.list(*field).is_some_and(|list| list.len() < *least) {
                    let message = shape::too_few(*least);
                    faults.push(self.fault(*field, rule, "min_items", message));
                }
            }
        }
        if let Some(stored) = facts.stored {
            self.check_update(document, stored, faults);
        }
        rules::check(document, self, faults);
    }

    /// In what a document may differ from one of which nothing was sent. Whoever explains has everything looked at.
    fn differences(
        &self,
        document: &Document<'_>,
        facts: &Facts<'_>,
        faults: &[Violation],
        recorder: &Recorder<'_>,
    ) -> Differences<'_> {
        let is_plain = facts.operation == Operation::Create
            && facts.statement.is_none()
            && facts.certificate.is_none()
            && faults.is_empty()
            && recorder.is_none();
        if is_plain { Differences::of(self, document) } else { Differences::ANY }
    }

    /// The types and the syntax of values that a hook may have set.
    pub(crate) fn judge_shapes(&self, document: &mut Document<'_>) -> Vec<Violation> {
        let mut faults = Vec::new();
        shape::apply(self, document, Reading::Strict, |_| true, &mut faults);
        faults
    }

    /// The steps of the profile itself, then those of some rules.
    pub(super) fn steps_of(&self, mut rules: RuleSet) -> impl Iterator<Item = (&Steps, Option<&Rule>)> {
        let rules = std::iter::from_fn(move || self.rules.get(rules.take_first_in(RuleSet::ALL)?));
        std::iter::once((&self.steps, None)).chain(rules.map(|rule| (&rule.steps, Some(rule))))
    }

    /// The next of these rules that changes values here, in the order of the profile.
    pub(super) fn next_firing(
        &self,
        left: &mut RuleSet,
        differences: &mut Differences<'_>,
        document: &Document<'_>,
        facts: &Facts<'_>,
    ) -> Option<&Rule> {
        loop {
            let (rule, head) = self.rule_at(left.take_first_in(differences.may_fire())?)?;
            let fires = !differences.is_open(rule) || rule.holds(head, document, facts);
            differences.note(rule, fires, head.writes);
            if fires {
                return Some(rule);
            }
        }
    }

    /// The next of these rules whose demands count here.
    pub(super) fn next_holding(
        &self,
        left: &mut RuleSet,
        differences: &Differences<'_>,
        document: &Document<'_>,
        facts: &Facts<'_>,
    ) -> Option<&Rule> {
        loop {
            let (rule, head) = self.rule_at(left.take_first_in(differences.may_hold())?)?;
            if !differences.is_open(rule) || rule.holds(head, document, facts) {
                return Some(rule);
            }
        }
    }

    fn rule_at(&self, place: usize) -> Option<(&Rule, &RuleHead)> {
        Some((self.rules.get(place)?, self.heads.get(place)?))
    }

    pub(super) fn modify<'a>(
        &'a self,
        steps: &'a Steps,
        rule: Option<&Rule>,
        document: &mut Document<'a>,
        facts: &Facts<'a>,
        faults: &mut Vec<Violation>,
        recorder: &mut Recorder<'_>,
    ) {
        let id = rule.map(|rule| rule.id.as_str());
        let origin = if rule.is_some() { Origin::Rule } else { Origin::Default };
        for field in &steps.forbid {
            if document.remove(*field).is_some() {
                faults.push(self.fault(*field, rule, "forbidden", "must not be given".to_owned()));
            }
        }
        for field in &steps.ignore {
            if document.remove(*field).is_some() {
                trace::dropped_of(recorder, Origin::Request, self.name_of(*field), "ignored by a rule", id);
            }
        }
        for (field, from) in &steps.from {
            relation::apply(self, *field, from, id, document, facts, faults, recorder);
        }
        for (field, value) in &steps.value {
            match value {
                Some(value) => {
                    trace::set(recorder, self.name_of(*field), &value.value, origin, id);
                    document.set_constant(*field, value, origin);
                }
                None => {
                    if document.remove(*field).is_some() {
                        trace::dropped_of(
                            recorder,
                            Origin::Request,
                            self.name_of(*field),
                            "taken out by the profile",
                            id,
                        );
                    }
                }
            }
        }
        for (field, items) in &steps.add {
            let mut list: Vec<Cow<'a, str>> = document.list(*field).map(<[_]>::to_vec).unwrap_or_default();
            let missing: Vec<_> =
                items.iter().filter(|item| !list.iter().any(|own| **own == ***item)).collect();
            if !missing.is_empty() {
                list.extend(missing.into_iter().map(|item| Cow::Borrowed(&**item)));
                let value = FieldValue::List(list.into());
                // One by one they were not too many.
                faults.extend(shape::judge(self, *field, &value, Reading::Strict).err());
                trace::set(recorder, self.name_of(*field), &value, origin, id);
                document.set(*field, value, origin);
            }
        }
        for (field, value) in &steps.default {
            if !document.has(*field) {
                trace::set(recorder, self.name_of(*field), &value.value, origin, id);
                document.set_constant(*field, value, origin);
            }
        }
    }

    /// A client that does not say what it is, and whose redirection URIs only a native app can have, is one: agents
    /// and command-line tools leave `application_type` out. The substitution is visible in the answer.
    fn infer_native(&self, document: &mut Document<'_>, recorder: &mut Recorder<'_>) -> bool {
        let was_sent =
            document.entry(fields::APPLICATION_TYPE).is_some_and(|entry| entry.origin != Origin::Default);
        let is_native = self.redirect.infer_native
            && !was_sent
            && document.list(fields::REDIRECT_URIS).is_some_and(|uris| !uris.is_empty())
            && document.items(fields::REDIRECT_URIS).all(rules::looks_native);
        if is_native {
            let value = FieldValue::Text(Cow::Borrowed("native"));
            trace::set(recorder, "application_type", &value, Origin::Rule, Some("redirect.infer_native"));
            document.set(fields::APPLICATION_TYPE, value, Origin::Rule);
        }
        is_native
    }

    /// Scopes that a trusted issuer grants come on top of what the filter left, if the server has them.
    fn grant_scopes(&self, document: &mut Document<'_>, granted: &[String], recorder: &mut Recorder<'_>) {
        let catalogue = self.supported_scopes.as_ref().filter(|_| self.scopes.is_some());
        let exists = |scope: &&String| catalogue.is_none_or(|own| own.contains(scope));
        let own = document.text(fields::SCOPE).unwrap_or_default();
        let missing: Vec<&str> = granted
            .iter()
            .filter(exists)
            .map(String::as_str)
            .filter(|scope| !own.split(' ').any(|word| word == *scope))
            .collect();
        if missing.is_empty() {
            return;
        }
        let all = if own.is_empty() { missing.join(" ") } else { format!("{own} {}", missing.join(" ")) };
        let value = FieldValue::Text(Cow::Owned(all));
        trace::set(recorder, "scope", &value, Origin::Statement, Some("grant_scopes"));
        document.set(fields::SCOPE, value, Origin::Statement);
    }
}

impl Rule {
    fn holds(&self, head: &RuleHead, document: &Document<'_>, facts: &Facts<'_>) -> bool {
        head.needs.is_none_or(|field| document.has(field)) && self.when.holds(document, facts)
    }
}
