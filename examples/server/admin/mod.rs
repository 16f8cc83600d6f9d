//! The administrative interface: its own address, its own token.

mod clients;
mod config;
mod secrets;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::get;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::configuration::Properties;
use crate::current::{Current, Parts};
use crate::{answer, health};

pub(crate) use config::ConfigDesk;
pub(crate) use token::AdminToken;

/// The largest change of a configuration: whole key sets fit.
const MAX_BODY_BYTES: usize = 1 << 20;

/// What the operator can ask for. How the server is and what it counts is not told by token: whoever can reach this
/// address may see it.
pub(crate) fn routes(
    current: Arc<Current>,
    properties: Properties,
    parts: Arc<Parts>,
    token: AdminToken,
    time_limit: std::time::Duration,
) -> Router {
    let config = get(config::show).patch(config::change);
    let desk = Arc::new(ConfigDesk::new(current, properties, parts.clone()));
    Router::new()
        .route("/config", config.clone())
        // Where Janssen has it.
        .route("/jans-config-api/api/v1/jans-auth-server/config", config)
        .with_state(desk)
        .merge(clients::routes(parts.database.directory.clone(), parts.database.clients.clone()))
        .fallback(async || {
            answer::error(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::new(token), token::admit))
        .merge(health::routes(parts.database.clone()))
        .merge(parts.metrics.routes())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, time_limit))
        .layer(TraceLayer::new_for_http())
}
