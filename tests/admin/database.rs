//! Commands over a database, one file each.

use std::path::Path;

use serde_json::{Value, json};

use crate::{Ended, run};

const REQUEST: &str = r#"{ "redirect_uris": ["https://app.example.org/cb"], "client_name": "First",
    "token_endpoint_auth_method": "client_secret_post" }"#;

/// A new database of this name.
struct Database(String);

impl Database {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("admin-{name}.sqlite"));
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
        }
        Self(format!("sqlite:{}", path.display()))
    }

    fn run(&self, arguments: &[&str], input: &str) -> Ended {
        run(&[arguments, &["--database", &self.0]].concat(), input)
    }

    #[track_caller]
    fn register(&self) -> Value {
        self.run(&["register", "-"], REQUEST).json(0)
    }
}

#[test]
fn a_client_is_registered_listed_shown_updated_and_deleted() {
    let database = Database::new("life");
    let registered = database.register();
    let text = |name: &str| registered[name].as_str().unwrap();
    let (id, token) = (text("client_id"), text("registration_access_token"));

    let list = database.run(&["list"], "").with(0);
    assert!(list.contains(id) && list.contains("First") && list.contains("active"), "{list}");
    let listed: Value = database.run(&["list", "--json"], "").json(0);
    assert_eq!((&listed["id"], &listed["metadata"]["client_name"]), (&json!(id), &json!("First")));

    // Neither secrets nor digests are shown.
    for arguments in [&["show", id][..], &["show", id, "--json"]] {
        let shown = database.run(arguments, "").with(0);
        assert!(shown.contains("https://app.example.org/cb"), "{shown}");
        assert!(
            !shown.contains("secret\"") && !shown.contains("digest") && !shown.contains(token),
            "{shown}"
        );
    }

    let update = json!({ "client_id": id, "redirect_uris": ["https://app.example.org/new"] }).to_string();
    let updated = database.run(&["update", id, "-", "--token", token], &update).json(0);
    assert_eq!(updated["redirect_uris"], json!(["https://app.example.org/new"]));
    let refused = database.run(&["update", id, "-", "--token", "-wrong"], &update).json(1);
    assert_eq!(refused["error"], "invalid_token");

    assert_eq!(database.run(&["delete", id], "").with(0), format!("{id} is deleted\n"));
    let gone = database.run(&["show", id], "");
    assert_eq!(gone.errors, format!("refused there is no client {id}\n"));
    gone.with(1);
    database.run(&["delete", id], "").with(1);
}

#[test]
fn what_is_refused_is_told_as_a_client_would_be() {
    let database = Database::new("refused");
    let answer = database.run(&["register", "-"], r#"{ "redirect_uris": ["http://a.example/"] }"#).json(1);
    assert_eq!(answer["error"], "invalid_redirect_uri");
    assert_eq!(database.run(&["list", "--json"], "").with(0), "");
}

#[test]
fn janssen_clients_come_in_and_go_out() {
    let database = Database::new("janssen");
    let document = |id: &str| {
        json!({
            "inum": id, "dn": format!("inum={id},ou=clients,o=jans"), "displayName": format!("Client {id}"),
            "clientIdIssuedAt": "2022-08-31T10:39:31.385Z", "redirectUris": ["https://client.example.org/cb"],
        })
    };
    let documents = json!([document("a"), document("b")]).to_string();
    assert_eq!(database.run(&["import-janssen", "-"], &documents).with(0), "2 clients stored\n");
    // Once is enough.
    let again = database.run(&["import-janssen", "-", "--json"], &documents).json(1);
    assert_eq!(again["stored"], 0);
    assert_eq!(again["faults"][0], json!({ "client": "a", "message": "the client id is taken" }));

    let exported = database.run(&["export-janssen"], "").json(0);
    assert_eq!(exported, json!([document("a"), document("b")]));
    assert_eq!(Database::new("empty").run(&["export-janssen"], "").json(0), json!([]));
}

#[test]
fn what_is_exported_is_imported_elsewhere() {
    let (from, to) = (Database::new("from"), Database::new("to"));
    let first = from.register();
    from.register();
    let exported = from.run(&["export"], "").with(0);
    assert_eq!(exported.lines().count(), 2);
    assert_eq!(to.run(&["import", "-"], &exported).with(0), "2 clients stored\n");
    assert_eq!(to.run(&["export"], "").with(0), exported);
    // The client goes on with its token.
    let (id, token) =
        (first["client_id"].as_str().unwrap(), first["registration_access_token"].as_str().unwrap());
    let update = json!({ "client_id": id, "redirect_uris": ["https://app.example.org/cb"] }).to_string();
    to.run(&["update", id, "-", "--token", token], &update).json(0);

    let faults = to.run(&["import", "-", "--json"], r#"[{ "id": "x" }]"#).json(1);
    assert_eq!(faults["faults"].as_array().unwrap().len(), 1);
}

#[test]
fn expired_clients_are_swept() {
    let database = Database::new("sweep");
    let documents = json!([
        { "inum": "old", "clientIdIssuedAt": "2022-08-31T10:39:31Z", "expirationDate": "2022-09-01T00:00:00Z" },
        { "inum": "new", "clientIdIssuedAt": "2022-08-31T10:39:31Z", "expirationDate": "9022-09-01T00:00:00Z" },
    ]);
    database.run(&["import-janssen", "-"], &documents.to_string()).with(0);
    assert_eq!(database.run(&["sweep", "--json"], "").json(0), json!({ "removed": 1 }));
    assert_eq!(database.run(&["list", "--json"], "").json(0)["id"], "new");
}

#[test]
fn initial_access_tokens_are_issued() {
    let database = Database::new("token");
    let issued = database.run(&["token", "issue", "acme", "--uses", "2", "--json"], "").json(0);
    assert_eq!(issued["name"], "acme");
    assert_eq!(issued["token"].as_str().unwrap().len(), 43);
    let plain = database.run(&["token", "issue", "other"], "").with(0);
    assert_eq!(plain.trim_end().len(), 43);
    // No two tokens share a name.
    let again = database.run(&["token", "issue", "acme"], "");
    assert!(again.errors.starts_with("error: "), "{}", again.errors);
    again.with(3);
}

#[test]
fn a_database_that_cannot_be_opened_ends_with_3() {
    let ended = run(&["list", "--database", "sqlite:/no/such/folder/clients.db"], "");
    assert!(ended.errors.starts_with("error: "), "{}", ended.errors);
    ended.with(3);
}
