//! The configuration of a running server.

use http::Method;
use serde_json::{Value, json};

use crate::administration::{Administered, TOKEN};
use crate::support::Answer;

fn plain() -> Value {
    json!({ "redirect_uris": ["https://app.example.org/cb"] })
}

/// The two examples of Janssen's documentation, to the letter: a path without its slash, a truth as a text.
#[tokio::test]
async fn the_examples_of_janssen_work() {
    let own = Administered::start("seeds", &json!({ "dynamicRegistrationEnabled": false }));
    own.server.try_register(&plain()).await.assert_error(
        403,
        "access_denied",
        "client registration is switched off",
    );
    for body in [
        r#"[
    {
     "op": "add",
     "path": "anExampleConfigField",
     "value": "anExampleConfigField_value"
     }
    ]"#,
        r#"[
 {
  "op": "add",
  "path": "dynamicRegistrationEnabled",
  "value": "true"
  }
 ]"#,
    ] {
        let request = own.request(Method::PATCH, "/jans-config-api/api/v1/jans-auth-server/config");
        let request = request.bearer_auth(TOKEN).header("content-type", "application/json-patch+json");
        let answer = Answer::of(request.body(body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let config = own.get("/config").await.json();
    assert_eq!(config["anExampleConfigField"], "anExampleConfigField_value");
    assert_eq!(config["dynamicRegistrationEnabled"], "true");
    assert_eq!(own.server.try_register(&plain()).await.status, 201);
}

/// Clients of before the change are managed after it.
#[tokio::test]
async fn a_change_is_there_for_the_next_request() {
    let own = Administered::start("next-request", &json!({ "dynamicRegistrationEnabled": true }));
    let client = own.server.register_plain().await;
    let answer = own
        .patch(&json!([
            { "op": "add", "path": "/clientWhiteList", "value": ["https://*.example.com/*"] },
            { "op": "replace", "path": "/registrationEndpoint", "value": format!("{}/dcr/v2", own.server.base()) },
            { "op": "add", "path": "/subjectTypesSupported", "value": ["pairwise"] },
        ]))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["clientWhiteList"], json!(["https://*.example.com/*"]));

    assert_eq!(own.server.try_register(&plain()).await.status, 404, "the endpoint moved");
    let post =
        |uri: &str| own.server.request(Method::POST, "/dcr/v2").json(&json!({ "redirect_uris": [uri] }));
    assert_eq!(Answer::of(post("https://app.example.org/cb")).await.json()["error"], "invalid_redirect_uri");
    let other = Answer::of(post("https://app.example.com/cb")).await;
    assert_eq!((other.status, &other.json()["subject_type"]), (201, &json!("pairwise")));

    let discovery = own.server.request(Method::GET, "/.well-known/openid-configuration");
    let discovery = Answer::of(discovery).await.json();
    assert_eq!(discovery["subject_types_supported"], json!(["pairwise"]));
    assert_eq!(discovery["registration_endpoint"], format!("{}/dcr/v2", own.server.base()));
    let read = own.server.request(Method::GET, &format!("/dcr/v2/{}", client.id)).bearer_auth(&client.token);
    assert_eq!(Answer::of(read).await.status, 200);
}

#[tokio::test]
async fn a_change_that_cannot_be_used_changes_nothing_and_says_all_that_is_wrong() {
    let own = Administered::start("all-wrong", &json!({ "dynamicRegistrationEnabled": true }));
    let before = own.get("/config").await.json();
    for (operations, problems) in [
        (
            json!([
                { "op": "replace", "path": "/dynamicRegistrationEnabled", "value": false },
                { "op": "add", "path": "/maxBodyBytes", "value": 0 },
                { "op": "add", "path": "/issuer", "value": "http://op.example.com" },
            ]),
            json!([
                "issuer: `http://op.example.com/` must use https",
                "maxBodyBytes: must not be 0, since no request could be read",
            ]),
        ),
        // What cannot even be read is told of each property.
        (
            json!([
                { "op": "add", "path": "/maxBodyBytes", "value": "many" },
                { "op": "add", "path": "/issuer", "value": "nowhere" },
            ]),
            json!([
                "issuer: `nowhere` is not a URL: relative URL without a base",
                "maxBodyBytes: must be an integer, not `many`",
            ]),
        ),
        (
            json!([{ "op": "add", "path": "/exampleServer", "value": {} }]),
            json!(["exampleServer: is read when the server starts, and cannot be changed"]),
        ),
        (
            json!([{ "op": "remove", "path": "/registrationEndpoint" }]),
            json!(["registrationEndpoint: must be given, since registration_client_uri is made of it"]),
        ),
        (
            json!([{ "op": "remove", "path": "/issuer" }]),
            json!(["issuer: must be given, since the discovery document names it"]),
        ),
    ] {
        let answer = own.patch(&operations).await;
        let mut found = answer.json()["problems"].clone();
        found.as_array_mut().unwrap().sort_by_key(ToString::to_string);
        assert_eq!(
            (answer.status, &answer.json()["error"], &found),
            (400, &json!("invalid_configuration"), &problems)
        );
        assert_eq!(own.get("/config").await.json(), before);
        assert_eq!(own.server.try_register(&plain()).await.status, 201);
    }
}

#[tokio::test]
async fn what_is_no_patch_of_this_document_is_refused() {
    let own = Administered::start("no-patch", &json!({ "dynamicRegistrationEnabled": true }));
    let before = own.get("/config").await.json();
    for operations in [
        json!({ "dynamicRegistrationEnabled": false }),
        json!([{ "op": "remove", "path": "/nothing" }]),
        json!([{ "op": "test", "path": "/dynamicRegistrationEnabled", "value": false }]),
        json!([{ "op": "replace", "path": "", "value": [] }]),
        // All or nothing.
        json!([
            { "op": "add", "path": "/dynamicRegistrationEnabled", "value": false },
            { "op": "remove", "path": "/nothing" },
        ]),
    ] {
        let answer = own.patch(&operations).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_patch")), "{operations}");
        assert_eq!(own.get("/config").await.json(), before);
    }
    let merge = own.request(Method::PATCH, "/config").bearer_auth(TOKEN);
    let merge = Answer::of(merge.header("content-type", "application/merge-patch+json").body("{}")).await;
    assert_eq!((merge.status, merge.header("accept-patch")), (415, Some("application/json-patch+json")));
}

const SECRET: &str = "a-shared-secret-of-many-characters";

fn with_secrets() -> Value {
    json!({
        "dynamicRegistrationEnabled": true,
        "dcrSignatureValidationEnabled": true,
        "dcrSignatureValidationSharedSecret": SECRET,
        "dcrSsaValidationConfigs": [
            { "id": "1", "type": "SSA", "issuers": ["Acme"], "sharedSecret": "another-shared-secret-of-many" },
            { "id": "2", "type": "DCR", "issuers": ["Bcme"], "shared_secret": "third-shared-secret-of-many-c" },
        ],
        // What the registrar does not know of may hold secrets as well.
        "other": { "jwks": r#"{"keys":[{"kty":"oct","k":"Zm91cnRoLXNoYXJlZC1zZWNyZXQ"}]}"# },
        "another": { "keys": [{ "kty": "EC", "crv": "P-256", "d": "ZmlmdGg" }] },
        "keyStoreSecret": "changeit",
        "pairwiseCalculationSalt": "pepper",
        "exampleServer": { "testTokens": { "canary": {} } },
    })
}

/// Everything that must never be in an answer.
fn assert_hidden(answer: &Answer) {
    for secret in
        [SECRET, "another-shared", "third-shared", "Zm91cnRo", "ZmlmdGg", "changeit", "pepper", "canary"]
    {
        assert!(!answer.text().contains(secret), "{secret} is in {}", answer.text());
    }
}

#[tokio::test]
async fn secrets_are_never_shown() {
    let own = Administered::start("secrets", &with_secrets());
    let shown = own.get("/config").await;
    assert_hidden(&shown);
    let shown = shown.json();
    assert_eq!(shown["dcrSignatureValidationEnabled"], true);
    assert_eq!(shown["dcrSsaValidationConfigs"][0]["issuers"], json!(["Acme"]));
    assert_eq!(shown["another"]["keys"][0]["crv"], "P-256");

    // Not in another place either, not by comparing, and not in what is said of a fault.
    let secret = "/dcrSignatureValidationSharedSecret";
    assert_hidden(&own.patch(&json!([{ "op": "copy", "from": secret, "path": "/note" }])).await);
    assert_hidden(&own.get("/config").await);
    let test = own.patch(&json!([{ "op": "test", "path": secret, "value": SECRET }])).await;
    assert_eq!(test.status, 400);
    for place in ["/issuer", "/registrationEndpoint", "/defaultSubjectType", "/dcrSignatureValidationJwks"] {
        let answer = own.patch(&json!([{ "op": "copy", "from": secret, "path": place }])).await;
        assert_hidden(&answer);
        assert_eq!(answer.status, 400, "{place}: {}", answer.text());
    }
    // What is wrong is told without the secret, also where it was put by mistake.
    let misplaced = own.patch(&json!([{ "op": "add", "path": "/issuer", "value": SECRET }])).await;
    assert_eq!(
        misplaced.json()["problems"],
        json!(["issuer: `[secret 1]` is not a URL: relative URL without a base"])
    );
    assert_hidden(&own.get("/config").await);
}

/// An endpoint that would be in the way of another one is refused, and takes no server down.
#[tokio::test]
async fn the_endpoint_has_a_path_of_its_own() {
    let own = Administered::start("own-path", &json!({ "dynamicRegistrationEnabled": true }));
    for path in [
        "",
        "/",
        "//",
        "/jwks",
        "/token/",
        "/:id",
        "/a/*rest",
        "/health/ready",
        "/.well-known/openid-configuration",
    ] {
        let endpoint = format!("https://op.example.com{path}");
        let change = json!([{ "op": "replace", "path": "/registrationEndpoint", "value": endpoint }]);
        let answer = own.patch(&change).await;
        let problem = "registrationEndpoint: must have a path of its own, such as /register";
        assert_eq!((answer.status, answer.json()["problems"].clone()), (400, json!([problem])), "{path}");
    }
    assert_eq!(own.server.try_register(&plain()).await.status, 201);
}

/// What is shown can be sent back: a word in the place of a secret stands for it.
#[tokio::test]
async fn secrets_survive_a_change_of_what_is_around_them() {
    let own = Administered::start("survive", &with_secrets());
    let signed = |secret: &str| {
        let header = r#"{"alg":"HS256"}"#;
        let claims = json!({ "redirect_uris": ["https://app.example.org/cb"] }).to_string();
        hmac_jws(header, &claims, secret)
    };
    let post = async |secret: &str| {
        let request = own.server.request(Method::POST, "/register").header("content-type", "application/jwt");
        Answer::of(request.body(signed(secret))).await.status
    };
    assert_eq!((post(SECRET).await, post("not-the-secret-at-all-but-as-long").await), (201, 400));

    let mut shown = own.get("/config").await.json();
    shown["clientBlackList"] = json!(["https://old.example.org/*"]);
    let answer = own.patch(&json!([{ "op": "replace", "path": "", "value": shown }])).await;
    assert_eq!((answer.status, answer.json()), (200, shown), "the same words");
    assert_eq!((post(SECRET).await, post("not-the-secret-at-all-but-as-long").await), (201, 400));

    let next = "the-next-shared-secret-of-many-characters";
    let path = "/dcrSignatureValidationSharedSecret";
    let answer = own.patch(&json!([{ "op": "replace", "path": path, "value": next }])).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.text().contains(next));
    assert_eq!((post(SECRET).await, post(next).await), (400, 201));
}

fn hmac_jws(header: &str, claims: &str, secret: &str) -> String {
    let mut own = josekit::jws::JwsHeader::new();
    own.set_algorithm("HS256");
    assert_eq!(own.to_string(), header);
    let signer = josekit::jws::HS256.signer_from_bytes(secret).unwrap();
    josekit::jws::serialize_compact(claims.as_bytes(), &own, &signer).unwrap()
}

/// Changes at once are changes one after the other: none is lost.
#[tokio::test]
async fn changes_at_once_do_not_overwrite_each_other() {
    let own =
        Administered::start("at-once", &json!({ "dynamicRegistrationEnabled": true, "clientBlackList": [] }));
    let changes = (0..20).map(|index| {
        let value = format!("https://{index}.example.org/*");
        let operations = json!([{ "op": "add", "path": "/clientBlackList/-", "value": value }]);
        let request = own.request(Method::PATCH, "/config").bearer_auth(TOKEN);
        let request = request.header("content-type", "application/json-patch+json");
        tokio::spawn(Answer::of(request.body(operations.to_string())))
    });
    for change in changes.collect::<Vec<_>>() {
        assert_eq!(change.await.unwrap().status, 200);
    }
    let config = own.get("/config").await.json();
    assert_eq!(config["clientBlackList"].as_array().unwrap().len(), 20);
}
