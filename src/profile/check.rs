//! What can be known to be wrong with a composed profile before the first request.

use serde_json::Value;

use super::{ErrorSpec, Map, Member, Profile, Rule, When};
use crate::metadata::FieldId;

/// A profile that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("profile `{profile}`: {}", .problems.join("; "))]
#[non_exhaustive]
pub struct ProfileError {
    /// The profile.
    pub profile: String,
    /// All that is wrong with it.
    pub problems: Vec<String>,
}

/// The most rules one composed profile may have: each costs every request a little.
const MAX_RULES: usize = 128;

/// Failures whose answers are those of HTTP and of bearer tokens (RFC 9110 sections 15.5.6 and 15.5.16, RFC 6750 section
/// 3.1, RFC 7592 section 2): challenges and headers go with them.
const FIXED_ERRORS: [(&str, &str, u16); 5] = [
    ("media_type", "invalid_request", 415),
    ("disabled", "invalid_request", 405),
    ("access_token", "invalid_token", 401),
    ("unknown_client", "invalid_token", 401),
    ("scope_missing", "insufficient_scope", 403),
];

/// The step that gives names of certificates one spelling.
pub(crate) const NORMALIZE_SUBJECT_DN: &str = "normalize_subject_dn";

fn is_known_spelling((name, value): (&String, &Value)) -> bool {
    matches!((name.as_str(), value.as_str()), ("short_names", Some("rfc4514")) | ("others", Some("oid_hex")))
}

impl Profile {
    /// Everything that is wrong with a composed profile.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.dcr_profile != 1 {
            problems.push(format!("`dcr_profile` is {}, this version reads 1", self.dcr_profile));
        }
        if self.rules.len() > MAX_RULES {
            problems.push(format!("has {} rules, more than {MAX_RULES}", self.rules.len()));
        }
        if self.redirect_uris.userinfo == Some(true) {
            let message = "`redirect_uris.userinfo`: a redirection URI with user information is never taken";
            problems.push(message.to_owned());
        }
        for (kind, error, status) in FIXED_ERRORS {
            let is_other = |own: &&ErrorSpec| own.error != error || own.status != status;
            if self.errors.get(kind).filter(is_other).is_some() {
                problems
                    .push(format!("`errors.{kind}`: is {status} {error} in HTTP, whatever a profile says"));
            }
        }
        for hook in self.hooks.iter().filter(|hook| hook.name == NORMALIZE_SUBJECT_DN) {
            if hook.config.as_object().is_some_and(|config| !config.iter().all(is_known_spelling)) {
                problems.push(format!(
                    "`hooks.{NORMALIZE_SUBJECT_DN}`: `short_names` can be `rfc4514`, and `others` `oid_hex`"
                ));
            }
        }
        let names = Names { profile: self };
        for (name, member) in &self.metadata {
            check_member(name, member, &mut problems);
        }
        for rule in &self.rules {
            names.check_rule(rule, &mut problems);
        }
        if let Some(when) = &self.lifecycle.cancel_when {
            names.check_when(when, "cancel_when", &mut problems);
        }
        for issuer in &self.software_statement.issuers {
            for when in &issuer.check {
                names.check_when(when, "issuers.check", &mut problems);
            }
        }
        problems
    }
}

fn check_member(name: &str, member: &Member, problems: &mut Vec<String>) {
    for (operator, value) in [("value", &member.value), ("default", &member.default)] {
        let Some(value) = value.as_ref().filter(|value| !value.is_null()) else { continue };
        if let Some(allowed) = &member.one_of
            && !allowed.contains(value)
        {
            problems.push(format!("`{name}`: {operator} {value} is not in `one_of`"));
        }
        if let Some(allowed) = &member.subset_of
            && elements(value).iter().any(|element| !allowed.contains(element))
        {
            problems.push(format!("`{name}`: {operator} {value} is not within `subset_of`"));
        }
        if operator == "value" && member.superset_of.iter().any(|needed| !elements(value).contains(needed)) {
            problems.push(format!("`{name}`: value {value} lacks what `superset_of` demands"));
        }
    }
    for pattern in [&member.pattern, &member.some_pattern].into_iter().flatten() {
        problems.extend(
            crate::policy::Pattern::compile(pattern).err().map(|problem| format!("`{name}`: {problem}")),
        );
    }
}

/// The elements of a list, the words of a text.
fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::String(text) => text.split(' ').map(Value::from).collect(),
        other => vec![other.clone()],
    }
}

struct Names<'p> {
    profile: &'p Profile,
}

impl Names<'_> {
    fn knows(&self, name: &str) -> bool {
        let declared = |members: &Map<Member>| members.contains_key(name);
        FieldId::of(name).is_some()
            || declared(&self.profile.metadata)
            || declared(&self.profile.request.envelope)
    }

    fn check_rule(&self, rule: &Rule, problems: &mut Vec<String>) {
        self.check_when(&rule.when, &rule.id, problems);
        if let Some(member) = rule.member.as_ref().filter(|name| !self.knows(name)) {
            problems.push(format!("rule `{}` blames the unknown member `{member}`", rule.id));
        }
        for (name, member) in &rule.metadata {
            if !self.knows(name) {
                problems.push(format!("rule `{}` names the unknown member `{name}`", rule.id));
            }
            check_member(name, member, problems);
        }
    }

    fn check_when(&self, when: &When, place: &str, problems: &mut Vec<String>) {
        for inner in when.all.iter().chain(&when.any).chain(when.not.as_deref()) {
            self.check_when(inner, place, problems);
        }
        if let Some(member) = when.member.as_ref().filter(|name| !self.knows(name)) {
            problems.push(format!("rule `{place}` asks for the unknown member `{member}`"));
        }
        let subjects = [&when.member, &when.statement, &when.cert].into_iter().flatten().count();
        let has_test = when.present.is_some()
            || when.equals.is_some()
            || when.one_of.is_some()
            || when.contains.is_some()
            || when.contains_word.is_some();
        if subjects > 1 || (subjects == 1) != has_test {
            problems.push(format!(
                "rule `{place}` needs exactly one subject for its tests, and a test for its subject"
            ));
        }
    }
}
