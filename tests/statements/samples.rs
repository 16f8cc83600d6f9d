//! The samples of Janssen's documentation, at the times that they are from.

use oauth_dcr::testing::ManualClock;
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// The statement inside the sample of a signed request: HS256, issuer `empty`.
const STATEMENT: &str = concat!(
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJlbXB0eSIsInN1YiI6IjEyMzQ1Njc4OTAiLCJuYW1lIjoiSm9",
    "obiBEb2UiLCJhZG1pbiI6dHJ1ZSwic2NvcGUiOiJzY29wZTEgc2NvcGUyIiwiY2xhaW1zIjoiY2xhaW0xIGNsYWltMiIsIml",
    "hdCI6MTY2OTgwNjc2MywiZXhwIjoxNjY5ODEwMzYzfQ.db0WQh2lmHkNYCWT8tSW684hqWTPJDTElppy42XM_lc",
);

/// When that statement was issued, and when it expires.
const ISSUED: i64 = 1_669_806_763;
const EXPIRES: i64 = 1_669_810_363;

/// The sample of `dcrSsaValidationConfigs`.
const ENTRIES: &str = r#"[ {
  "id" : "735ee1c0-895d-4398-9c1b-9ad852257cc0",
  "type" : "DCR",
  "scopes" : [ "read", "write" ],
  "allowedClaims" : [ "exp", "iat" ],
  "jwks" : "{jwks here}",
  "issuers" : [ "Acme" ],
  "sharedSecret" : "secret"
}, {
  "id" : "7907cd0b-0f9f-4b4f-aaa2-0d0614546246",
  "type" : "SSA",
  "scopes" : [ "my_read", "my_write" ],
  "allowedClaims" : [ "test_exp", "test_iat" ],
  "jwks" : "{jwks here}",
  "issuers" : [ "jans-auth" ],
  "sharedSecret" : "secret"
}, {
  "id" : "1e95c9b1-04d0-4440-9362-88f4e1e62d76",
  "type" : "SSA",
  "jwks" : "{jwks here}",
  "issuers" : [ "empty" ],
  "sharedSecret" : "secret"
} ]"#;

/// The sample with keys in the places that were left for them.
fn entries() -> Value {
    let keys = DIRECTORY.set().to_string().replace('"', "\\\"");
    serde_json::from_str(&ENTRIES.replace("{jwks here}", &keys)).unwrap()
}

fn at(server: &Server, time: i64) {
    server.clock.set(ManualClock::START);
    server.clock.advance(time - NOW);
}

/// The sample as it stands has no keys, and says so.
#[test]
fn the_sample_entries_need_keys() {
    let entries: Value = serde_json::from_str(ENTRIES).unwrap();
    let problems = problems(json!({ "dcrSsaValidationConfigs": entries }));
    for index in 0..3 {
        let expected = format!(
            "dcrSsaValidationConfigs[{index}].jwks: must be a JWK Set: an object with an array `keys`, or a \
             text holding one"
        );
        assert!(problems.contains(&expected), "{problems:?}");
    }
}

/// With keys the sample works, short secret included, which is reported for each entry that has it.
#[test]
fn the_sample_entries_work() {
    let server = server(json!({
        "softwareStatementValidationType": "builtin", "dcrSsaValidationConfigs": entries(),
    }));
    let warned = server.registrar.warnings().iter();
    let short = warned.filter(|warning| warning.message.contains("shorter than 32 bytes"));
    let places: Vec<&str> = short.map(|warning| &*warning.property).collect();
    assert_eq!(places, [0, 1, 2].map(|index| format!("dcrSsaValidationConfigs[{index}].sharedSecret")));

    for iss in ["empty", "jans-auth"] {
        let claims = claims(json!({ "iss": iss, "client_name": "Attested", "scope": "my_read admin" }));
        for token in [DIRECTORY.sign(&claims), hmac("HS256", "secret", &claims)] {
            let answer = server.accepts(server.present(token));
            // The second entry only lets claims through that are no metadata.
            let name = if iss == "empty" { json!("Attested") } else { json!(null) };
            assert_eq!(answer["client_name"], name);
            let scope = if iss == "empty" { json!("my_read admin") } else { json!(null) };
            assert_eq!(answer["scope"], scope);
        }
        for forged in [FORGER.sign(&claims), hmac("HS256", "Secret", &claims)] {
            server.refuses(server.present(forged), INVALID, NOT_VERIFIED);
        }
    }
    // The entry of type DCR is for signed requests.
    server.refuses(server.present(statement(json!({ "iss": "Acme" }))), INVALID, UNTRUSTED);
}

/// The sample's signature was not made with the secret that is printed next to it.
#[test]
fn the_sample_statement_is_not_signed_with_the_sample_secret() {
    let server = server(json!({
        "softwareStatementValidationType": "builtin", "dcrSsaValidationConfigs": entries(),
    }));
    at(&server, ISSUED);
    server.refuses(server.present(STATEMENT), INVALID, NOT_VERIFIED);
    // The same claims, signed with it.
    let (input, _) = STATEMENT.rsplit_once('.').unwrap();
    let payload = String::from_utf8(decode(input.split_once('.').unwrap().1)).unwrap();
    let token = hmac_text(r#"{"typ":"JWT","alg":"HS256"}"#, "HS256", b"secret", &payload);
    let answer = server.accepts(server.present(&token));
    assert_eq!((&answer["scope"], &answer["claims"]), (&json!("scope1 scope2"), &json!("claim1 claim2")));
    assert_eq!(answer["software_statement"], token);
}

/// The sample where nothing is verified: its metadata counts, in its time.
#[test]
fn the_sample_statement_counts_in_its_time() {
    let server = server(json!({ "softwareStatementValidationType": "NONE" }));
    for time in [ISSUED - 60, ISSUED, EXPIRES, EXPIRES + 59] {
        at(&server, time);
        let answer = server.accepts(server.present(STATEMENT));
        assert_eq!(answer["software_statement"], STATEMENT);
        assert_eq!(answer["scope"], "scope1 scope2");
        assert_eq!(answer["claims"], "claim1 claim2");
        for name in ["iss", "sub", "name", "admin", "iat", "exp"] {
            assert_eq!(answer.get(name), None, "{name}");
            assert_eq!(server.record(&answer).get(name), None, "{name}");
        }
    }
    for (time, message) in [
        (ISSUED - 61, "the claim iat is in the future"),
        (EXPIRES + 60, "the claim exp has passed"),
        (NOW, "the claim exp has passed"),
    ] {
        at(&server, time);
        server.refuses(server.present(STATEMENT), INVALID, &format!("software_statement: {message}"));
    }
}

/// The claims of the sample of a signed request.
fn sample_request() -> Value {
    json!({
        "iss": "Amazon TPPID", "iat": 1_492_760_444, "exp": 1_524_296_444, "aud": "https://authn.gluu.org",
        "scope": "openid makepayment", "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"], "id_token_signed_response_alg": "ES256",
        "request_object_signing_alg": "ES256", "software_id": "65d1f27c-4aea-4549-9c21-60e495a7a86f",
        "software_statement": STATEMENT,
    })
}

/// The sample request and the statement in it are of different years: each is refused in the other's time.
///
/// Accepts: JOSE-010, JOSE-011
/// Refuses: JOSE-010, JOSE-011
#[test]
fn the_sample_request() {
    let key = Key::new("ES256", "ABCD1234");
    let header = json!({ "typ": "JWT", "alg": "ES256", "kid": "ABCD1234" });
    let server = server(json!({
        "issuer": "https://authn.gluu.org",
        "dcrSignatureValidationEnabled": true,
        "softwareStatementValidationType": "none",
        "dcrSsaValidationConfigs": [
            { "id": "amazon", "type": "DCR", "issuers": ["Amazon TPPID"], "jwks": key.set().to_string() }
        ],
    }));
    let send = |claims: &Value| server.register_signed(key.sign_as(&header, claims));
    at(&server, 1_492_760_444);
    let early = "software_statement: the claim iat is in the future";
    server.refuses(send(&sample_request()), INVALID, early);
    at(&server, ISSUED);
    server.refuses(send(&sample_request()), METADATA, "exp: has passed");

    // Alone, the sample lacks what its own grants and its own authentication need.
    at(&server, 1_492_760_444);
    let alone = without(sample_request(), "software_statement");
    let wire = server.refusal(send(&alone));
    assert!(wire.body.contains("redirect_uris: must be given"), "{}", wire.body);
    assert!(wire.body.contains("token_endpoint_auth_method: needs jwks or jwks_uri"), "{}", wire.body);
    let more = json!({ "redirect_uris": [REDIRECT], "jwks_uri": "https://tpp.example/jwks" });
    let whole = with(alone, more.clone());
    let answer = server.accepts(send(&whole));
    for (name, value) in
        without(without(without(without(whole, "iss"), "iat"), "exp"), "aud").as_object().unwrap()
    {
        assert_eq!(&answer[name], value, "{name}");
    }
    for name in ["iss", "iat", "exp", "aud"] {
        assert_eq!(answer.get(name), None, "{name}");
    }
    // With a statement of its own time, whose scope wins.
    let statement = hmac("HS256", "any", &json!({ "iss": "empty", "iat": 1_492_760_444, "scope": "scope1" }));
    let both = with(with(sample_request(), more), json!({ "software_statement": statement }));
    let answer = server.accepts(send(&both));
    assert_eq!((&answer["scope"], &answer["software_statement"]), (&json!("scope1"), &json!(statement)));
    assert_eq!(server.fetched(), [""; 0], "jwks_uri is not fetched at registration");
}

/// The sample of `trustedSsaIssuers`.
#[test]
fn the_sample_of_trusted_issuers() {
    let trusted: Value = serde_json::from_str(
        r#"{ "https://trusted.as.com": { "automaticallyGrantedScopes": [ "a", "b" ] },
             "https://another-trusted.as.com": { "automaticallyGrantedScopes": [ "d" ] } }"#,
    )
    .unwrap();
    let server = server(json!({ "softwareStatementValidationType": "none", "trustedSsaIssuers": trusted }));
    for (iss, scope) in [("https://trusted.as.com", "a b"), ("https://another-trusted.as.com", "d")] {
        assert_eq!(server.accepts(server.present(statement(json!({ "iss": iss }))))["scope"], scope);
    }
    server.refuses(server.present(STATEMENT), UNAPPROVED, UNTRUSTED);
}

/// The placeholders of the other samples are no tokens.
#[test]
fn placeholders_are_no_tokens() {
    let server = server(json!({ "softwareStatementValidationType": "none" }));
    let no_jws = "software_statement: is not a compact JWS of three parts";
    let request = json!({
        "redirect_uris": ["https://client.example.org/cab1"],
        "software_statement": "eyJ0eXAi........j3ouyeYOv8",
        "jwks_uri": "https://my.portal/portal/jwks",
    });
    server.refuses(server.register(&request), INVALID, no_jws);
    let signed = crate::support::server(json!({ "dcrSignatureValidationEnabled": true }));
    let no_jws = "the signed request is not a compact JWS of three parts";
    for body in [
        "eyJraWQiOiJrWTIyZXBUT......ueOg2HkjpggwAEP84jq9Q",
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJJREFtYX...",
    ] {
        signed.refuses(signed.register_signed(body), METADATA, no_jws);
    }
}
