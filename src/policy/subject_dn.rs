//! How the name of a certificate is spelled.

use std::borrow::Cow;

use super::trace::{self, Recorder};
use super::{Policy, shape};
use crate::certificate;
use crate::config::Reading;
use crate::error::Violation;
use crate::metadata::{Document, FieldId, FieldValue, Origin, fields};
use crate::profile::NORMALIZE_SUBJECT_DN;

const NAME: FieldId = fields::TLS_CLIENT_AUTH_SUBJECT_DN;

impl Policy {
    /// The one spelling that a profile has for the name of a certificate, for whoever compares texts. Names of any
    /// spelling are taken, if that one is not too long.
    pub(super) fn normalize_subject_dn(
        &self,
        document: &mut Document<'_>,
        faults: &mut Vec<Violation>,
        recorder: &mut Recorder<'_>,
    ) {
        if !self.hooks.iter().any(|hook| hook.name == NORMALIZE_SUBJECT_DN) {
            return;
        }
        let Some(text) = document.text(NAME) else { return };
        let Some(name) = certificate::normalized(text).filter(|name| name != text) else { return };
        let value = FieldValue::Text(Cow::Owned(name));
        if let Err(mut fault) = shape::judge(self, NAME, &value, Reading::Strict) {
            fault.message.push_str(" in the spelling that is registered");
            faults.push(fault);
        }
        trace::set(recorder, "tls_client_auth_subject_dn", &value, Origin::Rule, Some(NORMALIZE_SUBJECT_DN));
        document.set(NAME, value, Origin::Rule);
    }
}
