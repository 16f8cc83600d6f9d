//! Reading properties as administrators and their tools write them: `null` and blank text are absent, and
//! text may stand for a boolean or a number.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;
use url::Url;

use super::ConfiguredKeys;
use crate::secret::SharedSecret;

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "must be true or false")]
enum Flag {
    Bool(bool),
    Text(String),
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "must be an integer")]
enum Integer {
    Number(i64),
    Text(String),
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "must be a list of words or a text of words separated by spaces")]
enum Words {
    Text(String),
    List(Vec<String>),
}

/// A value whose `null` is its default.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A boolean, or its text in any case.
pub(super) fn optional_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Option::deserialize(deserializer)? {
        None => Ok(None),
        Some(Flag::Bool(value)) => Ok(Some(value)),
        Some(Flag::Text(text)) => match text.trim() {
            "" => Ok(None),
            word if word.eq_ignore_ascii_case("true") => Ok(Some(true)),
            word if word.eq_ignore_ascii_case("false") => Ok(Some(false)),
            _ => Err(D::Error::custom(format!("must be true or false, not `{text}`"))),
        },
    }
}

/// A boolean that is false when absent.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(optional_flag(deserializer)?.unwrap_or(false))
}

/// A boolean that is true when absent.
pub(super) fn flag_or_true<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(optional_flag(deserializer)?.unwrap_or(true))
}

/// An integer, or its text.
pub(super) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::deserialize(deserializer)? {
        None => Ok(None),
        Some(Integer::Number(number)) => Ok(Some(number)),
        Some(Integer::Text(text)) if text.trim().is_empty() => Ok(None),
        Some(Integer::Text(text)) => {
            let number = text.trim().parse();
            number.map(Some).map_err(|_| D::Error::custom(format!("must be an integer, not `{text}`")))
        }
    }
}

/// How many of something, with the number that holds when absent.
pub(super) fn count<'de, D, const DEFAULT: usize>(deserializer: D) -> Result<usize, D::Error>
where
    D: Deserializer<'de>,
{
    match integer(deserializer)? {
        None => Ok(DEFAULT),
        Some(number) => usize::try_from(number)
            .map_err(|_| D::Error::custom(format!("must not be negative, as {number} is"))),
    }
}

/// A text that is not blank.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.trim().is_empty()))
}

/// A secret that is not blank.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SharedSecret>, D::Error> {
    Ok(text(deserializer)?.map(SharedSecret::from))
}

/// An absolute URL.
pub(super) fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let parse = |text: String| {
        Url::parse(&text).map_err(|problem| D::Error::custom(format!("`{text}` is not a URL: {problem}")))
    };
    text(deserializer)?.map(parse).transpose()
}

/// A JWK Set, as an object or as a text holding one.
///
/// A text that is not JSON is kept, so that it can be reported together with all other problems.
pub(super) fn jwks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ConfiguredKeys>, D::Error> {
    let keys = match Option::deserialize(deserializer)? {
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(serde_json::from_str(&text).unwrap_or(Value::String(text))),
        other => other,
    };
    Ok(keys.map(ConfiguredKeys))
}

/// Content encryption algorithms, of which Janssen writes some with a plus sign where the registry has a
/// dash.
pub(super) fn encryptions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let listed: Option<Vec<String>> = Option::deserialize(deserializer)?;
    Ok(listed.map(|words| words.into_iter().map(|word| word.replace("CBC+", "CBC-")).collect()))
}

/// Response types, each a list of words or a text of words.
pub(super) fn response_types<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let listed: Option<Vec<Words>> = Option::deserialize(deserializer)?;
    let join = |words| match words {
        Words::Text(text) => text,
        Words::List(list) => list.join(" "),
    };
    Ok(listed.map(|types| types.into_iter().map(join).collect()))
}

/// One of a few words, in any case.
pub(super) fn word<'de, D, T>(deserializer: D, words: &[(&str, T)]) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Copy,
{
    let text = String::deserialize(deserializer)?;
    match words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim())) {
        Some((_, value)) => Ok(*value),
        None => {
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Err(D::Error::custom(format!("must be one of {}, not `{text}`", all.join(", "))))
        }
    }
}
