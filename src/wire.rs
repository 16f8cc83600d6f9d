//! How an error looks on the wire: status, headers and body. The only place that knows.

use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode, Rejection, Unauthorized};

/// Status, headers and body of an answer to a request that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WireError {
    /// The HTTP status.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, JSON.
    pub body: String,
}

/// What an operator decides about errors.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ErrorStyle {
    /// Send Janssen's `reason` as well (`errorReasonEnabled`).
    pub(crate) reason: bool,
}

/// The headers of every answer of both endpoints: bodies hold credentials, and errors must not be remembered
/// (RFC 7591 section 3.2.1).
pub const NO_STORE: &[(&str, &str)] = &[("cache-control", "no-store"), ("pragma", "no-cache")];

/// RFC 6750 section 3: the scheme and at least one parameter.
const CHALLENGE: &str = r#"Bearer realm="client registration""#;

impl WireError {
    pub(crate) fn of(error: &Error, style: ErrorStyle) -> Self {
        match error {
            Error::Disabled => {
                Self::with_code(403, &ErrorCode::ACCESS_DENIED, "client registration is switched off")
            }
            Error::NotOffered(operation) => {
                Self::with_code(405, &ErrorCode::INVALID_REQUEST, &format!("{operation} is not offered here"))
            }
            Error::Rejected(rejection) => Self::rejected(rejection, style),
            Error::Unauthorized(unauthorized) => Self::unauthorized(*unauthorized),
            Error::InsufficientScope(scope) => Self::insufficient_scope(scope),
            Error::UnsupportedMediaType => {
                let text = "the body must be application/json in UTF-8";
                Self::with_code(415, &ErrorCode::INVALID_REQUEST, text).header("accept", "application/json")
            }
            Error::TooLarge(limit) => Self::with_code(
                413,
                &ErrorCode::INVALID_REQUEST,
                &format!("the body is larger than {limit} bytes"),
            ),
            // RFC 9110 section 15.5.2: a 401 has a challenge, whoever chose it.
            Error::Answered(answer) if answer.status == 401 => {
                Self::new(401, answer.body.clone()).header("www-authenticate", CHALLENGE)
            }
            Error::Answered(answer) => Self::new(answer.status, answer.body.clone()),
            Error::Host(host) if host.transient => {
                Self::with_code(503, &ErrorCode::TEMPORARILY_UNAVAILABLE, "try again later")
                    .header("retry-after", "1")
            }
            Error::Host(_) => {
                Self::with_code(500, &ErrorCode::SERVER_ERROR, "the request could not be carried out")
            }
        }
    }

    /// The `error` that an answer has. None if a hook chose it, or if no credentials were presented.
    pub(crate) fn code_of(error: &Error) -> Option<&str> {
        let code = match error {
            Error::Disabled => &ErrorCode::ACCESS_DENIED,
            Error::NotOffered(_) | Error::UnsupportedMediaType | Error::TooLarge(_) => {
                &ErrorCode::INVALID_REQUEST
            }
            Error::Rejected(rejection) => &rejection.code,
            Error::Unauthorized(Unauthorized::Missing) | Error::Answered(_) => return None,
            Error::Unauthorized(Unauthorized::InvalidToken) => &ErrorCode::INVALID_TOKEN,
            Error::InsufficientScope(_) => &ErrorCode::INSUFFICIENT_SCOPE,
            Error::Host(host) if host.transient => &ErrorCode::TEMPORARILY_UNAVAILABLE,
            Error::Host(_) => &ErrorCode::SERVER_ERROR,
        };
        Some(code.as_str())
    }

    /// An error that no operation of the registrar raises, such as a method that does not exist.
    pub(crate) fn with_code(status: u16, code: &ErrorCode, description: &str) -> Self {
        let mut body = Map::new();
        body.insert("error".to_owned(), code.as_str().into());
        body.insert("error_description".to_owned(), description.into());
        Self::new(status, Value::Object(body).to_string())
    }

    fn new(status: u16, body: String) -> Self {
        let headers = NO_STORE.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let content_type = ("content-type", "application/json".to_owned());
        Self { status, headers: std::iter::once(content_type).chain(headers).collect(), body }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn rejected(rejection: &Rejection, style: ErrorStyle) -> Self {
        let description = rejection.description();
        let mut body = Map::new();
        body.insert("error".to_owned(), rejection.code.as_str().into());
        if rejection.code == ErrorCode::STALE_EVIDENCE {
            body.insert("error_description".to_owned(), "The provided evidence is not current.".into());
        } else {
            body.insert("error_description".to_owned(), description.as_str().into());
        }
        if let Some(nonce) = &rejection.nonce {
            body.insert("nonce".to_owned(), nonce.as_str().into());
        }
        if style.reason {
            body.insert("reason".to_owned(), description.into());
        }
        let answer = Self::new(rejection.status, Value::Object(body).to_string());
        // RFC 9110 section 15.5.2: a 401 has a challenge. There is none for certificates.
        if rejection.status == 401 { answer.header("www-authenticate", CHALLENGE) } else { answer }
    }

    /// RFC 6750 section 3.1: 403, with the scope that would do.
    fn insufficient_scope(scope: &str) -> Self {
        let answer = Self::with_code(403, &ErrorCode::INSUFFICIENT_SCOPE, "the token lacks a scope");
        // Section 3: other characters would end the quotes.
        let is_scope = |byte: u8| matches!(byte, b' ' | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let scope = if scope.bytes().all(is_scope) { scope } else { "" };
        answer.header("www-authenticate", &format!(r#"Bearer error="insufficient_scope", scope="{scope}""#))
    }

    fn unauthorized(unauthorized: Unauthorized) -> Self {
        match unauthorized {
            // RFC 6750 section 3: at least one parameter; section 3.1: no error code without credentials.
            Unauthorized::Missing => {
                Self::new(401, r#"{"error_description":"a bearer token is needed"}"#.to_owned())
                    .header("www-authenticate", CHALLENGE)
            }
            Unauthorized::InvalidToken => {
                Self::with_code(401, &ErrorCode::INVALID_TOKEN, "the token is not valid here")
                    .header("www-authenticate", r#"Bearer error="invalid_token""#)
            }
        }
    }
}
