//! What the reader sees.

use std::error::Error;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::key;

/// Begins a step.
pub(crate) fn step(number: u8, title: &str) {
    println!("\n== Step {number}: {title}");
}

/// Says something about it.
pub(crate) fn say(text: &str) {
    for line in text.lines() {
        println!("   {line}");
    }
}

/// A JSON document and what it is.
pub(crate) fn value(name: &str, value: &Value) {
    println!("   {name}:");
    print_json("     ", value);
}

/// What is inside a JWT.
pub(crate) fn token(name: &str, jwt: &str) -> Result<(), Box<dyn Error>> {
    let (header, claims) = key::decoded(jwt)?;
    value(&format!("{name}, header"), &header);
    value(&format!("{name}, claims"), &Value::Object(claims));
    Ok(())
}

/// A request before it is sent.
pub(crate) fn request(method: &Method, url: &str, token: Option<&str>, signed: Option<&str>) {
    println!("   > {method} {url}");
    if let Some(token) = token {
        println!("   > Authorization: Bearer {token}");
    }
    if let Some(jwt) = signed {
        println!("   > Content-Type: application/jwt");
        println!("   > {}", shortened(jwt));
    }
}

/// What the authorization server asked for before it answered.
pub(crate) fn fetched(requests: &[String]) {
    for request in requests {
        println!("     (the authorization server asks for keys: {request})");
    }
}

/// An answer.
pub(crate) fn answer(status: StatusCode, body: &Value) {
    println!("   < {status}");
    if !body.is_null() {
        print_json("   < ", body);
    }
}

fn print_json(margin: &str, value: &Value) {
    for line in format!("{:#}", with_short_texts(value)).lines() {
        println!("{margin}{line}");
    }
}

fn with_short_texts(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(shortened(text)),
        Value::Array(items) => items.iter().map(with_short_texts).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), with_short_texts(value))).collect()
        }
        value => value.clone(),
    }
}

/// The beginning of a JWT, which nobody reads; any other text as it is. `eyJ` is `{"` in base64.
fn shortened(text: &str) -> String {
    match text.get(..20) {
        Some(beginning) if text.starts_with("eyJ") => {
            format!("{beginning}… ({} characters)", text.len())
        }
        _ => text.to_owned(),
    }
}
