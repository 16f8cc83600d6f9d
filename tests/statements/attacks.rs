//! Tokens that are not what they claim to be, through both doors: as a statement, and as a signed request.

use std::collections::HashSet;

use oauth_dcr::testing::run;
use oauth_dcr::{RegisterRequest, WireError};
use openssl::bn::BigNum;
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// A door: the key of an honest signer, and its claims.
type Make<'m> = &'m dyn Fn(&Key, &Value) -> String;

/// A server whose statements and requests are verified with these keys by value.
fn two_doors(statement_keys: Value, request_keys: Value) -> (Server, Server) {
    let by_statement = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwks": statement_keys }
        ],
    }));
    let by_request =
        server(json!({ "dcrSignatureValidationEnabled": true, "dcrSignatureValidationJwks": request_keys }));
    (by_statement, by_request)
}

/// The same with keys that are fetched: what is no problem of the configuration then.
fn two_fetching_doors(statement_keys: Value, request_keys: Value) -> (Server, Server) {
    let by_statement = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwksUri": ISSUER_KEYS }
        ],
    }));
    by_statement.network.insert(ISSUER_KEYS, statement_keys);
    let by_request = server(json!({
        "dcrSignatureValidationEnabled": true, "dcrSignatureValidationJwksUri": SOFTWARE_KEYS,
    }));
    by_request.network.insert(SOFTWARE_KEYS, request_keys);
    (by_statement, by_request)
}

/// Sends a token through both doors, which have the honest keys. Nothing is fetched or stored.
#[track_caller]
fn refused_everywhere(make: Make<'_>, fault: &str) {
    refused_with((DIRECTORY.set(), SOFTWARE.set()), make, fault);
}

/// The same with other keys. An empty fault stands for a signature that no key verifies.
#[track_caller]
fn refused_with((statement_keys, request_keys): (Value, Value), make: Make<'_>, fault: &str) {
    let (by_statement, by_request) = two_doors(statement_keys, request_keys);
    let (statement, signed) = if fault.is_empty() {
        (NOT_VERIFIED.to_owned(), REQUEST_NOT_VERIFIED.to_owned())
    } else {
        (format!("software_statement: {fault}"), format!("the signed request {fault}"))
    };
    let token = make(&DIRECTORY, &claims(json!({})));
    by_statement.refuses(by_statement.present(token), INVALID, &statement);
    by_statement.is_untouched();
    let token = make(&SOFTWARE, &request(json!({})));
    by_request.refuses(by_request.register_signed(token), METADATA, &signed);
    by_request.is_untouched();
}

/// Sends a token whose payload cannot be read through both doors.
#[track_caller]
fn unreadable_everywhere(make: Make<'_>, fault: &str) {
    let (by_statement, by_request) = two_doors(DIRECTORY.set(), SOFTWARE.set());
    let token = make(&DIRECTORY, &claims(json!({})));
    let description = format!("software_statement: its payload {fault}");
    by_statement.refuses(by_statement.present(token), INVALID, &description);
    by_statement.is_untouched();
    let token = make(&SOFTWARE, &request(json!({})));
    let description = format!("the payload of the signed request {fault}");
    by_request.refuses(by_request.register_signed(token), "invalid_request", &description);
    by_request.is_untouched();
}

const NO_JWS: &str = "is not a compact JWS of three parts";
const HEADER: &str = "has a malformed header";
const ALGORITHM: &str = "is signed with an algorithm that is not allowed";

/// A header with more members, signed as it should be.
fn with_header(members: &'static str) -> impl Fn(&Key, &Value) -> String {
    move |key, claims| {
        let header = format!(r#"{{"alg":"{}","kid":"{}",{members}}}"#, key.algorithm, key.kid);
        key.sign_text(&header, &claims.to_string())
    }
}

/// No signature, or an algorithm that nobody allowed, in any spelling. `rejectJwtWithNoneAlg` changes
/// nothing.
///
/// Refuses: S-JOSE-01, JOSE-003, JOSE-004
#[test]
fn s_jose_01_unsigned_tokens_and_odd_algorithms() {
    for alg in [
        "none", "None", "NONE", "nOnE", "", "es256", "Es256", "ES256 ", "ES257", "RS1", "dir", "HS256",
        "A256GCM",
    ] {
        println!("{alg}");
        let header = json!({ "alg": alg, "kid": "directory-1" });
        let signed = |key: &Key, claims: &Value| key.sign_as(&header, claims);
        if alg != "HS256" {
            refused_everywhere(&signed, ALGORITHM);
        }
        let unsigned = |_: &Key, claims: &Value| {
            format!("{}.{}.", encode(header.to_string()), encode(claims.to_string()))
        };
        refused_everywhere(&unsigned, NO_JWS);
        let two_parts = |_: &Key, claims: &Value| {
            format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
        };
        refused_everywhere(&two_parts, NO_JWS);
    }
    for header in ["{}", r#"{"alg":null}"#, r#"{"alg":256}"#, r#"{"alg":["ES256"]}"#, r#"{"typ":"JWT"}"#] {
        refused_everywhere(&|key, claims| key.sign_text(header, &claims.to_string()), HEADER);
    }
    let lax = server(with(directory_config(), json!({ "rejectJwtWithNoneAlg": false })));
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(claims(json!({})).to_string()));
    lax.refuses(lax.present(&unsigned), INVALID, &format!("software_statement: {NO_JWS}"));
    // Also where nothing is verified.
    let nothing = server(json!({ "softwareStatementValidationType": "none" }));
    nothing.refuses(nothing.present(unsigned), INVALID, &format!("software_statement: {NO_JWS}"));
}

/// An algorithm of the list that is not the key's.
///
/// Refuses: S-JOSE-01, JOSE-003, JOSE-005
#[test]
fn algorithms_that_are_not_the_keys() {
    for alg in ASYMMETRIC.into_iter().filter(|alg| *alg != "ES256") {
        refused_everywhere(&|key, claims| key.sign_as(&json!({ "alg": alg, "kid": key.kid }), claims), "");
        refused_everywhere(&|key, claims| key.sign_as(&json!({ "alg": alg }), claims), "");
    }
    // One RSA key, two paddings: the header says which.
    let rsa = Key::new("RS256", "rsa");
    for alg in ["PS256", "RS384", "RS512"] {
        let make = |_: &Key, claims: &Value| rsa.sign_as(&json!({ "alg": alg, "kid": "rsa" }), claims);
        refused_with((rsa.set(), rsa.set()), &make, "");
    }
    // A profile's own list, in which the algorithm is not.
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "test", "extends": ["standard"],
            "software_statement": { "issuers": [ { "iss": ["https://directory.example"],
                "jws": { "algs": ["PS256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] } }"#,
    );
    let refused = server.present(statement(json!({})));
    server.refuses(refused, INVALID, &format!("software_statement: {ALGORITHM}"));
}

/// A public key as the secret of an HMAC: as its JSON, its members, its DER and its PEM.
///
/// Refuses: S-JOSE-02, JOSE-005
#[test]
fn s_jose_02_a_public_key_is_no_secret() {
    let rsa = Key::new("RS256", "directory-1");
    let public = rsa.public();
    let number = |name: &str| BigNum::from_slice(&decode(public[name].as_str().unwrap())).unwrap();
    let built = openssl::rsa::Rsa::from_public_components(number("n"), number("e")).unwrap();
    let secrets = [
        public.to_string().into_bytes(),
        rsa.set().to_string().into_bytes(),
        public["n"].as_str().unwrap().as_bytes().to_vec(),
        decode(public["n"].as_str().unwrap()),
        built.public_key_to_der().unwrap(),
        built.public_key_to_der_pkcs1().unwrap(),
        built.public_key_to_pem().unwrap(),
        built.public_key_to_pem_pkcs1().unwrap(),
        Vec::new(),
    ];
    for secret in secrets {
        for alg in ["HS256", "HS384", "HS512"] {
            for header in [json!({ "alg": alg, "kid": "directory-1" }), json!({ "alg": alg })] {
                let token =
                    |claims: &Value| hmac_text(&header.to_string(), alg, &secret, &claims.to_string());
                // Where there are keys alone, an HMAC is not even an algorithm.
                let (by_statement, by_request) = two_doors(rsa.set(), rsa.set());
                let refused = by_statement.present(token(&claims(json!({}))));
                by_statement.refuses(refused, INVALID, &format!("software_statement: {ALGORITHM}"));
                assert!(by_request.register_signed(token(&request(json!({})))).is_err());
                // Where there is a secret as well, it is the only one.
                let both = server(json!({
                    "softwareStatementValidationType": "builtin",
                    "dcrSsaValidationConfigs": [{
                        "id": "a", "type": "SSA", "issuers": [ISSUER],
                        "jwks": rsa.set(), "sharedSecret": SECRET,
                    }],
                }));
                both.refuses(both.present(token(&claims(json!({})))), INVALID, NOT_VERIFIED);
            }
        }
    }
    // A symmetric key among public ones, which the configuration does not take, verifies nothing where it is
    // fetched.
    let symmetric =
        json!({ "keys": [{ "kty": "oct", "k": encode(SECRET), "kid": "directory-1", "alg": "HS256" }] });
    let fetched = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [{
            "id": "a", "type": "SSA", "issuers": [ISSUER], "jwksUri": ISSUER_KEYS, "sharedSecret": "another",
        }],
    }));
    fetched.network.insert(ISSUER_KEYS, symmetric);
    let header = json!({ "alg": "HS256", "kid": "directory-1" }).to_string();
    let token = hmac_text(&header, "HS256", SECRET.as_bytes(), &claims(json!({})).to_string());
    fetched.refuses(fetched.present(token), INVALID, NOT_VERIFIED);
}

/// A token that brings its own key, or says where one is.
///
/// Refuses: S-JOSE-03, JOSE-007, INV-7
#[test]
fn s_jose_03_keys_in_the_header_are_refused() {
    for (name, value) in [
        ("jwk", FORGER.public()),
        ("jwk", json!(null)),
        ("jku", json!("https://attacker.example/jwks")),
        ("jku", json!(ISSUER_KEYS)),
        ("x5u", json!("https://attacker.example/x5u")),
        ("x5c", json!(["MIIB"])),
        ("x5c", json!([])),
    ] {
        println!("{name} {value}");
        let fault = format!("has the header member {name}, which is refused");
        // Signed by the forger, and even by the honest key itself.
        for forger in [Some(&*FORGER), None] {
            let make = |key: &Key, claims: &Value| {
                let header = with(key.header(), json!({ name: value }));
                forger.unwrap_or(key).sign_as(&header, claims)
            };
            refused_everywhere(&make, &fault);
        }
    }
    // Thumbprints are names, not keys.
    refused_everywhere(
        &|key, claims| {
            FORGER.sign_as(&with(key.header(), json!({ "x5t": "AAAA", "x5t#S256": "AAAA" })), claims)
        },
        "",
    );
}

/// Extensions that are not understood, also an empty list of them, and payloads that are not encoded.
///
/// Refuses: S-JOSE-04, JOSE-006
#[test]
fn s_jose_04_extensions_are_refused() {
    for (members, name) in [
        (r#""crit":["exp"],"exp":1"#, "crit"),
        (r#""crit":[]"#, "crit"),
        (r#""crit":null"#, "crit"),
        (r#""crit":["b64"],"b64":false"#, "crit"),
        (r#""b64":false"#, "b64"),
        (r#""b64":true"#, "b64"),
    ] {
        refused_everywhere(&with_header(members), &format!("has the header member {name}, which is refused"));
    }
}

/// Names that stand twice, of which one reader would take the first and another the last.
///
/// Refuses: S-JOSE-05, S-JSON-03, JOSE-002
#[test]
fn s_jose_05_repeated_names_are_refused() {
    for header in [
        r#"{"alg":"none","alg":"ES256"}"#,
        r#"{"alg":"ES256","alg":"none"}"#,
        r#"{"alg":"ES256","\u0061lg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"a","kid":"b"}"#,
        r#"{"alg":"ES256","x":{"y":1,"y":2}}"#,
    ] {
        refused_everywhere(&|key, claims| key.sign_text(header, &claims.to_string()), HEADER);
    }
    let twice = |members: &'static str| {
        move |key: &Key, claims: &Value| {
            let payload = claims.to_string();
            let payload = format!("{},{members}}}", payload.strip_suffix('}').unwrap());
            key.sign_text(&key.header().to_string(), &payload)
        }
    };
    for (members, name) in [
        (r#""iss":"https://directory.example""#, "iss"),
        (r#""\u0069ss":"software""#, "iss"),
        (r#""client_name":"a","client_name":"b""#, "client_name"),
        (r#""client_name#fr":"a","client_name#fr":"b""#, "client_name#fr"),
        (r#""exp":1,"exp":9999999999"#, "exp"),
        (r#""unheard_of":1,"unheard_of":1"#, "unheard_of"),
        // Inside of values as well.
        (r#""jwks":{"keys":[],"keys":[]}"#, "keys"),
        (r#""unheard_of":{"a":1,"a":2}"#, "a"),
        (r#""unheard_of":[{"b":{"c":1,"\u0063":2}}]"#, "c"),
    ] {
        unreadable_everywhere(&twice(members), &format!("names the member `{name}` twice"));
    }
}

/// Headers and payloads that are no JSON objects.
///
/// Refuses: JOSE-001, S-JSON-06, S-JSON-09
#[test]
fn headers_and_payloads_are_objects() {
    for header in [
        "",
        "{",
        "[]",
        r#"["ES256"]"#,
        "null",
        r#""ES256""#,
        r#"{"alg":"ES256"}{}"#,
        r#"{"alg":"ES256"} x"#,
        "\u{feff}{\"alg\":\"ES256\"}",
        "{\"alg\":\"ES256\"}\0",
    ] {
        println!("{header}");
        let fault = if header.is_empty() { NO_JWS } else { HEADER };
        refused_everywhere(&|key, claims| key.sign_text(header, &claims.to_string()), fault);
    }
    let syntax = |line: u8, column: u8| format!("is not valid JSON (line {line}, column {column})");
    let no_object = "must be a JSON object".to_owned();
    let deep = format!(r#"{{"iss":"{ISSUER}","a":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    let wide: Vec<String> = (0..201).map(|number| format!("\"{number}\":0")).collect();
    for (payload, fault) in [
        ("{", syntax(1, 1)),
        ("[]", no_object.clone()),
        ("null", no_object.clone()),
        ("5", no_object.clone()),
        (r#""a""#, no_object),
        ("{}{}", syntax(1, 3)),
        (r#"{"iss":"a"} x"#, syntax(1, 13)),
        ("\u{feff}{}", syntax(1, 1)),
        ("{\"iss\":\"\n\"}", syntax(1, 8)),
        ("{'iss':1}", syntax(1, 2)),
        (&deep, "is nested deeper than 16 levels".to_owned()),
        (&format!("{{{}}}", wide.join(",")), "has more than 200 members".to_owned()),
    ] {
        println!("{payload}");
        unreadable_everywhere(&|key, _| key.sign_text(&key.header().to_string(), payload), &fault);
    }
    let not_utf8 = |key: &Key, _: &Value| {
        assemble(&key.header().to_string(), b"{\"iss\":\"\xe9\"}", |input| key.sign_bytes(input))
    };
    unreadable_everywhere(&not_utf8, "is not valid UTF-8");
}

/// The issuer is kept with the client, also where anybody may be one: no text that a database cannot hold.
///
/// S-JSON-10
#[test]
fn s_json_10_an_issuer_has_no_control_characters() {
    let server = server(json!({ "softwareStatementValidationType": "none" }));
    for iss in ["a\u{0}", "\u{0}", "https://a.example\n", "\u{7f}", "a\u{85}"] {
        let token = FORGER.sign(&claims(json!({ "iss": iss })));
        let description = "software_statement: the claim iss has a control character";
        server.refuses(server.present(token), INVALID, description);
    }
    server.is_untouched();
    server.accepts(server.present(FORGER.sign(&claims(json!({ "iss": "Ünïted \u{1f512}" })))));
}

/// A `kid` is only compared.
///
/// Refuses: S-JOSE-06, JOSE-007
#[test]
fn s_jose_06_a_kid_is_a_name_and_nothing_else() {
    for kid in [
        "../../../../dev/null",
        "/etc/passwd",
        "' OR '1'='1",
        "directory-1' --",
        "directory-1\u{0}",
        "DIRECTORY-1",
        "directory-1 ",
        "https://attacker.example/jwks",
        "$(id)",
        "",
    ] {
        refused_everywhere(&|key, claims| key.sign_as(&json!({ "alg": "ES256", "kid": kid }), claims), "");
    }
    refused_everywhere(
        &|key, claims| key.sign_as(&json!({ "alg": "ES256", "kid": "k".repeat(257) }), claims),
        "has a kid longer than 256 bytes",
    );
    for kid in ["null", "5", r#"["directory-1"]"#, "{}"] {
        let header = format!(r#"{{"alg":"ES256","kid":{kid}}}"#);
        refused_everywhere(&|key, claims| key.sign_text(&header, &claims.to_string()), HEADER);
    }
}

/// Which of several keys is tried: with a `kid` those of that name, at most four; without one the only one
/// that fits.
///
/// Accepts: S-JOSE-07, JOSE-008
/// Refuses: S-JOSE-07, JOSE-008
#[test]
fn s_jose_07_the_choice_of_keys() {
    let others: Vec<Key> = (0..5).map(|_| Key::new("ES256", "directory-1")).collect();
    let present = |keys: Vec<Value>, header: Value| {
        let server = server(json!({
            "softwareStatementValidationType": "builtin",
            "dcrSsaValidationConfigs": [
                { "id": "a", "type": "SSA", "issuers": [ISSUER], "jwks": { "keys": keys } }
            ],
        }));
        let result = server.present(DIRECTORY.sign_as(&header, &claims(json!({}))));
        let is_accepted = result.is_ok();
        if !is_accepted {
            server.refuses(result, INVALID, NOT_VERIFIED);
        }
        is_accepted
    };
    let (named, nameless) = (DIRECTORY.header(), json!({ "alg": "ES256" }));
    let own = DIRECTORY.public();
    let ed = Key::new("EdDSA", "directory-1").public();
    let same_name = |count: usize| -> Vec<Value> {
        others[..count].iter().map(Key::public).chain([own.clone()]).collect()
    };
    assert!(present(vec![own.clone()], named.clone()));
    assert!(present(vec![own.clone()], nameless.clone()));
    assert!(present(vec![without(own.clone(), "kid")], nameless.clone()));
    assert!(
        !present(vec![without(own.clone(), "kid")], named.clone()),
        "a key without a name has not this one"
    );
    assert!(present(same_name(3), named.clone()));
    assert!(!present(same_name(4), named.clone()), "five keys of one name");
    assert!(present(vec![ed.clone(), ed, own.clone()], named), "keys that do not fit do not count");
    assert!(!present(same_name(1), nameless.clone()), "two keys fit");
    assert!(present(vec![Key::new("ES384", "b").public(), own], nameless), "one of two fits");
}

/// A profile may demand a `kid`.
#[test]
fn a_profile_may_demand_a_kid() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "test", "extends": ["standard"],
            "software_statement": { "issuers": [ { "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "kid_required": true, "forbid_headers": ["x5t"],
                    "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] } }"#,
    );
    server.accepts(server.present(statement(json!({}))));
    let nameless = DIRECTORY.sign_as(&json!({ "alg": "ES256" }), &claims(json!({})));
    server.refuses(server.present(nameless), INVALID, NOT_VERIFIED);
    let named = DIRECTORY.sign_as(&with(DIRECTORY.header(), json!({ "x5t": "AAAA" })), &claims(json!({})));
    server.refuses(server.present(named), INVALID, &format!("software_statement: {HEADER}"));
}

/// A key that its set does not have: fetched once more, at most once in a minute, and found if it is there.
///
/// Accepts: S-JOSE-07, S-NET-11, JOSE-008
/// Refuses: S-JOSE-07, S-NET-11, JOSE-008
#[test]
fn an_unknown_key_is_fetched_once_more() {
    let server = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "SSA", "issuers": [ISSUER], "jwksUri": ISSUER_KEYS }
        ],
    }));
    let newer = Key::new("ES256", "directory-2");
    let by_newer = newer.sign(&claims(json!({})));
    server.accepts(server.present(statement(json!({}))));
    assert_eq!(server.fetched().len(), 1);
    // Too soon after the first fetch.
    server.refuses(server.present(&by_newer), INVALID, NOT_VERIFIED);
    assert_eq!(server.fetched().len(), 1);
    server.clock.advance(60);
    for _ in 0..5 {
        server.refuses(server.present(&by_newer), INVALID, NOT_VERIFIED);
    }
    assert_eq!(server.fetched().len(), 2);
    server.network.insert(ISSUER_KEYS, json!({ "keys": [newer.public()] }));
    server.clock.advance(59);
    server.refuses(server.present(&by_newer), INVALID, NOT_VERIFIED);
    server.clock.advance(1);
    server.accepts(server.present(&by_newer));
    assert_eq!(server.fetched().len(), 3);
    // The old key is gone with the new set. A forged signature under a known name causes no fetch.
    server.refuses(server.present(statement(json!({}))), INVALID, NOT_VERIFIED);
    server.clock.advance(60);
    let forged = Key::new("ES256", "directory-2").sign(&claims(json!({})));
    server.refuses(server.present(forged), INVALID, NOT_VERIFIED);
    assert_eq!(server.fetched().len(), 3);
}

/// A withdrawn key verifies nothing once its set is fetched again, and at once after a purge.
///
/// S-NET-12, S-SSA-14
#[test]
fn s_net_12_a_withdrawn_key_verifies_nothing() {
    let config = json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "SSA", "issuers": [ISSUER], "jwksUri": ISSUER_KEYS }
        ],
    });
    let server = server(config.clone());
    server.accepts(server.present(statement(json!({}))));
    server.network.insert(ISSUER_KEYS, json!({ "keys": [] }));
    server.clock.advance(599);
    server.accepts(server.present(statement(json!({}))));
    server.clock.advance(1);
    server.refuses(server.present(statement(json!({}))), INVALID, NOT_VERIFIED);

    let network = oauth_dcr::testing::StaticResolver::new().with(ISSUER_KEYS, DIRECTORY.set());
    let cache = oauth_dcr::CachedResolver::new(network.clone());
    let server = server_with(config, |builder| builder.jwks_resolver(cache.clone()));
    server.accepts(server.present(statement(json!({}))));
    network.insert(ISSUER_KEYS, json!({ "keys": [] }));
    cache.purge(&ISSUER_KEYS.parse().unwrap());
    server.refuses(server.present(statement(json!({}))), INVALID, NOT_VERIFIED);
}

/// Tokens in other forms: encrypted, in JSON, with another token inside, without a payload of their own, and
/// in parts that are no base64url.
///
/// Refuses: S-JOSE-08, JOSE-001, JOSE-015
#[test]
fn s_jose_08_other_forms_are_refused() {
    let part = |count: usize| {
        move |key: &Key, claims: &Value| {
            let token = key.sign(claims);
            let mut parts: Vec<&str> = token.split('.').collect();
            parts.resize(count, "AAAA");
            parts.join(".")
        }
    };
    for count in [1, 2, 4, 5, 6, 1000] {
        refused_everywhere(&part(count), NO_JWS);
    }
    let form = |change: fn(&str) -> String| move |key: &Key, claims: &Value| change(&key.sign(claims));
    let changes: [fn(&str) -> String; 12] = [
        |token| format!("{token}="),
        |token| format!("{token}=="),
        |token| format!("{token}."),
        |token| format!(".{token}"),
        |token| token.replacen('.', "..", 1),
        |token| token.replacen('.', " .", 1),
        |token| format!("{token}+/"),
        |token| format!("{token}\u{e9}"),
        |token| format!("{token}{token}"),
        |token| format!("{token},"),
        // Detached: nothing between the dots.
        |token| {
            let parts: Vec<&str> = token.split('.').collect();
            format!("{}..{}", parts[0], parts[2])
        },
        // The JSON serialization (RFC 7515 section 7.2.2).
        |token| {
            let parts: Vec<&str> = token.split('.').collect();
            json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] }).to_string()
        },
    ];
    for change in changes {
        refused_everywhere(&form(change), NO_JWS);
    }
    // A statement is a JSON string, which has no line breaks anywhere.
    let broken = |key: &Key, claims: Value| key.sign(&claims).replacen('.', ".\n", 1);
    let (by_statement, by_request) = two_doors(DIRECTORY.set(), SOFTWARE.set());
    let wire = by_statement.refusal(by_statement.present(broken(&DIRECTORY, claims(json!({})))));
    assert!(wire.status == 400 && wire.body.contains(INVALID), "{}", wire.body);
    let refused = by_request.register_signed(broken(&SOFTWARE, request(json!({}))));
    by_request.refuses(refused, METADATA, &format!("the signed request {NO_JWS}"));
    for (members, name) in [
        (r#""enc":"A256GCM""#, "enc"),
        (r#""zip":"DEF""#, "zip"),
        (r#""cty":"JWT""#, "cty"),
        (r#""cty":"application/json""#, "cty"),
    ] {
        refused_everywhere(&with_header(members), &format!("has the header member {name}, which is refused"));
    }
}

/// The last bits of a base64url text that stand for nothing must be zero: one token has one text.
///
/// Accepts: S-JOSE-12, JOSE-001
/// Refuses: S-JOSE-12, JOSE-001
#[test]
fn s_jose_12_a_token_has_one_text() {
    let (by_statement, _) = two_doors(DIRECTORY.set(), SOFTWARE.set());
    let token = statement(json!({}));
    by_statement.accepts(by_statement.present(&token));
    // 64 bytes are 86 characters, of whose last one four bits count for nothing.
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let place = alphabet.iter().position(|byte| *byte == last.as_bytes()[0]).unwrap();
    assert_eq!(place % 16, 0);
    for twin in 1..16 {
        let twin = format!("{rest}{}", char::from(alphabet[place + twin]));
        by_statement.refuses(by_statement.present(twin), INVALID, &format!("software_statement: {NO_JWS}"));
    }
}

/// Sizes, at the limit and beyond it, before anything is decoded.
///
/// Accepts: S-JOSE-09, JOSE-001
/// Refuses: S-JOSE-09, JOSE-001
#[test]
fn s_jose_09_sizes_are_bounded() {
    const LIMIT: usize = 32 * 1024;
    // A token of exactly this many bytes: a blank more in the header reaches the lengths that base64url
    // skips.
    let sized = |length: usize| {
        let header = DIRECTORY.header().to_string();
        let pads = (length / 4 * 3 - 400)..length;
        let sign = |blanks: usize, pad: usize| {
            let payload = claims(json!({ "pad": "x".repeat(pad) })).to_string();
            DIRECTORY.sign_text(&format!("{header}{}", " ".repeat(blanks)), &payload)
        };
        let found = (0..3).find_map(|blanks| {
            let mut tokens = pads.clone().map(|pad| sign(blanks, pad));
            tokens.find(|token| token.len() >= length).filter(|token| token.len() == length)
        });
        found.unwrap()
    };
    let server = directory_server();
    server.accepts(server.present(sized(LIMIT)));
    let too_long = format!("software_statement: is longer than {LIMIT} bytes");
    server.refuses(server.present(sized(LIMIT + 1)), INVALID, &too_long);
    server.refuses(server.present("A".repeat(LIMIT + 1)), INVALID, &too_long);
    server.refuses(server.present(".".repeat(LIMIT)), INVALID, &format!("software_statement: {NO_JWS}"));

    let padded = |key: &Key, claims: &Value| {
        key.sign_as(&with(key.header(), json!({ "pad": "x".repeat(4200) })), claims)
    };
    refused_everywhere(&padded, "has a header longer than 4096 bytes");

    // A signed request is bounded as any body is.
    let (_, by_request) = two_doors(DIRECTORY.set(), SOFTWARE.set());
    let limit = by_request.registrar.max_body_bytes();
    let wire = by_request.refusal(by_request.register_signed("A".repeat(limit + 1)));
    assert_eq!(wire.status, 413);
    by_request.refuses(
        by_request.register_signed(".".repeat(limit)),
        METADATA,
        &format!("the signed request {NO_JWS}"),
    );
}

/// A token of another kind, signed by the same issuer for somebody else.
///
/// Refuses: S-JOSE-10, JOSE-012, JOSE-013
#[test]
fn s_jose_10_other_kinds_of_token_are_refused() {
    for typ in
        ["at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "entity-statement+jwt"]
    {
        refused_everywhere(
            &|key, claims| key.sign_as(&with(key.header(), json!({ "typ": typ })), claims),
            "has the typ of another kind of token",
        );
    }
    // An ID token is for its client.
    let server = directory_server();
    let id_token =
        statement(json!({ "aud": "s6BhdRkqt3", "sub": "24400320", "nonce": "n", "auth_time": NOW }));
    let elsewhere = "software_statement: the claim aud must name this server";
    server.refuses(server.present(id_token), INVALID, elsewhere);
}

/// Keys that are not for this: by `use`, by `key_ops`, by `alg`.
///
/// Accepts: S-JOSE-11, JOSE-008, JOSE-034, JOSE-038
/// Refuses: S-JOSE-11, JOSE-008, JOSE-034, JOSE-038
#[test]
fn s_jose_11_keys_for_something_else_verify_nothing() {
    for members in [
        json!({ "use": "enc" }),
        json!({ "use": "tls" }),
        json!({ "use": "SIG" }),
        json!({ "use": 5 }),
        json!({ "key_ops": ["sign"] }),
        json!({ "key_ops": [] }),
        json!({ "key_ops": ["encrypt"] }),
        json!({ "key_ops": "verify" }),
        json!({ "use": "sig", "key_ops": ["verify", "encrypt"] }),
        json!({ "alg": "ES384" }),
        json!({ "alg": "es256" }),
        json!({ "alg": "ECDH-ES" }),
        json!({ "alg": "none" }),
        json!({ "alg": 256 }),
        json!({ "crv": "P-384" }),
        json!({ "kty": "RSA" }),
        json!({ "kty": "ec" }),
    ] {
        println!("{members}");
        let set = |key: &Key| json!({ "keys": [key.public_with(members.clone())] });
        let (by_statement, by_request) = two_fetching_doors(set(&DIRECTORY), set(&SOFTWARE));
        by_statement.refuses(by_statement.present(statement(json!({}))), INVALID, NOT_VERIFIED);
        let refused = by_request.register_signed(SOFTWARE.sign(&request(json!({}))));
        by_request.refuses(refused, METADATA, REQUEST_NOT_VERIFIED);
    }
    for members in [
        json!({ "use": "sig", "alg": "ES256", "key_ops": ["verify"] }),
        json!({ "x5c": ["MIIB"], "x5u": "https://attacker.example", "x5t": "AAAA", "unheard_of": {} }),
    ] {
        let (by_statement, by_request) = two_fetching_doors(
            json!({ "keys": [DIRECTORY.public_with(members.clone())] }),
            json!({ "keys": [SOFTWARE.public_with(members)] }),
        );
        by_statement.accepts(by_statement.present(statement(json!({}))));
        by_request.accepts(by_request.register_signed(SOFTWARE.sign(&request(json!({})))));
        assert_eq!(by_statement.fetched(), [ISSUER_KEYS], "certificates of a key are not fetched");
    }
}

/// One bad key of an issuer does not take away the others, and verifies nothing itself.
///
/// Accepts: S-KEY-02, S-KEY-03, S-KEY-09, JOSE-031
/// Refuses: S-KEY-02, S-KEY-03, S-KEY-09, JOSE-031
#[test]
fn s_key_09_one_bad_key_is_skipped() {
    let rsa = Key::new("RS256", "bad");
    let weak = [
        rsa.public_with(json!({ "e": "AQ" })),
        rsa.public_with(json!({ "e": "Aw" })),
        FORGER.public_with(json!({ "kid": "bad", "y": DIRECTORY.public()["y"] })),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": encode([0; 32]), "kid": "bad" }),
        json!({ "kty": "oct", "k": encode(SECRET), "kid": "bad" }),
        json!({ "kty": "unheard-of", "kid": "bad" }),
        json!("no key"),
        json!(null),
    ];
    let server = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "SSA", "issuers": [ISSUER], "jwksUri": ISSUER_KEYS }
        ],
    }));
    let mut keys = weak.to_vec();
    keys.push(DIRECTORY.public());
    server.network.insert(ISSUER_KEYS, json!({ "keys": keys }));
    server.accepts(server.present(statement(json!({}))));
    let by_bad = rsa.sign(&claims(json!({})));
    server.refuses(server.present(by_bad), INVALID, NOT_VERIFIED);
    // An RSA key with the exponent 1 verifies what anyone can write: the padded digest itself.
    let input_of = |alg: &str| {
        let header = json!({ "alg": alg, "kid": "bad" }).to_string();
        format!("{}.{}", encode(header), encode(claims(json!({})).to_string()))
    };
    let input = input_of("RS256");
    let digest = openssl::hash::hash(openssl::hash::MessageDigest::sha256(), input.as_bytes()).unwrap();
    let prefix = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ];
    let mut padded = vec![0xff; 256];
    padded[0] = 0;
    padded[1] = 1;
    padded[256 - 52] = 0;
    padded[256 - 51..256 - 32].copy_from_slice(&prefix);
    padded[256 - 32..].copy_from_slice(&digest);
    server.refuses(server.present(format!("{input}.{}", encode(padded))), INVALID, NOT_VERIFIED);
    // A point of small order verifies an empty signature.
    let input = input_of("EdDSA");
    let zero = [[1].as_slice(), &[0; 63]].concat();
    server.refuses(server.present(format!("{input}.{}", encode(zero))), INVALID, NOT_VERIFIED);
}

/// What becomes of a signature, with the key that made it.
type Change = fn(&Key, &[u8]) -> Vec<u8>;

/// Signatures that are none: empty, too short, too long, zeros, those of another token, in another form.
///
/// Refuses: S-JOSE-12, JOSE-014
#[test]
fn signatures_that_are_none() {
    let tampered = |change: Change| {
        move |key: &Key, claims: &Value| {
            let token = key.sign(claims);
            let (input, signature) = token.rsplit_once('.').unwrap();
            format!("{input}.{}", encode(change(key, &decode(signature))))
        }
    };
    let changes: [Change; 8] = [
        |_, _| vec![0; 64],
        |_, _| vec![0xff; 64],
        |_, _| vec![0],
        |_, signature| signature[..63].to_vec(),
        |_, signature| [signature, &[0]].concat(),
        |_, signature| [&signature[32..], &signature[..32]].concat(),
        |_, signature| [&[0; 32], &signature[32..]].concat(),
        |key, _| key.sign_bytes(b"another input"),
    ];
    for change in changes {
        refused_everywhere(&tampered(change), "");
    }
    // As DER, which is how most other protocols write them.
    let der = |key: &Key, claims: &Value| {
        let token = key.sign(claims);
        let (input, signature) = token.rsplit_once('.').unwrap();
        let signature = decode(signature);
        let part = |bytes: &[u8]| BigNum::from_slice(bytes).unwrap();
        let signature =
            openssl::ecdsa::EcdsaSig::from_private_components(part(&signature[..32]), part(&signature[32..]));
        format!("{input}.{}", encode(signature.unwrap().to_der().unwrap()))
    };
    refused_everywhere(&der, "");
}

/// One changed character anywhere in what is signed.
///
/// Refuses: JOSE-014
#[test]
fn tampered_tokens_are_refused() {
    let payload = |change: fn(&mut Value)| {
        move |key: &Key, claims: &Value| {
            let token = key.sign(claims);
            let parts: Vec<&str> = token.split('.').collect();
            let mut claims = claims.clone();
            change(&mut claims);
            format!("{}.{}.{}", parts[0], encode(claims.to_string()), parts[2])
        }
    };
    let changes: [fn(&mut Value); 4] = [
        |claims| claims["scope"] = json!("admin"),
        |claims| claims["redirect_uris"] = json!(["https://attacker.example/cb"]),
        |claims| claims["exp"] = json!(NOW + 10_000),
        |claims| claims["client_name"] = json!("Another"),
    ];
    for change in changes {
        refused_everywhere(&payload(change), "");
    }
    // The header is signed as well.
    for header in [
        json!({ "kid": "KID", "alg": "ES256" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "ES256", "kid": "KID", "x": 1 }),
    ] {
        let make = |key: &Key, claims: &Value| {
            let token =
                key.sign_text(&format!(r#" {{"alg":"ES256","kid":"{}"}}"#, key.kid), &claims.to_string());
            let header = header.to_string().replace("KID", key.kid);
            format!("{}.{}", encode(header), token.split_once('.').unwrap().1)
        };
        refused_everywhere(&make, "");
    }
}

/// The keys of one issuer do not speak for another: not by its own entry, and not by a `kid` that both have.
///
/// Accepts: JOSE-009, S-SSA-02, S-SSA-11
/// Refuses: JOSE-009, S-SSA-02, S-SSA-11
#[test]
fn inv_7_keys_speak_for_their_own_issuer() {
    let server = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "SSA", "issuers": ["https://a.example"], "jwks": DIRECTORY.set() },
            { "id": "b", "type": "SSA", "issuers": ["https://b.example"], "jwks": FORGER.set() },
            { "id": "c", "type": "SSA", "issuers": ["https://c.example"], "sharedSecret": SECRET },
            { "id": "d", "type": "SSA", "issuers": ["https://d.example"], "sharedSecret": "another secret" },
        ],
    }));
    let of = |iss: &str| claims(json!({ "iss": iss }));
    server.accepts(server.present(DIRECTORY.sign(&of("https://a.example"))));
    server.accepts(server.present(FORGER.sign(&of("https://b.example"))));
    server.accepts(server.present(hmac("HS256", SECRET, &of("https://c.example"))));
    for token in [
        FORGER.sign(&of("https://a.example")),
        DIRECTORY.sign(&of("https://b.example")),
        hmac("HS256", SECRET, &of("https://d.example")),
        hmac("HS256", "another secret", &of("https://c.example")),
    ] {
        server.refuses(server.present(token), INVALID, NOT_VERIFIED);
    }
}

/// Every reason for which no key verifies a token looks the same from outside: status, headers and body, for
/// statements and for requests.
///
/// S-ERR-05, S-NET-10
#[test]
fn s_err_05_failures_of_verification_look_the_same() {
    let unreachable = "https://directory.example/gone";
    let entry =
        |others: Value| with(json!({ "type": "SSA", "issuers": [ISSUER], "id": others.to_string() }), others);
    let config = |entry: Value| {
        let kind = json!({ "softwareStatementValidationType": "builtin" });
        with(kind, json!({ "dcrSsaValidationConfigs": [entry] }))
    };
    let honest = statement(json!({}));
    let (input, _) = honest.rsplit_once('.').unwrap();
    let cases = [
        (json!({ "jwks": DIRECTORY.set() }), FORGER.sign(&claims(json!({})))),
        (json!({ "jwks": DIRECTORY.set() }), format!("{input}.{}", encode([0; 64]))),
        (json!({ "jwks": DIRECTORY.set() }), format!("{input}.AA")),
        (json!({ "jwks": SOFTWARE.set() }), honest.clone()),
        (json!({ "jwks": { "keys": [] } }), honest.clone()),
        (json!({ "jwks": { "keys": [DIRECTORY.public_with(json!({ "use": "enc" }))] } }), honest.clone()),
        (
            json!({ "jwks": { "keys": [DIRECTORY.public(), FORGER.public()] } }),
            DIRECTORY.sign_as(&json!({ "alg": "ES256" }), &claims(json!({}))),
        ),
        (json!({ "jwks": Key::new("RS256", "directory-1").set() }), honest.clone()),
        (json!({ "jwksUri": unreachable }), honest.clone()),
        (json!({ "jwksUri": "https://directory.example/text" }), honest.clone()),
        (json!({ "jwksUri": SOFTWARE_KEYS }), honest.clone()),
        (
            json!({ "configurationEndpoint": unreachable, "configurationEndpointClaim": "jwks_uri" }),
            honest.clone(),
        ),
        (json!({}), honest),
        (json!({ "sharedSecret": SECRET }), hmac("HS256", "another", &claims(json!({})))),
        (json!({ "sharedSecret": SECRET }), hmac("HS512", "", &claims(json!({})))),
    ];
    let mut answers = HashSet::new();
    for (source, token) in cases {
        let server = server(config(entry(source)));
        server.network.insert("https://directory.example/text", json!("no keys"));
        answers.insert(text_of(&server.refusal(server.present(token))));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");

    let mut answers = HashSet::new();
    let honest = SOFTWARE.sign(&request(json!({})));
    let (input, _) = honest.rsplit_once('.').unwrap();
    for (properties, token) in [
        (json!({ "dcrSignatureValidationJwks": SOFTWARE.set() }), THIEF.sign(&request(json!({})))),
        (json!({ "dcrSignatureValidationJwks": SOFTWARE.set() }), format!("{input}.{}", encode([0; 64]))),
        (json!({ "dcrSignatureValidationJwks": DIRECTORY.set() }), honest.clone()),
        (json!({ "dcrSignatureValidationJwksUri": unreachable }), honest.clone()),
        (json!({ "dcrSignatureValidationJwksUri": ISSUER_KEYS }), honest.clone()),
        (json!({ "dcrSignatureValidationSharedSecret": SECRET }), honest.clone()),
        (
            json!({ "dcrSignatureValidationSharedSecret": SECRET }),
            hmac("HS256", "another", &request(json!({}))),
        ),
        (json!({ "dcrSignatureValidationSoftwareStatementJwksClaim": "keys" }), honest),
    ] {
        let server = server(with(json!({ "dcrSignatureValidationEnabled": true }), properties));
        answers.insert(text_of(&server.refusal(server.register_signed(token))));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
}

fn text_of(wire: &WireError) -> String {
    format!("{wire:?}")
}

/// Nothing that nobody signed reaches a policy, a hook or the store.
///
/// Refuses: S-JOSE-14, INV-5
#[test]
fn s_jose_14_what_nobody_signed_reaches_nobody() {
    let hook = KeyHook { statement_keys: Some(DIRECTORY.set()), ..KeyHook::default() };
    let server = server_with(json!({}), |builder| builder.script_hook(hook.clone()));
    let forged = FORGER.sign(&claims(json!({
        "sector_identifier_uri": "https://attacker.example/sector",
        "jwks_uri": "https://attacker.example/jwks",
    })));
    server.refuses(server.present(forged), INVALID, NOT_VERIFIED);
    assert_eq!(hook.methods(), ["software_statement_jwks"]);
    server.is_untouched();
}

/// Cheap checks come first: for what is refused anyway nothing is fetched.
///
/// S-NET-01, S-DOS-01, INV-5
#[test]
fn s_dos_01_nothing_is_fetched_for_what_is_refused_anyway() {
    let config = json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "SSA", "issuers": [ISSUER], "jwksUri": ISSUER_KEYS },
        ],
    });
    let server = server(config.clone());
    for request in [
        presenting("no token"),
        presenting(statement(json!({ "iss": "https://stranger.example" }))),
        presenting(DIRECTORY.sign_as(&json!({ "alg": "none" }), &claims(json!({})))),
        presenting(
            DIRECTORY.sign_as(&with(DIRECTORY.header(), json!({ "typ": "at+jwt" })), &claims(json!({}))),
        ),
        presenting(
            DIRECTORY.sign_as(&with(DIRECTORY.header(), json!({ "jku": ISSUER_KEYS })), &claims(json!({}))),
        ),
        presenting(hmac("HS256", SECRET, &claims(json!({})))),
        json!({ "software_statement": 5 }),
    ] {
        assert!(server.register(&request).is_err());
    }
    for body in ["", "{", "[]", r#"{"software_statement":"a","software_statement":"b"}"#] {
        assert!(server.register_text(body).is_err());
    }
    server.is_untouched();
    let off = crate::support::server(with(config.clone(), json!({ "dynamicRegistrationEnabled": false })));
    let wire = off.refusal(off.present(statement(json!({}))));
    assert_eq!(wire.status, 403);
    off.is_untouched();
    let signed = crate::support::server(with(config, json!({ "dcrSignatureValidationEnabled": true })));
    assert!(signed.register(&presenting(statement(json!({})))).is_err());
    signed.is_untouched();
}

/// A statement does not say which keys verify it, where an issuer's keys are known.
///
/// S-SSA-01, INV-7
#[test]
fn s_ssa_01_a_statement_does_not_name_its_own_keys() {
    let server = server(with(
        directory_config(),
        json!({
            "softwareStatementValidationClaimName": "jwks",
            "dcrSignatureValidationSoftwareStatementJwksClaim": "jwks",
            "dcrSignatureValidationSoftwareStatementJwksURIClaim": "jwks_uri",
        }),
    ));
    for named in [json!({ "jwks": FORGER.set() }), json!({ "jwks_uri": "https://attacker.example/jwks" })] {
        server.refuses(server.present(FORGER.sign(&claims(named))), INVALID, NOT_VERIFIED);
    }
    server.is_untouched();
}

/// For another server, and too old or too new.
///
/// S-SSA-03, S-SSA-04
#[test]
fn s_ssa_04_statements_for_another_place_or_time() {
    let server = directory_server();
    for (others, description) in [
        (json!({ "aud": "https://other.example" }), "aud must name this server"),
        (json!({ "aud": ["https://other.example"] }), "aud must name this server"),
        (json!({ "iat": NOW - 3600, "exp": NOW - 60 }), "exp has passed"),
        (json!({ "iat": NOW + 61 }), "iat is in the future"),
        (json!({ "nbf": NOW + 61 }), "nbf has not come yet"),
        (json!({ "iat": NOW, "exp": NOW - 1 }), "exp must be after iat"),
    ] {
        let refused = server.present(statement(others));
        server.refuses(refused, INVALID, &format!("software_statement: the claim {description}"));
    }
}

/// A client adds to what was vouched for.
///
/// S-SSA-07
#[test]
fn s_ssa_07_a_client_adds_nothing_to_what_was_vouched_for() {
    let attested = json!({
        "redirect_uris": ["https://attested.example/cb"], "scope": "accounts",
        "jwks_uri": "https://attested.example/jwks", "client_name": "Attested",
    });
    let token = statement(attested.clone());
    let wider = json!({
        "redirect_uris": ["https://attested.example/cb", "https://attacker.example/cb"],
        "scope": "accounts admin",
        "jwks_uri": "https://attacker.example/jwks", "client_name": "Other", "software_statement": token,
    });
    // By RFC 7591 the statement's values stand.
    let server = directory_server();
    let answer = server.accepts(server.register(&wider));
    for (name, value) in attested.as_object().unwrap() {
        assert_eq!(&answer[name], value, "{name}");
        assert_eq!(&server.record(&answer)[name], value, "{name}");
    }
    // A profile may refuse instead.
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "bounds", "extends": ["standard"],
            "software_statement": { "merge": "listed", "issuers": [ { "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] },
            "metadata": {
                "redirect_uris": { "from": { "statement": "redirect_uris", "relation": "bounds" } },
                "scope": { "from": { "statement": "scope", "relation": "bounds" } },
                "jwks_uri": { "from": { "statement": "jwks_uri", "relation": "equals" } },
                "client_name": { "from": { "statement": "client_name", "relation": "equals" } } } }"#,
    );
    let wire = server.refusal(server.register(&wider));
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    let description = body["error_description"].as_str().unwrap();
    for name in ["redirect_uris", "scope", "jwks_uri", "client_name"] {
        assert!(description.contains(&format!("{name}: must ")), "{description}");
    }
}

/// In a signed request the token is the whole request.
///
/// S-SSA-10
#[test]
fn s_ssa_10_members_outside_the_token_are_no_members() {
    let (_, server) = two_doors(DIRECTORY.set(), SOFTWARE.set());
    let token = SOFTWARE.sign(&request(json!({})));
    for body in [
        format!("{token}&scope=admin"),
        format!("{token} {{\"scope\":\"admin\"}}"),
        format!("{token}\n{token}"),
        format!("request={token}"),
        json!({ "request": token }).to_string(),
        format!("\"{token}\""),
        format!("Bearer {token}"),
    ] {
        server.refuses(server.register_signed(body), METADATA, &format!("the signed request {NO_JWS}"));
    }
    server.is_untouched();
}

/// A request that one software signed with the statement of another: the keys come from the statement.
///
/// S-SSA-11, SIG-002
#[test]
fn s_ssa_11_the_statement_of_another_software() {
    let server = server(with(
        directory_config(),
        json!({
            "dcrSignatureValidationEnabled": true,
            "dcrSignatureValidationSoftwareStatementJwksURIClaim": "software_jwks_uri",
        }),
    ));
    let thief_keys = "https://thief.example/jwks";
    server.network.insert(thief_keys, json!({ "keys": [THIEF.public_with(json!({ "kid": "thief" }))] }));
    let of_software = statement(json!({ "software_jwks_uri": SOFTWARE_KEYS, "client_name": "Software" }));
    let of_thief = statement(json!({ "software_jwks_uri": thief_keys, "software_id": "thief" }));
    let by_thief = |token: &str| {
        let header = json!({ "alg": "ES256", "kid": "thief" });
        server.register_signed(THIEF.sign_as(&header, &request(json!({ "software_statement": token }))))
    };
    server.accepts(by_thief(&of_thief));
    server.refuses(by_thief(&of_software), METADATA, REQUEST_NOT_VERIFIED);
    let honest = SOFTWARE.sign(&request(json!({ "software_statement": of_software })));
    assert_eq!(server.accepts(server.register_signed(honest))["client_name"], "Software");
}

/// A signed request sent again, kept too long, or meant for others: a profile for one-time requests.
///
/// S-SSA-12
#[test]
fn s_ssa_12_a_profile_for_one_time_requests() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "one-time", "extends": ["standard"],
            "request": { "media_types": { "application/jwt": "jws" },
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "SOFTWARE" } ],
                    "claims": { "required": ["iss", "iat", "exp", "aud", "jti"], "max_lifetime_s": 3600,
                        "aud_single": true, "equals": { "aud": ["$as.issuer"] },
                        "replay": "until_exp" } } } }"#,
    );
    let send = |others: Value| server.register_signed(SOFTWARE.sign(&request(others)));
    for (others, description) in [
        (json!({ "jti": null }), "jti: must be there"),
        (json!({ "jti": "1", "exp": NOW + 3601 }), "exp: is too long after iat"),
        (json!({ "jti": "1", "iat": null, "exp": NOW + 10 }), "iat: must be there"),
        (json!({ "jti": "1", "aud": [SERVER, "https://other.example"] }), "aud: must name this server alone"),
        (json!({ "jti": "1", "aud": "https://op.example.com/register" }), "aud: must name this server"),
    ] {
        server.refuses(send(others), METADATA, description);
    }
    server.accepts(send(json!({ "jti": "1", "exp": NOW + 3600 })));
    server.refuses(send(json!({ "jti": "1", "exp": NOW + 3600 })), METADATA, "jti: was used before");
}

/// What a statement says stays between the client and the server: not in `Debug`, not in refusals.
///
/// S-SSA-13, S-ERR-04, INV-11
#[test]
fn s_ssa_13_statements_stay_out_of_logs_and_refusals() {
    let canary = "canary-7d1f";
    let server = directory_server();
    let token = statement(json!({ "contacts": [format!("{canary}@attested.example")], "exp": canary }));
    let request = presenting(&token).to_string();
    let shown = format!("{:?}", RegisterRequest::from_body(request.as_bytes()));
    assert!(!shown.contains(&token), "{shown}");
    let forged = FORGER.sign(&claims(json!({ "sub": canary })));
    for (request, told) in [
        (presenting(&token), "exp must be a number of seconds"),
        (presenting(&forged), NOT_VERIFIED),
        (presenting(format!("{canary}.{canary}.{canary}")), "software_statement: "),
        (presenting(statement(json!({ "iss": canary }))), UNTRUSTED),
        (presenting(statement(json!({ "aud": canary }))), "aud must name this server"),
    ] {
        let error = server.register(&request).unwrap_err();
        let wire = server.registrar.wire_error(&error);
        assert!(wire.body.contains(told), "{}", wire.body);
        for text in [format!("{error:?}"), error.to_string(), wire.body] {
            let parts: Vec<&str> = token.split('.').collect();
            assert!(!text.contains(canary) && parts.iter().all(|part| !text.contains(part)), "{text}");
        }
    }
    let hook = KeyHook::default();
    assert!(!format!("{hook:?}").contains("eyJ"));
}

/// No body, however wrong, is more than a refusal: what strangers send never panics and never fails the
/// server.
///
/// INV-14
#[test]
fn inv_14_whatever_is_sent_is_only_refused() {
    let (by_statement, by_request) = two_doors(DIRECTORY.set(), SOFTWARE.set());
    let honest = [statement(json!({ "client_name": "\u{e9}" })), SOFTWARE.sign(&request(json!({})))];
    for (index, token) in honest.iter().enumerate() {
        for place in 0..token.len() {
            for byte in [b'.', b'A', b'=', b'"', 0, 0xff] {
                let mut bytes = token.clone().into_bytes();
                if bytes[place] == byte {
                    continue;
                }
                bytes[place] = byte;
                let result = if index == 0 {
                    let Ok(text) = String::from_utf8(bytes) else { continue };
                    by_statement.present(text)
                } else {
                    let request = RegisterRequest::from_body(&bytes).with_media_type("application/jwt");
                    run(by_request.registrar.register(request))
                };
                let server = if index == 0 { &by_statement } else { &by_request };
                let Err(error) = result else { panic!("accepted with another byte at {place}") };
                assert_eq!(server.registrar.wire_error(&error).status, 400);
            }
        }
    }
}
