//! The example server as an operator knows it: health, metrics, limits, administration, restarts.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod administration;
mod clients;
mod config;
mod life;
mod limits;
mod observation;
