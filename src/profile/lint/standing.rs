//! What a profile leaves open, whatever it extends.

use serde_json::Value;

use super::Lints;
use crate::profile::{
    Issuer, Jws, KeySource, Member, Merge, NORMALIZE_SUBJECT_DN, Operation, Presence, Profile, Token, Unknown,
};

/// The members of a JWK that are secret (RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1).
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// What some profiles name as a hook, and the engine does itself or has a part of its own for.
const OF_THE_ENGINE: [&str; 3] = ["verify_sector_identifier", NORMALIZE_SUBJECT_DN, "verify_evidence"];

pub(super) fn lint(profile: &Profile, lints: &mut Lints) {
    management(profile, lints);
    for (place, issuer) in issuers(profile) {
        signer(&place, &issuer.jws, lints);
    }
    if let Some(jws) = &profile.request.jws {
        signer("request.jws", jws, lints);
    }
    statements(profile, lints);
    if profile.unknown_members == Some(Unknown::Keep) {
        let message = "whatever a client sends beside the declared members is stored and returned";
        lints.add("open.members", "unknown_members", message);
    }
    if let Some(Member { value, default, .. }) = profile.metadata.get("client_secret")
        && [value, default].into_iter().flatten().any(Value::is_string)
    {
        let message = "one secret for every client, in a document that can be printed";
        lints.add("secret.value", "metadata.client_secret", message);
    }
    for hook in profile.hooks.iter().filter(|hook| !OF_THE_ENGINE.contains(&&*hook.name)) {
        let message = "is for a hook of the host: the engine has nothing of that name";
        lints.add("host.hook", format!("hooks.{}", hook.name), message);
    }
}

fn management(profile: &Profile, lints: &mut Lints) {
    for (operation, access) in &profile.access {
        let is_open = access.enabled != Some(false) && access.tokens.contains(&Token::Open);
        if is_open && *operation != Operation::Create {
            let message = "whoever knows the name of a client needs no token";
            lints.add("open.management", format!("access.{operation}"), message);
        }
    }
}

fn issuers(profile: &Profile) -> impl Iterator<Item = (String, &Issuer)> {
    let named = |place: &'static str| move |issuer| (place_of(place, issuer), issuer);
    let statements = profile.software_statement.issuers.iter().map(named("software_statement.issuers"));
    statements.chain(profile.request.issuers.iter().map(named("request.issuers")))
}

fn place_of(place: &str, issuer: &Issuer) -> String {
    let names: Vec<&str> = issuer.iss.iter().filter_map(Value::as_str).collect();
    format!("{place} {}", names.join(", "))
}

/// Keys that prove nothing, and keys that should not be here.
fn signer(place: &str, jws: &Jws, lints: &mut Lints) {
    for source in &jws.keys {
        match source {
            KeySource::Unsigned => {
                lints.add("open.signature", place, "nothing is verified: anyone can write one")
            }
            KeySource::Jwks { jwks } if has_secret(jwks) => {
                lints.add("secret.key", place, "holds a key that signs, and should hold one that verifies");
            }
            _ => {}
        }
    }
}

fn has_secret(jwks: &Value) -> bool {
    let keys = jwks.get("keys").and_then(Value::as_array).into_iter().flatten();
    keys.filter_map(Value::as_object).any(|key| SECRET_MEMBERS.iter().any(|name| key.contains_key(*name)))
}

fn statements(profile: &Profile, lints: &mut Lints) {
    let policy = &profile.software_statement;
    if policy.presence == Some(Presence::Ignored) {
        return;
    }
    let is_any = |issuer: &Issuer| issuer.iss.iter().any(|iss| iss == "$any");
    for issuer in &policy.issuers {
        let place = place_of("software_statement.issuers", issuer);
        let names_own = |source: &KeySource| {
            matches!(
                source,
                KeySource::StatementUri { .. } | KeySource::StatementJwks { .. } | KeySource::BodyJwks
            )
        };
        // A certificate chain says who the issuer is.
        let has_chain = |source: &KeySource| matches!(source, KeySource::X5c { .. });
        if issuer.jws.keys.iter().any(names_own) {
            let message = "a statement brings the keys that verify it: anyone can sign one in this name";
            lints.add("open.own-keys", place.clone(), message);
        }
        if is_any(issuer) && !issuer.jws.keys.iter().all(has_chain) {
            lints.add("open.issuer", place, "the same keys vouch for any issuer: name those that are meant");
        }
    }
    let is_shared = policy.issuers.len() > 1 || policy.issuers.iter().any(is_any);
    if is_shared && policy.merge == Some(Merge::OverrideKnown) {
        for issuer in policy.issuers.iter().filter(|issuer| issuer.allow_claims.is_none()) {
            let message =
                "may set any member, also how clients authenticate: list its claims in `allow_claims`";
            lints.add("open.claims", place_of("software_statement.issuers", issuer), message);
        }
    }
}
