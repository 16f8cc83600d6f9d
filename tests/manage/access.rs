//! Who may call, for every kind of access that a profile can ask for.

use oauth_dcr::profile::Sender;
use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{
    AccessToken, Caller, ClientCertificate, ClientState, Error, InitialGrant, ManagementRequest,
    MemoryClientStore, MemoryInitialAccessTokens, Operation, RegisterRequest, Registrar,
};
use serde_json::{Value, json};
use time::Duration;

use crate::support::*;

const INVALID: &str = r#"Bearer error="invalid_token""#;
const MISSING: &str = r#"Bearer realm="client registration""#;
const SCOPE: &str = r#"Bearer error="insufficient_scope", scope="dcr admin""#;

/// What is answered: the status, the code and the challenge.
type Told = (u16, Option<String>, Option<String>);

fn told(registrar: &Registrar, result: Result<(), Error>) -> Told {
    let Err(error) = result else { return (200, None, None) };
    let wire = registrar.wire_error(&error);
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    let challenge = wire.headers.iter().find(|(name, _)| *name == "www-authenticate");
    (wire.status, body["error"].as_str().map(str::to_owned), challenge.map(|(_, value)| value.clone()))
}

fn answer(status: u16, code: &str, challenge: &str) -> Told {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (status, given(code), given(challenge))
}

/// A registrar with two clients, whose management asks for this.
fn guarded(access: &Value) -> Server {
    let parts = json!({
        "access": { "read": access, "update": access, "delete": access },
        "response": { "management_token": { "issue": true, "ttl_s": 3600 } },
    });
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| {
        builder.profile(profile(parts)).acknowledge_open_management()
    });
    for _ in 0..2 {
        server.enroll(json!({}));
    }
    server
}

/// All three operations on the first client, deletion last: what they are all answered.
#[track_caller]
fn all_answer(server: &Server, caller: &Caller, certificate: Option<&ClientCertificate>) -> Told {
    let id = client_id(ID[0]);
    let body = json!({ "client_id": ID[0], "redirect_uris": [REDIRECT] }).to_string();
    let mut update = RegisterRequest::from_body(body.as_bytes()).with_caller(caller);
    let mut other = ManagementRequest::new(caller);
    if let Some(certificate) = certificate {
        update = update.with_client_certificate(certificate);
        other = other.with_client_certificate(certificate);
    }
    let registrar = &server.registrar;
    let read = told(registrar, run(registrar.read(&id, other)).map(drop));
    assert_eq!(told(registrar, run(registrar.update(&id, update)).map(drop)), read, "update as read");
    assert_eq!(told(registrar, run(registrar.delete(&id, other))), read, "deletion as read");
    read
}

/// What a caller presents.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Presented {
    Nothing,
    Malformed,
    Token(&'static str),
    /// An access token of this client, with scopes and a binding.
    Access(&'static str, &'static [&'static str], Option<Sender>),
}

impl Presented {
    fn caller(self) -> Caller {
        match self {
            Self::Nothing => Caller::Anonymous,
            Self::Malformed => Caller::Malformed,
            Self::Token(token) => bearer(token),
            Self::Access(id, &[], None) => Caller::Client(client_id(id)),
            Self::Access(id, scopes, sender) => {
                let token = AccessToken::new(client_id(id)).with_scopes(scopes.iter().copied());
                Caller::AccessToken(sender.into_iter().fold(token, AccessToken::with_sender))
            }
        }
    }
}

/// Every kind of access with every kind of credential. R92-065: none stands in for another.
#[test]
fn each_operation_takes_the_credentials_its_profile_names() {
    use Presented::{Access, Malformed, Nothing, Token};
    let bound = Some(Sender::Mtls);
    let (open, own) = (json!({ "kind": "open" }), json!({ "kind": "registration_access" }));
    let scoped = json!({ "kind": "client_credentials", "scopes": ["dcr", "admin"], "sender": "mtls" });
    let any = json!({ "kind": "client_credentials", "sender": "any" });
    let good = answer(200, "", "");
    let invalid = answer(401, "invalid_token", INVALID);
    let missing = answer(401, "", MISSING);
    let scope = answer(403, "insufficient_scope", SCOPE);
    let tokens = |tokens: Value| json!({ "tokens": tokens });
    for (access, presented, expected) in [
        (tokens(json!([])), Token(TOKEN[0]), &good),
        (tokens(json!([])), Nothing, &missing),
        (tokens(json!([])), Access(ID[0], &[], None), &invalid),
        (tokens(json!([own])), Token(TOKEN[0]), &good),
        (tokens(json!([own])), Nothing, &missing),
        (tokens(json!([own])), Malformed, &invalid),
        (tokens(json!([own])), Token(TOKEN[1]), &invalid),
        (tokens(json!([own])), Access(ID[0], &["dcr", "admin"], bound), &invalid),
        (tokens(json!([open])), Nothing, &good),
        (tokens(json!([open])), Token(TOKEN[0]), &good),
        // A bad credential is an error where none is needed.
        (tokens(json!([open])), Malformed, &invalid),
        (tokens(json!([open])), Token(TOKEN[1]), &invalid),
        (tokens(json!([open])), Access(ID[1], &[], None), &invalid),
        (tokens(json!([scoped])), Access(ID[0], &["admin", "dcr", "x"], bound), &good),
        (tokens(json!([scoped])), Nothing, &missing),
        (tokens(json!([scoped])), Malformed, &invalid),
        (tokens(json!([scoped])), Token(TOKEN[0]), &invalid),
        (tokens(json!([scoped])), Access(ID[1], &["dcr", "admin"], bound), &invalid),
        (tokens(json!([scoped])), Access("gone", &["dcr", "admin"], bound), &invalid),
        (tokens(json!([scoped])), Access(ID[0], &["dcr"], bound), &scope),
        (tokens(json!([scoped])), Access(ID[0], &["dcr", "admin"], None), &invalid),
        (tokens(json!([scoped])), Access(ID[0], &["dcr", "admin"], Some(Sender::Dpop)), &invalid),
        (tokens(json!([any])), Access(ID[0], &[], Some(Sender::Dpop)), &good),
        (tokens(json!([any])), Access(ID[0], &[], bound), &good),
        (tokens(json!([any])), Access(ID[0], &[], None), &invalid),
        (tokens(json!([own, scoped])), Token(TOKEN[0]), &good),
        (tokens(json!([own, scoped])), Access(ID[0], &["dcr", "admin"], bound), &good),
        (tokens(json!([own, scoped])), Access(ID[0], &["admin"], bound), &scope),
    ] {
        let server = guarded(&access);
        assert_eq!(all_answer(&server, &presented.caller(), None), *expected, "{access}, {presented:?}");
        let is_there = server.stored(ID[0]).is_some();
        assert_eq!(is_there, *expected != good, "{access}, {presented:?}: deleted only if all went well");
    }
}

/// Expired, suspended, disabled, deleted: one answer for each credential, and that of an unknown client.
#[test]
fn credentials_end_with_their_client_or_their_time() {
    let access = json!({ "tokens": [
        { "kind": "registration_access" }, { "kind": "client_credentials" },
    ] });
    type End = fn(&Server);
    let ends: [(&str, End); 4] = [
        ("expired token", |server| server.clock.advance(3600)),
        ("suspended", |server| {
            run(server.registrar.set_state(&client_id(ID[0]), ClientState::Suspended)).unwrap();
        }),
        ("deleted", |server| assert!(server.delete(ID[0], TOKEN[0]).is_ok())),
        ("never there", |server| {
            run(oauth_dcr::ClientStore::delete(server.store.inner(), &client_id(ID[0]))).unwrap();
        }),
    ];
    for (what, end) in ends {
        let server = guarded(&access);
        end(&server);
        for caller in [bearer(TOKEN[0]), Caller::Client(client_id(ID[0]))] {
            // An access token has a time of its own, which is the host's to know.
            if what == "expired token" && matches!(caller, Caller::Client(_)) {
                continue;
            }
            let expected = answer(401, "invalid_token", INVALID);
            assert_eq!(all_answer(&server, &caller, None), expected, "{what}, {caller:?}");
        }
        // Where nobody needs a token, a client that is not there is no different from one that is not known.
        if what != "expired token" {
            let server = guarded(&json!({ "tokens": [{ "kind": "open" }] }));
            end(&server);
            let expected = answer(401, "invalid_token", INVALID);
            assert_eq!(all_answer(&server, &Caller::Anonymous, None), expected, "{what}, open");
        }
    }
    let server = guarded(&access);
    server.clock.advance(3599);
    assert!(server.read(ID[0], TOKEN[0]).is_ok(), "the last second counts");
}

/// dcrAuthorizationWithClientCredentials: the access token takes the place of the registration access token.
#[test]
fn access_tokens_take_the_place_of_registration_access_tokens() {
    let server = server(json!({ "dcrAuthorizationWithClientCredentials": true }));
    server.enroll(json!({ "grant_types": ["client_credentials"] }));
    server.refuses(server.read(ID[0], TOKEN[0]), 401, "invalid_token", "the token is not valid here");
    assert!(run(server.registrar.read(&client_id(ID[0]), &Caller::Client(client_id(ID[0])))).is_ok());
}

/// Nobody opens management by accident, or asks for what nobody can have.
#[test]
fn access_that_cannot_be_meant_is_a_problem_when_the_registrar_is_built() {
    for (access, property, message) in [
        (
            json!({ "delete": { "tokens": [{ "kind": "open" }] } }),
            "access.delete",
            "lets anybody who knows the name of a client manage it: \
             RegistrarBuilder::acknowledge_open_management takes note of that",
        ),
        (
            json!({ "create": { "tokens": [{ "kind": "initial_access" }] } }),
            "access.create",
            "needs initial access tokens, and the registrar has no place to keep them",
        ),
        (
            json!({ "read": { "tokens": [{ "kind": "registration_access", "scopes": ["dcr"] }] } }),
            "access.read",
            "needs a scope that registration access tokens are not issued with",
        ),
        (
            json!({ "create": { "bind": [{ "cert": "subject.CN", "equals": "$chain.sub" }] } }),
            "access.bind",
            "is not enforced by this version",
        ),
    ] {
        let builder = Registrar::builder(config(json!({})), MemoryClientStore::default());
        let error = builder.profile(profile(json!({ "access": access }))).build().unwrap_err();
        let problems: Vec<_> =
            error.problems.iter().map(|own| (own.property.as_str(), own.message.as_str())).collect();
        assert_eq!(problems, [(property, message)]);
    }
}

/// An operation that only another profile has is not offered to a client of this one, and only its owner learns so.
#[test]
fn what_a_profile_does_not_offer_is_told_to_the_owner_only() {
    let tokens = MemoryInitialAccessTokens::default();
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| {
        let fixed = json!({ "dcr_profile": 1, "name": "fixed", "extends": ["standard"],
            "access": { "update": { "enabled": false } } });
        builder.initial_access_tokens(tokens).further_profile(serde_json::from_value(fixed).unwrap())
    });
    let grant = InitialGrant::new("g").with_profile("fixed");
    let token = run(server.registrar.issue_initial_access_token(&grant)).unwrap();
    let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
    let caller = bearer(token.expose_secret());
    let client =
        run(server.registrar.register(RegisterRequest::from_body(body.as_bytes()).with_caller(&caller)))
            .unwrap();
    let (id, own) = (client.client().id(), client.registration_access_token().unwrap());
    let body = json!({ "client_id": id, "redirect_uris": [REDIRECT] });
    let update = server.update(id.as_str(), own.expose_secret(), body.clone());
    assert!(matches!(update, Err(Error::NotOffered(Operation::Update))), "{update:?}");
    let strange = server.update(id.as_str(), "another", body);
    server.refuses(strange, 401, "invalid_token", "the token is not valid here");
    assert!(server.registrar.offers(Operation::Update), "to the other clients");
}

/// Certificates, where a profile needs them, and against which anchors.
#[test]
fn certificates_are_asked_of_admitted_callers() {
    let certificate = ClientCertificate::new("CN=a");
    let verified = ClientCertificate::new("CN=a").with_verified_by("directory");
    let good = answer(200, "", "");
    let refused = answer(401, "invalid_request", MISSING);
    let required = json!({ "mtls": "required" });
    let anchored = json!({ "mtls": "required", "anchors": "directory" });
    let optional = json!({ "mtls": "optional", "anchors": "directory" });
    for (access, certificate, expected) in [
        (&required, None, &refused),
        (&required, Some(&certificate), &good),
        (&anchored, Some(&certificate), &refused),
        (&anchored, Some(&verified), &good),
        (&anchored, None, &refused),
        (&optional, None, &good),
        (&optional, Some(&certificate), &refused),
        (&optional, Some(&verified), &good),
    ] {
        let server = guarded(access);
        assert_eq!(
            all_answer(&server, &bearer("another"), certificate),
            answer(401, "invalid_token", INVALID),
            "{access}: whoever has no token learns nothing"
        );
        assert_eq!(
            all_answer(&server, &bearer(TOKEN[0]), certificate),
            *expected,
            "{access}, {certificate:?}"
        );
    }
}

/// Registration with each kind of access and each credential. R91-003, R91-004, R91-006.
#[test]
fn registration_takes_the_credentials_its_profile_names() {
    let tokens = MemoryInitialAccessTokens::default();
    let clock = ManualClock::new();
    let later = ManualClock::START + Duration::hours(1);
    let issue = |grant: &InitialGrant| {
        let builder = Registrar::builder(config(json!({})), MemoryClientStore::default());
        let registrar = builder.initial_access_tokens(tokens.clone()).build().unwrap();
        bearer(run(registrar.issue_initial_access_token(grant)).unwrap().expose_secret())
    };
    let good = issue(&InitialGrant::new("good").with_scopes(["dcr", "admin"]));
    let bare = issue(&InitialGrant::new("bare"));
    let used = issue(&InitialGrant::new("used").with_uses(0));
    let old = issue(&InitialGrant::new("old").with_expiry(ManualClock::START));
    let young = issue(&InitialGrant::new("young").with_scopes(["dcr", "admin"]).with_expiry(later));
    let revoked = issue(&InitialGrant::new("revoked"));
    assert!(run(oauth_dcr::InitialAccessTokens::revoke(&tokens, "revoked")).unwrap());
    let vouched = Caller::Granted(InitialGrant::new("vouched").with_scopes(["admin", "dcr"]));
    let vouched_old = Caller::Granted(InitialGrant::new("vouched").with_expiry(ManualClock::START));
    let client = Caller::Client(client_id("some-client"));

    let unsaid = json!([]);
    let open = json!([{ "kind": "open" }]);
    let closed = json!([{ "kind": "initial_access", "scopes": ["dcr", "admin"] }]);
    let ok = answer(200, "", "");
    let invalid = answer(401, "invalid_token", INVALID);
    for (access, caller, expected) in [
        (&unsaid, &Caller::Anonymous, &ok),
        (&unsaid, &good, &ok),
        (&open, &Caller::Anonymous, &ok),
        (&open, &good, &ok),
        (&open, &bare, &ok),
        (&open, &vouched, &ok),
        (&open, &client, &ok),
        (&open, &used, &invalid),
        (&open, &old, &invalid),
        (&open, &revoked, &invalid),
        (&open, &vouched_old, &invalid),
        (&open, &bearer("unknown"), &invalid),
        (&open, &Caller::Malformed, &invalid),
        (&closed, &good, &ok),
        (&closed, &young, &ok),
        (&closed, &vouched, &ok),
        (&closed, &bare, &answer(403, "insufficient_scope", SCOPE)),
        (&closed, &Caller::Anonymous, &answer(401, "", MISSING)),
        (&closed, &Caller::Malformed, &invalid),
        (&closed, &bearer("unknown"), &invalid),
        (&closed, &used, &invalid),
        (&closed, &old, &invalid),
        (&closed, &revoked, &invalid),
        (&closed, &client, &invalid),
    ] {
        let registrar = Registrar::builder(config(json!({})), MemoryClientStore::default())
            .clock(clock.clone())
            .initial_access_tokens(tokens.clone())
            .profile(profile(json!({ "access": { "create": { "tokens": access } } })))
            .build()
            .unwrap();
        let body = json!({ "redirect_uris": [REDIRECT] }).to_string();
        let request = RegisterRequest::from_body(body.as_bytes()).with_caller(caller);
        assert_eq!(
            told(&registrar, run(registrar.register(request)).map(drop)),
            *expected,
            "{access}, {caller:?}"
        );
        // Whoever may not register is told nothing of the body.
        let request = RegisterRequest::from_body(b"{").with_caller(caller);
        let expected = if *expected == ok { &answer(400, "invalid_request", "") } else { expected };
        assert_eq!(
            told(&registrar, run(registrar.register(request)).map(drop)),
            *expected,
            "{access}, {caller:?}"
        );
    }
}
