//! What is known beforehand is what would be found.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use super::super::vectors::{members_sent, read};
use super::*;
use crate::certificate::ClientCertificate;
use crate::profile::Profile;

/// The profile with and without its baseline, and the members that its vectors send.
struct Subject {
    name: &'static str,
    known: Policy,
    unknown: Policy,
    members: Vec<(String, Value)>,
}

fn subjects() -> Vec<Subject> {
    let compiled = |name| {
        let profile = Profile::preset(name).unwrap().compose().unwrap();
        Policy::compile(&profile, None).unwrap()
    };
    let members = members_sent();
    let subject = |name| {
        let (known, mut unknown) = (compiled(name), compiled(name));
        unknown.baseline = None;
        let known_member = |(name, _): &&(String, Value)| known.field_named(name).is_some();
        let members = members.iter().filter(known_member).cloned().collect();
        Subject { name, known, unknown, members }
    };
    Profile::presets().map(subject).collect()
}

/// What is wrong with a body, and what is made of it in any case.
fn judged(policy: &Policy, body: &str) -> (Vec<String>, String) {
    judged_with(policy, body, &NOTHING)
}

fn judged_with(policy: &Policy, body: &str, facts: &Facts<'_>) -> (Vec<String>, String) {
    let mut document = read(body);
    let faults = policy.apply(&mut document, facts, None);
    (faults.iter().map(ToString::to_string).collect(), document.to_json_text())
}

#[test]
fn what_is_known_beforehand_is_what_would_be_found() {
    let subjects = subjects();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6000) };
    let requests = (any::<Index>(), any::<bool>(), proptest::collection::vec(any::<Index>(), 0..6));
    let taken = Cell::new(0);
    proptest::test_runner::TestRunner::new(config)
        .run(&requests, |(subject, redirects, members)| {
            let subject = subject.get(&subjects);
            let mut body: Map<String, Value> =
                members.iter().map(|member| member.get(&subject.members).clone()).collect();
            if redirects {
                body.insert("redirect_uris".to_owned(), json!(["https://app.example.org/cb"]));
            }
            let body = Value::Object(body).to_string();
            let known = judged(&subject.known, &body);
            taken.set(taken.get() + usize::from(known.0.is_empty()));
            prop_assert_eq!(known, judged(&subject.unknown, &body), "{}: {}", subject.name, body);
            Ok(())
        })
        .unwrap();
    assert!(taken.get() > 500, "{} were taken", taken.get());
}

/// What a profile or a rule may say of one of three members, all of them texts.
fn demand() -> impl Strategy<Value = (String, Value)> {
    let word = || proptest::sample::select(vec!["x", "y", "z"]);
    let operator = prop_oneof![
        2 => Just(json!({ "default": null })),
        2 => word().prop_map(|word| json!({ "default": word })),
        1 => word().prop_map(|word| json!({ "value": word })),
        1 => Just(json!({ "value": null })),
        1 => proptest::sample::select(vec!["required", "forbidden", "ignored"])
            .prop_map(|presence| json!({ "presence": presence })),
        3 => (proptest::collection::vec(word(), 1..3), any::<bool>()).prop_map(|(words, adjust)| {
            let mismatch = if adjust { "adjust" } else { "reject" };
            json!({ "one_of": words, "on_mismatch": mismatch })
        }),
        1 => word().prop_map(|word| json!({ "none_of": [word] })),
    ];
    (member(), operator)
}

fn member() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["a", "b", "c"]).prop_map(str::to_owned)
}

fn condition() -> impl Strategy<Value = Value> {
    let test = prop_oneof![
        any::<bool>().prop_map(|present| json!({ "present": present })),
        proptest::sample::select(vec!["x", "y", "z"]).prop_map(|word| json!({ "equals": word })),
    ];
    (member(), test, any::<bool>()).prop_map(|(member, mut test, is_negated)| {
        test["member"] = json!(member);
        if is_negated { json!({ "not": test }) } else { test }
    })
}

#[test]
fn what_is_known_beforehand_of_any_profile_is_what_would_be_found() {
    let demands = |least, most| proptest::collection::vec(demand(), least..most);
    let rules = proptest::collection::vec((condition(), demands(1, 3)), 2..7);
    let words = proptest::collection::btree_map(member(), proptest::sample::select(vec!["x", "y"]), 1..3);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) };
    let taken = Cell::new(0);
    proptest::test_runner::TestRunner::new(config)
        .run(&(demands(0, 4), rules, words), |(demands, rules, words)| {
            let text = json!({ "kind": "string", "default": "x" });
            let mut metadata: Map<String, Value> =
                ["a", "b", "c"].map(|name| (name.to_owned(), text.clone())).into_iter().collect();
            for (name, demand) in demands {
                let own = metadata[&name].as_object_mut().unwrap();
                own.extend(demand.as_object().unwrap().clone());
            }
            let rules: Vec<Value> = rules
                .into_iter()
                .enumerate()
                .map(|(place, (when, demands))| {
                    let metadata: Map<String, Value> = demands.into_iter().collect();
                    json!({ "id": format!("rule-{place}"), "when": when, "metadata": metadata })
                })
                .collect();
            let parts = json!({ "metadata": metadata, "rules": rules });
            let Some(known) = compiled(parts.clone()) else { return Ok(()) };
            let mut unknown = compiled(parts.clone()).unwrap();
            unknown.baseline = None;
            let body = json!(words).to_string();
            taken.set(taken.get() + 1);
            prop_assert_eq!(judged(&known, &body), judged(&unknown, &body), "{} under {}", body, parts);
            Ok(())
        })
        .unwrap();
    assert!(taken.get() > 10_000, "{} profiles could be compiled", taken.get());
}

/// A profile of these parts, if nothing is wrong with it.
fn compiled(mut parts: Value) -> Option<Policy> {
    parts["dcr_profile"] = json!(1);
    parts["name"] = json!("own");
    let profile: Profile = serde_json::from_value(parts).unwrap();
    Policy::compile(&profile.compose().ok()?, None).ok()
}

/// A profile of these parts.
fn policy_of(parts: Value) -> Policy {
    compiled(parts).unwrap()
}

/// No preset refuses a default of its own, or demands something of a member because of another one that was sent.
#[test]
fn a_default_is_judged_where_somebody_demands_something_of_it() {
    let policy = policy_of(json!({
        "metadata": {
            "client_name": {},
            "logo_uri": {},
            "subject_type": { "default": "public" },
            "application_type": { "default": "web" }
        },
        "rules": [
            {
                "id": "unnamed",
                "when": { "member": "logo_uri", "present": false },
                "metadata": { "subject_type": { "one_of": ["pairwise"] } }
            },
            {
                "id": "named",
                "when": { "member": "client_name", "present": true },
                "metadata": { "application_type": { "one_of": ["native"] } }
            }
        ]
    }));
    let subject = "subject_type: must be one of pairwise";
    let both = [subject, "application_type: must be one of native"];
    assert_eq!(judged(&policy, "{}").0, [subject]);
    assert_eq!(judged(&policy, r#"{"client_name":"x"}"#).0, both);
}

/// Nobody sends the members that these rules adjust.
#[test]
fn a_default_is_adjusted_where_somebody_demands_another_one() {
    let adjusted = |value| json!({ "one_of": [value], "on_mismatch": "adjust" });
    let policy = policy_of(json!({
        "metadata": {
            "client_name": {},
            "logo_uri": {},
            "subject_type": { "default": "public" },
            "application_type": { "default": "web" }
        },
        "rules": [
            {
                "id": "unillustrated",
                "when": { "member": "logo_uri", "present": false },
                "metadata": { "subject_type": adjusted("pairwise") }
            },
            {
                "id": "named",
                "when": { "member": "client_name", "present": true },
                "metadata": { "application_type": adjusted("native") }
            }
        ]
    }));
    let registered = |body| {
        let (faults, document) = judged(&policy, body);
        assert_eq!(faults, [""; 0], "{body}");
        let document: Value = serde_json::from_str(&document).unwrap();
        (document["subject_type"].clone(), document["application_type"].clone())
    };
    assert_eq!(registered("{}"), (json!("pairwise"), json!("web")));
    assert_eq!(registered(r#"{"client_name":"x"}"#), (json!("pairwise"), json!("native")));
    let illustrated = r#"{"logo_uri":"https://app.example.org/logo"}"#;
    assert_eq!(registered(illustrated), (json!("public"), json!("web")));
}

/// Whatever a rule does to a default, a later one is asked what it makes of it, although nobody sent the member.
#[test]
fn a_rule_follows_from_what_another_changed() {
    let changes = [
        (json!({ "presence": "forbidden" }), json!({ "present": false }), vec![FORBIDDEN]),
        (json!({ "presence": "ignored" }), json!({ "present": false }), vec![]),
        (json!({ "value": ["implicit"] }), json!({ "contains": "implicit" }), vec![]),
        (json!({ "add": ["implicit"] }), json!({ "contains": "implicit" }), vec![]),
    ];
    for (change, mut when, faults) in changes {
        when["member"] = json!("grant_types");
        let policy = policy_of(json!({
            "metadata": {
                "client_name": {},
                "subject_type": {},
                "grant_types": { "default": ["authorization_code"] }
            },
            "rules": [
                {
                    "id": "named",
                    "when": { "member": "client_name", "present": true },
                    "metadata": { "grant_types": change }
                },
                { "id": "follows", "when": when, "metadata": { "subject_type": { "value": "pairwise" } } }
            ]
        }));
        let changed = judged(&policy, r#"{"client_name":"x"}"#);
        assert_eq!(changed.0, faults, "{when}");
        assert!(changed.1.contains(r#""subject_type":"pairwise""#), "{when}: {}", changed.1);
        let left_alone = r#"{"grant_types":["authorization_code"]}"#;
        assert_eq!(judged(&policy, "{}"), (vec![], left_alone.to_owned()), "{when}");
    }
}

const FORBIDDEN: &str = "grant_types: must not be given";

#[test]
fn a_rule_looks_at_what_came_with_the_request() {
    let policy = policy_of(json!({
        "metadata": { "subject_type": {} },
        "rules": [
            {
                "id": "attested",
                "when": { "statement": "org_id", "present": true },
                "metadata": { "subject_type": { "value": "pairwise" } }
            },
            {
                "id": "certified",
                "when": { "cert": "subject.O", "present": true },
                "metadata": { "subject_type": { "value": "public" } }
            }
        ]
    }));
    let (claims, certificate) = (read(r#"{"org_id":"x"}"#), ClientCertificate::new("O=x"));
    let certificate = certificate.with_attribute("subject.O", "x");
    let attested = Facts { statement: Some(&claims), ..NOTHING };
    let certified = Facts { certificate: Some(&certificate), ..NOTHING };
    let registered = |facts| judged_with(&policy, "{}", facts);
    assert_eq!(registered(&NOTHING), (vec![], "{}".to_owned()));
    assert_eq!(registered(&attested), (vec![], r#"{"subject_type":"pairwise"}"#.to_owned()));
    assert_eq!(registered(&certified), (vec![], r#"{"subject_type":"public"}"#.to_owned()));
}

#[test]
fn a_rule_follows_from_what_was_inferred() {
    let policy = policy_of(json!({
        "redirect_uris": { "infer_native": true, "private_use_schemes": true },
        "metadata": {
            "redirect_uris": {},
            "application_type": { "default": "web" },
            "subject_type": {}
        },
        "rules": [{
            "id": "native",
            "when": { "member": "application_type", "equals": "native" },
            "metadata": { "subject_type": { "value": "pairwise" } }
        }]
    }));
    let subject_of = |uri: &str| {
        let document = judged(&policy, &json!({ "redirect_uris": [uri] }).to_string()).1;
        serde_json::from_str::<Value>(&document).unwrap()["subject_type"].clone()
    };
    assert_eq!(subject_of("org.example.app:/cb"), json!("pairwise"));
    assert_eq!(subject_of("https://app.example.org/cb"), Value::Null);
}

/// The redirection URIs of the profile are those of a native app, and nobody who has others is taken for one.
#[test]
fn what_is_inferred_from_a_default_is_not_inferred_of_what_is_sent_instead() {
    let policy = policy_of(json!({
        "redirect_uris": { "infer_native": true, "private_use_schemes": true },
        "metadata": {
            "redirect_uris": { "default": ["org.example.app:/cb"] },
            "application_type": { "default": "web" },
            "subject_type": {}
        },
        "rules": [{
            "id": "native",
            "when": { "member": "application_type", "equals": "native" },
            "metadata": { "subject_type": { "value": "pairwise" } }
        }]
    }));
    let registered = |body| serde_json::from_str::<Value>(&judged(&policy, body).1).unwrap();
    assert_eq!(registered("{}")["subject_type"], "pairwise");
    let web = registered(r#"{"redirect_uris":["https://app.example.org/cb"]}"#);
    assert_eq!((&web["application_type"], web.get("subject_type")), (&json!("web"), None));
}

#[test]
fn what_one_rule_adjusts_is_judged_by_the_next() {
    let policy = policy_of(json!({
        "metadata": { "client_name": {}, "logo_uri": {}, "subject_type": { "default": "public" } },
        "rules": [
            {
                "id": "named",
                "when": { "member": "client_name", "present": true },
                "metadata": { "subject_type": { "one_of": ["pairwise"], "on_mismatch": "adjust" } }
            },
            {
                "id": "unillustrated",
                "when": { "member": "logo_uri", "present": false },
                "metadata": { "subject_type": { "one_of": ["public"] } }
            }
        ]
    }));
    assert_eq!(judged(&policy, "{}").0, [""; 0]);
    assert_eq!(judged(&policy, r#"{"client_name":"x"}"#).0, ["subject_type: must be one of public"]);
}
