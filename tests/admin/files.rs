//! Commands that need no database.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::{admin, run, run_with};

const GOOD: &str = r#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
const BAD: &str = r#"{ "redirect_uris": ["http://app.example.org/cb"], "contacts": "me" }"#;

#[test]
fn explain_says_what_would_become_of_a_request() {
    let text = run(&["explain", "-", "--profile", "oidc"], GOOD).with(0);
    assert!(text.starts_with("accepted under profile oidc\n"), "{text}");
    assert!(
        text.contains("\n  redirect_uris = [\"https://app.example.org/cb\"] (from the request)\n"),
        "{text}"
    );

    let text = run(&["explain", "-"], BAD).with(1);
    assert!(text.starts_with("refused under profile "), "{text}");
    assert!(
        text.contains("redirect_uris[0]: ") && text.contains("contacts: must be an array of strings"),
        "{text}"
    );

    // A configuration has its say.
    let closed =
        run(&["explain", "-", "--config", "examples/server/config/signed-requests.json", "--json"], GOOD);
    assert_eq!(closed.json(1)["verdict"], "refused");

    let explanation = run(&["explain", "-", "--json"], BAD).json(1);
    assert_eq!(explanation["verdict"], "refused");
    assert_eq!(explanation["answer"]["status"], 400);
}

/// Colours are for terminals: not for pipes, and nowhere with `NO_COLOR`.
#[test]
fn colours_are_for_terminals() {
    let escape = '\u{1b}';
    assert!(!run(&["explain", "-"], GOOD).with(0).contains(escape));
    let forced = || {
        let mut command = Command::new(admin());
        command.args(["explain", "-"]).env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
        command
    };
    let text = run_with(&mut forced(), GOOD).with(0);
    assert!(text.starts_with("\u{1b}[1m\u{1b}[32maccepted"), "{text:?}");
    assert!(text.contains("\u{1b}[32mmetadata  passed\u{1b}[0m"), "{text:?}");
    assert!(!run_with(forced().env("NO_COLOR", "1"), GOOD).with(0).contains(escape));
    // What a client sends colours nothing.
    let request = r#"{ "redirect_uris": ["https://app.example.org/cb"], "client_name": "x\u001b[31mred" }"#;
    assert!(!run_with(&mut forced(), request).with(1).contains("\u{1b}[31mred"));
}

#[test]
fn lint_finds_what_a_profile_makes_weaker() {
    let weak = r#"{ "dcr_profile": 1, "name": "weak", "extends": ["oidc"], "unknown_members": "keep" }"#;
    let lints = run(&["lint", "-", "--json"], weak).json(1);
    assert_eq!((&lints["profile"], &lints["problems"]), (&json!("weak"), &json!([])));
    assert!(!lints["lints"].as_array().unwrap().is_empty());
    let text = run(&["lint", "-"], weak).with(1);
    for lint in lints["lints"].as_array().unwrap() {
        assert!(text.contains(lint["id"].as_str().unwrap()), "{text}");
    }
    let ended = run(&["lint"], "");
    assert!(ended.errors.contains("either a file or --profile"), "{}", ended.errors);
    ended.with(2);
}

#[test]
fn check_config_prints_problems_warnings_and_the_profile() {
    let good =
        r#"{ "registrationEndpoint": "https://op.example/register", "dynamicRegistrationEnabled": "true" }"#;
    let text = run(&["check-config", "-"], good).with(0);
    assert!(text.contains("the configuration can be used\nit becomes the profile\n{"), "{text}");

    let none = r#"{ "registrationEndpoint": "https://op.example/register", "softwareStatementValidationType": "none" }"#;
    let checked = run(&["check-config", "-", "--json"], none).json(0);
    assert_eq!(checked["problems"], json!([]));
    assert_eq!(checked["profile"]["name"], "configuration");
    let warnings = checked["warnings"].as_array().unwrap();
    assert!(
        warnings.iter().any(|text| text.as_str().unwrap().starts_with("softwareStatementValidationType: "))
    );

    let text =
        run(&["check-config", "-"], r#"{ "registrationEndpoint": "http://op.example/register" }"#).with(1);
    assert!(text.starts_with("problem registrationEndpoint: "), "{text}");
    let text = run(&["check-config", "-"], r#"{ "maxMembers": "many" }"#).with(1);
    assert!(text.contains("problem must be an integer, not `many`"), "{text}");
}

#[test]
fn schemas_are_printed() {
    for (name, member) in [
        ("profile", "extends"),
        ("config", "dynamicRegistrationEnabled"),
        ("metadata", "redirect_uris"),
        ("janssen", "redirectUris"),
    ] {
        let schema = run(&["schema", name], "").json(0);
        assert!(schema["properties"][member].is_object(), "{name}");
    }
}

#[test]
fn janssen_clients_are_read_without_a_database() {
    let documents = r#"{ "entries": [
        { "inum": "a", "clientIdIssuedAt": "2022-08-31T10:39:31.385Z", "jwks": "broken" },
        { "inum": "b", "clientIdIssuedAt": "2022-08-31T10:39:31.385Z", "grantTypes": "code" }
    ] }"#;
    let text = run(&["import-janssen", "-"], documents).with(1);
    assert_eq!(
        text,
        "fault b: grantTypes: must be an array of strings and not a string\n\
         note a: jwks: is no key set, so the client has no keys\n\
         1 clients can be read; --database stores them\n"
    );
    let report = run(&["import-janssen", "tests/data/janssen_client.json", "--json"], "").json(0);
    assert_eq!((&report["readable"], &report["faults"]), (&json!(1), &json!([])));
}

#[test]
fn a_command_line_that_cannot_be_used_ends_with_2() {
    for arguments in [
        &["explain"][..],
        &["explain", "no/such/file"],
        &["explain", "-", "--profile", "no-such-preset"],
        &["schema", "clients"],
        &["list"],
        &["frobnicate"],
    ] {
        let ended = run(arguments, GOOD);
        assert!(ended.errors.starts_with("error: "), "{arguments:?}: {}", ended.errors);
        ended.with(2);
    }
    let ended = run(&["explain", "-", "--profile", "no-such-preset"], GOOD);
    assert_eq!(ended.errors, "error: `no-such-preset` is neither a preset nor a file\n");
}

#[test]
fn completions_know_the_commands() {
    let text = run(&["completions", "bash"], "").with(0);
    for word in ["check-config", "import-janssen", "--database"] {
        assert!(text.contains(word), "{word}");
    }
}

/// `admin schema profile | head` is in order: whoever stops reading has seen what they wanted.
#[test]
fn a_reader_may_leave() {
    for arguments in [["schema", "profile"], ["completions", "bash"]] {
        let mut command = Command::new(admin());
        let mut child =
            command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}
