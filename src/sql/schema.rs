//! The schema and how it comes to a database.
//!
//! A database has a version: how many of the migrations it has had. They are applied in order and never taken back.

use sqlx::Acquire;

use super::database::{Database, on};
use super::error::SqlStoreError;
use super::fault::{Retry, is_race_of_migrations, is_transient};

/// The version of this program: the number of its migrations.
pub(super) const VERSION: i64 = MIGRATIONS_COUNT as i64;

const MIGRATIONS_COUNT: usize = 2;

#[cfg(feature = "sqlite")]
const SQLITE: [Migration; MIGRATIONS_COUNT] = [
    Migration::Needed(include_str!("migrations/sqlite/1.sql")),
    Migration::Needed(include_str!("migrations/sqlite/2.sql")),
];

#[cfg(feature = "postgres")]
const POSTGRES: [Migration; MIGRATIONS_COUNT] = [
    Migration::Needed(include_str!("migrations/postgres/1.sql")),
    Migration::IfPossible(include_str!("migrations/postgres/2.sql")),
];

enum Migration {
    /// Without it the store does not work.
    Needed(&'static str),
    /// Without it the store works. Not every server can do it.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "only PostgreSQL has one"))]
    IfPossible(&'static str),
}

/// The table of the version has one row. Whoever changes it has the others wait.
const VERSION_TABLE: &str = "CREATE TABLE IF NOT EXISTS oauth_dcr_schema (id BIGINT PRIMARY KEY, version BIGINT NOT NULL); \
     INSERT INTO oauth_dcr_schema (id, version) VALUES (1, 0) ON CONFLICT DO NOTHING";

/// Nothing changes by it, but the row is ours until the end of the transaction: any database has such a lock.
const LOCK: &str = "UPDATE oauth_dcr_schema SET version = version WHERE id = 1 RETURNING version";

const FOUND_VERSION: &str = "SELECT version FROM oauth_dcr_schema WHERE id = 1";
const SET_VERSION: &str = "UPDATE oauth_dcr_schema SET version = $1 WHERE id = 1";

/// Brings a database up to the version of this program. Several may try at once: one does it, the others find it done.
pub(super) async fn bring_up(database: &Database, may_migrate: bool) -> Result<(), SqlStoreError> {
    let mut retry = Retry::new();
    loop {
        let found = found_version(database).await.map_err(SqlStoreError::of_schema)?;
        if found > VERSION {
            return Err(SqlStoreError::SchemaTooNew { found, known: VERSION });
        }
        if found == VERSION {
            return Ok(());
        }
        if !may_migrate {
            return Err(SqlStoreError::SchemaTooOld { found, needed: VERSION });
        }
        if let Err(error) = migrate(database).await
            && !(is_race_of_migrations(&error) && retry.go_on().await)
        {
            return Err(SqlStoreError::of_schema(error));
        }
    }
}

/// How many migrations a database has had. Looked at without changing anything, so that a role which may not change the
/// schema can use one that is up to date.
async fn found_version(database: &Database) -> Result<i64, sqlx::Error> {
    let has_table = match database {
        #[cfg(feature = "sqlite")]
        Database::Sqlite { .. } => "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'oauth_dcr_schema'",
        #[cfg(feature = "postgres")]
        Database::Postgres(_) => "SELECT to_regclass('oauth_dcr_schema') IS NOT NULL",
    };
    on!(database, pool => {
        if !sqlx::query_scalar::<_, bool>(has_table).fetch_one(pool).await? {
            return Ok(0);
        }
        Ok(sqlx::query_scalar(FOUND_VERSION).fetch_optional(pool).await?.unwrap_or(0))
    })
}

/// Applies what is missing, in one transaction. Each migration can also be applied over itself: for databases that do
/// not take changes of the schema back with a transaction.
async fn migrate(database: &Database) -> Result<(), sqlx::Error> {
    let (begin, patience, migrations) = match database {
        // A transaction that begins by reading could not become a writing one while there is another.
        #[cfg(feature = "sqlite")]
        Database::Sqlite { .. } => ("BEGIN IMMEDIATE", "SELECT 1", SQLITE),
        // The limit is for requests. Here others are waited for, and tables may be large.
        #[cfg(feature = "postgres")]
        Database::Postgres(_) => ("BEGIN", "SET LOCAL statement_timeout = 0", POSTGRES),
    };
    on!(database, pool => {
        let mut transaction = pool.begin_with(begin).await?;
        sqlx::raw_sql(patience).execute(&mut *transaction).await?;
        sqlx::raw_sql(VERSION_TABLE).execute(&mut *transaction).await?;
        let locked: Vec<i64> = sqlx::query_scalar(LOCK).fetch_all(&mut *transaction).await?;
        let had = locked.first().and_then(|version| usize::try_from(*version).ok()).unwrap_or(0);
        for migration in migrations.iter().skip(had) {
            match migration {
                Migration::Needed(sql) => _ = sqlx::raw_sql(*sql).execute(&mut *transaction).await?,
                Migration::IfPossible(sql) => {
                    let mut attempt = Acquire::begin(&mut transaction).await?;
                    match sqlx::raw_sql(*sql).execute(&mut *attempt).await {
                        Ok(_) => attempt.commit().await?,
                        Err(error) if is_transient(&error) => return Err(error),
                        Err(_) => attempt.rollback().await?,
                    }
                }
            }
        }
        if had < MIGRATIONS_COUNT {
            sqlx::query(SET_VERSION).bind(VERSION).execute(&mut *transaction).await?;
        }
        transaction.commit().await
    })
}
