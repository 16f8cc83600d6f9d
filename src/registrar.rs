//! The engine: `register` is the figure of the crate documentation as a dozen calls.

use std::fmt;
use std::sync::Arc;

use crate::access;
use crate::builder::RegistrarBuilder;
use crate::client::ClientId;
use crate::config::{ConfigWarning, RegistrarConfig};
use crate::engine::{Engine, host_error, presented, store_error};
use crate::error::{Error, Unauthorized};
use crate::explain::Explanation;
use crate::host::{ClientStore, StoreError};
use crate::policy::Trace;
use crate::profile::Operation;
use crate::request::{Caller, RegisterRequest};
use crate::response::Registration;
use crate::update::{Lost, Used};
use crate::wire::WireError;

/// The registration engine of one authorization server.
///
/// Cheap to clone: one reference count. All state is in the host's store.
#[derive(Clone)]
pub struct Registrar(pub(crate) Arc<Engine>);

/// How often a request is tried again whose update met another one, or whose identifier was taken.
const TRIES: usize = 3;

impl Registrar {
    /// Begins to build a registrar from the two parts that every one needs.
    pub fn builder(config: RegistrarConfig, store: impl ClientStore + 'static) -> RegistrarBuilder {
        RegistrarBuilder::new(config, Arc::new(store))
    }

    /// Registers a client (RFC 7591 section 3).
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] with everything that is wrong with the request, [`Error::Unauthorized`] if a credential is
    /// missing or bad, [`Error::Host`] if a part of the host fails. Nothing is stored then.
    pub async fn register(&self, request: RegisterRequest<'_>) -> Result<Registration, Error> {
        let engine = self.0.regime();
        engine.is_enabled()?;
        access::admit_creation(&engine.policy, request.caller)?;
        let body = engine.open(&request)?;
        let statement = engine.statement(&body, Operation::Create, &request).await?;
        let claims = engine.claims_of(statement.as_ref(), Operation::Create)?;
        let signed = engine.verified_request(&body, claims.as_ref(), Operation::Create, &request).await?;
        let mut document = engine.request_document(body, signed.as_ref(), claims.as_ref())?;
        engine.consume_request(&document, signed.as_ref()).await?;

        let facts = engine.facts(Operation::Create, &request, statement.as_ref().zip(claims.as_ref()), None);
        let cx = engine.context(Operation::Create, &request, None);
        let mut cx = cx.knowing(signed.as_ref(), statement.as_ref());
        let nonce = engine.attest(&mut cx, &document, &facts).await?;
        engine.accept(engine.policy.apply(&mut document, &facts, None))?;
        engine.accept(engine.sector_fault(&document).await.into_iter().collect())?;

        let mut draft = engine.draft(document, engine.initial_flags(), statement.as_ref());
        engine.ask_create(&cx, &mut draft).await?;
        let checked = engine.check_again(draft, &facts)?;
        engine.spend(&cx, nonce).await?;
        if let (Some(statement), Some(claims)) = (&statement, &claims) {
            engine.consume_statement(statement, claims).await?;
        }
        let (client, secret, token) = engine.issue(checked, statement.as_ref()).await?;
        let status = engine.policy.response.create_status.unwrap_or(201);
        engine.respond(client, status, secret, token, Operation::Create, &request).await
    }

    /// Reads a client (RFC 7592 section 2.1). Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthorized`] if the caller may not, whatever the reason; [`Error::Host`] if the store fails.
    pub async fn read(&self, id: &ClientId, caller: &Caller) -> Result<Registration, Error> {
        let engine = self.0.regime();
        let client = engine.authenticate(Operation::Read, id, caller).await?;
        let request = RegisterRequest::from_body(&[]).with_caller(caller);
        engine.ask_read(&request, &client).await?;
        let (secret, token) = (engine.shown_secret(&client), presented(caller));
        engine.respond(client, 200, secret, token, Operation::Read, &request).await
    }

    /// Replaces the metadata of a client (RFC 7592 section 2.2): what is left out is deleted, or gets its default.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register) and [`read`](Self::read). The client stays as it was then.
    pub async fn update(&self, id: &ClientId, request: RegisterRequest<'_>) -> Result<Registration, Error> {
        let engine = self.0.regime();
        let mut used = Used::default();
        for _ in 0..TRIES {
            let client = engine.authenticate(Operation::Update, id, request.caller).await?;
            match engine.update_once(client, &request, &mut used).await {
                // Somebody else changed the client: everything is judged again on what it is now.
                Err(Error::Host(host)) if host.source.is::<Lost>() => {}
                result => return result,
            }
        }
        Err(host_error("store", true, StoreError::Conflict.into()))
    }

    /// Deletes a client (RFC 7592 section 2.3). Its id, secret and token are invalid from then on.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn delete(&self, id: &ClientId, caller: &Caller) -> Result<(), Error> {
        let engine = self.0.regime();
        let client = engine.authenticate(Operation::Delete, id, caller).await?;
        let request = RegisterRequest::from_body(&[]).with_caller(caller);
        engine.ask_delete(&request, &client).await?;
        match engine.store.delete(id).await {
            Ok(true) => Ok(()),
            // Somebody else deleted it first (RFC 7592 section 5).
            Ok(false) => Err(Unauthorized::InvalidToken.into()),
            Err(error) => Err(store_error(error)),
        }
    }

    /// The decision about a registration request with nothing consumed, stored or issued: final values, where each
    /// came from, and everything that is wrong.
    ///
    /// # Errors
    ///
    /// Only if the request cannot be read at all, or its caller may not register.
    pub async fn explain(&self, request: RegisterRequest<'_>) -> Result<Explanation, Error> {
        let engine = self.0.regime();
        engine.is_enabled()?;
        access::admit_creation(&engine.policy, request.caller)?;
        let body = engine.open(&request)?;
        let statement = engine.statement(&body, Operation::Create, &request).await?;
        let claims = engine.claims_of(statement.as_ref(), Operation::Create)?;
        let signed = engine.verified_request(&body, claims.as_ref(), Operation::Create, &request).await?;
        let mut document = engine.request_document(body, signed.as_ref(), claims.as_ref())?;
        let facts = engine.facts(Operation::Create, &request, statement.as_ref().zip(claims.as_ref()), None);
        let mut trace = Trace::default();
        let mut violations = engine.policy.apply(&mut document, &facts, Some(&mut trace));
        if violations.is_empty() {
            violations.extend(engine.sector_fault(&document).await);
        }
        Ok(Explanation::new(&engine.policy.name, &document, trace, violations))
    }

    /// What the configuration allows that an attacker could use.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigWarning] {
        &self.0.warnings
    }

    /// The server metadata that follows from the policy (RFC 8414 section 2, OpenID Connect Discovery section 3):
    /// the `…_supported` lists, so that nothing is advertised that cannot be registered.
    #[must_use]
    pub fn discovery(&self) -> serde_json::Map<String, serde_json::Value> {
        crate::discovery::members(self.0.regime().policy)
    }

    /// Status, headers and body for an error. Total: every error has an answer, and none tells a client what a part
    /// of the host said.
    #[must_use]
    pub fn wire_error(&self, error: &Error) -> WireError {
        WireError::of(error, self.0.settings.style)
    }

    /// Whether an operation is offered: registration is on, and the profile has it.
    #[must_use]
    pub fn offers(&self, operation: Operation) -> bool {
        self.0.settings.is_enabled && access::is_offered(self.0.regime().policy, operation)
    }

    /// The largest request body that is read, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.0.regime().policy.max_bytes
    }
}

impl fmt::Debug for Registrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar").field("profile", &self.0.rules.profile_name).finish_non_exhaustive()
    }
}
