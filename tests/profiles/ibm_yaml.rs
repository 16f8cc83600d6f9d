//! IBM's stanza as it stands in `provider.yml`: real YAML, into the same profiles as its JSON twin.

use oauth_dcr::config::IbmDynamicRegistration;
use serde::Deserialize;

use crate::expect;

/// As much of `provider.yml` as registration needs. What else is in the file is the host's.
#[derive(Deserialize)]
struct Provider {
    #[serde(default)]
    dynamic_registration: IbmDynamicRegistration,
}

/// What a missing stanza means, as the documentation prints it.
const DEFAULTS: &str = r#"
definition:
  id: 1
  name: OIDC Definition
dynamic_registration:            # what a missing stanza means
  mappingrule_id: ""
  registration_endpoint_authentication:
    require_mtls: false
    require_bearer_token: false
    require_software_statement: false
    allow_custom_client_creds: false
  management_endpoint_authentication:
    require_mtls: false
    require_bearer_token: false
    require_software_statement: false
  registration_access_token:
    generate: false
    lifetime: 0
"#;

/// The first pattern of the documentation, with the two notations for lists.
const STATEMENT_AUTHORIZED: &str = r#"
dynamic_registration:
  software_statement_validation:
    jwks_uri: https://directory.example/jwks
    signing_algs:
    - ES256
  registration_endpoint_authentication: &statement
    require_software_statement: true
  management_endpoint_authentication: *statement
"#;

/// The second pattern.
const TOKEN_PROTECTED: &str = r#"
dynamic_registration:
  registration_endpoint_authentication: { require_bearer_token: true }
  management_endpoint_authentication: { require_bearer_token: true }
  registration_access_token:
    generate: true
    lifetime: 86400
    scopes: [cdr:registration]
"#;

fn read(yaml: &str) -> Result<IbmDynamicRegistration, String> {
    let provider = serde_saphyr::from_str::<Provider>(yaml);
    provider.map(|provider| provider.dynamic_registration).map_err(|error| error.to_string())
}

#[test]
fn a_stanza_of_yaml_is_the_profile_of_its_json() {
    for (name, yaml) in [
        ("missing", "definition: { id: 1 }"),
        ("missing", "dynamic_registration:"),
        ("missing", DEFAULTS),
        ("statement-authorized", STATEMENT_AUTHORIZED),
        ("token-protected", TOKEN_PROTECTED),
        ("fapi", "dynamic_registration: { recipe: FAPI_DEFAULT, mappingrule_id: dcr_rule }"),
    ] {
        let profile = read(yaml).unwrap().to_profile();
        let printed = serde_json::to_string_pretty(&profile).unwrap();
        expect(&format!("ibm-{name}.json"), &format!("{printed}\n"));
    }
}

#[test]
fn what_is_wrong_with_a_stanza_of_yaml_is_told() {
    for (yaml, problem) in [
        ("dynamic_registration: { recipe: FAPI_EU }", "recipe: "),
        (
            "dynamic_registration: { registration_endpoint_authentication: { require_mtls: yes please } }",
            "registration_endpoint_authentication.require_mtls: ",
        ),
        (
            "dynamic_registration: { registration_access_token: { lifetime: 1.5 } }",
            "registration_access_token.lifetime: ",
        ),
        ("dynamic_registration: { require_mtls: true }", "require_mtls: "),
    ] {
        let error = read(yaml).expect_err(problem);
        assert!(error.contains(problem), "{error}");
    }
}
