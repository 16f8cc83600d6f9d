//! Signed registration requests: the outer signature, and what the request as a JWT must say.

use crate::error::{Error, Failure, Violation};
use crate::host::ReplayKey;
use crate::jose::{CompactJws, JoseFault, JwsRules, Unverified};
use crate::json;
use crate::keys::{KeyContext, KeyKind, Verified};
use crate::metadata::{Document, FieldSpec, FieldValue, Group, Origin, fields};
use crate::policy::{JwsPolicy, References};
use crate::profile::{Body, Operation};
use crate::regime::Regime;
use crate::request::{RegisterRequest, media_type_essence};
use crate::statement::{Statement, text_claim};

/// A body as its media type says.
pub(crate) enum Sent<'b> {
    Json(&'b [u8]),
    Signed(CompactJws<'b>),
}

/// The members of a body, before anything in it is believed.
pub(crate) enum Opened<'b> {
    /// A JSON object, which needs no signature here.
    Json(Document<'b>),
    /// Claims that stay inside until the signature of their token holds.
    Signed(Box<Unverified<'b>>),
}

/// What is asked for, by whoever may be believed to ask.
pub(crate) struct Asked<'p, 'b> {
    pub(crate) document: Document<'b>,
    /// Whose signature holds, of a signed request.
    pub(crate) signer: Option<&'p JwsPolicy>,
}

impl Sent<'_> {
    /// The payload of a signed body: to be believed once a signer was found.
    pub(crate) fn payload(&self) -> Option<&[u8]> {
        match self {
            Self::Json(_) => None,
            Self::Signed(jws) => Some(jws.danger_payload()),
        }
    }
}

impl Asked<'_, '_> {
    /// What was signed, of a signed request.
    pub(crate) fn payload<'s>(&self, sent: &'s Sent<'_>) -> Option<&'s [u8]> {
        self.signer.and(sent.payload())
    }
}

impl<'b> Opened<'b> {
    /// The statement, to be verified before the outer signature: the keys of that may be found inside.
    pub(crate) fn statement(&self) -> Option<&FieldValue<'b>> {
        match self {
            Self::Json(document) => document.get(fields::SOFTWARE_STATEMENT),
            Self::Signed(token) => token.software_statement(),
        }
    }
}

impl Regime<'_> {
    /// Takes the body as what its media type says.
    pub(crate) fn open<'b>(&self, request: &RegisterRequest<'b>) -> Result<Sent<'b>, Error> {
        if request.body.len() > self.policy.max_bytes {
            return Err(Error::TooLarge(self.policy.max_bytes));
        }
        let essence = media_type_essence(request.media_type).ok_or(Error::UnsupportedMediaType)?;
        let media_types = &self.policy.request.media_types;
        let body = media_types.iter().find(|(name, _)| *name == essence).map(|(_, body)| *body);
        match body {
            Some(Body::Json) => Ok(Sent::Json(request.body)),
            Some(Body::Jws) => self.open_signed(request).map_err(|fault| self.bad_request(fault)),
            // What this server does not do is told apart from what nobody does.
            None if essence == "application/json" => {
                Err(self.refuse_request("the body must be a signed request: send application/jwt"))
            }
            None if matches!(&*essence, "application/jwt" | "application/jose") => Err(self.refuse_request(
                "the body is signed, and this server takes no signed requests: send application/json",
            )),
            _ => Err(Error::UnsupportedMediaType),
        }
    }

    fn open_signed<'b>(&self, request: &RegisterRequest<'b>) -> Result<Sent<'b>, JoseFault> {
        let rules = JwsRules { max_bytes: self.policy.max_bytes, ..JwsRules::default() };
        let text = str::from_utf8(request.body.trim_ascii()).map_err(|_| JoseFault::NotCompact)?;
        CompactJws::parse(text.into(), &rules).map(Sent::Signed)
    }

    /// The body by its form, for a dry run that goes on although another form is needed.
    pub(crate) fn open_anyway<'b>(&self, request: &RegisterRequest<'b>) -> Sent<'b> {
        self.open_signed(request).unwrap_or(Sent::Json(request.body))
    }

    /// Reads the members of a body. Those of a JSON body may be known already.
    pub(crate) fn read<'b>(
        &self,
        sent: &'b Sent<'_>,
        known: Option<Document<'b>>,
    ) -> Result<Opened<'b>, Error> {
        let limits = self.settings.limits;
        let (what, opened) = match sent {
            Sent::Json(text) => {
                let document = known.map_or_else(|| json::read_object(text, limits, Origin::Request), Ok);
                ("the body", document.map(Opened::Json))
            }
            Sent::Signed(jws) => {
                let token = Unverified::read(jws, limits, Origin::Request);
                ("the payload of the signed request", token.map(Opened::Signed))
            }
        };
        opened.map_err(|fault| {
            let message = format!("{what} {fault}");
            let violation = Violation::new("", "json", Failure::REQUEST_MALFORMED, message);
            self.policy.reject(vec![violation]).into()
        })
    }

    /// What is asked for: a JSON body as it is, or the claims of a token whose signature holds. Signers with entries
    /// of their own are tried first, and of their keys those that need no fetch: any success is success.
    pub(crate) async fn asked<'p, 'b>(
        &'p self,
        body: Opened<'b>,
        statement: Option<&Statement<'_, '_>>,
        operation: Operation,
        request: &RegisterRequest<'_>,
    ) -> Result<Asked<'p, 'b>, Error> {
        match body {
            Opened::Json(document) => Ok(Asked { document, signer: None }),
            Opened::Signed(token) => {
                Box::pin(self.asked_by_signer(token, statement, operation, request)).await
            }
        }
    }

    async fn asked_by_signer<'p, 'b>(
        &'p self,
        mut token: Box<Unverified<'b>>,
        statement: Option<&Statement<'_, '_>>,
        operation: Operation,
        request: &RegisterRequest<'_>,
    ) -> Result<Asked<'p, 'b>, Error> {
        let iss = token.issuer().map_err(|fault| self.bad_request(fault))?.unwrap_or_default().into_owned();
        let issuers = self.policy.request.issuers.iter().filter(|issuer| issuer.is_for(&iss));
        let named = issuers.map(|issuer| (&issuer.jws, issuer.allow_claims.as_deref()));
        let unnamed = self.policy.request.jws.iter().map(|jws| (jws, None));
        let statement = statement.map(|statement| &statement.claims);
        let cx = KeyContext { operation, request, text: None, statement };
        let mut verdict = JoseFault::Algorithm;
        for (policy, allow_claims) in named.chain(unnamed) {
            match self.verify(token, policy, KeyKind::Request, &cx).await? {
                Ok(Verified { claims: mut document, .. }) => {
                    self.check_request_claims(&document, policy, statement)?;
                    if let Some(allowed) = allow_claims {
                        keep_allowed(&mut document, allowed);
                    }
                    return Ok(Asked { document, signer: Some(policy) });
                }
                Err(refused) => (token, verdict) = (refused.token, refused.fault),
            }
        }
        Err(self.bad_request(verdict))
    }

    /// Judges the claims of a verified request.
    pub(crate) fn check_request_claims(
        &self,
        document: &Document<'_>,
        policy: &JwsPolicy,
        statement: Option<&Document<'_>>,
    ) -> Result<(), Error> {
        let references = References { server: &self.references, statement };
        let now = self.clock.now().unix_timestamp();
        let violation = |(name, message): (String, String)| {
            Violation::new(name, "request.claims", Failure::REQUEST_CLAIMS, message).with_spec("RFC 7519 4.1")
        };
        self.accept(policy.claims.faults(document, references, now).into_iter().map(violation).collect())
    }

    /// Takes the one use of a verified request: whoever sees it on its way cannot send it again.
    pub(crate) async fn consume_request(&self, asked: &Asked<'_, '_>) -> Result<(), Error> {
        let Asked { document, signer: Some(policy) } = asked else { return Ok(()) };
        let now = self.clock.now();
        let until = self.replay_until(&policy.claims, document, now);
        let Some(until) = until else { return Ok(()) };
        let Some(jti) = text_claim(document, "jti") else { return Ok(()) };
        let key = ReplayKey::new("request", &text_claim(document, "iss").unwrap_or_default(), &jti);
        if self.consume(&key, until).await? {
            return Ok(());
        }
        let violation = Violation::new("jti", "request.replay", Failure::REQUEST_CLAIMS, "was used before");
        Err(self.policy.reject(vec![violation]).into())
    }

    fn refuse_request(&self, message: &str) -> Error {
        let violation = Violation::new("", "request.signed", Failure::REQUEST_SIGNATURE, message);
        self.policy.reject(vec![violation]).into()
    }

    /// What is wrong with the form is told; why no key verified it is not.
    fn bad_request(&self, fault: JoseFault) -> Error {
        match fault {
            JoseFault::UnknownKid
            | JoseFault::NoKeyFits
            | JoseFault::AmbiguousKey
            | JoseFault::WeakSecret
            | JoseFault::Signature => {
                self.refuse_request("the signature of the request could not be verified")
            }
            fault => {
                self.refuse_request(&format!("the signed request {}", fault.to_string().replace('`', "")))
            }
        }
    }
}

/// Drops the claims of a signer that its entry does not list.
fn keep_allowed(document: &mut Document<'_>, allowed: &[String]) {
    let is_allowed = |name: &str| allowed.iter().any(|own| own == name);
    // Whose update it is, and the statement, are no metadata either.
    let is_kept =
        |spec: &FieldSpec| matches!(spec.group, Group::Server | Group::Envelope) || is_allowed(spec.name);
    document.retain(|field| field.spec().is_some_and(is_kept));
    // What one-time use needs is no metadata in any case.
    document.extras.retain(|extra| is_allowed(&extra.name) || matches!(&*extra.name, "iss" | "jti" | "exp"));
}
