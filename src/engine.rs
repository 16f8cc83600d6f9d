//! What the operations of the registrar are made of.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use time::OffsetDateTime;

use crate::access::{Admitted, Entry};
#[cfg(feature = "x509")]
use crate::certificate::TrustAnchors;
use crate::client::{Client, Provenance, Record, Registered, ServerFlags};
use crate::clock::Clock;
use crate::config::{ConfigWarning, Reading, UpdateMode};
use crate::documents::Gate;
use crate::entropy::{Entropy, EntropyError};
use crate::error::{BoxError, Error, Failure, HostError, Violation};
use crate::event::{EventKind, Events, Report};
use crate::evidence::Attestation;
use crate::hooked::HookSettings;
use crate::host::{
    CachedResolver, ClientStore, Draft, FetchPurpose, InitialAccessTokens, JwksResolver, ReplayGuard,
    ReplayKey, ScriptHook, SecretSealer, StoreError,
};
use crate::issue::{self, Draw, SecretNeed};
use crate::json::Limits;
use crate::metadata::{Document, FieldValue, Origin, fields};
use crate::policy::Facts;
use crate::profile::{ClientUri, Operation, ProfileSelection};
use crate::regime::{Regime, Rules};
use crate::request::{Caller, RegisterRequest};
use crate::response::{self, ClientUris, Registration};
use crate::rules;
use crate::secret::{ClientSecret, RegistrationAccessToken, SharedSecret, TokenDigest};
use crate::statement::Statement;
use crate::wire::ErrorStyle;

/// The parts of a registrar.
pub(crate) struct Engine {
    /// The profile of this registrar.
    pub(crate) rules: Rules,
    /// Further profiles, which the selection or initial access tokens name.
    pub(crate) more_rules: Vec<Rules>,
    pub(crate) selection: ProfileSelection,
    pub(crate) store: Arc<dyn ClientStore>,
    pub(crate) resolver: Arc<dyn JwksResolver>,
    /// Documents that are kept for a while: keys and discovery.
    pub(crate) documents: CachedResolver,
    pub(crate) gate: Gate,
    /// Shared secrets by the name a key source has for them.
    pub(crate) secrets: HashMap<String, SharedSecret>,
    #[cfg(feature = "x509")]
    pub(crate) anchors: HashMap<String, TrustAnchors>,
    /// What `$as.…` references stand for.
    pub(crate) references: Vec<(String, String)>,
    pub(crate) replay_guard: Arc<dyn ReplayGuard>,
    pub(crate) initial_access: Option<Arc<dyn InitialAccessTokens>>,
    pub(crate) hook: Option<Arc<dyn ScriptHook>>,
    pub(crate) hook_settings: HookSettings,
    pub(crate) attestation: Option<Attestation>,
    pub(crate) events: Option<Events>,
    pub(crate) sealer: Option<Arc<dyn SecretSealer>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) uris: ClientUris,
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
    /// How long a secret that was replaced stays good, in seconds, if the profile does not say.
    pub(crate) secret_overlap: i64,
    /// How long an expired client is kept, in seconds.
    pub(crate) expired_grace: i64,
    /// After how many seconds a client that was never used is removed; 0: never.
    pub(crate) unused_lifetime: i64,
    pub(crate) limits: Limits,
    pub(crate) style: ErrorStyle,
}

/// How often an identifier is drawn.
const TRIES: usize = 3;

/// Metadata that the policy, and after a hook the standard, found nothing wrong with. Only this can be issued.
pub(crate) struct Checked<'a>(pub(crate) Draft<'a>);

impl Engine {
    pub(crate) fn is_enabled(&self) -> Result<(), Error> {
        if self.settings.is_enabled { Ok(()) } else { Err(Error::Disabled) }
    }

    /// The store itself: called through its `Arc`, each call would be boxed twice.
    pub(crate) fn store(&self) -> &dyn ClientStore {
        &*self.store
    }
}

/// A client that was stored, and the credentials that may be shown now.
pub(crate) struct Issued {
    pub(crate) client: Client,
    pub(crate) status: u16,
    pub(crate) secret: Option<ClientSecret>,
    pub(crate) token: Option<RegistrationAccessToken>,
}

impl Regime<'_> {
    pub(crate) fn facts<'a>(
        &self,
        operation: Operation,
        request: &RegisterRequest<'a>,
        statement: Option<&'a Statement<'a, 'a>>,
        stored: Option<&'a Document<'a>>,
    ) -> Facts<'a> {
        Facts {
            operation,
            reading: self.settings.reading,
            statement: statement.map(|statement| &statement.claims),
            granted: statement.map_or(&[], |statement| &statement.issuer.grant_scopes),
            certificate: request.certificate,
            stored,
        }
    }

    /// A draft of checked metadata, with the statement as it came (RFC 7591 section 3.2.1).
    pub(crate) fn draft<'a>(
        &'a self,
        mut document: Document<'a>,
        flags: ServerFlags,
        statement: Option<&Statement<'_, 'a>>,
    ) -> Draft<'a> {
        if let Some(statement) = statement {
            let text = FieldValue::Text(Cow::Borrowed(statement.text));
            document.set(fields::SOFTWARE_STATEMENT, text, Origin::Statement);
        }
        let mut draft = Draft::new(document, self.policy, flags);
        self.take_custom_flags(&mut draft);
        draft
    }

    /// Where a client comes from that is registered now.
    fn provenance(&self, statement: Option<&Statement<'_, '_>>, entry: Option<&Entry>) -> Arc<Provenance> {
        if statement.is_none() && entry.is_none() {
            return self.origin.clone();
        }
        let own = Provenance::new(self.profile_name().clone(), entry.map(|entry| &entry.grant));
        Arc::new(match statement {
            Some(statement) => own.with_statement(statement),
            None => own,
        })
    }

    /// True once per key.
    pub(crate) async fn consume(&self, key: &ReplayKey, until: OffsetDateTime) -> Result<bool, Error> {
        self.replay_guard.consume(key, self.clock.now(), until).await.map_err(store_error)
    }

    pub(crate) fn accept(&self, violations: Vec<Violation>) -> Result<(), Error> {
        if violations.is_empty() { Ok(()) } else { Err(self.policy.reject(violations).into()) }
    }

    /// OpenID Connect Registration section 5: the sector document is checked at registration and at every update,
    /// whatever the subject type. Nothing is fetched before all else was found good.
    pub(crate) async fn sector_fault(&self, document: &Document<'_>) -> Option<Violation> {
        let uri = document.text(fields::SECTOR_IDENTIFIER_URI)?;
        let sector = Box::pin(self.gate.fetch(&*self.resolver, uri, FetchPurpose::SectorIdentifier)).await;
        rules::check_sector_document(document, sector.as_ref())
    }

    pub(crate) fn initial_flags(&self) -> ServerFlags {
        ServerFlags { persist_authorizations: self.settings.persist_authorizations, ..ServerFlags::default() }
    }

    /// Janssen's two custom attributes that are no metadata but flags. They reach this point only if the operator
    /// put them on the list of custom attributes, which is reported as a warning.
    pub(crate) fn take_custom_flags(&self, draft: &mut Draft<'_>) {
        let mut take = |name: &str| {
            let value = self.policy.declared_field(name).and_then(|field| draft.document.remove(field));
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
    pub(crate) fn check_again<'a>(
        &'a self,
        mut draft: Draft<'a>,
        facts: &Facts<'a>,
    ) -> Result<Checked<'a>, Error> {
        if let Some(standard) = self.standard.filter(|_| draft.is_changed) {
            let mut faults = self.policy.judge_shapes(&mut draft.document);
            standard.check(&mut draft.document, facts, &mut faults);
            self.accept(faults)?;
        }
        Ok(Checked(draft))
    }

    /// Gives a checked client its credentials and stores it.
    pub(crate) async fn issue(
        &self,
        Checked(mut draft): Checked<'_>,
        statement: Option<&Statement<'_, '_>>,
        entry: Option<&Entry>,
        report: &Report<'_>,
    ) -> Result<Issued, Error> {
        let now = self.clock.now();
        let expires_at = issue::expiry(&mut draft.document, self.policy, self.not_after(statement), now);
        let need = SecretNeed::of(&draft.document, self.policy);
        let unique_key = self.unique_key(&draft.document, statement);
        let metadata = Registered::new(draft.document.to_json_text());
        let management = self.policy.response.management_token.as_ref();
        let has_token = management.is_none_or(|token| token.issue)
            && self.policy.response.client_uri != Some(ClientUri::None);
        let status = self.policy.response.create_status.unwrap_or(201);
        for _ in 0..TRIES {
            let draw = Draw::new(&*self.entropy).map_err(entropy_error)?;
            let secret = (need != SecretNeed::None).then(|| draw.secret(self.policy));
            let token = has_token.then(|| draw.token());
            let drawn_id =
                || draw.client_id().ok_or_else(|| entropy_error(EntropyError::new("no identifier")));
            let id = draft.client_id.clone().map_or_else(drawn_id, Ok)?;
            let stored = self.stored_secret(&id, secret.as_ref(), need).await?;
            let client = Client::from(Record {
                id,
                metadata: metadata.clone(),
                issued_at: now.unix_timestamp(),
                expires_at,
                secret_expires_at: secret.as_ref().and(issue::secret_expiry(self.policy, expires_at, now)),
                secret: stored,
                previous_secret: None,
                token: token.as_ref().map(|token| TokenDigest::of(token.expose_secret())),
                token_expires_at: token.as_ref().and(self.token_expiry(now)),
                previous_token: None,
                state: self.initial_state(),
                last_used_at: None,
                flags: ServerFlags { deletable: expires_at.is_some(), ..draft.flags },
                provenance: self.provenance(statement, entry),
                unique_key: unique_key.clone(),
                janssen: None,
                revision: 1,
            });
            match self.store().insert(&client).await {
                Ok(()) => {
                    report.tell(EventKind::Created, &client);
                    return Ok(Issued { client, status, secret, token });
                }
                // An id that a hook chose stays taken, a drawn one is drawn again.
                Err(StoreError::AlreadyExists) if draft.client_id.is_none() => {}
                Err(StoreError::AlreadyExists) => {
                    let message = "a client with this identifier is registered already";
                    let violation = Violation::new("", "client_id.taken", Failure::METADATA, message);
                    return Err(self.policy.reject(vec![violation]).into());
                }
                Err(StoreError::Duplicate { existing }) => {
                    // Sealed for the client that it will be the secret of.
                    let stored = self.stored_secret(&existing, secret.as_ref(), need).await?;
                    let client = Client::from(Record { secret: stored, ..(*client.0).clone() });
                    let met = Box::pin(self.meet(&existing, &client, now, report)).await?;
                    if let Some(client) = met {
                        let status = self.policy.response.upsert_status.unwrap_or(200);
                        return Ok(Issued { client, status, secret, token });
                    }
                }
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(store_error(StoreError::AlreadyExists))
    }

    /// Ends the registration access token before this one, now that its holder has the one behind it.
    pub(crate) async fn seen(&self, client: Client, admitted: Admitted) -> Result<Client, Error> {
        if admitted != Admitted::Token || client.0.previous_token.is_none() {
            return Ok(client);
        }
        let old = &*client.0;
        let next = Client::from(Record { previous_token: None, revision: old.revision + 1, ..old.clone() });
        match self.store().replace(&next, old.revision).await {
            Ok(()) => Ok(next),
            // Somebody else changed the client, who presented a token as well.
            Err(StoreError::Conflict | StoreError::NotFound) => Ok(client),
            Err(error) => Err(store_error(error)),
        }
    }

    /// Confirms a cancellation as UDAP does: without grant types.
    pub(crate) async fn respond_cancelled(
        &self,
        client: Client,
        request: &RegisterRequest<'_>,
    ) -> Result<Registration, Error> {
        let mut document =
            client.0.metadata.document().map_err(|fault| store_error(StoreError::Backend(fault.into())))?;
        document.set(fields::GRANT_TYPES, FieldValue::List(Vec::new().into()), Origin::Stored);
        let client = Client::from(Record {
            metadata: Registered::new(document.to_json_text()),
            ..(*client.0).clone()
        });
        let status = self.policy.response.upsert_status.unwrap_or(200);
        self.respond(Issued { client, status, secret: None, token: None }, Operation::Delete, request).await
    }

    pub(crate) async fn respond(
        &self,
        issued: Issued,
        operation: Operation,
        request: &RegisterRequest<'_>,
    ) -> Result<Registration, Error> {
        let Issued { client, status, secret, token } = issued;
        let body = response::write_body(&client, secret.as_ref(), token.as_ref(), &self.uris, self.policy);
        let body = match &self.hook {
            Some(hook) => Box::pin(self.modified(&**hook, operation, request, &client, body)).await,
            None => body,
        };
        Ok(Registration { client, status, secret, token, body })
    }
}

pub(crate) fn host_error(part: &'static str, transient: bool, source: BoxError) -> Error {
    Error::Host(HostError { part, transient, source })
}

pub(crate) fn store_error(error: StoreError) -> Error {
    let transient = matches!(error, StoreError::Unavailable(_) | StoreError::Conflict);
    host_error("store", transient, Box::new(error))
}

pub(crate) fn entropy_error(error: EntropyError) -> Error {
    host_error("entropy", true, Box::new(error))
}

/// The token the caller presented: the current one, which every answer repeats (RFC 7592 section 3).
pub(crate) fn presented(caller: &Caller) -> Option<RegistrationAccessToken> {
    match caller {
        Caller::Bearer(token) => Some(token.clone()),
        _ => None,
    }
}
