//! Clients that mean harm, or do not know what they do.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::http::{Connection, request};

/// A request that is bad, and how many of them are sent in a second.
struct Bad {
    name: &'static str,
    a_second: u32,
    bytes: fn() -> Vec<u8>,
}

const JSON: &str = "content-type: application/json\r\n";

const BAD: [Bad; 11] = [
    Bad {
        name: "a body of 10 MB is announced, and begun",
        a_second: 5,
        bytes: || {
            let mut head = b"POST /register HTTP/1.1\r\nhost: a\r\ncontent-length: 10000000\r\n\r\n".to_vec();
            head.resize(100_000, b' ');
            head
        },
    },
    Bad {
        name: "a body without an announced end",
        a_second: 5,
        bytes: || {
            let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
            format!(
                "POST /register HTTP/1.1\r\nhost: a\r\n{JSON}transfer-encoding: chunked\r\n\r\n{}",
                chunk.repeat(8)
            )
            .into_bytes()
        },
    },
    Bad {
        name: "JSON 30,000 deep",
        a_second: 5,
        bytes: || request("POST", "/register", JSON, &format!(r#"{{"jwks":{}"#, "[".repeat(30_000))),
    },
    Bad {
        name: "JSON with 5,000 members",
        a_second: 5,
        bytes: || {
            let members: Vec<_> = (0..5_000).map(|number| format!(r#""m{number}":1"#)).collect();
            request("POST", "/register", JSON, &format!("{{{}}}", members.join(",")))
        },
    },
    Bad {
        name: "a member twice",
        a_second: 5,
        bytes: || {
            request(
                "POST",
                "/register",
                JSON,
                r#"{"redirect_uris":[],"redirect_uris":["https://a.example"]}"#,
            )
        },
    },
    Bad {
        name: "a thousand scripts as addresses",
        a_second: 5,
        bytes: || {
            let uris = vec![r#""javascript:alert(1)""#; 1_000].join(",");
            request("POST", "/register", JSON, &format!(r#"{{"redirect_uris":[{uris}]}}"#))
        },
    },
    Bad {
        name: "a token that was made up",
        a_second: 20,
        bytes: || {
            let path = "/register/00000000-0000-4000-8000-000000000000";
            request("GET", path, "authorization: Bearer bWFkZSB1cA\r\n", "")
        },
    },
    Bad {
        name: "a statement that is no JWT",
        a_second: 5,
        bytes: || {
            let statement = "eyJhbGciOiJub25lIn0.e30.".repeat(2_000);
            let body =
                format!(r#"{{"redirect_uris":["https://a.example"],"software_statement":"{statement}"}}"#);
            request("POST", "/register", JSON, &body)
        },
    },
    Bad {
        name: "a signed request without a signature",
        a_second: 5,
        bytes: || {
            let jwt = format!("eyJhbGciOiJub25lIn0.{}.", "e30".repeat(15_000));
            request("POST", "/register", "content-type: application/jwt\r\n", &jwt)
        },
    },
    Bad {
        name: "headers of 200 kB",
        a_second: 5,
        bytes: || {
            let fields: String =
                (0..90).map(|number| format!("x-{number}: {}\r\n", "a".repeat(2_300))).collect();
            request("GET", "/register", &fields, "")
        },
    },
    Bad {
        name: "no HTTP at all",
        a_second: 5,
        bytes: || (0..2_000_u32).map(|number| number.wrapping_mul(0x9e37_79b1).to_be_bytes()[0]).collect(),
    },
];

/// Connections that take places: with a request that never ends, and with none.
const SLOW: u32 = 40;
const IDLE: u32 = 300;

/// Everybody who means harm, until the end.
pub(crate) struct Mob {
    tasks: Vec<JoinHandle<()>>,
    seen: Seen,
}

/// What was answered to whom, and how often.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<BTreeMap<(&'static str, String), u64>>>);

impl Seen {
    fn note(&self, name: &'static str, answer: &str) {
        *self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry((name, answer.to_owned()))
            .or_default() += 1;
    }

    /// A line for each kind of request and answer.
    pub(crate) fn lines(&self) -> Vec<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().map(|((name, answer), count)| format!("{name}: {count} x {answer}")).collect()
    }

    /// How many answers say that the server failed.
    pub(crate) fn failures(&self) -> u64 {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|((_, answer), _)| answer.starts_with('5')).map(|(_, count)| count).sum()
    }
}

impl Mob {
    pub(crate) fn gather(server: SocketAddr) -> Self {
        let seen = Seen::default();
        let bad = BAD.iter().map(|bad| tokio::spawn(repeat(server, bad, seen.clone())));
        let slow = (0..SLOW).map(|number| {
            let (name, head) = if number % 2 == 0 {
                (
                    "a body that comes a byte a second",
                    "POST /register HTTP/1.1\r\nhost: a\r\ncontent-length: 9999\r\n\r\n",
                )
            } else {
                ("a head that comes a byte a second", "POST /register HTTP/1.1\r\nhost: ")
            };
            tokio::spawn(drip(server, name, head, seen.clone()))
        });
        let idle = (0..IDLE).map(|_| tokio::spawn(sit(server, seen.clone())));
        let cut = std::iter::once(tokio::spawn(cut(server, seen.clone())));
        Self { tasks: bad.chain(slow).chain(idle).chain(cut).collect(), seen }
    }

    /// Sends them away.
    pub(crate) async fn disperse(self) -> Seen {
        for task in &self.tasks {
            task.abort();
        }
        for task in self.tasks {
            // That it was told to stop is no fault.
            let _ = task.await;
        }
        self.seen
    }
}

/// One of many addresses, so that no limit for one of them helps.
fn anywhere() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let [_, a, b, c] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    Ipv4Addr::new(127, a | 0x40, b, c.max(1))
}

async fn repeat(server: SocketAddr, bad: &'static Bad, seen: Seen) {
    let bytes = (bad.bytes)();
    loop {
        let answer = async {
            let mut connection = Connection::open(server, anywhere()).await?;
            // Who is refused early need not listen to the end.
            let _ = connection.send(&bytes).await;
            connection.answer().await
        };
        match timeout(Duration::from_secs(15), answer).await {
            Ok(Ok(answer)) => seen.note(bad.name, &answer.status.to_string()),
            Ok(Err(_)) => seen.note(bad.name, "closed"),
            Err(_) => seen.note(bad.name, "no answer"),
        }
        sleep(Duration::from_secs(1) / bad.a_second).await;
    }
}

async fn drip(server: SocketAddr, name: &'static str, head: &'static str, seen: Seen) {
    loop {
        if let Ok(mut connection) = Connection::open(server, anywhere()).await {
            let _ = connection.send(head.as_bytes()).await;
            let answer = loop {
                if let Ok(answer) = timeout(Duration::from_secs(1), connection.answer()).await {
                    break answer.map_or("closed".to_owned(), |answer| answer.status.to_string());
                }
                if connection.send(b"a").await.is_err() {
                    break "closed".to_owned();
                }
            };
            seen.note(name, &answer);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// All of them come from one address.
async fn sit(server: SocketAddr, seen: Seen) {
    loop {
        if let Ok(mut connection) = Connection::open(server, Ipv4Addr::new(127, 0, 0, 2)).await {
            let _ = connection.answer().await;
            seen.note("a connection and nothing more", "closed");
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// Asks, and goes before the answer or in the middle of its own words.
async fn cut(server: SocketAddr, seen: Seen) {
    let body = r#"{"redirect_uris":["http://plain.example/cb"]}"#;
    let whole = request("POST", "/register", JSON, body);
    for length in (1..=whole.len()).cycle().step_by(7) {
        if let Ok(mut connection) = Connection::open(server, anywhere()).await {
            let _ = connection.send(whole.get(..length).unwrap_or_default()).await;
            seen.note("a request that is cut off", "closed");
        }
        sleep(Duration::from_millis(50)).await;
    }
}
