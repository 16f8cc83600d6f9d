//! How what a statement or a certificate says relates to what was asked.

use std::borrow::Cow;

use super::apply::{Facts, take_slot};
use super::compile::{From, Policy};
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, FieldValue, Kind, Origin};
use crate::profile::Relation;

/// Applies one `from`.
pub(super) fn apply<'a>(
    policy: &Policy,
    field: FieldId,
    from: &From,
    document: &mut Document<'a>,
    facts: &Facts<'a>,
    faults: &mut Vec<Violation>,
) {
    let kind = policy.member(field).map_or(Kind::Any, |member| member.kind);
    let (source, origin) = match (&from.statement, &from.cert) {
        (Some(claim), _) => {
            let Some(claims) = facts.statement else { return };
            (claim.get(claims).map(|value| value.into_owned().into_owned()), Origin::Statement)
        }
        (None, Some(attribute)) => {
            let Some(certificate) = facts.certificate else { return };
            let text =
                certificate.attribute(attribute).map(|text| FieldValue::Text(Cow::Owned(text.to_owned())));
            (text, Origin::Certificate)
        }
        (None, None) => return,
    };
    let name = || policy.name_of(field).to_owned();
    let Some(source) = source.map(|value| fit(kind, value)) else {
        if from.required {
            let claim = from.statement.as_ref().map_or_else(String::new, |claim| claim.name.to_string());
            let message = format!("the software statement must have the claim {claim}");
            faults.push(Violation::new(
                name(),
                "statement.required_claim",
                Failure::STATEMENT_CLAIMS,
                message,
            ));
        }
        return;
    };
    let failure = policy.failure_of(field);
    let refuse = |message: &str| Violation::new(name(), "statement.relation", failure, message);
    match (from.relation, document.get(field)) {
        (Relation::Overrides, _) | (Relation::Fills | Relation::Equals | Relation::Bounds, None) => {
            take_slot(document, field);
            document.set(field, source, origin);
        }
        (Relation::Equals | Relation::EqualsIfPresent, Some(asked)) if !same(asked, &source) => {
            faults.push(refuse("must equal what the software statement says"));
        }
        (Relation::Bounds | Relation::BoundsIfPresent, Some(asked)) if !within(asked, &source) => {
            faults.push(refuse("must be within what the software statement lists"));
        }
        _ => {}
    }
}

/// Brings a claim into the form of the member: one text is a list of one.
fn fit(kind: Kind, value: FieldValue<'static>) -> FieldValue<'static> {
    match (kind, value) {
        (Kind::List | Kind::UriList, FieldValue::Text(text)) => FieldValue::List(vec![text].into()),
        (Kind::Words, FieldValue::List(list)) => FieldValue::Text(list.join(" ").into()),
        (_, value) => value,
    }
}

fn same(asked: &FieldValue<'_>, source: &FieldValue<'_>) -> bool {
    match (asked, source) {
        (FieldValue::List(asked), FieldValue::List(source)) => {
            asked.len() == source.len() && asked.iter().all(|item| source.contains(item))
        }
        (FieldValue::Json(_), FieldValue::Json(_)) => asked.to_json() == source.to_json(),
        _ => asked == source,
    }
}

fn within(asked: &FieldValue<'_>, source: &FieldValue<'_>) -> bool {
    match (asked, source) {
        (FieldValue::List(asked), FieldValue::List(source)) => asked.iter().all(|item| source.contains(item)),
        (FieldValue::Text(asked), FieldValue::Text(source)) => {
            asked.split(' ').all(|word| source.split(' ').any(|own| own == word))
        }
        _ => same(asked, source),
    }
}
