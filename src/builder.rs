//! Building a registrar: everything that can be known to be wrong is found here, all at once.

mod enforced;
mod hooks;
mod profiles;
mod rules;

use std::collections::HashMap;
use std::sync::Arc;

#[cfg(feature = "x509")]
use crate::certificate::TrustAnchors;
use crate::clock::{Clock, SystemClock};
use crate::config::{ConfigError, ConfigProblem, RegistrarConfig};
use crate::documents::Gate;
use crate::engine::{Engine, Settings};
use crate::entropy::{Entropy, OsEntropy};
use crate::event::{EventDetail, EventSink, Events};
use crate::host::{
    CachedResolver, ClientStore, InitialAccessTokens, JwksResolver, MemoryReplayGuard, NoNetwork,
    ReplayGuard, ScriptHook, SecretSealer,
};
use crate::json::Limits;
use crate::profile::{Profile, ProfileError, ProfileSelection};
use crate::regime::Rules;
use crate::registrar::Registrar;
use crate::response::ClientUris;
use crate::secret::SharedSecret;
use crate::wire::ErrorStyle;
use hooks::HookParts;

/// Collects the optional parts of a [`Registrar`]; each has a safe default.
///
/// ```
/// use std::time::Duration;
///
/// use oauth_dcr::{
///     HookFns, MemoryClientStore, MemoryInitialAccessTokens, NoNetwork, Profile, Registrar, RegistrarConfig,
/// };
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar = Registrar::builder(config, MemoryClientStore::default())
///     .profile(Profile::preset("fapi2-security").cloned().ok_or("no such preset")?)
///     .jwks_resolver(NoNetwork)
///     .initial_access_tokens(MemoryInitialAccessTokens::default())
///     .script_hook(HookFns::default())
///     .hook_time_limit(Duration::from_secs(2))
///     .build()?;
/// assert!(registrar.warnings().is_empty(), "{:?}", registrar.warnings());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct RegistrarBuilder {
    config: RegistrarConfig,
    store: Arc<dyn ClientStore>,
    resolver: Option<Arc<dyn JwksResolver>>,
    cache: Option<CachedResolver>,
    replay_guard: Arc<dyn ReplayGuard>,
    initial_access: Option<Arc<dyn InitialAccessTokens>>,
    sealer: Option<Arc<dyn SecretSealer>>,
    event_sink: Option<Arc<dyn EventSink>>,
    event_detail: EventDetail,
    #[cfg(feature = "x509")]
    anchors: HashMap<String, TrustAnchors>,
    /// The names under which something came that is no certificate.
    #[cfg(feature = "x509")]
    unread_anchors: Vec<String>,
    secrets: HashMap<String, SharedSecret>,
    references: Vec<(String, String)>,
    hook: Option<Arc<dyn ScriptHook>>,
    hooks: HookParts,
    profile: Option<Profile>,
    further_profiles: Vec<Profile>,
    selection: ProfileSelection,
    open_management: bool,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl RegistrarBuilder {
    pub(crate) fn new(config: RegistrarConfig, store: Arc<dyn ClientStore>) -> Self {
        Self {
            config,
            store,
            resolver: None,
            cache: None,
            replay_guard: Arc::new(MemoryReplayGuard::default()),
            initial_access: None,
            sealer: None,
            event_sink: None,
            event_detail: EventDetail::default(),
            secrets: HashMap::new(),
            #[cfg(feature = "x509")]
            anchors: HashMap::new(),
            #[cfg(feature = "x509")]
            unread_anchors: Vec::new(),
            references: Vec::new(),
            hook: None,
            hooks: HookParts::default(),
            profile: None,
            further_profiles: Vec::new(),
            selection: ProfileSelection::default(),
            open_management: false,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
        }
    }

    /// Where documents come from. Default: [`NoNetwork`]. Key sets and discovery documents are kept for a while, so
    /// that a resolver need not be quick.
    pub fn jwks_resolver(mut self, resolver: impl JwksResolver + 'static) -> Self {
        self.cache = CachedResolver::found_in(&resolver);
        self.resolver = Some(Arc::new(resolver));
        self
    }

    /// The host's own decisions. Default: none.
    pub fn script_hook(mut self, hook: impl ScriptHook + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// What remembers one-time tokens. Default: [`MemoryReplayGuard`], which is enough for one node.
    pub fn replay_guard(mut self, guard: impl ReplayGuard + 'static) -> Self {
        self.replay_guard = Arc::new(guard);
        self
    }

    /// Where initial access tokens are kept. Without it none is good, and a profile that needs them is a problem.
    pub fn initial_access_tokens(mut self, tokens: impl InitialAccessTokens + 'static) -> Self {
        self.initial_access = Some(Arc::new(tokens));
        self
    }

    /// What encrypts secrets that must be read again. Default: nothing, and the store gets these in clear.
    pub fn secret_sealer(mut self, sealer: impl SecretSealer + 'static) -> Self {
        self.sealer = Some(Arc::new(sealer));
        self
    }

    /// Where decisions are told. Default: nowhere, which costs nothing.
    pub fn event_sink(mut self, sink: impl EventSink + 'static) -> Self {
        self.event_sink = Some(Arc::new(sink));
        self
    }

    /// What events say beyond names and codes. Default: nothing.
    pub fn event_detail(mut self, detail: EventDetail) -> Self {
        self.event_detail = detail;
        self
    }

    /// One more profile, for the requests that the [selection](Self::selection) finds for it, and for the clients of
    /// initial access tokens that name it ([`InitialGrant::with_profile`](crate::InitialGrant::with_profile)). The
    /// configuration is laid over it as over the profile of the registrar.
    pub fn further_profile(mut self, profile: Profile) -> Self {
        self.further_profiles.push(profile);
        self
    }

    /// Which of the profiles a registration is under. Default: that of the registrar, whatever the request.
    ///
    /// An initial access token that names a profile takes precedence: the operator issued it, while a request looks
    /// like what its sender wants. A client keeps its profile: an update is judged by the one it was registered under.
    ///
    /// Who may register is asked of the selected profile, so that a selection by the body reads that first. An anonymous
    /// caller still learns nothing about a body where it may not register: one that cannot be read has no facts, and
    /// goes to the first entry that asks for none, or to the profile of the registrar. What it can learn is which profile
    /// it came to, from the way in which that one refuses it. A selection by `endpoint` alone reads no body.
    pub fn selection(mut self, selection: ProfileSelection) -> Self {
        self.selection = selection;
        self
    }

    /// Takes note that some profile lets anybody who knows the name of a client read, change or delete it.
    pub fn acknowledge_open_management(mut self) -> Self {
        self.open_management = true;
        self
    }

    /// Trust anchors that key sources of the kind `x5c` name, as PEM with one certificate or several or as the DER of
    /// one, with the feature `x509`. Called again with the same name, it adds to them. Default: none.
    ///
    /// A statement is verified with the certificate in its header (`x5c`, [RFC 7515 §4.1.6]) if that leads to one of
    /// these anchors by at most five authorities in between, all valid at the time of the registrar's clock and all of
    /// at least 112 bits of security. No other certificate of the machine is trusted. Whether one was revoked is not
    /// looked at, because that needs the network: a host that must know asks in its
    /// [`ScriptHook`].
    ///
    /// [RFC 7515 §4.1.6]: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.6
    ///
    /// ```
    /// use oauth_dcr::{MemoryClientStore, Profile, Registrar, RegistrarConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let builder = Registrar::builder(config, MemoryClientStore::default())
    ///     .profile(Profile::preset("udap").cloned().ok_or("no such preset")?)
    ///     .trust_anchors("trust-community", "no certificate");
    /// let error = builder.build().err().ok_or("it must not work")?;
    /// assert!(error.to_string().contains("trust-community: must be certificates, as PEM or DER"), "{error}");
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "x509")]
    pub fn trust_anchors(mut self, name: impl Into<String>, certificates: impl AsRef<[u8]>) -> Self {
        let name = name.into();
        if !self.anchors.entry(name.clone()).or_default().add(certificates.as_ref()) {
            self.unread_anchors.push(name);
        }
        self
    }

    /// A secret that key sources of the profile name.
    pub fn shared_secret(mut self, name: impl Into<String>, secret: SharedSecret) -> Self {
        self.secrets.insert(name.into(), secret);
        self
    }

    /// A value that `$as.NAME` in the profile stands for, besides `issuer`, `registration_endpoint` and
    /// `token_endpoint`, which the configuration has. A name may have several.
    pub fn reference(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.references.push((format!("as.{}", name.into()), value.into()));
        self
    }

    /// What a registration must satisfy, apart from the configuration, which is laid over it. Default: the preset
    /// `standard`.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Where the time comes from. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Where random bytes come from. Default: [`OsEntropy`].
    pub fn entropy(mut self, entropy: impl Entropy + 'static) -> Self {
        self.entropy = Arc::new(entropy);
        self
    }

    /// Checks everything and builds the registrar.
    ///
    /// # Errors
    ///
    /// Every problem of the configuration and of the profile.
    pub fn build(self) -> Result<Registrar, ConfigError> {
        let mut problems = self.config.problems();
        #[cfg(feature = "x509")]
        for name in &self.unread_anchors {
            problems.push(problem(&format!("trust anchors {name}"), "must be certificates, as PEM or DER"));
        }
        let standard = Profile::preset("standard").cloned().unwrap_or_default();
        let rules = self.rules(self.profile.as_ref().unwrap_or(&standard), &mut problems);
        let mut more_rules = Vec::new();
        for profile in &self.further_profiles {
            more_rules.extend(self.rules(profile, &mut problems));
        }
        let names = rules.iter().chain(&more_rules).map(Rules::profile_name);
        for (place, name) in names.clone().enumerate() {
            if names.clone().skip(place + 1).any(|other| other == name) {
                problems.push(problem("profile", &format!("there are two with the name `{name}`")));
            }
        }
        let names: Vec<&str> = names.map(|name| &**name).collect();
        problems.extend(self.selection_problems(&names));
        let attestation = self.attestation().map_err(|problem| problems.push(problem));
        let (Some(rules), Ok(attestation), Some(endpoint), true) =
            (rules, attestation, &self.config.registration_endpoint, problems.is_empty())
        else {
            return Err(ConfigError { problems });
        };
        let config = &self.config;
        let policies = [&rules].into_iter().chain(&more_rules).map(|rules| &rules.policy);
        let mut warnings = config.warnings();
        warnings.extend(self.hook_warnings(policies));
        warnings.extend(self.profile_warnings(self.profile.as_ref().unwrap_or(&standard)));
        warnings.extend(self.further_profiles.iter().flat_map(|profile| self.profile_warnings(profile)));
        let resolver = self.resolver.unwrap_or_else(|| Arc::new(NoNetwork));
        let cache = self.cache;
        let mut secrets = config.secrets();
        secrets.extend(self.secrets);
        let mut references = self.references;
        references.extend(own_names(config));
        Ok(Registrar(Arc::new(Engine {
            settings: Settings {
                is_enabled: config.is_enabled(),
                reading: config.reading,
                update_mode: config.update_mode,
                return_secret_on_read: config.return_client_secret_on_read,
                persist_authorizations: config.dynamic_registration_persist_client_authorizations,
                secret_overlap: seconds(config.client_secret_overlap_seconds),
                expired_grace: seconds(config.expired_client_grace_seconds),
                unused_lifetime: seconds(config.unused_client_lifetime_seconds),
                limits: Limits { depth: config.max_json_depth, members: config.max_members },
                style: ErrorStyle { reason: config.error_reason_enabled },
            },
            uris: ClientUris::new(endpoint.as_str()),
            warnings,
            rules,
            more_rules,
            selection: self.selection,
            store: self.store,
            documents: cache.unwrap_or_else(|| CachedResolver::over(resolver.clone(), self.clock.clone())),
            resolver,
            secrets,
            #[cfg(feature = "x509")]
            anchors: self.anchors,
            references,
            replay_guard: self.replay_guard,
            initial_access: self.initial_access,
            sealer: self.sealer,
            events: self.event_sink.map(|sink| Events { sink, detail: self.event_detail }),
            gate: Gate::new(config.external_uri_white_list.as_deref(), &config.blocked_urls),
            hook_settings: self.hooks.settings(config),
            attestation,
            hook: self.hook,
            clock: self.clock,
            entropy: self.entropy,
        })))
    }
}

/// What this server is called: the audiences that a token may be for.
fn own_names(config: &RegistrarConfig) -> Vec<(String, String)> {
    let named = [
        ("as.issuer", &config.issuer),
        ("as.registration_endpoint", &config.registration_endpoint),
        ("as.token_endpoint", &config.token_endpoint),
    ];
    let mut names = Vec::new();
    for (name, url) in named {
        let Some(url) = url else { continue };
        names.push((name.to_owned(), url.as_str().to_owned()));
        // An issuer is written without the slash that a URL has.
        if url.path() == "/" && url.query().is_none() {
            names.push((name.to_owned(), url.as_str().trim_end_matches('/').to_owned()));
        }
    }
    // Without an issuer of its own the server goes by the origin of its endpoint.
    if let (None, Some(endpoint)) = (&config.issuer, &config.registration_endpoint) {
        names.push(("as.issuer".to_owned(), endpoint.origin().ascii_serialization()));
    }
    names
}

fn seconds(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn problem(property: &str, message: &str) -> ConfigProblem {
    ConfigProblem { property: property.to_owned(), message: message.to_owned() }
}

fn profile_problems(error: ProfileError) -> impl Iterator<Item = ConfigProblem> {
    let property = format!("profile {}", error.profile);
    error.problems.into_iter().map(move |message| ConfigProblem { property: property.clone(), message })
}
