//! What a registration costs, as a ratio to a floor in the same run.
//!
//! `cargo bench` prints the ratios and the allocations of one request at the end; criterion keeps the times.

#![allow(missing_docs, reason = "criterion's macro makes an undocumented main")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops at the first thing that is wrong"
)]

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use oauth_dcr::{MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};

mod floor;
mod hostile;
mod http;
mod keys;
mod management;
mod profiles;
mod signed;
mod threads;

const MINIMAL: &str = r#"{"redirect_uris":["https://client.example.org/callback"]}"#;
const FULL: &str = include_str!("full.json");

/// The memory store never waits, so that one poll is the whole request.
fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("nothing here waits"),
    }
}

fn registrar() -> Registrar {
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    Registrar::builder(config, MemoryClientStore::default()).build().unwrap()
}

fn register(registrar: &Registrar, body: &str) -> usize {
    ready(registrar.register(RegisterRequest::from_body(body.as_bytes()))).unwrap().body().len()
}

/// The ratio of the two over many short rounds.
fn ratio(engine: impl FnMut(), floor: impl FnMut()) -> f64 {
    ratio_of(50, engine, floor)
}

/// The same with this many runs a round: the median of the ratios of neighbours. What else the machine does, and the
/// growth of a map, hit few rounds, and what slows it down for longer hits both sides of one.
fn ratio_of(runs: u32, mut engine: impl FnMut(), mut floor: impl FnMut()) -> f64 {
    let time = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..runs {
            run();
        }
        start.elapsed().as_secs_f64()
    };
    let mut ratios: Vec<f64> = (0..401).map(|_| time(&mut engine) / time(&mut floor)).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// How the time for one byte grows with the size of a request: 1 is linear, 8 is quadratic.
fn growth(shape: &hostile::Shape) -> f64 {
    let registrar = hostile::registrar();
    let [small, large] = [1, 8].map(|times| (shape.body)(shape.count * times));
    let answer = |body: &str| {
        let is_taken =
            ready(registrar.register(RegisterRequest::from_body(black_box(body).as_bytes()))).is_ok();
        assert_eq!(is_taken, shape.is_taken, "{}", shape.name);
    };
    let least = |body: &str| {
        let time = || {
            let start = Instant::now();
            answer(body);
            start.elapsed()
        };
        (0..60).map(|_| time()).min().unwrap_or_default().as_secs_f64() / body.len() as f64
    };
    least(&large) / least(&small)
}

fn registration(criterion: &mut Criterion) {
    let mut report = Vec::new();
    for (name, body) in [("minimal", MINIMAL), ("full", FULL)] {
        let registrar = registrar();
        let map = floor::Map::default();
        let mut group = criterion.benchmark_group(name);
        group.bench_function("floor", |bencher| {
            bencher.iter(|| floor::register(black_box(body), &map, 1_800_000_000))
        });
        group.bench_function("engine", |bencher| bencher.iter(|| register(&registrar, black_box(body))));
        group.finish();

        // Fresh stores, so that both maps grow alike, into memory that the process has already.
        drop((registrar, map));
        let (registrar, map) = (self::registrar(), floor::Map::default());
        let ratio = ratio(
            || {
                black_box(register(&registrar, black_box(body)));
            },
            || {
                black_box(floor::register(black_box(body), &map, 1_800_000_000));
            },
        );
        let engine = allocation_counter::measure(|| {
            black_box(register(&registrar, body));
        });
        let least = allocation_counter::measure(|| {
            black_box(floor::register(body, &map, 1_800_000_000));
        });
        report.push(format!(
            "{name}: {ratio:.2} x floor, {} allocations ({} bytes), floor {} ({} bytes)",
            engine.count_total, engine.bytes_total, least.count_total, least.bytes_total
        ));
    }
    report.push(signed_request(criterion));
    report.extend(managed());
    report.push(endpoint());
    report.extend(key_sets());
    report.extend(largest_profile());
    report.extend(hostile::SHAPES.iter().map(|shape| {
        format!(
            "{}: {:.2} x the time for each byte, in a request 8 times as large",
            shape.name,
            growth(shape)
        )
    }));
    for line in report {
        println!("{line}");
    }
}

/// The largest preset may take 5 ms to build, and three times what `oidc` takes for the same request.
fn largest_profile() -> [String; 2] {
    let largest = profiles::Largest::new(FULL);
    let ratio = ratio(|| largest.judge_by_large(), || largest.judge_by_oidc());
    let profiles::Largest { name, members, rules, .. } = largest;
    let time = largest.build_time().as_secs_f64() * 1000.0;
    [
        format!(
            "largest profile, {name} ({members} members, {rules} rules): {time:.2} ms to compose, lint and compile"
        ),
        format!("largest profile, {name}: {ratio:.2} x oidc for a dry run of the same full request"),
    ]
}

fn signed_request(criterion: &mut Criterion) -> String {
    let signed = signed::Signed::new(FULL);
    let mut group = criterion.benchmark_group("signed request with statement");
    group.bench_function("two bare verifications", |bencher| bencher.iter(|| signed.verify_twice()));
    group.bench_function("engine", |bencher| bencher.iter(|| signed.register()));
    group.finish();
    // A fresh store, as above.
    drop(signed);
    let signed = signed::Signed::new(FULL);
    let ratio = ratio(|| signed.register(), || signed.verify_twice());
    let engine = allocation_counter::measure(|| signed.register());
    let [threads, bare] =
        [threads::ratio(100, || signed.register()), threads::ratio(100, || signed.verify_twice())].map(shown);
    format!(
        "signed request with statement: {ratio:.2} x two verifications, {} allocations ({} bytes); two threads: \
         {threads} x the processor time of one (bare verifications: {bare} x)",
        engine.count_total, engine.bytes_total
    )
}

/// A ratio of processor times, which not every system tells.
fn shown(ratio: Option<f64>) -> String {
    ratio.map_or_else(|| "unknown".to_owned(), |ratio| format!("{ratio:.2}"))
}

/// A client that is there, requests that are refused, and what is kept of many clients.
fn managed() -> Vec<String> {
    let client = management::Registered::new();
    let read = ratio(|| client.read(), || client.copy());
    let update = ratio(|| client.update(), || client.register());
    let explain = ratio(|| client.explain(), || client.register());
    let mut lines = vec![
        format!("read of a full client: {read:.2} x a copy of its stored text"),
        format!("update of a full client: {update:.2} x its registration"),
        format!("explanation of a full request: {explain:.2} x its registration"),
    ];
    let registrar = registrar();
    for (name, body) in [("minimal", MINIMAL), ("full", FULL)] {
        // Refused when all else was found good.
        let bad =
            body.replacen("https://client.example.org/callback", "http://client.example.org/callback", 1);
        let refusal = ratio(
            || management::refused(&registrar, &bad),
            || {
                black_box(register(&registrar, black_box(body)));
            },
        );
        let held = management::memory(body, 100_000);
        lines.push(format!("{name}: a refusal is {refusal:.2} x an acceptance"));
        lines.push(format!(
            "{name}: the store in memory holds {held:.2} x the JSON text, with 100000 clients"
        ));
    }
    lines
}

fn endpoint() -> String {
    format!("minimal over HTTP: {} x the processor time of a bare handler", shown(http::ratio()))
}

fn key_sets() -> [String; 2] {
    let sets = keys::Sets::new();
    let take_in = ratio_of(1, || sets.take_in(), || sets.typed_parse());
    let find = ratio(|| sets.find_among_many(), || sets.find_the_one());
    [
        format!("1000 keys taken in: {take_in:.2} x typed parse"),
        format!("key found among 1000: {find:.2} x among one"),
    ]
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = registration
}
criterion_main!(benches);
