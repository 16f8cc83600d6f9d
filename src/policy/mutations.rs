//! Does anybody notice when a preset changes? Each operator of each preset is dropped, and each of its values changed,
//! one at a time; some vector must then come out differently, or some fact no longer hold.
//!
//! `scripts/mutate-presets` runs the whole of it.

mod facts;
mod search;

use std::fmt::Write as _;
use std::sync::Mutex;

use serde_json::{Map, Value};

use self::facts::surroundings;
use super::Policy;
use super::vectors::{Subject, compare, compare_claims};
use crate::metadata::{FieldId, Kind};
use crate::profile::Profile;

/// A file of `tests/data`. Read when it is needed: what is found there may change without a build.
fn data(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn path(name: &str) -> String {
    format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Words for people, and names: changing one changes no decision.
const NOT_OPERATORS: [&str; 7] = ["dcr_profile", "name", "title", "spec", "id", "message", "reset"];

/// One change of one preset.
struct Mutation {
    preset: &'static str,
    /// Where, as a JSON Pointer, and what.
    what: String,
    profile: Value,
}

/// What is said of all presets elsewhere.
struct Witnesses {
    scopes: Vec<String>,
    fixtures: Value,
    vectors: Vec<Value>,
    /// Vectors of the claims of JWTs, with what their bodies are and what their references stand for.
    claims: Vec<Value>,
    bodies: Value,
    references: Map<String, Value>,
    facts: Map<String, Value>,
}

impl Witnesses {
    fn read() -> Self {
        let file: Value = serde_json::from_str(&data("profile_vectors.json")).unwrap();
        let more: Value = serde_json::from_str(&data("preset_vectors.json")).unwrap();
        let read: Value = serde_json::from_str(&data("preset_readings.json")).unwrap();
        let all = [&file, &more, &read].map(|file| file["vectors"].as_array().unwrap().clone());
        let mut fixtures = file["fixtures"].clone();
        fixtures.as_object_mut().unwrap().extend(read["fixtures"].as_object().unwrap().clone());
        Self {
            scopes: serde_json::from_value(file["supported_scopes"].clone()).unwrap(),
            fixtures,
            vectors: all.concat(),
            claims: [&file, &read].map(|file| file["claim_vectors"].as_array().unwrap().clone()).concat(),
            bodies: [&file, &read]
                .iter()
                .flat_map(|file| file["bodies"].as_object().unwrap().clone())
                .collect(),
            references: file["refs"].as_object().unwrap().clone(),
            facts: serde_json::from_str(&data("preset_facts.json")).unwrap(),
        }
    }

    fn of<'w>(&'w self, preset: &'w str) -> impl Iterator<Item = &'w Value> {
        self.vectors.iter().filter(move |vector| vector["p"] == preset)
    }

    fn claims_of<'w>(&'w self, preset: &'w str) -> impl Iterator<Item = &'w Value> {
        let is_own = move |vector: &&Value| {
            vector["claims"].as_str().and_then(|claims| claims.split('/').next()) == Some(preset)
        };
        self.claims.iter().filter(is_own)
    }

    fn judges_claims(&self, policy: &Policy, vector: &Value) -> Result<(), String> {
        compare_claims(policy, vector, &self.bodies, &self.references)
    }

    fn subject(&self, profile: Profile) -> Option<Subject<'_>> {
        Subject::new(profile, &self.scopes).ok()
    }
}

/// The vectors that were written to tell each operator from its absence.
#[test]
fn every_preset_vector_comes_out_as_printed() {
    let witnesses = Witnesses::read();
    let mut failures = String::new();
    for name in Profile::presets() {
        let subject = witnesses.subject(Profile::preset(name).unwrap().compose().unwrap()).unwrap();
        for vector in witnesses.of(name) {
            if let Err(difference) = compare(&subject, vector, &witnesses.fixtures) {
                writeln!(failures, "{vector}\n  {difference}").unwrap();
            }
        }
        for vector in witnesses.claims_of(name) {
            if let Err(difference) = witnesses.judges_claims(&subject.policy, vector) {
                writeln!(failures, "{vector}\n  {difference}").unwrap();
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// All mutations of a preset.
fn mutations(preset: &'static str) -> Vec<Mutation> {
    let whole = serde_json::to_value(Profile::preset(preset).unwrap()).unwrap();
    let mut found = Vec::new();
    mutate(&whole, "", &mut |what, profile| found.push(Mutation { preset, what, profile }));
    found
}

/// Tells every value that differs from this one by one change.
fn mutate(value: &Value, place: &str, tell: &mut dyn FnMut(String, Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| !NOT_OPERATORS.contains(&name.as_str())) {
                let mut without = members.clone();
                without.remove(name);
                let inner = format!("{place}/{name}");
                tell(format!("drop {inner}"), Value::Object(without));
                mutate(member, &inner, &mut |what, changed| {
                    let mut members = members.clone();
                    members.insert(name.clone(), changed);
                    tell(what, Value::Object(members));
                });
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let mut without = items.clone();
                without.remove(index);
                let inner = format!("{place}/{index}");
                tell(format!("drop {inner}"), Value::Array(without));
                mutate(item, &inner, &mut |what, changed| {
                    let mut items = items.clone();
                    items[index] = changed;
                    tell(what, Value::Array(items));
                });
            }
        }
        Value::Bool(flag) => tell(format!("change {place}"), Value::Bool(!flag)),
        Value::Number(number) => {
            tell(format!("change {place}"), Value::from(number.as_i64().unwrap_or_default() + 1));
        }
        Value::String(text) => tell(format!("change {place}"), Value::from(format!("{text}x"))),
        Value::Null => {}
    }
}

/// What came of a mutation.
enum Fate<'m> {
    /// It cannot be loaded.
    Refused,
    /// The composed profile is the same, or means the same: a parent or the table of members says it as well.
    Repeated,
    /// A vector or a fact tells it apart.
    Noticed,
    /// Nobody notices.
    Survived(&'m Mutation, Box<Policy>),
}

fn fate<'m>(mutation: &'m Mutation, original: &Profile, witnesses: &Witnesses, more: &[Value]) -> Fate<'m> {
    let Ok(profile) = serde_json::from_value::<Profile>(mutation.profile.clone()) else {
        return Fate::Refused;
    };
    let Ok(composed) = profile.compose() else { return Fate::Refused };
    if composed == *original || is_of_the_table(mutation) {
        return Fate::Repeated;
    }
    let facts = &witnesses.facts.get(mutation.preset);
    let differs = facts.is_some_and(|facts| {
        surroundings(&serde_json::to_value(&composed).unwrap())
            .iter()
            .any(|(part, said)| facts[part] != *said)
    });
    let Some(subject) = witnesses.subject(composed) else { return Fate::Refused };
    let is_different = |vector: &Value| compare(&subject, vector, &witnesses.fixtures).is_err();
    let judges_otherwise = |vector: &Value| witnesses.judges_claims(&subject.policy, vector).is_err();
    if differs
        || witnesses.of(mutation.preset).chain(more).any(is_different)
        || witnesses.claims_of(mutation.preset).any(judges_otherwise)
    {
        return Fate::Noticed;
    }
    Fate::Survived(mutation, Box::new(subject.policy))
}

/// Whether a kind was dropped that the table of members gives the member anyway.
fn is_of_the_table(mutation: &Mutation) -> bool {
    let Some(place) = mutation.what.strip_prefix("drop ").filter(|place| place.ends_with("/kind")) else {
        return false;
    };
    let whole = serde_json::to_value(Profile::preset(mutation.preset).unwrap()).unwrap();
    let said: Kind = serde_json::from_value(whole.pointer(place).unwrap().clone()).unwrap();
    let field = place.rsplit('/').nth(1).and_then(FieldId::of);
    field.and_then(FieldId::spec).map_or(Kind::Any, |spec| spec.kind) == said
}

/// Runs all mutations of all presets, on two threads. `witness` is asked for a vector for what survives.
fn survivors(
    witness: impl Fn(&Mutation, &Policy, &Policy) -> Option<Value> + Sync,
) -> (Vec<String>, Vec<Value>) {
    let witnesses = Witnesses::read();
    let wanted = std::env::var("MUTATE_PRESETS").unwrap_or_default();
    let is_wanted = |name: &&str| wanted.is_empty() || wanted.split(',').any(|own| own == *name);
    let presets = Mutex::new(Profile::presets().filter(is_wanted));
    let results = Mutex::new((Vec::new(), Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(preset) = presets.lock().unwrap().next() else { return };
                    let original = Profile::preset(preset).unwrap().compose().unwrap();
                    let policy = witnesses.subject(original.clone()).unwrap().policy;
                    let (mut survived, mut found) = (Vec::new(), Vec::new());
                    let mut counts = [0; 4];
                    for mutation in &mutations(preset) {
                        match fate(mutation, &original, &witnesses, &found) {
                            Fate::Refused => counts[0] += 1,
                            Fate::Repeated => counts[1] += 1,
                            Fate::Noticed => counts[2] += 1,
                            Fate::Survived(mutation, changed) => match witness(mutation, &policy, &changed) {
                                Some(vector) => found.push(vector),
                                None => {
                                    counts[3] += 1;
                                    survived.push(format!("{preset} {}", mutation.what));
                                }
                            },
                        }
                    }
                    let [refused, repeated, noticed, left] = counts;
                    println!(
                        "{preset}: {refused} not loaded, {repeated} said by a parent as well, {noticed} noticed, \
                         {} vectors found, {left} survive",
                        found.len()
                    );
                    let mut results = results.lock().unwrap();
                    results.0.extend(survived);
                    results.1.extend(found);
                }
            });
        }
    });
    results.into_inner().unwrap()
}

/// Every change is noticed, but for those that are listed with a reason.
#[test]
#[ignore = "a minute: scripts/mutate-presets"]
fn every_change_of_a_preset_is_noticed() {
    let explained = explanations();
    let (survived, _) = survivors(|_, _, _| None);
    let is_explained =
        |survivor: &String| explained.iter().any(|(pattern, _)| matches_pattern(pattern, survivor));
    let left: Vec<&String> = survived.iter().filter(|survivor| !is_explained(survivor)).collect();
    assert!(left.is_empty(), "nobody notices these changes:\n{left:#?}");
    // What is explained and does not survive is only known if all were tried.
    let was_all_tried = std::env::var_os("MUTATE_PRESETS").is_none();
    let is_used = |pattern: &str| survived.iter().any(|survivor| matches_pattern(pattern, survivor));
    let patterns = explained.iter().map(|(pattern, _)| pattern).filter(|_| was_all_tried);
    let stale: Vec<_> = patterns.filter(|pattern| !is_used(pattern)).collect();
    assert!(stale.is_empty(), "tests/data/preset_survivors.txt: these do not survive any more:\n{stale:#?}");
}

/// Looks for vectors that tell the survivors apart, and adds them to the file: to be read before they are committed,
/// since each says what the preset does, right or wrong.
#[test]
#[ignore = "minutes: scripts/mutate-presets --find"]
fn find_vectors() {
    let witnesses = Witnesses::read();
    let pools = search::Pools::of(&witnesses);
    let (survived, found) =
        survivors(|mutation, original, changed| pools.search(mutation, original, changed));
    let mut file: Value = serde_json::from_str(&data("preset_vectors.json")).unwrap();
    file["vectors"].as_array_mut().unwrap().extend(found);
    let mut vectors = file["vectors"].as_array().unwrap().clone();
    vectors.sort_by_key(|vector| vector["p"].as_str().unwrap().to_owned());
    let lines: Vec<String> = vectors.iter().map(Value::to_string).collect();
    let text = format!("{{\n\"vectors\": [\n{}\n]\n}}\n", lines.join(",\n"));
    std::fs::write(path("preset_vectors.json"), text).unwrap();
    println!("{} survive:\n{}", survived.len(), survived.join("\n"));
}

/// The lines `PATTERN: reason`.
fn explanations() -> Vec<(String, String)> {
    let text = data("preset_survivors.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(pattern, reason)| (pattern.to_owned(), reason.to_owned()))
        .collect()
}

/// `*` stands for any text.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut last = "";
    for part in parts {
        last = part;
        match rest.find(part) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || (pattern.contains('*') && last.is_empty())
}
