//! A client in the making, as a hook sees and changes it.

use serde_json::Value;

use crate::client::{ClientId, ServerFlags};
use crate::metadata::{
    ClientMetadata, Document, Extra, FieldId, FieldSpec, FieldValue, Group, Origin, Variant,
};
use crate::policy::Policy;

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
