//! Connections to PostgreSQL, lent for one call each.
//!
//! A pool of sqlx asks the server about every connection that comes back, which is a second round trip for each
//! statement: it cannot know what the connection was used for. Here that is known. A connection comes back when its one
//! statement was answered to the end, and any other is closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection, Error, PgConnection, PgPool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A connection is closed after so long, so that those of a cluster spread over its servers again.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 60);

/// One that nobody used for so long is closed when another one comes back.
const LONGEST_IDLE: Duration = Duration::from_secs(10 * 60);

/// The connections of a store.
#[derive(Debug)]
pub(super) struct Lending {
    /// Opens connections, and is used where nobody counts round trips.
    pub(super) pool: PgPool,
    /// One for each connection that there may be.
    places: Arc<Semaphore>,
    max_connections: u32,
    /// The one that was used last is the last.
    idle: Mutex<Vec<Idle>>,
    pub(super) patience: Patience,
}

/// How long is waited for what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a connection.
    pub(super) acquire: Duration,
    /// Until a connection that nobody used is tried before it is used again.
    pub(super) idle_check: Duration,
    /// After this time without an answer the server is taken to be gone.
    pub(super) silence: Duration,
}

#[derive(Debug)]
struct Idle {
    connection: PgConnection,
    opened: Instant,
    since: Instant,
}

/// A connection that is in use. It is closed when it is dropped, unless it is [returned](Self::give_back): whoever was
/// cut off may have left anything behind.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) connection: PgConnection,
    opened: Instant,
    _place: OwnedSemaphorePermit,
}

impl Lending {
    pub(super) fn new(pool: PgPool, max_connections: u32, patience: Patience) -> Arc<Self> {
        // As many as a `u16` has are more than any server takes.
        let max_connections = max_connections.min(u16::MAX.into());
        let places = Arc::new(Semaphore::new(max_connections as usize));
        Arc::new(Self { pool, places, max_connections, idle: Mutex::default(), patience })
    }

    /// A connection that is open, as far as one can tell.
    ///
    /// # Errors
    ///
    /// If there is none in time.
    pub(super) async fn lend(&self) -> Result<Lent, Error> {
        timeout(self.patience.acquire, self.find()).await.unwrap_or(Err(Error::PoolTimedOut))
    }

    async fn find(&self) -> Result<Lent, Error> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| Error::PoolClosed)?;
        while let Some(Idle { mut connection, opened, since }) = self.last_used() {
            if since.elapsed() < self.patience.idle_check || connection.ping().await.is_ok() {
                return Ok(Lent { connection, opened, _place: place });
            }
        }
        let connection = self.pool.acquire().await?.detach();
        Ok(Lent { connection, opened: Instant::now(), _place: place })
    }

    fn last_used(&self) -> Option<Idle> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections, each when it comes back. No call begins after that.
    pub(super) async fn close(&self) {
        // An error is that somebody else has closed it.
        let all = self.places.acquire_many(self.max_connections).await;
        self.places.close();
        drop(all);
        let idle = std::mem::take(&mut *self.idle());
        for Idle { connection, .. } in idle {
            // A server that cannot be told any more has noticed.
            let _ = connection.close().await;
        }
        self.pool.close().await;
    }
}

impl Lent {
    /// Returns a connection whose statement was answered to the end.
    pub(super) fn give_back(self, to: &Lending) {
        let Self { connection, opened, _place: place } = self;
        let now = Instant::now();
        let mut idle = to.idle();
        if now.duration_since(opened) < LONGEST_LIFE {
            idle.push(Idle { connection, opened, since: now });
        }
        // The first was not used for longest.
        let is_stale = |first: &Idle| now.duration_since(first.since) >= LONGEST_IDLE;
        if idle.first().is_some_and(is_stale) {
            idle.remove(0);
        }
        drop(idle);
        // After the connection is there for whoever waits for a place.
        drop(place);
    }
}
