//! Which profile a registration is under.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use oauth_dcr::profile::ProfileSelection;
use oauth_dcr::testing::run;
use oauth_dcr::{
    Caller, Error, InitialGrant, MemoryClientStore, MemoryInitialAccessTokens, Profile, RegisterRequest,
    Registrar, RegistrarConfig, RegistrationAccessToken, RegistrationEndpoint, SelectedBy,
};
use serde_json::{Value, json};

use crate::expect;

const REDIRECT: &str = "https://app.example.org/cb";

/// A profile that is known by the one thing it says of `client_uri`.
fn profile(name: &str, more: Value) -> Profile {
    let mut profile = json!({ "dcr_profile": 1, "name": name, "extends": ["standard"],
        "request": { "media_types": { "application/json": "json", "application/jwt": "jws" } },
        "metadata": { "client_uri": { "value": format!("https://{name}.example/") } } });
    for (name, value) in more.as_object().unwrap() {
        profile[name] = value.clone();
    }
    serde_json::from_value(profile).unwrap()
}

/// Takes statements of one issuer only, and only signed ones.
fn directory() -> Profile {
    let keys = json!([{ "from": "jwks", "jwks": { "keys": [{ "kty": "EC", "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM" }] } }]);
    let issuer = json!({ "iss": ["directory"], "jws": { "algs": ["ES256"], "keys": keys } });
    profile("directory", json!({ "software_statement": { "presence": "required", "issuers": [issuer] } }))
}

fn selection() -> ProfileSelection {
    serde_json::from_value(json!([
        { "profile": "agents", "when": { "endpoint": ["/mcp/register", "/agents"] } },
        { "profile": "directory", "when": { "statement_iss": ["directory"] } },
        { "profile": "community", "when": { "envelope": ["udap", "certifications"], "body": ["json"] } },
        { "profile": "signed", "when": { "body": ["jws"] } },
    ]))
    .unwrap()
}

struct Server {
    registrar: Registrar,
}

fn server() -> Server {
    let closed = json!({ "access": { "create": { "tokens": [{ "kind": "initial_access" }] } } });
    let config: RegistrarConfig = serde_json::from_value(json!({
        "registrationEndpoint": "https://op.example.com/register", "dynamicRegistrationEnabled": true, "maxJsonDepth": 4,
    }))
    .unwrap();
    let registrar = Registrar::builder(config, MemoryClientStore::default())
        .profile(profile("own", json!({})))
        .further_profile(profile("agents", json!({})))
        .further_profile(directory())
        .further_profile(profile("community", closed))
        .further_profile(profile("signed", json!({})))
        .further_profile(profile("partner", json!({})))
        .initial_access_tokens(MemoryInitialAccessTokens::default())
        .selection(selection())
        .build()
        .unwrap();
    Server { registrar }
}

impl Server {
    /// What is selected for a request, and what the registration then is under.
    #[track_caller]
    fn selects(&self, request: RegisterRequest<'_>, expected: &str, by: SelectedBy) {
        let selected = run(self.registrar.select(request)).unwrap();
        assert_eq!((&*selected.profile, selected.by), (expected, by), "{selected}");
    }

    #[track_caller]
    fn registers_under(&self, request: RegisterRequest<'_>, expected: &str) {
        let registration = run(self.registrar.register(request)).unwrap();
        assert_eq!(&*registration.client().provenance().profile, expected);
        let body: Value = serde_json::from_str(registration.body()).unwrap();
        assert_eq!(body["client_uri"], format!("https://{expected}.example/"));
    }

    /// Status, code and description of a refusal.
    #[track_caller]
    fn refusal(&self, request: RegisterRequest<'_>) -> (u16, String) {
        let error = run(self.registrar.register(request)).expect_err("a refusal");
        let wire = self.registrar.wire_error(&error);
        (wire.status, wire.body.to_string())
    }
}

fn body(more: Value) -> Vec<u8> {
    let mut body = json!({ "redirect_uris": [REDIRECT] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string().into_bytes()
}

/// A token that nobody signed.
fn unsigned(claims: Value) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{}", part(json!({ "alg": "ES256" })), part(claims), URL_SAFE_NO_PAD.encode([7; 64]))
}

fn bearer(token: &str) -> Caller {
    Caller::Bearer(RegistrationAccessToken::from(token.to_owned()))
}

#[test]
fn the_first_entry_whose_facts_hold_is_taken() {
    let server = server();
    let plain = body(json!({}));
    let plain = RegisterRequest::from_body(&plain);
    server.selects(plain, "own", SelectedBy::Default);
    server.registers_under(plain, "own");
    for endpoint in ["/mcp/register", "/agents"] {
        server.selects(plain.with_endpoint(endpoint), "agents", SelectedBy::Entry(0));
        server.registers_under(plain.with_endpoint(endpoint), "agents");
    }
    server.selects(plain.with_endpoint("/agents/"), "own", SelectedBy::Default);

    let stated = body(json!({ "software_statement": unsigned(json!({ "iss": "directory" })), "udap": "1" }));
    let stated = RegisterRequest::from_body(&stated);
    server.selects(stated, "directory", SelectedBy::Entry(1));
    // An earlier entry wins.
    server.selects(stated.with_endpoint("/agents"), "agents", SelectedBy::Entry(0));

    for member in ["udap", "certifications"] {
        let community = body(json!({ member: "1" }));
        server.selects(RegisterRequest::from_body(&community), "community", SelectedBy::Entry(2));
    }
    let null = body(json!({ "udap": null }));
    server.selects(RegisterRequest::from_body(&null), "own", SelectedBy::Default);

    let signed = unsigned(json!({ "redirect_uris": [REDIRECT], "udap": "1" }));
    let signed = RegisterRequest::from_body(signed.as_bytes()).with_media_type("application/jwt");
    server.selects(signed, "signed", SelectedBy::Entry(3));
    // The statement inside a signed request counts as well.
    let inner = unsigned(json!({ "software_statement": unsigned(json!({ "iss": "directory" })) }));
    let inner = RegisterRequest::from_body(inner.as_bytes()).with_media_type("application/jwt");
    server.selects(inner, "directory", SelectedBy::Entry(1));
}

#[test]
fn a_selection_can_be_looked_at() {
    let server = server();
    let mut printed = String::new();
    let mut print = |title: &str, request: RegisterRequest<'_>| {
        let selected = run(server.registrar.select(request)).unwrap();
        let json = serde_json::to_string_pretty(&selected).unwrap();
        printed.push_str(&format!("# {title}\n{selected}\n{json}\n\n"));
    };
    let plain = body(json!({}));
    print("a plain request", RegisterRequest::from_body(&plain));
    print("at an endpoint", RegisterRequest::from_body(&plain).with_endpoint("/mcp/register"));
    let other = body(json!({ "software_statement": unsigned(json!({ "iss": "elsewhere" })), "udap": "1" }));
    print(
        "with a statement of another issuer",
        RegisterRequest::from_body(&other).with_endpoint("/register"),
    );
    let signed = unsigned(json!({}));
    print("a signed request", RegisterRequest::from_body(signed.as_bytes()));
    print("nothing that can be read", RegisterRequest::from_body(b"[]"));
    expect("selections.txt", &printed);
}

/// Who lies about the issuer comes to the profile of that issuer, where the statement is verified; who leaves the lie
/// away does not come there at all. The picking gives nothing.
#[test]
fn a_lie_about_the_issuer_only_leads_to_a_refusal() {
    let server = server();
    let lie =
        body(json!({ "software_statement": unsigned(json!({ "iss": "directory", "software_id": "x" })) }));
    let request = RegisterRequest::from_body(&lie);
    server.selects(request, "directory", SelectedBy::Entry(1));
    let (status, text) = server.refusal(request);
    assert_eq!((status, text.contains("invalid_software_statement")), (400, true), "{text}");
    let other = body(json!({ "software_statement": unsigned(json!({ "iss": "nobody" })) }));
    let (status, text) = server.refusal(RegisterRequest::from_body(&other));
    assert_eq!((status, text.contains("cannot be verified by this server")), (400, true), "{text}");
}

/// What an operator issued and verified counts for more than what a request looks like. S-PRIV-04
#[test]
fn an_initial_access_token_that_names_a_profile_takes_precedence() {
    let server = server();
    let issue = |grant: InitialGrant| {
        bearer(run(server.registrar.issue_initial_access_token(&grant)).unwrap().expose_secret())
    };
    let partner = issue(InitialGrant::new("partner").with_profile("partner"));
    let plain = body(json!({}));
    let request = RegisterRequest::from_body(&plain).with_endpoint("/agents").with_caller(&partner);
    server.selects(request, "partner", SelectedBy::InitialAccessToken);
    server.registers_under(request, "partner");

    // One that names none leaves it to the selection.
    let anyone = issue(InitialGrant::new("anyone"));
    let request = RegisterRequest::from_body(&plain).with_endpoint("/agents").with_caller(&anyone);
    server.selects(request, "agents", SelectedBy::Entry(0));
    let bad = bearer("nobody-issued-this");
    let result = run(server.registrar.select(RegisterRequest::from_body(&plain).with_caller(&bad)));
    assert!(matches!(result, Err(Error::Unauthorized(_))));
}

/// An update is judged by the profile that the client was registered under, wherever it comes in and whatever it is.
#[test]
fn a_client_keeps_its_profile() {
    let server = server();
    let plain = body(json!({}));
    let request = RegisterRequest::from_body(&plain).with_endpoint("/agents");
    let registration = run(server.registrar.register(request)).unwrap();
    let id = registration.client().id();
    let owner = Caller::Bearer(registration.registration_access_token().cloned().unwrap());
    let change = body(json!({ "client_id": id.as_str(), "udap": "1" }));
    let change = RegisterRequest::from_body(&change).with_endpoint("/register").with_caller(&owner);
    let updated = run(server.registrar.update(id, change)).unwrap();
    assert_eq!(&*updated.client().provenance().profile, "agents");
    assert!(updated.body().contains("https://agents.example/"), "{}", updated.body());
}

/// Who may call is asked of the selected profile, and where a caller may not, nothing of the body is told. S-ERR-03
#[test]
fn nothing_of_a_body_is_told_before_401() {
    let server = server();
    let faulty = body(json!({ "udap": "1", "redirect_uris": "not a list", "subject_type": "secret" }));
    let (status, text) = server.refusal(RegisterRequest::from_body(&faulty));
    assert_eq!(status, 401);
    for told in ["redirect_uris", "subject_type", "udap", "community"] {
        assert!(!text.contains(told), "{text}");
    }
    // A body that cannot be read has no facts. It comes to a profile that is open, and that says what is wrong.
    for (broken, expected) in [
        (&br#"{"udap": "1", "udap": "2"}"#[..], "names the member `udap` twice"),
        (br#"{"udap": [[[[[1]]]]]}"#, "is nested deeper than 4 levels"),
        (br#"{"udap": "1""#, "is not valid JSON"),
    ] {
        let request = RegisterRequest::from_body(broken);
        server.selects(request, "own", SelectedBy::Default);
        let (status, text) = server.refusal(request);
        assert_eq!((status, text.contains(expected)), (400, true), "{text}");
    }
    // Nothing is read of a body that no profile would take.
    let huge = body(json!({ "udap": "1".repeat(70_000) }));
    let request = RegisterRequest::from_body(&huge);
    server.selects(request, "own", SelectedBy::Default);
    assert_eq!(server.refusal(request).0, 413);
}

/// The media type is the selected profile's to judge: a body that is not what its media type says is refused there.
#[test]
fn the_form_of_a_body_is_not_its_media_type() {
    let server = server();
    let plain = body(json!({}));
    let request = RegisterRequest::from_body(&plain).with_media_type("application/jwt");
    server.selects(request, "own", SelectedBy::Default);
    assert_eq!(server.refusal(request).0, 400);
    let signed = unsigned(json!({ "redirect_uris": [REDIRECT] }));
    let request = RegisterRequest::from_body(signed.as_bytes());
    server.selects(request, "signed", SelectedBy::Entry(3));
    assert_eq!(server.refusal(request).0, 400);
}

/// One service for each place, and one registrar behind them.
#[test]
fn an_endpoint_has_a_name() {
    let endpoint = RegistrationEndpoint::new(server().registrar);
    for (endpoint, expected) in [
        (endpoint.clone().with_name("/agents"), "https://agents.example/"),
        (endpoint.clone().with_name("/elsewhere"), "https://own.example/"),
        (endpoint, "https://own.example/"),
    ] {
        let request = http::Request::post("/register").header("content-type", "application/json");
        let answer = run(endpoint.handle(request.body(Full::new(Bytes::from(body(json!({}))))).unwrap()));
        assert_eq!(answer.status(), 201);
        let answer: Value =
            serde_json::from_slice(&run(answer.into_body().collect()).unwrap().to_bytes()).unwrap();
        assert_eq!(answer["client_uri"], expected);
    }
}

fn problems(selection: Value) -> Vec<String> {
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    let built = Registrar::builder(config, MemoryClientStore::default())
        .profile(profile("own", json!({})))
        .further_profile(profile("agents", json!({})))
        .selection(serde_json::from_value(selection).unwrap())
        .build();
    built.err().map_or_else(Vec::new, |error| error.problems.iter().map(ToString::to_string).collect())
}

#[test]
fn a_selection_that_cannot_be_meant_is_refused() {
    let found = problems(json!([
        { "profile": "agents", "when": { "endpoint": ["/a"] } },
        { "profile": "agnets", "when": { "endpoint": ["/b"] } },
        { "profile": "agents", "when": { "body": ["jws"], "envelope": ["udap"] } },
        { "profile": "own" },
        { "profile": "agents", "when": { "body": ["json"] } },
    ]));
    assert_eq!(
        found,
        [
            "selection[1]: names the profile `agnets`, which is none of this registrar",
            "selection[2]: asks for a member of a JSON body and for a signed one",
            "selection[4]: is never reached: selection[3] is for every request",
        ]
    );
    assert_eq!(problems(json!([{ "profile": "agents" }])), [""; 0]);
    for unknown in [
        json!([{ "profile": "own", "when": { "issuer": ["x"] } }]),
        json!([{ "profile": "own", "when": { "body": ["xml"] } }]),
        json!([{ "when": {} }]),
    ] {
        assert!(serde_json::from_value::<ProfileSelection>(unknown).is_err());
    }
}
