//! What of a body is read, and what is refused before anyone looks at its members.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use http_body::{Body, Frame};
use serde_json::json;

use crate::support::{Answer, Server, endpoint};

const PLAIN: &str = r#"{"redirect_uris":["https://app.example.org/cb"]}"#;

/// Whatever is JSON by RFC 8259 is read, and nothing is a repeat that only looks like one.
///
/// Accepts: R91-011, HTTP-002, HTTP-003
#[tokio::test]
async fn one_json_object_is_read_however_it_is_written() {
    let server = Server::start();
    for (body, name) in [
        (" \r\n\t{ \"client_name\" : \"A\" }\n ", "A"),
        (r#"{"client\u005fname":"\u0041"}"#, "A"),
        (r#"{"client_name":"\ud83d\ude00 \"\/\\"}"#, "\u{1f600} \"/\\"),
        ("{\"client_name\":\"\u{30af}\"}", "\u{30af}"),
        (r#"{"Client_name":"B","client_name":"A","CLIENT_NAME":"C"}"#, "A"),
        (r#"{"client_name":"A","unknown":[{"a":1},{"a":1}],"a":{"a":{"a":1}}}"#, "A"),
    ] {
        let grants = r#""grant_types":["client_credentials"]}"#;
        let body = format!("{},{grants}", body.trim_end().strip_suffix('}').unwrap());
        let answer = server.post(body).await;
        assert_eq!((answer.status, &answer.json()["client_name"]), (201, &name.into()), "{}", answer.text());
        assert!(answer.body.starts_with(b"{"), "a byte order mark");
    }
}

/// Refuses: R91-011, R91-081, R91-082, HTTP-002, HTTP-003
#[tokio::test]
async fn s_json_09_what_is_not_one_json_object_is_refused() {
    let server = Server::start();
    let no_json = |line, column| format!("the body is not valid JSON (line {line}, column {column})");
    let twice = |name: &str| format!("the body names the member `{name}` twice");
    let no_object = "the body must be a JSON object".to_owned();
    let cases: &[(&[u8], String)] = &[
        (b"", no_json(1, 0)),
        (b"{", no_json(1, 1)),
        (b"redirect_uris=x", no_json(1, 1)),
        (b"{\"client_name\": 'A'}", no_json(1, 17)),
        (b"{\"client_name\": \"A\",}", no_json(1, 21)),
        (b"{\n \"client_name\": NaN}", no_json(2, 17)),
        (b"{} {}", no_json(1, 4)),
        (b"{\"client_name\": \"\\ud800\"}", no_json(1, 24)),
        // A byte order mark may be ignored; it is not.
        (b"\xef\xbb\xbf{}", no_json(1, 1)),
        (b"{\"client_name\":\"\xff\"}", "the body is not valid UTF-8".to_owned()),
        (b"[]", no_object.clone()),
        (b"[\"https://app.example.org/cb\"]", no_object.clone()),
        (b"\"text\"", no_object.clone()),
        (b"17", no_object.clone()),
        (b"-1.5", no_object.clone()),
        (b"true", no_object.clone()),
        (b"null", no_object),
        (br#"{"a":1,"a":2}"#, twice("a")),
        (br#"{"a":1,"\u0061":2}"#, twice("a")),
        (br#"{"client_name":"A","client_name":"A"}"#, twice("client_name")),
        (br#"{"client_name":null,"client_name":"A"}"#, twice("client_name")),
        (br#"{"client_name#de":"A","client_name#de":"B"}"#, twice("client_name#de")),
        (br#"{"jwks":{"keys":[{"kty":"RSA","kty":"EC"}]}}"#, twice("kty")),
        (br#"{"unknown":[{"b":1,"b":1}]}"#, twice("b")),
        (br#"{"client_name":{"c":1,"c":1}}"#, twice("c")),
    ];
    for (body, description) in cases {
        println!("{}", String::from_utf8_lossy(body));
        server.post(*body).await.assert_error(400, "invalid_request", description);
    }
}

/// Accepts: HTTP-031
/// Refuses: HTTP-031
#[tokio::test]
async fn s_json_04_nesting_has_a_limit() {
    let server = Server::start();
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!(r#"{{"redirect_uris":["https://app.example.org/cb"],"unknown":{open}{close}}}"#)
    };
    assert_eq!(server.post(nested(16)).await.status, 201);
    let description = "the body is nested deeper than 16 levels";
    server.post(nested(17)).await.assert_error(400, "invalid_request", description);
    server.post(nested(5_000)).await.assert_error(400, "invalid_request", description);
    let in_a_known_member = nested(17).replace("unknown", "contacts");
    server.post(in_a_known_member).await.assert_error(400, "invalid_request", description);
}

#[tokio::test]
async fn s_json_11_members_have_a_limit() {
    let server = Server::start();
    let body = |members: usize| {
        let unknown: String = (1..members).map(|index| format!(r#","x{index}":1"#)).collect();
        format!(r#"{{"redirect_uris":["https://app.example.org/cb"]{unknown}}}"#)
    };
    assert_eq!(server.post(body(200)).await.status, 201);
    server.post(body(201)).await.assert_error(400, "invalid_request", "the body has more than 200 members");
}

/// Accepts: HTTP-031
/// Refuses: HTTP-031
#[tokio::test]
async fn s_json_01_size_has_a_limit() {
    let server = Server::start();
    let body = |size: usize| format!("{PLAIN}{}", " ".repeat(size - PLAIN.len()));
    assert_eq!(server.post(body(65_536)).await.status, 201);
    let answer = server.post(body(65_537)).await;
    answer.assert_error(413, "invalid_request", "the body is larger than 65536 bytes");
    assert_eq!(answer.header("retry-after"), None);
}

/// The announced length is enough to refuse, and a body without one is counted.
///
/// Accepts: HTTP-031
/// Refuses: HTTP-031
#[test]
fn s_json_01_size_is_judged_before_a_body_has_arrived() {
    let server = Server::start();
    let head =
        "POST /register HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let announced = server.exchange(format!("{head}content-length: 65537\r\n\r\n").as_bytes());
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");
    assert!(announced.ends_with("the body is larger than 65536 bytes\"}"), "{announced}");

    let chunk = format!("2000\r\n{}\r\n", " ".repeat(0x2000));
    let counted =
        server.exchange(format!("{head}transfer-encoding: chunked\r\n\r\n{}", chunk.repeat(9)).as_bytes());
    assert!(counted.starts_with("HTTP/1.1 413 "), "{counted}");
    assert!(counted.ends_with("the body is larger than 65536 bytes\"}"), "{counted}");

    let chunk = format!("{:x}\r\n{PLAIN}\r\n0\r\n\r\n", PLAIN.len());
    let small = server.exchange(format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}").as_bytes());
    assert!(small.starts_with("HTTP/1.1 201 "), "{small}");
}

/// Accepts: R91-001, HTTP-001, HTTP-012
#[tokio::test]
async fn json_by_any_spelling_of_its_media_type_is_read() {
    let server = Server::start();
    let accepted = [
        None,
        Some("application/json"),
        Some("APPLICATION/Json"),
        Some("application/json;charset=utf-8"),
        Some("application/json; Charset=\"UTF-8\""),
        Some("application/json; profile=x"),
    ];
    for media_type in accepted {
        let mut request = server.request(Method::POST, "/register").body(PLAIN);
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        assert_eq!(Answer::of(request).await.status, 201, "{media_type:?}");
    }
}

/// Refuses: R91-001, HTTP-001, HTTP-012, HTTP-032
#[tokio::test]
async fn s_json_02_other_media_types_are_refused() {
    let server = Server::start();
    let refused: [&[u8]; 11] = [
        b"",
        b"text/plain",
        b"text/json",
        b"application/jsonp",
        b"application/scim+json",
        b"application/x-www-form-urlencoded",
        b"application/json, text/plain",
        b"application/json; charset=iso-8859-1",
        b"application/json; charset=utf-8; charset=latin1",
        b"*/*",
        b"application/json; note=\xe9",
    ];
    for media_type in refused {
        let value = HeaderValue::from_bytes(media_type).unwrap();
        let request = server.request(Method::POST, "/register").header("content-type", value);
        let answer = Answer::of(request.body(PLAIN)).await;
        answer.assert_error(415, "invalid_request", "the body must be application/json in UTF-8");
        assert_eq!(answer.header("accept"), Some("application/json"));
    }
    let twice = server.request(Method::POST, "/register");
    let twice = twice.header("content-type", "application/json").header("content-type", "text/plain");
    assert_eq!(Answer::of(twice.body(PLAIN)).await.status, 415);
}

/// Accepts: HTTP-032
/// Refuses: HTTP-032
#[tokio::test]
async fn content_codings_are_not_undone() {
    let server = Server::start();
    let send = |coding: &'static str| {
        let request = server.request(Method::POST, "/register").header("content-type", "application/json");
        Answer::of(request.header("content-encoding", coding).body(PLAIN))
    };
    for coding in ["gzip", "br", "gzip, identity", "Identity;q=1"] {
        let answer = send(coding).await;
        answer.assert_error(415, "invalid_request", "the body must not have a content coding");
        assert_eq!(answer.header("accept-encoding"), Some("identity"));
    }
    assert_eq!(send("Identity").await.status, 201);
}

/// This server takes no signed requests.
///
/// Refuses: HTTP-007
#[tokio::test]
async fn a_signed_body_is_refused_by_name() {
    let server = Server::start();
    let description = "the body is signed, and this server takes no signed requests: send application/json";
    for media_type in ["application/jwt", "application/jose", "Application/JWT"] {
        let request = server.request(Method::POST, "/register").header("content-type", media_type);
        let answer = Answer::of(request.body("eyJhbGciOiJub25lIn0.e30.")).await;
        answer.assert_error(400, "invalid_client_metadata", description);
    }
}

/// Accepts: HTTP-006
#[tokio::test]
async fn the_answer_is_json_whatever_the_client_accepts() {
    let server = Server::start();
    for accepted in ["text/html", "application/jwt", "application/json;q=0", "nonsense"] {
        let request = server.request(Method::POST, "/register").header("accept", accepted);
        let answer =
            Answer::of(request.json(&json!({ "redirect_uris": ["https://app.example.org/cb"] }))).await;
        assert_eq!(answer.status, 201);
        answer.assert_well_formed();
    }
}

/// A body that ends with an error, whose type nothing is known of.
struct Broken;

struct Reason;

impl Body for Broken {
    type Data = Bytes;
    type Error = Reason;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reason>>> {
        Poll::Ready(Some(Err(Reason)))
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let endpoint = endpoint(json!({}), |builder| builder);
    let request = Request::builder().method("POST").uri("/register").body(Broken).unwrap();
    let (head, body) = endpoint.handle(request).await.into_parts();
    assert_eq!(head.status, 400);
    let body = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
    assert_eq!(
        body,
        r#"{"error":"invalid_request","error_description":"the body could not be read to its end"}"#
    );
}
