//! A client library that knows nothing of this crate finds the server, registers, and is managed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod support;

use http::Method;
use openidconnect::core::{
    CoreApplicationType, CoreClientAuthMethod, CoreClientRegistrationRequest, CoreClientRegistrationResponse,
    CoreGrantType, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreResponseType,
    CoreSubjectIdentifierType,
};
use openidconnect::registration::{ClientRegistrationError, EmptyAdditionalClientMetadata};
use openidconnect::{
    ClientContactEmail, ClientName, ClientUrl, HttpRequest, HttpResponse, IssuerUrl, JsonWebKeySetUrl,
    LanguageTag, LocalizedClaim, LogoUrl, RedirectUrl, RequestUrl, ResponseTypes,
};
use serde_json::{Value, json};
use support::{Answer, Registered, Server};

/// The HTTP client of the library, around ours.
async fn send(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (head, body) = request.into_parts();
    let request = reqwest::Client::new().request(head.method, head.uri.to_string()).headers(head.headers);
    let response = request.body(body).send().await?;
    let mut answer = HttpResponse::new(Vec::new());
    *answer.status_mut() = response.status();
    *answer.headers_mut() = response.headers().clone();
    *answer.body_mut() = response.bytes().await?.to_vec();
    Ok(answer)
}

async fn discover(server: &Server) -> CoreProviderMetadata {
    let issuer = IssuerUrl::new(server.base().to_owned()).unwrap();
    CoreProviderMetadata::discover_async(issuer, &send).await.unwrap()
}

fn name_in_three_languages() -> LocalizedClaim<ClientName> {
    let mut names = LocalizedClaim::new();
    names.insert(None, ClientName::new("Mail".to_owned()));
    names.insert(Some(LanguageTag::new("de".to_owned())), ClientName::new("Post".to_owned()));
    names.insert(Some(LanguageTag::new("ja-Jpan-JP".to_owned())), ClientName::new("メール".to_owned()));
    names
}

fn redirect_uris() -> Vec<RedirectUrl> {
    ["https://mail.example.org/cb", "https://mail.example.org/cb2?x=y"]
        .map(|uri| RedirectUrl::new(uri.to_owned()).unwrap())
        .to_vec()
}

async fn register(server: &Server) -> CoreClientRegistrationResponse {
    let provider = discover(server).await;
    let endpoint = provider.registration_endpoint().unwrap();
    CoreClientRegistrationRequest::new(redirect_uris(), EmptyAdditionalClientMetadata::default())
        .set_client_name(Some(name_in_three_languages()))
        .set_application_type(Some(CoreApplicationType::Web))
        .set_response_types(Some(vec![ResponseTypes::new(vec![CoreResponseType::Code])]))
        .set_grant_types(Some(vec![CoreGrantType::AuthorizationCode, CoreGrantType::RefreshToken]))
        .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::PrivateKeyJwt))
        .set_token_endpoint_auth_signing_alg(Some(CoreJwsSigningAlgorithm::RsaSsaPssSha256))
        .set_jwks_uri(Some(JsonWebKeySetUrl::new("https://mail.example.org/keys".to_owned()).unwrap()))
        .set_client_uri(Some(untagged(ClientUrl::new("https://mail.example.org/".to_owned()).unwrap())))
        .set_logo_uri(Some(untagged(LogoUrl::new("https://mail.example.org/logo.png".to_owned()).unwrap())))
        .set_contacts(Some(vec![ClientContactEmail::new("ops@mail.example.org".to_owned())]))
        .set_subject_type(Some(CoreSubjectIdentifierType::Pairwise))
        .set_id_token_signed_response_alg(Some(CoreJwsSigningAlgorithm::EcdsaP256Sha256))
        .set_default_max_age(Some(std::time::Duration::from_secs(3600)))
        .set_require_auth_time(Some(true))
        .set_request_uris(Some(vec![
            RequestUrl::new("https://mail.example.org/request.jwt".to_owned()).unwrap(),
        ]))
        .register_async(endpoint, &send)
        .await
        .unwrap()
}

fn untagged<T>(value: T) -> LocalizedClaim<T> {
    let mut claim = LocalizedClaim::new();
    claim.insert(None, value);
    claim
}

#[tokio::test]
async fn discovery_says_what_can_be_registered() {
    let server = Server::start();
    let provider = discover(&server).await;
    assert_eq!(provider.registration_endpoint().unwrap().as_str(), server.endpoint());
    assert_eq!(provider.subject_types_supported().len(), 2);
    assert!(
        provider.id_token_signing_alg_values_supported().contains(&CoreJwsSigningAlgorithm::EcdsaP256Sha256)
    );
    let methods = provider.token_endpoint_auth_methods_supported().unwrap();
    assert!(methods.contains(&CoreClientAuthMethod::PrivateKeyJwt));

    let paths = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];
    let [one, other] = paths.map(|path| Answer::of(server.request(Method::GET, path)));
    assert_eq!(one.await.json(), other.await.json());
}

/// What is registered comes back as it was sent, typed by the library.
///
/// Accepts: R91-020, R91-050, R91-070, R91-071, R91-073, R91-075, OIR-045, OIR-047, OIR-048, R92-004, R92-050
#[tokio::test]
async fn the_library_reads_back_what_it_registered() {
    let server = Server::start();
    let answer = register(&server).await;

    assert_eq!(answer.redirect_uris(), &redirect_uris());
    assert_eq!(answer.client_name(), Some(&name_in_three_languages()));
    assert_eq!(answer.token_endpoint_auth_method(), Some(&CoreClientAuthMethod::PrivateKeyJwt));
    assert_eq!(answer.token_endpoint_auth_signing_alg(), Some(&CoreJwsSigningAlgorithm::RsaSsaPssSha256));
    assert_eq!(answer.jwks_uri().unwrap().as_str(), "https://mail.example.org/keys");
    assert_eq!(
        answer.grant_types().unwrap(),
        &[CoreGrantType::AuthorizationCode, CoreGrantType::RefreshToken]
    );
    assert_eq!(answer.response_types().unwrap(), &[ResponseTypes::new(vec![CoreResponseType::Code])]);
    assert_eq!(answer.application_type(), Some(&CoreApplicationType::Web));
    assert_eq!(answer.subject_type(), Some(&CoreSubjectIdentifierType::Pairwise));
    assert_eq!(answer.id_token_signed_response_alg(), Some(&CoreJwsSigningAlgorithm::EcdsaP256Sha256));
    assert_eq!(answer.default_max_age().unwrap().as_secs(), 3600);
    assert_eq!(answer.require_auth_time(), Some(true));
    assert_eq!(answer.contacts().unwrap()[0].as_str(), "ops@mail.example.org");
    assert_eq!(answer.request_uris().unwrap()[0].as_str(), "https://mail.example.org/request.jwt");
    // A key authenticates this client, so that it has no secret.
    assert!(answer.client_secret().is_none());
    assert!(answer.client_secret_expires_at().is_none());
    assert!(answer.client_id_issued_at().is_some());

    let uri = answer.registration_client_uri().unwrap().as_str();
    assert_eq!(uri, format!("{}?client_id={}", server.endpoint(), answer.client_id().as_str()));
    assert!(answer.registration_access_token().unwrap().secret().len() >= 43);
}

/// A refusal is one that the library understands.
///
/// Refuses: R91-081, R91-083, OIR-050
#[tokio::test]
async fn the_library_reads_a_refusal() {
    let server = Server::start();
    let provider = discover(&server).await;
    let uris = vec![RedirectUrl::new("http://mail.example.org/cb".to_owned()).unwrap()];
    let request = CoreClientRegistrationRequest::new(uris, EmptyAdditionalClientMetadata::default());
    let error = request.register_async(provider.registration_endpoint().unwrap(), &send).await.unwrap_err();
    let ClientRegistrationError::ServerResponse(error) = error else { panic!("{error}") };
    assert_eq!(error.error().as_ref(), "invalid_redirect_uri");
    assert_eq!(error.error_description().unwrap(), "redirect_uris[0]: must use https");
}

/// The life of a client after its registration, over plain HTTP.
///
/// Accepts: R92-001, R92-010, R92-012, R92-021, R92-023, R92-024, R92-028, R92-040, R92-050, R92-051, OIR-061
/// Refuses: R92-001, R92-041, R92-045
#[tokio::test]
async fn a_client_is_read_updated_and_deleted() {
    let server = Server::start();
    let answer = register(&server).await;
    let client = Registered::of(serde_json::to_value(&answer).unwrap());

    let read = server.manage(Method::GET, &client, None).await;
    read.assert_well_formed();
    assert_eq!(read.status, 200);
    let current = Registered::of(read.json());
    assert_eq!(current.id, client.id);
    assert_eq!(current.token, client.token);

    let same = server.manage(Method::PUT, &client, Some(&current.for_update())).await;
    same.assert_well_formed();
    assert_eq!(same.status, 200);
    assert_eq!(same.json(), current.body);

    let mut changed = current.for_update();
    let members = changed.as_object_mut().unwrap();
    members.insert("client_name".to_owned(), json!("Letters"));
    members.insert("redirect_uris".to_owned(), json!(["https://letters.example.org/cb"]));
    members.remove("client_name#de");
    members.remove("default_max_age");
    let updated = server.manage(Method::PUT, &client, Some(&changed)).await;
    assert_eq!(updated.status, 200, "{}", updated.text());
    let mut expected = current.body.clone();
    expected["client_name"] = json!("Letters");
    expected["redirect_uris"] = json!(["https://letters.example.org/cb"]);
    expected.as_object_mut().unwrap().retain(|name, _| name != "client_name#de" && name != "default_max_age");
    assert_eq!(updated.json(), expected);
    assert_eq!(server.manage(Method::GET, &client, None).await.json(), expected);

    // The library reads the answer to an update as it reads that to a registration.
    let typed: CoreClientRegistrationResponse = serde_json::from_value(expected).unwrap();
    assert_eq!(typed.redirect_uris()[0].as_str(), "https://letters.example.org/cb");

    let deleted = server.manage(Method::DELETE, &client, None).await;
    deleted.assert_well_formed();
    assert_eq!(deleted.status, 204);
    for method in [Method::GET, Method::DELETE] {
        server.manage(method, &client, None).await.assert_invalid_token();
    }
    server.manage(Method::PUT, &client, Some(&Value::Null)).await.assert_invalid_token();
}
