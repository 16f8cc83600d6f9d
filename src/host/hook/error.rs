//! Why a hook stopped a request.

use crate::error::{BoxError, ErrorCode, HookAnswer};

/// Why a hook stopped the request.
///
/// ```
/// use oauth_dcr::{HookAnswer, HookError};
///
/// // 400 with a code and a description.
/// let error = HookError::rejected("quota_exceeded", "10 clients are enough");
/// assert_eq!(error.to_string(), "rejected by a hook: quota_exceeded");
///
/// // Any refusal, word by word.
/// let body = r#"{"error":"access_denied","contact":"api@op.example.com"}"#;
/// let answer = HookError::Answer(HookAnswer::new(403, body));
/// assert_eq!(answer.to_string(), "answered by a hook");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// Refused: 400 `invalid_client_metadata`.
    #[error("refused by a hook")]
    Refused,
    /// Refused with a code of the hook's own: 400. The description is cut to 1 KiB and to the characters of RFC 6749
    /// section 5.2. A code with other characters, or without any, is a failure of the hook.
    #[error("rejected by a hook: {code}")]
    Rejected {
        /// The `error` of the answer.
        code: ErrorCode,
        /// Its `error_description`.
        description: String,
    },
    /// Refused with an answer of the hook's own, sent as it is.
    ///
    /// The status must be one of 400 to 599 and the body JSON; anything else is a failure of the hook. A success would
    /// tell a client that it is registered although nothing was stored: what a success looks like is changed in
    /// [`modify_response`](super::ScriptHook::modify_response).
    #[error("answered by a hook")]
    Answer(HookAnswer),
    /// The evidence is not current: 400 `stale_evidence` with a nonce.
    #[error("the evidence is not current")]
    StaleEvidence {
        /// What fresh evidence must contain. `None`: the engine makes one.
        nonce: Option<String>,
    },
    /// The hook cannot decide at the moment: 503. The client is told nothing of the source.
    #[error("a hook is not available")]
    Unavailable(#[source] BoxError),
    /// The hook failed: 500. The client is told nothing of the source.
    #[error("a hook failed")]
    Failed(#[source] BoxError),
}

impl HookError {
    /// A refusal with this code and description.
    #[must_use]
    pub fn rejected(code: impl Into<ErrorCode>, description: impl Into<String>) -> Self {
        Self::Rejected { code: code.into(), description: description.into() }
    }
}
