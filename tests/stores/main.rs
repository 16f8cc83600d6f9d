//! `SqlClientStore` on SQLite, in memory and in a file, and on PostgreSQL: `scripts/postgres cargo test --test stores`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod cancelled;
mod contract;
mod failures;
mod fresh;
mod network;
mod nodes;
mod rows;
mod schema;

use oauth_dcr::testing::contract as contract_suite;
use oauth_dcr::{Client, ClientId};

pub(crate) fn id(text: &str) -> ClientId {
    ClientId::new(text).unwrap()
}

/// A client with nothing that is optional, but for some members of its form.
pub(crate) fn client(id: &str, changes: serde_json::Value) -> Client {
    let mut form = serde_json::to_value(contract_suite::bare_client(&self::id(id))).unwrap();
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    serde_json::from_value(form).unwrap()
}
