//! Profiles that say member by member how a statement relates to a request, and what they do with its claims.

use oauth_dcr::{MemoryClientStore, Registrar, SharedSecret};
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// A profile that takes from a statement only what its members say.
fn listed(metadata: &str) -> Server {
    listed_with(metadata, "")
}

/// The same, with more members of the issuer's entry.
fn listed_with(metadata: &str, issuer: &str) -> Server {
    with_statement_policy(r#""merge": "listed","#, metadata, issuer)
}

fn with_statement_policy(policy: &str, metadata: &str, issuer: &str) -> Server {
    profile_server(&format!(
        r#"{{ "dcr_profile": 1, "name": "relations", "extends": ["standard"],
            "software_statement": {{ {policy} "issuers": [ {{ {issuer} "iss": ["https://directory.example"],
                "jws": {{ "algs": ["ES256"], "keys": [ {{ "from": "jwks", "jwks": "DIRECTORY" }} ] }} }} ] }},
            "metadata": {{ {metadata} }} }}"#
    ))
}

/// Each relation with each case: (what the statement says, what was asked, what becomes of it). `Err` is a
/// refusal.
type Case = (Value, Value, Result<Value, &'static str>);

const UNEQUAL: &str = "must equal what the software statement says";
const BEYOND: &str = "must be within what the software statement lists";

/// Runs the cases of a relation for one member. A value of null is none.
#[track_caller]
fn run_cases(member: &str, code: &str, relation: &str, cases: &[Case]) {
    let server = listed(&format!(
        r#""{member}": {{ "from": {{ "statement": "software_value", "relation": "{relation}" }} }}"#
    ));
    for (said, asked, expected) in cases {
        println!("{relation} {member}: {said} {asked}");
        let claims = if said.is_null() { json!({}) } else { json!({ "software_value": said }) };
        let asked = if asked.is_null() { json!({}) } else { json!({ member: asked }) };
        let request = with(presenting(statement(claims)), json!({ "redirect_uris": [REDIRECT] }));
        let request = with(if member == "redirect_uris" { without(request, member) } else { request }, asked);
        match expected {
            Ok(value) => {
                let answer = server.accepts(server.register(&request));
                assert_eq!(&answer[member], value);
                assert_eq!(&server.record(&answer)[member], value);
            }
            Err(message) => {
                let wire = server.refusal(server.register(&request));
                let expected = json!({ "error": code, "error_description": format!("{member}: {message}") });
                assert_eq!((wire.status, wire.body), (400, expected.to_string()));
            }
        }
    }
}

/// What was asked is replaced; what the statement does not say stays as asked.
#[test]
fn overrides() {
    let cases = [
        (json!("said"), json!("asked"), Ok(json!("said"))),
        (json!("said"), json!(null), Ok(json!("said"))),
        (json!(null), json!("asked"), Ok(json!("asked"))),
        (json!(null), json!(null), Ok(json!(null))),
    ];
    run_cases("client_name", METADATA, "overrides", &cases);
    let uris = |paths: &[&str]| {
        json!(paths.iter().map(|path| format!("https://a.example/{path}")).collect::<Vec<_>>())
    };
    let cases = [
        (uris(&["1", "2"]), uris(&["3"]), Ok(uris(&["1", "2"]))),
        (uris(&["1"]), json!(null), Ok(uris(&["1"]))),
        // One text is a list of one.
        (json!("https://a.example/1"), uris(&["3"]), Ok(uris(&["1"]))),
        (json!(null), json!(null), Err("must be given")),
    ];
    run_cases("redirect_uris", "invalid_redirect_uri", "overrides", &cases);
    // And a list is the words of a text.
    let cases =
        [(json!("a b"), json!("c"), Ok(json!("a b"))), (json!(["a", "b"]), json!("c"), Ok(json!("a b")))];
    run_cases("scope", METADATA, "overrides", &cases);
}

/// What the statement says is a default.
#[test]
fn fills() {
    let cases = [
        (json!("said"), json!("asked"), Ok(json!("asked"))),
        (json!("said"), json!(null), Ok(json!("said"))),
        (json!(null), json!("asked"), Ok(json!("asked"))),
        (json!(null), json!(null), Ok(json!(null))),
    ];
    run_cases("client_name", METADATA, "fills", &cases);
}

/// What was asked must be what the statement says; nothing asked gets it.
///
/// Accepts: R91-009
/// Refuses: R91-009
#[test]
fn equals() {
    let cases = [
        (json!("said"), json!("said"), Ok(json!("said"))),
        (json!("said"), json!("asked"), Err(UNEQUAL)),
        (json!("said"), json!("Said"), Err(UNEQUAL)),
        (json!("said"), json!(null), Ok(json!("said"))),
        (json!(null), json!("asked"), Ok(json!("asked"))),
    ];
    run_cases("software_version", METADATA, "equals", &cases);
    // The order of a list is not its content.
    let cases = [
        (
            json!(["a@b.example", "c@d.example"]),
            json!(["c@d.example", "a@b.example"]),
            Ok(json!(["c@d.example", "a@b.example"])),
        ),
        (json!(["a@b.example", "c@d.example"]), json!(["a@b.example"]), Err(UNEQUAL)),
        (json!(["a@b.example"]), json!(["a@b.example", "c@d.example"]), Err(UNEQUAL)),
    ];
    run_cases("contacts", METADATA, "equals", &cases);
    let (one, other) = (SOFTWARE.set(), THIEF.set());
    let cases = [(one.clone(), one.clone(), Ok(one.clone())), (one, other, Err(UNEQUAL))];
    run_cases("jwks", METADATA, "equals", &cases);
}

/// What was asked must be what the statement says; nothing asked stays nothing.
#[test]
fn equals_if_present() {
    let cases = [
        (json!("said"), json!("said"), Ok(json!("said"))),
        (json!("said"), json!("asked"), Err(UNEQUAL)),
        (json!("said"), json!(null), Ok(json!(null))),
        (json!(null), json!("asked"), Ok(json!("asked"))),
    ];
    run_cases("software_version", METADATA, "equals_if_present", &cases);
}

/// What was asked must be among what the statement lists; nothing asked gets all of it.
///
/// SIG-003, SIG-007, S-SSA-07
#[test]
fn bounds() {
    let (one, two, three) = ("https://a.example/1", "https://a.example/2", "https://a.example/3");
    let cases = [
        (json!([one, two]), json!([two]), Ok(json!([two]))),
        (json!([one, two]), json!([two, one]), Ok(json!([two, one]))),
        (json!([one, two]), json!([three]), Err(BEYOND)),
        (json!([one, two]), json!([one, three]), Err(BEYOND)),
        (json!([one]), json!(["https://a.example/1/"]), Err(BEYOND)),
        (json!([one, two]), json!(null), Ok(json!([one, two]))),
        (json!(one), json!([one]), Ok(json!([one]))),
        (json!(one), json!([one, two]), Err(BEYOND)),
    ];
    run_cases("redirect_uris", "invalid_redirect_uri", "bounds", &cases);
    let cases = [
        (json!("a b c"), json!("c a"), Ok(json!("c a"))),
        (json!("a b c"), json!("a d"), Err(BEYOND)),
        (json!("a b c"), json!(null), Ok(json!("a b c"))),
        (json!(["a", "b"]), json!("b"), Ok(json!("b"))),
        (json!("a"), json!("aa"), Err(BEYOND)),
    ];
    run_cases("scope", METADATA, "bounds", &cases);
}

/// What was asked must be among what the statement lists; nothing asked stays nothing.
///
/// SIG-005, SIG-007
#[test]
fn bounds_if_present() {
    let (one, two) = ("https://a.example/1", "https://a.example/2");
    let cases = [
        (json!([one, two]), json!([two]), Ok(json!([two]))),
        (json!([one]), json!([one, two]), Err(BEYOND)),
        (json!([one, two]), json!(null), Err("must be given")),
    ];
    run_cases("redirect_uris", "invalid_redirect_uri", "bounds_if_present", &cases);
    let cases = [(json!("a b"), json!("b"), Ok(json!("b"))), (json!("a b"), json!(null), Ok(json!(null)))];
    run_cases("scope", METADATA, "bounds_if_present", &cases);
}

/// A list that the statement leaves empty bounds everything.
///
/// S-SSA-07, INV-3
#[test]
fn an_empty_bound_lets_nothing_through() {
    let cases = [(json!([]), json!(["https://a.example/1"]), Err(BEYOND))];
    run_cases("redirect_uris", "invalid_redirect_uri", "bounds", &cases);
    run_cases("redirect_uris", "invalid_redirect_uri", "bounds_if_present", &cases);
}

/// A value that came by a relation is judged as any other.
///
/// INV-2, S-URI-01
#[test]
fn values_that_come_by_a_relation_are_judged() {
    for relation in ["overrides", "fills", "equals", "bounds"] {
        let server = listed(&format!(
            r#""logo_uri": {{ "from": {{ "statement": "software_logo_uri", "relation": "{relation}" }} }},
               "client_name": {{
                   "from": {{ "statement": "software_client_name", "relation": "{relation}" }} }}"#
        ));
        for (claims, description) in [
            (
                json!({ "software_logo_uri": "javascript:alert(1)" }),
                "logo_uri: must not use the scheme javascript",
            ),
            (json!({ "software_client_name": 5 }), "client_name: must be a string and not a number"),
            (
                json!({ "software_client_name": { "en": "A" } }),
                "client_name: must be a string and not an object",
            ),
            (json!({ "software_client_name": "a\u{0}b" }), "client_name: has a control character"),
        ] {
            let result = server.present(statement(claims.clone()));
            let Err(error) = result else { panic!("{relation} {claims}: {}", result.unwrap().body()) };
            server.refuses(Err::<(), _>(error), METADATA, description);
        }
    }
}

/// A claim that the statement must have.
///
/// Refuses: R91-081
#[test]
fn required_claims_must_be_there() {
    let server = listed(
        r#""software_id": { "from": { "statement": "software_id", "relation": "equals", "required": true } },
           "client_name": {
               "from": { "statement": "software_client_name", "relation": "overrides", "required": true } }"#,
    );
    let missing = "client_name: the software statement must have the claim software_client_name";
    server.refuses(server.present(statement(json!({}))), INVALID, missing);
    server.refuses(server.present(statement(json!({ "software_client_name": null }))), INVALID, missing);
    let neither = DIRECTORY.sign(&without(claims(json!({})), "software_id"));
    let both = format!("{missing}; software_id: the software statement must have the claim software_id");
    server.refuses(server.present(neither), INVALID, &both);
    let answer = server.accepts(server.present(statement(json!({ "software_client_name": "Attested" }))));
    assert_eq!((&answer["client_name"], &answer["software_id"]), (&json!("Attested"), &json!("s6BhdRkqt3")));
    // Without a statement there is nothing that could have it.
    server.accepts(server.register(&json!({ "redirect_uris": [REDIRECT] })));
}

/// `listed`: claims count only where a member says so. `override_known`: where a member has their name.
/// `only`: the request brings nothing.
#[test]
fn merge_says_which_claims_count() {
    let claims = json!({
        "software_client_name": "Listed", "client_uri": "https://attested.example",
        "redirect_uris": ["https://attested.example/cb"],
        "software_redirect_uris": ["https://listed.example/cb"],
    });
    let own = json!({
        "client_name": "Own", "client_uri": "https://own.example", "tos_uri": "https://own.example",
    });
    let request = with(presenting(statement(claims)), own);
    let metadata =
        r#""client_name": { "from": { "statement": "software_client_name", "relation": "overrides" } }"#;
    let outcome = |merge: &str| {
        let server = with_statement_policy(&format!(r#""merge": "{merge}","#), metadata, "");
        let answer = server.accepts(server.register(&request));
        let member = |name: &str| answer[name].clone();
        [member("client_name"), member("client_uri"), member("redirect_uris"), member("tos_uri")]
    };
    let (listed, attested, own) =
        (json!("Listed"), json!("https://attested.example"), json!("https://own.example"));
    let attested_uris = json!(["https://attested.example/cb"]);
    assert_eq!(outcome("listed"), [listed.clone(), own.clone(), json!([REDIRECT]), own.clone()]);
    assert_eq!(outcome("override_known"), [listed.clone(), attested.clone(), attested_uris.clone(), own]);
    assert_eq!(outcome("only"), [listed, attested, attested_uris, json!(null)]);
}

/// `only`: the request brings nothing, not even what nobody knows. Without a statement there is only the
/// request.
#[test]
fn with_only_the_request_brings_nothing_at_all() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "only", "extends": ["standard"], "unknown_members": "keep",
            "software_statement": { "merge": "only", "issuers": [ { "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] } }"#,
    );
    let token = statement(json!({ "redirect_uris": ["https://attested.example/cb"], "vendor_claim": 1 }));
    let own = json!({ "vendor_member": "own", "client_name#fr": "Le Client", "client_name": "Own" });
    let answer = server.accepts(server.register(&with(presenting(token), own.clone())));
    for name in ["vendor_member", "vendor_claim", "client_name", "client_name#fr"] {
        assert_eq!(answer.get(name), None, "{name}");
    }
    let plain = server.accepts(server.register(&with(json!({ "redirect_uris": [REDIRECT] }), own)));
    assert_eq!((&plain["vendor_member"], &plain["client_name"]), (&json!("own"), &json!("Own")));
}

/// The ceiling of an issuer holds for what a relation takes from its statement as well.
///
/// S-SSA-08
#[test]
fn the_ceiling_holds_for_relations() {
    for (scope, expected) in [(json!("read admin"), "read"), (json!(["read", "admin"]), "read")] {
        let server = listed_with(
            r#""scope": { "from": { "statement": "scope", "relation": "overrides" } }"#,
            r#""allow_scopes": ["read", "write"],"#,
        );
        let answer = server.accepts(server.present(statement(json!({ "scope": scope }))));
        assert_eq!(answer["scope"], expected);
    }
}

/// What an issuer attested by way of a relation is not told differently in another language, and takes its
/// slot.
///
/// DEC-24, DEC-25
#[test]
fn listed_members_take_their_languages_and_slots() {
    let server = listed(
        r#""client_name": { "from": { "statement": "software_client_name", "relation": "overrides" } },
           "jwks_uri": { "from": { "statement": "software_jwks_uri", "relation": "overrides" } }"#,
    );
    let token = statement(json!({
        "software_client_name": "Attested", "software_jwks_uri": "https://attested.example/jwks",
    }));
    let answer =
        server.accepts(server.register(&with(presenting(&token), json!({ "client_name#fr": "La Banque" }))));
    assert_eq!((&answer["client_name"], answer.get("client_name#fr")), (&json!("Attested"), None));
    let answer = server.accepts(server.register(&with(presenting(&token), json!({ "jwks": THIEF.set() }))));
    assert_eq!((&answer["jwks_uri"], answer.get("jwks")), (&json!("https://attested.example/jwks"), None));
}

/// Claims get the names that the profile uses, unless the statement uses these itself.
///
/// SIG-006
#[test]
fn claims_are_renamed() {
    let server = with_statement_policy(
        "",
        "",
        r#""rename": { "software_redirect_uris": "redirect_uris", "software_client_name": "client_name",
            "org_contact": "contacts", "client_uri": "tos_uri" },"#,
    );
    let answer = server.accepts(server.present(statement(json!({
        "software_redirect_uris": ["https://renamed.example/cb"], "software_client_name": "Renamed",
        "client_name": "Attested", "org_contact": ["ops@renamed.example"],
        "client_uri": "https://renamed.example",
    }))));
    assert_eq!(answer["redirect_uris"], json!(["https://renamed.example/cb"]));
    assert_eq!(answer["client_name"], "Attested");
    assert_eq!(answer["contacts"], json!(["ops@renamed.example"]));
    assert_eq!((&answer["tos_uri"], answer.get("client_uri")), (&json!("https://renamed.example"), None));
    // No name makes a claim the server's.
    let server =
        with_statement_policy("", "", r#""rename": { "sub": "client_id", "org_id": "client_secret" },"#);
    let answer = server.accepts(server.present(statement(json!({ "sub": "chosen", "org_id": "chosen" }))));
    assert_ne!(answer["client_id"], "chosen");
    assert_ne!(answer["client_secret"], "chosen");
    assert!(!server.record(&answer).to_string().contains("chosen"));
}

/// Conditions on the statement, all of which must hold.
#[test]
fn gates_must_hold() {
    let server = listed_with(
        "",
        r#""check": [ { "statement": "software_status", "equals": "active" },
            { "any": [ { "statement": "org_status", "present": false },
                       { "statement": "org_status", "one_of": ["Active", "active"] } ] },
            { "not": { "statement": "software_roles", "contains": "SUSPENDED" } } ],"#,
    );
    let closed = "software_statement: its issuer does not vouch for this software at present";
    for (claims, is_open) in [
        (json!({ "software_status": "active" }), true),
        (json!({ "software_status": "active", "org_status": "Active", "software_roles": ["AISP"] }), true),
        (json!({}), false),
        (json!({ "software_status": null }), false),
        (json!({ "software_status": ["active"] }), false),
        (json!({ "software_status": true }), false),
        (json!({ "software_status": "inactive" }), false),
        (json!({ "software_status": "active", "org_status": "Revoked" }), false),
        (json!({ "software_status": "active", "org_status": "" }), false),
        (json!({ "software_status": "active", "software_roles": ["AISP", "SUSPENDED"] }), false),
    ] {
        println!("{claims}");
        let result = server.present(statement(claims));
        if is_open {
            server.accepts(result);
        } else {
            server.refuses(result, INVALID, closed);
        }
    }
    // What nobody signed opens no gate, whatever it says.
    let forged = FORGER.sign(&claims(json!({ "software_status": "active" })));
    server.refuses(server.present(forged), INVALID, NOT_VERIFIED);
    // The request does not speak for the issuer.
    let own = with(presenting(statement(json!({}))), json!({ "software_status": "active" }));
    server.refuses(server.register(&own), INVALID, closed);
}

/// The claims and scopes that an issuer may speak of, and those that it gives.
///
/// DEC-39, S-SSA-08
#[test]
fn issuers_speak_of_what_they_may() {
    let server = with_statement_policy(
        "",
        "",
        r#""allow_claims": ["client_name", "scope"], "allow_scopes": ["read", "write"],
            "grant_scopes": ["granted"],"#,
    );
    let token = statement(json!({
        "client_name": "Attested", "client_uri": "https://attested.example", "scope": "read admin",
        "redirect_uris": ["https://attested.example/cb"],
    }));
    let answer = server.accepts(server.present(token));
    assert_eq!(answer["client_name"], "Attested");
    assert_eq!(answer["scope"], "read granted");
    assert_eq!((answer.get("client_uri"), answer.get("software_id")), (None, None));
    assert_eq!(answer["redirect_uris"], json!([REDIRECT]));
}

/// Several issuers, each with its own rules.
#[test]
fn each_issuer_has_its_own_rules() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "two", "extends": ["standard"],
            "software_statement": { "issuers": [
              { "iss": ["https://directory.example"], "grant_scopes": ["a"], "allow_claims": ["client_name"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } },
              { "iss": ["https://b.example", "https://c.example"], "rename": { "name": "client_name" },
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "SOFTWARE" } ] } } ] } }"#,
    );
    let answer =
        server.accepts(server.present(statement(json!({ "name": "A", "client_uri": "https://a.example" }))));
    assert_eq!(
        (answer.get("client_name"), answer.get("client_uri"), &answer["scope"]),
        (None, None, &json!("a"))
    );
    for iss in ["https://b.example", "https://c.example"] {
        let token = SOFTWARE.sign(&claims(json!({ "iss": iss, "name": "B" })));
        let answer = server.accepts(server.present(token));
        assert_eq!((&answer["client_name"], answer.get("scope")), (&json!("B"), None));
        // With the keys of the other one it is nobody's.
        server.refuses(server.present(statement(json!({ "iss": iss }))), INVALID, NOT_VERIFIED);
    }
    server.refuses(server.present(SOFTWARE.sign(&claims(json!({})))), INVALID, NOT_VERIFIED);
    server.refuses(server.present(statement(json!({ "iss": "https://d.example" }))), UNAPPROVED, UNTRUSTED);
}

/// Scopes by the roles that the issuer says a software has. The request's own word on roles does not count.
///
/// SIG-003
#[test]
fn roles_of_the_statement_give_scopes() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "roles", "extends": ["standard"],
            "software_statement": { "merge": "listed", "issuers": [ { "iss": ["https://directory.example"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ] } } ] },
            "scope": { "roles": { "claim": "software_roles" }, "always": ["openid"],
                "map": { "AISP": ["accounts"], "PISP": ["payments"] },
                "when_absent": "all_allowed", "excess": "reject" } }"#,
    );
    let scope = |roles: Value, asked: Value| {
        let request = with(presenting(statement(json!({ "software_roles": roles }))), asked);
        server.register(&with(request, json!({ "software_roles": ["PISP"] })))
    };
    for (roles, asked, expected) in [
        (json!(["AISP", "PISP"]), json!({}), "accounts openid payments"),
        (json!(["AISP"]), json!({}), "accounts openid"),
        (json!(["AISP", "AISP"]), json!({}), "accounts openid"),
        (json!("AISP"), json!({ "scope": "openid accounts" }), "openid accounts"),
        (json!([]), json!({}), "openid"),
        (json!(["CBPII"]), json!({ "scope": "openid" }), "openid"),
    ] {
        assert_eq!(server.accepts(scope(roles, asked))["scope"], expected);
    }
    let refused = scope(json!(["AISP"]), json!({ "scope": "openid payments" }));
    server.refuses(refused, METADATA, "scope: must not ask for payments");
}

/// Registers under a strict profile whose keys come from a configuration: what the profile demands of signed
/// requests stays demanded.
#[track_caller]
fn relaxes_nothing(properties: Value) {
    let text = r#"{ "dcr_profile": 1, "name": "strict", "extends": ["standard"],
        "request": { "media_types": { "application/jwt": "jws" },
            "jws": { "algs": ["PS256", "ES256"], "typ": ["JWT"],
                "claims": { "required": ["jti"], "max_age_s": 60, "replay": "until_exp" } } } }"#;
    let properties = with(json!({ "dcrSignatureValidationEnabled": true }), properties);
    let server = server_with(properties, |builder| builder.profile(profile(text)));
    let send = |key: &Key, header: &Value, others: Value| {
        server.register_signed(key.sign_as(header, &request(others)))
    };
    let (typed, once) = (with(SOFTWARE.header(), json!({ "typ": "JWT" })), json!({ "jti": "1" }));
    server.accepts(send(&SOFTWARE, &typed, once.clone()));
    server.refuses(send(&SOFTWARE, &typed, once), METADATA, "jti: was used before");
    server.refuses(send(&SOFTWARE, &typed, json!({})), METADATA, "jti: must be there");
    let old = json!({ "jti": "2", "iat": NOW - 61 });
    server.refuses(send(&SOFTWARE, &typed, old), METADATA, "iat: is too long ago");
    assert!(send(&SOFTWARE, &SOFTWARE.header(), json!({ "jti": "3" })).is_err(), "no typ");
    let header = json!({ "alg": "RS256", "kid": "rsa", "typ": "JWT" });
    let other = send(&Key::new("RS256", "rsa"), &header, json!({ "jti": "4" }));
    assert!(other.is_err(), "an algorithm that the profile does not list");
}

/// A configuration brings keys to a profile and relaxes nothing.
///
/// Refuses: JOSE-003
#[test]
fn keys_of_a_configuration_relax_no_profile() {
    let keys = json!({ "keys": [SOFTWARE.public(), Key::new("RS256", "rsa").public()] });
    relaxes_nothing(json!({ "dcrSignatureValidationJwks": keys }));
}

/// The same for signers that have an entry of their own.
///
/// Refuses: JOSE-003
#[test]
fn entries_of_a_configuration_relax_no_profile() {
    let keys = json!({ "keys": [SOFTWARE.public(), Key::new("RS256", "rsa").public()] });
    relaxes_nothing(json!({ "dcrSsaValidationConfigs": [
        { "id": "a", "type": "DCR", "issuers": ["software"], "jwks": keys }
    ] }));
}

/// A secret that a profile names and the host has.
#[test]
fn a_profile_names_a_secret_and_the_host_has_it() {
    let text = r#"{ "dcr_profile": 1, "name": "secret", "extends": ["standard"],
        "request": { "media_types": { "application/jwt": "jws" },
            "jws": { "algs": ["HS256", "ES256"], "keys": [ { "from": "secret", "name": "requests" } ] } },
        "software_statement": { "issuers": [ { "iss": ["https://directory.example"],
            "jws": { "algs": ["HS256"], "keys": [ { "from": "secret", "name": "statements" } ] } } ] } }"#;
    let server = server_with(json!({}), |builder| {
        builder
            .profile(profile(text))
            .shared_secret("requests", SharedSecret::from("one".to_owned()))
            .shared_secret("statements", SharedSecret::from("other".to_owned()))
    });
    let signed = |statement: &str, request: &str| {
        let token = hmac("HS256", statement, &claims(json!({ "client_name": "Attested" })));
        server.register_signed(hmac(
            "HS256",
            request,
            &crate::support::request(json!({ "software_statement": token })),
        ))
    };
    assert_eq!(server.accepts(signed("other", "one"))["client_name"], "Attested");
    server.refuses(signed("one", "one"), INVALID, NOT_VERIFIED);
    server.refuses(signed("other", "other"), METADATA, REQUEST_NOT_VERIFIED);
    // A secret that nobody has, and sources that can have no key, are problems of the profile.
    for (source, problem) in [
        (
            r#"{ "from": "secret", "name": "statements" }"#,
            "names the shared secret `statements`, which nobody gave",
        ),
        (
            r#"{ "from": "x5c", "anchors": "community" }"#,
            "names the trust anchors `community`, which nobody gave",
        ),
        (r#"{ "from": "body_jwks" }"#, "has a key source that is not verified by this version"),
        (
            r#"{ "from": "uri", "uri": "https://directory.example/jwks" }"#,
            "has keys at a URL, and there is no resolver to fetch them",
        ),
    ] {
        let text = format!(
            r#"{{ "dcr_profile": 1, "name": "lacking", "extends": ["standard"],
                "software_statement": {{ "issuers": [ {{ "iss": ["https://directory.example"],
                    "jws": {{ "algs": ["ES256"], "keys": [ {source} ] }} }} ] }} }}"#
        );
        let built = Registrar::builder(config(json!({})), MemoryClientStore::default())
            .profile(profile(&text))
            .build();
        let problems = built.unwrap_err().problems;
        assert!(problems.len() == 1 && problems[0].message.contains(problem), "{problems:?}");
    }
}

/// The presets of regimes work as a whole: a signed request with a statement, under UK Open Banking.
///
/// SIG-003
#[test]
fn a_request_of_uk_open_banking() {
    let text = r#"{ "dcr_profile": 1, "name": "uk", "extends": ["uk-ob-3.3"],
        "access": { "create": { "tokens": [ { "kind": "open" } ] },
            "read": {}, "update": {}, "delete": {} } }"#;
    let server = server_with(json!({}), |builder| builder.profile(profile(text)));
    server.network.insert("https://keystore.directory.example/openbanking.jwks", DIRECTORY.set());
    let software = "4WrJtpvGVYGTmbPQhN3Wbx";
    let token = DIRECTORY.sign_as(
        &with(DIRECTORY.header(), json!({ "typ": "JWT" })),
        &json!({
            "iss": "OpenBanking Ltd", "iat": NOW, "jti": "7f3c9a2e-0d1b-4c5d-8e6f-0a1b2c3d4e5f",
            "software_id": software, "software_client_name": "Attested", "software_roles": ["AISP"],
            "software_redirect_uris": [REDIRECT, "https://app.example.org/other"],
            "software_jwks_endpoint": SOFTWARE_KEYS, "org_status": "Active",
            "software_client_uri": "https://app.example.org",
            "software_logo_uri": "https://app.example.org/logo",
        }),
    );
    let members = json!({
        "iss": software, "iat": NOW, "exp": NOW + 600, "aud": SERVER,
        "jti": "a3f1e0c4-5b2d-4f6a-9c8b-1d2e3f4a5b6c", "software_statement": token,
        "redirect_uris": [REDIRECT], "scope": "openid accounts", "software_id": software,
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code id_token"], "application_type": "web",
        "id_token_signed_response_alg": "PS256", "request_object_signing_alg": "PS256",
    });
    let answer = server.accepts(server.register_as("application/jose", SOFTWARE.sign(&members)));
    assert_eq!(answer["client_name"], "Attested");
    assert_eq!(answer["jwks_uri"], SOFTWARE_KEYS);
    assert_eq!(answer["software_statement"], token);
    assert_eq!(
        server.fetched(),
        ["https://keystore.directory.example/openbanking.jwks".to_owned(), SOFTWARE_KEYS.to_owned()]
    );
    let again = server.register_as("application/jose", SOFTWARE.sign(&members));
    server.refuses(again, METADATA, "jti: was used before");
    // In the name of another software.
    let fresh = json!({ "jti": "b3f1e0c4-5b2d-4f6a-9c8b-1d2e3f4a5b6c", "iss": "another" });
    let wire =
        server.refusal(server.register_as("application/jose", SOFTWARE.sign(&with(members.clone(), fresh))));
    assert!(wire.body.contains("iss: is not one of the values that are taken"), "{}", wire.body);
    let wider = json!({
        "jti": "c3f1e0c4-5b2d-4f6a-9c8b-1d2e3f4a5b6c", "redirect_uris": ["https://attacker.example/cb"],
    });
    let wire = server.refusal(server.register_as("application/jose", SOFTWARE.sign(&with(members, wider))));
    assert!(wire.body.contains(BEYOND), "{}", wire.body);
}

/// Objects are equal if they say the same, however they are written.
#[test]
fn objects_are_compared_by_what_they_say() {
    let server = listed(r#""jwks": { "from": { "statement": "software_jwks", "relation": "equals" } }"#);
    let key = with(SOFTWARE.set()["keys"][0].clone(), json!({ "zone": 1 }));
    let jwks = json!({ "keys": [key] });
    let request = with(presenting(statement(json!({ "software_jwks": jwks }))), json!({ "jwks": jwks }));
    let body = with(request, json!({ "redirect_uris": [REDIRECT] })).to_string();
    let reordered =
        body.replace(r#","zone":1"#, "").replace(r#""jwks":{"keys":[{"#, r#""jwks": { "keys": [{"zone": 1,"#);
    assert_ne!(reordered, body);
    server.accepts(server.register_text(reordered));
}
