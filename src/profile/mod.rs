//! Profiles: what a deployment demands of a registration, as data.
//!
//! A [`Profile`] is written, composed with the presets it extends ([`Profile::compose`]), checked and then
//! compiled for use when the registrar is built.
//!
#![doc = include_str!("presets.md")]

mod check;
mod compose;
mod lint;
mod model;
#[cfg(test)]
mod page;
mod presets;

pub(crate) use check::NORMALIZE_SUBJECT_DN;
pub use check::ProfileError;
pub use lint::Lint;
pub(crate) use model::Map;
pub use model::*;
