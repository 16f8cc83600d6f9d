//! Clients, as an operator may see them: without secrets and tokens, and without their digests.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use oauth_dcr::{Client, ClientDirectory, ClientId, ClientStore, StoreError};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer;

/// How many clients a page has if nobody says, and at most.
const PAGE: (usize, usize) = (100, 1000);

/// What a client may have sent that vouches for it, and is good for more than to be looked at.
const VOUCHERS: [&str; 2] = ["software_statement", "evidence"];

pub(super) fn routes(directory: Arc<dyn ClientDirectory>, clients: Arc<dyn ClientStore>) -> Router {
    Router::new()
        .route("/clients", get(list).with_state(directory))
        .route("/clients/{id}", get(show).with_state(clients))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

/// A page of clients in the order of their identifiers, and where the next one begins.
async fn list(
    State(directory): State<Arc<dyn ClientDirectory>>,
    page: Result<Query<Page>, QueryRejection>,
) -> Response {
    let Query(page) = match page {
        Ok(page) => page,
        Err(fault) => return invalid(&fault.body_text()),
    };
    let after = match page.after.as_deref().map(ClientId::new) {
        Some(None) => return invalid("after: this is no client identifier"),
        after => after.flatten(),
    };
    let (usual, most) = PAGE;
    let limit = page.limit.unwrap_or(usual).clamp(1, most);
    let clients = match directory.list(after.as_ref(), limit).await {
        Ok(clients) => clients,
        Err(error) => return failed(&error),
    };
    let next = clients.last().filter(|_| clients.len() == limit).map(|client| client.id().as_str());
    let mut body = json!({ "clients": clients.iter().map(shown).collect::<Vec<_>>() });
    if let (Some(next), Value::Object(members)) = (next, &mut body) {
        members.insert("next".to_owned(), json!(next));
    }
    answer::json(StatusCode::OK, &body)
}

/// One client.
async fn show(State(clients): State<Arc<dyn ClientStore>>, Path(id): Path<String>) -> Response {
    let found = match ClientId::new(&id) {
        Some(id) => clients.get(&id).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(client)) => answer::json(StatusCode::OK, &shown(&client)),
        Ok(None) => answer::error(StatusCode::NOT_FOUND, "not_found", "there is no such client"),
        Err(error) => failed(&error),
    }
}

fn shown(client: &Client) -> Value {
    let mut metadata: Map<String, Value> = serde_json::from_str(client.metadata_json()).unwrap_or_default();
    for voucher in VOUCHERS {
        metadata.remove(voucher);
    }
    let seconds = |time: Option<time::OffsetDateTime>| time.map(time::OffsetDateTime::unix_timestamp);
    let own = client.provenance();
    json!({
        "client_id": client.id(),
        "state": client.state(),
        "client_id_issued_at": client.issued_at().unix_timestamp(),
        "expires_at": seconds(client.expires_at()),
        "last_used_at": seconds(client.last_used_at()),
        "has_secret": client.secret().is_some(),
        "client_secret_expires_at": seconds(client.secret_expires_at()),
        "revision": client.revision(),
        "flags": client.flags(),
        "profile": own.profile,
        "statement_issuer": own.statement_issuer,
        "statement_software": own.statement_software,
        "initial_access": own.initial_access,
        "owner": own.owner,
        "metadata": metadata,
    })
}

fn invalid(description: &str) -> Response {
    answer::error(StatusCode::BAD_REQUEST, "invalid_request", description)
}

fn failed(error: &StoreError) -> Response {
    tracing::warn!(?error, "the directory failed");
    match error {
        StoreError::Unavailable(_) => {
            answer::try_again(StatusCode::SERVICE_UNAVAILABLE, 1, "try again later")
        }
        _ => answer::error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "the request could not be carried out",
        ),
    }
}
