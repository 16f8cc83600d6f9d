//! Issuers that are trusted, what they grant, and hooks that are asked for keys.

use async_trait::async_trait;
use oauth_dcr::{HookAnswer, HookContext, HookError, ScriptHook};
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

const KINDS: [&str; 5] = ["none", "script", "builtin", "jwks", "jwks_uri"];

/// A server with a type of validation that the directory's statements pass, and trusted issuers.
fn trusting(kind: &str, properties: Value) -> Server {
    let usual = json!({
        "softwareStatementValidationType": kind,
        "softwareStatementValidationClaimName": "keys",
        "dcrSsaValidationConfigs": [{
            "id": "directory", "type": "SSA", "issuers": [ISSUER, "https://stranger.example"],
            "jwks": DIRECTORY.set(),
        }],
    });
    let hook = KeyHook { statement_keys: Some(DIRECTORY.set()), ..KeyHook::default() };
    server_with(with(usual, properties), |builder| builder.script_hook(hook))
}

fn signed(kind: &str, others: Value) -> String {
    let keys = if kind == "jwks_uri" { json!(ISSUER_KEYS) } else { DIRECTORY.set() };
    statement(with(json!({ "keys": keys }), others))
}

/// A list of trusted issuers holds for every type, and the comparison is exact.
///
/// Accepts: R91-067, DEC-23, S-SSA-02, JOSE-009
/// Refuses: R91-067, R91-086, DEC-23, S-SSA-02, JOSE-009
#[test]
fn s_ssa_02_issuers_that_are_not_listed_are_not_approved() {
    for kind in KINDS {
        let server = trusting(kind, json!({ "trustedSsaIssuers": { ISSUER: {} } }));
        server.accepts(server.present(signed(kind, json!({}))));
        let before = server.fetched();
        for iss in [
            "https://stranger.example",
            "https://directory.example/",
            "https://Directory.example",
            "https://directory.example.attacker.example",
            "directory.example",
        ] {
            println!("{kind} {iss}");
            let refused = server.present(signed(kind, json!({ "iss": iss })));
            server.refuses(refused, UNAPPROVED, UNTRUSTED);
        }
        assert_eq!(server.fetched(), before, "nobody is asked for the keys of a stranger");
    }
}

/// Janssen has one code for all that is wrong with a statement.
#[test]
fn janssen_has_one_code() {
    for kind in KINDS {
        let properties = json!({ "trustedSsaIssuers": { ISSUER: {} }, "janssenErrorCodes": true });
        let server = trusting(kind, properties);
        let refused = server.present(signed(kind, json!({ "iss": "https://stranger.example" })));
        server.refuses(refused, INVALID, UNTRUSTED);
    }
}

/// A trusted issuer still has to sign.
#[test]
fn trust_is_no_signature() {
    for kind in ["script", "builtin", "jwks", "jwks_uri"] {
        let server = trusting(kind, json!({ "trustedSsaIssuers": { ISSUER: {} } }));
        let keys = if kind == "jwks_uri" { json!(ISSUER_KEYS) } else { DIRECTORY.set() };
        let forged = FORGER.sign(&claims(json!({ "keys": keys })));
        server.refuses(server.present(forged), INVALID, NOT_VERIFIED);
    }
}

/// Under `builtin` an issuer needs both: an entry, and trust where there is a list of it. Trust without an
/// entry is no matching entry.
///
/// DEC-23
#[test]
fn trust_without_an_entry_is_no_entry() {
    let trusted = json!({ ISSUER: {}, "https://entryless.example": {} });
    let server = trusting("builtin", json!({ "trustedSsaIssuers": trusted }));
    let wire = server.refusal(server.present(statement(json!({ "iss": "https://entryless.example" }))));
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    assert_eq!(body["error"], INVALID);
    let wire = server.refusal(server.present(statement(json!({ "iss": "https://stranger.example" }))));
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    assert_eq!(body["error"], UNAPPROVED, "an entry without trust");
    // None of the trusted ones has an entry: still a stranger is one.
    let server = trusting("builtin", json!({ "trustedSsaIssuers": { "https://entryless.example": {} } }));
    let wire = server.refusal(server.present(statement(json!({}))));
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    assert_eq!(body["error"], UNAPPROVED, "an entry without trust");
}

/// The older spelling: a list of names.
#[test]
fn dcr_issuers_is_the_older_spelling() {
    for properties in [
        json!({ "dcrIssuers": [ISSUER] }),
        json!({ "trustedSsaIssuers": [ISSUER] }),
        json!({ "dcrIssuers": [ISSUER], "trustedSsaIssuers": {} }),
        json!({ "trustedSsaIssuers": { ISSUER: null } }),
    ] {
        let server = trusting("script", properties);
        server.accepts(server.present(signed("script", json!({}))));
        let stranger = signed("script", json!({ "iss": "https://stranger.example" }));
        server.refuses(server.present(stranger), UNAPPROVED, UNTRUSTED);
    }
    for empty in [json!({ "dcrIssuers": [] }), json!({ "trustedSsaIssuers": {} })] {
        let server = trusting("script", empty);
        server.accepts(server.present(signed("script", json!({ "iss": "https://anyone.example" }))));
    }
}

/// Granted scopes come after those of the statement, without repeats, and to the clients of that issuer
/// alone.
///
/// Accepts: SCP-004
#[test]
fn trusted_issuers_grant_scopes() {
    let trusted = json!({
        ISSUER: { "automaticallyGrantedScopes": ["b", "c"] },
        "https://stranger.example": { "automaticallyGrantedScopes": [] },
    });
    for kind in KINDS {
        let server = trusting(kind, json!({ "trustedSsaIssuers": trusted }));
        let scope = |claims: Value, asked: Value| {
            let request = with(presenting(signed(kind, claims)), asked);
            server.accepts(server.register(&request))["scope"].clone()
        };
        assert_eq!(scope(json!({ "scope": "a b" }), json!({})), "a b c", "{kind}");
        assert_eq!(scope(json!({}), json!({})), "b c");
        assert_eq!(scope(json!({}), json!({ "scope": "own" })), "own b c");
        assert_eq!(scope(json!({ "scope": "a" }), json!({ "scope": "own" })), "a b c");
        let stranger = json!({ "iss": "https://stranger.example" });
        assert_eq!(scope(stranger.clone(), json!({})), json!(null));
        assert_eq!(scope(with(stranger, json!({ "scope": "a b" })), json!({})), "a b");
        let plain = server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT] })));
        assert_eq!(plain.get("scope"), None, "nothing is granted without a statement");
    }
}

/// With a catalogue: granted scopes must exist and need not be default ones; those of the statement must be.
#[test]
fn granted_scopes_must_exist() {
    let trusted = json!({ ISSUER: { "automaticallyGrantedScopes": ["granted", "unheard-of"] } });
    let catalogue = json!([
        { "id": "openid", "default": true }, { "id": "profile", "default": true },
        { "id": "granted" }, { "id": "admin" },
    ]);
    for (enabled, claimed, expected) in [
        (true, json!({}), "openid profile granted"),
        (true, json!({ "scope": "openid admin unheard-of" }), "openid granted"),
        (true, json!({ "scope": "admin" }), "granted"),
        (false, json!({}), "granted"),
        (false, json!({ "scope": "openid admin" }), "granted"),
    ] {
        let server = trusting(
            "builtin",
            json!({
                "trustedSsaIssuers": trusted, "scopes": catalogue,
                "dynamicRegistrationScopesParamEnabled": enabled,
            }),
        );
        let answer = server.accepts(server.present(statement(claimed.clone())));
        assert_eq!(answer["scope"], expected, "{enabled} {claimed}");
    }
}

/// The ceiling of an entry is for what a statement asks; what the operator grants comes on top.
///
/// Accepts: SCP-004
#[test]
fn granted_scopes_pass_the_ceiling() {
    let server = server(json!({
        "softwareStatementValidationType": "builtin",
        "trustedSsaIssuers": { ISSUER: { "automaticallyGrantedScopes": ["granted"] } },
        "dcrSsaValidationConfigs": [{
            "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwks": DIRECTORY.set(),
            "scopes": ["my_read"],
        }],
    }));
    let answer = server.accepts(server.present(statement(json!({ "scope": "my_read admin" }))));
    assert_eq!(answer["scope"], "my_read granted");
}

/// `script`, which is the default, without a hook to ask.
///
/// DEC-23
#[test]
fn script_without_a_hook_verifies_nothing() {
    for (properties, description) in [
        (json!({}), "software_statement: cannot be verified by this server"),
        (
            json!({ "softwareStatementValidationType": "script" }),
            "software_statement: cannot be verified by this server",
        ),
        (json!({ "trustedSsaIssuers": { ISSUER: {} } }), NOT_VERIFIED),
    ] {
        let server = server(properties);
        server.refuses(server.present(statement(json!({}))), INVALID, description);
        server.refuses(server.present(hmac("HS256", SECRET, &claims(json!({})))), INVALID, description);
        server.is_untouched();
        // What needs no statement is registered.
        server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT] })));
    }
}

/// What a hook may say of keys: a set, the text of one, or nothing.
#[test]
fn hooks_may_have_no_keys() {
    let with_keys = |keys: Option<Value>, secret| {
        let hook = KeyHook { statement_keys: keys, statement_secret: secret, ..KeyHook::default() };
        server_with(json!({}), |builder| builder.script_hook(hook))
    };
    let text = json!(DIRECTORY.set().to_string());
    for keys in [DIRECTORY.set(), text] {
        let server = with_keys(Some(keys), None);
        server.accepts(server.present(statement(json!({}))));
        let by_hmac = hmac("HS256", SECRET, &claims(json!({})));
        server.refuses(server.present(by_hmac), INVALID, NOT_VERIFIED);
    }
    for keys in
        [None, Some(json!(null)), Some(json!("")), Some(json!("no keys")), Some(json!({ "keys": [] }))]
    {
        let server = with_keys(keys, Some(SECRET));
        server.refuses(server.present(statement(json!({}))), INVALID, NOT_VERIFIED);
        server.accepts(server.present(hmac("HS256", SECRET, &claims(json!({})))));
    }
    for secret in [None, Some("")] {
        let server = with_keys(Some(DIRECTORY.set()), secret);
        for presented in ["", SECRET] {
            let token = hmac("HS256", presented, &claims(json!({})));
            server.refuses(server.present(token), INVALID, NOT_VERIFIED);
        }
    }
}

/// A hook that does not answer the question for keys.
#[derive(Debug)]
struct Unwilling(fn() -> HookError);

#[async_trait]
impl ScriptHook for Unwilling {
    async fn software_statement_jwks(&self, _: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        Err((self.0)())
    }
}

/// A hook that is asked for keys may refuse the request, answer it itself, or fail, of which the client
/// learns nothing.
#[test]
fn hooks_may_refuse_or_fail() {
    for (error, status, body) in [
        ((|| HookError::Refused) as fn() -> HookError, 400, METADATA),
        (|| HookError::Answer(HookAnswer::new(429, "{}")), 429, "{}"),
        (|| HookError::Failed("the hook's text".into()), 500, "server_error"),
    ] {
        let server = server_with(json!({}), |builder| builder.script_hook(Unwilling(error)));
        let wire = server.refusal(server.present(statement(json!({}))));
        assert_eq!(wire.status, status);
        assert!(wire.body.contains(body) && !wire.body.contains("hook's"), "{}", wire.body);
        server.is_untouched();
    }
}

/// A hook of a profile: the same methods, as one source among others.
#[test]
fn a_profile_may_name_a_hook() {
    let text = r#"{ "dcr_profile": 1, "name": "hooked", "extends": ["standard"],
        "software_statement": { "issuers": [ { "iss": ["https://directory.example"], "jws": {
            "algs": ["ES256"],
            "keys": [ { "from": "jwks", "jwks": "SOFTWARE" }, { "from": "hook", "name": "keys" } ]
        } } ] } }"#;
    let hook = KeyHook { statement_keys: Some(DIRECTORY.set()), ..KeyHook::default() };
    let server = server_with(json!({}), |builder| builder.profile(profile(text)).script_hook(hook.clone()));
    server.accepts(server.present(SOFTWARE.sign(&claims(json!({})))));
    assert_eq!(hook.methods(), ["create_client"]);
    server.accepts(server.present(statement(json!({}))));
    assert_eq!(hook.methods()[1..], ["software_statement_jwks", "create_client"]);
    // Without the hook there is one source less.
    let server = profile_server(text);
    server.accepts(server.present(SOFTWARE.sign(&claims(json!({})))));
    server.refuses(server.present(statement(json!({}))), INVALID, NOT_VERIFIED);
}
