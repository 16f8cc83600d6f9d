//! A registrar with everything that a test wants to look at or to move.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oauth_dcr::testing::{FailingStore, ManualClock, StaticResolver, run};
use oauth_dcr::{
    Caller, ClientId, Draft, Error, Explanation, HookContext, HookError, MemoryClientStore, Operation,
    Profile, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig, Registration,
    RegistrationAccessToken, ScriptHook, SharedSecret, WireError,
};
use serde_json::{Value, json};

use crate::keys::{DIRECTORY, SOFTWARE, with};

/// 2026-01-01T00:00:00Z.
pub(crate) const NOW: i64 = 1_767_225_600;

/// The server's own name, and so the audience of what is sent to it.
pub(crate) const SERVER: &str = "https://op.example.com";

/// Who issues statements.
pub(crate) const ISSUER: &str = "https://directory.example";

/// Where the directory has its keys.
pub(crate) const ISSUER_KEYS: &str = "https://directory.example/jwks";

/// Where the software has its keys.
pub(crate) const SOFTWARE_KEYS: &str = "https://keys.software.example/jwks";

pub(crate) const REDIRECT: &str = "https://app.example.org/cb";

/// What is said of every signature that no key verifies, whatever the reason.
pub(crate) const NOT_VERIFIED: &str =
    "software_statement: its signature could not be verified with the keys of its issuer";
pub(crate) const REQUEST_NOT_VERIFIED: &str = "the signature of the request could not be verified";
pub(crate) const UNTRUSTED: &str = "software_statement: has an issuer that is not trusted here";
pub(crate) const INVALID: &str = "invalid_software_statement";
pub(crate) const UNAPPROVED: &str = "unapproved_software_statement";
pub(crate) const METADATA: &str = "invalid_client_metadata";

/// A registrar with everything that a test wants to look at or to move.
pub(crate) struct Server {
    pub(crate) registrar: Registrar,
    pub(crate) store: Arc<FailingStore<MemoryClientStore>>,
    pub(crate) clock: ManualClock,
    pub(crate) network: StaticResolver,
}

/// A server that takes the statements of the directory, whose keys it has.
pub(crate) fn directory_server() -> Server {
    server(directory_config())
}

/// The configuration of [`directory_server`].
pub(crate) fn directory_config() -> Value {
    json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "directory", "type": "SSA", "issuers": [ISSUER], "jwks": DIRECTORY.set() }
        ],
    })
}

pub(crate) fn server(changes: Value) -> Server {
    server_with(changes, |builder| builder)
}

pub(crate) fn server_with(
    changes: Value,
    parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder,
) -> Server {
    let (store, clock) = (Arc::new(FailingStore::new(MemoryClientStore::default())), ManualClock::new());
    let network =
        StaticResolver::new().with(ISSUER_KEYS, DIRECTORY.set()).with(SOFTWARE_KEYS, SOFTWARE.set());
    let builder = Registrar::builder(config(changes), store.clone())
        .clock(clock.clone())
        .jwks_resolver(network.clone());
    Server { registrar: parts(builder).build().unwrap(), store, clock, network }
}

/// A server with a profile. In the text `"DIRECTORY"` and `"SOFTWARE"` stand for the key sets of these.
pub(crate) fn profile_server(profile: &str) -> Server {
    server_with(json!({}), |builder| builder.profile(self::profile(profile)))
}

/// The profile of a text.
#[track_caller]
pub(crate) fn profile(text: &str) -> Profile {
    let text = text
        .replace("\"DIRECTORY\"", &DIRECTORY.set().to_string())
        .replace("\"SOFTWARE\"", &SOFTWARE.set().to_string());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(crate) fn config(changes: Value) -> RegistrarConfig {
    serde_json::from_value(properties(changes)).unwrap()
}

/// The properties of a server with some changed.
pub(crate) fn properties(changes: Value) -> Value {
    let properties = json!({
        "registrationEndpoint": "https://op.example.com/register",
        "issuer": SERVER,
        "tokenEndpoint": "https://op.example.com/token",
        "dynamicRegistrationEnabled": true,
    });
    with(properties, changes)
}

/// The properties that are at fault in a configuration that cannot be used.
#[track_caller]
pub(crate) fn problems(changes: Value) -> Vec<String> {
    let built = Registrar::builder(config(changes), MemoryClientStore::default()).build();
    built.expect_err("problems").problems.into_iter().map(|problem| problem.to_string()).collect()
}

/// The claims of an honest statement, with others besides.
pub(crate) fn claims(others: Value) -> Value {
    let usual = json!({ "iss": ISSUER, "iat": NOW, "exp": NOW + 3600, "software_id": "s6BhdRkqt3" });
    with(usual, others)
}

/// An honest statement with these claims besides the usual ones.
pub(crate) fn statement(others: Value) -> String {
    DIRECTORY.sign(&claims(others))
}

/// A request that presents a statement.
pub(crate) fn presenting(statement: impl Into<String>) -> Value {
    json!({ "redirect_uris": [REDIRECT], "software_statement": statement.into() })
}

/// The claims of an honest signed request, with others besides.
pub(crate) fn request(others: Value) -> Value {
    let usual = json!({
        "iss": "software", "iat": NOW, "exp": NOW + 300, "aud": SERVER, "redirect_uris": [REDIRECT],
    });
    with(usual, others)
}

impl Server {
    pub(crate) fn register(&self, members: &Value) -> Result<Registration, Error> {
        self.register_text(members.to_string())
    }

    pub(crate) fn register_text(&self, body: impl AsRef<[u8]>) -> Result<Registration, Error> {
        run(self.registrar.register(RegisterRequest::from_body(body.as_ref())))
    }

    /// Sends a signed request.
    pub(crate) fn register_signed(&self, token: impl AsRef<[u8]>) -> Result<Registration, Error> {
        self.register_as("application/jwt", token)
    }

    pub(crate) fn register_as(
        &self,
        media_type: &str,
        body: impl AsRef<[u8]>,
    ) -> Result<Registration, Error> {
        run(self.registrar.register(RegisterRequest::from_body(body.as_ref()).with_media_type(media_type)))
    }

    /// Registers with a statement alone.
    pub(crate) fn present(&self, statement: impl Into<String>) -> Result<Registration, Error> {
        self.register(&presenting(statement))
    }

    pub(crate) fn explain(&self, members: &Value) -> Result<Explanation, Error> {
        run(self.registrar.explain(RegisterRequest::from_body(members.to_string().as_bytes())))
    }

    /// The answer to an accepted request.
    #[track_caller]
    pub(crate) fn accepts(&self, result: Result<Registration, Error>) -> Value {
        match result {
            Ok(registration) => serde_json::from_str(registration.body()).unwrap(),
            Err(error) => panic!("refused: {}", self.registrar.wire_error(&error).body),
        }
    }

    #[track_caller]
    pub(crate) fn refusal<T: fmt::Debug>(&self, result: Result<T, Error>) -> WireError {
        self.registrar.wire_error(&result.expect_err("a refusal"))
    }

    /// Asserts a refusal of the request: 400, and exactly this body.
    #[track_caller]
    pub(crate) fn refuses<T: fmt::Debug>(&self, result: Result<T, Error>, code: &str, description: &str) {
        let wire = self.refusal(result);
        let expected = json!({ "error": code, "error_description": description }).to_string();
        assert_eq!((wire.status, &*wire.body), (400, &*expected));
    }

    /// Updates a client in the name of its last answer: with JSON.
    pub(crate) fn update(&self, answer: &Value, members: &Value) -> Result<Registration, Error> {
        let members = with(json!({ "client_id": answer["client_id"] }), members.clone());
        self.update_as(answer, "application/json", members.to_string())
    }

    pub(crate) fn update_as(
        &self,
        answer: &Value,
        media_type: &str,
        body: impl AsRef<[u8]>,
    ) -> Result<Registration, Error> {
        let request = RegisterRequest::from_body(body.as_ref()).with_media_type(media_type);
        let caller = bearer(answer);
        run(self.registrar.update(&id(answer), request.with_caller(&caller)))
    }

    /// What is stored of a client.
    #[track_caller]
    pub(crate) fn record(&self, answer: &Value) -> Value {
        let client = run(oauth_dcr::ClientStore::get(self.store.inner(), &id(answer))).unwrap().unwrap();
        serde_json::from_str(client.metadata_json()).unwrap()
    }

    /// The addresses that were asked for.
    pub(crate) fn fetched(&self) -> Vec<String> {
        self.network.fetched().into_iter().map(|(uri, _)| uri).collect()
    }

    /// Asserts that nothing was stored and nobody asked.
    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        assert_eq!(self.fetched(), [""; 0]);
        assert_eq!(self.store.calls(), []);
    }
}

pub(crate) fn id(answer: &Value) -> ClientId {
    ClientId::new(answer["client_id"].as_str().unwrap()).unwrap()
}

pub(crate) fn bearer(answer: &Value) -> Caller {
    let token = answer["registration_access_token"].as_str().unwrap();
    Caller::Bearer(RegistrationAccessToken::from(token.to_owned()))
}

/// What a hook says when it is asked for keys. Records each question, and what it was shown of the statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeyHook {
    pub(crate) statement_keys: Option<Value>,
    pub(crate) statement_secret: Option<&'static str>,
    pub(crate) request_keys: Option<Value>,
    pub(crate) request_secret: Option<&'static str>,
    pub(crate) asked: Arc<Mutex<Vec<Question>>>,
}

/// The method of a hook, the operation, and the statement it was shown.
pub(crate) type Question = (&'static str, Operation, Option<String>);

impl KeyHook {
    pub(crate) fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }

    /// The methods that were called.
    pub(crate) fn methods(&self) -> Vec<&'static str> {
        self.asked().into_iter().map(|(method, ..)| method).collect()
    }

    fn note(&self, method: &'static str, cx: &HookContext<'_>) {
        let statement = cx.software_statement.map(str::to_owned);
        self.asked.lock().unwrap().push((method, cx.operation, statement));
    }
}

#[async_trait]
impl ScriptHook for KeyHook {
    async fn create_client(&self, cx: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        self.note("create_client", cx);
        Ok(())
    }

    async fn software_statement_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        self.note("software_statement_jwks", cx);
        Ok(self.statement_keys.clone())
    }

    async fn software_statement_hmac_secret(
        &self,
        cx: &HookContext<'_>,
    ) -> Result<Option<SharedSecret>, HookError> {
        self.note("software_statement_hmac_secret", cx);
        Ok(self.statement_secret.map(|secret| SharedSecret::from(secret.to_owned())))
    }

    async fn dcr_jwks(&self, cx: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        self.note("dcr_jwks", cx);
        Ok(self.request_keys.clone())
    }

    async fn dcr_hmac_secret(&self, cx: &HookContext<'_>) -> Result<Option<SharedSecret>, HookError> {
        self.note("dcr_hmac_secret", cx);
        Ok(self.request_secret.map(|secret| SharedSecret::from(secret.to_owned())))
    }
}
