//! An update of a client that was registered with a statement: no way round it.

use oauth_dcr::testing::run;
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

const MISSING: &str = "software_statement: must be in an update because the client was registered with one";
const OTHER: &str =
    "software_statement: must be of the issuer and the software that the client was registered with";

/// A server that trusts two issuers, which share their keys.
fn two_issuers(changes: Value) -> Server {
    let config = json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [{
            "id": "both", "type": "SSA", "issuers": [ISSUER, "https://other.example"],
            "jwks": DIRECTORY.set(),
        }],
    });
    server(with(config, changes))
}

fn registered(server: &Server) -> Value {
    let token = statement(json!({ "client_name": "Attested", "client_uri": "https://attested.example" }));
    server.accepts(server.present(token))
}

/// Without a statement the attested values would be up to the client.
///
/// DEC-11, S-SSA-09
#[test]
fn s_ssa_09_an_update_without_the_statement_is_refused() {
    let server = two_issuers(json!({}));
    let answer = registered(&server);
    let before = server.record(&answer);
    for members in [
        json!({ "redirect_uris": [REDIRECT], "client_name": "Own" }),
        json!({ "redirect_uris": [REDIRECT], "client_name": "Attested", "software_statement": null }),
        json!({ "redirect_uris": [REDIRECT], "software_statement": "" }),
        json!({}),
    ] {
        server.refuses(server.update(&answer, &members), INVALID, MISSING);
    }
    assert_eq!(server.record(&answer), before);
}

/// The same statement, or a newer one, has to come along, and wins again.
///
/// Accepts: DEC-11, R91-064, R91-065
/// Refuses: DEC-11, R91-064
#[test]
fn an_update_with_the_statement_is_judged_by_it() {
    let server = two_issuers(json!({}));
    let answer = registered(&server);
    let first = answer["software_statement"].clone();
    let own = json!({
        "client_name": "Own", "client_uri": "https://own.example", "tos_uri": "https://own.example",
    });
    let updated = server.update(&answer, &with(presenting(first.as_str().unwrap()), own.clone()));
    let updated = server.accepts(updated);
    assert_eq!(
        (&updated["client_name"], &updated["tos_uri"]),
        (&json!("Attested"), &json!("https://own.example"))
    );
    assert_eq!(updated["software_statement"], first);

    server.clock.advance(1800);
    let newer = statement(json!({ "iat": NOW + 1800, "exp": NOW + 5400, "client_name": "Newer" }));
    let updated = server.accepts(server.update(&answer, &with(presenting(&newer), own)));
    assert_eq!(updated["client_name"], "Newer");
    assert_eq!(updated["client_uri"], "https://own.example", "the newer statement does not speak of it");
    assert_eq!(server.record(&answer)["software_statement"], newer);
    // Read back, and sent again as it came.
    let caller = bearer(&answer);
    let read = run(server.registrar.read(&id(&answer), &caller)).unwrap();
    let read: Value = serde_json::from_str(read.body()).unwrap();
    assert_eq!(read["software_statement"], newer);

    // The first one has expired by now.
    server.clock.advance(1860);
    let refused = server.update(&answer, &presenting(first.as_str().unwrap()));
    server.refuses(refused, INVALID, "software_statement: the claim exp has passed");
}

/// A statement of another issuer, of another software, or of nobody.
///
/// DEC-11, S-SSA-09
#[test]
fn s_ssa_09_a_statement_of_somebody_else_is_refused() {
    let server = two_issuers(json!({}));
    let answer = registered(&server);
    let before = server.record(&answer);
    for (token, code, description) in [
        (statement(json!({ "iss": "https://other.example" })), INVALID, OTHER),
        (statement(json!({ "software_id": "another" })), INVALID, OTHER),
        (statement(json!({ "software_id": "S6BHDRKQT3" })), INVALID, OTHER),
        (FORGER.sign(&claims(json!({}))), INVALID, NOT_VERIFIED),
        (statement(json!({ "iss": "https://stranger.example" })), INVALID, UNTRUSTED),
        (statement(json!({ "redirect_uris": ["http://a.example"] })), "invalid_redirect_uri", ""),
    ] {
        let refused = server.update(&answer, &presenting(token));
        if description.is_empty() {
            assert!(server.refusal(refused).body.contains(code));
        } else {
            server.refuses(refused, code, description);
        }
        assert_eq!(server.record(&answer), before);
    }
}

/// A statement that does not say of which software it is could be of any: the client's own word fills no gap
/// in what was attested.
///
/// DEC-11, S-SSA-09
#[test]
fn a_statement_of_no_software_is_of_another() {
    let server = two_issuers(json!({}));
    let answer = registered(&server);
    let nameless = DIRECTORY.sign(&without(claims(json!({ "client_name": "Any" })), "software_id"));
    for own in [json!({}), json!({ "software_id": "s6BhdRkqt3" }), json!({ "software_id": "another" })] {
        server.refuses(server.update(&answer, &with(presenting(&nameless), own)), INVALID, OTHER);
    }
}

/// Which software it was is remembered also where the name is not let through as metadata.
///
/// DEC-11, S-SSA-09
#[test]
fn a_name_that_is_not_let_through_binds_all_the_same() {
    let server = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [{
            "id": "a", "type": "SSA", "issuers": [ISSUER], "jwks": DIRECTORY.set(),
            "allowedClaims": ["client_name"],
        }],
    }));
    let answer = registered(&server);
    assert_eq!(answer.get("software_id"), None);
    let other = statement(json!({ "software_id": "another", "client_name": "Another" }));
    server.refuses(server.update(&answer, &presenting(other)), INVALID, OTHER);
    server.accepts(server.update(&answer, &presenting(statement(json!({ "client_name": "Newer" })))));
}

/// Where no statement ever named the software, the client's own name for it binds no statement.
#[test]
fn a_software_that_was_never_attested_may_change_its_name() {
    let server = two_issuers(json!({}));
    let nameless = DIRECTORY.sign(&without(claims(json!({})), "software_id"));
    let own = |name: &str| with(presenting(&nameless), json!({ "software_id": name }));
    let answer = server.accepts(server.register(&own("one")));
    assert_eq!(server.accepts(server.update(&answer, &own("other")))["software_id"], "other");
}

/// A client without a statement is free of one, until it brings one: from then on it must.
///
/// DEC-11, S-SSA-09
#[test]
fn the_first_statement_may_come_with_an_update() {
    let server = two_issuers(json!({}));
    let plain = json!({ "redirect_uris": [REDIRECT], "client_name": "Own" });
    let answer = server.accepts(server.register(&plain));
    server.accepts(server.update(&answer, &plain));
    let attested = presenting(statement(json!({ "client_name": "Attested" })));
    let updated = server.accepts(server.update(&answer, &attested));
    assert_eq!(updated["client_name"], "Attested");
    let client = run(oauth_dcr::ClientStore::get(server.store.inner(), &id(&answer))).unwrap().unwrap();
    assert_eq!(client.provenance().statement_issuer.as_deref(), Some(ISSUER));
    server.refuses(server.update(&answer, &plain), INVALID, MISSING);
    let other = presenting(statement(json!({ "iss": "https://other.example" })));
    server.refuses(server.update(&answer, &other), INVALID, OTHER);
}

/// The same rules where an update keeps what it leaves out.
///
/// DEC-11
#[test]
fn merging_is_no_way_round() {
    let server = two_issuers(json!({ "updateMode": "merge" }));
    let answer = registered(&server);
    server.refuses(server.update(&answer, &json!({ "client_name": "Own" })), INVALID, MISSING);
    let newer = statement(json!({ "client_name": "Newer" }));
    let members = json!({ "client_name": "Own", "software_statement": newer });
    let updated = server.accepts(server.update(&answer, &members));
    assert_eq!(updated["client_name"], "Newer");
    assert_eq!(updated["software_statement"], newer);
    assert_eq!(server.record(&answer)["software_statement"], newer);
}

/// The same rules for a signed update, whose statement is nested.
///
/// DEC-11, SIG-002
#[test]
fn a_signed_update_brings_its_statement_along() {
    let server = two_issuers(
        json!({ "dcrSignatureValidationEnabled": true, "dcrSignatureValidationJwks": SOFTWARE.set() }),
    );
    let sign = |token: Option<String>, others: Value| {
        let nested = token.map_or(json!({}), |token| json!({ "software_statement": token }));
        SOFTWARE.sign(&with(with(request(json!({})), nested), others))
    };
    let attested = |name: &str| statement(json!({ "client_name": name }));
    let answer = server.accepts(server.register_signed(sign(Some(attested("Attested")), json!({}))));
    let own = json!({ "client_id": answer["client_id"], "client_name": "Own" });
    let update =
        |token: Option<String>| server.update_as(&answer, "application/jwt", sign(token, own.clone()));
    server.refuses(update(None), INVALID, MISSING);
    server.refuses(update(Some(statement(json!({ "software_id": "another" })))), INVALID, OTHER);
    server.refuses(update(Some(FORGER.sign(&claims(json!({}))))), INVALID, NOT_VERIFIED);
    assert_eq!(server.accepts(update(Some(attested("Newer"))))["client_name"], "Newer");
    // A good statement does not stand in for the outer signature.
    let forged =
        THIEF.sign(&with(with(request(json!({})), json!({ "software_statement": attested("X") })), own));
    let refused = server.update_as(&answer, "application/jwt", forged);
    server.refuses(refused, METADATA, REQUEST_NOT_VERIFIED);
}

/// A token of the client is looked at before its statement is: who may not update learns nothing, and nothing
/// is fetched for it.
///
/// S-NET-01, S-ERR-03
#[test]
fn the_token_comes_first() {
    let server = server(json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwksUri": ISSUER_KEYS }
        ],
    }));
    let answer = server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT] })));
    let stranger = with(answer.clone(), json!({ "registration_access_token": "another" }));
    for token in [statement(json!({})), "no token".to_owned()] {
        let wire = server.refusal(server.update(&stranger, &presenting(token)));
        assert_eq!(wire.status, 401);
        assert_eq!(server.fetched(), [""; 0]);
    }
}

/// A profile that takes no notice of statements in updates: nothing has to come along, and what comes does
/// not count.
#[test]
fn a_profile_may_ignore_statements_in_updates() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "test", "extends": ["standard"],
            "software_statement": { "presence": "required", "presence_on_update": "ignored", "issuers": [ {
                "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] },
            "metadata": { "client_name": { "on_update": "statement_only" } } }"#,
    );
    let answer = registered(&server);
    let own = json!({ "redirect_uris": [REDIRECT], "client_name": "Own" });
    let locked = "client_name: must stay as it was registered";
    server.refuses(server.update(&answer, &own), METADATA, locked);
    let newer =
        with(presenting(statement(json!({ "client_name": "Newer" }))), json!({ "client_name": "Newer" }));
    server.refuses(server.update(&answer, &newer), METADATA, locked);
    let same =
        json!({ "redirect_uris": [REDIRECT], "client_name": "Attested", "tos_uri": "https://own.example" });
    assert_eq!(server.accepts(server.update(&answer, &same))["tos_uri"], "https://own.example");
}

/// A profile that demands one in updates only.
#[test]
fn a_profile_may_require_statements_in_updates() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "test", "extends": ["standard"],
            "software_statement": { "presence": "optional", "presence_on_update": "required", "issuers": [ {
                "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] } }"#,
    );
    let plain = json!({ "redirect_uris": [REDIRECT] });
    let answer = server.accepts(server.register(&plain));
    server.refuses(server.update(&answer, &plain), INVALID, "software_statement: must be given");
    server.accepts(server.update(&answer, &presenting(statement(json!({})))));
}

/// A member that changes by way of a statement alone.
///
/// DEC-11
#[test]
fn some_members_change_by_a_statement_alone() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "test", "extends": ["standard"],
            "software_statement": { "issuers": [ { "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] },
            "metadata": { "client_name": { "on_update": "statement_only" } } }"#,
    );
    let answer =
        server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT], "client_name": "Own" })));
    let renamed = json!({ "redirect_uris": [REDIRECT], "client_name": "New" });
    let locked = "client_name: must stay as it was registered";
    server.refuses(server.update(&answer, &renamed), METADATA, locked);
    let silent = with(presenting(statement(json!({}))), json!({ "client_name": "New" }));
    server.refuses(server.update(&answer, &silent), METADATA, locked);
    let attested = presenting(statement(json!({ "client_name": "Attested" })));
    assert_eq!(server.accepts(server.update(&answer, &attested))["client_name"], "Attested");
}

/// An issuer that is trusted no more vouches for no update, whatever it vouched for once. The host finds its
/// clients by what their records say.
///
/// S-SSA-14
#[test]
fn s_ssa_14_an_issuer_that_is_withdrawn_vouches_for_no_update() {
    let server = two_issuers(json!({}));
    let answer = registered(&server);
    let client = run(oauth_dcr::ClientStore::get(server.store.inner(), &id(&answer))).unwrap().unwrap();
    assert_eq!(client.provenance().statement_issuer.as_deref(), Some(ISSUER));
    assert_eq!(server.record(&answer)["software_id"], "s6BhdRkqt3");

    let config = json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "other", "type": "SSA", "issuers": ["https://other.example"], "jwks": DIRECTORY.set() }
        ],
    });
    let later = server_with(config, |builder| builder);
    run(oauth_dcr::ClientStore::insert(later.store.inner(), &client)).unwrap();
    let token = answer["software_statement"].as_str().unwrap();
    later.refuses(later.update(&answer, &presenting(token)), INVALID, UNTRUSTED);
    later.refuses(later.update(&answer, &json!({ "redirect_uris": [REDIRECT] })), INVALID, MISSING);
}
