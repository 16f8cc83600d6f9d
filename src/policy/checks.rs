//! The checks on final values.

use std::borrow::Cow;

use super::compile::Policy;
use super::steps::{Checks, Rule};
use super::trace::{self, Recorder};
use crate::error::Violation;
use crate::metadata::{Document, FieldId, FieldValue, Origin};
use crate::profile::OnUpdate;

impl Policy {
    pub(super) fn check_value(
        &self,
        field: FieldId,
        checks: &Checks,
        rule: Option<&Rule>,
        document: &mut Document<'_>,
        faults: &mut Vec<Violation>,
        recorder: &mut Recorder<'_>,
    ) {
        let Some(value) = document.get_mut(field) else { return };
        let mut is_adjusted = false;
        let mut fault =
            |what: &'static str, message: String| faults.push(self.fault(field, rule, what, message));
        if let Some(allowed) = &checks.one_of
            && !allowed.iter().any(|own| own == value)
        {
            match &checks.fallback {
                Some(fallback) => {
                    *value = fallback.clone();
                    is_adjusted = true;
                }
                None => fault(
                    "one_of",
                    format!("must be one of {}", shown(allowed.iter().filter_map(FieldValue::as_text))),
                ),
            }
        }
        if !checks.none_of.is_empty() {
            let is_refused = |word: &str| checks.none_of.iter().any(|own| own.as_text() == Some(word));
            if let FieldValue::List(list) = value
                && checks.adjust
            {
                if list.iter().any(|item| is_refused(item)) {
                    list.to_mut().retain(|item| !is_refused(item));
                    is_adjusted = true;
                }
            } else if let Some(word) = find_element(value, is_refused) {
                let message = format!("must not be {word}");
                fault("none_of", message);
            }
        }
        if let Some(allowed) = &checks.subset_of {
            let is_excess = |word: &str| !allowed.iter().any(|own| **own == *word);
            match find_element(value, is_excess) {
                Some(_) if checks.adjust => {
                    intersect(value, allowed);
                    is_adjusted = true;
                }
                Some(excess) => {
                    let message = format!(
                        "must only have elements of {}, `{}` is not one",
                        shown(allowed.iter().map(|own| &**own)),
                        excess.chars().take(60).collect::<String>()
                    );
                    fault("subset_of", message);
                }
                None => {}
            }
        }
        let is_missing = |needed: &str| find_element(value, |own| own == needed).is_none();
        if let Some(missing) = checks.superset_of.iter().find(|needed| is_missing(needed)) {
            fault("superset_of", format!("must have {missing}"));
        }
        if !is_adjusted {
            return;
        }
        let (value, name) = (value.clone(), self.name_of(field));
        let id = Some(rule.map_or("on_mismatch", |rule| &rule.id));
        if value.is_blank() {
            document.remove(field);
            trace::dropped_of(recorder, Origin::Request, name, "nothing of it is allowed", id);
        } else {
            trace::set(recorder, name, &value, Origin::Rule, id);
            document.set(field, value, Origin::Rule);
        }
    }

    pub(super) fn check_update(
        &self,
        document: &Document<'_>,
        stored: &Document<'_>,
        faults: &mut Vec<Violation>,
    ) {
        // In an order that is the same every time: the first fault decides the code on the wire.
        let removed = stored.iter().map(|(field, ..)| field).filter(|field| !document.has(*field));
        for field in document.iter().map(|(field, ..)| field).chain(removed) {
            let Some(member) = self.member(field) else { continue };
            let may_change = match member.on_update {
                OnUpdate::Mutable => true,
                OnUpdate::Immutable => false,
                OnUpdate::StatementOnly => {
                    document.entry(field).is_some_and(|entry| entry.origin == Origin::Statement)
                }
            };
            if !may_change && document.get(field) != stored.get(field) {
                let message = "must stay as it was registered".to_owned();
                faults.push(self.fault(field, None, "on_update", message));
            }
        }
    }
}

/// The first of what is compared element by element: the items of a list, the words of a text.
fn find_element<'v>(value: &'v FieldValue<'_>, found: impl Fn(&str) -> bool) -> Option<&'v str> {
    match value {
        FieldValue::List(list) => list.iter().map(AsRef::as_ref).find(|item: &&str| found(item)),
        // One word is the usual case, and a short one is quicker looked through than split.
        FieldValue::Text(text) if !text.bytes().any(|byte| byte == b' ') => {
            Some(&**text).filter(|word| found(word))
        }
        FieldValue::Text(text) => text.split(' ').find(|word| found(word)),
        _ => None,
    }
}

fn intersect(value: &mut FieldValue<'_>, allowed: &[Box<str>]) {
    let is_allowed = |word: &str| allowed.iter().any(|own| **own == *word);
    match value {
        FieldValue::List(list) => list.to_mut().retain(|item| is_allowed(item)),
        FieldValue::Text(text) => {
            let kept: Vec<&str> = text.split(' ').filter(|word| is_allowed(word)).collect();
            let kept = kept.join(" ");
            *text = Cow::Owned(kept);
        }
        _ => {}
    }
}

/// At most a dozen values: a message is for people.
fn shown<'v>(values: impl Iterator<Item = &'v str>) -> String {
    let mut values: Vec<&str> = values.collect();
    let more = values.len() > 12;
    values.truncate(12);
    let mut text = values.join(", ");
    if more {
        text.push_str(", ...");
    }
    text
}
