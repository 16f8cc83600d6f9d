//! The endpoints as a client sees them: status, headers and bodies, over HTTP against the example server, and
//! without a server where it has no option for what is needed.
//!
//! Above each test stand the requirements it proves (`tests/requirements.txt`).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod bodies;
mod credentials;
mod hosts;
mod management;
mod registration;
mod rules;
mod statements;
mod updates;
