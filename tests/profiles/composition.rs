//! What comes out when profiles and configurations are laid over each other, as documents to read.

use oauth_dcr::{Profile, RegistrarConfig};
use serde_json::json;

use crate::expect;

fn printed(profile: &Profile) -> String {
    format!("{}\n", serde_json::to_string_pretty(profile).unwrap())
}

/// Each rule of composition once: presence, lists, limits, a rule in its parent's place, access as a whole, claims.
#[test]
fn a_child_laid_over_its_parents() {
    let child: Profile = serde_json::from_value(json!({
        "dcr_profile": 1, "name": "bank", "extends": ["fapi2-security", "mcp-dcr"],
        "request": { "max_bytes": 1_000_000 },
        "metadata": {
            "client_name": { "presence": "required", "max_length": 40 },
            "token_endpoint_auth_method": { "one_of": ["private_key_jwt", "none"] },
            "contacts": { "add": ["register@bank.example"], "min_items": 1 },
            "subject_type": { "reset": true, "value": "pairwise" },
        },
        "rules": [
            { "id": "jwks-xor", "when": {} },
            { "id": "bank-needs-contact", "when": { "member": "contacts", "present": false }, "reject": "metadata" },
        ],
        "access": { "create": { "tokens": [{ "kind": "initial_access" }] } },
        "redirect_uris": { "loopback_http": "never", "max_length": 5000 },
        "errors": { "metadata": { "error": "invalid_client_metadata", "status": 400 } },
    }))
    .unwrap();
    let composed = child.compose().unwrap();
    expect("composed.json", &printed(&composed));
    // Printed and read again it is the same, and it extends nothing any more.
    let again: Profile = serde_json::from_str(&printed(&composed)).unwrap();
    assert_eq!(again.compose().unwrap(), composed);
}

/// A configuration of Janssen as a profile of its own, and laid over the preset that is the default.
#[test]
fn a_configuration_of_janssen_lowered() {
    let config: RegistrarConfig = serde_json::from_value(json!({
        "registrationEndpoint": "https://op.example.com/register",
        "dynamicRegistrationEnabled": true,
        "dynamicRegistrationExpirationTime": 86400,
        "dynamicRegistrationCustomAttributes": ["department"],
        "dynamicRegistrationScopesParamEnabled": true,
        "scopes": [{ "id": "openid", "default": true }, { "id": "profile" }],
        "clientWhiteList": ["*.example.org"],
        "grantTypesSupported": ["authorization_code", "refresh_token", "client_credentials"],
        "responseTypesSupported": [["code"]],
        "tokenEndpointAuthMethodsSupported": ["client_secret_basic", "private_key_jwt"],
        "idTokenSigningAlgValuesSupported": ["RS256", "PS256"],
        "subjectTypesSupported": ["pairwise"],
        "softwareStatementValidationType": "builtin",
        "trustedSsaIssuers": { "https://trusted.example": { "automaticallyGrantedScopes": ["profile"] } },
        "dcrSignatureValidationEnabled": true,
        "dcrSignatureValidationSoftwareStatementJwksURIClaim": "org_jwks_endpoint",
        "dcrSsaValidationConfigs": [
            { "id": "a", "type": "SSA", "issuers": ["https://trusted.example"],
              "jwksUri": "https://trusted.example/jwks", "allowedClaims": ["software_id", "org_jwks_endpoint"] },
        ],
        "rotateClientRegistrationAccessTokenOnUsage": true,
    }))
    .unwrap();
    assert_eq!(config.problems(), []);
    let profile = config.to_profile();
    expect("janssen.json", &printed(&profile));
    let over = profile.over(&Profile::preset("oidc").unwrap().compose().unwrap()).unwrap();
    expect("janssen-over-oidc.json", &printed(&over));
}
