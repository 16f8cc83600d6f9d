//! Which redirection URIs are registered, which are refused, and what a later comparison takes.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use oauth_dcr::testing::run;
use oauth_dcr::{
    ClientMetadata, Error, ErrorCode, Failure, MemoryClientStore, Profile, RegisterRequest, Registrar,
    RegistrarConfig, Rejection,
};
use serde_json::{Value, json};

const URI: &str = "https://client.example/cb";

const SYNTAX: Option<&str> = Some("redirect.syntax");
const SCHEME: Option<&str> = Some("redirect.scheme");
const FRAGMENT: Option<&str> = Some("redirect.fragment");
const WILDCARD: Option<&str> = Some("redirect.wildcard");
const HOST: Option<&str> = Some("redirect.host");
const HTTPS: Option<&str> = Some("redirect.https_for_web");
const LOOPBACK: Option<&str> = Some("redirect.loopback");
const PORT: Option<&str> = Some("redirect.port");
const PRIVATE: Option<&str> = Some("redirect.private_use_scheme");
const OK: Option<&str> = None;

fn registrar(changes: Value, profile: &str) -> Registrar {
    let mut config = json!({
        "registrationEndpoint": "https://op.example/register",
        "dynamicRegistrationEnabled": true,
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let config: RegistrarConfig = serde_json::from_value(config).unwrap();
    Registrar::builder(config, MemoryClientStore::default())
        .profile(Profile::preset(profile).unwrap().clone())
        .build()
        .unwrap()
}

fn standard() -> Registrar {
    registrar(json!({}), "standard")
}

fn with_redirects(redirect_uris: Value) -> Registrar {
    let mut profile = serde_json::to_value(Profile::preset("standard").unwrap()).unwrap();
    let policy = profile["redirect_uris"].as_object_mut().unwrap();
    policy.extend(redirect_uris.as_object().unwrap().clone());
    let config = RegistrarConfig::new("https://op.example/register".parse().unwrap());
    Registrar::builder(config, MemoryClientStore::default())
        .profile(serde_json::from_value(profile).unwrap())
        .build()
        .unwrap()
}

fn register(registrar: &Registrar, metadata: &Value) -> Result<Value, Rejection> {
    match run(registrar.register(RegisterRequest::from_body(metadata.to_string().as_bytes()))) {
        Ok(registration) => Ok(serde_json::from_str(registration.body()).unwrap()),
        Err(Error::Rejected(rejection)) => Err(rejection),
        Err(error) => panic!("{metadata}: {error}"),
    }
}

/// The client is registered, and what it sent is in the answer as it was sent.
#[track_caller]
fn accepts(registrar: &Registrar, metadata: Value) -> Value {
    let body = match register(registrar, &metadata) {
        Ok(body) => body,
        Err(rejection) => panic!("{metadata}: {rejection}"),
    };
    assert_eq!(body["redirect_uris"], metadata["redirect_uris"]);
    body
}

/// The request has one fault, and this is it.
#[track_caller]
fn refuses(registrar: &Registrar, metadata: Value, field: &str, rule: &str, message: &str) -> Rejection {
    let Err(rejection) = register(registrar, &metadata) else { panic!("{metadata} was registered") };
    let [violation] = &*rejection.violations else { panic!("{metadata}: {rejection}") };
    assert_eq!((&*violation.field, &*violation.rule), (field, rule), "{metadata}: {rejection}");
    assert!(violation.message.contains(message), "{metadata}: {rejection}");
    assert_eq!(rejection.status, 400, "{metadata}: {rejection}");
    let is_redirect = violation.failure == Failure::REDIRECT_URI;
    let code = if is_redirect { ErrorCode::INVALID_REDIRECT_URI } else { ErrorCode::INVALID_CLIENT_METADATA };
    assert_eq!(rejection.code, code, "{metadata}: {rejection}");
    rejection
}

/// The rule that refuses a single redirection URI for a kind of client.
#[track_caller]
fn verdict(registrar: &Registrar, application_type: &str, uri: &str) -> Option<String> {
    match register(registrar, &json!({ "application_type": application_type, "redirect_uris": [uri] })) {
        Ok(body) => {
            assert_eq!(body["redirect_uris"], json!([uri]));
            assert_eq!(body["application_type"], application_type);
            None
        }
        Err(rejection) => {
            assert_eq!(rejection.code, ErrorCode::INVALID_REDIRECT_URI, "{uri:?}: {rejection}");
            let [violation] = &*rejection.violations else { panic!("{uri:?}: {rejection}") };
            assert!(violation.field.starts_with("redirect_uris"), "{uri:?}: {rejection}");
            Some(violation.rule.to_string())
        }
    }
}

#[track_caller]
fn verdicts(rows: &[(&str, Option<&str>, Option<&str>)]) {
    let registrar = standard();
    for (uri, web, native) in rows {
        assert_eq!(verdict(&registrar, "web", uri).as_deref(), *web, "web {uri:?}");
        assert_eq!(verdict(&registrar, "native", uri).as_deref(), *native, "native {uri:?}");
    }
}

/// Accepts: R91-022, S-URI-09, BCP-001, O21-001
/// Refuses: R91-022, R91-083, S-URI-09, BCP-001, O21-001
#[test]
fn https_on_a_remote_host_is_for_everyone() {
    verdicts(&[
        ("https://client.example/cb", OK, OK),
        ("https://client.example", OK, OK),
        ("https://client.example/", OK, OK),
        ("https://client.example//b", OK, OK),
        ("https://client.example/cb?u=a@b", OK, OK),
        ("https://client.example:8443/cb?x=1", OK, OK),
        ("https://client.example:65535/cb", OK, OK),
        ("https://client.example/cb?next=%2Fhome", OK, OK),
        ("https://client.example/cb%20x", OK, OK),
        ("https://a-b.client.example/cb", OK, OK),
        ("http://client.example/cb", HTTPS, HTTPS),
        ("http://client.example:8080/cb", HTTPS, HTTPS),
        ("http://10.0.0.1/cb", HTTPS, HTTPS),
    ]);
}

/// What is compared exactly later has one spelling. Some rows are the caution of this server and not a
/// standard's: an upper-case host, a default port, a query behind an empty path.
///
/// Accepts: S-URI-04, S-URI-10, O21-001
/// Refuses: S-URI-04, S-URI-10, O21-001
#[test]
fn s_uri_04_a_uri_is_absolute_and_canonical() {
    verdicts(&[
        ("https://client.example?x=1", SYNTAX, SYNTAX),
        ("HTTPS://client.example/cb", SYNTAX, SYNTAX),
        ("https://CLIENT.example/cb", SYNTAX, SYNTAX),
        ("https:client.example/cb", SYNTAX, SYNTAX),
        ("https:/client.example/cb", SYNTAX, SYNTAX),
        ("https:///client.example/cb", SYNTAX, SYNTAX),
        ("https://client.example:443/cb", SYNTAX, SYNTAX),
        ("https://client.example:/cb", SYNTAX, SYNTAX),
        ("https://client.example:65536/cb", SYNTAX, SYNTAX),
        ("https://client.example:0443/cb", SYNTAX, SYNTAX),
        ("https://client.example:0/cb", PORT, PORT),
        (" https://client.example/cb", SYNTAX, SYNTAX),
        ("https://client.example/cb ", SYNTAX, SYNTAX),
        ("https://client.example/a cb", SYNTAX, SYNTAX),
        ("https://client.example/a/../cb", SYNTAX, SYNTAX),
        ("https://client.example/./cb", SYNTAX, SYNTAX),
        ("https://client.example/a/%2e%2e/cb", SYNTAX, SYNTAX),
        ("https://client.example/a/.%2E/cb", SYNTAX, SYNTAX),
        ("https://client.example/a/..;/cb", SYNTAX, SYNTAX),
        ("https://client.example/%zz", SYNTAX, SYNTAX),
        ("https://client.example/%", SYNTAX, SYNTAX),
        ("https://client.example/%00", SYNTAX, SYNTAX),
        ("https://client.example/%0d%0aset-cookie:a", SYNTAX, SYNTAX),
        ("https://client.example/a%2fb", SYNTAX, SYNTAX),
        ("https://client.example/a%5Cb", SYNTAX, SYNTAX),
        ("https://client.example\\@evil.example/", SYNTAX, SYNTAX),
        ("https://client.example/\\evil.example", SYNTAX, SYNTAX),
        ("https://client.example/<b>", SYNTAX, SYNTAX),
        ("https://client.example/\"", SYNTAX, SYNTAX),
        ("https://client.example/{a}", SYNTAX, SYNTAX),
        ("https://client.example/a|b", SYNTAX, SYNTAX),
        ("https://client.example/a^b", SYNTAX, SYNTAX),
        ("https://client.example/a`b", SYNTAX, SYNTAX),
        ("//client.example/cb", SYNTAX, SYNTAX),
        ("/cb", SYNTAX, SYNTAX),
        ("cb", SYNTAX, SYNTAX),
        ("https://", SYNTAX, SYNTAX),
        ("https://client.example/cb#", FRAGMENT, FRAGMENT),
        ("https://client.example/cb#x", FRAGMENT, FRAGMENT),
        ("https://client.example#x", SYNTAX, SYNTAX),
    ]);
}

/// S-URI-03
#[test]
fn s_uri_03_user_information_is_refused() {
    verdicts(&[
        ("https://@client.example/cb", SYNTAX, SYNTAX),
        ("https://:@client.example/cb", SYNTAX, SYNTAX),
        ("https://user:secret@client.example/cb", SYNTAX, SYNTAX),
        ("https://client.example@evil.example/", SYNTAX, SYNTAX),
        ("https://a@b@evil.example/", SYNTAX, SYNTAX),
        ("https://client.example/@me", OK, OK),
    ]);
}

/// S-URI-05
#[test]
fn s_uri_05_wildcards_are_refused() {
    verdicts(&[
        ("https://*.client.example/cb", WILDCARD, WILDCARD),
        ("https://client.example/*", WILDCARD, WILDCARD),
        ("https://client.example/cb?x=*", WILDCARD, WILDCARD),
    ]);
}

/// S-URI-07, S-URI-08, S-URI-09
#[test]
fn s_uri_09_a_host_is_a_name_in_the_public_dns() {
    verdicts(&[
        ("https://ex\u{430}mple.com/", SYNTAX, SYNTAX),
        ("https://\u{ff45}xample.com/", SYNTAX, SYNTAX),
        ("https://example\u{3002}com/", SYNTAX, SYNTAX),
        ("https://xn--a/", SYNTAX, SYNTAX),
        ("https://xn--exmple-4nf.com/", HOST, HOST),
        ("https://127.0.0.1/cb", HOST, HOST),
        ("https://10.0.0.1/cb", HOST, HOST),
        ("https://[::1]/cb", HOST, HOST),
        ("https://[2001:db8::1]/cb", HOST, HOST),
        ("https://localhost/cb", HOST, HOST),
        ("https://intranet/cb", HOST, HOST),
        ("https://printer.local/cb", HOST, HOST),
        ("https://app.internal/cb", HOST, HOST),
        ("https://app.localhost/cb", HOST, HOST),
        ("https://client.example./cb", HOST, HOST),
        ("https://client_a.example/cb", HOST, HOST),
        ("https://-client.example/cb", HOST, HOST),
        ("https://client..example/cb", HOST, HOST),
        ("https://2130706433/cb", SYNTAX, SYNTAX),
        ("https://0x7f.1/cb", SYNTAX, SYNTAX),
        ("https://0177.0.0.1/cb", SYNTAX, SYNTAX),
        ("https://\u{2460}\u{2461}\u{2466}.0.0.1/cb", SYNTAX, SYNTAX),
    ]);
    let open = with_redirects(json!({ "international_hosts": true }));
    accepts(&open, json!({ "redirect_uris": ["https://xn--exmple-4nf.com/"] }));
    let local = with_redirects(json!({ "local_https": true }));
    accepts(&local, json!({ "redirect_uris": ["https://localhost/cb"] }));
}

/// Accepts: S-URI-06, S-URI-07, S-URI-11, OIR-005, OIR-006, OIR-007, OIR-008, NAT-001, BCP-001, X-03
/// Refuses: S-URI-06, S-URI-07, S-URI-11, OIR-005, OIR-006, OIR-007, OIR-008, NAT-001, BCP-001, X-03
#[test]
fn s_uri_11_http_is_for_native_clients_on_this_machine() {
    verdicts(&[
        ("http://127.0.0.1/cb", LOOPBACK, OK),
        ("http://127.0.0.1:49152/cb", LOOPBACK, OK),
        ("http://[::1]:1/cb", LOOPBACK, OK),
        ("http://localhost:3000/cb", LOOPBACK, OK),
        ("http://127.1/", SYNTAX, SYNTAX),
        ("http://2130706433/", SYNTAX, SYNTAX),
        ("http://0x7f000001/", SYNTAX, SYNTAX),
        ("http://[0:0:0:0:0:0:0:1]/", SYNTAX, SYNTAX),
        // The parser writes the mapped address in another way.
        ("http://[::ffff:127.0.0.1]/", SYNTAX, SYNTAX),
        ("http://[::ffff:7f00:1]/", HTTPS, HTTPS),
        ("http://127.0.0.2/", HTTPS, HTTPS),
        ("http://0.0.0.0/", HTTPS, HTTPS),
        ("http://localhost./", HTTPS, HTTPS),
        ("http://LOCALHOST/", SYNTAX, SYNTAX),
        ("http://localhost.evil.test/", HTTPS, HTTPS),
        ("http://127.0.0.1.evil.test/", HTTPS, HTTPS),
        ("http://127.0.0.1.nip.io/", HTTPS, HTTPS),
        ("http://127.0.0.1:0/", PORT, PORT),
        ("http://127.0.0.1:80/", SYNTAX, SYNTAX),
        ("http://localhost/cb#x", FRAGMENT, FRAGMENT),
        ("http://user@localhost/cb", SYNTAX, SYNTAX),
    ]);
}

/// Accepts: S-URI-12, NAT-001, NAT-002, OIR-005, X-03
/// Refuses: S-URI-12, NAT-001, NAT-002, OIR-005, X-03
#[test]
fn s_uri_12_private_use_schemes_are_reversed_domain_names_of_native_clients() {
    verdicts(&[
        ("com.example.app:/cb", PRIVATE, OK),
        ("com.example.app://cb", PRIVATE, OK),
        ("com.example.app:cb", PRIVATE, OK),
        ("myapp:cb", PRIVATE, PRIVATE),
        ("myapp://cb", PRIVATE, PRIVATE),
        ("com.example.app:/cb#x", FRAGMENT, FRAGMENT),
        ("com.example.app:/*", WILDCARD, WILDCARD),
        ("com.example.app://user@host/cb", SYNTAX, SYNTAX),
        ("Com.Example.App:/cb", SYNTAX, SYNTAX),
        ("1com.example:/cb", SYNTAX, SYNTAX),
    ]);
    let metadata = json!({ "application_type": "native", "redirect_uris": ["myapp:cb"] });
    let message = "must use a scheme that is a reversed domain name, such as com.example.app";
    refuses(&standard(), metadata.clone(), "redirect_uris[0]", "redirect.private_use_scheme", message);
    accepts(&with_redirects(json!({ "undotted_schemes": true })), metadata);
    let closed = with_redirects(json!({ "private_use_schemes": false }));
    let metadata = json!({ "application_type": "native", "redirect_uris": ["com.example.app:/cb"] });
    refuses(&closed, metadata, "redirect_uris[0]", "redirect.private_use_scheme", "com.example.app");
}

/// S-URI-01, S-URI-16
#[test]
fn s_uri_01_schemes_that_run_code_or_open_programs_are_never_taken() {
    verdicts(&[
        ("javascript:alert(1)", SCHEME, SCHEME),
        ("JaVaScRiPt:alert(1)", SYNTAX, SYNTAX),
        ("javascript://client.example/%0aalert(1)", SYNTAX, SYNTAX),
        ("javascript://client.example/alert(1)", SCHEME, SCHEME),
        ("data:text/html,x", SCHEME, SCHEME),
        ("vbscript:x", SCHEME, SCHEME),
        ("file:///etc/passwd", SCHEME, SCHEME),
        ("blob:https://client.example/1", SCHEME, SCHEME),
        ("about:blank", SCHEME, SCHEME),
        ("ftp://a.example/", SCHEME, SCHEME),
        ("ws://a.example/", SCHEME, SCHEME),
        ("wss://a.example/", SCHEME, SCHEME),
        ("view-source:https://client.example/", SCHEME, SCHEME),
        ("filesystem:https://client.example/1", SCHEME, SCHEME),
        ("jar:https://client.example/1", SCHEME, SCHEME),
        ("mailto:a@client.example", SCHEME, SCHEME),
        ("tel:1", SCHEME, SCHEME),
        ("intent:x", SCHEME, SCHEME),
        ("chrome://settings/", SCHEME, SCHEME),
        ("res://ieframe.dll/", SCHEME, SCHEME),
        ("ms-settings:privacy", SCHEME, SCHEME),
        ("urn:ietf:wg:oauth:2.0:oob", PRIVATE, PRIVATE),
        ("urn:ietf:wg:oauth:2.0:oob:auto", PRIVATE, PRIVATE),
    ]);
    // A profile that takes any scheme of an app still takes none of these.
    let open = with_redirects(json!({ "undotted_schemes": true }));
    for uri in ["javascript:alert(1)", "data:text/html,x", "intent:x", "urn:ietf:wg:oauth:2.0:oob"] {
        assert!(verdict(&open, "native", uri).is_some(), "{uri}");
    }
    assert_eq!(verdict(&open, "native", "cursor://anysphere.cursor-mcp/cb"), None);
}

/// S-URI-01, S-URI-04
#[test]
fn control_characters_are_refused() {
    for uri in [
        "https://client.example/cb\n",
        "https://client.example/\tcb",
        "java\tscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "https://client.example/\u{7f}",
        "https://client.example/\0",
    ] {
        for application in ["web", "native"] {
            let metadata = json!({ "application_type": application, "redirect_uris": [URI, uri] });
            refuses(&standard(), metadata, "redirect_uris[1]", "control_character", "control character");
        }
    }
}

/// S-URI-01, S-URI-02, S-URI-03
#[test]
fn s_uri_17_other_uri_members_are_as_dangerous() {
    let registrar = standard();
    let with = |name: &str, value: Value| json!({ "redirect_uris": [URI], name: value });
    for name in
        ["logo_uri", "client_uri", "policy_uri", "tos_uri", "logo_uri#fr", "initiate_login_uri", "jwks_uri"]
    {
        accepts(&registrar, with(name, json!("https://client.example/page?a=b")));
        for (uri, message) in [
            ("javascript:alert(1)", "must not use the scheme javascript"),
            ("data:text/html,x", "must not use the scheme data"),
            ("https://client.example/#x", "must not have a fragment"),
            ("https://user@client.example/", "must not have user information"),
            ("https://client.example/../x", "must be written in its canonical form"),
            ("client.example", "must be an absolute URI"),
        ] {
            refuses(&registrar, with(name, json!(uri)), name, "uri", message);
        }
    }
    // The hash of what a request URI leads to (OpenID Connect Core section 6.2).
    accepts(&registrar, with("request_uris", json!(["https://client.example/request#hash"])));
    let metadata = with("request_uris", json!([URI, "javascript:alert(1)"]));
    let Err(rejection) = register(&registrar, &metadata) else { panic!("{metadata} was registered") };
    assert_eq!(rejection.violations[0].field, "request_uris[1]");
}

/// Accepts: OIR-003, MCP-002, DEC-17, S-URI-11, S-URI-13, NAT-004
/// Refuses: OIR-003, MCP-002, DEC-17, S-URI-11, S-URI-13
#[test]
fn a_client_that_does_not_say_what_it_is() {
    let registrar = standard();
    for uris in [
        json!(["http://127.0.0.1:49152/cb"]),
        json!(["http://localhost:3000/cb", "http://[::1]/cb"]),
        json!(["com.example.app:/cb"]),
        json!(["com.example.app:/cb", "http://127.0.0.1/cb"]),
    ] {
        assert_eq!(accepts(&registrar, json!({ "redirect_uris": uris }))["application_type"], "native");
    }
    assert_eq!(accepts(&registrar, json!({ "redirect_uris": [URI] }))["application_type"], "web");
    let mixed = json!({ "redirect_uris": [URI, "http://127.0.0.1/cb"] });
    let message = "must use https because application_type is web";
    refuses(&registrar, mixed.clone(), "redirect_uris[1]", "redirect.loopback", message);
    let said = json!({ "application_type": "web", "redirect_uris": ["http://127.0.0.1/cb"] });
    refuses(&registrar, said, "redirect_uris[0]", "redirect.loopback", message);
    let mut native = mixed;
    native["application_type"] = json!("native");
    assert_eq!(accepts(&registrar, native)["application_type"], "native");
    let unknown = json!({ "application_type": "Native", "redirect_uris": [URI] });
    refuses(&registrar, unknown, "application_type", "one_of", "must be one of web, native");

    let without = with_redirects(json!({ "infer_native": false }));
    let silent = json!({ "redirect_uris": ["http://127.0.0.1/cb"] });
    refuses(&without, silent, "redirect_uris[0]", "redirect.loopback", message);
}

/// A request as an agent or a command-line tool sends it.
///
/// Accepts: MCP-002, S-URI-11
/// Refuses: MCP-002, S-URI-11
#[test]
fn agents_register() {
    let agent = |uri: &str| {
        json!({
            "client_name": "Agent",
            "redirect_uris": [uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        })
    };
    for registrar in [standard(), registrar(json!({}), "mcp-dcr")] {
        for uri in
            ["http://127.0.0.1:33418/", "http://localhost:6274/oauth/callback", "https://agent.example/cb"]
        {
            let body = accepts(&registrar, agent(uri));
            assert_eq!(body["token_endpoint_auth_method"], "none");
            // What only a native client can have makes it one, and the answer says so.
            let is_native = uri.starts_with("http:");
            assert_eq!(body.get("application_type") == Some(&json!("native")), is_native, "{body}");
            assert_eq!(body.get("client_secret"), None);
        }
        let uri = "http://agent.example/cb";
        refuses(&registrar, agent(uri), "redirect_uris[0]", "redirect.https_for_web", "must use https");
    }
    let mut declared = agent("http://127.0.0.1:33418/");
    declared["application_type"] = json!("native");
    assert_eq!(accepts(&standard(), declared)["application_type"], "native");
}

/// Accepts: OIR-004, OIR-006, OIR-008, X-03
/// Refuses: OIR-004, OIR-006, OIR-008, X-03
#[test]
fn the_implicit_grant_of_a_web_client_is_never_on_this_machine() {
    let client = |uri: &str, application: &str, grant: &str, response: &str| {
        json!({
            "application_type": application,
            "redirect_uris": [uri],
            "grant_types": [grant],
            "response_types": [response],
        })
    };
    // As lax as a profile can be: only the grant decides.
    let lax = with_redirects(json!({ "loopback_http": "always", "local_https": true }));
    for uri in ["http://localhost/cb", "http://127.0.0.1/cb", "http://[::1]/cb", "https://localhost/cb"] {
        accepts(&lax, client(uri, "web", "authorization_code", "code"));
        accepts(&lax, client(uri, "native", "implicit", "token"));
        let metadata = client(uri, "web", "implicit", "token");
        let message = "must not be on this machine for a web client with the implicit grant";
        refuses(&lax, metadata, "redirect_uris[0]", "redirect.loopback", message);
    }
    accepts(&standard(), client(URI, "web", "implicit", "id_token token"));
    let metadata = client("http://client.example/cb", "web", "implicit", "token");
    refuses(&standard(), metadata, "redirect_uris[0]", "redirect.https_for_web", "must use https");
    let never = with_redirects(json!({ "loopback_http": "never" }));
    let metadata = client("http://127.0.0.1/cb", "native", "authorization_code", "code");
    refuses(&never, metadata, "redirect_uris[0]", "redirect.loopback", "must use https on a remote host");
}

/// Accepts: DEC-41, OIR-005, NAT-001
/// Refuses: DEC-41, OIR-005, NAT-001
#[test]
fn native_clients_may_claim_https_unless_the_profile_is_strict() {
    let metadata = json!({ "application_type": "native", "redirect_uris": [URI] });
    accepts(&standard(), metadata.clone());
    let strict = with_redirects(json!({ "native_https": false }));
    let message = "must use a private-use scheme or http on a loopback address";
    refuses(&strict, metadata, "redirect_uris[0]", "redirect.native_https", message);
    accepts(&strict, json!({ "application_type": "web", "redirect_uris": [URI] }));
}

/// Without `application_type` a redirection URI passes if either kind of client may have it.
///
/// Accepts: DEC-42, R91-022
/// Refuses: DEC-42, R91-022
#[test]
fn without_openid_connect_either_kind_will_do() {
    let registrar = registrar(json!({}), "rfc7591");
    for uri in [URI, "http://127.0.0.1:8080/cb", "http://localhost/cb", "com.example.app:/cb"] {
        let body = accepts(&registrar, json!({ "application_type": "web", "redirect_uris": [uri] }));
        assert_eq!(body.get("application_type"), None);
    }
    for (uri, rule) in [
        ("http://client.example/cb", "redirect.https_for_web"),
        ("https://client.example/cb#x", "redirect.fragment"),
        ("myapp:cb", "redirect.private_use_scheme"),
        ("javascript:alert(1)", "redirect.scheme"),
        ("https://localhost/cb", "redirect.host"),
    ] {
        refuses(&registrar, json!({ "redirect_uris": [uri] }), "redirect_uris[0]", rule, "must");
    }
}

/// Accepts: OIR-001, X-02, DEC-43, DEC-44, S-URI-14, R91-020, R91-021
/// Refuses: OIR-001, X-02, DEC-43, DEC-44, S-URI-14, R91-020, R91-021
#[test]
fn s_uri_14_redirection_uris_are_needed_exactly_where_somebody_is_sent_back() {
    let registrar = standard();
    let grants =
        |grants: Value, responses: Value| json!({ "grant_types": grants, "response_types": responses });
    for (mut metadata, rule) in [
        (json!({}), "code-response-default"),
        (grants(json!(["authorization_code"]), json!(["code"])), "code-response-default"),
        (grants(json!(["authorization_code"]), json!(["none"])), "code-response-default"),
        (grants(json!(["implicit"]), json!(["token"])), "implicit-needs-redirect"),
        (grants(json!(["implicit"]), json!(["id_token"])), "implicit-needs-redirect"),
    ] {
        let rejection = refuses(&registrar, metadata.clone(), "redirect_uris", rule, "must be given");
        assert_eq!(rejection.code, ErrorCode::INVALID_REDIRECT_URI);
        metadata["redirect_uris"] = json!([]);
        let message = "must have at least 1 element";
        let rejection = refuses(&registrar, metadata.clone(), "redirect_uris", rule, message);
        assert_eq!(rejection.code, ErrorCode::INVALID_REDIRECT_URI);
        metadata["redirect_uris"] = json!([URI]);
        accepts(&registrar, metadata);
    }
    for grant in ["client_credentials", "urn:ietf:params:oauth:grant-type:device_code"] {
        let body = accepts(&registrar, json!({ "grant_types": [grant] }));
        assert_eq!(body["response_types"], json!([]));
        let body = accepts(&registrar, json!({ "grant_types": [grant], "redirect_uris": [] }));
        assert_eq!(body["redirect_uris"], json!([]));
    }
    for value in [json!([""]), json!([URI, ""])] {
        let Err(rejection) = register(&registrar, &json!({ "redirect_uris": value })) else {
            panic!("{value} was registered")
        };
        assert_eq!(rejection.code, ErrorCode::INVALID_REDIRECT_URI);
        assert_eq!(rejection.violations[0].rule, "empty");
    }
    let text = json!({ "redirect_uris": URI });
    refuses(&registrar, text, "redirect_uris", "type", "must be an array");
    refuses(&registrar, json!({ "redirect_uris": [URI, 1] }), "redirect_uris[1]", "type", "must be a string");
}

/// DEC-31, S-URI-14
#[test]
fn lists_and_uris_have_a_limit() {
    let registrar = standard();
    let uris = |count: usize| (0..count).map(|at| format!("{URI}/{at}")).collect::<Vec<_>>();
    accepts(&registrar, json!({ "redirect_uris": uris(20) }));
    let many = json!({ "redirect_uris": uris(21) });
    let rejection =
        refuses(&registrar, many, "redirect_uris", "redirect.max_items", "must have at most 20 elements");
    assert_eq!(rejection.code, ErrorCode::INVALID_REDIRECT_URI);
    let long = |length: usize| format!("{URI}{}", "a".repeat(length - URI.len()));
    accepts(&registrar, json!({ "redirect_uris": [long(2000)] }));
    let metadata = json!({ "redirect_uris": [URI, long(2001)] });
    let message = "is longer than 2000 characters";
    refuses(&registrar, metadata, "redirect_uris[1]", "redirect.syntax", message);
    let narrow = with_redirects(json!({ "max_length": 30, "max_items": 1 }));
    accepts(&narrow, json!({ "redirect_uris": [long(30)] }));
    let message = "is longer than 30 characters";
    refuses(&narrow, json!({ "redirect_uris": [long(31)] }), "redirect_uris[0]", "redirect.syntax", message);
    let message = "must have at most 1 elements";
    refuses(&narrow, json!({ "redirect_uris": uris(2) }), "redirect_uris", "redirect.max_items", message);
}

/// Accepts: LOG-001, X-03
/// Refuses: LOG-001, X-03
#[test]
fn s_uri_18_post_logout_redirect_uris_are_judged_like_redirection_uris() {
    let registrar = standard();
    let web = |uris: Value| json!({ "redirect_uris": [URI], "post_logout_redirect_uris": uris });
    accepts(&registrar, web(json!(["https://client.example:8443/bye?a=b", "https://other.example/bye"])));
    for (uri, rule, message) in [
        ("http://client.example/bye", "redirect.https_for_web", "must use https"),
        ("http://localhost/bye", "redirect.loopback", "must use https because application_type is web"),
        ("https://client.example/bye#x", "redirect.fragment", "must not have a fragment"),
        ("https://client.example/*", "redirect.wildcard", "must not have a wildcard"),
        ("javascript:alert(1)", "redirect.scheme", "must not use the scheme javascript"),
        ("com.example.app:/bye", "redirect.private_use_scheme", "must use https"),
    ] {
        refuses(&registrar, web(json!([URI, uri])), "post_logout_redirect_uris[1]", rule, message);
    }
    let native = json!({
        "application_type": "native",
        "redirect_uris": ["com.example.app:/cb"],
        "post_logout_redirect_uris": ["com.example.app:/bye", "http://127.0.0.1/bye"],
    });
    accepts(&registrar, native);
    let http = with_redirects(json!({ "schemes": ["https", "http"] }));
    accepts(&http, web(json!(["http://client.example/bye"])));
}

/// Accepts: LOG-002, X-15, X-16
/// Refuses: LOG-002, X-15, X-16
#[test]
fn a_front_channel_logout_uri_has_the_origin_of_a_redirection_uri() {
    let registrar = standard();
    let uris = ["https://a.example/cb", "https://b.example:8443/cb", "https://c.io/cb"];
    let with = |uri: &str| json!({ "redirect_uris": uris, "frontchannel_logout_uri": uri });
    for uri in
        ["https://a.example/bye?a=b", "https://a.example", "https://b.example:8443/bye", "https://c.io/bye"]
    {
        assert_eq!(accepts(&registrar, with(uri))["frontchannel_logout_uri"], uri);
    }
    let message = "must have the scheme, host and port of one of the redirect_uris";
    for uri in ["https://c.example/bye", "https://a.example:8443/bye", "https://b.example/bye"] {
        let rule = "logout.frontchannel_origin";
        refuses(&registrar, with(uri), "frontchannel_logout_uri", rule, message);
    }
    let uri = "https://a.example/bye#x";
    refuses(&registrar, with(uri), "frontchannel_logout_uri", "uri", "must not have a fragment");
    refuses(&registrar, with("/bye"), "frontchannel_logout_uri", "uri", "must be an absolute URI");
    let own = registrar_with_janssen_codes();
    let Err(rejection) = register(&own, &with("https://c.example/bye")) else { panic!("registered") };
    assert_eq!(rejection.code.as_str(), "invalid_logout_uri");
}

fn registrar_with_janssen_codes() -> Registrar {
    registrar(json!({ "janssenErrorCodes": true }), "standard")
}

/// Accepts: LOG-004, X-16
/// Refuses: LOG-004, X-16
#[test]
fn s_uri_18_a_back_channel_logout_uri_uses_https() {
    let with = |uri: &str, method: &str| {
        json!({
            "redirect_uris": [URI],
            "token_endpoint_auth_method": method,
            "backchannel_logout_uri": uri,
        })
    };
    let registrar = standard();
    accepts(&registrar, with("https://backend.example/bye?a=b", "client_secret_basic"));
    accepts(&registrar, with("https://backend.example/bye", "none"));
    let http = "http://backend.example/bye";
    for method in ["client_secret_basic", "none"] {
        let metadata = with(http, method);
        refuses(&registrar, metadata, "backchannel_logout_uri", "logout.https", "must use https");
    }
    let fragment = with("https://backend.example/bye#x", "none");
    refuses(&registrar, fragment, "backchannel_logout_uri", "uri", "must not have a fragment");
    let list = json!({ "redirect_uris": [URI], "backchannel_logout_uri": ["https://backend.example/bye"] });
    refuses(&registrar, list, "backchannel_logout_uri", "type", "not an array");
    // A provider may allow http to clients that authenticate.
    let lax = with_redirects(json!({ "schemes": ["https", "http"] }));
    accepts(&lax, with(http, "client_secret_basic"));
    refuses(&lax, with(http, "none"), "backchannel_logout_uri", "logout.https", "must use https");
}

/// Accepts: BCP-001, NAT-003, O21-001, OIR-001, S-URI-15
/// Refuses: BCP-001, NAT-003, O21-001, OIR-001, S-URI-15
#[test]
fn s_uri_15_a_presented_uri_matches_exactly_but_for_the_port_on_this_machine() {
    let matches = |registered: &str, presented: &str| {
        let text = json!({ "redirect_uris": [registered] }).to_string();
        let metadata = ClientMetadata::from_json(&text).unwrap();
        metadata.redirect_uris.unwrap()[0].matches(presented)
    };
    for (registered, presented, expected) in [
        (URI, URI, true),
        (URI, "https://client.example/cb/", false),
        (URI, "https://client.example/cb?", false),
        (URI, "https://client.example/cb#", false),
        (URI, "https://client.example:443/cb", false),
        (URI, "https://CLIENT.example/cb", false),
        (URI, "https://client.example/CB", false),
        (URI, "https://client.example/c%62", false),
        (URI, "https://client.example/x/../cb", false),
        (URI, "https://client.example/c", false),
        (URI, "https://client.example/cb/more", false),
        (URI, "http://client.example/cb", false),
        (URI, "", false),
        ("https://client.example", "https://client.example/", false),
        ("https://client.example:8443/cb", "https://client.example:8444/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1/cb", true),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", true),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb", true),
        ("http://127.0.0.1:1/cb?a=b", "http://127.0.0.1:2/cb?a=b", true),
        ("http://[::1]/cb", "http://[::1]:49152/cb", true),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:x/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/other", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb?x=1", false),
        ("http://127.0.0.1/cb", "http://[::1]/cb", false),
        ("http://127.0.0.1/cb", "http://localhost/cb", false),
        ("http://127.0.0.1/cb", "https://127.0.0.1:49152/cb", false),
        ("http://localhost/cb", "http://localhost/cb", true),
        ("http://localhost/cb", "http://localhost:49152/cb", false),
        ("com.example.app:/cb", "com.example.app:/cb", true),
        ("com.example.app:/cb", "com.example.app://cb", false),
    ] {
        assert_eq!(matches(registered, presented), expected, "{registered} {presented}");
    }
}

/// Accepts: X-03
/// Refuses: X-03
#[test]
fn white_and_black_lists_bound_redirection_uris() {
    let one = |uri: &str| json!({ "redirect_uris": [uri] });
    let white =
        registrar(json!({ "clientWhiteList": ["*.client.example", "https://b.example/cb*"] }), "standard");
    for uri in [
        "https://client.example/cb",
        "https://www.client.example/cb",
        "https://b.example/cb",
        "https://b.example/cb/2",
    ] {
        accepts(&white, one(uri));
    }
    for uri in
        ["https://notclient.example/cb", "https://client.example.evil.example/cb", "https://b.example/x/cb"]
    {
        let message = "is not on the list of allowed URIs";
        refuses(&white, one(uri), "redirect_uris[0]", "redirect.white_list", message);
    }
    // No scheme in a pattern means http and https.
    let metadata =
        json!({ "application_type": "native", "redirect_uris": ["com.example.app://client.example"] });
    refuses(&white, metadata, "redirect_uris[0]", "redirect.white_list", "is not on the list");

    let black = registrar(json!({ "clientBlackList": ["*.evil.example/*"] }), "standard");
    accepts(&black, one(URI));
    accepts(&black, one("https://notevil.example/cb"));
    for uri in ["https://evil.example/cb", "https://www.evil.example/cb"] {
        let metadata = json!({ "redirect_uris": [URI, uri] });
        let message = "is on the list of refused URIs";
        refuses(&black, metadata, "redirect_uris[1]", "redirect.black_list", message);
    }

    let forbidden = with_redirects(json!({ "forbid_hosts": ["evil.example"] }));
    accepts(&forbidden, one("https://www.evil.example/cb"));
    let message = "must not be on the host evil.example";
    refuses(
        &forbidden,
        one("https://evil.example/cb"),
        "redirect_uris[0]",
        "redirect.forbidden_host",
        message,
    );

    let none = registrar(json!({ "clientWhiteList": [] }), "standard");
    refuses(&none, one(URI), "redirect_uris[0]", "redirect.white_list", "is not on the list");
    let both = json!({ "clientWhiteList": ["*"], "clientBlackList": ["client.example"] });
    let both = registrar(both, "standard");
    accepts(&both, one("https://other.example/cb"));
    refuses(&both, one(URI), "redirect_uris[0]", "redirect.black_list", "is on the list of refused URIs");
}

/// S-URI-05
#[test]
fn s_reg_01_patterns_of_redirection_uris_are_refused() {
    let metadata = json!({ "redirect_uris": [URI], "redirect_uris_regex": "https://.*" });
    refuses(&standard(), metadata.clone(), "redirect_uris_regex", "forbidden", "must not be given");
    let enabled = registrar(json!({ "redirectUrisRegexEnabled": true }), "standard");
    accepts(&enabled, metadata.clone());
    let Err(rejection) = register(&registrar_with_janssen_codes(), &metadata) else { panic!("registered") };
    assert_eq!(rejection.code.as_str(), "invalid_redirect_uris_regex");
}

/// A web origin is a scheme, a host and a port (RFC 6454 section 4), and nothing after them.
#[test]
fn authorized_origins_are_origins() {
    let registrar = standard();
    let with = |uri: &str| json!({ "redirect_uris": ["https://a.example/cb"], "authorized_origins": [uri] });
    for uri in ["https://a.example", "http://127.0.0.1:3000"] {
        assert_eq!(accepts(&registrar, with(uri))["authorized_origins"], json!([uri]));
    }
    let message = "must be an origin: scheme, host and port, nothing more";
    for uri in ["https://a.example/", "https://a.example/b", "https://a.example?b", "com.example.app:/b"] {
        refuses(&registrar, with(uri), "authorized_origins[0]", "origin", message);
    }
}
