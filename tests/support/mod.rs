//! The example server as a process, an endpoint without a server, and the answers of both.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use oauth_dcr::{MemoryClientStore, Registrar, RegistrarBuilder, RegistrarConfig, RegistrationEndpoint};
use serde_json::{Value, json};

/// A running server, stopped when dropped.
pub(crate) struct Server {
    child: Child,
    /// Kept open, so that the server can go on printing.
    stdout: BufReader<ChildStdout>,
    base: String,
    client: reqwest::Client,
}

impl Server {
    /// Starts a server where anybody may register.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a server with these arguments, on a port of its own, with clients of its own.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let own = if arguments.contains(&"--database") { &[][..] } else { &["--database", ":memory:"] };
        Self::spawn(Command::new(binary()).args(own).args(arguments))
    }

    /// Starts a server in a folder of its own, as somebody does who reads no further than the first command.
    pub(crate) fn start_in(folder: &Path) -> Self {
        Self::spawn(Command::new(binary()).current_dir(folder))
    }

    fn spawn(command: &mut Command) -> Self {
        // Answers of 5xx are logged as errors, and are what some tests are about.
        let log = std::env::var("RUST_LOG").unwrap_or_else(|_| "off".to_owned());
        let command = command.args(["--port", "0"]).env("RUST_LOG", log).env_remove("OAUTH_DCR_DATABASE");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let Some(base) = line.trim().strip_prefix("listening on ") else {
            let _ = child.kill();
            panic!("the server did not start: {line}");
        };
        Self { base: base.to_owned(), client: reqwest::Client::new(), stdout, child }
    }

    /// Starts a server with this configuration, kept in a file of this name.
    pub(crate) fn configured(name: &str, config: &Value) -> Self {
        Self::start_with(&["--config", config_file(name, config).to_str().unwrap()])
    }

    /// Where its administrative interface is, if it was started with one. Can be asked for once.
    pub(crate) fn administration(&mut self) -> String {
        let mut line = String::new();
        while self.stdout.read_line(&mut line).unwrap() > 0 {
            if let Some(base) = line.trim().strip_prefix("administration on ") {
                return base.to_owned();
            }
            line.clear();
        }
        panic!("the server has no administrative interface");
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// `http://127.0.0.1:port`
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// The registration endpoint.
    pub(crate) fn endpoint(&self) -> String {
        format!("{}/register", self.base)
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the process to end and returns its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// A request to a path below the base, or to a whole URL.
    pub(crate) fn request(&self, method: Method, target: &str) -> reqwest::RequestBuilder {
        let url = if target.starts_with('/') { format!("{}{target}", self.base) } else { target.to_owned() };
        self.client.request(method, url)
    }

    /// POSTs a JSON text to the registration endpoint.
    pub(crate) async fn post(&self, body: impl Into<Vec<u8>>) -> Answer {
        let request = self.request(Method::POST, "/register");
        Answer::of(request.header("content-type", "application/json").body(body.into())).await
    }

    /// Tries to register a client.
    pub(crate) async fn try_register(&self, metadata: &Value) -> Answer {
        self.post(metadata.to_string()).await
    }

    /// Registers a client.
    #[track_caller]
    pub(crate) fn register(&self, metadata: Value) -> impl Future<Output = Registered> {
        let place = std::panic::Location::caller();
        async move {
            let answer = self.try_register(&metadata).await;
            assert_eq!(answer.status, 201, "{place}: {}", answer.text());
            Registered::of(answer.json())
        }
    }

    /// Registers a web client with one redirection URI.
    pub(crate) async fn register_plain(&self) -> Registered {
        self.register(json!({ "redirect_uris": ["https://app.example.org/cb"] })).await
    }

    /// Writes octets to a connection of its own, and reads what comes back until the server closes it.
    pub(crate) fn exchange(&self, octets: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.base.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(octets).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    /// A request to the configuration endpoint of a client, with its token.
    pub(crate) async fn manage(&self, method: Method, client: &Registered, body: Option<&Value>) -> Answer {
        let mut request = self.request(method, &client.uri).bearer_auth(&client.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::of(request).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client as it was answered to its registration.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) id: String,
    pub(crate) uri: String,
    pub(crate) token: String,
    pub(crate) body: Value,
}

impl Registered {
    pub(crate) fn of(body: Value) -> Self {
        let text =
            |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name} in {body}")).to_owned();
        Self {
            id: text("client_id"),
            uri: text("registration_client_uri"),
            token: text("registration_access_token"),
            body,
        }
    }

    /// What a client sends back in an update: everything but what only the server sets.
    pub(crate) fn for_update(&self) -> Value {
        let mut body = self.body.clone();
        for name in [
            "registration_access_token",
            "registration_client_uri",
            "client_secret_expires_at",
            "client_id_issued_at",
        ] {
            body.as_object_mut().unwrap().remove(name);
        }
        body
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Sends a request.
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// Asks an endpoint that no server is in front of.
    pub(crate) async fn from(endpoint: &RegistrationEndpoint, request: Request<Full<Bytes>>) -> Self {
        Self::of_response(endpoint.handle(request).await).await
    }

    pub(crate) async fn of_response(response: Response<Full<Bytes>>) -> Self {
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Self { status: head.status.as_u16(), headers: head.headers, body }
    }

    /// The value of a header that may be there once.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().unwrap());
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    /// The body as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// Asserts that the answer may not be kept, and that it is JSON if it has a body.
    #[track_caller]
    pub(crate) fn assert_well_formed(&self) {
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert_eq!(self.header("pragma"), Some("no-cache"), "{self:?}");
        assert_eq!(self.header("location"), None, "{self:?}");
        if self.status == 204 {
            assert_eq!((self.header("content-type"), self.body.len()), (None, 0), "{self:?}");
        } else {
            assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        }
        if self.status == 401 {
            assert!(
                self.header("www-authenticate").is_some_and(|text| text.starts_with("Bearer ")),
                "{self:?}"
            );
        }
    }

    /// Asserts an error: status, code and description.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, code: &str, description: &str) {
        self.assert_well_formed();
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.json(), json!({ "error": code, "error_description": description }));
    }

    /// Asserts the refusal of a request without credentials.
    #[track_caller]
    pub(crate) fn assert_no_credentials(&self) {
        self.assert_well_formed();
        assert_eq!(self.status, 401, "{}", self.text());
        assert_eq!(self.header("www-authenticate"), Some(r#"Bearer realm="client registration""#));
        assert_eq!(self.json(), json!({ "error_description": "a bearer token is needed" }));
    }

    /// Asserts the refusal of a credential.
    #[track_caller]
    pub(crate) fn assert_invalid_token(&self) {
        self.assert_error(401, "invalid_token", "the token is not valid here");
        assert_eq!(self.header("www-authenticate"), Some(r#"Bearer error="invalid_token""#));
    }
}

/// An endpoint without a server in front of it: what the example server has no option for.
pub(crate) fn endpoint(
    config: Value,
    adapt: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder,
) -> RegistrationEndpoint {
    let mut members = json!({
        "registrationEndpoint": "https://op.example.com/register",
        "dynamicRegistrationEnabled": true
    });
    members.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let config: RegistrarConfig = serde_json::from_value(members).unwrap();
    let builder = Registrar::builder(config, MemoryClientStore::default());
    RegistrationEndpoint::new(adapt(builder).build().unwrap())
}

/// A request for such an endpoint.
pub(crate) fn request(method: &str, target: &str, token: Option<&str>, body: &Value) -> Request<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(target);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request.body(Full::from(body)).unwrap()
}

/// Writes a configuration where the example server can read it.
pub(crate) fn config_file(name: &str, config: &Value) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    std::fs::write(&path, config.to_string()).unwrap();
    path
}

/// The example server. `cargo test` builds the examples before it runs the tests; where only one test was
/// asked for, it is built here.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        // target/debug/deps/http-0123 -> target/debug/examples/server
        let binary = test.ancestors().nth(2).unwrap().join("examples/server");
        if !binary.exists() {
            let status = Command::new(env!("CARGO")).args(["build", "--example", "server"]).status().unwrap();
            assert!(status.success(), "the example server does not build");
        }
        binary
    })
}
