//! Any two texts as the subject of a certificate and the name that a client registers.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use oauth_dcr::ClientCertificate;
use oauth_dcr_fuzz::{Server, parsed};
use serde_json::{Value, json};

/// A server that registers one spelling of each name.
static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let profile = json!({
        "dcr_profile": 1, "name": "names", "extends": ["standard"],
        "hooks": [{
            "stage": "after_policy", "name": "normalize_subject_dn",
            "config": { "short_names": "rfc4514", "others": "oid_hex" },
        }],
    });
    let profile = serde_json::from_value(profile).expect("a profile");
    Server::with(&json!({}), |builder| builder.profile(profile))
});

/// The spelling that is registered, if the name is one.
fn registered(name: &str) -> Option<String> {
    let body = json!({
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": name,
    });
    let registration = SERVER.register(body.to_string().as_bytes()).ok()?;
    SERVER.forget(&registration);
    match &parsed(registration.body())["tls_client_auth_subject_dn"] {
        Value::String(spelling) => Some(spelling.clone()),
        _ => None,
    }
}

fuzz_target!(|text: &str| {
    let (one, other) = text.split_once('\n').unwrap_or((text, text));
    let is = |subject: &str, name: &str| ClientCertificate::new(subject).subject_is(name);
    assert_eq!(is(one, other), is(other, one), "{one:?} and {other:?}");
    let spelled = [one, other].map(registered);
    for (name, spelling) in [one, other].iter().zip(&spelled) {
        let Some(spelling) = spelling else { continue };
        assert!(is(name, name), "{name:?} is another one than itself");
        assert!(is(name, spelling), "{name:?} is registered as {spelling:?}");
        assert_eq!(registered(spelling).as_ref(), Some(spelling), "of {name:?}");
    }
    // Types have one spelling; escapes and the order of relative names stay as they were sent.
    if let [Some(first), Some(second)] = &spelled {
        assert!(first != second || is(one, other), "{one:?} and {other:?}");
    }
});
