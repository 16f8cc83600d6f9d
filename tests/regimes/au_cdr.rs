//! Australia, Consumer Data Right.

use http::Method;
use serde_json::{Value, json};

use crate::pki::{Key, PAST, Party};
use crate::world::{METADATA, REGULATOR, Regime, SOFTWARE, STATEMENT, now, transport, uuid, with};

const ID: &str = "740c368f-ecf9-4d29-a2ea-0514a66b0cdn";

fn start() -> Regime {
    let certificate = transport(&Key::ec("transport"), &[("CN", "Budget"), ("OU", "Consumer Data Right")]);
    Regime::start("au-cdr.json", "application/jwt", Some(certificate))
}

fn statement_with(changes: &Value) -> String {
    let claims = json!({
        "iss": "cdr-register", "iat": now(), "exp": now() + 600, "jti": uuid(),
        "org_id": "2b2aa1b6-3fb0-4a7c-a4c3-f7ed0ecb9a25", "org_name": "Brand", "software_id": ID,
        "software_roles": "data-recipient-software-product",
        "client_name": "Budget", "client_description": "Counts money", "client_uri": "https://recipient.example/",
        "redirect_uris": ["https://recipient.example/cb", "https://recipient.example/cb2"],
        "logo_uri": "https://recipient.example/logo.png", "jwks_uri": "https://recipient.example/jwks",
        "revocation_uri": "https://recipient.example/revoke", "recipient_base_uri": "https://recipient.example/",
        "scope": "openid profile bank:accounts.basic:read energy:unknown cdr:registration"
    });
    REGULATOR.token(&with(claims, changes))
}

fn claims(regime: &Regime) -> Value {
    json!({
        "iss": ID, "iat": now(), "exp": now() + 60, "aud": regime.server.base(), "jti": uuid(),
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256",
        "grant_types": ["client_credentials", "authorization_code", "refresh_token"], "response_types": ["code"],
        "id_token_signed_response_alg": "PS256", "authorization_signed_response_alg": "PS256",
        "software_statement": statement_with(&json!({}))
    })
}

fn request_with(regime: &Regime, changes: &Value) -> String {
    SOFTWARE.token(&with(claims(regime), changes))
}

fn stated(regime: &Regime, changes: &Value) -> String {
    request_with(regime, &json!({ "software_statement": statement_with(changes) }))
}

#[tokio::test]
async fn a_life_from_registration_to_deletion() {
    let regime = start();
    let statement = statement_with(&json!({}));
    let request = request_with(&regime, &json!({ "software_statement": statement, "unknown": "ignored" }));
    let client = regime.register("registration", request).await;
    let body = &client.body;
    assert_eq!(body["software_statement"], json!(statement));
    assert_eq!(
        body["redirect_uris"],
        json!(["https://recipient.example/cb", "https://recipient.example/cb2"])
    );
    // Scopes that this holder does not have are passed over.
    assert_eq!(body["scope"], "openid profile bank:accounts.basic:read cdr:registration");
    assert_eq!(body["request_object_signing_alg"], "PS256");
    for required in [
        "client_description",
        "client_id",
        "client_name",
        "client_uri",
        "grant_types",
        "id_token_signed_response_alg",
        "jwks_uri",
        "logo_uri",
        "org_id",
        "org_name",
        "redirect_uris",
        "request_object_signing_alg",
        "response_types",
        "scope",
        "software_id",
        "software_statement",
        "token_endpoint_auth_method",
        "token_endpoint_auth_signing_alg",
    ] {
        assert!(body.get(required).is_some(), "{required}");
    }
    for absent in [
        "iss",
        "exp",
        "jti",
        "unknown",
        "client_secret",
        "registration_access_token",
        "registration_client_uri",
        "require_signed_request_object",
        "tls_client_certificate_bound_access_tokens",
    ] {
        assert_eq!(body.get(absent), None, "{absent}");
    }

    let read = regime.manage(Method::GET, &client, None).await;
    assert_eq!((read.status, &read.json()), (200, body));
    let update = stated(&regime, &json!({ "client_name": "Budget 2", "org_name": "Brand 2" }));
    let updated = regime.manage(Method::PUT, &client, Some(update)).await;
    assert_eq!(updated.status, 200, "{}", updated.text());
    assert_eq!(
        (&updated.json()["client_name"], &updated.json()["org_name"]),
        (&json!("Budget 2"), &json!("Brand 2"))
    );
    assert_eq!(regime.manage(Method::DELETE, &client, None).await.status, 204);
    regime.manage(Method::GET, &client, None).await.assert_invalid_token();
}

#[tokio::test]
async fn a_software_product_is_registered_once() {
    let regime = start();
    let client = regime.register("registration", request_with(&regime, &json!({}))).await;
    regime.refuses(request_with(&regime, &json!({})), STATEMENT, "is registered already").await;
    let other = "11111111-ecf9-4d29-a2ea-0514a66b0cdn";
    let statement = statement_with(&json!({ "software_id": other }));
    regime
        .register(
            "registration",
            request_with(&regime, &json!({ "iss": other, "software_statement": statement })),
        )
        .await;
    // A client that is gone makes room.
    assert_eq!(regime.manage(Method::DELETE, &client, None).await.status, 204);
    regime.register("registration", request_with(&regime, &json!({}))).await;
}

#[tokio::test]
async fn statements_and_requests_that_are_not_believed() {
    let regime = start();
    let old = json!({ "iat": now() - 700, "exp": now() - 100 });
    regime.refuses(stated(&regime, &old), STATEMENT, "software_statement: the claim exp has passed").await;
    let untrusted = "software_statement: has an issuer that is not trusted here";
    regime.refuses(stated(&regime, &json!({ "iss": "somebody" })), STATEMENT, untrusted).await;
    let role = "software_statement: its issuer does not vouch for this software at present";
    regime.refuses(stated(&regime, &json!({ "software_roles": "data-holder" })), STATEMENT, role).await;
    let request = |changes: Value| request_with(&regime, &changes);
    let missing = "software_statement: must be given";
    regime.refuses(request(json!({ "software_statement": null })), STATEMENT, missing).await;
    regime
        .refuses(request(json!({ "iat": now() - 90, "exp": now() - 20 })), METADATA, "exp: has passed")
        .await;
    let other = json!({ "aud": "https://holder.example" });
    regime.refuses(request(other), METADATA, "aud: must name this server").await;
    let issuer = "iss: is not one of the values that are taken";
    regime.refuses(request(json!({ "iss": "another" })), METADATA, issuer).await;
    let uri = json!({ "redirect_uris": ["https://recipient.example/cb", "https://evil.example/cb"] });
    let answer = regime.post(request(uri)).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_redirect_uri")));
    let method = json!({ "token_endpoint_auth_method": "tls_client_auth" });
    let answer = regime.post(request(method)).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(METADATA)), "{}", answer.text());
    // One statement, one registration. What was refused did not use it up.
    let statement = statement_with(&json!({}));
    let spoilt = json!({ "software_statement": statement, "response_types": ["token"] });
    assert_eq!(regime.post(request(spoilt)).await.status, 400);
    let good = json!({ "software_statement": statement });
    let client = regime.register("registration", request(good.clone())).await;
    let again = regime.manage(Method::PUT, &client, Some(request(good))).await;
    let used = "software_statement: was used before, and may be used once";
    again.assert_error(400, STATEMENT, used);
}

#[tokio::test]
async fn a_token_of_the_client_with_its_scope_and_its_certificate() {
    let regime = start();
    let certificate = regime.certificate.as_ref();
    let client = regime.register("registration", request_with(&regime, &json!({}))).await;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(|| request_with(&regime, &json!({})));
        let ask = async |token: &str| {
            regime.manage_as(method.clone(), &client.id, Some(token), certificate, body.clone()).await
        };
        // For the data of consumers, not for registration.
        let answer = ask(&regime.token("data", &client.id)).await;
        answer.assert_error(403, "insufficient_scope", "the token lacks a scope");
        let challenge = r#"Bearer error="insufficient_scope", scope="cdr:registration""#;
        assert_eq!(answer.header("www-authenticate"), Some(challenge));
        // Bound to nothing, to another certificate, and of another client.
        ask(&format!("registration.{}", client.id)).await.assert_invalid_token();
        let other = transport(&Key::ec("other"), &[("CN", "Other")]);
        let answer = regime
            .manage_as(method.clone(), &client.id, Some(&client.token), Some(&other), body.clone())
            .await;
        answer.assert_invalid_token();
        ask(&regime.token("registration", &uuid())).await.assert_invalid_token();
        let answer = regime.manage_as(method, &client.id, None, certificate, body).await;
        answer.assert_no_credentials();
    }
    let message = "a client certificate is needed";
    regime.post_with(None, request_with(&regime, &json!({}))).await.assert_error(
        403,
        "invalid_client",
        message,
    );
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_none() {
    let regime = start();
    let past = Party::new(Key::ec("transport"), &[("CN", "Budget")], None, PAST, |_| ());
    let answer = regime.post_with(Some(&past), request_with(&regime, &json!({}))).await;
    answer.assert_error(403, "invalid_client", "the client certificate is not valid at this time");
}
