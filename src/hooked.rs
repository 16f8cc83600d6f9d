//! The engine's side of hooks: what they are shown, how they are asked, and what becomes of what they say.

use std::collections::HashMap;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::client::Client;
use crate::engine::host_error;
use crate::error::{BoxError, Error, ErrorCode, Failure, HookAnswer, Rejection, Violation};
use crate::evidence::not_current;
use crate::host::{Draft, HookContext, HookError, StatementFacts, guard};
use crate::keys::KeyKind;
use crate::profile::Operation;
use crate::regime::Regime;
use crate::request::RegisterRequest;
use crate::response;
use crate::secret::SharedSecret;
use crate::statement::Statement;

/// What a host says about its hooks.
#[derive(Default)]
pub(crate) struct HookSettings {
    pub(crate) time_limit: Option<Duration>,
    pub(crate) attributes: HashMap<String, SharedSecret>,
    /// The names of `trustedSsaIssuers`.
    pub(crate) trusted_issuers: Vec<String>,
}

/// What a hook found that was asked for keys.
pub(crate) enum FoundKeys {
    Set(Value),
    Secret(SharedSecret),
}

impl Regime<'_> {
    /// What a hook can look at.
    pub(crate) fn context<'c>(
        &'c self,
        operation: Operation,
        request: &RegisterRequest<'c>,
        client: Option<&'c Client>,
    ) -> HookContext<'c> {
        HookContext {
            operation,
            profile: &self.policy.name,
            client,
            caller: request.caller,
            body: request.body,
            software_statement: None,
            certificate: request.certificate,
            remote_address: request.remote_address,
            signed: None,
            statement: None,
            evidence: None,
            attributes: &self.hook_settings.attributes,
            trusted_issuers: &self.hook_settings.trusted_issuers,
            read: Default::default(),
        }
    }

    /// What a hook can look at that is asked for keys.
    pub(crate) fn key_hook<'c>(
        &'c self,
        operation: Operation,
        request: &RegisterRequest<'c>,
        software_statement: Option<&'c str>,
    ) -> HookContext<'c> {
        HookContext { software_statement, ..self.context(operation, request, None) }
    }

    pub(crate) async fn ask_create(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), Error> {
        let Some(hook) = &self.hook else { return Ok(()) };
        let result = self.guarded(async { hook.create_client(cx, draft).await }).await;
        self.obey(HOOK, cx, result).await
    }

    pub(crate) async fn ask_update(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), Error> {
        let Some(hook) = &self.hook else { return Ok(()) };
        let result = self.guarded(async { hook.update_client(cx, draft).await }).await;
        self.obey(HOOK, cx, result).await
    }

    pub(crate) async fn ask_read(&self, request: &RegisterRequest<'_>, client: &Client) -> Result<(), Error> {
        let Some(hook) = &self.hook else { return Ok(()) };
        let cx = self.context(Operation::Read, request, Some(client));
        let result = self.guarded(async { hook.read_client(&cx).await }).await;
        self.obey(HOOK, &cx, result).await
    }

    pub(crate) async fn ask_delete(
        &self,
        request: &RegisterRequest<'_>,
        client: &Client,
    ) -> Result<(), Error> {
        let Some(hook) = &self.hook else { return Ok(()) };
        let cx = self.context(Operation::Delete, request, Some(client));
        let result = self.guarded(async { hook.delete_client(&cx).await }).await;
        self.obey(HOOK, &cx, result).await
    }

    /// The keys that the hook has for a token.
    pub(crate) async fn ask_keys(
        &self,
        kind: KeyKind,
        is_hmac: bool,
        cx: &HookContext<'_>,
    ) -> Result<Option<FoundKeys>, Error> {
        let Some(hook) = &self.hook else { return Ok(None) };
        let result = self
            .guarded(async {
                Ok(match (kind, is_hmac) {
                    (KeyKind::Statement, false) => {
                        hook.software_statement_jwks(cx).await?.map(FoundKeys::Set)
                    }
                    (KeyKind::Request, false) => hook.dcr_jwks(cx).await?.map(FoundKeys::Set),
                    (KeyKind::Statement, true) => {
                        hook.software_statement_hmac_secret(cx).await?.map(FoundKeys::Secret)
                    }
                    (KeyKind::Request, true) => hook.dcr_hmac_secret(cx).await?.map(FoundKeys::Secret),
                })
            })
            .await;
        self.obey(HOOK, cx, result).await
    }

    /// The answer as the hook leaves it. The client is stored by now, so that nothing it does can refuse the request.
    pub(crate) async fn modified(
        &self,
        operation: Operation,
        request: &RegisterRequest<'_>,
        client: &Client,
        body: String,
    ) -> String {
        let Some(hook) = &self.hook else { return body };
        let cx = self.context(operation, request, Some(client));
        let mut map = response::as_map(&body);
        match self.guarded(async { hook.modify_response(&cx, &mut map).await }).await {
            Ok(()) => response::from_map(&body, map),
            Err(_) => body,
        }
    }

    /// Runs a part of the host within the time limit; a panic is a failure.
    pub(crate) async fn guarded<T>(
        &self,
        part: impl Future<Output = Result<T, HookError>>,
    ) -> Result<T, HookError> {
        guard(self.hook_settings.time_limit, part).await
    }

    /// What becomes of the request after a part of the host spoke.
    pub(crate) async fn obey<T>(
        &self,
        part: &'static str,
        cx: &HookContext<'_>,
        result: Result<T, HookError>,
    ) -> Result<T, Error> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        Err(match error {
            HookError::Refused => {
                let message = "the request was refused by this server";
                self.policy.reject(vec![Violation::new("", "hook", Failure::METADATA, message)]).into()
            }
            HookError::Rejected { code, .. } if !is_error_code(&code) => {
                host_error(part, false, Unusable::Code.into())
            }
            HookError::Rejected { code, .. } if code == ErrorCode::STALE_EVIDENCE => {
                self.stale_by_hook(cx, None).await
            }
            HookError::Rejected { code, description } => {
                let violation = Violation::new("", "hook", Failure::METADATA, description);
                Rejection::new(code, 400, vec![violation]).into()
            }
            HookError::Answer(answer) => match unusable(&answer) {
                None => Error::Answered(answer),
                Some(fault) => host_error(part, false, fault.into()),
            },
            HookError::StaleEvidence { nonce } => self.stale_by_hook(cx, nonce).await,
            HookError::Unavailable(source) => host_error(part, true, source),
            HookError::Failed(source) => host_error(part, false, source),
        })
    }

    async fn stale_by_hook(&self, cx: &HookContext<'_>, nonce: Option<String>) -> Error {
        let mut rejection = Rejection::new(ErrorCode::STALE_EVIDENCE, 400, vec![not_current()]);
        rejection.nonce = match nonce {
            Some(nonce) => Some(nonce),
            None => match self.fresh_nonce(cx).await {
                Ok(nonce) => Some(nonce),
                Err(error) => return error,
            },
        };
        rejection.into()
    }
}

impl<'c> HookContext<'c> {
    /// The same, of a request whose signatures hold.
    pub(crate) fn knowing(self, signed: Option<&'c [u8]>, statement: Option<&'c Statement<'_, '_>>) -> Self {
        let statement =
            statement.map(|statement| StatementFacts { iss: &statement.iss, payload: statement.payload });
        Self { signed, statement, ..self }
    }
}

const HOOK: &str = "hook";

/// What a hook said and nobody can be told.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("an error code has one or more printable ASCII characters without quotation mark and backslash")]
    Code,
    #[error("the status of a refusal is one of 400 to 599 and not {0}")]
    Status(u16),
    #[error("the body of an answer must be JSON")]
    Body(#[source] BoxError),
}

/// RFC 6749 section 5.2.
fn is_error_code(code: &ErrorCode) -> bool {
    let is_allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    !code.as_str().is_empty() && code.as_str().bytes().all(is_allowed)
}

fn unusable(answer: &HookAnswer) -> Option<Unusable> {
    if !(400..=599).contains(&answer.status) {
        return Some(Unusable::Status(answer.status));
    }
    serde_json::from_str::<IgnoredAny>(&answer.body).err().map(|error| Unusable::Body(error.into()))
}
