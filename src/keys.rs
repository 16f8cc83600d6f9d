//! Loading the keys that a plan names, and trying them.

use std::sync::Arc;

use url::Url;

use crate::error::Error;
use crate::hooked::FoundKeys;
use crate::host::{FetchPurpose, HookContext, JwksResolver};
use crate::jose::{self, JoseFault, KeySet, KeySetLimits, Refused, Unverified};
use crate::metadata::Document;
use crate::policy::{JwsPolicy, KeyPlan, claim};
use crate::regime::Regime;
use crate::secret::SharedSecret;

/// What is being verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Statement,
    Request,
}

/// What keys may be found by.
pub(crate) struct KeyContext<'c> {
    pub(crate) hook: HookContext<'c>,
    /// The claims of the verified statement, once there are some.
    pub(crate) statement: Option<&'c Document<'c>>,
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
    pub(crate) async fn verify<'t>(
        &self,
        mut token: Box<Unverified<'t>>,
        policy: &JwsPolicy,
        kind: KeyKind,
        cx: &KeyContext<'_>,
    ) -> Result<Result<Document<'t>, Refused<'t>>, Error> {
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
        let mut verdict = JoseFault::NoKeyFits;
        for plan in policy.keys.iter().filter(|plan| plan.fits(algorithm.is_hmac())) {
            let Some(keys) = self.load(plan, &token, kind, cx).await? else { continue };
            let result = match &keys {
                Keys::Secret(secret) => jose::verify_hmac(token, secret, &policy.algorithms, Some(1)),
                Keys::Unsigned => return Ok(Ok(token.danger_take())),
                Keys::Set(set) | Keys::Fetched(_, set) => jose::verify(token, set, &policy.algorithms),
            };
            let result = match (result, keys) {
                // The issuer may have published a new key since.
                (Err(Refused { token, fault: fault @ JoseFault::UnknownKid }), Keys::Fetched(uri, set)) => {
                    match self.documents.keys_after_unknown_kid(&uri, &set).await {
                        Ok(fresh) if !Arc::ptr_eq(&fresh, &set) => {
                            jose::verify(token, &fresh, &policy.algorithms)
                        }
                        _ => Err(Refused { token, fault }),
                    }
                }
                (result, _) => result,
            };
            match result {
                Ok(claims) => return Ok(Ok(claims)),
                Err(refused) => (token, verdict) = (refused.token, refused.fault),
            }
        }
        Ok(Err(Refused { token, fault: verdict }))
    }

    /// The keys of one plan; nothing if it has none for this token.
    async fn load(
        &self,
        plan: &KeyPlan,
        token: &Unverified<'_>,
        kind: KeyKind,
        cx: &KeyContext<'_>,
    ) -> Result<Option<Keys>, Error> {
        let is_hmac = token.header().algorithm().is_hmac();
        Ok(match plan {
            KeyPlan::Set(set) => Some(Keys::Set(set.clone())),
            KeyPlan::Uri(uri) => self.fetched(uri, true).await,
            KeyPlan::Discovery { uri, member } => self.discovered(uri, member).await,
            KeyPlan::StatementUri(name) => match named_by_statement(name, token, kind, cx) {
                Some(text) => match serde_json::from_str::<String>(&text) {
                    Ok(uri) => self.fetched(&uri, false).await,
                    Err(_) => None,
                },
                None => None,
            },
            KeyPlan::StatementJwks(name) => {
                named_by_statement(name, token, kind, cx).as_deref().and_then(inline_set).map(Keys::Set)
            }
            KeyPlan::Secret(name) => self.secrets.get(name).cloned().map(Keys::Secret),
            KeyPlan::Hook => self.hooked(is_hmac, kind, cx).await?,
            KeyPlan::Unsigned => Some(Keys::Unsigned),
            KeyPlan::NotHere => None,
        })
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
        Ok(match self.ask_keys(kind, is_hmac, &cx.hook).await? {
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
