//! Clients in Janssen's client schema: the document that its documentation prints, and what real ones have besides.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod credentials;
mod faults;
mod loss;
mod printed;

use oauth_dcr::Client;
use oauth_dcr::janssen::{read, write};
use serde_json::{Value, json};

/// The document that Janssen's documentation prints as its client schema.
fn printed() -> Value {
    serde_json::from_str(include_str!("../data/janssen_client.json")).unwrap()
}

/// A document with what every one has, and these members.
fn document(members: Value) -> Value {
    let mut document = json!({ "inum": "4f2a6e1b", "clientIdIssuedAt": "2022-08-31T10:39:31.385Z" });
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    document
}

#[track_caller]
fn client(members: Value) -> Client {
    read(&document(members)).unwrap()
}

/// Asserts that a document is written as it was read.
#[track_caller]
fn comes_back(members: Value) {
    let document = document(members);
    assert_eq!(write(&read(&document).unwrap()), document);
}
