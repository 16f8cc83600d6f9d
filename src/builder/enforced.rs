//! What a profile asks for and this registrar would not do: better no server than an open one.

use super::{RegistrarBuilder, problem};
use crate::config::ConfigProblem;
use crate::lifecycle::{COMMUNITY, is_allowed};
use crate::metadata_document::takes_documents;
use crate::policy::{KeyPlan, Policy};
use crate::profile::{Access, Operation, Token};

impl RegistrarBuilder {
    /// Proof that is asked for and that this version does not check yet.
    pub(super) fn not_enforced(&self, policy: &Policy) -> Vec<ConfigProblem> {
        let lifecycle = &policy.lifecycle;
        let is_unknown =
            |name: &String| !["$statement.", "$request.", "$self."].iter().any(|kind| name.starts_with(kind));
        let is_no_key = |name: &String| name != COMMUNITY && is_unknown(name);
        [
            (
                "access.bind",
                policy.access.iter().any(|(operation, access)| binds_nothing(*operation, access)),
            ),
            // A metadata document is alone at its URL.
            (
                "lifecycle.unique_by",
                !is_allowed(lifecycle)
                    && !takes_documents(policy)
                    && lifecycle.unique_by.iter().any(is_no_key),
            ),
            (
                "lifecycle.not_after",
                lifecycle.not_after.as_ref().is_some_and(|name| !name.starts_with("$statement.")),
            ),
            (
                "lifecycle.initial_state",
                !matches!(lifecycle.initial_state.as_deref(), None | Some("active" | "pending")),
            ),
            ("response.typ", policy.response.typ.is_some()),
            (
                "response.media_type",
                policy.response.media_type.as_deref().is_some_and(|own| own != "application/json"),
            ),
            (
                "lifecycle.client_id",
                !takes_documents(policy)
                    && !matches!(lifecycle.client_id.as_deref(), None | Some("random" | "uuid")),
            ),
            ("keys.fetch_at_registration", policy.keys.fetch_at_registration == Some(true)),
        ]
        .into_iter()
        .filter(|(_, is_asked)| *is_asked)
        .map(|(property, _)| problem(property, "is not enforced by this version"))
        .collect()
    }

    /// Callers that nobody could be, or that anybody could be.
    pub(super) fn access_problems(&self, policy: &Policy) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        let management = policy.response.management_token.as_ref();
        let issued: &[String] = management.map_or(&[], |token| &token.scopes);
        for (operation, access) in policy.access.iter().filter(|(_, access)| access.enabled != Some(false)) {
            let place = format!("access.{operation}");
            for token in &access.tokens {
                let message = match token {
                    Token::Open if *operation != Operation::Create && !self.open_management => {
                        "lets anybody who knows the name of a client manage it: \
                         RegistrarBuilder::acknowledge_open_management takes note of that"
                    }
                    Token::InitialAccess { .. } if *operation == Operation::Create => {
                        // A host may check tokens of its own kind, so that another kind being taken is no problem.
                        if self.initial_access.is_some() || access.tokens.len() > 1 {
                            continue;
                        }
                        "needs initial access tokens, and the registrar has no place to keep them"
                    }
                    Token::RegistrationAccess { scopes }
                        if !scopes.iter().all(|own| issued.contains(own)) =>
                    {
                        "needs a scope that registration access tokens are not issued with"
                    }
                    _ => continue,
                };
                problems.push(problem(&place, message));
            }
        }
        problems
    }

    /// Key sources that can never have a key.
    pub(super) fn without_keys(&self, policy: &Policy) -> Vec<ConfigProblem> {
        let secrets = self.config.secrets();
        let mut problems = Vec::new();
        for (place, jws) in policy.signers() {
            for plan in &jws.keys {
                let message = match plan {
                    _ if cfg!(not(feature = "jose")) => "needs the feature `jose`".to_owned(),
                    KeyPlan::Uri(_) | KeyPlan::Discovery { .. } | KeyPlan::StatementUri(_)
                        if self.resolver.is_none() =>
                    {
                        "has keys at a URL, and there is no resolver to fetch them".to_owned()
                    }
                    KeyPlan::Secret(name)
                        if !secrets.contains_key(name) && !self.secrets.contains_key(name) =>
                    {
                        format!("names the shared secret `{name}`, which nobody gave")
                    }
                    #[cfg(feature = "x509")]
                    KeyPlan::X5c { anchors, .. }
                        if place.starts_with("software_statement") && self.anchors.contains_key(anchors) =>
                    {
                        continue;
                    }
                    #[cfg(feature = "x509")]
                    KeyPlan::X5c { anchors, .. } if place.starts_with("software_statement") => {
                        format!("names the trust anchors `{anchors}`, which nobody gave")
                    }
                    #[cfg(feature = "x509")]
                    KeyPlan::X5c { .. } => "takes certificates in software statements only".to_owned(),
                    KeyPlan::NotHere => "has a key source that is not verified by this version".to_owned(),
                    _ => continue,
                };
                problems.push(problem(place, &message));
            }
        }
        problems.dedup();
        problems
    }
}

/// Whether a certificate is to agree with something that an operation does not have.
fn binds_nothing(operation: Operation, access: &Access) -> bool {
    let known: &[&str] = match operation {
        Operation::Create => &["$statement.", "$request.", "$self."],
        Operation::Update => &["$statement.", "$request.", "$self.", "$client."],
        Operation::Read | Operation::Delete => &["$client."],
    };
    let binds = access.bind.iter().flat_map(|bind| bind.any.iter().chain([bind]));
    binds
        .flat_map(|bind| bind.equals.iter().chain(&bind.in_jwks_of))
        .any(|name| !known.iter().any(|kind| name.starts_with(kind)))
}
