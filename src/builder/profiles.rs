//! What is said of the profiles of a registrar, and of the selection among them.

use super::RegistrarBuilder;
use crate::config::{ConfigProblem, ConfigWarning};
use crate::profile::{Lint, Profile};

impl RegistrarBuilder {
    /// What a profile allows without saying so aloud. What a preset makes of its parents is its purpose, and nothing new
    /// to whoever takes it as it is.
    pub(super) fn profile_warnings(&self, profile: &Profile) -> impl Iterator<Item = ConfigWarning> {
        let is_preset = Profile::preset(&profile.name) == Some(profile);
        let is_news =
            move |lint: &Lint| !is_preset || !(lint.is_weakening() || lint.id.starts_with("unreachable."));
        let has_hook = self.hook.is_some();
        let name = profile.name.clone();
        let lints = profile.lint().into_iter().filter(is_news);
        lints.filter(move |lint| !has_hook || lint.id != "host.hook").map(move |lint| ConfigWarning {
            property: format!("profile {name}: {}", lint.place),
            message: lint.message,
        })
    }

    /// What is wrong with the selection. It is not judged while a profile could not be made: its name is missing here.
    pub(super) fn selection_problems(&self, names: &[&str]) -> Vec<ConfigProblem> {
        if names.len() <= self.further_profiles.len() {
            return Vec::new();
        }
        let problems = self.selection.problems(names).into_iter();
        problems.map(|(property, message)| ConfigProblem { property, message }).collect()
    }
}
