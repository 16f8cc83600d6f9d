//! Secrets: how they are held, compared, and kept out of logs.
//!
//! No secret type here has `Display` or `Serialize`, and `Debug` prints no part of the value. Comparison is by
//! SHA-256 digest in constant time: these are random values, for which a slow password hash would only be a lever
//! for overload.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Makes a text that is wiped when dropped and read only through `expose_secret`.
macro_rules! secret_text {
    ($( $(#[$meta:meta])* $name:ident )+) => { $(
        $(#[$meta])*
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// The value. The only way to read it.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(Zeroizing::new(value))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                TokenDigest::of(&self.0).matches(&other.0)
            }
        }
    )+ };
}

secret_text! {
    /// A client secret in clear, as it is issued once.
    ClientSecret
    /// A registration access token in clear (RFC 7592 section 1.2).
    RegistrationAccessToken
    /// An initial access token in clear, as it is issued once (RFC 7591 section 1.2).
    InitialAccessToken
    /// A secret of the configuration, shared with an issuer or with clients.
    SharedSecret
}

impl<'de> Deserialize<'de> for SharedSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl RegistrationAccessToken {
    /// Takes a token as it was presented: the characters of RFC 6750 section 2.1, at most 512.
    #[must_use]
    pub fn from_bearer(token: &str) -> Option<Self> {
        let body = token.trim_end_matches('=');
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        (!body.is_empty() && token.len() <= 512 && body.bytes().all(fits))
            .then(|| Self::from(token.to_owned()))
    }
}

/// The SHA-256 digest of a token: all that is stored of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// The digest of a value.
    #[must_use]
    pub fn of(value: &str) -> Self {
        Self(Sha256::digest(value.as_bytes()).into())
    }

    /// Whether a presented value has this digest, in a time that does not depend on the stored one.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        self.matches_digest(&Self::of(presented))
    }

    /// Whether two digests are equal, in a time that does not depend on their contents.
    #[must_use]
    pub fn matches_digest(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// A digest that no value has: what an unknown client's token is compared with, so that the work is the same.
    pub(crate) const NONE: Self = Self([0; 32]);

    /// The digest as base64url text, for stores that search by it.
    #[must_use]
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest([redacted])")
    }
}

impl Serialize for TokenDigest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for TokenDigest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom("not the digest of a token"))
    }
}

/// A client secret as it is stored.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum StoredSecret {
    /// Only comparing is needed.
    Digest(TokenDigest),
    /// The value is needed again: for HMACs (OpenID Connect Core section 9) or to be shown on read.
    ///
    /// The store gets it in clear. Encryption at rest is the store's duty, or that of a
    /// [`SecretSealer`](crate::SecretSealer).
    Recoverable(ClientSecret),
    /// The value is needed again, and the host's [`SecretSealer`](crate::SecretSealer) encrypted it.
    Sealed {
        /// What presented secrets are compared with.
        digest: TokenDigest,
        /// What the sealer made of the secret.
        sealed: String,
    },
}

impl StoredSecret {
    /// Whether a presented secret is this one, in a time that does not depend on the stored one.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        self.digest().matches(presented)
    }

    /// The digest of the value.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        match self {
            Self::Digest(digest) | Self::Sealed { digest, .. } => *digest,
            Self::Recoverable(secret) => TokenDigest::of(secret.expose_secret()),
        }
    }

    /// The value, if it is kept in clear. [`Registrar::reveal_secret`](crate::Registrar::reveal_secret) opens a sealed
    /// one as well.
    #[must_use]
    pub fn expose_secret(&self) -> Option<&str> {
        match self {
            Self::Digest(_) | Self::Sealed { .. } => None,
            Self::Recoverable(secret) => Some(secret.expose_secret()),
        }
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest(_) => "StoredSecret::Digest([redacted])",
            Self::Recoverable(_) => "StoredSecret::Recoverable([redacted])",
            Self::Sealed { .. } => "StoredSecret::Sealed([redacted])",
        })
    }
}

/// The stable form in a store: `{"digest": "…"}`, `{"value": "…"}` or `{"sealed": {"digest": "…", "text": "…"}}`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum StoredForm {
    Digest(TokenDigest),
    Value(String),
    Sealed(SealedForm),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedForm {
    digest: TokenDigest,
    text: String,
}

impl Serialize for StoredSecret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Digest(digest) => StoredForm::Digest(*digest),
            Self::Recoverable(secret) => StoredForm::Value(secret.expose_secret().to_owned()),
            Self::Sealed { digest, sealed } => {
                StoredForm::Sealed(SealedForm { digest: *digest, text: sealed.clone() })
            }
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredSecret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match StoredForm::deserialize(deserializer)? {
            StoredForm::Digest(digest) => Self::Digest(digest),
            StoredForm::Value(value) => Self::Recoverable(ClientSecret::from(value)),
            StoredForm::Sealed(SealedForm { digest, text }) => Self::Sealed { digest, sealed: text },
        })
    }
}
