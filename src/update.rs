//! Updates (RFC 7592 section 2.2): a replacement of the whole, judged as a registration is.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::access::Admitted;
use crate::client::{Client, Record, Registered};
use crate::config::UpdateMode;
use crate::engine::{Checked, Issued, entropy_error, host_error, presented, store_error};
use crate::error::{Error, Failure, Unauthorized, Violation};
use crate::event::Report;
use crate::host::StoreError;
use crate::issue::{Draw, SecretNeed};
use crate::metadata::{Document, FieldId, Origin, fields};
use crate::profile::{Operation, Presence, Rotate};
use crate::regime::Regime;
use crate::request::{Caller, RegisterRequest};
use crate::response::Registration;
use crate::secret::{RegistrationAccessToken, TokenDigest};

impl Regime<'_> {
    /// Judges an update and stores it, once.
    pub(crate) async fn update_once(
        &self,
        client: Client,
        admitted: Admitted,
        request: &RegisterRequest<'_>,
        used: &mut Used,
        report: &Report<'_>,
    ) -> Result<Registration, Error> {
        let before = client.clone();
        let stored =
            before.0.metadata.document().map_err(|fault| store_error(StoreError::Backend(fault.into())))?;
        let sent = self.open(request)?;
        let body = self.read(&sent, None)?;
        let token = self.statement_token(&body, Operation::Update)?;
        let statement = self.statement(token.as_ref(), Operation::Update, request).await?;
        self.statement_of_update(&client.0.provenance, statement.as_ref())?;
        let asked = self.asked(body, statement.as_ref(), Operation::Update, request).await?;
        self.accept(self.identity_faults(&client, &asked.document))?;
        let (certificate, own) = (request.certificate, Some(&stored));
        self.check_bindings(Operation::Update, certificate, &asked, statement.as_ref(), own).await?;
        if !std::mem::replace(&mut used.request, true) {
            self.consume_request(&asked).await?;
        }
        let signed = asked.payload(&sent);
        let mut document = asked.document;
        if self.settings.update_mode == UpdateMode::Merge {
            document = merged(&stored, document);
        }
        let facts = self.facts(Operation::Update, request, statement.as_ref(), Some(&stored));
        let old = Some(&client);
        let mut cx = self.context_if_asked(Operation::Update, request, old, signed, statement.as_ref());
        if let Some(cx) = &mut cx {
            Box::pin(self.attest(cx, &document, &facts)).await?;
        }
        self.accept(self.policy.apply(&mut document, &facts, None))?;
        self.accept(self.sector_fault(&document).await.into_iter().collect())?;
        // The lifetime was settled at registration; an update cannot prolong it.
        if let Some(field) = self.policy.ttl_member {
            document.remove(field);
            if let Some(value) = stored.get(field) {
                document.set(field, value.borrowed(), Origin::Stored);
            }
        }

        let mut draft = self.draft(document, client.0.flags, statement.as_ref());
        if let Some(cx) = &cx {
            Box::pin(self.ask_update(cx, &mut draft)).await?;
        }
        let Checked(draft) = self.check_again(draft, &facts)?;
        if let Some(statement) = &statement
            && !std::mem::replace(&mut used.statement, true)
        {
            self.consume_statement(statement).await?;
        }

        let now = self.clock.now();
        let expected_revision = client.0.revision;
        let draw = Draw::new(&*self.entropy).map_err(entropy_error)?;
        let mut next = Record {
            metadata: Registered::new(draft.document.to_json_text()),
            flags: draft.flags,
            provenance: match &statement {
                None => client.0.provenance.clone(),
                Some(statement) => Arc::new((*client.0.provenance).clone().with_statement(statement)),
            },
            unique_key: self.unique_key_of_update(&client, &draft.document, statement.as_ref()),
            // An update does not prolong what the last statement limited.
            expires_at: client.0.expires_at.into_iter().chain(self.not_after(statement.as_ref())).min(),
            revision: expected_revision + 1,
            ..(*client.0).clone()
        };
        let need = SecretNeed::of(&draft.document, self.policy);
        let issued = self.renew_secret(&mut next, need, &draw, now).await?;
        // What cannot be shown is found out before anything is stored.
        let secret = match issued {
            Some(secret) => Some(secret),
            None => self.shown_secret(&next).await?,
        };
        let token = self.rotated(&mut next, admitted, request.caller, &draw, now);
        let next = Client::from(next);
        match self.store().replace(&next, expected_revision).await {
            Ok(()) => report.updated(&next, &client),
            Err(StoreError::Conflict) => return Err(host_error("store", true, Box::new(Lost))),
            // It was deleted in the meantime, and an update does not bring it back.
            Err(StoreError::NotFound) => return Err(Unauthorized::InvalidToken.into()),
            Err(StoreError::Duplicate { .. }) => return Err(self.duplicate()),
            Err(error) => return Err(store_error(error)),
        }
        let issued = Issued { client: next, status: 200, secret, token };
        self.respond(issued, Operation::Update, request).await
    }

    /// The registration access token that the answer shows: a fresh one where the profile replaces it, else the one
    /// that was presented. Whoever presents the current one has seen it, so that none before it is needed any more.
    fn rotated(
        &self,
        next: &mut Record,
        admitted: Admitted,
        caller: &Caller,
        draw: &Draw,
        now: OffsetDateTime,
    ) -> Option<RegistrationAccessToken> {
        let shown = presented(caller)?;
        if admitted == Admitted::Token {
            next.previous_token = None;
        }
        let management = self.policy.response.management_token.as_ref();
        if !management.is_some_and(|own| matches!(own.rotate, Some(Rotate::OnUpdate | Rotate::OnRead))) {
            return Some(shown);
        }
        let fresh = draw.token();
        next.token = Some(TokenDigest::of(fresh.expose_secret()));
        next.token_expires_at = self.token_expiry(now);
        let is_kept = management.and_then(|own| own.keep_until_used).unwrap_or(false);
        next.previous_token = is_kept.then(|| Box::new(TokenDigest::of(shown.expose_secret())));
        Some(fresh)
    }

    /// Whether the body of an update must name its client.
    fn needs_client_id(&self) -> bool {
        let access = self.policy.access.get(&Operation::Update);
        access.and_then(|access| access.client_id).unwrap_or(Presence::Required) == Presence::Required
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
            Some(value) if value.as_text() == Some(client.0.id.as_str()) => {}
            None if self.settings.update_mode == UpdateMode::Merge || !self.needs_client_id() => {}
            None => faults.push(fault(fields::CLIENT_ID, "must be in an update")),
            Some(_) => faults.push(fault(fields::CLIENT_ID, "must be the identifier of this client")),
        }
        if let Some(value) = document.get(fields::CLIENT_SECRET) {
            let presented = value.as_text().unwrap_or_default();
            if !client.0.secret.as_ref().is_some_and(|secret| secret.matches(presented)) {
                faults.push(fault(
                    fields::CLIENT_SECRET,
                    "must be the current secret of this client or left out",
                ));
            }
        }
        faults
    }
}

/// What an update has used up already: a request is one use of its signatures however often it begins again.
#[derive(Debug, Default)]
pub(crate) struct Used {
    request: bool,
    statement: bool,
}

/// An update that lost against another one; it never leaves the registrar.
#[derive(Debug, thiserror::Error)]
#[error("the client was changed in the meantime")]
pub(crate) struct Lost;

/// The stored metadata with what was sent laid over it; what was sent empty is deleted (`updateMode: merge`).
fn merged<'a>(stored: &Document<'a>, sent: Document<'a>) -> Document<'a> {
    let mut document = stored.clone();
    for field in &sent.blanks {
        document.remove(*field);
    }
    for (field, tag) in &sent.blank_variants {
        document.variants.retain(|own| own.field != *field || !own.tag.eq_ignore_ascii_case(tag));
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
