//! Key sets: what is one, what a look-up costs, and when verifiers are made.

use std::sync::Arc;
use std::thread;

use super::*;

/// A directory of a thousand RSA keys, of which the last is the one that signs.
fn directory(key: &TestKey) -> KeySet {
    let mut keys: Vec<String> =
        (0..999).map(|kid| key.public(&format!(r#","kid":"key-{kid}","use":"sig""#))).collect();
    keys.push(key.public(r#","kid":"signer""#));
    set(&keys)
}

#[test]
fn a_verifier_is_made_for_the_key_that_is_used_only() {
    let key = TestKey::new(Algorithm::Ps256);
    let set = directory(&key);
    assert_eq!((set.len(), set.prepared()), (1000, 0));
    let token = |alg: &str, kid: &str| key.token(&format!(r#"{{"alg":"{alg}","kid":"{kid}"}}"#), PAYLOAD);

    // Unknown names, unknown and foreign algorithms, and no name at all: nothing is made.
    refuses(&token("PS256", "key-1000"), &set, JoseFault::UnknownKid);
    refuses(&token("PS256", ""), &set, JoseFault::UnknownKid);
    refuses(&token("ES256", "signer"), &set, JoseFault::NoKeyFits);
    refuses(&token("HS256", "signer"), &set, JoseFault::Algorithm);
    refuses(&token("PS257", "signer"), &set, JoseFault::Algorithm);
    refuses(&key.honest(), &set, JoseFault::AmbiguousKey);
    let ps256 = token("PS256", "signer");
    let jws = parse(&ps256).unwrap();
    assert_eq!(verify(&jws, &set, &[Algorithm::Es256]).err(), Some(JoseFault::Algorithm));
    assert_eq!(set.prepared(), 0);

    // One, and the same one again.
    accepts(&ps256, &set);
    assert_eq!(set.prepared(), 1);
    accepts(&ps256, &set);
    let (input, _) = ps256.rsplit_once('.').unwrap();
    refuses(&format!("{input}.AAAA"), &set, JoseFault::Signature);
    assert_eq!(set.prepared(), 1);
    // Another for another algorithm of the same key.
    refuses(&token("RS256", "signer"), &set, JoseFault::Signature);
    assert_eq!(set.prepared(), 2);
}

#[test]
fn threads_share_a_set_and_its_verifiers() {
    let key = TestKey::new(Algorithm::Es256);
    let set = Arc::new(set(&[key.public(r#","kid":"a""#)]));
    let token = key.token(r#"{"alg":"ES256","kid":"a"}"#, PAYLOAD);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| accepts(&token, &set));
        }
    });
    assert_eq!(set.prepared(), 1);
}

#[test]
fn sets_and_tokens_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<KeySet>();
    crosses::<CompactJws<'static>>();
    crosses::<Unverified<'static>>();
    crosses::<OwnKeys>();
}

#[test]
fn what_is_no_set_is_refused() {
    for text in [
        "",
        "[]",
        "null",
        "{}",
        r#"{"keys":{}}"#,
        r#"{"keys":null}"#,
        r#"{"keys":"[]"}"#,
        r#""{\"keys\":[]}""#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[]}{}"#,
        r#"{"keys":[}"#,
        r#"{"Keys":[]}"#,
    ] {
        assert_eq!(KeySet::parse(text, KeySetLimits::ISSUER).err(), Some(KeySetFault::NotASet), "{text}");
    }
    let set = KeySet::parse(r#" {"x":{"keys":[1]},"keys":[],"y":1} "#, KeySetLimits::ISSUER).unwrap();
    assert_eq!((set.len(), set.skipped().len()), (0, 0));
}

#[test]
fn sets_are_bounded() {
    let text = |count: usize| format!(r#"{{"keys":[{}]}}"#, vec!["{}"; count].join(","));
    let limits = KeySetLimits { bytes: 100_000, keys: 7 };
    assert_eq!(KeySet::parse(&text(7), limits).unwrap().skipped().len(), 7);
    assert_eq!(KeySet::parse(&text(8), limits).err(), Some(KeySetFault::TooManyKeys(7)));
    let limits = KeySetLimits { bytes: text(7).len(), keys: 7 };
    assert!(KeySet::parse(&text(7), limits).is_ok());
    let limits = KeySetLimits { bytes: text(7).len() - 1, keys: 7 };
    assert_eq!(KeySet::parse(&text(7), limits).err(), Some(KeySetFault::TooLarge(text(7).len() - 1)));
}

#[test]
fn a_set_says_little_of_itself() {
    let key = TestKey::new(Algorithm::Es256);
    assert_eq!(format!("{:?}", set(&[key.public("")])), "KeySet { keys: 1, skipped: [] }");
}

#[test]
fn the_right_one_of_several_rsa_keys_is_used() {
    let (one, other) = (TestKey::new(Algorithm::Rs256), TestKey::other_rsa(Algorithm::Rs256));
    let keys = set(&[one.public(r#","kid":"b""#), other.public(r#","kid":"a""#)]);
    accepts(&one.token(r#"{"alg":"RS256","kid":"b"}"#, PAYLOAD), &keys);
    accepts(&other.token(r#"{"alg":"RS256","kid":"a"}"#, PAYLOAD), &keys);
    refuses(&one.token(r#"{"alg":"RS256","kid":"a"}"#, PAYLOAD), &keys, JoseFault::Signature);
}
