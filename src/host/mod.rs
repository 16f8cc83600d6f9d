//! What a host supplies: a store, and optionally documents from the network and a hook.

mod cached;
mod directory;
mod evidence;
mod hook;
mod initial_access;
mod memory;
mod replay;
mod resolver;
mod sealer;
mod store;

pub use cached::{CachedResolver, CachedResolverBuilder};
pub use directory::{Cause, ClientDirectory, Sweep};
pub use evidence::{EvidenceVerdict, EvidenceVerifier};
pub use hook::{Draft, HookChain, HookContext, HookError, HookFns, NoHook, ScriptHook, UnverifiedJwt};
pub(crate) use hook::{StatementFacts, guard};
pub use initial_access::{InitialAccessTokens, InitialGrant, MemoryInitialAccessTokens};
pub use memory::MemoryClientStore;
pub use replay::{MemoryReplayGuard, ReplayGuard, ReplayKey};
pub use resolver::{FetchError, FetchPurpose, FetchedDocument, JwksResolver, NoNetwork};
pub use sealer::SecretSealer;
pub use store::{ClientStore, StoreError};
