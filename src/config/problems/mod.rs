//! What is wrong with a configuration, found before the first request.

mod lists;
mod trust;

use std::collections::BTreeSet;
use std::fmt;

use url::{Host, Url};

use super::{Lifetime, RegistrarConfig, ScopeEntry, UriPattern};
use crate::metadata::{JwsAlgorithm, SubjectType};

/// A configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// All that is wrong with it.
    pub problems: Vec<ConfigProblem>,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigProblem {
    /// The property, with the index of an entry: `dcrSsaValidationConfigs[1].jwksUri`.
    pub property: String,
    /// What is wrong and what would be right: lower case, no full stop, input in backticks.
    pub message: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.property, self.message)
    }
}

#[derive(Default)]
struct Problems(Vec<ConfigProblem>);

impl Problems {
    fn add(&mut self, property: impl Into<String>, message: impl Into<String>) {
        self.0.push(ConfigProblem { property: property.into(), message: message.into() });
    }
}

impl RegistrarConfig {
    /// Everything that is wrong with this configuration. A registrar is not built while there is anything.
    #[must_use]
    pub fn problems(&self) -> Vec<ConfigProblem> {
        let mut problems = Problems::default();
        self.check_endpoints(&mut problems);
        self.check_numbers(&mut problems);
        self.check_lists(&mut problems);
        self.check_defaults(&mut problems);
        self.check_patterns(&mut problems);
        self.check_scopes(&mut problems);
        self.check_trust(&mut problems);
        problems.0
    }

    fn check_endpoints(&self, problems: &mut Problems) {
        if self.registration_endpoint.is_none() {
            problems
                .add("registrationEndpoint", "must be given, since registration_client_uri is made of it");
        }
        let endpoints = [
            ("registrationEndpoint", &self.registration_endpoint),
            ("issuer", &self.issuer),
            ("tokenEndpoint", &self.token_endpoint),
        ];
        for (property, url) in endpoints {
            if let Some(url) = url.as_ref().filter(|url| !is_https_or_loopback(url)) {
                problems.add(property, format!("`{url}` must use https"));
            }
        }
    }

    fn check_numbers(&self, problems: &mut Problems) {
        let lifetimes = [
            ("dynamicRegistrationExpirationTime", self.dynamic_registration_expiration_time),
            ("spontaneousScopeLifetime", self.spontaneous_scope_lifetime),
        ];
        for (property, lifetime) in lifetimes {
            if lifetime.is_some_and(|lifetime: Lifetime| !lifetime.is_valid()) {
                problems.add(property, "must be a number of seconds, or 0 or -1 for no end");
            }
        }
        let limits = [
            ("maxBodyBytes", self.max_body_bytes),
            ("maxJsonDepth", self.max_json_depth),
            ("maxMembers", self.max_members),
        ];
        for (property, _) in limits.into_iter().filter(|(_, limit)| *limit == 0) {
            problems.add(property, "must not be 0, since no request could be read");
        }
    }

    fn check_defaults(&self, problems: &mut Problems) {
        if let Some(default) = &self.default_subject_type {
            if !SubjectType::KNOWN.contains(&default.as_str()) {
                problems.add("defaultSubjectType", format!("`{default}` is neither public nor pairwise"));
            } else if self
                .supported
                .subject_types_supported
                .as_ref()
                .is_some_and(|own| !own.contains(default))
            {
                problems.add("defaultSubjectType", format!("`{default}` is not in subjectTypesSupported"));
            }
        }
        let Some(default) = &self.default_signature_algorithm else { return };
        if default == "none" || !JwsAlgorithm::KNOWN.contains(&default.as_str()) {
            problems.add("defaultSignatureAlgorithm", format!("`{default}` is not a signature algorithm"));
            return;
        }
        let lists = [
            ("idTokenSigningAlgValuesSupported", &self.supported.id_token_signing_alg_values_supported),
            (
                "accessTokenSigningAlgValuesSupported",
                &self.supported.access_token_signing_alg_values_supported,
            ),
        ];
        for (property, listed) in lists {
            if listed.as_ref().is_some_and(|listed| !listed.is_empty() && !listed.contains(default)) {
                problems.add("defaultSignatureAlgorithm", format!("`{default}` is not in {property}"));
            }
        }
    }

    fn check_patterns(&self, problems: &mut Problems) {
        let lists = [
            ("clientWhiteList", self.client_white_list.as_deref()),
            ("clientBlackList", Some(self.client_black_list.as_slice())),
            ("externalUriWhiteList", self.external_uri_white_list.as_deref()),
        ];
        for (property, patterns) in lists {
            for pattern in patterns.unwrap_or_default() {
                if UriPattern::parse(pattern).is_none() {
                    problems
                        .add(property, format!("`{pattern}` is not a URL pattern, and would match nothing"));
                }
            }
        }
    }

    fn check_scopes(&self, problems: &mut Problems) {
        let mut seen = BTreeSet::new();
        for scope in self.scopes.iter().flatten() {
            if !is_scope(&scope.id) {
                problems.add("scopes", format!("`{}` is not a scope", scope.id));
            }
            if !seen.insert(scope.id.as_str()) {
                problems.add("scopes", format!("`{}` is there twice", scope.id));
            }
        }
        let for_passwords = &self.dynamic_registration_allowed_password_grant_scopes;
        let is_granted = self.scopes.is_some() && self.dynamic_registration_scopes_param_enabled;
        let is_default = |scope: &ScopeEntry| scope.default && for_passwords.contains(&scope.id);
        if is_granted && !for_passwords.is_empty() && !self.scopes.iter().flatten().any(is_default) {
            let message = "names no default scope, so that a client with the grant password could get none";
            problems.add("dynamicRegistrationAllowedPasswordGrantScopes", message);
        }
    }
}

/// RFC 6749 section 3.3: %x21 / %x23-5B / %x5D-7E.
pub(super) fn is_scope(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    !text.is_empty() && text.bytes().all(fits)
}

fn is_https_or_loopback(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback)
}
