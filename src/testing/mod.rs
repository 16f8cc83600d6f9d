//! Doubles and the contracts of host parts, for a host's own tests (feature `testing`). Not part of the
//! stable API.
//!
//! A host that writes a [`ClientStore`](crate::ClientStore) runs the contract suite on it:
//!
//! ```
//! use oauth_dcr::MemoryClientStore;
//! use oauth_dcr::testing::{contract, run};
//!
//! let store = MemoryClientStore::default(); // the host's own store
//! run(contract::client_store(&store));
//! run(contract::client_directory(&store));
//! ```
//!
//! A store that waits for a network needs the runtime of its driver: then
//! `contract::client_store(&store).await` stands in a `#[tokio::test]`.
//!
//! With a clock that only moves when told, and with bytes that anyone can foretell, a whole answer can be
//! compared with a literal:
//!
//! ```
//! use oauth_dcr::testing::{CountingEntropy, ManualClock, run};
//! use oauth_dcr::{Caller, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = ManualClock::new();
//! let config: RegistrarConfig = serde_json::from_str(
//!     r#"{ "registrationEndpoint": "https://op.example.com/register",
//!          "dynamicRegistrationEnabled": true,
//!          "dynamicRegistrationExpirationTime": 3600 }"#,
//! )?;
//! let registrar = Registrar::builder(config, MemoryClientStore::default())
//!     .clock(clock.clone())
//!     .entropy(CountingEntropy::new())
//!     .build()?;
//!
//! let body = br#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
//! let registration = run(registrar.register(RegisterRequest::from_body(body)))?;
//! let client = registration.client();
//! assert_eq!(client.id().as_str(), "00010203-0405-4607-8809-0a0b0c0d0e0f");
//! assert_eq!(client.issued_at(), ManualClock::START);
//!
//! let caller = registration.registration_access_token().cloned().map(Caller::Bearer).ok_or("no token")?;
//! assert!(run(registrar.read(client.id(), &caller)).is_ok());
//! clock.advance(3600);
//! assert!(run(registrar.read(client.id(), &caller)).is_err());
//! # Ok(())
//! # }
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "checks fail by panicking"
)]

pub mod contract;
mod doubles;
mod events;
mod keys;

pub use doubles::{
    CountingEntropy, FailingEntropy, FailingStore, ManualClock, RecordingHook, StaticResolver, StoreCall,
    StoreFault,
};
pub use events::RecordingEvents;

#[doc(hidden)]
pub use keys::TakenKeys;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future that never waits, as all of the engine's do over
/// [`MemoryClientStore`](crate::MemoryClientStore). So a test needs no runtime.
///
/// # Panics
///
/// If the future waits.
pub fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits: it needs a runtime"),
    }
}
