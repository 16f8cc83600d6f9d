//! The policy as a function: of the members and not of their order, and one that leaves its own output as it is.

use std::collections::{BTreeMap, BTreeSet};

use oauth_dcr::explain::Verdict;
use oauth_dcr::testing::run;
use oauth_dcr::{MemoryClientStore, Profile, RegisterRequest, Registrar};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::valid::{self, valid};
use super::{any_metadata, cases, config};

/// Open registration, by profiles that differ in what they take.
const PRESETS: [&str; 3] = ["rfc7591", "oidc", "standard"];

fn registrar(preset: &str, metadata: &Value) -> Registrar {
    Registrar::builder(config(valid::config()), MemoryClientStore::default())
        .jwks_resolver(valid::network([metadata]))
        .profile(Profile::preset(preset).unwrap().clone())
        .build()
        .unwrap()
}

/// The verdict, everything that is wrong, and what would be registered.
type Judged = (Verdict, BTreeSet<String>, BTreeMap<String, Value>);

fn judged(registrar: &Registrar, body: &str) -> Judged {
    let explanation = run(registrar.explain(RegisterRequest::from_body(body.as_bytes()))).unwrap();
    let faults = explanation.faults.iter().map(|fault| serde_json::to_string(fault).unwrap()).collect();
    let members = explanation.members.into_iter().map(|member| (member.name, member.value)).collect();
    (explanation.verdict, faults, members)
}

/// The text of an object with its members in this order.
fn text(members: &[(String, Value)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

fn members(metadata: &Value) -> Vec<(String, Value)> {
    metadata.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

proptest! {
    #![proptest_config(cases(192))]

    /// RFC 8259 section 4: members in another order are the same request, with the same faults.
    #[test]
    fn faults_do_not_depend_on_the_order_of_members(
        (one, other) in any_metadata().prop_flat_map(|metadata| {
            let members = members(&metadata);
            (Just(members.clone()), Just(members).prop_shuffle())
        }),
        preset in prop::sample::select(&PRESETS[..]),
    ) {
        let registrar = registrar(preset, &json!({}));
        prop_assert_eq!(judged(&registrar, &text(&one)), judged(&registrar, &text(&other)));
    }

    /// What the policy made of a request is a request that it takes as it is.
    #[test]
    fn the_policy_leaves_its_own_output_as_it_is(
        metadata in any::<u64>().prop_map(valid),
        preset in prop::sample::select(&PRESETS[..]),
    ) {
        let registrar = registrar(preset, &metadata);
        let (verdict, faults, once) = judged(&registrar, &metadata.to_string());
        if preset == "standard" {
            prop_assert_eq!(verdict, Verdict::Accepted, "{:?}", faults);
        }
        if verdict == Verdict::Accepted {
            let twice = judged(&registrar, &json!(once).to_string());
            prop_assert_eq!(twice, (Verdict::Accepted, BTreeSet::new(), once));
        }
    }
}
