//! Databases that are busy, slow or gone.

use std::error::Error;
use std::time::Duration;

use oauth_dcr::sql::{SqlClientStore, SqlStoreError};
use oauth_dcr::testing::contract;
use oauth_dcr::{
    ClientStore, Error as RegistrarError, RegisterRequest, Registrar, RegistrarConfig, StoreError,
};
use sqlx::Connection;

use crate::fresh::Fresh;

/// While another process writes into the file, readers go on and writers are told to come again.
#[tokio::test]
async fn a_busy_file_is_not_available() {
    let fresh = Fresh::file();
    let store = fresh.open_with(SqlClientStore::builder().busy_timeout(Duration::from_millis(20))).await;
    let client = contract::full_client(&crate::id("before"));
    store.insert(&client).await.unwrap();
    let mut other = sqlx::SqliteConnection::connect(&fresh.url).await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let failure = store.insert(&contract::bare_client(&crate::id("meanwhile"))).await.unwrap_err();
    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    assert_eq!(
        failure.source().unwrap().to_string(),
        "error returned from database: (code: 5) database is locked"
    );
    assert_eq!(store.get(client.id()).await.unwrap(), Some(client));

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    store.insert(&contract::bare_client(&crate::id("meanwhile"))).await.unwrap();
    other.close().await.unwrap();
    fresh.remove().await;
}

/// A statement that takes too long is given up by the server, and nothing of it is done.
#[tokio::test]
async fn a_slow_statement_is_given_up() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let store = fresh.open_with(SqlClientStore::builder().statement_timeout(Duration::from_millis(50))).await;
    let client = crate::client("slow", serde_json::json!({}));
    store.insert(&client).await.unwrap();
    let mut other = sqlx::PgConnection::connect(&fresh.url).await.unwrap();
    let lock = "BEGIN; SELECT id FROM oauth_dcr_clients FOR UPDATE";
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();

    let next = crate::client("slow", serde_json::json!({ "revision": 2 }));
    let failure = store.replace(&next, 1).await.unwrap_err();
    assert!(matches!(failure, StoreError::Unavailable(_)), "{failure:?}");
    let source = failure.source().unwrap().to_string();
    assert!(source.contains("canceling statement due to statement timeout"), "{source}");
    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(store.get(client.id()).await.unwrap(), Some(client));
    store.replace(&next, 1).await.unwrap();
    other.close().await.unwrap();
    fresh.remove().await;
}

/// A call that gets no connection in time is told so, and a client of the registrar is told to come again.
#[tokio::test]
async fn a_full_pool_is_answered_with_503() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let builder = SqlClientStore::builder().max_connections(1).acquire_timeout(Duration::from_millis(500));
    let store = fresh.open_with(builder).await;
    let mut other = sqlx::PgConnection::connect(&fresh.url).await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE oauth_dcr_clients").execute(&mut other).await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.insert(&contract::bare_client(&crate::id("waits"))).await }
    });
    // Nobody else has the connection once the call that waits for the table of this database has it.
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while fresh.number(waits).await == 0 {
        tokio::task::yield_now().await;
    }

    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    let registrar = Registrar::builder(config, store).build().unwrap();
    let body = br#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
    let error = registrar.register(RegisterRequest::from_body(body)).await.unwrap_err();
    assert!(matches!(&error, RegistrarError::Host(host) if host.transient), "{error:?}");
    let answer = registrar.wire_error(&error);
    assert_eq!(answer.status, 503);
    assert!(answer.headers.iter().any(|(name, value)| *name == "retry-after" && value == "1"), "{answer:?}");

    sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(registrar.register(RegisterRequest::from_body(body)).await.unwrap().status(), 201);
    other.close().await.unwrap();
    fresh.remove().await;
}

/// Under the strictest isolation, statements that lose against others are tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialization_failures_are_tried_again() {
    let Some(fresh) = Fresh::postgres().await else { return };
    let fresh = fresh.with_option("options[default_transaction_isolation]=serializable");
    let store = fresh.open().await;
    contract::client_store(&store).await;
    contract::client_directory(&store).await;
    contract::initial_access_tokens(&store).await;
    contract::replay_guard(&store).await;
    fresh.remove().await;
}

/// A text that no client is in is a failure for good, and says where it comes from.
#[tokio::test]
async fn a_row_that_cannot_be_read_is_a_failure() {
    let fresh = Fresh::file();
    let store = fresh.open().await;
    let client = crate::client("spoilt", serde_json::json!({}));
    store.insert(&client).await.unwrap();
    fresh.run("UPDATE oauth_dcr_clients SET document = '{}'").await;
    let failure = store.get(client.id()).await.unwrap_err();
    assert!(matches!(failure, StoreError::Backend(_)), "{failure:?}");
    assert_eq!(failure.source().unwrap().to_string(), "missing field `id` at line 1 column 2");
    fresh.run("DROP TABLE oauth_dcr_clients").await;
    let failure = store.get(client.id()).await.unwrap_err();
    assert!(matches!(failure, StoreError::Backend(_)), "{failure:?}");
    fresh.remove().await;
}

/// What cannot be opened says why, and not what stands in its URL.
#[tokio::test]
async fn urls_that_cannot_be_opened_are_told_without_their_passwords() {
    let builder = || SqlClientStore::builder().acquire_timeout(Duration::from_millis(50));
    for (url, message) in [
        ("mysql://user:hunter2@localhost/clients", "the URL is of no database that this build has: `mysql:`"),
        ("hunter2", "the URL is of no database that this build has: `:`"),
        ("postgres://user:hunter2@localhost:port/clients", "the URL of the database cannot be read"),
        ("postgres://user:hunter2@127.0.0.1:1/clients", "the database cannot be opened"),
        ("sqlite:/no/such/folder/hunter2?mode=rw", "the database cannot be opened"),
        ("sqlite:clients.db?mode=hunter", "the URL of the database cannot be read"),
    ] {
        let refusal: SqlStoreError = builder().connect(url).await.unwrap_err();
        assert_eq!(refusal.to_string(), message, "{url}");
        let mut told = format!("{refusal:?}");
        let mut source: Option<&dyn Error> = Some(&refusal);
        while let Some(error) = source {
            told.push_str(&error.to_string());
            source = error.source();
        }
        assert!(!told.contains("hunter2"), "{told}");
    }
}

/// A store shows what it is and not where.
#[tokio::test]
async fn a_store_does_not_show_its_url() {
    let store = Fresh::in_memory().open().await;
    assert_eq!(format!("{store:?}"), r#"SqlClientStore { database: "sqlite", .. }"#);
    store.ping().await.unwrap();
    store.close().await;
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    let Some(fresh) = Fresh::postgres().await else { return };
    let fresh = fresh.with_option("password=hunter2");
    let store = fresh.open().await;
    assert_eq!(format!("{store:?}"), r#"SqlClientStore { database: "postgres", .. }"#);
    store.ping().await.unwrap();
    fresh.remove().await;
}
