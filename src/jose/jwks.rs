//! The keys of an issuer: a JWK Set (RFC 7517 section 5), with verifiers that are made when they are first
//! needed.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::algorithm::Algorithm;
use super::fault::{KeyFault, KeySetFault};
use super::jwk::{Jwk, JwkSeed, KeyType};
use super::prepare::Prepared;
use super::public_key::PublicKey;
use super::screen::screen;

/// How much of a key set is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeySetLimits {
    /// The longest text, in bytes.
    pub(crate) bytes: usize,
    /// The most keys.
    pub(crate) keys: usize,
}

impl KeySetLimits {
    /// For an issuer's keys: a directory of a thousand RSA keys fits.
    pub(crate) const ISSUER: Self = Self { bytes: 512 * 1024, keys: 1000 };

    /// For the keys of one client.
    pub(crate) const CLIENT: Self = Self { bytes: 64 * 1024, keys: 50 };
}

/// The keys of an issuer.
///
/// Held in an `Arc` for as long as they are good: each key is made ready for an algorithm when a token first
/// needs it, once for all threads, and never for a token that names another key or algorithm. Replace a set
/// as a whole.
pub(crate) struct KeySet {
    /// Sorted by `kid`, so that equal ones are neighbours.
    keys: Vec<VerifyingKey>,
    /// Where the keys of a `kid` are. Nowhere, if all keys of that `kid` were skipped.
    by_kid: HashMap<Arc<str>, Range<usize>>,
    skipped: Vec<(usize, KeyFault)>,
}

impl KeySet {
    /// Reads the text of a JWK Set. Keys that are not understood or not safe are skipped, as RFC 7517 section
    /// 5 wants: one bad key must not take away the others.
    ///
    /// # Errors
    ///
    /// A [`KeySetFault`] if it is no JWK Set, or larger than the limits.
    pub(crate) fn parse(text: &str, limits: KeySetLimits) -> Result<Self, KeySetFault> {
        let mut keys = Vec::new();
        let mut skipped = Vec::new();
        let mut skipped_kids = Vec::new();
        let mut faults = Vec::new();
        read_keys(text, limits, |index, jwk| {
            let key = match jwk {
                Ok(jwk) => screen(&jwk, &mut faults).or_else(|| {
                    skipped_kids.extend(jwk.kid.as_deref().map(Arc::from));
                    None
                }),
                Err(fault) => {
                    faults.push(fault);
                    None
                }
            };
            skipped.extend(faults.drain(..).map(|fault| (index, fault)));
            keys.extend(key.map(VerifyingKey::new));
        })?;
        keys.sort_by(|one, other| one.public.kid.cmp(&other.public.kid));
        let mut by_kid = HashMap::with_capacity(keys.len());
        for (index, key) in keys.iter().enumerate() {
            if let Some(kid) = &key.public.kid {
                let range: &mut Range<usize> = by_kid.entry(Arc::clone(kid)).or_insert(index..index);
                range.end = index + 1;
            }
        }
        for kid in skipped_kids {
            by_kid.entry(kid).or_insert(0..0);
        }
        Ok(Self { keys, by_kid, skipped })
    }

    /// All keys that were not skipped.
    pub(super) fn all(&self) -> &[VerifyingKey] {
        &self.keys
    }

    /// The keys of a `kid`. Nothing if the set has none; an empty list if it has one that was skipped, which
    /// fetching the set again would not change.
    pub(super) fn with_kid(&self, kid: &str) -> Option<&[VerifyingKey]> {
        self.keys.get(self.by_kid.get(kid)?.clone())
    }

    /// Whether a key of that `kid` can be used.
    #[cfg(feature = "testing")]
    pub(crate) fn has(&self, kid: &str) -> bool {
        self.with_kid(kid).is_some_and(|keys| !keys.is_empty())
    }

    /// How many keys can be used.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The faults of the keys that were skipped, each with the key's place in the set.
    pub(crate) fn skipped(&self) -> &[(usize, KeyFault)] {
        &self.skipped
    }

    /// How many verifiers have been made.
    #[cfg(test)]
    pub(super) fn prepared(&self) -> usize {
        self.keys.iter().flat_map(|key| &key.verifiers).filter(|slot| slot.get().is_some()).count()
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySet").field("keys", &self.keys.len()).field("skipped", &self.skipped).finish()
    }
}

/// A key with a place for each verifier that can be made of it.
pub(super) struct VerifyingKey {
    public: PublicKey,
    /// An RSA key has six; any other has one, at the first place. Nothing in it if the library refuses the
    /// key.
    verifiers: [OnceLock<Option<Prepared>>; 6],
}

impl VerifyingKey {
    fn new(public: PublicKey) -> Self {
        Self { public, verifiers: Default::default() }
    }

    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Whether the signature holds. Makes the verifier if this is the first use of the key with the
    /// algorithm.
    pub(super) fn verify(&self, algorithm: Algorithm, input: &[u8], signature: &[u8]) -> bool {
        if !self.public.verifies(algorithm) || !self.fits(signature) {
            return false;
        }
        let Some(slot) = self.verifiers.get(place(algorithm)) else { return false };
        slot.get_or_init(|| Prepared::new(algorithm, &self.public.canonical))
            .as_ref()
            .is_some_and(|verifier| verifier.verify(input, signature))
    }

    /// Whether a signature is as long as the key makes it. OpenSSL takes one of RSASSA-PSS without its leading zeros
    /// too, which would be a second spelling of the token (RFC 8017 section 8.1.2, step 1).
    fn fits(&self, signature: &[u8]) -> bool {
        self.public.key_type() != KeyType::Rsa || signature.len() * 8 == self.public.bits() as usize
    }
}

/// Where the verifier of an algorithm stands among those of one key.
fn place(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Rs384 => 1,
        Algorithm::Rs512 => 2,
        Algorithm::Ps256 => 3,
        Algorithm::Ps384 => 4,
        Algorithm::Ps512 => 5,
        _ => 0,
    }
}

/// Reads a JWK Set key by key. Members other than `keys` are ignored (RFC 7517 section 5).
pub(super) fn read_keys<'a>(
    text: &'a str,
    limits: KeySetLimits,
    each: impl FnMut(usize, Result<Jwk<'a>, KeyFault>),
) -> Result<(), KeySetFault> {
    if text.len() > limits.bytes {
        return Err(KeySetFault::TooLarge(limits.bytes));
    }
    let mut too_many = false;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer
        .deserialize_map(SetVisitor(KeysSeed { most: limits.keys, too_many: &mut too_many, each }))
        .and_then(|()| deserializer.end())
        .map_err(|_| if too_many { KeySetFault::TooManyKeys(limits.keys) } else { KeySetFault::NotASet })
}

struct SetVisitor<'f, F>(KeysSeed<'f, F>);

impl<'de, F: FnMut(usize, Result<Jwk<'de>, KeyFault>)> Visitor<'de> for SetVisitor<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JWK Set")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Some(self.0);
        while let Some(name) = map.next_key::<String>()? {
            if name == "keys" {
                let keys = keys.take().ok_or_else(|| de::Error::duplicate_field("keys"))?;
                map.next_value_seed(keys)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if keys.is_some() { Err(de::Error::missing_field("keys")) } else { Ok(()) }
    }
}

/// The array of keys.
struct KeysSeed<'f, F> {
    most: usize,
    /// Set if there were more keys than that, since an error of serde can only carry text.
    too_many: &'f mut bool,
    each: F,
}

impl<'de, F: FnMut(usize, Result<Jwk<'de>, KeyFault>)> DeserializeSeed<'de> for KeysSeed<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(usize, Result<Jwk<'de>, KeyFault>)> Visitor<'de> for KeysSeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of keys")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(item) = items.next_element_seed(JwkSeed)? {
            if index == self.most {
                *self.too_many = true;
                return Err(de::Error::custom("too many keys"));
            }
            (self.each)(index, item);
            index += 1;
        }
        Ok(())
    }
}
