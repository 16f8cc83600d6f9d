//! For how long an answer may be kept (RFC 9111 sections 4.2 and 5.2.2).

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, HeaderMap};

/// `max-age` less the age that the answer has already. Zero if it may not be kept, nothing if it does not say.
pub(super) fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut told: Option<u64> = None;
    for directive in directives.flat_map(|value| value.split(',')) {
        let (name, argument) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(Duration::ZERO),
            // Section 4.2.1: of several the shortest, and one that cannot be read is stale.
            "max-age" => {
                let seconds = argument.trim().trim_matches('"').parse().unwrap_or(0);
                told = Some(told.map_or(seconds, |told| told.min(seconds)));
            }
            _ => {}
        }
    }
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok()).unwrap_or(0);
    told.map(|seconds| Duration::from_secs(seconds.saturating_sub(age)))
}
