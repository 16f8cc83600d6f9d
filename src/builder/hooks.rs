//! The parts of a registrar that concern hooks and attestation.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use super::{RegistrarBuilder, problem};
use crate::config::{ConfigProblem, ConfigWarning, RegistrarConfig};
use crate::evidence::{Attestation, Nonces};
use crate::hooked::HookSettings;
use crate::host::EvidenceVerifier;
use crate::policy::{NONCE_LIFETIMES, Policy};
use crate::secret::SharedSecret;

/// What a host says about hooks and attestation.
#[derive(Debug, Default)]
pub(super) struct HookParts {
    time_limit: Option<Duration>,
    attributes: HashMap<String, SharedSecret>,
    verifier: Option<Arc<dyn EvidenceVerifier>>,
    nonce_key: Option<SharedSecret>,
    nonce_lifetime: Option<Duration>,
}

impl RegistrarBuilder {
    /// The longest that a hook or an evidence verifier may take for one answer. Default: no limit.
    ///
    /// Beyond it the request is refused with 503, and nothing is stored. A hook that waits is dropped, so its own work
    /// must stand being cancelled at any `await`; one that blocks its thread cannot be interrupted, and is late once it
    /// comes back. The limit needs no runtime: one thread of the crate wakes what is late.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use oauth_dcr::{HookFns, MemoryClientStore, Registrar, RegistrarConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let registrar = Registrar::builder(config, MemoryClientStore::default())
    ///     .script_hook(HookFns::default().on_create(|cx, _| {
    ///         println!("asking {:?}", cx.attribute("directory"));
    ///         Ok(())
    ///     }))
    ///     .hook_attribute("directory", "https://directory.example.org")
    ///     .hook_time_limit(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn hook_time_limit(mut self, limit: Duration) -> Self {
        self.hooks.time_limit = Some(limit);
        self
    }

    /// A value that hooks read with [`HookContext::attribute`](crate::HookContext::attribute): Janssen's configuration
    /// attributes of a script. It may be a secret: no `Debug` form shows it.
    pub fn hook_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.hooks.attributes.insert(name.into(), SharedSecret::from(value.into()));
        self
    }

    /// Who judges attestation evidence. Default: nobody but a hook.
    ///
    /// Evidence that a registration brings is judged, whether it is demanded (`dcrAttestationEvidenceRequired`, or a
    /// profile's envelope) or not. Evidence that is missing or not current is answered with 400 `stale_evidence` and a
    /// nonce for the next try. A nonce is good for one registration of whoever asked for it: it is bound to the
    /// profile, the issuer and software of the statement, the subject of the certificate, and the initial access token
    /// or the client that the host vouches for, as far as there are any. Its one use is taken, through the
    /// [`ReplayGuard`], when the client is about to be stored, so that a request that was refused for another reason
    /// can be sent again.
    ///
    /// [`ReplayGuard`]: crate::ReplayGuard
    pub fn evidence_verifier(mut self, verifier: impl EvidenceVerifier + 'static) -> Self {
        self.hooks.verifier = Some(Arc::new(verifier));
        self
    }

    /// The key that all nodes of a server share, so that each knows the nonces of the others: at least 32 random bytes.
    /// Default: one that is drawn when the registrar is built, for one node.
    pub fn evidence_nonce_key(mut self, key: SharedSecret) -> Self {
        self.hooks.nonce_key = Some(key);
        self
    }

    /// How long evidence may take to come back with a nonce, in whole seconds, up to a day. Default: `nonce_ttl_s` of
    /// the hook `verify_evidence` of the profile, else 300 seconds.
    pub fn evidence_nonce_lifetime(mut self, lifetime: Duration) -> Self {
        self.hooks.nonce_lifetime = Some(lifetime);
        self
    }

    /// A profile that names the step `verify_evidence` needs somebody who takes it, and time to take it in.
    pub(super) fn without_verifier(&self, policy: &Policy) -> Vec<ConfigProblem> {
        let Some(step) = policy.evidence_step() else { return Vec::new() };
        let is_alone = self.hooks.verifier.is_none() && self.hook.is_none();
        let is_timeless = step.config.get("nonce_ttl_s").is_some() && policy.nonce_lifetime_s().is_none();
        [
            (is_alone, "`verify_evidence` needs an evidence verifier or a script hook"),
            (is_timeless, "`nonce_ttl_s` of `verify_evidence` must be of 1 to 86400 seconds"),
        ]
        .into_iter()
        .filter(|(is_wrong, _)| *is_wrong)
        .map(|(_, message)| problem("hooks", message))
        .collect()
    }

    pub(super) fn attestation(&self) -> Result<Option<Attestation>, ConfigProblem> {
        let HookParts { time_limit, verifier, nonce_key, nonce_lifetime, .. } = &self.hooks;
        if time_limit.is_some_and(|limit| limit.is_zero()) {
            return Err(problem("hook_time_limit", "must not be zero, since no hook could answer"));
        }
        let lifetime_s = nonce_lifetime.map(|lifetime| i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
        if lifetime_s.is_some_and(|seconds| !NONCE_LIFETIMES.contains(&seconds)) {
            return Err(problem("evidence_nonce_lifetime", "must be of 1 to 86400 seconds"));
        }
        let Some(verifier) = verifier.clone() else { return Ok(None) };
        let nonces = match nonce_key {
            Some(key) if key.expose_secret().len() < MIN_KEY => {
                return Err(problem("evidence_nonce_key", &format!("must have {MIN_KEY} bytes or more")));
            }
            Some(key) => Nonces::shared(key),
            None => Nonces::of_this_node(&*self.entropy)
                .map_err(|error| problem("evidence_nonce_key", &format!("{error}{}", cause_of(&error))))?,
        };
        Ok(Some(Attestation { verifier, nonces, lifetime_s }))
    }

    /// Janssen's `dcrAttestationEvidenceRequired` demands evidence, not that it is good.
    pub(super) fn hook_warnings<'p>(
        &self,
        mut policies: impl Iterator<Item = &'p Policy>,
    ) -> Option<ConfigWarning> {
        let is_judged = self.hooks.verifier.is_some() || self.hook.is_some();
        (!is_judged && policies.any(Policy::demands_evidence)).then(|| ConfigWarning {
            property: "dcrAttestationEvidenceRequired".to_owned(),
            message: "evidence is demanded and nobody verifies it: any text is taken for evidence".to_owned(),
        })
    }
}

/// What is behind an error, for the operator.
fn cause_of(error: &dyn Error) -> String {
    error.source().map_or_else(String::new, |cause| format!(": {cause}"))
}

/// As many as the hash has.
const MIN_KEY: usize = 32;

impl HookParts {
    pub(super) fn settings(self, config: &RegistrarConfig) -> HookSettings {
        HookSettings {
            time_limit: self.time_limit,
            attributes: self.attributes,
            trusted_issuers: config.trusted_ssa_issuers.keys().cloned().collect(),
        }
    }
}
