//! What holds for every input: no panic, updates that change nothing, order without meaning, cost in proportion.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod model;
mod order;
mod redirects;
mod valid;

use std::collections::BTreeSet;
use std::sync::Arc;

use oauth_dcr::metadata::{Group, fields};
use oauth_dcr::testing::{CountingEntropy, ManualClock, run};
use oauth_dcr::{Caller, Error, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig, janssen};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::valid::valid;

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn config(changes: Value) -> RegistrarConfig {
    let mut config = json!({
        "registrationEndpoint": "https://op.example/register",
        "dynamicRegistrationEnabled": true,
        "dynamicRegistrationScopesParamEnabled": true,
        "scopes": [
            { "id": "openid", "default": true },
            { "id": "profile", "default": true },
            { "id": "email", "default": true },
        ],
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

/// Identifiers and credentials are the same in each new registrar.
fn registrar(changes: Value) -> Registrar {
    Registrar::builder(config(changes), MemoryClientStore::default())
        .clock(ManualClock::new())
        .entropy(CountingEntropy::new())
        .build()
        .unwrap()
}

/// The server of the clients that [`valid`] makes, and their part of the network.
fn registrar_for(metadata: &Value) -> Registrar {
    Registrar::builder(config(valid::config()), MemoryClientStore::default())
        .jwks_resolver(valid::network([metadata]))
        .clock(ManualClock::new())
        .entropy(CountingEntropy::new())
        .build()
        .unwrap()
}

fn register(registrar: &Registrar, body: &[u8]) -> Result<oauth_dcr::Registration, Error> {
    run(registrar.register(RegisterRequest::from_body(body)))
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(vec![
            "",
            "none",
            "RS256",
            "code",
            "code id_token",
            "https://a.example/",
            "http://[::1",
            "web",
            "\0"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_#]{0,6}|keys|kty|n|e|x5c", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Members that the table has, some with a language tag.
fn any_metadata() -> impl Strategy<Value = Value> {
    let names: Vec<&str> = fields::TABLE.iter().map(|row| row.name).collect();
    let name = (select(names), select(vec!["", "", "", "#fr", "#ja-Jpan-JP", "#", "#-", "#é"]))
        .prop_map(|(name, tag)| format!("{name}{tag}"));
    prop::collection::btree_map(name, any_json(), 0..12)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #![proptest_config(cases(256))]

    /// Whatever comes, there is an answer.
    #[test]
    fn inv_14_bytes_never_panic(body in vec(any::<u8>(), 0..200)) {
        for reading in ["strict", "lenient"] {
            let registrar = registrar(json!({ "reading": reading }));
            if let Err(error) = register(&registrar, &body) {
                prop_assert!((400..500).contains(&registrar.wire_error(&error).status));
            }
        }
    }

    /// Every member with every JSON type: an answer, and nothing stored with a refusal.
    #[test]
    fn metadata_of_any_type_never_panics(metadata in any_metadata()) {
        for reading in ["strict", "lenient"] {
            let store = Arc::new(MemoryClientStore::default());
            let registrar = Registrar::builder(config(json!({ "reading": reading })), Shared(store.clone()))
                .build()
                .unwrap();
            match register(&registrar, metadata.to_string().as_bytes()) {
                Ok(_) => prop_assert_eq!(store.len(), 1),
                Err(error) => {
                    prop_assert!((400..500).contains(&registrar.wire_error(&error).status));
                    prop_assert_eq!(store.len(), 0);
                }
            }
        }
    }
}

/// A store that the test looks into.
#[derive(Debug)]
struct Shared(Arc<MemoryClientStore>);

#[async_trait::async_trait]
impl oauth_dcr::ClientStore for Shared {
    async fn insert(&self, client: &oauth_dcr::Client) -> Result<(), oauth_dcr::StoreError> {
        self.0.insert(client).await
    }
    async fn get(
        &self,
        id: &oauth_dcr::ClientId,
    ) -> Result<Option<oauth_dcr::Client>, oauth_dcr::StoreError> {
        self.0.get(id).await
    }
    async fn replace(&self, client: &oauth_dcr::Client, revision: u64) -> Result<(), oauth_dcr::StoreError> {
        self.0.replace(client, revision).await
    }
    async fn delete(&self, id: &oauth_dcr::ClientId) -> Result<bool, oauth_dcr::StoreError> {
        self.0.delete(id).await
    }
}

/// What the caller may send back of an answer (RFC 7592 section 2.2).
fn to_update(body: &str) -> Value {
    let mut value: Value = serde_json::from_str(body).unwrap();
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        value.as_object_mut().unwrap().remove(name);
    }
    value
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

proptest! {
    #![proptest_config(cases(256))]

    /// RFC 7592 section 2.2: a client that sends back what it read changes nothing, however often.
    #[test]
    fn an_update_with_what_was_read_changes_nothing(metadata in any::<u64>().prop_map(valid)) {
        let registrar = registrar_for(&metadata);
        let created = match register(&registrar, metadata.to_string().as_bytes()) {
            Ok(created) => created,
            Err(error) => panic!("{metadata}: {error:?}"),
        };
        let id = created.client().id();
        let caller = Caller::Bearer(created.registration_access_token().unwrap().clone());
        let read = run(registrar.read(id, &caller)).unwrap();
        prop_assert_eq!(read.client(), created.client());
        for _ in 0..2 {
            let body = to_update(read.body()).to_string();
            let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
            let updated = match run(registrar.update(id, request)) {
                Ok(updated) => updated,
                Err(error) => panic!("{metadata}: {body}: {error:?}"),
            };
            prop_assert_eq!(updated.status(), 200);
            prop_assert_eq!(parsed(updated.client().metadata_json()), parsed(read.client().metadata_json()));
            prop_assert_eq!(parsed(updated.body()), parsed(read.body()));
        }
    }

    /// A client in Janssen's schema is the client.
    #[test]
    fn a_client_goes_to_janssen_and_comes_back(metadata in any::<u64>().prop_map(valid)) {
        let created = register(&registrar_for(&metadata), metadata.to_string().as_bytes()).unwrap();
        let written = janssen::write(created.client());
        let read = janssen::read(&written).unwrap();
        prop_assert_eq!(&read, created.client(), "{}", written);
        prop_assert_eq!(janssen::write(&read), written);
    }

    /// However a client came to its record, by one registration or by a row of updates, a registration of the whole
    /// record would have been accepted, and would be the same record.
    #[test]
    fn s_priv_05_updates_reach_nothing_that_a_registration_does_not(seeds in vec(any::<u64>(), 2..5)) {
        let records: Vec<Value> = seeds.into_iter().map(valid).collect();
        let network = valid::network(&records);
        let registrar = || {
            Registrar::builder(config(valid::config()), MemoryClientStore::default())
                .jwks_resolver(network.clone())
                .clock(ManualClock::new())
                .entropy(CountingEntropy::new())
                .build()
                .unwrap()
        };
        let server = registrar();
        let created = register(&server, records[0].to_string().as_bytes()).unwrap();
        let id = created.client().id();
        let caller = Caller::Bearer(created.registration_access_token().unwrap().clone());
        for record in &records[1..] {
            let mut record = record.clone();
            record["client_id"] = json!(id.as_str());
            // Some are refused for what they were not registered with; then the record is the one before.
            let body = record.to_string();
            drop(run(server.update(id, RegisterRequest::from_body(body.as_bytes()).with_caller(&caller))));
        }
        let read = run(server.read(id, &caller)).unwrap();
        let record = parsed(read.client().metadata_json());
        match register(&registrar(), record.to_string().as_bytes()) {
            Ok(anew) => prop_assert_eq!(parsed(anew.client().metadata_json()), record),
            Err(error) => panic!("{record}: {error:?}"),
        }
    }

    /// RFC 8259 section 4: the order of members has no meaning.
    #[test]
    fn the_order_of_members_has_no_meaning(metadata in any::<u64>().prop_map(valid), by in any::<usize>()) {
        let mut members: Vec<String> =
            metadata.as_object().unwrap().iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        let one = format!("{{{}}}", members.join(","));
        let by = by % members.len();
        members.rotate_left(by);
        members.reverse();
        let other = format!("{{{}}}", members.join(","));
        let answer = |body: &str| parsed(register(&registrar_for(&metadata), body.as_bytes()).unwrap().body());
        prop_assert_eq!(answer(&one), answer(&other));
    }

    /// A refused request registers nothing; the store is not even asked.
    ///
    /// Refuses: OIR-071
    #[test]
    fn a_refused_request_stores_nothing(metadata in any::<u64>().prop_map(valid), fault in 0..5_usize) {
        let mut metadata = metadata;
        let (name, value) = [
            ("redirect_uris", json!(["http://client.example/cb"])),
            ("grant_types", json!("authorization_code")),
            ("token_endpoint_auth_method", json!("unheard_of")),
            ("logo_uri", json!("javascript:alert(1)")),
            ("software_statement", json!("a.b.c")),
        ][fault].clone();
        metadata[name] = value;
        let inner = Arc::new(MemoryClientStore::default());
        let registrar = Registrar::builder(config(valid::config()), Shared(inner.clone()))
            .jwks_resolver(valid::network([&metadata]))
            .build()
            .unwrap();
        prop_assert!(register(&registrar, metadata.to_string().as_bytes()).is_err());
        prop_assert!(inner.is_empty());
    }
}

/// What is said of all members is said of each row of the table: none is left out by the generator.
#[test]
fn every_member_is_generated() {
    let mut registered = BTreeSet::new();
    let mut sent = BTreeSet::new();
    for seed in 0..1500 {
        let metadata = valid(seed);
        let answer = match register(&registrar_for(&metadata), metadata.to_string().as_bytes()) {
            Ok(registration) => parsed(registration.body()),
            Err(error) => panic!("{metadata}: {error:?}"),
        };
        let base = |name: &String| name.split('#').next().unwrap().to_owned();
        sent.extend(metadata.as_object().unwrap().keys().map(base));
        registered.extend(answer.as_object().unwrap().keys().map(base));
    }
    for row in fields::TABLE {
        assert_eq!(sent.contains(row.name), valid::is_generated(row), "{}", row.name);
        // What is read and never returned: lists of choices, evidence.
        let is_returned = !matches!(row.group, Group::Choice | Group::Envelope | Group::HostOnly);
        assert_eq!(registered.contains(row.name), is_returned, "{}", row.name);
    }
}
