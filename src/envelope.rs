//! Signed registration requests: the outer signature, and what the request as a JWT must say.

use crate::error::{Error, Failure, Violation};
use crate::host::ReplayKey;
use crate::jose::{CompactJws, JoseFault, JwsRules};
use crate::json;
use crate::keys::{KeyContext, KeyKind};
use crate::metadata::{Document, FieldSpec, FieldValue, Group, Origin, fields};
use crate::policy::{JwsPolicy, Recorder, References, dropped};
use crate::profile::{Body, Operation};
use crate::regime::Regime;
use crate::request::{RegisterRequest, media_type_essence};
use crate::statement::text_claim;

/// A body, before anything in it is believed.
#[expect(clippy::large_enum_variant, reason = "made once a request; a box would be one more allocation")]
pub(crate) enum Opened<'b> {
    /// A JSON object, which needs no signature here.
    Json(Document<'b>),
    /// A token whose claims stay inside until its signature holds.
    Signed(Box<CompactJws<'b>>),
}

/// A request whose signature holds.
pub(crate) struct Signed<'p> {
    payload: Vec<u8>,
    pub(crate) policy: &'p JwsPolicy,
    /// The claims that are used. Nothing: all.
    allow_claims: Option<&'p [String]>,
}

impl Signed<'_> {
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Leaves out what its signer may not ask for.
    pub(crate) fn narrow(&self, document: &mut Document<'_>, recorder: &mut Recorder<'_>) {
        let Some(allowed) = self.allow_claims else { return };
        let is_allowed = |name: &str| allowed.iter().any(|own| own == name);
        // Whose update it is, and the statement, are no metadata either.
        let is_kept =
            |spec: &FieldSpec| matches!(spec.group, Group::Server | Group::Envelope) || is_allowed(spec.name);
        let mut tell = |name: &str| dropped(recorder, name, "not among the claims that its signer may make");
        document.retain(|field| {
            let spec = field.spec();
            let is_kept = spec.is_some_and(is_kept);
            if !is_kept {
                tell(spec.map_or("", |spec| spec.name));
            }
            is_kept
        });
        // What one-time use needs is no metadata in any case.
        document.extras.retain(|extra| {
            let is_kept = is_allowed(&extra.name) || matches!(&*extra.name, "iss" | "jti" | "exp");
            if !is_kept {
                tell(&extra.name);
            }
            is_kept
        });
    }
}

impl Opened<'_> {
    /// The statement, to be verified before the outer signature: the keys of that may be found inside.
    pub(crate) fn statement(&self, engine: &Regime<'_>) -> Result<Option<&str>, Error> {
        match self {
            Self::Json(document) => match document.get(fields::SOFTWARE_STATEMENT) {
                None => Ok(None),
                Some(FieldValue::Text(token)) => Ok(Some(token)),
                Some(_) => Err(engine.refuse_statement(Failure::STATEMENT_INVALID, "must be a string")),
            },
            Self::Signed(jws) => {
                jws.unverified().software_statement().map_err(|fault| engine.bad_request(fault))
            }
        }
    }
}

impl Regime<'_> {
    /// Reads the body as what its media type says.
    pub(crate) fn open<'b>(&self, request: &RegisterRequest<'b>) -> Result<Opened<'b>, Error> {
        if request.body.len() > self.policy.max_bytes {
            return Err(Error::TooLarge(self.policy.max_bytes));
        }
        let essence = media_type_essence(request.media_type).ok_or(Error::UnsupportedMediaType)?;
        let media_types = &self.policy.request.media_types;
        let body = media_types.iter().find(|(name, _)| *name == essence).map(|(_, body)| *body);
        match body {
            Some(Body::Json) => self.read_json(request.body).map(Opened::Json),
            Some(Body::Jws) => {
                let rules = JwsRules { max_bytes: self.policy.max_bytes, ..JwsRules::default() };
                let jws = CompactJws::parse(request.body.trim_ascii(), &rules)
                    .map_err(|fault| self.bad_request(fault))?;
                Ok(Opened::Signed(Box::new(jws)))
            }
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

    /// The body by its form alone, for a dry run. Nothing if it has none that is read.
    pub(crate) fn open_anyway<'b>(&self, request: &RegisterRequest<'b>) -> Option<Opened<'b>> {
        if let Ok(document) = self.read_json(request.body) {
            return Some(Opened::Json(document));
        }
        let rules = JwsRules { max_bytes: self.policy.max_bytes, ..JwsRules::default() };
        CompactJws::parse(request.body.trim_ascii(), &rules).ok().map(|jws| Opened::Signed(Box::new(jws)))
    }

    pub(crate) fn read_json<'b>(&self, body: &'b [u8]) -> Result<Document<'b>, Error> {
        json::read_object(body, self.settings.limits, Origin::Request).map_err(|fault| {
            let message = format!("the body {fault}");
            let violation = Violation::new("", "json", Failure::REQUEST_MALFORMED, message);
            self.policy.reject(vec![violation]).into()
        })
    }

    /// Verifies the outer signature, if there is one. Signers with entries of their own are tried first, and of their
    /// keys those that need no fetch: any success is success.
    pub(crate) async fn verified_request(
        &self,
        body: &Opened<'_>,
        statement: Option<&Document<'_>>,
        operation: Operation,
        request: &RegisterRequest<'_>,
    ) -> Result<Option<Signed<'_>>, Error> {
        let Opened::Signed(jws) = body else { return Ok(None) };
        let iss = jws.unverified().issuer().map_err(|fault| self.bad_request(fault))?.unwrap_or_default();
        let issuers = self.policy.request.issuers.iter().filter(|issuer| issuer.is_for(iss));
        let named = issuers.map(|issuer| (&issuer.jws, issuer.allow_claims.as_deref()));
        let unnamed = self.policy.request.jws.iter().map(|jws| (jws, None));
        let cx = KeyContext { hook: self.key_hook(operation, request, None), statement };
        let mut verdict = JoseFault::Algorithm;
        for (policy, allow_claims) in named.chain(unnamed) {
            match self.verify(jws, policy, KeyKind::Request, &cx).await? {
                Ok(payload) => {
                    return Ok(Some(Signed { payload, policy, allow_claims }));
                }
                Err(fault) => verdict = fault,
            }
        }
        Err(self.bad_request(verdict))
    }

    /// The request as a document: the JSON body, or the claims of the verified token.
    pub(crate) fn request_document<'b>(
        &self,
        body: Opened<'b>,
        signed: Option<&'b Signed<'_>>,
        statement: Option<&Document<'_>>,
    ) -> Result<Document<'b>, Error> {
        let signed = match (body, signed) {
            (Opened::Json(document), _) => return Ok(document),
            (Opened::Signed(_), Some(signed)) => signed,
            (Opened::Signed(_), None) => return Err(self.bad_request(JoseFault::Signature)),
        };
        let mut document = self.read_json(&signed.payload)?;
        self.check_request_claims(&document, signed.policy, statement)?;
        signed.narrow(&mut document, &mut None);
        Ok(document)
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
    pub(crate) async fn consume_request(
        &self,
        document: &Document<'_>,
        signed: Option<&Signed<'_>>,
    ) -> Result<(), Error> {
        let Some(Signed { policy, .. }) = signed else { return Ok(()) };
        let now = self.clock.now();
        let until = self.replay_until(&policy.claims, document, now);
        let (Some(until), Some(jti)) = (until, text_claim(document, "jti")) else { return Ok(()) };
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
    pub(crate) fn bad_request(&self, fault: JoseFault) -> Error {
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
