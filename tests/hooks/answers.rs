//! What a hook may say to a client, and what it may not.

use oauth_dcr::{Error, ErrorCode, HookAnswer, HookError, HookFns, RegisterRequest};
use serde_json::json;

use crate::support::*;

fn saying(error: impl Fn() -> HookError + Send + Sync + 'static) -> Host {
    host(json!({}), |builder| builder.script_hook(HookFns::default().on_create(move |_, _| Err(error()))))
}

fn answering(status: u16, body: &'static str) -> Host {
    saying(move || HookError::Answer(HookAnswer::new(status, body)))
}

/// Every refusal is sent as it is.
#[tokio::test]
async fn a_refusal_is_sent_word_by_word() {
    for (status, body) in [
        (400, "{}"),
        (403, r#"{"error":"access_denied"}"#),
        (422, "[1,2]"),
        (429, "null"),
        (599, " {\"a\" : 1}\n"),
    ] {
        let host = answering(status, body);
        let answer = host.post(&plain(json!({}))).await;
        answer.assert_well_formed();
        assert_eq!((answer.status, answer.text(), host.store.len()), (status, body, 0));
    }
    // RFC 9110 section 15.5.2: a 401 has a challenge, whoever chose it.
    let answer = answering(401, r#"{"error":"invalid_token"}"#).post(&plain(json!({}))).await;
    answer.assert_well_formed();
    assert_eq!((answer.status, answer.text()), (401, r#"{"error":"invalid_token"}"#));
}

/// A success would hide that nothing was stored. It is a failure of the hook, as is what nobody can read.
#[tokio::test]
async fn other_answers_are_failures() {
    for (status, body, reason) in [
        (200, "{}", "the status of a refusal is one of 400 to 599 and not 200"),
        (201, "{}", "the status of a refusal is one of 400 to 599 and not 201"),
        (302, "{}", "the status of a refusal is one of 400 to 599 and not 302"),
        (100, "{}", "the status of a refusal is one of 400 to 599 and not 100"),
        (0, "{}", "the status of a refusal is one of 400 to 599 and not 0"),
        (600, "{}", "the status of a refusal is one of 400 to 599 and not 600"),
        (400, "", "the body of an answer must be JSON"),
        (400, "<html>", "the body of an answer must be JSON"),
        (400, "{} {}", "the body of an answer must be JSON"),
    ] {
        let host = answering(status, body);
        let answer = host.post(&plain(json!({}))).await;
        assert_eq!((answer.status, answer.text(), host.store.len()), (500, FAILED, 0), "{status} {body}");
        let body = plain(json!({})).to_string();
        let result = host.registrar.register(RegisterRequest::from_body(body.as_bytes())).await;
        let Err(Error::Host(error)) = result else { panic!("registered") };
        assert_eq!((error.part, error.source.to_string().as_str()), ("hook", reason));
    }
}

/// A code of the hook's own, with a description that is brought into the characters of RFC 6749 section 5.2.
#[tokio::test]
async fn a_hook_chooses_code_and_description() {
    let host = saying(|| {
        HookError::rejected(
            ErrorCode::from("x-limit reached!".to_owned()),
            "no \"more\" than 10 \\ zehn für Sie",
        )
    });
    let answer = host.post(&plain(json!({}))).await;
    answer.assert_error(400, "x-limit reached!", "no 'more' than 10 / zehn f?r Sie");

    let long = saying(|| HookError::rejected(ErrorCode::INVALID_CLIENT_METADATA, "x".repeat(5000)));
    let description = long.post(&plain(json!({}))).await.json()["error_description"].clone();
    assert!(description.as_str().unwrap().len() <= 1024, "{description}");

    for code in ["", "quoted\"", "back\\slash", "new\nline", "schlüssel"] {
        let host = saying(move || HookError::rejected(ErrorCode::from(code.to_owned()), "no"));
        let answer = host.post(&plain(json!({}))).await;
        assert_eq!((answer.status, answer.text(), host.store.len()), (500, FAILED, 0), "{code:?}");
    }
}

/// ATT-003: stale evidence with a nonce of the hook's, or one that the engine makes: 32 random bytes.
#[tokio::test]
async fn a_hook_asks_for_fresh_evidence() {
    let engines = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let own = || HookError::StaleEvidence { nonce: Some("from the verifier".to_owned()) };
    let made = || HookError::StaleEvidence { nonce: None };
    let by_code = || HookError::rejected(ErrorCode::STALE_EVIDENCE, "too old");
    for (host, nonce) in
        [(saying(own), "from the verifier"), (saying(made), engines), (saying(by_code), engines)]
    {
        let answer = host.post(&plain(json!({}))).await;
        answer.assert_well_formed();
        let expected = format!(
            r#"{{"error":"stale_evidence","error_description":"The provided evidence is not current.","nonce":"{nonce}"}}"#
        );
        assert_eq!((answer.status, answer.text()), (400, &*expected));
    }
    // Never twice the same.
    let host = saying(made);
    let first = host.post(&plain(json!({}))).await.json()["nonce"].clone();
    assert_ne!(host.post(&plain(json!({}))).await.json()["nonce"], first);
}
