//! Listing, uses, sweeping and revoking.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::SqlClientStore;
use super::database::Value;
use super::row::{self, searched};
use crate::client::{Client, ClientId};
use crate::host::{Cause, ClientDirectory, StoreError, Sweep};

/// No id is empty, so that all of them are behind the empty one.
const LIST: &str = "SELECT document, last_used_at FROM oauth_dcr_clients WHERE id > $1 ORDER BY id LIMIT $2";

const TOUCH: &str = "UPDATE oauth_dcr_clients \
     SET last_used_at = CASE WHEN last_used_at > $2 THEN last_used_at ELSE $2 END WHERE id = $1";

/// Removes at most `$1` clients of a kind. The condition stands twice: PostgreSQL looks at the outer one again if
/// somebody changed the client while the statement waited for it.
macro_rules! remove {
    ($condition:literal) => {
        concat!(
            "WITH due AS MATERIALIZED (SELECT id FROM oauth_dcr_clients WHERE ",
            $condition,
            " LIMIT $1) DELETE FROM oauth_dcr_clients WHERE id IN (SELECT id FROM due) AND (",
            $condition,
            ") RETURNING id, revision"
        )
    };
}

const SWEEP: &str = remove!("expires_at <= $2 OR (last_used_at IS NULL AND issued_at <= $3)");

#[async_trait]
impl ClientDirectory for SqlClientStore {
    async fn list(&self, after: Option<&ClientId>, limit: usize) -> Result<Vec<Client>, StoreError> {
        let after = after.map_or("", ClientId::as_str);
        let found = self.database.look(LIST, &[after.into(), row_limit(limit)]).await?;
        found.iter().map(row::client).collect()
    }

    async fn touch(&self, id: &ClientId, now: OffsetDateTime) -> Result<bool, StoreError> {
        Ok(self.database.change(TOUCH, &[id.as_str().into(), now.unix_timestamp().into()]).await? == 1)
    }

    async fn sweep(&self, due: &Sweep, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        let expired = due.expired_before.unix_timestamp();
        let unused = due.unused_before.map(OffsetDateTime::unix_timestamp);
        self.remove(SWEEP, &[row_limit(limit), expired.into(), unused.into()]).await
    }

    async fn revoke(&self, cause: &Cause, limit: usize) -> Result<Vec<ClientId>, StoreError> {
        let (sql, parts) = match cause {
            Cause::StatementIssuer(issuer) => (remove!("statement_issuer = $2"), [Some(issuer), None]),
            Cause::Statement(digest) => (remove!("statement_digest = $2"), [Some(digest), None]),
            Cause::Software { issuer, software_id } => {
                (remove!("statement_issuer = $2 AND software_id = $3"), [Some(issuer), Some(software_id)])
            }
            Cause::InitialAccess(name) => (remove!("initial_access = $2"), [Some(name), None]),
            Cause::Owner(name) => (remove!("owner = $2"), [Some(name), None]),
        };
        let mut values = vec![row_limit(limit)];
        values.extend(parts.into_iter().flatten().map(|part| Value::from(Some(searched(part)))));
        self.remove(sql, &values).await
    }
}

impl SqlClientStore {
    async fn remove(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<ClientId>, StoreError> {
        self.database.change_and_say(sql, values).await?.iter().map(row::client_id).collect()
    }
}

fn row_limit(limit: usize) -> Value<'static> {
    i64::try_from(limit).unwrap_or(i64::MAX).into()
}
