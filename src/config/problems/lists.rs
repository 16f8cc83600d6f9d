//! Lists of what the server supports: registered words, and something left to choose.

use url::Url;

use super::Problems;
use crate::config::RegistrarConfig;
use crate::config::supported::registered_spelling;
use crate::metadata::{GrantType, SubjectType, TokenDeliveryMode, TokenEndpointAuthMethod};

impl RegistrarConfig {
    pub(super) fn check_lists(&self, problems: &mut Problems) {
        let supported = &self.supported;
        let grants = [
            ("grantTypesSupported", &supported.grant_types_supported),
            (
                "grantTypesSupportedByDynamicRegistration",
                &supported.grant_types_supported_by_dynamic_registration,
            ),
        ];
        for (property, listed) in grants {
            // An extension grant is named by an absolute URI (RFC 6749 section 4.5).
            let known = |word: &str| GrantType::KNOWN.contains(&word) || Url::parse(word).is_ok();
            check_words(property, listed.as_deref(), known, problems);
            check_not_empty(property, listed.as_deref(), problems);
        }
        if let [(property, Some(one)), (_, Some(other))] = grants
            && !one.is_empty()
            && !other.is_empty()
            && !one.iter().any(|word| other.contains(word))
        {
            problems.add(property, "has nothing in common with grantTypesSupportedByDynamicRegistration");
        }
        let response_types = supported.response_types_supported.as_deref();
        let is_response_type = |words: &str| registered_spelling(words).is_some();
        check_words("responseTypesSupported", response_types, is_response_type, problems);

        let words = [
            ("subjectTypesSupported", &supported.subject_types_supported, SubjectType::KNOWN),
            (
                "tokenEndpointAuthMethodsSupported",
                &supported.token_endpoint_auth_methods_supported,
                TokenEndpointAuthMethod::KNOWN,
            ),
            (
                "backchannelTokenDeliveryModesSupported",
                &supported.backchannel_token_delivery_modes_supported,
                TokenDeliveryMode::KNOWN,
            ),
        ];
        for (property, listed, known) in words {
            check_words(property, listed.as_deref(), |word| known.contains(&word), problems);
        }
        for algorithms in supported.algorithms() {
            let known = algorithms.known();
            check_words(&algorithms.property, algorithms.listed, |word| known.contains(&word), problems);
        }
        // Every client has one of these, so that an empty list would leave no client.
        let needed = [
            ("subjectTypesSupported", &supported.subject_types_supported),
            ("tokenEndpointAuthMethodsSupported", &supported.token_endpoint_auth_methods_supported),
            ("idTokenSigningAlgValuesSupported", &supported.id_token_signing_alg_values_supported),
        ];
        for (property, listed) in needed {
            check_not_empty(property, listed.as_deref(), problems);
        }
    }
}

fn check_words(
    property: &str,
    listed: Option<&[String]>,
    known: impl Fn(&str) -> bool,
    problems: &mut Problems,
) {
    for word in listed.unwrap_or_default().iter().filter(|word| !known(word)) {
        problems.add(property, format!("`{word}` is not a registered value"));
    }
}

fn check_not_empty(property: &str, listed: Option<&[String]>, problems: &mut Problems) {
    if listed.is_some_and(<[String]>::is_empty) {
        problems.add(property, "must not be empty, since no client could register");
    }
}
