//! Where clients are kept, and with them initial access tokens and what is used once.

use std::sync::Arc;
use std::time::Duration;

use oauth_dcr::{
    ClientDirectory, ClientId, ClientStore, InitialAccessTokens, MemoryClientStore,
    MemoryInitialAccessTokens, MemoryReplayGuard, ReplayGuard, StoreError,
};

use crate::configuration::Misconfigured;

/// How long a database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(2);

/// The faces of one database.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(crate) clients: Arc<dyn ClientStore>,
    pub(crate) directory: Arc<dyn ClientDirectory>,
    pub(crate) initial_access: Arc<dyn InitialAccessTokens>,
    pub(crate) replay_guard: Arc<dyn ReplayGuard>,
}

impl Database {
    /// Opens the database of this name, and creates it if it is a file that is not there.
    pub(crate) async fn open(name: &str) -> Result<Self, Misconfigured> {
        match name {
            ":memory:" | "sqlite::memory:" => Ok(Self::in_memory()),
            _ => Err(Misconfigured::new(format!("--database: `{name}` is none"))),
        }
    }

    fn in_memory() -> Self {
        let clients = Arc::new(MemoryClientStore::default());
        Self {
            clients: clients.clone(),
            directory: clients,
            initial_access: Arc::new(MemoryInitialAccessTokens::default()),
            replay_guard: Arc::new(MemoryReplayGuard::default()),
        }
    }

    /// Whether it answers.
    pub(crate) async fn is_ready(&self) -> Result<(), StoreError> {
        // No client has this name, and none is needed.
        let Some(nobody) = ClientId::new("readiness") else { return Ok(()) };
        match tokio::time::timeout(PATIENCE, self.clients.get(&nobody)).await {
            Ok(found) => found.map(drop),
            Err(elapsed) => Err(StoreError::Unavailable(elapsed.into())),
        }
    }
}
