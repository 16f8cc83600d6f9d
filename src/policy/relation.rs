//! How what a statement or a certificate says relates to what was asked.

use std::borrow::Cow;

use super::apply::Facts;
use super::compile::Policy;
use super::merge::take_slot;
use super::steps::From;
use super::trace::{self, Recorder};
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, FieldValue, Kind, Origin};
use crate::profile::Relation;

/// Applies one `from`, of a rule if there is an id.
#[expect(clippy::too_many_arguments, reason = "one call, of a step that has all of them at hand")]
pub(super) fn apply<'a>(
    policy: &Policy,
    field: FieldId,
    from: &From,
    rule: Option<&str>,
    document: &mut Document<'a>,
    facts: &Facts<'a>,
    faults: &mut Vec<Violation>,
    recorder: &mut Recorder<'_>,
) {
    let kind = policy.member(field).map_or(Kind::Any, |member| member.kind);
    let (source, origin) = match (&from.statement, &from.cert) {
        (Some(claim), _) => {
            let Some(claims) = facts.statement else { return };
            (claim.get(claims).map(|value| value.into_owned().into_owned()), Origin::Statement)
        }
        (None, Some(attribute)) => {
            let values = facts.certificate.into_iter().flat_map(|own| own.attributes(attribute));
            let mut values = values.map(|text| Cow::Owned(text.to_owned())).peekable();
            let value = match kind {
                Kind::List | Kind::UriList if values.peek().is_some() => {
                    Some(FieldValue::List(values.collect::<Vec<_>>().into()))
                }
                _ => values.next().map(FieldValue::Text),
            };
            (value, Origin::Certificate)
        }
        (None, None) => return,
    };
    let name = || policy.name_of(field).to_owned();
    let Some(source) = source.map(|value| fit(kind, value)) else {
        if from.required {
            faults.push(missing(name(), from));
        }
        return;
    };
    let failure = policy.failure_of(field);
    let (check, says) = match origin {
        Origin::Certificate => ("certificate.relation", "the client certificate"),
        _ => ("statement.relation", "the software statement"),
    };
    let refuse = |message: String| Violation::new(name(), check, failure, message);
    match (from.relation, document.get(field)) {
        (Relation::Overrides, _) | (Relation::Fills | Relation::Equals | Relation::Bounds, None) => {
            take_slot(policy, document, field, recorder);
            trace::set(recorder, policy.name_of(field), &source, origin, rule);
            document.set(field, source, origin);
        }
        (Relation::Equals | Relation::EqualsIfPresent, Some(asked)) if !same(asked, &source) => {
            faults.push(refuse(format!("must equal what {says} says")));
        }
        (Relation::Bounds | Relation::BoundsIfPresent, Some(asked)) if !within(asked, &source) => {
            faults.push(refuse(format!("must be within what {says} lists")));
        }
        _ => {}
    }
}

/// What must be there and is not: the claim, the attribute, or the whole certificate.
fn missing(field: String, from: &From) -> Violation {
    if let Some(claim) = &from.statement {
        let message = format!("the software statement must have the claim {}", claim.name);
        return Violation::new(field, "statement.required_claim", Failure::STATEMENT_CLAIMS, message);
    }
    let attribute = from.cert.as_deref().unwrap_or_default();
    let message = format!("the client certificate must have {attribute}");
    Violation::new(field, "certificate.required_attribute", Failure::MTLS_BINDING, message)
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
