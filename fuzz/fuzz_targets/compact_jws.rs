//! Any text as a software statement and as a signed request: nobody signed it, so that nobody takes it. Two lines are
//! header and payload of a token with a good signature, so that what comes after the signature is reached as well.

#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use oauth_dcr_fuzz::Server;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::json;

const SECRET: &str = "a secret of 32 bytes, or longer than it";

static STATEMENTS: LazyLock<Server> = LazyLock::new(|| {
    Server::new(&json!({
        "softwareStatementValidationType": "builtin",
        "dcrSsaValidationConfigs": [
            { "id": "directory", "type": "SSA", "issuers": ["https://directory.example"], "sharedSecret": SECRET }
        ],
    }))
});

static REQUESTS: LazyLock<Server> = LazyLock::new(|| {
    Server::new(&json!({
        "dcrSignatureValidationEnabled": true,
        "dcrSignatureValidationSharedSecret": SECRET,
    }))
});

/// Whether the token is taken as a statement, and as a request.
fn is_taken(token: &str) -> [bool; 2] {
    let body =
        json!({ "redirect_uris": ["https://app.example/cb"], "software_statement": token }).to_string();
    [(&*STATEMENTS, "application/json", &*body), (&*REQUESTS, "application/jwt", token)].map(
        |(server, media_type, body)| {
            let result = server.register_as(media_type, body.as_bytes());
            if let Ok(registration) = &result {
                server.forget(registration);
            }
            result.is_ok()
        },
    )
}

/// Signs octets as they are: header and payload may be no JSON.
fn sign(header: &str, payload: &str) -> Option<String> {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let key = PKey::hmac(SECRET.as_bytes()).ok()?;
    let mac = Signer::new(MessageDigest::sha256(), &key).ok()?.sign_oneshot_to_vec(input.as_bytes()).ok()?;
    Some(format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac)))
}

fuzz_target!(|text: &str| {
    match text.split_once('\n') {
        // An empty statement is none.
        None => assert!(text.is_empty() || is_taken(text) == [false, false], "taken: {text}"),
        Some((header, payload)) => {
            let Some(token) = sign(header, payload) else { return };
            if is_taken(&token).contains(&true) {
                // One character less is another signature.
                let cut = token.get(..token.len() - 1).unwrap_or_default();
                assert_eq!(is_taken(cut), [false, false], "taken: {cut}");
            }
        }
    }
});
