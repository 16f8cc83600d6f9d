//! An authorization server that can do one thing: register clients.
//!
//! ```text
//! cargo run --example server
//! cargo run --example server -- --config examples/server/config/openid.json --port 0
//! ```
//!
//! It speaks plain HTTP on the loopback interface and keeps its clients in memory. Behind a proxy that
//! terminates TLS, `--public-url` is the address that clients see. Ready configurations are in `config`, with
//! a word on each in its `README.md`.
//!
//! Key sets and sector documents are fetched over HTTPS from the public internet. `--allow-private-networks`
//! opens loopback and private networks too: whoever registers a client could then reach into them, so it is
//! for demonstrations. `--allow-port` and `--add-root-certificate` let servers in that are set up for them.

mod discovery;
mod documents;
mod extras;
mod options;
mod routes;
mod tokens;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use oauth_dcr::{MemoryClientStore, Profile, Registrar};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::documents::Documents;
use crate::options::{Misconfigured, Options};

#[tokio::main]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
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
    let listener = TcpListener::bind((options.host.as_str(), options.port)).await?;
    let address = listener.local_addr()?;
    let server = options.server(address)?;

    let extras = server.extras;
    let documents = Documents { own: extras.documents.clone(), network: options.resolver()? };
    let builder = Registrar::builder(server.config, MemoryClientStore::default()).jwks_resolver(documents);
    let mut builder = extras.equip(builder, options.folder())?;
    if let Some(profile) = options.profile.as_deref().and_then(Profile::preset) {
        builder = builder.profile(profile.clone());
    }
    let registrar = builder.build().map_err(|error| Misconfigured(error.to_string()))?;
    for warning in registrar.warnings() {
        tracing::warn!("{warning}");
    }
    for warning in extras.warnings() {
        tracing::warn!("{warning}");
    }
    if options.allow_private_networks {
        tracing::warn!(
            "--allow-private-networks: whoever registers can make this server ask its own network"
        );
    }

    let discovery = discovery::document(&server.issuer, &server.registration_endpoint, &registrar);
    let path = server.registration_endpoint.path();
    let app = routes::app(registrar, path, discovery, &extras);

    let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    println!(
        "listening on http://{address}\n\
         to register a client:\n  \
         curl -s -H 'content-type: application/json' http://{address}{path} \\\n    \
         -d '{{\"redirect_uris\":[\"https://app.example.org/cb\"]}}'"
    );
    axum::serve(listener, app).with_graceful_shutdown(any_of(interrupt, terminate)).await?;
    tracing::info!("stopped");
    Ok(())
}

async fn any_of(mut interrupt: Signal, mut terminate: Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
