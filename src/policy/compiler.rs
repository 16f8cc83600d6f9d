//! The parts of a profile on their way to a policy: names become numbers, values get their kind, patterns compile.

use std::collections::HashMap;

use super::compile::Member;
use super::condition::{Claim, Condition};
use super::jws::IssuerPolicy;
use super::pattern::Pattern;
use super::steps::{Checks, From, Steps};
use crate::error::Failure;
use crate::metadata::{Constant, FieldId, FieldValue, Kind, fields};
use crate::profile::{self, OnMismatch, OnUpdate, Presence};

/// What is being compiled: the names of members so far, and all that is wrong.
pub(super) struct Compiler {
    pub(super) names: HashMap<Box<str>, FieldId>,
    pub(super) declared: Vec<Box<str>>,
    pub(super) problems: Vec<String>,
}

impl Compiler {
    pub(super) fn find(&self, name: &str) -> Option<FieldId> {
        FieldId::of(name).or_else(|| self.names.get(name).copied())
    }

    /// The field of a name, a new one if the table does not have it.
    pub(super) fn declare(&mut self, name: &str) -> Option<FieldId> {
        if let Some(field) = self.find(name) {
            return Some(field);
        }
        let Some(field) = u8::try_from(fields::COUNT + self.declared.len()).ok().filter(|id| *id < u8::MAX)
        else {
            self.problems.push(format!("declares more than {} members of its own", self.declared.len()));
            return None;
        };
        self.declared.push(name.into());
        self.names.insert(name.into(), FieldId(field));
        Some(FieldId(field))
    }

    /// A value under the name that it is registered with, which a rule may give another name.
    fn constant(&self, field: FieldId, value: FieldValue<'static>) -> Constant {
        let declared = || self.declared.get(field.index() - fields::COUNT).map_or("", |name| name);
        Constant::new(field.spec().map_or_else(declared, |spec| spec.name), value)
    }

    pub(super) fn member(&mut self, name: &str, field: FieldId, member: &profile::Member) -> Member {
        Member {
            kind: member.kind.unwrap_or_else(|| table_kind(field)),
            coerce: member.coerce.unwrap_or(false),
            presence: member.presence.unwrap_or(Presence::Optional),
            pattern: member.pattern.as_deref().and_then(|text| self.pattern(name, text)),
            some_pattern: member.some_pattern.as_deref().and_then(|text| self.pattern(name, text)),
            max_length: member.max_length,
            email: member.email.unwrap_or(false),
            range: (member.min, member.max),
            min_items: member.min_items,
            max_items: member.max_items,
            on_update: member.on_update.unwrap_or(OnUpdate::Mutable),
            echo: member.echo.unwrap_or(true),
            failure: member.error.clone().map_or(Failure::METADATA, Failure::from),
            spec: member.spec.clone().unwrap_or_default(),
        }
    }

    fn pattern(&mut self, name: &str, text: &str) -> Option<Pattern> {
        Pattern::compile(text).map_err(|problem| self.problems.push(format!("`{name}`: {problem}"))).ok()
    }

    pub(super) fn steps(
        &mut self,
        name: &str,
        field: FieldId,
        member: &profile::Member,
        kind: Kind,
        steps: &mut Steps,
    ) {
        match member.presence {
            Some(Presence::Forbidden) => steps.forbid.push(field),
            Some(Presence::Ignored) => steps.ignore.push(field),
            Some(Presence::Required) => steps.required.push(field),
            Some(Presence::Optional) | None => {}
        }
        if let Some(source) = &member.from {
            let from = From {
                statement: source.statement.as_deref().map(Claim::new),
                cert: source.cert.clone(),
                relation: source.relation,
                required: source.required,
            };
            steps.from.push((field, from));
        }
        if let Some(value) = &member.value {
            let value = (!value.is_null()).then(|| self.constant(field, value_of(kind, value)));
            steps.value.push((field, value));
        }
        if !member.add.is_empty() {
            steps.add.push((field, self.texts(name, &member.add)));
        }
        if let Some(default) = &member.default {
            steps.default.push((field, self.constant(field, value_of(kind, default))));
        }
        let checks = Checks {
            one_of: member
                .one_of
                .as_ref()
                .map(|values| values.iter().map(|value| value_of(kind, value)).collect()),
            none_of: member.none_of.iter().map(|value| value_of(Kind::String, value)).collect(),
            subset_of: member.subset_of.as_ref().map(|values| self.texts(name, values)),
            superset_of: self.texts(name, &member.superset_of),
            adjust: false,
            fallback: None,
        };
        if checks != Checks::default() {
            let adjust = member.on_mismatch == Some(OnMismatch::Adjust);
            let first = || member.one_of.as_ref().and_then(|values| values.first());
            let fallback = member.default.as_ref().or_else(first).map(|value| value_of(kind, value));
            steps.checked.insert(field);
            steps.checks.push((field, Checks { adjust, fallback: fallback.filter(|_| adjust), ..checks }));
        }
        if let Some(min_items) = member.min_items {
            steps.min_items.push((field, min_items));
        }
    }

    fn texts(&mut self, name: &str, values: &[serde_json::Value]) -> Vec<Box<str>> {
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            match value.as_str() {
                Some(text) => texts.push(text.into()),
                None => {
                    self.problems.push(format!("`{name}`: the elements of a list are texts, {value} is not"))
                }
            }
        }
        texts
    }

    pub(super) fn issuers(&mut self, issuers: &[profile::Issuer], place: &str) -> Vec<IssuerPolicy> {
        let mut problems = Vec::new();
        let mut find = |name: &str| self.declare(name);
        let compiled = issuers
            .iter()
            .filter_map(|issuer| IssuerPolicy::compile(issuer, place, &mut find, &mut problems))
            .collect();
        self.problems.extend(problems);
        compiled
    }

    pub(super) fn condition(&mut self, when: &profile::When) -> Condition {
        let mut find = |name: &str| self.declare(name);
        Condition::compile(when, &mut find)
    }
}

/// A value of the profile as the member's kind has it: words are kept as a text.
fn value_of(kind: Kind, value: &serde_json::Value) -> FieldValue<'static> {
    match (kind, value) {
        (Kind::Words, serde_json::Value::Array(items)) => {
            let words: Vec<&str> = items.iter().filter_map(serde_json::Value::as_str).collect();
            FieldValue::Text(words.join(" ").into())
        }
        _ => FieldValue::from_json(value),
    }
}

pub(super) fn table_kind(field: FieldId) -> Kind {
    field.spec().map_or(Kind::Any, |spec| spec.kind)
}
