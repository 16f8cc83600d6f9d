//! The largest of the presets: what it costs to make it ready, and to judge a request by it.

use std::hint::black_box;
use std::time::{Duration, Instant};

use oauth_dcr::testing::{ManualClock, StaticResolver};
use oauth_dcr::{MemoryClientStore, Profile, RegisterRequest, Registrar, RegistrarConfig};
use serde_json::json;

/// A registrar of the preset with the most members and rules, and one of `oidc`, which judge the same request.
pub(crate) struct Largest {
    pub(crate) name: &'static str,
    pub(crate) members: usize,
    pub(crate) rules: usize,
    profile: Profile,
    large: Registrar,
    oidc: Registrar,
    body: String,
}

impl Largest {
    pub(crate) fn new(body: &str) -> Self {
        let composed = |name: &'static str| (name, Profile::preset(name).unwrap().compose().unwrap());
        let size = |profile: &Profile| profile.metadata.len() + profile.rules.len();
        let (name, composed) = Profile::presets().map(composed).max_by_key(|(_, own)| size(own)).unwrap();
        let (profile, oidc) = (taking_json(name), taking_json("oidc"));
        Self {
            name,
            members: composed.metadata.len(),
            rules: composed.rules.len(),
            large: registrar(&profile),
            oidc: registrar(&oidc),
            profile,
            body: body.to_owned(),
        }
    }

    /// The least time in which it is composed, linted, checked and compiled, over many builds.
    pub(crate) fn build_time(&self) -> Duration {
        let once = || {
            let start = Instant::now();
            black_box(registrar(black_box(&self.profile)));
            start.elapsed()
        };
        (0..200).map(|_| once()).min().unwrap_or_default()
    }

    pub(crate) fn judge_by_large(&self) {
        explain(&self.large, &self.body);
    }

    pub(crate) fn judge_by_oidc(&self) {
        explain(&self.oidc, &self.body);
    }
}

/// The preset for requests that anybody sends, unsigned and without a statement: all that is left is judging them.
fn taking_json(preset: &str) -> Profile {
    serde_json::from_value(json!({
        "dcr_profile": 1, "name": "bench", "extends": [preset],
        "request": { "media_types": { "application/json": "json" } },
        "software_statement": { "presence": "ignored" },
        "access": { "create": { "tokens": [{ "kind": "open" }] } },
    }))
    .unwrap()
}

fn registrar(profile: &Profile) -> Registrar {
    let config = RegistrarConfig::new("https://op.example.com/register".parse().unwrap());
    Registrar::builder(config, MemoryClientStore::default())
        .profile(profile.clone())
        .jwks_resolver(StaticResolver::new())
        .clock(ManualClock::new())
        .build()
        .unwrap()
}

/// A dry run is everything of a registration that a profile has a say in.
fn explain(registrar: &Registrar, body: &str) {
    let request = RegisterRequest::from_body(black_box(body).as_bytes());
    black_box(super::ready(registrar.explain(request)).unwrap());
}
