//! `dcrSsaValidationConfigs`: how an entry is written, which one is chosen, and what it lets through.

use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

fn with_entries(entries: Value) -> Server {
    server(entries_config(entries))
}

fn entries_config(entries: Value) -> Value {
    json!({ "softwareStatementValidationType": "builtin", "dcrSsaValidationConfigs": entries })
}

/// One entry for the directory, with its keys.
fn entry(others: Value) -> Value {
    let usual = json!({ "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwks": DIRECTORY.set() });
    with(usual, others)
}

/// Each member in both spellings of the documentation.
#[test]
fn members_are_spelled_either_way() {
    let discovery = "https://directory.example/.well-known/openid-configuration";
    for (keys, secret) in [
        (json!({ "jwksUri": ISSUER_KEYS }), false),
        (json!({ "jwks_uri": ISSUER_KEYS }), false),
        (
            json!({ "configurationEndpoint": discovery, "configurationEndpointClaim": "ssa_jwks_endpoint" }),
            false,
        ),
        (
            json!({
                "configuration_endpoint": discovery, "configuration_endpoint_claim": "ssa_jwks_endpoint",
            }),
            false,
        ),
        (json!({ "sharedSecret": SECRET }), true),
        (json!({ "shared_secret": SECRET }), true),
    ] {
        println!("{keys}");
        let server = with_entries(json!([with(
            json!({
                "id": "directory", "type": "ssa", "issuers": [ISSUER],
                "display_name": "A", "description": "B",
            }),
            keys
        )]));
        server.network.insert(discovery, json!({ "ssa_jwks_endpoint": ISSUER_KEYS }));
        let claims = claims(json!({}));
        let token = if secret { hmac("HS256", SECRET, &claims) } else { DIRECTORY.sign(&claims) };
        server.accepts(server.present(token));
    }
    for (name, more) in [
        ("scopes", json!({ "scopes": ["read"] })),
        ("scope", json!({ "scope": ["read"] })),
        ("allowedClaims", json!({ "allowedClaims": ["scope"] })),
        ("allowed_claims", json!({ "allowed_claims": ["scope"] })),
    ] {
        let server = with_entries(json!([entry(more)]));
        let answer = server
            .accepts(server.present(statement(json!({ "scope": "read write", "client_name": "Attested" }))));
        let is_ceiling = name.starts_with("scope");
        assert_eq!(answer["scope"], if is_ceiling { "read" } else { "read write" }, "{name}");
        assert_eq!(answer.get("client_name").is_some(), is_ceiling, "{name}");
    }
    let twice = json!({ "dcrSsaValidationConfigs": [entry(json!({ "scope": ["a"], "scopes": ["b"] }))] });
    assert!(serde_json::from_value::<oauth_dcr::RegistrarConfig>(properties(twice)).is_err());
}

/// `jwks` as an object and as the text of one; `type` in any case.
#[test]
fn jwks_is_an_object_or_a_text_and_type_is_in_any_case() {
    for kind in ["SSA", "ssa", "Ssa"] {
        for jwks in [DIRECTORY.set(), json!(DIRECTORY.set().to_string())] {
            let server = with_entries(json!([entry(json!({ "type": kind, "jwks": jwks }))]));
            server.accepts(server.present(statement(json!({}))));
        }
    }
    for kind in ["NONE", "", "software_statement"] {
        let config = entries_config(json!([entry(json!({ "type": kind }))]));
        assert!(serde_json::from_value::<oauth_dcr::RegistrarConfig>(properties(config)).is_err(), "{kind}");
    }
}

/// What an entry lacks, and keys that are none, are found when the registrar is built.
#[test]
fn entries_that_cannot_work_are_problems() {
    let place = "dcrSsaValidationConfigs[0]";
    let private = DIRECTORY.public_with(json!({ "d": DIRECTORY.private("d") }));
    for (entry, problem) in [
        (entry(json!({ "id": null })), ".id: must be given".to_owned()),
        (entry(json!({ "type": null })), ".type: must be given: ssa or dcr".to_owned()),
        (
            json!({ "id": "a", "type": "SSA", "sharedSecret": SECRET }),
            ": must have one of jwks, jwksUri, issuers, configurationEndpoint".to_owned(),
        ),
        (
            entry(json!({ "configurationEndpoint": "https://directory.example/c" })),
            ".configurationEndpointClaim: must be given with configurationEndpoint: the member that holds \
             the key address"
                .to_owned(),
        ),
        (
            entry(json!({ "jwks": "{jwks here}" })),
            ".jwks: must be a JWK Set: an object with an array `keys`, or a text holding one".to_owned(),
        ),
        (
            entry(json!({ "jwksUri": "http://directory.example/jwks" })),
            ".jwksUri: `http://directory.example/jwks` must use https".to_owned(),
        ),
        (entry(json!({ "jwks": { "keys": [private] } })), ".jwks.keys[0]: must be a public key".to_owned()),
        (
            entry(json!({ "jwks": { "keys": [{ "kty": "oct", "k": "AAAA" }] } })),
            ".jwks.keys[0]: must be a public key".to_owned(),
        ),
    ] {
        assert_eq!(problems(entries_config(json!([entry])))[0], format!("{place}{problem}"));
    }
    let twice = entries_config(json!([entry(json!({})), entry(json!({ "type": "DCR" }))]));
    let expected = "dcrSsaValidationConfigs[1].id: `directory` is the id of an earlier entry";
    assert_eq!(problems(twice), [expected]);
}

/// An entry is chosen by the exact `iss` and by its type; without one the statement is invalid.
///
/// Accepts: JOSE-009, DEC-23
/// Refuses: JOSE-009, DEC-23
#[test]
fn without_an_entry_a_statement_is_invalid() {
    let server = with_entries(json!([
        entry(json!({ "issuers": ["https://a.example", "https://b.example"] })),
        entry(json!({ "id": "request", "type": "DCR", "issuers": ["https://dcr.example"] })),
        entry(json!({ "id": "nameless", "issuers": [] })),
        entry(json!({ "id": "empty", "issuers": [""] })),
    ]));
    for iss in ["https://a.example", "https://b.example"] {
        server.accepts(server.present(statement(json!({ "iss": iss }))));
    }
    for iss in [
        ISSUER,
        "https://dcr.example",
        "https://a.example/",
        "https://A.example",
        " https://a.example",
        "https://a.exampl",
        "https://a.example https://b.example",
        "$any",
        "*",
    ] {
        server.refuses(server.present(statement(json!({ "iss": iss }))), INVALID, UNTRUSTED);
    }
    for iss in [json!(5), json!(["https://a.example"]), json!({}), json!(true), json!(null)] {
        let refused = server.present(statement(json!({ "iss": iss })));
        server.refuses(refused, INVALID, "software_statement: has a malformed payload");
    }
    assert_eq!(server.fetched(), [""; 0]);
}

/// Without any entry nothing can be verified.
#[test]
fn without_entries_every_statement_is_invalid() {
    for entries in [json!([]), json!(null), json!([entry(json!({ "type": "DCR" }))])] {
        let server = with_entries(entries);
        let refused = server.present(statement(json!({})));
        server.refuses(refused, INVALID, "software_statement: cannot be verified by this server");
        server.is_untouched();
    }
}

/// Several entries of one issuer are tried in turn: the first that verifies says what counts.
#[test]
fn the_entry_that_verifies_says_what_counts() {
    let server = with_entries(json!([
        entry(json!({ "id": "old", "jwks": SOFTWARE.set(), "allowedClaims": ["client_name"] })),
        entry(json!({ "id": "new", "allowedClaims": ["client_uri"] })),
        entry(json!({ "id": "secret", "jwks": null, "sharedSecret": SECRET, "allowedClaims": ["tos_uri"] })),
    ]));
    let claims = claims(json!({
        "client_name": "Attested", "client_uri": "https://a.example", "tos_uri": "https://b.example",
    }));
    for (token, name) in [
        (SOFTWARE.sign(&claims), "client_name"),
        (DIRECTORY.sign(&claims), "client_uri"),
        (hmac("HS256", SECRET, &claims), "tos_uri"),
    ] {
        let answer = server.accepts(server.present(token));
        for member in ["client_name", "client_uri", "tos_uri"] {
            assert_eq!(answer.get(member).is_some(), member == name, "{name}");
        }
    }
    server.refuses(server.present(FORGER.sign(&claims)), INVALID, NOT_VERIFIED);
}

/// Of the keys of one entry those that need no fetch are tried first; a set that cannot be had, or that does
/// not verify, is not the last word.
#[test]
fn keys_of_an_entry_are_tried_until_one_verifies() {
    let discovery = "https://directory.example/.well-known/openid-configuration";
    let everything = json!({
        "jwksUri": ISSUER_KEYS, "sharedSecret": SECRET,
        "configurationEndpoint": discovery, "configurationEndpointClaim": "ssa_jwks_endpoint",
    });
    let server = with_entries(json!([entry(everything.clone())]));
    server.accepts(server.present(statement(json!({}))));
    server.accepts(server.present(hmac("HS256", SECRET, &claims(json!({})))));
    server.refuses(server.present(hmac("HS256", "another", &claims(json!({})))), INVALID, NOT_VERIFIED);
    assert_eq!(server.fetched(), [""; 0]);

    let server = with_entries(json!([with(entry(everything), json!({ "jwks": { "keys": [] } }))]));
    server.accepts(server.present(statement(json!({}))));
    assert_eq!(server.fetched(), [ISSUER_KEYS]);
    server.network.insert(ISSUER_KEYS, SOFTWARE.set());
    server.clock.advance(24 * 3600);
    server.network.insert(discovery, json!({ "ssa_jwks_endpoint": "https://directory.example/other" }));
    server.network.insert("https://directory.example/other", DIRECTORY.set());
    let later = json!({ "iat": NOW + 24 * 3600, "exp": NOW + 25 * 3600 });
    server.accepts(server.present(statement(later)));
    assert_eq!(server.fetched().last().unwrap(), "https://directory.example/other");
}

/// `scopes`: what a statement of the issuer may ask for. The request's own scope is not the issuer's matter.
///
/// S-SSA-08
#[test]
fn scopes_are_a_ceiling() {
    let present = |scopes: Value, claim: Value, asked: Value| {
        let server = with_entries(json!([entry(json!({ "scopes": scopes }))]));
        let token = statement(if claim.is_null() { json!({}) } else { json!({ "scope": claim }) });
        let more = if asked.is_null() { json!({}) } else { json!({ "scope": asked }) };
        server.accepts(server.register(&with(presenting(token), more)))["scope"].clone()
    };
    let (both, none) = (json!(["my_read", "my_write"]), json!(null));
    assert_eq!(present(both.clone(), json!("my_read other my_write"), none.clone()), "my_read my_write");
    assert_eq!(present(both.clone(), json!("my_read"), json!("my_write")), "my_read");
    assert_eq!(present(none.clone(), json!("a b"), none.clone()), "a b");
    assert_eq!(present(both.clone(), none.clone(), none.clone()), none, "listed is not granted");
    assert_eq!(present(both, json!("MY_READ my_read2 my_write"), none), "my_write");
}

/// A statement of whose scopes nothing is left asks for none: the client's own wish does not come through
/// instead.
///
/// S-SSA-08, INV-3
#[test]
fn a_ceiling_above_nothing_leaves_nothing() {
    let server = with_entries(json!([entry(json!({ "scopes": ["my_read"] }))]));
    for asked in [json!({}), json!({ "scope": "admin" })] {
        let token = statement(json!({ "scope": "admin" }));
        let answer = server.accepts(server.register(&with(presenting(token), asked)));
        assert_eq!(answer.get("scope"), None);
        assert_eq!(server.record(&answer).get("scope"), None);
    }
}

/// However a statement writes its scopes, where a list is taken for words: the ceiling is the same.
///
/// S-SSA-08
#[test]
fn the_ceiling_holds_for_a_list_of_scopes() {
    let config = entries_config(json!([entry(json!({ "scopes": ["my_read"] }))]));
    let coercing = r#"{ "dcr_profile": 1, "name": "coercing", "extends": ["standard"],
        "metadata": { "scope": { "coerce": true } } }"#;
    for server in [
        server(with(config.clone(), json!({ "reading": "lenient" }))),
        server_with(config, |builder| builder.profile(profile(coercing))),
    ] {
        // A server may also refuse what is no text.
        if let Ok(registration) = server.present(statement(json!({ "scope": ["my_read", "admin"] }))) {
            assert_eq!(server.accepts(Ok(registration))["scope"], "my_read");
        }
        let answer = server.accepts(server.present(statement(json!({ "scope": "my_read admin" }))));
        assert_eq!(answer["scope"], "my_read");
    }
}

/// An empty list is not an absent one: it allows nothing.
///
/// S-SSA-08, INV-3
#[test]
fn inv_3_empty_lists_allow_nothing() {
    let server = with_entries(json!([entry(json!({ "scopes": [] }))]));
    let answer = server.accepts(server.present(statement(json!({ "scope": "admin" }))));
    assert_eq!(answer.get("scope"), None);
    let server = with_entries(json!([entry(json!({ "allowedClaims": [] }))]));
    let answer = server.accepts(server.present(statement(json!({ "client_name": "Attested" }))));
    assert_eq!(answer.get("client_name"), None);
}

/// `allowedClaims`: all others are dropped, with every language, and the request's own values stay. What the
/// claims must be is not up to the list.
///
/// Accepts: DEC-39, R91-064
/// Refuses: DEC-39, R91-064
#[test]
fn s_ssa_08_claims_that_are_not_allowed_are_dropped() {
    let server =
        with_entries(json!([entry(json!({ "allowedClaims": ["client_name", "software_version"] }))]));
    let token = statement(json!({
        "client_name": "Attested", "client_name#de": "Bezeugt", "software_version": "2",
        "client_uri": "https://attested.example", "tos_uri": "https://attested.example/tos",
        "tos_uri#fr": "https://attested.example/cgu", "scope": "admin",
    }));
    let own = json!({ "client_name": "Own", "client_uri": "https://own.example" });
    let answer = server.accepts(server.register(&with(presenting(&token), own)));
    let expected = [
        ("client_name", json!("Attested")),
        ("client_name#de", json!("Bezeugt")),
        ("software_version", json!("2")),
        ("client_uri", json!("https://own.example")),
        ("software_statement", json!(token)),
        ("software_id", json!(null)),
        ("tos_uri", json!(null)),
        ("tos_uri#fr", json!(null)),
        ("scope", json!(null)),
    ];
    for (name, value) in expected {
        assert_eq!(answer[name], value, "{name}");
    }
    let expired = statement(json!({ "iat": NOW - 99, "exp": NOW - 60 }));
    server.refuses(server.present(expired), INVALID, "software_statement: the claim exp has passed");
}

/// The sample's lists, in which the names of claims are no metadata: nothing comes through, and nothing
/// fails.
#[test]
fn lists_of_other_claims_let_no_metadata_through() {
    let server = with_entries(json!([entry(json!({ "allowedClaims": ["test_exp", "test_iat"] }))]));
    let token = statement(json!({ "test_exp": 5, "test_iat": 5, "client_name": "Attested" }));
    let answer = server.accepts(server.present(token));
    for name in ["test_exp", "test_iat", "client_name", "software_id", "exp", "iat", "iss"] {
        assert_eq!(answer.get(name), None, "{name}");
    }
}
