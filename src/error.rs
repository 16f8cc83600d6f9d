//! What can go wrong, and who is told what.
//!
//! An [`Error`] says whose fault it is. How it looks on the wire is said in one place,
//! [`Registrar::wire_error`](crate::Registrar::wire_error).

use std::borrow::Cow;
use std::fmt;

use crate::profile::Operation;

/// Why an operation was not carried out.
///
/// ```
/// use oauth_dcr::testing::run;
/// use oauth_dcr::{Error, ErrorCode, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;
/// let body = br#"{ "redirect_uris": ["https://app.example.org/cb#top"] }"#;
/// match run(registrar.register(RegisterRequest::from_body(body))) {
///     Err(Error::Rejected(rejection)) => {
///         assert_eq!(rejection.code, ErrorCode::INVALID_REDIRECT_URI);
///         assert_eq!(rejection.violations[0].field, "redirect_uris[0]");
///     }
///     Err(Error::Host(fault)) => eprintln!("{} failed: {}", fault.part, fault.source),
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Registration is switched off: 403 `access_denied`.
    #[error("registration is switched off")]
    Disabled,
    /// The profile does not offer this operation: 405.
    #[error("{0} is not offered")]
    NotOffered(Operation),
    /// The request is at fault: 400, or the status its profile gives the failure.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The credentials are at fault: 401 with `WWW-Authenticate`.
    #[error(transparent)]
    Unauthorized(#[from] Unauthorized),
    /// The token is good and lacks these scopes: 403 `insufficient_scope`.
    #[error("the token lacks the scope {0}")]
    InsufficientScope(String),
    /// The body is of a media type that is not read: 415.
    #[error("the media type of the body is not read here")]
    UnsupportedMediaType,
    /// The body is larger than the limit, in bytes: 413.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// A hook chose status and body.
    #[error("a hook answered with status {}", .0.status)]
    Answered(HookAnswer),
    /// A host part failed: 500, or 503 if trying again may help. The source is for the log only.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// The credentials are at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unauthorized {
    /// None were presented: the challenge carries no error code (RFC 6750 section 3.1).
    #[error("no credentials were presented")]
    Missing,
    /// The token is unknown, malformed, expired or revoked, is of another client, or its client is gone. These are
    /// one case on purpose: telling them apart would tell who is registered (RFC 7592 section 2).
    #[error("the token is not valid")]
    InvalidToken,
}

/// A host part failed.
#[derive(Debug, thiserror::Error)]
#[error("{part} failed")]
#[non_exhaustive]
pub struct HostError {
    /// Which part: "store", "resolver", "hook", "evidence verifier", "entropy", "initial access tokens", "secret sealer".
    pub part: &'static str,
    /// Whether the same request may succeed later.
    pub transient: bool,
    /// What the part said.
    #[source]
    pub source: BoxError,
}

/// The error of a host part.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A hook's own answer: a refusal, so that its status is one of 400 to 599.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
}

impl HookAnswer {
    /// An answer with this status and body.
    #[must_use]
    pub fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, body: body.into() }
    }
}

/// Everything that was wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The error code: that of the first violation.
    pub code: ErrorCode,
    /// The HTTP status.
    pub status: u16,
    /// All violations that were found, in the order of the checks.
    pub violations: Vec<Violation>,
    /// The nonce of `stale_evidence`.
    pub nonce: Option<String>,
}

impl std::error::Error for Rejection {}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description())
    }
}

impl Rejection {
    pub(crate) fn new(code: ErrorCode, status: u16, violations: Vec<Violation>) -> Self {
        Self { code, status, violations, nonce: None }
    }

    /// The request cannot be read at all, whatever the profile.
    pub(crate) fn malformed(violation: Violation) -> Self {
        Self::new(ErrorCode::INVALID_REQUEST, 400, vec![violation])
    }

    pub(crate) fn of_metadata(violations: Vec<Violation>) -> Self {
        Self::new(ErrorCode::INVALID_CLIENT_METADATA, 400, violations)
    }

    /// The text for `error_description`: every violation, `; ` between them, at most 1 KiB, in the characters that
    /// RFC 6749 section 5.2 allows.
    #[must_use]
    pub fn description(&self) -> String {
        let mut text = String::new();
        for violation in &self.violations {
            let next = violation.to_string();
            if !text.is_empty() {
                text.push_str("; ");
            }
            if text.len() + next.len() > ROOM {
                let room = ROOM.saturating_sub(text.len());
                text.extend(next.chars().take(room).map(printable));
                text.push_str("...");
                break;
            }
            text.extend(next.chars().map(printable));
        }
        text
    }
}

/// Ruling 5: descriptions are at most 1 KiB.
const MAX_DESCRIPTION: usize = 1024;

/// What violations may fill of it, so that there is room to say that there are more of them.
const ROOM: usize = MAX_DESCRIPTION - "; ...".len();

/// RFC 6749 section 5.2: `%x20-21 / %x23-5B / %x5D-7E`.
fn printable(character: char) -> char {
    match character {
        '"' => '\'',
        '\\' => '/',
        ' '..='~' => character,
        _ => '?',
    }
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Violation {
    /// The member, with the index of an element: `redirect_uris[1]`. Empty if the request as a whole is at fault.
    pub field: Cow<'static, str>,
    /// The id of the rule: `redirect.https_for_web`.
    pub rule: Cow<'static, str>,
    /// The source of the rule: `RFC 7591 2.1`. Empty if a profile gives none.
    pub spec: Cow<'static, str>,
    /// What is wrong and what would be right: lower case, no full stop, input in backticks.
    pub message: String,
    /// What kind of failure this is; it decides the error code.
    pub failure: Failure,
}

impl Violation {
    pub(crate) fn new(
        field: impl Into<Cow<'static, str>>,
        rule: impl Into<Cow<'static, str>>,
        failure: Failure,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            rule: rule.into(),
            spec: Cow::Borrowed(""),
            message: message.into(),
            failure,
        }
    }

    pub(crate) fn with_spec(mut self, spec: impl Into<Cow<'static, str>>) -> Self {
        self.spec = spec.into();
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.field, self.message)
        }
    }
}

/// Makes a name type whose known values are constants and whose others come from profiles and hooks.
macro_rules! open_names {
    ($( $(#[$meta:meta])* $name:ident { $( $(#[$of_constant:meta])+ $constant:ident = $word:literal),+ $(,)? } )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(Cow<'static, str>);

        impl $name {
            $(
                #[doc = concat!("`", $word, "`: ")]
                $(#[$of_constant])+
                pub const $constant: Self = Self(Cow::Borrowed($word));
            )+

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(Cow::Owned(name))
            }
        }

        impl From<&'static str> for $name {
            fn from(name: &'static str) -> Self {
                Self(Cow::Borrowed(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+ };
}

open_names! {
    /// The `error` of an answer.
    ErrorCode {
        /// a redirection URI is at fault (RFC 7591 section 3.2.2).
        INVALID_REDIRECT_URI = "invalid_redirect_uri",
        /// a member, or the request that holds it (RFC 7591 section 3.2.2).
        INVALID_CLIENT_METADATA = "invalid_client_metadata",
        /// the statement does not hold (RFC 7591 section 3.2.2).
        INVALID_SOFTWARE_STATEMENT = "invalid_software_statement",
        /// the statement may hold, but its issuer is not trusted here (RFC 7591 section 3.2.2).
        UNAPPROVED_SOFTWARE_STATEMENT = "unapproved_software_statement",
        /// the body cannot be read (RFC 6749 section 5.2).
        INVALID_REQUEST = "invalid_request",
        /// the token is no good (RFC 6750 section 3.1).
        INVALID_TOKEN = "invalid_token",
        /// the token lacks a scope (RFC 6750 section 3.1).
        INSUFFICIENT_SCOPE = "insufficient_scope",
        /// registration is switched off, or not for this caller (Janssen).
        ACCESS_DENIED = "access_denied",
        /// the attestation evidence is not current (Janssen).
        STALE_EVIDENCE = "stale_evidence",
        /// a part of the host failed: 500 (RFC 6749 section 4.1.2.1).
        SERVER_ERROR = "server_error",
        /// a part of the host failed, and trying again may help: 503 (RFC 6749 section 4.1.2.1).
        TEMPORARILY_UNAVAILABLE = "temporarily_unavailable",
    }

    /// What kind of failure a violation is. A profile's `errors` table gives each kind its code and status.
    Failure {
        /// the media type of the body is not one of the profile.
        MEDIA_TYPE = "media_type",
        /// the body cannot be read.
        REQUEST_MALFORMED = "request_malformed",
        /// the signature of the request does not hold, or is missing.
        REQUEST_SIGNATURE = "request_signature",
        /// the signed request is not for this server or this time, or was used before.
        REQUEST_CLAIMS = "request_claims",
        /// there is no software statement, and there must be one.
        STATEMENT_MISSING = "statement_missing",
        /// the software statement cannot be read.
        STATEMENT_INVALID = "statement_invalid",
        /// the signature of the software statement does not hold.
        STATEMENT_SIGNATURE = "statement_signature",
        /// the claims of the software statement are not what they must be.
        STATEMENT_CLAIMS = "statement_claims",
        /// nobody trusts the issuer of the software statement.
        STATEMENT_UNTRUSTED = "statement_untrusted",
        /// a redirection URI is not allowed.
        REDIRECT_URI = "redirect_uri",
        /// a member is not what it must be.
        METADATA = "metadata",
        /// there is a client already for what the profile has unique.
        DUPLICATE = "duplicate",
        /// the client certificate is missing, or is none that the profile takes.
        MTLS = "mtls",
        /// the client certificate does not agree with the request.
        MTLS_BINDING = "mtls_binding",
        /// the token is no good.
        ACCESS_TOKEN = "access_token",
        /// there is no such client.
        UNKNOWN_CLIENT = "unknown_client",
        /// the token lacks a scope.
        SCOPE_MISSING = "scope_missing",
        /// registration is switched off.
        DISABLED = "disabled",
        /// the request cancels a registration that does not exist.
        CANCELLED = "cancelled",
        /// a logout URI is not allowed.
        LOGOUT_URI = "logout_uri",
        /// a claims redirection URI is not allowed.
        CLAIMS_REDIRECT_URI = "claims_redirect_uri",
        /// the attribute for public subjects is not one of the server.
        PUBLIC_SUBJECT_ATTRIBUTE = "public_subject_attribute",
        /// `redirect_uris_regex` is not taken here.
        REDIRECT_URIS_REGEX = "redirect_uris_regex",
        /// the caller may not register.
        ACCESS_DENIED = "access_denied",
        /// the attestation evidence is not current.
        STALE_EVIDENCE = "stale_evidence",
        /// the attestation evidence does not hold.
        ATTESTATION_FAILED = "attestation_failed",
    }
}
