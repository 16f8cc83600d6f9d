//! Any text as the address of a client. What is taken is kept as it was sent, and a browser would not read it otherwise.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth_dcr_fuzz::{Server, parsed};
use serde_json::json;
use url::Url;

static SERVER: LazyLock<Server> = LazyLock::new(|| Server::new(&json!({})));

fuzz_target!(|uri: &str| {
    for application in ["web", "native"] {
        let body = json!({ "application_type": application, "redirect_uris": [uri] }).to_string();
        let Ok(registration) = SERVER.register(body.as_bytes()) else { continue };
        assert_eq!(parsed(registration.body())["redirect_uris"], json!([uri]));
        assert!(registration.client().metadata().redirect_uris.iter().flatten().all(|own| own.matches(uri)));
        assert!(!uri.contains(['#', '\\']) && uri.is_ascii(), "taken: {uri:?}");
        let url = Url::parse(uri).expect("what is taken is a URL");
        assert!(application == "native" || url.scheme() == "https", "taken of a web client: {uri:?}");
        assert!(url.username().is_empty() && url.password().is_none(), "taken with a user: {uri:?}");
        if url.scheme() == "https" || url.scheme() == "http" {
            let read = url.as_str();
            assert!(read == uri || read.strip_suffix('/') == Some(uri), "{uri:?} is read as {read:?}");
        }
        SERVER.forget(&registration);
    }
    let members = json!({
        "redirect_uris": ["https://app.example/cb"], "logo_uri": uri, "jwks_uri": uri, "initiate_login_uri": uri,
        "frontchannel_logout_uri": uri, "request_uris": [uri], "sector_identifier_uri": uri,
    });
    for (name, value) in members.as_object().into_iter().flatten().skip(1) {
        let body = json!({ "redirect_uris": ["https://app.example/cb"], name: value }).to_string();
        let Ok(registration) = SERVER.register(body.as_bytes()) else { continue };
        SERVER.forget(&registration);
    }
});
