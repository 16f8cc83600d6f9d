//! Attacks by what a key says.

use sha2::{Digest, Sha256};

use super::*;

/// The faults of one key in a client's own set. In an issuer's set the key must be skipped for the same ones.
#[track_caller]
fn faults(key: &str) -> Vec<KeyFault> {
    let text = format!(r#"{{"keys":[{key}]}}"#);
    let own = OwnKeys::screen(&text, KeySetLimits::CLIENT).unwrap();
    let issuer = KeySet::parse(&text, KeySetLimits::ISSUER).unwrap();
    assert_eq!(own.faults, issuer.skipped());
    assert_eq!((own.keys.len(), issuer.len()), if own.faults.is_empty() { (1, 1) } else { (0, 0) });
    own.faults.into_iter().map(|(_, fault)| fault).collect()
}

fn rsa(n: &[u8], e: &[u8]) -> Vec<KeyFault> {
    faults(&format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, base64url::encode(n), base64url::encode(e)))
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// An odd number of this many bytes with the top bit set.
fn modulus(len: usize) -> Vec<u8> {
    vec![0xff; len]
}

/// S-KEY-01: private and symmetric members, whatever their values.
#[test]
fn private_members_are_refused() {
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::Ed25519] {
        let key = TestKey::new(algorithm);
        assert_eq!(faults(&key.public("")), []);
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
            for value in [r#""AQAB""#, r#""""#, "null", "5", "[]"] {
                let found = faults(&key.public(&format!(r#","{name}":{value}"#)));
                assert_eq!(found, [KeyFault::Private(name)], "{name}: {value}");
            }
        }
        // In other spellings too.
        assert_eq!(faults(&key.public(r#","\u0064":"AQAB""#)), [KeyFault::Private("d")]);
    }
    let whole = include_str!("../testdata/rsa_a.jwk.json");
    assert_eq!(faults(whole), [KeyFault::Private("d")]);
    assert_eq!(faults(r#"{"kty":"oct","k":"c2VjcmV0"}"#), [KeyFault::Private("k"), KeyFault::Symmetric]);
    assert_eq!(faults(r#"{"kty":"oct"}"#), [KeyFault::Symmetric]);
}

/// S-KEY-01: nothing of a key gets into a message or a log.
#[test]
fn faults_do_not_echo_the_key() {
    let key = r#"{"kty":"oct","k":"c2VjcmV0","kid":"c2VjcmV0"}"#;
    let own = OwnKeys::screen(&format!(r#"{{"keys":[{key}]}}"#), KeySetLimits::CLIENT).unwrap();
    let texts: Vec<String> = own.faults.iter().map(|(_, fault)| fault.to_string()).collect();
    assert!(!format!("{own:?} {texts:?}").contains("c2VjcmV0"));
    assert_eq!(texts, ["has the private member `k`", "is a symmetric key"]);
}

/// RSA keys that are short, or not RSA keys at all, or slow.
///
/// Refuses: S-KEY-02, JOSE-017
#[test]
fn weak_rsa_keys_are_refused() {
    let e = [1, 0, 1];
    for len in [256, 257, 384, 512, 1024] {
        assert_eq!(rsa(&modulus(len), &e), [], "{len}");
    }
    for len in [0, 1, 64, 128, 255, 1025, 2048] {
        assert_eq!(rsa(&modulus(len), &e), [KeyFault::ModulusSize], "{len}");
    }
    // 2041 to 2047 bits in 256 bytes, and leading zeros.
    for first in [0x00, 0x01, 0x7f] {
        let mut n = modulus(256);
        n[0] = first;
        assert_eq!(rsa(&n, &e), [KeyFault::ModulusSize]);
        assert_eq!(rsa(&[&[first][..], &modulus(256)].concat(), &e), [KeyFault::ModulusSize]);
    }
    let mut even = modulus(256);
    even[255] = 0xfe;
    assert_eq!(rsa(&even, &e), [KeyFault::ModulusEven]);

    for e in [&[1, 0, 1][..], &[1, 0, 3], &[0xff, 0xff, 0xff, 0xff]] {
        assert_eq!(rsa(&modulus(256), e), [], "{e:?}");
    }
    for e in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[3],
        &[17],
        &[0xff, 0xff],
        &[1, 0, 0],
        &[1, 0, 2],
        &[0, 1, 0, 1],
        &[1, 0, 0, 0, 1],
        &[0xff; 384],
    ] {
        assert_eq!(rsa(&modulus(256), e), [KeyFault::Exponent], "{e:?}");
    }
    assert_eq!(faults(r#"{"kty":"RSA","e":"AQAB"}"#), [KeyFault::Missing("n")]);
    assert_eq!(faults(r#"{"kty":"RSA","n":"AQAB"}"#), [KeyFault::Missing("e")]);
    assert_eq!(faults(r#"{"kty":"RSA","n":"AQAB=","e":"AQAB"}"#), [KeyFault::Encoding("n")]);
    assert_eq!(
        faults(r#"{"kty":"RSA","n":1,"e":"AQAB"}"#),
        [KeyFault::WrongType("n"), KeyFault::Missing("n")]
    );
}

/// S-KEY-02: with the exponent 1 the signature of anything is the padded hash itself.
#[test]
fn a_token_forged_for_the_exponent_one_is_refused() {
    let key = TestKey::new(Algorithm::Rs256);
    let n = key.pair.parameter("n").unwrap();
    let set = issuer_set(&[format!(r#"{{"kty":"RSA","kid":"a","n":{n},"e":"AQ"}}"#)]);
    let forged = assemble(r#"{"alg":"RS256","kid":"a"}"#, PAYLOAD, |input| {
        let digest_info = [
            0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
            0x00, 0x04, 0x20,
        ];
        [&[0, 1][..], &[0xff; 202], &[0], &digest_info, &Sha256::digest(input)].concat()
    });
    refuses(&forged, &set, JoseFault::NoKeyFits);
    assert_eq!(set.skipped(), [(0, KeyFault::Exponent)]);
}

/// S-KEY-03: EC keys that are no points, or points with other lengths.
#[test]
fn malformed_ec_keys_are_refused() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::Es256K] {
        let key = TestKey::new(algorithm);
        let (x, y) = (key.member("x"), key.member("y"));
        let crv = key.pair.parameter("crv").unwrap();
        let with = |x: &[u8], y: &[u8]| {
            let (x, y) = (base64url::encode(x), base64url::encode(y));
            faults(&format!(r#"{{"kty":"EC","crv":{crv},"x":"{x}","y":"{y}"}}"#))
        };
        assert_eq!(with(&x, &y), []);
        let len = x.len();
        // The library only looks at the sum of the lengths.
        let all = [&x[..], &y].concat();
        assert_eq!(with(&all[..len + 8], &all[len + 8..]), [KeyFault::Length("x")]);
        assert_eq!(with(&[&[0][..], &x].concat(), &y), [KeyFault::Length("x")]);
        assert_eq!(with(&x, &y[1..]), [KeyFault::Length("y")]);
        assert_eq!(with(&[], &[]), [KeyFault::Length("x")]);
        // Off the curve: zero, swapped, one bit, outside the field.
        let zero = vec![0; len];
        let mut bit = y.clone();
        bit[len - 1] ^= 1;
        for (x, y) in [
            (&zero, &zero),
            (&y, &x),
            (&x, &bit),
            (&x, &zero),
            (&vec![0xff; len], &y),
            (&x, &vec![0xff; len]),
        ] {
            assert_eq!(with(x, y), [KeyFault::OffCurve], "{algorithm:?}");
        }
    }
    let key = TestKey::new(Algorithm::Es256);
    let (x, y) = (key.pair.parameter("x").unwrap(), key.pair.parameter("y").unwrap());
    for (crv, fault) in [
        (r#","crv":"P-256K""#, KeyFault::UnknownCurve),
        (r#","crv":"p-256""#, KeyFault::UnknownCurve),
        (r#","crv":"Ed25519""#, KeyFault::UnknownCurve),
        (r#","crv":"secp256k1""#, KeyFault::OffCurve),
        (r#","crv":"P-384""#, KeyFault::Length("x")),
        ("", KeyFault::Missing("crv")),
    ] {
        assert_eq!(faults(&format!(r#"{{"kty":"EC","x":{x},"y":{y}{crv}}}"#)), [fault], "{crv}");
    }
    assert_eq!(faults(&format!(r#"{{"kty":"EC","crv":"P-256","x":{x}}}"#)), [KeyFault::Missing("y")]);
    // ES256K alone takes secp256k1, and it takes nothing else.
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.takes(KeyType::Secp256k1), algorithm == Algorithm::Es256K);
    }
}

/// S-KEY-03: a coordinate from the prime on is another spelling of a smaller one. The arithmetic would take it, and one
/// key would have two thumbprints.
#[test]
fn coordinates_are_below_the_prime() {
    for (crv, low, above, y) in [
        (
            "P-256",
            0,
            "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
            "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
        ),
        (
            "P-384",
            0,
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
            "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793406d80d2b91ad54f9048bd487af1ade1",
        ),
        (
            "P-521",
            0,
            "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97769011c0719eb439cfab2a88d40fe59a2bed1f43557169a2d0a2ccd280c607b92bbf51ffe0b078",
        ),
        (
            "secp256k1",
            1,
            "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30",
            "4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee",
        ),
    ] {
        let x = [vec![0; y.len() / 2 - 1], vec![low]].concat();
        let with = |x: &[u8]| {
            let (x, y) = (base64url::encode(x), base64url::encode(hex(y)));
            faults(&format!(r#"{{"kty":"EC","crv":"{crv}","x":"{x}","y":"{y}"}}"#))
        };
        assert_eq!(with(&x), [], "{crv}");
        assert_eq!(with(&hex(above)), [KeyFault::OffCurve], "{crv}");
    }
}

/// S-KEY-04: Edwards points of small order, in every encoding.
#[test]
fn small_order_points_are_refused() {
    let ed = |crv: &str, x: &[u8]| {
        faults(&format!(r#"{{"kty":"OKP","crv":"{crv}","x":"{}"}}"#, base64url::encode(x)))
    };
    let ones = "ff".repeat(30);
    let mut small = vec![
        hex(&format!("00{}", "00".repeat(31))),
        hex(&format!("01{}", "00".repeat(31))),
        hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ];
    // p - 1, and everything from p on, which is another spelling of 0, 1, 2 and so on.
    small.extend((0xec..=0xff).map(|low: u8| hex(&format!("{low:02x}{ones}7f"))));
    for mut x in small {
        assert_eq!(ed("Ed25519", &x), [KeyFault::SmallOrder], "{x:02x?}");
        x[31] |= 0x80;
        assert_eq!(ed("Ed25519", &x), [KeyFault::SmallOrder], "{x:02x?}");
    }
    assert_eq!(ed("Ed25519", &hex(&format!("eb{ones}7f"))), []);
    assert_eq!(ed("Ed25519", &hex(&format!("02{}", "00".repeat(31)))), []);

    let (f27, f28) = ("ff".repeat(27), "ff".repeat(28));
    let small = [
        hex(&"00".repeat(57)),
        hex(&format!("01{}", "00".repeat(56))),
        hex(&format!("fe{f27}fe{f27}00")),
        hex(&format!("{f28}fe{f27}00")),
        hex(&format!("{}{f28}00", "00".repeat(28))),
        hex(&format!("{f28}{f28}00")),
        hex(&format!("05{}01", "00".repeat(55))),
    ];
    for mut x in small {
        assert_eq!(ed("Ed448", &x), [KeyFault::SmallOrder], "{x:02x?}");
        x[56] |= 0x80;
        assert_eq!(ed("Ed448", &x), [KeyFault::SmallOrder], "{x:02x?}");
    }
    assert_eq!(ed("Ed448", &hex(&format!("fd{f27}fe{f27}00"))), []);

    for (crv, len) in [("Ed25519", 32), ("Ed448", 57), ("X25519", 32), ("X448", 56)] {
        // The last byte of an Ed448 point holds the sign only.
        let mut x = [vec![9; len - 1], vec![0]].concat();
        assert_eq!(ed(crv, &x), []);
        x.push(9);
        assert_eq!(ed(crv, &x), [KeyFault::Length("x")]);
        assert_eq!(ed(crv, &x[..len - 1]), [KeyFault::Length("x")]);
        assert_eq!(ed(crv, &[]), [KeyFault::Length("x")]);
    }
    assert_eq!(ed("P-256", &[9; 32]), [KeyFault::UnknownCurve]);
}

/// S-KEY-04: the universal signature for the identity, which the library would take.
#[test]
fn the_universal_signature_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let set =
        issuer_set(&[format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, base64url::encode(identity))]);
    let token = assemble(r#"{"alg":"EdDSA"}"#, PAYLOAD, |_| [&identity[..], &[0; 32]].concat());
    refuses(&token, &set, JoseFault::NoKeyFits);
}

/// S-KEY-05: names and numbers of a client's keys.
#[test]
fn a_clients_keys_have_distinct_names() {
    let screen = |keys: &[String]| {
        OwnKeys::screen(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")), KeySetLimits::CLIENT)
            .map(|own| own.faults)
    };
    let key = TestKey::new(Algorithm::Es256);
    let named = |kid: &str| key.public(&format!(r#","kid":"{kid}""#));
    assert_eq!(screen(&[]), Ok(vec![]));
    assert_eq!(screen(&[key.public("")]), Ok(vec![]));
    assert_eq!(screen(&[named("a"), named("b")]), Ok(vec![]));
    assert_eq!(
        screen(&[named("a"), named("a"), named("a")]),
        Ok(vec![(1, KeyFault::KidRepeated), (2, KeyFault::KidRepeated)])
    );
    assert_eq!(screen(&[named("a"), named(r"\u0061")]), Ok(vec![(1, KeyFault::KidRepeated)]));
    assert_eq!(
        screen(&[key.public(""), named("a"), key.public("")]),
        Ok(vec![(0, KeyFault::KidMissing), (2, KeyFault::KidMissing)])
    );
    assert_eq!(screen(&[named(&"k".repeat(256))]), Ok(vec![]));
    assert_eq!(screen(&[named(&"k".repeat(257))]), Ok(vec![(0, KeyFault::KidTooLong)]));

    let many: Vec<String> = (0..51).map(|kid| named(&kid.to_string())).collect();
    assert_eq!(screen(&many[..50]), Ok(vec![]));
    assert_eq!(screen(&many), Err(KeySetFault::TooManyKeys(50)));
    let set = format!(r#"{{"keys":[{}]}}"#, named("a"));
    let filled = |len: usize| format!("{set}{}", " ".repeat(len - set.len()));
    assert!(OwnKeys::screen(&filled(64 * 1024), KeySetLimits::CLIENT).is_ok());
    let fault = OwnKeys::screen(&filled(64 * 1024 + 1), KeySetLimits::CLIENT).err();
    assert_eq!(fault, Some(KeySetFault::TooLarge(64 * 1024)));
}

/// S-KEY-07: what a client's keys can be used for is known without making a verifier.
#[test]
fn screened_keys_tell_what_they_are_for() {
    let ec = TestKey::new(Algorithm::Es256).public(r#","kid":"a","use":"sig""#);
    let rsa = TestKey::new(Algorithm::Rs256).public(r#","kid":"b","use":"enc","alg":"RSA-OAEP-256""#);
    let own = OwnKeys::screen(&format!(r#"{{"keys":[{ec},{rsa}]}}"#), KeySetLimits::CLIENT).unwrap();
    assert_eq!(own.faults, []);
    let [ec, rsa] = &own.keys[..] else { panic!() };
    assert_eq!(
        (ec.kid(), ec.key_type(), ec.key_use(), ec.alg()),
        (Some("a"), KeyType::P256, KeyUse::Signature, None)
    );
    assert!(
        ec.verifies(Algorithm::Es256) && !ec.verifies(Algorithm::Es384) && !ec.verifies(Algorithm::Ps256)
    );
    assert_eq!(
        (rsa.key_type(), rsa.key_use(), rsa.alg()),
        (KeyType::Rsa, KeyUse::Encryption, Some("RSA-OAEP-256"))
    );
    assert!(Algorithm::ALL.into_iter().all(|algorithm| !rsa.verifies(algorithm)));
    // Its own algorithm is the only one.
    for (alg, fits) in [("RSA-OAEP-256", true), ("RSA-OAEP", false), ("RSA1_5", false), ("ECDH-ES", false)] {
        assert_eq!((rsa.encrypts(alg), ec.encrypts(alg)), (fits, false), "{alg}");
    }
    // A key for signatures alone is none to encrypt to, and the other way round (RFC 7517 section 4.3).
    for (ops, verifies, encrypts) in [
        (r#"["verify"]"#, true, false),
        (r#"["sign"]"#, false, false),
        (r#"["encrypt"]"#, false, true),
        (r#"["wrapKey"]"#, false, true),
        (r#"["decrypt"]"#, false, false),
    ] {
        let key = TestKey::new(Algorithm::Rs256).public(&format!(r#","key_ops":{ops}"#));
        let own = OwnKeys::screen(&format!(r#"{{"keys":[{key}]}}"#), KeySetLimits::CLIENT).unwrap();
        let key = &own.keys[0];
        assert_eq!((key.signs(), key.encrypts("RSA-OAEP-256")), (verifies, encrypts), "{ops}");
    }
    let x25519 =
        r#"{"keys":[{"kty":"OKP","crv":"X25519","x":"CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"}]}"#;
    let own = OwnKeys::screen(x25519, KeySetLimits::CLIENT).unwrap();
    assert!(Algorithm::ALL.into_iter().all(|algorithm| !own.keys[0].verifies(algorithm)));
    // Its type decides of the algorithms that are known, and anything may be a new one.
    for (alg, fits) in
        [("ECDH-ES", true), ("ECDH-ES+A256KW", true), ("RSA-OAEP", false), ("RSA1_5", false), ("NEW", true)]
    {
        assert_eq!(own.keys[0].encrypts(alg), fits, "{alg}");
    }
    for algorithm in [Algorithm::Rs256, Algorithm::Ed25519] {
        let key = TestKey::new(algorithm).public("");
        let own = OwnKeys::screen(&format!(r#"{{"keys":[{key}]}}"#), KeySetLimits::CLIENT).unwrap();
        assert!(!own.keys[0].encrypts("ECDH-ES"), "{algorithm:?}");
    }
}

/// S-KEY-09: a bad key takes nothing away from the good ones of an issuer.
#[test]
fn bad_keys_of_an_issuer_are_skipped() {
    let key = TestKey::new(Algorithm::Es256);
    let good = key.public(r#","kid":"good""#);
    let bad = [
        "1",
        "null",
        r#""x""#,
        "[]",
        "{}",
        r#"{"kty":1}"#,
        r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AAAA","kid":"bad"}"#,
        r#"{"kty":"RSA","kid":null}"#,
        r#"{"kty":"RSA","n":"AQAB==","e":"AQAB"}"#,
        r#"{"kty":"RSA","kty":"EC"}"#,
        r#"{"kty":"EC","x5c":[1]}"#,
    ];
    let mut keys: Vec<String> = bad.iter().map(|key| (*key).to_owned()).collect();
    keys.insert(5, good.clone());
    keys.push(key.public(r#","kid":"weak","d":"AQAB""#));
    let set = issuer_set(&keys);
    assert_eq!(set.len(), 1);
    let mut places: Vec<usize> = set.skipped().iter().map(|(index, _)| *index).collect();
    places.dedup();
    assert_eq!(places.len(), bad.len() + 1);
    accepts(&key.token(r#"{"alg":"ES256","kid":"good"}"#, PAYLOAD), &set);
    assert_eq!(["good", "bad", "other"].map(|kid| set.has(kid)), [true, false, false]);
    // A key that was skipped is there all the same: fetching the set again would not help.
    for kid in ["bad", "weak"] {
        let token = key.token(&format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), PAYLOAD);
        refuses(&token, &set, JoseFault::NoKeyFits);
    }
    refuses(&key.token(r#"{"alg":"ES256","kid":"other"}"#, PAYLOAD), &set, JoseFault::UnknownKid);
    // A client's own set must be good as a whole.
    let own =
        OwnKeys::screen(&format!(r#"{{"keys":[{good},{{"kty":"AKP","kid":"b"}}]}}"#), KeySetLimits::CLIENT);
    assert_eq!(own.unwrap().faults, [(1, KeyFault::UnknownType)]);
}

/// S-KEY-10: certificates in a key are never read, not even far enough to be refused.
#[test]
fn s_key_10_certificates_in_keys_are_not_read() {
    let key = TestKey::new(Algorithm::Es256);
    for more in [
        r#","x5c":["not base64"]"#,
        r#","x5c":1"#,
        r#","x5u":{"a":1}"#,
        r#","x5t":null"#,
        r#","x5t#S256":"?""#,
    ] {
        assert_eq!(faults(&key.public(more)), []);
        accepts(&key.honest(), &set(&[key.public(more)]));
    }
}
