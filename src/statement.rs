//! Software statements (RFC 7591 section 2.3): who issued it, is it really theirs, and what of it counts.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::client::Provenance;
use crate::envelope::Opened;
use crate::error::{Error, Failure, Violation};
use crate::host::ReplayKey;
use crate::jose::{CompactJws, JoseFault, JwsRules, Unverified};
use crate::json;
use crate::keys::{KeyContext, KeyKind, Verified};
use crate::metadata::{Document, FieldValue, Origin, fields};
use crate::policy::{ClaimRules, IssuerPolicy, References, claim, numeric_date};
use crate::profile::{Operation, Presence, Replay};
use crate::regime::Regime;
use crate::request::RegisterRequest;

/// A statement whose signature holds, with the entry of its issuer.
pub(crate) struct Statement<'p, 't> {
    /// As it came.
    pub(crate) text: &'t str,
    pub(crate) iss: String,
    pub(crate) issuer: &'p IssuerPolicy,
    /// The software, even where its issuer may not speak of it: a statement of another one binds nothing (DEC-11).
    pub(crate) software: Option<String>,
    /// The claims that count: checked, filtered, renamed and gated.
    pub(crate) claims: Document<'t>,
    /// The trust anchors that its certificate leads to, if it brought one.
    pub(crate) anchors: Option<&'p str>,
    /// What was signed.
    pub(crate) payload: &'t [u8],
}

impl Regime<'_> {
    /// The statement that a request brings. Nothing if there is none, or if the profile takes no notice of it.
    pub(crate) fn statement_token<'b>(
        &self,
        body: &Opened<'b>,
        operation: Operation,
    ) -> Result<Option<CompactJws<'b>>, Error> {
        let text: Option<&Cow<'b, str>> = match body.statement() {
            None => None,
            Some(FieldValue::Text(text)) => Some(text),
            Some(_) => return Err(self.refuse_statement(Failure::STATEMENT_INVALID, "must be a string")),
        };
        let takes_certificates = self.policy.issuers.iter().any(|issuer| issuer.jws.takes_certificates());
        let rules = if takes_certificates { JwsRules::CERTIFIED } else { JwsRules::default() };
        let policy = &self.policy.statement;
        let on_update = policy.presence_on_update.filter(|_| operation == Operation::Update);
        let presence = on_update.or(policy.presence).unwrap_or(Presence::Optional);
        match (text, presence) {
            (_, Presence::Ignored) | (None, Presence::Optional | Presence::Forbidden) => Ok(None),
            (None, Presence::Required) => {
                Err(self.refuse_statement(Failure::STATEMENT_MISSING, "must be given"))
            }
            (Some(_), Presence::Forbidden) => {
                Err(self.refuse_statement(Failure::STATEMENT_INVALID, "must not be given"))
            }
            (Some(text), _) => {
                CompactJws::parse(text.clone(), &rules).map(Some).map_err(|fault| self.bad_token(fault))
            }
        }
    }

    /// Verifies a statement with the keys of its issuer, and judges its claims.
    pub(crate) async fn statement<'p, 't>(
        &'p self,
        jws: Option<&'t CompactJws<'_>>,
        operation: Operation,
        request: &RegisterRequest<'_>,
    ) -> Result<Option<Statement<'p, 't>>, Error> {
        match jws {
            // In a box, as all that most requests do without: what a request may wait for is copied with it.
            Some(jws) => Box::pin(self.verified_statement(jws, operation, request)).await.map(Some),
            None => Ok(None),
        }
    }

    async fn verified_statement<'p, 't>(
        &'p self,
        jws: &'t CompactJws<'_>,
        operation: Operation,
        request: &RegisterRequest<'_>,
    ) -> Result<Statement<'p, 't>, Error> {
        let mut token = Unverified::read(jws, self.settings.limits, Origin::Statement).map_err(|fault| {
            self.refuse_statement(Failure::STATEMENT_INVALID, &format!("its payload {fault}"))
        })?;
        let iss = token.issuer().map_err(|fault| self.bad_token(fault))?.unwrap_or_default().into_owned();
        // RFC 7591 section 2.3: a statement must contain iss.
        if iss.is_empty() {
            return Err(self.refuse_statement(Failure::STATEMENT_INVALID, "must have the claim iss"));
        }
        // It is kept with the client, and NUL alone makes a PostgreSQL text fail.
        if json::has_control(&iss) {
            let message = "the claim iss has a control character";
            return Err(self.refuse_statement(Failure::STATEMENT_INVALID, message));
        }
        if self.policy.issuers.is_empty() {
            let message = "cannot be verified by this server";
            return Err(self.refuse_statement(Failure::STATEMENT_INVALID, message));
        }
        let text = jws.as_str();
        let cx = KeyContext { operation, request, text: Some(text), statement: None };
        let mut verdict = None;
        for issuer in self.policy.issuers.iter().filter(|issuer| issuer.is_for(&iss)) {
            match self.verify(token, &issuer.jws, KeyKind::Statement, &cx).await? {
                Ok(Verified { claims, anchors }) => {
                    let software = claims.text(fields::SOFTWARE_ID).map(str::to_owned);
                    let claims = self.claims_that_count(claims, issuer, operation)?;
                    return Ok(Statement {
                        text,
                        iss,
                        issuer,
                        software,
                        claims,
                        anchors,
                        payload: jws.danger_payload(),
                    });
                }
                Err(refused) => (token, verdict) = (refused.token, Some(refused.fault)),
            }
        }
        Err(match verdict {
            Some(fault) => self.bad_token(fault),
            None => {
                self.refuse_statement(Failure::STATEMENT_UNTRUSTED, "has an issuer that is not trusted here")
            }
        })
    }

    fn claims_that_count<'t>(
        &self,
        claims: Document<'t>,
        issuer: &IssuerPolicy,
        operation: Operation,
    ) -> Result<Document<'t>, Error> {
        let references = References { server: &self.references, statement: None };
        let now = self.clock.now().unix_timestamp();
        let faults: Vec<Violation> = issuer
            .jws
            .claims
            .faults(&claims, references, now)
            .into_iter()
            .map(|(name, message)| {
                violation(Failure::STATEMENT_CLAIMS, &format!("the claim {name} {message}"))
            })
            .collect();
        self.accept(faults)?;
        issuer.gate(claims, operation, self.settings.reading).ok_or_else(|| {
            let message = "its issuer does not vouch for this software at present";
            self.refuse_statement(Failure::STATEMENT_CLAIMS, message)
        })
    }

    /// Takes the one use of a statement, when its registration is about to be stored: a client that was refused can
    /// try again with the same statement.
    pub(crate) async fn consume_statement(&self, statement: &Statement<'_, '_>) -> Result<(), Error> {
        let now = self.clock.now();
        let until = self.replay_until(&statement.issuer.jws.claims, &statement.claims, now);
        let Some(until) = until else { return Ok(()) };
        let Some(jti) = text_claim(&statement.claims, "jti") else { return Ok(()) };
        let key = ReplayKey::new("statement", &statement.iss, &jti);
        if self.consume(&key, until).await? {
            return Ok(());
        }
        Err(self.refuse_statement(Failure::STATEMENT_CLAIMS, "was used before, and may be used once"))
    }

    /// Until when a `jti` is remembered. Nothing: it may be used again.
    pub(crate) fn replay_until(
        &self,
        rules: &ClaimRules,
        claims: &Document<'_>,
        now: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let exp = numeric_date(claims, "exp").ok().flatten().map(|exp| exp as i64);
        let until = match (rules.replay, exp) {
            (Replay::Off, _) => return None,
            // Until it is refused anyway, and then some.
            (Replay::UntilExp, Some(exp)) => exp.saturating_add(rules.leeway).saturating_add(60),
            (Replay::UntilExp, None) | (Replay::Forever, _) => now.unix_timestamp().saturating_add(TEN_YEARS),
        };
        OffsetDateTime::from_unix_timestamp(until.min(LAST_SECOND)).ok()
    }

    /// An update of a client that was registered with a statement brings one of the same issuer and software: without
    /// it the attested values would be up to the client.
    pub(crate) fn statement_of_update(
        &self,
        provenance: &Provenance,
        statement: Option<&Statement<'_, '_>>,
    ) -> Result<(), Error> {
        let Some(issuer) = provenance.statement_issuer.as_deref() else { return Ok(()) };
        let required = self.policy.statement.presence_on_update.or(self.policy.statement.presence);
        let Some(statement) = statement else {
            if required == Some(Presence::Ignored) {
                return Ok(());
            }
            let message = "must be in an update because the client was registered with one";
            return Err(self.refuse_statement(Failure::STATEMENT_MISSING, message));
        };
        let software = provenance.statement_software.as_deref();
        if statement.iss == issuer && (software.is_none() || software == statement.software.as_deref()) {
            return Ok(());
        }
        let message = "must be of the issuer and the software that the client was registered with";
        Err(self.refuse_statement(Failure::STATEMENT_INVALID, message))
    }

    pub(crate) fn refuse_statement(&self, failure: Failure, message: &str) -> Error {
        self.policy.reject(vec![violation(failure, message)]).into()
    }

    /// What is wrong with the form is told; why no key verified it is not.
    fn bad_token(&self, fault: JoseFault) -> Error {
        let (failure, message) = match fault {
            JoseFault::UnknownKid
            | JoseFault::NoKeyFits
            | JoseFault::AmbiguousKey
            | JoseFault::WeakSecret
            | JoseFault::Signature => (
                Failure::STATEMENT_SIGNATURE,
                "its signature could not be verified with the keys of its issuer".to_owned(),
            ),
            #[cfg(feature = "x509")]
            JoseFault::Untrusted => (Failure::STATEMENT_UNTRUSTED, fault.to_string().replace('`', "")),
            fault => (Failure::STATEMENT_INVALID, fault.to_string().replace('`', "")),
        };
        self.refuse_statement(failure, &message)
    }
}

const TEN_YEARS: i64 = 10 * 366 * 24 * 60 * 60;
const LAST_SECOND: i64 = 253_402_300_799;

fn violation(failure: Failure, message: &str) -> Violation {
    let rule = failure.as_str().to_owned();
    Violation::new("software_statement", rule, failure, message).with_spec("RFC 7591 2.3")
}

pub(crate) fn text_claim(claims: &Document<'_>, name: &str) -> Option<String> {
    claim(claims, name)?.as_str().map(str::to_owned)
}
