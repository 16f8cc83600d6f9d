//! placeholder
mod access;
mod builder;
mod client;
mod clock;
pub mod config;
mod discovery;
mod entropy;
mod error;
mod explain;
mod host;
mod issue;
mod json;
pub mod metadata;
mod policy;
pub mod profile;
mod registrar;
mod request;
mod response;
mod rules;
mod secret;
mod wire;

pub use builder::RegistrarBuilder;
pub use client::{Client, ClientId, Provenance, ServerFlags};
pub use clock::{Clock, SystemClock};
pub use config::{ConfigError, ConfigProblem, ConfigWarning, RegistrarConfig};
pub use entropy::{Entropy, EntropyError, OsEntropy};
pub use error::{
    BoxError, Error, ErrorCode, Failure, HookAnswer, HostError, Rejection, Unauthorized, Violation,
};
pub use explain::{ExplainedMember, Explanation};
pub use host::{
    ClientDirectory, ClientStore, Draft, FetchError, FetchPurpose, HookContext, HookError, JwksResolver,
    MemoryClientStore, NoHook, NoNetwork, ScriptHook, StoreError,
};
pub use metadata::ClientMetadata;
pub use policy::{Decision, Trace};
pub use profile::{Operation, Profile, ProfileError};
pub use registrar::Registrar;
pub use request::{Caller, ClientCertificate, RegisterRequest};
pub use response::Registration;
pub use secret::{ClientSecret, RegistrationAccessToken, SharedSecret, StoredSecret, TokenDigest};
pub use wire::{NO_STORE, WireError};
