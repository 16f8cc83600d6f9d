//! The example `open_banking`, and the ready configurations of the example server.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

#[path = "../examples/open_banking/key_server.rs"]
mod key_server;
mod support;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use http::Method;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jws::{self, ES256, JwsHeader};
use key_server::KeyServer;
use oauth_dcr::{Clock, SystemClock};
use serde_json::{Value, json};
use support::{Answer, Registered, Server, binary, config_file};

/// A file of the example server's configurations.
fn config(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/server/config").join(name)
}

fn text_of(name: &str) -> String {
    std::fs::read_to_string(config(name)).unwrap().trim_end().to_owned()
}

fn start(name: &str) -> Server {
    Server::start_with(&["--config", config(name).to_str().unwrap()])
}

fn key(name: &str) -> Jwk {
    Jwk::from_bytes(text_of(name)).unwrap()
}

/// A key that nobody trusts, under the name of one that is trusted.
fn impostor_of(key: &Jwk) -> Jwk {
    let mut impostor = Jwk::generate_ec_key(EcCurve::P256).unwrap();
    impostor.set_key_id(key.key_id().unwrap());
    impostor
}

/// Signs claims, with `iat` and `exp` besides.
fn signed(key: &Jwk, claims: &Value) -> String {
    let now = SystemClock.now().unix_timestamp();
    let mut claims = claims.clone();
    claims["iat"] = now.into();
    claims["exp"] = (now + 60).into();
    let mut header = JwsHeader::new();
    header.set_token_type("JWT");
    jws::serialize_compact(claims.to_string().as_bytes(), &header, &ES256.signer_from_jwk(key).unwrap())
        .unwrap()
}

async fn post_signed(server: &Server, request: String) -> Answer {
    let post = server.request(Method::POST, "/register").header("content-type", "application/jwt");
    Answer::of(post.body(request)).await
}

/// The example, built if only this test was asked for.
fn open_banking() -> PathBuf {
    let example = binary().with_file_name("open_banking");
    if !example.exists() {
        let mut cargo = Command::new(env!("CARGO"));
        assert!(cargo.args(["build", "--example", "open_banking"]).status().unwrap().success());
    }
    example
}

/// Accepts: R91-060, R91-064, R91-066, R92-001, R92-010, R92-021
/// Refuses: R91-060, R91-064, R92-001
#[test]
fn open_banking_tells_its_story_to_the_end() {
    let example = open_banking();
    let begun = Instant::now();
    let output = Command::new(example).output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""), "{text}");

    let mut rest = text.as_str();
    for expected in [
        "== Step 1: ",
        r#""kid": "directory-1""#,
        r#""kid": "software-1""#,
        "== Step 2: ",
        "== Step 3: ",
        r#""dcrSignatureValidationEnabled": true"#,
        "== Step 4: ",
        "software statement, header:",
        r#""iss": "https://directory.example""#,
        "== Step 5: ",
        "registration request, claims:",
        r#""client_name": "The One and Only Bank""#,
        "== Step 6: ",
        "> POST http://127.0.0.1:",
        "asks for keys: GET /directory/keys HTTP/1.1)",
        "asks for keys: GET /software/keys HTTP/1.1)",
        "< 201 Created",
        r#""client_name": "Budget""#,
        "== Step 7: ",
        "> GET http://127.0.0.1:",
        "< 200 OK",
        "== Step 8: ",
        "> PUT http://127.0.0.1:",
        "< 200 OK",
        "== Step 9: ",
        r#""software_id": "a-bank""#,
        "< 400 Bad Request",
        r#""error": "invalid_software_statement""#,
        "== Step 10: ",
        "< 400 Bad Request",
        "the signature of the request could not be verified",
        "== Step 11: ",
        "> DELETE http://127.0.0.1:",
        "< 204 No Content",
        "== Step 12: ",
        "< 401 Unauthorized",
        "That was all.",
    ] {
        let at = rest.find(expected).unwrap_or_else(|| panic!("{expected} is missing in\n{rest}"));
        rest = &rest[at + expected.len()..];
    }
    // What the keys were asked for is kept: once each was enough.
    assert_eq!(text.matches("asks for keys").count(), 2, "{text}");
}

#[tokio::test]
async fn the_openid_configuration_works() {
    let server = start("openid.json");
    let client = server
        .register(json!({
            "redirect_uris": ["https://app.example.org/cb"],
            "scope": "openid email admin offline_access"
        }))
        .await;
    assert_eq!(client.body["scope"], "openid email");
    assert_eq!(client.body["subject_type"], "pairwise");
    let lifetime = client.body["client_secret_expires_at"].as_i64().unwrap()
        - client.body["client_id_issued_at"].as_i64().unwrap();
    assert_eq!(lifetime, 30 * 24 * 60 * 60);

    let native = json!({
        "redirect_uris": ["http://127.0.0.1:5000/cb"],
        "application_type": "native",
        "token_endpoint_auth_method": "none"
    });
    assert_eq!(server.register(native).await.body["scope"], "openid profile email");

    for redirect_uri in ["https://app.example.com/cb", "https://old.example.org/cb"] {
        let answer = server.try_register(&json!({ "redirect_uris": [redirect_uri] })).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_redirect_uri")));
    }
    let sector = json!({
        "redirect_uris": ["https://app.example.org/cb"],
        "sector_identifier_uri": "https://127.0.0.1/sector"
    });
    let answer = server.try_register(&sector).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_client_metadata")));
}

/// Accepts: HTTP-007, R91-060, R91-064, R91-065, R91-066
/// Refuses: R91-060, R91-064
#[tokio::test]
async fn the_configuration_for_statements_works() {
    let server = start("statements.json");
    let key = key("demo/directory-private.jwk.json");
    let with = |statement: &str| {
        json!({
            "redirect_uris": ["https://evil.example.net/cb"],
            "client_name": "The One and Only Bank",
            "software_statement": statement
        })
    };
    let claims = json!({
        "iss": "https://directory.demo.example",
        "client_name": "Budget",
        "redirect_uris": ["https://app.example.org/cb"],
        "scope": "openid payments",
        "client_secret": "chosen"
    });
    for statement in [signed(&key, &claims), text_of("demo/statement.jwt")] {
        let client = server.register(with(&statement)).await;
        assert_eq!(client.body["client_name"], "Budget");
        assert_eq!(client.body["redirect_uris"], json!(["https://app.example.org/cb"]));
        assert_eq!(client.body["scope"], "openid accounts");
        assert_ne!(client.body["client_secret"], "chosen");
        assert_eq!(client.body["software_statement"], statement);
    }

    let answer = server.try_register(&with(&signed(&impostor_of(&key), &claims))).await;
    answer.assert_error(
        400,
        "invalid_software_statement",
        "software_statement: its signature could not be verified with the keys of its issuer",
    );
    let mut claims = claims;
    claims["iss"] = "https://directory.example".into();
    let answer = server.try_register(&with(&signed(&key, &claims))).await;
    answer.assert_error(
        400,
        "unapproved_software_statement",
        "software_statement: has an issuer that is not trusted here",
    );
}

#[tokio::test]
async fn the_configuration_for_signed_requests_works() {
    let server = start("signed-requests.json");
    let key = key("demo/software-private.jwk.json");
    let claims = json!({
        "iss": "https://software.demo.example",
        "aud": server.base(),
        "redirect_uris": ["https://app.example.org/cb"],
        "client_name": "Budget"
    });
    for request in [signed(&key, &claims), text_of("demo/request.jwt")] {
        let answer = post_signed(&server, request).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let client = Registered::of(answer.json());
        assert_eq!(client.body["client_name"], "Budget");
        for claim in ["iss", "aud", "iat", "exp", "jti"] {
            assert_eq!(client.body.get(claim), None, "{claim} is no metadata");
        }
    }

    let not_verified = "the signature of the request could not be verified";
    let answer = post_signed(&server, signed(&impostor_of(&key), &claims)).await;
    answer.assert_error(400, "invalid_client_metadata", not_verified);
    let answer = server.try_register(&claims).await;
    let plain = "the body must be a signed request: send application/jwt";
    answer.assert_error(400, "invalid_client_metadata", plain);
    for (claim, value) in
        [("iss", json!("https://stranger.example")), ("aud", json!("https://other.example"))]
    {
        let mut claims = claims.clone();
        claims[claim] = value;
        let answer = post_signed(&server, signed(&key, &claims)).await;
        assert_eq!(answer.status, 400, "{claim}: {}", answer.text());
    }
}

/// Key sets and sector documents come over TLS, and from this machine only if the operator says so.
#[tokio::test]
async fn the_server_fetches_documents() {
    let key = key("demo/directory-private.jwk.json");
    let mut config: Value = serde_json::from_str(&text_of("statements.json")).unwrap();
    let entry = config["dcrSsaValidationConfigs"][0].as_object_mut().unwrap();
    let key_set = entry.remove("jwks").unwrap();
    let redirect_uris = json!(["https://a.example.org/cb", "https://b.example.org/cb"]);
    let documents = KeyServer::start([("/keys", key_set), ("/sector", redirect_uris.clone())]).unwrap();
    entry.insert("jwksUri".to_owned(), documents.url("/keys").into());
    config["externalUriWhiteList"] = json!([documents.url("/*")]);

    let file = config_file("fetching", &config);
    let certificate = file.with_extension("pem");
    std::fs::write(&certificate, &documents.certificate).unwrap();
    let port = documents.port.to_string();
    let mut arguments = vec!["--config", file.to_str().unwrap()];
    arguments.extend(["--allow-port", &port, "--add-root-certificate", certificate.to_str().unwrap()]);
    let closed = Server::start_with(&arguments);
    arguments.push("--allow-private-networks");
    let open = Server::start_with(&arguments);

    let claims = json!({ "iss": "https://directory.demo.example", "client_name": "Budget" });
    let statement = json!({ "redirect_uris": redirect_uris, "software_statement": signed(&key, &claims) });
    let sector = json!({
        "redirect_uris": redirect_uris,
        "subject_type": "pairwise",
        "sector_identifier_uri": documents.url("/sector")
    });
    for (metadata, code) in [(statement, "invalid_software_statement"), (sector, "invalid_client_metadata")] {
        let answer = closed.try_register(&metadata).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(code)), "{}", answer.text());
        assert_eq!(documents.take_requests(), <[&str; 0]>::default());
        open.register(metadata).await;
        assert_eq!(documents.take_requests().len(), 1);
    }
}
