//! An endpoint with everything that a test wants to look at or to move.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use oauth_dcr::testing::{CountingEntropy, ManualClock};
use oauth_dcr::{
    Caller, ClientCertificate, ClientId, ClientStore, MemoryClientStore, Registrar, RegistrarBuilder,
    RegistrarConfig, RegistrationEndpoint,
};
use serde_json::{Value, json};

use crate::keys::{DIRECTORY, with};
use crate::wire::Answer;

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_767_225_600;

/// Who issues statements.
pub(crate) const ISSUER: &str = "https://directory.example";

pub(crate) const REDIRECT: &str = "https://app.example.org/cb";

/// What a client learns of a host that failed.
pub(crate) const FAILED: &str =
    r#"{"error":"server_error","error_description":"the request could not be carried out"}"#;
pub(crate) const UNAVAILABLE: &str =
    r#"{"error":"temporarily_unavailable","error_description":"try again later"}"#;

pub(crate) struct Host {
    pub(crate) registrar: Registrar,
    pub(crate) endpoint: RegistrationEndpoint,
    pub(crate) store: Arc<MemoryClientStore>,
    pub(crate) clock: ManualClock,
}

pub(crate) fn host(changes: Value, parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder) -> Host {
    let (store, clock) = (Arc::new(MemoryClientStore::default()), ManualClock::new());
    let builder = Registrar::builder(config(changes), store.clone()).clock(clock.clone());
    let registrar = parts(builder.entropy(CountingEntropy::new())).build().unwrap();
    let endpoint = RegistrationEndpoint::new(registrar.clone());
    Host { registrar, endpoint, store, clock }
}

pub(crate) fn config(changes: Value) -> RegistrarConfig {
    let properties = json!({
        "registrationEndpoint": "https://op.example.com/register",
        "issuer": "https://op.example.com",
        "dynamicRegistrationEnabled": true,
    });
    serde_json::from_value(with(properties, changes)).unwrap()
}

/// The properties of a server that takes the statements of the directory.
pub(crate) fn directory() -> Value {
    json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwks": DIRECTORY.set() }
        ],
    })
}

/// What is wrong with a configuration that cannot be used.
#[track_caller]
pub(crate) fn problems(
    changes: Value,
    parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder,
) -> Vec<String> {
    let builder = parts(Registrar::builder(config(changes), MemoryClientStore::default()));
    let built = builder.build().expect_err("problems");
    built.problems.into_iter().map(|problem| problem.to_string()).collect()
}

/// A request with one redirection URI, and what else there is.
pub(crate) fn plain(others: Value) -> Value {
    with(json!({ "redirect_uris": [REDIRECT] }), others)
}

/// The claims of a statement of the directory.
pub(crate) fn claims(others: Value) -> Value {
    with(json!({ "iss": ISSUER, "iat": NOW, "exp": NOW + 36_000, "software_id": "s6BhdRkqt3" }), others)
}

pub(crate) fn statement(others: Value) -> String {
    DIRECTORY.sign(&claims(others))
}

/// A request with a statement.
pub(crate) fn presenting(others: Value) -> Value {
    plain(json!({ "software_statement": statement(others) }))
}

impl Host {
    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        token: Option<&str>,
        body: impl AsRef<str>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(target);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.as_ref().starts_with("ey") {
            request = request.header("content-type", "application/jwt");
        }
        let body = Full::from(Bytes::from(body.as_ref().to_owned()));
        Answer::from(&self.endpoint, request.body(body).unwrap()).await
    }

    pub(crate) async fn post(&self, members: &Value) -> Answer {
        self.send("POST", "/register", None, members.to_string()).await
    }

    /// POSTs as a caller that the host knows.
    pub(crate) async fn post_as(
        &self,
        caller: Option<Caller>,
        certificate: Option<ClientCertificate>,
        members: &Value,
    ) -> Answer {
        let request = Request::builder().method("POST").uri("/register");
        let request = request.body(Full::<Bytes>::from(members.to_string())).unwrap();
        Answer::of_response(self.endpoint.handle_as(request, caller, certificate).await).await
    }

    /// Registers a client.
    pub(crate) async fn register(&self, members: &Value) -> Value {
        let answer = self.post(members).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }

    /// A client that was registered before there were hooks.
    pub(crate) async fn stored(&self) -> Value {
        let before = host(json!({}), |builder| builder);
        let client = before.register(&plain(json!({}))).await;
        let id = ClientId::new(client["client_id"].as_str().unwrap()).unwrap();
        let record = before.store.get(&id).await.unwrap().unwrap();
        self.store.insert(&record).await.unwrap();
        client
    }

    /// A request of a client that was answered so.
    pub(crate) async fn manage(&self, method: &str, client: &Value, body: impl AsRef<str>) -> Answer {
        let target = format!("/register?client_id={}", client["client_id"].as_str().unwrap());
        let token = client["registration_access_token"].as_str().unwrap();
        self.send(method, &target, Some(token), body).await
    }
}
