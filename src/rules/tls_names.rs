//! The names by which a client certificate is known (RFC 8705 section 2.1.2).

use std::net::IpAddr;

use super::uri::{MAX_URI, ParsedUri};
use crate::certificate::DistinguishedName;
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
            fields::TLS_CLIENT_AUTH_SUBJECT_DN => DistinguishedName::parse(text)
                .is_none()
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
    fn mail_addresses() {
        assert!(is_email_address("ops@client.example"));
        for text in
            ["ops", "@client.example", "a@b@", ".a@client.example", "a b@client.example", "a@-x.example"]
        {
            assert!(!is_email_address(text), "{text}");
        }
    }
}
