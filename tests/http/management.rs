//! Reading and deleting clients (RFC 7592 sections 2.1 and 2.3).

use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

/// Accepts: R92-010, R92-011, R92-012, R92-050, R92-051, R92-053, OIR-060, OIR-061, OIR-062
#[tokio::test]
async fn a_read_shows_what_is_registered_and_changes_nothing() {
    let server = Server::start();
    let client = server
        .register(json!({
            "redirect_uris": ["https://app.example.org/cb"],
            "client_name": "Mail",
            "client_name#ja": "メール",
            "scope": "read write",
            "contacts": [],
            "default_max_age": 0
        }))
        .await;
    let mut expected = client.body.clone();
    // The server keeps a digest of the secret, which cannot be shown again.
    expected.as_object_mut().unwrap().retain(|name, _| !name.starts_with("client_secret"));
    for _ in 0..3 {
        let answer = server.manage(Method::GET, &client, None).await;
        answer.assert_well_formed();
        assert_eq!((answer.status, answer.json()), (200, expected.clone()));
    }
}

/// Accepts: R92-052
#[tokio::test]
async fn a_read_shows_the_secret_if_the_server_keeps_it() {
    let config = json!({ "dynamicRegistrationEnabled": true, "returnClientSecretOnRead": true });
    let server = Server::configured("secret-on-read", &config);
    let client = server.register_plain().await;
    assert_eq!(server.manage(Method::GET, &client, None).await.json(), client.body);
    let updated = server.manage(Method::PUT, &client, Some(&client.for_update())).await;
    assert_eq!(updated.json(), client.body);
}

/// Accepts: R92-040, HTTP-004, HTTP-005
/// Refuses: R92-014, R92-041, R92-045, HTTP-005, OIR-063
#[tokio::test]
async fn a_deleted_client_was_never_there() {
    let server = Server::start();
    let client = server.register_plain().await;
    let answer = server.manage(Method::DELETE, &client, None).await;
    answer.assert_well_formed();
    assert_eq!((answer.status, answer.body.len()), (204, 0));

    let mut unknown = client.clone();
    unknown.uri = format!("{}?client_id=unknown", server.endpoint());
    for method in [Method::DELETE, Method::GET, Method::PUT] {
        let body = Some(client.for_update());
        let gone = server.manage(method.clone(), &client, body.as_ref()).await;
        let never = server.manage(method.clone(), &unknown, body.as_ref()).await;
        gone.assert_invalid_token();
        never.assert_invalid_token();
        Answer::of(server.request(method, &client.uri)).await.assert_no_credentials();
    }
}

/// A body that comes with a deletion is not looked at.
///
/// Accepts: R92-040
#[tokio::test]
async fn a_deletion_needs_no_body() {
    let server = Server::start();
    let client = server.register_plain().await;
    let answer = server.manage(Method::DELETE, &client, Some(&Value::Null)).await;
    assert_eq!(answer.status, 204);
}

/// Accepts: R92-001, R92-006
/// Refuses: R92-001, R92-006, R92-044
#[tokio::test]
async fn a_deletion_takes_the_right_client() {
    let server = Server::start();
    let (one, other) = (server.register_plain().await, server.register_plain().await);
    let wrong = server.request(Method::DELETE, &one.uri).bearer_auth(&other.token);
    Answer::of(wrong).await.assert_invalid_token();
    assert_eq!(server.manage(Method::DELETE, &other, None).await.status, 204);
    assert_eq!(server.manage(Method::GET, &one, None).await.status, 200);
    server.manage(Method::GET, &other, None).await.assert_invalid_token();
}
