//! What the fuzz targets found (`scripts/fuzz`), as the shortest input that showed it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use oauth_dcr::metadata::fields;
use oauth_dcr::testing::run;
use oauth_dcr::{
    Client, ClientDirectory, ClientMetadata, ClientStore, MemoryClientStore, Profile, RegisterRequest,
    Registrar, RegistrarConfig, SqlClientStore, Sweep,
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

fn config() -> RegistrarConfig {
    RegistrarConfig::new("https://op.example/register".parse().unwrap())
}

/// What is registered, or the description of the refusal.
fn answer(registrar: &Registrar, body: &Value) -> Result<Value, String> {
    let body = body.to_string();
    match run(registrar.register(RegisterRequest::from_body(body.as_bytes()))) {
        Ok(registration) => Ok(serde_json::from_str(registration.body()).unwrap()),
        Err(error) => {
            let answer: Value = serde_json::from_str(&registrar.wire_error(&error).body).unwrap();
            Err(answer["error_description"].as_str().unwrap().to_owned())
        }
    }
}

/// Target `request`: faults that leave no room for one more made a description of 1025 characters.
#[test]
fn a_description_that_is_cut_has_1024_characters() {
    let registrar = Registrar::builder(config(), MemoryClientStore::default()).build().unwrap();
    let mut longest = 0;
    // So many faults, and without one of them, that every length before the cut is there.
    for first in 0..fields::TABLE.len() - 20 {
        for left_out in 1..16 {
            let rows = fields::TABLE.iter().enumerate().skip(first).filter(|(at, _)| *at != first + left_out);
            let body: Map<String, Value> = rows.map(|(_, row)| (row.name.to_owned(), json!({}))).collect();
            let body = Value::Object(body).to_string();
            let error = run(registrar.register(RegisterRequest::from_body(body.as_bytes()))).unwrap_err();
            let answer: Value = serde_json::from_str(&registrar.wire_error(&error).body).unwrap();
            longest = longest.max(answer["error_description"].as_str().unwrap().len());
        }
    }
    assert_eq!(longest, 1024);
}

/// Target `profile`: a refusal could have the status of a success, or none that there is.
#[test]
fn the_answers_of_a_profile_are_answers() {
    let problems = |parts: Value| {
        let mut profile = json!({ "dcr_profile": 1, "name": "odd", "extends": ["standard"] });
        profile.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        let profile: Profile = serde_json::from_value(profile).unwrap();
        profile.compose().unwrap().problems()
    };
    let error = |error: &str, status: u16| {
        problems(json!({ "errors": { "mtls": { "error": error, "status": status } } }))
    };
    for status in [400, 401, 499] {
        assert_eq!(error("invalid_client", status), [""; 0]);
    }
    for status in [0, 200, 399, 500, 806] {
        let message = "`errors.mtls`: the status of a refusal must be from 400 to 499";
        assert_eq!(error("invalid_client", status), [message]);
    }
    for code in ["", "a\"b", "a\\b", "é", "a\nb"] {
        let message = "`errors.mtls`: `error` must be printable ASCII without quotes and backslashes";
        assert_eq!(error(code, 400), [message]);
    }
    for name in ["create_status", "upsert_status"] {
        assert_eq!(problems(json!({ "response": { name: 299 } })), [""; 0]);
        for status in [0, 199, 300, 401, 65535] {
            let message = format!("`response.{name}`: must be from 200 to 299");
            assert_eq!(problems(json!({ "response": { name: status } })), [message]);
        }
    }
}

/// Target `client`: a number of a member that no row has lost its last digit with each reading.
#[test]
fn numbers_come_back_as_they_were() {
    let text = r#"{"x_number":111111111111111.11111111111111111111}"#;
    let once = ClientMetadata::from_json(text).unwrap().to_json();
    let twice = ClientMetadata::from_json(&once).unwrap().to_json();
    assert_eq!(once, r#"{"x_number":111111111111111.11}"#);
    assert_eq!(twice, once);
}

/// Target `client`: a member that no row has was kept as null, which is left out everywhere else.
#[test]
fn what_is_null_is_left_out() {
    let metadata = ClientMetadata::from_json(r#"{"vendor":null,"client_uri":null,"tier":"gold"}"#).unwrap();
    assert_eq!(metadata.to_json(), r#"{"tier":"gold"}"#);
}

/// Target `client`: metadata with one language twice was read, and was not equal to itself.
#[test]
fn a_language_is_there_once() {
    let error = ClientMetadata::from_json(r#"{"client_name#fr":"a","client_name#fR":"b"}"#).unwrap_err();
    let message = "is there twice: language tags are compared without regard to case";
    assert_eq!(error.violations.len(), 1);
    assert_eq!((&*error.violations[0].field, &*error.violations[0].message), ("client_name#fR", message));
}

/// Target `subject_dn`: a value that is no UTF-8 was registered as the encoding of another one.
#[test]
fn a_name_with_a_value_that_is_no_text_stays_as_it_was_sent() {
    let profile = json!({ "dcr_profile": 1, "name": "names", "extends": ["standard"], "hooks": [
        { "stage": "after_policy", "name": "normalize_subject_dn" }
    ] });
    let profile: Profile = serde_json::from_value(profile).unwrap();
    let builder = Registrar::builder(config(), MemoryClientStore::default()).profile(profile);
    let name = r"2.59.4=7.\c0#01";
    let body = json!({
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "tls_client_auth",
        "tls_client_auth_subject_dn": name,
    });
    let registration =
        run(builder.build().unwrap().register(RegisterRequest::from_body(body.to_string().as_bytes())))
            .unwrap();
    let answer: Value = serde_json::from_str(registration.body()).unwrap();
    assert_eq!(answer["tls_client_auth_subject_dn"], name);
}

/// Target `subject_dn`: a name was registered in a spelling so long that it was refused when it came back.
#[test]
fn a_name_is_refused_whose_registered_spelling_is_too_long() {
    let profile = json!({ "dcr_profile": 1, "name": "names", "extends": ["standard"], "hooks": [
        { "stage": "after_policy", "name": "normalize_subject_dn",
          "config": { "short_names": "rfc4514", "others": "oid_hex" } }
    ] });
    let profile: Profile = serde_json::from_value(profile).unwrap();
    let registrar =
        Registrar::builder(config(), MemoryClientStore::default()).profile(profile).build().unwrap();
    // Each becomes `1.2.840.113549.1.9.1=#0c0131`, of 28 characters.
    let registered = |count: usize| {
        let name = vec!["E=1"; count].join(",");
        answer(
            &registrar,
            &json!({
                "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "tls_client_auth",
                "tls_client_auth_subject_dn": name,
            }),
        )
    };
    let answer = registered(282).unwrap();
    assert_eq!(answer["tls_client_auth_subject_dn"].as_str().unwrap().len(), 282 * 29 - 1);
    assert_eq!(
        registered(283).unwrap_err(),
        "tls_client_auth_subject_dn: must have at most 8192 characters in the spelling that is registered"
    );
}

/// A list that a rule adds to has as many items as it may have, or the client could not send it back.
#[test]
fn a_list_that_is_added_to_is_not_too_long() {
    let profile = json!({ "dcr_profile": 1, "name": "added", "extends": ["standard"], "metadata": {
        "contacts": { "add": ["desk@op.example"] }
    } });
    let profile: Profile = serde_json::from_value(profile).unwrap();
    let registrar =
        Registrar::builder(config(), MemoryClientStore::default()).profile(profile).build().unwrap();
    let registered = |count: usize| {
        let contacts: Vec<String> = (0..count).map(|at| format!("c{at}@app.example")).collect();
        answer(&registrar, &json!({ "redirect_uris": ["https://app.example/cb"], "contacts": contacts }))
    };
    assert_eq!(registered(9).unwrap()["contacts"].as_array().unwrap().len(), 10);
    assert_eq!(registered(10).unwrap_err(), "contacts: must have at most 10 elements");
}

/// Target `sql_store`: a client that was issued later than any year of four digits counted as unused since 1970 in memory.
#[tokio::test]
async fn clients_of_a_distant_future_are_not_swept() {
    let client: Client = serde_json::from_value(json!({
        "id": "distant", "metadata": {}, "issued_at": 9_007_199_254_740_993_i64,
        "provenance": { "profile": "standard" }, "revision": 1,
    }))
    .unwrap();
    let due = Sweep::new(OffsetDateTime::UNIX_EPOCH).with_unused_before(OffsetDateTime::UNIX_EPOCH);
    let memory = MemoryClientStore::default();
    memory.insert(&client).await.unwrap();
    assert_eq!(memory.sweep(&due, 10).await.unwrap(), []);
    let sql = SqlClientStore::connect("sqlite::memory:").await.unwrap();
    sql.insert(&client).await.unwrap();
    assert_eq!(sql.sweep(&due, 10).await.unwrap(), []);
}
