//! The command line and the configuration file.

use std::error::Error;
use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::builder::PossibleValuesParser;
use oauth_dcr::{HttpsResolver, Profile, RegistrarConfig};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::extras::Extras;

/// A server that registers OAuth clients.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// A configuration in Janssen's property names. Without one, anybody may register
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The preset that registrations must satisfy
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Profile::presets()))]
    pub(crate) profile: Option<String>,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// The port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// The issuer, as clients see it. Default: that of the configuration, or the address that is listened on
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<Url>,
    /// Dangerous, for demonstrations: fetch documents from loopback and private networks too
    #[arg(long)]
    pub(crate) allow_private_networks: bool,
    /// One more port to fetch documents from, besides 443. Can be given again
    #[arg(long = "allow-port", value_name = "PORT")]
    pub(crate) allow_ports: Vec<u16>,
    /// One more certificate authority to trust when documents are fetched, as PEM. Can be given again
    #[arg(long = "add-root-certificate", value_name = "FILE")]
    pub(crate) root_certificates: Vec<PathBuf>,
}

/// What follows from the options once the address is known.
pub(crate) struct Server {
    pub(crate) config: RegistrarConfig,
    pub(crate) issuer: String,
    pub(crate) registration_endpoint: Url,
    pub(crate) extras: Extras,
}

/// The options or the configuration cannot be used; one problem per line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Misconfigured(pub(crate) String);

impl Options {
    /// What fetches key sets and sector documents.
    pub(crate) fn resolver(&self) -> Result<HttpsResolver, Misconfigured> {
        let mut builder =
            HttpsResolver::builder().allow_private_networks_dangerously(self.allow_private_networks);
        for port in &self.allow_ports {
            builder = builder.allow_port(*port);
        }
        for path in &self.root_certificates {
            let fault = |error| Misconfigured(format!("{}: {error}", path.display()));
            builder = builder.add_root_certificate_pem(std::fs::read(path).map_err(fault)?);
        }
        builder.build().map_err(|error| {
            let cause = error.source().map_or_else(String::new, |source| format!(": {source}"));
            Misconfigured(format!("{error}{cause}"))
        })
    }

    pub(crate) fn server(&self, address: SocketAddr) -> Result<Server, Misconfigured> {
        let (config, extras) = self.config.as_deref().map(read).transpose()?.unzip();
        let issuer = match (&self.public_url, config.as_ref().and_then(|config| config.issuer.as_ref())) {
            (Some(issuer), _) | (None, Some(issuer)) => issuer.clone(),
            (None, None) => url(&format!("http://{address}"))?,
        };
        // Clients compare issuers as text, and none is written with the slash that a URL without a path gets.
        let issuer_text = issuer.as_str().trim_end_matches('/').to_owned();

        let endpoint = url(&format!("{issuer_text}/register"))?;
        let mut config = config.unwrap_or_else(|| RegistrarConfig::new(endpoint.clone()));
        let endpoint = config.registration_endpoint.get_or_insert(endpoint).clone();
        if endpoint.path() == "/" {
            return Err(Misconfigured(
                "registrationEndpoint: must have a path, such as /register".to_owned(),
            ));
        }
        config.issuer = Some(issuer);
        let extras = extras.unwrap_or_default();
        Ok(Server { config, issuer: issuer_text, registration_endpoint: endpoint, extras })
    }

    /// Where the configuration file is, and what it names is looked for.
    pub(crate) fn folder(&self) -> &Path {
        self.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("."))
    }
}

fn url(text: &str) -> Result<Url, Misconfigured> {
    Url::parse(text).map_err(|error| Misconfigured(format!("`{text}` is not a URL: {error}")))
}

/// The configuration of a file, and what it says to this server alone.
fn read(path: &Path) -> Result<(RegistrarConfig, Extras), Misconfigured> {
    let fault = |error: &dyn Display| Misconfigured(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| fault(&error))?;
    let own = serde_json::from_str::<Own>(&text).map_err(|error| fault(&error))?;
    let config = match &own.example_server {
        // From the text, so that a fault has a place.
        None => serde_json::from_str(&text),
        Some(_) => serde_json::from_value(Value::Object(own.others)),
    };
    Ok((config.map_err(|error| fault(&error))?, own.example_server.unwrap_or_default()))
}

/// A configuration file: what is for this server, and the rest.
#[derive(Deserialize)]
struct Own {
    #[serde(rename = "exampleServer")]
    example_server: Option<Extras>,
    #[serde(flatten)]
    others: Map<String, Value>,
}
