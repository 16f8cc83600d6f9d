//! Every example that the specifications print, by its id in `data/spec_vectors.json`, sent as it is printed: method,
//! target and headers are the document's, and so are those of the answer.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod support;

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use oauth_dcr::testing::{ManualClock, StaticResolver, run};
use oauth_dcr::{
    Draft, FetchPurpose, HookContext, HookError, InitialAccessTokens, InitialGrant, MemoryClientStore,
    MemoryInitialAccessTokens, Registrar, RegistrarConfig, RegistrationEndpoint, ScriptHook, TokenDigest,
};
use serde_json::{Value, json};

use crate::support::Answer;

const SECTOR: &str = "https://other.example.net/file_of_redirect_uris.json";

fn vectors() -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("data/spec_vectors.json")).unwrap();
    file["vectors"].as_array().unwrap().clone()
}

fn vector(id: &str) -> Value {
    vectors().into_iter().find(|vector| vector["id"] == id).unwrap_or_else(|| panic!("no example {id}"))
}

/// Asks for the nonce of the example, and never takes the evidence.
#[derive(Debug)]
struct Stale;

#[async_trait]
impl ScriptHook for Stale {
    async fn create_client(&self, _: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        match draft.get("client_name") {
            Some(name) if name == "Stale" => {
                let nonce = vector("attestation-3-stale")["body"]["nonce"].as_str().unwrap().to_owned();
                Err(HookError::StaleEvidence { nonce: Some(nonce) })
            }
            _ => Ok(()),
        }
    }
}

/// A server with its registration endpoint where an example has it, and the clock at the time that one tells.
struct Server {
    endpoint: RegistrationEndpoint,
    network: StaticResolver,
}

impl Server {
    fn at(path: &str) -> Self {
        let config: RegistrarConfig = serde_json::from_value(json!({
            "registrationEndpoint": format!("https://server.example.com{path}"),
            "dynamicRegistrationEnabled": true,
            // The seconds between the two times of RFC 7591 section 3.2.1.
            "dynamicRegistrationExpirationTime": 20_000,
            "returnClientSecretOnRead": true,
            "dynamicRegistrationCustomAttributes": ["example_extension_parameter"],
        }))
        .unwrap();
        let clock = ManualClock::new();
        clock.advance(2_893_256_800 - ManualClock::START.unix_timestamp());
        let network = StaticResolver::new().with(SECTOR, vector("oidc-5-sector-response")["body"].clone());
        let registrar = Registrar::builder(config, MemoryClientStore::default())
            .jwks_resolver(network.clone())
            .script_hook(Stale)
            .clock(clock)
            .initial_access_tokens(tokens())
            .build()
            .unwrap();
        Self { endpoint: RegistrationEndpoint::new(registrar), network }
    }

    /// The server that an example is sent to.
    fn of(id: &str) -> Self {
        let target = vector(id)["target"].as_str().unwrap().to_owned();
        Self::at(if target.starts_with("/connect/") { "/connect/register" } else { "/register" })
    }

    /// Sends what is printed. For a registered client its own identifier and token take the places of those that the
    /// document shows.
    fn send(&self, id: &str, client: Option<&Value>, body: &Value) -> Answer {
        let vector = vector(id);
        let own = |name: &str| client.map(|client| client[name].as_str().unwrap());
        let target =
            vector["target"].as_str().unwrap().replace("s6BhdRkqt3", own("client_id").unwrap_or("-"));
        let mut request = Request::builder().method(vector["method"].as_str().unwrap()).uri(target);
        for (name, value) in vector["headers"].as_object().unwrap() {
            let token = own("registration_access_token").filter(|_| name == "Authorization");
            let value = token.map_or_else(|| whole(value), |token| format!("Bearer {token}"));
            request = request.header(name, value);
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = request.body(Full::from(Bytes::from(body))).unwrap();
        run(Answer::from(&self.endpoint, request))
    }

    fn register(&self, id: &str) -> Answer {
        let answer = self.send(id, None, &vector(id)["body"]);
        assert_eq!(answer.status, 201, "{id}: {}", answer.text());
        answer.assert_well_formed();
        answer
    }
}

/// A header as it is printed, without the dots that stand for the rest of a token.
fn whole(value: &Value) -> String {
    value.as_str().unwrap().trim_end_matches(" ...").to_owned()
}

/// The initial access tokens that the documents show.
fn tokens() -> MemoryInitialAccessTokens {
    let tokens = MemoryInitialAccessTokens::default();
    let mut shown: Vec<_> = vectors().iter().filter(|own| own["method"] == "POST").cloned().collect();
    shown.retain(|own| own["headers"]["Authorization"].is_string());
    for vector in &shown {
        let header = whole(&vector["headers"]["Authorization"]);
        let grant = InitialGrant::new(vector["id"].as_str().unwrap());
        // Two documents may show one token.
        let _ = run(tokens.insert(&TokenDigest::of(header.strip_prefix("Bearer ").unwrap()), &grant));
    }
    tokens
}

/// Status and headers are those of the document. Of a challenge what is shown must be there, in any order: texts for
/// people and the realm are the server's own.
fn has_the_head_of(id: &str, answer: &Answer) {
    let shown = vector(id);
    assert_eq!(answer.status, shown["status"], "{id}: {}", answer.text());
    for (name, value) in shown["headers"].as_object().unwrap() {
        let own = answer.header(name).unwrap_or_else(|| panic!("{id}: no {name}"));
        if name != "WWW-Authenticate" {
            assert_eq!(own, value, "{id}: {name}");
            continue;
        }
        let parts = |text: &str| -> Vec<(String, String)> {
            let parameters = text.strip_prefix("Bearer ").unwrap().split(", ");
            let pair =
                |part: &str| part.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
            let free = |name: &str| name == "error_description" || name == "realm";
            parameters.map(|part| pair(part).unwrap()).filter(|(name, _)| !free(name)).collect()
        };
        assert_eq!(parts(own), parts(value.as_str().unwrap()), "{id}");
    }
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
fn shows(id: &str, sent: &Value, answer: &Answer) {
    has_the_head_of(id, answer);
    let answer = answer.json();
    for (name, value) in vector(id)["body"].as_object().unwrap() {
        assert_eq!(kind(value), kind(&answer[name]), "{id}: {name}");
        if sent.get(name).is_some() {
            assert_eq!(value, &answer[name], "{id}: {name}");
        }
    }
}

/// Everything that was asked is registered as it was asked.
fn registers(id: &str) {
    let answer = Server::of(id).register(id).json();
    for (name, value) in vector(id)["body"].as_object().unwrap() {
        assert_eq!(&answer[name], value, "{id}: {name}");
    }
    if id == "ciba-4-register" {
        assert_eq!(answer["response_types"], json!([]));
    }
}

/// The answer of the document, to the request of the document.
fn answers_registration(id: &str) {
    let request = vector(id)["answers"].as_str().unwrap().to_owned();
    let answer = Server::of(&request).register(&request);
    shows(id, &vector(&request)["body"], &answer);
    let body = answer.json();
    if let Some(issued) = vector(id)["body"].get("client_id_issued_at") {
        assert_eq!(
            (&body["client_id_issued_at"], &body["client_secret_expires_at"]),
            (issued, &json!(2_893_276_800_i64))
        );
    }
}

fn reads(id: &str, registration: &str) {
    let server = Server::of(id);
    let client = server.register(registration).json();
    let answer = server.send(id, Some(&client), &Value::Null);
    assert_eq!((answer.status, &answer.json()["client_id"]), (200, &client["client_id"]), "{id}");
}

fn answers_read(id: &str, registration: &str) {
    let request = vector(id)["answers"].as_str().unwrap().to_owned();
    let server = Server::of(&request);
    let client = server.register(registration).json();
    shows(id, &vector(registration)["body"], &server.send(&request, Some(&client), &Value::Null));
}

/// RFC 7592 section 2.2: what is left out is deleted.
fn updates(id: &str) {
    let server = Server::of(id);
    let client = server.register("rfc7591-3.1-open").json();
    assert!(client["client_name#ja-Jpan-JP"].is_string());
    let mut body = vector(id)["body"].clone();
    for name in ["client_id", "client_secret"] {
        body[name] = client[name].clone();
    }
    let updated = server.send(id, Some(&client), &body);
    assert_eq!(updated.status, 200, "{id}: {}", updated.text());
    let answer = updated.json();
    assert!(answer.get("client_name#ja-Jpan-JP").is_none());
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(&answer[name], value, "{id}: {name}");
    }
}

/// The answer of the document, and a client that is gone.
fn deletes(id: &str) {
    let server = Server::of("rfc7592-2.3-delete");
    let client = server.register("rfc7591-3.1-open").json();
    let deleted = server.send("rfc7592-2.3-delete", Some(&client), &Value::Null);
    has_the_head_of("rfc7592-2.3-deleted", &deleted);
    assert_eq!((deleted.status, deleted.body.len(), deleted.header("content-type")), (204, 0, None), "{id}");
    server.send("rfc7592-2.1-read", Some(&client), &Value::Null).assert_invalid_token();
    server.send("rfc7592-2.3-delete", Some(&client), &Value::Null).assert_invalid_token();
}

/// The error of the document, from a request with that fault.
fn refuses(id: &str, body: &Value) {
    let answer = Server::at("/register").send("rfc7591-3.1-open", None, body);
    has_the_head_of(id, &answer);
    let (answer, shown) = (answer.json(), vector(id)["body"].clone());
    assert_eq!(answer["error"], shown["error"]);
    assert_eq!(kind(&answer["error_description"]), kind(&shown["error_description"]));
    if shown.get("nonce").is_some() {
        assert_eq!(answer, shown, "{id}");
    }
}

/// A challenge to a read with a token that is none, or without one.
fn challenges(id: &str, token: Option<&str>) {
    let server = Server::at("/register");
    let mut request = Request::builder().method("GET").uri("/register?client_id=s6BhdRkqt3");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let answer = run(Answer::from(&server.endpoint, request.body(Full::default()).unwrap()));
    has_the_head_of(id, &answer);
    answer.assert_well_formed();
}

/// The document is fetched for the registration that names it, and all of its entries count.
fn fetches_the_sector(id: &str) {
    let server = Server::of("oidc-3.1-register");
    server.register("oidc-3.1-register");
    assert_eq!(vector("oidc-5-sector-request")["url"], SECTOR, "{id}");
    assert_eq!(server.network.fetched(), [(SECTOR.to_owned(), FetchPurpose::SectorIdentifier)], "{id}");
    let mut body = vector("oidc-3.1-register")["body"].clone();
    for (uris, status) in [
        (vector("oidc-5-sector-response")["body"].clone(), 201),
        (json!(["https://client.example.org/callback", "https://client.example.org/callback3"]), 400),
    ] {
        // One of the document's hosts has an underscore, which no name in the DNS has.
        let uris: Vec<_> =
            uris.as_array().unwrap().iter().filter(|uri| !uri.to_string().contains('_')).collect();
        body["redirect_uris"] = json!(uris);
        let answer = server.send("oidc-3.1-register", None, &body);
        assert_eq!(answer.status, status, "{id}: {}", answer.text());
    }
}

#[test]
fn every_example_is_met() {
    for vector in vectors() {
        let id = vector["id"].as_str().unwrap();
        match id {
            "rfc7591-3.1-open" | "rfc7591-3.1-protected" | "oidc-3.1-register" | "ciba-4-register" => {
                registers(id)
            }
            // Its statement has no issuer, and nobody can verify it.
            "rfc7591-2.3-statement" | "rfc7591-3.1.1-statement" => {
                let mut body = self::vector("rfc7591-3.1.1-statement")["body"].clone();
                if let Some(jwt) = vector["jwt"].as_str() {
                    body["software_statement"] = jwt.into();
                }
                let answer = Server::at("/register").send("rfc7591-3.1.1-statement", None, &body);
                assert_eq!(
                    (answer.status, &answer.json()["error"]),
                    (400, &json!("invalid_software_statement"))
                );
            }
            "rfc7591-3.2.1-created" | "oidc-3.2-created" => answers_registration(id),
            "rfc7591-3.2.2-redirect" | "oidc-3.3-error" => {
                refuses(id, &json!({ "redirect_uris": ["http://sketchy.example.com"] }));
            }
            "rfc7591-3.2.2-metadata" => refuses(
                id,
                &json!({ "redirect_uris": ["https://a.example/cb"], "grant_types": ["implicit"], "response_types": ["code"] }),
            ),
            "rfc7592-2.1-read" => reads(id, "rfc7591-3.1-open"),
            "rfc7592-3-information" => answers_read(id, "rfc7591-3.1-open"),
            "oidc-4.2-read" => reads(id, "oidc-3.1-register"),
            "oidc-4.3-read" => answers_read(id, "oidc-3.1-register"),
            "rfc7592-2.2-update" => updates(id),
            "rfc7592-2.3-delete" | "rfc7592-2.3-deleted" => deletes(id),
            "oidc-4.4-expired" | "rfc6750-3-expired" => challenges(id, Some("expired")),
            "rfc6750-3-no-credentials" => challenges(id, None),
            "oidc-5-sector-request" | "oidc-5-sector-response" => fetches_the_sector(id),
            "attestation-3-stale" => {
                refuses(id, &json!({ "redirect_uris": ["https://a.example/cb"], "client_name": "Stale" }));
            }
            // Only native apps use http on this machine.
            "mcp-cimd-document" => {
                let answer = Server::at("/register").send("rfc7591-3.1-open", None, &vector["body"]);
                assert_eq!((answer.status, &answer.json()["application_type"]), (201, &json!("native")));
                for name in ["client_name", "redirect_uris", "token_endpoint_auth_method", "logo_uri"] {
                    assert_eq!(answer.json()[name], vector["body"][name], "{name}");
                }
            }
            _ => panic!("no expectation for {id}"),
        }
    }
}
