//! Regimes end to end: real signatures, real certificates, real HTTP.

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
