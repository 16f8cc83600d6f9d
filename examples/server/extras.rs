//! What a configuration file may say besides the properties of the registrar, in its member `exampleServer`.

use std::collections::HashMap;
use std::path::Path;

use axum::http::HeaderName;
use oauth_dcr::{Profile, RegistrarBuilder};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::configuration::Misconfigured;
use crate::tokens::TestToken;

/// The member `exampleServer`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(crate) struct Extras {
    /// What registrations must satisfy: the name of a preset, or a profile.
    pub(crate) profile: Option<NamedOrWhole>,
    /// Values that `$as.NAME` in the profile stands for.
    pub(crate) references: HashMap<String, String>,
    /// Certificates that an `x5c` may lead to: by name, a PEM file beside the configuration.
    pub(crate) trust_anchors: HashMap<String, String>,
    /// The header in which a proxy hands over the certificate of its client. Whoever can reach this server without
    /// that proxy can be any client.
    pub(crate) certificate_header: Option<CertificateHeader>,
    /// Documents that are not fetched, by their addresses.
    pub(crate) documents: HashMap<Url, Value>,
    /// For demonstrations: access tokens of clients, which nobody issued.
    pub(crate) test_tokens: HashMap<String, TestToken>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum NamedOrWhole {
    Named(String),
    Whole(Box<Profile>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct CertificateHeader {
    #[serde(deserialize_with = "header_name")]
    pub(crate) name: HeaderName,
    /// The trust anchors that the proxy verifies certificates against, by the names that the profile gives them.
    #[serde(default)]
    pub(crate) verified_by: Vec<String>,
}

impl Extras {
    /// Gives the registrar what it needs of this.
    pub(crate) fn equip(
        &self,
        mut builder: RegistrarBuilder,
        folder: &Path,
    ) -> Result<RegistrarBuilder, Misconfigured> {
        match &self.profile {
            Some(NamedOrWhole::Whole(profile)) => builder = builder.profile((**profile).clone()),
            Some(NamedOrWhole::Named(name)) => {
                let unknown =
                    || Misconfigured::new(format!("exampleServer.profile: there is no preset `{name}`"));
                builder = builder.profile(Profile::preset(name).ok_or_else(unknown)?.clone());
            }
            None => {}
        }
        for (name, file) in &self.trust_anchors {
            let path = folder.join(file);
            let fault = |error| Misconfigured::new(format!("{}: {error}", path.display()));
            builder = builder.trust_anchors(name, std::fs::read(&path).map_err(fault)?);
        }
        Ok(self.references.iter().fold(builder, |builder, (name, value)| builder.reference(name, value)))
    }

    /// What of this must never be seen outside of a demonstration.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(header) = &self.certificate_header {
            warnings.push(format!(
                "certificateHeader: whoever can send `{}` past the proxy can be any client",
                header.name
            ));
        }
        if !self.test_tokens.is_empty() {
            warnings.push("testTokens: whoever knows this configuration can manage any client".to_owned());
        }
        warnings
    }
}

fn header_name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<HeaderName, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
