//! Regular expressions of profiles, behind the feature `patterns`.

/// A regular expression, compiled when the registrar is built. The engine is linear in the length of its input.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(regex::Regex);

impl Pattern {
    pub(crate) fn compile(text: &str) -> Result<Self, String> {
        regex::RegexBuilder::new(text)
            .size_limit(1 << 20)
            .build()
            .map(Self)
            .map_err(|error| format!("the pattern `{text}` cannot be used: {error}"))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
