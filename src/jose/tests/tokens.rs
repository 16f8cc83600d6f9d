//! Attacks by what a token says.

use super::*;
use crate::jose;
use crate::json::JsonFault;

fn es256() -> (TestKey, KeySet) {
    let key = TestKey::new(Algorithm::Es256);
    let set = set(&[key.public("")]);
    (key, set)
}

/// No algorithm, an odd one, or one that is not allowed here.
///
/// Accepts: S-JOSE-01
/// Refuses: S-JOSE-01
#[test]
fn only_allowed_algorithms_verify() {
    let (key, set) = es256();
    for alg in ["none", "None", "NONE", "nOnE", "", "es256", "Es256", "ES256 ", "ES257", "RS1", "dir"] {
        refuses(&key.token(&format!(r#"{{"alg":"{alg}"}}"#), PAYLOAD), &set, JoseFault::Algorithm);
    }
    for header in ["{}", r#"{"alg":null}"#, r#"{"alg":256}"#, r#"{"alg":["ES256"]}"#, r#"{"typ":"JWT"}"#] {
        refuses(&key.token(header, PAYLOAD), &set, JoseFault::Header);
    }
    let honest = key.honest();
    let unsigned = honest.rsplit_once('.').unwrap().0;
    refuses(&format!("{unsigned}."), &set, JoseFault::NotCompact);

    let jws = parse(&honest).unwrap();
    for allowed in [&[][..], &[Algorithm::Ps256, Algorithm::Es384, Algorithm::Hs256]] {
        assert_eq!(verify(&jws, &set, allowed).err(), Some(JoseFault::Algorithm));
    }
    assert!(verify(&jws, &set, &[Algorithm::Es256]).is_ok());
}

/// A token that brings the key that verifies it.
///
/// Refuses: S-JOSE-03
#[test]
fn keys_in_the_header_are_refused() {
    let (_, set) = es256();
    let attacker = TestKey::new(Algorithm::Es256);
    let public = attacker.public("");
    for (name, value) in [
        ("jwk", public.as_str()),
        ("jku", r#""https://attacker.example/jwks""#),
        ("x5u", r#""https://attacker.example/x5u""#),
        ("x5c", r#"["MIIB"]"#),
        ("x5c", "[]"),
        ("jwk", "null"),
    ] {
        let token = attacker.token(&format!(r#"{{"alg":"ES256","{name}":{value}}}"#), PAYLOAD);
        refuses(&token, &set, JoseFault::RefusedHeader(name));
    }
    // Thumbprints of certificates are only names.
    let token = attacker.token(r#"{"alg":"ES256","x5t":"AAAA","x5t#S256":"AAAA"}"#, PAYLOAD);
    refuses(&token, &set, JoseFault::Signature);
    // Certificates are handed out if they are allowed, and still verify nothing.
    let token = attacker.token(r#"{"alg":"ES256","x5c":["MIIB","MIIC"]}"#, PAYLOAD);
    let rules = JwsRules { allow_x5c: true, ..JwsRules::default() };
    let jws = CompactJws::parse((&*token).into(), &rules).unwrap();
    assert_eq!(jws.header().x5c(), ["MIIB".into(), "MIIC".into()]);
    assert_eq!(verify(&jws, &set, &Algorithm::ALL).err(), Some(JoseFault::Signature));
    let token = attacker.token(r#"{"alg":"ES256","x5c":[1]}"#, PAYLOAD);
    assert_eq!(CompactJws::parse((&*token).into(), &rules).err(), Some(JoseFault::Header));
}

/// Extensions, also an empty list of them.
///
/// Refuses: S-JOSE-04
#[test]
fn extensions_are_refused() {
    let (key, set) = es256();
    for (name, value) in [
        ("crit", r#"["exp"]"#),
        ("crit", "[]"),
        ("crit", r#""b64""#),
        ("crit", "null"),
        ("b64", "false"),
        ("b64", "true"),
    ] {
        let token = key.token(&format!(r#"{{"alg":"ES256","{name}":{value}}}"#), PAYLOAD);
        refuses(&token, &set, JoseFault::RefusedHeader(name));
    }
    refuses(
        &key.token(r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, PAYLOAD),
        &set,
        JoseFault::RefusedHeader("crit"),
    );
}

/// Names that stand twice, of which readers would take one or the other.
///
/// Accepts: S-JOSE-05
/// Refuses: S-JOSE-05
#[test]
fn repeated_names_are_refused() {
    let (key, set) = es256();
    for header in [
        r#"{"alg":"none","alg":"ES256"}"#,
        r#"{"alg":"ES256","alg":"none"}"#,
        r#"{"alg":"ES256","\u0061lg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"a","kid":"b"}"#,
        r#"{"alg":"ES256","x":{"y":1,"y":2}}"#,
        r#"{"alg":"ES256","x":[{"y":1,"y":2}]}"#,
        r#"{"alg":"ES256","x":[[[[[[1]]]]]]}"#,
        r#"{"alg":"ES256","x":"\ud800"}"#,
        r#"{"alg":"ES256"}{}"#,
        r#"{"alg":"ES256"},"#,
        r#"["ES256"]"#,
        r#""ES256""#,
        "{\"alg\":\"ES256\"}\0",
        "\u{feff}{\"alg\":\"ES256\"}",
    ] {
        refuses(&key.token(header, PAYLOAD), &set, JoseFault::Header);
    }
    accepts(&key.token(" { \"alg\" :\r\n \"ES256\" , \"x\" : {\"y\":1} } ", PAYLOAD), &set);
    let latin1 = base64url::encode(b"{\"alg\":\"ES256\",\"x\":\"\xe9\"}");
    refuses(&format!("{latin1}.e30.AAAA"), &set, JoseFault::Header);
}

/// S-JOSE-05, and the choice of keys: a payload that names two issuers names none.
#[test]
fn the_issuer_is_read_strictly() {
    let (key, _) = es256();
    let token = |payload: &str| key.token(r#"{"alg":"ES256"}"#, payload);
    let issuer = |payload: &str| {
        let token = token(payload);
        let jws = parse(&token).unwrap();
        read(&jws).issuer().map(|issuer| issuer.map(String::from))
    };
    assert_eq!(issuer(PAYLOAD), Ok(Some("https://issuer.example".to_owned())));
    assert_eq!(issuer(r#"{"iss":"a\u0062"}"#), Ok(Some("ab".to_owned())));
    assert_eq!(issuer("{}"), Ok(None));
    for payload in [r#"{"iss":1}"#, r#"{"iss":null}"#, r#"{"iss":["a"]}"#, r#"{"iss":{"iss":"a"}}"#] {
        assert_eq!(issuer(payload), Err(JoseFault::Payload), "{payload}");
    }
    let name = |name: &str| JsonFault::Duplicate(name.to_owned());
    for (payload, fault) in [
        (r#"{"iss":"a","iss":"b"}"#, name("iss")),
        (r#"{"iss":"a","\u0069ss":"b"}"#, name("iss")),
        (r#"{"iss":"a","x":1,"x":2}"#, name("x")),
        (r#"{"iss":"a","x":{"y":[{"z":1,"z":2}]}}"#, name("z")),
        (r#"["iss"]"#, JsonFault::NotAnObject),
        (r#"{"iss":"a"}{}"#, JsonFault::Syntax { line: 1, column: 12 }),
        ("iss", JsonFault::Syntax { line: 1, column: 1 }),
    ] {
        let token = token(payload);
        let jws = parse(&token).unwrap();
        assert_eq!(Unverified::read(&jws, LIMITS, Origin::Statement).err(), Some(fault), "{payload}");
    }
    let token = token(r#"{"iss":"a","software_statement":"x.y.z"}"#);
    let jws = parse(&token).unwrap();
    assert_eq!(read(&jws).software_statement().and_then(|value| value.as_text()), Some("x.y.z"));
}

/// A `kid` is only compared.
///
/// Accepts: S-JOSE-06
/// Refuses: S-JOSE-06
#[test]
fn odd_kids_are_only_names() {
    let (key, _) = es256();
    for kid in ["../../../etc/passwd", "' OR 1=1 --", "a\0b", "é", "", "${jndi:x}"] {
        let kid = serde_json::to_string(kid).unwrap();
        let token = key.token(&format!(r#"{{"alg":"ES256","kid":{kid}}}"#), PAYLOAD);
        accepts(&token, &set(&[key.public(&format!(r#","kid":{kid}"#))]));
        refuses(&token, &set(&[key.public(r#","kid":"x""#)]), JoseFault::UnknownKid);
    }
    // Names are compared exactly: no case, no normal form, no white space.
    for (own, named) in [("a", "A"), ("a", "a "), ("é", "e\u{301}"), ("", "x")] {
        let token = key.token(&format!(r#"{{"alg":"ES256","kid":"{named}"}}"#), PAYLOAD);
        refuses(&token, &set(&[key.public(&format!(r#","kid":"{own}""#))]), JoseFault::UnknownKid);
    }
    let longest = "k".repeat(256);
    let token = key.token(&format!(r#"{{"alg":"ES256","kid":"{longest}"}}"#), PAYLOAD);
    accepts(&token, &set(&[key.public(&format!(r#","kid":"{longest}""#))]));
    let token = key.token(&format!(r#"{{"alg":"ES256","kid":"{longest}k"}}"#), PAYLOAD);
    refuses(&token, &set(&[key.public("")]), JoseFault::KeyId);
    let huge = "k".repeat(1 << 20);
    let token = key.token(&format!(r#"{{"alg":"ES256","kid":"{huge}"}}"#), PAYLOAD);
    refuses(&token, &set(&[key.public("")]), JoseFault::TooLarge(32 * 1024));
    for kid in ["1", "null", r#"["a"]"#, "{}"] {
        let token = key.token(&format!(r#"{{"alg":"ES256","kid":{kid}}}"#), PAYLOAD);
        refuses(&token, &set(&[key.public("")]), JoseFault::Header);
    }
}

/// What is not a JWS of three parts, or holds another token.
///
/// Refuses: S-JOSE-08
#[test]
fn other_serializations_are_refused() {
    let (key, set) = es256();
    let honest = key.honest();
    let [header, payload, signature] = honest.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{honest}."),
        format!(".{honest}"),
        format!("{honest}.{signature}"),
        format!("{header}.{payload}.{signature}.{payload}.{signature}"),
        format!(r#"{{"payload":"{payload}","protected":"{header}","signature":"{signature}"}}"#),
    ] {
        refuses(&token, &set, JoseFault::NotCompact);
    }
    for (name, value) in
        [("enc", r#""A128GCM""#), ("zip", r#""DEF""#), ("cty", r#""JWT""#), ("cty", r#""json""#)]
    {
        let token = key.token(&format!(r#"{{"alg":"ES256","{name}":{value}}}"#), PAYLOAD);
        refuses(&token, &set, JoseFault::RefusedHeader(name));
    }
    let token = key.token(r#"{"alg":"ES256","cty":"json"}"#, PAYLOAD);
    let rules = JwsRules { content_types: &["json"], ..JwsRules::default() };
    assert_eq!(CompactJws::parse((&*token).into(), &rules).unwrap().header().cty(), Some("json"));
}

/// Sizes, at the limit and one above it.
///
/// Accepts: S-JOSE-09
/// Refuses: S-JOSE-09
#[test]
fn sizes_are_limited() {
    let (key, set) = es256();
    let honest = key.honest();
    let exact = JwsRules { max_bytes: honest.len(), ..JwsRules::default() };
    assert!(CompactJws::parse((&*honest).into(), &exact).is_ok());
    let less = JwsRules { max_bytes: honest.len() - 1, ..JwsRules::default() };
    assert_eq!(
        CompactJws::parse((&*honest).into(), &less).err(),
        Some(JoseFault::TooLarge(honest.len() - 1))
    );

    let header = |len: usize| {
        let frame = r#"{"alg":"ES256","x":""}"#.len();
        format!(r#"{{"alg":"ES256","x":"{}"}}"#, "x".repeat(len - frame))
    };
    accepts(&key.token(&header(4096), PAYLOAD), &set);
    refuses(&key.token(&header(4097), PAYLOAD), &set, JoseFault::HeaderTooLarge(4096));

    refuses(&".".repeat(32 * 1024), &set, JoseFault::NotCompact);
    refuses(&"a.".repeat(16 * 1024), &set, JoseFault::NotCompact);
    refuses(&"a".repeat(32 * 1024 + 1), &set, JoseFault::TooLarge(32 * 1024));
}

/// A token of another kind.
///
/// Refuses: S-JOSE-10
#[test]
fn other_kinds_of_token_are_refused() {
    let (key, _) = es256();
    let check = |typ: &str, expected: &[&str]| {
        let token = key.token(&format!(r#"{{"alg":"ES256"{typ}}}"#), PAYLOAD);
        parse(&token).unwrap().header().check_typ(expected)
    };
    for typ in ["", r#","typ":"JWT""#, r#","typ":"jwt""#, r#","typ":"application/jwt""#, r#","typ":"other""#]
    {
        assert_eq!(check(typ, &[]), Ok(()), "{typ}");
    }
    for typ in
        ["at+jwt", "AT+JWT", "application/at+jwt", "Application/Logout+JWT", "secevent+jwt", "jwk-set+jwt"]
    {
        assert_eq!(check(&format!(r#","typ":"{typ}""#), &[]), Err(JoseFault::Type), "{typ}");
    }
    let expected = ["entity-statement+jwt", "application/x+jwt"];
    for typ in ["entity-statement+jwt", "application/Entity-Statement+jwt", "x+jwt"] {
        assert_eq!(check(&format!(r#","typ":"{typ}""#), &expected), Ok(()), "{typ}");
    }
    for typ in
        ["", r#","typ":"JWT""#, r#","typ":"x""#, r#","typ":"application/""#, r#","typ":"é-application/""#]
    {
        assert_eq!(check(typ, &expected), Err(JoseFault::Type), "{typ}");
    }
    let token = key.token(r#"{"alg":"ES256","typ":1}"#, PAYLOAD);
    assert_eq!(parse(&token).err(), Some(JoseFault::Header));
}

/// One payload, one spelling of the token; only the signature itself can be varied.
///
/// Accepts: S-JOSE-12
/// Refuses: S-JOSE-12
#[test]
fn other_encodings_of_a_token_are_refused() {
    let (key, set) = es256();
    let honest = key.honest();
    for token in [
        format!("{honest}="),
        format!("{honest}=="),
        format!("{honest}\n"),
        format!(" {honest}"),
        honest.replacen('.', "=.", 1),
        honest.replacen('.', "\n.", 1),
        honest.replacen('.', ". ", 1),
        format!("{honest}\0"),
        format!("é{honest}"),
    ] {
        refuses(&token, &set, JoseFault::NotCompact);
    }
    // 64 bytes leave four bits of the last character free: 16 spellings, of which one is right.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = honest.split_at(honest.len() - 1);
    let at = alphabet.iter().position(|own| *own == last.as_bytes()[0]).unwrap();
    assert_eq!(at % 16, 0);
    for other in &alphabet[at + 1..at + 16] {
        refuses(&format!("{rest}{}", char::from(*other)), &set, JoseFault::NotCompact);
    }
    // ECDSA takes n - s for s. So neither token nor signature can tell whether a statement was seen before.
    let (input, signature) = honest.rsplit_once('.').unwrap();
    let mut signature = base64url::decode(signature).unwrap();
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let mut borrow = 0;
    for (place, byte) in signature.iter_mut().enumerate().rev().take(32) {
        let at = (place - 32) * 2;
        let of_order = i16::from(u8::from_str_radix(&order[at..at + 2], 16).unwrap());
        let rest = of_order - i16::from(*byte) - borrow;
        borrow = i16::from(rest < 0);
        *byte = u8::try_from(rest.rem_euclid(256)).unwrap();
    }
    let twin = format!("{input}.{}", base64url::encode(signature));
    assert_ne!(twin, honest);
    accepts(&twin, &set);
}

/// A signature of RSA is as long as the modulus: without its leading zeros it would be a second spelling.
///
/// Accepts: S-JOSE-12
/// Refuses: S-JOSE-12
#[test]
fn rsa_signatures_keep_their_leading_zeros() {
    let key = TestKey::new(Algorithm::Ps256);
    let set = set(&[key.public("")]);
    // The salt is drawn anew for each token: one in 256 begins with a zero.
    let (honest, signature) = loop {
        let token = key.honest();
        let signature = base64url::decode(token.rsplit_once('.').unwrap().1).unwrap();
        if signature[0] == 0 {
            break (token, signature);
        }
    };
    accepts(&honest, &set);
    let input = honest.rsplit_once('.').unwrap().0;
    let signed = |signature: &[u8]| format!("{input}.{}", base64url::encode(signature));
    refuses(&signed(&signature[1..]), &set, JoseFault::Signature);
    refuses(&signed(&[&[0], &*signature].concat()), &set, JoseFault::Signature);
}

/// Numbers that make josekit's claim readers panic pass through here as bytes.
///
/// Accepts: S-JOSE-13
#[test]
fn huge_times_are_not_read_here() {
    let (key, set) = es256();
    for time in ["1e300", "18446744073709551615", "9.3e18", "-1e300", "253402300800", "1e-300"] {
        let payload = format!(r#"{{"iss":"a","exp":{time},"nbf":{time},"iat":{time}}}"#);
        let token = key.token(r#"{"alg":"ES256"}"#, &payload);
        let jws = parse(&token).unwrap();
        assert_eq!(read(&jws).issuer().unwrap().as_deref(), Some("a"));
        assert_eq!(check(&token, &set), Ok(payload));
    }
}

/// Without a signature that holds there are no claims. They come out of the verifiers, or of `danger_take`, which a
/// configuration must ask for; `Unverified` only tells what chooses keys.
///
/// Refuses: S-JOSE-14
#[test]
fn s_jose_14_without_a_signature_there_are_no_claims() {
    let (key, set) = es256();
    let secret = "s".repeat(32).into();
    let honest = key.honest();
    let jws = parse(&honest).unwrap();
    // The token comes back until a key of its own verifies it.
    let allowed = [Algorithm::Es256];
    let Err(refused) = jose::verify(read(&jws), &issuer_set(&[]), &allowed) else { panic!() };
    assert_eq!(refused.fault, JoseFault::NoKeyFits);
    let Err(refused) = jose::verify_hmac(refused.token, &secret, &allowed, None) else { panic!() };
    assert_eq!(refused.fault, JoseFault::Algorithm);
    let Ok(claims) = jose::verify(refused.token, &set, &allowed) else { panic!() };
    assert_eq!(claims.to_json_text(), PAYLOAD);

    let attacker = TestKey::new(Algorithm::Es256);
    refuses(&attacker.honest(), &set, JoseFault::Signature);
    let honest = key.honest();
    let [header, _, signature] = honest.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let other = base64url::encode(r#"{"iss":"https://attacker.example"}"#);
    refuses(&format!("{header}.{other}.{signature}"), &set, JoseFault::Signature);
    // The header is signed as well.
    let header = base64url::encode(r#"{"alg":"ES256","typ":"JWT"}"#);
    let payload = base64url::encode(PAYLOAD);
    refuses(&format!("{header}.{payload}.{signature}"), &set, JoseFault::Signature);
    let debug = format!("{:?}", JoseFault::Signature);
    assert!(!debug.contains("openssl"));
}
