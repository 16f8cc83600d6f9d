//! Every method of a hook, and everything that one may do.

use std::time::Duration;

use async_trait::async_trait;
use oauth_dcr::{Draft, ErrorCode, HookAnswer, HookContext, HookError, Profile, ScriptHook, SharedSecret};
use serde_json::{Map, Value, json};

use crate::keys::{DIRECTORY, SECRET, SOFTWARE, hmac, with};
use crate::support::*;
use crate::wire::Answer;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    Agree,
    Refuse,
    Reject,
    Answer,
    Stale,
    Unavailable,
    Fail,
    Panic,
    Hang,
}

const DEEDS: [Deed; 9] = [
    Deed::Agree,
    Deed::Refuse,
    Deed::Reject,
    Deed::Answer,
    Deed::Stale,
    Deed::Unavailable,
    Deed::Fail,
    Deed::Panic,
    Deed::Hang,
];

impl Deed {
    /// Status and body of what a client gets.
    fn refusal(self) -> (u16, &'static str) {
        match self {
            Self::Agree => panic!("no refusal"),
            Self::Refuse => (
                400,
                r#"{"error":"invalid_client_metadata","error_description":"the request was refused by this server"}"#,
            ),
            Self::Reject => {
                (400, r#"{"error":"quota_exceeded","error_description":"10 clients are enough"}"#)
            }
            Self::Answer => (451, r#"{ "error": "not_here" , "law": [451] }"#),
            Self::Stale => (
                400,
                r#"{"error":"stale_evidence","error_description":"The provided evidence is not current.","nonce":"n-1"}"#,
            ),
            Self::Unavailable | Self::Hang => (503, UNAVAILABLE),
            Self::Fail | Self::Panic => (500, FAILED),
        }
    }
}

/// A hook that does one thing in one method, and has no opinion in the others.
#[derive(Debug)]
struct Told(&'static str, Deed);

impl Told {
    async fn act(&self, method: &str) -> Result<(), HookError> {
        if method != self.0 {
            return Ok(());
        }
        match self.1 {
            Deed::Agree => Ok(()),
            Deed::Refuse => Err(HookError::Refused),
            Deed::Reject => {
                Err(HookError::rejected(ErrorCode::from("quota_exceeded"), "10 clients are enough"))
            }
            Deed::Answer => {
                Err(HookError::Answer(HookAnswer::new(451, r#"{ "error": "not_here" , "law": [451] }"#)))
            }
            Deed::Stale => Err(HookError::StaleEvidence { nonce: Some("n-1".to_owned()) }),
            Deed::Unavailable => Err(HookError::Unavailable("the hook's text".into())),
            Deed::Fail => Err(HookError::Failed("the hook's text".into())),
            Deed::Panic => panic!("the hook's text"),
            Deed::Hang => std::future::pending().await,
        }
    }
}

#[async_trait]
impl ScriptHook for Told {
    async fn create_client(&self, _: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        draft.set("client_name", &json!("Changed"));
        self.act("create_client").await
    }

    async fn update_client(&self, _: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        draft.set("client_name", &json!("Changed"));
        self.act("update_client").await
    }

    async fn read_client(&self, _: &HookContext<'_>) -> Result<(), HookError> {
        self.act("read_client").await
    }

    async fn delete_client(&self, _: &HookContext<'_>) -> Result<(), HookError> {
        self.act("delete_client").await
    }

    async fn software_statement_jwks(&self, _: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        self.act("software_statement_jwks").await?;
        Ok(Some(DIRECTORY.set()))
    }

    async fn software_statement_hmac_secret(
        &self,
        _: &HookContext<'_>,
    ) -> Result<Option<SharedSecret>, HookError> {
        self.act("software_statement_hmac_secret").await?;
        Ok(Some(SharedSecret::from(SECRET.to_owned())))
    }

    async fn dcr_jwks(&self, _: &HookContext<'_>) -> Result<Option<Value>, HookError> {
        self.act("dcr_jwks").await?;
        Ok(Some(SOFTWARE.set()))
    }

    async fn dcr_hmac_secret(&self, _: &HookContext<'_>) -> Result<Option<SharedSecret>, HookError> {
        self.act("dcr_hmac_secret").await?;
        Ok(Some(SharedSecret::from(SECRET.to_owned())))
    }

    async fn modify_response(
        &self,
        cx: &HookContext<'_>,
        body: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        body.insert("note".to_owned(), json!("modified"));
        self.act(&format!("modify_response {}", cx.operation)).await
    }
}

fn told(method: &'static str, deed: Deed, changes: Value) -> Host {
    host(changes, |builder| {
        builder.script_hook(Told(method, deed)).hook_time_limit(Duration::from_millis(30))
    })
}

#[track_caller]
fn is_refused(answer: &Answer, deed: Deed) {
    answer.assert_well_formed();
    assert_eq!((answer.status, answer.text()), deed.refusal(), "{deed:?}");
}

/// S-PRIV-08: whatever a hook does instead of agreeing, nothing is registered, and what the client is told is what the
/// hook wants it to be told, or nothing.
#[tokio::test]
async fn create() {
    for deed in DEEDS {
        let host = told("create_client", deed, json!({}));
        let answer = host.post(&plain(json!({ "client_name": "Own" }))).await;
        if deed == Deed::Agree {
            assert_eq!((answer.status, &answer.json()["client_name"]), (201, &json!("Changed")));
        } else {
            is_refused(&answer, deed);
            assert_eq!(host.store.len(), 0, "{deed:?}");
        }
    }
}

/// The client stays as it was, and its owner may go on.
#[tokio::test]
async fn update() {
    for deed in DEEDS {
        let host = told("update_client", deed, json!({}));
        let client = host.register(&plain(json!({}))).await;
        let before = host.manage("GET", &client, "").await.json();
        let members = plain(json!({ "client_id": client["client_id"], "client_name": "New" }));
        let answer = host.manage("PUT", &client, members.to_string()).await;
        let after = host.manage("GET", &client, "").await.json();
        if deed == Deed::Agree {
            assert_eq!((answer.status, &after["client_name"]), (200, &json!("Changed")));
        } else {
            is_refused(&answer, deed);
            assert_eq!(after, before, "{deed:?}");
        }
    }
}

#[tokio::test]
async fn read() {
    for deed in DEEDS {
        let host = told("read_client", deed, json!({}));
        let client = host.register(&plain(json!({}))).await;
        let answer = host.manage("GET", &client, "").await;
        if deed == Deed::Agree {
            assert_eq!((answer.status, &answer.json()["client_id"]), (200, &client["client_id"]));
        } else {
            is_refused(&answer, deed);
        }
    }
}

#[tokio::test]
async fn delete() {
    for deed in DEEDS {
        let host = told("delete_client", deed, json!({}));
        let client = host.register(&plain(json!({}))).await;
        let answer = host.manage("DELETE", &client, "").await;
        if deed == Deed::Agree {
            assert_eq!((answer.status, host.store.len()), (204, 0));
        } else {
            is_refused(&answer, deed);
            assert_eq!(host.store.len(), 1, "{deed:?}");
        }
    }
}

/// A request that is the cancellation of a registration (UDAP) is a deletion, which a hook may refuse.
#[tokio::test]
async fn cancel() {
    let profile = json!({
        "dcr_profile": 1, "name": "udap-like", "extends": ["standard"],
        "lifecycle": {
            "unique_by": ["$statement.software_id"],
            "on_duplicate": "upsert",
            "cancel_when": { "statement": "grant_types", "equals": [] },
        },
    });
    let profile: Profile = serde_json::from_value(profile).unwrap();
    for deed in DEEDS {
        let host = host(directory(), |builder| {
            let builder = builder.profile(profile.clone()).hook_time_limit(Duration::from_millis(30));
            builder.script_hook(Told("delete_client", deed))
        });
        host.register(&presenting(json!({}))).await;
        let answer = host.post(&presenting(json!({ "grant_types": [] }))).await;
        if deed == Deed::Agree {
            assert_eq!((answer.status, host.store.len()), (200, 0), "{}", answer.text());
        } else {
            is_refused(&answer, deed);
            assert_eq!(host.store.len(), 1, "{deed:?}");
        }
    }
}

/// The four look-ups of keys: a request whose keys cannot be had is not registered.
#[tokio::test]
async fn keys() {
    let signed = json!({ "iss": "software", "iat": NOW, "exp": NOW + 300, "aud": "https://op.example.com" });
    let signed = with(plain(json!({})), signed);
    let statement_by = |token: String| plain(json!({ "software_statement": token })).to_string();
    let is_signed = json!({ "dcrSignatureValidationEnabled": true });
    for (method, config, body) in [
        ("software_statement_jwks", json!({}), statement_by(statement(json!({})))),
        (
            "software_statement_hmac_secret",
            json!({}),
            statement_by(hmac("HS256", SECRET, &claims(json!({})))),
        ),
        ("dcr_jwks", is_signed.clone(), SOFTWARE.sign(&signed)),
        ("dcr_hmac_secret", is_signed, hmac("HS256", SECRET, &signed)),
    ] {
        for deed in DEEDS {
            println!("{method} {deed:?}");
            let host = told(method, deed, config.clone());
            let answer = host.send("POST", "/register", None, &body).await;
            if deed == Deed::Agree {
                assert_eq!(answer.status, 201, "{}", answer.text());
            } else {
                is_refused(&answer, deed);
                assert_eq!(host.store.len(), 0, "{method} {deed:?}");
            }
        }
    }
}

/// The client is stored by the time its answer is modified: an answer that cannot be modified is sent as it was.
#[tokio::test]
async fn responses() {
    for deed in DEEDS {
        for (method, place) in
            [("modify_response create", 0), ("modify_response read", 1), ("modify_response update", 2)]
        {
            let host = told(method, deed, json!({}));
            let created = host.register(&plain(json!({}))).await;
            let read = host.manage("GET", &created, "").await;
            let members = plain(json!({ "client_id": created["client_id"] })).to_string();
            let updated = host.manage("PUT", &created, members).await;
            assert_eq!((read.status, updated.status, host.store.len()), (200, 200, 1));
            let mut expected = [Some("modified"); 3];
            if deed != Deed::Agree {
                expected[place] = None;
            }
            let notes = [created, read.json(), updated.json()].map(|body| body.get("note").cloned());
            assert_eq!(notes, expected.map(|note| note.map(Value::from)), "{method} {deed:?}");
        }
    }
}
