//! A configuration without its secrets: a word stands in the place of each, so that the rest can be shown, copied and
//! changed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::configuration::Properties;

/// How the names of secrets end, in small letters and without separators. What is no secret and sounds like one is
/// hidden as well.
const ENDINGS: [&str; 7] = ["secret", "password", "passphrase", "salt", "key", "token", "credentials"];

/// The private members of a JWK (RFC 7518 section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The secrets of a configuration, by the words that stand for them. A word is never used for another secret.
#[derive(Clone, Default)]
pub(super) struct Secrets {
    hidden: BTreeMap<String, Value>,
    count: usize,
}

impl Secrets {
    /// Puts a word in the place of every secret. A word that is there already stays.
    pub(super) fn hide(&mut self, properties: Properties) -> Properties {
        self.map(properties, &mut |own, secret| {
            if secret.as_str().is_some_and(|text| own.hidden.contains_key(text)) {
                return secret;
            }
            own.count += 1;
            let word = format!("[secret {}]", own.count);
            own.hidden.insert(word.clone(), secret);
            Value::String(word)
        })
    }

    /// Puts every secret in the place of its word. Elsewhere a word is a text like any other: what was copied to where
    /// everybody can read it is not the secret.
    pub(super) fn reveal(&mut self, properties: Properties) -> Properties {
        self.map(properties, &mut |own, word| {
            let secret = word.as_str().and_then(|word| own.hidden.get(word));
            secret.cloned().unwrap_or(word)
        })
    }

    /// A text in which every secret is replaced by its word.
    pub(super) fn redact(&self, text: &str) -> String {
        let named = self.hidden.iter().filter_map(|(word, secret)| Some((word, secret.as_str()?)));
        named
            .filter(|(_, secret)| !secret.is_empty())
            .fold(text.to_owned(), |text, (word, secret)| text.replace(secret, word))
    }

    /// Goes through everything that is in the place of a secret.
    fn map(&mut self, object: Properties, with: &mut Replace<'_>) -> Properties {
        let is_key = object.contains_key("kty");
        let member = |(name, value): (String, Value)| {
            let value = match value {
                Value::Null | Value::Bool(_) => value,
                value if is_secret(&name) || (is_key && PRIVATE.contains(&name.as_str())) => {
                    with(self, value)
                }
                // A key set as a text is a secret as a whole if a part of it is one.
                Value::String(text) if name.to_ascii_lowercase().ends_with("jwks") => {
                    if self.hidden.contains_key(&text) || holds_secret(&text) {
                        with(self, Value::String(text))
                    } else {
                        Value::String(text)
                    }
                }
                value => self.map_value(value, with),
            };
            (name, value)
        };
        object.into_iter().map(member).collect()
    }

    fn map_value(&mut self, value: Value, with: &mut Replace<'_>) -> Value {
        match value {
            Value::Object(members) => Value::Object(self.map(members, with)),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.map_value(item, with)).collect())
            }
            other => other,
        }
    }
}

/// What becomes of something in the place of a secret.
type Replace<'f> = dyn FnMut(&mut Secrets, Value) -> Value + 'f;

fn is_secret(name: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Whether a text is JSON with a secret in it.
fn holds_secret(text: &str) -> bool {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return false };
    let mut found = false;
    Secrets::default().map(members, &mut |_, value| {
        found = true;
        value
    });
    found
}
