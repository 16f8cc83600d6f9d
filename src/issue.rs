//! Credentials: identifier, secret, registration access token, expiry.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::client::{ClientId, PreviousSecret, Record};
use crate::entropy::{Entropy, EntropyError};
use crate::error::Error;
use crate::metadata::{Document, FieldValue, Origin, fields, is_symmetric_algorithm};
use crate::policy::Policy;
use crate::regime::Regime;
use crate::secret::{ClientSecret, RegistrationAccessToken, StoredSecret};

/// Random bytes of one registration, in one draw: 16 for the identifier, 32 for the token, 64 for the secret.
pub(crate) struct Draw(Zeroizing<[u8; 112]>);

impl Draw {
    pub(crate) fn new(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new([0; 112]);
        entropy.fill(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    /// A version 4 UUID (RFC 9562): never a URL, which would be a metadata document's identifier.
    pub(crate) fn client_id(&self) -> Option<ClientId> {
        let bytes = self.0.first_chunk()?;
        let mut buffer = uuid::Uuid::encode_buffer();
        ClientId::new(
            uuid::Builder::from_random_bytes(*bytes).into_uuid().hyphenated().encode_lower(&mut buffer),
        )
    }

    /// 256 bits (RFC 7592 section 5 asks for what cannot be guessed).
    pub(crate) fn token(&self) -> RegistrationAccessToken {
        RegistrationAccessToken::from(URL_SAFE_NO_PAD.encode(self.0.get(16..48).unwrap_or_default()))
    }

    /// 512 bits: enough octets for HS512 (RFC 7518 section 3.2).
    pub(crate) fn secret(&self, policy: &Policy) -> ClientSecret {
        let mut text = URL_SAFE_NO_PAD.encode(self.0.get(48..).unwrap_or_default());
        text.truncate(policy.response.secret.as_ref().and_then(|own| own.max_length).unwrap_or(usize::MAX));
        ClientSecret::from(text)
    }
}

/// What of a secret a client needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretNeed {
    None,
    /// Comparing is enough.
    Compared,
    /// HMACs are computed with it, or a symmetric encryption key is made of it (OpenID Connect Core section 10).
    Computed,
}

impl SecretNeed {
    pub(crate) fn of(document: &Document<'_>, policy: &Policy) -> Self {
        if uses_symmetric_algorithm(document) {
            return Self::Computed;
        }
        let method = document.text(fields::TOKEN_ENDPOINT_AUTH_METHOD).unwrap_or("none");
        let has_secret = match &policy.response.secret {
            Some(secret) => secret.for_methods.iter().any(|own| own == method),
            None => method.starts_with("client_secret_"),
        };
        match method {
            "client_secret_jwt" if has_secret => Self::Computed,
            _ if has_secret => Self::Compared,
            _ => Self::None,
        }
    }
}

/// Whether an algorithm is registered whose key is the client secret.
pub(crate) fn uses_symmetric_algorithm(document: &Document<'_>) -> bool {
    document.iter().any(|(field, value, _)| {
        let FieldValue::Text(word) = value else { return false };
        field.spec().is_some_and(|spec| spec.name.ends_with("_alg")) && is_symmetric_algorithm(word)
    })
}

/// When a new client expires. A request may ask for less than the server's limit, and for more only where the
/// profile says so: otherwise an anonymous caller could lift the limit.
pub(crate) fn expiry(
    document: &mut Document<'_>,
    policy: &Policy,
    not_after: Option<i64>,
    now: OffsetDateTime,
) -> Option<i64> {
    let limit = policy.lifecycle.ttl_s.filter(|seconds| *seconds > 0);
    let asked = policy.ttl_member.and_then(|field| match document.get(field) {
        Some(FieldValue::Int(seconds)) => Some(*seconds),
        _ => None,
    });
    let may_exceed = policy.lifecycle.ttl_member_may_exceed.unwrap_or(false);
    let lifetime = match (asked, limit) {
        (None, limit) => limit,
        (Some(asked), limit) if may_exceed || limit.is_none() => Some(asked).filter(|seconds| *seconds > 0),
        (Some(asked), Some(limit)) => Some(if asked > 0 { asked.min(limit) } else { limit }),
        (Some(_), None) => None,
    };
    if let (Some(field), Some(asked), Some(lifetime)) = (policy.ttl_member, asked, lifetime)
        && asked != lifetime
    {
        document.set(field, FieldValue::Int(lifetime), Origin::Default);
    }
    // An expiry beyond year 9999 is none.
    let expiry = lifetime.and_then(|seconds| now.unix_timestamp().checked_add(seconds));
    expiry.filter(|expiry| *expiry < 253_402_300_800).into_iter().chain(not_after).min()
}

/// When a secret that is made now expires: after its own time or with its client.
pub(crate) fn secret_expiry(policy: &Policy, client_expiry: Option<i64>, now: OffsetDateTime) -> Option<i64> {
    let ttl = policy.response.secret.as_ref().map(|secret| secret.ttl_s).filter(|ttl| *ttl > 0);
    let own = ttl.map(|ttl| now.unix_timestamp().saturating_add(ttl));
    own.into_iter().chain(client_expiry).min()
}

impl Regime<'_> {
    /// What an update does to the secret: kept between methods that use one, made when one begins to be used or the
    /// old one is about to expire, dropped when none is used any more.
    pub(crate) async fn renew_secret(
        &self,
        client: &mut Record,
        need: SecretNeed,
        draw: &Draw,
        now: OffsetDateTime,
    ) -> Result<Option<ClientSecret>, Error> {
        let overlap = self.overlap();
        let is_due = client.secret_expires_at.is_some_and(|expiry| expiry <= now.unix_timestamp() + overlap)
            && client.secret_expires_at != client.expires_at;
        match (&client.secret, need) {
            (_, SecretNeed::None) => {
                client.secret = None;
                client.secret_expires_at = None;
                client.previous_secret = None;
                Ok(None)
            }
            // A digest cannot be computed with, so the client gets a secret that can.
            (None, _) | (Some(StoredSecret::Digest(_)), SecretNeed::Computed) => {
                self.fresh_secret(client, need, draw, now).await.map(Some)
            }
            (Some(_), _) if is_due => self.fresh_secret(client, need, draw, now).await.map(Some),
            (Some(_), _) => Ok(None),
        }
    }

    async fn fresh_secret(
        &self,
        client: &mut Record,
        need: SecretNeed,
        draw: &Draw,
        now: OffsetDateTime,
    ) -> Result<ClientSecret, Error> {
        let secret = draw.secret(self.policy);
        client.previous_secret = self.overlapping_secret(client, now).map(Box::new);
        client.secret = self.stored_secret(&client.id, Some(&secret), need).await?;
        client.secret_expires_at = secret_expiry(self.policy, client.expires_at, now);
        Ok(secret)
    }

    /// The secret of a client that is about to be replaced, for as long as it stays good.
    pub(crate) fn overlapping_secret(&self, client: &Record, now: OffsetDateTime) -> Option<PreviousSecret> {
        let now = now.unix_timestamp();
        let valid_until = client.secret_expires_at.into_iter().chain([now + self.overlap()]).min()?;
        let secret = client.secret.clone().filter(|_| valid_until > now)?;
        Some(PreviousSecret { secret, valid_until })
    }

    /// How long a secret that was replaced stays good, in seconds.
    fn overlap(&self) -> i64 {
        let of_profile = self.policy.response.secret.as_ref().and_then(|secret| secret.overlap_s);
        of_profile.unwrap_or(self.settings.secret_overlap).clamp(0, MAX_OVERLAP)
    }

    /// When a registration access token that is made now expires.
    pub(crate) fn token_expiry(&self, now: OffsetDateTime) -> Option<i64> {
        let ttl = self.policy.response.management_token.as_ref().map(|token| token.ttl_s);
        ttl.filter(|ttl| *ttl > 0).map(|ttl| now.unix_timestamp().saturating_add(ttl))
    }
}

/// A year. Two secrets that are good at once are twice as many to guard.
const MAX_OVERLAP: i64 = 366 * 24 * 3600;
