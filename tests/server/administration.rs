//! The administrative interface of a server, and who is let in.

use std::path::{Path, PathBuf};
use std::process::Command;

use http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Server, binary, config_file};

pub(crate) const TOKEN: &str = "b3BlcmF0b3Igb3BlcmF0b3Igb3BlcmF0b3I=";

/// A server with an administrative interface.
pub(crate) struct Administered {
    pub(crate) server: Server,
    base: String,
}

impl Administered {
    /// A server of this configuration, kept in a file of this name.
    pub(crate) fn start(name: &str, config: &Value) -> Self {
        let (config, token) = (config_file(name, config), token_file(name, TOKEN));
        let mut server = Server::start_with(&[
            "--config",
            config.to_str().unwrap(),
            "--admin-listen",
            "127.0.0.1:0",
            "--admin-token-file",
            token.to_str().unwrap(),
        ]);
        let base = server.administration();
        Self { server, base }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.server.request(method, &format!("{}{path}", self.base))
    }

    /// What the operator gets.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).bearer_auth(TOKEN)).await
    }

    /// Changes the configuration.
    pub(crate) async fn patch(&self, operations: &Value) -> Answer {
        let request = self.request(Method::PATCH, "/config").bearer_auth(TOKEN);
        let request = request.header("content-type", "application/json-patch+json");
        Answer::of(request.body(operations.to_string())).await
    }
}

fn token_file(name: &str, token: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.token"));
    std::fs::write(&path, format!("{token}\n")).unwrap();
    path
}

#[tokio::test]
async fn only_who_has_the_token_is_let_in() {
    let own = Administered::start("let-in", &json!({ "dynamicRegistrationEnabled": true }));
    for path in ["/config", "/clients", "/clients/x", "/elsewhere"] {
        let nobody = Answer::of(own.request(Method::GET, path)).await;
        assert_eq!(
            (nobody.status, nobody.json()),
            (401, json!({ "error_description": "a bearer token is needed" }))
        );
        assert_eq!(nobody.header("www-authenticate"), Some(r#"Bearer realm="administration""#));

        let almost = TOKEN.replacen('b', "c", 1);
        for wrong in [almost.as_str(), "x", &TOKEN[1..], &format!("{TOKEN}a")] {
            let stranger = Answer::of(own.request(Method::GET, path).bearer_auth(wrong)).await;
            let expected =
                json!({ "error": "invalid_token", "error_description": "the token is not valid here" });
            assert_eq!((stranger.status, stranger.json()), (401, expected), "{wrong}");
        }
        let basic = own.request(Method::GET, path).header("authorization", format!("Basic {TOKEN}"));
        assert_eq!(Answer::of(basic).await.status, 401);
        let twice = own.request(Method::GET, path).bearer_auth(TOKEN).header("authorization", "Bearer x");
        assert_eq!(Answer::of(twice).await.status, 401);
    }
    assert_eq!(own.get("/config").await.status, 200);
    assert_eq!(own.get("/elsewhere").await.status, 404);
}

/// The interface is nowhere on the address that clients see, whatever they know.
#[tokio::test]
async fn clients_do_not_see_the_interface() {
    let own = Administered::start("not-seen", &json!({ "dynamicRegistrationEnabled": true }));
    for path in ["/config", "/clients", "/metrics"] {
        let answer = Answer::of(own.server.request(Method::GET, path).bearer_auth(TOKEN)).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[test]
fn the_interface_needs_a_token_that_cannot_be_guessed() {
    let short = token_file("short", "0123456789012345678901234567890");
    for (file, expected) in [
        (None, "--admin-listen: needs a token in OAUTH_DCR_ADMIN_TOKEN or --admin-token-file\n"),
        (Some(short), "the token of the administrative interface must have at least 32 characters\n"),
    ] {
        let mut command = Command::new(binary());
        command.args(["--port", "0", "--database", ":memory:", "--admin-listen", "127.0.0.1:0"]);
        command.env_remove("OAUTH_DCR_ADMIN_TOKEN").env("RUST_LOG", "error");
        let output =
            command.args(file.iter().flat_map(|path| ["--admin-token-file".as_ref(), path.as_os_str()]));
        let output = output.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    }
}
