//! The engine: `register` is the figure of the crate documentation as a dozen calls.

use std::fmt;
use std::sync::Arc;

use crate::access::{Entry, unknown_profile};
use crate::builder::RegistrarBuilder;
use crate::client::ClientId;
use crate::config::{ConfigWarning, RegistrarConfig};
use crate::engine::{Engine, Issued, entropy_error, host_error, presented, store_error};
use crate::error::{Error, Unauthorized};
use crate::event::{EventKind, Report};
use crate::explain::{Explanation, Inquiry, Stage};
use crate::host::{ClientStore, InitialGrant, StoreError};
use crate::issue::Draw;
use crate::lifecycle::is_cancellation;
use crate::metadata::Document;
use crate::profile::Operation;
use crate::regime::Regime;
use crate::request::{ManagementRequest, RegisterRequest};
use crate::response::Registration;
use crate::secret::{InitialAccessToken, TokenDigest};
use crate::select::Selected;
use crate::update::{Lost, Used};
use crate::wire::WireError;

/// The registration engine of one authorization server.
///
/// Cheap to clone: one reference count. All state is in the host's store.
///
/// ```
/// use oauth_dcr::testing::run;
/// use oauth_dcr::{Caller, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;
/// let body = br#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
/// let registration = run(registrar.register(RegisterRequest::from_body(body)))?;
/// let id = registration.client().id();
/// let caller = registration.registration_access_token().cloned().map(Caller::Bearer).ok_or("no token")?;
///
/// // An update is the whole client anew, and says whose it is (RFC 7592 section 2.2).
/// let body = format!(r#"{{ "client_id": "{id}", "redirect_uris": ["https://app.example.org/new"] }}"#);
/// let updated = run(registrar.update(id, RegisterRequest::from_body(body.as_bytes()).with_caller(&caller)))?;
/// assert_eq!(updated.client().revision(), registration.client().revision() + 1);
///
/// run(registrar.delete(id, &caller))?;
/// assert!(run(registrar.read(id, &caller)).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Registrar(pub(crate) Arc<Engine>);

/// How often a request is tried again whose update met another one, or whose identifier was taken.
pub(crate) const TRIES: usize = 3;

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
        let mut report = self.0.report(Operation::Create, request.remote_address);
        let result = self.register_reported(request, &mut report).await;
        report.close(result)
    }

    async fn register_reported<'e>(
        &'e self,
        request: RegisterRequest<'_>,
        report: &mut Report<'e>,
    ) -> Result<Registration, Error> {
        let (engine, entry, known) = self.admitted(&request).await?;
        report.under(&engine);
        let sent = engine.open(&request)?;
        let body = engine.read(&sent, known)?;
        let token = engine.statement_token(&body, Operation::Create)?;
        let statement = engine.statement(token.as_ref(), Operation::Create, &request).await?;
        let asked = engine.asked(body, statement.as_ref(), Operation::Create, &request).await?;
        let certificate = request.certificate;
        engine.check_bindings(Operation::Create, certificate, &asked, statement.as_ref(), None).await?;
        engine.consume_request(&asked).await?;
        let signed = asked.payload(&sent);
        let mut document = asked.document;

        let facts = engine.facts(Operation::Create, &request, statement.as_ref(), None);
        let mut cx = engine.context_if_asked(Operation::Create, &request, None, signed, statement.as_ref());
        let nonce = match &mut cx {
            Some(cx) => Box::pin(engine.attest(cx, &document, &facts)).await?,
            None => None,
        };
        let faults = engine.policy.apply(&mut document, &facts, None);
        if is_cancellation(&faults) {
            // Or it could be sent again when the client is back.
            if let Some(statement) = &statement {
                engine.consume_statement(statement).await?;
            }
            let key = engine.unique_key(&document, statement.as_ref());
            let client = Box::pin(engine.cancel(key.as_deref(), &request)).await?;
            report.tell(EventKind::Cancelled, &client);
            return Box::pin(engine.respond_cancelled(client, &request)).await;
        }
        engine.accept(faults)?;
        engine.accept(engine.sector_fault(&document).await.into_iter().collect())?;

        let mut draft = engine.draft(document, engine.initial_flags(), statement.as_ref());
        if let Some(cx) = &cx {
            Box::pin(engine.ask_create(cx, &mut draft)).await?;
        }
        let checked = engine.check_again(draft, &facts)?;
        if let Some(cx) = &cx {
            engine.spend(cx, nonce).await?;
        }
        engine.redeem(entry.as_ref()).await?;
        if let Some(statement) = &statement {
            engine.consume_statement(statement).await?;
        }
        let issued = engine.issue(checked, statement.as_ref(), entry.as_ref(), report).await?;
        engine.respond(issued, Operation::Create, &request).await
    }

    /// Reads a client (RFC 7592 section 2.1). Changes nothing, but for a registration access token that was replaced
    /// and kept until its successor is used: the first use of that ends it.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthorized`] if the caller may not, whatever the reason; [`Error::Host`] if the store fails.
    pub async fn read<'a>(
        &self,
        id: &ClientId,
        request: impl Into<ManagementRequest<'a>>,
    ) -> Result<Registration, Error> {
        let request = request.into();
        let mut report = self.0.report(Operation::Read, request.remote_address);
        let result = self.read_reported(id, request, &mut report).await;
        report.close(result)
    }

    async fn read_reported<'e>(
        &'e self,
        id: &ClientId,
        request: ManagementRequest<'_>,
        report: &mut Report<'e>,
    ) -> Result<Registration, Error> {
        let (engine, client, admitted) = self.0.authenticate(Operation::Read, id, &request, report).await?;
        engine.ask_read(&request.into(), &client).await?;
        let client = engine.seen(client, admitted).await?;
        let (secret, token) = (engine.shown_secret(&client.0).await?, presented(request.caller));
        report.tell(EventKind::Read, &client);
        let issued = Issued { client, status: 200, secret, token };
        engine.respond(issued, Operation::Read, &request.into()).await
    }

    /// Replaces the metadata of a client (RFC 7592 section 2.2): what is left out is deleted, or gets its default.
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register) and [`read`](Self::read). The client stays as it was then.
    pub async fn update(&self, id: &ClientId, request: RegisterRequest<'_>) -> Result<Registration, Error> {
        let mut report = self.0.report(Operation::Update, request.remote_address);
        let result = self.update_reported(id, request, &mut report).await;
        report.close(result)
    }

    async fn update_reported<'e>(
        &'e self,
        id: &ClientId,
        request: RegisterRequest<'_>,
        report: &mut Report<'e>,
    ) -> Result<Registration, Error> {
        let mut used = Used::default();
        for _ in 0..TRIES {
            let (engine, client, admitted) = self
                .0
                .authenticate(Operation::Update, id, &ManagementRequest::from(&request), report)
                .await?;
            match engine.update_once(client, admitted, &request, &mut used, report).await {
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
    pub async fn delete<'a>(
        &self,
        id: &ClientId,
        request: impl Into<ManagementRequest<'a>>,
    ) -> Result<(), Error> {
        let request = request.into();
        let mut report = self.0.report(Operation::Delete, request.remote_address);
        let result = self.delete_reported(id, request, &mut report).await;
        report.close(result)
    }

    async fn delete_reported<'e>(
        &'e self,
        id: &ClientId,
        request: ManagementRequest<'_>,
        report: &mut Report<'e>,
    ) -> Result<(), Error> {
        let (engine, client, _) = self.0.authenticate(Operation::Delete, id, &request, report).await?;
        engine.ask_delete(&request.into(), &client).await?;
        match engine.store().delete(id).await {
            Ok(true) => {
                report.tell(EventKind::Deleted, &client);
                Ok(())
            }
            // Somebody else deleted it first (RFC 7592 section 5).
            Ok(false) => Err(Unauthorized::InvalidToken.into()),
            Err(error) => Err(store_error(error)),
        }
    }

    /// The decision about a registration request with nothing consumed, stored or issued: final values, where each
    /// came from, and everything that is wrong.
    ///
    /// Where [`register`](Self::register) stops at a refusal this goes on: a statement whose signature does not hold
    /// counts for nothing and hides no fault of the metadata, a request without a good signature is judged as asked,
    /// and a caller that may not register is told so beside all else. Hooks are asked for keys, not for their opinion,
    /// and no verifier for that of evidence. It fetches keys and documents as a registration does, and it answers
    /// whoever asks: it is for the operator's tools, not for an open endpoint.
    ///
    /// ```
    /// use oauth_dcr::testing::run;
    /// use oauth_dcr::{MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;
    /// let body = br#"{ "redirect_uris": ["https://app.example/cb"], "favourite_colour": "blue" }"#;
    /// let explanation = run(registrar.explain(RegisterRequest::from_body(body)))?;
    /// let text = explanation.to_string();
    /// assert!(text.starts_with("accepted under profile standard\n"));
    /// assert!(text.contains("response_types = [\"code\"] (by the rule response-for-code)"));
    /// assert!(text.contains("favourite_colour: unknown member"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Only if registration is not offered, if the body cannot be read at all, or if a part of the host fails.
    pub async fn explain(&self, request: RegisterRequest<'_>) -> Result<Explanation, Error> {
        self.0.is_enabled()?;
        let mut inquiry = Inquiry::default();
        let entry = inquiry.take(Stage::Access, self.0.entry(request.caller).await)?.flatten();
        let (engine, _) = self.0.regime_for(&request, entry.as_ref())?;
        engine.explain(&request, entry.as_ref(), inquiry).await
    }

    /// The profile that a registration is under, and why it is that one. Nothing is verified but the initial access
    /// token, and nothing is consumed or stored.
    ///
    /// ```
    /// use oauth_dcr::testing::run;
    /// use oauth_dcr::{MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig, SelectedBy};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let agents = Profile::preset("mcp-dcr").cloned().unwrap_or_default();
    /// let registrar = Registrar::builder(config, MemoryClientStore::default())
    ///     .further_profile(agents)
    ///     .selection(serde_json::from_str(
    ///         r#"[{ "profile": "mcp-dcr", "when": { "endpoint": ["/mcp/register"] } }]"#,
    ///     )?)
    ///     .build()?;
    ///
    /// let request = RegisterRequest::from_body(b"{}");
    /// let selected = run(registrar.select(request.with_endpoint("/mcp/register")))?;
    /// assert_eq!((&*selected.profile, selected.by), ("mcp-dcr", SelectedBy::Entry(0)));
    /// let selected = run(registrar.select(request))?;
    /// assert_eq!(selected.by, SelectedBy::Default);
    /// assert_eq!(selected.passed_over[0].because, "the endpoint has no name, and must be `/mcp/register`");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`register`](Self::register): [`Error::Disabled`], [`Error::Unauthorized`] for an initial access token that
    /// is not good, and [`Error::Host`] if it names a profile that is not here or if its store fails.
    pub async fn select(&self, request: RegisterRequest<'_>) -> Result<Selected, Error> {
        self.0.is_enabled()?;
        let entry = self.0.entry(request.caller).await?;
        self.0.selected(&request, entry.as_ref())
    }

    /// The profile that a registration is under, if its caller may register, and the JSON body if it had to be read to
    /// find the profile.
    async fn admitted<'b>(
        &self,
        request: &RegisterRequest<'b>,
    ) -> Result<(Regime<'_>, Option<Entry>, Option<Document<'b>>), Error> {
        self.0.is_enabled()?;
        let entry = self.0.entry(request.caller).await?;
        let (regime, read) = self.0.regime_for(request, entry.as_ref())?;
        regime.admit_creation(request.caller, request.certificate, entry.as_ref())?;
        Ok((regime, entry, read))
    }

    /// Makes an initial access token (RFC 7591 section 1.2), shown here and never again, and keeps its digest.
    ///
    /// ```
    /// use oauth_dcr::testing::run;
    /// use oauth_dcr::{
    ///     InitialGrant, MemoryClientStore, MemoryInitialAccessTokens, Registrar, RegistrarConfig,
    /// };
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let registrar = Registrar::builder(config, MemoryClientStore::default())
    ///     .initial_access_tokens(MemoryInitialAccessTokens::default())
    ///     .build()?;
    /// let token = run(registrar.issue_initial_access_token(&InitialGrant::new("acme-2026").with_uses(10)))?;
    /// assert_eq!(token.expose_secret().len(), 43);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the registrar was given no place to keep tokens, if it has no profile of the name that the
    /// grant says, if a grant of this name is there already, or if the random source or the store fails.
    pub async fn issue_initial_access_token(
        &self,
        grant: &InitialGrant,
    ) -> Result<InitialAccessToken, Error> {
        const PART: &str = "initial access tokens";
        let engine = &*self.0;
        let Some(tokens) = &engine.initial_access else {
            return Err(host_error(PART, false, "the registrar has no place to keep them".into()));
        };
        if let Some(name) = grant.profile()
            && !engine.regimes().any(|regime| **regime.profile_name() == *name)
        {
            return Err(host_error(PART, false, unknown_profile(name).into()));
        }
        let draw = Draw::new(&*engine.entropy).map_err(entropy_error)?;
        let token = InitialAccessToken::from(draw.token().expose_secret().to_owned());
        tokens.insert(&TokenDigest::of(token.expose_secret()), grant).await.map_err(store_error)?;
        Ok(token)
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
        self.0.settings.is_enabled && self.0.regimes().any(|regime| regime.offers(operation))
    }

    /// The largest request body that is read, in bytes.
    #[must_use]
    pub fn max_body_bytes(&self) -> usize {
        self.0.max_body_bytes()
    }
}

impl fmt::Debug for Registrar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registrar").field("profile", &self.0.rules.profile_name()).finish_non_exhaustive()
    }
}
