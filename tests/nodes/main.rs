//! Two example servers on one database: nothing is lost, nothing is there twice, whoever dies. On a SQLite file, and on
//! PostgreSQL: `scripts/postgres cargo test --test nodes`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[path = "../stores/fresh.rs"]
#[allow(dead_code, unused_macros, unused_imports, reason = "the tests of stores use the rest")]
mod fresh;
#[path = "../support/mod.rs"]
mod support;

mod cluster;
mod failures;
mod ledger;
mod nodes;
mod races;

use std::io::Write;

/// Past the test harness, which keeps the output of tests that pass to itself: the numbers are what these tests are
/// for.
pub(crate) fn tell(line: &str) {
    let mut stderr = std::io::stderr();
    writeln!(stderr, "{line}").unwrap();
}
