//! From a profile to the rules of a registrar: the configuration is laid over it, and the whole is compiled.

use super::{RegistrarBuilder, problem, profile_problems};
use crate::config::ConfigProblem;
use crate::host::ScriptHook;
use crate::metadata::{FieldId, Group, fields};
use crate::policy::Policy;
use crate::profile::{Jws, Profile, ProfileError, ScopePolicy};
use crate::regime::Rules;

impl RegistrarBuilder {
    /// A profile with the configuration laid over it, ready for use.
    pub(super) fn rules(&self, profile: &Profile, problems: &mut Vec<ConfigProblem>) -> Option<Rules> {
        let policy = self.policy(profile).map_err(|error| problems.extend(profile_problems(error))).ok()?;
        problems.extend(self.not_enforced(&policy));
        problems.extend(self.access_problems(&policy));
        let longest_secret = policy.response.secret.as_ref().and_then(|own| own.max_length);
        if longest_secret.is_some_and(|most| most < MIN_SECRET) {
            let message = format!("must be at least {MIN_SECRET}: a shorter secret could be guessed");
            problems.push(problem("response.secret.max_length", &message));
        }
        problems.extend(self.without_keys(&policy));
        problems.extend(self.without_verifier(&policy));
        let standard = standard_tier(self.hook.as_deref(), &policy)
            .map_err(|error| problems.extend(profile_problems(error)))
            .ok()?;
        Some(Rules::new(policy, standard))
    }

    /// The profile with the configuration laid over it, compiled.
    fn policy(&self, profile: &Profile) -> Result<Policy, ProfileError> {
        let base = profile.compose()?;
        let mut layer = self.config.to_profile();
        layer.name.clone_from(&base.name);
        layer.access = self.config.access_over(&base.access);
        // The configuration constrains the members a profile has; only Janssen's own and custom ones come with it.
        layer.metadata.retain(|name, _| {
            let group = FieldId::of(name).and_then(FieldId::spec).map(|spec| spec.group);
            matches!(group, None | Some(Group::Janssen)) || base.metadata.contains_key(name)
        });
        // Where a profile bounds scopes by roles or claims, the catalogue says what there is, not who gets it.
        if let Some(own) =
            base.scope.as_ref().filter(|own| own.roles.is_some() || own.statement_claim.is_some())
            && layer.scope.is_some()
        {
            layer.scope =
                Some(ScopePolicy { supported_only: own.supported_only.or(Some(true)), ..own.clone() });
        }
        // The default type of validation asks a hook: without one there is nobody to ask, and a profile that names its
        // issuers is not overruled by a default.
        let names_issuers = !base.software_statement.issuers.is_empty();
        if self.config.has_default_validation() && (self.hook.is_none() || names_issuers) {
            layer.software_statement.issuers.clear();
        }
        // Keys of the configuration relax nothing that the profile demands of a signed request.
        if let Some(demands) = &base.request.jws {
            let named = layer.request.issuers.iter_mut().map(|issuer| &mut issuer.jws);
            for jws in named.chain(&mut layer.request.jws) {
                *jws = with_keys(demands, jws);
            }
        }
        let scopes: Option<Vec<String>> =
            self.config.scopes.as_ref().map(|scopes| scopes.iter().map(|scope| scope.id.clone()).collect());
        Policy::compile(&layer.over(&base)?, scopes.as_deref())
    }
}

/// The fewest characters of a secret, of six random bits each (RFC 6749 section 10.10 wants 160 bits).
const MIN_SECRET: usize = 32;

/// What a profile demands, of other keys. An algorithm counts if both sides take it.
fn with_keys(demands: &Jws, own: &Jws) -> Jws {
    let both: Vec<String> = demands.algs.iter().filter(|alg| own.algs.contains(alg)).cloned().collect();
    let algs = match (demands.algs.is_empty(), both.is_empty()) {
        (true, _) => own.algs.clone(),
        (false, true) => demands.algs.clone(),
        (false, false) => both,
    };
    Jws { algs, keys: own.keys.clone(), ..demands.clone() }
}

/// What a hook cannot relax: OpenID Connect Registration where the profile speaks of it, else RFC 7591.
fn standard_tier(hook: Option<&dyn ScriptHook>, policy: &Policy) -> Result<Option<Policy>, ProfileError> {
    if hook.is_none() {
        return Ok(None);
    }
    let name = if policy.knows(fields::APPLICATION_TYPE) { "oidc" } else { "rfc7591" };
    let profile = Profile::preset(name).cloned().unwrap_or_default().compose()?;
    Policy::compile(&profile, None).map(Some)
}
