//! The engine: `register` is the figure of the crate documentation as a dozen calls.

use std::fmt;
use std::sync::Arc;

use crate::access;
use crate::builder::RegistrarBuilder;
use crate::client::{Client, ClientId, Provenance, Registered, ServerFlags};
use crate::clock::Clock;
use crate::config::{ConfigWarning, Reading, RegistrarConfig, UpdateMode};
use crate::documents::Gate;
use crate::entropy::{Entropy, EntropyError};
use crate::error::{BoxError, Error, ErrorCode, Failure, HostError, Rejection, Unauthorized, Violation};
use crate::explain::Explanation;
use crate::host::{
    ClientStore, Draft, FetchPurpose, HookContext, HookError, JwksResolver, ScriptHook, StoreError,
};
use crate::issue::{self, Draw, SecretNeed};
use crate::json::{self, Limits};
use crate::metadata::{Document, FieldId, FieldValue, Origin, fields};
use crate::policy::{Facts, Policy, Trace};
use crate::profile::{ClientUri, Operation, Rotate, Token};
use crate::request::{BodyKind, Caller, RegisterRequest};
use crate::response::{self, ClientUris, Registration};
use crate::rules;
use crate::secret::{ClientSecret, RegistrationAccessToken, TokenDigest};
use crate::wire::{ErrorStyle, WireError};

/// The registration engine of one authorization server.
///
/// Cheap to clone: one reference count. All state is in the host's store.
#[derive(Clone)]
pub struct Registrar(pub(crate) Arc<Engine>);

pub(crate) struct Engine {
    pub(crate) policy: Policy,
    /// What no hook can relax: the standard, compiled by itself. Only with a hook.
    pub(crate) standard: Option<Policy>,
    pub(crate) store: Arc<dyn ClientStore>,
    pub(crate) resolver: Arc<dyn JwksResolver>,
    pub(crate) gate: Gate,
    pub(crate) hook: Option<Arc<dyn ScriptHook>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) uris: ClientUris,
    pub(crate) profile_name: Arc<str>,
    pub(crate) settings: Settings,
    pub(crate) warnings: Vec<ConfigWarning>,
}

/// What the flow asks of the configuration, apart from policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) is_enabled: bool,
    pub(crate) reading: Reading,
    pub(crate) update_mode: UpdateMode,
    pub(crate) return_secret_on_read: bool,
    pub(crate) persist_authorizations: bool,
    /// Whether the body must be signed.
    pub(crate) needs_signature: bool,
    /// Whether an access token of the client, which the host vouches for, manages it.
    pub(crate) vouched_clients: bool,
    pub(crate) limits: Limits,
    pub(crate) style: ErrorStyle,
}

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
        let engine = &*self.0;
        engine.is_enabled()?;
        access::admit_creation(&engine.policy, request.caller)?;
        let mut document = engine.read_body(&request)?;
        let facts = engine.facts(Operation::Create, &request, None);
        engine.accept(engine.policy.apply(&mut document, &facts, None))?;
        engine.accept(engine.sector_fault(&document).await.into_iter().collect())?;

        let mut draft = Draft::new(document, engine.initial_flags());
        engine.take_custom_flags(&mut draft);
        if let Some(hook) = &engine.hook {
            let cx = engine.context(Operation::Create, &request, None);
            engine.obey(hook.create_client(&cx, &mut draft).await, Operation::Create)?;
        }
        let checked = engine.check_again(draft, &facts)?;

        let (client, secret, token) = engine.issue(checked).await?;
        let status = engine.policy.response.create_status.unwrap_or(201);
        engine.respond(client, status, secret, token, Operation::Create, &request).await
    }

    /// Reads a client (RFC 7592 section 2.1). Changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthorized`] if the caller may not, whatever the reason; [`Error::Host`] if the store fails.
    pub async fn read(&self, id: &ClientId, caller: &Caller) -> Result<Registration, Error> {
        let engine = &*self.0;
        let client = engine.authenticate(Operation::Read, id, caller).await?;
        let (secret, token) = (engine.shown_secret(&client), presented(caller));
        let request = RegisterRequest::from_body(&[]).with_caller(caller);
        engine.respond(client, 200, secret, token, Operation::Read, &request).await
    }

    /// Replaces the metadata of a client (RFC 7592 section 2.2): what is left out is deleted, or gets its default.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register) and [`read`](Self::read). The client stays as it was then.
    pub async fn update(&self, id: &ClientId, request: RegisterRequest<'_>) -> Result<Registration, Error> {
        let engine = &*self.0;
        for _ in 0..TRIES {
            let client = engine.authenticate(Operation::Update, id, request.caller).await?;
            match engine.update_once(client, &request).await {
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
        let engine = &*self.0;
        let client = engine.authenticate(Operation::Delete, id, caller).await?;
        if let Some(hook) = &engine.hook {
            let request = RegisterRequest::from_body(&[]).with_caller(caller);
            let cx = engine.context(Operation::Delete, &request, Some(&client));
            engine.obey(hook.delete_client(&cx).await, Operation::Delete)?;
        }
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
        let engine = &*self.0;
        engine.is_enabled()?;
        access::admit_creation(&engine.policy, request.caller)?;
        let mut document = engine.read_body(&request)?;
        let facts = engine.facts(Operation::Create, &request, None);
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
        crate::discovery::members(&self.0.policy)
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
        self.0.settings.is_enabled && access::is_offered(&self.0.policy, operation)
    }

    /// The largest request body that is read, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.0.policy.max_bytes
    }
}

impl fmt::Debug for Registrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar").field("profile", &self.0.policy.name).finish_non_exhaustive()
    }
}

/// Metadata that the policy, and after a hook the standard, found nothing wrong with. Only this can be issued.
struct Checked<'a>(Draft<'a>);

impl Engine {
    fn is_enabled(&self) -> Result<(), Error> {
        if self.settings.is_enabled { Ok(()) } else { Err(Error::Disabled) }
    }

    async fn authenticate(
        &self,
        operation: Operation,
        id: &ClientId,
        caller: &Caller,
    ) -> Result<Client, Error> {
        self.is_enabled()?;
        if !access::is_offered(&self.policy, operation) {
            return Err(Error::NotOffered(operation));
        }
        let client = self.store.get(id).await.map_err(store_error)?;
        let tokens = self.policy.access.get(&operation).map_or(&[][..], |access| &access.tokens);
        let vouched = self.settings.vouched_clients
            || tokens.iter().any(|token| matches!(token, Token::ClientCredentials { .. }));
        Ok(access::admit_management(client.as_ref(), caller, vouched, self.clock.now())?.clone())
    }

    fn read_body<'b>(&self, request: &RegisterRequest<'b>) -> Result<Document<'b>, Error> {
        if request.body.len() > self.policy.max_bytes {
            return Err(Error::TooLarge(self.policy.max_bytes));
        }
        match BodyKind::of(request.media_type).ok_or(Error::UnsupportedMediaType)? {
            // A configuration that asks for signatures is not satisfied by less.
            BodyKind::Json if self.settings.needs_signature => {
                let message = "the body must be a signed request: send application/jwt";
                let violation = Violation::new("", "request.unsigned", Failure::METADATA, message);
                return Err(self.policy.reject(vec![violation]).into());
            }
            BodyKind::Json => {}
            BodyKind::Jws => {
                let message =
                    "the body is signed, and this server takes no signed requests: send application/json";
                let violation = Violation::new("", "request.signed", Failure::METADATA, message);
                return Err(self.policy.reject(vec![violation]).into());
            }
        }
        json::read_object(request.body, self.settings.limits, Origin::Request).map_err(|fault| {
            let message = format!("the body {fault}");
            let violation = Violation::new("", "json", Failure::REQUEST_MALFORMED, message);
            self.policy.reject(vec![violation]).into()
        })
    }

    fn facts<'a>(
        &self,
        operation: Operation,
        request: &RegisterRequest<'a>,
        stored: Option<&'a Document<'a>>,
    ) -> Facts<'a> {
        Facts {
            operation,
            reading: self.settings.reading,
            statement: None,
            certificate: request.certificate,
            stored,
        }
    }

    fn accept(&self, violations: Vec<Violation>) -> Result<(), Error> {
        if violations.is_empty() { Ok(()) } else { Err(self.policy.reject(violations).into()) }
    }

    /// OpenID Connect Registration section 5: the sector document is checked at registration and at every update,
    /// whatever the subject type. Nothing is fetched before all else was found good.
    async fn sector_fault(&self, document: &Document<'_>) -> Option<Violation> {
        let uri = document.text(fields::SECTOR_IDENTIFIER_URI)?;
        let sector = self.gate.fetch(&*self.resolver, uri, FetchPurpose::SectorIdentifier).await;
        rules::check_sector_document(document, sector.as_ref())
    }

    fn initial_flags(&self) -> ServerFlags {
        ServerFlags { persist_authorizations: self.settings.persist_authorizations, ..ServerFlags::default() }
    }

    /// Janssen's two custom attributes that are no metadata but flags. They reach this point only if the operator
    /// put them on the list of custom attributes, which is reported as a warning.
    fn take_custom_flags(&self, draft: &mut Draft<'_>) {
        let mut take = |name: &str| {
            let value = self.policy.field_named(name).and_then(|field| draft.document.remove(field));
            value.map(|value| match value {
                FieldValue::Bool(value) => value,
                value => value.as_text().is_some_and(|text| text.eq_ignore_ascii_case("true")),
            })
        };
        let (trusted, claims) = (take("jansTrustedClnt"), take("jansInclClaimsInIdTkn"));
        draft.flags.trusted = trusted.unwrap_or(draft.flags.trusted);
        draft.flags.include_claims_in_id_token = claims.unwrap_or(draft.flags.include_claims_in_id_token);
    }

    /// A hook may relax the policy, never the standard: what it changed is checked against that alone.
    fn check_again<'a>(&'a self, mut draft: Draft<'a>, facts: &Facts<'a>) -> Result<Checked<'a>, Error> {
        if let Some(standard) = self.standard.as_ref().filter(|_| draft.is_changed) {
            let mut faults = Vec::new();
            standard.check(&mut draft.document, facts, &Default::default(), &mut faults);
            self.accept(faults)?;
        }
        Ok(Checked(draft))
    }

    async fn issue(
        &self,
        Checked(mut draft): Checked<'_>,
    ) -> Result<(Client, Option<ClientSecret>, Option<RegistrationAccessToken>), Error> {
        let now = self.clock.now();
        let expires_at = issue::expiry(&mut draft.document, &self.policy, now);
        let need = SecretNeed::of(&draft.document, &self.policy);
        let metadata = Registered::new(draft.document.to_json_text());
        let management = self.policy.response.management_token.as_ref();
        let has_token = management.is_none_or(|token| token.issue)
            && self.policy.response.client_uri != Some(ClientUri::None);
        for _ in 0..TRIES {
            let draw = Draw::new(&*self.entropy).map_err(entropy_error)?;
            let secret = (need != SecretNeed::None).then(|| draw.secret());
            let token = has_token.then(|| draw.token());
            let drawn_id =
                || draw.client_id().ok_or_else(|| entropy_error(EntropyError("no identifier".to_owned())));
            let id = draft.client_id.clone().map_or_else(drawn_id, Ok)?;
            let ttl = self.policy.response.secret.as_ref().map_or(0, |secret| secret.ttl_s);
            let secret_ttl = (ttl > 0).then(|| now.unix_timestamp().saturating_add(ttl));
            let client = Client {
                id,
                metadata: metadata.clone(),
                issued_at: now.unix_timestamp(),
                expires_at,
                secret_expires_at: secret.as_ref().and(earlier(secret_ttl, expires_at)),
                secret: secret
                    .as_ref()
                    .map(|secret| issue::stored_secret(secret, need, self.settings.return_secret_on_read)),
                token: token.as_ref().map(|token| TokenDigest::of(token.expose_secret())),
                flags: ServerFlags { deletable: expires_at.is_some(), ..draft.flags },
                provenance: Provenance { profile: self.profile_name.clone(), statement_issuer: None },
                unique_key: None,
                revision: 1,
            };
            match self.store.insert(&client).await {
                Ok(()) => return Ok((client, secret, token)),
                // An id that a hook chose stays taken, a drawn one is drawn again.
                Err(StoreError::AlreadyExists) if draft.client_id.is_none() => {}
                Err(StoreError::AlreadyExists) => {
                    let message = "a client with this identifier is registered already";
                    let violation = Violation::new("", "client_id.taken", Failure::DUPLICATE, message);
                    return Err(self.policy.reject(vec![violation]).into());
                }
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(store_error(StoreError::AlreadyExists))
    }

    async fn update_once(
        &self,
        client: Client,
        request: &RegisterRequest<'_>,
    ) -> Result<Registration, Error> {
        let now = client.metadata.clone();
        let stored = now.document();
        let mut document = self.read_body(request)?;
        self.accept(self.identity_faults(&client, &document))?;
        if self.settings.update_mode == UpdateMode::Merge {
            document = merged(&stored, document);
        }
        let facts = self.facts(Operation::Update, request, Some(&stored));
        self.accept(self.policy.apply(&mut document, &facts, None))?;
        self.accept(self.sector_fault(&document).await.into_iter().collect())?;
        // The lifetime was settled at registration; an update cannot prolong it.
        if let Some(field) = self.policy.ttl_member {
            document.remove(field);
            if let Some(value) = stored.get(field) {
                document.set(field, value.borrowed(), Origin::Stored);
            }
        }

        let mut draft = Draft::new(document, client.flags);
        self.take_custom_flags(&mut draft);
        if let Some(hook) = &self.hook {
            let cx = self.context(Operation::Update, request, Some(&client));
            self.obey(hook.update_client(&cx, &mut draft).await, Operation::Update)?;
        }
        let Checked(draft) = self.check_again(draft, &facts)?;

        let expected_revision = client.revision;
        let draw = Draw::new(&*self.entropy).map_err(entropy_error)?;
        let mut next = Client {
            metadata: Registered::new(draft.document.to_json_text()),
            flags: draft.flags,
            revision: expected_revision + 1,
            ..client
        };
        let need = SecretNeed::of(&draft.document, &self.policy);
        let issued = issue::renew_secret(&mut next, need, self.settings.return_secret_on_read, &draw);
        let rotate = self.policy.response.management_token.as_ref().and_then(|token| token.rotate);
        let mut token = presented(request.caller);
        if matches!(rotate, Some(Rotate::OnUpdate | Rotate::OnRead)) && token.is_some() {
            let fresh = draw.token();
            next.token = Some(TokenDigest::of(fresh.expose_secret()));
            token = Some(fresh);
        }
        match self.store.replace(&next, expected_revision).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Err(host_error("store", true, Box::new(Lost))),
            // It was deleted in the meantime, and an update does not bring it back.
            Err(StoreError::NotFound) => return Err(Unauthorized::InvalidToken.into()),
            Err(error) => return Err(store_error(error)),
        }
        let secret = issued.or_else(|| self.shown_secret(&next));
        self.respond(next, 200, secret, token, Operation::Update, request).await
    }

    /// RFC 7592 section 2.2: the request names its client, repeats its secret or leaves it out, and has none of the
    /// members that only the server sets.
    fn identity_faults(&self, client: &Client, document: &Document<'_>) -> Vec<Violation> {
        let fault = |field: FieldId, message: &str| {
            let name = field.spec().map_or("", |spec| spec.name);
            Violation::new(name, "update.identity", Failure::REQUEST_MALFORMED, message)
                .with_spec("RFC 7592 2.2")
        };
        let mut faults = Vec::new();
        for field in [
            fields::REGISTRATION_ACCESS_TOKEN,
            fields::REGISTRATION_CLIENT_URI,
            fields::CLIENT_SECRET_EXPIRES_AT,
            fields::CLIENT_ID_ISSUED_AT,
        ] {
            if document.has(field) {
                faults.push(fault(field, "must not be in an update"));
            }
        }
        match document.get(fields::CLIENT_ID) {
            Some(value) if value.as_text() == Some(client.id.as_str()) => {}
            None if self.settings.update_mode == UpdateMode::Merge => {}
            None => faults.push(fault(fields::CLIENT_ID, "must be in an update")),
            Some(_) => faults.push(fault(fields::CLIENT_ID, "must be the identifier of this client")),
        }
        if let Some(value) = document.get(fields::CLIENT_SECRET) {
            let presented = value.as_text().unwrap_or_default();
            if !client.secret.as_ref().is_some_and(|secret| secret.matches(presented)) {
                faults.push(fault(
                    fields::CLIENT_SECRET,
                    "must be the current secret of this client or left out",
                ));
            }
        }
        faults
    }

    /// A secret that can be read again, if the configuration returns it on read.
    fn shown_secret(&self, client: &Client) -> Option<ClientSecret> {
        let secret = client.secret.as_ref().filter(|_| self.settings.return_secret_on_read)?;
        secret.expose_secret().map(|text| ClientSecret::from(text.to_owned()))
    }

    fn context<'c>(
        &'c self,
        operation: Operation,
        request: &RegisterRequest<'c>,
        client: Option<&'c Client>,
    ) -> HookContext<'c> {
        HookContext {
            operation,
            profile: &self.policy.name,
            client,
            caller: request.caller,
            body: request.body,
            certificate: request.certificate,
            remote_address: request.remote_address,
        }
    }

    fn obey(&self, result: Result<(), HookError>, operation: Operation) -> Result<(), Error> {
        match result {
            Ok(()) => Ok(()),
            Err(HookError::Refused) => {
                // Janssen answers a refused update with `invalid_token`, a refused registration with this code.
                let code = match operation {
                    Operation::Update => ErrorCode::INVALID_TOKEN,
                    _ => ErrorCode::INVALID_CLIENT_METADATA,
                };
                let message = "the request was refused by this server";
                let violation = Violation::new("", "hook", Failure::METADATA, message);
                Err(Rejection::new(code, 400, vec![violation]).into())
            }
            Err(HookError::Answer(answer)) => Err(Error::Answered(answer)),
            Err(HookError::StaleEvidence { nonce }) => {
                let violation =
                    Violation::new("evidence", "evidence.stale", Failure::STALE_EVIDENCE, "is not current");
                let mut rejection = Rejection::new(ErrorCode::STALE_EVIDENCE, 400, vec![violation]);
                rejection.nonce = Some(nonce);
                Err(rejection.into())
            }
            Err(HookError::Failed(source)) => Err(host_error("hook", false, source)),
        }
    }

    async fn respond(
        &self,
        client: Client,
        status: u16,
        secret: Option<ClientSecret>,
        token: Option<RegistrationAccessToken>,
        operation: Operation,
        request: &RegisterRequest<'_>,
    ) -> Result<Registration, Error> {
        let mut body =
            response::write_body(&client, secret.as_ref(), token.as_ref(), &self.uris, &self.policy);
        if let Some(hook) = &self.hook {
            let cx = self.context(operation, request, Some(&client));
            let mut map = response::as_map(&body);
            // An error throws the changes away.
            if hook.modify_response(&cx, &mut map).await.is_ok() {
                body = response::from_map(&body, map);
            }
        }
        Ok(Registration { client, status, secret, token, body })
    }
}

/// An update that lost against another one; it never leaves the registrar.
#[derive(Debug, thiserror::Error)]
#[error("the client was changed in the meantime")]
struct Lost;

/// The token the caller presented: the current one, which every answer repeats (RFC 7592 section 3).
fn presented(caller: &Caller) -> Option<RegistrationAccessToken> {
    match caller {
        Caller::Bearer(token) => Some(token.clone()),
        _ => None,
    }
}

/// The stored metadata with what was sent laid over it; what was sent empty is deleted (`updateMode: merge`).
fn merged<'a>(stored: &Document<'a>, sent: Document<'a>) -> Document<'a> {
    let mut document = stored.clone();
    for field in &sent.blanks {
        document.remove(*field);
    }
    for (one, other) in [(fields::JWKS, fields::JWKS_URI), (fields::JWKS_URI, fields::JWKS)] {
        if sent.has(one) {
            document.remove(other);
        }
    }
    for (field, value, origin) in sent.iter() {
        document.set(field, value.clone(), origin);
    }
    for variant in sent.variants {
        document
            .variants
            .retain(|own| own.field != variant.field || !own.tag.eq_ignore_ascii_case(&variant.tag));
        document.variants.push(variant);
    }
    for extra in sent.extras {
        document.extras.retain(|own| own.name != extra.name);
        document.extras.push(extra);
    }
    document
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn host_error(part: &'static str, transient: bool, source: BoxError) -> Error {
    Error::Host(HostError { part, transient, source })
}

fn store_error(error: StoreError) -> Error {
    let transient = matches!(error, StoreError::Unavailable(_) | StoreError::Conflict);
    host_error("store", transient, Box::new(error))
}

fn entropy_error(error: EntropyError) -> Error {
    host_error("entropy", true, Box::new(error))
}
