//! What holds for any input.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// One honest token of each kind of algorithm, and the keys that verify it.
static HONEST: LazyLock<Vec<(String, KeySet)>> = LazyLock::new(|| {
    [Algorithm::Ps256, Algorithm::Es256, Algorithm::Es512, Algorithm::Ed25519]
        .into_iter()
        .map(|algorithm| {
            let key = TestKey::new(algorithm);
            (key.honest(), set(&[key.public("")]))
        })
        .collect()
});

/// Text that is nearly a JWK Set.
fn set_like() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "kty", "crv", "kid", "alg", "use", "key_ops", "n", "e", "x", "y", "d", "x5c"
        ])
        .prop_map(str::to_owned),
        "[a-z]{0,3}",
    ];
    let value = prop_oneof![
        prop::sample::select(vec![
            r#""RSA""#,
            r#""EC""#,
            r#""OKP""#,
            r#""P-256""#,
            r#""P-521""#,
            r#""Ed25519""#,
            r#""Ed448""#,
            r#""sig""#,
            r#""AQAB""#,
            r#""ES256""#,
            "[]",
            "{}",
            "null",
            "1e999",
            "-0",
            r#"["verify"]"#,
            r#""\ud800""#,
        ])
        .prop_map(str::to_owned),
        "\"[A-Za-z0-9_-]{0,90}\"",
        Just(format!("\"{}\"", "_".repeat(342))),
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
    ];
    let key = prop::collection::vec((name, value), 0..8).prop_map(|members| {
        let members: Vec<String> =
            members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    });
    prop::collection::vec(key, 0..4).prop_map(|keys| format!(r#"{{"keys":[{}]}}"#, keys.join(",")))
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_a_token_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_header_and_payload_are_read_without_panic(
        header in any::<String>(),
        payload in prop::collection::vec(any::<u8>(), 1..100),
        signature in prop::collection::vec(any::<u8>(), 1..140),
        alg in prop::sample::select(Algorithm::ALL.to_vec()),
    ) {
        let payload = base64url::encode(payload);
        let signature = base64url::encode(signature);
        let real = format!(r#"{{"alg":"{}","x":{}}}"#, alg.name(), serde_json::to_string(&header).unwrap());
        for header in [header, real] {
            let token = format!("{}.{payload}.{signature}", base64url::encode(&header));
            if let Ok(jws) = parse(&token) {
                let _ = Unverified::read(&jws, LIMITS, Origin::Request).map(|token| token.issuer().is_ok());
                for (_, set) in HONEST.iter() {
                    prop_assert!(verify(&jws, set, &Algorithm::ALL).is_err());
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_as_a_set_without_panic(text in any::<String>()) {
        let _ = KeySet::parse(&text, KeySetLimits::ISSUER);
        let _ = OwnKeys::screen(&text, KeySetLimits::CLIENT);
    }

    #[test]
    fn keys_that_pass_the_screen_can_be_used_without_panic(text in set_like()) {
        let _ = OwnKeys::screen(&text, KeySetLimits::CLIENT);
        if let Ok(set) = KeySet::parse(&text, KeySetLimits::ISSUER) {
            for (token, _) in HONEST.iter() {
                prop_assert!(check(token, &set).is_err());
            }
        }
    }

    #[test]
    fn no_changed_byte_verifies(at in any::<prop::sample::Index>(), byte in any::<u8>(), which in 0..4usize) {
        let (token, set) = &HONEST[which];
        let mut bytes = token.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        if let Ok(jws) = parse(&String::from_utf8_lossy(&bytes)) {
            prop_assert!(verify(&jws, set, &Algorithm::ALL).is_err());
        }
    }

    #[test]
    fn the_library_agrees_on_which_points_lie_on_a_curve(
        which in 0..4usize,
        flip in prop::option::of((any::<prop::sample::Index>(), 0..8u8)),
    ) {
        let algorithm = [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512, Algorithm::Es256K][which];
        let key_type = [KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Secp256k1][which];
        let key = TestKey::new(algorithm);
        let (x, mut y) = (key.member("x"), key.member("y"));
        if let Some((at, bit)) = flip {
            let at = at.index(y.len());
            y[at] ^= 1 << bit;
        }
        let canonical = format!(
            r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
            key_type.crv(), base64url::encode(&x), base64url::encode(&y)
        );
        prop_assert_eq!(curve::has_point(key_type, &x, &y), flip.is_none());
        prop_assert_eq!(prepare::Prepared::new(algorithm, &canonical).is_some(), flip.is_none());
    }
}
