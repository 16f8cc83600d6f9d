//! One-time use.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::SqlClientStore;
use crate::host::{ReplayGuard, ReplayKey, StoreError};

/// Takes a key that nobody has, or whose time was up before `$3`.
const CONSUME: &str = "INSERT INTO oauth_dcr_used_keys (used_key, expires_at) VALUES ($1, $2) \
     ON CONFLICT (used_key) DO UPDATE SET expires_at = excluded.expires_at \
     WHERE oauth_dcr_used_keys.expires_at < $3";

/// Removes at most `$1` keys whose time was up before `$2`, also if somebody takes one of them again meanwhile.
const FORGET: &str = "WITH old AS MATERIALIZED (SELECT used_key FROM oauth_dcr_used_keys WHERE expires_at < $2 LIMIT $1) \
     DELETE FROM oauth_dcr_used_keys WHERE used_key IN (SELECT used_key FROM old) AND expires_at < $2";

/// Old keys are removed with every so many new ones, and more of them than came in.
const EVERY: u32 = 64;
const AT_MOST: i64 = 256;

/// Keys are kept an hour longer than they must be: the clock of another node may be behind.
const LONGER: i64 = 3600;

#[async_trait]
impl ReplayGuard for SqlClientStore {
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let (now, until) = (now.unix_timestamp(), until.unix_timestamp());
        if self.consumed.fetch_add(1, Ordering::Relaxed).is_multiple_of(EVERY) {
            self.database.change(FORGET, &[AT_MOST.into(), now.saturating_sub(LONGER).into()]).await?;
        }
        Ok(self.database.change(CONSUME, &[key.as_str().into(), until.into(), now.into()]).await? == 1)
    }
}
