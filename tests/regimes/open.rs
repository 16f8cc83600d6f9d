//! FAPI 2 and MCP: registration without statements, managed by registration access tokens.

use http::Method;
use serde_json::{Value, json};

use crate::pki::Key;
use crate::world::{METADATA, Regime, with};

fn fapi2_with(changes: &Value) -> String {
    let metadata = json!({
        "redirect_uris": ["https://app.example/cb"], "grant_types": ["authorization_code", "refresh_token"],
        "jwks": { "keys": [Key::ec("app").jwk()] }
    });
    with(metadata, changes).to_string()
}

fn mcp_with(changes: &Value) -> String {
    let metadata = json!({
        "client_name": "Agent", "redirect_uris": ["http://127.0.0.1:4711/cb"], "token_endpoint_auth_method": "none"
    });
    with(metadata, changes).to_string()
}

/// Register, read, update, delete, and wrong tokens on the way.
async fn live(regime: &Regime, body: String, changed: fn(&Value) -> String) -> Value {
    let client = regime.register("", body).await;
    let read = regime.manage(Method::GET, &client, None).await;
    assert_eq!((read.status, &read.json()), (200, &client.body));
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(|| changed(&json!({ "client_id": client.id })));
        let wrong = regime.manage_as(method.clone(), &client.id, Some("wrong"), None, body.clone()).await;
        wrong.assert_invalid_token();
        regime.manage_as(method, &client.id, None, None, body).await.assert_no_credentials();
    }
    let update = changed(&json!({ "client_id": client.id, "client_name": "Renamed" }));
    let updated = regime.manage(Method::PUT, &client, Some(update)).await;
    assert_eq!(updated.status, 200, "{}", updated.text());
    assert_eq!(updated.json()["client_name"], "Renamed");
    // RFC 7592 section 2.2.
    let unnamed = regime.manage(Method::PUT, &client, Some(changed(&json!({})))).await;
    unnamed.assert_error(400, "invalid_request", "client_id: must be in an update");
    assert_eq!(regime.manage(Method::DELETE, &client, None).await.status, 204);
    regime.manage(Method::GET, &client, None).await.assert_invalid_token();
    client.body
}

#[tokio::test]
async fn fapi2_clients_are_confidential_push_their_requests_and_bind_their_tokens() {
    let regime = Regime::start("fapi2.json", "application/json", None);
    let body = live(&regime, fapi2_with(&json!({})), fapi2_with).await;
    assert_eq!(body["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(body["response_types"], json!(["code"]));
    assert_eq!(body["require_pushed_authorization_requests"], true);
    assert_eq!(body["tls_client_certificate_bound_access_tokens"], true);
    assert_eq!(body["id_token_signed_response_alg"], "PS256");
    assert_eq!(body.get("client_secret"), None);
    let bound = regime.register("", fapi2_with(&json!({ "dpop_bound_access_tokens": true }))).await;
    assert_eq!(bound.body.get("tls_client_certificate_bound_access_tokens"), None);
    // Nothing here says that two clients are one.
    let again = regime.register("", fapi2_with(&json!({}))).await;
    assert_ne!(again.id, bound.id);

    for (changes, code) in [
        (json!({ "response_types": ["code id_token"] }), METADATA),
        (json!({ "response_types": ["token"] }), METADATA),
        (json!({ "grant_types": ["implicit"] }), METADATA),
        (json!({ "token_endpoint_auth_method": "client_secret_basic" }), METADATA),
        (json!({ "token_endpoint_auth_method": "none" }), METADATA),
        (json!({ "id_token_signed_response_alg": "RS256" }), METADATA),
        (json!({ "jwks": null }), METADATA),
        (json!({ "jwks": { "keys": [with(Key::ec("k").jwk(), &json!({ "alg": "ES384" }))] } }), METADATA),
        (json!({ "redirect_uris": ["http://localhost/cb"] }), "invalid_redirect_uri"),
        (
            json!({ "redirect_uris": ["com.example.app:/cb"], "application_type": "native" }),
            "invalid_redirect_uri",
        ),
    ] {
        let answer = regime.post(fapi2_with(&changes)).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!(code)),
            "{changes} {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn mcp_clients_are_anybodys_and_end_by_themselves() {
    let regime = Regime::start("mcp.json", "application/json", None);
    let body = live(&regime, mcp_with(&json!({})), mcp_with).await;
    assert_eq!(body["application_type"], "native");
    assert_eq!(body.get("client_secret"), None);
    let web = json!({ "redirect_uris": ["https://agent.example/cb"], "token_endpoint_auth_method": null });
    let confidential = regime.register("", mcp_with(&web)).await.body;
    let lifetime = confidential["client_secret_expires_at"].as_i64().unwrap()
        - confidential["client_id_issued_at"].as_i64().unwrap();
    assert_eq!(lifetime, 30 * 24 * 60 * 60);
    // A statement means nothing here.
    let stated = regime.register("", mcp_with(&json!({ "software_statement": "a.b.c" }))).await.body;
    assert_eq!(stated.get("software_statement"), None);

    let many: Vec<String> = (0..11).map(|n| format!("https://agent.example/{n}")).collect();
    for (changes, code) in [
        (json!({ "redirect_uris": null }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": many }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://agent.example/cb"] }), "invalid_redirect_uri"),
        (
            json!({ "redirect_uris": ["com.example.agent:/cb"], "application_type": "web" }),
            "invalid_redirect_uri",
        ),
        (json!({ "grant_types": ["client_credentials"] }), METADATA),
        (json!({ "response_types": ["token"] }), METADATA),
        (json!({ "token_endpoint_auth_method": "tls_client_auth" }), METADATA),
    ] {
        let answer = regime.post(mcp_with(&changes)).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!(code)),
            "{changes} {}",
            answer.text()
        );
    }
    let large = mcp_with(&json!({ "client_name": "x".repeat(17_000) }));
    let answer = regime.post(large).await;
    assert_eq!(answer.status, 413);
}
