//! Profiles as documents: composed, linted, selected, and lowered from configurations, without a line of Rust for a new
//! one.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, reason = "tests")]

#[path = "../statements/keys.rs"]
#[allow(dead_code, reason = "each test binary uses its own part")]
mod keys;

mod composition;
mod ibm;
mod ibm_yaml;
mod lint;
mod operators;
mod owned;
mod selection;

use std::path::Path;

/// Compares a text with the file of this name in `tests/profiles/expected`. With `EXPECT=write` in the environment the
/// file is written instead, for a reader to judge the difference.
#[track_caller]
pub(crate) fn expect(name: &str, printed: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/profiles/expected").join(name);
    if std::env::var_os("EXPECT").is_some_and(|own| own == "write") {
        std::fs::write(&path, printed).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    for (number, (own, expected)) in printed.lines().zip(expected.lines()).enumerate() {
        assert_eq!(own, expected, "{name}, line {}", number + 1);
    }
    assert_eq!(printed.lines().count(), expected.lines().count(), "{name}: {printed}");
}
