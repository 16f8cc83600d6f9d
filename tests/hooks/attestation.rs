//! Evidence that is demanded: the answers of Janssen's documentation, as whole HTTP responses.

use oauth_dcr::{HookError, HookFns, Profile};
use serde_json::{Value, json};

use crate::keys::{DIRECTORY, FORGER, SOFTWARE, with};
use crate::support::*;
use crate::wire::Answer;

/// The first 32 bytes of the entropy of a test.
const NONCE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn demanding(changes: Value) -> Host {
    host(with(json!({ "dcrAttestationEvidenceRequired": true }), changes), |builder| builder)
}

/// Every byte of an answer.
#[track_caller]
fn is_stale(answer: &Answer, nonce: &str) {
    let mut headers: Vec<(&str, &str)> =
        answer.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    headers.sort_unstable();
    let expected =
        [("cache-control", "no-store"), ("content-type", "application/json"), ("pragma", "no-cache")];
    assert_eq!((answer.status, &headers[..]), (400, &expected[..]), "{}", answer.text());
    let body = format!(
        r#"{{"error":"stale_evidence","error_description":"The provided evidence is not current.","nonce":"{nonce}"}}"#
    );
    assert_eq!(answer.text(), body);
}

/// ATT-001, ATT-003: absent or blank is missing, before anything else is looked at.
#[tokio::test]
async fn missing_evidence_is_stale() {
    for request in [
        plain(json!({})),
        plain(json!({ "evidence": "" })),
        plain(json!({ "evidence": " \u{a0} " })),
        plain(json!({ "evidence": null })),
        json!({}),
        json!({ "client_name": "Own" }),
        json!({ "redirect_uris": "of the wrong type", "grant_types": ["unknown"], "jwks": 7 }),
        plain(json!({ "sector_identifier_uri": "https://nowhere.example/" })),
    ] {
        let host = demanding(json!({}));
        is_stale(&host.post(&request).await, NONCE);
        assert_eq!(host.store.len(), 0);
    }
}

/// ATT-003: the nonce is random, of 32 bytes, and another one each time.
#[tokio::test]
async fn nonces_differ() {
    let host = demanding(json!({}));
    is_stale(&host.post(&plain(json!({}))).await, NONCE);
    is_stale(&host.post(&plain(json!({}))).await, "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8");
}

/// What is no evidence at all is stale as well; with `errorReasonEnabled` the reason is told.
#[tokio::test]
async fn what_cannot_be_evidence_is_stale() {
    for (evidence, reason) in [
        (json!(7), "evidence: must be a string and not a number"),
        (json!({ "a": 1 }), "evidence: must be a string and not an object"),
        (json!(["a"]), "evidence: must be a string and not an array"),
        (json!("line\nbreak"), "evidence: has a control character"),
        (json!("x".repeat(32_769)), "evidence: must have at most 32768 characters"),
        (json!(null), "evidence: must be given"),
    ] {
        let host = demanding(json!({}));
        is_stale(&host.post(&plain(json!({ "evidence": evidence }))).await, NONCE);
        let host = demanding(json!({ "errorReasonEnabled": true }));
        let answer = host.post(&plain(json!({ "evidence": evidence }))).await;
        let expected = json!({
            "error": "stale_evidence",
            "error_description": "The provided evidence is not current.",
            "nonce": NONCE,
            "reason": reason,
        });
        assert_eq!((answer.status, answer.json()), (400, expected));
    }
}

/// ATT-002: any text will do where nobody judges it, and it is neither stored nor answered. That is a warning.
#[tokio::test]
async fn evidence_is_taken_and_not_kept() {
    let host = demanding(json!({}));
    let warnings: Vec<String> = host.registrar.warnings().iter().map(ToString::to_string).collect();
    let expected = "dcrAttestationEvidenceRequired: evidence is demanded and nobody verifies it: any text is taken \
                    for evidence";
    assert!(warnings.contains(&expected.to_owned()), "{warnings:?}");
    for evidence in ["e".to_owned(), "x".repeat(32_768)] {
        let answer = host.post(&plain(json!({ "evidence": evidence }))).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        assert!(!answer.text().contains("evidence"));
        let read = host.manage("GET", &answer.json(), "").await;
        assert!(!read.text().contains("evidence"), "{}", read.text());
    }
    let judged = crate::support::host(json!({ "dcrAttestationEvidenceRequired": true }), |builder| {
        builder.script_hook(HookFns::default())
    });
    let warnings: Vec<String> = judged.registrar.warnings().iter().map(ToString::to_string).collect();
    assert!(!warnings.contains(&expected.to_owned()), "{warnings:?}");
}

/// An update needs none.
#[tokio::test]
async fn updates_need_no_evidence() {
    let host = demanding(json!({}));
    let client = host.register(&plain(json!({ "evidence": "e" }))).await;
    for evidence in [json!({}), json!({ "evidence": "another" }), json!({ "evidence": " " })] {
        let members = with(plain(json!({ "client_id": client["client_id"] })), evidence);
        let answer = host.manage("PUT", &client, members.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(!answer.text().contains("evidence"));
    }
}

/// A statement may supply evidence. Statement and signature are judged first.
#[tokio::test]
async fn statements_and_signatures_come_first() {
    let host = demanding(directory());
    is_stale(&host.post(&presenting(json!({}))).await, NONCE);
    host.register(&presenting(json!({ "evidence": "attested" }))).await;
    let blank = with(presenting(json!({ "evidence": " " })), json!({ "evidence": "own" }));
    host.register(&blank).await;
    let forged = plain(json!({ "software_statement": FORGER.sign(&claims(json!({ "evidence": "e" }))) }));
    let description = "software_statement: its signature could not be verified with the keys of its issuer";
    host.post(&forged).await.assert_error(400, "invalid_software_statement", description);

    // A claim that the issuer may not make supplies none.
    let mut filtered = directory();
    filtered["dcrSsaValidationConfigs"][0]["allowedClaims"] = json!(["client_name"]);
    let host = demanding(filtered);
    is_stale(&host.post(&presenting(json!({ "evidence": "attested" }))).await, NONCE);

    let host = demanding(json!({
        "dcrSignatureValidationEnabled": true, "dcrSignatureValidationJwks": SOFTWARE.set().to_string(),
    }));
    let signed = with(plain(json!({})), json!({ "iss": "software", "aud": "https://op.example.com" }));
    is_stale(&host.send("POST", "/register", None, SOFTWARE.sign(&signed)).await, NONCE);
    let description = "the signature of the request could not be verified";
    let forged = host.send("POST", "/register", None, DIRECTORY.sign(&signed)).await;
    forged.assert_error(400, "invalid_client_metadata", description);
    let answer =
        host.send("POST", "/register", None, SOFTWARE.sign(&with(signed, json!({ "evidence": "e" })))).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

/// The second way of Janssen's documentation: the property off, and a hook that has its nonce from elsewhere.
#[tokio::test]
async fn a_hook_judges_evidence() {
    let hook = || {
        HookFns::default().on_create(|cx, _| match cx.evidence() {
            None => Err(HookError::StaleEvidence { nonce: Some("from-the-verifier".to_owned()) }),
            Some("good") => Ok(()),
            Some(_) => Err(HookError::Refused),
        })
    };
    for required in [false, true] {
        let host = host(json!({ "dcrAttestationEvidenceRequired": required }), |builder| {
            builder.script_hook(hook())
        });
        let nonce = if required { NONCE } else { "from-the-verifier" };
        is_stale(&host.post(&plain(json!({}))).await, nonce);
        host.register(&plain(json!({ "evidence": "good" }))).await;
        let description = "the request was refused by this server";
        let refused = host.post(&plain(json!({ "evidence": "bad" }))).await;
        refused.assert_error(400, "invalid_client_metadata", description);
    }
}

/// What would be decided says that evidence is missing, and makes no nonce.
#[tokio::test]
async fn explanations_make_no_nonce() {
    let host = demanding(json!({}));
    let body = json!({ "redirect_uris": 7 }).to_string();
    let request = oauth_dcr::RegisterRequest::from_body(body.as_bytes());
    let explanation = host.registrar.explain(request).await.unwrap();
    let violations: Vec<String> =
        explanation.faults.iter().map(|fault| fault.violation.to_string()).collect();
    assert_eq!(
        violations,
        [
            "evidence: must be given",
            "redirect_uris: must be an array of strings, each an absolute URI and not a number"
        ]
    );
    is_stale(&host.post(&plain(json!({}))).await, NONCE);
}

/// The preset names the step `verify_evidence`: somebody must take it.
#[tokio::test]
async fn the_preset_needs_somebody() {
    let preset = || Profile::preset("attested-dcr").unwrap().clone();
    let problems = problems(json!({}), |builder| builder.profile(preset()));
    assert_eq!(problems, ["hooks: `verify_evidence` needs an evidence verifier or a script hook"]);
    let host = host(json!({}), |builder| builder.profile(preset()).script_hook(HookFns::default()));
    is_stale(&host.post(&plain(json!({}))).await, NONCE);
    host.register(&plain(json!({ "client_name": "Own", "evidence": "e" }))).await;
}
