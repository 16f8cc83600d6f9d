//! Any JSON as a configuration, Janssen's or IBM's: read, and built into a server.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_dcr::config::IbmDynamicRegistration;
use oauth_dcr::testing::run;
use oauth_dcr::{MemoryClientStore, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig};
use oauth_dcr_fuzz::{Network, Refusal, config};
use serde_json::{Value, json};

/// Registers where a server can be built.
fn build(builder: RegistrarBuilder) {
    let Ok(registrar) = builder.jwks_resolver(Network::default()).acknowledge_open_management().build()
    else {
        return;
    };
    let _ = (registrar.warnings(), registrar.discovery());
    let body =
        br#"{ "redirect_uris": ["https://app.example/cb"], "scope": "openid", "client_name": "Example" }"#;
    if let Err(error) = run(registrar.register(RegisterRequest::from_body(body))) {
        Refusal::of(&registrar, error);
    }
}

fuzz_target!(|text: &[u8]| {
    if let Ok(own) = serde_json::from_slice::<RegistrarConfig>(text) {
        build(Registrar::builder(own, MemoryClientStore::default()));
    }
    let Ok(stanza) = serde_json::from_slice::<Value>(text) else { return };
    let Ok(stanza) = IbmDynamicRegistration::from_value(stanza) else { return };
    let builder = Registrar::builder(config(&json!({})), MemoryClientStore::default());
    build(builder.profile(stanza.to_profile()));
});
