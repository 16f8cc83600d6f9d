//! Calls that nobody waits for any more.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use oauth_dcr::testing::contract;
use oauth_dcr::{ClientDirectory, ClientStore, InitialAccessTokens, InitialGrant, Sweep, TokenDigest};
use serde_json::json;
use time::OffsetDateTime;

use crate::fresh::{Fresh, on_each_database};

on_each_database![dropped_calls_do_all_or_nothing];

/// Wherever a call is dropped, what it does is done or not, and the store goes on.
async fn dropped_calls_do_all_or_nothing(fresh: &Fresh) {
    let store = fresh.open().await;
    let tokens: &dyn InitialAccessTokens = &store;
    let clients: &dyn ClientStore = &store;
    for polls in 0..24 {
        let (id, key) = (format!("dropped-{polls:02}"), format!("key-{polls}"));
        let (first, next) = (
            crate::client(&id, json!({ "unique_key": key, "expires_at": 50 })),
            crate::client(
                &id,
                json!({ "unique_key": format!("next-{key}"), "revision": 2, "expires_at": 50 }),
            ),
        );
        drop_after(polls, clients.insert(&first)).await;
        let found = clients.get(first.id()).await.unwrap();
        assert_eq!(
            clients.find_unique(&key).await.unwrap(),
            found,
            "a client is there with its key or not at all"
        );
        match found {
            Some(found) => assert_eq!(found, first),
            // The call may still be on its way to the database, and this one be behind it.
            None => _ = clients.insert(&first).await,
        }

        drop_after(polls, clients.replace(&next, 1)).await;
        _ = clients.replace(&next, 1).await;
        assert_eq!(clients.get(first.id()).await.unwrap().as_ref(), Some(&next));
        assert_eq!(clients.find_unique(&key).await.unwrap(), None, "the key went with the replacement");

        let (name, token) = (format!("grant-{polls}"), TokenDigest::of(&id));
        drop_after(polls, tokens.insert(&token, &InitialGrant::new(&name).with_uses(2))).await;
        _ = tokens.insert(&token, &InitialGrant::new(&name).with_uses(2)).await;
        drop_after(polls, tokens.redeem(&token, at(0))).await;
        let mut left = 0;
        while tokens.redeem(&token, at(0)).await.unwrap().is_some() {
            left += 1;
        }
        assert!((1..=2).contains(&left), "one use was taken or none, and {left} of 2 were left");
    }
    for polls in 0..8 {
        drop_after(polls, store.sweep(&Sweep::new(at(0)), 2)).await;
    }
    let left = store.list(None, 100).await.unwrap();
    assert_eq!(left.len() % 2, 0, "a sweep takes a batch or none");
    contract::client_store(&store).await;
}

/// Polls a call so many times, when it asks to be polled, and drops it if it is not done by then.
async fn drop_after<F: Future>(polls: usize, call: F) {
    let mut call = pin!(call);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        call.as_mut().poll(cx).map(drop)
    })
    .await;
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000 + seconds).unwrap()
}
