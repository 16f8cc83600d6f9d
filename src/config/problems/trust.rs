//! Keys and who is trusted with them.

use std::collections::BTreeSet;

use serde_json::Value;
use url::Url;

use super::Problems;
use crate::config::{ConfiguredKeys, RegistrarConfig, SoftwareStatementValidationType, SsaValidationConfig};

impl RegistrarConfig {
    pub(super) fn check_trust(&self, problems: &mut Problems) {
        check_jwks("dcrSignatureValidationJwks", self.dcr_signature_validation_jwks.as_ref(), problems);
        check_url(
            "dcrSignatureValidationJwksUri",
            self.dcr_signature_validation_jwks_uri.as_deref(),
            problems,
        );
        let validation = self.software_statement_validation_type;
        let needs_claim = matches!(
            validation,
            SoftwareStatementValidationType::Jwks | SoftwareStatementValidationType::JwksUri
        );
        if needs_claim && self.software_statement_validation_claim_name.is_none() {
            let message =
                "must be given, since softwareStatementValidationType takes the keys from that claim";
            problems.add("softwareStatementValidationClaimName", message);
        }
        for (name, issuer) in &self.trusted_ssa_issuers {
            check_jwks(&format!("trustedSsaIssuers.{name}.jwks"), issuer.jwks.as_ref(), problems);
            check_url(&format!("trustedSsaIssuers.{name}.jwksUri"), issuer.jwks_uri.as_deref(), problems);
        }
        let mut ids = BTreeSet::new();
        for (index, entry) in self.dcr_ssa_validation_configs.iter().enumerate() {
            let place = format!("dcrSsaValidationConfigs[{index}]");
            check_entry(&place, entry, problems);
            if let Some(id) = entry.id.as_deref().filter(|id| !ids.insert(*id)) {
                problems.add(format!("{place}.id"), format!("`{id}` is the id of an earlier entry"));
            }
        }
    }
}

fn check_entry(place: &str, entry: &SsaValidationConfig, problems: &mut Problems) {
    if entry.id.is_none() {
        problems.add(format!("{place}.id"), "must be given");
    }
    if entry.kind.is_none() {
        problems.add(format!("{place}.type"), "must be given: ssa or dcr");
    }
    let has_source = entry.jwks.is_some()
        || entry.jwks_uri.is_some()
        || !entry.issuers.is_empty()
        || entry.configuration_endpoint.is_some();
    if !has_source {
        problems.add(place, "must have one of jwks, jwksUri, issuers, configurationEndpoint");
    }
    if entry.configuration_endpoint.is_some() && entry.configuration_endpoint_claim.is_none() {
        let property = format!("{place}.configurationEndpointClaim");
        problems
            .add(property, "must be given with configurationEndpoint: the member that holds the key address");
    }
    check_jwks(&format!("{place}.jwks"), entry.jwks.as_ref(), problems);
    check_url(&format!("{place}.jwksUri"), entry.jwks_uri.as_deref(), problems);
    check_url(&format!("{place}.configurationEndpoint"), entry.configuration_endpoint.as_deref(), problems);
}

/// Keys and where they are found must come over TLS: whoever can change them can sign.
fn check_url(property: &str, text: Option<&str>, problems: &mut Problems) {
    let Some(text) = text else { return };
    match Url::parse(text) {
        Err(problem) => problems.add(property, format!("`{text}` is not a URL: {problem}")),
        Ok(url) if url.scheme() != "https" => problems.add(property, format!("`{text}` must use https")),
        Ok(_) => {}
    }
}

fn check_jwks(property: &str, jwks: Option<&ConfiguredKeys>, problems: &mut Problems) {
    let Some(jwks) = jwks.map(ConfiguredKeys::as_json) else { return };
    let Some(keys) = jwks.get("keys").and_then(Value::as_array) else {
        problems.add(property, "must be a JWK Set: an object with an array `keys`, or a text holding one");
        return;
    };
    for (index, key) in keys.iter().enumerate() {
        if key.get("kty").and_then(Value::as_str).is_none() {
            problems.add(format!("{property}.keys[{index}]"), "must be a JWK: an object with `kty`");
        }
        // RFC 7518 section 6: `d` and `k` hold what only the signer may know.
        if key.get("d").is_some() || key.get("k").is_some() {
            problems.add(format!("{property}.keys[{index}]"), "must be a public key");
        }
    }
}
