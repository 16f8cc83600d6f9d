//! What is too much.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use http::Method;
use serde_json::json;

use crate::support::{Answer, Server, config_file};

/// Asks and does not finish asking, so that its place is taken.
fn half_a_request(server: &Server) -> TcpStream {
    let mut stream = connect(server);
    stream
        .write_all(b"POST /register HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{")
        .unwrap();
    stream
}

async fn in_flight(server: &Server) -> String {
    let page = Answer::of(server.request(Method::GET, "/metrics")).await;
    let line = page.text().lines().find(|line| line.starts_with("dcr_requests_in_flight ")).unwrap();
    line.strip_prefix("dcr_requests_in_flight ").unwrap().to_owned()
}

/// One request too many is turned away at once, and in words; how the server is can be asked all the same.
#[tokio::test]
async fn one_request_too_many_is_turned_away() {
    let server = Server::start_with(&["--max-concurrent", "2"]);
    let held = [half_a_request(&server), half_a_request(&server)];
    while in_flight(&server).await != "2" {
        tokio::task::yield_now().await;
    }
    let answer = server.try_register(&json!({ "redirect_uris": ["https://app.example.org/cb"] })).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    assert_eq!(
        answer.json(),
        json!({ "error": "temporarily_unavailable",
                "error_description": "the server is busy with as many requests as it takes" })
    );
    for path in ["/health/live", "/health/ready", "/.well-known/openid-configuration"] {
        assert_eq!(Answer::of(server.request(Method::GET, path)).await.status, 200, "{path}");
    }
    drop(held);
    while in_flight(&server).await != "0" {
        tokio::task::yield_now().await;
    }
    server.register_plain().await;
}

/// Whoever does not finish asking is told so when the time is up.
#[tokio::test]
async fn a_request_has_so_much_time() {
    let server = Server::start_with(&["--time-limit", "1"]);
    let mut held = half_a_request(&server);
    let mut answer = [0; 12];
    held.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
}

/// A connection on which nothing is asked, or never to the end, is closed when the time is up; one that asks is kept.
#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let server = Server::start_with(&["--time-limit", "1"]);
    for begun in ["", "POST /register HTTP/1.1\r\nhost: a\r\nx-slow: "] {
        let mut held = connect(&server);
        held.write_all(begun.as_bytes()).unwrap();
        let mut answer = Vec::new();
        held.read_to_end(&mut answer).unwrap();
        assert_eq!(String::from_utf8(answer).unwrap(), "", "{begun:?}");
    }
}

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.base().strip_prefix("http://").unwrap()).unwrap()
}

/// Asks on a connection; false if that was closed.
fn is_served(stream: &mut TcpStream) -> bool {
    let asked = stream.write_all(b"HEAD /health/live HTTP/1.1\r\nhost: a\r\n\r\n");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if asked.is_err() || stream.read_exact(&mut byte).is_err() {
            return false;
        }
        answer.extend(byte);
    }
    answer.starts_with(b"HTTP/1.1 200")
}

/// Whoever opens too many connections has the last ones closed, and gets others when some are given up.
#[tokio::test]
async fn an_address_has_so_many_connections() {
    let server = Server::start_with(&["--max-connections-per-address", "2"]);
    let mut held = [connect(&server), connect(&server)];
    assert_eq!(held.each_mut().map(is_served), [true, true]);
    assert!(!is_served(&mut connect(&server)));
    drop(held);
    while !is_served(&mut connect(&server)) {}
}

/// While there is no place for it, a connection waits.
#[tokio::test]
async fn a_server_has_so_many_connections() {
    let server = Server::start_with(&["--max-connections", "1"]);
    let mut held = connect(&server);
    assert!(is_served(&mut held));
    let mut waiting = connect(&server);
    waiting.write_all(b"HEAD /health/live HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
    assert!(is_served(&mut held));
    waiting.set_nonblocking(true).unwrap();
    assert_eq!(waiting.peek(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    waiting.set_nonblocking(false).unwrap();
    drop(held);
    let mut answer = [0; 12];
    waiting.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn an_address_that_asks_too_often_is_told_when_to_come_back() {
    let server = Server::start_with(&["--rate-limit", "3"]);
    for _ in 0..3 {
        server.register_plain().await;
    }
    let answer = server.try_register(&json!({ "redirect_uris": ["https://app.example.org/cb"] })).await;
    assert_eq!(answer.status, 429);
    assert_eq!(
        answer.json(),
        json!({ "error": "temporarily_unavailable",
                "error_description": "too many requests came from this address" })
    );
    // A third of a minute brings one more.
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    // A page in a browser can read when that is.
    let allowed = answer.header("access-control-expose-headers").unwrap_or_default().to_owned();
    assert!(allowed.contains("retry-after"), "{allowed}");
    assert_eq!(Answer::of(server.request(Method::GET, "/health/ready")).await.status, 200);
}

/// What senders claim of themselves counts only where a proxy vouches for the last of it.
#[tokio::test]
async fn addresses_are_those_of_the_proxy() {
    let from = async |server: &Server, list: &str| {
        let request = server.request(Method::POST, "/register").header("x-forwarded-for", list);
        Answer::of(request.json(&json!({ "redirect_uris": ["https://app.example.org/cb"] }))).await.status
    };
    let server = Server::start_with(&["--rate-limit", "1", "--behind-proxy"]);
    assert_eq!(from(&server, "192.0.2.1").await, 201);
    assert_eq!(from(&server, "198.51.100.7, 192.0.2.1").await, 429, "what comes before the last is made up");
    assert_eq!(from(&server, "192.0.2.1, 192.0.2.2").await, 201);
    // A network of 64 bits is one sender.
    assert_eq!(from(&server, "2001:db8::1").await, 201);
    assert_eq!(from(&server, "2001:db8::ffff:2").await, 429);
    assert_eq!(from(&server, "2001:db8:0:1::1").await, 201);

    let server = Server::start_with(&["--rate-limit", "1"]);
    assert_eq!((from(&server, "192.0.2.1").await, from(&server, "192.0.2.2").await), (201, 429));
}

/// Janssen's two properties are the rate where the command line has none.
#[tokio::test]
async fn the_configuration_may_say_how_often_is_too_often() {
    let config = json!({
        "dynamicRegistrationEnabled": true,
        "rateLimitRegistrationRequestCount": 2,
        "rateLimitRegistrationPeriodInSeconds": 3600,
    });
    let path = config_file("rate", &config);
    let server = Server::start_with(&["--config", path.to_str().unwrap()]);
    let plain = json!({ "redirect_uris": ["https://app.example.org/cb"] });
    let mut found = Vec::new();
    for _ in 0..3 {
        found.push(server.try_register(&plain).await.status);
    }
    assert_eq!(found, [201, 201, 429]);

    let server = Server::start_with(&["--config", path.to_str().unwrap(), "--rate-limit", "100"]);
    for _ in 0..10 {
        server.register_plain().await;
    }
}
