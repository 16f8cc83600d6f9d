//! From a client to a document.

use serde_json::{Map, Value, json};

use super::form::Form;
use super::place::{Part, Place, RECORD};
use super::{OWN_MEMBER, date};
use crate::client::Client;
use crate::metadata::{FieldId, fields};

/// Writes a client. Secrets that are readable are in it in clear.
///
/// ```
/// use oauth_dcr::janssen;
///
/// let document = serde_json::json!({
///     "inum": "4f2a6e1b",
///     "clientIdIssuedAt": "2022-08-31T10:39:31.000Z",
///     "registrationAccessToken": "eaee20de",
/// });
/// let client = janssen::read(&document)?;
/// let written = janssen::write(&client);
/// assert_eq!(written["inum"], "4f2a6e1b");
/// // Of the token there is a digest, which is none of Janssen's members.
/// assert!(written.get("registrationAccessToken").is_none());
/// assert!(written[janssen::OWN_MEMBER]["registration_access_token"].is_string());
/// assert_eq!(janssen::read(&written)?, client);
/// # Ok::<(), janssen::JanssenError>(())
/// ```
#[must_use]
pub fn write(client: &Client) -> Value {
    let mut document = members(client);
    lay_kept_over(&mut document, client);
    let read = super::read(&Value::Object(document.clone())).map(|read| form(&read)).unwrap_or_default();
    let changes = changes(&read, &form(client));
    if !changes.is_empty() {
        document.insert(OWN_MEMBER.to_owned(), Value::Object(changes));
    }
    Value::Object(document)
}

/// What Janssen's members say of a client.
pub(super) fn members(client: &Client) -> Map<String, Value> {
    let form = form(client);
    let mut document = Map::new();
    for member in RECORD {
        if let Some(value) = part(member.part, client, &form) {
            Place::top(member.name).set(&mut document, value);
        }
    }
    let metadata = form.get("metadata").and_then(Value::as_object);
    for (field, spec) in fields::TABLE.iter().filter_map(|spec| Some((FieldId::of(spec.name)?, spec))) {
        let value = metadata.and_then(|metadata| metadata.get(spec.name));
        if let (Some(place), Some(value)) = (Place::of(spec), value)
            && place.get(&document).is_none()
        {
            place.set(&mut document, Form::of(field, spec).write(value));
        }
    }
    document
}

/// What is said of a client that is no metadata of the field table.
fn part(part: Part, client: &Client, form: &Map<String, Value>) -> Option<Value> {
    match part {
        Part::Id => Some(client.id().as_str().into()),
        Part::Secret => client.secret()?.expose_secret().map(Value::from),
        Part::Time(name) => date::write(form.get(name)?.as_i64()?),
        Part::Flag(name) => form.get("flags")?.get(name).filter(|flag| **flag == true).cloned(),
        Part::CustomAttributes => {
            let entries: Vec<Value> = client.metadata().extra.iter().map(custom_attribute).collect();
            (!entries.is_empty()).then(|| entries.into())
        }
        Part::Token | Part::Text | Part::KeptTime | Part::Number | Part::Texts => None,
    }
}

fn custom_attribute((name, value): (&String, &Value)) -> Value {
    match value {
        Value::Array(values) => json!({ "name": name, "multiValued": true, "values": values }),
        one => json!({ "name": name, "multiValued": false, "values": [one] }),
    }
}

/// The name of a custom attribute.
pub(super) fn entry_name(entry: &Value) -> Option<&str> {
    entry.get("name")?.as_str()
}

/// Gives back what was kept when the client was read: what it has no place for, and the forms of values that are still
/// the same.
fn lay_kept_over(document: &mut Map<String, Value>, client: &Client) {
    let Some(kept) = client.janssen_members() else { return };
    let mut candidate = document.clone();
    // An empty `attributes` is nothing where there are some by now.
    let is_to_be_given = |place: &Place<'_>| !place.is_attributes() || place.get(document).is_none();
    let kept: Vec<_> = Place::all(kept).filter(|(place, _)| is_to_be_given(place)).collect();
    for &(place, value) in &kept {
        place.set(&mut candidate, value.clone());
    }
    let read = super::read(&Value::Object(candidate)).map(|read| members(&read)).unwrap_or_default();
    let own = document.clone();
    for (place, value) in kept {
        let is_known = place.field().is_some() || place.part().is_some();
        match (place.part(), value, place.get(&own)) {
            (Some(Part::CustomAttributes), Value::Array(kept), Some(Value::Array(own))) => {
                place.set(document, kept.iter().chain(own).cloned().collect());
            }
            (Some(Part::CustomAttributes), ..) => place.set(document, value.clone()),
            (_, _, current) if !is_known || place.get(&read) == current => {
                place.set(document, value.clone());
            }
            _ => {}
        }
    }
}

/// The serde form of a client, without what was kept.
fn form(client: &Client) -> Map<String, Value> {
    match serde_json::to_value(client) {
        Ok(Value::Object(mut form)) => {
            form.remove("janssen");
            form
        }
        _ => Map::new(),
    }
}

/// Whether the members of this one are changed one by one.
pub(super) fn own_members(name: &str) -> bool {
    matches!(name, "metadata" | "flags" | "provenance")
}

/// What makes one form of the other.
fn changes(from: &Map<String, Value>, to: &Map<String, Value>) -> Map<String, Value> {
    let mut changes = Map::new();
    for (name, value) in to {
        match (from.get(name), value) {
            (Some(own), value) if own == value => {}
            (Some(Value::Object(own)), Value::Object(value)) if own_members(name) => {
                changes.insert(name.clone(), Value::Object(changes_of(own, value)));
            }
            _ => _ = changes.insert(name.clone(), value.clone()),
        }
    }
    for name in from.keys().filter(|name| !to.contains_key(*name)) {
        changes.insert(name.clone(), Value::Null);
    }
    changes
}

fn changes_of(from: &Map<String, Value>, to: &Map<String, Value>) -> Map<String, Value> {
    let set = to.iter().filter(|(name, value)| from.get(*name) != Some(value));
    let removed = from.keys().filter(|name| !to.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    set.map(|(name, value)| (name.clone(), value.clone())).chain(removed).collect()
}
