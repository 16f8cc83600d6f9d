//! A load on the example server: honest clients at an even rate, hostile ones beside them, and what the server makes of
//! it. `scripts/soak` builds both and runs it.
//!
//! It fails if an honest client gets another answer than it should, if anybody gets a 5xx, if the resident memory of the
//! server moves by more than 5 % after the warm-up, or if it keeps descriptors. Times of answers are printed as
//! ratios to those of a bare axum endpoint, which answers constant JSON of the same size at the same rate.

mod bare;
mod honest;
mod hostile;
mod http;
mod process;

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::honest::Outcome;
use crate::hostile::{Mob, Seen};
use crate::http::{Connection, request};
use crate::process::{Held, Process};

/// How far the resident memory may move after the warm-up.
const DRIFT: f64 = 0.05;

/// What a store may open yet: SQLite has up to ten connections that read, each with the file and its log.
const OF_THE_STORE: usize = 20;

/// Honest and hostile clients at once.
#[derive(Debug, Parser)]
struct Options {
    /// The example server
    #[arg(long, value_name = "PROGRAM", required_unless_present = "bare")]
    server: Option<PathBuf>,
    /// For how long each database is tried
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(10..))]
    seconds: u64,
    /// How many requests honest clients send in a second
    #[arg(long, value_name = "REQUESTS", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// The databases of the server. More than one can be given
    #[arg(long = "database", value_name = "DATABASE", default_values = [":memory:", "sqlite:oauth-dcr.sqlite"])]
    databases: Vec<String>,
    /// Instead of all that, be the bare endpoint with this answer
    #[arg(long, value_name = "JSON", hide = true)]
    bare: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Whether nothing was wrong.
async fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    if let Some(text) = &options.bare {
        bare::serve(text.clone()).await?;
        return Ok(true);
    }
    let server = options.server.as_deref().unwrap_or(Path::new("server")).canonicalize()?;
    let mut is_good = true;
    for database in &options.databases {
        let soak = soak(options, &server, database).await?;
        for line in soak.lines() {
            println!("{database}: {line}");
        }
        for fault in soak.faults() {
            println!("{database}: WRONG: {fault}");
            is_good = false;
        }
    }
    Ok(is_good)
}

/// What was seen of a server.
struct Soak {
    is_in_memory: bool,
    bare: Outcome,
    /// Honest clients alone, while the server warmed up under hostile ones, and beside them.
    alone: Outcome,
    warm_up: Outcome,
    beside: Outcome,
    hostile: Seen,
    /// Every second of the time beside hostile clients.
    held: Vec<Held>,
    /// When nobody asked, before and after that time.
    before: Held,
    after: Held,
}

async fn soak(options: &Options, server: &Path, database: &str) -> Result<Soak, Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("oauth-dcr-soak-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let server = Process::start(server, &["--port", "0", "--database", database], &folder).await?;
    let answer = registered(&server).await?;
    let own = std::env::current_exe()?;
    let bare_server = Process::start(&own, &["--bare", &answer], Path::new(".")).await?;

    // A tenth each for honest clients alone, two for the warm-up, and the rest for what counts.
    let part = options.seconds / 10;
    let ask =
        |process: &Process, seconds| honest::ask(process.address, options.rate, Duration::from_secs(seconds));
    let bare = ask(&bare_server, part).await;
    drop(bare_server);
    let alone = ask(&server, part).await;

    let mob = Mob::gather(server.address);
    let warm_up = ask(&server, 2 * part).await;
    mob.disperse().await;
    let before = server.rested().await?;

    let mob = Mob::gather(server.address);
    let (beside, held) = tokio::join!(ask(&server, 6 * part), server.watch(6 * part));
    let hostile = mob.disperse().await;
    let after = server.rested().await?;
    drop(server);
    std::fs::remove_dir_all(&folder)?;
    let is_in_memory = database == ":memory:";
    Ok(Soak { is_in_memory, bare, alone, warm_up, beside, hostile, held: held?, before, after })
}

/// The answer to a registration.
async fn registered(server: &Process) -> io::Result<String> {
    let mut connection = Connection::open(server.address, Ipv4Addr::LOCALHOST).await?;
    let body = r#"{"redirect_uris":["https://app.example/cb"],"client_name":"An honest client"}"#;
    connection.send(&request("POST", "/register", "content-type: application/json\r\n", body)).await?;
    String::from_utf8(connection.answer().await?.body).map_err(io::Error::other)
}

impl Soak {
    fn lines(&self) -> Vec<String> {
        let parts = [0.5, 0.95, 0.99, 0.999];
        let times = |outcome: &Outcome| parts.map(|part| outcome.percentile(part).as_secs_f64() * 1e6);
        let bare = times(&self.bare);
        let [p50, p95, p99, p999] = bare;
        let mut lines = vec![format!(
            "bare endpoint: p50 {p50:.0} us, p95 {p95:.0} us, p99 {p99:.0} us, p99.9 {p999:.0} us"
        )];
        for (name, outcome) in [("honest clients alone", &self.alone), ("beside hostile ones", &self.beside)]
        {
            let own = times(outcome);
            let ratios = parts.iter().zip(own.iter().zip(bare));
            let ratios: Vec<_> =
                ratios.map(|(part, (own, bare))| format!("p{} {:.2} x", part * 100.0, own / bare)).collect();
            lines.push(format!("{name}: {} of bare, {} answers", ratios.join(", "), outcome.took.len()));
        }
        lines.extend(self.hostile.lines().into_iter().map(|line| format!("hostile: {line}")));
        lines.push(format!(
            "resident: {:.1} MiB after the warm-up, {:+.1} % at most; descriptors: {} before, {} after",
            self.windows().first().copied().unwrap_or_default() / 1024.0,
            self.drift() * 100.0,
            self.before.descriptors,
            self.after.descriptors,
        ));
        lines
    }

    /// The medians of equal parts of the time: a moment in which many bodies are held is no leak. In the first part hostile
    /// clients gather.
    fn windows(&self) -> Vec<f64> {
        let windows = self.held.chunks_exact((self.held.len() / 12).max(1)).map(|window| {
            let mut resident: Vec<_> = window.iter().map(|held| held.resident_kib).collect();
            resident.sort_unstable();
            resident.get(resident.len() / 2).copied().unwrap_or_default() as f64
        });
        windows.skip(1).collect()
    }

    /// How far memory went from where it began, as a part of that.
    fn drift(&self) -> f64 {
        let windows = self.windows();
        let Some(first) = windows.first() else { return 0.0 };
        let drifts = windows.iter().map(|window| window / first - 1.0);
        drifts.max_by(|one, other| one.abs().total_cmp(&other.abs())).unwrap_or_default()
    }

    fn faults(&self) -> Vec<String> {
        let honest = [&self.bare, &self.alone, &self.warm_up, &self.beside];
        let mut faults: Vec<String> =
            honest.iter().flat_map(|outcome| outcome.faults.iter().take(5)).cloned().collect();
        if self.hostile.failures() > 0 {
            faults.push(format!(
                "{} answers to hostile clients say that the server failed",
                self.hostile.failures()
            ));
        }
        if self.drift().abs() > DRIFT {
            faults.push(format!(
                "resident memory moved by {:+.1} %: {:?}",
                self.drift() * 100.0,
                self.windows()
            ));
        }
        let (before, after) = (self.before.descriptors, self.after.descriptors);
        if after > before + if self.is_in_memory { 0 } else { OF_THE_STORE } {
            faults.push(format!("{before} descriptors became {after}"));
        }
        faults
    }
}
