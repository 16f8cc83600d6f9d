//! JSON Schema of what people write, held against what is read.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::path::PathBuf;

use jsonschema::Validator;
use oauth_dcr::metadata::{Group, fields};
use oauth_dcr::{ClientMetadata, Profile, RegistrarConfig, janssen, schema};
use serde_json::{Value, json};

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).unwrap()
}

#[track_caller]
fn accepts(schema: &Validator, value: &Value) {
    let faults: Vec<String> =
        schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:?} in {value}");
}

/// Refused at one place, by the schema and by the reader.
#[track_caller]
fn refuses<T: serde::de::DeserializeOwned>(schema: &Validator, value: &Value, place: &str) {
    let places: Vec<String> =
        schema.iter_errors(value).map(|error| error.instance_path().to_string()).collect();
    assert_eq!(places, [place], "{value}");
    assert!(serde_json::from_value::<T>(value.clone()).is_err(), "{value} is read");
}

/// The texts themselves, before anything was read.
fn presets() -> Vec<(PathBuf, Value)> {
    files("src/profile/presets")
}

fn files(folder: &str) -> Vec<(PathBuf, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let jsons = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    jsons.map(|path| (path.clone(), serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())).collect()
}

#[test]
fn every_preset_is_a_profile() {
    let schema = validator(&schema::profile());
    let presets = presets();
    assert_eq!(presets.len(), Profile::presets().count());
    for (path, preset) in presets {
        eprintln!("{}", path.display());
        accepts(&schema, &preset);
    }
    // Composed ones have everything that the others may have.
    for name in Profile::presets() {
        let composed = Profile::preset(name).unwrap().compose().unwrap();
        accepts(&schema, &serde_json::to_value(composed).unwrap());
    }
}

#[test]
fn what_is_no_profile_is_refused() {
    let schema = validator(&schema::profile());
    let profile = |members: Value| {
        let mut profile = json!({ "dcr_profile": 1, "name": "bank" });
        profile.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        profile
    };
    accepts(
        &schema,
        &profile(json!({ "metadata": { "contacts": { "presence": "required", "default": null } } })),
    );
    for (members, place) in [
        (json!({ "extends": "oidc" }), "/extends"),
        (json!({ "metdata": {} }), ""),
        (json!({ "metadata": { "contacts": { "min_items": -1 } } }), "/metadata/contacts/min_items"),
        (json!({ "metadata": { "contacts": { "kind": "text" } } }), "/metadata/contacts/kind"),
        (json!({ "access": { "replace": {} } }), "/access"),
        (json!({ "hooks": [{ "name": "x" }] }), "/hooks/0"),
    ] {
        refuses::<Profile>(&schema, &profile(members), place);
    }
}

#[test]
fn every_shipped_configuration_is_one() {
    let schema = validator(&schema::registrar_config());
    let configs = files("examples/server/config");
    assert!(configs.len() >= 9);
    for (path, config) in configs.into_iter().chain(files("examples/server")) {
        eprintln!("{}", path.display());
        accepts(&schema, &config);
    }
}

/// Types as administrators write them.
#[test]
fn a_configuration_may_be_written_as_it_may_be_read() {
    let schema = validator(&schema::registrar_config());
    for config in [
        json!({ "dynamicRegistrationEnabled": "TRUE", "maxBodyBytes": " 12 ", "issuer": null, "featureFlags": null }),
        json!({ "dynamicRegistrationExpirationTime": "-1", "enableClientGrantTypeUpdate": "" }),
        json!({ "responseTypesSupported": ["code id_token", ["code", "token"]], "reading": "Lenient" }),
        json!({ "trustedSsaIssuers": { "https://a.example": null }, "dcrIssuers": ["https://b.example"] }),
        json!({ "scopes": ["openid", { "id": "profile", "default": "true" }], "somethingOfJanssen": [] }),
        json!({ "softwareStatementValidationType": "BUILTIN", "dcrSignatureValidationJwks": "{\"keys\":[]}" }),
        json!({ "dcrSsaValidationConfigs": [{ "id": "1", "type": "SSA", "shared_secret": "x", "scope": ["a"] }] }),
    ] {
        accepts(&schema, &config);
        serde_json::from_value::<RegistrarConfig>(config).unwrap();
    }
    for (config, place) in [
        (json!({ "dynamicRegistrationEnabled": "yes" }), "/dynamicRegistrationEnabled"),
        (json!({ "dynamicRegistrationEnabled": 1 }), "/dynamicRegistrationEnabled"),
        (json!({ "maxMembers": "many" }), "/maxMembers"),
        (json!({ "reading": "loose" }), "/reading"),
        (json!({ "clientWhiteList": "*" }), "/clientWhiteList"),
        (json!({ "grantTypesSupported": "code" }), "/grantTypesSupported"),
        (json!({ "dcrSsaValidationConfigs": [{ "type": "none" }] }), "/dcrSsaValidationConfigs/0/type"),
        (json!({ "trustedSsaIssuers": 1 }), "/trustedSsaIssuers"),
    ] {
        refuses::<RegistrarConfig>(&schema, &config, place);
    }
}

#[test]
fn every_row_of_the_field_table_is_in_the_schema_of_metadata() {
    let schema = schema::client_metadata();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.len(), fields::TABLE.len());
    for row in fields::TABLE {
        let property = &properties[row.name];
        let description = property["description"].as_str().unwrap();
        assert!(description.ends_with(&format!("Source: {}.", row.spec)), "{description}");
        let is_set_by_the_server = matches!(row.group, Group::Server | Group::HostOnly);
        assert_eq!(property.get("readOnly").is_some(), is_set_by_the_server, "{}", row.name);
        let variant = schema["patternProperties"].get(format!("^{}#.+$", row.name));
        assert_eq!(variant.is_some(), row.localized, "{}", row.name);
    }
    assert_eq!(
        properties["default_max_age"],
        json!({
            "type": "integer",
            "description": "How old a login may be, in seconds, unless a request says otherwise. Default: any age.\n\n\
                Not negative; 0 asks for a new login each time and is not the same as absent.\n\n\
                Source: OpenID Connect Registration 2.",
        })
    );
}

#[test]
fn metadata_is_what_is_read_as_metadata() {
    let schema = validator(&schema::client_metadata());
    for metadata in [
        json!({ "redirect_uris": ["https://client.example.org/cb"], "client_name": "My Example", "client_name#fr": "Mon Exemple" }),
        json!({ "jwks": { "keys": [] }, "scope": "openid email", "default_max_age": 0, "require_par": true }),
        json!({ "jwks_uri": "https://client.example.org/keys", "somebody_elses": [1, {}] }),
    ] {
        accepts(&schema, &metadata);
        ClientMetadata::from_json(&metadata.to_string()).unwrap();
    }
    for (metadata, place) in [
        (json!({ "redirect_uris": "https://client.example.org/cb" }), "/redirect_uris"),
        (json!({ "contacts": ["a", 1] }), "/contacts/1"),
        (json!({ "client_name#fr": 1 }), "/client_name#fr"),
        (json!({ "default_max_age": "0" }), "/default_max_age"),
        (json!({ "require_par": "true" }), "/require_par"),
        (json!({ "jwks": [] }), "/jwks"),
    ] {
        let places: Vec<String> =
            schema.iter_errors(&metadata).map(|error| error.instance_path().to_string()).collect();
        assert_eq!(places, [place], "{metadata}");
        assert!(ClientMetadata::from_json(&metadata.to_string()).is_err(), "{metadata} is read");
    }
}

/// The document that Janssen's documentation prints, and what is written.
#[test]
fn janssens_own_document_is_in_the_schema_of_clients() {
    let own = schema::janssen_client();
    let schema = validator(&own);
    let printed: Value = serde_json::from_str(include_str!("data/janssen_client.json")).unwrap();
    accepts(&schema, &printed);
    accepts(&schema, &janssen::write(&janssen::read(&printed).unwrap()));
    for (section, printed) in [(&own, &printed), (&own["properties"]["attributes"], &printed["attributes"])] {
        let names = section["properties"].as_object().unwrap();
        let missing: Vec<&String> =
            printed.as_object().unwrap().keys().filter(|name| !names.contains_key(*name)).collect();
        assert_eq!(missing, Vec::<&String>::new());
    }
    // The types of every member of it, changed one by one.
    for (name, value) in printed.as_object().unwrap() {
        let mut changed = printed.clone();
        changed[name] = match value {
            Value::Object(_) | Value::Array(_) => 1.into(),
            _ => json!({ "not": "this" }),
        };
        // A key set may be an object, though it is printed as a text.
        if name != "jwks" {
            assert!(!schema.is_valid(&changed), "{name}: {}", changed[name]);
        }
    }
    for missing in ["inum", "clientIdIssuedAt"] {
        let mut changed = printed.clone();
        changed.as_object_mut().unwrap().remove(missing);
        assert!(!schema.is_valid(&changed));
    }
}

/// A sentence of the documentation, and no link that only rustdoc can follow.
#[test]
fn everything_is_described() {
    fn look(schema: &Value, place: &str, problems: &mut Vec<String>) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                // A tag, which says which one of several forms it is, is described by the form.
                if property.get("description").is_none() && property.get("const").is_none() {
                    problems.push(format!("{place}.{name}: no description"));
                }
            }
        }
        match schema {
            Value::Object(members) => {
                for (name, member) in members {
                    if name == "description"
                        && member.as_str().is_some_and(|text| text.contains("](") || text.contains("[`"))
                    {
                        problems.push(format!("{place}: {member}"));
                    }
                    look(member, &format!("{place}.{name}"), problems);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, place, problems)),
            _ => {}
        }
    }
    for schema in
        [schema::profile(), schema::registrar_config(), schema::client_metadata(), schema::janssen_client()]
    {
        let mut problems = Vec::new();
        look(&schema, "", &mut problems);
        assert_eq!(problems, Vec::<String>::new());
        assert!(schema["title"].is_string());
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}
