//! The metadata of a client.

use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::json::{self, JsonFault, Limits};
use crate::metadata::{ClientMetadata, Document, Origin};

/// Registered metadata: the text that is stored and answered, and the typed face made of it on first use.
pub(crate) struct Registered {
    text: Box<str>,
    typed: OnceLock<Box<ClientMetadata>>,
}

/// What the engine wrote itself is read without the limits for strangers' text.
pub(crate) const TRUSTED: Limits = Limits { depth: 64, members: 10_000 };

impl Registered {
    pub(crate) fn new(text: String) -> Arc<Self> {
        Arc::new(Self { text: text.into(), typed: OnceLock::new() })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn typed(&self) -> &ClientMetadata {
        self.typed.get_or_init(|| {
            Box::new(self.document().map(|document| ClientMetadata::decode(&document).0).unwrap_or_default())
        })
    }

    /// The metadata by field id; an error if the text is none that the engine writes.
    pub(crate) fn document(&self) -> Result<Document<'_>, JsonFault> {
        json::read_object(self.text.as_bytes(), TRUSTED, Origin::Stored)
    }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.typed().fmt(f)
    }
}

impl PartialEq for Registered {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text || self.typed() == other.typed()
    }
}
