//! The command line.

use std::error::Error;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use oauth_dcr::{HttpsResolver, Profile};
use url::Url;

use crate::configuration::Misconfigured;
use crate::connections::Connections;
use crate::limits::Rate;
use crate::serve::Patience;

/// A server that registers OAuth clients.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// A configuration in Janssen's property names. Without one, anybody may register
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The preset that registrations must satisfy
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Profile::presets()))]
    pub(crate) profile: Option<String>,
    /// Where clients are kept: `sqlite:FILE`, `postgres://…`, or `:memory:`
    #[arg(
        long,
        value_name = "DATABASE",
        default_value = "sqlite:oauth-dcr.sqlite",
        env = "OAUTH_DCR_DATABASE",
        hide_env_values = true
    )]
    pub(crate) database: String,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub(crate) host: String,
    /// The port to listen on; 0 picks a free one
    #[arg(long, default_value_t = 8080)]
    pub(crate) port: u16,
    /// The issuer, as clients see it. Default: that of the configuration, or the address that is listened on
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<Url>,
    /// Where the administrative interface listens, such as 127.0.0.1:8081. Default: nowhere. Its bearer token is in
    /// OAUTH_DCR_ADMIN_TOKEN, or in a file
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin_listen: Option<SocketAddr>,
    /// The file with the bearer token of the administrative interface
    #[arg(long, value_name = "FILE", requires = "admin_listen")]
    pub(crate) admin_token_file: Option<PathBuf>,
    /// How many requests are answered at once; any more get 503
    #[arg(long, value_name = "REQUESTS", default_value_t = 512)]
    pub(crate) max_concurrent: u16,
    /// How many connections are open at once; any more wait
    #[arg(long, value_name = "CONNECTIONS", default_value_t = 800, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_connections: u16,
    /// How many connections one address may have; any more are closed. No limit with --behind-proxy
    #[arg(long, value_name = "CONNECTIONS", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_connections_per_address: u16,
    /// How many seconds a request may take, and how many a connection may have none
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) time_limit: u64,
    /// How many requests a minute one address may send to the registration endpoint; any more get 429. Default: as the
    /// configuration says (rateLimitRegistrationRequestCount), or any number
    #[arg(long, value_name = "REQUESTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate_limit: Option<u32>,
    /// Count by the last address in X-Forwarded-For. Only for a server that nothing but a proxy can reach
    #[arg(long)]
    pub(crate) behind_proxy: bool,
    /// How many seconds pass from one sweep of expired clients to the next; 0 means that nothing is swept
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    pub(crate) sweep_interval: u64,
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

impl Options {
    /// What fetches key sets and sector documents.
    pub(crate) fn resolver(&self) -> Result<HttpsResolver, Misconfigured> {
        let mut builder = HttpsResolver::builder();
        if self.allow_private_networks {
            builder = builder.allow_private_networks_dangerously();
        }
        for port in &self.allow_ports {
            builder = builder.allow_port(*port);
        }
        for path in &self.root_certificates {
            let fault = |error| Misconfigured::new(format!("{}: {error}", path.display()));
            builder = builder.add_root_certificate_pem(std::fs::read(path).map_err(fault)?);
        }
        builder.build().map_err(|error| {
            let cause = error.source().map_or_else(String::new, |source| format!(": {source}"));
            Misconfigured::new(format!("{error}{cause}"))
        })
    }

    /// Where the configuration file is, and what it names is looked for.
    pub(crate) fn folder(&self) -> &Path {
        self.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("."))
    }

    pub(crate) fn rate(&self) -> Option<Rate> {
        Rate::per_minute(self.rate_limit?)
    }

    pub(crate) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }

    /// Connections, and how long each may take to ask.
    pub(crate) fn patience(&self) -> Patience {
        let of_one_address = (!self.behind_proxy).then_some(self.max_connections_per_address);
        Patience {
            connections: Connections::new(self.max_connections, of_one_address),
            head: self.time_limit(),
            // Longer than any may take.
            drain: self.time_limit() + Duration::from_secs(5),
        }
    }

    /// From one sweep to the next, if there are any.
    pub(crate) fn sweep_interval(&self) -> Option<Duration> {
        (self.sweep_interval > 0).then(|| Duration::from_secs(self.sweep_interval))
    }
}
