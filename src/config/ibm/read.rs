//! Reading the stanza: every problem at once, each with its path.

use serde_json::{Map, Value};
use url::Url;

use super::{Authentication, IbmDynamicRegistration, Recipe, StatementKeys, TokenSettings};
use crate::config::lower::ASYMMETRIC;
use crate::config::problems::is_scope;
use crate::config::{ConfigError, ConfigProblem};
use crate::profile::Profile;

/// Reads the stanza and judges what only shows when its parts are together.
pub(super) fn stanza(stanza: Value) -> Result<IbmDynamicRegistration, ConfigError> {
    let mut problems = Vec::new();
    let mut section = Section::of(String::new(), stanza, &mut problems);
    let recipe = section.recipe();
    let mapping_rule = section.text("mappingrule_id").filter(|id| !id.is_empty());
    let statements = section.inner("software_statement_validation", StatementKeys::read).flatten();
    let registration = section.inner("registration_endpoint_authentication", |inner| {
        if inner.flag("allow_custom_client_creds") {
            inner.add(
                "allow_custom_client_creds",
                "must not be true: identifiers and secrets that clients choose are never taken",
            );
        }
        Authentication::read(inner)
    });
    let management = section.inner("management_endpoint_authentication", Authentication::read);
    let token = section.inner("registration_access_token", TokenSettings::read);
    section.finish();
    let stanza = IbmDynamicRegistration {
        recipe,
        mapping_rule,
        statements,
        registration: registration.unwrap_or_default(),
        management: management.unwrap_or_default(),
        token: token.unwrap_or_default(),
        statement_issuers: Vec::new(),
    };
    // What a setting lacks can only be said of settings that could be read.
    if problems.is_empty() {
        problems = stanza.problems();
    }
    if problems.is_empty() { Ok(stanza) } else { Err(ConfigError { problems }) }
}

impl IbmDynamicRegistration {
    /// Settings that cannot work together.
    fn problems(&self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        let mut add = |property: &str, message: String| {
            problems.push(ConfigProblem { property: property.to_owned(), message });
        };
        let jwks_uri = "software_statement_validation.jwks_uri";
        match &self.statements {
            None if self.recipe.is_regional() => {
                add(jwks_uri, "must be given: the recipe verifies statements of a directory".to_owned());
            }
            None if self.registration.software_statement || self.management.software_statement => {
                add(
                    jwks_uri,
                    "must be given: a software statement is required, and none could be verified".to_owned(),
                );
            }
            Some(StatementKeys { signing_algs: Some(own), .. }) if self.recipe.is_regional() => {
                let taken = self.recipe.statement_algs();
                if !own.iter().any(|alg| taken.contains(alg)) {
                    let message = format!("has none that the recipe takes: {}", taken.join(", "));
                    add("software_statement_validation.signing_algs", message);
                }
            }
            _ => {}
        }
        let has_other_tokens = self.recipe.is_regional();
        if self.management.bearer_token && !self.token.is_issued && !has_other_tokens {
            let message = "needs `registration_access_token.generate`: nobody would hold a token";
            add("management_endpoint_authentication.require_bearer_token", message.to_owned());
        }
        problems
    }
}

impl Recipe {
    /// The algorithms of the statements that a regional recipe takes.
    pub(super) fn statement_algs(self) -> Vec<String> {
        let preset =
            Profile::preset(self.preset()).and_then(|preset| preset.compose().ok()).unwrap_or_default();
        let issuers = preset.software_statement.issuers.into_iter();
        issuers.flat_map(|issuer| issuer.jws.algs).collect()
    }
}

impl StatementKeys {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let text = section.text("jwks_uri");
        let signing_algs = section.texts("signing_algs");
        for alg in signing_algs.iter().flatten().filter(|alg| !ASYMMETRIC.contains(&alg.as_str())) {
            section.add("signing_algs", &format!("`{alg}` is not an algorithm for keys that are published"));
        }
        if signing_algs.as_ref().is_some_and(Vec::is_empty) {
            section.add("signing_algs", "must name one, or be left out for all");
        }
        let Some(text) = text else {
            if signing_algs.is_some() {
                section.add("signing_algs", "has no effect without `jwks_uri`");
            }
            return None;
        };
        match Url::parse(&text).ok().filter(|url| url.scheme() == "https") {
            Some(jwks_uri) => Some(Self { jwks_uri, signing_algs }),
            None => {
                section.add("jwks_uri", &format!("`{text}` must be an address with https"));
                None
            }
        }
    }
}

impl Authentication {
    fn read(section: &mut Section<'_>) -> Self {
        Self {
            certificate: section.flag("require_mtls"),
            bearer_token: section.flag("require_bearer_token"),
            software_statement: section.flag("require_software_statement"),
        }
    }
}

impl TokenSettings {
    fn read(section: &mut Section<'_>) -> Self {
        let scopes = section.texts("scopes").unwrap_or_default();
        for scope in scopes.iter().filter(|scope| !is_scope(scope)) {
            section.add("scopes", &format!("`{scope}` is not a scope"));
        }
        Self { is_issued: section.flag("generate"), lifetime: section.seconds("lifetime"), scopes }
    }
}

/// A mapping of the stanza, of which settings are taken; what is left is none.
struct Section<'p> {
    path: String,
    settings: Map<String, Value>,
    problems: &'p mut Vec<ConfigProblem>,
}

impl<'p> Section<'p> {
    fn of(path: String, value: Value, problems: &'p mut Vec<ConfigProblem>) -> Self {
        let mut section = Self { path, settings: Map::new(), problems };
        match value {
            Value::Object(settings) => section.settings = settings,
            // An empty mapping is null in YAML.
            Value::Null => {}
            _ => section.add("", "must be a mapping of settings"),
        }
        section
    }

    fn add(&mut self, name: &str, message: &str) {
        let property = match (&*self.path, name) {
            ("", "") => "dynamic_registration".to_owned(),
            ("", name) => name.to_owned(),
            (path, "") => path.to_owned(),
            (path, name) => format!("{path}.{name}"),
        };
        self.problems.push(ConfigProblem { property, message: message.to_owned() });
    }

    /// A setting of one type; nothing if it is absent or null, and a problem if it is of another type.
    fn take<T>(&mut self, name: &str, expected: &str, read: impl FnOnce(Value) -> Option<T>) -> Option<T> {
        let value = self.settings.remove(name).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            self.add(name, &format!("must be {expected}"));
        }
        read
    }

    fn flag(&mut self, name: &str) -> bool {
        self.take(name, "true or false", |value| value.as_bool()).unwrap_or(false)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.take(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        self.take(name, "a list of texts", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    fn seconds(&mut self, name: &str) -> i64 {
        self.take(name, "a number of seconds", |value| value.as_i64().filter(|own| *own >= 0)).unwrap_or(0)
    }

    fn recipe(&mut self) -> Recipe {
        let Some(name) = self.text("recipe") else { return Recipe::default() };
        let known = Recipe::NAMES.iter().find(|(own, _)| *own == name);
        if known.is_none() {
            let names = Recipe::NAMES.map(|(own, _)| format!("`{own}`")).join(", ");
            self.add("recipe", &format!("`{name}` is none of {names}"));
        }
        known.map_or_else(Recipe::default, |(_, recipe)| *recipe)
    }

    fn inner<T>(&mut self, name: &str, read: impl FnOnce(&mut Section<'_>) -> T) -> Option<T> {
        let value = self.settings.remove(name)?;
        let mut inner = Section::of(name.to_owned(), value, self.problems);
        let result = read(&mut inner);
        inner.finish();
        Some(result)
    }

    fn finish(mut self) {
        for name in std::mem::take(&mut self.settings).keys() {
            self.add(name, "is not a setting");
        }
    }
}
