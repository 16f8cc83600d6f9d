//! Clients, as the operator sees them.

use serde_json::{Value, json};

use crate::administration::Administered;

fn enabled() -> Value {
    json!({ "dynamicRegistrationEnabled": true, "returnClientSecretOnRead": true })
}

#[tokio::test]
async fn clients_are_listed_page_by_page() {
    let own = Administered::start("pages", &enabled());
    assert_eq!(own.get("/clients").await.json(), json!({ "clients": [] }));
    let mut registered = Vec::new();
    for _ in 0..5 {
        registered.push(own.server.register_plain().await.id);
    }
    registered.sort_unstable();

    let (mut listed, mut pages, mut path) = (Vec::new(), 0, "/clients?limit=2".to_owned());
    loop {
        let page = own.get(&path).await.json();
        let clients = page["clients"].as_array().unwrap();
        listed.extend(clients.iter().map(|client| client["client_id"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/clients?limit=2&after={next}");
    }
    assert_eq!((listed, pages), (registered, 3));

    for (query, description) in [
        ("limit=many", "Failed to deserialize query string: limit: invalid digit found in string"),
        ("after=%20", "after: this is no client identifier"),
    ] {
        let answer = own.get(&format!("/clients?{query}")).await;
        let expected = json!({ "error": "invalid_request", "error_description": description });
        assert_eq!((answer.status, answer.json()), (400, expected));
    }
}

/// What is shown is good for looking at and for nothing else.
#[tokio::test]
async fn a_client_is_shown_without_what_it_is_known_by() {
    let own = Administered::start("shown", &enabled());
    let client = own
        .server
        .register(json!({ "redirect_uris": ["https://app.example.org/cb"], "client_name": "A" }))
        .await;
    let answer = own.get(&format!("/clients/{}", client.id)).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let shown = answer.json();
    assert_eq!(shown["client_id"], client.id);
    assert_eq!(shown["state"], "active");
    assert_eq!(shown["profile"], "standard");
    assert_eq!(shown["has_secret"], true);
    assert_eq!(shown["metadata"]["client_name"], "A");
    let secret = client.body["client_secret"].as_str().unwrap();
    for kept in [secret, &client.token, &oauth_dcr::TokenDigest::of(&client.token).to_text()] {
        assert!(!answer.text().contains(kept), "{}", answer.text());
    }

    for nobody in ["nobody", "%20"] {
        let answer = own.get(&format!("/clients/{nobody}")).await;
        let expected = json!({ "error": "not_found", "error_description": "there is no such client" });
        assert_eq!((answer.status, answer.json()), (404, expected));
    }
}

/// A statement vouches for whoever presents it: it is not shown, but for whose it is.
#[tokio::test]
async fn a_statement_is_not_shown() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/server/config");
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let own = Administered::start("statement", &serde_json::from_str(&read("statements.json")).unwrap());
    let metadata = json!({
        "redirect_uris": ["https://app.example.org/cb"],
        "software_statement": read("demo/statement.jwt").trim(),
    });
    let client = own.server.register(metadata).await;
    assert!(client.body["software_statement"].is_string());
    let shown = own.get(&format!("/clients/{}", client.id)).await.json();
    assert_eq!(shown["metadata"].get("software_statement"), None);
    assert_eq!(shown["statement_issuer"], "https://directory.demo.example");
}
