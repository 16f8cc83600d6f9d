//! What a successful registration answers (RFC 7591 section 3.2.1).

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::support::{Answer, Server};

const URI: &str = "https://app.example.org/cb";

/// The body without what differs from one registration to the next.
fn settled(mut body: Value) -> Value {
    for name in [
        "client_id",
        "client_secret",
        "client_id_issued_at",
        "registration_access_token",
        "registration_client_uri",
    ] {
        body.as_object_mut().unwrap().remove(name);
    }
    body
}

/// Everything that is registered is answered, what the server added included.
///
/// Accepts: R91-014, R91-020, R91-023, R91-025, R91-026, R91-070, R91-074, R91-075, R91-077, R91-078, HTTP-004,
/// HTTP-005, HTTP-035, OIR-045, OIR-048, OIR-049, R92-050, R92-053
#[tokio::test]
async fn the_answer_shows_the_defaults() {
    let server = Server::start();
    let before = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let answer = server.try_register(&json!({ "redirect_uris": [URI] })).await;
    let after = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    answer.assert_well_formed();
    assert_eq!(answer.status, 201);
    let body = answer.json();
    assert!((before..=after).contains(&body["client_id_issued_at"].as_u64().unwrap()));
    assert_eq!(body["client_secret"].as_str().unwrap().len(), 86);
    assert_eq!(body["registration_access_token"].as_str().unwrap().len(), 43);
    let uri = format!("{}?client_id={}", server.endpoint(), body["client_id"].as_str().unwrap());
    assert_eq!(body["registration_client_uri"], uri);
    assert_eq!(
        settled(body),
        json!({
            "client_secret_expires_at": 0,
            "redirect_uris": [URI],
            "application_type": "web",
            "subject_type": "public",
            "id_token_signed_response_alg": "RS256",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"],
            "response_types": ["code"]
        })
    );
}

/// Accepts: R91-015, R91-077, OIR-044
#[tokio::test]
async fn what_is_not_understood_is_dropped() {
    let server = Server::start();
    let plain = settled(server.register_plain().await.body);
    let unknown = json!({
        "redirect_uris": [URI],
        "frobnicate": true,
        "nested": { "deeply": [1, null, { "so": 2.5 }] },
        "CLIENT_NAME": "names are case sensitive",
        "client_name#not_a_tag": "A",
        "client_name#": "A",
        "scope#de": "not for people",
        "iss": "https://directory.example",
        "": 1
    });
    assert_eq!(settled(server.register(unknown).await.body), plain);
}

/// A client cannot choose what the server issues.
///
/// Accepts: R91-013
#[tokio::test]
async fn what_the_server_issues_cannot_be_asked_for() {
    let server = Server::start();
    let asked = json!({
        "redirect_uris": [URI],
        "client_id": "mine",
        "client_secret": "mine",
        "client_id_issued_at": 1,
        "client_secret_expires_at": 2,
        "registration_access_token": "mine",
        "registration_client_uri": "https://evil.example/"
    });
    let client = server.register(asked).await;
    assert!(!client.body.to_string().contains("mine"), "{}", client.body);
    assert!(client.uri.starts_with(&server.endpoint()));
    assert!(client.body["client_id_issued_at"].as_u64().unwrap() > 1);
    assert_eq!(client.body["client_secret_expires_at"], 0);
}

/// Accepts: R91-071, R91-072, OIR-046
#[tokio::test]
async fn s_sec_13_credentials_are_of_one_client_each() {
    let server = Server::start();
    let mut seen = HashSet::new();
    for _ in 0..50 {
        let client = server.register_plain().await;
        let secret = client.body["client_secret"].as_str().unwrap().to_owned();
        assert!(seen.insert(client.id) && seen.insert(secret));
    }
}

/// Accepts: R91-023, R91-024, R91-074, OIR-047
#[tokio::test]
async fn a_secret_is_issued_to_those_who_use_it() {
    let server = Server::start();
    let keys = "https://app.example.org/keys";
    let cases = [
        (json!({}), true),
        (json!({ "token_endpoint_auth_method": "client_secret_basic" }), true),
        (json!({ "token_endpoint_auth_method": "client_secret_post" }), true),
        (json!({ "token_endpoint_auth_method": "client_secret_jwt" }), true),
        (json!({ "token_endpoint_auth_method": "none" }), false),
        (json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys }), false),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=a" }),
            false,
        ),
        (json!({ "token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks_uri": keys }), false),
        // The secret is the key of these.
        (
            json!({
                "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys,
                "id_token_signed_response_alg": "HS256"
            }),
            true,
        ),
        (
            json!({
                "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": keys,
                "request_object_encryption_alg": "dir"
            }),
            true,
        ),
    ];
    for (mut metadata, has_secret) in cases {
        metadata["redirect_uris"] = json!([URI]);
        let body = server.register(metadata.clone()).await.body;
        assert_eq!(body.get("client_secret").is_some(), has_secret, "{metadata}");
        assert_eq!(body.get("client_secret_expires_at"), has_secret.then_some(&json!(0)), "{metadata}");
    }
}

/// Numbers, and beyond 32 bits.
///
/// Accepts: R91-073, R91-074, OIR-049
#[tokio::test]
async fn times_are_numbers() {
    let server = Server::configured(
        "long-lived",
        &json!({
            "dynamicRegistrationEnabled": true, "dynamicRegistrationExpirationTime": 17_514_165_600_u64
        }),
    );
    let body = server.register_plain().await.body;
    let issued = body["client_id_issued_at"].as_u64().unwrap();
    assert_eq!(body["client_secret_expires_at"].as_u64(), Some(issued + 17_514_165_600));
}

/// Values may be replaced, and then the answer says so; redirection URIs are kept as they were sent.
///
/// Accepts: R91-014, R91-075, R91-076, OIR-043
#[tokio::test]
async fn replaced_values_are_shown() {
    let server = Server::start();
    let native = server.register(json!({ "redirect_uris": ["http://127.0.0.1/cb"] })).await.body;
    assert_eq!(native["application_type"], "native");
    let repeated =
        json!({ "redirect_uris": [URI], "scope": "b a b", "contacts": ["x@a.example", "x@a.example"] });
    let repeated = server.register(repeated).await.body;
    assert_eq!(repeated["scope"], "b a");
    assert_eq!(repeated["contacts"], json!(["x@a.example"]));

    let uris = json!([
        "https://app.example.org",
        "https://app.example.org/",
        "https://app.example.org/%7Ea/b?y=2&x=%2F&z",
        "https://app.example.org:8443/cb/",
        "https://APP.example.org.".to_lowercase().trim_end_matches('.'),
    ]);
    let deduplicated = json!([uris[0], uris[1], uris[2], uris[3]]);
    let kept = server.register(json!({ "redirect_uris": uris })).await.body;
    assert_eq!(kept["redirect_uris"], deduplicated);
}

/// Accepts: R91-050, R91-051, R91-052, R91-053, R91-055
#[tokio::test]
async fn names_come_in_languages() {
    let server = Server::start();
    let named = json!({
        "redirect_uris": [URI],
        "client_name": "Mail",
        "client_name#de-CH-1996": "Post",
        "client_name#ja-Jpan-JP": "メール",
        "client_uri": "https://app.example.org/",
        "client_uri#fr": "https://app.example.org/fr",
        "logo_uri#fr": "https://app.example.org/fr.png",
        "tos_uri#fr": "https://app.example.org/tos",
        "policy_uri#fr": "https://app.example.org/policy"
    });
    let body = server.register(named.clone()).await.body;
    for (name, value) in named.as_object().unwrap() {
        assert_eq!(&body[name], value, "{name}");
    }
    // No language is made up, and no untagged value out of a tagged one.
    let tagged = server.register(json!({ "redirect_uris": [URI], "client_name#de": "Post" })).await.body;
    let of_name = |name: &&String| name.starts_with("client_name");
    assert_eq!(tagged.as_object().unwrap().keys().filter(of_name).collect::<Vec<_>>(), ["client_name#de"]);
}

#[track_caller]
fn assert_refused(answer: &Answer, description: &str) {
    answer.assert_error(400, "invalid_client_metadata", description);
}

/// Refuses: R91-051
#[tokio::test]
async fn language_variants_obey_the_rules_of_their_member() {
    let server = Server::start();
    let twice = json!({ "redirect_uris": [URI], "client_name#DE": "A", "client_name#de": "B" });
    let description = "client_name#de: is there twice: language tags are compared without regard to case";
    assert_refused(&server.try_register(&twice).await, description);
    let number = json!({ "redirect_uris": [URI], "client_name#de": 1 });
    assert_refused(&server.try_register(&number).await, "client_name#de: must be a string and not a number");
    let script = json!({ "redirect_uris": [URI], "client_uri#de": "javascript:alert(1)" });
    let answer = server.try_register(&script).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(
        answer.json()["error_description"].as_str().unwrap().starts_with("client_uri#de: "),
        "{}",
        answer.text()
    );
}
