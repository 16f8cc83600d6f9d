//! How properties may be written, as JSON Schema: what [`lenient`](super::lenient) reads.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::ConfiguredKeys;
use crate::secret::SharedSecret;

/// An absolute URL.
#[derive(JsonSchema)]
#[schemars(inline)]
pub(super) struct Uri(#[schemars(extend("format" = "uri"), with = "String")] ());

/// Words, as a list or in one text.
#[derive(JsonSchema)]
#[schemars(inline, untagged)]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) enum Words {
    Text(String),
    List(Vec<String>),
}

impl JsonSchema for ConfiguredKeys {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConfiguredKeys".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["object", "string"] })
    }
}

impl JsonSchema for SharedSecret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SharedSecret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "writeOnly": true })
    }
}

/// Text for booleans and numbers, and `null` for everything.
pub(super) fn lenient(schema: &mut Schema) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        let types: Vec<String> = match property.get("type") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => {
                several.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => {
                may_be_null(property);
                continue;
            }
        };
        let has = |word: &str| types.iter().any(|own| own == word);
        let pattern = match (has("boolean"), has("integer"), has("string")) {
            (true, _, false) => {
                Some(format!("^\\s*({}|{})?\\s*$", in_any_case("true"), in_any_case("false")))
            }
            (_, true, false) => Some(r"^\s*([+-]?[0-9]+)?\s*$".to_owned()),
            _ => None,
        };
        let mut all = types.clone();
        if let Some(pattern) = pattern {
            all.push("string".to_owned());
            property.insert("pattern".to_owned(), pattern.into());
        }
        if !has("null") {
            all.push("null".to_owned());
        }
        property.insert("type".to_owned(), all.into());
    }
}

/// The same in each of several forms.
pub(super) fn choice(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.get_mut("anyOf") else { return };
    for choice in choices {
        if let Ok(choice) = <&mut Schema>::try_from(choice) {
            lenient(choice);
        }
    }
}

/// Lets a property be `null` whose schema is a reference or a choice.
fn may_be_null(property: &mut Map<String, Value>) {
    if let Some(Value::Array(choices)) = property.get_mut("anyOf") {
        if !choices.iter().any(|choice| choice["type"] == "null") {
            choices.push(json!({ "type": "null" }));
        }
    } else if let Some(reference) = property.remove("$ref") {
        property.insert("anyOf".to_owned(), json!([{ "$ref": reference }, { "type": "null" }]));
    }
}

/// The words of an enum, in upper or lower case.
pub(super) fn any_case(schema: &mut Schema) {
    let Some(Value::Array(words)) = schema.get_mut("oneOf") else { return };
    for word in words.iter_mut().filter_map(Value::as_object_mut) {
        let Some(Value::String(text)) = word.remove("const") else { continue };
        word.insert("pattern".to_owned(), format!(r"^\s*{}\s*$", in_any_case(&text)).into());
        word.insert("title".to_owned(), text.into());
    }
}

/// A regular expression of a word in any case: the dialect of JSON Schema has no flag for that.
fn in_any_case(word: &str) -> String {
    let letter = |letter: char| match letter.is_ascii_alphabetic() {
        true => format!("[{}{letter}]", letter.to_ascii_uppercase()),
        false => letter.to_string(),
    };
    word.chars().map(letter).collect()
}

pub(super) fn supported(schema: &mut Schema) {
    alias(schema, "grantTypesSupportedByDynamicRegistration", "dynamicGrantTypeDefault");
    lenient(schema);
}

pub(super) fn registrar_config(schema: &mut Schema) {
    lenient(schema);
}

/// Each member has a spelling with underscores too, and `scopes` one without its `s`.
pub(super) fn ssa_validation_config(schema: &mut Schema) {
    for (name, other) in [
        ("scopes", "scope"),
        ("displayName", "display_name"),
        ("allowedClaims", "allowed_claims"),
        ("jwksUri", "jwks_uri"),
        ("configurationEndpoint", "configuration_endpoint"),
        ("configurationEndpointClaim", "configuration_endpoint_claim"),
        ("sharedSecret", "shared_secret"),
    ] {
        alias(schema, name, other);
    }
    lenient(schema);
}

/// Another spelling of a property.
fn alias(schema: &mut Schema, name: &str, other: &str) {
    if let Some(Value::Object(properties)) = schema.get_mut("properties")
        && let Some(Value::Object(property)) = properties.get(name)
    {
        let mut property = property.clone();
        property.insert("description".to_owned(), format!("Another spelling of `{name}`.").into());
        properties.insert(other.to_owned(), Value::Object(property));
    }
}
