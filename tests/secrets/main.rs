//! Secrets leave through the answer that issues them and nowhere else: not in a log, not in an error, not in
//! a store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod canaries;
mod log;
mod scan;
mod traced;
mod types;

use std::sync::Arc;

use oauth_dcr::testing::{
    CountingEntropy, FailingEntropy, FailingStore, ManualClock, StoreFault, contract, run,
};
use oauth_dcr::{
    Caller, Client, ClientId, ClientMetadata, ClientSecret, ClientStore, Error, MemoryClientStore, Operation,
    Profile, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig, RegistrationAccessToken,
    RegistrationEndpoint, SharedSecret, StoredSecret, TokenDigest,
};
use serde_json::{Value, json};

use crate::canaries::{Canaries, Eavesdropper};

pub(crate) const REDIRECT: &str = "https://app.example.org/cb";

pub(crate) fn config(changes: Value) -> RegistrarConfig {
    let mut config = json!({
        "registrationEndpoint": "https://op.example.com/register",
        "dynamicRegistrationEnabled": true,
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

fn builder(changes: Value, store: &Arc<MemoryClientStore>, clock: &ManualClock) -> RegistrarBuilder {
    Registrar::builder(config(changes), store.clone()).clock(clock.clone())
}

/// S-SEC-05, INV-8: a client goes through its whole life, and everything that had to do with it is printed.
#[test]
fn s_sec_05_debug_forms_show_no_secret() {
    for (changes, method) in [
        (json!({}), "client_secret_basic"),
        (json!({}), "client_secret_jwt"),
        (json!({ "returnClientSecretOnRead": true }), "client_secret_post"),
        (json!({ "rotateClientRegistrationAccessTokenOnUsage": true }), "client_secret_basic"),
    ] {
        let (store, clock, hook) = (Arc::default(), ManualClock::new(), Eavesdropper::default());
        let registrar = builder(changes, &store, &clock).script_hook(hook.clone()).build().unwrap();
        let mut canaries = Canaries::default();
        let sent = "canary-secret-that-a-caller-sent-0123456789";
        let sent_token = "canary-token-that-a-caller-sent-0123456789";
        canaries.add("secret in the request", sent).add("token in the request", sent_token);

        let body = json!({
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": method,
            "client_secret": sent,
            "registration_access_token": sent_token,
        })
        .to_string();
        let request = RegisterRequest::from_body(body.as_bytes());
        canaries.hidden_in("the request", &request);
        let registration = run(registrar.register(request)).unwrap();
        let secret = registration.client_secret().unwrap().clone();
        let token = registration.registration_access_token().unwrap().clone();
        canaries.add("client secret", secret.expose_secret()).add("token", token.expose_secret());
        canaries.hidden_in("the registration", &registration);
        canaries.hidden_in("the client", registration.client());
        canaries.hidden_in("the metadata", registration.client().metadata());
        canaries.hidden_in("the stored secret", registration.client().secret().unwrap());
        canaries
            .hidden_in("the digest of the token", registration.client().registration_access_token().unwrap());
        canaries.hidden_in("the client secret", &secret);
        canaries.hidden_in("the token", &token);
        canaries.hidden_in("the store", &store);
        canaries.hidden_in("the registrar", &registrar);
        canaries.hidden_in("the endpoint", &RegistrationEndpoint::new(registrar.clone()));

        let id = registration.client().id().clone();
        let caller = Caller::Bearer(token);
        canaries.hidden_in("the caller", &caller);
        canaries.hidden_in("the answer to a read", &run(registrar.read(&id, &caller)));

        let body = json!({
            "client_id": id,
            "client_secret": secret.expose_secret(),
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": method,
        })
        .to_string();
        let request = RegisterRequest::from_body(body.as_bytes()).with_caller(&caller);
        canaries.hidden_in("the request of an update", &request);
        let updated = run(registrar.update(&id, request)).unwrap();
        let current = updated.registration_access_token().unwrap().clone();
        canaries.add("current token", current.expose_secret());
        canaries.hidden_in("the answer to an update", &updated);
        canaries.hidden_in("the store", &store);

        let explanation = run(registrar.explain(RegisterRequest::from_body(body.as_bytes()))).unwrap();
        canaries.hidden_in("the explanation", &explanation);
        canaries.absent_from("the printed explanation", &explanation.to_string());
        canaries.absent_from("the serialized explanation", &serde_json::to_string(&explanation).unwrap());

        run(registrar.delete(&id, &Caller::Bearer(current))).unwrap();
        let seen = hook.0.lock().unwrap().clone();
        let operations: Vec<Operation> = seen.iter().map(|(operation, _)| *operation).collect();
        let (create, read, update) = (Operation::Create, Operation::Read, Operation::Update);
        assert_eq!(operations, [create, create, read, update, update, Operation::Delete]);
        for (operation, text) in &seen {
            canaries.absent_from(&format!("what a hook was shown on {operation}"), text);
        }
    }
}

/// S-SEC-05, S-ERR-07, INV-11: an error carries nothing of the credentials, neither in a log nor on the wire.
#[test]
fn errors_show_no_secret() {
    let (store, clock) = (Arc::new(FailingStore::new(MemoryClientStore::default())), ManualClock::new());
    let registrar = Registrar::builder(config(json!({ "errorReasonEnabled": true })), store.clone())
        .clock(clock.clone())
        .build()
        .unwrap();
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let registration = run(registrar.register(RegisterRequest::from_body(body.as_bytes()))).unwrap();
    let id = registration.client().id().clone();
    let secret = registration.client_secret().unwrap().expose_secret().to_owned();
    let token = registration.registration_access_token().unwrap().expose_secret().to_owned();
    let caller = Caller::Bearer(RegistrationAccessToken::from(token.clone()));
    let wrong = "canary-secret-that-is-not-the-one-0123456789";
    let mut canaries = Canaries::default();
    canaries.add("client secret", &secret).add("token", &token).add("wrong secret", wrong);
    let show = |place: &str, error: &Error| {
        canaries.hidden_in(place, error);
        canaries.absent_from(place, &error.to_string());
        let wire = registrar.wire_error(error);
        canaries.hidden_in(place, &wire);
        canaries.absent_from(place, &wire.body);
    };

    let update = |body: String| {
        run(registrar.update(&id, RegisterRequest::from_body(body.as_bytes()).with_caller(&caller)))
            .unwrap_err()
    };
    let identity = format!(r#""client_id": "{id}""#);
    for (place, body) in [
        ("a wrong secret", format!(r#"{{ {identity}, "client_secret": "{wrong}" }}"#)),
        ("a secret in a list", format!(r#"{{ {identity}, "client_secret": ["{secret}"] }}"#)),
        (
            "a secret in an object",
            format!(r#"{{ {identity}, "client_secret": {{ "{secret}": "{wrong}" }} }}"#),
        ),
        (
            "a secret that is there twice",
            format!(r#"{{ "client_secret": "{secret}", "client_secret": "{wrong}" }}"#),
        ),
        ("a secret as an identifier", format!(r#"{{ "client_id": "{secret}" }}"#)),
        ("a token in the body", format!(r#"{{ {identity}, "registration_access_token": "{token}" }}"#)),
        ("a body that is not JSON", format!(r#"{{ "client_secret": "{secret}"#)),
        (
            "a fault beside the secret",
            format!(r#"{{ {identity}, "client_secret": "{secret}", "jwks_uri": "x" }}"#),
        ),
    ] {
        let error = update(body);
        assert!(matches!(error, Error::Rejected(_)), "{place}: {error:?}");
        show(place, &error);
    }

    let (other, stranger) =
        (ClientId::new("nobody").unwrap(), Caller::Bearer(RegistrationAccessToken::from(token)));
    show("another client's token", &run(registrar.read(&other, &stranger)).unwrap_err());
    for fault in [StoreFault::Backend, StoreFault::Unavailable] {
        store.fail_all(Some(fault));
        let body =
            json!({ "client_id": id, "client_secret": secret, "redirect_uris": [REDIRECT] }).to_string();
        show("a store that fails", &update(body));
        store.fail_all(None);
    }
}

/// S-SEC-05: the configuration can be printed.
#[test]
fn configuration_shows_no_secret() {
    let (one, other) =
        ("canary-secret-of-signed-requests-0123456789", "canary-secret-of-an-issuer-0123456789");
    let changes = json!({
        "dcrSignatureValidationSharedSecret": one,
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "ssa", "issuers": ["https://a.example"], "sharedSecret": other },
            { "id": "b", "type": "dcr", "issuers": ["https://b.example"], "shared_secret": other },
            { "id": "b", "type": "dcr", "shared_secret": other },
        ],
    });
    let mut canaries = Canaries::default();
    canaries.add("secret of signed requests", one).add("secret of an issuer", other);
    let config = config(changes);
    assert_eq!(config.dcr_signature_validation_shared_secret.as_ref().unwrap().expose_secret(), one);
    assert_eq!(config.dcr_ssa_validation_configs[1].shared_secret.as_ref().unwrap().expose_secret(), other);
    canaries.hidden_in("the configuration", &config);
    canaries.hidden_in("its profile", &config.to_profile());
    canaries.hidden_in("its warnings", &config.warnings());
    assert!(!config.warnings().is_empty(), "shared secrets are warned of");
    let problems = config.problems();
    assert!(!problems.is_empty(), "an entry without a source is a problem");
    canaries.hidden_in("its problems", &problems);
    let named = "canary-secret-that-a-profile-names-0123456789";
    canaries.add("secret that a profile names", named);
    let builder = Registrar::builder(config, MemoryClientStore::default())
        .shared_secret("directory", SharedSecret::from(named.to_owned()));
    canaries.hidden_in("the builder", &builder);
    let error = builder.build().unwrap_err();
    canaries.hidden_in("the error", &error);
    canaries.absent_from("the printed error", &error.to_string());
}

/// S-SEC-05: a key set of the configuration can hold a symmetric key, which is a secret.
#[test]
fn configured_key_sets_show_no_symmetric_key() {
    let mut canaries = Canaries::default();
    let key = "Y2FuYXJ5LWtleS1vZi1hbi1pc3N1ZXItMDEyMzQ1Njc4OQ";
    canaries.add("symmetric key", key);
    let jwks = json!({ "keys": [{ "kty": "oct", "kid": "1", "k": key }] });
    let config = config(json!({
        "dcrSignatureValidationJwks": jwks,
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "ssa", "issuers": ["https://a.example"], "jwks": jwks },
        ],
        "trustedSsaIssuers": { "https://a.example": { "jwks": jwks } },
    }));
    canaries.hidden_in("the configuration", &config);
}

/// S-SEC-05: secrets that came in metadata, such as in what another server answered.
#[test]
fn metadata_shows_no_secret() {
    let (secret, token) = ("canary-secret-in-metadata-0123456789", "canary-token-in-metadata-0123456789");
    let mut canaries = Canaries::default();
    canaries.add("client secret", secret).add("token", token);
    let text =
        json!({ "client_secret": secret, "registration_access_token": token, "client_id": "a" }).to_string();
    let metadata = ClientMetadata::from_json(&text).unwrap();
    assert_eq!(metadata.client_secret.as_ref().unwrap().expose_secret(), secret);
    assert_eq!(metadata.registration_access_token.as_ref().unwrap().expose_secret(), token);
    canaries.hidden_in("the metadata", &metadata);

    let text = json!({ "client_secret": [secret], "registration_access_token": { token: 1 } }).to_string();
    let rejection = ClientMetadata::from_json(&text).unwrap_err();
    assert_eq!(rejection.violations.len(), 2);
    canaries.hidden_in("the rejection", &rejection);
    canaries.absent_from("the printed rejection", &rejection.to_string());
}

/// The debug forms by themselves: they say what they are and nothing else.
#[test]
fn s_sec_05_secret_types_print_a_redaction() {
    let text = || "canary".to_owned();
    assert_eq!(format!("{:?}", ClientSecret::from(text())), "ClientSecret([redacted])");
    assert_eq!(format!("{:?}", RegistrationAccessToken::from(text())), "RegistrationAccessToken([redacted])");
    assert_eq!(format!("{:?}", SharedSecret::from(text())), "SharedSecret([redacted])");
    assert_eq!(format!("{:?}", TokenDigest::of("canary")), "TokenDigest([redacted])");
    let stored = StoredSecret::Recoverable(ClientSecret::from(text()));
    assert_eq!(format!("{stored:?}"), "StoredSecret::Recoverable([redacted])");
    let stored = StoredSecret::Digest(TokenDigest::of("canary"));
    assert_eq!(format!("{stored:?}"), "StoredSecret::Digest([redacted])");
    let caller = Caller::Bearer(RegistrationAccessToken::from(text()));
    assert_eq!(format!("{caller:?}"), "Bearer(RegistrationAccessToken([redacted]))");
    let request = RegisterRequest::from_body(b"canary");
    assert_eq!(
        format!("{request:?}"),
        "RegisterRequest { body: [6 bytes], media_type: None, caller: Anonymous, certificate: None, \
         remote_address: None, endpoint: None }"
    );
}

/// S-SEC-02, S-SEC-04: a store gets digests; the values are in the one answer that issues them.
#[test]
fn s_sec_02_stores_get_digests() {
    let (store, clock) = (Arc::default(), ManualClock::new());
    let registrar = builder(json!({}), &store, &clock).build().unwrap();
    let registration = register(&registrar, &json!({}));
    let secret = registration.client_secret().unwrap().expose_secret();
    let token = registration.registration_access_token().unwrap().expose_secret();
    let client = run(store.get(registration.client().id())).unwrap().unwrap();
    assert_eq!(client.secret(), Some(&StoredSecret::Digest(TokenDigest::of(secret))));
    assert_eq!(client.registration_access_token(), Some(&TokenDigest::of(token)));
    let form = serde_json::to_string(&client).unwrap();
    assert!(!form.contains(secret) && !form.contains(token), "the stored form holds a secret: {form}");
    assert!(
        form.contains(&TokenDigest::of(secret).to_text()) && form.contains(&TokenDigest::of(token).to_text())
    );

    let read = run(registrar.read(client.id(), &bearer(token))).unwrap();
    assert_eq!(read.client_secret(), None, "a digest cannot be shown");
    assert!(!read.body().contains("\"client_secret\""), "{}", read.body());
    assert_eq!(
        read.registration_access_token().unwrap().expose_secret(),
        token,
        "the token that was presented"
    );
}

/// DEC-09, DEC-15: what must be computed with, or shown again, is kept so that it can be; nothing else is.
#[test]
fn secrets_are_kept_in_the_form_that_is_needed() {
    let form = |secret: &StoredSecret| if secret.expose_secret().is_some() { "clear" } else { "digest" };
    let (plain, shown) = (json!({}), json!({ "returnClientSecretOnRead": true }));
    for (changes, members, expected) in [
        (&plain, json!({}), "digest"),
        (&plain, json!({ "token_endpoint_auth_method": "client_secret_post" }), "digest"),
        (&plain, json!({ "token_endpoint_auth_method": "client_secret_jwt" }), "clear"),
        (&plain, json!({ "token_endpoint_auth_method": "none" }), "none"),
        (
            &plain,
            json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://a.example/jwks" }),
            "none",
        ),
        (&plain, json!({ "id_token_signed_response_alg": "HS256" }), "clear"),
        (
            &plain,
            json!({
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks_uri": "https://a.example/jwks",
                "id_token_signed_response_alg": "HS512",
            }),
            "clear",
        ),
        (&plain, json!({ "request_object_encryption_alg": "dir" }), "clear"),
        (&shown, json!({}), "clear"),
        (&shown, json!({ "token_endpoint_auth_method": "none" }), "none"),
    ] {
        let (store, clock) = (Arc::default(), ManualClock::new());
        let registrar = builder(changes.clone(), &store, &clock).build().unwrap();
        let registration = register(&registrar, &members);
        let stored = run(store.get(registration.client().id())).unwrap().unwrap();
        assert_eq!(stored.secret().map_or("none", form), expected, "{changes} {members}");
        let issued = registration.client_secret().map(ClientSecret::expose_secret);
        assert_eq!(issued.is_some(), expected != "none", "{changes} {members}");
        assert!(
            issued.is_none_or(|issued| stored.verify_secret(issued, ManualClock::START)),
            "{changes} {members}"
        );
    }
}

/// S-SEC-04, DEC-15: with `returnClientSecretOnRead` the same secret is in every answer.
#[test]
fn secrets_are_returned_on_read_if_the_configuration_says_so() {
    let (store, clock) = (Arc::default(), ManualClock::new());
    let registrar = builder(json!({ "returnClientSecretOnRead": true }), &store, &clock).build().unwrap();
    let registration = register(&registrar, &json!({}));
    let secret = registration.client_secret().unwrap();
    let caller = bearer(registration.registration_access_token().unwrap().expose_secret());
    let read = run(registrar.read(registration.client().id(), &caller)).unwrap();
    assert_eq!(read.client_secret(), Some(secret));
    let body: Value = serde_json::from_str(read.body()).unwrap();
    assert_eq!(body["client_secret"], secret.expose_secret());
    assert_eq!(body["client_secret_expires_at"], 0);
}

/// Sizes and alphabets, and no two alike.
///
/// Accepts: S-SEC-01, R92-063, R92-064, DEC-09
#[test]
fn s_sec_01_secrets_are_long_and_differ() {
    let registrar = Registrar::builder(config(json!({})), MemoryClientStore::default()).build().unwrap();
    let mut seen = Vec::new();
    for _ in 0..20 {
        let registration = register(&registrar, &json!({}));
        let secret = registration.client_secret().unwrap().expose_secret().to_owned();
        let token = registration.registration_access_token().unwrap().expose_secret().to_owned();
        assert_eq!(secret.len(), 86, "64 bytes in base64url: {secret}");
        assert_eq!(token.len(), 43, "32 bytes in base64url: {token}");
        for text in [&secret, &token] {
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
        }
        assert!(RegistrationAccessToken::from_bearer(&token).is_some(), "{token} can be presented");
        seen.extend([secret, token, registration.client().id().as_str().to_owned()]);
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count, "two secrets or identifiers are alike");
}

/// S-SEC-01: without random bytes there is no client, and no word of why.
#[test]
fn s_sec_01_no_secret_is_made_without_random_bytes() {
    let (store, clock): (Arc<MemoryClientStore>, _) = (Arc::default(), ManualClock::new());
    let registrar = builder(json!({}), &store, &clock).entropy(FailingEntropy).build().unwrap();
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let error = run(registrar.register(RegisterRequest::from_body(body.as_bytes()))).unwrap_err();
    assert!(matches!(&error, Error::Host(host) if host.part == "entropy"), "{error:?}");
    let wire = registrar.wire_error(&error);
    assert_eq!(wire.status, 503);
    assert_eq!(wire.body, r#"{"error":"temporarily_unavailable","error_description":"try again later"}"#);
    assert!(!wire.body.contains(FailingEntropy::TEXT));
    assert!(store.is_empty(), "a client was stored");
}

/// S-SEC-10, DEC-01: a caller cannot choose credentials; what it sends for them is not stored and not
/// answered.
#[test]
fn s_sec_10_credentials_in_a_request_are_never_adopted() {
    let (store, clock) = (Arc::default(), ManualClock::new());
    let registrar = builder(json!({}), &store, &clock).build().unwrap();
    let chosen = "chosen-by-the-caller";
    let registration = register(
        &registrar,
        &json!({
            "client_id": chosen,
            "client_secret": chosen,
            "registration_access_token": chosen,
            "registration_client_uri": "https://evil.example/chosen-by-the-caller",
            "client_id_issued_at": 1,
            "client_secret_expires_at": 1,
        }),
    );
    let form = serde_json::to_string(registration.client()).unwrap();
    assert!(!registration.body().contains(chosen), "{}", registration.body());
    assert!(!form.contains(chosen), "{form}");
    assert!(!registration.client().verify_secret(chosen, ManualClock::START));
    assert_eq!(registration.client().issued_at(), ManualClock::START);
    assert!(run(registrar.read(registration.client().id(), &bearer(chosen))).is_err());
    assert!(run(registrar.read(&ClientId::new(chosen).unwrap(), &bearer(chosen))).is_err());
}

/// For the host's token endpoint: the secret, the whole secret, and nothing but the secret.
#[test]
fn secrets_are_verified() {
    for members in [json!({}), json!({ "token_endpoint_auth_method": "client_secret_jwt" })] {
        let (store, clock) = (Arc::default(), ManualClock::new());
        let registrar = builder(json!({}), &store, &clock).build().unwrap();
        let registration = register(&registrar, &members);
        let client = run(store.get(registration.client().id())).unwrap().unwrap();
        let secret = registration.client_secret().unwrap().expose_secret();
        let now = ManualClock::START;
        assert!(client.verify_secret(secret, now));
        let (shorter, longer) = (&secret[..secret.len() - 1], format!("{secret}a"));
        let (padded, upper) = (format!(" {secret}"), secret.to_uppercase());
        let digest = TokenDigest::of(secret).to_text();
        let token = registration.registration_access_token().unwrap().expose_secret();
        for wrong in ["", shorter, &longer, &padded, &upper, &digest, token, client.id().as_str()] {
            assert!(!client.verify_secret(wrong, now), "`{wrong}` was taken for the secret");
            assert!(!client.secret().unwrap().matches(wrong));
        }
    }
}

/// Each credential is good in its own place only.
///
/// Accepts: R92-007, R92-065
/// Refuses: R92-007, R92-065
#[test]
fn a_client_secret_is_no_token() {
    let (store, clock) = (Arc::default(), ManualClock::new());
    let registrar = builder(json!({}), &store, &clock).build().unwrap();
    let registration = register(&registrar, &json!({}));
    let id = registration.client().id();
    let secret = registration.client_secret().unwrap().expose_secret();
    for wrong in [secret, id.as_str(), &TokenDigest::of(secret).to_text()] {
        assert!(run(registrar.read(id, &bearer(wrong))).is_err(), "`{wrong}` was taken for the token");
    }
    // Nor is the digest of the token, which a reader of the store may have.
    let token = registration.registration_access_token().unwrap().expose_secret();
    assert!(run(registrar.read(id, &bearer(&TokenDigest::of(token).to_text()))).is_err());
    assert!(run(registrar.read(id, &bearer(token))).is_ok());
}

/// A public client has no secret that could be right.
#[test]
fn a_client_without_a_secret_verifies_none() {
    let (store, clock) = (Arc::default(), ManualClock::new());
    let registrar = builder(json!({}), &store, &clock).build().unwrap();
    let registration = register(&registrar, &json!({ "token_endpoint_auth_method": "none" }));
    for text in ["", "a"] {
        assert!(!registration.client().verify_secret(text, ManualClock::START));
    }
    assert!(!registration.body().contains("client_secret"), "{}", registration.body());
}

/// S-EXP-02, S-EXP-03: the secret ends with its client, or before it; the moment itself counts. An expired
/// secret does not keep its owner from the registration.
#[test]
fn s_exp_03_expired_secrets_are_refused() {
    let (store, clock) = (Arc::default(), ManualClock::new());
    let profile: Profile = serde_json::from_value(json!({
        "dcr_profile": 1,
        "name": "short secrets",
        "extends": ["standard"],
        "response": { "secret": { "for_methods": ["client_secret_basic"], "ttl_s": 60 } },
    }))
    .unwrap();
    let registrar = builder(json!({ "dynamicRegistrationExpirationTime": 600 }), &store, &clock)
        .profile(profile)
        .build()
        .unwrap();
    let registration = register(&registrar, &json!({}));
    let client = registration.client();
    let secret = registration.client_secret().unwrap().expose_secret();
    let seconds = |seconds: i64| ManualClock::START + time::Duration::seconds(seconds);
    assert_eq!(client.secret_expires_at(), Some(seconds(60)));
    assert_eq!(client.expires_at(), Some(seconds(600)));
    let body: Value = serde_json::from_str(registration.body()).unwrap();
    assert_eq!(body["client_secret_expires_at"], seconds(60).unix_timestamp());

    assert!(client.verify_secret(secret, seconds(59)));
    assert!(!client.verify_secret(secret, seconds(60)), "the moment itself counts");
    assert!(!client.verify_secret(secret, seconds(61)));
    clock.advance(61);
    let caller = bearer(registration.registration_access_token().unwrap().expose_secret());
    assert!(run(registrar.read(client.id(), &caller)).is_ok(), "the registration outlives the secret");
    assert!(client.is_usable(seconds(599)) && !client.is_usable(seconds(600)));
}

/// DEC-27: a secret without a time of its own expires with the client.
#[test]
fn secrets_end_with_their_client() {
    let (store, clock) = (Arc::default(), ManualClock::new());
    let registrar =
        builder(json!({ "dynamicRegistrationExpirationTime": 600 }), &store, &clock).build().unwrap();
    let registration = register(&registrar, &json!({}));
    let client = registration.client();
    let secret = registration.client_secret().unwrap().expose_secret();
    assert_eq!(client.secret_expires_at(), client.expires_at());
    assert!(client.verify_secret(secret, ManualClock::START + time::Duration::seconds(599)));
    assert!(!client.verify_secret(secret, ManualClock::START + time::Duration::seconds(600)));
}

/// INV-12: a client that is switched off has no secret that is right.
#[test]
fn secrets_of_disabled_clients_are_refused() {
    let client = |disabled: bool| -> Client {
        let id = ClientId::new("disabled").unwrap();
        let mut form = serde_json::to_value(contract::bare_client(&id)).unwrap();
        form["secret"] = json!({ "value": "secret" });
        form["flags"]["disabled"] = disabled.into();
        serde_json::from_value(form).unwrap()
    };
    assert!(client(false).verify_secret("secret", ManualClock::START));
    assert!(!client(true).verify_secret("secret", ManualClock::START));
}

/// S-SEC-07: what can be a bearer token.
#[test]
fn s_sec_07_bearer_tokens_have_their_alphabet() {
    for token in ["a", "AZaz09-._~+/", "a=", "a==", &"a".repeat(512)] {
        assert!(RegistrationAccessToken::from_bearer(token).is_some(), "{token}");
    }
    for token in ["", "=", "==", "a=b", "a b", "a,b", "\"a\"", "é", "a\n", "a\0", &"a".repeat(513)] {
        assert!(RegistrationAccessToken::from_bearer(token).is_none(), "{token}");
    }
}

/// The digest is SHA-256, and its text form is read again.
#[test]
fn digests_are_sha_256() {
    // The digest of the empty text, as FIPS 180-4 has it.
    let digest = TokenDigest::of("");
    assert_eq!(digest.to_text(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    assert_eq!(TokenDigest::from_text(&digest.to_text()), Some(digest));
    assert_eq!(TokenDigest::from_text("47DEQpj8HBSa"), None);
    assert_eq!(TokenDigest::from_text(""), None);
    assert!(digest.matches("") && !digest.matches(" "));
    assert!(digest.matches_digest(&TokenDigest::of("")) && !digest.matches_digest(&TokenDigest::of("a")));
}

/// The forms that a store keeps are stable.
#[test]
fn stored_secrets_have_a_stable_form() {
    let digest = StoredSecret::Digest(TokenDigest::of(""));
    let clear = StoredSecret::Recoverable(ClientSecret::from("a \"b\"".to_owned()));
    for (secret, form) in [
        (digest, r#"{"digest":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}"#),
        (clear, r#"{"value":"a \"b\""}"#),
    ] {
        assert_eq!(serde_json::to_string(&secret).unwrap(), form);
        assert_eq!(serde_json::from_str::<StoredSecret>(form).unwrap(), secret);
    }
    for form in ["{}", r#"{"digest":"x"}"#, r#"{"value":"a","digest":"b"}"#, r#""a""#] {
        assert!(serde_json::from_str::<StoredSecret>(form).is_err(), "{form}");
    }
}

/// The count of random bytes is the same for every registration, so that nothing can be read from it.
#[test]
fn a_registration_draws_once() {
    let (store, clock, entropy) = (Arc::default(), ManualClock::new(), CountingEntropy::new());
    let registrar = builder(json!({}), &store, &clock).entropy(entropy.clone()).build().unwrap();
    for (members, taken) in [(json!({}), 112), (json!({ "token_endpoint_auth_method": "none" }), 224)] {
        assert_eq!(register(&registrar, &members).status(), 201);
        assert_eq!(entropy.taken(), taken);
    }
}

#[track_caller]
fn register(registrar: &Registrar, members: &Value) -> oauth_dcr::Registration {
    let mut body = json!({ "redirect_uris": [REDIRECT] });
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    run(registrar.register(RegisterRequest::from_body(body.to_string().as_bytes()))).unwrap()
}

fn bearer(token: &str) -> Caller {
    Caller::Bearer(RegistrationAccessToken::from(token.to_owned()))
}
