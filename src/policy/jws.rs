//! Who signs what: issuers of statements and signers of requests, ready for use.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::Facts;
use super::claims::{ClaimRules, claim};
use super::compile::JWT_CLAIMS;
use super::condition::Condition;
use super::trace::{self, Recorder};
use crate::config::Reading;
use crate::jose::{Algorithm, KeySet, KeySetLimits};
use crate::metadata::{Document, Extra, FieldId, FieldValue, Origin, fields};
use crate::profile::{Issuer, Jws, KeySource, Operation};

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
    /// The certificate in the header of the token, if it leads to these trust anchors.
    #[cfg(feature = "x509")]
    X5c {
        anchors: String,
        san_uri_is_iss: bool,
    },
    /// A source that this version does not read: it never has a key.
    NotHere,
}

/// [`Issuer`], ready for use.
#[derive(Debug)]
pub(crate) struct IssuerPolicy {
    /// Nothing: any.
    iss: Option<Vec<String>>,
    pub(crate) jws: JwsPolicy,
    pub(crate) rename: Vec<(String, String)>,
    pub(crate) allow_claims: Option<Vec<String>>,
    pub(super) check: Vec<Condition>,
    pub(crate) allow_scopes: Option<Vec<String>>,
    pub(crate) grant_scopes: Vec<String>,
}

impl JwsPolicy {
    /// Whether tokens may bring certificates.
    pub(crate) fn takes_certificates(&self) -> bool {
        self.keys.iter().any(|plan| plan.anchors().is_some())
    }

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
                let set = KeySet::parse(&jwks.to_string(), KeySetLimits::ISSUER)
                    .map_err(|fault| format!("the key set {fault}"))?;
                // Keys that are not understood are passed over, but not if none is left that could verify anything.
                if let (0, Some((index, fault))) = (set.len(), set.skipped().first()) {
                    return Err(format!("no key of the set can be used: keys[{index}] {fault}"));
                }
                Self::Set(Arc::new(set))
            }
            KeySource::StatementUri { claim } => Self::StatementUri(claim.clone()),
            KeySource::StatementJwks { claim } => Self::StatementJwks(claim.clone()),
            KeySource::Discovery { uri, member } => {
                Self::Discovery { uri: uri.clone(), member: member.clone() }
            }
            KeySource::Secret { name } => Self::Secret(name.clone()),
            KeySource::Hook { .. } => Self::Hook,
            KeySource::Unsigned => Self::Unsigned,
            #[cfg(feature = "x509")]
            KeySource::X5c { anchors, san_uri_is_iss } => {
                Self::X5c { anchors: anchors.clone(), san_uri_is_iss: *san_uri_is_iss }
            }
            #[cfg(not(feature = "x509"))]
            KeySource::X5c { .. } => Self::NotHere,
            KeySource::BodyJwks | KeySource::RegisteredClient | KeySource::EntityStatement => Self::NotHere,
        })
    }

    /// The trust anchors that a token verified by this plan leads to.
    pub(crate) fn anchors(&self) -> Option<&str> {
        match self {
            #[cfg(feature = "x509")]
            Self::X5c { anchors, .. } => Some(anchors),
            _ => None,
        }
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
        find: &mut impl FnMut(&str) -> Option<FieldId>,
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
            allow_scopes: issuer.allow_scopes.clone(),
            grant_scopes: issuer.grant_scopes.clone(),
        })
    }

    /// What of a verified statement counts: filtered, renamed, its scopes cut. Nothing if a gate does not hold.
    pub(crate) fn gate<'c>(
        &self,
        mut claims: Document<'c>,
        operation: Operation,
        reading: Reading,
    ) -> Option<Document<'c>> {
        if let Some(allowed) = &self.allow_claims {
            let is_allowed = |name: &str| allowed.iter().any(|own| own == name);
            claims.retain(|field| is_allowed(field.spec().map_or("", |spec| spec.name)));
            // The two that one-time use needs are no metadata in any case.
            claims.extras.retain(|extra| is_allowed(&extra.name) || matches!(&*extra.name, "jti" | "exp"));
        }
        for (from, to) in &self.rename {
            rename(&mut claims, from, to);
        }
        if let (Some(allowed), Some(scope)) = (&self.allow_scopes, claims.get(fields::SCOPE)) {
            // A list may become words later on, so that it is cut as well. Anything else has no scopes.
            let words: Vec<&str> = match scope {
                FieldValue::Text(text) => text.split(' ').collect(),
                FieldValue::List(list) => list.iter().flat_map(|item| item.split(' ')).collect(),
                _ => Vec::new(),
            };
            let kept: Vec<&str> =
                words.into_iter().filter(|word| allowed.iter().any(|own| own == word)).collect();
            let kept = kept.join(" ");
            claims.set(fields::SCOPE, FieldValue::Text(Cow::Owned(kept)), Origin::Statement);
        }
        if self.check.is_empty() {
            return Some(claims);
        }
        let none = Document::with_capacity(0);
        let facts = Facts {
            operation,
            reading,
            statement: Some(&claims),
            granted: &[],
            certificate: None,
            stored: None,
        };
        let gates_hold = self.check.iter().all(|condition| condition.holds(&none, &facts));
        gates_hold.then_some(claims)
    }

    /// Says what [`gate`](Self::gate) leaves out of the claims.
    pub(crate) fn tell_left_out(&self, claims: &Document<'_>, recorder: &mut Recorder<'_>) {
        if let Some(allowed) = &self.allow_claims {
            let names = claims.iter().map(|(field, ..)| claims.name(field));
            let names = names.chain(claims.extras.iter().map(|extra| &*extra.name));
            for name in names.filter(|name| !JWT_CLAIMS.contains(name)) {
                if !allowed.iter().any(|own| own == name) {
                    let reason = "not among the claims that its issuer may make";
                    trace::dropped_of(recorder, Origin::Statement, name, reason, None);
                }
            }
        }
        if let (Some(allowed), Some(scope)) = (&self.allow_scopes, claims.text(fields::SCOPE)) {
            let lost = scope.split(' ').filter(|word| !allowed.iter().any(|own| own == word));
            let reason = "not among the scopes that its issuer may grant";
            trace::dropped_words(recorder, Origin::Statement, "scope", lost, reason);
        }
    }

    /// Whether the entry is for this `iss`: exact, or any.
    pub(crate) fn is_for(&self, iss: &str) -> bool {
        self.iss.as_ref().is_none_or(|own| own.iter().any(|name| name == iss))
    }
}

/// Moves a claim to another name, unless that name is taken.
fn rename(claims: &mut Document<'_>, from: &str, to: &str) {
    let Some(value) = claim(claims, from).filter(|_| claim(claims, to).is_none()) else { return };
    // What one-time use needs stays where it is.
    if !JWT_CLAIMS.contains(&from) {
        match FieldId::of(from) {
            Some(field) => {
                claims.remove(field);
            }
            None => claims.extras.retain(|extra| extra.name != from),
        }
    }
    match FieldId::of(to) {
        Some(field) => {
            claims.set(field, FieldValue::from_json(&value), Origin::Statement);
        }
        None => {
            let (name, json) = (Cow::Owned(to.to_owned()), Cow::Owned(value.to_string()));
            claims.extras.push(Extra { name, json });
        }
    }
}
