//! What the linter says, and where it is told.

use std::fmt::Write;

use oauth_dcr::{MemoryClientStore, MemoryInitialAccessTokens, NoHook, Profile, Registrar, RegistrarConfig};
use serde_json::{Value, json};

use crate::expect;

fn lints(profile: Value) -> Vec<String> {
    let mut named = json!({ "dcr_profile": 1, "name": "ours" });
    named.as_object_mut().unwrap().extend(profile.as_object().unwrap().clone());
    let profile: Profile = serde_json::from_value(named).unwrap();
    profile.lint().iter().map(ToString::to_string).collect()
}

/// Asserts what is found in a profile that extends another one.
#[track_caller]
fn finds(parent: &str, changes: Value, expected: &[&str]) {
    let mut profile = changes;
    profile["extends"] = json!([parent]);
    let found = lints(profile);
    let parents: Vec<String> = lints(json!({ "extends": [parent] }));
    let own: Vec<&String> = found.iter().filter(|lint| !parents.contains(lint)).collect();
    assert_eq!(own, expected);
}

/// Every lint of every preset. A preset that becomes weaker than its parents, or open, changes this list.
#[test]
fn the_presets_have_these_lints_and_no_others() {
    let mut printed = String::new();
    for name in Profile::presets() {
        let lints = Profile::preset(name).unwrap().lint();
        writeln!(printed, "{name}: {}", lints.len()).unwrap();
        for lint in lints {
            writeln!(printed, "  {lint}").unwrap();
        }
    }
    expect("lints-of-presets.txt", &printed);
}

#[test]
fn a_member_that_takes_more_is_found() {
    let reset = |member: Value| {
        let mut member = member;
        member["reset"] = json!(true);
        json!({ "metadata": { "token_endpoint_auth_method": member } })
    };
    let widened =
        "metadata.token_endpoint_auth_method: may also have `none`, `client_secret_basic` [weakens.member]";
    finds(
        "fapi1-advanced",
        reset(json!({ "one_of": ["private_key_jwt", "none", "client_secret_basic"] })),
        &[widened],
    );
    finds("fapi1-advanced", reset(json!({ "one_of": ["tls_client_auth"] })), &[]);
    finds("fapi1-advanced", reset(json!({ "value": "private_key_jwt" })), &[]);
    finds("fapi1-advanced", reset(json!({ "presence": "forbidden" })), &[]);
    finds(
        "fapi1-advanced",
        reset(json!({})),
        &[
            "metadata.token_endpoint_auth_method: is no longer one or some of `private_key_jwt`, `tls_client_auth`, \
           `self_signed_tls_client_auth` [weakens.member]",
        ],
    );
    finds(
        "au-cdr",
        json!({ "metadata": {
            "grant_types": { "reset": true, "subset_of": ["authorization_code"] },
            "org_id": { "on_update": "mutable" },
            "org_name": { "from": { "statement": "org_name", "relation": "fills" } },
            "require_signed_request_object": { "reset": true },
            "jwks": { "reset": true },
        } }),
        &[
            "metadata.grant_types: is no longer required [weakens.member]",
            "metadata.grant_types: need no longer have `authorization_code` [weakens.member]",
            "metadata.jwks: is no longer dropped [weakens.member]",
            "metadata.org_id: may change in an update [weakens.member]",
            "metadata.org_name: no longer needs `org_name` [weakens.member]",
            "metadata.require_signed_request_object: is no longer set to `true` [weakens.member]",
        ],
    );
    finds(
        "mcp-dcr",
        json!({ "metadata": { "redirect_uris": { "reset": true, "presence": "required", "max_items": 50 } } }),
        &[
            "metadata.redirect_uris: may be more than 10 elements [weakens.member]",
            "metadata.redirect_uris: may be less than 1 elements [weakens.member]",
        ],
    );
    finds(
        "standard",
        json!({ "metadata": { "client_name": { "reset": true } } }),
        &["metadata.client_name: may be more than 100 characters [weakens.member]"],
    );
    // Without `reset` nothing can be widened.
    finds("fapi1-advanced", json!({ "metadata": { "grant_types": { "none_of": ["implicit"] } } }), &[]);
}

#[test]
fn a_rule_that_is_not_what_it_was_is_found() {
    let rule = |id: &str, more: Value| {
        let mut rule = json!({ "id": id });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    finds(
        "oidc",
        json!({ "rules": [
            rule("jwks-xor", json!({ "when": {} })),
            rule("implicit-needs-redirect", json!({ "when": { "member": "grant_types", "contains": "implicit" },
                "metadata": { "redirect_uris": { "min_items": 1 } } })),
            rule("jwks_xor", json!({ "when": {} })),
            rule("twice", json!({ "when": { "member": "client_name", "present": true }, "reject": "metadata" })),
            rule("twice", json!({ "when": { "member": "client_uri", "present": true }, "reject": "metadata" })),
        ] }),
        &[
            "rules.jwks-xor: is switched off [weakens.rule]",
            "rules.implicit-needs-redirect: takes the place of a parent's rule [weakens.rule]",
            "rules.jwks_xor: demands nothing, and no parent has it [unreachable.switch]",
            "rules.twice: a later rule has the same id [unreachable.shadowed]",
        ],
    );
}

#[test]
fn a_rule_that_cannot_fire_is_found() {
    let rules = |when: Value| {
        json!({
            "metadata": {
                "token_endpoint_auth_method": { "one_of": ["private_key_jwt", "tls_client_auth"] },
                "grant_types": { "subset_of": ["authorization_code"] },
                "response_types": { "subset_of": ["code", "code id_token"] },
                "logo_uri": { "presence": "forbidden" },
                "client_name": { "presence": "required" },
                "contacts": { "none_of": ["a@b.example"] },
            },
            "rules": [{ "id": "own", "when": when, "reject": "metadata" }],
        })
    };
    let found = ["rules.own: its condition holds for no request that is taken [unreachable.rule]"];
    let member = |name: &str, test: &str, value: Value| json!({ "member": name, test: value });
    for never in [
        member("token_endpoint_auth_method", "equals", json!("none")),
        member("token_endpoint_auth_method", "one_of", json!(["none", "client_secret_post"])),
        member("grant_types", "contains", json!("implicit")),
        member("grant_types", "equals", json!(["authorization_code", "implicit"])),
        member("response_types", "contains_word", json!("token")),
        member("contacts", "contains", json!("a@b.example")),
        member("logo_uri", "present", json!(true)),
        member("client_name", "present", json!(false)),
        json!({ "operation": "delete" }),
        json!({ "not": {} }),
        json!({ "all": [member("client_uri", "present", json!(true)), member("logo_uri", "present", json!(true))] }),
        json!({ "any": [member("logo_uri", "present", json!(true)), json!({ "operation": "read" })] }),
    ] {
        assert_eq!(lints(rules(never.clone())), found, "{never}");
    }
    for can_be in [
        member("token_endpoint_auth_method", "equals", json!("tls_client_auth")),
        member("token_endpoint_auth_method", "one_of", json!(["none", "tls_client_auth"])),
        member("response_types", "contains_word", json!("id_token")),
        member("response_types", "contains", json!("code id_token")),
        member("grant_types", "equals", json!(["authorization_code"])),
        member("client_uri", "present", json!(false)),
        json!({ "not": member("token_endpoint_auth_method", "equals", json!("none")) }),
        json!({ "any": [member("logo_uri", "present", json!(true)), json!({ "operation": "update" })] }),
        json!({ "statement": "software_roles", "contains": "AISP" }),
    ] {
        assert_eq!(lints(rules(can_be.clone())), [""; 0], "{can_be}");
    }
}

#[test]
fn callers_who_were_refused_before_are_found() {
    let mtls = |tokens: Value| json!({ "mtls": "required", "anchors": "cdr-ca", "tokens": tokens });
    finds(
        "au-cdr",
        json!({ "access": {
            "create": { "tokens": [{ "kind": "open" }] },
            "read": mtls(json!([{ "kind": "client_credentials", "scopes": ["cdr:registration"] }])),
            "update": mtls(json!([{ "kind": "client_credentials", "sender": "mtls" }])),
            "delete": { "mtls": "required", "tokens": [{ "kind": "open" }] },
        } }),
        &[
            "access.create: no longer needs a client certificate [weakens.access]",
            "access.read: takes access tokens of the client with `cdr:registration` [weakens.access]",
            "access.update: takes sender-constrained access tokens [weakens.access]",
            "access.delete: takes certificates that are not verified against `cdr-ca` [weakens.access]",
            "access.delete: takes callers without a token [weakens.access]",
            "access.delete: whoever knows the name of a client needs no token [open.management]",
        ],
    );
    finds(
        "ibm-default",
        json!({ "access": { "read": { "tokens": [{ "kind": "registration_access" }] } } }),
        &[],
    );
    finds("udap", json!({ "access": { "read": {} } }), &["access.read: is offered [weakens.access]"]);
}

#[test]
fn statements_and_signatures_that_prove_less_are_found() {
    finds(
        "au-cdr",
        json!({
            "request": {
                "media_types": { "application/jwt": "jws", "application/json": "json" },
                "jws": { "algs": ["PS256", "RS256"], "claims": {
                    "required": ["iss", "exp"], "leeway_s": 300, "replay": "off",
                    "equals": { "aud": ["$as.issuer", "https://other.example"] },
                } },
            },
            "software_statement": {
                "presence": "optional", "merge": "override_known",
                "issuers": [
                    { "iss": ["cdr-register"], "jws": { "algs": ["PS256", "HS256"], "keys": [{ "from": "statement_jwks", "claim": "jwks" }] } },
                    { "iss": ["$any"], "jws": { "algs": ["PS256"], "keys": [{ "from": "unsigned" }] } },
                ],
            },
        }),
        &[
            "request.media_types: takes requests without a signature [weakens.request]",
            "request.jws: may use `RS256` [weakens.signature]",
            "request.jws.claims: `iat`, `jti`, `aud` need no longer be there [weakens.claims]",
            "request.jws.claims: `aud` may have other values [weakens.claims]",
            "request.jws.claims: may be later than by 10 s [weakens.claims]",
            "request.jws.claims: may be used again [weakens.claims]",
            "software_statement.presence: a statement is no longer required [weakens.statement]",
            "software_statement.merge: its claims win over the request for every known member [weakens.statement]",
            "software_statement.issuers cdr-register: a condition on its statements is gone [weakens.issuer]",
            "software_statement.issuers cdr-register: may use `HS256` [weakens.signature]",
            "software_statement.issuers cdr-register: need no longer have a `kid` [weakens.signature]",
            "software_statement.issuers cdr-register.claims: `iss`, `iat`, `exp`, `jti` need no longer be there [weakens.claims]",
            "software_statement.issuers cdr-register.claims: may be later than by 10 s [weakens.claims]",
            "software_statement.issuers cdr-register.claims: may be used again [weakens.claims]",
            "software_statement.issuers $any: is trusted as well [weakens.issuer]",
            "software_statement.issuers $any: nothing is verified: anyone can write one [open.signature]",
            "software_statement.issuers cdr-register: a statement brings the keys that verify it: anyone can sign one in this name [open.own-keys]",
            "software_statement.issuers $any: the same keys vouch for any issuer: name those that are meant [open.issuer]",
            "software_statement.issuers cdr-register: may set any member, also how clients authenticate: list its claims in `allow_claims` [open.claims]",
            "software_statement.issuers $any: may set any member, also how clients authenticate: list its claims in `allow_claims` [open.claims]",
        ],
    );
}

#[test]
fn addresses_keys_and_duplicates_that_were_refused_are_found() {
    finds(
        "uk-ob-3.3",
        json!({
            "redirect_uris": { "schemes": ["https", "http"], "loopback_http": "always", "forbid_hosts": ["localhost"],
                "private_use_schemes": true },
            "keys": { "rsa_min_bits": 1024, "kid_required": false },
            "unknown_members": "keep",
        }),
        &[
            "redirect_uris: may use `http` [weakens.redirects]",
            "redirect_uris: may use `http` on a loopback address [weakens.redirects]",
            "redirect_uris: may use private-use schemes [weakens.redirects]",
            "redirect_uris: may match `127.0.0.1` again [weakens.redirects]",
            "keys: an RSA key may have 1024 bits, and needed 2048 [weakens.keys]",
            "keys: need no longer have a `kid` [weakens.keys]",
            "unknown_members: are kept [weakens.unknown]",
            "unknown_members: whatever a client sends beside the declared members is stored and returned [open.members]",
        ],
    );
    finds(
        "au-cdr",
        json!({ "lifecycle": { "on_duplicate": "allow" } }),
        &["lifecycle: no longer refuses a second client of the same software [weakens.lifecycle]"],
    );
}

/// A profile is a document that people print, mail and keep in a repository.
#[test]
fn what_is_secret_in_a_profile_is_found() {
    let key = json!({ "kty": "oct", "k": "c2VjcmV0" });
    let found = lints(json!({
        "request": { "jws": { "algs": ["ES256"], "keys": [{ "from": "jwks", "jwks": { "keys": [key] } }] } },
        "metadata": { "client_secret": { "value": "same-for-all" } },
    }));
    assert_eq!(
        found,
        [
            "request.jws: holds a key that signs, and should hold one that verifies [secret.key]",
            "metadata.client_secret: one secret for every client, in a document that can be printed [secret.value]",
        ]
    );
    assert!(found.iter().all(|lint| !lint.contains("c2VjcmV0") && !lint.contains("same-for-all")));
}

fn warnings(profile: Value, with_hook: bool) -> Vec<String> {
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    let builder = Registrar::builder(config, MemoryClientStore::default())
        .profile(serde_json::from_value(profile).unwrap())
        .initial_access_tokens(MemoryInitialAccessTokens::default())
        .acknowledge_open_management();
    let builder = if with_hook { builder.script_hook(NoHook) } else { builder };
    builder.build().unwrap().warnings().iter().map(ToString::to_string).collect()
}

/// Whoever takes a preset as it is has asked for what it makes of its parents; what is open is told in any case.
#[test]
fn a_registrar_warns_of_the_lints_of_its_profiles() {
    let preset = |name: &str| serde_json::to_value(Profile::preset(name).unwrap()).unwrap();
    for quiet in
        ["standard", "rfc7591", "oidc", "fapi1-advanced", "fapi2-security", "fapi-ciba", "smart", "igov"]
    {
        assert_eq!(warnings(preset(quiet), false), [""; 0], "{quiet}");
    }
    let open = ["read", "update", "delete"].map(|operation| {
        format!("profile ibm-default: access.{operation}: whoever knows the name of a client needs no token")
    });
    let kept = "profile ibm-default: unknown_members: whatever a client sends beside the declared members is stored \
                and returned"
        .to_owned();
    assert_eq!(warnings(preset("ibm-default"), false), [&open[..], &[kept]].concat());
    let hook =
        "profile mcp-dcr: hooks.rate_limit: is for a hook of the host: the engine has nothing of that name";
    assert_eq!(warnings(preset("mcp-dcr"), false), [hook]);
    assert_eq!(warnings(preset("mcp-dcr"), true), [""; 0]);
    let own = json!({ "dcr_profile": 1, "name": "ours", "extends": ["oidc"], "rules": [{ "id": "jwks-xor", "when": {} }] });
    assert_eq!(warnings(own, false), ["profile ours: rules.jwks-xor: is switched off"]);
}
