//! Where clients are kept, and with them initial access tokens and what is used once.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use oauth_dcr::sql::SqlClientStore;
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
    /// What has connections that can be closed.
    sql: Option<Arc<SqlClientStore>>,
}

impl Database {
    /// Opens the database of this name, and brings its tables up to date.
    pub(crate) async fn open(name: &str) -> Result<Self, Misconfigured> {
        if name == ":memory:" {
            return Ok(Self::in_memory());
        }
        let store = SqlClientStore::connect(name).await.map_err(|error| {
            // The URL is not repeated: there may be a password in it.
            let mut problem = format!("--database: {error}");
            let mut cause = error.source();
            while let Some(own) = cause {
                let text = own.to_string();
                if !problem.ends_with(&text) {
                    problem = format!("{problem}: {text}");
                }
                cause = own.source();
            }
            Misconfigured::new(problem)
        })?;
        let store = Arc::new(store);
        Ok(Self {
            clients: store.clone(),
            directory: store.clone(),
            initial_access: store.clone(),
            replay_guard: store.clone(),
            sql: Some(store),
        })
    }

    fn in_memory() -> Self {
        let clients = Arc::new(MemoryClientStore::default());
        Self {
            clients: clients.clone(),
            directory: clients,
            initial_access: Arc::new(MemoryInitialAccessTokens::default()),
            replay_guard: Arc::new(MemoryReplayGuard::default()),
            sql: None,
        }
    }

    /// Takes leave of it, when nobody asks any more.
    pub(crate) async fn close(&self) {
        if let Some(store) = &self.sql {
            store.close().await;
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
