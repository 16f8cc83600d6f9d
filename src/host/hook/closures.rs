//! A hook made of closures.

use std::fmt;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::{Draft, HookContext, HookError, ScriptHook};
use crate::secret::SharedSecret;

type Decide = dyn Fn(&HookContext<'_>) -> Result<(), HookError> + Send + Sync;
type Change = dyn Fn(&HookContext<'_>, &mut Draft<'_>) -> Result<(), HookError> + Send + Sync;
type Find<T> = dyn Fn(&HookContext<'_>) -> Result<Option<T>, HookError> + Send + Sync;
type Modify = dyn Fn(&HookContext<'_>, &mut Map<String, Value>) -> Result<(), HookError> + Send + Sync;

/// A hook made of closures, for decisions that wait for nothing. What is not set has no opinion.
///
/// ```
/// use oauth_dcr::{HookFns, MemoryClientStore, Registrar, RegistrarConfig};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let hook = HookFns::default()
///     .on_create(|cx, draft| {
///         draft.flags_mut().trusted = cx.is_in_network("10.0.0.0/8");
///         Ok(())
///     })
///     .on_response(|cx, body| {
///         body.insert("profile".to_owned(), json!(cx.profile));
///         Ok(())
///     });
/// let registrar = Registrar::builder(config, MemoryClientStore::default()).script_hook(hook).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
#[must_use]
pub struct HookFns {
    create: Option<Box<Change>>,
    update: Option<Box<Change>>,
    read: Option<Box<Decide>>,
    delete: Option<Box<Decide>>,
    software_statement_jwks: Option<Box<Find<Value>>>,
    software_statement_hmac_secret: Option<Box<Find<SharedSecret>>>,
    dcr_jwks: Option<Box<Find<Value>>>,
    dcr_hmac_secret: Option<Box<Find<SharedSecret>>>,
    response: Option<Box<Modify>>,
}

impl HookFns {
    /// What [`create_client`](ScriptHook::create_client) does.
    pub fn on_create(
        mut self,
        decide: impl Fn(&HookContext<'_>, &mut Draft<'_>) -> Result<(), HookError> + Send + Sync + 'static,
    ) -> Self {
        self.create = Some(Box::new(decide));
        self
    }

    /// What [`update_client`](ScriptHook::update_client) does.
    pub fn on_update(
        mut self,
        decide: impl Fn(&HookContext<'_>, &mut Draft<'_>) -> Result<(), HookError> + Send + Sync + 'static,
    ) -> Self {
        self.update = Some(Box::new(decide));
        self
    }

    /// What [`read_client`](ScriptHook::read_client) does.
    pub fn on_read(
        mut self,
        decide: impl Fn(&HookContext<'_>) -> Result<(), HookError> + Send + Sync + 'static,
    ) -> Self {
        self.read = Some(Box::new(decide));
        self
    }

    /// What [`delete_client`](ScriptHook::delete_client) does.
    pub fn on_delete(
        mut self,
        decide: impl Fn(&HookContext<'_>) -> Result<(), HookError> + Send + Sync + 'static,
    ) -> Self {
        self.delete = Some(Box::new(decide));
        self
    }

    /// What [`software_statement_jwks`](ScriptHook::software_statement_jwks) finds.
    pub fn on_software_statement_jwks(
        mut self,
        find: impl Fn(&HookContext<'_>) -> Result<Option<Value>, HookError> + Send + Sync + 'static,
    ) -> Self {
        self.software_statement_jwks = Some(Box::new(find));
        self
    }

    /// What [`software_statement_hmac_secret`](ScriptHook::software_statement_hmac_secret) finds.
    pub fn on_software_statement_hmac_secret(
        mut self,
        find: impl Fn(&HookContext<'_>) -> Result<Option<SharedSecret>, HookError> + Send + Sync + 'static,
    ) -> Self {
        self.software_statement_hmac_secret = Some(Box::new(find));
        self
    }

    /// What [`dcr_jwks`](ScriptHook::dcr_jwks) finds.
    pub fn on_dcr_jwks(
        mut self,
        find: impl Fn(&HookContext<'_>) -> Result<Option<Value>, HookError> + Send + Sync + 'static,
    ) -> Self {
        self.dcr_jwks = Some(Box::new(find));
        self
    }

    /// What [`dcr_hmac_secret`](ScriptHook::dcr_hmac_secret) finds.
    pub fn on_dcr_hmac_secret(
        mut self,
        find: impl Fn(&HookContext<'_>) -> Result<Option<SharedSecret>, HookError> + Send + Sync + 'static,
    ) -> Self {
        self.dcr_hmac_secret = Some(Box::new(find));
        self
    }

    /// What [`modify_response`](ScriptHook::modify_response) does.
    pub fn on_response(
        mut self,
        modify: impl Fn(&HookContext<'_>, &mut Map<String, Value>) -> Result<(), HookError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.response = Some(Box::new(modify));
        self
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl ScriptHook for HookFns {
    async fn create_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        self.create.as_ref().map_or(Ok(()), |decide| decide(cx, draft))
    }

    async fn update_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        self.update.as_ref().map_or(Ok(()), |decide| decide(cx, draft))
    }

    async fn read_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        self.read.as_ref().map_or(Ok(()), |decide| decide(cx))
    }

    async fn delete_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        self.delete.as_ref().map_or(Ok(()), |decide| decide(cx))
    }

    async fn software_statement_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        self.software_statement_jwks.as_ref().map_or(Ok(None), |find| find(cx))
    }

    async fn software_statement_hmac_secret(
        &self,
        cx: &HookContext<'_>,
    ) -> Result<Option<SharedSecret>, HookError> {
        self.software_statement_hmac_secret.as_ref().map_or(Ok(None), |find| find(cx))
    }

    async fn dcr_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        self.dcr_jwks.as_ref().map_or(Ok(None), |find| find(cx))
    }

    async fn dcr_hmac_secret(&self, cx: &HookContext<'_>) -> Result<Option<SharedSecret>, HookError> {
        self.dcr_hmac_secret.as_ref().map_or(Ok(None), |find| find(cx))
    }

    async fn modify_response(
        &self,
        cx: &HookContext<'_>,
        body: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        self.response.as_ref().map_or(Ok(()), |modify| modify(cx, body))
    }
}

impl fmt::Debug for HookFns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookFns")
            .field("create", &self.create.is_some())
            .field("update", &self.update.is_some())
            .field("read", &self.read.is_some())
            .field("delete", &self.delete.is_some())
            .field("software_statement_jwks", &self.software_statement_jwks.is_some())
            .field("software_statement_hmac_secret", &self.software_statement_hmac_secret.is_some())
            .field("dcr_jwks", &self.dcr_jwks.is_some())
            .field("dcr_hmac_secret", &self.dcr_hmac_secret.is_some())
            .field("response", &self.response.is_some())
            .finish()
    }
}
