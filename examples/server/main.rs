//! An authorization server that can do one thing: register clients.
//!
//! ```text
//! cargo run --example server
//! cargo run --example server -- --config examples/server/config/openid.json --port 0
//! ```
//!
//! It speaks plain HTTP on the loopback interface and keeps its clients in a SQLite file in the working directory;
//! `--database` names another one, or `:memory:`. Behind a proxy that terminates TLS, `--public-url` is the address
//! that clients see. Ready configurations are in `config`, with a word on each in its `README.md`.
//!
//! Key sets and sector documents are fetched over HTTPS from the public internet. `--allow-private-networks`
//! opens loopback and private networks too: whoever registers a client could then reach into them, so it is
//! for demonstrations. `--allow-port` and `--add-root-certificate` let servers in that are set up for them.

mod admin;
mod answer;
mod configuration;
mod connections;
mod current;
mod database;
mod discovery;
mod documents;
mod extras;
mod health;
mod limits;
mod metrics;
mod options;
mod routes;
mod serve;
mod sweep;
mod tokens;

use std::error::Error;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use oauth_dcr::Profile;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing_subscriber::EnvFilter;

use crate::admin::AdminToken;
use crate::configuration::{Configuration, Misconfigured};
use crate::current::{Current, Parts, Serving};
use crate::database::Database;
use crate::documents::Documents;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::serve::Stop;

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_seen = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_seen).init();
    match run(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            if error.is::<Misconfigured>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

async fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    // Bound before anything is configured: with `--port 0` the issuer is not known earlier.
    let listener = connections::listen(&options.host, options.port).await?;
    let address = listener.local_addr()?;
    let mut configuration =
        options.config.as_deref().map(Configuration::read).transpose()?.unwrap_or_default();
    configuration.locate(options.public_url.as_ref(), address)?;
    let Configuration { properties, extras } = configuration;
    warn(&extras, options);

    let metrics = Arc::new(Metrics::default());
    let documents = Documents { own: Arc::new(extras.documents.clone()), network: options.resolver()? };
    let parts = Arc::new(Parts {
        database: Database::open(&options.database).await?,
        documents,
        extras,
        folder: options.folder().to_owned(),
        profile: options.profile.as_deref().and_then(Profile::preset).cloned(),
        metrics: metrics.clone(),
        places: Arc::new(Semaphore::new(options.max_concurrent.into())),
        rate: options.rate(),
        is_behind_proxy: options.behind_proxy,
    });
    let serving = Serving::new(&properties, &parts)?;
    for warning in serving.registrar.warnings() {
        tracing::warn!("{warning}");
    }
    let path = serving.path.clone();
    let current = Arc::new(Current::new(serving));

    let mut public = routes::public(current.clone(), &parts, options.time_limit());
    let mut administration = None;
    match options.admin_listen {
        Some(at) => {
            let token = AdminToken::read(options.admin_token_file.as_deref())?;
            let routes =
                admin::routes(current.clone(), properties, parts.clone(), token, options.time_limit());
            administration = Some((TcpListener::bind(at).await?, routes));
        }
        // There is no other place for them.
        None => public = public.merge(metrics.routes()),
    }
    if let Some(period) = options.sweep_interval() {
        tokio::spawn(sweep::every(period, current, parts.database.directory.clone()));
    }

    let stop = Stop::at_signal()?;
    println!(
        "listening on http://{address}\n\
         to register a client:\n  \
         curl -s -H 'content-type: application/json' http://{address}{path} \\\n    \
         -d '{{\"redirect_uris\":[\"https://app.example.org/cb\"]}}'"
    );
    let public = serve::until_stopped(listener, public, options.patience(), stop.clone());
    match administration {
        None => public.await,
        Some((listener, routes)) => {
            println!("administration on http://{}", listener.local_addr()?);
            tokio::join!(public, serve::until_stopped(listener, routes, options.patience(), stop));
        }
    }
    parts.database.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// What of this must never be seen outside of a demonstration.
fn warn(extras: &extras::Extras, options: &Options) {
    for warning in extras.warnings() {
        tracing::warn!("{warning}");
    }
    if options.allow_private_networks {
        tracing::warn!(
            "--allow-private-networks: whoever registers can make this server ask its own network"
        );
    }
    if options.admin_listen.is_some_and(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            "--admin-listen: the token crosses the network in clear unless a proxy terminates TLS"
        );
    }
}
