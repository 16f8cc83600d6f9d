//! Regular expressions of profiles, behind the feature `patterns`.

#[cfg(feature = "patterns")]
mod engine {
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
}

#[cfg(not(feature = "patterns"))]
mod engine {
    /// Never made: without the feature a profile with a pattern does not load.
    #[derive(Clone, Debug)]
    pub(crate) enum Pattern {}

    impl Pattern {
        pub(crate) fn compile(text: &str) -> Result<Self, String> {
            Err(format!("the pattern `{text}` needs the feature `patterns`"))
        }

        pub(crate) fn matches(&self, _: &str) -> bool {
            match *self {}
        }

        pub(crate) fn as_str(&self) -> &str {
            match *self {}
        }
    }
}

pub(crate) use engine::Pattern;
