//! Software statements that are not what they claim to be (RFC 7591 section 3.2.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// A statement that nobody signed.
fn statement(algorithm: &str, claims: &Value) -> String {
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    let header = json!({ "alg": algorithm }).to_string();
    format!("{}.{}.{}", encode(header.as_bytes()), encode(claims.to_string().as_bytes()), encode(&[7; 256]))
}

async fn present(server: &Server, statement: &Value) -> Answer {
    let metadata =
        json!({ "redirect_uris": ["https://app.example.org/cb"], "software_statement": statement });
    server.try_register(&metadata).await
}

fn trusting(issuer: &str) -> Value {
    json!({
        "dynamicRegistrationEnabled": true,
        "softwareStatementValidationType": "builtin",
        "trustedSsaIssuers": { issuer: {} },
        "dcrSsaValidationConfigs": [
            { "id": "directory", "type": "ssa", "issuers": [issuer], "jwks": { "keys": [] } }
        ]
    })
}

/// Refuses: R91-060, R91-062, R91-081, R91-085
#[tokio::test]
async fn statements_that_cannot_be_verified_are_invalid() {
    let issuer = "https://directory.example";
    let server = Server::configured("statements", &trusting(issuer));
    let good = json!({ "iss": issuer });
    let no_jws = "is not a compact JWS of three parts";
    let no_issuer = "must have the claim iss";
    for (statement, message) in [
        ("statement".to_owned(), no_jws),
        ("a.b".to_owned(), no_jws),
        ("a.b.c".to_owned(), no_jws),
        ("a.b.c.d.e".to_owned(), no_jws),
        (statement("RS256", &json!({})), no_issuer),
        (statement("RS256", &json!({ "iss": "" })), no_issuer),
        (statement("RS256", &good), "its signature could not be verified with the keys of its issuer"),
        (statement("HS256", &good), "is signed with an algorithm that is not allowed"),
        (statement("none", &good), "is signed with an algorithm that is not allowed"),
    ] {
        println!("{statement}");
        let answer = present(&server, &json!(statement)).await;
        answer.assert_error(400, "invalid_software_statement", &format!("software_statement: {message}"));
    }
}

/// Refuses: R91-081, R91-086
#[tokio::test]
async fn statements_of_strangers_are_not_approved() {
    let server = Server::configured("strangers", &trusting("https://directory.example"));
    for stranger in
        ["https://evil.example", "https://directory.example/", "https://directory.example.evil.example"]
    {
        let answer = present(&server, &json!(statement("RS256", &json!({ "iss": stranger })))).await;
        let description = "software_statement: has an issuer that is not trusted here";
        answer.assert_error(400, "unapproved_software_statement", description);
    }
}

/// A server that trusts nobody says so, rather than registering what was not attested.
///
/// Refuses: R91-085
#[tokio::test]
async fn a_statement_is_never_ignored() {
    let server = Server::start();
    let answer =
        present(&server, &json!(statement("RS256", &json!({ "iss": "https://directory.example" })))).await;
    let description = "software_statement: cannot be verified by this server";
    answer.assert_error(400, "invalid_software_statement", description);
    for wrong in [json!(5), json!(["a.b.c"]), json!({}), json!(true)] {
        let answer = present(&server, &wrong).await;
        assert_eq!(answer.status, 400, "{wrong} was ignored");
    }
}
