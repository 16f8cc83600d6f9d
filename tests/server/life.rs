//! Starting, stopping, and what is there afterwards.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use http::Method;
use serde_json::json;

use crate::support::{Answer, Server, binary};

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A server without any option keeps its clients, whether it was asked to stop or was killed.
#[tokio::test]
async fn clients_outlive_the_server() {
    let folder = folder("outlive");
    let mut known = Vec::new();
    for signal in ["TERM", "KILL", "TERM"] {
        let mut server = Server::start_in(&folder);
        for (id, token) in &known {
            let request = server.request(Method::GET, &format!("/register/{id}")).bearer_auth(token);
            let answer = Answer::of(request).await;
            assert_eq!((answer.status, answer.json()["client_id"].as_str()), (200, Some(String::as_str(id))));
        }
        let client = server.register_plain().await;
        known.push((client.id, client.token));
        server.signal(signal);
        server.wait();
    }
    // A server that was asked to stop left the one file in order.
    let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name());
    assert_eq!(files.collect::<Vec<_>>(), ["oauth-dcr.sqlite"]);
}

/// What was begun is answered; nothing new is taken.
#[tokio::test]
async fn a_server_that_stops_answers_what_was_asked() {
    let mut server = Server::start();
    let body = r#"{"redirect_uris":["https://app.example.org/cb"]}"#;
    let at = server.base().strip_prefix("http://").unwrap().to_owned();
    let mut held = TcpStream::connect(&at).unwrap();
    let head = format!(
        "POST /register HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    held.write_all(head.as_bytes()).unwrap();
    held.write_all(&body.as_bytes()[..10]).unwrap();
    // It is being answered.
    loop {
        let page = Answer::of(server.request(Method::GET, "/metrics")).await;
        if page.text().contains("dcr_requests_in_flight 1\n") {
            break;
        }
    }
    server.signal("TERM");
    while TcpStream::connect(&at).is_ok() {}
    held.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    held.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert_eq!(server.wait(), Some(0));
}

/// A time that is up is noticed without anybody asking for the client.
#[tokio::test]
async fn expired_clients_are_swept_now_and_again() {
    let config = json!({ "dynamicRegistrationEnabled": true, "dynamicRegistrationExpirationTime": 1 });
    let config = crate::support::config_file("swept", &config);
    let server = Server::start_with(&["--config", config.to_str().unwrap(), "--sweep-interval", "1"]);
    server.register_plain().await;
    let swept = r#"dcr_decisions_total{operation="host",outcome="swept",code=""} 1"#;
    while !Answer::of(server.request(Method::GET, "/metrics")).await.text().contains(swept) {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_database_that_cannot_be_opened_ends_the_server() {
    for (name, problem) in [
        ("mysql://user:canary@localhost/x", "the URL is of no database that this build has: `mysql:`"),
        ("sqlite:/nonexistent/folder/x.db", "the database cannot be opened: "),
        ("postgres://user:canary@127.0.0.1:1/x", "the database cannot be opened: "),
    ] {
        let output = Command::new(binary()).args(["--port", "0", "--database", name]).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(text.starts_with(&format!("--database: {problem}")), "{text}");
        assert!(!text.contains("canary"), "a password is in {text}");
    }
}
