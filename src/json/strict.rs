//! What no value may be, whatever it is for.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::value::TextSeed;
use super::{JsonFault, Reader, has_control};

/// Reads a value only to refuse it: duplicates, depth, and a note of control characters.
pub(super) struct Strict<'r> {
    pub(super) reader: &'r Reader,
    /// How many objects and arrays are around this value.
    pub(super) depth: usize,
}

impl Strict<'_> {
    fn inner<E: de::Error>(&self) -> Result<Self, E> {
        if self.depth >= self.reader.limits.depth {
            return Err(self.reader.stop(JsonFault::TooDeep(self.reader.limits.depth)));
        }
        Ok(Strict { reader: self.reader, depth: self.depth + 1 })
    }

    fn note(&self, text: &str) {
        if has_control(text) {
            self.reader.has_control.set(true);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.note(text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        while items.next_element_seed(Strict { ..inner })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        let mut names = Names::default();
        while let Some(name) = map.next_key_seed(TextSeed)? {
            self.note(&name);
            if let Err(name) = names.insert(name) {
                return Err(self.reader.stop(JsonFault::Duplicate(name)));
            }
            map.next_value_seed(Strict { ..inner })?;
        }
        Ok(())
    }
}

/// The names of one object.
#[derive(Default)]
pub(super) struct Names<'de> {
    few: [Cow<'de, str>; Repeats::FEW],
    count: usize,
    repeats: Repeats<'de>,
}

impl<'de> Names<'de> {
    pub(super) fn insert(&mut self, name: Cow<'de, str>) -> Result<(), String> {
        if self.repeats.has(self.few.get(..self.count).unwrap_or(&self.few), &name) {
            return Err(name.into_owned());
        }
        if let Some(slot) = self.few.get_mut(self.count) {
            *slot = name;
            self.count += 1;
        }
        Ok(())
    }
}

/// Which texts were there before: compared one by one while they are few, hashed once they are many, so that the
/// time grows with their number and not with its square.
#[derive(Default)]
pub(super) struct Repeats<'de>(HashSet<Cow<'de, str>>);

impl<'de> Repeats<'de> {
    const FEW: usize = 24;

    /// Whether a text is among those before it, of which at least the first few are given.
    #[expect(clippy::ptr_arg, reason = "cloned as it is: borrowed text stays borrowed")]
    pub(super) fn has(&mut self, before: &[Cow<'de, str>], text: &Cow<'de, str>) -> bool {
        if before.len() < Self::FEW {
            return before.contains(text);
        }
        if self.0.is_empty() {
            self.0.extend(before.iter().cloned());
        }
        !self.0.insert(text.clone())
    }
}
