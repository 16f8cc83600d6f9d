//! What a profile allows without saying so aloud: where it is weaker than its parents, where it is open, and what of
//! it never has an effect.

mod members;
mod rules;
mod signers;
mod standing;
mod weakened;

use std::fmt;

use serde::Serialize;

use super::Profile;

/// Something about a profile that a reader should know before relying on it. It is no fault: the profile works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lint {
    /// What kind it is; the table at [`Profile::lint`] has them all.
    pub id: &'static str,
    /// Where it is: `metadata.grant_types`, `rules.code-response-default`, `access.read`.
    pub place: String,
    /// What it comes to: lower case, no full stop, input in backticks.
    pub message: String,
}

impl Lint {
    /// Whether it is about being weaker than a parent, as opposed to what holds of the profile by itself.
    #[must_use]
    pub fn is_weakening(&self) -> bool {
        self.id.starts_with("weakens.")
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.message, self.id)
    }
}

/// Lints while they are found.
#[derive(Default)]
struct Lints(Vec<Lint>);

impl Lints {
    fn add(&mut self, id: &'static str, place: impl Into<String>, message: impl Into<String>) {
        self.0.push(Lint { id, place: place.into(), message: message.into() });
    }
}

impl Profile {
    /// What a reader should know of this profile: where it takes more than the profiles it extends, and what is open or
    /// without effect in the composed whole. Contradictions are not looked for here; [`compose`](Self::compose) and
    /// the building of a registrar refuse them.
    ///
    /// A child profile can only narrow a member, unless it says `reset`; rules, access and issuers it can replace. What
    /// its parents did to theirs is not repeated.
    ///
    /// | Id | Meaning |
    /// |---|---|
    /// | `weakens.member` | a member takes values, lengths or changes that a parent refused, or need no longer be there |
    /// | `weakens.rule` | a rule of a parent is replaced or switched off |
    /// | `weakens.access` | a caller is taken that a parent refused |
    /// | `weakens.request` | a request body is taken that a parent refused |
    /// | `weakens.statement` | a software statement need no longer be there, or weighs more |
    /// | `weakens.issuer` | an issuer is trusted that a parent did not know, or with more |
    /// | `weakens.signature` | an algorithm or a header is taken that a parent refused |
    /// | `weakens.claims` | a claim of a JWT need no longer be there, or may say more |
    /// | `weakens.redirects`, `weakens.keys`, `weakens.lifecycle` | the same for redirection URIs, keys and duplicates |
    /// | `weakens.unknown` | more becomes of members that nobody declared |
    /// | `unreachable.rule` | the condition of a rule cannot hold for a request that is taken |
    /// | `unreachable.shadowed` | a rule with the same id comes later in the same profile |
    /// | `unreachable.switch` | an empty rule switches off what no parent has |
    /// | `open.management` | whoever knows the name of a client can read, change or delete it |
    /// | `open.issuer` | one set of keys vouches for any issuer |
    /// | `open.signature` | nothing is verified |
    /// | `open.own-keys` | a statement brings the keys that verify it |
    /// | `open.claims` | every one of several issuers may set any member |
    /// | `open.members` | members that nobody declared are kept |
    /// | `secret.key`, `secret.value` | a profile can be printed, and holds something secret |
    /// | `host.hook` | something is named that only a hook of the host can do |
    ///
    /// ```
    /// use oauth_dcr::Profile;
    ///
    /// let profile: Profile = serde_json::from_str(
    ///     r#"{ "dcr_profile": 1, "name": "ours", "extends": ["fapi2-security"],
    ///          "metadata": { "response_types": { "reset": true, "subset_of": ["code", "code id_token"] } } }"#,
    /// )?;
    /// let lints: Vec<String> = profile.lint().iter().map(ToString::to_string).collect();
    /// assert_eq!(
    ///     lints,
    ///     ["metadata.response_types: may also have `code id_token` [weakens.member]"],
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn lint(&self) -> Vec<Lint> {
        let base = self.parents();
        let composed = self.resolved();
        let mut lints = Lints::default();
        if !self.extends.is_empty() {
            weakened::compare(&base, &composed, &mut lints);
        }
        rules::lint(self, &base, &composed, &mut lints);
        standing::lint(&composed, &mut lints);
        lints.0
    }
}

/// Values in backticks.
fn listed<T: fmt::Display>(values: &[T]) -> String {
    values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}

/// What is in one list and not in another.
fn beyond<'v, T: PartialEq>(own: &'v [T], others: &[T]) -> Vec<&'v T> {
    own.iter().filter(|value| !others.contains(value)).collect()
}
