//! Any JSON as a profile: read, composed, judged, and built into a server.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth_dcr::testing::run;
use oauth_dcr::{MemoryClientStore, Profile, RegisterRequest, Registrar};
use oauth_dcr_fuzz::{Network, Refusal, config};
use serde_json::json;

fuzz_target!(|text: &[u8]| {
    let Ok(profile) = serde_json::from_slice::<Profile>(text) else { return };
    let written = serde_json::to_value(&profile).expect("a profile is JSON");
    let again: Profile = serde_json::from_value(written).expect("what is written is read");
    assert_eq!(again, profile);
    let Ok(composed) = profile.compose() else { return };
    assert_eq!(composed.compose().as_ref(), Ok(&composed), "composed twice is composed once");
    let _ = profile.lint();
    let built = Registrar::builder(config(&json!({})), MemoryClientStore::default())
        .jwks_resolver(Network::default())
        .acknowledge_open_management()
        .profile(profile)
        .build();
    let Ok(registrar) = built else { return };
    let _ = (registrar.warnings(), registrar.discovery());
    let body =
        br#"{ "redirect_uris": ["https://app.example/cb"], "scope": "openid", "client_name": "Example" }"#;
    if let Err(error) = run(registrar.register(RegisterRequest::from_body(body))) {
        Refusal::of(&registrar, error);
    }
});
