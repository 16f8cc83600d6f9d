//! One JWK as it was sent (RFC 7517 section 4): the members that matter here, borrowed, with nothing judged
//! yet but their JSON types.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::KeyFault;
use super::members;

/// The longest `kid`, in bytes, of a key and of a header.
pub(super) const MAX_KID: usize = 256;

/// Members that only the owner of a key may have (RFC 7518 sections 6.2.2, 6.3.2, 6.4; RFC 8037 section 2),
/// and `priv` of the newer key types.
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// What kind of key it is: `kty`, and `crv` if there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyType {
    Rsa,
    P256,
    P384,
    P521,
    Secp256k1,
    Ed25519,
    Ed448,
    /// For key agreement only.
    X25519,
    /// For key agreement only.
    X448,
}

impl KeyType {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::Rsa,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::Secp256k1,
        Self::Ed25519,
        Self::Ed448,
        Self::X25519,
        Self::X448,
    ];

    /// The `kty`.
    pub(crate) fn kty(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 | Self::P384 | Self::P521 | Self::Secp256k1 => "EC",
            Self::Ed25519 | Self::Ed448 | Self::X25519 | Self::X448 => "OKP",
        }
    }

    /// The `crv`, empty for RSA.
    pub(crate) fn crv(self) -> &'static str {
        match self {
            Self::Rsa => "",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "Ed25519",
            Self::Ed448 => "Ed448",
            Self::X25519 => "X25519",
            Self::X448 => "X448",
        }
    }
}

/// What a key is for, by its `use` (RFC 7517 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum KeyUse {
    /// It does not say.
    Any,
    /// `sig`
    Signature,
    /// `enc`
    Encryption,
    /// Something else, which RFC 7517 allows.
    Other,
}

/// A JWK as it was sent.
#[derive(Default)]
pub(super) struct Jwk<'a> {
    pub(super) kty: Option<Cow<'a, str>>,
    pub(super) crv: Option<Cow<'a, str>>,
    pub(super) kid: Option<Cow<'a, str>>,
    pub(super) alg: Option<Cow<'a, str>>,
    pub(super) key_use: Option<Cow<'a, str>>,
    pub(super) key_ops: Option<Vec<Cow<'a, str>>>,
    pub(super) n: Option<Cow<'a, str>>,
    pub(super) e: Option<Cow<'a, str>>,
    pub(super) x: Option<Cow<'a, str>>,
    pub(super) y: Option<Cow<'a, str>>,
    /// The first private member. Its value is never read.
    pub(super) private: Option<&'static str>,
    /// The first member of the wrong type.
    pub(super) mistyped: Option<&'static str>,
}

impl<'a> Jwk<'a> {
    /// Reads a key. Certificates and their addresses (`x5c`, `x5u`, `x5t`) are not read: a key is what its
    /// bare members say.
    pub(super) fn read(text: &'a str) -> Result<Self, KeyFault> {
        let mut jwk = Self::default();
        members::read(text, |name, value| jwk.take(name, value)).map_err(|_| KeyFault::Malformed)?;
        Ok(jwk)
    }

    fn take(&mut self, name: &str, value: &'a RawValue) {
        let (name, slot) = match name {
            "kty" => ("kty", &mut self.kty),
            "crv" => ("crv", &mut self.crv),
            "kid" => ("kid", &mut self.kid),
            "alg" => ("alg", &mut self.alg),
            "use" => ("use", &mut self.key_use),
            "n" => ("n", &mut self.n),
            "e" => ("e", &mut self.e),
            "x" => ("x", &mut self.x),
            "y" => ("y", &mut self.y),
            "key_ops" => {
                self.key_ops = members::texts(value);
                if self.key_ops.is_none() {
                    self.mistyped.get_or_insert("key_ops");
                }
                return;
            }
            name => {
                self.private = self.private.or(PRIVATE.into_iter().find(|private| *private == name));
                return;
            }
        };
        *slot = members::text(value.get());
        if slot.is_none() {
            self.mistyped.get_or_insert(name);
        }
    }
}

/// Reads one element of a key set. What is no object, or names a member twice, is a fault of that key alone.
pub(super) struct JwkSeed;

const MALFORMED: KeyFault = KeyFault::Malformed;

impl<'de> DeserializeSeed<'de> for JwkSeed {
    type Value = Result<Jwk<'de>, KeyFault>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for JwkSeed {
    type Value = Result<Jwk<'de>, KeyFault>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut jwk = Jwk::default();
        let is_sound = members::take(map, |name, value| jwk.take(name, value))?;
        Ok(if is_sound { Ok(jwk) } else { Err(MALFORMED) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Err(MALFORMED))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Err(MALFORMED))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Err(MALFORMED))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Err(MALFORMED))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Err(MALFORMED))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Err(MALFORMED))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Err(MALFORMED))
    }
}
