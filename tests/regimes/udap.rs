//! UDAP: statements that clients sign with a certificate of their community. There is no management: a new statement
//! changes a registration, and one without grants ends it.

use std::sync::LazyLock;

use http::Method;
use openssl::x509::X509;
use serde_json::{Value, json};

use crate::pki::{Key, PAST, Party, config, has_uris};
use crate::support::Answer;
use crate::world::{METADATA, Regime, STATEMENT, now, uuid, with};

const CLIENT: &str = "https://app.example/udap";

/// The root that the configuration trusts.
static ROOT: LazyLock<Party> = LazyLock::new(|| {
    let read = |name: &str| std::fs::read(config("demo").join(name)).unwrap();
    Party {
        certificate: X509::from_pem(&read("community-root.pem")).unwrap(),
        key: Key {
            kid: "root",
            private: openssl::pkey::PKey::private_key_from_pem(&read("community-private.pem")).unwrap(),
        },
    }
});
static ISSUING: LazyLock<Party> = LazyLock::new(|| Party::authority("Issuing", Some(&ROOT)));
static APP: LazyLock<Party> = LazyLock::new(|| Party::client(&[CLIENT], &ISSUING));

fn start() -> Regime {
    Regime::start("udap.json", "application/json", None)
}

fn claims(regime: &Regime, changes: &Value) -> Value {
    let claims = json!({
        "iss": CLIENT, "sub": CLIENT, "aud": regime.server.endpoint(), "iat": now(), "exp": now() + 300,
        "jti": uuid(), "client_name": "App", "contacts": ["mailto:ops@app.example"],
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "redirect_uris": ["https://app.example/cb"], "logo_uri": "https://app.example/logo.png",
        "token_endpoint_auth_method": "private_key_jwt", "scope": "user/Patient.read"
    });
    with(claims, changes)
}

fn request(statement: &str) -> String {
    json!({ "udap": "1", "software_statement": statement, "certifications": [] }).to_string()
}

fn request_with(regime: &Regime, changes: &Value) -> String {
    request(&APP.certified(&[&ISSUING], &claims(regime, changes)))
}

#[tokio::test]
async fn a_life_from_registration_to_cancellation() {
    let regime = start();
    let client = regime.register("", request_with(&regime, &json!({}))).await;
    let body = &client.body;
    assert_eq!((&body["client_name"], &body["scope"]), (&json!("App"), &json!("user/Patient.read")));
    for absent in [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "jti",
        "udap",
        "certifications",
        "client_secret",
        "registration_access_token",
        "registration_client_uri",
    ] {
        assert_eq!(body.get(absent), None, "{absent}");
    }
    assert!(body.as_object().unwrap().values().all(|value| !value.is_null() && *value != json!("")));

    let change = regime.post(request_with(&regime, &json!({ "client_name": "App 2" }))).await;
    assert_eq!((change.status, &change.json()["client_id"]), (200, &json!(client.id)), "{}", change.text());
    assert_eq!(change.json()["client_name"], "App 2");

    let cancelled = json!({ "grant_types": [], "redirect_uris": null, "response_types": null });
    let cancelled = regime.post(request_with(&regime, &cancelled)).await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["grant_types"]),
        (200, &json!([])),
        "{}",
        cancelled.text()
    );
    let again = regime.post(request_with(&regime, &json!({}))).await;
    assert_eq!(again.status, 201);
    assert_ne!(again.json()["client_id"], client.id);

    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = regime.manage(method, &client, None).await;
        assert_eq!(answer.status, 405, "{}", answer.text());
    }
}

#[track_caller]
fn assert_refused(answer: &Answer, code: &str, description: &str) {
    answer.assert_error(400, code, description);
}

#[tokio::test]
async fn statements_that_are_old_long_lived_or_for_somebody_else() {
    let regime = start();
    let refusals = [
        (json!({ "iat": now() - 400, "exp": now() - 100 }), "exp has passed"),
        (json!({ "exp": now() + 301 }), "exp is too long after iat"),
        (json!({ "aud": "https://other.example/register" }), "aud must name this server"),
        (json!({ "aud": regime.server.base() }), "aud must name this server"),
        (json!({ "sub": "https://app.example/other" }), "sub is not one of the values that are taken"),
        (json!({ "jti": null }), "jti must be there"),
    ];
    for (changes, fault) in refusals {
        let answer = regime.post(request_with(&regime, &changes)).await;
        assert_refused(&answer, STATEMENT, &format!("software_statement: the claim {fault}"));
    }
    let once = request_with(&regime, &json!({}));
    assert_eq!(regime.post(once.clone()).await.status, 201);
    let used = "software_statement: was used before, and may be used once";
    assert_refused(&regime.post(once).await, STATEMENT, used);
    let missing = "software_statement: must be given";
    assert_refused(&regime.post(r#"{"udap":"1"}"#).await, STATEMENT, missing);
}

#[tokio::test]
async fn certificates_that_are_not_of_the_community_or_not_of_the_client() {
    let regime = start();
    let stranger = Party::authority("Demo community root, never trust it", None);
    let statement = Party::client(&[CLIENT], &stranger).certified(&[&stranger], &claims(&regime, &json!({})));
    let untrusted = "software_statement: has an x5c that leads to no trust anchor of this server";
    assert_refused(&regime.post(request(&statement)).await, "unapproved_software_statement", untrusted);
    let other = Party::client(&["https://other.example/udap"], &ISSUING);
    let statement = other.certified(&[&ISSUING], &claims(&regime, &json!({})));
    let name = "software_statement: has an iss that is no URI of its certificate";
    assert_refused(&regime.post(request(&statement)).await, STATEMENT, name);
    let past = Party::new(Key::ec("past"), &[("CN", "client")], Some(&ISSUING), PAST, |builder| {
        has_uris(builder, &[CLIENT]);
    });
    let statement = past.certified(&[&ISSUING], &claims(&regime, &json!({})));
    assert_refused(&regime.post(request(&statement)).await, "unapproved_software_statement", untrusted);
    // Not even its cancellation.
    regime.register("", request_with(&regime, &json!({}))).await;
    let statement = other.certified(&[&ISSUING], &claims(&regime, &json!({ "grant_types": [] })));
    assert_refused(&regime.post(request(&statement)).await, STATEMENT, name);
}

#[tokio::test]
async fn metadata_is_that_of_one_kind_of_client() {
    let regime = start();
    let refused = |changes: Value| request_with(&regime, &changes);
    for (changes, code) in [
        (json!({ "grant_types": ["authorization_code", "client_credentials"] }), METADATA),
        (json!({ "grant_types": ["client_credentials"] }), "invalid_redirect_uri"),
        (json!({ "contacts": ["ops@app.example"] }), METADATA),
        (json!({ "logo_uri": null }), METADATA),
        (json!({ "logo_uri": "https://app.example/logo.svg" }), METADATA),
        (json!({ "redirect_uris": ["http://app.example/cb"] }), "invalid_redirect_uri"),
        (json!({ "scope": null }), METADATA),
        (json!({ "token_endpoint_auth_method": "client_secret_basic" }), METADATA),
    ] {
        let answer = regime.post(refused(changes.clone())).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!(code)),
            "{changes} {}",
            answer.text()
        );
    }
    // What stands beside the statement does not count.
    let beside = json!({
        "udap": "1", "software_statement": APP.certified(&[&ISSUING], &claims(&regime, &json!({}))),
        "scope": "system/*.*", "client_name": "Evil"
    });
    let answer = regime.post(beside.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(
        (&answer.json()["scope"], &answer.json()["client_name"]),
        (&json!("user/Patient.read"), &json!("App"))
    );
}
