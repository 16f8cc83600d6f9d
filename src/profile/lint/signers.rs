//! Where a signature, or what is signed, proves less than before.

use serde_json::Value;

use super::{Lints, beyond, listed};
use crate::profile::{Claims, Issuer, Jws, Replay};

pub(super) fn compare_issuers(place: &str, base: &[Issuer], own: &[Issuer], lints: &mut Lints) {
    if base.is_empty() {
        return;
    }
    for own in own {
        let is_same = |base: &&Issuer| own.iss.iter().any(|iss| base.iss.contains(iss));
        let names: Vec<&str> = own.iss.iter().filter_map(Value::as_str).collect();
        let place = format!("{place} {}", names.join(", "));
        let Some(base) = base.iter().find(is_same) else {
            lints.add("weakens.issuer", place, "is trusted as well");
            continue;
        };
        let mut add = |message: String| lints.add("weakens.issuer", place.clone(), message);
        let more = beyond(&own.iss, &base.iss);
        if !more.is_empty() {
            add(format!("{} is trusted as well", listed(&more)));
        }
        for (what, base, own) in [
            ("claim", &base.allow_claims, &own.allow_claims),
            ("ask for", &base.allow_scopes, &own.allow_scopes),
        ] {
            match (base, own) {
                (Some(_), None) => add(format!("may {what} anything")),
                (Some(base), Some(own)) if !beyond(own, base).is_empty() => {
                    add(format!("may {what} {}", listed(&beyond(own, base))));
                }
                _ => {}
            }
        }
        if base.check.iter().any(|check| !own.check.contains(check)) {
            add("a condition on its statements is gone".to_owned());
        }
        let more = beyond(&own.grant_scopes, &base.grant_scopes);
        if !more.is_empty() {
            add(format!("its clients get {}", listed(&more)));
        }
        compare_jws(&place, &base.jws, &own.jws, lints);
    }
}

pub(super) fn compare_jws(place: &str, base: &Jws, own: &Jws, lints: &mut Lints) {
    let mut add = |message: String| lints.add("weakens.signature", place, message);
    let more = beyond(&own.algs, &base.algs);
    if !base.algs.is_empty() && !more.is_empty() {
        add(format!("may use {}", listed(&more)));
    }
    if !base.typ.is_empty() && (own.typ.is_empty() || !beyond(&own.typ, &base.typ).is_empty()) {
        add(format!("may have a `typ` other than {}", listed(&base.typ)));
    }
    if base.kid_required == Some(true) && own.kid_required != Some(true) {
        add("need no longer have a `kid`".to_owned());
    }
    let again = beyond(&base.forbid_headers, &own.forbid_headers);
    if !again.is_empty() {
        add(format!("may have the header {}", listed(&again)));
    }
    compare_claims(place, &base.claims, &own.claims, lints);
}

fn compare_claims(place: &str, base: &Claims, own: &Claims, lints: &mut Lints) {
    let mut add = |message: String| lints.add("weakens.claims", format!("{place}.claims"), message);
    let missing = beyond(&base.required, &own.required);
    if !missing.is_empty() {
        add(format!("{} need no longer be there", listed(&missing)));
    }
    for (name, base) in &base.equals {
        let own = own.equals.get(name);
        if own.is_none_or(|own| !beyond(own, base).is_empty()) {
            add(format!("`{name}` may have other values"));
        }
    }
    for (name, base) in &base.patterns {
        if own.patterns.get(name) != Some(base) {
            add(format!("`{name}` need no longer match `{base}`"));
        }
    }
    for (what, base, own) in [
        ("be older", base.max_age_s, own.max_age_s),
        ("live longer", base.max_lifetime_s, own.max_lifetime_s),
        ("be later", base.leeway_s, own.leeway_s),
        ("be of the future", base.future_leeway_s, own.future_leeway_s),
    ] {
        if let Some(base) = base.filter(|base| own.is_none_or(|own| own > *base)) {
            add(format!("may {what} than by {base} s"));
        }
    }
    if base.aud_single == Some(true) && own.aud_single != Some(true) {
        add("may have several audiences".to_owned());
    }
    let rank = |claims: &Claims| match claims.replay {
        None | Some(Replay::Off) => 0,
        Some(Replay::UntilExp) => 1,
        Some(Replay::Forever) => 2,
    };
    if rank(own) < rank(base) {
        add("may be used again".to_owned());
    }
}
