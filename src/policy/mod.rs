//! The compiled policy: a checked profile as tables by field id, and the interpreter that applies it.

mod apply;
mod choice;
mod compile;
mod condition;
mod pattern;
mod relation;
mod scope;
mod shape;
mod trace;
#[cfg(test)]
mod vectors;

pub(crate) use apply::Facts;
pub(crate) use compile::Policy;
pub(crate) use pattern::Pattern;
pub use trace::{Decision, Trace};
