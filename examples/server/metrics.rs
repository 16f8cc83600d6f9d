//! Numbers for Prometheus, in its text format.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use oauth_dcr::{EventKind, EventSink, Operation, RegistrationEvent};

/// The upper bounds of the buckets of durations, in seconds.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What was decided, and how long answers took. Labels are words of the engine and of HTTP, never of a caller, so that
/// their number is bounded.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    decisions: Mutex<BTreeMap<Decision, u64>>,
    answers: Mutex<BTreeMap<Answered, u64>>,
    durations: Mutex<BTreeMap<&'static str, Durations>>,
    in_flight: AtomicU64,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Decision {
    operation: &'static str,
    outcome: &'static str,
    code: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Answered {
    operation: &'static str,
    status: u16,
}

#[derive(Debug, Default)]
struct Durations {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    sum: Duration,
}

impl EventSink for Metrics {
    fn record(&self, event: &RegistrationEvent<'_>) {
        let operation = event.operation.map_or("host", Operation::as_str);
        let code = match event.kind {
            EventKind::Refused { code, .. } => code.unwrap_or_default(),
            EventKind::Failed { part, .. } => part,
            EventKind::Revoked { cause, .. } => cause,
            _ => "",
        };
        let decision = Decision { operation, outcome: event.kind.name(), code: code.to_owned() };
        *locked(&self.decisions).entry(decision).or_default() += 1;
    }
}

impl Metrics {
    /// Counts and times what this router answers.
    pub(crate) fn observe(self: &Arc<Self>, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), observe))
    }

    /// `/metrics`
    pub(crate) fn routes(self: &Arc<Self>) -> Router {
        let text = async |State(metrics): State<Arc<Self>>| {
            let mut answer = Response::new(metrics.text());
            let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            answer.headers_mut().insert(header::CONTENT_TYPE, format);
            answer
        };
        Router::new().route("/metrics", get(text)).with_state(self.clone())
    }

    fn answered(&self, operation: &'static str, status: u16, duration: Duration) {
        *locked(&self.answers).entry(Answered { operation, status }).or_default() += 1;
        let mut durations = locked(&self.durations);
        let own = durations.entry(operation).or_default();
        own.count += 1;
        own.sum += duration;
        let seconds = duration.as_secs_f64();
        for (bucket, _) in own.buckets.iter_mut().zip(BOUNDS).filter(|(_, bound)| seconds <= *bound) {
            *bucket += 1;
        }
    }

    /// Everything, as Prometheus reads it.
    fn text(&self) -> String {
        let mut page = Page::default();
        page.head(
            "dcr_decisions_total",
            "counter",
            "Decisions of the registrar; `host`: its own, such as sweeping.",
        );
        for (decision, count) in &*locked(&self.decisions) {
            let Decision { operation, outcome, code } = decision;
            page.line(
                "dcr_decisions_total",
                &[("operation", operation), ("outcome", outcome), ("code", code)],
                count,
            );
        }
        page.head("dcr_answers_total", "counter", "Answers of the registration endpoint, by HTTP status.");
        for (Answered { operation, status }, count) in &*locked(&self.answers) {
            page.line(
                "dcr_answers_total",
                &[("operation", operation), ("status", &status.to_string())],
                count,
            );
        }
        page.head(
            "dcr_answer_duration_seconds",
            "histogram",
            "How long answers took, from the last header on.",
        );
        for (operation, durations) in &*locked(&self.durations) {
            page.histogram("dcr_answer_duration_seconds", operation, durations);
        }
        page.head("dcr_requests_in_flight", "gauge", "Requests that are being answered.");
        page.line("dcr_requests_in_flight", &[], self.in_flight.load(Ordering::Relaxed));
        page.0
    }
}

/// A page of samples.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> = labels.iter().map(|(name, text)| format!("{name}={text:?}")).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn histogram(&mut self, name: &str, operation: &str, durations: &Durations) {
        let bounds = BOUNDS.map(|bound| bound.to_string());
        let buckets = bounds.iter().map(String::as_str).zip(durations.buckets);
        for (bound, count) in buckets.chain([("+Inf", durations.count)]) {
            self.line(&format!("{name}_bucket"), &[("operation", operation), ("le", bound)], count);
        }
        self.line(&format!("{name}_sum"), &[("operation", operation)], durations.sum.as_secs_f64());
        self.line(&format!("{name}_count"), &[("operation", operation)], durations.count);
    }
}

/// A request that is being answered, also one whose sender goes away.
struct InFlight(Arc<Metrics>);

impl InFlight {
    fn new(metrics: Arc<Metrics>) -> Self {
        metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        Self(metrics)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn observe(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let operation = match *request.method() {
        Method::POST => "create",
        Method::GET | Method::HEAD => "read",
        Method::PUT => "update",
        Method::DELETE => "delete",
        _ => "other",
    };
    let own = InFlight::new(metrics);
    let begin = Instant::now();
    let answer = next.run(request).await;
    own.0.answered(operation, answer.status().as_u16(), begin.elapsed());
    answer
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
