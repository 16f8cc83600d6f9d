//! Serving, and stopping.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells when to stop.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// At an interrupt, or when the process is to terminate.
    pub(crate) fn at_signal() -> io::Result<Self> {
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (tell, told) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tell.send_replace(true);
        });
        Ok(Self(told))
    }

    async fn told(mut self) {
        // An error is that nobody can tell any more, which is as good as being told.
        let _ = self.0.wait_for(|stopped| *stopped).await;
    }
}

/// Serves until it is told to stop, and then answers what was asked before that: new connections are not taken, and
/// whoever has only half asked by the end of the drain is left alone.
pub(crate) async fn until_stopped(
    listener: TcpListener,
    router: Router,
    stop: Stop,
    drain: Duration,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stop.clone().told());
    let drained = async {
        stop.told().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = drained => Ok(()),
    }
}
