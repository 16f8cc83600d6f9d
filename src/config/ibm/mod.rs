//! The `dynamic_registration` stanza of IBM's OIDC Provider (`provider.yml`, Verify Identity Access).

mod lower;
mod read;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;
use url::Url;

use super::ConfigError;

/// The `dynamic_registration` stanza of IBM's `provider.yml`: a recipe, and who may register and manage clients.
///
/// It is read from any format of serde, YAML among them, and lowered into a [`Profile`](crate::Profile); a struct of the
/// host's with the field `dynamic_registration` reads it from the whole file. The default is
/// what a missing stanza means: anybody registers, and anybody who knows the name of a client manages it. So
/// [`build`](crate::RegistrarBuilder::build) refuses that until
/// [`acknowledge_open_management`](crate::RegistrarBuilder::acknowledge_open_management) takes note of it.
///
/// ```
/// use oauth_dcr::config::IbmDynamicRegistration;
/// use oauth_dcr::{MemoryClientStore, MemoryInitialAccessTokens, Registrar, RegistrarConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stanza: IbmDynamicRegistration = serde_json::from_str(
///     r#"{ "registration_endpoint_authentication": { "require_bearer_token": true },
///          "management_endpoint_authentication": { "require_bearer_token": true },
///          "registration_access_token": { "generate": true, "lifetime": 86400, "scopes": ["cdr:registration"] } }"#,
/// )?;
/// let config = RegistrarConfig::new("https://op.example.com/oauth2/register".parse()?);
/// let registrar = Registrar::builder(config, MemoryClientStore::default())
///     .profile(stanza.to_profile())
///     .initial_access_tokens(MemoryInitialAccessTokens::default())
///     .build()?;
/// # Ok(())
/// # }
/// ```
///
/// | Setting | What becomes of it |
/// |---|---|
/// | `recipe` | the preset that is extended: `Default` → `ibm-default`, `FAPI_DEFAULT` → `ibm-fapi-default`, `FAPI_UK-OB` → `ibm-fapi-uk-ob`, `FAPI_AU-CDR` → `ibm-fapi-au-cdr` |
/// | `mappingrule_id` | `hooks`: its JavaScript is not run here; a [`ScriptHook`](crate::ScriptHook) takes its place, and without one the registrar warns |
/// | `software_statement_validation.jwks_uri`, `.signing_algs` | `software_statement.issuers`: the keys, and the algorithms or all that are supported. With the two regional recipes the keys of their issuer, and the algorithms of both lists |
/// | `….require_mtls` | `access`: a client certificate is needed |
/// | `registration_endpoint_authentication.require_bearer_token` | `access.create`: an initial access token with the scopes of `registration_access_token` |
/// | `management_endpoint_authentication.require_bearer_token` | `access`: the registration access token of the client, with the same scopes |
/// | `….require_software_statement` | `software_statement`: a statement is needed, in registrations or in updates |
/// | `….allow_custom_client_creds` | refused if true: see below |
/// | `registration_access_token` | `response.management_token`. A `lifetime` of 0 has no end |
///
/// A switch that is off takes nothing away from the regional recipes: `FAPI_AU-CDR` needs certificates and access tokens
/// whatever the switches say. `Default` and `FAPI_DEFAULT` say nothing of tokens, so that the switches decide.
///
/// **`allow_custom_client_creds: true` is refused.** A client that chooses its own identifier or secret can take the
/// name of another one, or bring a secret that others know; the engine draws both itself, and a registrar that seemed
/// to honour what was sent and did not would be worse than one that does not start.
///
/// The owner of a client is the owner of the token it was registered with
/// ([`InitialGrant::with_owner`](crate::InitialGrant::with_owner)); a host that verifies access tokens itself hands it
/// in with [`Caller::Granted`](crate::Caller::Granted).
///
/// # Errors
///
/// To read one fails with every problem at once, each with its path: names that are no settings, values of the wrong
/// type, and settings that cannot work together. [`from_value`](Self::from_value) has them as a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IbmDynamicRegistration {
    recipe: Recipe,
    mapping_rule: Option<String>,
    statements: Option<StatementKeys>,
    registration: Authentication,
    management: Authentication,
    token: TokenSettings,
    statement_issuers: Vec<String>,
}

impl IbmDynamicRegistration {
    /// Reads the stanza.
    ///
    /// ```
    /// use oauth_dcr::config::IbmDynamicRegistration;
    /// use serde_json::json;
    ///
    /// let stanza = json!({ "recipe": "FAPI", "management_endpoint_authentication": { "require_mtsl": true } });
    /// let error = IbmDynamicRegistration::from_value(stanza).err().ok_or("accepted")?;
    /// let problems: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
    /// assert_eq!(problems, [
    ///     "recipe: `FAPI` is none of `Default`, `FAPI_DEFAULT`, `FAPI_UK-OB`, `FAPI_AU-CDR`",
    ///     "management_endpoint_authentication.require_mtsl: is not a setting",
    /// ]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every problem, with its path.
    pub fn from_value(stanza: Value) -> Result<Self, ConfigError> {
        read::stanza(stanza)
    }

    /// The issuers whose software statements the keys of `software_statement_validation` verify, by their `iss`. The
    /// stanza has no place for them: without this call the keys vouch for any issuer, which the registrar warns of. The
    /// two regional recipes know their issuer.
    #[must_use]
    pub fn with_statement_issuers<'i>(self, issuers: impl IntoIterator<Item = &'i str>) -> Self {
        Self { statement_issuers: issuers.into_iter().map(str::to_owned).collect(), ..self }
    }
}

impl<'de> Deserialize<'de> for IbmDynamicRegistration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(|error| {
            let problems: Vec<String> = error.problems.iter().map(ToString::to_string).collect();
            D::Error::custom(problems.join("; "))
        })
    }
}

/// What all clients must satisfy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Recipe {
    #[default]
    Default,
    Fapi,
    UnitedKingdom,
    Australia,
}

impl Recipe {
    /// The names in the stanza.
    const NAMES: [(&str, Self); 4] = [
        ("Default", Self::Default),
        ("FAPI_DEFAULT", Self::Fapi),
        ("FAPI_UK-OB", Self::UnitedKingdom),
        ("FAPI_AU-CDR", Self::Australia),
    ];

    fn preset(self) -> &'static str {
        match self {
            Self::Default => "ibm-default",
            Self::Fapi => "ibm-fapi-default",
            Self::UnitedKingdom => "ibm-fapi-uk-ob",
            Self::Australia => "ibm-fapi-au-cdr",
        }
    }

    /// Whether it has an issuer of statements and management tokens of its own.
    fn is_regional(self) -> bool {
        matches!(self, Self::UnitedKingdom | Self::Australia)
    }
}

/// Who signs statements.
#[derive(Clone, Debug, PartialEq, Eq)]
struct StatementKeys {
    jwks_uri: Url,
    /// Nothing: all that are supported.
    signing_algs: Option<Vec<String>>,
}

/// What a caller must bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Authentication {
    certificate: bool,
    bearer_token: bool,
    software_statement: bool,
}

/// What is issued for the management of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct TokenSettings {
    is_issued: bool,
    /// In seconds; 0: no end.
    lifetime: i64,
    scopes: Vec<String>,
}
