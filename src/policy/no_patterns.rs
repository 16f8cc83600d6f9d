//! In the place of `pattern` without the feature `patterns`.

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
