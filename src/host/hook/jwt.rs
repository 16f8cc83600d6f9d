//! A token that nobody verified.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::json::{self, Limits};

/// What a JWT says, of which nothing is verified: anyone may have written it.
pub struct UnverifiedJwt {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

/// Enough for a chain of certificates in a header.
const LIMITS: Limits = Limits { depth: 16, members: 200 };

impl UnverifiedJwt {
    /// Nothing if the text is no JWT of three parts (RFC 7519 section 7.2), or one that readers would disagree on.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(4, '.');
        let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(())?;
        Some(Self { header: object(header)?, claims: object(claims)? })
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    json::check(&text, LIMITS).ok()?;
    serde_json::from_str(&text).ok()
}

impl fmt::Debug for UnverifiedJwt {
    /// Names alone: values may identify a device or a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>();
        f.debug_struct("UnverifiedJwt")
            .field("header", &names(&self.header))
            .field("claims", &names(&self.claims))
            .finish()
    }
}
