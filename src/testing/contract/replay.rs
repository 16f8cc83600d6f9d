//! One-time use.

use time::OffsetDateTime;

use super::clients::fresh_id;
use super::judge::together;
use crate::host::{ReplayGuard, ReplayKey};

/// A key that no other run uses, to try a guard with.
#[must_use]
pub fn replay_key(name: &str) -> ReplayKey {
    ReplayKey::new("contract", fresh_id("replay").as_str(), name)
}

/// Each key is good once, whatever became of the others.
pub async fn keys_are_good_once(guard: &dyn ReplayGuard) {
    let (now, until) = (at(0), at(600));
    let keys = ["a", "b", "A"].map(replay_key);
    for key in &keys {
        assert!(
            guard.consume(key, now, until).await.expect("consume"),
            "a key was used before its first use"
        );
    }
    for key in &keys {
        assert!(!guard.consume(key, now, until).await.expect("consume"), "a key was good twice");
    }
}

/// A used key is refused up to its time, also while others come and go, and also if it is presented with
/// another time.
pub async fn keys_are_remembered_until_their_time(guard: &dyn ReplayGuard) {
    let (long, short) = (replay_key("long"), replay_key("short"));
    assert!(guard.consume(&long, at(0), at(600)).await.expect("consume"), "the first use of a key");
    assert!(guard.consume(&short, at(0), at(10)).await.expect("consume"), "the first use of a key");
    for (now, until) in [(9, 10), (10, 20), (599, 600), (599, 9_999)] {
        assert!(
            guard.consume(&replay_key("other"), at(now), at(until)).await.expect("consume"),
            "the first use of a key"
        );
        assert!(
            !guard.consume(&long, at(now), at(until)).await.expect("consume"),
            "a key that is good until 600 was good again at {now}"
        );
    }
    assert!(
        !guard.consume(&long, at(0), at(600)).await.expect("consume"),
        "a clock that goes back frees a key"
    );
}

/// Of several uses of one key at once, one is good.
pub async fn concurrent_consume_has_one_winner(guard: &dyn ReplayGuard) {
    let key = replay_key("concurrent");
    let results = together((0..8).map(|_| guard.consume(&key, at(0), at(600))).collect()).await;
    let good = results.into_iter().filter(|result| *result.as_ref().expect("consume")).count();
    assert_eq!(good, 1, "of 8 uses of a key at once, {good} were good");
}

/// Seconds after 2026-01-01T00:00:00Z.
fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_767_225_600 + seconds).unwrap()
}
