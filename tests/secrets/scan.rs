//! Done when of the whole: every operation runs with everything logged, everything public is printed, and nothing that
//! was planted is seen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, Request};
use http_body_util::BodyExt;
use oauth_dcr::testing::{FailingStore, ManualClock, StoreFault, run};
use oauth_dcr::{
    AccessToken, BoxError, CachedResolver, Caller, Cause, ClientCertificate, ClientDirectory, ClientId,
    ClientMetadata, ClientSecret, ClientState, ClientStore, Error, EventDetail, EventSink, EvidenceVerdict,
    EvidenceVerifier, HookContext, HookError, InitialAccessTokens, InitialGrant, ManagementRequest,
    MemoryClientStore, MemoryInitialAccessTokens, MemoryReplayGuard, NoNetwork, Profile, RegisterRequest,
    Registrar, RegistrarBuilder, RegistrationAccessToken, RegistrationEndpoint, RegistrationEvent,
    SecretSealer, SharedSecret, StoreError, Sweep, TokenDigest, TracingEvents,
};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::canaries::{Canaries, Eavesdropper};
use crate::log::Log;
use crate::types::Printed;
use crate::{REDIRECT, config};

/// Reverses a secret: a seal is no secret, but nobody's business either.
#[derive(Clone, Debug, Default)]
struct Sealer {
    fails: Arc<AtomicBool>,
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

#[async_trait]
impl SecretSealer for Sealer {
    async fn seal(&self, _: &ClientId, secret: &ClientSecret) -> Result<String, BoxError> {
        if self.fails.load(Ordering::SeqCst) { Err("no key") } else { Ok(reversed(secret.expose_secret())) }
            .map_err(Into::into)
    }

    async fn open(&self, _: &ClientId, sealed: &str) -> Result<ClientSecret, BoxError> {
        if self.fails.load(Ordering::SeqCst) { Err("no key") } else { Ok(reversed(sealed).into()) }
            .map_err(Into::into)
    }
}

/// Takes all evidence for current.
#[derive(Debug)]
struct Verifier;

#[async_trait]
impl EvidenceVerifier for Verifier {
    async fn verify(
        &self,
        _: &str,
        _: &HookContext<'_>,
        _: OffsetDateTime,
    ) -> Result<EvidenceVerdict, HookError> {
        Ok(EvidenceVerdict::Fresh)
    }
}

/// Keeps every form of every event, and hands it on to `tracing`.
#[derive(Clone, Debug, Default)]
struct Audit(Arc<Mutex<String>>);

impl EventSink for Audit {
    fn record(&self, event: &RegistrationEvent<'_>) {
        let form = serde_json::to_string(event).unwrap();
        self.0.lock().unwrap().push_str(&format!("{event:?}\n{event:#?}\n{form}\n"));
        TracingEvents.record(event);
    }
}

/// A token with an HMAC signature.
fn hmac(secret: &str, claims: &Value) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", encode(br#"{"alg":"HS256"}"#), encode(claims.to_string().as_bytes()));
    let key = PKey::hmac(secret.as_bytes()).unwrap();
    let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
    signer.update(signed.as_bytes()).unwrap();
    format!("{signed}.{}", encode(&signer.sign_to_vec().unwrap()))
}

const ISSUER: &str = "https://directory.example";
const ISSUERS_SECRET: &str = "canary-secret-of-the-directory-0123456789abcdefghij";
const REQUEST_SECRET: &str = "canary-secret-of-signed-requests-0123456789abcdefgh";
const DEVICE: &str = "canary-serial-number-of-a-device-0123456789abcdefgh";
const SENT: &str = "canary-secret-that-a-caller-chose-0123456789abcdefg";
const ATTRIBUTE: &str = "canary-secret-of-a-hook-0123456789abcdefghijklmnopqr";
const WRONG: &str = "canary-token-that-is-nobodys-0123456789abcdefghijkl";

/// A server with every part that holds or hears of something.
struct World {
    registrar: Registrar,
    store: Arc<FailingStore<MemoryClientStore>>,
    tokens: MemoryInitialAccessTokens,
    sealer: Sealer,
    audit: Audit,
    hook: Eavesdropper,
    clock: ManualClock,
    canaries: Canaries,
    printed: Printed,
}

impl World {
    fn new(changes: Value) -> Self {
        let changes = [
            json!({
                "errorReasonEnabled": true,
                "clientSecretOverlapSeconds": 60,
                "rotateClientRegistrationAccessTokenOnUsage": true,
                "keepRegistrationAccessTokenUntilNextUse": true,
                "softwareStatementValidationType": "builtin",
                "dcrSsaValidationConfigs": [
                    { "id": "a", "type": "ssa", "issuers": [ISSUER], "sharedSecret": ISSUERS_SECRET },
                ],
                "dcrSignatureValidationSharedSecret": REQUEST_SECRET,
            }),
            changes,
        ]
        .into_iter()
        .flat_map(|changes| changes.as_object().unwrap().clone());
        let config = config(Value::Object(changes.collect()));
        let secret = json!({ "for_methods": ["client_secret_basic", "client_secret_jwt"], "ttl_s": 100 });
        let profile: Profile = serde_json::from_value(json!({
            "dcr_profile": 1, "name": "scan", "extends": ["standard"], "response": { "secret": secret },
        }))
        .unwrap();
        let store = Arc::new(FailingStore::new(MemoryClientStore::default()));
        let (clock, mut printed) = (ManualClock::new(), Printed::default());
        let (tokens, sealer, audit, hook) = (
            MemoryInitialAccessTokens::default(),
            Sealer::default(),
            Audit::default(),
            Eavesdropper::default(),
        );
        printed.show(&config);
        printed.show(&config.to_profile());
        config.warnings().iter().for_each(|warning| printed.show(warning));
        let builder: RegistrarBuilder = Registrar::builder(config, store.clone())
            .profile(profile)
            .clock(clock.clone())
            .initial_access_tokens(tokens.clone())
            .secret_sealer(sealer.clone())
            .script_hook(hook.clone())
            .evidence_verifier(Verifier)
            .hook_attribute("api_key", ATTRIBUTE)
            .shared_secret("directory", SharedSecret::from(ISSUERS_SECRET.to_owned()))
            .event_sink(audit.clone())
            .event_detail(EventDetail::default().with_contacts().with_remote_address());
        printed.show(&builder);
        let registrar = builder.build().unwrap();
        let mut canaries = Canaries::default();
        canaries
            .add("secret of the directory", ISSUERS_SECRET)
            .add("secret of signed requests", REQUEST_SECRET)
            .add("evidence", &evidence())
            .add("device", DEVICE)
            .add("secret of a hook", ATTRIBUTE)
            .add("chosen secret", SENT)
            .add("wrong token", WRONG);
        Self { registrar, store, tokens, sealer, audit, hook, clock, canaries, printed }
    }

    /// One request over HTTP. What the answer issues must be seen nowhere but there.
    fn send(
        &mut self,
        method: Method,
        id: Option<&str>,
        token: Option<&str>,
        body: &str,
        signed: bool,
    ) -> Value {
        let address = "https://op.example.com/register";
        let uri = id.map_or(address.to_owned(), |id| format!("{address}?client_id={id}"));
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let media_type = if signed { "application/jwt" } else { "application/json" };
        let request = request.header("content-type", media_type).body(body.to_owned()).unwrap();
        let endpoint = RegistrationEndpoint::new(self.registrar.clone());
        self.printed.show(&endpoint);
        let answer = run(endpoint.handle(request));
        let status = answer.status().as_u16();
        let text = run(answer.into_body().collect()).unwrap().to_bytes();
        let mut answer: Value = serde_json::from_slice(&text).unwrap_or_default();
        for (what, name) in
            [("client secret", "client_secret"), ("registration access token", "registration_access_token")]
        {
            if let Some(secret) = answer[name].as_str() {
                self.canaries.add(what, secret).add("what is sealed", &reversed(secret));
            }
        }
        if !(200..300).contains(&status) {
            self.canaries.absent_from("an error answer", &answer.to_string());
        }
        answer["status"] = status.into();
        answer
    }

    fn post(&mut self, token: Option<&str>, body: &str, signed: bool) -> Value {
        self.send(Method::POST, None, token, body, signed)
    }

    fn put(&mut self, id: &str, token: &str, body: &str) -> Value {
        self.send(Method::PUT, Some(id), Some(token), body, false)
    }

    fn get(&mut self, id: &str, token: &str) -> Value {
        self.send(Method::GET, Some(id), Some(token), "", false)
    }

    /// Prints everything that has to do with a client.
    fn print_client(&mut self, id: &str) {
        let client = run(self.store.inner().get(&ClientId::new(id).unwrap())).unwrap().unwrap();
        let printed = &mut self.printed;
        printed.show(&client);
        printed.show(client.id());
        printed.show(client.metadata());
        printed.show(client.provenance());
        printed.show(&client.state());
        client.secret().into_iter().for_each(|secret| printed.show(secret));
        client.registration_access_token().into_iter().for_each(|token| printed.show(token));
        for secret in [
            run(self.registrar.reveal_secret(&client)).unwrap(),
            run(self.registrar.reveal_previous_secret(&client)).unwrap(),
        ] {
            secret.into_iter().for_each(|secret| printed.show(&secret));
        }
    }

    #[track_caller]
    fn assert_silent(&self, log: &Log) {
        let (log, audit) = (log.text(), self.audit.0.lock().unwrap().clone());
        assert!(
            log.contains("INFO oauth_dcr") && log.contains("event=\"created\""),
            "nothing was logged: {log}"
        );
        assert!(audit.contains("\"event\":\"created\""), "nothing was told: {audit}");
        self.canaries.absent_from("the log", &log);
        self.canaries.absent_from("the events", &audit);
        self.canaries.absent_from("the printed types", self.printed.text());
        for (operation, seen) in &*self.hook.0.lock().unwrap() {
            self.canaries.absent_from(&format!("what a hook was shown on {operation}"), seen);
        }
    }
}

fn members(more: Value) -> Value {
    let mut members = json!({
        "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "client_secret_jwt",
        "contacts": ["ada@app.example.org"],
    });
    members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    members
}

fn evidence() -> String {
    hmac(WRONG, &json!({ "serial": DEVICE }))
}

fn statement() -> String {
    let now = ManualClock::START.unix_timestamp();
    let claims =
        json!({ "iss": ISSUER, "iat": now, "exp": now + 3600, "software_id": "s6BhdRkqt3", "jti": "once" });
    hmac(ISSUERS_SECRET, &claims)
}

/// S-SEC-05, INV-8, S-SSA-13: the whole life of a client with a sealed secret, over HTTP and from the host's side.
#[test]
fn inv_8_a_whole_life_leaves_no_trace_of_a_secret() {
    let (log, mut world) = (Log::default(), World::new(json!({})));
    log.keep(|| {
        let grant = InitialGrant::new("acme-2026").with_owner("acme").with_uses(1);
        let initial = run(world.registrar.issue_initial_access_token(&grant)).unwrap();
        world.printed.show(&grant);
        world.printed.show(&initial);
        let initial = initial.expose_secret().to_owned();
        let statement = statement();
        world.canaries.add("initial access token", &initial).add("statement", &statement);
        let sent = members(json!({
            "software_statement": statement, "evidence": evidence(), "client_secret": SENT,
            "registration_access_token": SENT,
        }))
        .to_string();
        let selected = run(world.registrar.select(RegisterRequest::from_body(sent.as_bytes()))).unwrap();
        world.printed.show(&selected);
        let explanation = run(world.registrar.explain(RegisterRequest::from_body(sent.as_bytes()))).unwrap();
        world.printed.show(&explanation);
        world.printed.show(&explanation.trace);
        explanation.members.iter().for_each(|member| world.printed.show(member));
        explanation.faults.iter().for_each(|fault| world.printed.show(fault));

        let created = world.post(Some(&initial), &sent, false);
        assert_eq!(created["status"], 201, "{created}");
        assert_eq!(world.post(Some(&initial), &sent, false)["status"], 401, "the token is used up");
        world.printed.show(&world.tokens.clone());
        let found = run(world.tokens.find(&TokenDigest::of(&initial))).unwrap();
        found.iter().for_each(|grant| world.printed.show(grant));
        let id = created["client_id"].as_str().unwrap().to_owned();
        let (secret, first) =
            (created["client_secret"].as_str().unwrap(), &created["registration_access_token"]);
        let first = first.as_str().unwrap();
        world.print_client(&id);

        // The secret and the token are replaced, and the old ones are good for a while.
        world.clock.advance(50);
        let update =
            members(json!({ "client_id": id, "client_secret": secret, "software_statement": statement }));
        let updated = world.put(&id, first, &update.to_string());
        assert!(updated["client_secret"].is_string() && updated["client_secret"] != secret, "{updated}");
        let second = updated["registration_access_token"].as_str().unwrap();
        world.print_client(&id);
        assert_eq!(world.get(&id, first)["status"], 200, "the one before is good until the next use");
        assert_eq!(world.get(&id, second)["status"], 200);
        let client = run(world.store.inner().get(&ClientId::new(&id).unwrap())).unwrap().unwrap();
        assert!(client.verify_secret(secret, ManualClock::START + time::Duration::seconds(50)));

        // What is refused.
        for body in [
            members(json!({ "client_id": id, "client_secret": WRONG })).to_string(),
            members(json!({ "client_id": id, "client_secret": [secret], "evidence": [evidence()] }))
                .to_string(),
            members(json!({ "client_id": id, "software_statement": [statement] })).to_string(),
            members(json!({ "client_id": id, "software_statement": format!("{statement}a") })).to_string(),
            format!(r#"{{ "client_secret": "{secret}", "client_secret": "{WRONG}" }}"#),
            format!(r#"{{ "client_secret": "{secret}"#),
        ] {
            let refused = world.put(&id, second, &body);
            assert_eq!(refused["status"], 400, "{body}: {refused}");
        }
        assert_eq!(world.get(&id, WRONG)["status"], 401);
        assert_eq!(world.get("nobody", second)["status"], 401);
        assert_eq!(world.post(Some(WRONG), &sent, false)["status"], 401);

        // Parts of the host that fail.
        world.sealer.fails.store(true, Ordering::SeqCst);
        assert_eq!(world.post(None, &members(json!({})).to_string(), false)["status"], 503);
        let error = run(world.registrar.reveal_secret(&client)).unwrap_err();
        world.printed.show_error(&error);
        world.sealer.fails.store(false, Ordering::SeqCst);
        for fault in [StoreFault::Backend, StoreFault::Unavailable] {
            world.store.fail_all(Some(fault));
            let body = update.to_string();
            let caller = Caller::Bearer(RegistrationAccessToken::from(second.to_owned()));
            let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
            let error = run(world.registrar.update(client.id(), request)).unwrap_err();
            world.printed.show_error(&error);
            let Error::Host(host) = &error else { panic!("{error:?}") };
            world.printed.show_error(host);
            world.printed.show(&world.registrar.wire_error(&error));
            assert_eq!(world.put(&id, second, &body)["status"].as_u64().unwrap() / 100, 5);
            world.store.fail_all(None);
        }

        // What the host does.
        for state in [ClientState::Suspended, ClientState::Active] {
            let client = run(world.registrar.set_state(client.id(), state)).unwrap();
            world.printed.show(&client);
        }
        let directory = world.store.inner();
        assert!(run(directory.touch(client.id(), ManualClock::START)).unwrap());
        run(directory.list(None, 10)).unwrap().iter().for_each(|client| world.printed.show(client));
        assert_eq!(run(world.registrar.sweep(directory, 10)).unwrap(), 0);
        let cause = Cause::statement(&statement);
        world.printed.show(&cause);
        assert_eq!(run(world.registrar.revoke(world.store.inner(), &cause, 10)).unwrap(), 1);

        let created = world.post(None, &members(json!({})).to_string(), false);
        let (id, token) = (created["client_id"].as_str().unwrap(), &created["registration_access_token"]);
        let deleted = world.send(Method::DELETE, Some(id), token.as_str(), "", false);
        assert_eq!(deleted["status"], 204);
        world.printed.show(&*world.store);
        world.printed.show(world.store.inner());
        world.printed.show(&world.registrar);
        print_what_is_left(&mut world, &statement);
    });
    world.assert_silent(&log);
    world.printed.assert_complete();
}

/// S-SEC-05: signed requests, whose keys and text are nobody else's business.
#[test]
fn signed_requests_leave_no_trace_of_their_secret() {
    let mut world = World::new(json!({ "dcrSignatureValidationEnabled": true }));
    let log = Log::default();
    log.keep(|| {
        let statement = statement();
        let request = hmac(REQUEST_SECRET, &members(json!({ "software_statement": statement })));
        let forged = hmac(WRONG, &members(json!({ "client_name": "forged" })));
        world.canaries.add("statement", &statement).add("request", &request).add("forged request", &forged);
        let created = world.post(None, &request, true);
        assert_eq!(created["status"], 201, "{created}");
        assert_eq!(world.post(None, &forged, true)["status"], 400);
        assert_eq!(world.post(None, &request[..request.len() - 4], true)["status"], 400);
        let id = created["client_id"].as_str().unwrap().to_owned();
        let update =
            hmac(REQUEST_SECRET, &members(json!({ "client_id": id, "software_statement": statement })));
        world.canaries.add("signed update", &update);
        let token = created["registration_access_token"].as_str();
        let updated = world.send(Method::PUT, Some(&id), token, &update, true);
        assert_eq!(updated["status"], 200, "{updated}");
        world.print_client(&id);
    });
    world.assert_silent(&log);
}

/// Public types that no operation above has to do with, with a secret wherever one fits.
fn print_what_is_left(world: &mut World, statement: &str) {
    let sent = members(json!({ "client_secret": SENT })).to_string();
    let registration = run(world.registrar.register(RegisterRequest::from_body(sent.as_bytes()))).unwrap();
    let secret = registration.client_secret().unwrap();
    let token = registration.registration_access_token().unwrap();
    world.canaries.add("client secret", secret.expose_secret()).add("token", token.expose_secret());
    let caller = Caller::Bearer(RegistrationAccessToken::from(WRONG.to_owned()));
    let request = RegisterRequest::from_body(sent.as_bytes()).with_caller(&caller);
    let refused = run(world.registrar.register(request)).unwrap_err();
    let Error::Unauthorized(unauthorized) = &refused else { panic!("{refused:?}") };
    let rejected = run(world.registrar.register(RegisterRequest::from_body(SENT.as_bytes()))).unwrap_err();
    let Error::Rejected(rejection) = &rejected else { panic!("{rejected:?}") };

    let printed = &mut world.printed;
    printed.show_error(unauthorized);
    printed.show_error(&rejected);
    printed.show_error(rejection);
    printed.show(&rejection.code);
    rejection.violations.iter().for_each(|violation| printed.show(violation));
    printed.show(&world.registrar.wire_error(&rejected));
    printed.show(&registration);
    printed.show(token);
    printed.show(&request);
    printed.show(&ManagementRequest::new(&caller));
    printed.show(&caller);
    printed.show(&AccessToken::new(registration.client().id().clone()));
    printed.show(&ClientCertificate::new("CN=client"));
    printed.show(&SharedSecret::from(REQUEST_SECRET.to_owned()));
    printed.show(&Sweep::new(ManualClock::START));
    printed.show(&MemoryReplayGuard::default());
    printed.show(&CachedResolver::builder(NoNetwork).build());
    printed.show_error(&StoreError::Duplicate { existing: registration.client().id().clone() });
    let incomplete = config(json!({
        "dcrSignatureValidationSharedSecret": REQUEST_SECRET,
        "dcrSsaValidationConfigs": [{ "id": "b", "sharedSecret": ISSUERS_SECRET }],
    }));
    let error = Registrar::builder(incomplete, MemoryClientStore::default()).build().unwrap_err();
    printed.show_error(&error);
    error.problems.iter().for_each(|problem| printed.show(problem));
    let metadata = json!({ "client_secret": SENT, "software_statement": statement, "evidence": evidence() });
    printed.show(&ClientMetadata::from_json(&metadata.to_string()).unwrap());
}
