//! Secrets and registration access tokens on their way from and to Janssen.

use oauth_dcr::janssen::{OWN_MEMBER, Reader, write};
use oauth_dcr::{Client, StoredSecret, TokenDigest};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::{client, document};

fn is_readable(client: &Client) -> bool {
    matches!(client.secret(), Some(StoredSecret::Recoverable(_)))
}

fn knows(client: &Client, secret: &str) -> bool {
    client.verify_secret(secret, OffsetDateTime::UNIX_EPOCH)
}

#[test]
fn a_secret_that_is_only_compared_becomes_a_digest() {
    for members in [
        json!({ "tokenEndpointAuthMethod": "client_secret_basic" }),
        json!({ "tokenEndpointAuthMethod": "client_secret_post", "idTokenSignedResponseAlg": "RS256" }),
        json!({}),
    ] {
        let mut members = members;
        members["clientSecret"] = "4148f812".into();
        let client = client(members);
        assert!(!is_readable(&client) && knows(&client, "4148f812") && !knows(&client, "4148f813"));
        let written = write(&client);
        assert_eq!(written.get("clientSecret"), None);
        let digest = TokenDigest::of("4148f812").to_text();
        assert_eq!(written[OWN_MEMBER], json!({ "secret": { "digest": digest } }));
    }
}

#[test]
fn a_secret_that_is_computed_with_stays_readable() {
    for members in [
        json!({ "tokenEndpointAuthMethod": "client_secret_jwt" }),
        json!({ "idTokenSignedResponseAlg": "HS256" }),
        json!({ "attributes": { "jansAuthSignedRespAlg": "HS512" } }),
        json!({ "userInfoEncryptedResponseAlg": "A128KW" }),
    ] {
        let mut members = members;
        members["clientSecret"] = "4148f812".into();
        let client = client(members);
        assert!(is_readable(&client) && knows(&client, "4148f812"));
        assert_eq!(write(&client)["clientSecret"], "4148f812");
    }
}

#[test]
fn hosts_that_write_clients_back_keep_secrets_readable() {
    let document = document(json!({ "clientSecret": "4148f812" }));
    let client = Reader::default().with_readable_secrets().read(&document).unwrap();
    assert!(is_readable(&client));
    // The form says that the secret is kept, since another reader would not.
    assert_eq!(write(&client)["clientSecret"], "4148f812");
    assert_eq!(oauth_dcr::janssen::read(&write(&client)).unwrap(), client);
}

#[test]
fn encrypted_secrets_are_decoded() {
    let reader = Reader::default()
        .with_secret_decoder(|text| text.strip_prefix("enc:").map(|text| text.chars().rev().collect()));
    let client = reader.read(&document(json!({ "clientSecret": "enc:218f8414" }))).unwrap();
    assert!(knows(&client, "4148f812"));
    let error = reader.read(&document(json!({ "clientSecret": "4148f812" }))).unwrap_err();
    assert_eq!(error.to_string(), "clientSecret: could not be decoded");
}

#[test]
fn a_blank_credential_is_none() {
    for blank in [json!(""), Value::Null] {
        let client = client(json!({ "clientSecret": blank, "registrationAccessToken": blank }));
        assert!(client.secret().is_none() && client.registration_access_token().is_none());
    }
}

#[test]
fn the_registration_access_token_becomes_a_digest() {
    let client = client(json!({ "registrationAccessToken": "eaee20de" }));
    assert!(client.registration_access_token().unwrap().matches("eaee20de"));
    let stored = serde_json::to_string(&client).unwrap();
    assert!(!stored.contains("eaee20de") && !write(&client).to_string().contains("eaee20de"));
}

/// Custom attributes may hold anything.
#[test]
fn what_is_kept_is_not_shown() {
    let client = client(
        json!({ "customAttributes": [{ "name": "a", "values": ["hidden"] }], "clientSecret": "hidden" }),
    );
    let shown = format!("{client:?}");
    assert!(shown.contains("customAttributes") && !shown.contains("hidden"), "{shown}");
}
