//! One value of a member, and how it is written.

use std::borrow::Cow;

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
pub(super) fn has_control_within(value: &serde_json::Value) -> bool {
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

/// How many bytes a value takes when written, if nothing in it needs an escape.
pub(super) fn text_len(value: &FieldValue<'_>) -> usize {
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
