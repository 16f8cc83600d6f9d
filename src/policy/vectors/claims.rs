//! Vectors of the claims of signed requests and statements.

use serde_json::{Map, Value};

use super::{expanded, fixture, read};
use crate::policy::{Policy, References};
use crate::profile::Profile;

/// JWT claims alone: the claim at fault, or none.
#[test]
fn every_claim_vector_comes_out_as_printed() {
    let file: Value = serde_json::from_str(include_str!("../../../tests/data/profile_vectors.json")).unwrap();
    for vector in file["claim_vectors"].as_array().unwrap() {
        let (preset, _) = vector["claims"].as_str().unwrap().split_once('/').unwrap();
        let policy = Policy::compile(&Profile::preset(preset).unwrap().compose().unwrap(), None).unwrap();
        let outcome = compare_claims(&policy, vector, &file["bodies"], file["refs"].as_object().unwrap());
        assert_eq!(outcome, Ok(()), "{}", vector["id"]);
    }
}

/// Whether the claims of a vector are judged as printed: `PRESET/request`, or `PRESET/statement/INDEX` of an issuer.
pub(in crate::policy) fn compare_claims(
    policy: &Policy,
    vector: &Value,
    bodies: &Value,
    references: &Map<String, Value>,
) -> Result<(), String> {
    let vector = &expanded(vector);
    let mut steps = vector["claims"].as_str().unwrap().split('/').skip(1);
    let rules = match (steps.next(), steps.next()) {
        (Some("request"), _) => policy.request.jws.as_ref(),
        (_, index) => {
            policy.issuers.get(index.map_or(0, |index| index.parse().unwrap())).map(|issuer| &issuer.jws)
        }
    };
    let Some(rules) = rules.map(|jws| &jws.claims) else { return Err("nobody signs it".to_owned()) };
    let own = vector["refs"].as_object().into_iter().flatten();
    let (mut server, mut statement) = (Vec::new(), Map::new());
    for (name, value) in references.iter().chain(own) {
        match name.strip_prefix("$statement.") {
            Some(claim) => drop(statement.insert(claim.to_owned(), value.clone())),
            None => {
                server.push((name.trim_start_matches('$').to_owned(), value.as_str().unwrap().to_owned()))
            }
        }
    }
    let statement = Value::Object(statement).to_string();
    let statement = read(&statement);
    let body = Value::Object(fixture(vector, bodies, "body", "with").unwrap_or_default()).to_string();
    let references = References { server: &server, statement: Some(&statement) };
    let faults = rules.faults(&read(&body), references, vector["now"].as_i64().unwrap());
    let all: Vec<String> = faults.iter().map(|(name, message)| format!("{name} {message}")).collect();
    let is_first = faults.first().map(|(name, _)| name.as_str()) == vector["err"].as_str();
    let is_all = vector["all"].as_array().is_none_or(|expected| expected.iter().eq(&all));
    if is_first && is_all { Ok(()) } else { Err(format!("{all:?}")) }
}
