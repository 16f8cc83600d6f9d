//! What no vector shows, noted a second time.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Witnesses, path};
use crate::profile::Profile;

/// What surrounds the metadata, written a second time: who may call, whose keys verify what, what lives how long and
/// what is answered. How each of these works is tested once, for all profiles; this is what each of them says.
#[test]
fn every_preset_says_what_is_noted_of_it() {
    let facts = Witnesses::read().facts;
    for name in Profile::presets() {
        let profile = Profile::preset(name).unwrap().compose().unwrap();
        for (part, said) in surroundings(&serde_json::to_value(&profile).unwrap()) {
            let noted = &facts[name][&part];
            assert_eq!(
                &said, noted,
                "{name}: {part} changed; if it was meant to, change tests/data/preset_facts.json as well"
            );
        }
    }
}

/// The parts of a composed profile that neither metadata nor the claims of a JWT show.
pub(super) fn surroundings(profile: &Value) -> BTreeMap<String, Value> {
    let mut request = profile["request"].clone();
    if let Some(request) = request.as_object_mut() {
        request.remove("envelope");
        request.get_mut("jws").map(leave_replay);
    }
    let mut lifecycle = profile["lifecycle"].clone();
    if let Some(lifecycle) = lifecycle.as_object_mut() {
        lifecycle.remove("cancel_when");
    }
    let mut statement = profile["software_statement"].clone();
    let issuers = statement.as_object_mut().and_then(|statement| statement.remove("issuers"));
    let issuers = issuers.as_ref().and_then(Value::as_array).into_iter().flatten();
    let mut issuers: Vec<Value> = issuers.map(|issuer| issuer["jws"].clone()).collect();
    issuers.iter_mut().for_each(leave_replay);
    let parts = [
        ("request", request),
        ("statement", statement),
        ("issuers", Value::from(issuers)),
        ("access", profile["access"].clone()),
        ("lifecycle", lifecycle),
        ("response", profile["response"].clone()),
        ("hooks", profile["hooks"].clone()),
        ("errors", profile["errors"].clone()),
        ("keys", profile["keys"].clone()),
    ];
    parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Of what a profile says of claims, whether a `jti` is good once is not in the claims.
fn leave_replay(jws: &mut Value) {
    if let Some(claims) = jws.get_mut("claims").and_then(Value::as_object_mut) {
        claims.retain(|name, _| name == "replay");
    }
}

/// Prints what the presets say of their surroundings, for `tests/data/preset_facts.json`.
#[test]
#[ignore = "scripts/mutate-presets --facts"]
fn note_facts() {
    let mut facts = Map::new();
    for name in Profile::presets() {
        let profile = Profile::preset(name).unwrap().compose().unwrap();
        let said = surroundings(&serde_json::to_value(&profile).unwrap());
        facts.insert(name.to_owned(), json!(said));
    }
    let lines: Vec<String> = facts.iter().map(|(name, said)| format!("\"{name}\": {said}")).collect();
    std::fs::write(path("preset_facts.json"), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}
