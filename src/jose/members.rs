//! Reads a JSON object member by member, with values as raw text: for headers, payloads and keys.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Not a JSON object, something follows it, or a name stands twice.
#[derive(Debug)]
pub(super) struct Malformed;

/// Hands each member to `each`, in the order of the text. What was handed out counts only if this succeeds,
/// since whether a name stands twice is known at the end.
///
/// Values are known to be JSON, not more: what is nested in them may hold repeated names.
pub(super) fn read<'a>(text: &'a str, each: impl FnMut(&str, &'a RawValue)) -> Result<(), Malformed> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer
        .deserialize_map(MembersVisitor { each })
        .and_then(|()| deserializer.end())
        .map_err(|_| Malformed)
}

/// A text, if that is what a value is. Borrowed if it has no escapes.
pub(super) fn text(json: &str) -> Option<Cow<'_, str>> {
    // The value is known to be JSON. So between its quotes a text without escapes is what it says.
    if let Some(text) = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && !text.contains('\\')
    {
        return Some(Cow::Borrowed(text));
    }
    serde_json::from_str::<Text<'_>>(json).ok().map(|text| text.0)
}

/// A list of texts, if the value is one.
pub(super) fn texts<'a>(value: &'a RawValue) -> Option<Vec<Cow<'a, str>>> {
    let texts = serde_json::from_str::<Vec<Text<'a>>>(value.get()).ok()?;
    Some(texts.into_iter().map(|text| text.0).collect())
}

/// A text that is borrowed where it can be. A `Cow` alone would always be copied.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

struct MembersVisitor<F> {
    each: F,
}

impl<'de, F: FnMut(&str, &'de RawValue)> Visitor<'de> for MembersVisitor<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if take(map, self.each)? { Ok(()) } else { Err(de::Error::custom("a repeated name")) }
    }
}

/// Hands out the members of an object. False if a name stands twice.
pub(super) fn take<'de, A: MapAccess<'de>>(
    mut map: A,
    mut each: impl FnMut(&str, &'de RawValue),
) -> Result<bool, A::Error> {
    let mut names = Names::with_capacity(8);
    while let Some(Text(name)) = map.next_key()? {
        each(&name, map.next_value()?);
        names.push(name);
    }
    Ok(!names.repeat())
}

/// The names of one object. They are sorted to find repeats, so that many names cost little more than few.
pub(super) struct Names<'a>(Vec<Cow<'a, str>>);

impl<'a> Names<'a> {
    pub(super) fn with_capacity(names: usize) -> Self {
        Self(Vec::with_capacity(names))
    }

    pub(super) fn push(&mut self, name: Cow<'a, str>) {
        self.0.push(name);
    }

    pub(super) fn repeat(&mut self) -> bool {
        self.0.sort_unstable();
        self.0.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_names_are_found_in_any_spelling() {
        assert!(read(r#"{"alg":1,"kid":2}"#, |_, _| ()).is_ok());
        for text in [
            r#"{"alg":1,"alg":1}"#,
            r#"{"alg":1,"kid":2,"\u0061lg":3}"#,
            r#"[{"alg":1}]"#,
            r#""alg""#,
            r#"{"alg":1}{}"#,
            r#"{"alg":1} x"#,
            r#"{"alg":1,}"#,
            r#"{"alg":NaN}"#,
            "{\"alg\":\"\u{1}\"}",
            "{\"alg\":\"\n\"}",
            "",
        ] {
            assert!(read(text, |_, _| ()).is_err(), "{text}");
        }
    }

    #[test]
    fn deep_nesting_does_not_exhaust_the_stack() {
        let text = format!(r#"{{"x":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
        assert!(read(&text, |_, _| ()).is_ok());
    }

    #[test]
    fn texts_without_escapes_are_borrowed() {
        read(r#"{"a":"b","c":"\u0064"}"#, |name, value| {
            assert_eq!(matches!(text(value.get()), Some(Cow::Borrowed(_))), name == "a");
        })
        .unwrap();
    }
}
