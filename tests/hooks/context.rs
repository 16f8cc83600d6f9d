//! What a hook can look at.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use oauth_dcr::testing::run;
use oauth_dcr::{Caller, ClientCertificate, HookContext, HookError, HookFns, RegisterRequest, SharedSecret};
use serde_json::{Value, json};

use crate::keys::{SOFTWARE, encode, with};
use crate::support::*;

type Look = fn(&HookContext<'_>) -> Value;

/// What hooks saw, by method.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(&'static str, Value)>>>);

impl Seen {
    fn note(
        &self,
        method: &'static str,
        look: Look,
    ) -> impl Fn(&HookContext<'_>) -> Result<(), HookError> + Send + Sync + 'static {
        let seen = self.0.clone();
        move |cx| {
            seen.lock().unwrap().push((method, look(cx)));
            Ok(())
        }
    }

    fn take(&self) -> Vec<(&'static str, Value)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// A hook that looks, and has keys.
    fn hook(&self, look: Look) -> HookFns {
        let note = |method| self.note(method, look);
        let (create, update, read, delete) = (note("create"), note("update"), note("read"), note("delete"));
        let (statement_keys, request_keys, response) =
            (note("statement keys"), note("request keys"), note("response"));
        HookFns::default()
            .on_create(move |cx, _| create(cx))
            .on_update(move |cx, _| update(cx))
            .on_read(move |cx| read(cx))
            .on_delete(move |cx| delete(cx))
            .on_software_statement_jwks(move |cx| {
                statement_keys(cx)?;
                Ok(Some(crate::keys::DIRECTORY.set()))
            })
            .on_dcr_jwks(move |cx| {
                request_keys(cx)?;
                Ok(Some(SOFTWARE.set()))
            })
            .on_response(move |cx, _| response(cx))
    }
}

/// The request as it was sent, before defaults and policy.
#[tokio::test]
async fn the_request() {
    let look: Look = |cx| {
        assert_eq!(
            cx.request().and_then(|request| request.get("client_name")),
            cx.request_member("client_name")
        );
        json!([cx.operation.as_str(), cx.request(), cx.body.len()])
    };
    let seen = Seen::default();
    let host = host(json!({}), |builder| builder.script_hook(seen.hook(look)));
    let sent = plain(json!({ "client_name": "Own", "nobody_knows": [{ "this": null }] }));
    let client = host.register(&sent).await;
    let length = sent.to_string().len();
    let expected =
        [("create", json!(["create", sent, length])), ("response", json!(["create", sent, length]))];
    assert_eq!(seen.take(), expected);

    host.manage("GET", &client, "").await;
    host.manage("DELETE", &client, "").await;
    let nothing = |operation: &str| json!([operation, null, 0]);
    let expected = [("read", nothing("read")), ("response", nothing("read")), ("delete", nothing("delete"))];
    assert_eq!(seen.take(), expected);
}

/// S-JOSE-14: the claims of a signed request, once its signature holds, and not before.
#[tokio::test]
async fn a_signed_request() {
    let look: Look =
        |cx| json!([cx.request().is_some(), cx.request_member("client_name"), cx.request_member("jti")]);
    let seen = Seen::default();
    let config = json!({ "dcrSignatureValidationEnabled": true });
    let host = host(config, |builder| builder.script_hook(seen.hook(look)));
    let claims =
        json!({ "iss": "software", "aud": "https://op.example.com", "jti": "j-1", "client_name": "Own" });
    let claims = with(plain(claims), json!({ "software_statement": statement(json!({})) }));
    let answer = host.send("POST", "/register", None, SOFTWARE.sign(&claims)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let unknown = json!([false, null, null]);
    let expected = [
        ("statement keys", unknown.clone()),
        ("request keys", unknown.clone()),
        ("create", json!([true, "Own", "j-1"])),
        ("response", unknown),
    ];
    assert_eq!(seen.take(), expected);
}

/// The statement: as text while its keys are asked for, its claims as they were signed afterwards.
#[tokio::test]
async fn the_statement() {
    let look: Look = |cx| {
        json!([
            cx.software_statement.is_some(),
            cx.statement_issuer(),
            cx.statement_claim("org_id"),
            cx.statement_claims().map(|claims| claims.len()),
        ])
    };
    let seen = Seen::default();
    let host = host(json!({}), |builder| builder.script_hook(seen.hook(look)));
    let request = presenting(json!({ "org_id": "org-1", "nested": { "a": [1] } }));
    let client = host.register(&request).await;
    let known = json!([false, ISSUER, "org-1", 6]);
    let nothing = json!([false, null, null, null]);
    let expected = [
        ("statement keys", json!([true, null, null, null])),
        ("create", known.clone()),
        ("response", nothing.clone()),
    ];
    assert_eq!(seen.take(), expected);

    let update = with(request, json!({ "client_id": client["client_id"] })).to_string();
    assert_eq!(host.manage("PUT", &client, update).await.status, 200);
    host.manage("GET", &client, "").await;
    let expected = [
        ("statement keys", json!([true, null, null, null])),
        ("update", known),
        ("response", nothing.clone()),
        ("read", nothing.clone()),
        ("response", nothing.clone()),
    ];
    assert_eq!(seen.take(), expected);

    host.register(&plain(json!({}))).await;
    assert_eq!(seen.take(), [("create", nothing.clone()), ("response", nothing)]);
}

/// ATT-001: evidence as text, and as a JWT if it is one. Nothing of it is stored or answered (ATT-002).
#[tokio::test]
async fn the_evidence() {
    let look: Look = |cx| {
        let jwt = cx.evidence_jwt().map(|jwt| json!([jwt.header(), jwt.claims()]));
        json!([cx.evidence(), jwt])
    };
    let seen = Seen::default();
    let host = host(directory(), |builder| builder.script_hook(seen.hook(look)));
    let part = |json: &str| encode(json);
    let header = part(r#"{"alg":"ES256","jwk":{"kty":"EC"}}"#);
    let jwt = format!("{header}.{}.{}", part(r#"{"nonce":"n-1"}"#), part("any"));
    let unsecured = format!("{}.{}.", part(r#"{"alg":"none"}"#), part("{}"));
    let cases = [
        (json!(jwt), json!([jwt, [{ "alg": "ES256", "jwk": { "kty": "EC" } }, { "nonce": "n-1" }]])),
        (json!(unsecured), json!([unsecured, [{ "alg": "none" }, {}]])),
        (json!("free text"), json!(["free text", null])),
        (json!("a.b.c"), json!(["a.b.c", null])),
        (json!(format!("{jwt}.d")), json!([format!("{jwt}.d"), null])),
        (json!(format!("{header}.{}.x", part("[]"))), json!([format!("{header}.{}.x", part("[]")), null])),
        // Two readers would disagree.
        (
            json!(format!("{header}.{}.x", part(r#"{"a":1,"a":2}"#))),
            json!([format!("{header}.{}.x", part(r#"{"a":1,"a":2}"#)), null]),
        ),
        (json!(""), json!([null, null])),
        (json!("  "), json!([null, null])),
        (json!(null), json!([null, null])),
        (json!({ "no": "text" }), json!([null, null])),
    ];
    for (evidence, expected) in cases {
        let client = host.register(&plain(json!({ "evidence": evidence }))).await;
        assert_eq!(client.get("evidence"), None);
        assert_eq!(seen.take()[0], ("create", expected.clone()), "{evidence}");
        let update = plain(json!({ "evidence": evidence, "client_id": client["client_id"] })).to_string();
        let updated = host.manage("PUT", &client, update).await;
        assert_eq!((updated.status, updated.json().get("evidence")), (200, None));
        assert_eq!(seen.take()[0], ("update", expected), "{evidence}");
    }
    // A statement may supply it, and wins.
    let attested = with(presenting(json!({ "evidence": "attested" })), json!({ "evidence": "own" }));
    let client = host.register(&attested).await;
    assert_eq!(client.get("evidence"), None);
    assert_eq!(seen.take()[0], ("create", json!(["attested", null])));
}

/// Address, network, certificate and attributes, for all that is asked of a hook.
#[test]
fn the_caller() {
    let look: Look = |cx| {
        let networks =
            ["10.0.0.0/8", "10.1.2.3", "::ffff:10.0.0.0/104", "192.168.0.0/16", "2001:db8::/32", "10/8"];
        json!([
            cx.profile,
            cx.remote_address.map(|address| address.to_string()),
            networks.map(|network| cx.is_in_network(network)),
            cx.certificate.map(|certificate| certificate.subject_dn().to_owned()),
            cx.attribute("directory"),
            cx.attribute("other"),
        ])
    };
    let seen = Seen::default();
    let host = host(json!({}), |builder| {
        builder.script_hook(seen.hook(look)).hook_attribute("directory", "https://directory.example.org")
    });
    let body = presenting(json!({})).to_string();
    let certificate = ClientCertificate::new("CN=app.example.org");
    for (address, in_networks) in [
        (Some("10.1.2.3"), [true, true, true, false, false, false]),
        (Some("::ffff:10.1.2.3"), [true, true, true, false, false, false]),
        (Some("192.168.9.9"), [false, false, false, true, false, false]),
        (Some("2001:db8::7"), [false, false, false, false, true, false]),
        (None, [false; 6]),
    ] {
        let mut request = RegisterRequest::from_body(body.as_bytes()).with_client_certificate(&certificate);
        if let Some(address) = address {
            request = request.with_remote_address(address.parse::<IpAddr>().unwrap());
        }
        assert_eq!(run(host.registrar.register(request)).unwrap().status(), 201);
        let shown = json!([
            "standard",
            address,
            in_networks,
            "CN=app.example.org",
            "https://directory.example.org",
            null,
        ]);
        let methods = ["statement keys", "create", "response"];
        assert_eq!(seen.take(), methods.map(|method| (method, shown.clone())));
    }
}

/// A context in a log shows no secret, and neither does a builder.
#[test]
fn secrets_are_not_shown() {
    let shown = Arc::new(Mutex::new(String::new()));
    let hook = HookFns::default().on_create({
        let shown = shown.clone();
        move |cx, _| {
            let jwt = cx.evidence_jwt().unwrap();
            *shown.lock().unwrap() = format!("{cx:?} {jwt:?}");
            Err(HookError::Refused)
        }
    });
    let host = host(directory(), |builder| {
        let builder = builder
            .script_hook(hook)
            .hook_attribute("password", "attribute-secret")
            .evidence_nonce_key(SharedSecret::from("nonce-secret ".repeat(4)));
        let debug = format!("{builder:?}");
        assert!(debug.contains("password") && !debug.contains("-secret"), "{debug}");
        builder
    });
    let evidence = format!("{}.{}.x", encode(r#"{"alg":"none"}"#), encode(r#"{"device":"device-secret"}"#));
    let request = with(presenting(json!({ "org_id": "org-secret" })), json!({ "evidence": evidence }));
    let body = with(request, json!({ "client_secret": "client-secret" })).to_string();
    let caller = Caller::Anonymous;
    let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
    assert!(run(host.registrar.register(request)).is_err());
    let shown = shown.lock().unwrap();
    for part in ["password", "device", "alg", ISSUER] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("-secret") && !shown.contains(&evidence), "{shown}");
}

/// A hook sees the stored client on all operations but create.
#[tokio::test]
async fn the_client() {
    let look: Look = |cx| json!(cx.client.map(|client| client.id().as_str().to_owned()));
    let seen = Seen::default();
    let host = host(json!({}), |builder| builder.script_hook(seen.hook(look)));
    let client = host.register(&plain(json!({}))).await;
    host.manage("PUT", &client, plain(json!({ "client_id": client["client_id"] })).to_string()).await;
    host.manage("GET", &client, "").await;
    host.manage("DELETE", &client, "").await;
    let id = client["client_id"].clone();
    let expected = [
        ("create", json!(null)),
        ("response", id.clone()),
        ("update", id.clone()),
        ("response", id.clone()),
        ("read", id.clone()),
        ("response", id.clone()),
        ("delete", id),
    ];
    assert_eq!(seen.take(), expected);
}
