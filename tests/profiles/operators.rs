//! What the operators of a profile do to a member, what is told when they refuse, and what an explanation says of it.

use oauth_dcr::testing::run;
use oauth_dcr::{Explanation, MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig};
use serde_json::{Value, json};

/// What becomes of a request under RFC 7591 and these parts of a profile.
#[track_caller]
fn explained(parts: &Value, members: &Value) -> Explanation {
    let body = body(members);
    run(registrar(parts).explain(RegisterRequest::from_body(body.as_bytes()))).unwrap()
}

/// The description of the refusal of a request.
#[track_caller]
fn refused(parts: &Value, members: &Value) -> String {
    let (registrar, body) = (registrar(parts), body(members));
    let error = run(registrar.register(RegisterRequest::from_body(body.as_bytes()))).unwrap_err();
    let answer: Value = serde_json::from_str(&registrar.wire_error(&error).body).unwrap();
    answer["error_description"].as_str().unwrap().to_owned()
}

#[track_caller]
fn registrar(parts: &Value) -> Registrar {
    let mut profile = json!({ "dcr_profile": 1, "name": "operators", "extends": ["rfc7591"] });
    profile.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    let profile: Profile = serde_json::from_value(profile).unwrap();
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    Registrar::builder(config, MemoryClientStore::default()).profile(profile).build().unwrap()
}

fn body(members: &Value) -> String {
    let mut body = json!({ "redirect_uris": ["https://client.example/cb"] });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body.to_string()
}

fn faults(explanation: &Explanation) -> Vec<String> {
    explanation.faults.iter().map(|fault| fault.violation.to_string()).collect()
}

/// The lines of the printed explanation under a heading.
fn section(explanation: &Explanation, heading: &str) -> Vec<String> {
    let printed = explanation.to_string();
    let lines = printed.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

/// The line of the printed explanation about a member.
fn line(explanation: &Explanation, member: &str) -> Option<String> {
    let start = format!("{member} = ");
    section(explanation, "members").into_iter().find_map(|line| Some(line.strip_prefix(&start)?.to_owned()))
}

/// A value is brought within what is allowed, and the explanation says who did it.
#[test]
fn values_are_adjusted() {
    for (member, operators, sent, kept) in [
        ("software_id", json!({ "one_of": ["a", "b"] }), json!("c"), Some(json!("a"))),
        ("software_id", json!({ "one_of": ["a", "b"], "default": "b" }), json!("c"), Some(json!("b"))),
        ("contacts", json!({ "subset_of": ["a", "b"] }), json!(["c", "b", "a"]), Some(json!(["b", "a"]))),
        ("contacts", json!({ "subset_of": ["a", "b"] }), json!(["c"]), Some(json!([]))),
        ("contacts", json!({ "none_of": ["c"] }), json!(["c", "b"]), Some(json!(["b"]))),
        ("scope", json!({ "subset_of": ["a", "b"] }), json!("b c a"), Some(json!("b a"))),
        // No words are no text.
        ("scope", json!({ "subset_of": ["a", "b"] }), json!("c"), None),
    ] {
        let mut adjusting = operators.clone();
        adjusting["on_mismatch"] = "adjust".into();
        let parts = json!({ "metadata": { member: adjusting } });
        let explanation = explained(&parts, &json!({ member: sent }));
        assert_eq!(faults(&explanation), [""; 0], "{operators}");
        let expected =
            kept.as_ref().map(|kept| format!("{kept} (by the rule on_mismatch; asked for {sent})"));
        assert_eq!(line(&explanation, member), expected, "{operators}");
        // What is allowed is left as it was sent.
        if let Some(kept) = kept {
            let explanation = explained(&parts, &json!({ member: kept }));
            assert_eq!(line(&explanation, member), Some(format!("{kept} (from the request)")), "{operators}");
        }
        // Without it they are refused.
        let explanation = explained(&json!({ "metadata": { member: operators } }), &json!({ member: sent }));
        assert_eq!(explanation.faults.len(), 1, "{operators}");
    }
}

/// A message is for people: it has at most a dozen values.
#[test]
fn a_refusal_lists_a_dozen_values() {
    let dozen: Vec<String> = (1..=12).map(|number| format!("v{number}")).collect();
    let refused = |values: &[String]| {
        let parts = json!({ "metadata": { "software_id": { "one_of": values } } });
        faults(&explained(&parts, &json!({ "software_id": "other" })))
    };
    let listed = format!("software_id: must be one of {}", dozen.join(", "));
    assert_eq!(refused(&dozen), [&*listed]);
    let more = [&dozen[..], &["v13".to_owned()]].concat();
    assert_eq!(refused(&more), [format!("{listed}, ...")]);
}

/// What was refused is not "missing" as well, and what is missing beside it is told.
#[test]
fn refused_scopes_are_not_missing() {
    let parts = json!({
        "scope": { "always": ["a"] },
        "metadata": { "scope": { "presence": "required" }, "client_name": { "presence": "required" } },
    });
    let explanation = explained(&parts, &json!({ "scope": "b" }));
    assert_eq!(faults(&explanation), ["scope: must not ask for b", "client_name: must be given"]);
    assert_eq!(
        faults(&explained(&parts, &json!({ "client_name": "App" }))),
        ["scope: must be given"],
        "nothing was refused"
    );
}

/// A rule has fired if it was applied: not if its cause was gone when its turn came, or came later.
#[test]
fn rules_fire_in_their_turn() {
    let parts = json!({
        "rules": [
            { "id": "named-have-a-page", "when": { "member": "client_name", "present": true },
              "metadata": { "client_uri": { "presence": "required" } } },
            { "id": "versions-have-contacts", "when": { "member": "software_version", "present": true },
              "metadata": { "contacts": { "default": ["ops@client.example"] } } },
            { "id": "software-has-a-version-and-no-name", "when": { "member": "software_id", "present": true },
              "metadata": { "software_version": { "value": "1" }, "client_name": { "value": null } } },
        ],
    });
    let explanation = explained(&parts, &json!({ "software_id": "s", "client_name": "App" }));
    assert_eq!(faults(&explanation), [""; 0]);
    let fired: Vec<&str> = explanation.fired().collect();
    assert_eq!(fired, ["code-response-default", "software-has-a-version-and-no-name"]);
    assert_eq!(line(&explanation, "contacts"), None);
    assert_eq!(
        section(&explanation, "left out"),
        ["client_name: taken out by the profile (software-has-a-version-and-no-name)"]
    );
}

/// Names that a profile keeps although it does not know them are plain ones with a value.
#[test]
fn unknown_names_are_kept_if_they_are_plain() {
    let members = json!({
        "favourite_colour": "blue", "https://client.example/tier": 1, "nothing": null, "a b": 1,
        "constructor": 1, "iss": "https://client.example",
    });
    let explanation = explained(&json!({ "unknown_members": "keep" }), &members);
    assert_eq!(line(&explanation, "favourite_colour").as_deref(), Some("\"blue\" (from the request)"));
    assert_eq!(line(&explanation, "https://client.example/tier").as_deref(), Some("1 (from the request)"));
    let reason = "null, or a name that is not kept";
    assert_eq!(
        section(&explanation, "left out"),
        [format!("nothing: {reason}"), format!("a b: {reason}"), format!("constructor: {reason}")],
        "a signed request has claims of its own, which are not told"
    );
}

/// Why a member that this server knows is left out.
#[test]
fn known_members_are_left_out_for_a_reason() {
    let parts = json!({ "metadata": { "logo_uri": { "presence": "ignored" } } });
    let members = json!({
        "logo_uri": "https://client.example/l", "client_id": "mine", "access_token_lifetime": 5,
        "sector_identifier_uri": "https://client.example/s",
    });
    let mut told = section(&explained(&parts, &members), "left out");
    told.sort();
    assert_eq!(
        told,
        [
            "access_token_lifetime: set by the host alone",
            "client_id: set by the server",
            "logo_uri: ignored by this profile",
            "sector_identifier_uri: not a member of this profile",
        ]
    );
}

/// A fault of a member of the body that is no metadata ends the matter if it has an answer of its own, and is told
/// with the others if it has none.
#[test]
fn faults_of_the_envelope_come_first_if_they_have_their_own_answer() {
    let envelope = |error: Option<&str>| {
        json!({
            "request": { "envelope": { "ticket": { "kind": "int", "error": error } } },
            "errors": { "bad_ticket": { "error": "invalid_ticket", "status": 400 } },
            "metadata": { "client_name": { "presence": "required" } },
        })
    };
    let wrong = json!({ "ticket": "none" });
    let (ticket, name) = ("ticket: must be an integer and not a string", "client_name: must be given");
    assert_eq!(refused(&envelope(Some("bad_ticket")), &wrong), ticket);
    assert_eq!(refused(&envelope(None), &wrong), format!("{ticket}; {name}"));
    // That of metadata is none of these.
    let redirect = "redirect_uris: must be an array of strings, each an absolute URI and not a number";
    let wrong = json!({ "redirect_uris": 5 });
    assert_eq!(refused(&envelope(Some("bad_ticket")), &wrong), format!("{redirect}; {name}"));
}

/// A list of what the client can do means nothing for a member that the profile does not have.
#[test]
fn choices_of_unknown_members_are_not_judged() {
    let members =
        json!({ "id_token_signing_alg_values_supported": "RS256", "subject_types_supported": ["odd"] });
    let explanation =
        explained(&json!({ "metadata": { "subject_type": { "one_of": ["public"] } } }), &members);
    assert_eq!(
        faults(&explanation),
        ["subject_types_supported: has no value that this server supports: public"]
    );
    assert_eq!(
        section(&explanation, "left out"),
        ["id_token_signing_alg_values_supported: not a member of this profile"]
    );
}

/// A server with scopes of its own, and a profile that says who gets which.
fn registrar_with_scopes(mut policy: Value) -> Registrar {
    policy["roles"] = json!({ "claim": "roles" });
    let profile = json!({ "dcr_profile": 1, "name": "scopes", "extends": ["rfc7591"], "scope": policy });
    let config = json!({
        "registrationEndpoint": "https://op.example.com/register", "dynamicRegistrationEnabled": true,
        "dynamicRegistrationScopesParamEnabled": true, "scopes": ["a", "b", "c"],
    });
    let config: RegistrarConfig = serde_json::from_value(config).unwrap();
    let profile: Profile = serde_json::from_value(profile).unwrap();
    Registrar::builder(config, MemoryClientStore::default()).profile(profile).build().unwrap()
}

/// Scopes that a client does not get are told: those that nobody gets, and those that others get.
#[test]
fn lost_scopes_are_told_with_their_reason() {
    for (policy, asked, kept, told) in [
        (
            json!({ "always": ["a"], "excess": "adjust" }),
            "b a x",
            Some("a"),
            &["scope x: no scope of this server", "scope b: not allowed to this client"][..],
        ),
        (json!({ "always": ["a"], "excess": "adjust" }), "a", Some("a"), &[]),
        (json!({ "always": ["a"], "excess": "adjust" }), "b", None, &["scope b: not allowed to this client"]),
        // What the server does not have goes without a fault, whatever is said of the rest.
        (
            json!({ "always": ["a", "x"], "supported_only": true, "excess": "reject" }),
            "x a",
            Some("a"),
            &["scope x: no scope of this server"],
        ),
    ] {
        let body = body(&json!({ "scope": asked }));
        let request = RegisterRequest::from_body(body.as_bytes());
        let explanation = run(registrar_with_scopes(policy.clone()).explain(request)).unwrap();
        let scope = explanation.member("scope").map(|scope| scope.value.clone());
        assert_eq!((faults(&explanation), scope), (vec![], kept.map(Value::from)), "{policy}, {asked}");
        assert_eq!(section(&explanation, "left out"), told, "{policy}, {asked}");
    }
}

/// Discovery lists each scope once that somebody can be granted, in order, and none where nothing bounds them.
#[test]
fn discovery_lists_the_scopes_that_can_be_granted() {
    let policy = json!({ "always": ["b", "a"], "roles": { "claim": "roles" }, "map": { "R": ["c", "a"] } });
    let parts = json!({ "scope": policy });
    assert_eq!(registrar(&parts).discovery()["scopes_supported"], json!(["a", "b", "c"]));
    assert_eq!(registrar(&json!({})).discovery().get("scopes_supported"), None);
}

/// A profile may write words as a list.
#[test]
fn words_of_a_profile_may_be_listed() {
    let parts =
        json!({ "metadata": { "scope": { "default": ["openid", "profile"] }, "contacts": { "value": [] } } });
    let explanation = explained(&parts, &json!({}));
    assert_eq!(line(&explanation, "scope").as_deref(), Some("\"openid profile\" (by default)"));
    assert_eq!(line(&explanation, "contacts").as_deref(), Some("[] (by default)"));
}
