//! Hooks of closures, and several hooks as one.

use std::sync::{Arc, Mutex};

use oauth_dcr::{HookChain, HookError, HookFns, SharedSecret};
use serde_json::{Value, json};

use crate::keys::{DIRECTORY, FORGER, SECRET, SOFTWARE, hmac, with};
use crate::support::*;

/// Which hook was asked what.
type Log = Arc<Mutex<Vec<String>>>;

fn logging(log: &Log, name: &'static str, keys: Value) -> HookFns {
    let say = |what: &'static str| {
        let log = log.clone();
        move || log.lock().unwrap().push(format!("{name} {what}"))
    };
    let (create, update, read, delete, respond) =
        (say("create"), say("update"), say("read"), say("delete"), say("response"));
    let (jwks, secret) = (say("jwks"), say("secret"));
    let refuses = move |cx: &oauth_dcr::HookContext<'_>| {
        if cx.attribute("refuses") == Some(name) { Err(HookError::Refused) } else { Ok(()) }
    };
    HookFns::default()
        .on_create(move |cx, draft| {
            create();
            let names = draft.get("client_name").and_then(|value| Some(value.as_str()?.to_owned()));
            draft.set("client_name", &json!(names.unwrap_or_default() + name));
            refuses(cx)
        })
        .on_update(move |cx, _| {
            update();
            refuses(cx)
        })
        .on_read(move |cx| {
            read();
            refuses(cx)
        })
        .on_delete(move |cx| {
            delete();
            refuses(cx)
        })
        .on_software_statement_jwks(move |_| {
            jwks();
            Ok(Some(keys.clone()))
        })
        .on_software_statement_hmac_secret(move |_| {
            secret();
            Ok(Some(SharedSecret::from(SECRET.to_owned())))
        })
        .on_response(move |_, body| {
            respond();
            body.insert("by".to_owned(), json!(name));
            Ok(())
        })
}

fn chained(log: &Log, refuses: &str) -> Host {
    let chain = HookChain::default()
        .then(logging(log, "A", DIRECTORY.set()))
        .then(logging(log, "B", FORGER.set()))
        .then(logging(log, "C", FORGER.set()));
    host(json!({}), |builder| builder.script_hook(chain).hook_attribute("refuses", refuses))
}

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut log.lock().unwrap())
}

/// All decide in their order; answers are the first one's.
#[tokio::test]
async fn all_decide_in_order() {
    let log = Log::default();
    let host = chained(&log, "nobody");
    let client = host.register(&plain(json!({}))).await;
    assert_eq!((&client["client_name"], &client["by"]), (&json!("ABC"), &json!("A")));
    assert_eq!(take(&log), ["A create", "B create", "C create", "A response"]);
    host.manage("PUT", &client, plain(json!({ "client_id": client["client_id"] })).to_string()).await;
    assert_eq!(take(&log), ["A update", "B update", "C update", "A response"]);
    host.manage("GET", &client, "").await;
    assert_eq!(take(&log), ["A read", "B read", "C read", "A response"]);
    assert_eq!(host.manage("DELETE", &client, "").await.status, 204);
    assert_eq!(take(&log), ["A delete", "B delete", "C delete"]);
}

/// The first refusal is the last word, whatever is asked.
#[tokio::test]
async fn the_first_refusal_ends_the_chain() {
    let description = "the request was refused by this server";
    for (refuses, asked) in [("A", 1), ("B", 2), ("C", 3)] {
        let log = Log::default();
        let host = chained(&log, refuses);
        let is_asked = |what: &str| {
            let all = ["A", "B", "C"].map(|name| format!("{name} {what}"));
            assert_eq!(take(&log), all[..asked]);
        };
        host.post(&plain(json!({}))).await.assert_error(400, "invalid_client_metadata", description);
        is_asked("create");
        assert_eq!(host.store.len(), 0);

        // One that was registered before.
        let client = host.stored().await;
        let update = plain(json!({ "client_id": client["client_id"] })).to_string();
        for (method, body, what) in
            [("PUT", &*update, "update"), ("GET", "", "read"), ("DELETE", "", "delete")]
        {
            let answer = host.manage(method, &client, body).await;
            answer.assert_error(400, "invalid_client_metadata", description);
            is_asked(what);
        }
        assert_eq!(host.store.len(), 1);
    }
}

/// Keys and secrets are the first hook's alone, even if it has none that fits.
#[tokio::test]
async fn keys_are_those_of_the_first() {
    let log = Log::default();
    let host = chained(&log, "nobody");
    host.register(&presenting(json!({}))).await;
    assert_eq!(take(&log)[0], "A jwks");
    let forged = plain(json!({ "software_statement": FORGER.sign(&claims(json!({}))) }));
    let description = "software_statement: its signature could not be verified with the keys of its issuer";
    host.post(&forged).await.assert_error(400, "invalid_software_statement", description);
    assert_eq!(take(&log), ["A jwks"]);
    let by_hmac = plain(json!({ "software_statement": hmac("HS256", SECRET, &claims(json!({}))) }));
    host.register(&by_hmac).await;
    assert_eq!(take(&log)[0], "A secret");
}

/// A chain of none, and closures of which none is set, have no opinion.
#[tokio::test]
async fn nobody_has_no_opinion() {
    let host_of = |chain: HookChain| host(json!({}), |builder| builder.script_hook(chain));
    for chain in [HookChain::default(), HookChain::default().then(HookFns::default())] {
        let host = host_of(chain.clone());
        let client = host.register(&plain(json!({}))).await;
        assert_eq!(client.get("by"), None);
        let update = plain(json!({ "client_id": client["client_id"] })).to_string();
        assert_eq!(host.manage("PUT", &client, update).await.status, 200);
        assert_eq!(host.manage("GET", &client, "").await.status, 200);
        let description =
            "software_statement: its signature could not be verified with the keys of its issuer";
        for token in [statement(json!({})), hmac("HS256", SECRET, &claims(json!({})))] {
            let answer = host.post(&plain(json!({ "software_statement": token }))).await;
            answer.assert_error(400, "invalid_software_statement", description);
        }
        assert_eq!(host.manage("DELETE", &client, "").await.status, 204);
    }
}

/// Closures and chains find keys of requests, too.
#[tokio::test]
async fn closures_find_keys_of_requests() {
    let finding = HookFns::default()
        .on_dcr_jwks(|_| Ok(Some(SOFTWARE.set())))
        .on_dcr_hmac_secret(|_| Ok(Some(SharedSecret::from(SECRET.to_owned()))));
    let debug = format!("{finding:?}");
    assert!(debug.contains("dcr_jwks: true") && debug.contains("create: false"), "{debug}");
    let host = host(json!({ "dcrSignatureValidationEnabled": true }), |builder| {
        builder.script_hook(HookChain::default().then(finding))
    });
    let signed = with(plain(json!({})), json!({ "iss": "software", "aud": "https://op.example.com" }));
    for token in [SOFTWARE.sign(&signed), hmac("HS256", SECRET, &signed)] {
        assert_eq!(host.send("POST", "/register", None, token).await.status, 201);
    }
}
