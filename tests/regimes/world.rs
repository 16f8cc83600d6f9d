//! A regime: the example server with its shipped configuration, the regulator, the software, and its certificate.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use http::Method;
use oauth_dcr::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::pki::{Key, Party, VALID, config, has_uris};
use crate::support::{Answer, Server};

/// Who signs statements in all regimes of the demonstration.
pub(crate) static REGULATOR: LazyLock<Key> = LazyLock::new(|| Key::demo("regulator-private.jwk.json"));

/// The software that is registered.
pub(crate) static SOFTWARE: LazyLock<Key> = LazyLock::new(|| Key::demo("software-private.jwk.json"));

pub(crate) const METADATA: &str = "invalid_client_metadata";
pub(crate) const STATEMENT: &str = "invalid_software_statement";

/// A server and how it is asked.
pub(crate) struct Regime {
    pub(crate) server: Server,
    /// What is presented to the proxy.
    pub(crate) certificate: Option<Party>,
    media_type: &'static str,
}

/// A registered client and what manages it.
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) body: Value,
}

impl Regime {
    pub(crate) fn start(file: &str, media_type: &'static str, certificate: Option<Party>) -> Self {
        let server = Server::start_with(&["--config", config(file).to_str().unwrap()]);
        Self { server, certificate, media_type }
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        token: Option<&str>,
        certificate: Option<&Party>,
        body: Option<String>,
    ) -> Answer {
        let mut request = self.server.request(method, target);
        if let Some(certificate) = certificate {
            request = request.header("x-clientcert", certificate.header());
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", self.media_type).body(body);
        }
        Answer::of(request).await
    }

    pub(crate) async fn post(&self, body: impl Into<String>) -> Answer {
        self.post_with(self.certificate.as_ref(), body).await
    }

    pub(crate) async fn post_with(&self, certificate: Option<&Party>, body: impl Into<String>) -> Answer {
        self.send(Method::POST, "/register", None, certificate, Some(body.into())).await
    }

    /// Registers a client whose token is its registration access token, or `name.ID` if it gets none.
    #[track_caller]
    pub(crate) fn register(&self, name: &str, body: impl Into<String>) -> impl Future<Output = Client> {
        let place = std::panic::Location::caller();
        async move {
            let answer = self.post(body).await;
            assert_eq!(answer.status, 201, "{place}: {}", answer.text());
            answer.assert_well_formed();
            let body = answer.json();
            let id = body["client_id"].as_str().unwrap().to_owned();
            let token = body["registration_access_token"].as_str();
            let token = token.map_or_else(|| self.token(name, &id), str::to_owned);
            Client { id, token, body }
        }
    }

    /// A token of the configuration, bound to the certificate if there is one.
    pub(crate) fn token(&self, name: &str, id: &str) -> String {
        let certificate =
            self.certificate.as_ref().map(|own| oauth_dcr::ClientCertificate::from_der(&own.der()));
        match certificate.and_then(|own| own.unwrap().thumbprint()) {
            Some(thumbprint) => format!("{name}.{id}.{thumbprint}"),
            None => format!("{name}.{id}"),
        }
    }

    pub(crate) async fn manage(&self, method: Method, client: &Client, body: Option<String>) -> Answer {
        self.manage_as(method, &client.id, Some(&client.token), self.certificate.as_ref(), body).await
    }

    pub(crate) async fn manage_as(
        &self,
        method: Method,
        id: &str,
        token: Option<&str>,
        certificate: Option<&Party>,
        body: Option<String>,
    ) -> Answer {
        self.send(method, &format!("/register/{id}"), token, certificate, body).await
    }

    /// Asserts that a request to register is refused.
    #[track_caller]
    pub(crate) fn refuses(
        &self,
        body: impl Into<String>,
        code: &'static str,
        description: &str,
    ) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let answer = self.post(body).await;
            let expected = json!({ "error": code, "error_description": description });
            assert_eq!((answer.status, answer.json()), (400, expected), "{place}");
        }
    }
}

pub(crate) fn now() -> i64 {
    SystemClock.now().unix_timestamp()
}

/// A UUID of version 4 that is not used again.
pub(crate) fn uuid() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{:08x}-0000-4000-8000-000000000000", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Claims with others in their place; null takes one away.
pub(crate) fn with(mut claims: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// A certificate of this key under a name, by an authority that only the proxy knows.
pub(crate) fn transport(key: &Key, name: &[(&str, &str)]) -> Party {
    static AUTHORITY: LazyLock<Party> = LazyLock::new(|| Party::authority("Transport", None));
    Party::new(key.clone(), name, Some(&AUTHORITY), VALID, |builder| has_uris(builder, &[]))
}
