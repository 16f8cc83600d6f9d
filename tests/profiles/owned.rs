//! A new profile needs a document and vectors, and no Rust: this one is none of the presets.

use oauth_dcr::testing::{ManualClock, StaticResolver, run};
use oauth_dcr::{MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig};
use serde_json::{Value, json};

/// A health network: apps of patients in the browser or on a phone, services of hospitals with keys of their own, which
/// live a year and say who answers for them.
const PROFILE: &str = r#"{
  "dcr_profile": 1,
  "name": "health-network",
  "title": "Apps of patients and services of hospitals",
  "extends": ["oidc"],
  "unknown_members": "reject",
  "metadata": {
    "client_name": { "presence": "required", "max_length": 60 },
    "contacts": { "presence": "required", "min_items": 1, "max_items": 3, "email": true },
    "facility_id": { "kind": "string", "max_length": 12, "on_update": "immutable", "spec": "network agreement 4.2" },
    "app_kind": { "kind": "string", "presence": "required", "one_of": ["patient", "service"], "spec": "network agreement 4.1" },
    "grant_types": { "subset_of": ["authorization_code", "refresh_token", "client_credentials"] },
    "token_endpoint_auth_method": { "one_of": ["none", "private_key_jwt"], "default": "none" },
    "subject_type": { "value": "pairwise" },
    "id_token_signed_response_alg": { "one_of": ["ES256"], "default": "ES256" },
    "scope": { "kind": "words" }
  },
  "rules": [
    { "id": "service-has-keys", "spec": "network agreement 5.1",
      "when": { "member": "app_kind", "equals": "service" },
      "metadata": {
        "token_endpoint_auth_method": { "one_of": ["private_key_jwt"] },
        "jwks_uri": { "presence": "required" },
        "facility_id": { "presence": "required" },
        "grant_types": { "subset_of": ["client_credentials"] } } },
    { "id": "patient-has-no-facility", "spec": "network agreement 5.2",
      "when": { "member": "app_kind", "equals": "patient" },
      "metadata": { "facility_id": { "presence": "forbidden" } } },
    { "id": "no-service-scope-for-patients", "member": "scope", "message": "is for services",
      "when": { "all": [ { "member": "app_kind", "equals": "patient" }, { "member": "scope", "contains_word": "system/*.read" } ] },
      "reject": "metadata" }
  ],
  "redirect_uris": { "private_use_schemes": true, "forbid_hosts": ["localhost"] },
  "lifecycle": { "ttl_s": 31536000 }
}"#;

const SECTOR: &str = "https://diary.example/sector";

/// A request and members of the answer (`null`: none), or the whole description of the refusal.
const VECTORS: &str = r#"[
  { "id": "a patient's app",
    "request": { "app_kind": "patient", "client_name": "Diary", "contacts": ["dev@diary.example"], "redirect_uris": ["https://diary.example/cb"] },
    "ok": { "token_endpoint_auth_method": "none", "subject_type": "pairwise", "id_token_signed_response_alg": "ES256",
            "client_secret": null, "app_kind": "patient", "facility_id": null } },
  { "id": "a phone",
    "request": { "app_kind": "patient", "client_name": "Diary", "contacts": ["dev@diary.example"], "application_type": "native",
                 "sector_identifier_uri": "https://diary.example/sector", "redirect_uris": ["example.diary.app:/cb"] },
    "ok": { "application_type": "native" } },
  { "id": "a service",
    "request": { "app_kind": "service", "client_name": "Ward", "contacts": ["it@ward.example"], "facility_id": "CH-0042",
                 "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
                 "jwks_uri": "https://ward.example/jwks", "scope": "system/*.read" },
    "ok": { "facility_id": "CH-0042", "grant_types": ["client_credentials"], "scope": "system/*.read" } },
  { "id": "the subject type is not the client's to choose",
    "request": { "app_kind": "patient", "client_name": "Diary", "contacts": ["dev@diary.example"], "subject_type": "public",
                 "redirect_uris": ["https://diary.example/cb"] },
    "ok": { "subject_type": "pairwise" } },
  { "id": "nobody answers for it",
    "request": { "app_kind": "patient", "client_name": "Diary", "redirect_uris": ["https://diary.example/cb"] },
    "err": "contacts: must be given" },
  { "id": "a facility's service without keys",
    "request": { "app_kind": "service", "client_name": "Ward", "contacts": ["it@ward.example"], "facility_id": "CH-0042",
                 "grant_types": ["client_credentials"] },
    "err": "token_endpoint_auth_method: must be one of private_key_jwt; jwks_uri: must be given" },
  { "id": "a patient's app of a facility",
    "request": { "app_kind": "patient", "client_name": "Diary", "contacts": ["dev@diary.example"], "facility_id": "CH-0042",
                 "redirect_uris": ["https://diary.example/cb"] },
    "err": "facility_id: must not be given" },
  { "id": "a patient's app that asks for everybody",
    "request": { "app_kind": "patient", "client_name": "Diary", "contacts": ["dev@diary.example"], "scope": "openid system/*.read",
                 "redirect_uris": ["https://diary.example/cb"] },
    "err": "scope: is for services" },
  { "id": "another kind",
    "request": { "app_kind": "insurer", "client_name": "Diary", "contacts": ["dev@diary.example"], "redirect_uris": ["https://diary.example/cb"] },
    "err": "app_kind: must be one of patient, service" },
  { "id": "a member nobody declared",
    "request": { "app_kind": "patient", "client_name": "Diary", "contacts": ["dev@diary.example"], "redirect_uris": ["https://diary.example/cb"],
                 "app_color": "green" },
    "err": "app_color: is not a member that this server knows" },
  { "id": "an address on this machine",
    "request": { "app_kind": "patient", "client_name": "Diary", "contacts": ["dev@diary.example"], "application_type": "native",
                 "redirect_uris": ["http://localhost/cb"] },
    "err": "redirect_uris[0]: must not be on the host localhost" }
]"#;

#[test]
fn a_profile_that_is_no_preset_needs_no_rust() {
    let profile: Profile = serde_json::from_str(PROFILE).unwrap();
    assert_eq!(Profile::preset(&profile.name), None);
    assert_eq!(profile.lint(), []);
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    let registrar = Registrar::builder(config, MemoryClientStore::default())
        .profile(profile)
        .jwks_resolver(StaticResolver::new().with(SECTOR, json!(["example.diary.app:/cb"])))
        .clock(ManualClock::new())
        .build()
        .unwrap();
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    let mut differences = Vec::new();
    for vector in &vectors {
        let (id, body) = (&vector["id"], vector["request"].to_string());
        let result = run(registrar.register(RegisterRequest::from_body(body.as_bytes())));
        match (&vector["err"], result) {
            (Value::String(expected), Err(error)) => {
                let answer: Value = serde_json::from_str(&registrar.wire_error(&error).body).unwrap();
                if answer["error_description"] != **expected {
                    differences.push(format!("{id}: {}", answer["error_description"]));
                }
            }
            (Value::Null, Ok(registration)) => {
                let lifetime = registration.client().expires_at().unwrap() - ManualClock::START;
                assert_eq!(lifetime.whole_seconds(), 31_536_000, "{id}");
                let answer: Value = serde_json::from_str(registration.body()).unwrap();
                for (name, expected) in vector["ok"].as_object().unwrap() {
                    assert_eq!(answer.get(name).unwrap_or(&Value::Null), expected, "{id}: {name}");
                }
            }
            (expected, result) => {
                differences.push(format!("{id}: expected {expected}, and it was {result:?}"))
            }
        }
    }
    assert_eq!(differences, [""; 0]);
}
