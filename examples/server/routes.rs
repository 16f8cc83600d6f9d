//! What is served where.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use oauth_dcr::{ClientCertificate, Registrar, RegistrationEndpoint};
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::current::{self, Current, Parts};
use crate::extras::Extras;
use crate::limits::{self, Addresses, Rate};
use crate::{health, tokens};

/// The documents and endpoints of every server.
const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
const JWKS: &str = "/jwks";
const AUTHORIZE: &str = "/authorize";
const TOKEN: &str = "/token";

/// Whether the registration endpoint can be at this path: it is no other endpoint's, and is none that the router takes
/// for a pattern.
pub(crate) fn is_free(path: &str) -> bool {
    let is_pattern = path.split('/').any(|segment| segment.starts_with([':', '*', '{']));
    let others = [OPENID_CONFIGURATION, OAUTH_METADATA, JWKS, AUTHORIZE, TOKEN, "", "/health", "/metrics"];
    !is_pattern && !others.contains(&path) && !path.starts_with("/health/")
}

/// What anybody can ask for: what the configuration says, and how the server is. How it is can be asked also when it
/// has no place left for another request.
pub(crate) fn public(current: Arc<Current>, parts: &Parts, time_limit: Duration) -> Router {
    let served = Router::new().fallback(current::answer).with_state(current);
    served
        .merge(health::routes(parts.database.clone()))
        .layer(browsers())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time_limit))
        .layer(TraceLayer::new_for_http())
}

/// The routes of a configuration: registration below `path`, discovery, keys, and two placeholders.
pub(crate) fn registration(
    registrar: Registrar,
    path: &str,
    discovery: String,
    rate: Option<Rate>,
    parts: &Parts,
) -> Router {
    let mut endpoint = endpoint(registrar, &parts.extras);
    if let Some(rate) = rate {
        endpoint = Addresses::limit(endpoint, rate, parts.is_behind_proxy);
    }
    let endpoint = parts.metrics.observe(limits::at_once(endpoint, &parts.places));
    let discovery = get(move || async move { json(discovery) });
    Router::new()
        .nest_service(path, endpoint)
        .route(OPENID_CONFIGURATION, discovery.clone())
        .route(OAUTH_METADATA, discovery)
        .route(JWKS, get(|| async { json(r#"{"keys":[]}"#.to_owned()) }))
        .route(AUTHORIZE, any(StatusCode::NOT_IMPLEMENTED))
        .route(TOKEN, any(StatusCode::NOT_IMPLEMENTED))
}

/// The registration endpoint, which knows callers by certificate and by token if the configuration says how.
fn endpoint(registrar: Registrar, extras: &Extras) -> Router {
    let (header, tokens) = (extras.certificate_header.clone(), extras.test_tokens.clone());
    let mut endpoint = RegistrationEndpoint::new(registrar);
    if let Some(header) = &header {
        let verified_by: Vec<&str> = header.verified_by.iter().map(String::as_str).collect();
        endpoint = endpoint.with_certificate_header(header.name.clone(), &verified_by);
    }
    let name = header.map(|header| header.name);
    Router::new().fallback(async move |request: Request| {
        let headers = request.headers();
        let value = name.as_ref().and_then(|name| headers.get(name)?.to_str().ok());
        let certificate = value.and_then(|value| ClientCertificate::from_header(value).ok());
        let caller = tokens::caller(&tokens, headers, certificate.as_ref());
        // The endpoint reads the header itself, and knows what the proxy verified.
        endpoint.handle_as(request, caller, None).await
    })
}

fn json(body: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], body)
}

/// Clients in browsers may come from anywhere: no cookie is used, so that no origin has anything to abuse.
fn browsers() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER])
}
