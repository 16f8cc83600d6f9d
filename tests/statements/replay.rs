//! What may be used once: when its use is taken, when it is not, and for how long it is remembered.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oauth_dcr::testing::{StoreFault, run};
use oauth_dcr::{
    Client, ClientId, ClientStore, Draft, Error, HookContext, HookError, MemoryClientStore,
    MemoryReplayGuard, RegisterRequest, Registrar, Registration, ReplayGuard, ReplayKey, ScriptHook,
    StoreError,
};
use openssl::bn::BigNum;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::keys::*;
use crate::support::*;

/// A profile whose statements and requests are good once.
const ONCE: &str = r#"{ "dcr_profile": 1, "name": "once", "extends": ["standard"],
    "request": { "media_types": { "application/json": "json", "application/jwt": "jws" },
        "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "SOFTWARE" } ],
            "claims": { "replay": "until_exp" } } },
    "software_statement": { "issuers": [ { "iss": ["https://directory.example", "https://other.example"],
        "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ],
            "claims": { "replay": "until_exp" } } } ] } }"#;

const STATEMENT_USED: &str = "software_statement: was used before, and may be used once";
const REQUEST_USED: &str = "jti: was used before";

fn guarded(text: &str, guard: impl ReplayGuard + 'static) -> Server {
    server_with(json!({}), |builder| builder.profile(profile(text)).replay_guard(guard))
}

fn signed(others: Value) -> String {
    SOFTWARE.sign(&request(with(json!({ "jti": "1" }), others)))
}

/// A guard that notes until when it was told to remember.
#[derive(Clone, Debug, Default)]
struct Notes {
    inner: Arc<MemoryReplayGuard>,
    noted: Arc<Mutex<Vec<(String, i64)>>>,
}

impl Notes {
    fn noted(&self) -> Vec<(String, i64)> {
        self.noted.lock().unwrap().clone()
    }

    fn times(&self) -> Vec<i64> {
        self.noted().into_iter().map(|(_, until)| until).collect()
    }
}

#[async_trait]
impl ReplayGuard for Notes {
    async fn consume(
        &self,
        key: &ReplayKey,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        self.noted.lock().unwrap().push((key.as_str().to_owned(), until.unix_timestamp()));
        self.inner.consume(key, now, until).await
    }
}

/// A guard that does not answer.
#[derive(Debug)]
struct Broken(fn() -> StoreError);

#[async_trait]
impl ReplayGuard for Broken {
    async fn consume(&self, _: &ReplayKey, _: OffsetDateTime, _: OffsetDateTime) -> Result<bool, StoreError> {
        Err((self.0)())
    }
}

/// A verified request is used up by being verified: whoever saw it on its way cannot send it again, whether
/// it was registered or not.
///
/// Accepts: JOSE-019, S-SSA-12
/// Refuses: JOSE-019, S-SSA-12
#[test]
fn a_request_is_used_up_when_it_verifies() {
    let server = profile_server(ONCE);
    let token = signed(json!({}));
    server.accepts(server.register_signed(&token));
    server.refuses(server.register_signed(&token), METADATA, REQUEST_USED);
    server.refuses(
        server.register_signed(signed(json!({ "client_name": "Another" }))),
        METADATA,
        REQUEST_USED,
    );

    let bad = signed(json!({ "jti": "2", "redirect_uris": ["http://app.example.org/cb"] }));
    assert!(server.refusal(server.register_signed(&bad)).body.contains("invalid_redirect_uri"));
    server.refuses(server.register_signed(bad), METADATA, REQUEST_USED);
    server.refuses(server.register_signed(signed(json!({ "jti": "2" }))), METADATA, REQUEST_USED);
    server.accepts(server.register_signed(signed(json!({ "jti": "3" }))));
}

/// What does not verify uses nothing up: nobody can spoil the token of another.
///
/// S-SSA-12
#[test]
fn what_does_not_verify_uses_nothing_up() {
    let notes = Notes::default();
    let server = guarded(ONCE, notes.clone());
    for token in [
        THIEF.sign(&request(json!({ "jti": "1" }))),
        signed(json!({ "exp": NOW - 60, "iat": NOW - 90 })),
        signed(json!({ "aud": "https://other.example" })),
        signed(json!({ "software_statement": FORGER.sign(&claims(json!({ "jti": "1" }))) })),
        signed(json!({
            "software_statement": statement(json!({ "jti": "1", "exp": NOW - 60, "iat": NOW - 90 })),
        })),
    ] {
        assert!(server.register_signed(token).is_err());
    }
    assert_eq!(notes.noted(), []);
    server.accepts(server.register_signed(signed(json!({}))));
    assert_eq!(notes.noted().len(), 1);
}

/// A statement is used up by a registration: a client that was refused can try again with the same one.
///
/// Accepts: JOSE-019, S-SSA-05
/// Refuses: JOSE-019, S-SSA-05
#[test]
fn s_ssa_05_a_statement_is_used_up_when_a_client_is_stored() {
    let notes = Notes::default();
    let server = guarded(ONCE, notes.clone());
    let token = statement(json!({ "jti": "1" }));
    let bad = with(presenting(&token), json!({ "redirect_uris": ["http://app.example.org/cb"] }));
    for _ in 0..3 {
        assert!(server.refusal(server.register(&bad)).body.contains("invalid_redirect_uri"));
    }
    assert_eq!(notes.noted(), []);
    server.accepts(server.present(&token));
    server.refuses(server.present(&token), INVALID, STATEMENT_USED);
    server.refuses(
        server.present(statement(json!({ "jti": "1", "client_name": "Other" }))),
        INVALID,
        STATEMENT_USED,
    );
    server.accepts(server.present(statement(json!({ "jti": "2" }))));
}

/// What is remembered is the pair of issuer and `jti`, by kind: neither another issuer's `jti` nor the
/// request's own.
///
/// Accepts: S-JOSE-12
#[test]
fn what_is_remembered_is_issuer_and_jti() {
    let notes = Notes::default();
    let server = guarded(ONCE, notes.clone());
    server.accepts(server.present(statement(json!({ "jti": "1" }))));
    server.accepts(server.present(statement(json!({ "jti": "1", "iss": "https://other.example" }))));
    server.accepts(server.register_signed(signed(json!({ "iss": ISSUER }))));
    server.accepts(server.register_signed(signed(json!({ "iss": "https://other.example" }))));
    server.accepts(server.present(statement(json!({ "jti": "https://other.example:1" }))));
    let noted = notes.noted();
    assert_eq!(noted.len(), 5);
    for (index, (key, _)) in noted.iter().enumerate() {
        assert_eq!(key.len(), 43);
        assert!(noted[index + 1..].iter().all(|(other, _)| other != key));
    }
}

/// Another encoding of the same token is the same token: an ECDSA signature (r, s) is as good as (r, n - s).
///
/// Accepts: S-JOSE-12
/// Refuses: S-JOSE-12
#[test]
fn s_jose_12_another_signature_is_no_other_token() {
    let order =
        BigNum::from_hex_str("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551").unwrap();
    let malleate = |token: &str| {
        let (input, signature) = token.rsplit_once('.').unwrap();
        let signature = decode(signature);
        let s = BigNum::from_slice(&signature[32..]).unwrap();
        let other = &order - &s;
        format!("{input}.{}", encode([&signature[..32], &other.to_vec_padded(32).unwrap()].concat()))
    };
    let server = profile_server(ONCE);
    let token = signed(json!({}));
    let twin = malleate(&token);
    assert_ne!(token, twin);
    server.accepts(server.register_signed(&token));
    server.refuses(server.register_signed(twin), METADATA, REQUEST_USED);
    let token = statement(json!({ "jti": "1" }));
    server.accepts(server.present(&token));
    server.refuses(server.present(malleate(&token)), INVALID, STATEMENT_USED);
}

/// A token without `jti` can be used again, unless the profile demands one.
#[test]
fn without_a_jti_nothing_is_remembered() {
    let notes = Notes::default();
    let server = guarded(ONCE, notes.clone());
    for _ in 0..2 {
        server.accepts(server.present(statement(json!({}))));
        server.accepts(server.register_signed(SOFTWARE.sign(&request(json!({})))));
    }
    assert_eq!(notes.noted(), []);
}

/// RFC 7519 section 4.1.7: a `jti` is a text. One that is not is no way to be used again.
///
/// S-SSA-05, S-SSA-12
#[test]
fn a_jti_that_is_no_text_is_no_way_round() {
    for jti in [json!(5), json!(true), json!(["1"]), json!({ "id": "1" })] {
        let server = profile_server(ONCE);
        let count = |results: [Result<Registration, Error>; 2]| {
            results.iter().filter(|result| result.is_ok()).count()
        };
        let token = statement(json!({ "jti": jti }));
        assert!(count([server.present(&token), server.present(&token)]) < 2, "statement {jti}");
        let token = signed(json!({ "jti": jti }));
        assert!(count([server.register_signed(&token), server.register_signed(&token)]) < 2, "request {jti}");
    }
}

/// Claims that do not count as metadata still count for this: a list of allowed claims is no way round.
///
/// S-SSA-05, S-SSA-12
#[test]
fn a_list_of_allowed_claims_is_no_way_round() {
    let server = profile_server(
        r#"{ "dcr_profile": 1, "name": "once", "extends": ["standard"],
            "request": { "media_types": { "application/json": "json", "application/jwt": "jws" },
                "issuers": [ { "iss": ["software", "another"], "allow_claims": ["redirect_uris"],
                    "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "SOFTWARE" } ],
                        "claims": { "required": ["jti"], "replay": "until_exp" } } } ] },
            "software_statement": { "issuers": [ {
                "iss": ["https://directory.example"], "allow_claims": ["client_name"],
                "jws": { "algs": ["ES256"], "keys": [ { "from": "jwks", "jwks": "DIRECTORY" } ],
                    "claims": { "required": ["jti"], "replay": "until_exp" } } } ] } }"#,
    );
    let token = statement(json!({ "jti": "1" }));
    server.accepts(server.present(&token));
    server.refuses(server.present(&token), INVALID, STATEMENT_USED);
    let token = signed(json!({}));
    server.accepts(server.register_signed(&token));
    server.refuses(server.register_signed(&token), METADATA, REQUEST_USED);
    server.accepts(server.register_signed(signed(json!({ "iss": "another" }))));
}

/// Neither is a name that the profile gives to what is remembered.
///
/// S-SSA-05
#[test]
fn another_name_is_no_way_round() {
    let renaming =
        r#""issuers": [ { "rename": { "jti": "statement_id", "exp": "valid_until", "iss": "issuer" },"#;
    let text = ONCE.replace(
        r#""software_statement": { "issuers": [ {"#,
        &format!("\"software_statement\": {{ {renaming}"),
    );
    let server = profile_server(&text);
    let token = statement(json!({ "jti": "1" }));
    server.accepts(server.present(&token));
    server.refuses(server.present(&token), INVALID, STATEMENT_USED);
}

/// How long it is remembered: past the moment from which the token is refused anyway.
///
/// S-SSA-06
#[test]
fn it_is_remembered_until_it_is_of_no_use() {
    for leeway in [0, 60, 300, 3600] {
        let notes = Notes::default();
        let text = ONCE
            .replace(r#""replay": "until_exp""#, &format!(r#""replay": "until_exp", "leeway_s": {leeway}"#));
        let server = guarded(&text, notes.clone());
        let exp = NOW + 100;
        let (by_statement, by_request) =
            (statement(json!({ "jti": "1", "exp": exp })), signed(json!({ "exp": exp })));
        server.accepts(server.present(&by_statement));
        server.accepts(server.register_signed(&by_request));
        for until in notes.times() {
            assert!(until >= exp + leeway, "{} s short with a leeway of {leeway} s", exp + leeway - until);
        }
        // Every second in which the token still counts.
        for seconds in [0, 99, 99 + leeway / 2, 99 + leeway] {
            server.clock.set(OffsetDateTime::from_unix_timestamp(NOW + seconds).unwrap());
            server.refuses(server.present(&by_statement), INVALID, STATEMENT_USED);
            server.refuses(server.register_signed(&by_request), METADATA, REQUEST_USED);
        }
        server.clock.set(OffsetDateTime::from_unix_timestamp(exp + leeway).unwrap());
        let passed = "software_statement: the claim exp has passed";
        server.refuses(server.present(&by_statement), INVALID, passed);
    }
}

/// What does not expire, and what is good once for ever, is remembered for years; a time beyond the calendar
/// is no fault of the request.
#[test]
fn what_does_not_expire_is_remembered_for_years() {
    const YEAR: i64 = 365 * 24 * 3600;
    let forever = ONCE.replace("until_exp", "forever");
    for (text, others) in [
        (ONCE, json!({ "exp": null })),
        (ONCE, json!({ "exp": 253_402_300_799_i64 })),
        (&*forever, json!({})),
        (&*forever, json!({ "exp": NOW + 1 })),
        (&*forever, json!({ "exp": null })),
    ] {
        let notes = Notes::default();
        let server = guarded(text, notes.clone());
        server.accepts(server.present(statement(with(json!({ "jti": "1" }), others.clone()))));
        server.accepts(server.register_signed(signed(others.clone())));
        assert_eq!(notes.times().len(), 2);
        assert!(notes.times().iter().all(|until| *until >= NOW + 9 * YEAR), "{others}: {:?}", notes.times());
    }
}

/// A guard without room refuses rather than forgets: 503, and nothing is stored. Room comes with time.
///
/// S-SSA-06
#[test]
fn s_ssa_06_a_full_guard_refuses() {
    let server = guarded(ONCE, MemoryReplayGuard::with_capacity(1));
    server.accepts(server.present(statement(json!({ "jti": "1" }))));
    let stored = server.store.inner().len();
    for result in [
        server.present(statement(json!({ "jti": "2" }))),
        server.register_signed(signed(json!({ "jti": "3" }))),
    ] {
        let wire = server.refusal(result);
        assert_eq!(wire.status, 503);
        let expected = json!({ "error": "temporarily_unavailable", "error_description": "try again later" });
        assert_eq!(wire.body, expected.to_string());
        assert!(wire.headers.contains(&("retry-after", "1".to_owned())), "{:?}", wire.headers);
    }
    assert_eq!(server.store.inner().len(), stored);
    server.refuses(server.present(statement(json!({ "jti": "1" }))), INVALID, STATEMENT_USED);
    // What needs no memory is registered.
    server.accepts(server.present(statement(json!({}))));
    server.clock.advance(24 * 3600);
    let later = json!({ "jti": "2", "iat": NOW + 24 * 3600, "exp": NOW + 25 * 3600 });
    server.accepts(server.present(statement(later)));
}

/// A guard that fails says nothing to the client.
#[test]
fn a_broken_guard_says_nothing() {
    for (error, status) in [
        ((|| StoreError::Unavailable("the guard's text".into())) as fn() -> StoreError, 503),
        (|| StoreError::Backend("the guard's text".into()), 500),
    ] {
        let server = guarded(ONCE, Broken(error));
        for result in
            [server.present(statement(json!({ "jti": "1" }))), server.register_signed(signed(json!({})))]
        {
            let wire = server.refusal(result);
            assert_eq!(wire.status, status);
            assert!(!wire.body.contains("guard"), "{}", wire.body);
        }
        assert_eq!(server.store.calls(), []);
    }
}

/// A dry run uses nothing up, and is not told that something was.
#[test]
fn explaining_uses_nothing_up() {
    let notes = Notes::default();
    let server = guarded(ONCE, notes.clone());
    let by_statement = presenting(statement(json!({ "jti": "1" })));
    let by_request = signed(json!({}));
    let explain_signed = || {
        let request = RegisterRequest::from_body(by_request.as_bytes()).with_media_type("application/jwt");
        run(server.registrar.explain(request))
    };
    for _ in 0..3 {
        assert!(server.explain(&by_statement).unwrap().is_accepted());
        assert!(explain_signed().unwrap().is_accepted());
    }
    assert_eq!((notes.noted(), server.store.calls()), (Vec::new(), Vec::new()));
    server.accepts(server.register(&by_statement));
    server.accepts(server.register_signed(&by_request));
    assert_eq!(notes.noted().len(), 2);
    assert!(server.explain(&by_statement).unwrap().is_accepted());
    assert!(explain_signed().unwrap().is_accepted());
}

/// A hook that refuses everything.
#[derive(Debug)]
struct Refusing;

#[async_trait]
impl ScriptHook for Refusing {
    async fn create_client(&self, _: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        Err(HookError::Refused)
    }
}

/// A registration that a hook refuses leaves the statement as it was. One that the store fails may have been
/// stored: the statement stays used.
///
/// S-RACE-08
#[test]
fn a_refusal_of_the_hook_gives_nothing_away() {
    let notes = Notes::default();
    let server = server_with(json!({}), |builder| {
        builder.profile(profile(ONCE)).replay_guard(notes.clone()).script_hook(Refusing)
    });
    assert!(server.present(statement(json!({ "jti": "1" }))).is_err());
    assert_eq!(notes.noted(), []);

    let server = guarded(ONCE, notes.clone());
    server.store.fail_next(StoreFault::Backend);
    let token = statement(json!({ "jti": "1" }));
    assert_eq!(server.refusal(server.present(&token)).status, 500);
    server.refuses(server.present(&token), INVALID, STATEMENT_USED);
}

/// Updates use up what they present as registrations do.
///
/// Accepts: JOSE-019
/// Refuses: JOSE-019
#[test]
fn updates_use_up_what_they_present() {
    let server = profile_server(ONCE);
    let answer = server.accepts(server.present(statement(json!({ "jti": "1" }))));
    let same = statement(json!({ "jti": "1" }));
    server.refuses(server.update(&answer, &presenting(same)), INVALID, STATEMENT_USED);
    let fresh = statement(json!({ "jti": "2" }));
    let bad = with(presenting(&fresh), json!({ "redirect_uris": ["http://app.example.org/cb"] }));
    assert!(server.update(&answer, &bad).is_err());
    server.accepts(server.update(&answer, &presenting(&fresh)));
    server.refuses(server.update(&answer, &presenting(&fresh)), INVALID, STATEMENT_USED);

    let answer = server.accepts(server.register_signed(signed(json!({ "jti": "1" }))));
    let update = |jti: &str| {
        let token = signed(json!({ "jti": jti, "client_id": answer["client_id"] }));
        server.update_as(&answer, "application/jwt", token)
    };
    server.refuses(update("1"), METADATA, REQUEST_USED);
    server.accepts(update("2"));
    server.refuses(update("2"), METADATA, REQUEST_USED);
}

/// A store in which somebody else changes the client before each of the first few replacements.
#[derive(Debug)]
struct Contended {
    inner: MemoryClientStore,
    others: AtomicUsize,
}

#[async_trait]
impl ClientStore for Contended {
    async fn insert(&self, client: &Client) -> Result<(), StoreError> {
        self.inner.insert(client).await
    }

    async fn get(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.inner.get(id).await
    }

    async fn replace(&self, client: &Client, expected_revision: u64) -> Result<(), StoreError> {
        let left = self.others.load(Ordering::SeqCst);
        if left > 0 {
            self.others.store(left - 1, Ordering::SeqCst);
            return Err(StoreError::Conflict);
        }
        self.inner.replace(client, expected_revision).await
    }

    async fn delete(&self, id: &ClientId) -> Result<bool, StoreError> {
        self.inner.delete(id).await
    }
}

/// An update that met another one is judged again, and what it presented is not "used before" by itself.
///
/// S-RACE-01
#[test]
fn an_update_that_is_tried_again_was_not_used_before() {
    let contended = Contended { inner: MemoryClientStore::default(), others: AtomicUsize::new(0) };
    let store = Arc::new(contended);
    let registrar = Registrar::builder(config(json!({})), store.clone())
        .profile(profile(ONCE))
        .clock(oauth_dcr::testing::ManualClock::new())
        .build()
        .unwrap();
    let send = |answer: Option<&Value>, media_type: &str, body: String| {
        let request = RegisterRequest::from_body(body.as_bytes()).with_media_type(media_type);
        let result = match answer {
            None => run(registrar.register(request)),
            Some(answer) => {
                let caller = bearer(answer);
                run(registrar.update(&id(answer), request.with_caller(&caller)))
            }
        };
        match result {
            Ok(registration) => serde_json::from_str::<Value>(registration.body()).unwrap(),
            Err(error) => panic!("refused: {}", registrar.wire_error(&error).body),
        }
    };
    let plain = json!({ "redirect_uris": [REDIRECT] }).to_string();
    for conflicts in [1, 2] {
        let answer = send(None, "application/json", plain.clone());
        store.others.store(conflicts, Ordering::SeqCst);
        let jti = conflicts.to_string();
        let claims = json!({ "jti": jti, "client_id": answer["client_id"], "client_name": "New" });
        let updated = send(Some(&answer), "application/jwt", signed(claims));
        assert_eq!(updated["client_name"], "New");

        store.others.store(conflicts, Ordering::SeqCst);
        let token = statement(json!({ "jti": jti, "client_name": "Attested" }));
        let members = with(presenting(token), json!({ "client_id": answer["client_id"] }));
        let updated = send(Some(&answer), "application/json", members.to_string());
        assert_eq!(updated["client_name"], "Attested");
    }
}

/// The same token sent many times at once: one of them wins.
///
/// S-RACE-07
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_race_07_of_many_at_once_one_wins() {
    let server = profile_server(ONCE);
    for (media_type, body) in [
        ("application/json", presenting(statement(json!({ "jti": "1" }))).to_string()),
        ("application/jwt", signed(json!({}))),
    ] {
        let tasks: Vec<_> = (0..64)
            .map(|_| {
                let (registrar, body) = (server.registrar.clone(), body.clone());
                tokio::spawn(async move {
                    let request = RegisterRequest::from_body(body.as_bytes()).with_media_type(media_type);
                    registrar.register(request).await.is_ok()
                })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            won += usize::from(task.await.unwrap());
        }
        assert_eq!(won, 1, "{media_type}");
    }
    assert_eq!(server.store.inner().len(), 2);
}
