//! The least that an HTTP server does: axum, which answers with constant JSON.

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// Serves this text at every address until it is killed.
pub(crate) async fn serve(text: String) -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let text: &'static str = text.leak();
    axum::serve(listener, Router::new().fallback(async move |request: Request| answer(request, text).await))
        .await
}

async fn answer(request: Request, text: &'static str) -> Response {
    let status = match *request.method() {
        Method::POST => StatusCode::CREATED,
        Method::DELETE => return StatusCode::NO_CONTENT.into_response(),
        _ => StatusCode::OK,
    };
    // The body is read, as any server has to.
    match axum::body::to_bytes(request.into_body(), 64 * 1024).await {
        Ok(_) => (status, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
