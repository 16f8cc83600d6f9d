//! Serving, and stopping.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tower_service::Service;

use crate::connections::Connections;

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

/// The most that is kept of what a connection sent and nobody has read yet: the longest head of a request.
const LONGEST_HEAD: usize = 64 * 1024;

/// Connections, and how long each may take to ask.
#[derive(Clone)]
pub(crate) struct Patience {
    pub(crate) connections: Arc<Connections>,
    /// From one answer to the end of the next request's head; then the connection is closed.
    pub(crate) head: Duration,
    /// How long requests may go on that were there when the server was stopped.
    pub(crate) drain: Duration,
}

/// Serves until it is told to stop, and then answers what was asked before that: new connections are not taken, and
/// whoever has only half asked by the end of the drain is left alone.
pub(crate) async fn until_stopped(listener: TcpListener, router: Router, patience: Patience, stop: Stop) {
    let Patience { connections, head, drain } = patience;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(LONGEST_HEAD);
    let open = GracefulShutdown::new();
    let mut stopped = pin!(stop.told());
    loop {
        let (stream, peer, place) = tokio::select! {
            next = connections.next(&listener) => next,
            () = &mut stopped => break,
        };
        let router = router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().call(request)
        });
        let connection = open.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // What is wrong with a connection is its sender's business.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(drain, open.shutdown()).await;
}
