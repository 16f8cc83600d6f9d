//! Software statements and signed requests, from the bytes of a request to the record: whose keys verify
//! them, what of them counts, and what of an attack comes through, which is nothing.
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

mod attacks;
mod bindings;
mod claims;
mod concurrency;
mod crash;
mod entries;
mod explain;
mod keys;
mod matrix;
mod merge;
mod relations;
mod replay;
mod requests;
mod samples;
mod support;
mod trust;
mod unique;
mod updates;
