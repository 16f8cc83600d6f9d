//! Databases that a test has for itself.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use oauth_dcr::sql::{SqlClientStore, SqlClientStoreBuilder};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// An empty database. What a test that failed leaves in it stays there, to be looked at.
pub(crate) struct Fresh {
    pub(crate) url: String,
    kind: Kind,
}

enum Kind {
    Memory,
    File(PathBuf),
    Schema { of: String, name: String },
}

/// Does the same with a connection of either kind.
macro_rules! connected {
    ($fresh:expr, $connection:ident => $call:expr) => {
        match $fresh.kind {
            Kind::Schema { .. } => {
                let mut $connection = PgConnection::connect(&$fresh.url).await.unwrap();
                $call
            }
            _ => {
                let mut $connection = SqliteConnection::connect(&$fresh.url).await.unwrap();
                $call
            }
        }
    };
}

impl Fresh {
    pub(crate) fn in_memory() -> Self {
        Self { url: "sqlite::memory:".to_owned(), kind: Kind::Memory }
    }

    pub(crate) fn file() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unlike_all_others());
        std::fs::create_dir_all(&folder).unwrap();
        Self { url: format!("sqlite:{}", folder.join("clients.db").display()), kind: Kind::File(folder) }
    }

    /// A schema of the PostgreSQL that `OAUTH_DCR_POSTGRES` names, if it names one.
    pub(crate) async fn postgres() -> Option<Self> {
        let Ok(of) = std::env::var("OAUTH_DCR_POSTGRES") else {
            assert!(std::env::var("CI").is_err(), "CI tests PostgreSQL: run this under scripts/postgres");
            say_what_is_left_out();
            return None;
        };
        let name = unlike_all_others();
        execute(&of, &format!("CREATE SCHEMA {name}")).await;
        let mark = if of.contains('?') { '&' } else { '?' };
        Some(Self { url: format!("{of}{mark}options[search_path]={name}"), kind: Kind::Schema { of, name } })
    }

    /// One more setting of the connections.
    pub(crate) fn with_option(mut self, option: &str) -> Self {
        self.url = format!("{}&{option}", self.url);
        self
    }

    pub(crate) async fn open(&self) -> SqlClientStore {
        self.open_with(SqlClientStore::builder()).await
    }

    pub(crate) async fn open_with(&self, builder: SqlClientStoreBuilder) -> SqlClientStore {
        builder.connect(&self.url).await.unwrap()
    }

    /// Runs a statement, as somebody who is not the store.
    pub(crate) async fn run(&self, sql: &'static str) {
        connected!(self, connection => sqlx::query(sql).execute(&mut connection).await.map(drop)).unwrap();
    }

    /// The one number that a statement finds.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        connected!(self, connection => sqlx::query_scalar(sql).fetch_one(&mut connection).await).unwrap()
    }

    /// The one text that a statement finds.
    pub(crate) async fn text(&self, sql: &'static str) -> String {
        connected!(self, connection => sqlx::query_scalar(sql).fetch_one(&mut connection).await).unwrap()
    }

    pub(crate) async fn remove(self) {
        match self.kind {
            Kind::Memory => {}
            Kind::File(folder) => std::fs::remove_dir_all(folder).unwrap(),
            Kind::Schema { of, name } => execute(&of, &format!("DROP SCHEMA {name} CASCADE")).await,
        }
    }
}

async fn execute(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

fn unlike_all_others() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("store_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Past the test harness, which keeps the output of tests that pass to itself.
fn say_what_is_left_out() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let line = b"PostgreSQL is left out; `scripts/postgres cargo test --test stores` tests it too\n";
        std::io::stderr().write_all(line).unwrap();
    });
}

/// The same tests for each kind of database.
macro_rules! on_each_database {
    ($($test:ident),+ $(,)?) => {
        mod sqlite_in_memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(&crate::fresh::Fresh::in_memory()).await;
                }
            )+
        }
        crate::fresh::on_each_lasting_database!($($test),+);
    };
}

/// The same tests for each kind of database that others can open as well.
macro_rules! on_each_lasting_database {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let fresh = crate::fresh::Fresh::file();
                    super::$test(&fresh).await;
                    fresh.remove().await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    let Some(fresh) = crate::fresh::Fresh::postgres().await else { return };
                    super::$test(&fresh).await;
                    fresh.remove().await;
                }
            )+
        }
    };
}

pub(crate) use {on_each_database, on_each_lasting_database};
