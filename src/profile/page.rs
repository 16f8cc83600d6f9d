//! The page of presets in the documentation, made of the presets themselves.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Member, Mtls, Operation, Presence, Profile, Token};

/// The page that is in the documentation is the one that the presets make.
#[test]
fn the_page_of_presets_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/profile/presets.md");
    let page = page();
    if std::env::var_os("UPDATE_PAGE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == page,
        "src/profile/presets.md is not what the presets say; write it anew with\n    \
         UPDATE_PAGE=1 cargo test --lib the_page_of_presets_is_current"
    );
}

fn page() -> String {
    let mut page = String::from(
        "# Presets\n\n\
         Take one with [`Profile::preset`], or extend it in a profile of your own. `*` marks what a parent says as well.\n\n\
         | Preset | Extends | Body | Statement | Client authentication | Who may register | Lives |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let presets = || Profile::presets().filter_map(Profile::preset);
    for preset in presets() {
        let composed = preset.compose().unwrap();
        let parents: Vec<String> = preset.extends.iter().map(|name| code(name)).collect();
        writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} |",
            code(&preset.name),
            parents.join(", "),
            body(&composed),
            statement(&composed),
            authentication(&composed),
            callers(&composed),
            life(&composed)
        )
        .unwrap();
    }
    page.push_str("\nWhat each says beyond what it extends:\n\n");
    for preset in presets() {
        writeln!(page, "- {}: {}", code(&preset.name), additions(preset)).unwrap();
    }
    page
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

/// The words of enumerations are those of their JSON.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap_or_default().replace('_', " ")
}

fn body(profile: &Profile) -> String {
    let mut kinds: Vec<String> = profile.request.media_types.values().map(word).collect();
    kinds.sort();
    kinds.dedup();
    if kinds.is_empty() { "json".to_owned() } else { kinds.join(", ") }
}

fn statement(profile: &Profile) -> String {
    let presence = profile.software_statement.presence.unwrap_or(Presence::Optional);
    if matches!(presence, Presence::Ignored | Presence::Forbidden)
        || profile.software_statement.issuers.is_empty()
    {
        return word(&presence);
    }
    let issuers: Vec<String> = profile
        .software_statement
        .issuers
        .iter()
        .flat_map(|issuer| &issuer.iss)
        .filter_map(Value::as_str)
        .map(|iss| if iss == "$any" { "anybody".to_owned() } else { format!("`{iss}`") })
        .collect();
    format!("{}, of {}", word(&presence), issuers.join(" or "))
}

/// The methods that are taken, and the default.
fn authentication(profile: &Profile) -> String {
    let Some(method) = profile.metadata.get("token_endpoint_auth_method") else { return String::new() };
    let Member { one_of, none_of, default, value, .. } = method;
    let texts =
        |values: &[Value]| values.iter().filter_map(Value::as_str).map(code).collect::<Vec<_>>().join(", ");
    let taken = match (value, one_of) {
        (Some(value), _) => texts(std::slice::from_ref(value)),
        (None, Some(one_of)) => texts(one_of),
        (None, None) => "any".to_owned(),
    };
    let refused = if none_of.is_empty() { String::new() } else { format!(" but {}", texts(none_of)) };
    let default = default.as_ref().and_then(Value::as_str).map(|name| format!("; default {}", code(name)));
    format!("{taken}{refused}{}", default.unwrap_or_default())
}

fn callers(profile: &Profile) -> String {
    let Some(access) = profile.access.get(&Operation::Create) else { return "anybody".to_owned() };
    if access.enabled == Some(false) {
        return "nobody".to_owned();
    }
    let tokens: Vec<&str> = access
        .tokens
        .iter()
        .map(|token| match token {
            Token::Open => "anybody",
            Token::InitialAccess { .. } => "initial access token",
            Token::RegistrationAccess { .. } => "registration access token",
            Token::ClientCredentials { .. } => "access token",
        })
        .collect();
    let mut text = if tokens.is_empty() { "anybody".to_owned() } else { tokens.join(" or ") };
    if let Some(mtls) = access.mtls.filter(|mtls| *mtls != Mtls::Off) {
        write!(text, "; certificate {}", word(&mtls)).unwrap();
    }
    text
}

fn life(profile: &Profile) -> String {
    match (profile.lifecycle.ttl_s, &profile.lifecycle.not_after) {
        (_, Some(reference)) => format!("until {}", code(reference)),
        (Some(seconds), None) if seconds > 0 => format!("{} days", seconds / 86_400),
        _ => "for ever".to_owned(),
    }
}

/// The members, the rules and the parts that a preset writes itself.
fn additions(preset: &Profile) -> String {
    let parent = Profile { extends: preset.extends.clone(), ..Profile::default() }.compose().unwrap();
    let mark = |is_there: bool, name: &str| if is_there { format!("{}\\*", code(name)) } else { code(name) };
    let mut told = Vec::new();
    let members: Vec<String> =
        preset.metadata.keys().map(|name| mark(parent.metadata.contains_key(name), name)).collect();
    if !members.is_empty() {
        told.push(format!("members {}", members.join(", ")));
    }
    let has_rule = |id: &str| parent.rules.iter().any(|rule| rule.id == id);
    let rules: Vec<String> = preset.rules.iter().map(|rule| mark(has_rule(&rule.id), &rule.id)).collect();
    if !rules.is_empty() {
        told.push(format!("rules {}", rules.join(", ")));
    }
    let written = serde_json::to_value(preset).unwrap();
    let parts = [
        "request",
        "software_statement",
        "unknown_members",
        "scope",
        "redirect_uris",
        "keys",
        "access",
        "lifecycle",
        "response",
        "errors",
        "hooks",
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|part| written.get(*part).is_some()).map(code).collect();
    if !parts.is_empty() {
        told.push(format!("parts {}", parts.join(", ")));
    }
    if told.is_empty() { "nothing".to_owned() } else { told.join("; ") }
}
