//! How many connections are open at once: all of them, and those of one address.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::network;

/// How many connections the system keeps until they are taken. The usual 128 overflow when many come at once, and whoever
/// finds them full tries again after a second.
const QUEUE: u32 = 1024;

/// Listens at the first address of a host that is free.
pub(crate) async fn listen(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut failure = io::Error::other("the host has no address");
    for address in lookup_host((host, port)).await? {
        match listen_at(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn listen_at(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started again does not wait for the connections of the one before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(QUEUE)
}

/// Who is connected. Without a limit for one address, whoever opens many connections and says nothing could keep all
/// others out.
#[derive(Debug)]
pub(crate) struct Connections {
    places: Arc<Semaphore>,
    of_one_address: Option<usize>,
    open: Mutex<HashMap<IpAddr, usize>>,
}

impl Connections {
    /// Room for so many, of which one address may have so many. Behind a proxy all of them are of one address.
    pub(crate) fn new(places: u16, of_one_address: Option<u16>) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(places.into())),
            of_one_address: of_one_address.map(usize::from),
            open: Mutex::default(),
        })
    }

    /// The next connection. While there is no room for it, it waits in the queue of the system; one too many of an
    /// address is closed.
    pub(crate) async fn next(self: &Arc<Self>, listener: &TcpListener) -> (TcpStream, SocketAddr, Place) {
        loop {
            // Nobody closes the semaphore.
            let Ok(room) = self.places.clone().acquire_owned().await else { continue };
            let (stream, peer) = accept(listener).await;
            if let Some(place) = self.enter(network(peer.ip()), room) {
                return (stream, peer, place);
            }
        }
    }

    fn enter(self: &Arc<Self>, address: IpAddr, room: OwnedSemaphorePermit) -> Option<Place> {
        let mut open = self.open();
        let own = open.entry(address).or_default();
        if self.of_one_address.is_some_and(|limit| *own >= limit) {
            return None;
        }
        *own += 1;
        Some(Place { connections: self.clone(), address, _room: room })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a connection, for as long as that is open.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    address: IpAddr,
    _room: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        if let Some(own) = open.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// The next connection that is there. Where the system has no room for it, there may be some a little later.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_over(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Whether the connection was gone before it was taken.
fn is_over(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
