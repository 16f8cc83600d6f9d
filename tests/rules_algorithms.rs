//! Authentication methods, what they need, and the algorithms that clients register.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use oauth_dcr::testing::run;
use oauth_dcr::{
    Error, MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig, Registration,
};
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

const METHOD: &str = "token_endpoint_auth_method";

/// The key of RFC 7515 appendix A.3.
fn p256() -> Value {
    json!({
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

fn rsa() -> Value {
    let n: String = ["w", &"A".repeat(340), "Q"].concat();
    json!({ "kty": "RSA", "n": n, "e": "AQAB" })
}

fn with(mut object: Value, members: Value) -> Value {
    object.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    object
}

fn keys(keys: &[Value]) -> Value {
    json!({ "jwks": { "keys": keys } })
}

/// A member with this value.
fn of(name: &str, value: impl Into<Value>) -> Value {
    json!({ name: value.into() })
}

/// What a client has of a secret.
#[derive(Debug, PartialEq)]
enum Secret {
    None,
    Digest,
    Recoverable,
}

/// Registers, and looks at the secret in the answer and in the store.
#[track_caller]
fn has_secret(members: Value, expected: Secret) {
    let (registration, answer) = accepts(members.clone());
    let stored = match registration.client().secret() {
        None => Secret::None,
        Some(stored) if stored.expose_secret().is_some() => Secret::Recoverable,
        Some(_) => Secret::Digest,
    };
    assert_eq!(stored, expected, "{members}");
    if expected == Secret::None {
        assert_eq!(answer.get("client_secret"), None, "{members}");
        assert_eq!(answer.get("client_secret_expires_at"), None, "{members}");
        return;
    }
    let secret = answer["client_secret"].as_str().unwrap();
    assert_eq!(secret.len(), 86, "{members}");
    assert_eq!(answer["client_secret_expires_at"], 0, "{members}");
    assert!(registration.client().secret().unwrap().matches(secret), "{members}");
    if let Some(own) = registration.client().secret().unwrap().expose_secret() {
        assert_eq!(own, secret, "{members}");
    }
}

/// Accepts: R91-023, R91-024, R91-072, R91-074, OIR-023, OIR-047, OIR-074, DEC-09
/// Refuses: R91-023, OIR-023
#[test]
fn secrets_by_method() {
    let (_, answer) = accepts(json!({}));
    assert_eq!(answer[METHOD], "client_secret_basic");
    has_secret(json!({}), Secret::Digest);
    let with_keys = |method: &str| with(of(METHOD, method), keys(&[p256()]));
    has_secret(of(METHOD, "client_secret_basic"), Secret::Digest);
    has_secret(of(METHOD, "client_secret_post"), Secret::Digest);
    has_secret(of(METHOD, "client_secret_jwt"), Secret::Recoverable);
    has_secret(of(METHOD, "none"), Secret::None);
    has_secret(with_keys("private_key_jwt"), Secret::None);
    let tls = json!({ METHOD: "tls_client_auth", "tls_client_auth_san_dns": "app.example.org" });
    has_secret(tls.clone(), Secret::None);
    for symmetric in [of("id_token_signed_response_alg", "HS512"), of("request_object_encryption_alg", "dir")]
    {
        has_secret(with(with_keys("private_key_jwt"), symmetric.clone()), Secret::Recoverable);
        has_secret(with(tls.clone(), symmetric.clone()), Secret::Recoverable);
        has_secret(with(of(METHOD, "client_secret_basic"), symmetric), Secret::Recoverable);
    }
    refuses(of(METHOD, "client_secret_magic"), METHOD, "one_of", "must be one of none");
}

/// Secrets are not shared, and long enough for every HMAC.
///
/// Accepts: R91-072, OIR-072
#[test]
fn secrets_are_unique() {
    let server = server(json!({}));
    let secret = || accepts_at(&server, &of(METHOD, "client_secret_jwt")).1["client_secret"].clone();
    let (one, other) = (secret(), secret());
    assert_ne!(one, other);
    assert!(one.as_str().unwrap().len() >= 64);
}

/// Accepts: OIR-073, X-09, JOSE-024, R91-024
/// Refuses: OIR-073, X-09, JOSE-024, R91-024
#[test]
fn public_clients_have_no_symmetric_algorithms() {
    let public = |name: &str, alg: &str| json!({ METHOD: "none", name: alg });
    let _ = accepts(public("id_token_signed_response_alg", "ES256"));
    // What is called like one is none, and no signature needs no key.
    let _ = accepts(public("client_name", "HS256"));
    let _ = accepts(public("request_object_signing_alg", "none"));
    for alg in ["HS256", "HS384", "HS512"] {
        for name in [
            "id_token_signed_response_alg",
            "userinfo_signed_response_alg",
            "request_object_signing_alg",
            "authorization_signed_response_alg",
            "introspection_signed_response_alg",
        ] {
            refuses(public(name, alg), name, "alg.public_client", "must be asymmetric");
            let _ = accepts(of(name, alg));
        }
    }
    for alg in ["dir", "A128KW", "A256KW", "A192GCMKW", "PBES2-HS256+A128KW"] {
        for name in [
            "id_token_encrypted_response_alg",
            "userinfo_encrypted_response_alg",
            "request_object_encryption_alg",
        ] {
            refuses(public(name, alg), name, "alg.public_client", "must be asymmetric");
            has_secret(of(name, alg), Secret::Recoverable);
        }
    }
}

/// Accepts: OIR-024, X-06, X-11, S-KEY-07
/// Refuses: OIR-024, X-06, X-11, S-KEY-07
#[test]
fn s_key_07_assertion_algorithms() {
    let name = "token_endpoint_auth_signing_alg";
    let secret = |alg: &str| json!({ METHOD: "client_secret_jwt", name: alg });
    let private = |alg: &str, key: Value| with(json!({ METHOD: "private_key_jwt", name: alg }), keys(&[key]));
    for alg in ["HS256", "HS384", "HS512"] {
        let (_, answer) = accepts(secret(alg));
        assert_eq!(answer[name], alg);
        assert_refused(&private(alg, p256()), name);
    }
    for alg in ["RS256", "ES256", "none"] {
        assert_refused(&secret(alg), name);
    }
    let _ = accepts(private("ES256", p256()));
    let _ = accepts(private("RS256", rsa()));
    let _ = accepts(private("PS512", rsa()));
    assert_refused(&private("none", p256()), name);
    refuses(
        private("ES256", rsa()),
        name,
        "alg.signing_key",
        "needs a key of the client that signs with ES256",
    );
    refuses(private("ES384", p256()), name, "alg.signing_key", "signs with ES384");
    refuses(private("RS256", p256()), name, "alg.signing_key", "signs with RS256");
    // The member says nothing for other methods.
    for method in ["none", "client_secret_basic", "client_secret_post"] {
        let (_, answer) = accepts(json!({ METHOD: method, name: "RS256" }));
        assert_eq!(answer.get(name), None, "{method}");
    }
}

/// Is refused because of this member, by whatever rule.
#[track_caller]
fn assert_refused(members: &Value, field: &str) {
    match register(&server(json!({})), members) {
        Err(Error::Rejected(rejection)) => {
            assert_eq!(rejection.code.as_str(), "invalid_client_metadata", "{members}");
            assert!(rejection.violations.iter().any(|own| own.field == field), "{members}: {rejection:?}");
        }
        other => panic!("{members}: {other:?}"),
    }
}

/// Accepts: OIR-076, X-06, S-KEY-06
/// Refuses: OIR-076, X-06, S-KEY-06
#[test]
fn s_key_06_private_key_jwt_needs_keys() {
    let method = of(METHOD, "private_key_jwt");
    let _ = accepts(with(method.clone(), keys(&[p256()])));
    let _ = accepts(with(method.clone(), json!({ "jwks_uri": "https://app.example.org/keys" })));
    refuses(method.clone(), METHOD, "key-auth-needs-keys", "needs jwks or jwks_uri");
    let encrypts = with(p256(), json!({ "use": "enc" }));
    refuses(with(method.clone(), keys(&[encrypts])), METHOD, "keys.signing", "needs a signing key");
    refuses(with(method.clone(), keys(&[])), METHOD, "keys.signing", "needs a signing key");
    let verifies = with(p256(), json!({ "key_ops": ["deriveKey"] }));
    refuses(with(method.clone(), keys(&[verifies])), METHOD, "keys.signing", "needs a signing key");
    let agrees = json!({ "kty": "OKP", "crv": "X25519", "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08" });
    refuses(with(method, keys(&[agrees])), METHOD, "keys.signing", "needs a signing key");
}

/// Accepts: MTLS-001, X-06
/// Refuses: MTLS-001, X-06
#[test]
fn one_certificate_name() {
    let method = of(METHOD, "tls_client_auth");
    let names = [
        ("tls_client_auth_subject_dn", "CN=client,O=Example"),
        ("tls_client_auth_san_dns", "app.example.org"),
        ("tls_client_auth_san_uri", "https://app.example.org/id"),
        ("tls_client_auth_san_ip", "192.0.2.7"),
        ("tls_client_auth_san_email", "ops@example.org"),
    ];
    for (name, value) in names {
        let (_, answer) = accepts(with(method.clone(), of(name, value)));
        assert_eq!(answer[name], value);
    }
    for ((one, first), (other, second)) in names.into_iter().zip(names.into_iter().skip(1)) {
        let both = with(method.clone(), json!({ one: first, other: second }));
        refuses(both, other, "tls_names.one", "exactly one name");
    }
    refuses(method, METHOD, "mtls-needs-subject", "exactly one of");
}

/// Accepts: MTLS-002
/// Refuses: MTLS-002
#[test]
fn syntax_of_certificate_names() {
    for (name, good, bad) in [
        ("tls_client_auth_subject_dn", "1.3.6.1.4=#0401,CN=Before\\0dAfter", "client"),
        ("tls_client_auth_subject_dn", "CN=Smith\\, J,C=GB", "CN=a;C=GB"),
        ("tls_client_auth_san_dns", "a-1.example.org", "app_1.example.org"),
        ("tls_client_auth_san_dns", "app", "-app.example.org"),
        ("tls_client_auth_san_uri", "urn:example:client", "client"),
        ("tls_client_auth_san_ip", "2001:db8::7", "2001:db8::7::1"),
        ("tls_client_auth_san_ip", "192.0.2.7", "192.0.2.07"),
        ("tls_client_auth_san_ip", "::ffff:192.0.2.7", "192.0.2.7:443"),
        ("tls_client_auth_san_email", "a.b@example.org", "example.org"),
    ] {
        let client = |value: &str| json!({ METHOD: "tls_client_auth", name: value });
        let _ = accepts(client(good));
        refuses(client(bad), name, "tls_names.syntax", "must be");
    }
}

/// DEC-36
#[test]
fn certificate_names_of_other_methods_are_dropped() {
    let name = "tls_client_auth_subject_dn";
    let (_, answer) = accepts(of(name, "CN=client"));
    assert_eq!(answer.get(name), None);
    let (_, answer) = accepts(json!({ METHOD: "tls_client_auth", name: "CN=client" }));
    assert_eq!(answer[name], "CN=client");
}

/// Accepts: MTLS-004, MTLS-005, DPOP-001, PAR-001
/// Refuses: MTLS-004, MTLS-005, DPOP-001, PAR-001
#[test]
fn flags() {
    for name in [
        "tls_client_certificate_bound_access_tokens",
        "use_mtls_endpoint_aliases",
        "dpop_bound_access_tokens",
        "require_pushed_authorization_requests",
        "require_signed_request_object",
    ] {
        for value in [true, false] {
            let (_, answer) = accepts(of(name, value));
            assert_eq!(answer[name], value, "{name}");
        }
        let (_, answer) = accepts(json!({ METHOD: "none", name: true }));
        assert_eq!(answer[name], true, "{name}");
        let (_, answer) = accepts(json!({}));
        assert!(answer.get(name).is_none_or(|value| *value == false), "{name}");
        for wrong in [json!("true"), json!(1), json!([true])] {
            assert_refused(&json!({ name: wrong }), name);
        }
    }
}

/// Accepts: DPOP-002, DEC-37, X-19, X-20
/// Refuses: DPOP-002, DEC-37, X-19, X-20
#[test]
fn sender_constraints() {
    let (dpop, tls) = ("dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens");
    let _ = accepts(json!({ dpop: true, tls: false }));
    let _ = accepts(json!({ dpop: false, tls: true }));
    refuses(json!({ dpop: true, tls: true }), dpop, "one-sender-constraint", "must not be true together");
    for flag in [dpop, tls] {
        let client = |response: &str| {
            json!({
                flag: true,
                "response_types": [response],
                "grant_types": ["authorization_code", "implicit"],
            })
        };
        let _ = accepts(client("code id_token"));
        let rule = "bound-tokens-not-in-front-channel";
        refuses(client("code token"), "response_types", rule, "must not include token");
    }
}

/// Accepts: X-22, PAR-001
/// Refuses: X-22, PAR-001
#[test]
fn pushed_requests_by_two_names() {
    let standard = "require_pushed_authorization_requests";
    let both = |one: bool, other: bool| json!({ "require_par": one, standard: other });
    for value in [true, false] {
        let _ = accepts(both(value, value));
        let message = "must equal require_pushed_authorization_requests";
        let rule = if value { "par-one-way" } else { "par-other-way" };
        refuses(both(value, !value), "require_par", rule, message);
    }
}

/// Accepts: JAR-001, DEC-34, X-12, OIR-021
/// Refuses: JAR-001, DEC-34, X-12, OIR-021
#[test]
fn signed_request_objects() {
    let name = "request_object_signing_alg";
    let _ = accepts(of(name, "none"));
    let _ = accepts(json!({ "require_signed_request_object": false, name: "none" }));
    let _ = accepts(json!({ "require_signed_request_object": true }));
    let _ = accepts(json!({ "require_signed_request_object": true, name: "HS256" }));
    refuses(
        json!({ "require_signed_request_object": true, name: "none" }),
        name,
        "request-object-not-none",
        "must not be none",
    );
}

/// Accepts: JAR-002, S-KEY-06, S-KEY-07
/// Refuses: JAR-002, S-KEY-06, S-KEY-07
#[test]
fn s_key_07_request_objects_need_a_key() {
    let name = "request_object_signing_alg";
    let _ = accepts(with(of(name, "ES256"), keys(&[rsa_with_id(), p256_with_id()])));
    let _ = accepts(with(of(name, "RS256"), json!({ "jwks_uri": "https://app.example.org/keys" })));
    let message = "needs a key of the client that signs with ES256";
    refuses(of(name, "ES256"), name, "alg.signing_key", message);
    refuses(with(of(name, "ES256"), keys(&[rsa()])), name, "alg.signing_key", message);
    let encrypts = with(p256(), json!({ "use": "enc" }));
    refuses(with(of(name, "ES256"), keys(&[encrypts])), name, "alg.signing_key", message);
    let other = with(rsa(), json!({ "alg": "PS256" }));
    refuses(with(of(name, "RS256"), keys(&[other])), name, "alg.signing_key", "signs with RS256");
}

fn rsa_with_id() -> Value {
    with(rsa(), json!({ "kid": "r" }))
}

fn p256_with_id() -> Value {
    with(p256(), json!({ "kid": "e" }))
}

/// The pairs of members that ask for encryption to the client.
const TO_CLIENT: [&str; 4] = ["id_token", "userinfo", "authorization", "introspection"];

/// Accepts: OIR-019, X-07, JARM-001, INT-001
/// Refuses: OIR-019, X-07, JARM-001, INT-001
#[test]
fn encryption_has_an_algorithm_and_a_content_encryption() {
    let pairs = TO_CLIENT
        .map(|name| (format!("{name}_encrypted_response_alg"), format!("{name}_encrypted_response_enc")))
        .into_iter()
        .chain(
            ["nfv_token", "tx_token"].map(|name| {
                (format!("{name}_encrypted_response_alg"), format!("{name}_encrypted_response_enc"))
            }),
        )
        .chain([("request_object_encryption_alg".to_owned(), "request_object_encryption_enc".to_owned())]);
    for (alg, enc) in pairs {
        let client = |members: Value| with(keys(&[rsa()]), members);
        let (_, answer) = accepts(client(of(&alg, "RSA-OAEP")));
        assert_eq!(answer[&enc], "A128CBC-HS256", "{enc}");
        let (_, answer) = accepts(client(json!({ &alg: "RSA-OAEP-256", &enc: "A256GCM" })));
        assert_eq!(answer[&enc], "A256GCM", "{enc}");
        let (_, answer) = accepts(json!({}));
        assert_eq!((answer.get(&alg), answer.get(&enc)), (None, None));
        // What is encrypted is signed first, with RS256 unless said otherwise.
        let signed = format!("{}_signed_response_alg", alg.trim_end_matches("_encrypted_response_alg"));
        if signed.starts_with("authorization") || signed.starts_with("introspection") {
            let (_, answer) = accepts(client(of(&alg, "RSA-OAEP")));
            assert_eq!(answer[&signed], "RS256");
            let (_, answer) = accepts(client(json!({ &alg: "RSA-OAEP", &signed: "ES256" })));
            assert_eq!(answer[&signed], "ES256");
        }
        assert_refused(&client(of(&enc, "A256GCM")), &alg);
    }
    assert_refused(&of("tx_token_encrypted_response_enc", "A128GCM"), "tx_token_encrypted_response_alg");
}

/// Accepts: X-08, S-KEY-06, JOSE-024
/// Refuses: X-08, S-KEY-06, JOSE-024
#[test]
fn s_key_06_encryption_needs_a_key() {
    for name in TO_CLIENT {
        let name = format!("{name}_encrypted_response_alg");
        let client = |own: Value| with(of(&name, "ECDH-ES"), own);
        let _ = accepts(client(keys(&[p256()])));
        let _ = accepts(client(keys(&[with(p256(), json!({ "use": "enc" }))])));
        let _ = accepts(client(json!({ "jwks_uri": "https://app.example.org/keys" })));
        let message = "needs a key of the client to encrypt to";
        refuses(client(json!({})), &name, "alg.encryption_key", message);
        let signs = keys(&[with(p256(), json!({ "use": "sig" }))]);
        refuses(client(signs), &name, "alg.encryption_key", message);
        for op in ["verify", "sign"] {
            let signs = keys(&[with(p256(), json!({ "key_ops": [op] }))]);
            refuses(client(signs), &name, "alg.encryption_key", message);
        }
        let _ = accepts(client(keys(&[with(p256(), json!({ "key_ops": ["deriveKey"] }))])));
        refuses(client(keys(&[])), &name, "alg.encryption_key", message);
        let edwards =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        refuses(client(keys(&[edwards])), &name, "alg.encryption_key", message);
    }
    // These the server decrypts, with its own key.
    let _ = accepts(of("request_object_encryption_alg", "RSA-OAEP"));
}

/// Accepts: OIR-017, X-10, DEC-35
/// Refuses: OIR-017, X-10, DEC-35
#[test]
fn unsigned_id_tokens() {
    let name = "id_token_signed_response_alg";
    let (_, answer) = accepts(json!({}));
    assert_eq!(answer[name], "RS256");
    let _ = accepts(of(name, "none"));
    for response in ["id_token", "code id_token", "code id_token token", "id_token token"] {
        let client = |alg: &str| {
            json!({
                name: alg,
                "response_types": [response, "code"],
                "grant_types": ["authorization_code", "implicit"],
            })
        };
        let _ = accepts(client("RS256"));
        refuses(client("none"), name, "id-token-none-needs-code", "must not be none");
    }
    let logout = |alg: &str| json!({ name: alg, "backchannel_logout_uri": "https://app.example.org/out" });
    let _ = accepts(logout("RS256"));
    refuses(logout("none"), name, "logout-token-not-none", "must not be none");
}

/// Accepts: OIR-018, JARM-001, INT-001, X-11
/// Refuses: JARM-001, INT-001, X-11
#[test]
fn never_unsigned() {
    for name in ["authorization_signed_response_alg", "introspection_signed_response_alg"] {
        let _ = accepts(of(name, "RS256"));
        assert_refused(&of(name, "none"), name);
    }
    let (_, answer) = accepts(json!({}));
    assert_eq!(answer.get("userinfo_signed_response_alg"), None);
    let _ = accepts(of("userinfo_signed_response_alg", "RS256"));
    let name = "backchannel_authentication_request_signing_alg";
    for alg in ["none", "HS256"] {
        assert_refused(&of(name, alg), name);
    }
}

/// Accepts: OIR-016
/// Refuses: OIR-016
#[test]
fn subject_types() {
    let (_, answer) = accepts(json!({}));
    assert_eq!(answer["subject_type"], "public");
    let _ = accepts(of("subject_type", "pairwise"));
    assert_refused(&of("subject_type", "private"), "subject_type");
    let pairwise = server(json!({ "subjectTypesSupported": ["pairwise"] }));
    assert_eq!(accepts_at(&pairwise, &json!({})).1["subject_type"], "pairwise");
    assert!(register(&pairwise, &of("subject_type", "public")).is_err());
}

/// Accepts: JOSE-020, JOSE-021, JOSE-022, JOSE-023
/// Refuses: JOSE-020, JOSE-021, JOSE-022, JOSE-023
#[test]
fn names_of_algorithms() {
    for alg in
        ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA", "HS256"]
    {
        let _ = accepts(of("id_token_signed_response_alg", alg));
    }
    for alg in ["rs256", "RS-256", "SHA256", "RS256 ", "HS1", "RSA-OAEP"] {
        assert_refused(&of("id_token_signed_response_alg", alg), "id_token_signed_response_alg");
    }
    let name = "id_token_encrypted_response_alg";
    for alg in ["RSA-OAEP", "RSA-OAEP-256"] {
        let _ = accepts(with(of(name, alg), keys(&[rsa()])));
    }
    for alg in ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"] {
        let _ = accepts(with(of(name, alg), keys(&[p256()])));
    }
    for alg in ["RSA1_5", "RSA-OAEP-1", "ES256", "rsa-oaep", "none"] {
        assert_refused(&with(of(name, alg), keys(&[rsa()])), name);
    }
    let pair = |enc: &str| json!({ name: "dir", "id_token_encrypted_response_enc": enc });
    for enc in ["A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"] {
        let _ = accepts(pair(enc));
    }
    for enc in ["A128CBC+HS256", "A256CBC", "a128gcm"] {
        assert_refused(&pair(enc), "id_token_encrypted_response_enc");
    }
}

/// Accepts: DISC-001, DISC-005
/// Refuses: DISC-001
#[test]
fn discovery_lists_what_can_be_registered() {
    let lists = [
        (
            "idTokenSigningAlgValuesSupported",
            "id_token_signing_alg_values_supported",
            "id_token_signed_response_alg",
        ),
        (
            "userInfoSigningAlgValuesSupported",
            "userinfo_signing_alg_values_supported",
            "userinfo_signed_response_alg",
        ),
        (
            "authorizationSigningAlgValuesSupported",
            "authorization_signing_alg_values_supported",
            "authorization_signed_response_alg",
        ),
        (
            "introspectionSigningAlgValuesSupported",
            "introspection_signing_alg_values_supported",
            "introspection_signed_response_alg",
        ),
    ];
    for (property, list, member) in lists {
        let server = server(of(property, vec!["ES256", "PS256"]));
        assert_eq!(server.discovery()[list], json!(["ES256", "PS256"]));
        let _ = accepts_at(&server, &of(member, "PS256"));
        match register(&server, &of(member, "RS256")) {
            Err(Error::Rejected(rejection)) => assert_eq!(rejection.violations[0].field, member),
            other => panic!("{other:?}"),
        }
    }
    // With RS256 not offered, another takes its place as the default.
    let server = server(of("idTokenSigningAlgValuesSupported", vec!["HS256", "ES256"]));
    assert_eq!(accepts_at(&server, &json!({})).1["id_token_signed_response_alg"], "ES256");
}

/// Every value that is listed can be registered.
///
/// Accepts: DISC-005
#[test]
fn discovery_lists_nothing_else() {
    let server = server(json!({ "authorizationSigningAlgValuesSupported": ["none", "RS256"] }));
    let discovery = server.discovery();
    assert_eq!(discovery["authorization_signing_alg_values_supported"], json!(["RS256"]));
    for (list, member) in [
        ("id_token_signing_alg_values_supported", "id_token_signed_response_alg"),
        ("userinfo_signing_alg_values_supported", "userinfo_signed_response_alg"),
        ("introspection_signing_alg_values_supported", "introspection_signed_response_alg"),
        ("request_object_encryption_alg_values_supported", "request_object_encryption_alg"),
        ("id_token_encryption_alg_values_supported", "id_token_encrypted_response_alg"),
    ] {
        for value in discovery[list].as_array().unwrap() {
            let members =
                with(json!({ member: value }), json!({ "jwks_uri": "https://client.example/jwks" }));
            let _ = accepts_at(&server, &members);
            assert_ne!(value, "RSA1_5", "{list}");
        }
    }
    let list = "token_endpoint_auth_signing_alg_values_supported";
    assert!(!discovery[list].as_array().unwrap().contains(&json!("none")));
}
