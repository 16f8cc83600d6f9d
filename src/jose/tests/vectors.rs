//! Published vectors, and tokens that another library made.

use serde::Deserialize;
use serde_json::Value;

use super::*;

/// The payload of RFC 7515 appendices A.1 to A.3.
const CLAIMS: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

/// RFC 7515 appendix A.1. The secret is no text, so the shared secret of a configuration cannot be it.
#[test]
fn the_hmac_of_rfc_7515() {
    let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let token = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{CLAIMS}.{signature}");
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let jws = parse(&token).unwrap();
    assert_eq!((jws.header().algorithm(), jws.header().typ()), (Algorithm::Hs256, Some("JWT")));
    assert_eq!(read(&jws).issuer().unwrap().as_deref(), Some("joe"));
    let mac = prepare::mac(Algorithm::Hs256, &base64url::decode(secret).unwrap(), jws.signing_input());
    assert_eq!(mac.unwrap(), jws.signature());
}

/// RFC 7515 appendices A.2 to A.4, RFC 8037 appendix A.4.
#[test]
fn the_signatures_of_the_documents() {
    #[derive(Deserialize)]
    struct Case {
        source: String,
        jwk: Value,
        token: String,
        payload: String,
    }
    let cases: Vec<Case> = serde_json::from_str(include_str!("../testdata/rfc_signatures.json")).unwrap();
    for case in cases {
        assert_eq!(check(&case.token, &set(&[case.jwk.to_string()])), Ok(case.payload), "{}", case.source);
    }
}

/// RFC 7515 appendix A.5: no signature, and so nothing.
#[test]
fn the_unsecured_token_of_rfc_7515() {
    assert_eq!(parse(&format!("eyJhbGciOiJub25lIn0.{CLAIMS}.")).err(), Some(JoseFault::NotCompact));
    assert_eq!(parse(&format!("eyJhbGciOiJub25lIn0.{CLAIMS}.AAAA")).err(), Some(JoseFault::Algorithm));
}

/// RFC 7638 section 3.1, RFC 8037 appendix A.3.
#[test]
fn the_thumbprints_of_the_documents() {
    #[derive(Deserialize)]
    struct Case {
        source: String,
        jwk: Value,
        thumbprint: String,
    }
    let cases: Vec<Case> = serde_json::from_str(include_str!("../testdata/rfc_thumbprints.json")).unwrap();
    for case in cases {
        assert_eq!(thumbprint(&case.jwk.to_string()), case.thumbprint, "{}", case.source);
    }
}

/// RFC 7638 section 3.2: only the required members count, whatever their order and spelling.
#[test]
fn a_thumbprint_is_of_the_key_alone() {
    let key = TestKey::new(Algorithm::Es256);
    let plain = key.public("");
    let (x, y) = (key.pair.parameter("x").unwrap(), key.pair.parameter("y").unwrap());
    let other =
        format!(r#"{{"kid":"a", "y":{y}, "use":"sig", "\u0078":{x}, "kty":"E\u0043", "crv":"P-256"}}"#);
    assert_eq!(thumbprint(&plain), thumbprint(&other));
    assert_ne!(thumbprint(&plain), thumbprint(&TestKey::new(Algorithm::Es256).public("")));
}

#[track_caller]
fn thumbprint(key: &str) -> String {
    let own = OwnKeys::screen(&format!(r#"{{"keys":[{key}]}}"#), KeySetLimits::CLIENT).unwrap();
    assert_eq!(own.faults, []);
    own.keys[0].thumbprint().to_text()
}

/// Tokens made with Python's `cryptography`, good ones of every algorithm and bad ones.
#[test]
fn tokens_of_another_library() {
    #[derive(Deserialize)]
    struct Case {
        alg: String,
        note: String,
        valid: bool,
        jwk: Value,
        token: String,
    }
    let cases: Vec<Case> = serde_json::from_str(include_str!("../testdata/interop.json")).unwrap();
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_hmac()) {
        assert!(cases.iter().any(|case| case.valid && case.alg == algorithm.name()), "{algorithm:?}");
    }
    for case in cases {
        let payload = r#"{"iss":"https://interop.example"}"#.to_owned();
        let expected = if case.valid { Ok(payload) } else { Err(JoseFault::Signature) };
        assert_eq!(check(&case.token, &set(&[case.jwk.to_string()])), expected, "{} {}", case.alg, case.note);
    }
}
