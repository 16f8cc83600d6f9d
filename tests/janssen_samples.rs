//! The requests and the answer that Janssen's documentation prints for its registration endpoint, at the address that
//! it prints. The samples of statements and of signed requests are in `statements/samples.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod support;

use http::Request;
use http_body_util::Full;
use oauth_dcr::RegistrationEndpoint;
use oauth_dcr::testing::run;
use serde_json::{Value, json};

use crate::support::{Answer, endpoint};

const ADDRESS: &str = "https://my.jans.server/jans-auth/restv1/register";

/// The answer to the minimal request, with the form of `backchannel_logout_uri` that the later edition has.
fn printed_answer() -> Value {
    json!({
        "allow_spontaneous_scopes": false,
        "application_type": "web",
        "rpt_as_jwt": false,
        "registration_client_uri":
            "https://my.jans.server/jans-auth/restv1/register?client_id=85192707-a38c-496c-806c-ef01a6a3ae4a",
        "tls_client_auth_subject_dn": "",
        "run_introspection_script_before_jwt_creation": false,
        "registration_access_token": "eaee20de-54ce-4217-b960-6b72b55e6cab",
        "client_id": "85192707-a38c-496c-806c-ef01a6a3ae4a",
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "profile work_phone openid uma_protection https://jans.io/auth/ssa.portal",
        "client_secret": "4148f812-92d6-4245-80e0-243524b3b6a4",
        "client_id_issued_at": 1_678_700_818,
        "backchannel_logout_uri": "",
        "backchannel_logout_session_required": false,
        "client_name": "my.jans.client",
        "par_lifetime": 600,
        "lifetime": 3600,
        "spontaneous_scopes": [],
        "id_token_signed_response_alg": "RS256",
        "access_token_as_jwt": false,
        "grant_types": ["authorization_code", "refresh_token"],
        "subject_type": "pairwise",
        "keep_client_authorization_after_expiration": false,
        "require_par": false,
        "redirect_uris": ["https://my.jans.client/page"],
        "redirect_uris_regex": "",
        "additional_audience": [],
        "frontchannel_logout_session_required": false,
        "client_secret_expires_at": 1_678_787_218,
        "access_token_signing_alg": "RS256",
        "response_types": ["code"],
    })
}

/// A server as the documentation configures it: a text where others have a boolean included.
fn janssen() -> RegistrationEndpoint {
    endpoint(
        json!({
            "registrationEndpoint": ADDRESS,
            "dynamicRegistrationEnabled": "true",
            "dynamicRegistrationExpirationTime": 86_400,
            "dynamicRegistrationScopesParamEnabled": true,
            "scopes": [{ "id": "profile", "default": true }, { "id": "openid", "default": true }, "test"],
        }),
        |builder| builder,
    )
}

fn post(endpoint: &RegistrationEndpoint, body: &str) -> Answer {
    let request = Request::builder().method("POST").uri(ADDRESS).header("content-type", "application/json");
    run(Answer::from(endpoint, request.body(Full::from(body.to_owned())).unwrap()))
}

#[track_caller]
fn registered(answer: &Answer) -> Value {
    answer.assert_well_formed();
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// "A minimal DCR request with only mandatory parameters": the answer has what the printed one has, as far as the
/// server sets it by itself.
#[test]
fn the_minimal_request() {
    let printed = printed_answer();
    let body = registered(&post(&janssen(), r#"{"redirect_uris": ["https://my.jans.client/page"]}"#));
    for name in
        ["application_type", "token_endpoint_auth_method", "id_token_signed_response_alg", "redirect_uris"]
    {
        assert_eq!(body[name], printed[name], "{name}");
    }
    assert_eq!(body["response_types"], json!(["code"]));
    assert_eq!(body["scope"], "profile openid");
    let address = format!("{ADDRESS}?client_id={}", body["client_id"].as_str().unwrap());
    assert_eq!(body["registration_client_uri"], address);
    for name in ["client_secret", "registration_access_token"] {
        assert!(body[name].is_string(), "{name}");
    }
    let issued = body["client_id_issued_at"].as_i64().unwrap();
    assert_eq!(body["client_secret_expires_at"], issued + 86_400);
}

/// "A typical DCR request" is no JSON as it is printed: the backslashes are the shell's, and a comma is missing.
#[test]
fn the_typical_request() {
    let printed = r#"{ \
                   "redirect_uris": ["https://client.example.org/cb"] \
               "client_id": "c3BhdRkqfX", \
               "client_secret": "bd136123eeffeef234235805d", \
               "grant_types": ["authorization_code", "refresh_token"], \
               "token_endpoint_auth_method": "client_secret_basic", \
               "jwks_uri": "https://client.example.org/my_public_keys.jwks", \
               "client_name": "My Example", \
               "client_name#fr": "Mon Exemple" \
         }"#;
    let server = janssen();
    post(&server, printed).assert_error(
        400,
        "invalid_request",
        "the body is not valid JSON (line 1, column 3)",
    );
    let without_shell = printed.replace('\\', "");
    let no_comma = "the body is not valid JSON (line 3, column 16)";
    post(&server, &without_shell).assert_error(400, "invalid_request", no_comma);

    let meant = without_shell.replace("cb\"]", "cb\"],");
    let body = registered(&post(&server, &meant));
    let meant: Value = serde_json::from_str(&meant).unwrap();
    for (name, value) in meant.as_object().unwrap() {
        // A client chooses neither its identifier nor its secret.
        assert_eq!(
            &body[name] == value,
            !["client_id", "client_secret"].contains(&&**name),
            "{name}: {body}"
        );
    }
    // The earlier edition lost its addresses in print.
    let lost = json!({ "redirect_uris": [""], "jwks_uri": "", "client_name": "My Example" });
    post(&server, &lost.to_string()).assert_error(
        400,
        "invalid_redirect_uri",
        "redirect_uris[0]: must not be empty",
    );
    let found = json!({ "redirect_uris": ["https://client.example.org/cb"], "jwks_uri": "" });
    assert_eq!(registered(&post(&server, &found.to_string())).get("jwks_uri"), None);
}

/// The printed answer is a request too, as for a client that copies another one: what is the server's or the
/// operator's is dropped, empty texts are as left out, all else is registered.
#[test]
fn the_printed_answer() {
    let printed = printed_answer();
    let body = registered(&post(&janssen(), &printed.to_string()));
    let issued = body["client_id_issued_at"].as_i64().unwrap();
    assert_eq!(body["client_secret_expires_at"], issued + 3600, "the lifetime that was asked for");
    for (name, value) in printed.as_object().unwrap() {
        match &**name {
            "client_id"
            | "client_secret"
            | "registration_access_token"
            | "registration_client_uri"
            | "client_id_issued_at"
            | "client_secret_expires_at" => assert_ne!(&body[name], value, "{name}"),
            "allow_spontaneous_scopes"
            | "spontaneous_scopes"
            | "keep_client_authorization_after_expiration"
            | "run_introspection_script_before_jwt_creation" => assert_eq!(body.get(name), None, "{name}"),
            "scope" => assert_eq!(body[name], "profile openid"),
            _ if value == "" => assert_eq!(body.get(name), None, "{name}"),
            _ => assert_eq!(&body[name], value, "{name}"),
        }
    }
    // The earlier edition prints a list, which no document has: it is a wrong type.
    let mut earlier = printed;
    earlier["backchannel_logout_uri"] = json!([]);
    let message = "backchannel_logout_uri: must be a string holding an absolute URI and not an array";
    post(&janssen(), &earlier.to_string()).assert_error(400, "invalid_client_metadata", message);
}

/// The names and values of the administration schema are not those of a request: nothing of it gets into a record.
#[test]
fn the_administration_schema() {
    let server = janssen();
    let schema = json!({
        "redirect_uris": ["https://client.example.org/cb"],
        "dn": "string", "inum": "string", "displayName": "string", "clientSecret": "string",
        "jwks": null, "scopes": ["read write dolphin"], "trustedClient": true, "disabled": true,
        "lastAccessTime": "2022-08-31T10:39:31.385Z", "persistClientAuthorizations": true,
        "includeClaimsInIdToken": true, "refreshTokenLifetime": 100_000_000, "accessTokenLifetime": 100_000_000,
        "customAttributes": [{ "name": "birthdate", "multiValued": true, "values": ["string"] }],
        "customObjectClasses": ["string"], "deletable": true, "expirationDate": "2122-08-31T10:39:31.385Z",
        "attributes": { "allowSpontaneousScopes": true, "ropcScripts": ["string"], "requirePar": true },
    });
    let names = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let plain = registered(&post(&server, r#"{"redirect_uris": ["https://client.example.org/cb"]}"#));
    assert_eq!(names(&registered(&post(&server, &schema.to_string()))), names(&plain));
    // The registered name has a hyphen where the schema has a plus sign.
    let message = "id_token_encrypted_response_enc: must be one of A128CBC-HS256";
    let enc = json!({
        "redirect_uris": ["https://client.example.org/cb"],
        "id_token_encrypted_response_alg": "dir", "id_token_encrypted_response_enc": "A128CBC+HS256",
    });
    let answer = post(&server, &enc.to_string());
    assert!(answer.json()["error_description"].as_str().unwrap().starts_with(message), "{}", answer.text());
}
