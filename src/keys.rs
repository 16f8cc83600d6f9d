//! Loading the keys that a plan names, and trying them.

use std::sync::Arc;

use url::Url;

use crate::error::Error;
use crate::hooked::FoundKeys;
use crate::host::{FetchPurpose, JwksResolver};
use crate::jose::{self, JoseFault, KeySet, KeySetLimits, Refused, Unverified};
use crate::metadata::Document;
use crate::policy::{JwsPolicy, KeyPlan, claim};
use crate::profile::Operation;
use crate::regime::Regime;
use crate::request::RegisterRequest;
use crate::secret::SharedSecret;

/// What is being verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Statement,
    Request,
}

/// What keys may be found by.
pub(crate) struct KeyContext<'c> {
    pub(crate) operation: Operation,
    pub(crate) request: &'c RegisterRequest<'c>,
    /// The statement as it came, if that is what is verified.
    pub(crate) text: Option<&'c str>,
    /// The claims of the verified statement, once there are some.
    pub(crate) statement: Option<&'c Document<'c>>,
}

/// The claims of a token whose signature holds.
pub(crate) struct Verified<'p, 't> {
    pub(crate) claims: Document<'t>,
    /// The trust anchors that its certificate leads to, if a certificate verified it.
    pub(crate) anchors: Option<&'p str>,
}

/// Keys that were found.
enum Keys {
    Set(Arc<KeySet>),
    /// Fetched, and so perhaps out of date.
    Fetched(Url, Arc<KeySet>),
    Secret(SharedSecret),
    Unsigned,
}

impl Regime<'_> {
    /// Tries the keys of a policy in their order, and gives out the claims. The outer error is a failure of the host,
    /// the inner one hands back the token.
    pub(crate) async fn verify<'p, 't>(
        &self,
        mut token: Box<Unverified<'t>>,
        policy: &'p JwsPolicy,
        kind: KeyKind,
        cx: &KeyContext<'_>,
    ) -> Result<Result<Verified<'p, 't>, Refused<'t>>, Error> {
        let header = token.header();
        let algorithm = header.algorithm();
        let is_unsigned = policy.keys.iter().any(|plan| matches!(plan, KeyPlan::Unsigned));
        if !is_unsigned && !policy.algorithms.contains(&algorithm) {
            return Ok(Err(Refused { token, fault: JoseFault::Algorithm }));
        }
        if let Err(fault) = header.check_typ(&policy.typ) {
            return Ok(Err(Refused { token, fault }));
        }
        if policy.kid_required && header.kid().is_none() {
            return Ok(Err(Refused { token, fault: JoseFault::NoKeyFits }));
        }
        if policy.forbid_headers.iter().any(|name| header.others().iter().any(|own| **own == **name)) {
            return Ok(Err(Refused { token, fault: JoseFault::Header }));
        }
        // Those of another issuer's policy: a certificate never stands beside keys that were agreed on.
        if !header.x5c().is_empty() && !policy.takes_certificates() {
            return Ok(Err(Refused { token, fault: JoseFault::RefusedHeader("x5c") }));
        }
        let mut verdict = JoseFault::NoKeyFits;
        for plan in policy.keys.iter().filter(|plan| plan.fits(algorithm.is_hmac())) {
            let keys = match self.load(plan, &token, kind, cx).await? {
                Ok(Some(keys)) => keys,
                Ok(None) => continue,
                Err(fault) => {
                    verdict = fault;
                    continue;
                }
            };
            let result = match &keys {
                Keys::Secret(secret) => jose::verify_hmac(token, secret, &policy.algorithms, Some(1)),
                Keys::Unsigned => return Ok(Ok(Verified { claims: token.danger_take(), anchors: None })),
                Keys::Set(set) | Keys::Fetched(_, set) => jose::verify(token, set, &policy.algorithms),
            };
            let result = match (result, keys) {
                // The issuer may have published a new key since.
                (Err(Refused { token, fault: fault @ JoseFault::UnknownKid }), Keys::Fetched(uri, set)) => {
                    match Box::pin(self.documents.keys_after_unknown_kid(&uri, &set)).await {
                        Ok(fresh) if !Arc::ptr_eq(&fresh, &set) => {
                            jose::verify(token, &fresh, &policy.algorithms)
                        }
                        _ => Err(Refused { token, fault }),
                    }
                }
                (result, _) => result,
            };
            match result {
                Ok(claims) => return Ok(Ok(Verified { claims, anchors: plan.anchors() })),
                Err(refused) => (token, verdict) = (refused.token, refused.fault),
            }
        }
        Ok(Err(Refused { token, fault: verdict }))
    }

    /// The keys of one plan; nothing if it has none for this token. The outer error is a failure of the host, the inner
    /// one of the token.
    async fn load(
        &self,
        plan: &KeyPlan,
        token: &Unverified<'_>,
        kind: KeyKind,
        cx: &KeyContext<'_>,
    ) -> Result<Result<Option<Keys>, JoseFault>, Error> {
        let is_hmac = token.header().algorithm().is_hmac();
        Ok(Ok(match plan {
            KeyPlan::Set(set) => Some(Keys::Set(set.clone())),
            // What waits is in a box: what verifies with keys that are here has no room for it.
            KeyPlan::Uri(uri) => Box::pin(self.fetched(uri, true)).await,
            KeyPlan::Discovery { uri, member } => Box::pin(self.discovered(uri, member)).await,
            KeyPlan::StatementUri(name) => match named_by_statement(name, token, kind, cx) {
                Some(text) => match serde_json::from_str::<String>(&text) {
                    Ok(uri) => Box::pin(self.fetched(&uri, false)).await,
                    Err(_) => None,
                },
                None => None,
            },
            KeyPlan::StatementJwks(name) => {
                named_by_statement(name, token, kind, cx).as_deref().and_then(inline_set).map(Keys::Set)
            }
            KeyPlan::Secret(name) => self.secrets.get(name).cloned().map(Keys::Secret),
            KeyPlan::Hook => Box::pin(self.hooked(is_hmac, kind, cx)).await?,
            KeyPlan::Unsigned => Some(Keys::Unsigned),
            #[cfg(feature = "x509")]
            KeyPlan::X5c { anchors, san_uri_is_iss } => {
                return Ok(self.certified(token, anchors, *san_uri_is_iss).map(|set| Some(Keys::Set(set))));
            }
            KeyPlan::NotHere => None,
        }))
    }

    /// The key of the certificate that a token brings, if that leads to an anchor (UDAP; RFC 7515 section 4.1.6).
    #[cfg(feature = "x509")]
    fn certified(
        &self,
        token: &Unverified<'_>,
        anchors: &str,
        san_uri_is_iss: bool,
    ) -> Result<Arc<KeySet>, JoseFault> {
        let header = token.header();
        let anchors = self.anchors.get(anchors).ok_or(JoseFault::Untrusted)?;
        let certified = anchors.verify(header.x5c(), self.clock.now())?;
        let iss = token.issuer()?.unwrap_or_default();
        if san_uri_is_iss && !certified.has_uri(&iss) {
            return Err(JoseFault::NotItsName);
        }
        let mut jwk = certified.jwk;
        // There is one key, whatever the token calls it.
        if let (Some(kid), Some(jwk)) = (header.kid(), jwk.as_object_mut()) {
            jwk.insert("kid".to_owned(), kid.into());
        }
        // The screen that every key passes.
        let set = serde_json::json!({ "keys": [jwk] }).to_string();
        KeySet::parse(&set, KeySetLimits::ISSUER).map(Arc::new).map_err(|_| JoseFault::NoKeyFits)
    }

    async fn fetched(&self, uri: &str, by_operator: bool) -> Option<Keys> {
        let uri = self.gate.admit(uri, by_operator)?;
        let set = self.documents.keys(&uri, FetchPurpose::Keys).await.ok()?;
        Some(Keys::Fetched(uri, set))
    }

    /// The key set that a discovery document names. It must be of the same origin, or one that the operator lists.
    async fn discovered(&self, uri: &str, member: &str) -> Option<Keys> {
        let discovery = self.gate.admit(uri, true)?;
        let document = self.documents.fetch(&discovery, FetchPurpose::Discovery).await.ok()?;
        let named = document.get(member)?.as_str()?.to_owned();
        let same_origin = Url::parse(&named).is_ok_and(|named| named.origin() == discovery.origin());
        self.fetched(&named, same_origin || self.gate.lists(&named)).await
    }

    async fn hooked(&self, is_hmac: bool, kind: KeyKind, cx: &KeyContext<'_>) -> Result<Option<Keys>, Error> {
        let hook = self.key_hook(cx.operation, cx.request, cx.text);
        Ok(match self.ask_keys(kind, is_hmac, &hook).await? {
            Some(FoundKeys::Secret(secret)) if secret.expose_secret().is_empty() => None,
            Some(FoundKeys::Secret(secret)) => Some(Keys::Secret(secret)),
            Some(FoundKeys::Set(set)) => inline_set(&set.to_string()).map(Keys::Set),
            None => None,
        })
    }
}

/// The JSON text of a claim of the verified statement for a request; for a statement, which a configuration may let
/// name its own keys, of the claim of the statement itself.
fn named_by_statement(
    name: &str,
    token: &Unverified<'_>,
    kind: KeyKind,
    cx: &KeyContext<'_>,
) -> Option<String> {
    match kind {
        KeyKind::Request => claim(cx.statement?, name).map(|value| value.to_string()),
        KeyKind::Statement => token.danger_own_keys(name),
    }
}

/// A key set by value: the text of an object, or of a text that holds one.
fn inline_set(json: &str) -> Option<Arc<KeySet>> {
    let inner = serde_json::from_str::<String>(json).ok();
    KeySet::parse(inner.as_deref().unwrap_or(json), KeySetLimits::ISSUER).ok().map(Arc::new)
}
