//! Who signs what: issuers of statements and signers of requests, ready for use.

use std::sync::Arc;

use serde_json::Value;

use super::claims::ClaimRules;
use super::condition::Condition;
use crate::jose::{Algorithm, KeySet, KeySetLimits};
use crate::profile::{Issuer, Jws, KeySource};

/// [`Jws`], ready for use.
#[derive(Debug)]
pub(crate) struct JwsPolicy {
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) typ: Vec<String>,
    pub(crate) kid_required: bool,
    pub(crate) forbid_headers: Vec<String>,
    /// In the order in which they are tried.
    pub(crate) keys: Vec<KeyPlan>,
    pub(crate) claims: ClaimRules,
}

/// Where a key may come from. What can be read at build is.
#[derive(Debug)]
pub(crate) enum KeyPlan {
    Set(Arc<KeySet>),
    Uri(String),
    Discovery {
        uri: String,
        member: String,
    },
    StatementUri(String),
    StatementJwks(String),
    Secret(String),
    Hook,
    /// Nothing is verified.
    Unsigned,
}

/// [`Issuer`], ready for use.
#[derive(Debug)]
pub(crate) struct IssuerPolicy {
    /// Nothing: any.
    iss: Option<Vec<String>>,
    pub(crate) jws: JwsPolicy,
    pub(crate) rename: Vec<(String, String)>,
    pub(crate) allow_claims: Vec<String>,
    pub(super) check: Vec<Condition>,
    pub(crate) allow_scopes: Option<Vec<String>>,
    pub(crate) grant_scopes: Vec<String>,
}

impl JwsPolicy {
    pub(super) fn compile(jws: &Jws, place: &str, problems: &mut Vec<String>) -> Option<Self> {
        let mut fail = |problem: String| problems.push(format!("{place}: {problem}"));
        let mut algorithms = Vec::new();
        for name in &jws.algs {
            match Algorithm::parse(name) {
                Some(algorithm) => algorithms.push(algorithm),
                None => fail(format!("`{name}` is not a signature algorithm that is verified here")),
            }
        }
        let mut keys = Vec::new();
        for source in &jws.keys {
            match KeyPlan::compile(source) {
                Ok(plan) => keys.push(plan),
                Err(problem) => fail(problem),
            }
        }
        match ClaimRules::compile(&jws.claims) {
            Ok(claims) => Some(Self {
                algorithms,
                typ: jws.typ.clone(),
                kid_required: jws.kid_required.unwrap_or(false),
                forbid_headers: jws.forbid_headers.clone(),
                keys,
                claims,
            }),
            Err(problem) => {
                fail(problem);
                None
            }
        }
    }
}

impl KeyPlan {
    fn compile(source: &KeySource) -> Result<Self, String> {
        Ok(match source {
            KeySource::Uri { uri } => Self::Uri(uri.clone()),
            KeySource::Jwks { jwks } => {
                let set = KeySet::parse(&jwks.to_string(), KeySetLimits::ISSUER);
                Self::Set(Arc::new(set.map_err(|fault| format!("the key set {fault}"))?))
            }
            KeySource::StatementUri { claim } => Self::StatementUri(claim.clone()),
            KeySource::StatementJwks { claim } => Self::StatementJwks(claim.clone()),
            KeySource::Discovery { uri, member } => {
                Self::Discovery { uri: uri.clone(), member: member.clone() }
            }
            KeySource::Secret { name } => Self::Secret(name.clone()),
            KeySource::Hook { .. } => Self::Hook,
            KeySource::Unsigned => Self::Unsigned,
            KeySource::X5c { .. }
            | KeySource::BodyJwks
            | KeySource::RegisteredClient
            | KeySource::EntityStatement => {
                return Err("this key source is not verified by this version".to_owned());
            }
        })
    }

    /// Whether it holds shared secrets, public keys, or either.
    pub(crate) fn fits(&self, is_hmac: bool) -> bool {
        match self {
            Self::Secret(_) => is_hmac,
            Self::Hook | Self::Unsigned => true,
            _ => !is_hmac,
        }
    }
}

impl IssuerPolicy {
    pub(super) fn compile(
        issuer: &Issuer,
        place: &str,
        find: &mut impl FnMut(&str) -> Option<crate::metadata::FieldId>,
        problems: &mut Vec<String>,
    ) -> Option<Self> {
        let names: Vec<String> = issuer.iss.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let jws = JwsPolicy::compile(&issuer.jws, place, problems)?;
        Some(Self {
            iss: (!names.iter().any(|name| name == "$any")).then_some(names),
            jws,
            rename: issuer.rename.iter().map(|(from, to)| (from.clone(), to.clone())).collect(),
            allow_claims: issuer.allow_claims.clone(),
            check: issuer.check.iter().map(|when| Condition::compile(when, find)).collect(),
            allow_scopes: (!issuer.allow_scopes.is_empty()).then(|| issuer.allow_scopes.clone()),
            grant_scopes: issuer.grant_scopes.clone(),
        })
    }

    /// Whether everything holds that a statement of this issuer must say.
    pub(crate) fn gates_hold(&self, facts: &super::Facts<'_>) -> bool {
        let none = crate::metadata::Document::with_capacity(0);
        self.check.iter().all(|condition| condition.holds(&none, facts))
    }

    /// Whether the entry is for this `iss`: exact, or any.
    pub(crate) fn is_for(&self, iss: &str) -> bool {
        self.iss.as_ref().is_none_or(|own| own.iter().any(|name| name == iss))
    }
}
