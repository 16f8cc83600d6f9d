//! Any JSON as the key set of an issuer, fetched, and as that of a client, sent along. The statement is the token of RFC
//! 7515 appendix A.3: a set without its key opens nothing.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth_dcr::testing::TakenKeys;
use oauth_dcr_fuzz::{Server, parsed};
use serde_json::{Value, json};
use time::OffsetDateTime;

const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS\
    9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";

static STATEMENTS: LazyLock<Server> = LazyLock::new(|| {
    let server = Server::new(&json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "joe", "type": "SSA", "issuers": ["joe"], "jwksUri": "https://joe.example/jwks" }
        ],
    }));
    server.clock.set(OffsetDateTime::from_unix_timestamp(1_300_819_000).expect("a time"));
    server
});

static CLIENTS: LazyLock<[Server; 2]> = LazyLock::new(|| {
    [json!({ "reading": "strict" }), json!({ "reading": "lenient" })].map(|changes| Server::new(&changes))
});

/// Whether a document has a text somewhere.
fn has(document: &Value, text: &str) -> bool {
    match document {
        Value::String(own) => own == text,
        Value::Array(items) => items.iter().any(|item| has(item, text)),
        Value::Object(members) => members.values().any(|value| has(value, text)),
        _ => false,
    }
}

fuzz_target!(|text: &str| {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return };
    if let Some(keys) = TakenKeys::new(&document) {
        let _ = keys.has("1");
    }
    STATEMENTS.network.has(Some(document.clone()));
    let body =
        json!({ "redirect_uris": ["https://app.example/cb"], "software_statement": TOKEN }).to_string();
    if let Ok(registration) = STATEMENTS.register(body.as_bytes()) {
        assert!(has(&document, X), "verified without the key: {document}");
        STATEMENTS.forget(&registration);
    }

    let body = format!(r#"{{ "redirect_uris": ["https://app.example/cb"], "jwks": {text} }}"#);
    for server in &*CLIENTS {
        if let Ok(registration) = server.register(body.as_bytes()) {
            let kept = parsed(registration.body());
            // A lenient reader takes the text of a set as well, and an empty one for none.
            assert!(kept["jwks"] == document || !document.is_object(), "{kept} of {document}");
            server.forget(&registration);
        }
    }
});
