//! RP Metadata Choices 1.0: a list of what the client can do, of which one value is registered.

use std::borrow::Cow;

use super::compile::Policy;
use super::trace::{self, Recorder};
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, FieldValue, Origin, fields};

const SPEC: &str = "RP Metadata Choices 2";

/// Which list chooses which member.
const CHOICES: [(FieldId, FieldId); 19] = [
    (fields::SUBJECT_TYPES_SUPPORTED, fields::SUBJECT_TYPE),
    (fields::ID_TOKEN_SIGNING_ALG_VALUES_SUPPORTED, fields::ID_TOKEN_SIGNED_RESPONSE_ALG),
    (fields::ID_TOKEN_ENCRYPTION_ALG_VALUES_SUPPORTED, fields::ID_TOKEN_ENCRYPTED_RESPONSE_ALG),
    (fields::ID_TOKEN_ENCRYPTION_ENC_VALUES_SUPPORTED, fields::ID_TOKEN_ENCRYPTED_RESPONSE_ENC),
    (fields::USERINFO_SIGNING_ALG_VALUES_SUPPORTED, fields::USERINFO_SIGNED_RESPONSE_ALG),
    (fields::USERINFO_ENCRYPTION_ALG_VALUES_SUPPORTED, fields::USERINFO_ENCRYPTED_RESPONSE_ALG),
    (fields::USERINFO_ENCRYPTION_ENC_VALUES_SUPPORTED, fields::USERINFO_ENCRYPTED_RESPONSE_ENC),
    (fields::REQUEST_OBJECT_SIGNING_ALG_VALUES_SUPPORTED, fields::REQUEST_OBJECT_SIGNING_ALG),
    (fields::REQUEST_OBJECT_ENCRYPTION_ALG_VALUES_SUPPORTED, fields::REQUEST_OBJECT_ENCRYPTION_ALG),
    (fields::REQUEST_OBJECT_ENCRYPTION_ENC_VALUES_SUPPORTED, fields::REQUEST_OBJECT_ENCRYPTION_ENC),
    (fields::TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED, fields::TOKEN_ENDPOINT_AUTH_METHOD),
    (fields::TOKEN_ENDPOINT_AUTH_SIGNING_ALG_VALUES_SUPPORTED, fields::TOKEN_ENDPOINT_AUTH_SIGNING_ALG),
    (
        fields::BACKCHANNEL_AUTHENTICATION_REQUEST_SIGNING_ALG_VALUES_SUPPORTED,
        fields::BACKCHANNEL_AUTHENTICATION_REQUEST_SIGNING_ALG,
    ),
    (fields::AUTHORIZATION_SIGNING_ALG_VALUES_SUPPORTED, fields::AUTHORIZATION_SIGNED_RESPONSE_ALG),
    (fields::AUTHORIZATION_ENCRYPTION_ALG_VALUES_SUPPORTED, fields::AUTHORIZATION_ENCRYPTED_RESPONSE_ALG),
    (fields::AUTHORIZATION_ENCRYPTION_ENC_VALUES_SUPPORTED, fields::AUTHORIZATION_ENCRYPTED_RESPONSE_ENC),
    (fields::INTROSPECTION_SIGNING_ALG_VALUES_SUPPORTED, fields::INTROSPECTION_SIGNED_RESPONSE_ALG),
    (fields::INTROSPECTION_ENCRYPTION_ALG_VALUES_SUPPORTED, fields::INTROSPECTION_ENCRYPTED_RESPONSE_ALG),
    (fields::INTROSPECTION_ENCRYPTION_ENC_VALUES_SUPPORTED, fields::INTROSPECTION_ENCRYPTED_RESPONSE_ENC),
];

impl Policy {
    /// Takes the lists out of the document and puts the chosen values in: the one the client names if the server
    /// supports it, else the first of the list that it does.
    pub(super) fn choose(
        &self,
        document: &mut Document<'_>,
        faults: &mut Vec<Violation>,
        recorder: &mut Recorder<'_>,
    ) {
        for (list, single) in CHOICES {
            if !document.has(list) || !self.knows(single) {
                continue;
            }
            let Some(value) = document.remove(list) else { continue };
            let FieldValue::List(items) = value else {
                let message = "must be an array of strings".to_owned();
                faults.push(self.choice_fault(list, "type", message));
                continue;
            };
            let asked = document.text(single).map(str::to_owned);
            if let Some(asked) = asked.as_deref().filter(|asked| !items.iter().any(|item| item == asked)) {
                let asked: String = asked.chars().take(60).collect();
                let message = format!("must contain `{asked}`, the value of {}", self.name_of(single));
                faults.push(self.choice_fault(list, "choice.contains", message));
                continue;
            }
            let is_supported = |word: &str| self.allows(single, word);
            if asked.as_deref().is_some_and(is_supported) {
                continue;
            }
            match items.iter().find(|item| is_supported(item)) {
                Some(chosen) => {
                    let value = FieldValue::Text(Cow::Owned(chosen.to_string()));
                    trace::set(recorder, self.name_of(single), &value, Origin::Rule, Some("choice"));
                    document.set(single, value, Origin::Rule);
                }
                None => {
                    let allowed = self.allowed_values(single).unwrap_or_default().join(", ");
                    let message = format!("has no value that this server supports: {allowed}");
                    faults.push(self.choice_fault(list, "choice.supported", message));
                }
            }
        }
    }

    fn choice_fault(&self, list: FieldId, rule: &'static str, message: String) -> Violation {
        Violation::new(self.name_of(list).to_owned(), rule, Failure::METADATA, message).with_spec(SPEC)
    }
}
