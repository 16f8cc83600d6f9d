//! The compiled policy: a checked profile as tables by field id, and the interpreter that applies it.

mod adopt;
mod apply;
mod baseline;
mod checks;
mod choice;
mod claims;
mod compile;
mod compiler;
mod condition;
mod envelope;
mod faults;
mod jws;
mod merge;
#[cfg(test)]
mod mutations;
#[cfg_attr(not(feature = "patterns"), path = "no_patterns.rs")]
mod pattern;
mod relation;
mod scope;
mod sets;
mod shape;
mod steps;
mod subject_dn;
mod trace;
#[cfg(test)]
mod vectors;

pub(crate) use apply::Facts;
pub(crate) use claims::{ClaimRules, References, claim, numeric_date};
pub(crate) use compile::{JWT_CLAIMS, Policy};
pub(crate) use envelope::NONCE_LIFETIMES;
pub(crate) use jws::{IssuerPolicy, JwsPolicy, KeyPlan};
pub(crate) use pattern::Pattern;
pub use trace::{Decision, Trace};
pub(crate) use trace::{dropped, without_secrets};
