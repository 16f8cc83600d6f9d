//! What the host decides or fails at, and the example server as a process.

use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use oauth_dcr::testing::{FailingEntropy, FailingStore, ManualClock, RecordingHook, StoreFault};
use oauth_dcr::{
    Caller, ClientId, ClientStore, Draft, HookAnswer, HookContext, HookError, MemoryClientStore, Operation,
    Registrar, RegistrarConfig, RegistrationEndpoint, ScriptHook,
};
use serde_json::{Value, json};

use crate::support::{Answer, Registered, Server, binary, config_file, endpoint, request};

fn plain() -> Value {
    json!({ "redirect_uris": ["https://app.example.org/cb"] })
}

async fn register_at(endpoint: &RegistrationEndpoint) -> Registered {
    Registered::of(Answer::from(endpoint, request("POST", "/register", None, &plain())).await.json())
}

/// Refuses: OIR-050
#[tokio::test]
async fn registration_that_is_switched_off_is_denied_on_every_verb() {
    let server = Server::configured("switched-off", &json!({ "dynamicRegistrationEnabled": false }));
    for (method, target) in [
        (http::Method::POST, "/register"),
        (http::Method::GET, "/register?client_id=x"),
        (http::Method::PUT, "/register?client_id=x"),
        (http::Method::DELETE, "/register"),
    ] {
        for token in [None, Some("x")] {
            let request =
                server.request(method.clone(), target).header("content-type", "text/plain").body("{");
            let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
            Answer::of(request).await.assert_error(
                403,
                "access_denied",
                "client registration is switched off",
            );
        }
    }
}

/// A failing part of the host is not told about.
///
/// Refuses: HTTP-034
#[tokio::test]
async fn inv_11_failures_of_the_host_are_its_own_matter() {
    for (fault, status, code, description, retry) in [
        (StoreFault::Backend, 500, "server_error", "the request could not be carried out", None),
        (StoreFault::Unavailable, 503, "temporarily_unavailable", "try again later", Some("1")),
    ] {
        let store = Arc::new(FailingStore::new(MemoryClientStore::default()));
        let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
        let endpoint = RegistrationEndpoint::new(Registrar::builder(config, store.clone()).build().unwrap());
        let client = register_at(&endpoint).await;
        store.fail_all(Some(fault));
        for (method, target) in
            [("POST", "/register"), ("GET", &client.uri), ("PUT", &client.uri), ("DELETE", &client.uri)]
        {
            // A registration token is no initial access token.
            let token = (method != "POST").then_some(client.token.as_str());
            let request = request(method, target, token, &client.for_update());
            let answer = Answer::from(&endpoint, request).await;
            answer.assert_error(status, code, description);
            assert_eq!(answer.header("retry-after"), retry);
        }
    }
    let endpoint = endpoint(json!({}), |builder| builder.entropy(FailingEntropy));
    let answer = Answer::from(&endpoint, request("POST", "/register", None, &plain())).await;
    answer.assert_error(503, "temporarily_unavailable", "try again later");
}

/// A hook that permits nothing but registration.
#[derive(Debug)]
struct Strict;

fn denied() -> HookError {
    HookError::Answer(HookAnswer::new(403, r#"{"error":"access_denied"}"#))
}

#[async_trait]
impl ScriptHook for Strict {
    async fn update_client(&self, _: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        Err(denied())
    }

    async fn delete_client(&self, _: &HookContext<'_>) -> Result<(), HookError> {
        Err(denied())
    }
}

/// Refuses: R92-029, R92-044, OIR-063
#[tokio::test]
async fn a_hook_may_deny_what_the_token_allows() {
    let endpoint = endpoint(json!({}), |builder| builder.script_hook(Strict));
    let client = register_at(&endpoint).await;
    for method in ["PUT", "DELETE"] {
        let request = request(method, &client.uri, Some(&client.token), &client.for_update());
        let answer = Answer::from(&endpoint, request).await;
        answer.assert_well_formed();
        assert_eq!((answer.status, answer.json()), (403, json!({ "error": "access_denied" })));
    }
    let answer =
        Answer::from(&endpoint, request("GET", &client.uri, Some(&client.token), &Value::Null)).await;
    assert_eq!(answer.json()["client_id"], client.id);
}

/// The host is told, so that it can revoke grants and tokens.
///
/// Accepts: R92-042
#[tokio::test]
async fn the_host_is_told_of_a_deletion() {
    let hook = RecordingHook::new();
    let endpoint = endpoint(json!({}), |builder| builder.script_hook(hook.clone()));
    let client = register_at(&endpoint).await;
    let before = hook.seen().len();
    let delete = || request("DELETE", &client.uri, Some(&client.token), &Value::Null);
    assert_eq!(Answer::from(&endpoint, delete()).await.status, 204);
    assert_eq!(hook.seen()[before..], [("delete_client", Operation::Delete)]);
    Answer::from(&endpoint, delete()).await.assert_invalid_token();
    assert_eq!(hook.seen().len(), before + 1);
}

/// Gone by any way is gone.
///
/// Refuses: R92-045, R92-014
#[tokio::test]
async fn a_client_that_an_administrator_removed_is_gone() {
    let store = Arc::new(MemoryClientStore::default());
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    let endpoint = RegistrationEndpoint::new(Registrar::builder(config, store.clone()).build().unwrap());
    let client = register_at(&endpoint).await;
    assert!(store.delete(&ClientId::new(&client.id).unwrap()).await.unwrap());
    for method in ["GET", "PUT", "DELETE"] {
        let request = request(method, &client.uri, Some(&client.token), &client.for_update());
        Answer::from(&endpoint, request).await.assert_invalid_token();
    }
}

/// A token is good as long as its client, and a client that ends says when.
///
/// Accepts: R92-060, R91-074, OIR-049
#[tokio::test]
async fn tokens_end_with_their_clients() {
    let clock = ManualClock::new();
    let years = |count: i64| count * 365 * 86_400;
    let for_ever = endpoint(json!({}), |builder| builder.clock(clock.clone()));
    let for_a_year = endpoint(json!({ "dynamicRegistrationExpirationTime": years(1) }), |builder| {
        builder.clock(clock.clone())
    });
    let (one, other) = (register_at(&for_ever).await, register_at(&for_a_year).await);
    let start = ManualClock::START.unix_timestamp();
    assert_eq!(
        (&one.body["client_id_issued_at"], &one.body["client_secret_expires_at"]),
        (&json!(start), &json!(0))
    );
    assert_eq!(other.body["client_secret_expires_at"], json!(start + years(1)));

    let read = |client: &Registered| request("GET", &client.uri, Some(&client.token), &Value::Null);
    clock.advance(years(1) - 1);
    assert_eq!(Answer::from(&for_a_year, read(&other)).await.status, 200);
    clock.advance(1);
    Answer::from(&for_a_year, read(&other)).await.assert_invalid_token();
    clock.advance(years(400));
    assert_eq!(Answer::from(&for_ever, read(&one)).await.status, 200);
}

/// The engine reads no access token that it did not issue: the host says whose it is.
///
/// Accepts: R92-065
/// Refuses: R92-065
#[tokio::test]
async fn a_host_may_vouch_for_a_caller() {
    let vouching = endpoint(json!({ "dcrAuthorizationWithClientCredentials": true }), |builder| builder);
    let metadata = json!({ "grant_types": ["client_credentials"] });
    let answer = Answer::from(&vouching, request("POST", "/register", None, &metadata)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let client = Registered::of(answer.json());
    let ask = async |endpoint: &RegistrationEndpoint, target: &str, id: &str| {
        let caller = Caller::Client(ClientId::new(id).unwrap());
        let request = request("GET", target, Some("an-access-token"), &Value::Null);
        Answer::of_response(endpoint.handle_as(request, Some(caller), None).await).await
    };
    let own = ask(&vouching, &client.uri, &client.id).await;
    assert_eq!((own.status, &own.json()["client_id"]), (200, &json!(client.id)));
    ask(&vouching, &client.uri, "another").await.assert_invalid_token();
    ask(&vouching, "/register", &client.id).await.assert_invalid_token();
    let unvouched = request("GET", &client.uri, Some("an-access-token"), &Value::Null);
    Answer::from(&vouching, unvouched).await.assert_invalid_token();

    // Where the configuration does not say so, vouching is not enough.
    let plain = endpoint(json!({}), |builder| builder);
    let client = register_at(&plain).await;
    ask(&plain, &client.uri, &client.id).await.assert_invalid_token();
}

/// The address and the token are told together or not at all.
///
/// Accepts: OIR-048
#[tokio::test]
async fn a_caller_without_the_token_is_not_told_the_address() {
    let endpoint = endpoint(json!({ "dcrAuthorizationWithClientCredentials": true }), |builder| builder);
    let metadata = json!({ "grant_types": ["client_credentials"] });
    let client =
        Registered::of(Answer::from(&endpoint, request("POST", "/register", None, &metadata)).await.json());
    let caller = Caller::Client(ClientId::new(&client.id).unwrap());
    let read = request("GET", &client.uri, None, &Value::Null);
    let body = Answer::of_response(endpoint.handle_as(read, Some(caller), None).await).await.json();
    assert_eq!((body.get("registration_access_token"), body.get("registration_client_uri")), (None, None));
}

#[test]
fn a_configuration_that_cannot_be_used_ends_the_server_with_its_problems() {
    let broken = json!({ "registrationEndpoint": "http://op.example.com/register", "maxBodyBytes": 0 });
    let path = config_file("broken", &broken);
    let output = Command::new(binary())
        .args(["--port", "0", "--database", ":memory:", "--config", path.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "registrationEndpoint: `http://op.example.com/register` must use https\n\
         maxBodyBytes: must not be 0, since no request could be read\n"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn the_server_stops_when_it_is_told_to() {
    for name in ["TERM", "INT"] {
        let mut server = Server::start();
        server.signal(name);
        assert_eq!(server.wait(), Some(0), "{name}");
    }
}

#[tokio::test]
async fn the_sample_configuration_works() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/server/janssen.json");
    let server = Server::start_with(&["--config", sample]);
    let client = server.register_plain().await;
    assert_eq!(client.body["subject_type"], "pairwise");
    assert_eq!(client.body["scope"], "openid profile");
    let refused = server.try_register(&json!({ "redirect_uris": ["https://a.attacker.example/cb"] })).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"], "invalid_redirect_uri");
}
