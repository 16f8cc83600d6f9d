//! From a document to a client.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::form::Form;
use super::place::{Part, Place};
use super::write::{entry_name, own_members};
use super::{JanssenError, JanssenFault, OWN_MEMBER, date};
use crate::client::{Client, TRUSTED};
use crate::issue;
use crate::json;
use crate::metadata::{ClientMetadata, Document, FieldId, Origin, fields};
use crate::secret::TokenDigest;

/// How documents are read.
///
/// ```
/// use oauth_dcr::{StoredSecret, janssen};
///
/// let reader = janssen::Reader::default()
///     .with_profile("fapi2-security")
///     .with_secret_decoder(|encoded| encoded.strip_prefix("sealed:").map(str::to_owned));
/// let client = reader.read(&serde_json::json!({
///     "inum": "4f2a6e1b",
///     "clientIdIssuedAt": "2022-08-31T10:39:31.385Z",
///     "tokenEndpointAuthMethod": "client_secret_basic",
///     "clientSecret": "sealed:4148f812",
/// }))?;
/// assert_eq!(&*client.provenance().profile, "fapi2-security");
/// assert!(matches!(client.secret(), Some(StoredSecret::Digest(digest)) if digest.matches("4148f812")));
/// # Ok::<(), janssen::JanssenError>(())
/// ```
#[derive(Clone)]
pub struct Reader {
    profile: Arc<str>,
    custom_attributes: Vec<String>,
    readable_secrets: bool,
    decoder: Option<Arc<Decoder>>,
}

type Decoder = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Default for Reader {
    fn default() -> Self {
        let profile = "standard".into();
        Self { profile, custom_attributes: Vec::new(), readable_secrets: false, decoder: None }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("profile", &self.profile)
            .field("custom_attributes", &self.custom_attributes)
            .field("readable_secrets", &self.readable_secrets)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// The profile that updates of the client must satisfy: the name of one of the registrar's. Default: `standard`.
    #[must_use]
    pub fn with_profile(self, profile: &str) -> Self {
        Self { profile: profile.into(), ..self }
    }

    /// The custom attributes that become metadata, which clients are told: `dynamicRegistrationCustomAttributes`.
    /// Default: none; they are kept.
    #[must_use]
    pub fn with_custom_attributes<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Self {
        Self { custom_attributes: names.into_iter().map(str::to_owned).collect(), ..self }
    }

    /// Every secret stays readable, not only those that are computed with; for hosts that write clients back. Default:
    /// the others become digests.
    #[must_use]
    pub fn with_readable_secrets(self) -> Self {
        Self { readable_secrets: true, ..self }
    }

    /// What makes the secret in clear of `clientSecret`, for a Janssen database, which encrypts it. Nothing for a text
    /// that it cannot read. Default: the text is the secret.
    #[must_use]
    pub fn with_secret_decoder(
        self,
        decoder: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self { decoder: Some(Arc::new(decoder)), ..self }
    }

    /// Reads a client.
    ///
    /// # Errors
    ///
    /// Every member whose type is wrong, or that is missing.
    pub fn read(&self, document: &Value) -> Result<Client, JanssenError> {
        let mut faults = Faults(Vec::new());
        let Some(document) = document.as_object() else {
            faults.add("", "must be a JSON object");
            return Err(JanssenError { faults: faults.0 });
        };
        let mut record = self.record(document, &mut faults);
        if let Some(own) = document.get(OWN_MEMBER) {
            match own {
                Value::Object(changes) => {
                    change(&mut record, changes);
                    if let Some(Value::Object(metadata)) = record.get("metadata") {
                        let (metadata, _) = decoded(metadata, &mut faults);
                        record.insert("metadata".to_owned(), metadata);
                    }
                }
                _ => faults.add(OWN_MEMBER, "must be an object"),
            }
        }
        for (member, name) in [("inum", "id"), ("clientIdIssuedAt", "issued_at")] {
            if !record.contains_key(name) && !faults.0.iter().any(|fault| fault.member == member) {
                faults.add(member, "is missing");
            }
        }
        if !faults.0.is_empty() {
            return Err(JanssenError { faults: faults.0 });
        }
        // The members were judged one by one, so that what is wrong now came with the changes.
        let client = Client::deserialize(Value::Object(record)).map_err(|error| JanssenError {
            faults: vec![JanssenFault { member: OWN_MEMBER.to_owned(), message: error.to_string() }],
        })?;
        let kept = kept(document, &client);
        Ok(client.with_janssen_members(kept))
    }

    /// The serde form of the client, as far as Janssen's members make it.
    fn record(&self, document: &Map<String, Value>, faults: &mut Faults) -> Map<String, Value> {
        let mut record = Map::new();
        let mut flags = Map::new();
        let mut metadata = Map::new();
        let mut secret = None;
        for (place, value) in Place::all(document) {
            if let Some(field) = place.field() {
                wire(field, place, value, &mut metadata, faults);
            } else if place.is_attributes() && !value.is_null() && !value.is_object() {
                faults.add(place, "must be an object");
            } else if let Some(part) = place.part() {
                let told = self.part(part, value, &mut record, &mut flags, &mut metadata);
                told.unwrap_or_else(|message| faults.add(place, message));
                if part == Part::Secret {
                    secret = value.as_str().filter(|secret| !secret.is_empty());
                }
            }
        }
        let (metadata, document) = decoded(&metadata, faults);
        if let Some(secret) = secret {
            match self.secret(secret, document.as_ref()) {
                Some(secret) => _ = record.insert("secret".to_owned(), secret),
                None => faults.add("clientSecret", "could not be decoded"),
            }
        }
        record.insert("metadata".to_owned(), metadata);
        record.insert("flags".to_owned(), Value::Object(flags));
        record.insert("provenance".to_owned(), json!({ "profile": self.profile }));
        record.insert("revision".to_owned(), 1.into());
        record
    }

    /// Reads a member that is no metadata.
    fn part(
        &self,
        part: Part,
        value: &Value,
        record: &mut Map<String, Value>,
        flags: &mut Map<String, Value>,
        metadata: &mut Map<String, Value>,
    ) -> Result<(), String> {
        if value.is_null() {
            return Ok(());
        }
        match part {
            Part::Id => {
                let id = value.as_str().and_then(crate::ClientId::new);
                let id = id.ok_or("must be a string of 1 to 256 visible ASCII characters")?;
                record.insert("id".to_owned(), id.as_str().into());
            }
            Part::Secret => _ = value.as_str().ok_or("must be a string")?,
            Part::Token => {
                let token = value.as_str().ok_or("must be a string")?;
                if !token.is_empty() {
                    let digest = TokenDigest::of(token).to_text();
                    record.insert("registration_access_token".to_owned(), digest.into());
                }
            }
            Part::Time(name) => {
                record.insert(name.to_owned(), date::read(value)?.into());
            }
            Part::Flag(name) => {
                value.as_bool().ok_or("must be true or false")?;
                flags.insert(name.to_owned(), value.clone());
            }
            Part::CustomAttributes => {
                for entry in value.as_array().ok_or("must be an array of objects")? {
                    self.custom_attribute(entry, metadata)?;
                }
            }
            Part::Text | Part::KeptTime | Part::Number | Part::Texts => {}
        }
        Ok(())
    }

    /// Makes metadata of a custom attribute, if it is to be.
    fn custom_attribute(&self, entry: &Value, metadata: &mut Map<String, Value>) -> Result<(), String> {
        let name = entry_name(entry).ok_or("must be an array of objects with a `name`")?;
        if self.custom_attributes.iter().any(|own| own == name) && FieldId::of(name).is_none() {
            let values = entry.get("values").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let is_list = entry.get("multiValued").and_then(Value::as_bool).unwrap_or(false);
            let value = match values {
                [one] if !is_list => one.clone(),
                values => values.to_vec().into(),
            };
            metadata.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// The stored form of a secret; nothing if it cannot be decoded.
    fn secret(&self, text: &str, metadata: Option<&Document<'_>>) -> Option<Value> {
        let clear = match &self.decoder {
            Some(decode) => decode(text)?,
            None => text.to_owned(),
        };
        let is_computed_with = metadata.is_some_and(|metadata| {
            metadata.text(fields::TOKEN_ENDPOINT_AUTH_METHOD) == Some("client_secret_jwt")
                || issue::uses_symmetric_algorithm(metadata)
        });
        Some(match self.readable_secrets || is_computed_with {
            true => json!({ "value": clear }),
            false => json!({ "digest": TokenDigest::of(&clear).to_text() }),
        })
    }
}

struct Faults(Vec<JanssenFault>);

impl Faults {
    fn add(&mut self, member: impl ToString, message: impl Into<String>) {
        self.0.push(JanssenFault { member: member.to_string(), message: message.into() });
    }
}

/// Puts a member of the field table where the wire has it.
fn wire(
    field: FieldId,
    place: Place<'_>,
    value: &Value,
    metadata: &mut Map<String, Value>,
    faults: &mut Faults,
) {
    let Some(spec) = field.spec() else { return };
    match Form::of(field, spec).read(value) {
        Ok(Some(value)) => _ = metadata.insert(spec.name.to_owned(), value),
        Ok(None) => {}
        Err(message) => faults.add(place, message),
    }
}

/// The metadata as the engine writes it, and what is wrong with it in Janssen's names.
fn decoded(metadata: &Map<String, Value>, faults: &mut Faults) -> (Value, Option<Document<'static>>) {
    let text = Value::Object(metadata.clone()).to_string();
    let document = match json::read_object(text.as_bytes(), TRUSTED, Origin::Stored) {
        Ok(document) => document,
        Err(fault) => {
            faults.add("", fault.to_string());
            return (Value::Null, None);
        }
    };
    let (typed, wrong) = ClientMetadata::decode(&document);
    for fault in &wrong {
        let end = fault.field.find(['[', '#']).unwrap_or(fault.field.len());
        let (name, index) = fault.field.split_at(end);
        let column = FieldId::of(name).and_then(FieldId::spec).and_then(|spec| spec.janssen);
        faults.add(format_args!("{}{index}", column.unwrap_or(name)), fault.message.clone());
    }
    let document = typed.encode();
    (serde_json::from_str(&document.to_json_text()).unwrap_or_default(), Some(document))
}

/// Changes the record as [`OWN_MEMBER`] says.
fn change(record: &mut Map<String, Value>, changes: &Map<String, Value>) {
    for (name, change) in changes {
        match (record.get_mut(name), change) {
            (Some(Value::Object(own)), Value::Object(changes)) if own_members(name) => {
                for (name, change) in changes {
                    put(own, name, change);
                }
            }
            _ => put(record, name, change),
        }
    }
}

/// Sets a member, or removes it with `null`.
fn put(object: &mut Map<String, Value>, name: &str, value: &Value) {
    if value.is_null() {
        // What `remove` does to the order of the others does not matter here.
        object.remove(name);
    } else {
        object.insert(name.to_owned(), value.clone());
    }
}

/// What of a document the client does not say in the same form. Credentials are never among it.
fn kept(document: &Map<String, Value>, client: &Client) -> Map<String, Value> {
    let written = super::write::members(client);
    let mut kept = Map::new();
    for (place, value) in Place::all(document) {
        let value = match place.part() {
            Some(Part::Secret | Part::Token) => continue,
            Some(Part::CustomAttributes) => others(value, client),
            _ if place.get(&written) == Some(value) => continue,
            _ => value.clone(),
        };
        if !value.as_array().is_some_and(Vec::is_empty) || place.get(document) == Some(&value) {
            place.set(&mut kept, value);
        }
    }
    kept
}

/// The custom attributes that are not metadata of the client.
fn others(entries: &Value, client: &Client) -> Value {
    let Value::Array(entries) = entries else { return entries.clone() };
    let is_metadata =
        |entry: &&Value| entry_name(entry).is_some_and(|name| client.metadata().extra.contains_key(name));
    entries.iter().filter(|entry| !is_metadata(entry)).cloned().collect()
}
