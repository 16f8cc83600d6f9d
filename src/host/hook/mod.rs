//! The host's own decisions, at named points of the flow.

mod chain;
mod closures;
mod context;
mod draft;
mod error;
mod guard;
mod jwt;
mod network;
mod statement;
mod timer;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

pub use chain::HookChain;
pub use closures::HookFns;
pub use context::HookContext;
pub(crate) use context::StatementFacts;
pub use draft::Draft;
pub use error::HookError;
pub(crate) use guard::guard;
pub use jwt::UnverifiedJwt;

use crate::secret::SharedSecret;

/// What a host decides for itself. Every method has a default: no opinion.
///
/// A hook may relax the policy but never the standard: what it changed is checked again against OpenID Connect
/// Registration or RFC 7591. Drafts hold no credentials; an answer that it may modify does. The names are those of
/// Janssen's client registration script.
///
/// A hook that panics or fails refuses its request with 500, one that takes longer than
/// [`hook_time_limit`](crate::RegistrarBuilder::hook_time_limit) with 503; nothing is stored, and the client learns
/// nothing of the reason. A panic can only be caught where panics unwind (`panic = "unwind"`, the default).
///
/// ```
/// use async_trait::async_trait;
/// use oauth_dcr::{Draft, HookContext, HookError, ScriptHook};
/// use serde_json::json;
///
/// /// Registers clients of the own network alone, and has their users sign in again after an hour.
/// #[derive(Debug)]
/// struct Intranet;
///
/// #[async_trait]
/// impl ScriptHook for Intranet {
///     async fn create_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
///         if !cx.is_in_network("10.0.0.0/8") {
///             return Err(HookError::Refused);
///         }
///         draft.set("default_max_age", &json!(3600));
///         Ok(())
///     }
/// }
/// ```
///
/// [`HookFns`] makes a hook of closures, [`HookChain`] one of several hooks. A larger one is in the
/// [guide](crate::guide::hooks).
#[async_trait]
pub trait ScriptHook: Debug + Send + Sync {
    /// Before a new client is issued: may change the draft or refuse it.
    ///
    /// # Errors
    ///
    /// Any error refuses the request; nothing is stored.
    async fn create_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        let _ = (cx, draft);
        Ok(())
    }

    /// Before an update is stored: may change the draft or refuse it.
    ///
    /// # Errors
    ///
    /// Any error refuses the request; the client stays as it was.
    async fn update_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        let _ = (cx, draft);
        Ok(())
    }

    /// Before a client is read: may refuse it. The client is in the context.
    ///
    /// # Errors
    ///
    /// Any error refuses the request.
    async fn read_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        let _ = cx;
        Ok(())
    }

    /// Before a client is deleted, by its owner or by a registration request that its profile takes for a cancellation:
    /// may refuse it.
    ///
    /// # Errors
    ///
    /// Any error refuses the request; the client stays.
    async fn delete_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        let _ = cx;
        Ok(())
    }

    /// The keys that verify a software statement, as a JWK Set (an object, or a text that holds one). Asked for the
    /// validation type `script` and for key sources that name a hook. `None`: not applicable.
    ///
    /// # Errors
    ///
    /// Any error refuses the request.
    async fn software_statement_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        let _ = cx;
        Ok(None)
    }

    /// The secret that verifies a software statement with an HMAC. `None` or empty: not applicable.
    ///
    /// # Errors
    ///
    /// Any error refuses the request.
    async fn software_statement_hmac_secret(
        &self,
        cx: &HookContext<'_>,
    ) -> Result<Option<SharedSecret>, HookError> {
        let _ = cx;
        Ok(None)
    }

    /// The keys that verify a signed request, as a JWK Set. `None`: not applicable.
    ///
    /// # Errors
    ///
    /// Any error refuses the request.
    async fn dcr_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        let _ = cx;
        Ok(None)
    }

    /// The secret that verifies a signed request with an HMAC. `None` or empty: not applicable.
    ///
    /// # Errors
    ///
    /// Any error refuses the request.
    async fn dcr_hmac_secret(&self, cx: &HookContext<'_>) -> Result<Option<SharedSecret>, HookError> {
        let _ = cx;
        Ok(None)
    }

    /// Changes the answer to a create, a read, an update or a cancellation ([`HookContext::operation`]) before it is
    /// sent. `client_id` and the credentials cannot be changed.
    ///
    /// # Errors
    ///
    /// An error, as a panic or an answer that comes too late, throws the changes away: the client is stored by then,
    /// and the answer is sent as it was.
    async fn modify_response(
        &self,
        cx: &HookContext<'_>,
        body: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        let _ = (cx, body);
        Ok(())
    }
}

/// No opinion on anything: the default.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHook;

impl ScriptHook for NoHook {}

/// A shared hook is a hook.
#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<H: ScriptHook + ?Sized> ScriptHook for Arc<H> {
    async fn create_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        (**self).create_client(cx, draft).await
    }

    async fn update_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        (**self).update_client(cx, draft).await
    }

    async fn read_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        (**self).read_client(cx).await
    }

    async fn delete_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        (**self).delete_client(cx).await
    }

    async fn software_statement_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        (**self).software_statement_jwks(cx).await
    }

    async fn software_statement_hmac_secret(
        &self,
        cx: &HookContext<'_>,
    ) -> Result<Option<SharedSecret>, HookError> {
        (**self).software_statement_hmac_secret(cx).await
    }

    async fn dcr_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        (**self).dcr_jwks(cx).await
    }

    async fn dcr_hmac_secret(&self, cx: &HookContext<'_>) -> Result<Option<SharedSecret>, HookError> {
        (**self).dcr_hmac_secret(cx).await
    }

    async fn modify_response(
        &self,
        cx: &HookContext<'_>,
        body: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        (**self).modify_response(cx, body).await
    }
}
