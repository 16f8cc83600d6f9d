//! The typed face of metadata: reading it out of a document and writing it back.

use std::borrow::Cow;

use super::{
    ApplicationType, Document, Extra, FieldId, FieldValue, GrantType, JweAlgorithm, JweEncryption,
    JwsAlgorithm, Localized, MetadataUri, Origin, RedirectUri, ResponseType, Scope, SubjectType,
    TokenDeliveryMode, TokenEndpointAuthMethod, Unfit, Variant,
};
use crate::error::{Failure, Rejection, Violation};
use crate::json::{self, Limits};
use crate::secret::{ClientSecret, RegistrationAccessToken};

pub use super::fields::ClientMetadata;

impl ClientMetadata {
    /// Reads metadata from the text of a JSON object. Only types are checked here: what a server demands of the
    /// values is its policy. Names that no row declares go to [`extra`](Self::extra).
    ///
    /// # Errors
    ///
    /// All members whose JSON type is wrong, or the reason why the text is not a JSON object.
    pub fn from_json(text: &str) -> Result<Self, Rejection> {
        let limits = Limits { depth: 32, members: 1000 };
        let document = json::read_object(text.as_bytes(), limits, Origin::Request).map_err(|fault| {
            Rejection::malformed(Violation::new("", "json", Failure::REQUEST_MALFORMED, fault.to_string()))
        })?;
        let (metadata, faults) = Self::decode(&document);
        if faults.is_empty() { Ok(metadata) } else { Err(Rejection::of_metadata(faults)) }
    }

    /// Reads metadata out of a document, and every member that did not fit.
    pub(crate) fn decode(document: &Document<'_>) -> (Self, Vec<Violation>) {
        let mut faults = Vec::new();
        let mut metadata = Self::default();
        metadata.read_fields(document, &mut faults);
        for extra in &document.extras {
            // A member that is null is left out, one that no row declares as any other.
            match serde_json::from_str(&extra.json).unwrap_or_default() {
                serde_json::Value::Null => {}
                value => _ = metadata.extra.insert(extra.name.to_string(), value),
            }
        }
        for (field, value, _) in document.iter().filter(|(field, ..)| field.spec().is_none()) {
            metadata.extra.insert(document.name(field).to_owned(), value.to_json());
        }
        (metadata, faults)
    }

    pub(crate) fn encode(&self) -> Document<'static> {
        let mut document = Document::with_capacity(32);
        self.write_fields(&mut document);
        for (name, value) in &self.extra {
            document
                .extras
                .push(Extra { name: Cow::Owned(name.clone()), json: Cow::Owned(value.to_string()) });
        }
        document
    }

    /// The metadata as a JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.encode().to_json_text()
    }
}

/// Of a second variant with the tag of another one.
pub(crate) const SAME_TAG: &str = "is there twice: language tags are compared without regard to case";

/// What a field of [`ClientMetadata`] can be made of.
pub(super) trait FieldType {
    fn read(document: &Document<'_>, field: FieldId, faults: &mut Vec<Violation>) -> Self;
    fn write(&self, field: FieldId, document: &mut Document<'static>);
}

/// A type that one value turns into, or nothing if the JSON type is wrong.
trait FromValue: Sized {
    fn from_value(value: &FieldValue<'_>) -> Option<Self>;
    fn to_value(&self) -> FieldValue<'static>;
}

impl<T: FromValue> FieldType for Option<T> {
    fn read(document: &Document<'_>, field: FieldId, faults: &mut Vec<Violation>) -> Self {
        let value = document.get(field)?;
        let read = T::from_value(value);
        if read.is_none() {
            faults.push(type_fault(document.name(field), field, value));
        }
        read
    }

    fn write(&self, field: FieldId, document: &mut Document<'static>) {
        if let Some(value) = self {
            document.set(field, value.to_value(), Origin::Stored);
        }
    }
}

impl FieldType for Localized {
    fn read(document: &Document<'_>, field: FieldId, faults: &mut Vec<Violation>) -> Self {
        let plain = <Option<String> as FieldType>::read(document, field, faults).map(Into::into);
        let mut read = Self { plain, variants: Vec::new() };
        for variant in document.variants.iter().filter(|variant| variant.field == field) {
            let name = || format!("{}#{}", document.name(field), variant.tag);
            match variant.value.as_text() {
                None => faults.push(type_fault(&name(), field, &variant.value)),
                Some(_) if read.get(&variant.tag).is_some() => {
                    faults.push(Violation::new(name(), "language.duplicate", Failure::METADATA, SAME_TAG));
                }
                Some(text) => read.variants.push((variant.tag.as_ref().into(), text.into())),
            }
        }
        read
    }

    fn write(&self, field: FieldId, document: &mut Document<'static>) {
        if let Some(plain) = &self.plain {
            document.set(field, FieldValue::Text(Cow::Owned(plain.to_string())), Origin::Stored);
        }
        for (tag, value) in &self.variants {
            document.variants.push(Variant {
                field,
                tag: Cow::Owned(tag.to_string()),
                origin: Origin::Stored,
                value: FieldValue::Text(Cow::Owned(value.to_string())),
            });
        }
    }
}

/// The fault of a value whose JSON type is not the one of its row.
pub(crate) fn type_fault(name: &str, field: FieldId, value: &FieldValue<'_>) -> Violation {
    let demand = field.spec().map_or("", |spec| spec.kind.demand());
    match value {
        FieldValue::Unfit(Unfit::Control(None)) => {
            Violation::new(name.to_owned(), "control_character", Failure::METADATA, "has a control character")
        }
        FieldValue::Unfit(Unfit::Control(Some(index))) => Violation::new(
            format!("{name}[{index}]"),
            "control_character",
            Failure::METADATA,
            "has a control character",
        ),
        FieldValue::Unfit(Unfit::Element(index, found)) => {
            let message = format!("must be a string and not {found}");
            Violation::new(format!("{name}[{index}]"), "type", Failure::METADATA, message)
        }
        value => {
            let message = format!("{demand} and not {}", value.type_name());
            Violation::new(name.to_owned(), "type", Failure::METADATA, message)
        }
    }
}

macro_rules! text_values {
    ($($type:ty: $from:expr, $to:expr;)+) => { $(
        impl FromValue for $type {
            fn from_value(value: &FieldValue<'_>) -> Option<Self> {
                value.as_text().map($from)
            }

            fn to_value(&self) -> FieldValue<'static> {
                FieldValue::Text(Cow::Owned($to(self).to_owned()))
            }
        }

        impl FromValue for Vec<$type> {
            fn from_value(value: &FieldValue<'_>) -> Option<Self> {
                Some(value.as_list()?.iter().map(|text| $from(text)).collect())
            }

            fn to_value(&self) -> FieldValue<'static> {
                FieldValue::List(self.iter().map(|item| Cow::Owned($to(item).to_owned())).collect())
            }
        }
    )+ };
}

text_values! {
    String: |text: &str| text.to_owned(), String::as_str;
    MetadataUri: |text: &str| MetadataUri(text.into()), MetadataUri::as_str;
    RedirectUri: |text: &str| RedirectUri(text.into()), RedirectUri::as_str;
    ClientSecret: |text: &str| ClientSecret::from(text.to_owned()), ClientSecret::expose_secret;
    RegistrationAccessToken: |text: &str| RegistrationAccessToken::from(text.to_owned()),
        RegistrationAccessToken::expose_secret;
    Scope: |text: &str| Scope(text.into()), Scope::as_str;
    GrantType: |text: &str| GrantType::from(text), GrantType::as_str;
    ResponseType: |text: &str| ResponseType::from(text), ResponseType::as_str;
    TokenEndpointAuthMethod: |text: &str| TokenEndpointAuthMethod::from(text), TokenEndpointAuthMethod::as_str;
    ApplicationType: |text: &str| ApplicationType::from(text), ApplicationType::as_str;
    SubjectType: |text: &str| SubjectType::from(text), SubjectType::as_str;
    TokenDeliveryMode: |text: &str| TokenDeliveryMode::from(text), TokenDeliveryMode::as_str;
    JwsAlgorithm: |text: &str| JwsAlgorithm::from(text), JwsAlgorithm::as_str;
    JweAlgorithm: |text: &str| JweAlgorithm::from(text), JweAlgorithm::as_str;
    JweEncryption: |text: &str| JweEncryption::from(text), JweEncryption::as_str;
}

impl FromValue for bool {
    fn from_value(value: &FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Bool(value) => Some(*value),
            _ => None,
        }
    }

    fn to_value(&self) -> FieldValue<'static> {
        FieldValue::Bool(*self)
    }
}

impl FromValue for i64 {
    fn from_value(value: &FieldValue<'_>) -> Option<Self> {
        match value {
            FieldValue::Int(value) => Some(*value),
            _ => None,
        }
    }

    fn to_value(&self) -> FieldValue<'static> {
        FieldValue::Int(*self)
    }
}

impl FromValue for serde_json::Value {
    fn from_value(value: &FieldValue<'_>) -> Option<Self> {
        matches!(value, FieldValue::Json(text) if text.starts_with('{')).then(|| value.to_json())
    }

    fn to_value(&self) -> FieldValue<'static> {
        FieldValue::from_json(self)
    }
}
