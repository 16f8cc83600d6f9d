//! Every example that the specifications print, by its id in `data/spec_vectors.json`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use oauth_dcr::testing::{StaticResolver, run};
use oauth_dcr::{
    Caller, Error, ErrorCode, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig, Registration,
    Unauthorized,
};
use serde_json::{Value, json};

const SECTOR: &str = "https://other.example.net/file_of_redirect_uris.json";

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("data/spec_vectors.json")).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn vector(id: &str) -> Value {
    vectors().into_iter().find(|vector| vector["id"] == id).unwrap()
}

fn registrar() -> Registrar {
    let config: RegistrarConfig = serde_json::from_value(json!({
        "registrationEndpoint": "https://server.example.com/register",
        "dynamicRegistrationEnabled": true,
        "dynamicRegistrationExpirationTime": 20_000,
        "returnClientSecretOnRead": true,
        "dynamicRegistrationCustomAttributes": ["example_extension_parameter"],
    }))
    .unwrap();
    let sector = vector("oidc-5-sector-response")["body"].clone();
    Registrar::builder(config, MemoryClientStore::default())
        .jwks_resolver(StaticResolver::new().with(SECTOR, sector))
        .build()
        .unwrap()
}

fn register(registrar: &Registrar, body: &Value) -> Result<Registration, Error> {
    run(registrar.register(RegisterRequest::from_body(body.to_string().as_bytes())))
}

fn registered(registrar: &Registrar, id: &str) -> (Registration, Caller, Value) {
    let registration =
        register(registrar, &vector(id)["body"]).unwrap_or_else(|error| panic!("{id}: {error:?}"));
    let caller = Caller::Bearer(registration.registration_access_token().unwrap().clone());
    let answer = serde_json::from_str(registration.body()).unwrap();
    (registration, caller, answer)
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

/// What the document shows is in the answer, of the same type; what the client sent has the same value.
fn shows(id: &str, sent: &Value, answer: &Value) {
    for (name, value) in vector(id)["body"].as_object().unwrap() {
        assert_eq!(kind(value), kind(&answer[name]), "{id}: {name}");
        if sent.get(name).is_some() {
            assert_eq!(value, &answer[name], "{id}: {name}");
        }
    }
}

fn requests_register(id: &str) {
    let (registration, _, answer) = registered(&registrar(), id);
    assert_eq!(registration.status(), 201);
    for (name, value) in vector(id)["body"].as_object().unwrap() {
        assert_eq!(&answer[name], value, "{id}: {name}");
    }
    if id == "ciba-4-register" {
        assert_eq!(answer["response_types"], json!([]));
    }
}

fn created(id: &str) {
    let request = vector(id)["answers"].as_str().unwrap().to_owned();
    let (registration, _, answer) = registered(&registrar(), &request);
    assert_eq!(registration.status(), vector(id)["status"]);
    shows(id, &vector(&request)["body"], &answer);
}

fn read(id: &str, registration: &str) {
    let registrar = registrar();
    let (created, caller, _) = registered(&registrar, registration);
    let read = run(registrar.read(created.client().id(), &caller)).unwrap();
    assert_eq!(read.status(), 200);
    if !vector(id)["body"].is_null() {
        shows(id, &vector(registration)["body"], &serde_json::from_str(read.body()).unwrap());
    }
}

/// RFC 7592 section 2.2: what is left out is deleted.
fn update(id: &str) {
    let registrar = registrar();
    let (created, caller, _) = registered(&registrar, "rfc7591-3.1-open");
    let mut body = vector(id)["body"].clone();
    body["client_id"] = created.client().id().as_str().into();
    body["client_secret"] = created.client_secret().unwrap().expose_secret().into();
    let text = body.to_string();
    let request = RegisterRequest::from_body(text.as_bytes()).with_caller(&caller);
    let updated = run(registrar.update(created.client().id(), request)).unwrap();
    let answer: Value = serde_json::from_str(updated.body()).unwrap();
    assert_eq!(updated.status(), 200);
    assert!(answer.get("client_name#ja-Jpan-JP").is_none());
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&answer[name], value, "{id}: {name}");
    }
}

fn delete() {
    let registrar = registrar();
    let (created, caller, _) = registered(&registrar, "rfc7591-3.1-open");
    run(registrar.delete(created.client().id(), &caller)).unwrap();
    assert!(matches!(run(registrar.read(created.client().id(), &caller)), Err(Error::Unauthorized(_))));
}

/// The error of the document, from a request with that fault.
fn error(id: &str, body: &Value) {
    let registrar = registrar();
    let error = register(&registrar, body).unwrap_err();
    let answer = registrar.wire_error(&error);
    let shown = vector(id);
    let text: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, shown["status"]);
    assert_eq!(text["error"], shown["body"]["error"]);
    assert!(text["error_description"].is_string());
    for (name, value) in shown["headers"].as_object().unwrap() {
        let own = answer.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        let own = own.unwrap_or_else(|| panic!("{id}: {name}"));
        assert!(own.1.starts_with(value.as_str().unwrap()), "{id}: {own:?}");
    }
}

fn challenge(error: Unauthorized) -> String {
    let answer = registrar().wire_error(&error.into());
    assert_eq!(answer.status, 401);
    let header = answer.headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("www-authenticate"));
    header.unwrap().1
}

#[test]
fn every_example_is_met() {
    for vector in vectors() {
        let id = vector["id"].as_str().unwrap();
        match id {
            "rfc7591-3.1-open" | "rfc7591-3.1-protected" | "oidc-3.1-register" | "ciba-4-register" => {
                requests_register(id);
            }
            // Its statement has no issuer, and nobody can verify it.
            "rfc7591-2.3-statement" | "rfc7591-3.1.1-statement" => {
                let mut body = self::vector("rfc7591-3.1.1-statement")["body"].clone();
                if let Some(jwt) = vector["jwt"].as_str() {
                    body["software_statement"] = jwt.into();
                }
                let Err(Error::Rejected(rejection)) = register(&registrar(), &body) else { panic!("{id}") };
                assert_eq!(rejection.code, ErrorCode::INVALID_SOFTWARE_STATEMENT);
            }
            "rfc7591-3.2.1-created" | "oidc-3.2-created" => created(id),
            "rfc7591-3.2.2-redirect" | "oidc-3.3-error" => {
                error(id, &json!({ "redirect_uris": ["http://sketchy.example.com"] }));
            }
            "rfc7591-3.2.2-metadata" => error(
                id,
                &json!({ "redirect_uris": ["https://a.example/cb"], "grant_types": ["implicit"], "response_types": ["code"] }),
            ),
            "rfc7592-2.1-read" | "rfc7592-3-information" => read(id, "rfc7591-3.1-open"),
            "oidc-4.2-read" | "oidc-4.3-read" => read(id, "oidc-3.1-register"),
            "rfc7592-2.2-update" => update(id),
            "rfc7592-2.3-delete" | "rfc7592-2.3-deleted" => delete(),
            "oidc-4.4-expired" | "rfc6750-3-expired" => {
                let own = challenge(Unauthorized::InvalidToken);
                assert!(own.starts_with("Bearer") && own.contains("error=\"invalid_token\""), "{own}");
            }
            "rfc6750-3-no-credentials" => {
                let own = challenge(Unauthorized::Missing);
                assert!(own.starts_with("Bearer") && !own.contains("error"), "{own}");
            }
            "oidc-5-sector-request" => assert_eq!(vector["url"], SECTOR),
            "oidc-5-sector-response" => requests_register("oidc-3.1-register"),
            // tests/manage/hooks.rs has the engine's side.
            "attestation-3-stale" => assert_eq!(vector["body"]["error"], "stale_evidence"),
            // Only native apps use http on this machine.
            "mcp-cimd-document" => {
                let mut body = vector["body"].clone();
                body.as_object_mut().unwrap().remove("client_id");
                let answer = register(&registrar(), &body).unwrap();
                let answer: Value = serde_json::from_str(answer.body()).unwrap();
                assert_eq!(answer["application_type"], "native");
            }
            _ => panic!("no expectation for {id}"),
        }
    }
}
