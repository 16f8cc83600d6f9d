//! Small values of the configuration.

use serde::de::{Deserialize, Deserializer};

use super::lenient;

/// A number of seconds, of which 0 and -1 mean for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent, inline))]
pub struct Lifetime(i64);

impl Lifetime {
    /// No end.
    pub const FOREVER: Self = Self(-1);

    /// A number of seconds as the configuration writes it.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds, or nothing if there is no end.
    #[must_use]
    pub fn seconds(self) -> Option<i64> {
        (self.0 > 0).then_some(self.0)
    }

    /// Whether it is a number of seconds or one of the two words for no end.
    pub(super) fn is_valid(self) -> bool {
        self.0 >= -1
    }

    pub(super) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(lenient::integer(deserializer)?.map(Self))
    }
}

/// How the JSON types of a request are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", transform = super::schema::any_case))]
#[non_exhaustive]
pub enum Reading {
    /// As the standards have them: a wrong type is a violation.
    #[default]
    Strict,
    /// As Janssen's own client writes them: text for booleans and numbers, lists as words between spaces,
    /// `jwks` as a text.
    Lenient,
}

impl<'de> Deserialize<'de> for Reading {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::word(deserializer, &[("strict", Self::Strict), ("lenient", Self::Lenient)])
    }
}

/// What an update does with members that it leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", transform = super::schema::any_case))]
#[non_exhaustive]
pub enum UpdateMode {
    /// They are removed, or get their default again (RFC 7592 section 2.2).
    #[default]
    Replace,
    /// They stay as they are, as callers written for Janssen expect.
    Merge,
}

impl<'de> Deserialize<'de> for UpdateMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::word(deserializer, &[("replace", Self::Replace), ("merge", Self::Merge)])
    }
}

/// A scope of the server's catalogue. In JSON an object, or a text for a scope that is not a default one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "ScopeForm"))]
#[serde(from = "ScopeForm")]
#[non_exhaustive]
pub struct ScopeEntry {
    /// The scope token (RFC 6749 section 3.3).
    pub id: String,
    /// Whether clients may have it without anyone's approval. Default: false.
    pub default: bool,
}

impl ScopeEntry {
    /// A scope that exists, and is not a default one.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), default: false }
    }

    /// A scope that clients have without asking, and without anyone's approval.
    #[must_use]
    pub fn of_default(id: impl Into<String>) -> Self {
        Self { id: id.into(), default: true }
    }
}

#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = super::schema::choice))]
#[serde(untagged, expecting = "must be a scope or an object with `id` and `default`")]
enum ScopeForm {
    Id(String),
    Entry {
        /// The scope token.
        id: String,
        /// Whether clients may have it without anyone's approval.
        #[serde(default, deserialize_with = "lenient::flag", alias = "defaultScope")]
        default: bool,
    },
}

impl From<ScopeForm> for ScopeEntry {
    fn from(form: ScopeForm) -> Self {
        match form {
            ScopeForm::Id(id) => Self::new(id),
            ScopeForm::Entry { id, default } => Self { id, default },
        }
    }
}

/// A JWK Set of the configuration. `Debug` shows how many keys it has and no key: a symmetric one would be a secret.
#[derive(Clone, PartialEq)]
pub struct ConfiguredKeys(pub(crate) serde_json::Value);

impl ConfiguredKeys {
    /// The set as JSON.
    #[must_use]
    pub fn as_json(&self) -> &serde_json::Value {
        &self.0
    }
}

/// What the value holds is judged with the rest of the configuration, when the registrar is built.
impl From<serde_json::Value> for ConfiguredKeys {
    fn from(jwks: serde_json::Value) -> Self {
        Self(jwks)
    }
}

impl std::fmt::Debug for ConfiguredKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.0.get("keys").and_then(serde_json::Value::as_array).map_or(0, Vec::len);
        write!(f, "ConfiguredKeys({count} keys)")
    }
}
