//! UK Open Banking 3.3.

use http::Method;
use serde_json::{Value, json};

use crate::pki::{Key, PAST, Party};
use crate::world::{METADATA, REGULATOR, Regime, SOFTWARE, STATEMENT, now, transport, uuid, with};

const KEYS: &str = "https://keystore.directory.example/demo-software.jwks";
const ID: &str = "4JZmK0aKMkuXjJ12ab";

fn start() -> Regime {
    Regime::start("uk-ob.json", "application/jose", Some(transport(&SOFTWARE, &[("CN", ID), ("O", "TPP")])))
}

fn statement_with(changes: &Value) -> String {
    let claims = json!({
        "iss": "OpenBanking Ltd", "iat": now(), "jti": uuid(),
        "software_id": ID, "software_client_name": "Budget", "software_mode": "Live",
        "software_client_uri": "https://tpp.example/", "software_roles": ["AISP"],
        "software_redirect_uris": ["https://tpp.example/cb", "https://tpp.example/cb2"],
        "software_jwks_endpoint": KEYS, "org_id": "0015800001041RHAAY", "org_name": "TPP Ltd",
        "org_status": "Active", "client_secret": "never", "token_endpoint_auth_method": "none"
    });
    REGULATOR.token(&with(claims, changes))
}

fn claims(regime: &Regime) -> Value {
    json!({
        "iss": ID, "iat": now(), "exp": now() + 60, "aud": regime.server.base(), "jti": uuid(),
        "redirect_uris": ["https://tpp.example/cb"], "grant_types": ["client_credentials", "authorization_code"],
        "response_types": ["code id_token"], "application_type": "web", "scope": "openid accounts",
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256",
        "id_token_signed_response_alg": "PS256", "request_object_signing_alg": "PS256",
        "software_id": ID, "software_statement": statement_with(&json!({}))
    })
}

fn request_with(regime: &Regime, changes: &Value) -> String {
    SOFTWARE.token(&with(claims(regime), changes))
}

#[tokio::test]
async fn a_life_from_registration_to_deletion() {
    let regime = start();
    let client = regime.register("demo", request_with(&regime, &json!({ "redirect_uris": null }))).await;
    let body = &client.body;
    // What is left out comes from the statement, and the statement's claims are at the top level.
    assert_eq!(body["redirect_uris"], json!(["https://tpp.example/cb", "https://tpp.example/cb2"]));
    assert_eq!(body["client_name"], "Budget");
    assert_eq!(body["jwks_uri"], KEYS);
    assert_eq!((&body["org_id"], &body["software_roles"]), (&json!("0015800001041RHAAY"), &json!(["AISP"])));
    assert_eq!((&body["software_mode"], &body["org_status"]), (&json!("Live"), &json!("Active")));
    // What the statement says of members that the request decides is not what is registered.
    assert_eq!(body["token_endpoint_auth_method"], "private_key_jwt");
    for absent in [
        "iss",
        "iat",
        "exp",
        "aud",
        "jti",
        "client_secret",
        "registration_access_token",
        "registration_client_uri",
    ] {
        assert_eq!(body.get(absent), None, "{absent}");
    }

    let read = regime.manage(Method::GET, &client, None).await;
    assert_eq!((read.status, &read.json()), (200, body));

    let update = request_with(&regime, &json!({ "redirect_uris": ["https://tpp.example/cb2"] }));
    let updated = regime.manage(Method::PUT, &client, Some(update)).await;
    assert_eq!(updated.status, 200, "{}", updated.text());
    assert_eq!(updated.json()["redirect_uris"], json!(["https://tpp.example/cb2"]));
    assert_eq!(updated.json()["org_name"], "TPP Ltd");

    assert_eq!(regime.manage(Method::DELETE, &client, None).await.status, 204);
    for method in [Method::GET, Method::DELETE] {
        regime.manage(method, &client, None).await.assert_invalid_token();
    }
}

#[tokio::test]
async fn requests_that_are_not_fresh_not_the_softwares_or_not_for_this_server() {
    let regime = start();
    let request = |changes: Value| request_with(&regime, &changes);
    let once = request(json!({}));
    regime.register("demo", once.clone()).await;
    regime.refuses(once, METADATA, "jti: was used before").await;
    // The standard leaves a second registration of one software to the bank, and this one takes it.
    regime.register("demo", request(json!({}))).await;

    regime
        .refuses(request(json!({ "exp": now() - 20, "iat": now() - 90 })), METADATA, "exp: has passed")
        .await;
    regime.refuses(request(json!({ "iat": now() - 1900 })), METADATA, "iat: is too long ago").await;
    let other = "aud: must name this server";
    regime.refuses(request(json!({ "aud": "https://bank.example" })), METADATA, other).await;
    regime.register("demo", request(json!({ "aud": "demobank" }))).await;
    let issuer = "iss: is not one of the values that are taken";
    regime.refuses(request(json!({ "iss": "somebody" })), METADATA, issuer).await;
    let jti = "jti: must match (?i)^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
    regime.refuses(request(json!({ "jti": "1" })), METADATA, jti).await;

    let unverified = "the signature of the request could not be verified";
    let stranger = Key { kid: SOFTWARE.kid, ..Key::ec("") };
    regime.refuses(stranger.token(&claims(&regime)), METADATA, unverified).await;
    let rs256 = REGULATOR.sign(r#"{"alg":"RS256","kid":"x"}"#, &claims(&regime));
    let algorithm = "the signed request is signed with an algorithm that is not allowed";
    regime.refuses(rs256, METADATA, algorithm).await;
}

#[tokio::test]
async fn statements_that_are_not_believed() {
    let regime = start();
    let stated =
        |changes: Value| request_with(&regime, &json!({ "software_statement": statement_with(&changes) }));
    let refusals = [
        (json!({ "iat": now() - 1900 }), STATEMENT, "software_statement: the claim iat is too long ago"),
        (
            json!({ "iss": "Nobody" }),
            "unapproved_software_statement",
            "software_statement: has an issuer that is not trusted here",
        ),
        (
            json!({ "org_status": "Revoked" }),
            STATEMENT,
            "software_statement: its issuer does not vouch for this software at present",
        ),
    ];
    for (changes, code, description) in refusals {
        regime.refuses(stated(changes), code, description).await;
    }
    let missing = request_with(&regime, &json!({ "software_statement": null }));
    regime.refuses(missing, STATEMENT, "software_statement: must be given").await;
    let forged = Key { kid: REGULATOR.kid, ..Key::rsa("", 2048) };
    let forged = forged.token(&json!({ "iss": "OpenBanking Ltd", "iat": now(), "jti": uuid() }));
    let description = "software_statement: its signature could not be verified with the keys of its issuer";
    regime
        .refuses(request_with(&regime, &json!({ "software_statement": forged })), STATEMENT, description)
        .await;
}

#[tokio::test]
async fn scopes_are_those_of_the_roles_and_uris_those_of_the_statement() {
    let regime = start();
    let request = |changes: Value| request_with(&regime, &changes);
    let scope = "scope: must not ask for payments";
    regime.refuses(request(json!({ "scope": "openid accounts payments" })), METADATA, scope).await;
    let both = statement_with(&json!({ "software_roles": ["AISP", "PISP"] }));
    let both = request(json!({ "scope": "openid accounts payments", "software_statement": both }));
    assert_eq!(regime.register("demo", both).await.body["scope"], "openid accounts payments");
    // The last one counts as the first does.
    let uris = json!({ "redirect_uris": ["https://tpp.example/cb", "https://evil.example/cb"] });
    let answer = regime.post(request(uris)).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_redirect_uri")));
}

#[tokio::test]
async fn the_certificate_is_one_of_the_software() {
    let regime = start();
    let stranger = transport(&Key::ec("other"), &[("CN", ID)]);
    let request = request_with(&regime, &json!({}));
    let message = "the client certificate must be in the key set of statement.software_jwks_uri";
    regime.post_with(Some(&stranger), request.clone()).await.assert_error(400, STATEMENT, message);
    let missing = "a client certificate is needed";
    regime.post_with(None, request.clone()).await.assert_error(401, "invalid_request", missing);
    let past = Party::new(SOFTWARE.clone(), &[("CN", ID)], None, PAST, |_| ());
    let invalid = "the client certificate is not valid at this time";
    regime.post_with(Some(&past), request).await.assert_error(401, "invalid_request", invalid);

    let client = regime.register("demo", request_with(&regime, &json!({}))).await;
    let update = Some(request_with(&regime, &json!({})));
    let token = format!("demo.{}", client.id);
    let answer = regime.manage_as(Method::PUT, &client.id, Some(&token), Some(&stranger), update).await;
    answer.assert_error(400, STATEMENT, message);
    let answer = regime.manage_as(Method::GET, &client.id, Some(&token), None, None).await;
    answer.assert_error(401, "invalid_request", missing);
}

#[tokio::test]
async fn a_client_is_managed_by_its_own_access_tokens() {
    let regime = start();
    let client = regime.register("demo", request_with(&regime, &json!({}))).await;
    let other = regime.register("demo", request_with(&regime, &json!({}))).await;
    let certificate = regime.certificate.as_ref();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(|| request_with(&regime, &json!({})));
        for token in [other.token.as_str(), "junk", &regime.token("other", &client.id)] {
            let answer =
                regime.manage_as(method.clone(), &client.id, Some(token), certificate, body.clone()).await;
            answer.assert_invalid_token();
        }
        regime.manage_as(method, &client.id, None, certificate, body).await.assert_no_credentials();
    }
    let nobody = regime.manage_as(Method::GET, &uuid(), Some(&client.token), certificate, None).await;
    nobody.assert_invalid_token();
    // An update is of the same software.
    let software = statement_with(&json!({ "software_id": "another" }));
    let update = json!({ "software_statement": software, "iss": "another", "software_id": "another" });
    let answer = regime.manage(Method::PUT, &client, Some(request_with(&regime, &update))).await;
    let message =
        "software_statement: must be of the issuer and the software that the client was registered with";
    answer.assert_error(400, STATEMENT, message);
    let named = Some(request_with(&regime, &json!({ "client_id": other.id })));
    let answer = regime.manage(Method::PUT, &client, named).await;
    answer.assert_error(400, "invalid_request", "client_id: must be the identifier of this client");
}
