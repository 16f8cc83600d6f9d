//! Which profile a registration is under, where a server has several.

use serde::{Deserialize, Serialize};

use super::*;

/// A list of profiles with the requests that each is for. The first entry whose facts all hold is taken; if there is
/// none, the profile of the registrar.
///
/// ```
/// use oauth_dcr::profile::ProfileSelection;
///
/// let selection: ProfileSelection = serde_json::from_str(
///     r#"[ { "profile": "uk-ob-3.3", "when": { "statement_iss": ["OpenBanking Ltd"], "body": ["jws"] } },
///          { "profile": "udap",      "when": { "envelope": ["udap"] } },
///          { "profile": "mcp-dcr",   "when": { "endpoint": ["/mcp/register"] } } ]"#,
/// )?;
/// assert_eq!(selection.entries().len(), 3);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// What an entry asks for is known before anything is verified, and a caller can say what it likes. So a request picks
/// among these profiles and proves nothing by it: **each of them must be fit for every caller who can reach it.** A
/// profile that only some may use belongs behind an endpoint that the host guards, or behind an initial access token
/// that names it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ProfileSelection(Vec<SelectionEntry>);

impl ProfileSelection {
    /// The entries, in the order in which they are tried.
    #[must_use]
    pub fn entries(&self) -> &[SelectionEntry] {
        &self.0
    }
}

impl From<Vec<SelectionEntry>> for ProfileSelection {
    fn from(entries: Vec<SelectionEntry>) -> Self {
        Self(entries)
    }
}

/// A profile and the requests that it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SelectionEntry {
    /// The name of the profile: that of the registrar, or one of its further ones.
    pub profile: String,
    /// What must be so of the request. Default: nothing, which is every request.
    #[serde(default, skip_serializing_if = "is_unset")]
    pub when: SelectionFacts,
}

impl SelectionEntry {
    /// A profile for the requests of which these facts hold.
    #[must_use]
    pub fn new(profile: impl Into<String>, when: SelectionFacts) -> Self {
        Self { profile: profile.into(), when }
    }
}

model! {
    /// What must be so of a request. A list that is not empty must hold what the request has; all lists must.
    struct SelectionFacts {
        /// The host's names for the place where the request came in
        /// ([`RegisterRequest::with_endpoint`](crate::RegisterRequest::with_endpoint)).
        endpoint: Vec<String>,
        /// What the body is, by its first character: its media type is the profile's to judge.
        body: Vec<BodyForm>,
        /// Members of a JSON body, any one of which is enough. A `null` is none.
        envelope: Vec<String>,
        /// The `iss` of the software statement, **which nobody has verified yet**.
        statement_iss: Vec<String>,
    }
}

model! {
    /// What a request body looks like.
    enum BodyForm {
        /// A JSON object.
        Json,
        /// A signed request in compact form.
        Jws,
    }
}
