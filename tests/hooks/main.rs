//! What hosts decide themselves: hooks, whatever they do, and attestation evidence, from its first nonce to the client.
//!
//! The clock stands on 2026-01-01T00:00:00Z. Above each test stand the requirements it proves
//! (`tests/requirements.txt`) and the threats it turns away.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[path = "../statements/keys.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod keys;
#[path = "../support/mod.rs"]
mod wire;

mod answers;
mod attestation;
mod context;
mod guard;
mod nonces;
mod several;
mod statement;
mod support;
mod table;
