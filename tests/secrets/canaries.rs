//! What must not be seen, and a hook that looks at everything.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oauth_dcr::{Draft, HookContext, HookError, Operation, ScriptHook, TokenDigest};
use serde_json::{Map, Value};

/// Texts that must not be seen, in the forms in which they could be.
#[derive(Default)]
pub(crate) struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    pub(crate) fn add(&mut self, what: &'static str, secret: &str) -> &mut Self {
        let digest = TokenDigest::of(secret).to_text();
        let bytes = format!("{:?}", secret.as_bytes());
        // A part of a secret is a secret as well.
        let middle = &secret[secret.len() / 4..secret.len() * 3 / 4];
        for form in [secret, middle, &digest, bytes.trim_matches(['[', ']'])] {
            self.0.push((what, form.to_owned()));
        }
        self
    }

    #[track_caller]
    pub(crate) fn absent_from(&self, place: &str, text: &str) {
        let compact: String = text.chars().filter(|character| *character != '\n').collect();
        let compact = compact.replace(",    ", ", ").replace(",        ", ", ");
        for (what, form) in &self.0 {
            assert!(!text.contains(form) && !compact.contains(form), "{place} shows the {what}: {text}");
        }
    }

    #[track_caller]
    pub(crate) fn hidden_in(&self, place: &str, value: &(impl Debug + ?Sized)) {
        self.absent_from(place, &format!("{value:?}"));
        self.absent_from(place, &format!("{value:#?}"));
    }
}

/// Records the debug form of all that a hook is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Eavesdropper(pub(crate) Arc<Mutex<Vec<(Operation, String)>>>);

impl Eavesdropper {
    fn note(&self, cx: &HookContext<'_>, more: &dyn Debug) {
        self.0
            .lock()
            .unwrap()
            .push((cx.operation, format!("{cx:?} {cx:#?} {more:?} {more:#?} {:?}", cx.evidence_jwt())));
    }
}

#[async_trait]
impl ScriptHook for Eavesdropper {
    async fn create_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        self.note(cx, &(&draft, draft.metadata()));
        Ok(())
    }

    async fn update_client(&self, cx: &HookContext<'_>, draft: &mut Draft<'_>) -> Result<(), HookError> {
        self.note(cx, &(&draft, draft.metadata()));
        Ok(())
    }

    async fn delete_client(&self, cx: &HookContext<'_>) -> Result<(), HookError> {
        self.note(cx, &());
        Ok(())
    }

    async fn modify_response(
        &self,
        cx: &HookContext<'_>,
        _: &mut Map<String, Value>,
    ) -> Result<(), HookError> {
        self.note(cx, &());
        Ok(())
    }
}
