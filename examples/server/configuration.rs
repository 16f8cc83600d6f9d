//! The configuration: a file in Janssen's property names, and what it says to this server alone.

use std::fmt::{self, Display};
use std::net::SocketAddr;
use std::path::Path;

use oauth_dcr::{ConfigError, RegistrarConfig};
use serde_json::{Map, Value, json};
use url::Url;

use crate::extras::Extras;

/// Properties by their names.
pub(crate) type Properties = Map<String, Value>;

/// The property that is not the registrar's.
pub(crate) const EXTRAS: &str = "exampleServer";

/// A configuration as it was written.
#[derive(Debug)]
pub(crate) struct Configuration {
    pub(crate) properties: Properties,
    pub(crate) extras: Extras,
}

/// The options or the configuration cannot be used: all that is wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) struct Misconfigured(pub(crate) Vec<String>);

impl Misconfigured {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

impl Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl From<ConfigError> for Misconfigured {
    fn from(error: ConfigError) -> Self {
        Self(error.problems.iter().map(ToString::to_string).collect())
    }
}

impl Default for Configuration {
    /// Anybody may register.
    fn default() -> Self {
        let properties = Map::from_iter([("dynamicRegistrationEnabled".to_owned(), Value::Bool(true))]);
        Self { properties, extras: Extras::default() }
    }
}

impl Configuration {
    /// The configuration of a file.
    pub(crate) fn read(path: &Path) -> Result<Self, Misconfigured> {
        let fault = |error: &dyn Display| Misconfigured::new(format!("{}: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| fault(&error))?;
        let mut properties = serde_json::from_str::<Properties>(&text).map_err(|error| fault(&error))?;
        let extras = match properties.remove(EXTRAS) {
            None => {
                // From the text, so that a fault has a place.
                serde_json::from_str::<RegistrarConfig>(&text).map_err(|error| fault(&error))?;
                Extras::default()
            }
            Some(extras) => serde_json::from_value(extras).map_err(|error| fault(&error))?,
        };
        registrar_config(&properties).map_err(|error| fault(&error))?;
        Ok(Self { properties, extras })
    }

    /// Fills in where the server is, and returns its issuer: that of the options, that of the configuration, or the
    /// address that is listened on.
    pub(crate) fn locate(
        &mut self,
        public_url: Option<&Url>,
        address: SocketAddr,
    ) -> Result<(), Misconfigured> {
        let config = registrar_config(&self.properties)?;
        let issuer = match public_url.or(config.issuer.as_ref()) {
            Some(issuer) => issuer_text(issuer),
            None => format!("http://{address}"),
        };
        if config.registration_endpoint.is_none() {
            self.properties.insert("registrationEndpoint".to_owned(), json!(format!("{issuer}/register")));
        }
        self.properties.insert("issuer".to_owned(), Value::String(issuer));
        Ok(())
    }
}

/// The properties, as the registrar understands them, or every one that it does not.
pub(crate) fn registrar_config(properties: &Properties) -> Result<RegistrarConfig, Misconfigured> {
    serde_json::from_value(Value::Object(properties.clone())).map_err(|error| {
        let alone = properties.iter().filter_map(|(name, value)| {
            let fault = serde_json::from_value::<RegistrarConfig>(json!({ name: value })).err()?;
            Some(format!("{name}: {fault}"))
        });
        let mut problems: Vec<String> = alone.collect();
        if problems.is_empty() {
            // Two that do not go together.
            problems.push(error.to_string());
        }
        Misconfigured(problems)
    })
}

/// Clients compare issuers as text, and none is written with the slash that a URL without a path gets.
pub(crate) fn issuer_text(issuer: &Url) -> String {
    issuer.as_str().trim_end_matches('/').to_owned()
}
