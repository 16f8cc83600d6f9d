//! The endpoint behind axum next to a handler that answers constant JSON of the same size: the time that the thread of
//! the server is on a processor for one request.
//!
//! Both ends share a processor where `taskset` can see to it. Where they wake each other across processors, that costs more
//! than all the rest, and it hits whoever the scheduler chooses. What else the machine does makes a turn dearer by half:
//! turns are short and alternate, so that it does so to both, and the median of their ratios counts.

use std::fs;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::post;
use oauth_dcr::{RegisterRequest, RegistrationEndpoint};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::{MINIMAL, ready, registrar};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Puts this thread on the first processor.
fn pin() {
    let task = fs::read_link("/proc/thread-self").unwrap_or_default();
    let Some(id) = task.file_name() else { return };
    // Without it the ratio is less steady.
    let _ = Command::new("taskset").args(["-c", "-p", "0"]).arg(id).stdout(Stdio::null()).status();
}

const TURNS: usize = 61;
const REQUESTS: u64 = 500;

/// A server on a thread of its own, and where the system tells how long that was on a processor.
struct Server {
    address: SocketAddr,
    task: String,
}

impl Server {
    fn start(router: Router) -> Self {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            pin();
            runtime().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let task = fs::read_link("/proc/thread-self").unwrap_or_default();
                let task = format!("/proc/{}/schedstat", task.display());
                tell.send(Self { address: listener.local_addr().unwrap(), task }).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        told.recv().unwrap()
    }

    fn on_processor(&self) -> Option<u64> {
        fs::read_to_string(&self.task).ok()?.split(' ').next()?.parse().ok()
    }

    /// Nanoseconds on a processor for one request, over a connection that is kept.
    fn cost(&self, requests: u64) -> Option<f64> {
        let request = format!(
            "POST /register HTTP/1.1\r\nhost: op.example.com\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{MINIMAL}",
            MINIMAL.len()
        );
        runtime().block_on(async {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let mut start = 0;
            for number in 0..requests + 100 {
                // The first hundred warm it up.
                if number == 100 {
                    start = self.on_processor()?;
                }
                stream.write_all(request.as_bytes()).await.unwrap();
                read_answer(&mut stream).await;
            }
            Some((self.on_processor()? - start) as f64 / requests as f64)
        })
    }
}

async fn read_answer(stream: &mut TcpStream) {
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the server went away");
        answer.extend_from_slice(&buffer[..read]);
        let text = str::from_utf8(&answer).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        assert!(head.starts_with("HTTP/1.1 201"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return;
        }
    }
}

/// The endpoint's cost as a multiple of the bare handler's.
pub(crate) fn ratio() -> Option<f64> {
    let registration = ready(registrar().register(RegisterRequest::from_body(MINIMAL.as_bytes()))).unwrap();
    let answer: &'static str = registration.into_body().leak();
    let constant = move |body: axum::body::Bytes| async move {
        assert_eq!(body.len(), MINIMAL.len());
        let headers = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
            (header::PRAGMA, "no-cache"),
        ];
        (StatusCode::CREATED, headers, answer)
    };
    let bare = Server::start(Router::new().route("/register", post(constant)));
    let endpoint = RegistrationEndpoint::new(registrar());
    let engine = Server::start(Router::new().route_service("/register", endpoint));
    let turn = move |_| Some(engine.cost(REQUESTS)? / bare.cost(REQUESTS)?);
    let client = thread::spawn(move || {
        pin();
        (0..TURNS).map(turn).collect::<Option<Vec<f64>>>()
    });
    let mut ratios = client.join().unwrap()?;
    ratios.sort_by(f64::total_cmp);
    Some(ratios[TURNS / 2])
}
