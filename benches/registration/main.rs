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
mod keys;
mod signed;

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

/// The ratio of the least times over many short rounds, taken in turns: what else the machine does only ever adds.
fn ratio(engine: impl FnMut(), floor: impl FnMut()) -> f64 {
    ratio_of(50, engine, floor)
}

/// The same with this many runs a round.
fn ratio_of(runs: u32, mut engine: impl FnMut(), mut floor: impl FnMut()) -> f64 {
    let least = |run: &mut dyn FnMut(), least: &mut Duration| {
        let start = Instant::now();
        for _ in 0..runs {
            run();
        }
        *least = start.elapsed().min(*least);
    };
    let (mut engine_least, mut floor_least) = (Duration::MAX, Duration::MAX);
    for _ in 0..400 {
        least(&mut engine, &mut engine_least);
        least(&mut floor, &mut floor_least);
    }
    engine_least.as_secs_f64() / floor_least.as_secs_f64()
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

        // Fresh stores, so that both maps grow alike.
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
    report.extend(key_sets());
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

fn signed_request(criterion: &mut Criterion) -> String {
    let signed = signed::Signed::new(FULL);
    let mut group = criterion.benchmark_group("signed request with statement");
    group.bench_function("two bare verifications", |bencher| bencher.iter(|| signed.verify_twice()));
    group.bench_function("engine", |bencher| bencher.iter(|| signed.register()));
    group.finish();
    let ratio = ratio(|| signed.register(), || signed.verify_twice());
    let engine = allocation_counter::measure(|| signed.register());
    format!(
        "signed request with statement: {ratio:.2} x two verifications, {} allocations ({} bytes)",
        engine.count_total, engine.bytes_total
    )
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
