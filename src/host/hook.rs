//! The host's own decisions, at named points of the flow.

use std::fmt::{self, Debug};
use std::net::IpAddr;

use async_trait::async_trait;
use serde_json::{Map, Value};

use crate::certificate::ClientCertificate;
use crate::client::{Client, ClientId, ServerFlags};
use crate::error::{BoxError, HookAnswer};
use crate::metadata::{
    ClientMetadata, Document, Extra, FieldId, FieldSpec, FieldValue, Group, Origin, Variant,
};
use crate::policy::Policy;
use crate::profile::Operation;
use crate::request::Caller;
use crate::secret::SharedSecret;

/// What a host decides for itself. Every method has a default: no opinion.
///
/// A hook may relax the policy but never the standard: what it changed is checked again against OpenID Connect
/// Registration or RFC 7591. Drafts hold no credentials; an answer that it may modify does. The names are those of Janssen's
/// client registration script.
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

    /// Before a client is deleted: may refuse it.
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

    /// Changes an answer before it is sent. `client_id` and the credentials cannot be changed.
    ///
    /// # Errors
    ///
    /// An error throws the changes away; the answer is sent as it was.
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

/// What a hook can look at.
#[non_exhaustive]
pub struct HookContext<'a> {
    /// The operation.
    pub operation: Operation,
    /// The profile that applies.
    pub profile: &'a str,
    /// The client as it is stored, for all operations but create.
    pub client: Option<&'a Client>,
    /// Who calls.
    pub caller: &'a Caller,
    /// The body as it came; empty for read and delete.
    pub body: &'a [u8],
    /// The software statement as it came, when its keys are asked for. Nothing in it is verified.
    pub software_statement: Option<&'a str>,
    /// The client certificate.
    pub certificate: Option<&'a ClientCertificate>,
    /// The address the request comes from.
    pub remote_address: Option<IpAddr>,
}

impl fmt::Debug for HookContext<'_> {
    /// Of body and statement only the length is shown: an update repeats the client secret, and a statement can be
    /// presented by whoever reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookContext")
            .field("operation", &self.operation)
            .field("profile", &self.profile)
            .field("client", &self.client)
            .field("caller", &self.caller)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .field("software_statement", &self.software_statement.map(|own| format!("[{} bytes]", own.len())))
            .field("certificate", &self.certificate)
            .field("remote_address", &self.remote_address)
            .finish()
    }
}

/// Why a hook stopped the request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// Refused: 400 `invalid_client_metadata`.
    #[error("refused by a hook")]
    Refused,
    /// Refused with an answer of the hook's own.
    #[error("answered by a hook")]
    Answer(HookAnswer),
    /// The evidence is not current: 400 `stale_evidence` with this nonce.
    #[error("the evidence is not current")]
    StaleEvidence {
        /// What fresh evidence must contain.
        nonce: String,
    },
    /// The hook failed. The client is told nothing of the source.
    #[error("a hook failed")]
    Failed(#[source] BoxError),
}

/// A client in the making: checked metadata without credentials.
#[derive(Debug)]
pub struct Draft<'a> {
    pub(crate) document: Document<'a>,
    policy: &'a Policy,
    pub(crate) client_id: Option<ClientId>,
    pub(crate) flags: ServerFlags,
    pub(crate) is_changed: bool,
}

/// Where a name leads.
enum Place<'n> {
    Field(FieldId),
    /// A localized member and a language tag.
    Variant(FieldId, &'n str),
    Extra,
    /// Identifier, credentials and statement, which are no metadata.
    Server,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(document: Document<'a>, policy: &'a Policy, flags: ServerFlags) -> Self {
        Self { document, policy, client_id: None, flags, is_changed: false }
    }

    /// The metadata, typed.
    #[must_use]
    pub fn metadata(&self) -> ClientMetadata {
        ClientMetadata::decode(&self.document).0
    }

    /// The value of a member, with its language tag if it has one (`client_name#fr`).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        match self.place(name) {
            Place::Server => None,
            Place::Field(field) => self.document.get(field).map(FieldValue::to_json),
            Place::Variant(field, tag) => {
                let is_it = |own: &&Variant<'_>| own.field == field && own.tag.eq_ignore_ascii_case(tag);
                self.document.variants.iter().find(is_it).map(|own| own.value.to_json())
            }
            Place::Extra => {
                let extra = self.document.extras.iter().find(|extra| extra.name == name)?;
                serde_json::from_str(&extra.json).ok()
            }
        }
    }

    /// Sets a member. `null` removes it. What only the server issues (`client_id`, `client_secret`, …) and the software
    /// statement are no members here: setting them does nothing.
    pub fn set(&mut self, name: &str, value: &Value) {
        self.is_changed = true;
        match self.place(name) {
            Place::Server => {}
            Place::Field(field) if value.is_null() => {
                self.document.remove(field);
            }
            Place::Field(field) => {
                self.document.set(field, FieldValue::from_json(value), Origin::Hook);
            }
            Place::Variant(field, tag) => {
                let variants = &mut self.document.variants;
                variants.retain(|own| own.field != field || !own.tag.eq_ignore_ascii_case(tag));
                if !value.is_null() {
                    let (tag, value) = (tag.to_owned().into(), FieldValue::from_json(value));
                    variants.push(Variant { field, tag, origin: Origin::Hook, value });
                }
            }
            Place::Extra => {
                self.document.extras.retain(|extra| extra.name != name);
                if !value.is_null() {
                    let extra = Extra { name: name.to_owned().into(), json: value.to_string().into() };
                    self.document.extras.push(extra);
                }
            }
        }
    }

    fn place<'n>(&self, name: &'n str) -> Place<'n> {
        let is_server = |spec: &FieldSpec| matches!(spec.group, Group::Server | Group::Envelope);
        if let Some(field) = self.policy.field_named(name) {
            return if field.spec().is_some_and(is_server) { Place::Server } else { Place::Field(field) };
        }
        let localized =
            |base: &str| FieldId::of(base).filter(|field| field.spec().is_some_and(|spec| spec.localized));
        match name.split_once('#').and_then(|(base, tag)| Some((localized(base)?, tag))) {
            Some((field, tag)) => Place::Variant(field, tag),
            None => Place::Extra,
        }
    }

    /// Chooses the client id, such as one made from a certificate. Only for create.
    pub fn set_client_id(&mut self, id: ClientId) {
        self.client_id = Some(id);
    }

    /// What only the server sets.
    pub fn flags_mut(&mut self) -> &mut ServerFlags {
        &mut self.flags
    }
}
