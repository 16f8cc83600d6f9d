//! IBM's `dynamic_registration` stanza: read strictly, lowered, and run against a registrar.

use oauth_dcr::config::IbmDynamicRegistration;
use oauth_dcr::testing::{ManualClock, StaticResolver, run};
use oauth_dcr::{
    Caller, ClientId, Error, ErrorCode, HookAnswer, HookError, HookFns, InitialGrant, MemoryClientStore,
    MemoryInitialAccessTokens, RegisterRequest, Registrar, RegistrarBuilder, RegistrarConfig, Registration,
    RegistrationAccessToken,
};
use serde_json::{Value, json};

use crate::expect;
use crate::keys::{DIRECTORY, Key, with};

const REDIRECT: &str = "https://app.example.org/cb";
const KEYS: &str = "https://directory.example/jwks";
/// 2026-01-01T00:00:00Z.
const NOW: i64 = 1_767_225_600;

fn read(stanza: Value) -> IbmDynamicRegistration {
    serde_json::from_value(stanza).unwrap()
}

fn problems(stanza: Value) -> Vec<String> {
    let error = IbmDynamicRegistration::from_value(stanza).expect_err("problems");
    error.problems.iter().map(ToString::to_string).collect()
}

/// The pattern of the documentation in which a statement authorizes the registration.
fn statement_authorized() -> Value {
    json!({
        "software_statement_validation": { "jwks_uri": KEYS, "signing_algs": ["ES256"] },
        "registration_endpoint_authentication": { "require_software_statement": true },
        "management_endpoint_authentication": { "require_software_statement": true },
    })
}

/// The pattern of the documentation in which a token of another client does.
fn token_protected() -> Value {
    json!({
        "registration_endpoint_authentication": { "require_bearer_token": true },
        "management_endpoint_authentication": { "require_bearer_token": true },
        "registration_access_token": { "generate": true, "lifetime": 86400, "scopes": ["cdr:registration"] },
    })
}

struct Server {
    registrar: Registrar,
    clock: ManualClock,
}

fn builder(stanza: Value) -> RegistrarBuilder {
    let config: RegistrarConfig = serde_json::from_value(json!({
        "registrationEndpoint": "https://op.example.com/oauth2/register", "issuer": "https://op.example.com",
        "dynamicRegistrationEnabled": true,
    }))
    .unwrap();
    Registrar::builder(config, MemoryClientStore::default())
        .profile(read(stanza).to_profile())
        .jwks_resolver(StaticResolver::new().with(KEYS, DIRECTORY.set()))
        .initial_access_tokens(MemoryInitialAccessTokens::default())
}

fn server_with(stanza: Value, parts: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder) -> Server {
    let clock = ManualClock::new();
    Server { registrar: parts(builder(stanza).clock(clock.clone())).build().unwrap(), clock }
}

impl Server {
    fn register(&self, caller: &Caller, members: Value) -> Result<Registration, Error> {
        let body = with(json!({ "redirect_uris": [REDIRECT] }), members).to_string();
        run(self.registrar.register(RegisterRequest::from_body(body.as_bytes()).with_caller(caller)))
    }

    fn update(&self, id: &ClientId, caller: &Caller, members: Value) -> Result<Registration, Error> {
        let body =
            with(json!({ "client_id": id.as_str(), "redirect_uris": [REDIRECT] }), members).to_string();
        run(self.registrar.update(id, RegisterRequest::from_body(body.as_bytes()).with_caller(caller)))
    }

    /// Status and body of a refusal.
    #[track_caller]
    fn refusal<T: std::fmt::Debug>(&self, result: Result<T, Error>) -> (u16, String) {
        let wire = self.registrar.wire_error(&result.expect_err("a refusal"));
        (wire.status, wire.body.to_string())
    }

    #[track_caller]
    fn refuses<T: std::fmt::Debug>(
        &self,
        result: Result<T, Error>,
        status: u16,
        code: &str,
        description: &str,
    ) {
        let body = json!({ "error": code, "error_description": description }).to_string();
        assert_eq!(self.refusal(result), (status, body));
    }
}

fn bearer(token: &str) -> Caller {
    Caller::Bearer(RegistrationAccessToken::from(token.to_owned()))
}

fn own_token(registration: &Registration) -> Caller {
    Caller::Bearer(registration.registration_access_token().cloned().unwrap())
}

fn statement(key: &Key, claims: Value) -> String {
    key.sign(&with(json!({ "iss": "https://directory.example", "iat": NOW, "exp": NOW + 600 }), claims))
}

#[test]
fn stanzas_are_lowered_into_these_profiles() {
    let keys = json!({ "software_statement_validation": { "jwks_uri": KEYS } });
    let switches = json!({
        "registration_endpoint_authentication": { "require_mtls": true },
        "management_endpoint_authentication": { "require_mtls": true, "require_bearer_token": true },
        "registration_access_token": { "generate": true, "lifetime": 600, "scopes": ["dcr"] },
    });
    for (name, stanza) in [
        ("missing", json!({})),
        ("statement-authorized", statement_authorized()),
        ("token-protected", token_protected()),
        ("fapi", json!({ "recipe": "FAPI_DEFAULT", "mappingrule_id": "dcr_rule" })),
        ("uk", with(with(json!({ "recipe": "FAPI_UK-OB" }), keys.clone()), switches.clone())),
        ("au", with(json!({ "recipe": "FAPI_AU-CDR" }), keys)),
    ] {
        let profile = read(stanza).to_profile();
        assert!(profile.compose().is_ok(), "{name}");
        expect(
            &format!("ibm-{name}.json"),
            &format!("{}\n", serde_json::to_string_pretty(&profile).unwrap()),
        );
    }
}

/// A stanza that is missing, empty, or written out with its defaults is the same.
#[test]
fn the_defaults_are_those_of_a_missing_stanza() {
    let printed = json!({
        "mappingrule_id": "",
        "registration_endpoint_authentication": {
            "require_mtls": false, "require_bearer_token": false, "require_software_statement": false,
            "allow_custom_client_creds": false,
        },
        "management_endpoint_authentication": {
            "require_mtls": false, "require_bearer_token": false, "require_software_statement": false,
        },
        "registration_access_token": { "generate": false, "lifetime": 0 },
    });
    let nulls =
        json!({ "recipe": null, "software_statement_validation": null, "registration_access_token": null });
    for stanza in [printed, nulls, json!({}), json!({ "recipe": "Default" }), Value::Null] {
        assert_eq!(read(stanza), IbmDynamicRegistration::default());
    }
}

#[test]
fn everything_that_is_wrong_is_told_with_its_path() {
    let found = problems(json!({
        "recipe": "fapi_default",
        "mappingrule_id": 7,
        "mapping_rule": "x",
        "software_statement_validation": { "jwks_uri": "http://directory.example/jwks", "signing_algs": ["HS256", "none"] },
        "registration_endpoint_authentication": { "require_mtls": "yes", "allow_custom_client_creds": true },
        "management_endpoint_authentication": { "allow_custom_client_creds": false },
        "registration_access_token": { "generate": true, "lifetime": -1, "scopes": ["a b", ""] },
    }));
    assert_eq!(
        found,
        [
            "recipe: `fapi_default` is none of `Default`, `FAPI_DEFAULT`, `FAPI_UK-OB`, `FAPI_AU-CDR`",
            "mappingrule_id: must be a text",
            "software_statement_validation.signing_algs: `HS256` is not an algorithm for keys that are published",
            "software_statement_validation.signing_algs: `none` is not an algorithm for keys that are published",
            "software_statement_validation.jwks_uri: `http://directory.example/jwks` must be an address with https",
            "registration_endpoint_authentication.allow_custom_client_creds: must not be true: identifiers and secrets \
             that clients choose are never taken",
            "registration_endpoint_authentication.require_mtls: must be true or false",
            "management_endpoint_authentication.allow_custom_client_creds: is not a setting",
            "registration_access_token.scopes: `a b` is not a scope",
            "registration_access_token.scopes: `` is not a scope",
            "registration_access_token.lifetime: must be a number of seconds",
            "mapping_rule: is not a setting",
        ]
    );
    let error = serde_json::from_value::<IbmDynamicRegistration>(json!({ "a": 1, "b": 2 })).unwrap_err();
    assert_eq!(error.to_string(), "a: is not a setting; b: is not a setting");
    assert_eq!(problems(json!("Default")), ["dynamic_registration: must be a mapping of settings"]);
    let scalar = json!({ "registration_access_token": true });
    assert_eq!(problems(scalar), ["registration_access_token: must be a mapping of settings"]);
}

#[test]
fn settings_that_cannot_work_together_are_problems() {
    let jwks_uri = "software_statement_validation.jwks_uri";
    for (stanza, expected) in [
        (
            json!({ "recipe": "FAPI_AU-CDR" }),
            format!("{jwks_uri}: must be given: the recipe verifies statements of a directory"),
        ),
        (
            json!({ "management_endpoint_authentication": { "require_software_statement": true } }),
            format!("{jwks_uri}: must be given: a software statement is required, and none could be verified"),
        ),
        (
            json!({ "recipe": "FAPI_AU-CDR",
                "software_statement_validation": { "jwks_uri": KEYS, "signing_algs": ["ES256"] } }),
            "software_statement_validation.signing_algs: has none that the recipe takes: PS256".to_owned(),
        ),
        (
            json!({ "software_statement_validation": { "signing_algs": ["ES256"] } }),
            "software_statement_validation.signing_algs: has no effect without `jwks_uri`".to_owned(),
        ),
        (
            json!({ "management_endpoint_authentication": { "require_bearer_token": true } }),
            "management_endpoint_authentication.require_bearer_token: needs `registration_access_token.generate`: \
             nobody would hold a token"
                .to_owned(),
        ),
    ] {
        assert_eq!(problems(stanza), [expected]);
    }
}

/// IBM's defaults leave management open. That is not built by accident.
#[test]
fn open_management_needs_to_be_acknowledged() {
    for stanza in [json!({}), json!({ "recipe": "FAPI_DEFAULT" }), statement_authorized()] {
        let error = builder(stanza.clone()).build().expect_err("problems");
        let message = "lets anybody who knows the name of a client manage it: \
                       RegistrarBuilder::acknowledge_open_management takes note of that";
        let found: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
        let expected = ["read", "update", "delete"].map(|operation| format!("access.{operation}: {message}"));
        assert_eq!(found, expected);
        assert!(builder(stanza).acknowledge_open_management().build().is_ok());
    }
    assert!(builder(token_protected()).build().is_ok());

    let server = server_with(json!({}), RegistrarBuilder::acknowledge_open_management);
    let registration = server.register(&Caller::Anonymous, json!({})).unwrap();
    assert!(!registration.body().contains("registration_access_token"));
    assert!(run(server.registrar.read(registration.client().id(), &Caller::Anonymous)).is_ok());
    let told: Vec<String> = server.registrar.warnings().iter().map(ToString::to_string).collect();
    assert!(told.contains(
        &"profile ibm: access.delete: whoever knows the name of a client needs no token".to_owned()
    ));
}

/// A statement of the published keys is needed, in registrations and in updates.
#[test]
fn the_pattern_in_which_a_statement_authorizes() {
    let server = server_with(statement_authorized(), RegistrarBuilder::acknowledge_open_management);
    let missing = server.register(&Caller::Anonymous, json!({}));
    server.refuses(missing, 400, "invalid_software_statement", "software_statement: must be given");
    let claims = json!({ "software_id": "s-1", "client_name": "Attested" });
    let stranger = statement(&Key::new("ES256", "directory"), claims.clone());
    let (status, text) =
        server.refusal(server.register(&Caller::Anonymous, json!({ "software_statement": stranger })));
    assert_eq!(
        (status, text.contains("could not be verified with the keys of its issuer")),
        (400, true),
        "{text}"
    );
    // Of the algorithms that keys at the address could have, one is taken.
    let other = Key::new("ES384", "directory");
    let (status, _) = server.refusal(
        server
            .register(&Caller::Anonymous, json!({ "software_statement": statement(&other, claims.clone()) })),
    );
    assert_eq!(status, 400);

    let good = statement(&DIRECTORY, claims);
    let members = json!({ "software_statement": good, "client_name": "Asked" });
    let registration = server.register(&Caller::Anonymous, members.clone()).unwrap();
    let body: Value = serde_json::from_str(registration.body()).unwrap();
    assert_eq!(body["client_name"], "Attested");
    let id = registration.client().id();
    let missing = server.update(id, &Caller::Anonymous, json!({}));
    server.refuses(missing, 400, "invalid_software_statement", "software_statement: must be given");
    assert!(server.update(id, &Caller::Anonymous, members).is_ok());
}

/// The keys vouch for whom the host names, or for everybody, which is told.
#[test]
fn issuers_of_statements_can_be_named() {
    let build = |stanza: IbmDynamicRegistration| {
        let server = server_with(json!({}), |builder| {
            builder.profile(stanza.to_profile()).acknowledge_open_management()
        });
        let any = server.registrar.warnings().iter().any(|own| own.message.contains("vouch for any issuer"));
        (server, any)
    };
    let (open, warns) = build(read(statement_authorized()));
    assert!(warns);
    let other = json!({ "iss": "https://other.example" });
    let by_other = json!({ "software_statement": statement(&DIRECTORY, other) });
    assert!(open.register(&Caller::Anonymous, by_other.clone()).is_ok());

    let (named, warns) =
        build(read(statement_authorized()).with_statement_issuers(["https://directory.example"]));
    assert!(!warns);
    let refused = named.register(&Caller::Anonymous, by_other);
    let untrusted = "software_statement: has an issuer that is not trusted here";
    named.refuses(refused, 400, "unapproved_software_statement", untrusted);
    let good = json!({ "software_statement": statement(&DIRECTORY, json!({})) });
    assert!(named.register(&Caller::Anonymous, good).is_ok());
}

/// A token of another client is needed to register, with the scope of the sample, and the client gets a token of its
/// own for a day. The client belongs to whoever the first token is of.
#[test]
fn the_pattern_in_which_a_token_protects() {
    let server = server_with(token_protected(), |builder| builder);
    let anonymous = server.register(&Caller::Anonymous, json!({}));
    assert_eq!(server.refusal(anonymous).0, 401);
    let granted = |scopes: &[&str]| {
        let grant = InitialGrant::new("token-of-owner").with_owner("owner-client");
        Caller::Granted(grant.with_scopes(scopes.iter().copied()))
    };
    let refused = server.refusal(server.register(&granted(&["openid"]), json!({})));
    assert_eq!((refused.0, refused.1.contains("insufficient_scope")), (403, true), "{}", refused.1);

    let registration = server.register(&granted(&["cdr:registration"]), json!({})).unwrap();
    let provenance = registration.client().provenance();
    assert_eq!((provenance.owner.as_deref(), &*provenance.profile), (Some("owner-client"), "ibm"));
    let id = registration.client().id();
    let own = own_token(&registration);
    assert!(run(server.registrar.read(id, &own)).is_ok());
    // The owner's token is for registering, not for managing what was registered.
    for caller in [Caller::Anonymous, granted(&["cdr:registration"]), bearer("guessed")] {
        assert_eq!(server.refusal(run(server.registrar.read(id, &caller))).0, 401);
    }
    server.clock.advance(86_399);
    assert!(server.update(id, &own, json!({ "client_name": "New" })).is_ok());
    server.clock.advance(1);
    assert_eq!(server.refusal(run(server.registrar.read(id, &own))).0, 401);
}

/// A switch that is off takes nothing away from a recipe, and one that is on adds to it.
#[test]
fn a_recipe_is_not_weakened_by_switches() {
    for recipe in ["FAPI_UK-OB", "FAPI_AU-CDR", "FAPI_DEFAULT"] {
        for keys in [json!({ "jwks_uri": KEYS }), json!({ "jwks_uri": KEYS, "signing_algs": ["PS256"] })] {
            let stanza = json!({ "recipe": recipe, "software_statement_validation": keys });
            let lints = read(stanza).to_profile().lint();
            let weaker: Vec<String> =
                lints.iter().filter(|lint| lint.is_weakening()).map(ToString::to_string).collect();
            let open = ["read", "update", "delete"].map(|operation| {
                format!("access.{operation}: takes callers without a token [weakens.access]")
            });
            // The recipe that says nothing of management leaves it to the switches.
            let expected: &[String] = if recipe == "FAPI_DEFAULT" { &open } else { &[] };
            assert_eq!(weaker, expected, "{recipe}");
        }
    }
}

/// What the sample rule does, by a hook: a default, an override, a comparison, refusals, and an action that is not
/// offered. Metadata and claims of the statement are two inputs.
#[test]
fn a_hook_does_what_a_mapping_rule_did() {
    let rule = || {
        let refuse = |status: u16, error: &str, text: &str| {
            let body = json!({ "error": error, "error_description": text }).to_string();
            HookError::Answer(HookAnswer::new(status, body))
        };
        HookFns::default()
            .on_create(move |cx, draft| {
                // `iss` of the statement is told apart from a member of that name.
                if cx.request_member("iss").is_some() {
                    let text = "iss is the directory's to say";
                    return Err(HookError::rejected(ErrorCode::INVALID_CLIENT_METADATA, text));
                }
                if cx.statement_claim("iss") != Some(&json!("https://directory.example")) {
                    return Err(refuse(403, "access_denied", "another directory"));
                }
                if cx.request_member("client_name").is_none() {
                    draft.set("client_name", &json!("Unnamed"));
                }
                draft.set("token_endpoint_auth_method", &json!("private_key_jwt"));
                Ok(())
            })
            .on_delete(move |_| Err(refuse(403, "access_denied", "clients stay")))
    };
    let mut stanza = statement_authorized();
    stanza["mappingrule_id"] = json!("dcr_rule");
    let warned = |server: &Server| {
        let mut told = server.registrar.warnings().iter().map(ToString::to_string);
        told.any(|own| own.starts_with("profile ibm: hooks.dcr_rule: is for a hook of the host"))
    };
    assert!(warned(&server_with(stanza.clone(), RegistrarBuilder::acknowledge_open_management)));
    let server = server_with(stanza, |builder| builder.acknowledge_open_management().script_hook(rule()));
    assert!(!warned(&server));

    let with_statement = |claims: Value, members: Value| {
        let members = with(json!({ "software_statement": statement(&DIRECTORY, claims) }), members);
        server.register(
            &Caller::Anonymous,
            with(members, json!({ "jwks_uri": "https://app.example.org/jwks" })),
        )
    };
    let registration = with_statement(json!({}), json!({ "token_endpoint_auth_method": "none" })).unwrap();
    let body: Value = serde_json::from_str(registration.body()).unwrap();
    assert_eq!(
        (&body["client_name"], &body["token_endpoint_auth_method"]),
        (&json!("Unnamed"), &json!("private_key_jwt"))
    );
    let named = with_statement(json!({}), json!({ "client_name": "Named" })).unwrap();
    assert!(named.body().contains(r#""client_name":"Named""#));

    server.refuses(
        with_statement(json!({}), json!({ "iss": "https://directory.example" })),
        400,
        "invalid_client_metadata",
        "iss is the directory's to say",
    );
    server.refuses(
        with_statement(json!({ "iss": "https://other.example" }), json!({})),
        403,
        "access_denied",
        "another directory",
    );
    let deleted = run(server.registrar.delete(registration.client().id(), &Caller::Anonymous));
    server.refuses(deleted, 403, "access_denied", "clients stay");
}

/// Identifiers and secrets in a body are never adopted, whatever a stanza may ask for. S-SEC-10, S-SEC-13
#[test]
fn s_sec_13_clients_choose_neither_name_nor_secret() {
    let server = server_with(json!({}), RegistrarBuilder::acknowledge_open_management);
    let chosen = json!({ "client_id": "admin", "client_secret": "known-to-many" });
    let registration = server.register(&Caller::Anonymous, chosen).unwrap();
    assert!(!registration.body().contains("admin") && !registration.body().contains("known-to-many"));
}
