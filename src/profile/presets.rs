//! The profiles that come with the crate, one JSON file each.

use std::sync::LazyLock;

use super::Profile;

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        const TEXTS: &[(&str, &str)] = &[$(($name, include_str!(concat!("presets/", $name, ".json")))),+];
    };
}

presets![
    "rfc7591",
    "oidc",
    "standard",
    "attested-dcr",
    "au-cdr",
    "br-openfinance",
    "br-openinsurance",
    "cimd",
    "fapi-ciba",
    "fapi1-advanced",
    "fapi1-baseline",
    "fapi2-message-signing",
    "fapi2-security",
    "fdx",
    "ibm-default",
    "ibm-fapi-au-cdr",
    "ibm-fapi-default",
    "ibm-fapi-uk-ob",
    "ibm-token-protected",
    "igov",
    "janssen-signed",
    "ksa-openbanking",
    "mcp-dcr",
    "openid-federation-explicit",
    "smart",
    "udap",
    "uk-ob-1.0-rc2",
    "uk-ob-3.1",
    "uk-ob-3.3",
    "uk-ob-3.4",
];

/// Parsed on first use. A test parses them all, so that none can be missing here.
static PRESETS: LazyLock<Vec<Profile>> =
    LazyLock::new(|| TEXTS.iter().filter_map(|(_, text)| serde_json::from_str(text).ok()).collect());

impl Profile {
    /// A profile that comes with the crate, not yet composed.
    ///
    /// ```
    /// # use oauth_dcr::Profile;
    /// assert!(Profile::preset("oidc").is_some());
    /// ```
    #[must_use]
    pub fn preset(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|profile| profile.name == name)
    }

    /// The names of all presets.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        TEXTS.iter().map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_parses_composes_and_is_sound() {
        let needs_patterns =
            |problems: &[String]| problems.iter().all(|problem| problem.contains("`patterns`"));
        for (name, text) in TEXTS {
            let profile: Profile =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(profile.name, *name);
            assert_eq!(without_source(&profile), [""; 0], "{name}: what do they come from?");
            let composed = profile.compose().unwrap();
            let problems = composed.problems();
            assert!(
                problems.is_empty() || (cfg!(not(feature = "patterns")) && needs_patterns(&problems)),
                "{name}: {problems:?}"
            );
        }
    }

    /// The members and rules that do not name the document they come from.
    fn without_source(profile: &Profile) -> Vec<String> {
        let members = profile.metadata.iter().chain(&profile.request.envelope);
        let members = members.map(|(name, member)| (name, member.spec.as_deref()));
        let rules = profile.rules.iter().map(|rule| (&rule.id, rule.spec.as_deref()));
        let whole = [("title", &*profile.title), ("spec", &*profile.spec)];
        let unnamed = whole.into_iter().filter(|(_, text)| text.is_empty()).map(|(name, _)| name.to_owned());
        let is_unnamed = |(_, spec): &(&String, Option<&str>)| spec.is_none_or(str::is_empty);
        unnamed.chain(members.chain(rules).filter(is_unnamed).map(|(name, _)| name.clone())).collect()
    }
}
