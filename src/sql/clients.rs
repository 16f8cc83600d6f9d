//! Clients.

use async_trait::async_trait;

use super::SqlClientStore;
use super::fault::store_error;
use super::row::{self, searched, stored_revision};
use crate::client::{Client, ClientId};
use crate::error::BoxError;
use crate::host::{ClientStore, StoreError};

/// Inserts all columns of a client.
macro_rules! insert {
    ($otherwise:literal) => {
        concat!(
            "INSERT INTO oauth_dcr_clients (id, revision, unique_key, issued_at, expires_at, last_used_at, state, \
             token_digest, previous_token_digest, statement_issuer, software_id, statement_digest, initial_access, \
             owner, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            $otherwise
        )
    };
}

/// Nothing is inserted if the id or the unique key is taken; which of them is looked up then.
const INSERT: &str = insert!(" ON CONFLICT DO NOTHING");

/// Fails if the id is taken. For clients without a unique key, of which only a host that chooses ids can have one again:
/// what may conflict is written twice by PostgreSQL, and takes a seventh longer.
const INSERT_WITHOUT_KEY: &str = insert!("");

/// Compare and swap. A use that was noted meanwhile is kept.
const REPLACE: &str = "UPDATE oauth_dcr_clients SET revision = $2, unique_key = $3, issued_at = $4, expires_at = $5, \
     last_used_at = CASE WHEN $6 IS NULL OR last_used_at > $6 THEN last_used_at ELSE $6 END, state = $7, \
     token_digest = $8, previous_token_digest = $9, statement_issuer = $10, software_id = $11, \
     statement_digest = $12, initial_access = $13, owner = $14, document = $15 \
     WHERE id = $1 AND revision = $16";

const GET: &str = "SELECT document, last_used_at FROM oauth_dcr_clients WHERE id = $1";
const FIND_UNIQUE: &str = "SELECT document, last_used_at FROM oauth_dcr_clients WHERE unique_key = $1";
const OWNER_OF_KEY: &str = "SELECT id, revision FROM oauth_dcr_clients WHERE unique_key = $1";
const REVISION: &str = "SELECT id, revision FROM oauth_dcr_clients WHERE id = $1";
const DELETE: &str = "DELETE FROM oauth_dcr_clients WHERE id = $1";

/// How often an insert or replacement is tried again whose rival was gone when it was looked for.
const ATTEMPTS: usize = 8;

#[async_trait]
impl ClientStore for SqlClientStore {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        let columns = row::columns(client)?;
        let statement = if client.unique_key().is_some() { INSERT } else { INSERT_WITHOUT_KEY };
        for _ in 0..ATTEMPTS {
            match self.database.try_change(statement, &columns).await {
                Ok(1) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_taken(&error) => {}
                Err(error) => return Err(store_error(error)),
            }
            if let Some(existing) = self.owner_of_key(client).await? {
                return Err(StoreError::Duplicate { existing });
            }
            if self.database.look_for(REVISION, &[client.id().as_str().into()]).await?.is_some() {
                return Err(StoreError::AlreadyExists);
            }
        }
        Err(contended())
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        let found = self.database.look_for(GET, &[id.as_str().into()]).await?;
        found.as_ref().map(row::client).transpose()
    }

    async fn find_unique(&self, unique_key: &str) -> Result<Option<Client>, StoreError> {
        let found = self.database.look_for(FIND_UNIQUE, &[Some(searched(unique_key)).into()]).await?;
        found.as_ref().map(row::client).transpose()
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        let mut values = Vec::from(row::columns(client)?);
        values.push(stored_revision(expected_revision).into());
        for _ in 0..ATTEMPTS {
            match self.database.try_change(REPLACE, &values).await {
                Ok(1) => return Ok(()),
                Ok(_) => {
                    let found = self.database.look_for(REVISION, &[client.id().as_str().into()]).await?;
                    return Err(if found.is_some() { StoreError::Conflict } else { StoreError::NotFound });
                }
                Err(error) if is_taken(&error) => {
                    if let Some(existing) = self.owner_of_key(client).await? {
                        return Err(StoreError::Duplicate { existing });
                    }
                }
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(contended())
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        Ok(self.database.change(DELETE, &[id.as_str().into()]).await? == 1)
    }
}

impl SqlClientStore {
    /// Who has the unique key of a client.
    async fn owner_of_key(&self, client: &Client) -> Result<Option<ClientId>, StoreError> {
        let Some(key) = client.unique_key() else { return Ok(None) };
        let found = self.database.look_for(OWNER_OF_KEY, &[Some(searched(key)).into()]).await?;
        found.as_ref().map(row::client_id).transpose()
    }
}

/// Whether an id or a unique key is somebody else's.
fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// Whenever a rival was found in the way, it was gone before it could be named.
fn contended() -> StoreError {
    StoreError::Unavailable(BoxError::from("the unique key changes hands too quickly"))
}
