//! Nothing is lost, in either direction.

use oauth_dcr::janssen::{OWN_MEMBER, Reader, read, write};
use oauth_dcr::testing::contract::{bare_client, full_client};
use oauth_dcr::{Client, ClientId};
use serde_json::{Value, json};

use crate::{client, comes_back, document};

#[test]
fn what_has_no_place_comes_back() {
    comes_back(
        json!({ "dn": "inum=4f2a6e1b,ou=clients,o=jans", "customObjectClasses": ["jansClntCustomAttributes"] }),
    );
    comes_back(
        json!({ "somethingNew": { "deep": [1, null, { "x": "y" }] }, "attributes": { "alsoNew": true } }),
    );
    comes_back(json!({ "lastLogonTime": "2022-08-31T10:39:31.385Z", "refreshTokenLifetime": 100_000_000 }));
    comes_back(json!({ "customAttributes": [{ "name": "a", "multiValued": false, "values": ["b"] }] }));
    comes_back(json!({ "attributes": {} }));
}

#[test]
fn the_form_of_a_value_comes_back() {
    comes_back(
        json!({ "expirationDate": "2090-01-01T02:00:00+02:00", "lastAccessTime": 1_661_942_371_385_i64 }),
    );
    comes_back(json!({ "displayName": "", "jwksUri": null, "trustedClient": false, "disabled": null }));
    comes_back(json!({ "jwks": "{ \"keys\" : [ ] }", "scopes": ["read write", "read"] }));
    comes_back(json!({ "jwks": { "keys": [] }, "claims": "name email", "scopes": [] }));
    comes_back(json!({ "jwks": "no key set" }));
    comes_back(
        json!({ "idTokenEncryptedResponseAlg": "RSA1_5", "idTokenEncryptedResponseEnc": "A128CBC-HS256" }),
    );
    comes_back(
        json!({ "idTokenEncryptedResponseAlg": "RSA1_5", "idTokenEncryptedResponseEnc": "A128CBC+HS256" }),
    );
    comes_back(
        json!({ "attributes": { "backchannelLogoutUri": "https://a.example/out", "requirePar": false } }),
    );
    comes_back(json!({ "attributes": { "backchannelLogoutUri": [], "tlsClientAuthSubjectDn": "" } }));
    comes_back(json!({ "responseTypes": ["id_token", "code"], "redirectUris": ["b:/", "a:/"] }));
}

/// The form of a value is forgotten once the client says something else.
#[test]
fn a_value_that_changed_is_written() {
    let changed = |client: &Client, name: &str, value: Value| -> Client {
        let mut form = serde_json::to_value(client).unwrap();
        form[name] = value;
        serde_json::from_value(form).unwrap()
    };
    let client =
        client(json!({ "displayName": "", "expirationDate": "2090-01-01T02:00:00+02:00", "dn": "x" }));
    let client = changed(&client, "expires_at", 3_786_912_060_i64.into());
    let client = changed(&client, "metadata", json!({ "client_name": "New" }));
    assert_eq!(
        write(&client),
        document(json!({ "displayName": "New", "expirationDate": "2090-01-01T00:01:00.000Z", "dn": "x" }))
    );
}

#[test]
fn clients_with_everything_come_back() {
    for id in ["full", "bare"] {
        let id = ClientId::new(id).unwrap();
        for client in [full_client(&id), bare_client(&id)] {
            let written = write(&client);
            assert_eq!(read(&written).unwrap(), client, "{written:#}");
            assert_eq!(write(&read(&written).unwrap()), written);
        }
    }
}

/// What Janssen has no place for is said in the names of this crate.
#[test]
fn what_janssen_does_not_know_is_a_member_of_its_own() {
    let form = json!({
        "id": "4f2a6e1b",
        "issued_at": 1_661_942_371,
        "metadata": {
            "client_name": "Example", "client_name#fr": "Exemple", "response_types": ["code id_token", "code"],
            "tls_client_auth_san_dns": "client.example.org", "custom": ["a", "b"],
            "require_par": true,
        },
        "provenance": { "profile": "bank", "owner": "acme" },
        "state": "suspended",
        "flags": { "trusted": true },
        "revision": 7,
    });
    let client: Client = serde_json::from_value(form).unwrap();
    let written = write(&client);
    assert_eq!(
        written,
        json!({
            "inum": "4f2a6e1b",
            "clientIdIssuedAt": "2022-08-31T10:39:31.000Z",
            "displayName": "Example",
            "responseTypes": ["code", "id_token"],
            "trustedClient": true,
            "customAttributes": [{ "name": "custom", "multiValued": true, "values": ["a", "b"] }],
            "attributes": { "requirePar": true },
            OWN_MEMBER: {
                "metadata": {
                    "client_name#fr": "Exemple", "response_types": ["code id_token", "code"],
                    "tls_client_auth_san_dns": "client.example.org", "custom": ["a", "b"],
                    "require_par": true, "require_pushed_authorization_requests": null,
                },
                "provenance": { "profile": "bank", "owner": "acme" },
                "state": "suspended",
                "revision": 7,
            },
        })
    );
    assert_eq!(read(&written).unwrap(), client);
}

/// Custom attributes that the configuration names are metadata; the others are kept.
#[test]
fn custom_attributes_are_metadata_where_they_are_named() {
    let document = document(json!({ "customAttributes": [
        { "name": "secret_note", "multiValued": false, "values": ["x"] },
        { "name": "cost_centre", "multiValued": false, "values": ["42"] },
        { "name": "client_name", "multiValued": false, "values": ["Mallory"] },
        { "name": "regions", "multiValued": true, "values": ["eu"] },
    ]}));
    let reader = Reader::default().with_custom_attributes(["cost_centre", "regions", "client_name"]);
    let client = reader.read(&document).unwrap();
    assert_eq!(client.metadata_json(), r#"{"cost_centre":"42","regions":["eu"]}"#);
    let kept = &client.janssen_members().unwrap()["customAttributes"];
    let names: Vec<&Value> = kept.as_array().unwrap().iter().map(|own| &own["name"]).collect();
    assert_eq!(names, ["secret_note", "client_name"]);

    let written = write(&client);
    let names: Vec<&str> = written["customAttributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["secret_note", "client_name", "cost_centre", "regions"]);
    assert_eq!(read(&written).unwrap(), client);
}
