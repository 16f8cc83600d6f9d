//! A hook made of functions.

use async_trait::async_trait;
use oauth_dcr::{Draft, HookContext, HookError, MemoryClientStore, ScriptHook};
use serde_json::{Map, Value, json};

use crate::support::*;

/// What a hook does with the draft of a new client.
pub(crate) type Create = fn(&mut Draft<'_>) -> Result<(), HookError>;

/// A hook made of functions.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) create: Create,
    pub(crate) update: fn(&HookContext<'_>, &mut Draft<'_>) -> Result<(), HookError>,
    pub(crate) delete: fn(&HookContext<'_>) -> Result<(), HookError>,
    pub(crate) respond: fn(&mut Map<String, Value>) -> Result<(), HookError>,
}

impl Default for Script {
    fn default() -> Self {
        Self { create: |_| Ok(()), update: |_, _| Ok(()), delete: |_| Ok(()), respond: |_| Ok(()) }
    }
}

#[async_trait]
impl ScriptHook for Script {
    async fn create_client(&self, _: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        (self.create)(draft)
    }

    async fn update_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        (self.update)(cx, draft)
    }

    async fn delete_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        (self.delete)(cx)
    }

    async fn modify_response(
        &self,
        _: &HookContext<'_>,
        body: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        (self.respond)(body)
    }
}

pub(crate) fn scripted(script: Script) -> Server {
    server_with(json!({}), MemoryClientStore::default(), |builder| builder.script_hook(script))
}

pub(crate) fn set_id(draft: &mut Draft<'_>, id: &str) -> Result<(), HookError> {
    draft.set_client_id(client_id(id));
    Ok(())
}

pub(crate) fn set(draft: &mut Draft<'_>, name: &str, value: &Value) -> Result<(), HookError> {
    draft.set(name, value);
    Ok(())
}
