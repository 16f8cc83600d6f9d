//! Documents over HTTPS, against real sockets: what is not asked for, where nothing connects to, and what is not read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use oauth_dcr::{
    BoxError, FetchError, FetchPurpose, FetchedDocument, HttpsResolver, HttpsResolverBuilder, JwksResolver,
    NameLookup,
};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use serde_json::{Value, json};
use url::Url;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Public, and assigned to nobody.
const NOWHERE: &str = "2000::1";

/// A certificate of the server that signed itself.
static CERTIFICATE: LazyLock<(X509, PKey<Private>)> = LazyLock::new(|| {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "test").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("keys.example")
        .dns("localhost")
        .ip("127.0.0.1")
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
});

/// An HTTPS server on loopback that answers each path with what it was given.
struct Server {
    port: u16,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// The heads of the requests.
    requests: Mutex<Vec<String>>,
}

impl Server {
    /// Writes the answer to a path after the head of its request was read.
    fn start(answer: impl Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
        acceptor.set_certificate(&CERTIFICATE.0).unwrap();
        acceptor.set_private_key(&CERTIFICATE.1).unwrap();
        let acceptor = acceptor.build();
        let answer = Arc::new(answer);
        Self::listen(move |stream, seen| {
            let Ok(mut stream) = acceptor.accept(stream) else { return };
            let head = read_head(&mut stream);
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            seen.requests.lock().unwrap().push(head);
            if answer(&path, &mut stream).is_ok() {
                let _ = stream.shutdown();
            }
        })
    }

    /// Does the same to every request.
    fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_, stream| stream.write_all(&answer))
    }

    /// Without TLS.
    fn listen(serve: impl Fn(TcpStream, &Seen) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let serve = Arc::new(serve);
        thread::spawn({
            let seen = seen.clone();
            move || {
                for stream in listener.incoming() {
                    let Ok(stream) = stream else { continue };
                    seen.connections.fetch_add(1, Ordering::SeqCst);
                    let (serve, seen) = (serve.clone(), seen.clone());
                    thread::spawn(move || serve(stream, &seen));
                }
            }
        });
        Self { port, seen }
    }

    /// A URL with this host.
    fn url(&self, host: &str, path: &str) -> Url {
        format!("https://{host}:{}{path}", self.port).parse().unwrap()
    }

    fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// A resolver that may go here.
    fn builder(&self) -> HttpsResolverBuilder {
        HttpsResolver::builder()
            .allow_private_networks_dangerously()
            .allow_port(self.port)
            .add_root_certificate_pem(CERTIFICATE.0.to_pem().unwrap())
            .lookup(Fixed(LOOPBACK))
    }

    /// Fetches from here.
    async fn fetch(&self, path: &str) -> Result<Value, FetchError> {
        fetch(&self.builder().build().unwrap(), &self.url("keys.example", path)).await
    }
}

fn read_head(stream: &mut impl Read) -> String {
    let mut head = String::new();
    let mut reader = BufReader::with_capacity(1, stream);
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            break;
        }
    }
    head
}

fn ok(headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

const JSON: &str = "Content-Type: application/json\r\n";

/// Every name has this address.
#[derive(Debug)]
struct Fixed(IpAddr);

#[async_trait]
impl NameLookup for Fixed {
    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, BoxError> {
        Ok(vec![self.0])
    }
}

/// Answers in their order, the last one for ever. Counts how often it was asked.
#[derive(Clone, Debug)]
struct Changing(Arc<(AtomicUsize, Vec<Vec<IpAddr>>)>);

impl Changing {
    fn new(answers: &[&[&str]]) -> Self {
        let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect());
        Self(Arc::new((AtomicUsize::new(0), answers.collect())))
    }

    fn asked(&self) -> usize {
        self.0.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl NameLookup for Changing {
    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, BoxError> {
        let number = self.0.0.fetch_add(1, Ordering::SeqCst);
        Ok(self.0.1[number.min(self.0.1.len() - 1)].clone())
    }
}

async fn fetch(resolver: &HttpsResolver, uri: &Url) -> Result<Value, FetchError> {
    resolver.fetch(uri, FetchPurpose::Keys).await
}

/// The metadata document of a client, from an answer with these headers.
async fn metadata(headers: &str, body: &str) -> Result<FetchedDocument, FetchError> {
    let server = Server::answering(ok(headers, body));
    let resolver = server.builder().build().unwrap();
    let uri = server.url("keys.example", "/client.json");
    resolver.fetch_document(&uri, FetchPurpose::ClientMetadata, 5120).await
}

/// What the log gets.
fn chain(error: &FetchError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// One text for those who must not learn more (S-NET-10), and the reason for the log.
#[track_caller]
fn refused(outcome: Result<Value, FetchError>, reason: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.to_string(), "the document could not be fetched");
    let chain = chain(&error);
    assert!(chain.contains(reason), "{chain}");
}

#[tokio::test]
async fn a_document_is_fetched_with_the_dangerous_switch() {
    let server = Server::answering(ok(JSON, r#"{ "keys": [] }"#));
    assert_eq!(server.fetch("/jwks?x=y").await.unwrap(), json!({ "keys": [] }));
    // As an IP address, and by the operating system's idea of a name.
    let resolver = HttpsResolver::builder()
        .allow_private_networks_dangerously()
        .allow_port(server.port)
        .add_root_certificate_pem(CERTIFICATE.0.to_pem().unwrap())
        .build()
        .unwrap();
    for host in ["127.0.0.1", "localhost"] {
        assert_eq!(fetch(&resolver, &server.url(host, "/")).await.unwrap(), json!({ "keys": [] }), "{host}");
    }
    assert_eq!(server.requests().len(), 3);
}

/// S-NET-07: what is sent says nothing of who sends it, and nothing is remembered.
#[tokio::test]
async fn s_net_07_requests_carry_nothing() {
    let server = Server::answering(ok("Content-Type: application/json\r\nSet-Cookie: a=b\r\n", "[]"));
    let resolver = server.builder().build().unwrap();
    let url = server.url("keys.example", "/jwks?x=y");
    for _ in 0..2 {
        fetch(&resolver, &url).await.unwrap();
    }
    for request in server.requests() {
        let mut lines: Vec<_> = request.trim_end().lines().map(str::to_lowercase).collect();
        lines.sort();
        let host = format!("host: keys.example:{}", server.port);
        assert_eq!(
            lines,
            [
                "accept-encoding: identity",
                "accept: application/jwk-set+json, application/json",
                "get /jwks?x=y http/1.1",
                &host,
                "user-agent: oauth-dcr",
            ]
        );
    }
    assert_eq!(server.connections(), 2, "no connection is kept");
}

/// S-NET-02: what can be seen from the URL.
#[tokio::test]
async fn s_net_02_urls_are_judged_before_anything_is_sent() {
    let lookup = Changing::new(&[&["127.0.0.1"]]);
    let resolver = HttpsResolver::builder().lookup(lookup.clone()).build().unwrap();
    for (url, reason) in [
        ("http://keys.example/", "not https"),
        ("ftp://keys.example/", "not https"),
        ("file:///etc/passwd", "not https"),
        ("data:application/json,[]", "not https"),
        ("https://user@keys.example/", "user information"),
        ("https://:password@keys.example/", "user information"),
        ("https://keys.example/#", "fragment"),
        ("https://keys.example:80/", "port 80"),
        ("https://keys.example:8443/", "port 8443"),
        ("https://localhost/", "local network"),
        ("https://LocalHost./", "local network"),
        ("https://a.localhost/", "local network"),
        ("https://printer.local/", "local network"),
        ("https://metadata.google.internal/", "local network"),
        ("https://metadata.google.internal./", "local network"),
        ("https://intranet/", "local network"),
    ] {
        refused(fetch(&resolver, &url.parse().unwrap()).await, reason);
    }
    assert_eq!(lookup.asked(), 0);
}

/// S-NET-05: no resolver is asked for an IP address, in any spelling.
#[tokio::test]
async fn s_net_05_ip_addresses_are_refused() {
    let server = Server::answering(ok(JSON, "[]"));
    let resolver = HttpsResolver::builder()
        .allow_port(server.port)
        .add_root_certificate_pem(CERTIFICATE.0.to_pem().unwrap())
        .build()
        .unwrap();
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "127.1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "[::]",
        "169.254.169.254",
        "168.63.129.16",
        "[fd00:ec2::254]",
        // Public, but still no name.
        "8.8.8.8",
        "[2001:4860:4860::8888]",
    ] {
        refused(fetch(&resolver, &server.url(host, "/")).await, "the URL names the IP address");
    }
    assert_eq!(server.connections(), 0);
}

/// S-NET-03: one bad address among the answers is enough.
#[tokio::test]
async fn s_net_03_names_with_a_special_address_are_refused() {
    let server = Server::answering(ok(JSON, "[]"));
    for answer in [
        &["127.0.0.1"] as &[_],
        &["8.8.8.8", "127.0.0.1"],
        &["127.0.0.1", "8.8.8.8"],
        &["2001:4860:4860::8888", "::1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["2002:7f00:1::1"],
        &["169.254.169.254"],
        &["168.63.129.16"],
        &["100.100.100.200"],
        &["10.0.0.1"],
        &["fd00::1"],
    ] {
        let resolver = HttpsResolver::builder()
            .allow_port(server.port)
            .add_root_certificate_pem(CERTIFICATE.0.to_pem().unwrap())
            .lookup(Changing::new(&[answer]))
            .build()
            .unwrap();
        refused(fetch(&resolver, &server.url("keys.example", "/")).await, "which is not allowed");
    }
    let resolver = HttpsResolver::builder().lookup(Changing::new(&[&[]])).build().unwrap();
    refused(fetch(&resolver, &"https://keys.example/".parse().unwrap()).await, "has no address");
    assert_eq!(server.connections(), 0);
}

/// S-NET-04: the address that was judged is the one that is used; a second answer is judged again.
#[tokio::test]
async fn s_net_04_rebinding_leads_nowhere() {
    let server = Server::answering(ok(JSON, "[]"));
    // One answer with a public and a private address is refused as a whole, before anything is sent anywhere.
    let lookup = Changing::new(&[&[NOWHERE, "127.0.0.1"], &["127.0.0.1"]]);
    let resolver = HttpsResolver::builder()
        .allow_port(server.port)
        .add_root_certificate_pem(CERTIFICATE.0.to_pem().unwrap())
        .lookup(lookup.clone())
        .build()
        .unwrap();
    let url = server.url("keys.example", "/");
    for asked in [1, 2] {
        let told = "`keys.example` has the address 127.0.0.1, which is not allowed";
        refused(fetch(&resolver, &url).await, told);
        assert_eq!(lookup.asked(), asked, "asked once for one fetch");
    }
    assert_eq!(server.connections(), 0);

    // The other way round: good once is not good for ever.
    let lookup = Changing::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let resolver = server.builder().lookup(lookup.clone()).build().unwrap();
    fetch(&resolver, &url).await.unwrap();
    refused(fetch(&resolver, &url).await, "has the address 169.254.169.254, which is not allowed");
    assert_eq!(lookup.asked(), 2);
}

/// The operator's own list holds with the dangerous switch too, as does what is nobody's private network.
#[tokio::test]
async fn blocked_addresses_are_refused() {
    let server = Server::answering(ok(JSON, "[]"));
    let resolver = server.builder().blocked_addresses([LOOPBACK]).build().unwrap();
    refused(fetch(&resolver, &server.url("keys.example", "/")).await, "which is not allowed");
    refused(fetch(&resolver, &server.url("127.0.0.1", "/")).await, "the URL names the IP address");
    let resolver = server.builder().build().unwrap();
    refused(fetch(&resolver, &server.url("169.254.169.254", "/")).await, "the URL names the IP address");
    assert_eq!(server.connections(), 0);
}

/// S-NET-06
#[tokio::test]
async fn s_net_06_redirects_are_not_followed() {
    let target = Server::answering(ok(JSON, "[]"));
    let elsewhere = target.url("keys.example", "/target");
    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.clone();
        let server = Server::start(move |path, stream| {
            let location = if path == "/here" { "/target" } else { location.as_str() };
            write!(stream, "HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
        });
        let resolver = server.builder().allow_port(target.port).build().unwrap();
        for path in ["/here", "/elsewhere"] {
            let outcome = fetch(&resolver, &server.url("keys.example", path)).await;
            refused(outcome, &format!("the status is {status}"));
        }
        assert_eq!(server.requests().len(), 2);
    }
    assert_eq!(target.connections(), 0);
    // It would have answered.
    target.fetch("/target").await.unwrap();
}

/// S-NET-09
#[tokio::test]
async fn s_net_09_only_status_200_is_read() {
    for status in [201, 202, 203, 204, 206, 300, 304, 400, 401, 404, 410, 429, 500, 503] {
        let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{JSON}");
        let server = Server::answering(match status {
            204 | 304 => format!("{head}\r\n"),
            _ => format!("{head}Content-Length: 2\r\n\r\n[]"),
        });
        refused(server.fetch("/").await, &format!("the status is {status}"));
    }
}

/// S-NET-09
#[tokio::test]
async fn s_net_09_only_json_media_types_are_read() {
    for headers in [
        "Content-Type: application/json\r\n",
        "Content-Type: application/json; charset=utf-8\r\n",
        "content-type: Application/JSON\r\n",
        "Content-Type: application/jwk-set+json\r\n",
        "Content-Type: application/jwk-set+json;a=b\r\n",
    ] {
        assert_eq!(Server::answering(ok(headers, "[]")).fetch("/").await.unwrap(), json!([]), "{headers}");
    }
    for headers in [
        "",
        "Content-Type: \r\n",
        "Content-Type: text/html\r\n",
        "Content-Type: text/json\r\n",
        "Content-Type: text/plain; a=application/json\r\n",
        "Content-Type: application/jsonp\r\n",
        "Content-Type: application/problem+json\r\n",
        "Content-Type: application/json, text/html\r\n",
        "Content-Type: text/html\r\nContent-Type: application/json\r\n",
        "Content-Type: application/json\r\nContent-Type: application/json\r\n",
    ] {
        refused(Server::answering(ok(headers, "[]")).fetch("/").await, "the media type");
    }
}

/// S-NET-09
#[tokio::test]
async fn s_net_09_only_strict_json_is_read() {
    let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
    for (body, reason) in [
        (r#"{ "keys": [], "keys": [] }"#, "twice"),
        (r#"{ "keys": [{ "kid": "a", "\u006bid": "b" }] }"#, "twice"),
        (&deep, "deeper"),
        ("", "not valid JSON"),
        ("[] []", "not valid JSON"),
        ("[],", "not valid JSON"),
        ("{'keys': []}", "not valid JSON"),
        ("<html></html>", "not valid JSON"),
        ("\u{feff}[]", "not valid JSON"),
        ("[NaN]", "not valid JSON"),
    ] {
        refused(Server::answering(ok(JSON, body)).fetch("/").await, reason);
    }
    let mut answer = ok(JSON, "[\"..\"]");
    let length = answer.len();
    answer[length - 4..length - 2].copy_from_slice(&[0xff, 0xfe]);
    refused(Server::answering(answer).fetch("/").await, "not valid UTF-8");
}

/// S-NET-08: nothing is unpacked, so nothing can swell.
#[tokio::test]
async fn s_net_08_encoded_bodies_are_refused() {
    for encoding in ["gzip", "x-gzip", "deflate", "br", "zstd", "compress", "identity, gzip", "GZIP", ""] {
        let headers = format!("{JSON}Content-Encoding: {encoding}\r\n");
        refused(Server::answering(ok(&headers, "[]")).fetch("/").await, "the body is encoded");
    }
    // A bomb: gzip of 64 MiB of blanks is as many bytes as are announced here, and none is taken for JSON.
    let mut bomb =
        format!("HTTP/1.1 200 OK\r\nContent-Length: 65000\r\n{JSON}Content-Encoding: gzip\r\n\r\n")
            .into_bytes();
    bomb.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    bomb.resize(bomb.len() + 64_990, 0);
    refused(Server::answering(bomb.clone()).fetch("/").await, "the body is encoded");
    let text = bomb.windows(4).position(|part| part == b"\r\n\r\n").unwrap() + 4;
    let mut unnamed = format!("HTTP/1.1 200 OK\r\nContent-Length: 65000\r\n{JSON}\r\n").into_bytes();
    unnamed.extend(&bomb[text..]);
    refused(Server::answering(unnamed).fetch("/").await, "the body is not valid");

    let headers = format!("{JSON}Content-Encoding: identity\r\n");
    assert_eq!(Server::answering(ok(&headers, "[]")).fetch("/").await.unwrap(), json!([]));
}

/// S-NET-08: the cap, with and without an announced length.
#[tokio::test]
async fn s_net_08_long_bodies_are_not_read_to_their_end() {
    const CAP: usize = 64 * 1024;
    let fits = format!("\"{}\"", "a".repeat(CAP - 2));
    assert!(Server::answering(ok(JSON, &fits)).fetch("/").await.is_ok());
    let chunked = format!(
        "HTTP/1.1 200 OK\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{fits}\r\n0\r\n\r\n",
        fits.len()
    );
    assert!(Server::answering(chunked).fetch("/").await.is_ok());
    refused(Server::answering(ok(JSON, &format!("{fits} "))).fetch("/").await, "longer than 65536 bytes");

    // An endless one.
    let written = Arc::new(AtomicUsize::new(0));
    let server = Server::start({
        let written = written.clone();
        move |path, stream| {
            write!(stream, "HTTP/1.1 200 OK\r\n{JSON}")?;
            match path {
                "/chunked" => write!(stream, "Transfer-Encoding: chunked\r\n\r\n")?,
                "/announced" => write!(stream, "Content-Length: 10000000000\r\n\r\n")?,
                _ => write!(stream, "Connection: close\r\n\r\n")?,
            }
            let blanks = " ".repeat(1024);
            loop {
                match path {
                    "/chunked" => write!(stream, "400\r\n{blanks}\r\n")?,
                    _ => write!(stream, "{blanks}")?,
                }
                written.fetch_add(blanks.len(), Ordering::SeqCst);
            }
        }
    });
    for path in ["/chunked", "/announced", "/until-closed"] {
        let start = Instant::now();
        refused(server.fetch(path).await, "longer than 65536 bytes");
        assert!(start.elapsed() < Duration::from_secs(2), "{path}");
    }
    // Until the server notices: what lies in the buffers of two sockets.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let after = written.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(written.load(Ordering::SeqCst), after, "somebody still reads");

    let resolver = server.builder().max_bytes(1).build().unwrap();
    refused(fetch(&resolver, &server.url("keys.example", "/chunked")).await, "longer than 1 bytes");
}

/// S-NET-08: at every stage a server can stall.
#[tokio::test]
async fn s_net_08_slow_answers_end_in_time() {
    let server = Server::start(|path, stream| {
        let pause = || thread::sleep(Duration::from_millis(50));
        if path == "/head" {
            loop {
                write!(stream, "H")?;
                stream.flush()?;
                pause();
            }
        }
        write!(stream, "HTTP/1.1 200 OK\r\n{JSON}Content-Length: 60000\r\n\r\n")?;
        loop {
            write!(stream, " ")?;
            stream.flush()?;
            pause();
        }
    });
    let resolver = server.builder().timeout(Duration::from_millis(500)).build().unwrap();
    for path in ["/head", "/body"] {
        let start = Instant::now();
        assert!(fetch(&resolver, &server.url("keys.example", path)).await.is_err());
        let elapsed = start.elapsed();
        assert!(elapsed < Duration::from_secs(2), "{path}: {elapsed:?}");
    }

    // A socket that never speaks, and a look-up that never ends.
    let silent = Server::listen(|mut stream, _| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let resolver = silent.builder().connect_timeout(Duration::from_millis(300)).build().unwrap();
    let start = Instant::now();
    refused(fetch(&resolver, &silent.url("keys.example", "/")).await, "the request failed");
    assert!(start.elapsed() < Duration::from_secs(2));

    #[derive(Debug)]
    struct Never;

    #[async_trait]
    impl NameLookup for Never {
        async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, BoxError> {
            std::future::pending().await
        }
    }
    let resolver =
        silent.builder().connect_timeout(Duration::from_millis(300)).lookup(Never).build().unwrap();
    let start = Instant::now();
    refused(fetch(&resolver, &silent.url("keys.example", "/")).await, "the request failed");
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// S-NET-08: 2 seconds to connect and 5 in all, unless it is told otherwise.
#[tokio::test]
async fn the_default_times_are_short() {
    async fn time(server: &Server) -> Duration {
        let start = Instant::now();
        assert!(server.fetch("/").await.is_err());
        start.elapsed()
    }
    let silent = Server::listen(|mut stream, _| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let stalling = Server::start(|_, _| {
        thread::sleep(Duration::from_secs(10));
        Ok(())
    });
    let (connect, all) = tokio::join!(time(&silent), time(&stalling));
    assert!((Duration::from_millis(1900)..Duration::from_millis(3500)).contains(&connect), "{connect:?}");
    assert!((Duration::from_millis(4900)..Duration::from_millis(6500)).contains(&all), "{all:?}");
}

#[tokio::test]
async fn certificates_are_verified() {
    let server = Server::answering(ok(JSON, "[]"));
    // Nobody vouches for it.
    let resolver = HttpsResolver::builder()
        .allow_private_networks_dangerously()
        .allow_port(server.port)
        .lookup(Fixed(LOOPBACK))
        .build()
        .unwrap();
    refused(fetch(&resolver, &server.url("keys.example", "/")).await, "certificate");
    // Another name.
    let resolver = server.builder().build().unwrap();
    refused(fetch(&resolver, &server.url("other.example", "/")).await, "certificate");
    assert!(server.requests().is_empty());

    assert!(HttpsResolver::builder().add_root_certificate_pem("no certificate").build().is_err());
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(HttpsResolver::builder().add_root_certificate_pem(broken).build().is_err());
}

/// S-NET-07: in a process whose environment names a proxy.
#[test]
fn s_net_07_the_environment_names_no_proxy() {
    let proxy = Server::listen(|_, _| {});
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_document_is_fetched_with_the_dangerous_switch"]);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"] {
        child.env(name, &address);
    }
    for name in ["NO_PROXY", "no_proxy"] {
        child.env_remove(name);
    }
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(proxy.connections(), 0);
}

/// Then it is the proxy that resolves and connects.
#[tokio::test]
async fn a_proxy_is_used_if_it_is_named() {
    let lookup = Changing::new(&[&["127.0.0.1"]]);
    let target = Server::answering(ok(JSON, "[]"));
    let target_port = target.port;
    let proxy = Server::listen(move |mut stream, seen| {
        seen.requests.lock().unwrap().push(read_head(&mut stream));
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let upstream = TcpStream::connect((LOOPBACK, target_port)).unwrap();
        let (mut from, mut to) = (stream.try_clone().unwrap(), upstream.try_clone().unwrap());
        thread::spawn(move || io::copy(&mut from, &mut to));
        let _ = io::copy(&mut &upstream, &mut &stream);
    });
    let resolver = HttpsResolver::builder()
        .proxy(format!("http://127.0.0.1:{}", proxy.port).parse().unwrap())
        .lookup(lookup.clone())
        .add_root_certificate_pem(CERTIFICATE.0.to_pem().unwrap())
        .build()
        .unwrap();
    let document = fetch(&resolver, &"https://keys.example/jwks".parse().unwrap()).await.unwrap();
    assert_eq!(document, json!([]));
    assert!(proxy.requests()[0].starts_with("CONNECT keys.example:443 HTTP/1.1\r\n"));
    assert_eq!(lookup.asked(), 0);
    refused(fetch(&resolver, &"https://127.0.0.1/".parse().unwrap()).await, "the URL names the IP address");
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn it_can_be_shared_and_shown() {
    fn held<T: Clone + Send + Sync + 'static>() {}
    held::<HttpsResolver>();
    let shown = format!("{:?}", HttpsResolver::new().unwrap());
    assert!(shown.contains("allow_private: false"), "{shown}");
}

/// Metadata documents of clients: their media types, their length, and for how long they may be kept.
///
/// Accepts: CIMD-003
/// Refuses: CIMD-003
#[tokio::test]
async fn metadata_documents_say_for_how_long_they_may_be_kept() {
    for (headers, seconds) in [
        ("", None),
        ("Cache-Control: public, Max-Age=600\r\n", Some(600)),
        ("Cache-Control: max-age=600\r\nAge: 100\r\n", Some(500)),
        ("Cache-Control: max-age=600\r\nAge: 1000\r\n", Some(0)),
        ("Cache-Control: max-age=600, max-age=60\r\n", Some(60)),
        ("Cache-Control: max-age=never\r\n", Some(0)),
        ("Cache-Control: max-age=600\r\nCache-Control: no-store\r\n", Some(0)),
        ("Cache-Control: no-cache\r\n", Some(0)),
    ] {
        let fetched = metadata(&format!("{JSON}{headers}"), "{}").await.unwrap();
        assert_eq!(fetched.max_age.map(|age| age.as_secs()), seconds, "{headers}");
    }
    assert!(metadata("Content-Type: application/client+json\r\n", "{}").await.is_ok());
    for media_type in ["text/html", "application/+json", "text/client+json", "application/json+x"] {
        let outcome = metadata(&format!("Content-Type: {media_type}\r\n"), "{}").await;
        refused(outcome.map(|fetched| fetched.document), "media type");
    }
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(5113));
    refused(metadata(JSON, &long).await.map(|fetched| fetched.document), "longer than 5120 bytes");
    assert!(metadata(JSON, &long.replacen("xx", "x", 1)).await.is_ok());
}
