//! Hooks that misbehave in ways of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use oauth_dcr::{Draft, Error, HookContext, HookError, HookFns, RegisterRequest, ScriptHook};
use serde_json::json;

use crate::support::*;

/// What a client is never told, the host finds in its error.
#[tokio::test]
async fn the_host_learns_why() {
    let body = plain(json!({})).to_string();
    let request = RegisterRequest::from_body(body.as_bytes());
    let panics = host(json!({}), |builder| {
        builder.script_hook(HookFns::default().on_create(|_, _| panic!("no {}", "directory")))
    });
    let Err(Error::Host(error)) = panics.registrar.register(request).await else { panic!("registered") };
    assert_eq!((error.part, error.transient), ("hook", false));
    assert_eq!(error.source.to_string(), "the hook panicked: no directory");

    let hangs = host(json!({}), |builder| {
        builder.script_hook(Hanging::default()).hook_time_limit(Duration::from_millis(20))
    });
    let Err(Error::Host(error)) = hangs.registrar.register(request).await else { panic!("registered") };
    assert_eq!((error.part, error.transient), ("hook", true));
    assert_eq!(error.source.to_string(), "the hook took longer than 20ms");
}

/// A hook that waits for ever, and says when it was let go.
#[derive(Clone, Debug, Default)]
struct Hanging {
    gone: Arc<AtomicBool>,
    panics: bool,
}

struct Guest {
    gone: Arc<AtomicBool>,
    panics: bool,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
        assert!(!self.panics, "on the way out");
    }
}

#[async_trait]
impl ScriptHook for Hanging {
    async fn create_client(&self, _: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        let _guest = Guest { gone: self.gone.clone(), panics: self.panics };
        std::future::pending().await
    }
}

/// A hook that is late is let go, even if it panics on its way out.
#[tokio::test]
async fn a_late_hook_is_let_go() {
    for (panics, status, body) in [(false, 503, UNAVAILABLE), (true, 500, FAILED)] {
        let hook = Hanging { panics, ..Hanging::default() };
        let host = host(json!({}), |builder| {
            builder.script_hook(hook.clone()).hook_time_limit(Duration::from_millis(20))
        });
        let answer = host.post(&plain(json!({}))).await;
        assert_eq!((answer.status, answer.text()), (status, body));
        assert!(hook.gone.load(Ordering::SeqCst));
        assert_eq!(host.store.len(), 0);
    }
}

/// Many hooks are late at once, and each request is answered.
#[tokio::test]
async fn late_hooks_do_not_wait_for_each_other() {
    let host = host(json!({}), |builder| {
        builder.script_hook(Hanging::default()).hook_time_limit(Duration::from_millis(20))
    });
    let posts = (0..50).map(|_| {
        let registrar = host.registrar.clone();
        tokio::spawn(async move {
            let body = plain(json!({})).to_string();
            registrar.register(RegisterRequest::from_body(body.as_bytes())).await.map(|_| ())
        })
    });
    for post in posts.collect::<Vec<_>>() {
        let error = post.await.unwrap().expect_err("late");
        assert_eq!(host.registrar.wire_error(&error).status, 503);
    }
}

/// A hook that blocks its thread cannot be interrupted. Its answer is late when it comes.
#[tokio::test]
async fn a_blocking_hook_is_late() {
    let host = host(json!({}), |builder| {
        let hook = HookFns::default().on_create(|_, _| {
            std::thread::sleep(Duration::from_millis(20));
            Ok(())
        });
        builder.script_hook(hook).hook_time_limit(Duration::from_millis(1))
    });
    let answer = host.post(&plain(json!({}))).await;
    assert_eq!((answer.status, answer.text(), host.store.len()), (503, UNAVAILABLE, 0));
}

/// A hook that waits for something and gets it in time is in time, woken by its own waker.
#[tokio::test]
async fn a_hook_may_wait() {
    #[derive(Debug)]
    struct Waiting;

    #[async_trait]
    impl ScriptHook for Waiting {
        async fn create_client(&self, _: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
            Ok(())
        }
    }
    let host =
        host(json!({}), |builder| builder.script_hook(Waiting).hook_time_limit(Duration::from_secs(3600)));
    assert_eq!(host.post(&plain(json!({}))).await.status, 201);
}

/// A request that is given up leaves nothing behind.
#[tokio::test]
async fn a_cancelled_request_leaves_nothing() {
    let hook = Hanging::default();
    let host = host(json!({}), |builder| {
        builder.script_hook(hook.clone()).hook_time_limit(Duration::from_secs(3600))
    });
    let request = plain(json!({}));
    let post = tokio::time::timeout(Duration::from_millis(5), host.post(&request)).await;
    assert!(post.is_err() && hook.gone.load(Ordering::SeqCst));
    assert_eq!(host.store.len(), 0);
}

#[test]
fn a_limit_of_nothing_is_no_limit() {
    let problems = problems(json!({}), |builder| builder.hook_time_limit(Duration::ZERO));
    assert_eq!(problems, ["hook_time_limit: must not be zero, since no hook could answer"]);
    // Beyond all calendars.
    let host = host(json!({}), |builder| {
        builder.script_hook(HookFns::default().on_create(|_, _| Ok(()))).hook_time_limit(Duration::MAX)
    });
    let body = plain(json!({})).to_string();
    let registered =
        oauth_dcr::testing::run(host.registrar.register(RegisterRequest::from_body(body.as_bytes())));
    assert_eq!(registered.unwrap().status(), 201);
}
