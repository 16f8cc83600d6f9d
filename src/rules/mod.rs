//! The rules that stay code because they need a parser: URIs, keys, names in certificates.
//!
//! Everything here may refuse and nothing may change. Each refusal carries a stable rule id.

mod algorithms;
mod display;
mod keys;
mod redirect;
mod sector;
mod tls_names;
pub(crate) mod uri;
mod uris;

pub(crate) use display::fault_of_name;
pub(crate) use redirect::{RedirectRules, looks_native};
pub(crate) use sector::check_document as check_sector_document;
pub(crate) use tls_names::is_email_address;

use crate::error::Violation;
use crate::metadata::Document;
use crate::policy::Policy;

/// Judges the final values.
pub(crate) fn check(document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
    policy.redirect.check(document, policy, faults);
    let keys = keys::check(document, policy, faults);
    algorithms::check(document, keys.as_ref(), faults);
    tls_names::check(document, faults);
    sector::check(document, faults);
    uris::check(document, policy, faults);
}
