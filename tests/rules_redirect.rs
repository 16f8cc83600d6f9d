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

/// R91-022, R91-083, S-URI-09, BCP-001, O21-001
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

/// What is compared exactly later has one spelling. Some rows are the caution of this server and not a standard's: an
/// upper-case host, a default port, a query behind an empty path.
///
/// S-URI-04, S-URI-10, O21-001
#[test]
fn a_uri_is_absolute_and_canonical() {
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

/// S-URI-03, S-URI-05
#[test]
fn user_information_and_wildcards_are_refused() {
    verdicts(&[
        ("https://@client.example/cb", SYNTAX, SYNTAX),
        ("https://:@client.example/cb", SYNTAX, SYNTAX),
        ("https://user:secret@client.example/cb", SYNTAX, SYNTAX),
        ("https://client.example@evil.example/", SYNTAX, SYNTAX),
        ("https://a@b@evil.example/", SYNTAX, SYNTAX),
        ("https://client.example/@me", OK, OK),
        ("https://*.client.example/cb", WILDCARD, WILDCARD),
        ("https://client.example/*", WILDCARD, WILDCARD),
        ("https://client.example/cb?x=*", WILDCARD, WILDCARD),
    ]);
}

/// S-URI-07, S-URI-08, S-URI-09
#[test]
fn a_host_is_a_name_in_the_public_dns() {
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

/// S-URI-06, S-URI-07, S-URI-11, OIR-005, OIR-006, OIR-007, OIR-008, NAT-001, BCP-001, X-03
#[test]
fn http_is_for_native_clients_on_this_machine() {
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

/// S-URI-12, NAT-001, NAT-002, OIR-005, X-03
#[test]
fn private_use_schemes_are_reversed_domain_names_of_native_clients() {
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
fn schemes_that_run_code_or_open_programs_are_never_taken() {
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
        ("ms-settings:privacy", PRIVATE, PRIVATE),
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
