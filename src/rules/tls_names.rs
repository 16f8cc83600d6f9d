//! The names by which a client certificate is known (RFC 8705 section 2.1.2).

use std::net::IpAddr;

use super::uri::{MAX_URI, ParsedUri};
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, fields};

const SPEC: &str = "RFC 8705 2.1.2";

const NAMES: [FieldId; 5] = [
    fields::TLS_CLIENT_AUTH_SUBJECT_DN,
    fields::TLS_CLIENT_AUTH_SAN_DNS,
    fields::TLS_CLIENT_AUTH_SAN_URI,
    fields::TLS_CLIENT_AUTH_SAN_IP,
    fields::TLS_CLIENT_AUTH_SAN_EMAIL,
];

pub(super) fn check(document: &Document<'_>, faults: &mut Vec<Violation>) {
    let given: Vec<FieldId> = NAMES.into_iter().filter(|field| document.has(*field)).collect();
    if let [_, second, ..] = given.as_slice()
        && document.text(fields::TOKEN_ENDPOINT_AUTH_METHOD) == Some("tls_client_auth")
    {
        let message = "must be the only one: tls_client_auth uses exactly one name of the certificate";
        faults.push(violation(document, *second, "tls_names.one", message));
    }
    for field in given {
        let Some(text) = document.text(field) else { continue };
        let fault = match field {
            fields::TLS_CLIENT_AUTH_SUBJECT_DN => (!is_distinguished_name(text))
                .then_some("must be a distinguished name, such as CN=client,O=Example"),
            fields::TLS_CLIENT_AUTH_SAN_DNS => (!is_dns_name(text)).then_some("must be a DNS name"),
            fields::TLS_CLIENT_AUTH_SAN_URI => {
                ParsedUri::parse(text, MAX_URI).is_err().then_some("must be an absolute URI")
            }
            fields::TLS_CLIENT_AUTH_SAN_IP => text
                .parse::<IpAddr>()
                .is_err()
                .then_some("must be an IPv4 address in dotted or an IPv6 address in colon form"),
            _ => (!is_email_address(text)).then_some("must be an e-mail address"),
        };
        if let Some(message) = fault {
            faults.push(violation(document, field, "tls_names.syntax", message));
        }
    }
}

/// RFC 4514 section 3: relative names between commas, each of `type=value` pairs between plus signs. A value is a
/// text in which special characters are escaped, or `#` and the hex of its encoding.
fn is_distinguished_name(text: &str) -> bool {
    !text.is_empty()
        && split_unescaped(text, ",")
            .into_iter()
            .all(|relative| split_unescaped(relative, "+").into_iter().all(is_type_and_value))
}

fn is_type_and_value(pair: &str) -> bool {
    let Some((kind, value)) = pair.split_once('=') else { return false };
    let kind = kind.trim();
    let is_descriptor = kind.starts_with(|first: char| first.is_ascii_alphabetic())
        && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_number = |arc: &str| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
    let is_oid = kind.contains('.') && kind.split('.').all(is_number);
    (is_descriptor || is_oid) && is_value(value.trim())
}

fn is_value(value: &str) -> bool {
    if let Some(hex) = value.strip_prefix('#') {
        return !hex.is_empty()
            && hex.len().is_multiple_of(2)
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    let mut rest = value.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => match (rest.next(), rest.clone().next()) {
                (Some(first), Some(second)) if first.is_ascii_hexdigit() && second.is_ascii_hexdigit() => {
                    rest.next();
                }
                (Some(escaped), _) if " \"#+,;<=>\\".contains(escaped) => {}
                _ => return false,
            },
            '"' | ';' | '<' | '>' | '\0' => return false,
            _ => {}
        }
    }
    !value.is_empty()
}

/// Splits at separators that no backslash escapes.
fn split_unescaped<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        if !is_escaped && separator.contains(character) {
            parts.push(text.get(start..at).unwrap_or_default());
            start = at + character.len_utf8();
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// RFC 1123 section 2.1: labels of letters, digits and inner hyphens.
fn is_dns_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// A mailbox as certificates carry it (RFC 5280 section 4.2.1.6): local part, one at sign, host.
pub(crate) fn is_email_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
    (1..=64).contains(&local.len())
        && local.bytes().all(is_atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && is_dns_name(host)
}

fn violation(document: &Document<'_>, field: FieldId, rule: &'static str, message: &str) -> Violation {
    Violation::new(document.name(field).to_owned(), rule, Failure::METADATA, message).with_spec(SPEC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguished_names_of_rfc_4514_section_4() {
        for name in [
            "UID=jsmith,DC=example,DC=net",
            "OU=Sales+CN=J.  Smith,DC=example,DC=net",
            "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
            "CN=Before\\0dAfter,DC=example,DC=net",
            "1.3.6.1.4.1.1466.0=#04024869",
            "CN=Lu\\C4\\8Di\\C4\\87",
            "CN=a,C=GB",
        ] {
            assert!(is_distinguished_name(name), "{name}");
        }
        for name in ["", "CN", "=x", "CN=", "CN=a,,C=GB", "CN=a;C=GB", "1.=x", "CN=#0", "CN=a\\z", "C N=x"] {
            assert!(!is_distinguished_name(name), "{name}");
        }
    }

    #[test]
    fn mail_addresses() {
        assert!(is_email_address("ops@client.example"));
        for text in
            ["ops", "@client.example", "a@b@", ".a@client.example", "a b@client.example", "a@-x.example"]
        {
            assert!(!is_email_address(text), "{text}");
        }
    }
}
