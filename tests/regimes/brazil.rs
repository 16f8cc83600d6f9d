//! Open Finance Brazil.

use http::Method;
use serde_json::{Value, json};

use crate::pki::{Key, PAST, Party};
use crate::world::{METADATA, REGULATOR, Regime, STATEMENT, now, transport, uuid, with};

const ID: &str = "25556d5a-b9dd-4e27-aa1a-cce732fe74de";
const ORG: &str = "b961c4eb-509d-4edf-afeb-35642b38185d";
const KEYS: &str = "https://keystore.directory.openbankingbrasil.org.br/b961c4eb/25556d5a/application.jwks";

fn certificate(software: &str, organisation: &str) -> Party {
    let name =
        [("UID", software), ("CN", "tpp.example"), ("organizationIdentifier", organisation), ("C", "BR")];
    transport(&Key::ec("transport"), &name)
}

fn start() -> Regime {
    let certificate = certificate(ID, &format!("OFBBR-{ORG}"));
    Regime::start("br-openfinance.json", "application/json", Some(certificate))
}

fn statement_with(changes: &Value) -> String {
    let claims = json!({
        "iss": "Open Banking Open Banking Brasil prod SSA issuer", "iat": now(), "software_id": ID, "org_id": ORG,
        "org_status": "Active", "software_client_name": "Contas", "software_client_uri": "https://tpp.example/",
        "software_redirect_uris": ["https://tpp.example/cb", "https://tpp.example/cb2"],
        "software_jwks_uri": KEYS, "software_statement_roles": [
            { "role": "DADOS", "authorisation_domain": "Open Banking", "status": "Active" },
            { "role": "PAGTO", "authorisation_domain": "Open Banking", "status": "Inactive" }
        ]
    });
    REGULATOR.token(&with(claims, changes))
}

fn request_with(changes: &Value) -> String {
    let metadata = json!({
        "redirect_uris": ["https://tpp.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["authorization_code", "client_credentials", "refresh_token", "implicit"],
        "response_types": ["code id_token"], "jwks_uri": KEYS, "client_name": "Other",
        "software_statement": statement_with(&json!({}))
    });
    with(metadata, changes).to_string()
}

fn stated(changes: &Value) -> String {
    request_with(&json!({ "software_statement": statement_with(changes) }))
}

#[tokio::test]
async fn a_life_from_registration_to_deletion() {
    let regime = start();
    let client = regime.register("", request_with(&json!({ "jwks_uri": null }))).await;
    let body = &client.body;
    assert_eq!((&body["client_name"], &body["jwks_uri"]), (&json!("Contas"), &json!(KEYS)));
    assert_eq!(body["registration_client_uri"], format!("{}/{}", regime.server.endpoint(), client.id));
    let mut scopes: Vec<&str> = body["scope"].as_str().unwrap().split(' ').collect();
    scopes.sort_unstable();
    assert!(scopes.contains(&"openid") && scopes.contains(&"accounts"), "{scopes:?}");
    assert!(!scopes.contains(&"payments"), "{scopes:?}");
    for (member, value) in [
        ("token_endpoint_auth_signing_alg", "PS256"),
        ("id_token_signed_response_alg", "PS256"),
        ("id_token_encrypted_response_alg", "RSA-OAEP"),
        ("id_token_encrypted_response_enc", "A256GCM"),
        ("request_object_encryption_enc", "A256GCM"),
    ] {
        assert_eq!(body[member], value, "{member}");
    }
    assert_eq!(body["tls_client_certificate_bound_access_tokens"], true);

    let read = regime.manage(Method::GET, &client, None).await;
    assert_eq!((read.status, &read.json()), (200, body));
    let update = json!({ "client_id": client.id, "redirect_uris": ["https://tpp.example/cb2"] });
    let updated = regime.manage(Method::PUT, &client, Some(request_with(&update))).await;
    assert_eq!(updated.status, 200, "{}", updated.text());
    assert_eq!(updated.json()["redirect_uris"], json!(["https://tpp.example/cb2"]));
    // The token stays: the suite of the regime refuses servers that replace it.
    assert_eq!(updated.json()["registration_access_token"], client.token);
    assert_eq!(regime.manage(Method::DELETE, &client, None).await.status, 204);
    regime.manage(Method::GET, &client, None).await.assert_invalid_token();
}

#[tokio::test]
async fn one_registration_for_each_software() {
    let regime = start();
    let client = regime.register("", request_with(&json!({}))).await;
    regime.refuses(request_with(&json!({})), METADATA, "is registered already").await;
    assert_eq!(regime.manage(Method::DELETE, &client, None).await.status, 204);
    regime.register("", request_with(&json!({}))).await;
}

#[tokio::test]
async fn what_is_refused() {
    let regime = start();
    let old = json!({ "iat": now() - 330 });
    regime.refuses(stated(&old), STATEMENT, "software_statement: the claim iat is too long ago").await;
    let withdrawn = "software_statement: its issuer does not vouch for this software at present";
    regime.refuses(stated(&json!({ "org_status": "Withdrawn" })), STATEMENT, withdrawn).await;
    let untrusted = "software_statement: has an issuer that is not trusted here";
    regime.refuses(stated(&json!({ "iss": "somebody" })), "unapproved_software_statement", untrusted).await;
    let missing = "software_statement: must be given";
    regime.refuses(request_with(&json!({ "software_statement": null })), STATEMENT, missing).await;
    // Its role is there, and not active.
    let scope = "scope: must not ask for payments";
    regime.refuses(request_with(&json!({ "scope": "openid payments" })), METADATA, scope).await;
    for (changes, code) in [
        (json!({ "jwks": { "keys": [Key::ec("k").jwk()] }, "jwks_uri": null }), METADATA),
        (json!({ "jwks_uri": "https://keystore.directory.openbankingbrasil.org.br/other" }), METADATA),
        (
            json!({ "redirect_uris": ["https://tpp.example/cb", "https://evil.example/"] }),
            "invalid_redirect_uri",
        ),
        (json!({ "redirect_uris": null }), "invalid_redirect_uri"),
        (json!({ "token_endpoint_auth_method": null }), METADATA),
        (
            json!({ "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "tpp.example" }),
            METADATA,
        ),
        (json!({ "webhook_uris": ["https://tpp.example/hook/"] }), "invalid_webhook_uris"),
    ] {
        let answer = regime.post(request_with(&changes)).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!(code)),
            "{changes} {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn the_certificate_is_that_of_the_software_and_of_its_organisation() {
    let regime = start();
    let message = "the client certificate must have subject.UID equal to statement.software_id";
    let stranger = certificate(&uuid(), &format!("OFBBR-{ORG}"));
    regime.post_with(Some(&stranger), request_with(&json!({}))).await.assert_error(400, STATEMENT, message);
    let other = "the client certificate must have subject.organizationIdentifier equal to statement.org_id or \
                 have subject.OU equal to statement.org_id";
    for organisation in [ORG.to_owned(), format!("OFBBR-{}", uuid()), format!("PSDBR-{ORG}")] {
        let answer = regime.post_with(Some(&certificate(ID, &organisation)), request_with(&json!({}))).await;
        answer.assert_error(400, STATEMENT, other);
    }
    let missing = "a client certificate is needed";
    let answer = regime.post_with(None, request_with(&json!({}))).await;
    answer.assert_error(401, "invalid_request", missing);
    // Certificates of the time before 2021.
    let name = [("UID", ID), ("OU", ORG), ("CN", "tpp.example")];
    let older = transport(&Key::ec("transport"), &name);
    let answer = regime.post_with(Some(&older), request_with(&json!({}))).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let token = answer.json()["registration_access_token"].as_str().unwrap().to_owned();
    let id = answer.json()["client_id"].as_str().unwrap().to_owned();
    let update = || Some(request_with(&json!({ "client_id": id })));
    let answer = regime.manage_as(Method::PUT, &id, Some(&token), Some(&stranger), update()).await;
    answer.assert_error(400, STATEMENT, message);
    let abroad = certificate(ID, &format!("OFBBR-{}", uuid()));
    let answer = regime.manage_as(Method::PUT, &id, Some(&token), Some(&abroad), update()).await;
    answer.assert_error(400, STATEMENT, other);
    // A token that got into the wrong hands is no good without the certificate of its software.
    let message = "the client certificate must have subject.UID equal to client.software_id";
    for method in [Method::GET, Method::DELETE] {
        let answer = regime.manage_as(method, &id, Some(&token), Some(&stranger), None).await;
        answer.assert_error(401, "invalid_request", message);
    }
    let answer = regime.manage_as(Method::GET, &id, Some(&token), Some(&older), None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_none() {
    let regime = start();
    let name = [("UID", ID), ("organizationIdentifier", &*format!("OFBBR-{ORG}")), ("CN", "tpp.example")];
    let past = Party::new(Key::ec("transport"), &name, None, PAST, |_| ());
    let message = "the client certificate is not valid at this time";
    let answer = regime.post_with(Some(&past), request_with(&json!({}))).await;
    answer.assert_error(401, "invalid_request", message);
    let client = regime.register("", request_with(&json!({}))).await;
    let answer = regime.manage_as(Method::GET, &client.id, Some(&client.token), Some(&past), None).await;
    answer.assert_error(401, "invalid_request", message);
}

#[tokio::test]
async fn a_client_is_managed_by_its_registration_access_token() {
    let regime = start();
    let client = regime.register("", request_with(&json!({}))).await;
    let certificate = regime.certificate.as_ref();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(|| request_with(&json!({ "client_id": client.id })));
        let wrong =
            regime.manage_as(method.clone(), &client.id, Some("wrong"), certificate, body.clone()).await;
        wrong.assert_invalid_token();
        let bare = regime.manage_as(method, &client.id, Some(&client.token), None, body).await;
        bare.assert_error(401, "invalid_request", "a client certificate is needed");
    }
    let bare = Some(request_with(&json!({ "client_id": client.id, "software_statement": null })));
    let answer = regime.manage(Method::PUT, &client, bare).await;
    answer.assert_error(400, STATEMENT, "software_statement: must be given");
}
