//! Addresses and methods: which of them are there, and what the others are told.

use http::Method;
use oauth_dcr::Profile;
use serde_json::{Value, json};

use crate::support::{Answer, Registered, Server, endpoint, request};

const ON_CLIENTS: &str = "GET, HEAD, PUT, DELETE, OPTIONS";

/// Accepts: R92-004, R92-005, OIR-064
#[tokio::test]
async fn a_client_has_an_address_of_its_own() {
    let server = Server::start();
    let client = server.register_plain().await;
    assert_eq!(client.uri, format!("{}?client_id={}", server.endpoint(), client.id));

    let escaped: String = client.id.bytes().map(|octet| format!("%{octet:02x}")).collect();
    let same = [
        format!("/register?client_id={}", client.id),
        format!("/register?tenant=a&client_id={}&x", client.id),
        format!("/register?client%5Fid={escaped}"),
        format!("/register/?client_id={}", client.id),
        format!("/register/{}", client.id),
        format!("/register/{}/", client.id),
        format!("/register/{escaped}"),
    ];
    for target in same {
        let answer = Answer::of(server.request(Method::GET, &target).bearer_auth(&client.token)).await;
        assert_eq!(answer.status, 200, "{target}");
        assert_eq!(answer.json()["client_id"], client.id);
    }
}

/// Identifiers are compared exactly.
///
/// Refuses: R92-014, OIR-063
#[tokio::test]
async fn other_addresses_name_no_client() {
    let server = Server::start();
    let client = server.register_plain().await;
    let others = [
        format!("/register?client_id={}", client.id.to_uppercase()),
        format!("/register?client_id={}%20", client.id),
        format!("/register?client_id=+{}", client.id),
        format!("/register?Client_Id={}", client.id),
        "/register?client_id=".to_owned(),
        "/register?client_id=%ff".to_owned(),
        "/register?client_id=%2".to_owned(),
        "/register?client_id=%+41".to_owned(),
        "/register/%00".to_owned(),
        "/register".to_owned(),
        "/register/".to_owned(),
    ];
    for target in others {
        println!("{target}");
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            Answer::of(server.request(method.clone(), &target).bearer_auth(&client.token))
                .await
                .assert_invalid_token();
            Answer::of(server.request(method, &target)).await.assert_no_credentials();
        }
    }
}

#[tokio::test]
async fn an_address_names_one_client_and_once() {
    let server = Server::start();
    let client = server.register_plain().await;
    let text = "the address must name one client, and once";
    for target in [
        format!("/register?client_id={0}&client_id={0}", client.id),
        format!("/register?client_id=x&client_id={}", client.id),
        format!("/register/{0}?client_id={0}", client.id),
    ] {
        let answer = Answer::of(server.request(Method::GET, &target).bearer_auth(&client.token)).await;
        answer.assert_error(400, "invalid_request", text);
    }
    for target in [format!("/register/{}/keys", client.id), "/register/a/b/c".to_owned()] {
        let answer = Answer::of(server.request(Method::GET, &target).bearer_auth(&client.token)).await;
        answer.assert_error(404, "invalid_request", "there is nothing at this address");
    }
}

/// Accepts: HTTP-005, HTTP-036
/// Refuses: R92-003, R92-043, HTTP-005, HTTP-030, HTTP-036
#[tokio::test]
async fn methods_that_are_not_offered_are_named_with_those_that_are() {
    let server = Server::start();
    let client = server.register_plain().await;
    for (method, target, allowed) in [
        ("PATCH", "/register", "POST, OPTIONS"),
        ("TRACE", "/register", "POST, OPTIONS"),
        ("PROPFIND", "/register", "POST, OPTIONS"),
        ("POST", client.uri.as_str(), ON_CLIENTS),
        ("PATCH", client.uri.as_str(), ON_CLIENTS),
        ("get", client.uri.as_str(), ON_CLIENTS),
        ("POST", "/register/x", ON_CLIENTS),
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = Answer::of(server.request(method.clone(), target).bearer_auth(&client.token)).await;
        answer.assert_error(405, "invalid_request", &format!("{method} is not offered here"));
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {target}");
    }
}

/// Refuses: R92-003, R92-043, HTTP-030
#[tokio::test]
async fn a_profile_decides_what_is_offered() {
    let profile: Profile = serde_json::from_value(json!({
        "dcr_profile": 1, "name": "read-only", "extends": ["standard"],
        "access": { "update": { "enabled": false }, "delete": { "enabled": false } }
    }))
    .unwrap();
    let endpoint = endpoint(json!({}), |builder| builder.profile(profile));
    let registration = json!({ "redirect_uris": ["https://app.example.org/cb"] });
    let answer = Answer::from(&endpoint, request("POST", "/register", None, &registration)).await;
    let client = Registered::of(answer.json());
    let ask = |method, body: &Value| {
        Answer::from(&endpoint, request(method, &client.uri, Some(&client.token), body))
    };
    for (method, name) in [("PUT", "update"), ("DELETE", "delete")] {
        let answer = ask(method, &client.for_update()).await;
        answer.assert_error(405, "invalid_request", &format!("{name} is not offered here"));
        assert_eq!(answer.header("allow"), Some("GET, HEAD, OPTIONS"));
    }
    assert_eq!(ask("GET", &Value::Null).await.status, 200);
}

/// Nobody is asked for credentials.
///
/// Accepts: HTTP-036, HTTP-040
#[tokio::test]
async fn options_says_what_is_offered() {
    let endpoint = endpoint(json!({}), |builder| builder);
    for (target, allowed) in
        [("/register", "POST, OPTIONS"), ("/register?client_id=x", ON_CLIENTS), ("/register/x", ON_CLIENTS)]
    {
        let answer = Answer::from(&endpoint, request("OPTIONS", target, None, &Value::Null)).await;
        answer.assert_well_formed();
        assert_eq!((answer.status, answer.header("allow")), (204, Some(allowed)));
    }
    let answer = Answer::from(&endpoint, request("OPTIONS", "/register/x/y", None, &Value::Null)).await;
    assert_eq!(answer.status, 404);
}

/// Accepts: HTTP-036
#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start();
    let client = server.register_plain().await;
    let tokens = [Some(client.token.as_str()), Some("wrong"), None];
    for token in tokens {
        let ask = |method| {
            let request = server.request(method, &client.uri);
            Answer::of(token.into_iter().fold(request, |request, token| request.bearer_auth(token)))
        };
        let (get, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
        head.assert_well_formed();
        assert_eq!((head.status, head.body.len()), (get.status, 0));
        assert_eq!(head.header("content-length").unwrap(), get.body.len().to_string());
        assert_eq!(head.header("www-authenticate"), get.header("www-authenticate"));
    }
}

/// A router or a proxy may hand on the end of the path only.
#[tokio::test]
async fn the_endpoint_is_found_behind_what_took_its_prefix_away() {
    let config = json!({ "registrationEndpoint": "https://op.example.com/tenants/a/register/" });
    let endpoint = endpoint(config, |builder| builder);
    let registration = json!({ "redirect_uris": ["https://app.example.org/cb"] });
    for prefix in ["/tenants/a/register", "/a/register", "/register", ""] {
        let prefix_or_root = if prefix.is_empty() { "/" } else { prefix };
        let answer = Answer::from(&endpoint, request("POST", prefix_or_root, None, &registration)).await;
        assert_eq!(answer.status, 201, "{prefix}");
        let client = Registered::of(answer.json());
        assert_eq!(client.uri, format!("https://op.example.com/tenants/a/register/?client_id={}", client.id));
        for target in [format!("{prefix}/{}", client.id), format!("{prefix}/?client_id={}", client.id)] {
            let answer =
                Answer::from(&endpoint, request("GET", &target, Some(&client.token), &Value::Null)).await;
            assert_eq!(answer.status, 200, "{target}");
        }
    }
    for target in ["/tenants/b/register", "/tenants/a", "/b/register"] {
        let answer = Answer::from(&endpoint, request("POST", target, None, &registration)).await;
        assert_eq!(answer.status, 404, "{target}");
    }
}

/// As the example server sets it up.
///
/// Accepts: HTTP-040, HTTP-041, HTTP-042, HTTP-043, HTTP-044, OIR-042
/// Refuses: HTTP-041, HTTP-045
#[tokio::test]
async fn clients_in_browsers_may_call() {
    let server = Server::start();
    let preflight = server
        .request(Method::OPTIONS, "/register?client_id=x")
        .header("origin", "https://app.example.org")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization");
    let answer = Answer::of(preflight).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-methods"), Some("GET,POST,PUT,DELETE"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,content-type"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);

    let refusal =
        server.request(Method::GET, "/register?client_id=x").header("origin", "https://app.example.org");
    let refusal = Answer::of(refusal).await;
    assert_eq!(refusal.status, 401);
    assert_eq!(refusal.header("access-control-allow-origin"), Some("*"));
    assert_eq!(refusal.header("access-control-expose-headers"), Some("www-authenticate,retry-after"));
}
