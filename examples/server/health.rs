//! Whether the server is alive, and whether it can do its work.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::json;

use crate::answer;
use crate::database::Database;

/// `/health/live` says that the process answers; `/health/ready`, that its database does as well.
pub(crate) fn routes(database: Database) -> Router {
    Router::new()
        .route("/health/live", get(async || answer::json(StatusCode::OK, &json!({ "status": "up" }))))
        .route("/health/ready", get(ready).with_state(database))
}

async fn ready(State(database): State<Database>) -> Response {
    match database.is_ready().await {
        Ok(()) => answer::json(StatusCode::OK, &json!({ "status": "up" })),
        Err(error) => {
            tracing::warn!(?error, "the database does not answer");
            answer::try_again(StatusCode::SERVICE_UNAVAILABLE, 1, "the database does not answer")
        }
    }
}
