//! A hook under guard: whatever it does, its caller gets a result.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use super::error::HookError;
use super::timer::Deadline;

/// A hook took longer than it may.
#[derive(Debug, thiserror::Error)]
#[error("the hook took longer than {0:?}")]
struct Late(Duration);

/// A hook panicked.
#[derive(Debug, thiserror::Error)]
#[error("the hook panicked: {0}")]
struct Panicked(String);

/// Runs a hook. A panic is a failure of it, and an answer after the time limit none.
///
/// What the hook was changing when it panicked is thrown away with the request, so that nobody sees it half changed.
/// A hook that blocks its thread cannot be interrupted; it is late once it comes back.
pub(crate) async fn guard<T>(
    limit: Option<Duration>,
    hook: impl Future<Output = Result<T, HookError>>,
) -> Result<T, HookError> {
    let mut deadline = limit.and_then(Deadline::after);
    let mut hook = Box::pin(hook);
    let result = poll_fn(|cx| {
        let poll = catch_unwind(AssertUnwindSafe(|| hook.as_mut().poll(cx)));
        let is_late = deadline.as_ref().is_some_and(Deadline::has_passed);
        match (poll, &mut deadline) {
            (Err(payload), _) => Poll::Ready(Err(panicked(&*payload))),
            _ if is_late => {
                Poll::Ready(Err(HookError::Unavailable(Box::new(Late(limit.unwrap_or_default())))))
            }
            (Ok(Poll::Pending), Some(deadline)) => match deadline.wake(cx.waker()) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(HookError::Unavailable(Box::new(error)))),
            },
            (Ok(poll), _) => poll,
        }
    })
    .await;
    // What it owned may panic as well when it is let go.
    match catch_unwind(AssertUnwindSafe(|| drop(hook))) {
        Ok(()) => result,
        Err(payload) => Err(panicked(&*payload)),
    }
}

/// For the log of the host.
fn panicked(payload: &(dyn Any + Send)) -> HookError {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    HookError::Failed(Box::new(Panicked(text.unwrap_or("of unknown cause").to_owned())))
}
