//! Any JSON as a client in the form that stores keep, and as metadata: what is read is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_dcr::{Client, ClientMetadata};

fuzz_target!(|text: &str| {
    if let Ok(client) = serde_json::from_str::<Client>(text) {
        let written = serde_json::to_string(&client).expect("a client is JSON");
        let again: Client = serde_json::from_str(&written).expect("what is written is read");
        assert_eq!(again, client);
        let now = client.issued_at();
        let _ = (client.is_usable(now), client.verify_secret("secret", now), client.metadata());
        let shown = format!("{client:?}");
        if let Some(secret) = client.secret().and_then(|secret| secret.expose_secret())
            && secret.len() > 16
        {
            let elsewhere =
                written.replace(secret, "").contains(secret) || client.metadata_json().contains(secret);
            assert!(elsewhere || !shown.contains(secret), "a secret in {shown}");
        }
    }
    if let Ok(metadata) = ClientMetadata::from_json(text) {
        let written = metadata.to_json();
        let again = ClientMetadata::from_json(&written).expect("what is written is read");
        assert_eq!(again.to_json(), written);
    }
});
