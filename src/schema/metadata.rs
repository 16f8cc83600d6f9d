//! Client metadata, made of the field table.

use std::borrow::Cow;

use super::say;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::metadata::{ClientMetadata, FieldSpec, Group, Kind, fields};

impl JsonSchema for ClientMetadata {
    fn schema_name() -> Cow<'static, str> {
        "ClientMetadata".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Value> =
            fields::TABLE.iter().map(|row| (row.name.to_owned(), property(row))).collect();
        let variants: Map<String, Value> = fields::TABLE
            .iter()
            .filter(|row| row.localized)
            .map(|row| (format!("^{}#.+$", row.name), kind(row.kind)))
            .collect();
        json_schema!({
            "type": "object",
            "description": "What a client says of itself when it registers, and is answered. Members that are not listed are dropped, unless the server names them.",
            "properties": properties,
            "patternProperties": variants,
        })
    }
}

fn property(row: &FieldSpec) -> Value {
    let mut schema = kind(row.kind);
    say(&mut schema, "description", description(row));
    match row.group {
        Group::Server | Group::HostOnly => say(&mut schema, "readOnly", true),
        Group::Choice => say(&mut schema, "writeOnly", true),
        Group::OAuth | Group::OpenId | Group::Later | Group::Janssen | Group::Envelope => {}
    }
    schema
}

/// What the documentation says of a row, and its source.
pub(super) fn description(row: &FieldSpec) -> String {
    let lines: Vec<&str> = row.doc.lines().map(str::trim).collect();
    let paragraphs: Vec<String> = lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
    format!("{}\n\nSource: {}.", paragraphs.join("\n\n"), row.spec)
}

/// The JSON type of a member. `null` and empty text count as left out, but for `null` the standards have no word.
pub(super) fn kind(kind: Kind) -> Value {
    match kind {
        Kind::String | Kind::Words => json!({ "type": "string" }),
        Kind::Uri => json!({ "type": "string", "format": "uri" }),
        Kind::HttpsUri => {
            json!({ "type": "string", "format": "uri", "pattern": "^([hH][tT][tT][pP][sS]://.*)?$" })
        }
        Kind::WebUri => {
            json!({ "type": "string", "format": "uri", "pattern": "^([hH][tT][tT][pP][sS]?://.*)?$" })
        }
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int => json!({ "type": "integer" }),
        Kind::List => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::UriList => json!({ "type": "array", "items": { "type": "string", "format": "uri" } }),
        Kind::Object => json!({ "type": "object" }),
        Kind::Any => json!({}),
    }
}
