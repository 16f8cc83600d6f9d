//! Who is trusted to sign: entries for signed requests and software statements, and statement issuers.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer};

#[cfg(feature = "schema")]
use super::schema;
use super::{ConfiguredKeys, lenient};
use crate::secret::SharedSecret;

/// One entry of `dcrSsaValidationConfigs`: keys for signed requests or software statements of certain
/// issuers.
///
/// One of `jwks`, `jwksUri`, `issuers` and `configurationEndpoint` must be given. Each member may also be
/// written with underscores.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = schema::ssa_validation_config))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct SsaValidationConfig {
    /// The key of the entry. Required, and unique among the entries.
    #[serde(deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// Whether the entry is for software statements or for signed requests. Required; `type` in JSON.
    #[serde(rename = "type")]
    pub kind: Option<SsaValidationType>,
    /// A name for people. No effect.
    #[serde(deserialize_with = "lenient::text", alias = "display_name")]
    pub display_name: Option<String>,
    /// A description for people. No effect.
    #[serde(deserialize_with = "lenient::text")]
    pub description: Option<String>,
    /// The scopes that statements of these issuers may give a client. Default: all. No effect on signed
    /// requests.
    #[serde(alias = "scope")]
    pub scopes: Option<Vec<String>>,
    /// The claims that are used; all others are dropped. Default: all.
    #[serde(alias = "allowed_claims")]
    pub allowed_claims: Option<Vec<String>>,
    /// The keys by value: a JWK Set, or a text holding one (RFC 7517 section 5).
    #[serde(deserialize_with = "lenient::jwks")]
    pub jwks: Option<ConfiguredKeys>,
    /// The https address of a JWK Set. Tried after `jwks` and `sharedSecret`, which need no fetch.
    #[serde(deserialize_with = "lenient::text", alias = "jwks_uri")]
    pub jwks_uri: Option<String>,
    /// The `iss` values the entry is for. An entry without any is never chosen.
    #[serde(deserialize_with = "lenient::or_default")]
    pub issuers: Vec<String>,
    /// The https address of a discovery document, which says where the keys are. Tried last.
    #[serde(deserialize_with = "lenient::text", alias = "configuration_endpoint")]
    pub configuration_endpoint: Option<String>,
    /// The member of the discovery document whose value is the address of the keys. Required with
    /// `configurationEndpoint`.
    #[serde(deserialize_with = "lenient::text", alias = "configuration_endpoint_claim")]
    pub configuration_endpoint_claim: Option<String>,
    /// The secret for HMAC signatures. Whoever verifies with it can sign with it.
    #[serde(deserialize_with = "lenient::secret", alias = "shared_secret")]
    pub shared_secret: Option<SharedSecret>,
}

/// What an entry of `dcrSsaValidationConfigs` is for. In JSON in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", transform = schema::any_case))]
#[non_exhaustive]
pub enum SsaValidationType {
    /// Software statements.
    Ssa,
    /// Signed requests.
    Dcr,
}

impl<'de> Deserialize<'de> for SsaValidationType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::word(deserializer, &[("ssa", Self::Ssa), ("dcr", Self::Dcr)])
    }
}

/// How software statements are verified. In JSON in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "snake_case", transform = schema::any_case))]
#[non_exhaustive]
pub enum SoftwareStatementValidationType {
    /// Not at all: anyone can write one.
    None,
    /// With keys or a secret from the host's hook. Without a hook every statement is refused.
    #[default]
    Script,
    /// With the entries of `dcrSsaValidationConfigs` for the issuer. Without one the statement is refused.
    Builtin,
    /// With the key set in a claim of the statement itself, which proves nothing about its issuer.
    Jwks,
    /// With the key set at an address in a claim of the statement itself, which proves nothing about its
    /// issuer.
    JwksUri,
}

impl<'de> Deserialize<'de> for SoftwareStatementValidationType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::word(
            deserializer,
            &[
                ("none", Self::None),
                ("script", Self::Script),
                ("builtin", Self::Builtin),
                ("jwks", Self::Jwks),
                ("jwks_uri", Self::JwksUri),
            ],
        )
    }
}

/// What a trusted issuer of software statements may do.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = schema::lenient))]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct TrustedIssuer {
    /// Scopes that every client of this issuer gets, asked for or not. Default: none.
    #[serde(deserialize_with = "lenient::or_default")]
    pub automatically_granted_scopes: Vec<String>,
    /// The issuer's keys by value: a JWK Set, or a text holding one.
    #[serde(deserialize_with = "lenient::jwks")]
    pub jwks: Option<ConfiguredKeys>,
    /// The https address of the issuer's keys.
    #[serde(deserialize_with = "lenient::text")]
    pub jwks_uri: Option<String>,
}

/// Issuers with what they may do, or only their names.
#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "must be an object of issuers or a list of their names")]
enum Issuers {
    Named(Vec<String>),
    Described(BTreeMap<String, Option<TrustedIssuer>>),
}

#[derive(serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct BothSpellings {
    /// The issuers whose software statements are taken. Default: empty, which means any.
    trusted_ssa_issuers: Option<Issuers>,
    /// The older spelling of `trustedSsaIssuers`: a list of names.
    dcr_issuers: Option<Issuers>,
}

/// Reads `trustedSsaIssuers` and its older spelling `dcrIssuers` into one map. What the newer one says wins.
pub(super) fn trusted_issuers<'de, D>(deserializer: D) -> Result<BTreeMap<String, TrustedIssuer>, D::Error>
where
    D: Deserializer<'de>,
{
    let both = BothSpellings::deserialize(deserializer)?;
    let mut trusted = BTreeMap::new();
    for issuers in [both.dcr_issuers, both.trusted_ssa_issuers].into_iter().flatten() {
        match issuers {
            Issuers::Named(names) => {
                for name in names {
                    trusted.entry(name).or_insert_with(TrustedIssuer::default);
                }
            }
            Issuers::Described(described) => {
                trusted
                    .extend(described.into_iter().map(|(name, issuer)| (name, issuer.unwrap_or_default())));
            }
        }
    }
    Ok(trusted)
}
