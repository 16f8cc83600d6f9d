//! The compact serialization of a JWS (RFC 7515 section 7.1), read strictly and within limits.

use std::borrow::Cow;
use std::str;

use serde_json::value::RawValue;

use super::algorithm::Algorithm;
use super::base64url;
use super::fault::JoseFault;
use super::jwk::MAX_KID;
use super::members;
use crate::json;

/// Header members that change what is signed or say that something is encrypted. None is understood here, so
/// `crit` fails any token (RFC 7515 section 4.1.11), also when it is empty.
const REFUSED: [&str; 4] = ["crit", "b64", "enc", "zip"];

/// Header members by which a token would bring its own key (RFC 8725 section 3.10).
const BRINGS_KEY: [&str; 3] = ["jku", "x5u", "jwk"];

/// The `typ` values of other kinds of tokens (RFC 8725 section 3.11), none of which may pass for another.
const OTHER_KINDS: [&str; 10] = [
    "at+jwt",
    "client-authentication+jwt",
    "dpop+jwt",
    "entity-statement+jwt",
    "jwk-set+jwt",
    "logout+jwt",
    "oauth-authz-req+jwt",
    "secevent+jwt",
    "token-introspection+jwt",
    "trust-mark+jwt",
];

/// What a token may look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JwsRules<'r> {
    /// The longest token, in bytes.
    pub(crate) max_bytes: usize,
    /// The longest header, in bytes of its JSON. Certificates in it need more than the default.
    pub(crate) max_header_bytes: usize,
    /// Whether the header may bring certificates. They are handed out unread; whoever allows them must check
    /// their chain before anything is believed.
    pub(crate) allow_x5c: bool,
    /// The `cty` values that are taken. `JWT` would mean a token in the token.
    pub(crate) content_types: &'r [&'r str],
}

impl JwsRules<'_> {
    /// The default, but for certificates in the header, which need four times as much of it.
    pub(crate) const CERTIFIED: Self =
        Self { max_bytes: 32 * 1024, max_header_bytes: 16 * 1024, allow_x5c: true, content_types: &[] };
}

impl Default for JwsRules<'_> {
    /// 32 KiB, of which 4 KiB header; no certificates, no `cty`.
    fn default() -> Self {
        Self { max_bytes: 32 * 1024, max_header_bytes: 4 * 1024, allow_x5c: false, content_types: &[] }
    }
}

/// A signed token, of which only the form is known to be right.
pub(crate) struct CompactJws<'a> {
    text: Cow<'a, str>,
    /// Where the second dot is: what is before it is signed, as it came.
    signed: usize,
    header: Header,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Reads a token.
    ///
    /// # Errors
    ///
    /// A [`JoseFault`] about its form, its header or its algorithm.
    pub(crate) fn parse(text: Cow<'a, str>, rules: &JwsRules<'_>) -> Result<Self, JoseFault> {
        if text.len() > rules.max_bytes {
            return Err(JoseFault::TooLarge(rules.max_bytes));
        }
        // The first and the last dot. One more between them is a character that the payload cannot have.
        let parts = text.split_once('.').and_then(|(header, rest)| {
            let (payload, signature) = rest.rsplit_once('.')?;
            Some([header, payload, signature])
        });
        // No detached payload, and no missing signature.
        let [header, payload, signature] =
            parts.filter(|parts| parts.iter().all(|part| !part.is_empty())).ok_or(JoseFault::NotCompact)?;
        if header.len() * 3 / 4 > rules.max_header_bytes {
            return Err(JoseFault::HeaderTooLarge(rules.max_header_bytes));
        }
        let signed = header.len() + 1 + payload.len();
        let payload = base64url::decode(payload).ok_or(JoseFault::NotCompact)?;
        let signature = base64url::decode(signature).ok_or(JoseFault::NotCompact)?;
        let header = base64url::decode(header).ok_or(JoseFault::NotCompact)?;
        let header = Header::read(&header, rules)?;
        Ok(Self { text, signed, header, payload, signature })
    }

    /// The header. Until the signature holds it is what anyone may have written, and it is only used to
    /// choose keys.
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// The token as it came.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn signing_input(&self) -> &[u8] {
        self.text.as_bytes().get(..self.signed).unwrap_or_default()
    }

    /// What the token carries, not verified and not read: of no use outside of this module.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The same text for those who were shown that a signature over it holds, such as hooks, which read it themselves.
    pub(crate) fn danger_payload(&self) -> &[u8] {
        &self.payload
    }

    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }
}

/// The header of a token.
#[derive(Debug)]
pub(crate) struct Header {
    algorithm: Algorithm,
    kid: Option<Box<str>>,
    typ: Option<Box<str>>,
    #[cfg_attr(not(test), expect(dead_code, reason = "for profiles that name trust anchors"))]
    cty: Option<Box<str>>,
    x5c: Vec<Box<str>>,
    others: Vec<Box<str>>,
}

impl Header {
    /// The `alg`.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `kid`, at most 256 bytes of anything: it may only be compared.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The `typ`.
    pub(crate) fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The `cty`, one of those that the rules take.
    #[cfg(test)]
    pub(crate) fn cty(&self) -> Option<&str> {
        self.cty.as_deref()
    }

    /// The certificates of `x5c` as they came, the signer's first; empty unless the rules allow them.
    pub(crate) fn x5c(&self) -> &[Box<str>] {
        &self.x5c
    }

    /// The names of the other members. Their values are not kept.
    pub(crate) fn others(&self) -> &[Box<str>] {
        &self.others
    }

    /// Checks `typ`: it must be one of `expected`; if none is, it must not be that of another kind of token.
    ///
    /// Types are compared without case, and `application/` may be left out (RFC 7515 section 4.1.9).
    pub(crate) fn check_typ(&self, expected: &[impl AsRef<str>]) -> Result<(), JoseFault> {
        let is = |other: &str| self.typ().is_some_and(|typ| short(typ).eq_ignore_ascii_case(short(other)));
        let fits = if expected.is_empty() {
            !OTHER_KINDS.into_iter().any(is)
        } else {
            expected.iter().any(|expected| is(expected.as_ref()))
        };
        if fits { Ok(()) } else { Err(JoseFault::Type) }
    }

    fn read(json: &[u8], rules: &JwsRules<'_>) -> Result<Self, JoseFault> {
        let json = str::from_utf8(json).map_err(|_| JoseFault::Header)?;
        let mut header = HeaderReader::default();
        members::read(json, |name, value| header.take(name, value)).map_err(|_| JoseFault::Header)?;
        header.finish(rules)
    }
}

/// A media type without `application/`.
fn short(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}

/// A header while it is read.
#[derive(Default)]
struct HeaderReader {
    /// Nothing inside: a name of no algorithm here.
    alg: Option<Option<Algorithm>>,
    kid: Option<Box<str>>,
    typ: Option<Box<str>>,
    cty: Option<Box<str>>,
    x5c: Option<Vec<Box<str>>>,
    others: Vec<Box<str>>,
    /// The first fault that was found.
    fault: Option<JoseFault>,
}

impl HeaderReader {
    fn take(&mut self, name: &str, value: &RawValue) {
        let slot = match name {
            "alg" => {
                self.alg = members::text(value.get()).map(|name| Algorithm::parse(&name));
                if self.alg.is_none() {
                    self.fault.get_or_insert(JoseFault::Header);
                }
                return;
            }
            "kid" => &mut self.kid,
            "typ" => &mut self.typ,
            "cty" => &mut self.cty,
            "x5c" => {
                self.x5c =
                    members::texts(value).map(|list| list.iter().map(|text| text.as_ref().into()).collect());
                if self.x5c.is_none() {
                    self.fault.get_or_insert(JoseFault::Header);
                }
                return;
            }
            name => {
                let is = |refused: &&str| *refused == name;
                if let Some(name) = REFUSED.into_iter().chain(BRINGS_KEY).find(|refused| is(refused)) {
                    self.fault.get_or_insert(JoseFault::RefusedHeader(name));
                }
                if json::check(value.get(), json::Limits { depth: 4, members: 64 }).is_err() {
                    self.fault.get_or_insert(JoseFault::Header);
                }
                self.others.push(name.into());
                return;
            }
        };
        *slot = members::text(value.get()).map(|text| text.as_ref().into());
        if slot.is_none() {
            self.fault.get_or_insert(JoseFault::Header);
        }
    }

    fn finish(self, rules: &JwsRules<'_>) -> Result<Header, JoseFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.x5c.is_some() && !rules.allow_x5c {
            return Err(JoseFault::RefusedHeader("x5c"));
        }
        if self.cty.as_deref().is_some_and(|cty| !rules.content_types.contains(&cty)) {
            return Err(JoseFault::RefusedHeader("cty"));
        }
        if self.kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID) {
            return Err(JoseFault::KeyId);
        }
        // RFC 7515 section 4.1.1: `alg` must be there. What is no algorithm here is not allowed anywhere.
        let algorithm = self.alg.ok_or(JoseFault::Header)?.ok_or(JoseFault::Algorithm)?;
        let (kid, typ, cty) = (self.kid, self.typ, self.cty);
        Ok(Header { algorithm, kid, typ, cty, x5c: self.x5c.unwrap_or_default(), others: self.others })
    }
}
