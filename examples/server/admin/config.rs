//! The configuration: shown without its secrets, and changed by JSON Patch (RFC 6902).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use json_patch::{Patch, patch};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::secrets::Secrets;
use crate::answer;
use crate::configuration::{EXTRAS, Misconfigured, Properties};
use crate::current::{Current, Parts, Serving};

const JSON_PATCH: &str = "application/json-patch+json";

/// Where the configuration is kept and changed, one change after the other.
pub(crate) struct ConfigDesk {
    current: Arc<Current>,
    parts: Arc<Parts>,
    shown: Mutex<Shown>,
}

/// The configuration that is in use.
#[derive(Clone)]
struct Shown {
    /// Without secrets.
    properties: Properties,
    secrets: Secrets,
}

/// Why the configuration stays as it is.
enum Refusal {
    /// This is no patch, or none of this document.
    NotApplicable(String),
    /// The outcome is no configuration.
    Misconfigured(Vec<String>),
}

impl ConfigDesk {
    pub(super) fn new(current: Arc<Current>, properties: Properties, parts: Arc<Parts>) -> Self {
        let mut secrets = Secrets::default();
        let properties = secrets.hide(properties);
        Self { current, parts, shown: Mutex::new(Shown { properties, secrets }) }
    }

    /// Changes all that is asked for or nothing: what is served is replaced when its successor stands.
    async fn change(&self, body: &[u8]) -> Result<Properties, Refusal> {
        let mut shown = self.shown.lock().await;
        let mut next = shown.clone();
        next.properties = patched(next.properties, body)?;
        if next.properties.contains_key(EXTRAS) {
            let problem = format!("{EXTRAS}: is read when the server starts, and cannot be changed");
            return Err(Refusal::Misconfigured(vec![problem]));
        }
        next.properties = next.secrets.hide(next.properties);
        let properties = next.secrets.reveal(next.properties.clone());
        let serving = Serving::new(&properties, &self.parts).map_err(|Misconfigured(problems)| {
            Refusal::Misconfigured(problems.iter().map(|problem| next.secrets.redact(problem)).collect())
        })?;
        for warning in serving.registrar.warnings() {
            tracing::warn!("{warning}");
        }
        self.current.replace(serving);
        *shown = next;
        Ok(shown.properties.clone())
    }
}

/// The outcome of a patch.
fn patched(properties: Properties, body: &[u8]) -> Result<Properties, Refusal> {
    let refuse = |fault: &dyn ToString| Refusal::NotApplicable(fault.to_string());
    let mut operations: Value = serde_json::from_slice(body).map_err(|error| refuse(&error))?;
    // Janssen's own examples leave the slash away that a JSON Pointer begins with (RFC 6901 section 3).
    for operation in operations.as_array_mut().into_iter().flatten() {
        for member in ["path", "from"] {
            if let Some(Value::String(pointer)) = operation.get_mut(member)
                && !pointer.is_empty()
                && !pointer.starts_with('/')
            {
                pointer.insert(0, '/');
            }
        }
    }
    let operations: Patch = serde_json::from_value(operations).map_err(|error| refuse(&error))?;
    let mut document = Value::Object(properties);
    patch(&mut document, &operations).map_err(|error| refuse(&error))?;
    match document {
        Value::Object(properties) => Ok(properties),
        _ => Err(refuse(&"a configuration is a JSON object")),
    }
}

pub(super) async fn show(State(desk): State<Arc<ConfigDesk>>) -> Response {
    let shown = desk.shown.lock().await;
    answer::json(StatusCode::OK, &Value::Object(shown.properties.clone()))
}

pub(super) async fn change(State(desk): State<Arc<ConfigDesk>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_json_patch(&headers) {
        let description = format!("a change is sent as {JSON_PATCH}");
        let mut answer = answer::error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", &description);
        // RFC 5789 section 3.1.
        answer.headers_mut().insert("accept-patch", HeaderValue::from_static(JSON_PATCH));
        return answer;
    }
    match desk.change(&body).await {
        Ok(properties) => {
            tracing::info!("the configuration was changed");
            answer::json(StatusCode::OK, &Value::Object(properties))
        }
        Err(Refusal::NotApplicable(fault)) => answer::error(StatusCode::BAD_REQUEST, "invalid_patch", &fault),
        Err(Refusal::Misconfigured(problems)) => answer::json(
            StatusCode::BAD_REQUEST,
            &json!({ "error": "invalid_configuration", "error_description": problems.join("; "), "problems": problems }),
        ),
    }
}

fn is_json_patch(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(JSON_PATCH)
}
