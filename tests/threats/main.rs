//! Threats that no other test turns away by itself, a file for each kind. `tests/threats.txt` lists all of them, the
//! name of a test carries the id of its threat, and `SECURITY.md` says who guards against the others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[path = "../manage/support.rs"]
#[allow(dead_code, reason = "shared with another test crate, which uses more of it")]
mod support;

mod bodies;
mod credentials;
mod invariants;
mod privileges;
mod shown;
mod uris;
