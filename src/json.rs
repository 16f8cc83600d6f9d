//! The one JSON reader for text that strangers wrote: request bodies, JWT headers and payloads, fetched documents.
//!
//! It refuses duplicate names at every depth, nesting beyond a limit and anything after the value, none of which
//! serde_json refuses (RFC 8259 section 4 calls the behaviour with duplicates unpredictable). Values are borrowed
//! from the text wherever they have no escapes.

mod strict;
mod value;

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use self::strict::{Names, Strict};
use self::value::{TextSeed, ValueSeed};
use crate::metadata::{Document, Extra, FieldId, FieldValue, Kind, Origin, Unfit, Variant, fields};

/// How much of a JSON text is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) depth: usize,
    pub(crate) members: usize,
}

/// Why a text is not the JSON object it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JsonFault {
    #[error("is not valid UTF-8")]
    NotUtf8,
    #[error("is not valid JSON (line {line}, column {column})")]
    Syntax { line: usize, column: usize },
    #[error("must be a JSON object")]
    NotAnObject,
    #[error("names the member `{0}` twice")]
    Duplicate(String),
    #[error("is nested deeper than {0} levels")]
    TooDeep(usize),
    #[error("has more than {0} members")]
    TooMany(usize),
}

/// Reads an object into a document. Members that no row has are kept as raw JSON.
pub(crate) fn read_object<'a>(
    text: &'a [u8],
    limits: Limits,
    origin: Origin,
) -> Result<Document<'a>, JsonFault> {
    let text = std::str::from_utf8(text).map_err(|_| JsonFault::NotUtf8)?;
    let reader = Reader { limits, origin, fault: RefCell::new(None), has_control: Cell::new(false) };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let document = deserializer
        .deserialize_any(ObjectVisitor { reader: &reader, capacity: (text.len() / 48).clamp(12, 64) })
        .and_then(|document| deserializer.end().map(|()| document));
    document.map_err(|error| reader.fault(&error))
}

/// Checks a JSON text of any shape with the same strictness. True if no string in it has a control character.
pub(crate) fn check(text: &str, limits: Limits) -> Result<bool, JsonFault> {
    let reader =
        Reader { limits, origin: Origin::Request, fault: RefCell::new(None), has_control: Cell::new(false) };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Strict { reader: &reader, depth: 0 }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| reader.fault(&error))?;
    Ok(!reader.has_control.get())
}

/// C0, DEL and C1. A string with one of them never reaches a record: NUL alone makes a PostgreSQL text fail.
pub(crate) fn has_control(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Without a branch per byte, so that many are looked at in one step.
    let (control, high) = bytes.iter().fold((false, false), |(control, high), byte| {
        (control | (*byte < 0x20) | (*byte == 0x7f), high | (*byte >= 0x80))
    });
    control || (high && bytes.windows(2).any(|pair| matches!(pair, [0xc2, 0x80..=0x9f])))
}

struct Reader {
    limits: Limits,
    origin: Origin,
    /// What was found, since an error of serde can only carry text.
    fault: RefCell<Option<JsonFault>>,
    has_control: Cell<bool>,
}

impl Reader {
    fn fault(&self, error: &serde_json::Error) -> JsonFault {
        let syntax = JsonFault::Syntax { line: error.line(), column: error.column() };
        self.fault.take().unwrap_or(syntax)
    }

    fn stop<E: de::Error>(&self, fault: JsonFault) -> E {
        *self.fault.borrow_mut() = Some(fault);
        E::custom("refused")
    }

    fn strict<E: de::Error>(&self, raw: &RawValue) -> Result<bool, E> {
        let text = raw.get();
        // It is JSON, so that in a text without escapes and in a short integer nothing more can be wrong.
        let is_plain_text = text.starts_with('"') && !text.contains('\\');
        if is_plain_text || (text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit())) {
            return Ok(!has_control(text));
        }
        let limits = Limits { depth: self.limits.depth.saturating_sub(1), ..self.limits };
        check(text, limits).map_err(|fault| match fault {
            JsonFault::TooDeep(_) => self.stop(JsonFault::TooDeep(self.limits.depth)),
            fault => self.stop(fault),
        })
    }
}

/// How many members that no row has a token usually has: the claims of every JWT, and a few more.
const EXTRAS: usize = 10;

/// The top level: member names become field ids.
struct ObjectVisitor<'r> {
    reader: &'r Reader,
    capacity: usize,
}

impl<'de> Visitor<'de> for ObjectVisitor<'_> {
    type Value = Document<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document<'de>, A::Error> {
        let reader = self.reader;
        let mut document = Document::with_capacity(self.capacity);
        let mut members = 0;
        // Of the names that are no row's.
        let mut names = Names::default();
        while let Some(name) = map.next_key_seed(TextSeed)? {
            members += 1;
            if members > reader.limits.members {
                return Err(reader.stop(JsonFault::TooMany(reader.limits.members)));
            }
            match Place::of(&name) {
                Place::Field(field, kind) => {
                    if document.was_set(field) || document.blanks.contains(&field) {
                        return Err(reader.stop(JsonFault::Duplicate(name.into_owned())));
                    }
                    match read_value(reader, kind, &mut map)? {
                        Some(value) if !value.is_blank() => {
                            document.set(field, value, reader.origin);
                        }
                        _ => document.blanks.push(field),
                    }
                }
                Place::Variant(field, kind, tag_at) => {
                    if let Err(name) = names.insert(name.clone()) {
                        return Err(reader.stop(JsonFault::Duplicate(name)));
                    }
                    let value = read_value(reader, kind, &mut map)?;
                    let tag = split_off(name, tag_at);
                    match value.filter(|value| !value.is_blank()) {
                        Some(value) => {
                            document.variants.push(Variant { field, tag, origin: reader.origin, value });
                        }
                        None => document.blank_variants.push((field, tag)),
                    }
                }
                Place::Extra => {
                    if let Err(name) = names.insert(name.clone()) {
                        return Err(reader.stop(JsonFault::Duplicate(name)));
                    }
                    let raw: &'de RawValue = map.next_value()?;
                    reader.strict(raw)?;
                    if document.extras.is_empty() {
                        document.extras.reserve(EXTRAS);
                    }
                    document.extras.push(Extra { name, json: Cow::Borrowed(raw.get()) });
                }
            }
        }
        Ok(document)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Document<'de>, A::Error> {
        Err(self.reader.stop(JsonFault::NotAnObject))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Document<'de>, E> {
        Err(self.reader.stop(JsonFault::NotAnObject))
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Document<'de>, E> {
        Err(self.reader.stop(JsonFault::NotAnObject))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Document<'de>, E> {
        Err(self.reader.stop(JsonFault::NotAnObject))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Document<'de>, E> {
        Err(self.reader.stop(JsonFault::NotAnObject))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Document<'de>, E> {
        Err(self.reader.stop(JsonFault::NotAnObject))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Document<'de>, E> {
        Err(self.reader.stop(JsonFault::NotAnObject))
    }
}

enum Place {
    Field(FieldId, Kind),
    /// A `name#tag` member of a localized row, and where its tag begins.
    Variant(FieldId, Kind, usize),
    Extra,
}

impl Place {
    fn of(name: &str) -> Self {
        if let Some(field) = FieldId::of(name) {
            // Open Banking numbers its versions: what is no text is kept as it came until a profile judges it.
            let is_version = field == fields::SOFTWARE_VERSION;
            let kind = |kind| if is_version { Kind::Any } else { kind };
            return field.spec().map_or(Self::Extra, |spec| Self::Field(field, kind(spec.kind)));
        }
        let Some((base, tag)) = name.split_once('#') else { return Self::Extra };
        match FieldId::of(base).and_then(|field| Some((field, field.spec()?))) {
            // A tag that BCP 47 does not know makes the whole member unknown.
            Some((field, spec)) if spec.localized && oxilangtag::LanguageTag::parse(tag).is_ok() => {
                Self::Variant(field, spec.kind, base.len() + 1)
            }
            _ => Self::Extra,
        }
    }
}

fn split_off(name: Cow<'_, str>, at: usize) -> Cow<'_, str> {
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.get(at..).unwrap_or_default()),
        Cow::Owned(mut name) => Cow::Owned(name.split_off(at)),
    }
}

/// Reads the value of a known member. Nothing for `null`.
fn read_value<'de, A: MapAccess<'de>>(
    reader: &Reader,
    kind: Kind,
    map: &mut A,
) -> Result<Option<FieldValue<'de>>, A::Error> {
    if !kind.is_raw() {
        return map.next_value_seed(ValueSeed { reader });
    }
    let raw: &'de RawValue = map.next_value()?;
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'n') => None,
        Some(b'{' | b'[') if !reader.strict(raw)? => Some(FieldValue::Unfit(Unfit::Control(None))),
        Some(b'{') => Some(FieldValue::Json(Cow::Borrowed(text))),
        _ => {
            // Scalars and arrays are as cheap to read as other members.
            let mut deserializer = serde_json::Deserializer::from_str(text);
            match (ValueSeed { reader }).deserialize(&mut deserializer).map_err(de::Error::custom)? {
                Some(FieldValue::Unfit(Unfit::Type(_) | Unfit::Element(..))) if kind == Kind::Any => {
                    Some(FieldValue::Json(Cow::Borrowed(text)))
                }
                value => value,
            }
        }
    })
}
