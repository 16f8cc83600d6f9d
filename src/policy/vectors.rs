//! The policy vectors: a profile, a request, and what comes of it.

mod claims;

use serde_json::{Map, Value};

pub(super) use self::claims::compare_claims;
use super::{Decision, Facts, IssuerPolicy, Policy, Trace, claim};
use crate::config::Reading;
use crate::error::{Failure, Violation};
use crate::json::{self, Limits};
use crate::metadata::{Document, FieldId, Origin};
use crate::profile::{Operation, Presence, Profile, ProfileError};

#[test]
fn every_vector_comes_out_as_printed() {
    let file: Value = serde_json::from_str(include_str!("../../tests/data/profile_vectors.json")).unwrap();
    let scopes: Vec<String> = serde_json::from_value(file["supported_scopes"].clone()).unwrap();
    let mut count = 0;
    let mut failures = Vec::new();
    for vector in file["vectors"].as_array().unwrap() {
        count += 1;
        if let Err(difference) = run(vector, &file["fixtures"], &scopes) {
            failures.push(format!("{}: {difference}", vector["id"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(count, 81);
}

fn run(vector: &Value, fixtures: &Value, scopes: &[String]) -> Result<(), String> {
    let profile = Profile::preset(vector["p"].as_str().unwrap()).unwrap().compose().unwrap();
    compare(&Subject::new(profile, scopes).unwrap(), vector, fixtures)
}

/// A composed profile, and the policy that it makes.
pub(super) struct Subject<'s> {
    profile: Profile,
    pub(super) policy: Policy,
    scopes: &'s [String],
}

impl<'s> Subject<'s> {
    pub(super) fn new(profile: Profile, scopes: &'s [String]) -> Result<Self, ProfileError> {
        let policy = Policy::compile(&profile, Some(scopes))?;
        Ok(Self { profile, policy, scopes })
    }

    /// With the profile of a deployment laid over it: some of what a preset says is for those who extend it.
    fn under(&self, layer: &Value) -> Result<Self, String> {
        let mut layer = layer.clone();
        layer["dcr_profile"] = 1.into();
        let layer: Profile = serde_json::from_value(layer).map_err(|error| error.to_string())?;
        let composed = layer.over(&self.profile).map_err(|error| error.to_string())?;
        Self::new(composed, self.scopes).map_err(|error| error.to_string())
    }
}

/// Whether a vector comes out as printed under a profile.
pub(super) fn compare(subject: &Subject<'_>, vector: &Value, fixtures: &Value) -> Result<(), String> {
    match vector.get("layer") {
        Some(layer) => compare_with(&subject.under(layer)?.policy, vector, fixtures),
        None => compare_with(&subject.policy, vector, fixtures),
    }
}

fn compare_with(policy: &Policy, vector: &Value, fixtures: &Value) -> Result<(), String> {
    let vector = &expanded(vector);
    let body = fixture(vector, fixtures, "req", "with").unwrap_or_default();
    let request = Request {
        body: with_nulls(body, vector),
        statement: fixture(vector, fixtures, "ssa", "ssa_with")
            .map(|claims| Value::Object(claims).to_string()),
        stored: vector.get("stored").map(Value::to_string),
        operation: match vector["op"].as_str() {
            Some("update") => Operation::Update,
            _ => Operation::Create,
        },
    };
    for (rule, expected) in vector["fired"].as_object().into_iter().flatten() {
        if *expected != fired(policy, &request).contains(rule) {
            return Err(format!("{rule} should have fired: {expected}"));
        }
    }
    match (vector["err"].as_str(), outcome(policy, &request)) {
        (Some(expected), Err(found)) => {
            let (failure, member) = expected.split_once(':').unwrap_or((expected, ""));
            let is_answer = vector["answer"].as_str().is_none_or(|answer| answer == found.answer);
            let is_all = vector["all"].as_array().is_none_or(|all| all.iter().eq(&found.all));
            if found.failure == failure
                && (member.is_empty() || member == found.member)
                && is_answer
                && is_all
            {
                Ok(())
            } else {
                Err(format!("expected {expected}, found {found:?}"))
            }
        }
        (Some(expected), Ok(_)) => Err(format!("expected {expected}, was accepted")),
        (None, Err(found)) => Err(format!("was refused: {found:?}")),
        (None, Ok(registered)) => {
            match vector["hidden"].as_array().filter(|hidden| !hidden.iter().eq(&registered.hidden)) {
                Some(_) => Err(format!("hidden are {:?}", registered.hidden)),
                None => expect_members(&vector["ok"], &registered.members),
            }
        }
    }
}

/// A request, with what is known besides.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) body: String,
    pub(super) statement: Option<String>,
    pub(super) stored: Option<String>,
    pub(super) operation: Operation,
}

/// What is registered, and which members of it no answer shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Registered {
    pub(super) members: Value,
    pub(super) hidden: Vec<String>,
}

/// The first fault of a refusal, its status and code on the wire, and all faults as the description tells them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Refused {
    pub(super) failure: String,
    pub(super) member: String,
    pub(super) answer: String,
    pub(super) all: Vec<String>,
}

impl Refused {
    fn of(policy: &Policy, faults: Vec<Violation>) -> Self {
        let all = faults.iter().map(ToString::to_string).collect();
        let fault = faults.first().unwrap();
        let (failure, member) =
            (fault.failure.to_string(), fault.field.split('[').next().unwrap().to_owned());
        let rejection = policy.reject(faults);
        Self { failure, member, answer: format!("{} {}", rejection.status, rejection.code), all }
    }
}

/// Every member that a vector sends, with a value of it.
pub(super) fn members_sent() -> Vec<(String, Value)> {
    let files = [
        include_str!("../../tests/data/profile_vectors.json"),
        include_str!("../../tests/data/preset_vectors.json"),
    ];
    let files = files.map(|text| serde_json::from_str::<Value>(text).unwrap());
    let fixtures = files.iter().filter_map(|file| file["fixtures"].as_object()).flat_map(Map::values);
    let vectors = files.iter().filter_map(|file| file["vectors"].as_array()).flatten();
    let bodies = fixtures.chain(vectors.filter_map(|vector| vector.get("with")));
    let mut members = Vec::new();
    for (name, value) in bodies.filter_map(Value::as_object).flatten() {
        let member = (name.clone(), expanded(value));
        if !value.is_null() && !members.contains(&member) {
            members.push(member);
        }
    }
    members
}

/// What is registered, or why nothing is.
pub(super) fn outcome(policy: &Policy, request: &Request) -> Result<Registered, Refused> {
    outcome_with(policy, request, None)
}

/// The rules that an explanation says have fired.
fn fired(policy: &Policy, request: &Request) -> Vec<String> {
    let mut trace = Trace::default();
    let _ = outcome_with(policy, request, Some(&mut trace));
    let rule_of = |decision| match decision {
        Decision::Fired { rule } => Some(rule),
        _ => None,
    };
    trace.0.into_iter().filter_map(rule_of).collect()
}

fn outcome_with(
    policy: &Policy,
    request: &Request,
    recorder: Option<&mut Trace>,
) -> Result<Registered, Refused> {
    let stored = request.stored.as_deref().map(read);
    let operation = request.operation;
    let statement = take_statement(policy, operation, request.statement.as_deref()).map_err(|failure| {
        let fault = Violation::new("", "statement", failure, "was refused");
        Refused::of(policy, vec![fault])
    })?;
    let facts = Facts {
        operation,
        reading: Reading::Strict,
        statement: statement.as_ref().map(|(_, claims)| claims),
        granted: statement.as_ref().map_or(&[], |(issuer, _)| &issuer.grant_scopes),
        certificate: None,
        stored: stored.as_ref(),
    };
    let mut document = read(&request.body);
    let faults = policy.apply(&mut document, &facts, recorder);
    if !faults.is_empty() {
        return Err(Refused::of(policy, faults));
    }
    let is_hidden = |field: &FieldId| policy.member(*field).is_some_and(|member| !member.echo);
    let hidden = document.iter().map(|(field, ..)| field).filter(is_hidden);
    let mut hidden: Vec<String> = hidden.map(|field| policy.name_of(field).to_owned()).collect();
    hidden.sort();
    Ok(Registered { members: serde_json::from_str(&document.to_json_text()).unwrap(), hidden })
}

/// The statement stage without its signature: presence, choice of the issuer, and what of the claims counts.
fn take_statement<'s>(
    policy: &'s Policy,
    operation: Operation,
    claims: Option<&'s str>,
) -> Result<Option<(&'s IssuerPolicy, Document<'s>)>, Failure> {
    let on_update = policy.statement.presence_on_update.filter(|_| operation == Operation::Update);
    match (on_update.or(policy.statement.presence).unwrap_or(Presence::Optional), claims) {
        (Presence::Required, None) => Err(Failure::STATEMENT_MISSING),
        (Presence::Ignored, _) | (_, None) => Ok(None),
        (Presence::Forbidden, Some(_)) => Err(Failure::STATEMENT_INVALID),
        (_, Some(claims)) => {
            let claims = json::read_object(claims.as_bytes(), LIMITS, Origin::Statement).unwrap();
            let iss = claim(&claims, "iss").ok_or(Failure::STATEMENT_INVALID)?;
            let iss = iss.as_str().ok_or(Failure::STATEMENT_INVALID)?;
            let issuer = policy.issuers.iter().find(|issuer| issuer.is_for(iss));
            let issuer = issuer.ok_or(Failure::STATEMENT_UNTRUSTED)?;
            let claims =
                issuer.gate(claims, Operation::Create, Reading::Strict).ok_or(Failure::STATEMENT_CLAIMS)?;
            Ok(Some((issuer, claims)))
        }
    }
}

fn expect_members(expected: &Value, result: &Value) -> Result<(), String> {
    for (name, value) in expected.as_object().into_iter().flatten() {
        let found = result.get(name).unwrap_or(&Value::Null);
        if found != value {
            return Err(format!("{name} is {found}, not {value}"));
        }
    }
    Ok(())
}

pub(super) fn fixture(
    vector: &Value,
    fixtures: &Value,
    name: &str,
    changes: &str,
) -> Option<Map<String, Value>> {
    let mut base =
        vector.get(name).map(|fixture| fixtures[fixture.as_str().unwrap()].as_object().unwrap().clone());
    for (member, value) in vector.get(changes).and_then(Value::as_object).into_iter().flatten() {
        let base = base.get_or_insert_default();
        if value.is_null() {
            base.remove(member);
        } else {
            base.insert(member.clone(), value.clone());
        }
    }
    base
}

/// `{a*N}` in a text stands for N times `a`: limits are told in numbers.
fn expanded(value: &Value) -> Value {
    match value {
        Value::String(text) => match text.split_once("{a*").and_then(|(start, rest)| {
            let (count, end) = rest.split_once('}')?;
            Some(format!("{start}{}{end}", "a".repeat(count.parse().ok()?)))
        }) {
            Some(long) => long.into(),
            None => value.clone(),
        },
        Value::Array(items) => items.iter().map(expanded).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), expanded(member))).collect()
        }
        _ => value.clone(),
    }
}

fn with_nulls(mut body: Map<String, Value>, vector: &Value) -> String {
    for name in vector["nulls"].as_array().into_iter().flatten() {
        body.insert(name.as_str().unwrap().to_owned(), Value::Null);
    }
    Value::Object(body).to_string()
}

pub(super) fn read(text: &str) -> Document<'_> {
    json::read_object(text.as_bytes(), LIMITS, Origin::Request).unwrap()
}

const LIMITS: Limits = Limits { depth: 16, members: 200 };

/// The outcome does not depend on the order of members.
#[test]
fn members_may_come_in_any_order() {
    let profile = Profile::preset("standard").unwrap().compose().unwrap();
    let policy = Policy::compile(&profile, None).unwrap();
    let facts = Facts {
        operation: Operation::Create,
        reading: Reading::Strict,
        statement: None,
        granted: &[],
        certificate: None,
        stored: None,
    };
    let one =
        r#"{"redirect_uris":["http://127.0.0.1/cb"],"response_types":["id_token code"],"client_name":"x"}"#;
    let other =
        r#"{"client_name":"x","response_types":["id_token code"],"redirect_uris":["http://127.0.0.1/cb"]}"#;
    let outcomes = [one, other].map(|text| {
        let mut document = read(text);
        assert_eq!(policy.apply(&mut document, &facts, None), Vec::new());
        serde_json::from_str::<Value>(&document.to_json_text()).unwrap()
    });
    assert_eq!(outcomes[0], outcomes[1]);
    assert_eq!(outcomes[0]["grant_types"], serde_json::json!(["authorization_code", "implicit"]));
    assert_eq!(outcomes[0]["response_types"], serde_json::json!(["code id_token"]));
    assert_eq!(outcomes[0]["application_type"], "native");
}

#[test]
fn every_row_of_the_table_is_found_by_its_name() {
    for (position, spec) in crate::metadata::fields::TABLE.iter().enumerate() {
        assert_eq!(FieldId::of(spec.name).map(FieldId::index), Some(position), "{}", spec.name);
    }
    assert_eq!(FieldId::of("redirectUris"), None);
}

/// A document has places for 255 members: those of the table, and what is left for a profile.
#[test]
fn a_profile_declares_members_until_the_places_are_used_up() {
    let room = usize::from(u8::MAX) - crate::metadata::fields::COUNT;
    let problems = |count: usize| {
        let members: Map<String, Value> = (0..count)
            .map(|number| (format!("own_{number}"), serde_json::json!({ "kind": "int" })))
            .collect();
        let profile = serde_json::json!({ "dcr_profile": 1, "name": "own", "metadata": members });
        let profile: Profile = serde_json::from_value(profile).unwrap();
        Policy::compile(&profile.compose().unwrap(), None).err().map(|error| error.problems)
    };
    assert_eq!(problems(room), None);
    assert_eq!(problems(room + 1), Some(vec![format!("declares more than {room} members of its own")]));
}
