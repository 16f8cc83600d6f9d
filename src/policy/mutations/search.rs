//! Looks for a request of which two policies think differently, by trying values that the presets speak of.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Mutation, Witnesses};
use crate::metadata::{FieldId, FieldSpec, Kind};
use crate::policy::Policy;
use crate::policy::vectors::{Request, fixture, outcome};
use crate::profile::{Operation, Profile};

const TRIES: usize = 600;

/// What there is to try.
pub(super) struct Pools {
    /// Values by member or claim, as the presets name them.
    values: BTreeMap<String, Vec<Value>>,
    /// Requests and statements to begin with, by preset.
    bases: BTreeMap<String, Vec<Candidate>>,
}

/// A request in parts that can be changed.
#[derive(Clone, Default)]
struct Candidate {
    body: Map<String, Value>,
    statement: Option<Map<String, Value>>,
    stored: Option<Map<String, Value>>,
}

/// Numbers that are the same in every run.
struct Dice(Cell<u64>);

impl Dice {
    fn below(&self, count: usize) -> usize {
        let next =
            self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0.set(next);
        (next >> 33) as usize % count.max(1)
    }

    fn one<'v, T>(&self, values: &'v [T]) -> Option<&'v T> {
        values.get(self.below(values.len()))
    }
}

impl Pools {
    pub(super) fn of(witnesses: &Witnesses) -> Self {
        let mut values = BTreeMap::new();
        for name in Profile::presets() {
            let profile = Profile::preset(name).unwrap().compose().unwrap();
            collect(&serde_json::to_value(&profile).unwrap(), None, &mut values);
        }
        for vector in &witnesses.vectors {
            for (fixed, changes) in [("req", "with"), ("ssa", "ssa_with")] {
                for (name, value) in fixture(vector, &witnesses.fixtures, fixed, changes).unwrap_or_default()
                {
                    add(&mut values, &name, value);
                }
            }
        }
        let plain = [
            json!({}),
            json!({ "redirect_uris": ["https://a.example/cb"], "client_name": "a" }),
            json!({ "redirect_uris": ["https://a.example/cb"], "client_name": "a", "jwks_uri": "https://a.example/j",
                    "token_endpoint_auth_method": "private_key_jwt" }),
        ];
        let mut bases: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
        for name in Profile::presets() {
            let own = bases.entry(name.to_owned()).or_default();
            own.extend(
                plain.iter().map(|body| Candidate {
                    body: body.as_object().unwrap().clone(),
                    ..Candidate::default()
                }),
            );
            let preset = Profile::preset(name).unwrap().compose().unwrap();
            let policy = witnesses.subject(preset).unwrap().policy;
            for vector in &witnesses.vectors {
                let base = Candidate {
                    body: fixture(vector, &witnesses.fixtures, "req", "with").unwrap_or_default(),
                    statement: fixture(vector, &witnesses.fixtures, "ssa", "ssa_with"),
                    stored: None,
                };
                // What this preset accepts counts more: it lets the search come further.
                if outcome(&policy, &base.request()).is_ok() {
                    own.extend([base.clone(), base.clone(), base]);
                } else if vector["p"] == name {
                    own.push(base);
                }
            }
        }
        Self { values, bases }
    }

    /// A vector of which the original says what the changed policy does not.
    pub(super) fn search(&self, mutation: &Mutation, original: &Policy, changed: &Policy) -> Option<Value> {
        let dice = Dice(Cell::new(
            mutation.what.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(byte.into())),
        ));
        let involved = self.involved(mutation);
        let differs = |candidate: &Candidate| {
            let request = candidate.request();
            outcome(original, &request) != outcome(changed, &request)
        };
        for _ in 0..TRIES {
            let mut candidate = dice.one(self.bases.get(mutation.preset)?)?.clone();
            for _ in 0..dice.below(4) + 1 {
                self.change(&mut candidate, &involved, &dice);
            }
            if dice.below(6) == 0 {
                let mut stored = candidate.body.clone();
                if let Some(name) = dice.one(&involved) {
                    stored.insert(name.clone(), self.value(name, &dice));
                }
                candidate.stored = Some(stored);
            }
            if differs(&candidate) {
                return Some(vector(mutation.preset, smaller(candidate, differs), original, changed));
            }
        }
        None
    }

    fn change(&self, candidate: &mut Candidate, involved: &[String], dice: &Dice) {
        let any: Vec<&String> = self.values.keys().collect();
        let name = match dice.below(5) {
            0 => dice.one(&any).copied().cloned(),
            _ => dice.one(involved).cloned(),
        };
        let Some(name) = name else { return };
        let in_statement = candidate.statement.is_some() && dice.below(3) == 0;
        let target =
            if in_statement { candidate.statement.get_or_insert_default() } else { &mut candidate.body };
        if dice.below(5) == 0 {
            target.remove(&name);
        } else {
            let value = self.value(&name, dice);
            target.insert(name, value);
        }
    }

    fn value(&self, name: &str, dice: &Dice) -> Value {
        let own = self.values.get(name).map_or(&[][..], Vec::as_slice);
        let general = general(FieldId::of(name).and_then(FieldId::spec));
        if !own.is_empty() && (general.is_empty() || dice.below(2) == 0) {
            return dice.one(own).cloned().unwrap_or_default();
        }
        dice.one(&general).cloned().unwrap_or_else(|| "x".into())
    }

    /// The members and claims that stand near the place of the mutation.
    fn involved(&self, mutation: &Mutation) -> Vec<String> {
        let whole = serde_json::to_value(Profile::preset(mutation.preset).unwrap()).unwrap();
        let (_, place) = mutation.what.split_once(' ').unwrap();
        let steps: Vec<&str> = place.split('/').skip(1).collect();
        let near = match steps.as_slice() {
            ["metadata", name, ..] => {
                let mut names = vec![(*name).to_owned()];
                mentioned(&whole["metadata"][*name], &mut names);
                return names;
            }
            ["rules", index, ..] => whole["rules"][index.parse::<usize>().unwrap()].clone(),
            ["redirect_uris", ..] => {
                return ["redirect_uris", "redirect_uris", "application_type", "client_uri"]
                    .map(str::to_owned)
                    .into();
            }
            ["keys", ..] => return ["jwks", "jwks_uri"].map(str::to_owned).into(),
            [first, ..] => whole[*first].clone(),
            [] => Value::Null,
        };
        let mut names = Vec::new();
        mentioned(&near, &mut names);
        names.retain(|name| self.values.contains_key(name));
        names
    }
}

impl Candidate {
    fn request(&self) -> Request {
        let text = |members: &Map<String, Value>| Value::Object(members.clone()).to_string();
        Request {
            body: text(&self.body),
            statement: self.statement.as_ref().map(text),
            stored: self.stored.as_ref().map(text),
            operation: if self.stored.is_some() { Operation::Update } else { Operation::Create },
        }
    }
}

/// The same difference with as few members as it takes.
fn smaller(mut candidate: Candidate, differs: impl Fn(&Candidate) -> bool) -> Candidate {
    for part in [|own: &mut Candidate| own.statement = None, |own: &mut Candidate| own.stored = None] {
        let mut less = candidate.clone();
        part(&mut less);
        if differs(&less) {
            candidate = less;
        }
    }
    type Part = fn(&mut Candidate) -> Option<&mut Map<String, Value>>;
    let parts: [Part; 3] =
        [|own| Some(&mut own.body), |own| own.statement.as_mut(), |own| own.stored.as_mut()];
    for part in parts {
        let names: Vec<String> =
            part(&mut candidate).map(|members| members.keys().cloned().collect()).unwrap_or_default();
        for name in names {
            let mut less = candidate.clone();
            part(&mut less).map(|members| members.remove(&name));
            if differs(&less) {
                candidate = less;
            }
        }
    }
    candidate
}

fn vector(preset: &str, candidate: Candidate, original: &Policy, changed: &Policy) -> Value {
    let request = candidate.request();
    let mut vector = json!({ "p": preset, "with": candidate.body });
    if let Some(statement) = candidate.statement {
        vector["ssa_with"] = statement.into();
    }
    if let Some(stored) = candidate.stored {
        vector["op"] = "update".into();
        vector["stored"] = stored.into();
    }
    match (outcome(original, &request), outcome(changed, &request)) {
        (Ok(found), Ok(other)) if found.members == other.members => {
            vector["ok"] = json!({});
            vector["hidden"] = found.hidden.into();
        }
        (Ok(found), Ok(other)) => {
            let (found, other) = (found.members, other.members);
            let names = found.as_object().unwrap().keys().chain(other.as_object().unwrap().keys());
            let told: Map<String, Value> = names
                .filter(|name| found.get(*name) != other.get(*name))
                .map(|name| (name.clone(), found.get(name).cloned().unwrap_or_default()))
                .collect();
            vector["ok"] = told.into();
        }
        (Ok(_), Err(_)) => vector["ok"] = json!({}),
        (Err(found), other) => {
            vector["err"] = format!("{}:{}", found.failure, found.member).into();
            let Err(other) = other else { return vector };
            if other.answer != found.answer {
                vector["answer"] = found.answer.into();
            } else if (&other.failure, &other.member) == (&found.failure, &found.member) {
                vector["all"] = found.all.into();
            }
        }
    }
    vector
}

/// Names and texts anywhere in a value.
fn mentioned(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => names.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, names)),
        Value::Object(members) => {
            for (name, member) in members {
                names.push(name.clone());
                mentioned(member, names);
            }
        }
        _ => {}
    }
}

/// The values that a profile gives each member or claim.
fn collect(value: &Value, subject: Option<&str>, values: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(members) => {
            let named = ["member", "statement"].iter().find_map(|name| members.get(*name)?.as_str());
            let subject = named.or(subject);
            for (name, inner) in members {
                match (name.as_str(), subject) {
                    (
                        "value" | "default" | "equals" | "one_of" | "none_of" | "subset_of" | "superset_of"
                        | "add" | "contains" | "contains_word",
                        Some(subject),
                    ) => offer(values, subject, inner),
                    ("max_length" | "max_items" | "min_items" | "max" | "min", Some(subject)) => {
                        around(values, subject, inner.as_u64().unwrap_or_default() as usize);
                    }
                    ("aliases" | "claim" | "statement", Some(subject)) => {
                        let mut names = Vec::new();
                        mentioned(inner, &mut names);
                        let known = values.get(subject).cloned().unwrap_or_default();
                        for name in names {
                            add(values, &name, "x".into());
                            known.iter().for_each(|value| add(values, &name, value.clone()));
                        }
                    }
                    ("iss", _) => {
                        inner.as_array().into_iter().flatten().for_each(|iss| add(values, "iss", iss.clone()))
                    }
                    ("map", _) => {
                        for (role, scopes) in inner.as_object().into_iter().flatten() {
                            for claim in ["software_roles", "org_roles", "role", "roles"] {
                                add(values, claim, json!([role]));
                            }
                            offer(values, "scope", scopes);
                        }
                    }
                    ("always" | "allow_scopes" | "grant_scopes", _) => offer(values, "scope", inner),
                    ("rename", _) => inner.as_object().into_iter().flatten().for_each(|(from, to)| {
                        add(values, from, "https://a.example/x".into());
                        add(values, to.as_str().unwrap_or_default(), "https://a.example/x".into());
                    }),
                    _ => {}
                }
                let inner_subject = if matches!(
                    name.as_str(),
                    "when"
                        | "all"
                        | "any"
                        | "not"
                        | "from"
                        | "metadata"
                        | "request"
                        | "envelope"
                        | "rules"
                        | "check"
                        | "software_statement"
                        | "issuers"
                        | "lifecycle"
                        | "cancel_when"
                        | "scope"
                        | "roles"
                        | "redirect_uris"
                        | "keys"
                ) && FieldId::of(name).is_none_or(|_| subject.is_none())
                {
                    if name == "from" { subject } else { None }
                } else {
                    Some(name.as_str())
                };
                let inner_subject = if FieldId::of(name).is_some() && inner.is_object() {
                    Some(name.as_str())
                } else {
                    inner_subject
                };
                collect(inner, inner_subject, values);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, subject, values)),
        _ => {}
    }
}

/// A value, its elements, and each as a list.
fn offer(values: &mut BTreeMap<String, Vec<Value>>, name: &str, value: &Value) {
    if value.is_null() {
        return;
    }
    let spec = FieldId::of(name).and_then(FieldId::spec);
    let is_list = spec.is_none_or(|spec| matches!(spec.kind, Kind::List | Kind::UriList));
    let items: Vec<Value> = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    for item in &items {
        if is_list && item.is_string() {
            add(values, name, json!([item]));
            add(values, name, json!([item, "x"]));
        }
        if spec.is_none() || !is_list {
            add(values, name, item.clone());
        }
    }
    if is_list {
        add(values, name, items.into());
    } else if name == "scope" {
        let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        add(values, name, words.join(" ").into());
    }
}

/// Values at a limit and beyond it.
fn around(values: &mut BTreeMap<String, Vec<Value>>, name: &str, limit: usize) {
    let spec = FieldId::of(name).and_then(FieldId::spec);
    for length in [limit.saturating_sub(1), limit, limit + 1, limit + 2] {
        if length > 5000 {
            continue;
        }
        let long = |prefix: &str, length: usize| {
            format!("{prefix}{}", "a".repeat(length.saturating_sub(prefix.len())))
        };
        let value = match spec.map(|spec| spec.kind) {
            Some(Kind::UriList) if length > 40 => json!([long("https://a.example/", length)]),
            Some(Kind::UriList) => {
                (0..length).map(|place| json!(format!("https://a.example/{place}"))).collect()
            }
            Some(Kind::List) if length > 40 => json!([long("", length)]),
            Some(Kind::List) => (0..length).map(|place| json!(format!("a{place}@a.example"))).collect(),
            Some(Kind::Int) => json!(length),
            Some(Kind::HttpsUri | Kind::WebUri | Kind::Uri) => json!(long("https://a.example/", length)),
            _ => json!(long("", length)),
        };
        add(values, name, value);
    }
}

fn add(values: &mut BTreeMap<String, Vec<Value>>, name: &str, value: Value) {
    let own = values.entry(name.to_owned()).or_default();
    if !own.contains(&value) {
        own.push(value);
    }
}

/// Values of any member of a kind.
fn general(spec: Option<&FieldSpec>) -> Vec<Value> {
    let Some(spec) = spec else { return Vec::new() };
    if spec.name == "jwks" {
        let ec = json!({ "kty": "EC", "crv": "P-256", "kid": "1", "alg": "ES256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" });
        let mut nameless = ec.clone();
        nameless.as_object_mut().unwrap().remove("kid");
        return vec![
            json!({ "keys": [] }),
            json!({ "keys": [ec] }),
            json!({ "keys": [nameless] }),
            json!({}),
        ];
    }
    let list = |text: &str| serde_json::from_str::<Vec<Value>>(text).unwrap();
    match spec.kind {
        Kind::UriList => list(
            r#"[["https://a.example/cb"], ["http://localhost/cb"], ["http://127.0.0.1/cb"], ["com.example.app:/cb"],
                ["https://a.example/cb#f"], ["https://u:p@a.example/cb"], ["https://a.example/cb", "https://b.example/cb"],
                [], ["http://a.example/cb"], ["https://localhost/cb"], ["https://xn--bcher-kva.example/cb"], ["app:/cb"],
                ["https://127.0.0.1/cb"], "https://a.example/cb"]"#,
        ),
        Kind::Uri | Kind::HttpsUri | Kind::WebUri => list(
            r#"["https://a.example/x.png", "http://a.example/x", "https://evil.example/", "x", "app:/x", 7]"#,
        ),
        Kind::Bool => list(r#"[true, false, "true"]"#),
        Kind::Int => list(r#"[0, 1, 3600, "1"]"#),
        Kind::List => list(r#"[["x"], [], ["x", "y"], "x", ["a@a.example"], ["mailto:a@a.example"]]"#),
        Kind::Words => list(r#"["openid", "x", "openid x", ["openid", "x"]]"#),
        Kind::Object | Kind::Any => list(r#"[{}, "x", ["x"]]"#),
        Kind::String => list(
            r#"["x", "none", "RS256", "ES256", "HS256", "", "a b", 7, "4a6c1f0e-0c9b-4f3e-9d11-7d5c2a4c9a10"]"#,
        ),
    }
}
