//! Any bytes as the body of a registration: as JSON, read strictly and leniently, and as a signed request.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth_dcr_fuzz::{Server, parsed};
use serde_json::json;

static SERVERS: LazyLock<[Server; 3]> = LazyLock::new(|| {
    [
        json!({ "reading": "strict" }),
        json!({ "reading": "lenient", "errorReasonEnabled": true }),
        json!({
            "dcrSignatureValidationEnabled": true,
            "dcrSignatureValidationSharedSecret": "a secret of 32 bytes, or longer than it",
        }),
    ]
    .map(|changes| Server::new(&changes))
});

fuzz_target!(|body: &[u8]| {
    for server in &*SERVERS {
        for media_type in ["application/json", "application/jwt"] {
            if let Ok(registration) = server.register_as(media_type, body) {
                // What is answered has each member of the record.
                let (answer, record) =
                    (parsed(registration.body()), parsed(registration.client().metadata_json()));
                assert!(answer.is_object() && record.is_object());
                server.forget(&registration);
            }
        }
    }
});
