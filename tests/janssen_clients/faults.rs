//! Documents that are no clients: every fault by the name of its member, with what would be right.

use oauth_dcr::janssen::read;
use serde_json::{Value, json};

use crate::document;

#[track_caller]
fn refuses(document: &Value, message: &str) {
    assert_eq!(read(document).unwrap_err().to_string(), message);
}

#[test]
fn wrong_types_are_named() {
    let cases = [
        (
            json!({ "redirectUris": "https://a.example/" }),
            "redirectUris: must be an array of strings, each an absolute URI and not a string",
        ),
        (json!({ "contacts": ["a", 1] }), "contacts[1]: must be a string and not a number"),
        (json!({ "defaultMaxAge": "1" }), "defaultMaxAge: must be an integer and not a string"),
        (
            json!({ "attributes": { "requirePar": "true" } }),
            "attributes.requirePar: must be true or false and not a string",
        ),
        (
            json!({ "attributes": { "backchannelLogoutUri": ["a", "b"] } }),
            "attributes.backchannelLogoutUri: must be an array of one string",
        ),
        (json!({ "attributes": "none" }), "attributes: must be an object"),
        (json!({ "scopes": [1] }), "scopes: must be an array of strings"),
        (json!({ "displayName": "a\u{0}b" }), "displayName: has a control character"),
        (json!({ "trustedClient": "yes" }), "trustedClient: must be true or false"),
        (
            json!({ "expirationDate": "tomorrow" }),
            "expirationDate: must be a time such as `2022-08-31T10:39:31.385Z` and not `tomorrow`",
        ),
        (json!({ "clientSecret": 1 }), "clientSecret: must be a string"),
        (json!({ "registrationAccessToken": [] }), "registrationAccessToken: must be a string"),
        (json!({ "customAttributes": [{}] }), "customAttributes: must be an array of objects with a `name`"),
        (json!({ "inum": "two words" }), "inum: must be a string of 1 to 256 visible ASCII characters"),
        (json!({ "oauthDcr": [] }), "oauthDcr: must be an object"),
        (
            json!({ "oauthDcr": { "metadata": { "grant_types": 1 } } }),
            "grantTypes: must be an array of strings and not a number",
        ),
        (
            json!({ "oauthDcr": { "state": "asleep" } }),
            "oauthDcr: unknown variant `asleep`, expected one of `active`, `pending`, `suspended`",
        ),
    ];
    for (members, message) in cases {
        refuses(&document(members), message);
    }
}

#[test]
fn all_faults_are_told_at_once() {
    refuses(
        &json!({ "clientIdIssuedAt": true, "grantTypes": {}, "disabled": 0 }),
        "clientIdIssuedAt: must be a time such as `2022-08-31T10:39:31.385Z` and not true; \
         disabled: must be true or false; grantTypes: must be an array of strings and not an object; inum: is missing",
    );
    refuses(&json!({}), "inum: is missing; clientIdIssuedAt: is missing");
    refuses(&json!([]), "the document must be a JSON object");
}
