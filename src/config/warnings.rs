//! What a configuration allows that an attacker could use.
//!
//! These properties work as documented, since deployments depend on them. Silence about what they cost would
//! be a fault of its own.

use std::fmt;

use super::algorithms::RSA1_5;
use super::{RegistrarConfig, SoftwareStatementValidationType};
use crate::metadata::{FieldId, Group};

/// Something that a configuration allows and an attacker could use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

#[derive(Default)]
struct Warnings(Vec<ConfigWarning>);

impl Warnings {
    fn add(&mut self, property: &str, message: &str) {
        self.0.push(ConfigWarning { property: property.to_owned(), message: message.to_owned() });
    }
}

impl RegistrarConfig {
    /// What this configuration allows that an attacker could use.
    #[must_use]
    pub fn warnings(&self) -> Vec<ConfigWarning> {
        let mut warnings = Warnings::default();
        self.warn_of_statements(&mut warnings);
        self.warn_of_secrets(&mut warnings);
        self.warn_of_switches(&mut warnings);
        self.warn_of_algorithms(&mut warnings);
        warnings.0
    }

    fn warn_of_statements(&self, warnings: &mut Warnings) {
        let message = match self.software_statement_validation_type {
            SoftwareStatementValidationType::None => {
                "software statements are not verified: anyone can write one, and its claims win over the \
                 request"
            }
            SoftwareStatementValidationType::Jwks | SoftwareStatementValidationType::JwksUri => {
                "a software statement names the keys that verify it: anyone can sign one with keys of their \
                 own, in the name of any issuer"
            }
            // The keys are the host's: what they have signed, the host has agreed to.
            SoftwareStatementValidationType::Script | SoftwareStatementValidationType::Builtin => return,
        };
        warnings.add("softwareStatementValidationType", message);
        if self.trusted_ssa_issuers.is_empty() {
            warnings.add(
                "trustedSsaIssuers",
                "software statements of every issuer are taken: an issuer nobody here has heard of can give \
                 its clients any metadata",
            );
        }
    }

    fn warn_of_secrets(&self, warnings: &mut Warnings) {
        let own = &self.dcr_signature_validation_shared_secret;
        let own = ("dcrSignatureValidationSharedSecret".to_owned(), own);
        let of_entries = self.dcr_ssa_validation_configs.iter().enumerate().map(|(index, entry)| {
            (format!("dcrSsaValidationConfigs[{index}].sharedSecret"), &entry.shared_secret)
        });
        for (property, secret) in std::iter::once(own).chain(of_entries) {
            let Some(secret) = secret else { continue };
            warnings.add(
                &property,
                "an HMAC secret signs as well as it verifies: anyone who holds it, each issuer that shares \
                 it included, can sign in the name of the others",
            );
            if secret.expose_secret().len() < MIN_SECRET_BYTES {
                warnings.add(
                    &property,
                    "is shorter than 32 bytes: it can be guessed offline from one signed JWT, and then \
                     anything can be signed",
                );
            }
        }
    }

    fn warn_of_switches(&self, warnings: &mut Warnings) {
        if self.lifetime_may_exceed_server_limit && !self.dcr_forbid_expiration_time_in_request {
            warnings.add(
                "lifetimeMayExceedServerLimit",
                "anyone can ask for a client that never expires: abandoned and hostile clients stay for \
                 ever",
            );
        }
        if self.dcr_authorization_with_mtls {
            warnings.add(
                "dcrAuthorizationWithMTLS",
                "the certificate is what the host hands in: if it comes in a header that a proxy sets, and \
                 the proxy does not remove what callers send under that name, anyone can claim any \
                 certificate",
            );
        }
        if self.redirect_uris_regex_enabled {
            warnings.add(
                "redirectUrisRegexEnabled",
                "a regular expression replaces the exact comparison of redirection URIs: one that is too \
                 wide lets an attacker receive codes and tokens of the client",
            );
        }
        if self.dynamic_registration_password_grant_type_enabled {
            warnings.add(
                "dynamicRegistrationPasswordGrantTypeEnabled",
                "anyone can register a client that asks people for their passwords (RFC 9700 section 2.4)",
            );
        }
        let is_operators = |name: &&String| {
            FieldId::of(name).and_then(FieldId::spec).is_some_and(|row| row.group == Group::HostOnly)
        };
        for name in self.dynamic_registration_custom_attributes.iter().filter(is_operators) {
            let message =
                format!("`{name}` is a matter of the operator: listed here, any caller sets it for itself");
            warnings.add("dynamicRegistrationCustomAttributes", &message);
        }
        let trusts_itself = |name: &String| name.eq_ignore_ascii_case("jansTrustedClnt");
        if self.dynamic_registration_custom_attributes.iter().any(trusts_itself) {
            warnings.add(
                "dynamicRegistrationCustomAttributes",
                "`jansTrustedClnt` lets any caller register a trusted client, for which nobody is asked for \
                 consent",
            );
        }
    }

    fn warn_of_algorithms(&self, warnings: &mut Warnings) {
        let has_rsa1_5 = |listed: &[String]| listed.iter().any(|word| word == RSA1_5);
        for algorithms in self.supported.algorithms().iter().filter(|own| own.listed.is_some_and(has_rsa1_5))
        {
            warnings.add(
                &algorithms.property,
                "`RSA1_5` lets an attacker decrypt by watching how altered copies fail (RFC 8725 section \
                 3.2)",
            );
        }
    }
}
