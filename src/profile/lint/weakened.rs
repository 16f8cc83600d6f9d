//! Where a profile takes more than the profiles it extends.

use super::signers::{compare_issuers, compare_jws};
use super::{Lints, beyond, listed, members};
use crate::profile::{
    Access, Body, KeyPolicy, Lifecycle, Loopback, Merge, Mtls, OnDuplicate, Operation, Presence, Profile,
    RedirectPolicy, Sender, Token, Unknown,
};

/// Compares a composed profile with its composed parents.
pub(super) fn compare(base: &Profile, own: &Profile, lints: &mut Lints) {
    let no_member = Default::default();
    for (place, base, own) in [
        ("metadata", &base.metadata, &own.metadata),
        ("request.envelope", &base.request.envelope, &own.request.envelope),
    ] {
        for (name, base) in base {
            for message in members::widened(base, own.get(name).unwrap_or(&no_member)) {
                lints.add("weakens.member", format!("{place}.{name}"), message);
            }
        }
    }
    for operation in Operation::ALL {
        compare_access(operation, base, own, lints);
    }
    compare_requests(base, own, lints);
    compare_statements(base, own, lints);
    compare_redirects(&base.redirect_uris, &own.redirect_uris, lints);
    compare_keys(&base.keys, &own.keys, lints);
    compare_lifecycles(&base.lifecycle, &own.lifecycle, lints);
    let rank = |unknown: Option<Unknown>| match unknown {
        Some(Unknown::Reject) => 0,
        Some(Unknown::Ignore) | None => 1,
        Some(Unknown::Keep) => 2,
    };
    match (rank(base.unknown_members), rank(own.unknown_members)) {
        (before, 2) if before < 2 => lints.add("weakens.unknown", "unknown_members", "are kept"),
        (0, 1) => lints.add("weakens.unknown", "unknown_members", "are dropped and no longer refused"),
        _ => {}
    }
}

fn compare_access(operation: Operation, base: &Profile, own: &Profile, lints: &mut Lints) {
    let (nothing, place) = (Access::default(), format!("access.{operation}"));
    let of = |profile: &'_ Profile| profile.access.get(&operation).cloned().unwrap_or(nothing.clone());
    let (base, own) = (of(base), of(own));
    let mut add = |message: String| lints.add("weakens.access", place.clone(), message);
    if own.enabled == Some(false) {
        return;
    }
    if base.enabled == Some(false) {
        add("is offered".to_owned());
        return;
    }
    let rank = |access: &Access| match access.mtls {
        None | Some(Mtls::Off) => 0,
        Some(Mtls::Optional) => 1,
        Some(Mtls::Required) => 2,
    };
    if rank(&own) < rank(&base) {
        add("no longer needs a client certificate".to_owned());
    } else if let Some(anchors) =
        base.anchors.as_ref().filter(|anchors| own.anchors.as_ref() != Some(anchors))
    {
        add(format!("takes certificates that are not verified against `{anchors}`"));
    }
    if base.bind.iter().any(|bind| !own.bind.contains(bind)) {
        add("compares the certificate with less".to_owned());
    }
    let before = base.tokens(operation);
    for token in own.tokens(operation) {
        if !before.iter().any(|base| covers(base, &token)) {
            add(format!("takes {}", token_name(&token)));
        }
    }
}

impl Access {
    /// The tokens, any one of which is enough, with the default.
    fn tokens(&self, operation: Operation) -> Vec<Token> {
        match operation {
            _ if !self.tokens.is_empty() => self.tokens.clone(),
            Operation::Create => vec![Token::Open],
            _ => vec![Token::RegistrationAccess { scopes: Vec::new() }],
        }
    }
}

/// Whether whoever comes with the second could have come with the first.
fn covers(base: &Token, own: &Token) -> bool {
    let has_all = |own: &[String], base: &[String]| base.iter().all(|scope| own.contains(scope));
    match (base, own) {
        (Token::Open, _) => true,
        (Token::InitialAccess { scopes: base }, Token::InitialAccess { scopes: own })
        | (Token::RegistrationAccess { scopes: base }, Token::RegistrationAccess { scopes: own }) => {
            has_all(own, base)
        }
        (
            Token::ClientCredentials { scopes: base, sender: before },
            Token::ClientCredentials { scopes: own, sender },
        ) => {
            let is_bound = match before {
                None => true,
                Some(Sender::Any) => sender.is_some(),
                before => sender == before,
            };
            has_all(own, base) && is_bound
        }
        _ => false,
    }
}

fn token_name(token: &Token) -> String {
    let (name, scopes) = match token {
        Token::Open => return "callers without a token".to_owned(),
        Token::InitialAccess { scopes } => ("initial access tokens", scopes),
        Token::RegistrationAccess { scopes } => ("registration access tokens", scopes),
        Token::ClientCredentials { scopes, sender: Some(_) } => ("sender-constrained access tokens", scopes),
        Token::ClientCredentials { scopes, sender: None } => ("access tokens of the client", scopes),
    };
    if scopes.is_empty() { name.to_owned() } else { format!("{name} with {}", listed(scopes)) }
}

fn compare_requests(base: &Profile, own: &Profile, lints: &mut Lints) {
    let (base, own) = (&base.request, &own.request);
    let has_json = |bodies: &crate::profile::Map<Body>| bodies.values().any(|body| *body == Body::Json);
    if !base.media_types.is_empty() && !has_json(&base.media_types) && has_json(&own.media_types) {
        lints.add("weakens.request", "request.media_types", "takes requests without a signature");
    }
    if let (Some(base), Some(own)) = (&base.jws, &own.jws) {
        compare_jws("request.jws", base, own, lints);
    }
    compare_issuers("request.issuers", &base.issuers, &own.issuers, lints);
}

fn compare_statements(base: &Profile, own: &Profile, lints: &mut Lints) {
    let (base, own) = (&base.software_statement, &own.software_statement);
    let mut add = |place: &str, message: &str| {
        lints.add("weakens.statement", format!("software_statement.{place}"), message);
    };
    let is_loosened = |base: Option<Presence>, own: Option<Presence>| {
        base == Some(Presence::Required) && own != Some(Presence::Required)
    };
    if is_loosened(base.presence, own.presence) {
        add("presence", "a statement is no longer required");
    }
    let on_update = |policy: &crate::profile::StatementPolicy| policy.presence_on_update.or(policy.presence);
    if is_loosened(on_update(base), on_update(own)) {
        add("presence_on_update", "a statement is no longer required in an update");
    }
    if base.merge != own.merge && own.merge == Some(Merge::OverrideKnown) {
        add("merge", "its claims win over the request for every known member");
    }
    compare_issuers("software_statement.issuers", &base.issuers, &own.issuers, lints);
}

fn compare_redirects(base: &RedirectPolicy, own: &RedirectPolicy, lints: &mut Lints) {
    let mut add = |message: String| lints.add("weakens.redirects", "redirect_uris", message);
    let https = vec!["https".to_owned()];
    let more = beyond(own.schemes.as_ref().unwrap_or(&https), base.schemes.as_ref().unwrap_or(&https));
    if !more.is_empty() {
        add(format!("may use {}", listed(&more)));
    }
    let rank = |policy: &RedirectPolicy| match policy.loopback_http.unwrap_or(Loopback::Native) {
        Loopback::Never => 0,
        Loopback::Native => 1,
        Loopback::Always => 2,
    };
    if rank(own) > rank(base) {
        add("may use `http` on a loopback address".to_owned());
    }
    for (base, own, what) in [
        (base.local_https, own.local_https, "may be on local hosts"),
        (base.private_use_schemes, own.private_use_schemes, "may use private-use schemes"),
        (base.undotted_schemes, own.undotted_schemes, "may use private-use schemes without a period"),
        (base.international_hosts, own.international_hosts, "may be on internationalized hosts"),
        (base.fragment, own.fragment, "may have a fragment"),
        (base.userinfo, own.userinfo, "may have user information"),
    ] {
        if own == Some(true) && base != Some(true) {
            add(what.to_owned());
        }
    }
    for (base, own) in [(&base.forbid_hosts, &own.forbid_hosts), (&base.deny, &own.deny)] {
        let again = beyond(base, own);
        if !again.is_empty() {
            add(format!("may match {} again", listed(&again)));
        }
    }
    if !beyond(&base.same_host_as, &own.same_host_as).is_empty() {
        add("need no longer be on the host of the client's pages".to_owned());
    }
    match (&base.allow, &own.allow) {
        (Some(base), Some(own)) if !beyond(own, base).is_empty() => {
            add(format!("may match {}", listed(&beyond(own, base))));
        }
        _ => {}
    }
}

fn compare_keys(base: &KeyPolicy, own: &KeyPolicy, lints: &mut Lints) {
    let mut add = |message: String| lints.add("weakens.keys", "keys", message);
    let more = beyond(&own.algs, &base.algs);
    if !base.algs.is_empty() && !more.is_empty() {
        add(format!("may be for {}", listed(&more)));
    }
    for (what, base, own) in
        [("an RSA key", base.rsa_min_bits, own.rsa_min_bits), ("a curve", base.ec_min_bits, own.ec_min_bits)]
    {
        if let (Some(base), Some(own)) = (base, own.filter(|own| base.is_some_and(|base| *own < base))) {
            add(format!("{what} may have {own} bits, and needed {base}"));
        }
    }
    for (is_looser, what) in [
        (base.by_value == Some(false) && own.by_value == Some(true), "may be given by value"),
        (base.by_reference == Some(false) && own.by_reference == Some(true), "may be given by reference"),
        (base.may_be_empty != Some(true) && own.may_be_empty == Some(true), "may be none"),
        (base.kid_required == Some(true) && own.kid_required == Some(false), "need no longer have a `kid`"),
    ] {
        if is_looser {
            add(what.to_owned());
        }
    }
    let more = beyond(&own.uri_hosts, &base.uri_hosts);
    if !base.uri_hosts.is_empty() && !more.is_empty() {
        add(format!("may be on {}", listed(&more)));
    }
}

fn compare_lifecycles(base: &Lifecycle, own: &Lifecycle, lints: &mut Lints) {
    let mut add = |message: &str| lints.add("weakens.lifecycle", "lifecycle", message);
    if base.on_duplicate == Some(OnDuplicate::Reject) && own.on_duplicate != Some(OnDuplicate::Reject) {
        add("no longer refuses a second client of the same software");
    }
    let never = |ttl: i64| if ttl <= 0 { i64::MAX } else { ttl };
    if let (Some(base), Some(own)) = (base.ttl_s, own.ttl_s)
        && never(own) > never(base)
    {
        add("clients live longer");
    }
    if own.ttl_member_may_exceed == Some(true) && base.ttl_member_may_exceed != Some(true) {
        add("a client may ask to live longer than the server's limit");
    }
}
