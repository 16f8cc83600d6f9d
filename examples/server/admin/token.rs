//! The token of the administrative interface.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use oauth_dcr::TokenDigest;

use crate::answer;
use crate::configuration::Misconfigured;

/// The environment variable that the token is in, unless it is in a file.
pub(crate) const VARIABLE: &str = "OAUTH_DCR_ADMIN_TOKEN";

/// As many characters as 24 random bytes have in base64.
const MIN_LENGTH: usize = 32;

/// Its digest, which is all that is kept.
pub(crate) struct AdminToken(TokenDigest);

impl AdminToken {
    /// The token of a file, else of the environment.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, Misconfigured> {
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| Misconfigured::new(format!("{}: {error}", path.display())))?,
            None => std::env::var(VARIABLE).map_err(|_| {
                Misconfigured::new(format!(
                    "--admin-listen: needs a token in {VARIABLE} or --admin-token-file"
                ))
            })?,
        };
        let token = text.trim();
        if token.len() < MIN_LENGTH {
            return Err(Misconfigured::new(format!(
                "the token of the administrative interface must have at least {MIN_LENGTH} characters"
            )));
        }
        Ok(Self(TokenDigest::of(token)))
    }

    /// Compares digests, in a time that does not depend on the token.
    fn is_in(&self, headers: &HeaderMap) -> Option<bool> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (value, None) = (values.next()?, values.next()) else { return Some(false) };
        let presented = value.to_str().ok().and_then(|value| value.split_once(' '));
        let bearer = presented.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        Some(bearer.is_some_and(|(_, token)| self.0.matches(token.trim())))
    }
}

pub(super) async fn admit(State(token): State<Arc<AdminToken>>, request: Request, next: Next) -> Response {
    let (challenge, mut answer) = match token.is_in(request.headers()) {
        Some(true) => return next.run(request).await,
        Some(false) => (
            r#"Bearer error="invalid_token""#,
            answer::error(StatusCode::UNAUTHORIZED, "invalid_token", "the token is not valid here"),
        ),
        // RFC 6750 section 3.1: no code where there were no credentials.
        None => (
            r#"Bearer realm="administration""#,
            answer::json(
                StatusCode::UNAUTHORIZED,
                &serde_json::json!({ "error_description": "a bearer token is needed" }),
            ),
        ),
    };
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    answer
}
