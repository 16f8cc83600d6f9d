//! Conditions: no loops, no arithmetic, no regular expressions, so that one is cheap and can be printed.

use std::borrow::Cow;

use super::apply::Facts;
use crate::metadata::{Document, FieldId, FieldValue};
use crate::profile::{Operation, When};

#[derive(Debug)]
pub(crate) enum Condition {
    /// None of them: always.
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Operation(Operation),
    Member(FieldId, Test),
    Statement(Claim, Test),
    Cert(String, Test),
}

#[derive(Debug)]
pub(crate) enum Test {
    Present(bool),
    Equals(FieldValue<'static>),
    OneOf(Vec<FieldValue<'static>>),
    Contains(FieldValue<'static>),
    ContainsWord(Box<str>),
}

/// A statement claim: a row of the table, or any other name.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(super) name: Box<str>,
    field: Option<FieldId>,
}

impl Claim {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into(), field: FieldId::of(name) }
    }

    pub(super) fn get<'c>(&self, claims: &'c Document<'_>) -> Option<Cow<'c, FieldValue<'c>>> {
        match self.field {
            Some(field) => claims.get(field).map(|value| Cow::Owned(value.borrowed())),
            None => {
                let extra = claims.extras.iter().find(|extra| extra.name == *self.name)?;
                let value = serde_json::from_str(&extra.json).ok()?;
                (value != serde_json::Value::Null).then(|| Cow::Owned(FieldValue::from_json(&value)))
            }
        }
    }
}

impl Condition {
    pub(super) fn compile(when: &When, find: &mut impl FnMut(&str) -> Option<FieldId>) -> Self {
        let mut parts = Vec::new();
        parts.extend(when.all.iter().map(|inner| Self::compile(inner, find)));
        if !when.any.is_empty() {
            parts.push(Self::Any(when.any.iter().map(|inner| Self::compile(inner, find)).collect()));
        }
        if let Some(inner) = &when.not {
            parts.push(Self::Not(Box::new(Self::compile(inner, find))));
        }
        parts.extend(when.operation.map(Self::Operation));
        for test in Test::all_of(when) {
            if let Some(field) = when.member.as_deref().and_then(&mut *find) {
                parts.push(Self::Member(field, test));
            } else if let Some(claim) = &when.statement {
                parts.push(Self::Statement(Claim::new(claim), test));
            } else if let Some(attribute) = &when.cert {
                parts.push(Self::Cert(attribute.clone(), test));
            }
        }
        // One part needs no list around it.
        <[Self; 1]>::try_from(parts).map_or_else(Self::All, |[part]| part)
    }

    pub(super) fn holds(&self, document: &Document<'_>, facts: &Facts<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(document, facts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(document, facts)),
            Self::Not(part) => !part.holds(document, facts),
            Self::Operation(operation) => facts.operation == *operation,
            Self::Member(field, test) => test.holds(document.get(*field)),
            Self::Statement(claim, test) => {
                let value = facts.statement.and_then(|claims| claim.get(claims));
                test.holds(value.as_deref())
            }
            Self::Cert(attribute, test) => {
                let values = facts.certificate.into_iter().flat_map(|own| own.attributes(attribute));
                let mut values = values.map(|text| FieldValue::Text(Cow::Borrowed(text))).peekable();
                // Of several values any one is enough.
                if values.peek().is_none() {
                    test.holds(None)
                } else {
                    values.any(|own| test.holds(Some(&own)))
                }
            }
        }
    }

    /// Visits the members that it looks at.
    pub(super) fn each_member(&self, visit: &mut impl FnMut(FieldId)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_member(visit)),
            Self::Not(part) => part.each_member(visit),
            Self::Member(field, _) => visit(*field),
            Self::Operation(_) | Self::Statement(..) | Self::Cert(..) => {}
        }
    }

    /// A member that must be there for the condition to hold, if there is one.
    pub(super) fn needed_member(&self) -> Option<FieldId> {
        match self {
            Self::Member(_, Test::Present(false)) => None,
            Self::Member(field, _) => Some(*field),
            Self::All(parts) => parts.iter().find_map(Self::needed_member),
            _ => None,
        }
    }

    /// The first member the condition asks for: what a refusal names if the rule does not say.
    pub(super) fn first_member(&self) -> Option<FieldId> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().find_map(Self::first_member),
            Self::Not(part) => part.first_member(),
            Self::Member(field, _) => Some(*field),
            Self::Operation(_) | Self::Statement(..) | Self::Cert(..) => None,
        }
    }
}

impl Test {
    fn all_of(when: &When) -> Vec<Self> {
        let mut tests = Vec::new();
        tests.extend(when.present.map(Self::Present));
        tests.extend(when.equals.as_ref().map(|value| Self::Equals(FieldValue::from_json(value))));
        tests.extend(
            when.one_of
                .as_ref()
                .map(|values| Self::OneOf(values.iter().map(FieldValue::from_json).collect())),
        );
        tests.extend(when.contains.as_ref().map(|value| Self::Contains(FieldValue::from_json(value))));
        tests.extend(when.contains_word.as_deref().map(|word| Self::ContainsWord(word.into())));
        tests
    }

    fn holds(&self, value: Option<&FieldValue<'_>>) -> bool {
        match (self, value) {
            (Self::Present(expected), value) => value.is_some() == *expected,
            (_, None) => false,
            (Self::Equals(expected), Some(value)) => value == expected,
            (Self::OneOf(expected), Some(value)) => expected.iter().any(|own| own == value),
            (Self::Contains(expected), Some(FieldValue::List(list))) => {
                expected.as_text().is_some_and(|expected| list.iter().any(|item| item == expected))
            }
            (Self::Contains(expected), Some(FieldValue::Json(json))) => {
                let items: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
                items.as_array().is_some_and(|items| items.contains(&expected.to_json()))
            }
            (Self::Contains(_), Some(_)) => false,
            (Self::ContainsWord(word), Some(FieldValue::List(list))) => {
                list.iter().any(|item| has_word(item, word))
            }
            (Self::ContainsWord(word), Some(value)) => {
                value.as_text().is_some_and(|text| has_word(text, word))
            }
        }
    }
}

/// Whether a word is among those of a text. Most texts are one word.
fn has_word(text: &str, word: &str) -> bool {
    match text.len().cmp(&word.len()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => text == word,
        std::cmp::Ordering::Greater => text.split(' ').any(|own| own == word),
    }
}
