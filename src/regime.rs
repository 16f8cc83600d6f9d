//! The engine under the rules of one profile: what every stage works with.

use std::ops::Deref;
use std::sync::Arc;

use crate::client::Provenance;
use crate::engine::Engine;
use crate::policy::Policy;

/// A profile, ready for use.
pub(crate) struct Rules {
    pub(crate) policy: Policy,
    /// What no hook can relax: the standard, compiled by itself. Only with a hook.
    pub(crate) standard: Option<Policy>,
    /// Where a client comes from that brings neither a statement nor a token: the profile alone.
    pub(crate) origin: Arc<Provenance>,
}

impl Rules {
    pub(crate) fn new(policy: Policy, standard: Option<Policy>) -> Self {
        let origin = Arc::new(Provenance::new(policy.name.as_str().into(), None));
        Self { policy, standard, origin }
    }

    pub(crate) fn profile_name(&self) -> &Arc<str> {
        &self.origin.profile
    }
}

/// The engine, and the profile that a request or a client is under.
#[derive(Clone, Copy)]
pub(crate) struct Regime<'e> {
    engine: &'e Engine,
    pub(crate) policy: &'e Policy,
    pub(crate) standard: Option<&'e Policy>,
    pub(crate) origin: &'e Arc<Provenance>,
}

impl<'e> Regime<'e> {
    pub(crate) fn new(engine: &'e Engine, rules: &'e Rules) -> Self {
        let Rules { policy, standard, origin } = rules;
        Self { engine, policy, standard: standard.as_ref(), origin }
    }

    pub(crate) fn profile_name(&self) -> &'e Arc<str> {
        &self.origin.profile
    }
}

impl Deref for Regime<'_> {
    type Target = Engine;

    fn deref(&self) -> &Engine {
        self.engine
    }
}

impl Engine {
    /// The profile of this registrar.
    pub(crate) fn regime(&self) -> Regime<'_> {
        Regime::new(self, &self.rules)
    }

    /// The profile of that name. One that was taken from the configuration since leaves its clients to the profile
    /// of this registrar.
    pub(crate) fn regime_of(&self, profile: &str) -> Regime<'_> {
        let named = self.more_rules.iter().find(|rules| **rules.profile_name() == *profile);
        Regime::new(self, named.unwrap_or(&self.rules))
    }

    /// The largest request body that any profile takes, in bytes.
    pub(crate) fn max_body_bytes(&self) -> usize {
        self.regimes().map(|regime| regime.policy.max_bytes).max().unwrap_or_default()
    }

    /// All profiles, that of this registrar first.
    pub(crate) fn regimes(&self) -> impl Iterator<Item = Regime<'_>> {
        std::iter::once(&self.rules).chain(&self.more_rules).map(|rules| Regime::new(self, rules))
    }
}
