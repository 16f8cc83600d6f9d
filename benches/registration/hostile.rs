//! Requests of shapes that would cost a careless reader the square of their size.

use std::fmt::Write;

use oauth_dcr::{MemoryClientStore, Profile, Registrar, RegistrarConfig};
use serde_json::json;

/// A shape, and how many of its parts make a small request.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) count: usize,
    /// Whether the request is registered; refusing must not cost more either.
    pub(crate) is_taken: bool,
    pub(crate) body: fn(usize) -> String,
}

/// A server without the limits that keep such requests small.
pub(crate) fn registrar() -> Registrar {
    let most = 1_000_000;
    let config: RegistrarConfig = serde_json::from_value(json!({
        "registrationEndpoint": "https://op.example.com/register", "dynamicRegistrationEnabled": true,
        "maxBodyBytes": 100 * most, "maxMembers": most, "maxJsonDepth": 120,
        "dynamicRegistrationCustomAttributes": ["custom"],
    }))
    .unwrap();
    let profile: Profile = serde_json::from_value(json!({
        "dcr_profile": 1, "name": "without limits", "extends": ["oidc"], "unknown_members": "keep",
        "redirect_uris": { "max_items": most }, "keys": { "max_items": most },
        "metadata": {
            "redirect_uris": { "max_items": most }, "default_acr_values": { "max_items": most },
            "software_id": { "max_length": 100 * most },
        },
    }))
    .unwrap();
    Registrar::builder(config, MemoryClientStore::default()).profile(profile).build().unwrap()
}

const REDIRECT: &str = r#""redirect_uris":["https://client.example/cb"]"#;

pub(crate) const SHAPES: &[Shape] = &[
    Shape {
        name: "unknown members",
        count: 400,
        is_taken: true,
        body: |count| object(count, |at| format!(r#""m{at}":1"#)),
    },
    Shape {
        name: "unknown members with names that differ at their ends",
        count: 100,
        is_taken: true,
        body: |count| object(count, |at| format!(r#""{}{at:06}":1"#, "m".repeat(100))),
    },
    Shape {
        name: "redirection URIs",
        count: 200,
        is_taken: true,
        body: |count| {
            format!(r#"{{"redirect_uris":{}}}"#, list(count, |at| format!("https://client.example/{at:06}")))
        },
    },
    Shape {
        name: "bad redirection URIs",
        count: 200,
        is_taken: false,
        body: |count| {
            format!(r#"{{"redirect_uris":{}}}"#, list(count, |at| format!("http://client.example/{at:06}")))
        },
    },
    Shape {
        name: "elements of a list",
        count: 500,
        is_taken: true,
        body: |count| {
            format!(r#"{{{REDIRECT},"default_acr_values":{}}}"#, list(count, |at| format!("{at:08}")))
        },
    },
    Shape {
        name: "one long text",
        count: 10_000,
        is_taken: true,
        body: |count| format!(r#"{{{REDIRECT},"software_id":"{}"}}"#, "a".repeat(count)),
    },
    Shape {
        name: "one long text of escapes",
        count: 5_000,
        is_taken: true,
        body: |count| format!(r#"{{{REDIRECT},"software_id":"{}"}}"#, "\\u00e9\\\"".repeat(count)),
    },
    Shape {
        name: "one long URI",
        count: 5_000,
        is_taken: false,
        body: |count| {
            format!(r#"{{"redirect_uris":["https://client.example/{}"]}}"#, "a/../%2e".repeat(count))
        },
    },
    Shape {
        name: "one long scope",
        count: 2_000,
        is_taken: false,
        body: |count| format!(r#"{{{REDIRECT},"scope":"{}a"}}"#, "a b ".repeat(count)),
    },
    Shape {
        name: "nesting as deep as it may be, again and again",
        count: 20,
        is_taken: true,
        body: |count| {
            let deep = format!("{}1{}", r#"[{"a":"#.repeat(50), "}]".repeat(50));
            format!(r#"{{{REDIRECT},"custom":[{}]}}"#, vec![deep.as_str(); count].join(","))
        },
    },
    Shape {
        name: "members of one object",
        count: 400,
        is_taken: true,
        body: |count| format!(r#"{{{REDIRECT},"custom":{}}}"#, object(count, |at| format!(r#""m{at}":"a""#))),
    },
    Shape {
        name: "names in languages",
        count: 100,
        is_taken: false,
        body: |count| object(count, |at| format!(r#""client_name#x-{at:06}":"a""#)),
    },
    Shape {
        name: "keys",
        count: 50,
        is_taken: true,
        body: |count| {
            let key = |at: usize| {
                format!(
                    r#"{{"kty":"EC","crv":"P-256","kid":"{at:06}","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}"#
                )
            };
            let keys: Vec<String> = (0..count).map(key).collect();
            format!(r#"{{{REDIRECT},"jwks":{{"keys":[{}]}}}}"#, keys.join(","))
        },
    },
];

/// An object with a redirection URI and so many more members.
fn object(count: usize, member: impl Fn(usize) -> String) -> String {
    let mut text = format!("{{{REDIRECT}");
    for at in 0..count {
        write!(text, ",{}", member(at)).unwrap();
    }
    text.push('}');
    text
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    let items: Vec<String> = (0..count).map(|at| format!("{:?}", item(at))).collect();
    format!("[{}]", items.join(","))
}
