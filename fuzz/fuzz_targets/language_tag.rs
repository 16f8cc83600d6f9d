//! Any text as the language of a name, and as the language that somebody asks for.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth_dcr::ClientMetadata;
use oauth_dcr_fuzz::{Server, parsed};
use serde_json::json;

static SERVER: LazyLock<Server> = LazyLock::new(|| Server::new(&json!({})));

fuzz_target!(|text: &str| {
    let (tag, asked) = text.split_once('\n').unwrap_or((text, text));
    let name = format!("client_name#{tag}");
    let body = json!({ "redirect_uris": ["https://app.example/cb"], "client_name": "plain", &*name: "own" });
    if let Ok(registration) = SERVER.register(body.to_string().as_bytes()) {
        let names = &registration.client().metadata().client_name;
        assert_eq!(names.plain(), Some("plain"));
        if let Some(own) = names.get(tag) {
            assert_eq!(own, "own");
            assert_eq!(names.for_language(tag), Some("own"), "{tag}");
            assert_eq!(parsed(registration.body())[&name], "own", "{tag}");
        }
        SERVER.forget(&registration);
    }
    if let Ok(metadata) = ClientMetadata::from_json(&body.to_string()) {
        let found = metadata.client_name.for_language(asked);
        assert!(found == Some("plain") || found == Some("own"), "{asked}: {found:?}");
    }
});
