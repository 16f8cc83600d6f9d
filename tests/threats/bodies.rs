//! Bodies that one reader takes for something else than another.

use oauth_dcr::testing::run;
use oauth_dcr::{Error, MemoryClientStore, RegisterRequest, Registration};
use serde_json::{Value, json};

use crate::support::*;

fn post(server: &Server, body: &str) -> Result<Registration, Error> {
    run(server.registrar.register(RegisterRequest::from_body(body.as_bytes())))
}

/// The code and the description of a refusal, after which nothing is stored.
#[track_caller]
fn refusal(server: &Server, result: Result<Registration, Error>) -> (String, String) {
    let wire = server.refusal(result);
    assert_eq!(wire.status, 400, "{}", wire.body);
    assert_eq!(server.store.calls(), []);
    let body: Value = serde_json::from_str(&wire.body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("error"), text("error_description"))
}

/// A member that stands twice is refused at every depth, in every spelling, whatever its values.
#[test]
fn s_json_03_no_member_stands_twice() {
    for (body, name) in [
        (r#"{"scope":"a","scope":"b"}"#, "scope"),
        (r#"{"scope":"a","sc\u006fpe":"a"}"#, "scope"),
        (r#"{"scope":null,"scope":"b"}"#, "scope"),
        (r#"{"unknown":1,"unknown":1}"#, "unknown"),
        (r#"{"client_name#de":"a","client_name#de":"b"}"#, "client_name#de"),
        (r#"{"jwks":{"keys":[],"keys":[]}}"#, "keys"),
        (r#"{"contacts":["a",{"b":1,"b":2}]}"#, "b"),
        (r#"{"client_name":{"c":1,"c":2}}"#, "c"),
        (r#"{"unknown":[[{"d":{"e":1,"\u0065":2}}]]}"#, "e"),
    ] {
        for reading in ["strict", "lenient"] {
            let server = server(json!({ "reading": reading }));
            let description = format!("the body names the member `{name}` twice");
            let expected = ("invalid_request".to_owned(), description);
            assert_eq!(refusal(&server, post(&server, body)), expected, "{body}");
        }
    }
    // Names in another case are other names, and so are those of two objects.
    let server = server(json!({}));
    let body = r#"{"redirect_uris":["https://app.example.org/cb"],"x":[{"a":1},{"a":2}],"X":{"a":1}}"#;
    assert_eq!(post(&server, body).unwrap().status(), 201);
}

/// A number that is no integer in range is refused, and never becomes another one.
#[test]
fn s_json_05_numbers_stay_what_they_are() {
    let body = |number: &str| format!(r#"{{"redirect_uris":["{REDIRECT}"],"default_max_age":{number}}}"#);
    for (number, fault) in [
        ("1e400", "the body is not valid JSON"),
        ("1e308", "must be an integer"),
        ("3600.5", "must be an integer"),
        ("-0", "must be an integer"),
        ("-1", "must be an integer from 0 to 9007199254740991"),
        ("9007199254740992", "must be an integer from 0 to 9007199254740991"),
        ("9223372036854775808", "must be an integer and not a number too large"),
        ("18446744073709551616", "must be an integer"),
        ("0x10", "the body is not valid JSON"),
        ("Infinity", "the body is not valid JSON"),
    ] {
        let server = server(json!({}));
        let (_, description) = refusal(&server, post(&server, &body(number)));
        assert!(description.contains(fault), "{number}: {description}");
    }
    for number in ["0", "3600", "9007199254740991"] {
        let server = server(json!({}));
        let answer = post(&server, &body(number)).unwrap();
        assert_eq!(crate::support::body(&answer)["default_max_age"].to_string(), number);
    }
}

/// The body is an object: no array in the place of members, no text with an object in it.
#[test]
fn s_json_06_a_body_is_an_object() {
    for body in [
        "[]",
        r#"[["https://app.example.org/cb"],"none"]"#,
        r#"[{"redirect_uris":["https://app.example.org/cb"]}]"#,
        r#""{}""#,
        "null",
        "true",
        "1",
    ] {
        let server = server(json!({}));
        let expected = ("invalid_request".to_owned(), "the body must be a JSON object".to_owned());
        assert_eq!(refusal(&server, post(&server, body)), expected, "{body}");
    }
}

/// Nothing is coerced and nothing has an alias.
#[test]
fn s_json_07_types_and_names_are_exact() {
    let metadata = "invalid_client_metadata";
    for (members, code, description) in [
        (json!({ "redirect_uris": REDIRECT }), "invalid_redirect_uri", "redirect_uris: must be an array"),
        (json!({ "redirect_uris": [null] }), "invalid_redirect_uri", "redirect_uris[0]: must be a string"),
        (json!({ "redirect_uris": { "0": REDIRECT } }), "invalid_redirect_uri", "redirect_uris: must be an"),
        (json!({ "redirectUris": [REDIRECT] }), "invalid_redirect_uri", "redirect_uris: must be given"),
        (json!({ "Redirect_URIs": [REDIRECT] }), "invalid_redirect_uri", "redirect_uris: must be given"),
        (
            json!({ "redirect_uris": [REDIRECT], "require_par": "true" }),
            metadata,
            "require_par: must be true",
        ),
        (json!({ "redirect_uris": [REDIRECT], "require_par": 1 }), metadata, "require_par: must be true"),
        (json!({ "redirect_uris": [REDIRECT], "scope": ["a"] }), metadata, "scope: must be a string"),
        (json!({ "redirect_uris": [REDIRECT], "jwks": "{}" }), metadata, "jwks: must be an object"),
        (json!({ "redirect_uris": [REDIRECT], "client_name": 1 }), metadata, "client_name: must be a string"),
    ] {
        let server = server(json!({}));
        let (own, text) = refusal(&server, server.register(members.clone()));
        assert_eq!(own, code, "{members}");
        assert!(text.starts_with(description), "{members}: {text}");
    }
}

/// A member, its limit, and members of a size.
type Limit<'l> = (&'l str, usize, &'l dyn Fn(usize) -> Value);

/// The limits that SECURITY.md lists, each at its value and one beyond.
#[test]
fn s_json_11_everything_has_a_limit() {
    let uris = |count: usize| (0..count).map(|at| format!("{REDIRECT}/{at}")).collect::<Vec<_>>();
    let words = |count: usize| (0..count).map(|at| format!("w{at}")).collect::<Vec<_>>();
    let long = |length: usize| "a".repeat(length);
    let limits: [Limit<'_>; 14] = [
        ("redirect_uris", 20, &|count| json!({ "redirect_uris": uris(count) })),
        ("request_uris", 20, &|count| json!({ "request_uris": uris(count) })),
        ("post_logout_redirect_uris", 20, &|count| json!({ "post_logout_redirect_uris": uris(count) })),
        ("contacts", 10, &|count| json!({ "contacts": words(count) })),
        ("contacts", 254, &|length| json!({ "contacts": [long(length)] })),
        ("default_acr_values", 100, &|count| json!({ "default_acr_values": words(count) })),
        ("scope", 100, &|count| json!({ "scope": words(count).join(" ") })),
        ("client_name", 100, &|length| json!({ "client_name": long(length) })),
        ("software_id", 256, &|length| json!({ "software_id": long(length) })),
        ("default_acr_values", 8192, &|length| json!({ "default_acr_values": [long(length)] })),
        ("client_uri", 2000, &|length| json!({ "client_uri": format!("{REDIRECT}{}", long(length - 26)) })),
        (
            "request_uris",
            512,
            &|length| json!({ "request_uris": [format!("{REDIRECT}{}", long(length - 26))] }),
        ),
        ("", 50, &|count| {
            (0..count).map(|at| (format!("client_name#x-{at}"), json!("a"))).collect::<Value>()
        }),
        ("jwks", 50, &|count| {
            let key = jwks()["keys"][0].clone();
            let keys = (0..count).map(|at| with(key.clone(), json!({ "kid": at.to_string() })));
            json!({ "jwks": { "keys": keys.collect::<Vec<_>>() } })
        }),
    ];
    for (member, limit, of) in limits {
        let members = |size: usize| with(json!({ "redirect_uris": [REDIRECT] }), of(size));
        let server = server(json!({}));
        assert!(server.register(members(limit)).is_ok(), "{member} {limit}");
        let server = crate::support::server(json!({}));
        let (_, description) = refusal(&server, server.register(members(limit + 1)));
        assert!(description.starts_with(member), "{member}: {description}");
        assert!(description.contains(&limit.to_string()), "{member}: {description}");
    }
}

/// Where a profile keeps members that nobody knows, names that other software could trip over are not kept.
#[test]
fn s_json_12_names_that_mean_something_elsewhere_are_dropped() {
    let profile = profile(json!({ "unknown_members": "keep" }));
    let server = server_with(json!({}), MemoryClientStore::default(), |builder| builder.profile(profile));
    let (long, longer) = ("n".repeat(128), "n".repeat(129));
    let kept = ["x-vendor:a#b/c.d_e", &long];
    let dropped = [
        "__proto__",
        "constructor",
        "prototype",
        "$where",
        "a b",
        "a\"b",
        "a'b",
        "a<b",
        "n\u{e4}me",
        "a\u{0}b",
        "",
        &longer,
    ];
    let members: Value = kept.iter().chain(&dropped).map(|name| ((*name).to_owned(), json!("v"))).collect();
    let registration = server.registered(members);
    let record: Value = serde_json::from_str(registration.client().metadata_json()).unwrap();
    for name in kept {
        assert_eq!(record[name], "v", "{name}");
    }
    for name in dropped {
        assert_eq!(record.get(name), None, "{name:?}");
        assert_eq!(body(&registration).get(name), None, "{name:?}");
    }
}
