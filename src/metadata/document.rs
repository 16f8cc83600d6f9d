//! Values by field id: the face of metadata that the policy works on.
//!
//! A document borrows from the text it was read from and from the policy whose defaults were put into it; only
//! what changes is allocated. [`ClientMetadata`](super::ClientMetadata) is the typed face.

use std::borrow::Cow;
use std::fmt;

use super::field_value::{FieldValue, has_control_within, text_len, write_text};
use super::{FieldId, FieldSpec, Group, fields};

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
