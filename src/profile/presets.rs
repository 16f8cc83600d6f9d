//! The profiles that come with the crate, one JSON file each.

use std::sync::LazyLock;

use super::Profile;

macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        const TEXTS: &[(&str, &str)] = &[$(($name, include_str!(concat!("presets/", $name, ".json")))),+];
    };
}

presets!["rfc7591", "oidc", "standard"];

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
        for (name, text) in TEXTS {
            let profile: Profile =
                serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(profile.name, *name);
            let composed = profile.compose().unwrap();
            assert_eq!(composed.problems(), Vec::<String>::new(), "{name}");
        }
    }
}
