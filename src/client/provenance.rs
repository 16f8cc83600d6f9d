//! Where a client comes from.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::host::InitialGrant;
use crate::secret::TokenDigest;
use crate::statement::Statement;

/// Where a client comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Provenance {
    /// The profile it was registered under, which its updates must satisfy too.
    pub profile: Arc<str>,
    /// The issuer of its software statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_issuer: Option<Arc<str>>,
    /// The software that the statement is of (`software_id`), if it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_software: Option<Arc<str>>,
    /// The SHA-256 digest of its software statement's signature, as base64url text
    /// ([`Cause::statement`](crate::Cause::statement)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement_digest: Option<Arc<str>>,
    /// The name of the initial access token that it was registered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_access: Option<Arc<str>>,
    /// Whose initial access token that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Arc<str>>,
}

impl fmt::Debug for Provenance {
    /// Of the statement's digest nothing is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provenance")
            .field("profile", &self.profile)
            .field("statement_issuer", &self.statement_issuer)
            .field("statement_software", &self.statement_software)
            .field("initial_access", &self.initial_access)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

impl Provenance {
    pub(crate) fn new(profile: Arc<str>, grant: Option<&InitialGrant>) -> Self {
        Self {
            profile,
            statement_issuer: None,
            statement_software: None,
            statement_digest: None,
            initial_access: grant.map(InitialGrant::shared_id),
            owner: grant.and_then(InitialGrant::shared_owner),
        }
    }

    /// The same origin, with the statement that the client brings now.
    pub(crate) fn with_statement(self, statement: &Statement<'_, '_>) -> Self {
        Self {
            statement_issuer: Some(statement.iss.as_str().into()),
            statement_software: statement.software.as_deref().map(Into::into),
            statement_digest: Some(statement_digest(statement.text)),
            ..self
        }
    }
}

/// The digest by which a statement is known: of its signature, which covers all the rest and is short; of the whole if
/// it has none.
pub(crate) fn statement_digest(statement: &str) -> Arc<str> {
    let signature = statement.rsplit('.').next().filter(|signature| !signature.is_empty());
    TokenDigest::of(signature.unwrap_or(statement)).to_text().into()
}
