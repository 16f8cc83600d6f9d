//! The floor: the statements alone, over a pool with the same settings.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, PgPool, SqlitePool};

/// A table of identifiers and documents.
#[derive(Clone)]
pub(crate) struct Bare {
    pool: Pool,
    rows: Arc<AtomicUsize>,
}

#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

const TABLE: &str =
    "DROP TABLE IF EXISTS bare; CREATE TABLE bare (id TEXT PRIMARY KEY, document TEXT NOT NULL)";

macro_rules! on {
    ($bare:expr, $pool:ident => $call:expr) => {
        match &$bare.pool {
            Pool::Sqlite($pool) => $call,
            Pool::Postgres($pool) => $call,
        }
    };
}

impl Bare {
    pub(crate) async fn sqlite(url: &str) -> Self {
        let options = SqliteConnectOptions::from_str(url)
            .unwrap()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .disable_statement_logging();
        let pool = sqlx::pool::PoolOptions::new().max_connections(1).test_before_acquire(false);
        let pool = pool.connect_with(options).await.unwrap();
        sqlx::raw_sql(TABLE).execute(&pool).await.unwrap();
        Self { pool: Pool::Sqlite(pool), rows: Arc::default() }
    }

    pub(crate) async fn postgres(url: &str) -> Self {
        let options = PgConnectOptions::from_str(url).unwrap().disable_statement_logging();
        let pool = sqlx::pool::PoolOptions::new().max_connections(10).test_before_acquire(false);
        let pool = pool.connect_with(options).await.unwrap();
        sqlx::raw_sql(TABLE).execute(&pool).await.unwrap();
        Self { pool: Pool::Postgres(pool), rows: Arc::default() }
    }

    /// Inserts the next row, with an identifier like those of clients.
    pub(crate) async fn insert(self, document: Arc<str>) {
        let id = scattered(self.rows.fetch_add(1, Ordering::Relaxed));
        on!(self, pool => {
            let query = sqlx::query("INSERT INTO bare (id, document) VALUES ($1, $2)");
            query.bind(id).bind(&*document).execute(pool).await.unwrap();
        });
    }

    /// Inserts many in one transaction.
    pub(crate) async fn import(&self, numbers: std::ops::Range<usize>, document: &str) {
        on!(self, pool => {
            let mut transaction = pool.begin().await.unwrap();
            for number in numbers {
                let query = sqlx::query("INSERT INTO bare (id, document) VALUES ($1, $2)");
                query.bind(scattered(number)).bind(document).execute(&mut *transaction).await.unwrap();
            }
            transaction.commit().await.unwrap();
        });
    }

    pub(crate) async fn get(self, number: usize) {
        let id = scattered(number);
        on!(self, pool => {
            let query = sqlx::query_scalar::<_, String>("SELECT document FROM bare WHERE id = $1");
            assert!(query.bind(id).fetch_optional(pool).await.unwrap().is_some());
        });
    }

    /// The rows behind an identifier.
    pub(crate) async fn page(&self, after: &str, limit: i64) -> Vec<(String, String)> {
        on!(self, pool => {
            let query = sqlx::query_as("SELECT id, document FROM bare WHERE id > $1 ORDER BY id LIMIT $2");
            query.bind(after).bind(limit).fetch_all(pool).await.unwrap()
        })
    }

    /// Removes this many rows.
    pub(crate) async fn remove(&self, limit: i64) -> usize {
        on!(self, pool => {
            let query = sqlx::query_scalar::<_, String>(
                "DELETE FROM bare WHERE id IN (SELECT id FROM bare LIMIT $1) RETURNING id",
            );
            query.bind(limit).fetch_all(pool).await.unwrap().len()
        })
    }

    pub(crate) async fn close(&self) {
        on!(self, pool => pool.close().await);
    }
}

/// An identifier as random as that of a client, for a number.
pub(crate) fn scattered(number: usize) -> String {
    let number = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let other = number.rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    uuid::Uuid::from_u64_pair(number, other).to_string()
}
