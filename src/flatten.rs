//! The statement's claims at the top level of an answer, for regimes that ask for all of them.

use crate::client::Client;
use crate::jose::{CompactJws, JwsRules};
use crate::json::{self, Limits};
use crate::metadata::{Extra, Origin, fields};
use crate::policy::{JWT_CLAIMS, Policy};

/// What a statement that was read once is read with again.
const LIMITS: Limits = Limits { depth: 64, members: 10_000 };

/// The claims of a client's statement that say something besides its metadata.
///
/// What the profile or the table of members has a name for is metadata, which is answered as it was registered and not
/// as it was stated; so that a flattened claim can never pass for a member, and least of all for a credential. Claims
/// that its issuer may not make are not repeated, and neither are those about the statement itself (RFC 7519).
pub(crate) fn flattened(client: &Client, policy: &Policy) -> Vec<Extra<'static>> {
    stated(client)
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, _)| !JWT_CLAIMS.contains(&name.as_str()))
        .filter(|(name, _)| !policy.field_named(name).is_some_and(|field| policy.knows(field)))
        .filter(|(name, _)| vouched(client, policy, name))
        .map(|(name, json)| Extra { name: name.into(), json: json.into() })
        .collect()
}

/// Names and JSON of the claims that have no name in the table of members.
fn stated(client: &Client) -> Option<Vec<(String, String)>> {
    let metadata = client.metadata.document().ok()?;
    let token = metadata.text(fields::SOFTWARE_STATEMENT)?;
    // Its signature held when it was stored.
    let payload = CompactJws::parse(token.as_bytes(), &JwsRules::CERTIFIED).ok()?.unverified().danger_take();
    let claims = json::read_object(&payload, LIMITS, Origin::Statement).ok()?;
    Some(claims.extras.iter().map(|extra| (extra.name.to_string(), extra.json.to_string())).collect())
}

/// Whether every entry that the issuer of the statement has lets it make the claim.
fn vouched(client: &Client, policy: &Policy, claim: &str) -> bool {
    let issuer = client.provenance.statement_issuer.as_deref().unwrap_or_default();
    let mut own = policy.issuers.iter().filter(|own| own.is_for(issuer));
    own.all(|own| own.allow_claims.as_ref().is_none_or(|allowed| allowed.iter().any(|name| name == claim)))
}
