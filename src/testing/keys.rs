//! The keys of an issuer, for a bench: they have no public face.

use serde_json::Value;

use crate::jose::{KeySet, KeySetLimits};

/// A fetched key set as the engine takes it in.
#[derive(Debug)]
pub struct TakenKeys(KeySet);

impl TakenKeys {
    /// Takes in a document that a resolver fetched. Nothing if it is no JWK Set.
    #[must_use]
    pub fn new(document: &Value) -> Option<Self> {
        KeySet::parse(&document.to_string(), KeySetLimits::ISSUER).ok().map(Self)
    }

    /// Whether there is a key of that `kid` which can be used.
    #[must_use]
    pub fn has(&self, kid: &str) -> bool {
        self.0.has(kid)
    }
}
