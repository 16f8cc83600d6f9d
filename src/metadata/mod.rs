//! Client metadata: the field table, the values by field id, and the typed face.

mod client_metadata;
mod document;
mod field_value;
pub mod fields;
mod table;
mod values;

pub use client_metadata::ClientMetadata;
pub(crate) use client_metadata::SAME_TAG;
pub use document::Origin;
pub(crate) use document::{Constant, Document, Extra, Variant};
pub(crate) use field_value::{FieldValue, Unfit, write_int, write_text};
pub(crate) use table::FieldId;
pub use table::{FieldSpec, Group, Kind};
pub(crate) use values::is_symmetric_algorithm;
pub use values::{
    ApplicationType, GrantType, JweAlgorithm, JweEncryption, JwsAlgorithm, Localized, MetadataUri,
    RedirectUri, ResponseType, Scope, SubjectType, TokenDeliveryMode, TokenEndpointAuthMethod,
};
