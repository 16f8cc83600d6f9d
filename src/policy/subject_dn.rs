//! How the name of a certificate is spelled.

use std::borrow::Cow;

use super::Policy;
use super::trace::{self, Recorder};
use crate::certificate;
use crate::metadata::{Document, FieldValue, Origin, fields};
use crate::profile::NORMALIZE_SUBJECT_DN;

impl Policy {
    /// The one spelling that a profile has for the name of a certificate, for whoever compares texts. Names of any
    /// spelling are taken.
    pub(super) fn normalize_subject_dn(&self, document: &mut Document<'_>, recorder: &mut Recorder<'_>) {
        if !self.hooks.iter().any(|hook| hook.name == NORMALIZE_SUBJECT_DN) {
            return;
        }
        let Some(text) = document.text(fields::TLS_CLIENT_AUTH_SUBJECT_DN) else { return };
        if let Some(name) = certificate::normalized(text).filter(|name| name != text) {
            let value = FieldValue::Text(Cow::Owned(name));
            trace::set(
                recorder,
                "tls_client_auth_subject_dn",
                &value,
                Origin::Rule,
                Some(NORMALIZE_SUBJECT_DN),
            );
            document.set(fields::TLS_CLIENT_AUTH_SUBJECT_DN, value, Origin::Rule);
        }
    }
}
