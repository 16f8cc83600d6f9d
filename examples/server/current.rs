//! The registrar that is in use, which another one can take the place of.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use oauth_dcr::{Profile, Registrar};
use tokio::sync::Semaphore;
use tower_service::Service;

use crate::configuration::{Misconfigured, Properties, issuer_text, registrar_config};
use crate::database::Database;
use crate::documents::Documents;
use crate::extras::Extras;
use crate::limits::Rate;
use crate::metrics::Metrics;
use crate::{discovery, routes};

/// What stays the same whatever the configuration says.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) database: Database,
    pub(crate) documents: Documents,
    pub(crate) extras: Extras,
    /// Where the configuration file is, and what it names is looked for.
    pub(crate) folder: PathBuf,
    /// The preset of the command line.
    pub(crate) profile: Option<Profile>,
    pub(crate) metrics: Arc<Metrics>,
    /// Who is being answered.
    pub(crate) places: Arc<Semaphore>,
    /// The rate of the command line, which takes precedence over that of the configuration.
    pub(crate) rate: Option<Rate>,
    pub(crate) is_behind_proxy: bool,
}

/// A registrar, and what is served of it.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) registrar: Registrar,
    /// The path of the registration endpoint.
    pub(crate) path: String,
    router: Router,
}

impl Serving {
    /// Builds everything that a configuration says, or finds all that is wrong with it.
    pub(crate) fn new(properties: &Properties, parts: &Parts) -> Result<Self, Misconfigured> {
        let config = registrar_config(properties)?;
        let rate = parts.rate.or_else(|| Rate::configured(&config));
        let (issuer, endpoint) = (config.issuer.clone(), config.registration_endpoint.clone());

        let builder = Registrar::builder(config, parts.database.clients.clone())
            .initial_access_tokens(parts.database.initial_access.clone())
            .replay_guard(parts.database.replay_guard.clone())
            .event_sink(parts.metrics.clone())
            .jwks_resolver(parts.documents.clone());
        let mut builder = parts.extras.equip(builder, &parts.folder)?;
        if let Some(profile) = &parts.profile {
            builder = builder.profile(profile.clone());
        }
        let registrar = builder.build()?;

        // The registrar refuses to be built without an endpoint, and `locate` saw to it that there is an issuer.
        let (Some(issuer), Some(endpoint)) = (issuer, endpoint) else {
            return Err(Misconfigured::new("issuer: must be given, since the discovery document names it"));
        };
        let path = endpoint.path().trim_end_matches('/').to_owned();
        if !routes::is_free(&path) {
            return Err(Misconfigured::new(
                "registrationEndpoint: must have a path of its own, such as /register",
            ));
        }
        let discovery = discovery::document(&issuer_text(&issuer), &endpoint, &registrar);
        let router = routes::registration(registrar.clone(), &path, discovery, rate, parts);
        Ok(Self { registrar, path, router })
    }
}

/// What is served now. Each request is answered by what was served when it came.
#[derive(Debug)]
pub(crate) struct Current(RwLock<Arc<Serving>>);

impl Current {
    pub(crate) fn new(serving: Serving) -> Self {
        Self(RwLock::new(Arc::new(serving)))
    }

    pub(crate) fn get(&self) -> Arc<Serving> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, serving: Serving) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(serving);
    }
}

/// Answers a request by what is served now.
pub(crate) async fn answer(State(current): State<Arc<Current>>, request: Request) -> Response {
    let mut router = current.get().router.clone();
    match router.call(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}
