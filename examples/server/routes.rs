//! What is served where.

use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use oauth_dcr::{Registrar, RegistrationEndpoint};
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

/// Long enough for a slow client, short enough that idle connections cannot pile up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The routes: registration below `path`, discovery, keys, and two placeholders.
pub(crate) fn app(registrar: Registrar, path: &str, discovery: String) -> Router {
    let discovery = get(move || async move { json(discovery) });
    Router::new()
        .nest_service(path.trim_end_matches('/'), RegistrationEndpoint::new(registrar))
        .route("/.well-known/openid-configuration", discovery.clone())
        .route("/.well-known/oauth-authorization-server", discovery)
        .route("/jwks", get(|| async { json(r#"{"keys":[]}"#.to_owned()) }))
        .route("/authorize", any(StatusCode::NOT_IMPLEMENTED))
        .route("/token", any(StatusCode::NOT_IMPLEMENTED))
        .layer(browsers())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, PATIENCE))
        .layer(TraceLayer::new_for_http())
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
