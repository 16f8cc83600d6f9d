//! The values of members that rows of the table have.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::strict::{Repeats, Strict};
use super::{Reader, has_control};
use crate::metadata::{FieldValue, Unfit};

/// A string, borrowed if it has no escapes.
pub(super) struct TextSeed;

impl<'de> DeserializeSeed<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextSeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A value whose row says text, a list of texts, a boolean or an integer.
#[derive(Clone, Copy)]
pub(super) struct ValueSeed<'r> {
    pub(super) reader: &'r Reader,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Option<FieldValue<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn text_value(text: Cow<'_, str>) -> FieldValue<'_> {
    if has_control(&text) { FieldValue::Unfit(Unfit::Control(None)) } else { FieldValue::Text(text) }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Option<FieldValue<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(text_value(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text_value(Cow::Owned(text.to_owned()))))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(FieldValue::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Some(FieldValue::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(
            i64::try_from(value)
                .map_or(FieldValue::Unfit(Unfit::Type("a number too large")), FieldValue::Int),
        ))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Some(FieldValue::Unfit(Unfit::Type("a number that is not an integer"))))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut list: Vec<Cow<'de, str>> = Vec::new();
        let mut repeats = Repeats::default();
        let mut unfit = None;
        let mut position = 0;
        while let Some(item) = items.next_element_seed(ElementSeed { reader: self.reader })? {
            match item {
                Ok(text) if has_control(&text) => {
                    unfit.get_or_insert(Unfit::Control(Some(position)));
                }
                // Repeats are dropped, the first is kept.
                Ok(text) if repeats.has(&list, &text) => {}
                Ok(text) => list.push(text),
                Err(found) => {
                    unfit.get_or_insert(Unfit::Element(position, found));
                }
            }
            position += 1;
        }
        Ok(Some(unfit.map_or(FieldValue::List(list.into()), FieldValue::Unfit)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Strict { reader: self.reader, depth: 1 }.visit_map(map)?;
        Ok(Some(FieldValue::Unfit(Unfit::Type("an object"))))
    }
}

/// An element of a list: a text, or the name of what else it is.
struct ElementSeed<'r> {
    reader: &'r Reader,
}

impl<'de> DeserializeSeed<'de> for ElementSeed<'_> {
    type Value = Result<Cow<'de, str>, &'static str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ElementSeed<'_> {
    type Value = Result<Cow<'de, str>, &'static str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Ok(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Ok(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Err("a boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Err("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Err("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Err("a number"))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Err("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        Strict { reader: self.reader, depth: 2 }.visit_seq(items).map(|()| Err("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Strict { reader: self.reader, depth: 2 }.visit_map(map).map(|()| Err("an object"))
    }
}
