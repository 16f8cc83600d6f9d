//! Answers of this server's own, beside those of the registrar.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

/// A JSON body that no cache keeps.
pub(crate) fn json(status: StatusCode, body: &Value) -> Response<Body> {
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An error in the form of RFC 6749 section 5.2, which that of RFC 7591 section 3.2.2 is.
pub(crate) fn error(status: StatusCode, code: &str, description: &str) -> Response<Body> {
    json(status, &json!({ "error": code, "error_description": description }))
}

/// A refusal for now: the request is as good as any, and may be sent again after so many seconds.
pub(crate) fn try_again(status: StatusCode, seconds: u64, description: &str) -> Response<Body> {
    let mut answer = error(status, "temporarily_unavailable", description);
    answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    answer
}
