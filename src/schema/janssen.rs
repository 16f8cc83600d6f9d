//! A client in Janssen's schema: the camel-case column of the field table, and the members of the record.

use serde_json::{Map, Value, json};

use super::metadata::{description, kind};
use super::say;
use crate::janssen::{Form, OWN_MEMBER, Part, Place, RECORD};
use crate::metadata::{FieldId, Kind, fields};

/// The schema of a client in Janssen's client schema, as [`janssen`](crate::janssen) reads and writes it.
///
/// ```
/// let schema = oauth_dcr::schema::janssen_client();
/// assert_eq!(schema["properties"]["redirectUris"]["type"][0], "array");
/// assert!(schema["properties"]["attributes"]["properties"]["parLifetime"].is_object());
/// ```
#[must_use]
pub fn janssen_client() -> Value {
    let mut properties = Map::new();
    for member in RECORD {
        let mut schema = part(member.part);
        say(&mut schema, "description", member.doc);
        Place::top(member.name).set(&mut properties, schema);
    }
    let mut attributes = Map::new();
    for row in fields::TABLE {
        let (Some(place), Some(field)) = (Place::of(row), FieldId::of(row.name)) else { continue };
        let target = if place.is_attribute() { &mut attributes } else { &mut properties };
        if !target.contains_key(place.name()) {
            let mut schema = or_null(form(Form::of(field, row), row.kind));
            say(&mut schema, "description", description(row));
            target.insert(place.name().to_owned(), schema);
        }
    }
    properties.insert(
        "attributes".to_owned(),
        json!({ "type": ["object", "null"], "description": "Further members.", "properties": attributes }),
    );
    properties.insert(
        OWN_MEMBER.to_owned(),
        json!({
            "type": "object",
            "description": "What Janssen has no place for, in the names of the record of oauth-dcr: set, or with null removed.",
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A client in the client schema of the Janssen Auth Server",
        "type": "object",
        "properties": properties,
        "required": ["inum", "clientIdIssuedAt"],
    })
}

fn part(part: Part) -> Value {
    match part {
        Part::Id => json!({ "type": "string", "pattern": "^[!-~]{1,256}$" }),
        Part::Secret | Part::Token | Part::Text => json!({ "type": ["string", "null"] }),
        Part::Time(_) | Part::KeptTime => {
            json!({ "type": ["string", "integer", "null"], "format": "date-time" })
        }
        Part::Flag(_) => json!({ "type": ["boolean", "null"] }),
        Part::Number => json!({ "type": ["integer", "null"] }),
        Part::Texts => json!({ "type": ["array", "null"], "items": { "type": "string" } }),
        Part::CustomAttributes => json!({
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "properties": {
                    "name": { "type": "string", "description": "Its name." },
                    "multiValued": { "type": "boolean", "description": "Whether it is a list." },
                    "values": { "type": "array", "description": "Its values; one, if it is no list." },
                },
                "required": ["name"],
            },
        }),
    }
}

fn form(form: Form, own: Kind) -> Value {
    match form {
        Form::List => json!({ "type": ["array", "string"], "items": { "type": "string" } }),
        Form::ListOfOne => {
            json!({ "type": ["array", "string"], "items": { "type": "string" }, "maxItems": 1 })
        }
        Form::Text => json!({ "type": ["string", "object"] }),
        // What a URI looks like is no matter of this schema: Janssen keeps any text.
        Form::Same if matches!(own, Kind::Uri | Kind::HttpsUri | Kind::WebUri) => kind(Kind::String),
        Form::Same if own == Kind::UriList => kind(Kind::List),
        Form::Same | Form::SingleWords | Form::Encryption => kind(own),
    }
}

fn or_null(mut schema: Value) -> Value {
    let types = match schema.get("type").cloned() {
        Some(Value::Array(types)) => types,
        one => one.into_iter().collect(),
    };
    say(&mut schema, "type", types.into_iter().chain([Value::from("null")]).collect::<Value>());
    schema
}
