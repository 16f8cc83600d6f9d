//! The doubles.

use std::error::Error;

use oauth_dcr::testing::{CountingEntropy, FailingEntropy, ManualClock, StaticResolver, run};
use oauth_dcr::{Clock, Entropy, FetchPurpose, JwksResolver};
use time::OffsetDateTime;

/// The clock stands still until it is told; clones show the same time.
#[test]
fn a_manual_clock_moves_when_told() {
    let clock = ManualClock::new();
    let shown = clock.clone();
    assert_eq!((clock.now(), clock.now().unix_timestamp()), (ManualClock::START, 1_767_225_600));
    clock.advance(90);
    assert_eq!(shown.now(), ManualClock::START + time::Duration::seconds(90));
    shown.advance(-100);
    assert_eq!(clock.now(), ManualClock::START - time::Duration::seconds(10));
    clock.set(OffsetDateTime::UNIX_EPOCH);
    assert_eq!(shown.now(), OffsetDateTime::UNIX_EPOCH);
}

/// The bytes go on from one call to the next, and begin again after ff.
#[test]
fn counting_entropy_goes_on() {
    let entropy = CountingEntropy::new();
    let (mut first, mut second) = ([9; 3], [9; 300]);
    entropy.fill(&mut first).unwrap();
    entropy.clone().fill(&mut second).unwrap();
    assert_eq!(first, [0, 1, 2]);
    assert_eq!((second[0], second[252], second[253], second[299]), (3, 255, 0, 46));
    assert_eq!(entropy.taken(), 303);
    let error = FailingEntropy.fill(&mut first).unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), FailingEntropy::TEXT);
}

/// A resolver has the documents it was given, and remembers what it was asked for.
#[test]
fn a_static_resolver_records() {
    let resolver = StaticResolver::new().with("https://a.example/jwks", serde_json::json!({ "keys": [] }));
    let fetch = |uri: &str, purpose| run(resolver.fetch(&uri.parse().unwrap(), purpose));
    assert_eq!(
        fetch("https://a.example/jwks", FetchPurpose::Keys).unwrap(),
        serde_json::json!({ "keys": [] })
    );
    assert!(fetch("https://b.example/", FetchPurpose::SectorIdentifier).is_err());
    let expected = [
        ("https://a.example/jwks".to_owned(), FetchPurpose::Keys),
        ("https://b.example/".to_owned(), FetchPurpose::SectorIdentifier),
    ];
    assert_eq!(resolver.fetched(), expected);
}

#[test]
#[should_panic(expected = "the future waits: it needs a runtime")]
fn a_future_that_waits_is_not_run() {
    run(std::future::pending::<()>());
}
