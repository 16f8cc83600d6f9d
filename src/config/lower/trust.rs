//! Who signs statements and requests, from Janssen's properties.
//!
//! All of them become issuer entries: which claims they may make and where their keys come from. Behind this point
//! nothing knows of validation types.

use std::collections::HashMap;

use serde_json::Value;

use super::RegistrarConfig;
use crate::config::{SoftwareStatementValidationType, SsaValidationConfig, SsaValidationType};
use crate::profile::{Body, Issuer, Jws, KeySource, Map};
use crate::secret::SharedSecret;

/// The name under which the secret of signed requests is kept.
const REQUEST_SECRET: &str = "dcrSignatureValidationSharedSecret";

/// The algorithms of keys that are published.
pub(in crate::config) const ASYMMETRIC: [&str; 12] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
    "Ed448",
];
const HMAC: [&str; 3] = ["HS256", "HS384", "HS512"];

impl RegistrarConfig {
    /// The shared secrets, by the name that key sources have for them. They are no part of a profile, which can be
    /// printed.
    pub(crate) fn secrets(&self) -> HashMap<String, SharedSecret> {
        let entries = self.dcr_ssa_validation_configs.iter();
        let of_entries = entries.filter_map(|entry| Some((secret_name(entry), entry.shared_secret.clone()?)));
        let of_requests = self.dcr_signature_validation_shared_secret.clone();
        of_entries.chain(of_requests.map(|secret| (REQUEST_SECRET.to_owned(), secret))).collect()
    }

    /// Whether nothing was said of statements: their keys are asked of a hook then.
    pub(crate) fn has_default_validation(&self) -> bool {
        self.software_statement_validation_type == SoftwareStatementValidationType::Script
            && self.trusted_ssa_issuers.is_empty()
    }

    /// The issuers of statements.
    pub(super) fn statement_issuers(&self) -> Vec<Issuer> {
        use SoftwareStatementValidationType as Type;
        let claim = self.software_statement_validation_claim_name.clone().unwrap_or_default();
        let source = match self.software_statement_validation_type {
            Type::Builtin => return self.builtin_issuers(),
            Type::Script => KeySource::Hook { name: "software_statement".to_owned() },
            // Without a name there is no key, which is one of the problems of the configuration.
            Type::Jwks | Type::JwksUri if claim.is_empty() => return Vec::new(),
            Type::Jwks => KeySource::StatementJwks { claim },
            Type::JwksUri => KeySource::StatementUri { claim },
            Type::None => KeySource::Unsigned,
        };
        let entry = |iss: Value, granted: &[String]| Issuer {
            iss: vec![iss],
            jws: jws(vec![source.clone()]),
            grant_scopes: granted.to_vec(),
            ..Issuer::default()
        };
        if self.trusted_ssa_issuers.is_empty() {
            return vec![entry("$any".into(), &[])];
        }
        let trusted = self.trusted_ssa_issuers.iter();
        trusted.map(|(iss, trust)| entry(iss.as_str().into(), &trust.automatically_granted_scopes)).collect()
    }

    /// One entry per issuer of each `dcrSsaValidationConfigs` entry of type SSA. A list of trusted issuers narrows
    /// them further.
    fn builtin_issuers(&self) -> Vec<Issuer> {
        let mut issuers = Vec::new();
        for entry in self.entries(SsaValidationType::Ssa) {
            for iss in &entry.issuers {
                let trust = self.trusted_ssa_issuers.get(iss);
                if trust.is_none() && !self.trusted_ssa_issuers.is_empty() {
                    continue;
                }
                let granted = trust.map(|trust| trust.automatically_granted_scopes.clone());
                issuers.push(Issuer {
                    allow_scopes: entry.scopes.clone(),
                    grant_scopes: granted.unwrap_or_default(),
                    ..issuer(entry, iss)
                });
            }
        }
        // Trust without an entry is no way to verify anything.
        let has_entry =
            |iss: &String| self.entries(SsaValidationType::Ssa).any(|entry| entry.issuers.contains(iss));
        let without = self.trusted_ssa_issuers.keys().filter(|iss| !has_entry(iss));
        issuers.extend(without.map(|iss| Issuer {
            iss: vec![iss.as_str().into()],
            jws: jws(Vec::new()),
            ..Issuer::default()
        }));
        issuers
    }

    /// The signers of requests that have an entry of their own.
    pub(super) fn request_issuers(&self) -> Vec<Issuer> {
        if !self.dcr_signature_validation_enabled {
            return Vec::new();
        }
        let entries = self.entries(SsaValidationType::Dcr);
        entries.flat_map(|entry| entry.issuers.iter().map(|iss| issuer(entry, iss))).collect()
    }

    /// The signers of requests that have none. Sources that need no fetch come first: any success is success.
    pub(super) fn request_jws(&self) -> Option<Jws> {
        if !self.dcr_signature_validation_enabled {
            return None;
        }
        let mut keys = Vec::new();
        keys.extend(self.dcr_signature_validation_jwks.clone().map(|keys| KeySource::Jwks { jwks: keys.0 }));
        let claim = self.dcr_signature_validation_software_statement_jwks_claim.clone();
        keys.extend(claim.map(|claim| KeySource::StatementJwks { claim }));
        let claim = self.dcr_signature_validation_software_statement_jwks_uri_claim.clone();
        keys.extend(claim.map(|claim| KeySource::StatementUri { claim }));
        keys.extend(self.dcr_signature_validation_jwks_uri.clone().map(|uri| KeySource::Uri { uri }));
        if self.dcr_signature_validation_shared_secret.is_some() {
            keys.push(KeySource::Secret { name: REQUEST_SECRET.to_owned() });
        }
        keys.push(KeySource::Hook { name: "dcr".to_owned() });
        Some(jws(keys))
    }

    /// Only signed bodies where signatures are asked for.
    pub(super) fn media_types(&self) -> Map<Body> {
        if !self.dcr_signature_validation_enabled {
            return Map::new();
        }
        ["application/jwt", "application/jose"].into_iter().map(|name| (name.to_owned(), Body::Jws)).collect()
    }

    fn entries(&self, kind: SsaValidationType) -> impl Iterator<Item = &SsaValidationConfig> {
        self.dcr_ssa_validation_configs.iter().filter(move |entry| entry.kind == Some(kind))
    }
}

fn issuer(entry: &SsaValidationConfig, iss: &str) -> Issuer {
    let mut keys = Vec::new();
    keys.extend(entry.jwks.clone().map(|keys| KeySource::Jwks { jwks: keys.0 }));
    if entry.shared_secret.is_some() {
        keys.push(KeySource::Secret { name: secret_name(entry) });
    }
    keys.extend(entry.jwks_uri.clone().map(|uri| KeySource::Uri { uri }));
    if let (Some(uri), Some(member)) = (&entry.configuration_endpoint, &entry.configuration_endpoint_claim) {
        keys.push(KeySource::Discovery { uri: uri.clone(), member: member.clone() });
    }
    Issuer {
        iss: vec![iss.into()],
        jws: jws(keys),
        allow_claims: entry.allowed_claims.clone(),
        ..Issuer::default()
    }
}

fn secret_name(entry: &SsaValidationConfig) -> String {
    format!("dcrSsaValidationConfigs.{}", entry.id.as_deref().unwrap_or_default())
}

/// HMAC algorithms are taken only where there may be a secret; keys and secrets never stand in for each other.
fn jws(keys: Vec<KeySource>) -> Jws {
    let has_secret =
        keys.iter().any(|source| matches!(source, KeySource::Secret { .. } | KeySource::Hook { .. }));
    let algs = ASYMMETRIC.iter().chain(HMAC.iter().filter(|_| has_secret)).map(|name| (*name).to_owned());
    Jws { algs: algs.collect(), keys, ..Jws::default() }
}
