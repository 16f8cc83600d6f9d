//! Migrations.

use std::error::Error;

use oauth_dcr::ClientStore;
use oauth_dcr::sql::{SqlClientStore, SqlStoreError};
use oauth_dcr::testing::contract;

use crate::fresh::{Fresh, on_each_lasting_database};

on_each_lasting_database![
    nodes_that_start_at_once_migrate_once,
    a_later_schema_is_refused,
    a_schema_is_left_alone_if_asked,
    a_half_made_schema_is_completed,
];

/// Eight nodes on an empty database: all of them can be used, and the schema is there once.
async fn nodes_that_start_at_once_migrate_once(fresh: &Fresh) {
    let starts: Vec<_> = (0..8)
        .map(|number| {
            let url = fresh.url.clone();
            tokio::spawn(async move {
                let store = SqlClientStore::connect(&url).await?;
                let client = contract::full_client(&crate::id(&format!("node-{number}")));
                ClientStore::insert(&store, &client).await.unwrap();
                store.close().await;
                Ok::<_, SqlStoreError>(())
            })
        })
        .collect();
    for start in starts {
        start.await.unwrap().unwrap();
    }
    let store = fresh.open().await;
    for number in 0..8 {
        assert!(store.get(&crate::id(&format!("node-{number}"))).await.unwrap().is_some());
    }
    assert_eq!(fresh.number("SELECT count(*) FROM oauth_dcr_schema").await, 1);
    assert_eq!(fresh.number("SELECT version FROM oauth_dcr_schema").await, 2);
}

/// An old program does not touch what a newer one made.
async fn a_later_schema_is_refused(fresh: &Fresh) {
    fresh.open().await.close().await;
    fresh.run("UPDATE oauth_dcr_schema SET version = 3").await;
    let refusal = SqlClientStore::connect(&fresh.url).await.unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the schema has version 3, this program knows 2: a later version of it is needed"
    );
    assert!(matches!(refusal, SqlStoreError::SchemaTooNew { found: 3, known: 2 }));
    assert_eq!(fresh.number("SELECT version FROM oauth_dcr_schema").await, 3);
}

/// Without leave to migrate, a database is used as it is or not at all.
async fn a_schema_is_left_alone_if_asked(fresh: &Fresh) {
    let as_it_is = || SqlClientStore::builder().without_migrations().connect(&fresh.url);
    let refusal = as_it_is().await.unwrap_err();
    assert_eq!(refusal.to_string(), "the schema has version 0 and 2 is needed: migrate it first");
    assert!(refusal.source().is_none());
    fresh.open().await.close().await;
    let store = as_it_is().await.unwrap();
    contract::get_of_an_unknown_id_is_none(&store).await;
}

/// On a database that does not take changes of a schema back, a migration may have stopped half-way.
async fn a_half_made_schema_is_completed(fresh: &Fresh) {
    fresh.open().await.close().await;
    fresh.run("DROP TABLE oauth_dcr_used_keys").await;
    fresh.run("DROP INDEX oauth_dcr_clients_unique_key").await;
    fresh.run("UPDATE oauth_dcr_schema SET version = 0").await;
    let store = fresh.open().await;
    contract::replay_guard(&store).await;
    contract::unique_keys_are_taken_once(&store).await;
}

/// What a server may refuse is done where it can be, and the store works without.
#[tokio::test]
async fn documents_are_compressed_by_lz4_where_that_is_possible() {
    let Some(fresh) = Fresh::postgres().await else { return };
    fresh.open().await.close().await;
    let possible = "SELECT CASE WHEN 'lz4' = ANY (enumvals) THEN 'l' ELSE '' END FROM pg_settings \
         WHERE name = 'default_toast_compression'";
    let method = "SELECT attcompression::text FROM pg_attribute \
         WHERE attrelid = 'oauth_dcr_clients'::regclass AND attname = 'document'";
    assert_eq!(fresh.text(method).await, fresh.text(possible).await);

    // The columns of a view cannot be compressed.
    fresh.run("ALTER TABLE oauth_dcr_clients RENAME TO elsewhere").await;
    fresh.run("CREATE VIEW oauth_dcr_clients AS SELECT * FROM elsewhere").await;
    fresh.run("UPDATE oauth_dcr_schema SET version = 1").await;
    let store = fresh.open().await;
    assert_eq!(fresh.number("SELECT version FROM oauth_dcr_schema").await, 2);
    let client = contract::bare_client(&crate::id("view"));
    store.insert(&client).await.unwrap();
    assert_eq!(store.get(client.id()).await.unwrap(), Some(client));
    store.close().await;
    fresh.remove().await;
}
