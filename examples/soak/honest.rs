//! Clients that do what clients do: register, read, update, read again and delete, over and over, at an even rate.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::http::{Answer, Connection, request};

/// How many connections share the rate.
const CONNECTIONS: u32 = 8;

/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(5);

/// What became of the requests of a while.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How long answers took. What should have been asked while an earlier answer was waited for counts from then: what
    /// waits for a slow answer is slow as well.
    pub(crate) took: Vec<Duration>,
    pub(crate) faults: Vec<String>,
}

impl Outcome {
    /// The time within which this part of the answers came.
    pub(crate) fn percentile(&self, part: f64) -> Duration {
        let mut took = self.took.clone();
        took.sort_unstable();
        let place = (took.len() as f64 * part).ceil() as usize;
        took.get(place.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Asks so many times a second for so long.
pub(crate) async fn ask(server: SocketAddr, a_second: u32, duration: Duration) -> Outcome {
    let begin = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let pace = Duration::from_secs(1) * CONNECTIONS / a_second;
            let first = begin + pace * number / CONNECTIONS;
            tokio::spawn(Honest::new(server, first, pace).work(begin + duration))
        })
        .collect();
    let mut all = Outcome::default();
    for client in clients {
        match client.await {
            Ok(own) => {
                all.took.extend(own.took);
                all.faults.extend(own.faults);
            }
            Err(error) => all.faults.push(error.to_string()),
        }
    }
    all
}

struct Honest {
    server: SocketAddr,
    connection: Option<Connection>,
    due: Instant,
    pace: Duration,
    outcome: Outcome,
}

impl Honest {
    fn new(server: SocketAddr, first: Instant, pace: Duration) -> Self {
        Self { server, connection: None, due: first, pace, outcome: Outcome::default() }
    }

    async fn work(mut self, until: Instant) -> Outcome {
        while self.due < until {
            if let Err(fault) = self.live().await {
                self.outcome.faults.push(fault);
                self.connection = None;
            }
        }
        self.outcome
    }

    /// A client from its registration to its deletion.
    async fn live(&mut self) -> Result<(), String> {
        let json = "content-type: application/json\r\n";
        let plain = r#"{"redirect_uris":["https://app.example/cb"],"client_name":"An honest client"}"#;
        let registered = self.ask(201, &request("POST", "/register", json, plain)).await?;
        let registered: Value =
            serde_json::from_slice(&registered.body).map_err(|error| error.to_string())?;
        let text = |name: &str| registered.get(name).and_then(Value::as_str).ok_or(format!("no {name}"));
        let (path, bearer) = (
            format!("/register/{}", text("client_id")?),
            format!("authorization: Bearer {}\r\n", text("registration_access_token")?),
        );
        self.ask(200, &request("GET", &path, &bearer, "")).await?;
        let changed =
            json!({ "client_id": text("client_id")?, "redirect_uris": ["https://app.example/other"] });
        self.ask(200, &request("PUT", &path, &format!("{json}{bearer}"), &changed.to_string())).await?;
        self.ask(200, &request("GET", &path, &bearer, "")).await?;
        self.ask(204, &request("DELETE", &path, &bearer, "")).await?;
        Ok(())
    }

    async fn ask(&mut self, expected: u16, request: &[u8]) -> Result<Answer, String> {
        let mut begin = self.due;
        if begin > Instant::now() {
            sleep_until(begin).await;
            // Timers are late by a millisecond, which is none of the server's.
            begin = Instant::now();
        }
        self.due += self.pace;
        let answer = tokio::time::timeout(PATIENCE, self.exchange(request)).await;
        let answer =
            answer.map_err(|_| "no answer in time".to_owned())?.map_err(|error| error.to_string())?;
        self.outcome.took.push(begin.elapsed());
        if answer.status == expected {
            return Ok(answer);
        }
        Err(format!("{} instead of {expected}: {}", answer.status, String::from_utf8_lossy(&answer.body)))
    }

    async fn exchange(&mut self, request: &[u8]) -> std::io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(self.server, Ipv4Addr::LOCALHOST).await?,
        };
        connection.send(request).await?;
        let answer = connection.answer().await?;
        if !answer.is_last {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}
