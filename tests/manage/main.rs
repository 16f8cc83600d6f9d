//! RFC 7592 in process: read, update, delete, the credentials of a client over its life, expiry, races,
//! hooks.
//!
//! The clock stands on 2026-01-01T00:00:00Z and the random bytes count from 00, so that whole answers are
//! literals.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod access;
mod credentials;
mod directory;
mod events;
mod expiry;
mod failures;
mod hooks;
mod initial;
mod life;
mod merge;
mod races;
mod read;
mod refusals;
mod script;
mod sealing;
mod support;
mod update;
