//! Several hooks as one.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{Draft, HookContext, HookError, ScriptHook};
use crate::secret::SharedSecret;

/// Several hooks as one, in the order of Janssen's scripts: all decide about a create, read, update or delete, one
/// after the other up to the first that refuses; keys, secrets and answers are the first hook's alone.
///
/// A hook sees what those before it changed of the draft.
///
/// ```
/// use oauth_dcr::{HookChain, HookError, HookFns};
///
/// let directory = HookFns::default().on_dcr_jwks(|_| Ok(None));
/// let curfew = HookFns::default().on_delete(|_| Err(HookError::Refused));
/// let chain = HookChain::default().then(directory).then(curfew);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct HookChain(Vec<Arc<dyn ScriptHook>>);

impl HookChain {
    /// The chain with one more hook at its end.
    pub fn then(mut self, hook: impl ScriptHook + 'static) -> Self {
        self.0.push(Arc::new(hook));
        self
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ScriptHook for HookChain {
    async fn create_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        for hook in &self.0 {
            hook.create_client(cx, draft).await?;
        }
        Ok(())
    }

    async fn update_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        for hook in &self.0 {
            hook.update_client(cx, draft).await?;
        }
        Ok(())
    }

    async fn read_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        for hook in &self.0 {
            hook.read_client(cx).await?;
        }
        Ok(())
    }

    async fn delete_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        for hook in &self.0 {
            hook.delete_client(cx).await?;
        }
        Ok(())
    }

    async fn software_statement_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        let Some(first) = self.0.first() else { return Ok(None) };
        first.software_statement_jwks(cx).await
    }

    async fn software_statement_hmac_secret(
        &self,
        cx: &HookContext<'_>,
    ) -> Result<Option<SharedSecret>, HookError> {
        let Some(first) = self.0.first() else { return Ok(None) };
        first.software_statement_hmac_secret(cx).await
    }

    async fn dcr_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        let Some(first) = self.0.first() else { return Ok(None) };
        first.dcr_jwks(cx).await
    }

    async fn dcr_hmac_secret(&self, cx: &HookContext<'_>) -> Result<Option<SharedSecret>, HookError> {
        let Some(first) = self.0.first() else { return Ok(None) };
        first.dcr_hmac_secret(cx).await
    }

    async fn modify_response(
        &self,
        cx: &HookContext<'_>,
        body: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        let Some(first) = self.0.first() else { return Ok(()) };
        first.modify_response(cx, body).await
    }
}
