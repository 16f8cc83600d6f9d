//! Bearer tokens: where they are taken from, and what is told about those that are not good.

use http::{HeaderValue, Method};
use serde_json::json;

use crate::support::{Answer, Server};

const METHODS: [Method; 3] = [Method::GET, Method::PUT, Method::DELETE];

/// Accepts: R92-001, HTTP-010
#[tokio::test]
async fn a_token_comes_in_the_authorization_header() {
    let server = Server::start();
    let client = server.register_plain().await;
    for scheme in ["Bearer ", "bearer ", "BEARER ", "bEaReR    "] {
        let request = server.request(Method::GET, &client.uri);
        let answer = Answer::of(request.header("authorization", format!("{scheme}{}", client.token))).await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
}

/// Refuses: R91-080, R92-013, R92-029, R92-044, HTTP-013, HTTP-014, HTTP-018, OIR-050
#[tokio::test]
async fn without_credentials_no_error_is_named() {
    let server = Server::start();
    let client = server.register_plain().await;
    for method in METHODS {
        Answer::of(server.request(method.clone(), &client.uri)).await.assert_no_credentials();
        Answer::of(server.request(method, "/register?client_id=unknown")).await.assert_no_credentials();
    }
}

/// Accepts: HTTP-010
/// Refuses: R91-080, R92-013, R92-029, R92-044, HTTP-010, HTTP-015, HTTP-016, HTTP-018
#[tokio::test]
async fn credentials_that_are_not_good_are_an_invalid_token() {
    let server = Server::start();
    let client = server.register_plain().await;
    let token = &client.token;
    let bad = [
        "Bearer wrong".to_owned(),
        format!("Bearer {}x", token),
        format!("Bearer {}", &token[1..]),
        format!("Bearer {}=", token),
        format!("Bearer {}", token.to_uppercase()),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer\t{token}"),
        format!("Bearer{token}"),
        format!("Bearer:{token}"),
        "Bearer".to_owned(),
        "Bearer =".to_owned(),
        format!("Bearer {}", "x".repeat(513)),
        format!("Basic {token}"),
        format!("DPoP {token}"),
        format!("Token {token}"),
        token.clone(),
        String::new(),
    ];
    for method in METHODS {
        for credentials in &bad {
            println!("{method} {credentials}");
            let request = server.request(method.clone(), &client.uri).header("authorization", credentials);
            Answer::of(request).await.assert_invalid_token();
        }
        let octets = HeaderValue::from_bytes(b"Bearer \xe9\xff").unwrap();
        let request = server.request(method, &client.uri).header("authorization", octets);
        Answer::of(request).await.assert_invalid_token();
    }
    assert_eq!(server.manage(Method::GET, &client, None).await.status, 200);
}

/// Accepts: HTTP-020
/// Refuses: HTTP-016, HTTP-020
#[tokio::test]
async fn s_sec_07_there_is_one_authorization_header() {
    let server = Server::start();
    let client = server.register_plain().await;
    let good = format!("Bearer {}", client.token);
    for (method, target) in
        METHODS.map(|method| (method, client.uri.as_str())).into_iter().chain([(Method::POST, "/register")])
    {
        for other in [good.as_str(), "Bearer wrong", "Basic YTpi", ""] {
            let request = server.request(method.clone(), target).header("authorization", &good);
            let answer = Answer::of(request.header("authorization", other)).await;
            answer.assert_error(400, "invalid_request", "there must be one authorization header");
            assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer error="invalid_request""#));
        }
    }
}

/// Accepts: HTTP-011, HTTP-035
/// Refuses: HTTP-011
#[tokio::test]
async fn s_sec_07_a_token_in_the_address_or_the_body_is_none() {
    let server = Server::start();
    let client = server.register_plain().await;
    let in_the_address = format!("{}&access_token={}", client.uri, client.token);
    for method in METHODS {
        Answer::of(server.request(method, &in_the_address)).await.assert_no_credentials();
    }
    let form =
        server.request(Method::PUT, &client.uri).header("content-type", "application/x-www-form-urlencoded");
    Answer::of(form.body(format!("access_token={}", client.token))).await.assert_no_credentials();
    let mut body = client.for_update();
    body["access_token"] = json!(client.token);
    Answer::of(server.request(Method::PUT, &client.uri).json(&body)).await.assert_no_credentials();
    assert!(!client.uri.contains(&client.token));
}

/// Who is registered cannot be learned: another client's token, a wrong one and an unknown client get one
/// answer.
///
/// Accepts: R92-006, R92-007, R92-065
/// Refuses: R92-006, R92-007, R92-014, R92-029, R92-044, R92-065, OIR-063
#[tokio::test]
async fn inv_9_a_token_is_good_for_its_client_alone() {
    let server = Server::start();
    let (one, other) = (server.register_plain().await, server.register_plain().await);
    let secret = one.body["client_secret"].as_str().unwrap();
    let unknown = "/register?client_id=3b241101-e2bb-4255-8caf-4136c566a962";
    for method in METHODS {
        let ask = |target: &str, token: &str| {
            Answer::of(server.request(method.clone(), target).bearer_auth(token).json(&one.for_update()))
        };
        let answers = [
            ask(&one.uri, &other.token).await,
            ask(&one.uri, "wrong").await,
            ask(&one.uri, secret).await,
            ask(&one.uri, &one.id).await,
            ask(unknown, &one.token).await,
            ask(unknown, "wrong").await,
        ];
        let [first, ..] = answers.each_ref().map(|answer| {
            answer.assert_invalid_token();
            let mut headers = answer.headers.clone();
            headers.remove("date");
            (headers, answer.body.clone())
        });
        for answer in answers {
            let mut headers = answer.headers;
            headers.remove("date");
            assert_eq!((headers, answer.body), first);
        }
    }
    for client in [&one, &other] {
        assert_eq!(server.manage(Method::GET, client, None).await.status, 200);
    }
}

/// Credentials are judged before the body is read.
///
/// Accepts: HTTP-005
/// Refuses: R92-029, HTTP-005
#[tokio::test]
async fn s_err_03_a_stranger_learns_nothing_of_the_body() {
    let server = Server::start();
    let client = server.register_plain().await;
    for (media_type, body) in [("application/json", "{"), ("application/json", "{}"), ("text/plain", "")] {
        let request =
            || server.request(Method::PUT, &client.uri).header("content-type", media_type).body(body);
        Answer::of(request()).await.assert_no_credentials();
        Answer::of(request().bearer_auth("wrong")).await.assert_invalid_token();
    }
}

/// 256 bits, in the characters of a bearer token.
///
/// Accepts: R92-063, R92-064
#[tokio::test]
async fn tokens_cannot_be_guessed() {
    let server = Server::start();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..50 {
        let client = server.register_plain().await;
        assert_eq!(client.token.len(), 43);
        assert!(client.token.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet)));
        assert!(seen.insert(client.token));
    }
}
