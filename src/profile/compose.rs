//! Composition: a child profile laid over its parents.
//!
//! A child can only narrow a member unless it says `reset`, and can only weaken a rule by naming its id.

use serde_json::Value;

use super::{Jws, Map, Member, Presence, Profile, ProfileError, Rule};

impl Profile {
    /// This profile with everything it extends laid under it, left to right.
    ///
    /// # Errors
    ///
    /// Every contradiction between the profiles, and parents that are not presets.
    ///
    /// ```
    /// use oauth_dcr::Profile;
    ///
    /// let profile: Profile = serde_json::from_str(
    ///     r#"{ "dcr_profile": 1, "name": "ours", "extends": ["oidc"],
    ///          "metadata": { "client_name": { "presence": "required" } } }"#,
    /// )?;
    /// assert!(profile.compose()?.rules.iter().any(|rule| rule.id == "jwks-xor"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compose(&self) -> Result<Self, ProfileError> {
        let mut problems = Vec::new();
        let composed = resolve(self, &mut Vec::new(), &mut problems);
        if problems.is_empty() {
            Ok(composed)
        } else {
            Err(ProfileError { profile: self.name.clone(), problems })
        }
    }

    /// This profile laid over another one: what a registrar makes of a configuration
    /// ([`RegistrarConfig::to_profile`](crate::RegistrarConfig::to_profile)) and a profile, for printing. Both must be
    /// composed already.
    ///
    /// # Errors
    ///
    /// Every contradiction between the two.
    pub fn over(&self, parent: &Self) -> Result<Self, ProfileError> {
        let mut problems = Vec::new();
        let composed = lay_over(parent.clone(), self, &mut problems);
        if problems.is_empty() {
            Ok(composed)
        } else {
            Err(ProfileError { profile: self.name.clone(), problems })
        }
    }
}

impl Profile {
    /// What this profile extends, composed. Contradictions are passed over.
    pub(super) fn parents(&self) -> Self {
        parents_of(self, &mut Vec::new(), &mut Vec::new())
    }

    /// [`compose`](Self::compose), whatever the contradictions.
    pub(super) fn resolved(&self) -> Self {
        resolve(self, &mut Vec::new(), &mut Vec::new())
    }
}

fn resolve(profile: &Profile, above: &mut Vec<String>, problems: &mut Vec<String>) -> Profile {
    lay_over(parents_of(profile, above, problems), profile, problems)
}

fn parents_of(profile: &Profile, above: &mut Vec<String>, problems: &mut Vec<String>) -> Profile {
    let mut base = Profile::default();
    above.push(profile.name.clone());
    for parent in &profile.extends {
        if above.contains(parent) {
            problems.push(format!("`{parent}` extends itself by way of {}", above.join(", ")));
            continue;
        }
        match Profile::preset(parent) {
            Some(parent) => {
                let parent = resolve(parent, above, problems);
                base = lay_over(base, &parent, problems);
            }
            None => problems.push(format!("extends `{parent}`, which is not a preset")),
        }
    }
    above.pop();
    base
}

fn is_set<T: Default + PartialEq>(value: &T) -> bool {
    *value != T::default()
}

/// Takes what the child says, where it says something.
macro_rules! child_wins {
    ($base:expr, $child:expr; $($field:ident),+ $(,)?) => {
        $( if is_set(&$child.$field) { $base.$field = $child.$field.clone(); } )+
    };
}

fn lay_over(mut base: Profile, child: &Profile, problems: &mut Vec<String>) -> Profile {
    child_wins!(base, child; dcr_profile, name, unknown_members, scope);
    // What a profile is called and where it is from is its own.
    base.title.clone_from(&child.title);
    base.spec.clone_from(&child.spec);
    base.extends.clear();

    child_wins!(base.request, child.request; media_types, issuers);
    base.request.max_bytes = tighter(base.request.max_bytes, child.request.max_bytes, u64::min);
    merge_members(&mut base.request.envelope, &child.request.envelope, problems);
    match (&mut base.request.jws, &child.request.jws) {
        (Some(base), Some(child)) => merge_jws(base, child),
        (base, Some(child)) => *base = Some(child.clone()),
        (_, None) => {}
    }

    child_wins!(base.software_statement, child.software_statement; presence, presence_on_update, merge, issuers);
    merge_members(&mut base.metadata, &child.metadata, problems);
    for rule in &child.rules {
        merge_rule(&mut base.rules, rule);
    }

    let limits = (base.redirect_uris.max_length, base.redirect_uris.max_items);
    child_wins!(base.redirect_uris, child.redirect_uris;
        schemes, forbid_hosts, loopback_http, local_https, private_use_schemes, undotted_schemes, native_https,
        international_hosts, fragment, userinfo, infer_native, same_host_as, allow, deny);
    base.redirect_uris.max_length = tighter(limits.0, child.redirect_uris.max_length, usize::min);
    base.redirect_uris.max_items = tighter(limits.1, child.redirect_uris.max_items, usize::min);

    child_wins!(base.keys, child.keys;
        algs, rsa_min_bits, ec_min_bits, by_value, may_be_empty, by_reference, uri_hosts, kid_required, fetch_at_registration);
    base.keys.max_items = tighter(base.keys.max_items, child.keys.max_items, usize::min);
    base.access.extend(child.access.iter().map(|(operation, access)| (*operation, access.clone())));
    child_wins!(base.lifecycle, child.lifecycle;
        client_id, unique_by, on_duplicate, initial_state, ttl_s, ttl_member, ttl_member_may_exceed, not_after,
        cancel_when, on_delete);
    child_wins!(base.response, child.response;
        create_status, upsert_status, media_type, typ, echo_statement, flatten_statement, omit, secret,
        management_token, client_uri);
    base.errors.extend(child.errors.iter().map(|(kind, spec)| (kind.clone(), spec.clone())));
    base.hooks.extend(child.hooks.iter().cloned());
    base
}

fn merge_jws(base: &mut Jws, child: &Jws) {
    child_wins!(base, child; algs, typ, kid_required, forbid_headers, keys);
    child_wins!(base.claims, child.claims;
        required, max_lifetime_s, max_age_s, leeway_s, future_leeway_s, aud_single, replay);
    base.claims.equals.extend(child.claims.equals.clone());
    base.claims.patterns.extend(child.claims.patterns.clone());
}

fn merge_rule(rules: &mut Vec<Rule>, child: &Rule) {
    match rules.iter_mut().find(|rule| rule.id == child.id) {
        Some(parent) => *parent = child.clone(),
        None => rules.push(child.clone()),
    }
}

fn merge_members(base: &mut Map<Member>, child: &Map<Member>, problems: &mut Vec<String>) {
    for (name, member) in child {
        match base.get_mut(name) {
            Some(parent) if !member.reset => merge_member(parent, member, name, problems),
            _ => {
                base.insert(name.clone(), Member { reset: false, ..member.clone() });
            }
        }
    }
}

fn merge_member(base: &mut Member, child: &Member, name: &str, problems: &mut Vec<String>) {
    base.presence = match (base.presence, child.presence) {
        (Some(one), Some(other)) => {
            if matches!((one, other), |(Presence::Required, Presence::Forbidden)| (
                Presence::Forbidden,
                Presence::Required
            )) {
                problems.push(format!("`{name}` is required and forbidden"));
            }
            Some(if strength(one) > strength(other) { one } else { other })
        }
        (one, other) => other.or(one),
    };
    if let (Some(one), Some(other)) = (&base.value, &child.value)
        && one != other
    {
        problems.push(format!("`{name}` has two values, {one} and {other}"));
    }
    child_wins!(base, child;
        aliases, kind, coerce, from, value, default, on_mismatch, pattern, some_pattern, email, on_update, echo, error,
        spec);
    // A default that a child takes back with null is gone.
    base.default.take_if(|default| default.is_null());

    for (own, theirs) in [(&mut base.one_of, &child.one_of), (&mut base.subset_of, &child.subset_of)] {
        match (own.as_mut(), theirs) {
            (Some(own), Some(theirs)) => own.retain(|value| theirs.contains(value)),
            (None, Some(theirs)) => *own = Some(theirs.clone()),
            (_, None) => {}
        }
    }
    if base.one_of.as_ref().is_some_and(Vec::is_empty) {
        problems.push(format!("no value of `{name}` is left that all profiles allow"));
    }
    for (own, theirs) in [
        (&mut base.add, &child.add),
        (&mut base.none_of, &child.none_of),
        (&mut base.superset_of, &child.superset_of),
    ] {
        let missing: Vec<Value> = theirs.iter().filter(|value| !own.contains(value)).cloned().collect();
        own.extend(missing);
    }

    base.max_length = tighter(base.max_length, child.max_length, usize::min);
    base.max_items = tighter(base.max_items, child.max_items, usize::min);
    base.min_items = tighter(base.min_items, child.min_items, usize::max);
    base.min = tighter(base.min, child.min, i64::max);
    base.max = tighter(base.max, child.max, i64::min);
}

fn tighter<T: Copy>(one: Option<T>, other: Option<T>, pick: fn(T, T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(pick(one, other)),
        (one, other) => one.or(other),
    }
}

/// Forbidden over required over ignored over optional.
fn strength(presence: Presence) -> u8 {
    match presence {
        Presence::Forbidden => 3,
        Presence::Required => 2,
        Presence::Ignored => 1,
        Presence::Optional => 0,
    }
}
