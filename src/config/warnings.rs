//! What a configuration allows that an attacker could use.
//!
//! These properties work as documented, since deployments depend on them. Silence about what they cost would be a
//! fault of its own.

use std::fmt;

use super::algorithms::RSA1_5;
use super::{RegistrarConfig, SoftwareStatementValidationType};
use crate::secret::SharedSecret;

/// Something that a configuration allows and an attacker could use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigWarning {
    /// The property, with the index of an entry: `dcrSsaValidationConfigs[1].sharedSecret`.
    pub property: String,
    /// What an attacker could do.
    pub message: String,
}

impl fmt::Display for ConfigWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.property, self.message)
    }
}

/// The output of the smallest hash: a shorter key is easier to guess than to forge (RFC 7518 section 3.2).
const MIN_SECRET_BYTES: usize = 32;

impl RegistrarConfig {
    /// What this configuration allows that an attacker could use.
    #[must_use]
    pub fn warnings(&self) -> Vec<ConfigWarning> {
        let mut warnings = Vec::new();
        let mut warn = |property: &str, message: &str| {
            warnings.push(ConfigWarning { property: property.to_owned(), message: message.to_owned() });
        };

        let validation = match self.software_statement_validation_type {
            SoftwareStatementValidationType::None => Some(
                "software statements are not verified: anyone can write one, and its claims win over the request",
            ),
            SoftwareStatementValidationType::Jwks | SoftwareStatementValidationType::JwksUri => Some(
                "a software statement names the keys that verify it: anyone can sign one with keys of their own, in \
                 the name of any issuer",
            ),
            SoftwareStatementValidationType::Script | SoftwareStatementValidationType::Builtin => None,
        };
        if let Some(message) = validation {
            warn("softwareStatementValidationType", message);
            if self.trusted_ssa_issuers.is_empty() {
                let message = "software statements of every issuer are taken: an issuer nobody here has heard of can \
                               give its clients any metadata";
                warn("trustedSsaIssuers", message);
            }
        }

        let shared =
            ("dcrSignatureValidationSharedSecret".to_owned(), &self.dcr_signature_validation_shared_secret);
        let of_entries = self.dcr_ssa_validation_configs.iter().enumerate();
        let of_entries = of_entries.map(|(index, entry)| {
            (format!("dcrSsaValidationConfigs[{index}].sharedSecret"), &entry.shared_secret)
        });
        for (property, secret) in std::iter::once(shared).chain(of_entries) {
            let Some(secret) = secret else { continue };
            warn(
                &property,
                "an HMAC secret signs as well as it verifies: anyone who holds it, each issuer that shares it \
                 included, can sign in the name of the others",
            );
            if is_short(secret) {
                let message = "is shorter than 32 bytes: it can be guessed offline from one signed JWT, and then \
                               anything can be signed";
                warn(&property, message);
            }
        }

        let trusts_itself = |name: &String| name.eq_ignore_ascii_case("jansTrustedClnt");
        let switches = [
            (
                self.lifetime_may_exceed_server_limit && !self.dcr_forbid_expiration_time_in_request,
                "lifetimeMayExceedServerLimit",
                "anyone can ask for a client that never expires: abandoned and hostile clients stay for ever",
            ),
            (
                self.dcr_authorization_with_mtls,
                "dcrAuthorizationWithMTLS",
                "the certificate is what the host hands in: if it comes in a header that a proxy sets, and the proxy \
                 does not remove what callers send under that name, anyone can claim any certificate",
            ),
            (
                self.redirect_uris_regex_enabled,
                "redirectUrisRegexEnabled",
                "a regular expression replaces the exact comparison of redirection URIs: one that is too wide lets \
                 an attacker receive codes and tokens of the client",
            ),
            (
                self.dynamic_registration_password_grant_type_enabled,
                "dynamicRegistrationPasswordGrantTypeEnabled",
                "anyone can register a client that asks people for their passwords (RFC 9700 section 2.4)",
            ),
            (
                self.dynamic_registration_custom_attributes.iter().any(trusts_itself),
                "dynamicRegistrationCustomAttributes",
                "`jansTrustedClnt` lets any caller register a trusted client, for which nobody is asked for consent",
            ),
        ];
        for (_, property, message) in switches.into_iter().filter(|(is_on, ..)| *is_on) {
            warn(property, message);
        }

        for algorithms in self.supported.algorithms() {
            if algorithms.listed.is_some_and(|listed| listed.iter().any(|word| word == RSA1_5)) {
                let message = "`RSA1_5` lets an attacker decrypt by watching how altered copies fail (RFC 8725 \
                               section 3.2)";
                warn(&algorithms.property, message);
            }
        }
        warnings
    }
}

fn is_short(secret: &SharedSecret) -> bool {
    secret.expose_secret().len() < MIN_SECRET_BYTES
}
