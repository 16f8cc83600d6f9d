//! Regimes end to end: real signatures, real certificates, real HTTP, on the example server with the configurations that
//! it comes with.
//!
//! Each is registered, read, updated and deleted in `a_life_from_registration_to_…`, FAPI 2 and MCP in the one test that
//! they have. What else a regime has, and the test that shows it; a dash is what it does not have:
//!
//! | | second registration | expiry | wrong role | wrong certificate |
//! |---|---|---|---|---|
//! | UK 3.3 | taken: `requests_that_are_not_fresh_…` | of request: the same; of statement: `statements_that_are_not_believed`; of certificate: `the_certificate_is_one_of_the_software` | `scopes_are_those_of_the_roles_…` | `the_certificate_is_one_of_the_software` |
//! | Australia | refused: `a_software_product_is_registered_once` | of both: `statements_and_requests_that_are_not_believed`; of certificate: `a_certificate_that_has_expired_is_none` | `statements_and_requests_that_are_not_believed` | `a_token_of_the_client_with_its_scope_and_its_certificate` |
//! | Brazil | refused: `one_registration_for_each_software` | of statement: `what_is_refused`; of certificate: `a_certificate_that_has_expired_is_none` | `what_is_refused` | `the_certificate_is_that_of_the_software_and_of_its_organisation` |
//! | UDAP | changes the first: `a_life_from_registration_to_cancellation` | of statement: `statements_that_are_old_…`; of certificate: `certificates_that_are_not_of_the_community_…` | - | `certificates_that_are_not_of_the_community_…` |
//! | FAPI 2 | taken: `fapi2_clients_are_confidential_…` | - | - | - |
//! | MCP | taken: `mcp_clients_are_anybodys_…` | of client: the same says when, `tests/manage/expiry.rs` what then | - | - |

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod au_cdr;
mod brazil;
mod open;
mod pki;
mod udap;
mod uk;
mod world;
mod x5c;
