//! Values by field id: the face of metadata that the policy works on.
//!
//! A document borrows from the text it was read from and from the policy whose defaults were put into it; only
//! what changes is allocated. [`ClientMetadata`](super::ClientMetadata) is the typed face.

use std::borrow::Cow;
use std::fmt;

use super::{FieldId, FieldSpec, Group, fields};
use crate::json::has_control;

/// A value of one member.
#[derive(Clone, Debug)]
pub(crate) enum FieldValue<'a> {
    Text(Cow<'a, str>),
    List(Texts<'a>),
    Bool(bool),
    Int(i64),
    /// JSON text of a value that is kept as it came: an object, a number with a fraction, a mixed array.
    Json(Cow<'a, str>),
    /// A value that cannot be what its row says; kept so that the fault can name what was sent.
    Unfit(Unfit),
}

/// A list of texts, owned or borrowed. Unlike a `Cow` of a slice it can be taken for one that lives shorter.
#[derive(Clone, Debug)]
pub(crate) enum Texts<'a> {
    Borrowed(&'a [Cow<'a, str>]),
    Owned(Vec<Cow<'a, str>>),
}

impl<'a> Texts<'a> {
    pub(crate) fn to_mut(&mut self) -> &mut Vec<Cow<'a, str>> {
        loop {
            match self {
                Self::Owned(list) => return list,
                Self::Borrowed(list) => *self = Self::Owned(list.to_vec()),
            }
        }
    }
}

impl<'a> std::ops::Deref for Texts<'a> {
    type Target = [Cow<'a, str>];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Borrowed(list) => list,
            Self::Owned(list) => list,
        }
    }
}

impl PartialEq<Texts<'_>> for Texts<'_> {
    fn eq(&self, other: &Texts<'_>) -> bool {
        **self == **other
    }
}

impl<'a> From<Vec<Cow<'a, str>>> for Texts<'a> {
    fn from(list: Vec<Cow<'a, str>>) -> Self {
        Self::Owned(list)
    }
}

impl<'a> FromIterator<Cow<'a, str>> for Texts<'a> {
    fn from_iter<I: IntoIterator<Item = Cow<'a, str>>>(items: I) -> Self {
        Self::Owned(items.into_iter().collect())
    }
}

/// Why a value cannot be what its row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// The wrong JSON type.
    Type(&'static str),
    /// An element of the wrong JSON type.
    Element(usize, &'static str),
    /// A control character, in an element if there is an index.
    Control(Option<usize>),
}

impl PartialEq<FieldValue<'_>> for FieldValue<'_> {
    fn eq(&self, other: &FieldValue<'_>) -> bool {
        match (self, other) {
            (Self::Text(one), FieldValue::Text(other)) => one == other,
            (Self::List(one), FieldValue::List(other)) => one == other,
            (Self::Bool(one), FieldValue::Bool(other)) => one == other,
            (Self::Int(one), FieldValue::Int(other)) => one == other,
            (Self::Json(text), FieldValue::Json(others)) => {
                text == others || self.to_json() == other.to_json()
            }
            _ => false,
        }
    }
}

impl<'a> FieldValue<'a> {
    /// The JSON type, as said to the caller.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            FieldValue::Text(_) => "a string",
            FieldValue::List(_) => "an array",
            FieldValue::Bool(_) => "a boolean",
            FieldValue::Int(_) => "a number",
            FieldValue::Json(text) => match text.as_bytes().first() {
                Some(b'{') => "an object",
                Some(b'[') => "an array",
                _ => "a number",
            },
            FieldValue::Unfit(Unfit::Type(name)) => name,
            FieldValue::Unfit(_) => "an array",
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Cow<'a, str>]> {
        match self {
            FieldValue::List(list) => Some(list),
            _ => None,
        }
    }

    /// The same value, borrowing its text from this one.
    pub(crate) fn borrowed(&self) -> FieldValue<'_> {
        match self {
            FieldValue::Text(text) => FieldValue::Text(Cow::Borrowed(text)),
            FieldValue::List(list) => FieldValue::List(Texts::Borrowed(list)),
            FieldValue::Bool(value) => FieldValue::Bool(*value),
            FieldValue::Int(value) => FieldValue::Int(*value),
            FieldValue::Json(text) => FieldValue::Json(Cow::Borrowed(text)),
            FieldValue::Unfit(unfit) => FieldValue::Unfit(*unfit),
        }
    }

    /// The same value, owning its text.
    pub(crate) fn into_owned(self) -> FieldValue<'static> {
        match self {
            FieldValue::Text(text) => FieldValue::Text(Cow::Owned(text.into_owned())),
            FieldValue::List(list) => {
                FieldValue::List(list.iter().map(|item| Cow::Owned(item.to_string())).collect())
            }
            FieldValue::Bool(value) => FieldValue::Bool(value),
            FieldValue::Int(value) => FieldValue::Int(value),
            FieldValue::Json(text) => FieldValue::Json(Cow::Owned(text.into_owned())),
            FieldValue::Unfit(unfit) => FieldValue::Unfit(unfit),
        }
    }

    /// Whether the value counts as left out: an empty string.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self, FieldValue::Text(text) if text.is_empty())
    }

    /// Reads any JSON value.
    pub(crate) fn from_json(value: &serde_json::Value) -> FieldValue<'static> {
        use serde_json::Value;
        match value {
            Value::String(text) if has_control(text) => FieldValue::Unfit(Unfit::Control(None)),
            Value::String(text) => FieldValue::Text(Cow::Owned(text.clone())),
            Value::Bool(value) => FieldValue::Bool(*value),
            Value::Number(number) => match number.as_i64() {
                Some(value) => FieldValue::Int(value),
                None => FieldValue::Json(Cow::Owned(number.to_string())),
            },
            Value::Array(items) if items.iter().any(has_control_within) => {
                FieldValue::Unfit(Unfit::Control(items.iter().position(has_control_within)))
            }
            Value::Object(_) if has_control_within(value) => FieldValue::Unfit(Unfit::Control(None)),
            Value::Array(items) => match items.iter().map(Value::as_str).collect::<Option<Vec<_>>>() {
                Some(texts) => {
                    FieldValue::List(texts.iter().map(|text| Cow::Owned((*text).to_owned())).collect())
                }
                None => FieldValue::Json(Cow::Owned(value.to_string())),
            },
            Value::Object(_) | Value::Null => FieldValue::Json(Cow::Owned(value.to_string())),
        }
    }

    /// The value as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            FieldValue::Text(text) => Value::String(text.to_string()),
            FieldValue::List(list) => list.iter().map(|item| Value::String(item.to_string())).collect(),
            FieldValue::Bool(value) => Value::Bool(*value),
            FieldValue::Int(value) => Value::from(*value),
            FieldValue::Json(text) => serde_json::from_str(text).unwrap_or_default(),
            FieldValue::Unfit(_) => Value::Null,
        }
    }

    pub(crate) fn write(&self, out: &mut String) {
        match self {
            FieldValue::Text(text) => write_text(text, out),
            FieldValue::List(list) => {
                out.push('[');
                for (position, item) in list.iter().enumerate() {
                    if position > 0 {
                        out.push(',');
                    }
                    write_text(item, out);
                }
                out.push(']');
            }
            FieldValue::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            FieldValue::Int(value) => write_int(*value, out),
            FieldValue::Json(text) => out.push_str(text),
            FieldValue::Unfit(_) => out.push_str("null"),
        }
    }
}

/// Whether a text or a name anywhere in a value has a control character.
fn has_control_within(value: &serde_json::Value) -> bool {
    use serde_json::Value;
    match value {
        Value::String(text) => has_control(text),
        Value::Array(items) => items.iter().any(has_control_within),
        Value::Object(members) => {
            members.iter().any(|(name, value)| has_control(name) || has_control_within(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Who set a value, in the order of the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// The request.
    Request,
    /// The record as it was before the update.
    Stored,
    /// The software statement.
    Statement,
    /// The client certificate.
    Certificate,
    /// A default of the profile or of the configuration.
    Default,
    /// A rule of the profile.
    Rule,
    /// The host's hook.
    Hook,
}

#[derive(Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) field: FieldId,
    pub(crate) origin: Origin,
    /// Nothing once the member was removed: removing keeps the places of the others.
    pub(crate) value: Option<FieldValue<'a>>,
    /// What the value was set from, if it is still that.
    constant: Option<&'a Constant>,
}

impl Entry<'_> {
    fn changeable(&mut self) -> &mut Self {
        self.constant = None;
        self
    }
}

impl fmt::Debug for Entry<'_> {
    /// Statement, evidence and what only the server sets are redacted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_shown = |spec: &FieldSpec| !matches!(spec.group, Group::Server | Group::Envelope);
        let mut shown = f.debug_struct("Entry");
        shown.field("field", &self.field).field("origin", &self.origin);
        if self.field.spec().is_none_or(is_shown) {
            shown.field("value", &self.value);
        }
        shown.finish_non_exhaustive()
    }
}

/// A `name#tag` member.
#[derive(Clone, Debug)]
pub(crate) struct Variant<'a> {
    pub(crate) field: FieldId,
    pub(crate) tag: Cow<'a, str>,
    pub(crate) origin: Origin,
    pub(crate) value: FieldValue<'a>,
}

/// A member that no row of the table has, as raw JSON.
#[derive(Clone, Debug)]
pub(crate) struct Extra<'a> {
    pub(crate) name: Cow<'a, str>,
    pub(crate) json: Cow<'a, str>,
}

impl Extra<'_> {
    /// Whether no text in it has a control character.
    pub(crate) fn is_clean(&self) -> bool {
        serde_json::from_str(&self.json).is_ok_and(|value| !has_control_within(&value))
    }
}

/// Metadata by field id.
#[derive(Clone, Debug)]
pub(crate) struct Document<'a> {
    entries: Vec<Entry<'a>>,
    /// Place of a field in `entries`, or [`NO_PLACE`].
    places: Box<[u8; 256]>,
    pub(crate) variants: Vec<Variant<'a>>,
    pub(crate) extras: Vec<Extra<'a>>,
    /// Members that were sent as `null` or `""`.
    pub(crate) blanks: Vec<FieldId>,
    /// The same for language variants.
    pub(crate) blank_variants: Vec<(FieldId, Cow<'a, str>)>,
    /// Names of the members above the table.
    names: &'a [Box<str>],
}

const NO_PLACE: u8 = u8::MAX;

impl<'a> Document<'a> {
    pub(crate) fn with_capacity(members: usize) -> Self {
        Self {
            entries: Vec::with_capacity(members),
            places: Box::new([NO_PLACE; 256]),
            variants: Vec::new(),
            extras: Vec::new(),
            blanks: Vec::new(),
            blank_variants: Vec::new(),
            names: &[],
        }
    }

    /// Declares the members of a profile that are not in the table.
    pub(crate) fn declare(&mut self, names: &'a [Box<str>]) {
        self.names = names;
    }

    fn place(&self, field: FieldId) -> Option<usize> {
        self.places.get(field.index()).filter(|place| **place != NO_PLACE).map(|place| usize::from(*place))
    }

    /// Whether the field was ever set, even if it was removed since.
    pub(crate) fn was_set(&self, field: FieldId) -> bool {
        self.place(field).is_some()
    }

    pub(crate) fn entry(&self, field: FieldId) -> Option<&Entry<'a>> {
        self.entries.get(self.place(field)?).filter(|entry| entry.value.is_some())
    }

    pub(crate) fn get(&self, field: FieldId) -> Option<&FieldValue<'a>> {
        self.entries.get(self.place(field)?)?.value.as_ref()
    }

    pub(crate) fn get_mut(&mut self, field: FieldId) -> Option<&mut FieldValue<'a>> {
        let place = self.place(field)?;
        self.entries.get_mut(place)?.changeable().value.as_mut()
    }

    pub(crate) fn has(&self, field: FieldId) -> bool {
        self.get(field).is_some()
    }

    pub(crate) fn text(&self, field: FieldId) -> Option<&str> {
        self.get(field)?.as_text()
    }

    pub(crate) fn list(&self, field: FieldId) -> Option<&[Cow<'a, str>]> {
        self.get(field)?.as_list()
    }

    /// The elements of a list, none if it is absent.
    pub(crate) fn items(&self, field: FieldId) -> impl Iterator<Item = &str> {
        self.list(field).unwrap_or_default().iter().map(AsRef::as_ref)
    }

    /// Sets a value. False if there is no place left, which needs more members than a profile can declare.
    pub(crate) fn set(&mut self, field: FieldId, value: FieldValue<'a>, origin: Origin) -> bool {
        self.put(Entry { field, origin, value: Some(value), constant: None })
    }

    /// Sets a value that is known beforehand, and how it is written.
    pub(crate) fn set_constant(&mut self, field: FieldId, constant: &'a Constant, origin: Origin) {
        let value = Some(constant.value.borrowed());
        self.put(Entry { field, origin, value, constant: Some(constant) });
    }

    fn put(&mut self, new: Entry<'a>) -> bool {
        let field = new.field;
        if let Some(entry) = self.place(field).and_then(|place| self.entries.get_mut(place)) {
            *entry = new;
            return true;
        }
        let Some(place) = u8::try_from(self.entries.len()).ok().filter(|place| *place != NO_PLACE) else {
            return false;
        };
        if let Some(slot) = self.places.get_mut(field.index()) {
            *slot = place;
        }
        self.entries.push(new);
        true
    }

    pub(crate) fn remove(&mut self, field: FieldId) -> Option<FieldValue<'a>> {
        let place = self.place(field)?;
        self.entries.get_mut(place)?.value.take()
    }

    /// The members that are set, in the order in which they were.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (FieldId, &FieldValue<'a>, Origin)> {
        self.entries.iter().filter_map(|entry| Some((entry.field, entry.value.as_ref()?, entry.origin)))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry<'a>> {
        self.entries.iter_mut().filter(|entry| entry.value.is_some()).map(Entry::changeable)
    }

    pub(crate) fn name(&self, field: FieldId) -> &str {
        match field.spec() {
            Some(spec) => spec.name,
            None => self.names.get(field.index() - fields::COUNT).map_or("", |name| name),
        }
    }

    /// Keeps what `keep` says of every member and variant.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(FieldId) -> bool) {
        for entry in &mut self.entries {
            if entry.value.is_some() && !keep(entry.field) {
                entry.value = None;
            }
        }
        self.variants.retain(|variant| keep(variant.field));
    }

    /// The length of that text, exactly if nothing in it needs an escape: what is kept has no room to spare then.
    fn text_len(&self) -> usize {
        let member = |entry: &Entry<'_>| match (entry.constant, &entry.value) {
            (_, None) => 0,
            (Some(constant), _) => constant.written.len() + 1,
            (None, Some(value)) => self.name(entry.field).len() + 4 + text_len(value),
        };
        let members: usize = self.entries.iter().map(member).sum();
        let variants = self.variants.iter();
        let variants: usize =
            variants.map(|own| self.name(own.field).len() + own.tag.len() + 5 + text_len(&own.value)).sum();
        let extras: usize = self.extras.iter().map(|extra| extra.name.len() + extra.json.len() + 4).sum();
        (members + variants + extras).max(1) + 1
    }

    /// The document as the text of a JSON object.
    pub(crate) fn to_json_text(&self) -> String {
        let mut out = String::with_capacity(self.text_len());
        let mut separator = '{';
        for entry in &self.entries {
            let Some(value) = &entry.value else { continue };
            out.push(separator);
            separator = ',';
            match entry.constant {
                Some(constant) => out.push_str(&constant.written),
                None => write_member(self.name(entry.field), value, &mut out),
            }
        }
        for variant in &self.variants {
            out.push(separator);
            separator = ',';
            out.push('"');
            out.push_str(self.name(variant.field));
            out.push('#');
            out.push_str(&variant.tag);
            out.push_str("\":");
            variant.value.write(&mut out);
        }
        for extra in &self.extras {
            out.push(separator);
            separator = ',';
            write_text(&extra.name, &mut out);
            out.push(':');
            out.push_str(&extra.json);
        }
        if separator == '{' {
            out.push('{');
        }
        out.push('}');
        out
    }
}

/// A value that a policy sets, and the member as it is written.
#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) value: FieldValue<'static>,
    written: Box<str>,
}

impl Constant {
    pub(crate) fn new(name: &str, value: FieldValue<'static>) -> Self {
        let mut written = String::new();
        write_member(name, &value, &mut written);
        Self { value, written: written.into() }
    }
}

/// Names of members need no escapes.
fn write_member(name: &str, value: &FieldValue<'_>, out: &mut String) {
    out.push('"');
    out.push_str(name);
    out.push_str("\":");
    value.write(out);
}

/// How many bytes a value takes when written, if nothing in it needs an escape.
fn text_len(value: &FieldValue<'_>) -> usize {
    match value {
        FieldValue::Text(text) => text.len() + 2,
        FieldValue::List(list) => list.iter().map(|item| item.len() + 3).sum::<usize>().max(1) + 1,
        FieldValue::Bool(value) => 5 - usize::from(*value),
        FieldValue::Int(value) => {
            value.unsigned_abs().checked_ilog10().map_or(1, |digits| digits as usize + 1)
                + usize::from(*value < 0)
        }
        FieldValue::Json(text) => text.len(),
        FieldValue::Unfit(_) => 4,
    }
}

/// Writes a JSON string. Only quotes, backslashes and C0 controls need an escape (RFC 8259 section 7).
pub(crate) fn write_text(text: &str, out: &mut String) {
    out.push('"');
    // Without a branch per byte, so that many are looked at in one step.
    let needs_escape = |found, byte: u8| found | (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    if !text.bytes().fold(false, needs_escape) {
        out.push_str(text);
    } else {
        for character in text.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\u{0}'..='\u{1f}' => {
                    use std::fmt::Write;
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{:04x}", u32::from(character));
                }
                _ => out.push(character),
            }
        }
    }
    out.push('"');
}

pub(crate) fn write_int(value: i64, out: &mut String) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of a client has no room to spare, and no second copy is made to get rid of it.
    #[test]
    fn the_length_of_the_text_is_known_before_it_is_written() {
        let read = |text: &'static str| {
            let limits = crate::json::Limits { depth: 16, members: 100 };
            crate::json::read_object(text.as_bytes(), limits, Origin::Request).unwrap()
        };
        for text in [
            "{}",
            r#"{"redirect_uris":["https://a.example/cb","https://b.example/cb"],"contacts":[]}"#,
            r#"{"client_name":"é","default_max_age":0,"client_name#de":"ä","colour":{"b":[1.5]}}"#,
            r#"{"default_max_age":-10,"jwks":{"keys":[]},"require_auth_time":true,"dpop_bound_access_tokens":false}"#,
            r#"{"default_max_age":9007199254740991,"client_name":"12345678901234567890"}"#,
        ] {
            let document = read(text);
            assert_eq!(document.text_len(), text.len(), "{text}");
            assert_eq!(document.to_json_text(), text);
        }
        // An escape takes more.
        let document = read(r#"{"client_name":"a\"b"}"#);
        assert_eq!(document.text_len() + 1, document.to_json_text().len());
    }
}
