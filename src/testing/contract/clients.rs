//! Clients to store.

use serde_json::{Map, Value, json};

use crate::client::{Client, ClientId};
use crate::entropy::{Entropy, OsEntropy};
use crate::metadata::{Group, Kind, fields};
use crate::secret::TokenDigest;

/// A client with every member that a client can have: language variants, members that nobody declared,
/// integers of 64 bits, text outside ASCII.
#[must_use]
pub fn full_client(id: &ClientId) -> Client {
    client_from(id, json!({}))
}

/// A client with nothing that is optional.
#[must_use]
pub fn bare_client(id: &ClientId) -> Client {
    bare_from(id, json!({}))
}

/// An id that no other run uses.
pub(super) fn fresh_id(check: &str) -> ClientId {
    let mut bytes = [0; 8];
    OsEntropy.fill(&mut bytes).expect("random bytes");
    ClientId::new(&format!("contract-{:016x}-{check}", u64::from_be_bytes(bytes))).unwrap()
}

/// Ids that stand next to each other in a listing, whoever else is in the store.
pub(super) fn family(check: &str, endings: &[&str]) -> Vec<ClientId> {
    let base = fresh_id(check);
    endings.iter().map(|ending| ClientId::new(&format!("{base}-{ending}")).unwrap()).collect()
}

/// A unique key that no other run uses.
pub(super) fn key_of(id: &ClientId) -> String {
    format!("https://issuer.example/ é \n {id}")
}

pub(super) fn keyed(id: &ClientId, key: Option<&str>) -> Client {
    client_from(id, json!({ "unique_key": key }))
}

pub(super) fn revised(client: &Client, revision: u64) -> Client {
    let mut form = form(client);
    form["revision"] = revision.into();
    from_form(form)
}

/// A bare client with some members of its form changed.
pub(super) fn bare_from(id: &ClientId, changes: Value) -> Client {
    let form = json!({
        "id": id,
        "metadata": {},
        "issued_at": 1_767_225_600,
        "provenance": { "profile": "standard" },
        "revision": 1,
    });
    changed(form, changes)
}

/// A full client with some members of its form changed.
pub(super) fn client_from(id: &ClientId, changes: Value) -> Client {
    let form = json!({
        "id": id,
        "metadata": every_member(),
        "issued_at": 1_767_225_600,
        "expires_at": 1_798_761_600,
        "secret": { "digest": TokenDigest::of(id.as_str()) },
        "secret_expires_at": 1_798_761_599,
        "registration_access_token": TokenDigest::of("token"),
        "flags": {
            "trusted": true,
            "disabled": true,
            "deletable": true,
            "persist_authorizations": true,
            "include_claims_in_id_token": true,
        },
        "provenance": { "profile": "standard", "statement_issuer": "https://issuer.example/ é" },
        "janssen": { "dn": "inum=é,ou=clients,o=jans", "attributes": { "later": [1, null] } },
        "revision": 1,
    });
    changed(form, changes)
}

fn changed(mut form: Value, changes: Value) -> Client {
    for (name, value) in changes.as_object().unwrap() {
        form[name] = value.clone();
    }
    from_form(form)
}

/// Every row of the field table that can be stored, and members that no row has.
fn every_member() -> Map<String, Value> {
    let mut metadata = Map::new();
    for (place, row) in fields::TABLE.iter().enumerate().filter(|(_, row)| row.group != Group::Server) {
        let text = format!("{} \"quoted\" \\ / naïve 漢字 🦀 \u{2028}", row.name);
        let uri = format!("https://app.example.org/{}?q=%C3%A9&a=/", row.name);
        let value = match row.kind {
            Kind::String => json!(text),
            Kind::Uri | Kind::HttpsUri | Kind::WebUri => json!(uri),
            Kind::Bool => json!(place % 2 == 0),
            Kind::Int => json!(9_007_199_254_740_991_i64),
            Kind::List => json!(["z", text, "a"]),
            Kind::UriList => json!(["https://z.example.org/cb", uri, "com.example.app:/cb"]),
            Kind::Words => json!("openid zeta alpha"),
            Kind::Object => json!({ "z": [{ "a": [[], {}] }], "a": null, "n": -1, row.name: text }),
            Kind::Any => json!([1, "two", { "three": 3 }, null, [false]]),
        };
        if row.localized {
            for tag in ["de", "fr-CA", "ja-Hani-JP"] {
                metadata.insert(format!("{}#{tag}", row.name), json!(format!("{tag} {uri}")));
            }
        }
        metadata.insert(row.name.to_owned(), value);
    }
    for (name, value) in [
        ("extra_largest", json!(u64::MAX)),
        ("extra_smallest", json!(i64::MIN)),
        ("extra_fraction", json!(0.1)),
        ("extra_text_like_a_number", json!("1.0")),
        ("extra_object", json!({ "é": { "漢": ["🦀", 9_223_372_036_854_775_807_i64] } })),
        ("extra é", json!(["", true, []])),
        ("$extra.dotted", json!("")),
    ] {
        metadata.insert(name.to_owned(), value);
    }
    metadata
}

/// The stable form. Two clients with one form are the same client; the order of members has no meaning.
pub(super) fn form(client: &Client) -> Value {
    serde_json::to_value(client).expect("the form of a client")
}

pub(super) fn from_form(form: Value) -> Client {
    serde_json::from_value(form).expect("the form of a client")
}
