//! The statement's claims at the top level of an answer, for regimes that ask for all of them.

use crate::client::Client;
use crate::jose::{CompactJws, JwsRules};
use crate::json::{self, Limits};
use crate::metadata::{Document, Extra, FieldId, Group, Origin, fields};
use crate::policy::{JWT_CLAIMS, Policy};

/// What a statement that was read once is read with again.
const LIMITS: Limits = Limits { depth: 64, members: 10_000 };

/// The claims of a client's statement that say something besides its metadata.
///
/// What the profile or a standard has a name for is metadata, which is answered as it was registered and not as it was
/// stated; so that a flattened claim can never pass for a member, and least of all for a credential. Claims that its
/// issuer may not make are not repeated, and neither are those about the statement itself (RFC 7519).
pub(crate) fn flattened(client: &Client, policy: &Policy) -> Vec<Extra<'static>> {
    let Ok(metadata) = client.0.metadata.document() else { return Vec::new() };
    let is_flattened = |name: &str| {
        !JWT_CLAIMS.contains(&name)
            && !policy
                .field_named(name)
                .is_some_and(|field| is_metadata(field, policy) || metadata.has(field))
            && vouched(client, policy, name)
    };
    let mut claims = stated(&metadata).unwrap_or_default();
    claims.retain(|extra| is_flattened(&extra.name));
    claims
}

/// All claims, by name and as JSON.
fn stated(metadata: &Document<'_>) -> Option<Vec<Extra<'static>>> {
    let token = metadata.text(fields::SOFTWARE_STATEMENT)?;
    // Its signature held when it was stored.
    let jws = CompactJws::parse(token.into(), &JwsRules::CERTIFIED).ok()?;
    let claims = json::read_object(jws.danger_payload(), LIMITS, Origin::Statement).ok()?;
    let known = claims.iter().filter_map(|(field, value, _)| {
        let mut json = String::new();
        value.write(&mut json);
        Some(Extra { name: field.spec()?.name.into(), json: json.into() })
    });
    let unknown = claims
        .extras
        .iter()
        .map(|extra| Extra { name: extra.name.to_string().into(), json: extra.json.to_string().into() });
    Some(known.chain(unknown).collect())
}

/// Whether a member is metadata here. Directories have names for claims that Janssen has for members of its own.
fn is_metadata(field: FieldId, policy: &Policy) -> bool {
    field.spec().map_or_else(|| policy.knows(field), |spec| spec.group != Group::Janssen)
}

/// Whether every entry that the issuer of the statement has lets it make the claim.
fn vouched(client: &Client, policy: &Policy, claim: &str) -> bool {
    let issuer = client.0.provenance.statement_issuer.as_deref().unwrap_or_default();
    let mut own = policy.issuers.iter().filter(|own| own.is_for(issuer));
    own.all(|own| own.allow_claims.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == claim)))
}
