//! What is demanded of the keys that a client registers, and of the methods that use them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use oauth_dcr::testing::run;
use oauth_dcr::{
    Error, MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig, Registration,
};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};
use serde_json::{Value, json};

/// A server where anybody may register, with these properties.
fn server(changes: Value) -> Registrar {
    builder(changes, json!({ "dcr_profile": 1, "name": "none" }))
}

/// The same with a profile on top.
fn builder(changes: Value, profile: Value) -> Registrar {
    let mut config = json!({
        "registrationEndpoint": "https://op.example.com/register",
        "dynamicRegistrationEnabled": true,
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let config: RegistrarConfig = serde_json::from_value(config).unwrap();
    let mut builder = Registrar::builder(config, MemoryClientStore::default());
    if profile["name"] != "none" {
        builder = builder.profile(serde_json::from_str::<Profile>(&profile.to_string()).unwrap());
    }
    builder.build().unwrap()
}

fn register(server: &Registrar, members: &Value) -> Result<Registration, Error> {
    let mut body = json!({ "redirect_uris": ["https://app.example.org/cb"] });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    run(server.register(RegisterRequest::from_body(body.to_string().as_bytes())))
}

#[track_caller]
fn accepts_at(server: &Registrar, members: &Value) -> (Registration, Value) {
    match register(server, members) {
        Ok(registration) => {
            let body = serde_json::from_str(registration.body()).unwrap();
            (registration, body)
        }
        Err(error) => panic!("{members} was refused: {error}"),
    }
}

/// Registers; gives the registration and its answer.
#[track_caller]
fn accepts(members: Value) -> (Registration, Value) {
    accepts_at(&server(json!({})), &members)
}

#[track_caller]
fn refuses_at(server: &Registrar, members: &Value, field: &str, rule: &str, message: &str) {
    match register(server, members) {
        Err(Error::Rejected(rejection)) => {
            assert_eq!(rejection.code.as_str(), "invalid_client_metadata", "{members}");
            assert_eq!(rejection.status, 400, "{members}");
            let found = rejection
                .violations
                .iter()
                .any(|own| own.field == field && own.rule == rule && own.message.contains(message));
            assert!(found, "{members}: {:#?}", rejection.violations);
        }
        other => panic!("{members}: {other:?}"),
    }
}

/// Is refused because of this member, by this rule, with these words.
#[track_caller]
fn refuses(members: Value, field: &str, rule: &str, message: &str) {
    refuses_at(&server(json!({})), &members, field, rule, message);
}

const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

/// The key of RFC 7515 appendix A.3.
fn p256() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "x": X, "y": Y })
}

/// The key of RFC 8037 appendix A.2.
fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

fn x25519() -> Value {
    json!({ "kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" })
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A modulus of so many bytes with this first and this last one.
fn modulus(length: usize, first: u8, last: u8) -> String {
    let mut bytes = vec![0x5a; length];
    bytes[0] = first;
    bytes[length - 1] = last;
    base64url(&bytes)
}

fn rsa() -> Value {
    json!({ "kty": "RSA", "n": modulus(256, 0xc0, 1), "e": "AQAB" })
}

/// The key with more members, or other ones.
fn with(mut key: Value, members: Value) -> Value {
    key.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    key
}

/// The key without a member.
fn without(mut key: Value, member: &str) -> Value {
    key.as_object_mut().unwrap().remove(member);
    key
}

fn set(keys: &[Value]) -> Value {
    json!({ "jwks": { "keys": keys } })
}

#[track_caller]
fn takes_key(key: Value) {
    let _ = accepts(set(&[key]));
}

#[track_caller]
fn refuses_key(key: Value, rule: &str, message: &str) {
    refuses(set(&[key]), "jwks.keys[0]", rule, message);
}

/// Accepts: OIR-015, JOSE-032, S-KEY-01, R91-031
/// Refuses: OIR-015, JOSE-032, S-KEY-01, R91-031
#[test]
fn s_key_01_private_and_symmetric_keys() {
    takes_key(rsa());
    takes_key(p256());
    takes_key(ed25519());
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        for key in [rsa(), p256(), ed25519()] {
            let key = with(key, json!({ member: "c2VjcmV0LWtleS12YWx1ZQ" }));
            refuses_key(key.clone(), "keys.private", &format!("has the private member {member}"));
            let error = register(&server(json!({})), &set(&[key])).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("c2VjcmV0"), "{error:?}");
        }
    }
    refuses_key(json!({ "kty": "oct" }), "keys.private", "is a symmetric key");
    refuses_key(json!({ "kty": "oct", "k": "c2VjcmV0" }), "keys.private", "is a symmetric key");
}

/// Accepts: S-KEY-02, JOSE-017, JOSE-033
/// Refuses: S-KEY-02, JOSE-017, JOSE-033
#[test]
fn s_key_02_moduli() {
    for length in [256, 257, 512, 1024] {
        takes_key(with(rsa(), json!({ "n": modulus(length, 0x80, 0x01) })));
    }
    for (n, message) in [
        (modulus(128, 0xff, 1), "2048 to 8192"),
        (modulus(255, 0xff, 1), "2048 to 8192"),
        (modulus(1025, 0x80, 1), "2048 to 8192"),
        (modulus(256, 0x7f, 1), "whole bits"),
        (modulus(257, 0, 1), "whole bits"),
        (modulus(256, 0xff, 2), "even RSA modulus"),
        (String::new(), "2048 to 8192"),
    ] {
        refuses_key(with(rsa(), json!({ "n": n })), "keys.rsa", message);
    }
}

/// S-KEY-02
#[test]
fn s_key_02_exponents() {
    for exponent in [&[1, 0, 1][..], &[1, 0, 3], &[0xff, 0xff, 0xff, 0xff]] {
        takes_key(with(rsa(), json!({ "e": base64url(exponent) })));
    }
    for exponent in [
        &[][..],
        &[0],
        &[1],
        &[3],
        &[17],
        &[0xff, 0xff],
        &[1, 0, 0],
        &[1, 0, 2],
        &[0, 1, 0, 1],
        &[1, 0, 0, 0, 1],
        &[0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        refuses_key(with(rsa(), json!({ "e": base64url(exponent) })), "keys.rsa", "RSA exponent");
    }
}

/// Accepts: S-KEY-03, S-KEY-04, JOSE-033
/// Refuses: S-KEY-03, S-KEY-04, JOSE-033
#[test]
fn s_key_03_points() {
    takes_key(p256());
    takes_key(ed25519());
    takes_key(x25519());
    let (x, y) = (URL_SAFE_NO_PAD.decode(X).unwrap(), URL_SAFE_NO_PAD.decode(Y).unwrap());
    let point = |x: &[u8], y: &[u8]| with(p256(), json!({ "x": base64url(x), "y": base64url(y) }));
    let mut other = y.clone();
    other[31] ^= 1;
    refuses_key(point(&x, &other), "keys.curve", "not a point of its curve");
    refuses_key(point(&[0; 32], &[0; 32]), "keys.curve", "not a point of its curve");
    refuses_key(point(&[0xff; 32], &y), "keys.curve", "not a point of its curve");
    refuses_key(point(&x[1..], &y), "keys.curve", "member x of the wrong length");
    refuses_key(point(&x, &y[..31]), "keys.curve", "member y of the wrong length");
    // 64 bytes in all, split in another way.
    let all = [x.as_slice(), &y].concat();
    refuses_key(point(&all[..40], &all[40..]), "keys.curve", "of the wrong length");
    refuses_key(point(&[&[0], x.as_slice()].concat(), &y), "keys.curve", "of the wrong length");
    for crv in ["P-384", "P-521"] {
        refuses_key(with(p256(), json!({ "crv": crv })), "keys.curve", "of the wrong length");
    }
    refuses_key(with(p256(), json!({ "crv": "secp256k1" })), "keys.curve", "not a point of its curve");
    refuses_key(with(ed25519(), json!({ "x": base64url(&[1; 31]) })), "keys.curve", "of the wrong length");
    refuses_key(with(ed25519(), json!({ "crv": "Ed448" })), "keys.curve", "of the wrong length");
    for crv in ["P-192", "p-256", "Ed25519", ""] {
        refuses_key(with(p256(), json!({ "crv": crv })), "keys.syntax", "unknown crv");
    }
    refuses_key(with(ed25519(), json!({ "crv": "P-256" })), "keys.syntax", "unknown crv");
}

/// S-KEY-04
#[test]
fn s_key_04_points_of_small_order() {
    takes_key(ed25519());
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = [0xff; 32];
    (minus_one[0], minus_one[31]) = (0xec, 0x7f);
    // Order 8, and the number p, which is zero.
    let mut prime = minus_one;
    prime[0] = 0xed;
    let eighth = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let eighth: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&eighth[2 * at..2 * at + 2], 16).unwrap()).collect();
    for point in [&[0; 32][..], &one, &minus_one, &prime, &eighth] {
        for sign in [0, 0x80] {
            let mut point = point.to_vec();
            point[31] |= sign;
            refuses_key(with(ed25519(), json!({ "x": base64url(&point) })), "keys.curve", "small order");
        }
    }
}

/// Accepts: JOSE-033, JOSE-031
/// Refuses: JOSE-033, JOSE-031
#[test]
fn members_of_keys() {
    takes_key(with(rsa(), json!({ "colour": "blue", "x5t": "AAAA", "x5u": "http://x.example/" })));
    for (key, member) in [
        (rsa(), "kty"),
        (rsa(), "n"),
        (rsa(), "e"),
        (p256(), "crv"),
        (p256(), "x"),
        (p256(), "y"),
        (ed25519(), "crv"),
        (ed25519(), "x"),
    ] {
        refuses_key(without(key.clone(), member), "keys.syntax", &format!("lacks the member {member}"));
        let message = format!("member {member} of the wrong type");
        refuses_key(with(key, json!({ member: 7 })), "keys.syntax", &message);
    }
    refuses_key(json!({ "kty": "ML", "x": "AA" }), "keys.syntax", "unknown kty");
    refuses_key(json!({ "kty": "rsa" }), "keys.syntax", "unknown kty");
    refuses_key(json!("RSA"), "keys.syntax", "is not a JSON object");
    for wrong in ["AQAB=", "AQ+B", "AQ B", "A"] {
        refuses_key(with(rsa(), json!({ "e": wrong })), "keys.syntax", "not base64url without padding");
    }
}

/// Accepts: JOSE-034, JOSE-035, OIR-013
/// Refuses: JOSE-034, JOSE-035, OIR-013
#[test]
fn uses() {
    for members in [
        json!({ "use": "sig" }),
        json!({ "use": "enc" }),
        json!({ "use": "other" }),
        json!({ "key_ops": ["verify"] }),
        json!({ "use": "sig", "key_ops": ["verify"] }),
        json!({ "use": "enc", "key_ops": ["encrypt", "wrapKey"] }),
    ] {
        takes_key(with(p256(), members));
    }
    for members in [
        json!({ "use": "sig", "key_ops": ["encrypt"] }),
        json!({ "use": "enc", "key_ops": ["verify"] }),
        json!({ "use": "sig", "key_ops": ["verify", "wrapKey"] }),
        json!({ "key_ops": ["verify", "verify"] }),
    ] {
        refuses_key(with(p256(), members), "keys.use", "use and key_ops that do not agree");
    }
    let key = |kid: &str, own: Value| with(with(p256(), json!({ "kid": kid })), own);
    let (sig, enc) = (key("a", json!({ "use": "sig" })), key("b", json!({ "use": "enc" })));
    let _ = accepts(set(&[sig.clone(), enc.clone()]));
    let _ = accepts(set(&[sig.clone(), key("c", json!({}))]));
    let message = "every key must have use";
    refuses(set(&[sig, enc, key("c", json!({}))]), "jwks", "keys.use_on_all", message);
}

/// Accepts: JOSE-038
/// Refuses: JOSE-038
#[test]
fn algorithms_of_keys() {
    for (key, alg) in [
        (rsa(), "RS256"),
        (rsa(), "PS512"),
        (p256(), "ES256"),
        (ed25519(), "EdDSA"),
        (ed25519(), "Ed25519"),
        (p256(), "ECDH-ES"),
    ] {
        takes_key(with(key, json!({ "alg": alg })));
    }
    for (key, alg) in [
        (rsa(), "ES256"),
        (rsa(), "HS256"),
        (rsa(), "EdDSA"),
        (p256(), "RS256"),
        (p256(), "ES384"),
        (p256(), "ES256K"),
        (ed25519(), "Ed448"),
        (ed25519(), "ES256"),
        (x25519(), "EdDSA"),
    ] {
        refuses_key(with(key, json!({ "alg": alg })), "keys.alg", "alg that does not fit");
    }
}

/// Accepts: JOSE-036, S-KEY-05
/// Refuses: JOSE-036, S-KEY-05
#[test]
fn s_key_05_key_ids_and_sizes_of_sets() {
    let keys = |count: usize| -> Vec<Value> {
        (0..count).map(|index| with(p256(), json!({ "kid": format!("k{index}") }))).collect()
    };
    let _ = accepts(set(&keys(2)));
    let _ = accepts(set(&keys(50)));
    let _ = accepts(set(&[with(p256(), json!({ "kid": "k".repeat(256) }))]));
    refuses(set(&keys(51)), "jwks", "keys.too_many", "has more than 50 keys");
    let narrow = policy(json!({ "max_items": 2 }));
    let _ = accepts_at(&narrow, &set(&keys(2)));
    refuses_at(&narrow, &set(&keys(3)), "jwks", "keys.too_many", "has more than 2 keys");
    let mut repeated = keys(3);
    repeated[2] = with(rsa(), json!({ "kid": "k0" }));
    refuses(set(&repeated), "jwks.keys[2]", "keys.kid", "has the kid of another key");
    refuses(set(&[p256(), ed25519()]), "jwks.keys[0]", "keys.kid", "has no kid");
    refuses(set(&[keys(1).remove(0), rsa()]), "jwks.keys[1]", "keys.kid", "has no kid");
    refuses_key(with(p256(), json!({ "kid": "k".repeat(257) })), "keys.kid", "longer than 256 bytes");
    let large = set(&[with(p256(), json!({ "note": "n".repeat(65 * 1024) }))]);
    let patient = server(json!({ "maxBodyBytes": 100_000 }));
    refuses_at(&patient, &large, "jwks", "keys.too_many", "is longer than 65536 bytes");
}

/// Accepts: JOSE-030, JOSE-039, R91-031
/// Refuses: JOSE-030, JOSE-039, R91-031
#[test]
fn forms_of_sets() {
    let _ = accepts(json!({ "jwks": { "keys": [p256()], "more": 1 } }));
    let _ = accepts(json!({ "jwks": { "keys": [] } }));
    for wrong in [json!({}), json!({ "keys": {} }), json!({ "keys": null }), p256()] {
        refuses(json!({ "jwks": wrong }), "jwks", "keys.not_a_set", "is not a JWK Set");
    }
    let text = json!({ "jwks": json!({ "keys": [p256()] }).to_string() });
    refuses_type(&text);
    refuses_type(&json!({ "jwks": [p256()] }));
    let lenient = server(json!({ "reading": "lenient" }));
    let (_, answer) = accepts_at(&lenient, &text);
    assert_eq!(answer["jwks"], json!({ "keys": [p256()] }));
    let text = json!({ "jwks": json!({ "keys": [{ "kty": "oct" }] }).to_string() });
    refuses_at(&lenient, &text, "jwks.keys[0]", "keys.private", "is a symmetric key");
}

#[track_caller]
fn refuses_type(members: &Value) {
    match register(&server(json!({})), members) {
        Err(Error::Rejected(rejection)) => {
            assert_eq!(rejection.code.as_str(), "invalid_client_metadata");
            assert!(
                rejection.violations.iter().any(|own| own.field == "jwks" && own.message.contains("object")),
                "{:?}",
                rejection.violations
            );
        }
        other => panic!("{members}: {other:?}"),
    }
}

/// Accepts: R91-031, OIR-011, OIR-012, X-04, S-KEY-06
/// Refuses: R91-031, OIR-011, OIR-012, X-04, S-KEY-06
#[test]
fn s_key_06_sets_by_reference() {
    let uri = "https://app.example.org/keys";
    let (_, answer) = accepts(json!({ "jwks_uri": uri }));
    assert_eq!((&answer["jwks_uri"], answer.get("jwks")), (&json!(uri), None));
    let (_, answer) = accepts(set(&[p256()]));
    assert_eq!(answer.get("jwks_uri"), None);
    refuses(
        with(set(&[p256()]), json!({ "jwks_uri": uri })),
        "jwks",
        "jwks-xor",
        "must not be given together with jwks_uri",
    );
    let signed = json!({ "signed_jwks_uri": "https://app.example.org/keys.jose" });
    let _ = accepts(signed.clone());
    for other in [set(&[p256()]), json!({ "jwks_uri": uri })] {
        let message = "must not be given together with jwks or jwks_uri";
        refuses(with(signed.clone(), other), "signed_jwks_uri", "signed-jwks-alone", message);
    }
    for wrong in ["http://app.example.org/keys", "keys", "https://app.example.org/keys#a", "file:///keys"] {
        assert!(register(&server(json!({})), &json!({ "jwks_uri": wrong })).is_err(), "{wrong}");
    }
}

fn key_pair() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

fn jwk_of(pair: &PKey<Private>) -> Value {
    let rsa = pair.rsa().unwrap();
    json!({ "kty": "RSA", "n": base64url(&rsa.n().to_vec()), "e": base64url(&rsa.e().to_vec()) })
}

/// A certificate that the key signed itself, DER.
fn certificate_of(pair: &PKey<Private>) -> Vec<u8> {
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "client.example.org").unwrap();
    let name = name.build();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    let serial = BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap();
    certificate.set_serial_number(&serial).unwrap();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    certificate.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    certificate.set_not_after(&Asn1Time::days_from_now(30).unwrap()).unwrap();
    certificate.set_pubkey(pair).unwrap();
    certificate.sign(pair, MessageDigest::sha256()).unwrap();
    certificate.build().to_der().unwrap()
}

/// Accepts: OIR-014, JOSE-037, MTLS-003, S-KEY-10, X-06
/// Refuses: OIR-014, JOSE-037, MTLS-003, S-KEY-10, X-06
#[test]
fn certificates() {
    let (pair, other) = (key_pair(), key_pair());
    let (own, foreign) = (certificate_of(&pair), certificate_of(&other));
    let certified = |chain: Value| with(jwk_of(&pair), json!({ "x5c": chain }));
    let (own, foreign) = (STANDARD.encode(own), STANDARD.encode(foreign));
    takes_key(certified(json!([own])));
    takes_key(certified(json!([own, foreign])));
    for chain in [
        json!([foreign]),
        json!([foreign, own]),
        json!([]),
        json!(own),
        json!([7]),
        json!(["AAAA"]),
        json!([URL_SAFE_NO_PAD.encode(STANDARD.decode(&own).unwrap())]),
        json!([own[..own.len() / 8 * 4]]),
    ] {
        refuses_key(certified(chain), "keys.certificate", "holds the same key");
    }
    let bare = without(without(certified(json!([own])), "n"), "e");
    refuses_key(bare, "keys.syntax", "lacks the member n");

    let method = json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth" });
    let (registration, _) = accepts(with(set(&[certified(json!([own]))]), method.clone()));
    assert!(registration.client().secret().is_none());
    let _ = accepts(with(method.clone(), json!({ "jwks_uri": "https://app.example.org/keys" })));
    let field = "token_endpoint_auth_method";
    let without_certificate = with(set(&[jwk_of(&pair)]), method.clone());
    refuses(without_certificate, field, "keys.certificate", "needs a key with its certificate");
    refuses(method, field, "key-auth-needs-keys", "needs jwks or jwks_uri");
}

fn policy(keys: Value) -> Registrar {
    let profile = json!({ "dcr_profile": 1, "name": "keys", "extends": ["standard"], "keys": keys });
    builder(json!({}), profile)
}

/// What a profile demands of keys.
///
/// Accepts: S-KEY-02, S-KEY-05, JOSE-038
/// Refuses: S-KEY-02, S-KEY-05, JOSE-038
#[test]
fn demands_of_a_profile() {
    let place = "jwks.keys[0]";
    let algs = policy(json!({ "algs": ["PS256", "ES256"] }));
    let _ = accepts_at(&algs, &set(&[with(rsa(), json!({ "alg": "PS256" }))]));
    let key = set(&[with(rsa(), json!({ "alg": "RS256" }))]);
    refuses_at(&algs, &key, place, "keys.alg", "must be for one of PS256, ES256, `RS256` is not");

    let bits = policy(json!({ "rsa_min_bits": 3072 }));
    let _ = accepts_at(&bits, &set(&[with(rsa(), json!({ "n": modulus(384, 0x80, 1) }))]));
    let _ = accepts_at(&bits, &set(&[p256()]));
    refuses_at(&bits, &set(&[rsa()]), place, "keys.size", "at least 3072 bits");

    let curves = policy(json!({ "ec_min_bits": 384 }));
    let _ = accepts_at(&curves, &set(&[rsa()]));
    refuses_at(&curves, &set(&[p256()]), place, "keys.size", "at least 384 bits");

    let kid = policy(json!({ "kid_required": true }));
    let _ = accepts_at(&kid, &set(&[with(p256(), json!({ "kid": "1" }))]));
    refuses_at(&kid, &set(&[p256()]), place, "keys.kid", "must have a kid");
}

/// Which way of giving keys a profile takes.
///
/// Accepts: R91-031, OIR-012
/// Refuses: R91-031, OIR-012
#[test]
fn ways_of_a_profile() {
    let uri = json!({ "jwks_uri": "https://keys.example.org/app" });
    let reference = policy(json!({ "by_value": false }));
    let _ = accepts_at(&reference, &uri);
    refuses_at(&reference, &set(&[p256()]), "jwks", "keys.by_value", "use jwks_uri");

    let value = policy(json!({ "by_reference": false }));
    let _ = accepts_at(&value, &set(&[p256()]));
    refuses_at(&value, &uri, "jwks_uri", "keys.by_reference", "send the keys in jwks");

    let hosts = policy(json!({ "uri_hosts": ["keys.example.org"] }));
    let _ = accepts_at(&hosts, &uri);
    for wrong in
        ["https://example.org/app", "https://keys.example.org.evil.test/", "https://a.keys.example.org/"]
    {
        let wrong = json!({ "jwks_uri": wrong });
        refuses_at(&hosts, &wrong, "jwks_uri", "keys.uri_hosts", "one of the hosts keys.example.org");
    }
}

/// What is wrong with a key is told once: its set is not said to lack a key besides.
#[test]
fn nothing_more_is_said_of_a_faulty_set() {
    let members = json!({
        "redirect_uris": ["https://app.example.org/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [with(p256(), json!({ "d": "AQAB" }))] },
    });
    let Err(Error::Rejected(rejection)) = register(&server(json!({})), &members) else { panic!() };
    let told: Vec<String> = rejection.violations.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["jwks.keys[0]: has the private member d"]);
}
