//! Attestation evidence: nonces are issued, bound to who is asking, and taken once.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::certificate::ClientCertificate;
use crate::client::ClientId;
use crate::engine::{entropy_error, host_error};
use crate::entropy::{Entropy, EntropyError};
use crate::error::{Error, ErrorCode, Failure, Violation};
use crate::host::{EvidenceVerdict, EvidenceVerifier, HookContext, HookError, ReplayKey};
use crate::metadata::Document;
use crate::policy::Facts;
use crate::profile::Operation;
use crate::regime::Regime;
use crate::request::Caller;
use crate::secret::SharedSecret;

/// Who judges evidence, and what makes its nonces.
pub(crate) struct Attestation {
    pub(crate) verifier: Arc<dyn EvidenceVerifier>,
    pub(crate) nonces: Nonces,
    /// How long nonces live; nothing: as the profile says.
    pub(crate) lifetime_s: Option<i64>,
}

/// How long a nonce lives if nobody says otherwise.
const LIFETIME_S: i64 = 300;

/// A nonce that good evidence had, to be taken when the registration is about to be stored.
pub(crate) struct Spent {
    nonce: String,
    until: OffsetDateTime,
}

impl Regime<'_> {
    /// Judges the evidence of a registration, before any other member is looked at. On an update it is only handed to
    /// the hook.
    pub(crate) async fn attest<'c>(
        &self,
        cx: &mut HookContext<'c>,
        document: &Document<'c>,
        facts: &Facts<'c>,
    ) -> Result<Option<Spent>, Error> {
        match self.policy.evidence(document, facts) {
            Ok(evidence) => cx.evidence = evidence,
            Err(fault) => return Err(self.stale(cx, fault).await),
        }
        let (Operation::Create, Some(attestation), Some(evidence)) =
            (cx.operation, &self.attestation, cx.evidence())
        else {
            return Ok(None);
        };
        let now = self.clock.now();
        let verdict = self.guarded(async { attestation.verifier.verify(evidence, cx, now).await }).await;
        let nonce = match self.obey(VERIFIER, cx, verdict).await? {
            EvidenceVerdict::Fresh => return Ok(None),
            EvidenceVerdict::Refused => {
                let message = "does not satisfy this server";
                let fault =
                    Violation::new("evidence", "evidence.refused", Failure::ATTESTATION_FAILED, message);
                return Err(self.policy.reject(vec![fault]).into());
            }
            EvidenceVerdict::Good { nonce } => nonce,
            EvidenceVerdict::Stale => None,
        };
        let spent = nonce.and_then(|nonce| {
            attestation.nonces.expiry(&nonce, &asker(cx), now).map(|until| Spent { nonce, until })
        });
        match spent {
            Some(spent) => Ok(Some(spent)),
            None => Err(self.stale(cx, not_current()).await),
        }
    }

    /// Takes the one use of a nonce, when its registration is about to be stored: a client that was refused for another
    /// reason can try again with the same evidence.
    pub(crate) async fn spend(&self, cx: &HookContext<'_>, spent: Option<Spent>) -> Result<(), Error> {
        let Some(Spent { nonce, until }) = spent else { return Ok(()) };
        if self.consume(&ReplayKey::new("evidence", "", &nonce), until).await? {
            return Ok(());
        }
        Err(self.stale(cx, not_current()).await)
    }

    /// A refusal that brings the nonce for the next try.
    pub(crate) async fn stale(&self, cx: &HookContext<'_>, fault: Violation) -> Error {
        let mut rejection = self.policy.reject(vec![fault]);
        if rejection.code == ErrorCode::STALE_EVIDENCE {
            match self.fresh_nonce(cx).await {
                Ok(nonce) => rejection.nonce = Some(nonce),
                Err(error) => return error,
            }
        }
        rejection.into()
    }

    /// A nonce of the verifier's, or one of ours. Where nobody compares it, it is only random.
    pub(crate) async fn fresh_nonce(&self, cx: &HookContext<'_>) -> Result<String, Error> {
        let Some(Attestation { verifier, nonces, lifetime_s }) = &self.attestation else {
            let random = random(&*self.entropy).map_err(entropy_error)?;
            return Ok(URL_SAFE_NO_PAD.encode(random));
        };
        match self.guarded(async { verifier.nonce(cx).await }).await {
            Ok(Some(nonce)) => Ok(nonce),
            Ok(None) => {
                let lifetime = lifetime_s.or(self.policy.nonce_lifetime_s()).unwrap_or(LIFETIME_S);
                let expiry = self.clock.now().unix_timestamp().saturating_add(lifetime);
                nonces.issue(&asker(cx), expiry, &*self.entropy).map_err(entropy_error)
            }
            Err(HookError::Unavailable(source)) => Err(host_error(VERIFIER, true, source)),
            Err(HookError::Failed(source)) => Err(host_error(VERIFIER, false, source)),
            Err(error) => Err(host_error(VERIFIER, false, Box::new(error))),
        }
    }
}

const VERIFIER: &str = "evidence verifier";

pub(crate) fn not_current() -> Violation {
    Violation::new("evidence", "evidence.stale", Failure::STALE_EVIDENCE, "is not current")
}

/// Nonces that need no memory: what one is for, and until when, is in it.
///
/// ```text
/// 32 bytes  random
///  8 bytes  expiry, seconds since the epoch, big-endian
/// 32 bytes  tag = SHA-256(key, random, expiry, asker)
/// ```
///
/// The tag is a keyed hash of a message of one length only: 104 bytes with the key. What an attacker could compute
/// without the key, by extending a message that was hashed before, is the tag of a longer one, and none is ever asked
/// for. So the hash needs no second pass, as an HMAC has for messages of any length.
pub(crate) struct Nonces(Zeroizing<[u8; 32]>);

const RANDOM: usize = 32;
const EXPIRY: usize = 8;

impl Nonces {
    /// Nonces of a key that nobody else has: for one node.
    pub(crate) fn of_this_node(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        random(entropy).map(|key| Self(Zeroizing::new(key)))
    }

    /// Nonces of a key that several nodes share.
    pub(crate) fn shared(secret: &SharedSecret) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"oauth-dcr evidence nonce key\n");
        hash.update(secret.expose_secret());
        Self(Zeroizing::new(hash.finalize().into()))
    }

    fn issue(&self, asker: &[u8; 32], expiry: i64, entropy: &dyn Entropy) -> Result<String, EntropyError> {
        let (random, expiry) = (random(entropy)?, expiry.to_be_bytes());
        let tag = self.tag(&random, &expiry, asker);
        Ok(URL_SAFE_NO_PAD.encode([&random[..], &expiry, &tag].concat()))
    }

    /// When a nonce of this asker expires. Nothing if it has, or if it is none of ours.
    fn expiry(&self, nonce: &str, asker: &[u8; 32], now: OffsetDateTime) -> Option<OffsetDateTime> {
        let bytes = URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let (random, rest) = bytes.split_first_chunk::<RANDOM>()?;
        let (expiry, tag) = rest.split_first_chunk::<EXPIRY>()?;
        if !bool::from(tag.ct_eq(&self.tag(random, expiry, asker))) {
            return None;
        }
        let expiry = OffsetDateTime::from_unix_timestamp(i64::from_be_bytes(*expiry)).ok()?;
        (now < expiry).then_some(expiry)
    }

    fn tag(&self, random: &[u8; RANDOM], expiry: &[u8; EXPIRY], asker: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [&self.0[..], random, expiry, asker] {
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// Who is asking, as far as is known: the profile, the issuer and the software of the statement, the certificate, and
/// the initial access token or the client that the host vouches for. Of an anonymous caller nothing is known, and any
/// other one could answer in its place. The address is no part of it: it changes between two requests of one device.
fn asker(cx: &HookContext<'_>) -> [u8; 32] {
    let software = cx.statement_claim("software_id").and_then(|value| value.as_str());
    let subject = cx.certificate.map(ClientCertificate::subject_dn);
    let signer = cx.certificate.and_then(ClientCertificate::issuer_dn);
    let (token, grant, client) = match cx.caller {
        Caller::Bearer(token) => (Some(token.expose_secret()), None, None),
        Caller::Granted(grant) => (None, Some(grant.id()), None),
        Caller::Client(id) => (None, None, Some(id)),
        Caller::AccessToken(token) => (None, None, Some(&token.client_id)),
        Caller::Anonymous | Caller::Malformed => (None, None, None),
    };
    let client = client.map(ClientId::as_str);
    let mut hash = Sha256::new();
    for part in [Some(cx.profile), cx.statement_issuer(), software, subject, signer, token, grant, client] {
        // Lengths keep what is absent apart from what is empty, and each part in its place.
        hash.update(part.map_or(0, |part| part.len() as u64 + 1).to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
    hash.finalize().into()
}

fn random(entropy: &dyn Entropy) -> Result<[u8; RANDOM], EntropyError> {
    let mut bytes = [0; RANDOM];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}
