//! `SqlClientStore` on SQLite, in memory and in a file, and on PostgreSQL: `scripts/postgres cargo test --test stores`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod contract;
mod fresh;

use oauth_dcr::ClientId;

pub(crate) fn id(text: &str) -> ClientId {
    ClientId::new(text).unwrap()
}
