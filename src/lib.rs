//! Dynamic client registration for authorization servers, as an embeddable engine: [RFC 7591], [RFC 7592] and
//! [OpenID Connect Registration].
//!
//! A host hands in a request, a configuration in the property names of the Janssen Auth Server, and a store. It gets
//! back a registered client or an error that is ready for the wire. What a deployment demands of its clients is a
//! [`Profile`]: data, not code.
//!
//! The engine opens no socket, owns no database, and reads no clock and no random numbers but those it was given. It
//! terminates no TLS, limits no rates, shows nothing to people, and reads no access token that it did not issue: those
//! are the host's. It is asynchronous only where it waits for the host, and it needs no particular runtime.
//!
//! # The flow
//!
//! ```text
//!  RegistrarConfig ─┐
//!  Profile ─────────┴─► policy, compiled once at build
//!                         │
//!  RegisterRequest        ▼
//!    │ admit            is registration on, may this caller call?    ─► 403, 401
//!    │ parse            size, depth, no duplicate member             ─► 413, 415, 400
//!    │ verify           software statement, then the signed request  ◄─ JwksResolver, ScriptHook
//!    │ apply            statement, defaults, rules, scopes, URIs     ─► 400, everything that is wrong
//!    ▼
//!  Draft
//!    │ hook             the host's own decision                      ◄─ ScriptHook
//!    │ check again      a hook may relax the policy, never the standard
//!    │ issue            identifier, secret, token, expiry            ◄─ Clock, Entropy
//!    ▼
//!  Client
//!    │ store            insert, or replace with its revision         ◄─ ClientStore
//!    │ respond          the members of the answer                    ◄─ ScriptHook
//!    ▼
//!  Registration         the body of the 201 or 200
//! ```
//!
//! Read, update and delete check the token before they look at anything else. An update runs every check of a
//! registration again, on the whole new record.
//!
//! # Example
//!
//! ```
//! use oauth_dcr::{Caller, Error, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
//! let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;
//!
//! // What came with a POST.
//! let body = br#"{ "redirect_uris": ["https://app.example.org/cb"], "client_name": "Example" }"#;
//! let registration = registrar.register(RegisterRequest::from_body(body)).await?;
//! assert_eq!(registration.status(), 201);
//! let client = registration.client();
//! assert_eq!(client.metadata().client_name.plain(), Some("Example"));
//!
//! // The client comes back with its registration access token.
//! let token = registration.registration_access_token().cloned().ok_or("no token")?;
//! let read = registrar.read(client.id(), &Caller::Bearer(token)).await?;
//! assert_eq!(read.client(), client);
//!
//! // Every error has an answer.
//! let body = br#"{ "redirect_uris": ["http://app.example.org/cb"] }"#;
//! let error = registrar.register(RegisterRequest::from_body(body)).await.err().ok_or("accepted")?;
//! assert!(matches!(error, Error::Rejected(_)));
//! let answer = registrar.wire_error(&error);
//! assert_eq!(answer.status, 400);
//! assert!(answer.body.contains("invalid_redirect_uri"));
//! # Ok(())
//! # }
//! ```
//!
//! # The guide
//!
//! The module [`guide`] is the book of this crate; every example in it is compiled and run.
//!
//! - [Quick start](guide::quick_start): a server in four steps.
//! - [Concepts](guide::concepts): request, profile, draft, client, decision, answer.
//! - The parts of a host, each with a whole implementation: [stores](guide::stores), [network](guide::network),
//!   [hooks and attestation](guide::hooks), [secrets and events](guide::secrets_and_events),
//!   [time and randomness](guide::time_and_randomness).
//! - [Profiles](guide::profiles): writing, checking and choosing what clients must be like.
//! - [Coming from Janssen](guide::janssen).
//! - [Security](guide::security): the threats, what the host must do, the limits.
//! - [Performance](guide::performance): what costs what.
//! - [Upgrades](guide::upgrades): what a new version may change.
//!
//! # Features
//!
//! | Feature | Default | What it adds |
//! |---|---|---|
//! | `jose` | yes | signatures; links OpenSSL. Without it and `x509` there is no OpenSSL in the tree |
//! | `openssl` | | RSA signatures by that OpenSSL directly: [faster](guide::performance), and the same decisions |
//! | `vendored-openssl` | | builds that OpenSSL from source instead of linking the system's |
//! | `http` | | `RegistrationEndpoint`, a `tower::Service` over the types of the `http` crate |
//! | `patterns` | | `pattern` and `some_pattern` in profiles, with a linear-time regular expression engine |
//! | `schema` | | JSON Schema of [`Profile`], [`RegistrarConfig`] and [`ClientMetadata`], and of clients in Janssen's schema |
//! | `reqwest` | | `HttpsResolver`: documents over HTTPS, guarded against addresses inside the host's network |
//! | `x509` | | client certificates from PEM, DER or the header of a proxy; statements verified by certificate (UDAP); links OpenSSL |
//! | `sqlite`, `postgres` | | `SqlClientStore`: clients, initial access tokens and used keys in SQLite or PostgreSQL |
//! | `tracing` | | `TracingEvents`: every decision as a structured event, in names and codes |
//! | `testing` | | doubles, and the suite that a host's own store must pass; not part of the stable API |
//!
//! A feature adds items. None changes what the default build does.
//!
//! # Not yet
//!
//! Key sources of OpenID Federation, keys that a request brings itself, and signed answers (`response.typ`) are not there.
//! A configuration or a profile that asks for one of them, or that refers to something that this version does not know,
//! is refused by [`RegistrarBuilder::build`].
//!
//! [RFC 7591]: https://www.rfc-editor.org/rfc/rfc7591
//! [RFC 7592]: https://www.rfc-editor.org/rfc/rfc7592
//! [OpenID Connect Registration]: https://openid.net/specs/openid-connect-registration-1_0.html

mod access;
mod administration;
mod binding;
mod builder;
mod certificate;
mod client;
mod clock;
pub mod config;
mod der;
mod discovery;
mod documents;
#[cfg(feature = "http")]
mod endpoint;
mod engine;
mod entropy;
mod envelope;
mod error;
mod event;
mod evidence;
pub mod explain;
#[cfg(feature = "reqwest")]
mod fetch;
mod flatten;
pub mod guide;
mod hooked;
mod host;
mod issue;
pub mod janssen;
mod jose;
mod json;
mod keys;
mod lifecycle;
pub mod metadata;
mod metadata_document;
#[cfg(any(feature = "http", feature = "x509"))]
mod percent;
mod policy;
pub mod profile;
mod regime;
mod registrar;
mod request;
mod response;
mod rules;
#[cfg(feature = "schema")]
pub mod schema;
mod sealing;
mod secret;
mod select;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod sql;
mod statement;
#[cfg(feature = "testing")]
pub mod testing;
mod update;
mod wire;

pub use builder::RegistrarBuilder;
#[cfg(feature = "x509")]
pub use certificate::CertificateError;
pub use certificate::ClientCertificate;
pub use client::{Client, ClientId, ClientState, Provenance, ServerFlags};
pub use clock::{Clock, SystemClock};
pub use config::{ConfigError, ConfigProblem, ConfigWarning, RegistrarConfig};
#[cfg(feature = "http")]
pub use endpoint::RegistrationEndpoint;
pub use entropy::{Entropy, EntropyError, OsEntropy};
pub use error::{
    BoxError, Error, ErrorCode, Failure, HookAnswer, HostError, Rejection, Unauthorized, Violation,
};
#[cfg(feature = "tracing")]
pub use event::TracingEvents;
pub use event::{EventDetail, EventKind, EventSink, RegistrationEvent};
pub use explain::Explanation;
#[cfg(feature = "reqwest")]
pub use fetch::{HttpsResolver, HttpsResolverBuilder, HttpsResolverError, NameLookup};
pub use host::{
    CachedResolver, CachedResolverBuilder, Cause, ClientDirectory, ClientStore, Draft, EvidenceVerdict,
    EvidenceVerifier, FetchError, FetchPurpose, FetchedDocument, HookChain, HookContext, HookError, HookFns,
    InitialAccessTokens, InitialGrant, JwksResolver, MemoryClientStore, MemoryInitialAccessTokens,
    MemoryReplayGuard, NoHook, NoNetwork, ReplayGuard, ReplayKey, ScriptHook, SecretSealer, StoreError,
    Sweep, UnverifiedJwt,
};
pub use metadata::ClientMetadata;
pub use metadata_document::ResolvedDocument;
pub use profile::{Lint, Operation, Profile, ProfileError};
pub use registrar::Registrar;
pub use request::{AccessToken, Caller, ManagementRequest, RegisterRequest};
pub use response::Registration;
pub use secret::{
    ClientSecret, InitialAccessToken, RegistrationAccessToken, SharedSecret, StoredSecret, TokenDigest,
};
pub use select::{PassedOver, Selected, SelectedBy};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use sql::SqlClientStore;
pub use wire::{NO_STORE, WireError};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
