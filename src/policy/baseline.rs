//! What a policy makes of a request that says nothing, found out once when it is compiled.
//!
//! A condition whose members nobody sent has the outcome that it has there, and so has a check. Most requests say
//! little of what a profile has rules for.

use super::apply::Facts;
use super::compile::{Policy, Rule};
use super::sets::{FieldSet, RuleSet};
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
        policy.infer_native(&mut document, &mut None);
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
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;
    use serde_json::{Map, Value, json};

    use super::super::vectors::{members_sent, read};
    use super::*;
    use crate::profile::Profile;

    /// The profile with and without its baseline, and the members that its vectors send.
    struct Subject {
        name: &'static str,
        known: Policy,
        unknown: Policy,
        members: Vec<(String, Value)>,
    }

    fn subjects() -> Vec<Subject> {
        let compiled = |name| {
            let profile = Profile::preset(name).unwrap().compose().unwrap();
            Policy::compile(&profile, None).unwrap()
        };
        let members = members_sent();
        let subject = |name| {
            let (known, mut unknown) = (compiled(name), compiled(name));
            unknown.baseline = None;
            let known_member = |(name, _): &&(String, Value)| known.field_named(name).is_some();
            let members = members.iter().filter(known_member).cloned().collect();
            Subject { name, known, unknown, members }
        };
        Profile::presets().map(subject).collect()
    }

    /// What is wrong with a body, and what is made of it in any case.
    fn judged(policy: &Policy, body: &str) -> (Vec<String>, String) {
        let mut document = read(body);
        let faults = policy.apply(&mut document, &NOTHING, None);
        (faults.iter().map(ToString::to_string).collect(), document.to_json_text())
    }

    #[test]
    fn what_is_known_beforehand_is_what_would_be_found() {
        let subjects = subjects();
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6000) };
        let requests = (any::<Index>(), any::<bool>(), proptest::collection::vec(any::<Index>(), 0..6));
        let taken = std::cell::Cell::new(0);
        proptest::test_runner::TestRunner::new(config)
            .run(&requests, |(subject, redirects, members)| {
                let subject = subject.get(&subjects);
                let mut body: Map<String, Value> =
                    members.iter().map(|member| member.get(&subject.members).clone()).collect();
                if redirects {
                    body.insert("redirect_uris".to_owned(), json!(["https://app.example.org/cb"]));
                }
                let body = Value::Object(body).to_string();
                let known = judged(&subject.known, &body);
                taken.set(taken.get() + usize::from(known.0.is_empty()));
                prop_assert_eq!(known, judged(&subject.unknown, &body), "{}: {}", subject.name, body);
                Ok(())
            })
            .unwrap();
        assert!(taken.get() > 500, "{} were taken", taken.get());
    }

    /// No preset refuses a default of its own, or demands something of a member because of another one that was sent.
    #[test]
    fn a_default_is_judged_where_somebody_demands_something_of_it() {
        let profile: Profile = serde_json::from_value(json!({
            "dcr_profile": 1,
            "name": "own",
            "metadata": {
                "client_name": {},
                "logo_uri": {},
                "subject_type": { "default": "public" },
                "application_type": { "default": "web" }
            },
            "rules": [
                {
                    "id": "unnamed",
                    "when": { "member": "logo_uri", "present": false },
                    "metadata": { "subject_type": { "one_of": ["pairwise"] } }
                },
                {
                    "id": "named",
                    "when": { "member": "client_name", "present": true },
                    "metadata": { "application_type": { "one_of": ["native"] } }
                }
            ]
        }))
        .unwrap();
        let policy = Policy::compile(&profile.compose().unwrap(), None).unwrap();
        let subject = "subject_type: must be one of pairwise";
        let both = [subject, "application_type: must be one of native"];
        assert_eq!(judged(&policy, "{}").0, [subject]);
        assert_eq!(judged(&policy, r#"{"client_name":"x"}"#).0, both);
    }
}
