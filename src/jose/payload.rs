//! The payload of a JWS, before and after its signature was verified.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::fault::JoseFault;
use super::members;
use super::verify::SignatureHolds;

/// A payload that anyone may have written.
///
/// What it says of where it comes from can be asked for, to choose the keys that verify it. All else stays inside
/// until a signature holds: no policy or hook can be satisfied by what nobody signed.
pub(crate) struct Unverified {
    bytes: Vec<u8>,
    /// What was looked up to choose keys, in one pass.
    peeked: OnceLock<Result<Peeked, JoseFault>>,
}

#[derive(Clone, Debug, Default)]
struct Peeked {
    issuer: Option<String>,
    software_statement: Option<String>,
}

impl Unverified {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, peeked: OnceLock::new() }
    }

    /// The `iss` claim, if there is one. Only for choosing keys: an issuer whose keys verify the payload is the
    /// issuer, and no other.
    pub(crate) fn issuer(&self) -> Result<Option<&str>, JoseFault> {
        Ok(self.peeked()?.issuer.as_deref())
    }

    /// The `software_statement` claim of a signed request, if there is one. Only for choosing keys: some profiles
    /// verify a request with keys that its statement names, and a statement has a signature of its own.
    pub(crate) fn software_statement(&self) -> Result<Option<&str>, JoseFault> {
        Ok(self.peeked()?.software_statement.as_deref())
    }

    /// The JSON text of a claim that holds the keys of its own token. A token that is verified with them vouches for
    /// itself and for nothing else; only a configuration that says so asks for this.
    pub(crate) fn danger_own_keys(&self, claim: &str) -> Result<Option<String>, JoseFault> {
        let text = std::str::from_utf8(&self.bytes).map_err(|_| JoseFault::Payload)?;
        let mut found = None;
        members::read(text, |name, value| {
            if name == claim {
                found = Some(value.get().to_owned());
            }
        })
        .map_err(|_| JoseFault::Payload)?;
        Ok(found)
    }

    /// The payload although nobody has vouched for it, because the configuration says that nothing is verified.
    pub(crate) fn danger_take(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// Both claims must be texts if they are there, and the payload an object whose names are unique (RFC 7519
    /// section 4). What is nested in it is read once the signature holds.
    fn peeked(&self) -> Result<&Peeked, JoseFault> {
        let peek = || {
            let text = std::str::from_utf8(&self.bytes).map_err(|_| JoseFault::Payload)?;
            let mut peeked = Peeked::default();
            let mut are_texts = true;
            members::read(text, |name, value| {
                let slot = match name {
                    "iss" => &mut peeked.issuer,
                    "software_statement" => &mut peeked.software_statement,
                    _ => return,
                };
                *slot = members::text(value).map(Cow::into_owned);
                are_texts &= slot.is_some();
            })
            .map_err(|_| JoseFault::Payload)?;
            if are_texts { Ok(peeked) } else { Err(JoseFault::Payload) }
        };
        self.peeked.get_or_init(peek).as_ref().map_err(|fault| *fault)
    }

    /// The payload, now that a signature over it holds. Only the verifier has the proof.
    pub(super) fn vouched(&self, _: SignatureHolds) -> VerifiedPayload {
        VerifiedPayload(self.bytes.clone())
    }
}

/// The bytes of a payload whose signature holds. Only the verifier can make one.
///
/// They are signed, not more: that they are JSON, that names are unique, and that the claims are good is still to be
/// checked.
pub(crate) struct VerifiedPayload(Vec<u8>);

impl VerifiedPayload {
    /// The bytes, taken out.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}
