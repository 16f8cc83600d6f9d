//! Updating clients (RFC 7592 section 2.2).

use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Registered, Server};

fn rich() -> Value {
    json!({
        "redirect_uris": ["https://app.example.org/cb", "https://app.example.org/cb2"],
        "client_name": "Mail",
        "client_name#de": "Post",
        "client_uri": "https://app.example.org/",
        "contacts": ["a@app.example.org", "b@app.example.org"],
        "scope": "read write",
        "default_max_age": 60
    })
}

/// The client as it is now; its secret is not shown.
async fn current(server: &Server, client: &Registered) -> Value {
    server.manage(Method::GET, client, None).await.json()
}

/// Accepts: R92-021, R92-023, R92-024, R92-028, R92-050, R92-051, R92-053
#[tokio::test]
async fn an_update_replaces_everything() {
    let server = Server::start();
    let client = server.register(rich()).await;
    let update = json!({
        "client_id": client.id,
        "redirect_uris": ["https://app.example.org/cb3"],
        "contacts": ["c@app.example.org"],
        "client_name": null,
        "scope": ""
    });
    let answer = server.manage(Method::PUT, &client, Some(&update)).await;
    answer.assert_well_formed();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let expected = json!({
        "client_id": client.id,
        "client_id_issued_at": client.body["client_id_issued_at"],
        "registration_access_token": client.token,
        "registration_client_uri": client.uri,
        "redirect_uris": ["https://app.example.org/cb3"],
        "contacts": ["c@app.example.org"],
        "application_type": "web",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"]
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(current(&server, &client).await, expected);
}

/// What was answered last can be sent back, with the secret or without.
///
/// Accepts: R92-020, R92-021, R92-026
#[tokio::test]
async fn an_update_with_what_was_answered_changes_nothing() {
    let server = Server::start();
    let client = server.register(rich()).await;
    let before = current(&server, &client).await;
    let with_secret = client.for_update();
    assert!(with_secret.get("client_secret").is_some());
    let without_secret = Registered::of(before.clone()).for_update();
    for body in [with_secret, without_secret] {
        let answer = server.manage(Method::PUT, &client, Some(&body)).await;
        assert_eq!((answer.status, answer.json()), (200, before.clone()));
    }
    // The example of RFC 7592 has no media type.
    let request = server.request(Method::PUT, &client.uri).bearer_auth(&client.token);
    let answer = Answer::of(request.body(client.for_update().to_string())).await;
    assert_eq!((answer.status, answer.json()), (200, before));
}

/// Accepts: R92-012, R92-022, R92-025, R92-026
/// Refuses: R92-022, R92-025, R92-026
#[tokio::test]
async fn an_update_names_its_client_and_leaves_the_servers_members_out() {
    let server = Server::start();
    let client = server.register(rich()).await;
    let other = server.register_plain().await;
    let before = current(&server, &client).await;
    let mut cases = vec![
        ("client_id", Value::Null, "client_id: must be in an update"),
        ("client_id", json!(""), "client_id: must be in an update"),
        ("client_id", json!(other.id), "client_id: must be the identifier of this client"),
        ("client_id", json!(client.id.to_uppercase()), "client_id: must be the identifier of this client"),
        ("client_id", json!(1), "client_id: must be the identifier of this client"),
    ];
    let wrong_secret = "client_secret: must be the current secret of this client or left out";
    for secret in [json!("mine"), other.body["client_secret"].clone(), json!(["mine"])] {
        cases.push(("client_secret", secret, wrong_secret));
    }
    for (name, description) in [
        ("registration_access_token", "registration_access_token: must not be in an update"),
        ("registration_client_uri", "registration_client_uri: must not be in an update"),
        ("client_secret_expires_at", "client_secret_expires_at: must not be in an update"),
        ("client_id_issued_at", "client_id_issued_at: must not be in an update"),
    ] {
        cases.push((name, client.body[name].clone(), description));
    }
    for (name, value, description) in cases {
        println!("{name} {value}");
        let mut body = client.for_update();
        body[name] = value;
        let answer = server.manage(Method::PUT, &client, Some(&body)).await;
        answer.assert_error(400, "invalid_request", description);
    }
    let mut nameless = client.for_update();
    nameless.as_object_mut().unwrap().remove("client_id");
    let answer = server.manage(Method::PUT, &client, Some(&nameless)).await;
    answer.assert_error(400, "invalid_request", "client_id: must be in an update");
    assert_eq!(current(&server, &client).await, before);
}

/// Every rule of a registration holds for an update, and a refused one changes nothing.
///
/// Accepts: R92-030, R92-031, OIR-043
/// Refuses: R92-030, R92-031, OIR-043
#[tokio::test]
async fn an_update_obeys_the_rules_of_a_registration() {
    let server = Server::start();
    let client = server.register(rich()).await;
    let before = current(&server, &client).await;
    let cases = [
        (
            "redirect_uris",
            json!(["http://app.example.org/cb"]),
            "invalid_redirect_uri",
            "redirect_uris[0]: must use https",
        ),
        ("redirect_uris", Value::Null, "invalid_redirect_uri", "redirect_uris: must be given"),
        (
            "client_name",
            json!(1),
            "invalid_client_metadata",
            "client_name: must be a string and not a number",
        ),
        (
            "client_name#DE",
            json!("A"),
            "invalid_client_metadata",
            "client_name#DE: is there twice: language tags are compared without regard to case",
        ),
    ];
    for (name, value, code, description) in cases {
        let mut body = client.for_update();
        body[name] = value;
        let answer = server.manage(Method::PUT, &client, Some(&body)).await;
        answer.assert_error(400, code, description);
    }
    for (name, value) in [
        ("response_types", json!(["token"])),
        ("grant_types", json!(["client_credentials"])),
        ("application_type", json!("native-ish")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
    ] {
        let mut body = client.for_update();
        body[name] = value;
        let answer = server.manage(Method::PUT, &client, Some(&body)).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!("invalid_client_metadata")),
            "{name}"
        );
    }
    let malformed = server.request(Method::PUT, &client.uri).bearer_auth(&client.token);
    let answer = Answer::of(malformed.body(r#"{"client_id":"a","client_id":"a"}"#)).await;
    answer.assert_error(400, "invalid_request", "the body names the member `client_id` twice");
    assert_eq!(current(&server, &client).await, before);
}

/// What the server puts in the place of what was sent is in the answer.
///
/// Accepts: R92-024, R92-027
#[tokio::test]
async fn an_update_shows_what_the_server_replaced() {
    let server = Server::start();
    let client = server.register(rich()).await;
    let update =
        json!({ "client_id": client.id, "redirect_uris": ["http://127.0.0.1/cb"], "scope": "b a b" });
    let body = server.manage(Method::PUT, &client, Some(&update)).await.json();
    assert_eq!((&body["application_type"], &body["scope"]), (&json!("native"), &json!("b a")));
    assert_eq!(current(&server, &client).await, body);
}

/// Refuses: R92-020, HTTP-012, HTTP-031, HTTP-032
#[tokio::test]
async fn an_update_has_the_limits_of_a_registration() {
    let server = Server::start();
    let client = server.register_plain().await;
    let put = |media_type: &'static str, body: String| {
        let request = server.request(Method::PUT, &client.uri).bearer_auth(&client.token);
        Answer::of(request.header("content-type", media_type).body(body))
    };
    let answer = put("text/plain", client.for_update().to_string()).await;
    answer.assert_error(415, "invalid_request", "the body must be application/json in UTF-8");
    for body in ["[]", "null", "\"text\""] {
        let answer = put("application/json", body.to_owned()).await;
        answer.assert_error(400, "invalid_request", "the body must be a JSON object");
    }
    let answer = put("application/json", " ".repeat(65_537)).await;
    answer.assert_error(413, "invalid_request", "the body is larger than 65536 bytes");
}

/// The secret goes with the need for it.
///
/// Accepts: R92-028
#[tokio::test]
async fn an_update_may_change_how_the_client_authenticates() {
    let server = Server::start();
    let client = server.register_plain().await;
    let change = |method: &'static str| {
        let mut body = client.for_update();
        body.as_object_mut().unwrap().remove("client_secret");
        body["token_endpoint_auth_method"] = json!(method);
        let (server, client) = (&server, &client);
        async move { server.manage(Method::PUT, client, Some(&body)).await.json() }
    };
    let public = change("none").await;
    assert_eq!((public.get("client_secret"), public.get("client_secret_expires_at")), (None, None));
    let confidential = change("client_secret_post").await;
    let fresh = confidential["client_secret"].as_str().unwrap();
    assert_ne!(fresh, client.body["client_secret"]);
    assert_eq!(confidential["client_secret_expires_at"], 0);
    assert_eq!(change("client_secret_basic").await.get("client_secret"), None);
}

/// Accepts: R92-061, R92-062, R92-052
/// Refuses: R92-062
#[tokio::test]
async fn a_rotated_token_is_good_for_nothing() {
    let config = json!({
        "dynamicRegistrationEnabled": true, "rotateClientRegistrationAccessTokenOnUsage": true
    });
    let server = Server::configured("rotation", &config);
    let client = server.register_plain().await;
    assert_eq!(current(&server, &client).await["registration_access_token"], client.token);

    let answer = server.manage(Method::PUT, &client, Some(&client.for_update())).await;
    assert_eq!(answer.status, 200);
    let renewed = Registered::of(answer.json());
    assert_ne!(renewed.token, client.token);
    assert_eq!(renewed.token.len(), 43);
    server.manage(Method::GET, &client, None).await.assert_invalid_token();
    assert_eq!(current(&server, &renewed).await["registration_access_token"], renewed.token);
}

/// Without the option a token stays.
///
/// Accepts: R92-061
#[tokio::test]
async fn a_token_stays_where_none_is_rotated() {
    let server = Server::start();
    let client = server.register_plain().await;
    for _ in 0..3 {
        let answer = server.manage(Method::PUT, &client, Some(&client.for_update())).await;
        assert_eq!(answer.json()["registration_access_token"], client.token);
    }
}

/// Two updates never mix: what is stored is one of them.
#[tokio::test]
async fn concurrent_updates_do_not_mix() {
    let server = Server::start();
    let client = server.register(rich()).await;
    let update = |index: usize| {
        let mut body = client.for_update();
        body["client_name"] = json!(format!("Mail {index}"));
        body["contacts"] = json!([format!("{index}@app.example.org")]);
        let (server, client) = (&server, &client);
        async move { server.manage(Method::PUT, client, Some(&body)).await }
    };
    let (one, two, three) = tokio::join!(update(1), update(2), update(3));
    for answer in [one, two, three] {
        assert!([200, 503].contains(&answer.status), "{}", answer.text());
    }
    let stored = current(&server, &client).await;
    let number = stored["client_name"].as_str().unwrap().trim_start_matches("Mail ");
    assert_eq!(stored["contacts"], json!([format!("{number}@app.example.org")]));
}
