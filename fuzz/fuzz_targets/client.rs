//! Any JSON as a client in the form that stores keep, and as metadata: what is read is written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_dcr::{Client, ClientMetadata};
use oauth_dcr_fuzz::comes_back;

fuzz_target!(|text: &str| {
    if let Ok(client) = serde_json::from_str::<Client>(text) {
        comes_back(&client);
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
    if let Ok(metadata) = ClientMetadata::from_json(text) {
        let written = metadata.to_json();
        let again = ClientMetadata::from_json(&written).expect("what is written is read");
        assert_eq!(again.to_json(), written);
    }
});
