//! A key set of a thousand keys: the ratios to a typed parse of it, and to a set of one key.
//!
//! The engine's own type has no public face, so the bench reaches it through a hidden one of the feature `testing`.
//! Through a registrar, one signature would cost more than a thousand look-ups.

use std::borrow::Cow;
use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth_dcr::testing::TakenKeys;
use serde::Deserialize;
use serde_json::{Value, json};

/// What a reader needs that knows the members and judges nothing.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow)]
    keys: Vec<TypedKey<'a>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read, as a typed reader would")]
struct TypedKey<'a> {
    #[serde(borrow)]
    kty: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(borrow)]
    alg: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "use")]
    key_use: Option<Cow<'a, str>>,
    #[serde(borrow)]
    n: Option<Cow<'a, str>>,
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    #[serde(borrow)]
    crv: Option<Cow<'a, str>>,
    #[serde(borrow)]
    x: Option<Cow<'a, str>>,
    #[serde(borrow)]
    y: Option<Cow<'a, str>>,
}

/// Sets of RSA keys that differ, as fetched and as text.
pub(crate) struct Sets {
    fetched: Value,
    text: String,
    many: TakenKeys,
    one: TakenKeys,
    kids: Vec<String>,
}

/// How many keys the larger set has.
const COUNT: u32 = 1000;

impl Sets {
    pub(crate) fn new() -> Self {
        let fetched = set(COUNT);
        let [many, one] = [&fetched, &set(1)].map(|set| TakenKeys::new(set).unwrap());
        let kids = (0..COUNT).map(kid).collect();
        Self { text: fetched.to_string(), fetched, many, one, kids }
    }

    pub(crate) fn take_in(&self) {
        black_box(TakenKeys::new(black_box(&self.fetched)).unwrap());
    }

    pub(crate) fn typed_parse(&self) {
        let typed: Typed<'_> = serde_json::from_str(black_box(&self.text)).unwrap();
        assert_eq!(black_box(typed).keys.len(), COUNT as usize);
    }

    /// Finds every key of the larger set once.
    pub(crate) fn find_among_many(&self) {
        assert!(self.kids.iter().all(|kid| self.many.has(black_box(kid))));
    }

    /// Finds the one key of the smaller set as often.
    pub(crate) fn find_the_one(&self) {
        let [kid, ..] = &*self.kids else { return };
        assert!(self.kids.iter().all(|_| self.one.has(black_box(kid))));
    }
}

fn kid(number: u32) -> String {
    format!("key-{number:04}")
}

fn set(count: u32) -> Value {
    let keys: Vec<Value> = (0..count)
        .map(|number| {
            // No such key has a private part: a modulus of the right form, which is all that is looked at.
            let mut modulus = [0xa5; 256];
            modulus[1..5].copy_from_slice(&number.to_be_bytes());
            let n = URL_SAFE_NO_PAD.encode(modulus);
            json!({ "kty": "RSA", "kid": kid(number), "alg": "PS256", "use": "sig", "n": n, "e": "AQAB" })
        })
        .collect();
    json!({ "keys": keys })
}
