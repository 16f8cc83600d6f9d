//! Clients whose identifier is the URL of their metadata: which URLs, which documents, and what becomes of them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::time::Duration;

use async_trait::async_trait;
use oauth_dcr::testing::{FailingStore, StaticResolver, run};
use oauth_dcr::{
    CachedResolver, FetchError, FetchPurpose, FetchedDocument, JwksResolver, MemoryClientStore, Profile,
    Registrar, RegistrarConfig, ResolvedDocument,
};
use serde_json::{Value, json};
use url::Url;

const ID: &str = "https://app.example/oauth/client.json";

fn document() -> Value {
    json!({ "client_id": ID, "client_name": "App", "redirect_uris": ["http://127.0.0.1/cb"] })
}

fn with(changes: Value) -> Value {
    let mut document = document();
    for (name, value) in changes.as_object().unwrap() {
        document.as_object_mut().unwrap().insert(name.clone(), value.clone());
    }
    document
}

fn config() -> RegistrarConfig {
    RegistrarConfig::new("https://op.example.com/register".parse().unwrap())
}

fn registrar(resolver: impl JwksResolver + 'static) -> Registrar {
    Registrar::builder(config(), MemoryClientStore::default()).jwks_resolver(resolver).build().unwrap()
}

/// What becomes of a document at a URL.
fn resolve(uri: &str, document: Value) -> Result<ResolvedDocument, String> {
    let resolver = StaticResolver::new().with(uri, document);
    let registrar = registrar(resolver);
    run(registrar.resolve_metadata_document(uri)).map_err(|error| {
        let wire = registrar.wire_error(&error);
        format!("{} {}", wire.status, wire.body)
    })
}

#[track_caller]
fn refused(uri: &str, document: Value, description: &str) {
    let expected = json!({ "error": "invalid_client", "error_description": description });
    assert_eq!(resolve(uri, document).unwrap_err(), format!("400 {expected}"));
}

/// Accepts: CIMD-001, CIMD-002, CIMD-005
#[test]
fn a_client_is_made_of_its_document_and_stored_nowhere() {
    let (store, resolver) =
        (std::sync::Arc::new(FailingStore::new(MemoryClientStore::default())), StaticResolver::new());
    resolver.insert(ID, document());
    let registrar =
        Registrar::builder(config(), store.clone()).jwks_resolver(resolver.clone()).build().unwrap();
    let resolved = run(registrar.resolve_metadata_document(ID)).unwrap();
    let client = resolved.client;
    assert_eq!(client.id().as_str(), ID);
    assert_eq!(
        serde_json::from_str::<Value>(client.metadata_json()).unwrap(),
        json!({
            "client_name": "App", "redirect_uris": ["http://127.0.0.1/cb"],
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"], "response_types": ["code"],
        })
    );
    assert_eq!((client.secret(), client.registration_access_token()), (None, None));
    assert_eq!((client.expires_at(), client.provenance().profile.as_ref()), (None, "cimd"));
    assert_eq!(resolved.max_age, None);
    assert_eq!(resolver.fetched(), [(ID.to_owned(), FetchPurpose::ClientMetadata)]);
    assert_eq!(store.calls(), []);
}

/// Refuses: CIMD-001
#[test]
fn urls_that_name_no_client_are_not_fetched() {
    for (uri, why) in [
        ("http://app.example/client.json", "must use https"),
        ("https://app.example/client.json#f", "must not have a fragment"),
        ("https://user@app.example/client.json", "must not have user information before its host"),
        ("https://127.0.0.1/client.json", "is a URL that this server does not fetch"),
        ("https://localhost/client.json", "is a URL that this server does not fetch"),
        ("https://app.example:8443/client.json", "is a URL that this server does not fetch"),
    ] {
        let resolver = StaticResolver::new();
        let error = run(registrar(resolver.clone()).resolve_metadata_document(uri)).unwrap_err();
        assert_eq!(error.to_string(), format!("invalid_client: client_id: {why}"), "{uri}");
        assert_eq!(resolver.fetched(), []);
    }
    for uri in ["https://app.example", "https://app.example/a/../b", "https://app.example/%2e%2e/b", "x", ""]
    {
        let resolver = StaticResolver::new();
        assert!(run(registrar(resolver.clone()).resolve_metadata_document(uri)).is_err(), "{uri}");
        assert_eq!(resolver.fetched(), []);
    }
    let with_query = "https://app.example/client.json?v=1";
    assert!(resolve(with_query, with(json!({ "client_id": with_query }))).is_ok());
}

/// Refuses: CIMD-002, CIMD-005
#[test]
fn documents_that_are_of_another_client_or_need_a_secret_are_refused() {
    const OTHER: &str = "client_id: must be what its metadata document has as client_id";
    refused(ID, with(json!({ "client_id": "https://app.example/OAuth/client.json" })), OTHER);
    refused(ID, with(json!({ "client_id": null })), OTHER);
    refused(ID, json!([]), "client_id: its metadata document must be a JSON object");
    refused(ID, with(json!({ "client_secret": "canary" })), "client_secret: must not be given");
    refused(
        ID,
        with(json!({ "client_secret_expires_at": 0 })),
        "client_secret_expires_at: must not be given",
    );
    for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
        refused(
            ID,
            with(json!({ "token_endpoint_auth_method": method })),
            &format!("token_endpoint_auth_method: must not be {method}"),
        );
    }
    let keys =
        json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://app.example/jwks" });
    assert!(resolve(ID, with(keys)).is_ok());
    assert!(resolve(ID, with(json!({ "redirect_uris": ["http://app.example/cb"] }))).is_err());
    refused(ID, with(json!({ "client_name": null })), "client_name: must be given");
}

/// The suggested limit of the draft is that of the preset, 5 KiB; a profile of the host may have another.
///
/// Refuses: CIMD-003
#[test]
fn long_documents_are_refused_and_other_profiles_may_say_otherwise() {
    const FAILED: &str = "client_id: its metadata document could not be fetched";
    let long = || with(json!({ "note": "x".repeat(5120) }));
    refused(ID, long(), FAILED);
    refused(
        "https://gone.example/client.json",
        Value::Null,
        "client_id: its metadata document must be a JSON object",
    );
    let profile: Profile = serde_json::from_value(json!({
        "dcr_profile": 1, "name": "agents", "extends": ["cimd"],
        "metadata": { "tos_uri": { "presence": "required" } },
    }))
    .unwrap();
    let registrar = Registrar::builder(config(), MemoryClientStore::default())
        .jwks_resolver(StaticResolver::new().with(ID, document()))
        .further_profile(profile)
        .build()
        .unwrap();
    let error = run(registrar.resolve_metadata_document(ID)).unwrap_err();
    assert_eq!(error.to_string(), "invalid_client: tos_uri: must be given");
}

/// A resolver that knows for how long documents may be kept.
#[derive(Debug)]
struct Hinting(Duration);

#[async_trait]
impl JwksResolver for Hinting {
    async fn fetch(&self, _: &Url, _: FetchPurpose) -> Result<Value, FetchError> {
        Err(FetchError::NoNetwork)
    }

    async fn fetch_document(
        &self,
        _: &Url,
        purpose: FetchPurpose,
        max_bytes: usize,
    ) -> Result<FetchedDocument, FetchError> {
        assert_eq!((purpose, max_bytes), (FetchPurpose::ClientMetadata, 5120));
        Ok(FetchedDocument::new(document()).with_max_age(self.0))
    }
}

/// Accepts: CIMD-003
#[test]
fn what_may_be_kept_is_said_and_never_longer_than_a_day() {
    let kept = |seconds: u64| {
        let registrar = registrar(CachedResolver::new(Hinting(Duration::from_secs(seconds))));
        run(registrar.resolve_metadata_document(ID)).unwrap().max_age.map(|age| age.as_secs())
    };
    assert_eq!([kept(0), kept(600), kept(1_000_000)], [Some(0), Some(600), Some(86_400)]);
}
