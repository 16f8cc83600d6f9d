//! Any JSON as a client in the form that stores keep, in Janssen's, and as metadata: what is read is written and read
//! again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_dcr::janssen;
use oauth_dcr::{Client, ClientMetadata};
use oauth_dcr_fuzz::comes_back;
use serde_json::Value;

/// Whether the metadata of a stored client is as all that is registered: of the types of the field table, and without
/// repeats in lists.
fn is_as_registered(client: &Client) -> bool {
    let stored: Value = serde_json::from_str(client.metadata_json()).expect("metadata is JSON");
    let typed = ClientMetadata::from_json(client.metadata_json());
    typed.is_ok_and(|typed| serde_json::from_str::<Value>(&typed.to_json()).is_ok_and(|own| own == stored))
}

/// Asserts that Janssen's form of a client is the whole client.
fn comes_back_from_janssen(client: &Client) {
    let document = janssen::write(client);
    let read = janssen::Reader::default().with_readable_secrets().read(&document);
    assert_eq!(read.as_ref(), Ok(client), "{document}");
}

fuzz_target!(|text: &str| {
    if let Ok(client) = serde_json::from_str::<Client>(text) {
        comes_back(&client);
        if is_as_registered(&client) {
            comes_back_from_janssen(&client);
        } else {
            let _ = janssen::read(&janssen::write(&client));
        }
        let now = client.issued_at();
        let _ = (client.is_usable(now), client.verify_secret("secret", now), client.metadata());
        let shown = format!("{client:?}");
        if let Some(secret) = client.secret().and_then(|secret| secret.expose_secret()) {
            // A short one may be in some other text as well.
            let written = serde_json::to_string(&client).expect("a client is JSON");
            let is_nowhere_else = secret.len() > 16 && written.matches(secret).count() == 1;
            assert!(!is_nowhere_else || !shown.contains(secret), "a secret in {shown}");
        }
    }
    if let Ok(document) = serde_json::from_str::<Value>(text)
        && let Ok(client) = janssen::read(&document)
    {
        comes_back(&client);
        comes_back_from_janssen(&client);
        let (mut written, mut document) = (janssen::write(&client), document);
        // But for credentials, of which digests are kept.
        for document in [&mut written, &mut document].into_iter().filter_map(Value::as_object_mut) {
            document.retain(|name, _| {
                !["clientSecret", "registrationAccessToken", "oauthDcr"].contains(&&**name)
            });
        }
        assert_eq!(written, document);
    }
    if let Ok(metadata) = ClientMetadata::from_json(text) {
        let written = metadata.to_json();
        let again = ClientMetadata::from_json(&written).expect("what is written is read");
        assert_eq!(again.to_json(), written);
    }
});
