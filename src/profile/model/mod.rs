//! The policy language: what a deployment demands of a registration, as data.
//!
//! The model is OpenID Federation's metadata policy operators, with presence, sources, conditions and update rules
//! added, and everything around the metadata (envelope, statement issuers, access, lifecycle, response, errors) in
//! the same document. All parts are optional, so that "unset" and "false" differ while profiles are composed.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::metadata::Kind;

/// A map that keeps its names sorted, so that a printed profile is stable.
pub(crate) type Map<V> = BTreeMap<String, V>;

/// What a deployment demands of a registration.
///
/// Read one with `serde_json`, or take a preset with [`Profile::preset`]. The [guide](crate::guide::profiles) says how to
/// write one.
///
/// ```
/// use oauth_dcr::Profile;
///
/// let profile: Profile = serde_json::from_str(
///     r#"{ "dcr_profile": 1, "name": "short-lived", "extends": ["oidc"], "lifecycle": { "ttl_s": 3600 } }"#,
/// )?;
/// assert_eq!(profile.compose()?.lifecycle.ttl_s, Some(3600));
/// assert!(serde_json::from_str::<Profile>(r#"{ "dcr_profile": 1, "lifecyle": {} }"#).is_err(), "a misspelt part");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Profile {
    /// Version of the model, 1.
    pub dcr_profile: u32,
    /// Name, unique among the profiles of a registrar.
    pub name: String,
    /// What this profile is, for people.
    #[serde(skip_serializing_if = "is_unset")]
    pub title: String,
    /// The document this profile writes down.
    #[serde(skip_serializing_if = "is_unset")]
    pub spec: String,
    /// Presets this profile starts from, left to right.
    #[serde(skip_serializing_if = "is_unset")]
    pub extends: Vec<String>,
    /// The request body and its signature.
    #[serde(skip_serializing_if = "is_unset")]
    pub request: RequestPolicy,
    /// The software statement.
    #[serde(skip_serializing_if = "is_unset")]
    pub software_statement: StatementPolicy,
    /// Members by name.
    #[serde(skip_serializing_if = "is_unset")]
    pub metadata: Map<Member>,
    /// What happens to members that neither this profile nor the request parts name. Default: `ignore`.
    #[serde(skip_serializing_if = "is_unset")]
    pub unknown_members: Option<Unknown>,
    /// Conditional rules, in order.
    #[serde(skip_serializing_if = "is_unset")]
    pub rules: Vec<Rule>,
    /// Which scopes are granted.
    #[serde(skip_serializing_if = "is_unset")]
    pub scope: Option<ScopePolicy>,
    /// What redirection URIs may look like.
    #[serde(skip_serializing_if = "is_unset")]
    pub redirect_uris: RedirectPolicy,
    /// What client keys may look like.
    #[serde(skip_serializing_if = "is_unset")]
    pub keys: KeyPolicy,
    /// Who may call.
    #[serde(skip_serializing_if = "is_unset")]
    #[cfg_attr(feature = "schema", schemars(extend("propertyNames" = { "enum": Operation::ALL })))]
    pub access: BTreeMap<Operation, Access>,
    /// Identifiers, duplicates and expiry.
    #[serde(skip_serializing_if = "is_unset")]
    pub lifecycle: Lifecycle,
    /// What the answer looks like.
    #[serde(skip_serializing_if = "is_unset")]
    pub response: ResponsePolicy,
    /// Error code and status by kind of failure. `media_type`, `disabled`, `access_token`, `unknown_client` and
    /// `scope_missing` are answered as HTTP and bearer tokens have it: a profile may repeat that, and is refused if it
    /// says something else.
    #[serde(skip_serializing_if = "is_unset")]
    pub errors: Map<ErrorSpec>,
    /// Named steps of the host.
    #[serde(skip_serializing_if = "is_unset")]
    pub hooks: Vec<Hook>,
}

/// The four operations of RFC 7591 and RFC 7592.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// POST (RFC 7591 section 3).
    Create,
    /// GET (RFC 7592 section 2.1).
    Read,
    /// PUT (RFC 7592 section 2.2).
    Update,
    /// DELETE (RFC 7592 section 2.3).
    Delete,
}

impl Operation {
    /// All operations.
    pub const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Update, Self::Delete];

    /// The name in profiles.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Makes structs of which every part may be left out, and enums of snake-case words.
macro_rules! model {
    ($( $(#[$meta:meta])* struct $name:ident { $( $(#[$field_meta:meta])* $field:ident: $type:ty, )* } )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        #[non_exhaustive]
        pub struct $name { $( $(#[$field_meta])* #[serde(skip_serializing_if = "is_unset")] pub $field: $type, )* }
    )+ };
    ($( $(#[$meta:meta])* enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident, )+ } )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum $name { $( $(#[$variant_meta])* $variant, )+ }
    )+ };
}

mod access;
mod jwt;
mod life;
mod member;
mod rules;
mod selection;

pub use access::*;
pub use jwt::*;
pub use life::*;
pub use member::*;
pub use rules::*;
pub use selection::*;

model! {
    /// What happens to unknown members.
    enum Unknown {
        /// They are dropped.
        Ignore,
        /// They are kept as they came.
        Keep,
        /// They are refused.
        Reject,
    }

    /// When a named step of the host runs.
    enum HookStage {
        /// After the body was read.
        AfterParse,
        /// After the statement was verified.
        AfterStatement,
        /// After the policy was applied.
        AfterPolicy,
        /// Before the client is stored.
        BeforeStore,
        /// Before the answer is sent.
        BeforeResponse,
    }
}

/// A named step.
///
/// | Name | Who takes it |
/// |---|---|
/// | `verify_sector_identifier` | the engine, always: OpenID Connect Registration section 5 |
/// | `normalize_subject_dn` | the engine: `tls_client_auth_subject_dn` is registered with the types that RFC 4514 section 3 lists under these names, and all others as numbers with encoded values. Without the step it is registered as it was sent; it is compared without regard to spelling in any case |
/// | `verify_evidence` | an [`EvidenceVerifier`](crate::EvidenceVerifier), or a [`ScriptHook`](crate::ScriptHook); `nonce_ttl_s` of its configuration is how long nonces live. A registrar is not built without either |
/// | `json_schema`, `rate_limit`, and any other | the host, in a [`ScriptHook`](crate::ScriptHook) or in front of the engine: a schema language and counters by address are no part of it. `Registrar::warnings` says so where there is no hook |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Hook {
    /// When it runs.
    pub stage: HookStage,
    /// Its name.
    pub name: String,
    /// Its configuration.
    #[serde(default)]
    pub config: Value,
}

/// Whether a part is as if it had not been written, so that a printed profile shows only what was.
fn is_unset<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Keeps an explicit `null` apart from an absent member, which serde would not.
fn keep_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
