//! Regimes end to end: real signatures, real certificates, real HTTP.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod pki;
mod x5c;
