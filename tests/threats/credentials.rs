//! Credentials: who is shown one, which one is taken for which, and what is kept of an answer.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use oauth_dcr::testing::run;
use oauth_dcr::{
    AccessToken, Caller, Error, InitialGrant, MemoryClientStore, MemoryInitialAccessTokens, RegisterRequest,
    RegistrationEndpoint, TokenDigest,
};
use serde_json::{Value, json};

use crate::support::*;

/// What is issued is shown in the answer that issues it, as itself and not as what is stored of it, and never again.
#[test]
fn s_sec_04_credentials_are_shown_once() {
    let server = server(json!({ "rotateClientRegistrationAccessTokenOnUsage": true }));
    let created = body(&server.registered(json!({})));
    let (secret, token) = (&created["client_secret"], &created["registration_access_token"]);
    assert_eq!((secret, token), (&json!(SECRET[0]), &json!(TOKEN[0])));
    let stored = serde_json::to_string(&server.stored(ID[0])).unwrap();
    for clear in [SECRET[0], TOKEN[0]] {
        assert!(!stored.contains(clear) && stored.contains(&TokenDigest::of(clear).to_text()), "{stored}");
        assert!(!created.to_string().contains(&TokenDigest::of(clear).to_text()), "{created}");
    }
    let read = body(&server.read(ID[0], TOKEN[0]).unwrap());
    assert_eq!((read.get("client_secret"), &read["registration_access_token"]), (None, &json!(TOKEN[0])));
    let members = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] });
    let updated = body(&server.update(ID[0], TOKEN[0], members).unwrap());
    assert_eq!(
        (updated.get("client_secret"), &updated["registration_access_token"]),
        (None, &json!(TOKEN[1]))
    );
    server.refuses(server.read(ID[0], TOKEN[0]), 401, "invalid_token", "the token is not valid here");
}

/// A token is good for one thing and one client: no token of another kind, no secret and no identifier takes its place.
#[test]
fn s_sec_08_no_credential_passes_for_another() {
    let closed = json!({ "access": { "create": { "tokens": [{ "kind": "initial_access" }] } } });
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| {
        builder.profile(profile(closed)).initial_access_tokens(MemoryInitialAccessTokens::default())
    });
    let grant = InitialGrant::new("partner");
    let initial = run(server.registrar.issue_initial_access_token(&grant)).unwrap();
    let initial = initial.expose_secret();
    let register = |caller: &Caller| {
        let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
        run(server.registrar.register(RegisterRequest::from_body(body.as_bytes()).with_caller(caller)))
    };
    let clients: Vec<Value> = (0..2).map(|_| body(&register(&bearer(initial)).unwrap())).collect();
    let text = |client: &Value, name: &str| client[name].as_str().unwrap().to_owned();
    let (one, other) = (&clients[0], &clients[1]);
    let id = text(one, "client_id");

    let invalid = |result: Result<(), Error>| {
        server.refuses(result, 401, "invalid_token", "the token is not valid here");
    };
    let own = text(one, "registration_access_token");
    for stranger in [
        &*own,
        &text(one, "client_secret"),
        &id,
        "partner",
        &TokenDigest::of(initial).to_text(),
        &initial.to_lowercase(),
    ] {
        invalid(register(&bearer(stranger)).map(|_| ()));
    }
    let access_token = AccessToken::new(client_id(&id)).with_scopes(["openid"]);
    invalid(register(&Caller::Client(client_id(&id))).map(|_| ()));
    invalid(register(&Caller::AccessToken(access_token.clone())).map(|_| ()));

    for stranger in [
        bearer(initial),
        bearer(&text(other, "registration_access_token")),
        bearer(&text(one, "client_secret")),
        bearer(&id),
        bearer(&TokenDigest::of(&own).to_text()),
        Caller::Granted(grant.clone()),
        Caller::Client(client_id(&id)),
        Caller::AccessToken(access_token.clone()),
    ] {
        invalid(run(server.registrar.read(&client_id(&id), &stranger)).map(|_| ()));
        let members = json!({ "client_id": id, "redirect_uris": [REDIRECT] }).to_string();
        invalid(server.update_raw(&id, &stranger, members.as_bytes()).map(|_| ()));
        invalid(run(server.registrar.delete(&client_id(&id), &stranger)));
    }
    assert!(server.read(&id, &own).is_ok(), "and the right one is good");
}

fn ask(endpoint: &RegistrationEndpoint, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let (head, answer) = run(endpoint.handle(request)).into_parts();
    Response::from_parts(head, run(answer.collect()).unwrap().to_bytes())
}

fn request(method: &str, target: &str, token: &str, body: &Value) -> http::request::Builder {
    let request = Request::builder().method(method).uri(target);
    let request = if body.is_null() { request } else { request.header("content-type", "application/json") };
    if token.is_empty() { request } else { request.header("authorization", format!("Bearer {token}")) }
}

/// The address of a client is the configuration's, whatever a caller says the host is, and holds no token.
#[test]
fn s_sec_09_addresses_are_the_configurations() {
    let endpoint = RegistrationEndpoint::new(server(json!({})).registrar);
    let body = json!({ "redirect_uris": [REDIRECT] });
    for target in ["/register", "https://evil.example/register", "http://evil.example:81/register"] {
        let request = request("POST", target, "", &body)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "http")
            .header("x-forwarded-prefix", "/evil")
            .header("forwarded", "host=evil.example;proto=http")
            .header("origin", "https://evil.example");
        let answer = ask(&endpoint, request.body(body.to_string().into()).unwrap());
        assert_eq!(answer.status(), 201);
        assert!(!format!("{:?}", answer.headers()).contains("evil"), "{:?}", answer.headers());
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        let expected =
            format!("https://op.example.com/register?client_id={}", answer["client_id"].as_str().unwrap());
        assert_eq!(answer["registration_client_uri"], expected);
    }
}

/// No answer may be kept: not one with credentials, and not one that refuses them.
#[test]
fn s_sec_12_no_answer_may_be_kept() {
    let server = server(json!({}));
    server.enroll(json!({}));
    let client = format!("/register?client_id={}", ID[0]);
    let (none, own) = (Value::Null, json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }));
    let large = json!({ "client_name": "a".repeat(70_000) });
    let endpoint = RegistrationEndpoint::new(server.registrar.clone());
    for (method, target, token, body, status) in [
        ("POST", "/register", "", &json!({ "redirect_uris": [REDIRECT] }), 201),
        ("POST", "/register", "", &json!({}), 400),
        ("POST", "/register", "", &large, 413),
        ("POST", "/register", "wrong", &own, 401),
        ("PATCH", &client, TOKEN[0], &none, 405),
        ("GET", "/register/a/b", TOKEN[0], &none, 404),
        ("GET", &client, "", &none, 401),
        ("GET", &client, "wrong", &none, 401),
        ("GET", &client, TOKEN[0], &none, 200),
        ("HEAD", &client, TOKEN[0], &none, 200),
        ("PUT", &client, TOKEN[0], &json!({}), 400),
        ("PUT", &client, TOKEN[0], &own, 200),
        ("OPTIONS", &client, "", &none, 204),
        ("DELETE", &client, TOKEN[0], &none, 204),
        ("DELETE", &client, TOKEN[0], &none, 401),
    ] {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = ask(&endpoint, request(method, target, token, body).body(text.into()).unwrap());
        assert_eq!(answer.status(), status, "{method} {target}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{method} {target}");
        assert_eq!(answer.headers()["pragma"], "no-cache", "{method} {target}");
    }
    server.store.fail_all(Some(oauth_dcr::testing::StoreFault::Backend));
    let answer = ask(&endpoint, request("GET", &client, TOKEN[0], &none).body(Full::default()).unwrap());
    assert_eq!(answer.status(), 500);
    assert_eq!(answer.headers()["cache-control"], "no-store");
}
