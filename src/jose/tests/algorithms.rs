//! Which algorithm runs, and with which key.

use super::*;
use crate::secret::SharedSecret;

/// A public key as the secret of an HMAC.
///
/// Refuses: S-JOSE-02
#[test]
fn public_keys_are_no_secrets() {
    let key = TestKey::new(Algorithm::Rs256);
    let set = set(&[key.public("")]);
    let text = key.public("");
    let modulus = key.pair.parameter("n").unwrap().as_str().unwrap();
    for secret in [text.as_bytes(), modulus.as_bytes(), &base64url::decode(modulus).unwrap()] {
        let token = assemble(r#"{"alg":"HS256"}"#, PAYLOAD, |input| {
            prepare::mac(Algorithm::Hs256, secret, input).unwrap()
        });
        refuses(&token, &set, JoseFault::Algorithm);
    }
    // And no secret verifies what says it is RSA, even if its signature is an HMAC.
    let secret = SharedSecret::from("a secret that is long enough for all".to_owned());
    let token = assemble(r#"{"alg":"RS256"}"#, PAYLOAD, |input| {
        prepare::mac(Algorithm::Hs256, secret.expose_secret().as_bytes(), input).unwrap()
    });
    refuses(&token, &set, JoseFault::Signature);
    let result = verify_hmac(&parse(&token).unwrap(), &secret, &Algorithm::ALL, None);
    assert_eq!(result.err(), Some(JoseFault::Algorithm));
}

/// Short secrets, unless their length is allowed.
///
/// Accepts: S-JOSE-02
/// Refuses: S-JOSE-02
#[test]
fn secrets_are_as_long_as_the_hash() {
    let hmac = |secret: &str, algorithm: Algorithm, min_len| {
        let header = format!(r#"{{"alg":"{}"}}"#, algorithm.name());
        let token =
            assemble(&header, PAYLOAD, |input| prepare::mac(algorithm, secret.as_bytes(), input).unwrap());
        let secret = SharedSecret::from(secret.to_owned());
        verify_hmac(&parse(&token).unwrap(), &secret, &[algorithm], min_len).map(|_| ())
    };
    for (algorithm, len) in [(Algorithm::Hs256, 32), (Algorithm::Hs384, 48), (Algorithm::Hs512, 64)] {
        assert_eq!(hmac(&"s".repeat(len), algorithm, None), Ok(()));
        assert_eq!(hmac(&"s".repeat(len - 1), algorithm, None), Err(JoseFault::WeakSecret));
        assert_eq!(hmac(&"s".repeat(200), algorithm, None), Ok(()));
        assert_eq!(hmac("secret", algorithm, Some(6)), Ok(()));
        assert_eq!(hmac("secret", algorithm, Some(7)), Err(JoseFault::WeakSecret));
        assert_eq!(hmac("", algorithm, Some(0)), Err(JoseFault::WeakSecret));
    }
}

/// An HMAC verifies with its secret, its algorithm and all of its bytes, or not at all.
///
/// Refuses: S-JOSE-02
#[test]
fn wrong_macs_are_refused() {
    let secret = SharedSecret::from("a secret that is long enough for all".to_owned());
    let other = SharedSecret::from("a secret that is long enough for ALL".to_owned());
    let mac =
        |input: &[u8]| prepare::mac(Algorithm::Hs256, secret.expose_secret().as_bytes(), input).unwrap();
    let run = |token: &str, secret: &SharedSecret, allowed: &[Algorithm]| {
        verify_hmac(&parse(token).unwrap(), secret, allowed, None).map(|_| ())
    };
    let header = r#"{"alg":"HS256","kid":"ignored"}"#;
    let good = assemble(header, PAYLOAD, mac);
    assert_eq!(run(&good, &secret, &[Algorithm::Hs256]), Ok(()));
    assert_eq!(run(&good, &other, &[Algorithm::Hs256]), Err(JoseFault::Signature));
    assert_eq!(run(&good, &secret, &[Algorithm::Hs512]), Err(JoseFault::Algorithm));
    let short = assemble(header, PAYLOAD, |input| mac(input)[..31].to_vec());
    let long = assemble(header, PAYLOAD, |input| [mac(input), vec![0]].concat());
    for token in [short, long] {
        assert_eq!(run(&token, &secret, &[Algorithm::Hs256]), Err(JoseFault::Signature));
    }
}

/// Which keys are tried.
///
/// Accepts: S-JOSE-07
/// Refuses: S-JOSE-07
#[test]
fn s_dos_06_few_keys_are_tried() {
    let keys: Vec<TestKey> = (0..5).map(|_| TestKey::new(Algorithm::Es256)).collect();
    let publics = |more: &str| keys.iter().map(|key| key.public(more)).collect::<Vec<_>>();
    let with_kid = keys[3].token(r#"{"alg":"ES256","kid":"a"}"#, PAYLOAD);
    let without_kid = keys[0].honest();

    // Keys of one `kid`: four are tried, five are too many.
    let equal = publics(r#","kid":"a""#);
    accepts(&with_kid, &set(&equal[..4]));
    refuses(&with_kid, &set(&equal), JoseFault::AmbiguousKey);
    refuses(&with_kid, &set(&equal[..3]), JoseFault::Signature);
    // A token that names a key is not verified by one without a name.
    refuses(&with_kid, &set(&publics("")), JoseFault::UnknownKid);
    refuses(&with_kid, &set(&[]), JoseFault::UnknownKid);

    // Without a `kid`, a key counts if no other fits.
    accepts(&without_kid, &set(&equal[..1]));
    refuses(&without_kid, &set(&equal[..2]), JoseFault::AmbiguousKey);
    refuses(&without_kid, &set(&[]), JoseFault::NoKeyFits);
    let rsa = TestKey::new(Algorithm::Rs256).public("");
    let for_encryption = keys[1].public(r#","use":"enc""#);
    accepts(&without_kid, &set(&[rsa, for_encryption, keys[0].public("")]));
}

/// A key that is for something else.
///
/// Accepts: S-JOSE-11
/// Refuses: S-JOSE-11
#[test]
fn keys_for_other_uses_are_refused() {
    let key = TestKey::new(Algorithm::Es256);
    let token = key.token(r#"{"alg":"ES256","kid":"a"}"#, PAYLOAD);
    let with = |more: &str| issuer_set(&[key.public(&format!(r#","kid":"a"{more}"#))]);
    for more in [
        "",
        r#","use":"sig""#,
        r#","key_ops":["verify"]"#,
        r#","key_ops":["sign","verify"],"use":"sig""#,
        r#","alg":"ES256""#,
    ] {
        accepts(&token, &with(more));
    }
    for more in [
        r#","use":"enc""#,
        r#","use":"SIG""#,
        r#","use":"""#,
        r#","key_ops":[]"#,
        r#","key_ops":["sign"]"#,
        r#","key_ops":["encrypt"]"#,
        r#","key_ops":"verify""#,
        r#","use":"sig","key_ops":["verify","encrypt"]"#,
        r#","use":"enc","key_ops":["verify"]"#,
        r#","key_ops":["verify","verify"]"#,
        r#","alg":"ES384""#,
        r#","alg":"ECDH-ES""#,
        r#","alg":"none""#,
        r#","alg":"HS256""#,
        r#","alg":256"#,
    ] {
        refuses(&token, &with(more), JoseFault::NoKeyFits);
    }
}

/// A token of each algorithm against the keys of all others, and with each other
/// algorithm in its header.
///
/// Accepts: S-JOSE-02, S-JOSE-11
/// Refuses: S-JOSE-02, S-JOSE-11
#[test]
fn algorithms_are_never_confused() {
    let asymmetric: Vec<Algorithm> =
        Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_hmac()).collect();
    let keys: Vec<TestKey> = asymmetric.iter().map(|algorithm| TestKey::new(*algorithm)).collect();
    let sets: Vec<KeySet> = keys.iter().map(|key| set(&[key.public("")])).collect();
    for (key, own_set) in keys.iter().zip(&sets) {
        accepts(&key.honest(), own_set);
        for other in Algorithm::ALL {
            let token = key.token(&format!(r#"{{"alg":"{}"}}"#, other.name()), PAYLOAD);
            let same = other == key.algorithm
                || (other.family() == Family::Edwards && other.takes(own_set.all()[0].public().key_type()));
            let expected = match other {
                other if other.is_hmac() => Err(JoseFault::Algorithm),
                _ if same => Ok(PAYLOAD.to_owned()),
                other if other.takes(own_set.all()[0].public().key_type()) => Err(JoseFault::Signature),
                _ => Err(JoseFault::NoKeyFits),
            };
            assert_eq!(check(&token, own_set), expected, "{:?} as {other:?}", key.algorithm);
        }
        for (other, other_set) in keys.iter().zip(&sets) {
            let same_pair = key.pair.parameter("n").is_some() && other.pair.parameter("n").is_some();
            if other.algorithm != key.algorithm && !same_pair {
                assert!(
                    check(&key.honest(), other_set).is_err(),
                    "{:?} by {:?}",
                    key.algorithm,
                    other.algorithm
                );
            }
        }
    }
}

/// RFC 9864 names and the older one are the same algorithm for a given key.
#[test]
fn both_names_of_an_edwards_algorithm_verify() {
    let key = TestKey::new(Algorithm::Ed25519);
    for (header, own) in
        [("EdDSA", "Ed25519"), ("Ed25519", "EdDSA"), ("Ed25519", "Ed25519"), ("EdDSA", "EdDSA")]
    {
        let keys = set(&[key.public(&format!(r#","alg":"{own}""#))]);
        accepts(&key.token(&format!(r#"{{"alg":"{header}"}}"#), PAYLOAD), &keys);
    }
    // A key for something that is not known here is not for this.
    let keys = set(&[key.public(r#","alg":"NEW""#)]);
    refuses(&key.token(r#"{"alg":"EdDSA"}"#, PAYLOAD), &keys, JoseFault::NoKeyFits);
    let keys = issuer_set(&[key.public(r#","alg":"Ed448""#)]);
    assert_eq!(keys.skipped(), [(0, KeyFault::AlgorithmMismatch)]);
    refuses(&key.token(r#"{"alg":"Ed448"}"#, PAYLOAD), &set(&[key.public("")]), JoseFault::NoKeyFits);
    // The allow-list is about names.
    let token = key.token(r#"{"alg":"Ed25519"}"#, PAYLOAD);
    let result = verify(&parse(&token).unwrap(), &set(&[key.public("")]), &[Algorithm::EdDsa]);
    assert_eq!(result.err(), Some(JoseFault::Algorithm));
}
