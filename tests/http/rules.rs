//! What a registration must satisfy (RFC 7591 sections 2, 2.1 and 5), and how a refusal is worded.

use serde_json::{Value, json};

use crate::support::Server;

const URI: &str = "https://app.example.org/cb";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SAML_BEARER: &str = "urn:ietf:params:oauth:grant-type:saml2-bearer";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Refuses: R91-081, R91-083, R91-084
#[tokio::test]
async fn wrong_types_are_named() {
    let server = Server::start();
    let cases = [
        (json!({ "client_name": 1 }), "client_name: must be a string and not a number"),
        (json!({ "client_name": ["A"] }), "client_name: must be a string and not an array"),
        (
            json!({ "client_uri": {} }),
            "client_uri: must be a string holding an http or https URL and not an object",
        ),
        (json!({ "contacts": "a@b.example" }), "contacts: must be an array of strings and not a string"),
        (json!({ "contacts": ["a", null] }), "contacts[1]: must be a string and not null"),
        (json!({ "grant_types": { "a": 1 } }), "grant_types: must be an array of strings and not an object"),
        (json!({ "response_types": [["code"]] }), "response_types[0]: must be a string and not an array"),
        (json!({ "default_max_age": "3600" }), "default_max_age: must be an integer and not a string"),
        (
            json!({ "default_max_age": 1.5 }),
            "default_max_age: must be an integer and not a number that is not an integer",
        ),
        (json!({ "require_auth_time": "true" }), "require_auth_time: must be true or false and not a string"),
        (json!({ "require_auth_time": 1 }), "require_auth_time: must be true or false and not a number"),
        (json!({ "jwks": "{}" }), "jwks: must be an object and not a string"),
        (
            json!({ "scope": ["a"] }),
            "scope: must be a string of words separated by single spaces and not an array",
        ),
    ];
    for (mut metadata, description) in cases {
        metadata["redirect_uris"] = json!([URI]);
        println!("{metadata}");
        server.try_register(&metadata).await.assert_error(400, "invalid_client_metadata", description);
    }
    let text = "redirect_uris[0]: must be a string and not a number";
    server.try_register(&json!({ "redirect_uris": [1] })).await.assert_error(
        400,
        "invalid_redirect_uri",
        text,
    );
}

/// Every fault is told at once, the code is that of the first.
///
/// Refuses: R91-082, R91-084
#[tokio::test]
async fn all_faults_are_told_at_once() {
    let server = Server::start();
    let metadata =
        json!({ "client_name": 1, "redirect_uris": ["http://a.example/cb", URI, "https://a.example/#"] });
    let answer = server.try_register(&metadata).await;
    answer.assert_error(
        400,
        "invalid_client_metadata",
        "client_name: must be a string and not a number; redirect_uris[0]: must use https; \
         redirect_uris[2]: must not have a fragment",
    );
}

/// Refuses: R91-087, HTTP-017
#[tokio::test]
async fn s_err_04_descriptions_have_no_character_that_could_do_harm() {
    let server = Server::start();
    let nasty = "\"'\\/<b>\u{7f}\u{e9}\u{1f600}\r\nset-cookie: a=b";
    let long = vec![format!("http://{}.example/", "a".repeat(60)); 1];
    let faults: Vec<String> = (0..20).map(|index| format!("{}{index}", long[0])).collect();
    for metadata in [
        json!({ "redirect_uris": [URI], "grant_types": [nasty] }),
        json!({ "redirect_uris": [URI], "grant_types": ["x\"\\\u{e9}y"] }),
        json!({ "redirect_uris": [URI], "token_endpoint_auth_method": "x\"\\\u{e9}y" }),
        json!({ "redirect_uris": ["HTTPS://A.example/\"\\"] }),
        json!({ "redirect_uris": ["https://a.example/x/../y"] }),
        json!({ "redirect_uris": faults }),
        json!({ "redirect_uris": [URI], "client_name#de": 1, "client_name#x-\u{e9}": 2 }),
    ] {
        let answer = server.try_register(&metadata).await;
        assert_eq!(answer.status, 400, "{metadata}");
        let body = answer.json();
        for name in ["error", "error_description"] {
            let text = body[name].as_str().unwrap();
            let fits = |octet: u8| matches!(octet, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~');
            assert!((1..=1024).contains(&text.len()) && text.bytes().all(fits), "{text}");
        }
    }
    let duplicate = server.post("{\"a\\\"\\\\\\u00e9\": 1, \"a\\\"\\\\\\u00e9\": 2}").await;
    duplicate.assert_error(400, "invalid_request", "the body names the member `a'/?` twice");
}

/// Accepts: R91-020, R91-021
/// Refuses: R91-020, R91-021, R91-083
#[tokio::test]
async fn grants_with_a_redirection_need_redirection_uris() {
    let server = Server::start();
    for metadata in [
        json!({}),
        json!({ "grant_types": ["authorization_code"] }),
        json!({ "grant_types": ["implicit"], "response_types": ["token"] }),
        json!({ "grant_types": ["authorization_code", "client_credentials"] }),
    ] {
        let answer = server.try_register(&metadata).await;
        answer.assert_error(400, "invalid_redirect_uri", "redirect_uris: must be given");
        let mut empty = metadata;
        empty["redirect_uris"] = json!([]);
        let answer = server.try_register(&empty).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_redirect_uri")));
    }
    for grant in ["client_credentials", JWT_BEARER, DEVICE_CODE] {
        let body = server.register(json!({ "grant_types": [grant] })).await.body;
        assert_eq!(body["response_types"], json!([]), "{grant}");
        assert_eq!(body.get("redirect_uris"), None);
    }
}

/// Accepts: R91-022
/// Refuses: R91-022, R91-083
#[tokio::test]
async fn redirection_uris_are_safe_or_refused() {
    let server = Server::start();
    let web = |uri: &str| json!({ "application_type": "web", "redirect_uris": [uri] });
    let native = |uri: &str| json!({ "application_type": "native", "redirect_uris": [uri] });
    let accepted = [
        web(URI),
        web("https://app.example.org:8443/cb?a=b"),
        native("http://127.0.0.1/cb"),
        native("http://127.0.0.1:49152/cb"),
        native("http://[::1]:49152/cb"),
        native("http://localhost:49152/cb"),
        native("com.example.app:/cb"),
        native("https://app.example.org/claimed"),
    ];
    for metadata in accepted {
        let body = server.register(metadata.clone()).await.body;
        assert_eq!(body["redirect_uris"], metadata["redirect_uris"]);
    }
    let refused = [
        (web("http://app.example.org/cb"), "must use https"),
        (native("http://app.example.org/cb"), "must use https, or http on a loopback address"),
        (
            web("com.example.app:/cb"),
            "must use https because application_type is not native, so com.example.app is not taken",
        ),
        (web("https://app.example.org/cb#a"), "must not have a fragment"),
        (web("https://app.example.org/cb#"), "must not have a fragment"),
        (web("https://user@app.example.org/cb"), "must not have user information before its host"),
        (web("/cb"), "must be an absolute URI, beginning with a scheme in lower case"),
        (web("app.example.org/cb"), "must be an absolute URI, beginning with a scheme in lower case"),
        (web("https://*.example.org/cb"), "must not have a wildcard: it is compared exactly"),
        (web("https://app.example.org/a b"), "has a blank or a control character"),
        (web("https://app.example.org\\cb"), "has a character that no URI has: it must be percent-encoded"),
        (web("https://192.0.2.1/cb"), "must name a host and not an IP address"),
        (native("example:/cb"), "must use a scheme that is a reversed domain name, such as com.example.app"),
        (web("javascript:alert(1)"), "must not use the scheme javascript"),
        (native("data:text/html,x"), "must not use the scheme data"),
        (native("file:///etc/passwd"), "must not use the scheme file"),
        (native("JavaScript:alert(1)"), "must not use the scheme javascript"),
    ];
    for (metadata, message) in refused {
        println!("{metadata}");
        let answer = server.try_register(&metadata).await;
        answer.assert_error(400, "invalid_redirect_uri", &format!("redirect_uris[0]: {message}"));
    }
    // One that is bad is one too many.
    let mixed = json!({ "redirect_uris": [URI, "http://app.example.org/cb"] });
    let description = "redirect_uris[1]: must use https";
    server.try_register(&mixed).await.assert_error(400, "invalid_redirect_uri", description);
}

/// What was not sent is derived, and what was sent must fit together.
///
/// Accepts: R91-025, R91-026, R91-040, R91-042, R91-043
/// Refuses: R91-025, R91-026, R91-040, R91-042, R91-043
#[tokio::test]
async fn grant_types_and_response_types_fit_together() {
    let server = Server::start();
    let code = "authorization_code";
    // Sent grant types, sent response types, and what is registered of both.
    let accepted = [
        (None, None, json!([code]), json!(["code"])),
        (None, Some(json!(["code"])), json!([code]), json!(["code"])),
        (None, Some(json!(["token"])), json!(["implicit"]), json!(["token"])),
        (None, Some(json!(["id_token"])), json!(["implicit"]), json!(["id_token"])),
        (None, Some(json!(["code id_token"])), json!([code, "implicit"]), json!(["code id_token"])),
        (Some(json!([code])), None, json!([code]), json!(["code"])),
        (Some(json!([code, "refresh_token"])), None, json!([code, "refresh_token"]), json!(["code"])),
        (Some(json!(["implicit"])), Some(json!(["token"])), json!(["implicit"]), json!(["token"])),
        (
            Some(json!(["implicit"])),
            Some(json!(["token id_token"])),
            json!(["implicit"]),
            json!(["id_token token"]),
        ),
        (
            Some(json!([code, "implicit"])),
            Some(json!(["token code"])),
            json!([code, "implicit"]),
            json!(["code token"]),
        ),
        (
            Some(json!([code, "implicit"])),
            Some(json!(["token code id_token"])),
            json!([code, "implicit"]),
            json!(["code id_token token"]),
        ),
        (Some(json!(["client_credentials"])), None, json!(["client_credentials"]), json!([])),
        (Some(json!(["client_credentials"])), Some(json!([])), json!(["client_credentials"]), json!([])),
        (Some(json!([JWT_BEARER, SAML_BEARER])), None, json!([JWT_BEARER, SAML_BEARER]), json!([])),
    ];
    let metadata = |grants: &Option<Value>, responses: &Option<Value>| {
        let mut metadata = json!({ "redirect_uris": [URI] });
        if let Some(grants) = grants {
            metadata["grant_types"] = grants.clone();
        }
        if let Some(responses) = responses {
            metadata["response_types"] = responses.clone();
        }
        metadata
    };
    for (grants, responses, all_grants, all_responses) in accepted {
        let body = server.register(metadata(&grants, &responses)).await.body;
        assert_eq!((&body["grant_types"], &body["response_types"]), (&all_grants, &all_responses));
    }
    let refused = [
        (json!([code]), json!(["token"])),
        (json!([code]), json!(["id_token"])),
        (json!([code]), json!(["code id_token"])),
        (json!([code]), json!(["code token"])),
        (json!([code]), json!(["code", "id_token token"])),
        (json!(["implicit"]), json!(["code"])),
        (json!(["implicit"]), json!(["code id_token token"])),
        (json!(["client_credentials"]), json!(["code"])),
        (json!(["refresh_token"]), json!(["token"])),
        (json!([code]), json!(["magic"])),
        (json!(["magic"]), json!(["code"])),
        (json!([]), json!([])),
    ];
    for (grants, responses) in refused {
        let answer = server.try_register(&metadata(&Some(grants.clone()), &Some(responses.clone()))).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!("invalid_client_metadata")),
            "{grants} {responses}"
        );
    }
    // With the implicit grant there is no saying which response type is meant.
    let answer = server.try_register(&metadata(&Some(json!(["implicit"])), &None)).await;
    answer.assert_error(400, "invalid_client_metadata", "response_types: must be given");
}

/// Accepts: R91-031
/// Refuses: R91-031
#[tokio::test]
async fn keys_come_by_value_or_by_reference() {
    let server = Server::start();
    let keys = json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "use": "sig",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
    }] });
    let uri = "https://app.example.org/keys";
    let by_value = server.register(json!({ "redirect_uris": [URI], "jwks": keys })).await.body;
    assert_eq!((&by_value["jwks"], by_value.get("jwks_uri")), (&keys, None));
    let by_reference = server.register(json!({ "redirect_uris": [URI], "jwks_uri": uri })).await.body;
    assert_eq!((by_reference.get("jwks"), &by_reference["jwks_uri"]), (None, &json!(uri)));

    let both = server.try_register(&json!({ "redirect_uris": [URI], "jwks": keys, "jwks_uri": uri })).await;
    assert_eq!(
        (both.status, &both.json()["error"]),
        (400, &json!("invalid_client_metadata")),
        "{}",
        both.text()
    );
    for uri in ["http://app.example.org/keys", "keys", ""] {
        let answer = server.try_register(&json!({ "redirect_uris": [URI], "jwks_uri": uri })).await;
        // An empty text is a member that was left out.
        assert_eq!(answer.status, if uri.is_empty() { 201 } else { 400 }, "{uri}");
    }
}
