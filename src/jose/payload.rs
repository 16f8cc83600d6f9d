//! The claims of a token, before its signature was verified.

use std::borrow::Cow;

use super::compact::{CompactJws, Header};
use super::fault::JoseFault;
use super::members;
use super::verify::SignatureHolds;
use crate::json::{self, JsonFault, Limits};
use crate::metadata::{Document, FieldId, FieldValue, Origin, fields};

/// Claims that anyone may have written.
///
/// They are read once, as strictly as any text of a stranger, and stay inside until a signature over them holds: only
/// the verifiers give them out, so that no policy or hook can be satisfied by what nobody signed. What they say of
/// where they come from can be asked for, to choose the keys that verify them.
pub(crate) struct Unverified<'t> {
    jws: &'t CompactJws<'t>,
    claims: Document<'t>,
}

impl<'t> Unverified<'t> {
    /// Reads the payload of a token.
    ///
    /// # Errors
    ///
    /// A [`JsonFault`] if it is not a JSON object whose names are unique (RFC 7519 section 4), or beyond the limits.
    pub(crate) fn read(
        jws: &'t CompactJws<'t>,
        limits: Limits,
        origin: Origin,
    ) -> Result<Box<Self>, JsonFault> {
        let claims = json::read_object(jws.payload(), limits, origin)?;
        Ok(Box::new(Self { jws, claims }))
    }

    /// The header of the token.
    pub(crate) fn header(&self) -> &'t Header {
        self.jws.header()
    }

    /// The `iss` claim, if there is one. Only for choosing keys: an issuer whose keys verify the payload is the
    /// issuer, and no other.
    ///
    /// # Errors
    ///
    /// [`JoseFault::Payload`] if it is not a text.
    pub(crate) fn issuer(&self) -> Result<Option<Cow<'_, str>>, JoseFault> {
        let Some(iss) = self.claims.extras.iter().find(|extra| extra.name == "iss") else { return Ok(None) };
        members::text(&iss.json).map(Some).ok_or(JoseFault::Payload)
    }

    /// The `software_statement` claim of a signed request, if there is one. Only for choosing keys: some profiles
    /// verify a request with keys that its statement names, and a statement has a signature of its own.
    pub(crate) fn software_statement(&self) -> Option<&FieldValue<'t>> {
        self.claims.get(fields::SOFTWARE_STATEMENT)
    }

    /// The JSON text of a claim that holds the keys of its own token. A token that is verified with them vouches for
    /// itself and for nothing else; only a configuration that says so asks for this.
    pub(crate) fn danger_own_keys(&self, claim: &str) -> Option<String> {
        match FieldId::of(claim).and_then(|field| self.claims.get(field)) {
            Some(value) => Some(value.to_json().to_string()),
            None => {
                let extra = self.claims.extras.iter().find(|extra| extra.name == claim)?;
                Some(extra.json.to_string())
            }
        }
    }

    /// The claims although nobody has vouched for them, because the configuration says that nothing is verified.
    pub(crate) fn danger_take(self) -> Document<'t> {
        self.claims
    }

    pub(super) fn jws(&self) -> &'t CompactJws<'t> {
        self.jws
    }

    /// The claims, now that a signature over them holds. Only the verifiers have the proof.
    pub(super) fn vouched(self, _: SignatureHolds) -> Document<'t> {
        self.claims
    }
}

/// A token that was not verified, handed back for another key, and why.
pub(crate) struct Refused<'t> {
    pub(crate) token: Box<Unverified<'t>>,
    pub(crate) fault: JoseFault,
}
