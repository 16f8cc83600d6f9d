//! Initial access tokens.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::SqlClientStore;
use super::fault::unreadable;
use super::row::{self, searched};
use crate::host::{InitialAccessTokens, InitialGrant, StoreError};
use crate::secret::TokenDigest;

const INSERT: &str = "INSERT INTO oauth_dcr_initial_access (token_digest, name, expires_at, uses_left, document) \
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";

const FIND: &str = "SELECT document, uses_left FROM oauth_dcr_initial_access WHERE token_digest = $1";

const TAKE: &str = "UPDATE oauth_dcr_initial_access SET uses_left = uses_left - 1 \
     WHERE token_digest = $1 AND uses_left > 0 AND (expires_at IS NULL OR expires_at > $2) \
     RETURNING document, uses_left";

const REVOKE: &str = "DELETE FROM oauth_dcr_initial_access WHERE name = $1";

#[async_trait]
impl InitialAccessTokens for SqlClientStore {
    async fn insert(&self, token: &TokenDigest, grant: &InitialGrant) -> Result<(), StoreError> {
        let values = [
            token.to_text().into(),
            Some(searched(grant.id())).into(),
            grant.expires_at.into(),
            grant.uses_left().map(i64::from).into(),
            serde_json::to_string(grant).map_err(unreadable)?.into(),
        ];
        if self.database.change(INSERT, &values).await? == 1 {
            Ok(())
        } else {
            Err(StoreError::AlreadyExists)
        }
    }

    async fn find(&self, token: &TokenDigest) -> Result<Option<InitialGrant>, StoreError> {
        let found = self.database.look_for(FIND, &[token.to_text().into()]).await?;
        found.as_ref().map(row::grant).transpose()
    }

    /// A token for any number of registrations is only looked at: to write in its row would make its registrations
    /// wait for each other.
    async fn redeem(
        &self,
        token: &TokenDigest,
        now: OffsetDateTime,
    ) -> Result<Option<InitialGrant>, StoreError> {
        match InitialAccessTokens::find(self, token).await? {
            Some(grant) if grant.is_good(now) && grant.uses_left().is_none() => Ok(Some(grant)),
            Some(grant) if grant.is_good(now) => {
                let values = [token.to_text().into(), now.unix_timestamp().into()];
                let taken = self.database.change_and_say(TAKE, &values).await?;
                taken.first().map(row::grant).transpose()
            }
            _ => Ok(None),
        }
    }

    async fn revoke(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.database.change(REVOKE, &[Some(searched(id)).into()]).await? == 1)
    }
}
