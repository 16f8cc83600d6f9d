//! The rules that stay code because they need a parser: URIs, keys, names in certificates.
//!
//! Everything here may refuse and nothing may change. Each refusal carries a stable rule id.

mod redirect;
pub(crate) mod uri;

pub(crate) use redirect::{DANGEROUS_SCHEMES, RedirectRules, looks_native};

use crate::error::Violation;
use crate::metadata::Document;
use crate::policy::Policy;

/// Judges the final values.
pub(crate) fn check(document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
    policy.redirect.check(document, policy, faults);
}
