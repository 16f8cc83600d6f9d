//! Which public types were printed.

use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt::Debug;

/// The debug forms of public types, and which types they were of.
#[derive(Default)]
pub(crate) struct Printed {
    text: String,
    names: BTreeSet<&'static str>,
}

impl Printed {
    pub(crate) fn show<T: Debug + ?Sized>(&mut self, value: &T) {
        let name = type_name::<T>().split('<').next().unwrap_or_default();
        self.names.insert(name.rsplit("::").next().unwrap_or_default());
        self.text.push_str(&format!("{value:?}\n{value:#?}\n"));
    }

    /// An error, by both its forms, with what it says of its sources.
    pub(crate) fn show_error<E: std::error::Error>(&mut self, error: &E) {
        self.show(error);
        let mut source: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = source {
            self.text.push_str(&format!("{error}\n{error:?}\n"));
            source = error.source();
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Every type that the crate exports at its root was printed, or is one that can hold nothing.
    #[track_caller]
    pub(crate) fn assert_complete(&self) {
        let exports = include_str!("../../src/lib.rs").split("pub use ").skip(1).map(|rest| {
            let list = rest.split(';').next().unwrap_or_default();
            list.rsplit("::").next().unwrap_or_default()
        });
        let names = exports.flat_map(|list| list.split(['{', '}', ',', ' ', '\n']));
        let is_type = |name: &&str| {
            name.starts_with(|letter: char| letter.is_ascii_uppercase())
                && name.contains(|letter: char| letter.is_ascii_lowercase())
        };
        let is_known = |name: &&str| {
            self.names.contains(name)
                || [&HOLDS_NOTHING[..], &ELSEWHERE, &TRAITS].iter().any(|names| names.contains(name))
        };
        let missing: Vec<&str> = names.filter(is_type).filter(|name| !is_known(name)).collect();
        assert!(missing.is_empty(), "print these in the scan, or say in types.rs why not: {missing:?}");
    }
}

/// Types without a part that a secret could be in: words, flags, names, published documents, and what the host's own
/// code makes.
const HOLDS_NOTHING: [&str; 30] = [
    "CachedResolverBuilder",
    "CertificateError",
    "EntropyError",
    "EventDetail",
    "Failure",
    "EvidenceVerdict",
    "FetchError",
    "FetchPurpose",
    "FetchedDocument",
    "HookAnswer",
    "HookChain",
    "HookError",
    "HookFns",
    "HttpsResolver",
    "HttpsResolverBuilder",
    "HttpsResolverError",
    "Lint",
    "NoHook",
    "NoNetwork",
    "Operation",
    "OsEntropy",
    "PassedOver",
    "ProfileError",
    "ReplayKey",
    "ResolvedDocument",
    "SelectedBy",
    "ServerFlags",
    // Not its URL: see `tests/stores/failures.rs`.
    "SqlClientStore",
    "SystemClock",
    "TracingEvents",
];

/// Types that are printed where they are handed in, by the hook and by the sink of the scan.
const ELSEWHERE: [&str; 5] = ["Draft", "EventKind", "HookContext", "RegistrationEvent", "UnverifiedJwt"];

const TRAITS: [&str; 13] = [
    "BoxError",
    "ClientDirectory",
    "ClientStore",
    "Clock",
    "Entropy",
    "EventSink",
    "EvidenceVerifier",
    "InitialAccessTokens",
    "JwksResolver",
    "NameLookup",
    "ReplayGuard",
    "ScriptHook",
    "SecretSealer",
];
