//! The book of this crate: how to embed it, what its words mean, and what a host adds of its own.
//!
//! Read [quick start](quick_start) and [concepts] first; the others stand for themselves. Every example is
//! compiled and run with the tests of the crate.
//!
//! | Chapter | What it is about |
//! |---|---|
//! | [`quick_start`] | a server that registers clients, in four steps |
//! | [`concepts`] | request, profile, draft, client, decision, answer |
//! | [`stores`] | [`ClientStore`](crate::ClientStore), [`ClientDirectory`](crate::ClientDirectory), [`InitialAccessTokens`](crate::InitialAccessTokens), [`ReplayGuard`](crate::ReplayGuard) over a database of one's own |
//! | [`network`] | [`JwksResolver`](crate::JwksResolver): where key sets come from, and `NameLookup` |
//! | [`hooks`] | [`ScriptHook`](crate::ScriptHook), [`EvidenceVerifier`](crate::EvidenceVerifier): decisions that no profile can express |
//! | [`secrets_and_events`] | [`SecretSealer`](crate::SecretSealer), [`EventSink`](crate::EventSink): what leaves the engine besides answers |
//! | [`time_and_randomness`] | [`Clock`](crate::Clock), [`Entropy`](crate::Entropy) |
//! | [`profiles`] | writing one as data, checking it, choosing among several |
//! | [`janssen`] | moving from the Janssen Auth Server: configuration, clients, scripts, what differs |
//! | [`security`] | the threats, the duties of the host, the limits |
//! | [`performance`] | what costs what, and how it is measured |
//! | [`upgrades`] | what a new version may change: API, wire, presets, stored form |

#[doc = include_str!("quick_start.md")]
pub mod quick_start {}

#[doc = include_str!("concepts.md")]
pub mod concepts {}

#[doc = include_str!("stores.md")]
pub mod stores {}

#[doc = include_str!("network.md")]
pub mod network {}

#[doc = include_str!("hooks.md")]
pub mod hooks {}

#[doc = include_str!("secrets_and_events.md")]
pub mod secrets_and_events {}

#[doc = include_str!("time_and_randomness.md")]
pub mod time_and_randomness {}

#[doc = include_str!("profiles.md")]
pub mod profiles {}

#[doc = include_str!("janssen.md")]
pub mod janssen {}

// The page that security reviewers read in the repository is the chapter as well.
#[doc = include_str!("security.md")]
#[doc = include_str!("../../SECURITY.md")]
pub mod security {}

#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = include_str!("upgrades.md")]
pub mod upgrades {}
