//! What a dry run tells: sources, what was left out, and what is wrong at every stage.

use oauth_dcr::explain::{Outcome, Stage, Verdict};
use oauth_dcr::testing::run;
use oauth_dcr::{Explanation, RegisterRequest};
use serde_json::{Value, json};

use crate::keys::*;
use crate::support::*;

/// A profile with a statement, a signed request, a filter of claims, roles, and rules.
const PROFILE: &str = r#"{
    "dcr_profile": 1, "name": "explained", "extends": ["oidc"],
    "request": {
        "media_types": { "application/jwt": "jws" },
        "jws": { "algs": ["ES256"], "keys": [{ "from": "jwks", "jwks": "SOFTWARE" }],
                 "claims": { "required": ["jti"], "equals": { "aud": ["$as.issuer"] } } }
    },
    "software_statement": {
        "presence": "required", "merge": "override_known",
        "issuers": [{
            "iss": ["https://directory.example"],
            "jws": { "algs": ["ES256"], "keys": [{ "from": "jwks", "jwks": "DIRECTORY" }] },
            "allow_claims": ["client_name", "software_id", "org_name", "scope"],
            "allow_scopes": ["accounts"]
        }]
    },
    "metadata": {
        "client_name": { "max_length": 20 },
        "policy_uri": { "from": { "statement": "org_name", "relation": "fills" }, "kind": "string" },
        "token_endpoint_auth_method": { "default": "private_key_jwt", "one_of": ["private_key_jwt"] }
    },
    "rules": [{ "id": "named-clients-are-web", "when": { "member": "client_name", "present": true },
                "metadata": { "application_type": { "value": "web" } } }],
    "scope": { "always": ["accounts"], "excess": "adjust" }
}"#;

fn explained(server: &Server, media_type: &str, body: &str) -> Explanation {
    let request = RegisterRequest::from_body(body.as_bytes()).with_media_type(media_type);
    run(server.registrar.explain(request)).unwrap()
}

fn members() -> Value {
    json!({
        "jti": "1", "client_name": "Own", "application_type": "native", "favourite_colour": "blue",
        "client_secret": "canary", "token_endpoint_auth_method": "private_key_jwt", "tos_uri": "",
        "jwks_uri": "https://app.example.org/jwks",
        "software_statement": statement(json!({
            "client_name": "Attested", "org_name": "Org", "scope": "accounts payments", "logo_uri": "https://x.example",
        })),
    })
}

#[test]
fn every_value_has_its_source_and_every_loss_its_reason() {
    let server = profile_server(PROFILE);
    let explanation = explained(&server, "application/jwt", &SOFTWARE.sign(&request(members())));
    assert_eq!(explanation.verdict, Verdict::Accepted, "{explanation}");
    assert_eq!(
        explanation.to_string(),
        r#"accepted under profile explained
stages
  access    passed
  statement passed
  request   passed
  metadata  passed
  store     not judged: nothing is consumed, issued or stored
members
  redirect_uris = ["https://app.example.org/cb"] (from the request)
  client_name = "Attested" (from the statement of https://directory.example; asked for "Own")
  application_type = "web" (by the rule named-clients-are-web; asked for "native")
  token_endpoint_auth_method = "private_key_jwt" (from the request)
  jwks_uri = "https://app.example.org/jwks" (from the request)
  software_id = "s6BhdRkqt3" (from the statement of https://directory.example)
  scope = "accounts" (from the statement of https://directory.example)
  policy_uri = "Org" (from the statement of https://directory.example)
  grant_types = ["authorization_code"] (by default)
  id_token_signed_response_alg = "RS256" (by default)
  subject_type = "public" (by default)
  response_types = ["code"] (by the rule code-response-default)
left out
  logo_uri of the statement: not among the claims that its issuer may make
  scope payments of the statement: not among the scopes that its issuer may grant
  tos_uri: null or empty, which is left out
  favourite_colour: unknown member
  client_secret: set by the server
  software_statement: set by the server
rules
  code-response-default
  named-clients-are-web
"#
    );
    let printed = serde_json::to_value(&explanation).unwrap();
    assert_eq!(printed["verdict"], "accepted");
    assert_eq!(
        printed["members"][1],
        json!({
            "name": "client_name", "value": "Attested", "origin": "statement", "issuer": ISSUER, "asked": "Own",
        })
    );
    assert_eq!(printed["stages"][4]["outcome"], "skipped");
    server.is_untouched();
}

/// The statement is forged, the request is badly signed and lacks a claim, and the metadata is wrong as well.
#[test]
fn a_refusal_hides_no_other() {
    let server = profile_server(PROFILE);
    let wrong = with(
        members(),
        json!({
            "jti": null, "software_statement": FORGER.sign(&claims(json!({ "client_name": "Forged" }))),
            "redirect_uris": ["http://app.example.org/cb"], "token_endpoint_auth_method": "none",
            "sector_identifier_uri": "https://app.example.org/sector",
        }),
    );
    let explanation = explained(&server, "application/jwt", &FORGER.sign(&request(wrong.clone())));
    assert_eq!(explanation.verdict, Verdict::Refused);
    let faults: Vec<String> =
        explanation.faults.iter().map(|fault| format!("{} {}", fault.stage, fault.violation)).collect();
    assert_eq!(
        faults,
        [
            &format!("statement {NOT_VERIFIED}"),
            &format!("request {REQUEST_NOT_VERIFIED}"),
            "request jti: must be there",
            "metadata redirect_uris[0]: must use https",
            "metadata token_endpoint_auth_method: must be one of private_key_jwt",
        ]
    );
    let answer = explanation.answer.as_ref().unwrap();
    assert_eq!((answer.status, answer.error.as_ref().unwrap().as_str()), (400, INVALID));
    assert_eq!(explanation.member("client_name").unwrap().value, "Own");
    assert_eq!(explanation.outcome(Stage::Metadata), Some(Outcome::Failed));
    assert_eq!(explanation.outcome(Stage::Evidence), None);
    let reason = "nothing is fetched before all else was found good";
    assert_eq!(explanation.outcome(Stage::Sector), Some(Outcome::Skipped { reason }));
    // Plain JSON where a signature is needed is judged as asked, too.
    let explanation = explained(&server, "application/json", &request(wrong).to_string());
    assert_eq!(
        explanation.faults[0].violation.to_string(),
        "the body must be a signed request: send application/jwt"
    );
    assert_eq!(explanation.faults.last().unwrap().violation.field, "token_endpoint_auth_method");
    server.is_untouched();
    // What is nothing at all cannot be judged.
    let nothing = RegisterRequest::from_body(b"nothing").with_media_type("application/json");
    assert_eq!(server.refusal(run(server.registrar.explain(nothing))).status, 400);
}

#[test]
fn a_caller_without_a_token_is_told_what_else_is_wrong() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "closed", "extends": ["oidc"],
             "access": { "create": { "tokens": [{ "kind": "client_credentials" }], "mtls": "required" } } }"#,
    );
    let explanation = server.explain(&json!({ "redirect_uris": ["https://app.example.org/cb#x"] })).unwrap();
    let faults: Vec<String> =
        explanation.faults.iter().map(|fault| format!("{} {}", fault.stage, fault.violation)).collect();
    assert_eq!(
        faults,
        [
            "access no credentials were presented",
            "access a client certificate is needed",
            "metadata redirect_uris[0]: must not have a fragment",
        ]
    );
    let answer = explanation.answer.as_ref().unwrap();
    assert_eq!((answer.status, &answer.error), (401, &None));
}

/// A client that sent a private key is refused, and its key is not shown around.
#[test]
fn private_keys_are_not_explained() {
    let server = server(json!({}));
    let key = json!({ "kty": "EC", "crv": "P-256", "kid": "1", "x": "x", "y": "y", "d": "canary" });
    let explanation = server
        .explain(&json!({
            "redirect_uris": [REDIRECT], "jwks": { "keys": [key] }, "client_name": "\u{9b}31m",
        }))
        .unwrap();
    let printed = serde_json::to_string(&explanation).unwrap();
    assert!(!printed.contains("canary") && !explanation.to_string().contains("canary"), "{explanation}");
    assert!(printed.contains("[redacted]"), "{printed}");
    assert!(!explanation.to_string().contains('\u{9b}'));
}

/// Claims that do not reach the metadata are told, each with its reason; those of every token are not.
#[test]
fn claims_that_do_not_count_are_told() {
    let attested = json!({
        "client_name": "Attested", "sector_identifier_uri": "https://sector.example", "tier": "gold",
        "client_id": "attested", "jwks_uri": "https://attested.example/jwks", "org_name": "Org",
    });
    let own = json!({
        "client_name": "Own", "jwks_uri": "https://own.example/jwks", "jwks": { "keys": [] },
        "software_statement": statement(attested),
    });
    let server_set =
        ["client_id of the statement: set by the server", "software_statement: set by the server"];
    let foreign = [
        "sector_identifier_uri of the statement: not a member of this profile",
        "tier of the statement: not a member of this profile",
    ];
    let unused = |name: &str| format!("{name} of the statement: a claim of which this profile makes no use");
    for (merge, name, others) in [
        ("override_known", "Attested", vec!["jwks: excluded by what the statement says".to_owned()]),
        ("listed", "Own", vec![unused("client_name"), unused("jwks_uri"), unused("software_id")]),
    ] {
        let server = profile_server(&format!(
            r#"{{ "dcr_profile": 1, "name": "test", "extends": ["rfc7591"],
                "software_statement": {{
                    "merge": "{merge}",
                    "issuers": [{{ "iss": ["{ISSUER}"],
                        "jws": {{ "algs": ["ES256"], "keys": [{{ "from": "jwks", "jwks": "DIRECTORY" }}] }} }}]
                }},
                "metadata": {{ "policy_uri": {{ "kind": "string", "from": {{ "statement": "org_name" }} }} }},
                "keys": {{ "may_be_empty": true }} }}"#
        ));
        let explanation = server.explain(&with(request(json!({})), own.clone())).unwrap();
        let printed = explanation.to_string();
        let left_out = printed.lines().skip_while(|line| *line != "left out").skip(1);
        let mut told: Vec<&str> = left_out.take_while(|line| line.starts_with("  ")).map(str::trim).collect();
        told.retain(|line| line.contains("statement"));
        told.sort_unstable();
        let mut expected: Vec<&str> = server_set.into_iter().chain(foreign).collect();
        expected.extend(others.iter().map(String::as_str));
        expected.sort_unstable();
        assert_eq!(told, expected, "{merge}");
        assert_eq!(explanation.member("client_name").unwrap().value, name, "{merge}");
        assert_eq!(explanation.member("sector_identifier_uri"), None, "{merge}");
    }
}
