//! Who takes part, and how the software talks to the authorization server.

use std::error::Error;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::authorization_server::AuthorizationServer;
use crate::key_server::KeyServer;
use crate::parties::{Directory, Software};
use crate::show;

/// Everybody who takes part.
pub(crate) struct World {
    pub(crate) directory: Directory,
    pub(crate) software: Software,
    pub(crate) keys: KeyServer,
    pub(crate) server: AuthorizationServer,
    pub(crate) http: Client,
}

impl World {
    /// Sends a request, and shows it, the answer, and what the server fetched in between.
    pub(crate) async fn send(
        &self,
        method: Method,
        url: &str,
        token: Option<&str>,
        signed: Option<&str>,
    ) -> Result<(StatusCode, Value), Box<dyn Error>> {
        show::request(&method, url, token, signed);
        let mut request = self.http.request(method, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(jwt) = signed {
            request = request.header("content-type", "application/jwt").body(jwt.to_owned());
        }
        let response = request.send().await?;
        let (status, body) = (response.status(), response.bytes().await?);
        let answer = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body)? };
        show::fetched(&self.keys.take_requests());
        show::answer(status, &answer);
        Ok((status, answer))
    }
}

/// An answer that the story does not foresee ends it.
pub(crate) fn expect(status: StatusCode, expected: StatusCode) -> Result<(), Box<dyn Error>> {
    if status == expected { Ok(()) } else { Err(format!("expected {expected}, got {status}").into()) }
}
