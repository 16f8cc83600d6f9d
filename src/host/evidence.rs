//! Who judges attestation evidence.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{HookContext, HookError};

/// Judges the evidence of a registration, as a rule by asking a verifier service
/// ([draft-tschofenig-oauth-attested-dclient-reg] section 3).
///
/// The engine issues the nonces, binds each to who is asking, and takes each once. The verifier says whether the
/// evidence holds, and which nonce is in it. It runs before any other check of a registration's members, and not for
/// updates.
///
/// ```
/// use async_trait::async_trait;
/// use oauth_dcr::{EvidenceVerdict, EvidenceVerifier, HookContext, HookError};
/// use time::OffsetDateTime;
///
/// /// Evidence in this example is a JWT of a verifier whose signature somebody else checked.
/// #[derive(Debug)]
/// struct Devices;
///
/// #[async_trait]
/// impl EvidenceVerifier for Devices {
///     async fn verify(
///         &self,
///         _evidence: &str,
///         cx: &HookContext<'_>,
///         _now: OffsetDateTime,
///     ) -> Result<EvidenceVerdict, HookError> {
///         let Some(jwt) = cx.evidence_jwt() else { return Ok(EvidenceVerdict::Refused) };
///         let nonce = jwt.claims().get("nonce").and_then(|nonce| nonce.as_str());
///         Ok(EvidenceVerdict::Good { nonce: nonce.map(str::to_owned) })
///     }
/// }
/// ```
///
/// [draft-tschofenig-oauth-attested-dclient-reg]: https://www.ietf.org/id/draft-tschofenig-oauth-attested-dclient-reg-00.html
#[async_trait]
pub trait EvidenceVerifier: Debug + Send + Sync {
    /// Judges evidence.
    ///
    /// # Errors
    ///
    /// Any error refuses the request, as that of a hook: [`HookError::Unavailable`] is 503, [`HookError::Failed`] 500.
    async fn verify(
        &self,
        evidence: &str,
        cx: &HookContext<'_>,
        now: OffsetDateTime,
    ) -> Result<EvidenceVerdict, HookError>;

    /// The nonce for the next evidence, where the verifier service issues nonces itself; it must be random, of at least
    /// 32 bytes before encoding, and its verifier compares it ([`EvidenceVerdict::Fresh`]). Default: the engine issues
    /// them.
    ///
    /// # Errors
    ///
    /// The request is refused with 503 for [`HookError::Unavailable`] and 500 for any other.
    async fn nonce(&self, cx: &HookContext<'_>) -> Result<Option<String>, HookError> {
        let _ = cx;
        Ok(None)
    }
}

/// A shared verifier is a verifier.
#[async_trait]
impl<V: EvidenceVerifier + ?Sized> EvidenceVerifier for Arc<V> {
    async fn verify(
        &self,
        evidence: &str,
        cx: &HookContext<'_>,
        now: OffsetDateTime,
    ) -> Result<EvidenceVerdict, HookError> {
        (**self).verify(evidence, cx, now).await
    }

    async fn nonce(&self, cx: &HookContext<'_>) -> Result<Option<String>, HookError> {
        (**self).nonce(cx).await
    }
}

/// What a verifier found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvidenceVerdict {
    /// The evidence holds, if the engine issued this nonce to this caller, it has not expired, and nobody used it.
    /// Without a nonce it is stale.
    Good {
        /// The nonce in the evidence.
        nonce: Option<String>,
    },
    /// The evidence holds, and the verifier itself saw to it that it is current.
    Fresh,
    /// The evidence is not current: the client gets a nonce for the next one.
    Stale,
    /// The evidence does not hold, and fresh evidence would not either: 400.
    Refused,
}
