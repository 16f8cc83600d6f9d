//! JSON Schema (draft 2020-12) of what people write: profiles, configurations, client metadata, and clients in Janssen's
//! schema. For editors, forms and other programs' checks; descriptions are those of this documentation.
//!
//! A schema says what can be *read*. Whether it makes sense is said by [`Profile::problems`](crate::Profile::problems),
//! [`RegistrarConfig::problems`](crate::RegistrarConfig::problems) and the policy.
//!
//! ```
//! let schema = oauth_dcr::schema::client_metadata();
//! assert_eq!(schema["properties"]["default_max_age"]["type"], "integer");
//! ```

mod janssen;
mod metadata;

use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::Value;

pub use self::janssen::janssen_client;

/// The schema of a [`Profile`](crate::Profile). It is as strict as reading one: a member that it does not have is refused.
///
/// ```
/// let schema = oauth_dcr::schema::profile();
/// assert_eq!(schema["properties"]["extends"]["description"], "Presets this profile starts from, left to right.");
/// ```
#[must_use]
pub fn profile() -> Value {
    of::<crate::Profile>("A profile of oauth-dcr")
}

/// The schema of a [`RegistrarConfig`](crate::RegistrarConfig). Further properties of Janssen are ignored, and so are not
/// refused by it.
///
/// ```
/// let schema = oauth_dcr::schema::registrar_config();
/// assert!(schema["properties"]["dynamicRegistrationEnabled"].is_object());
/// ```
#[must_use]
pub fn registrar_config() -> Value {
    of::<crate::RegistrarConfig>("A configuration of oauth-dcr, in Janssen's property names")
}

/// The schema of [`ClientMetadata`](crate::ClientMetadata): the body of a registration request, one property per row of
/// the field table. What only the server sets is `readOnly`, what is never answered is `writeOnly`.
///
/// ```
/// let schema = oauth_dcr::schema::client_metadata();
/// assert_eq!(schema["properties"]["client_id"]["readOnly"], true);
/// ```
#[must_use]
pub fn client_metadata() -> Value {
    of::<crate::ClientMetadata>("Client metadata (RFC 7591)")
}

fn of<T: JsonSchema>(title: &str) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.contract = schemars::generate::Contract::Deserialize;
    let mut schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    RecursiveTransform(without_links).transform(&mut schema);
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// The description of a schema without the targets of its links, which only rustdoc knows.
fn without_links(schema: &mut Schema) {
    let Some(Value::String(text)) = schema.get_mut("description") else { return };
    let mut parts = text.split("](");
    let mut plain = parts.next().unwrap_or_default().replace("[`", "`");
    for part in parts {
        let after = part.split_once(')').map_or(part, |(_, after)| after);
        plain.push_str(&after.replace("[`", "`"));
    }
    *text = plain.replace("`]", "`");
}

/// Says one more thing about a schema.
fn say(schema: &mut Value, keyword: &str, value: impl Into<Value>) {
    if let Value::Object(schema) = schema {
        schema.insert(keyword.to_owned(), value.into());
    }
}
