//! URI members whose rule looks at other members: logout, claims redirection, request objects, origins.

use super::redirect::{ClientKind, RedirectRules};
use super::uri::{MAX_URI, ParsedUri};
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, fields};
use crate::policy::Policy;

pub(super) fn check(document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
    let rules = &policy.redirect;
    let client = ClientKind::of(document, policy);
    // A client is sent to them as it is to its redirection URIs, so what may be there is the same.
    for field in
        [fields::POST_LOGOUT_REDIRECT_URIS, fields::CLAIMS_REDIRECT_URIS, fields::CLAIMS_REDIRECT_URI]
    {
        redirection_list(document, policy, rules, client, field, faults);
    }
    front_channel(document, policy, faults);
    let is_public = document.text(fields::TOKEN_ENDPOINT_AUTH_METHOD) == Some("none");
    for field in [fields::FRONTCHANNEL_LOGOUT_URI, fields::BACKCHANNEL_LOGOUT_URI] {
        let Some(uri) = document.text(field) else { continue };
        let may_http = !is_public && rules.takes_http();
        let is_safe = uri.starts_with("https://") || (may_http && uri.starts_with("http://"));
        if !is_safe {
            let message = "must use https";
            faults.push(fault(
                policy,
                field,
                "logout.https",
                "OpenID Connect Front-Channel Logout 2",
                message,
            ));
        }
    }
    request_uris(document, policy, faults);
    origins(document, policy, faults);
    rules.check_hosts(document, policy, faults);
}

fn redirection_list(
    document: &Document<'_>,
    policy: &Policy,
    rules: &RedirectRules,
    client: ClientKind,
    field: FieldId,
    faults: &mut Vec<Violation>,
) {
    for (index, uri) in document.items(field).enumerate() {
        if let Err((rule, spec, message)) = rules.judge(uri, client) {
            let name = format!("{}[{index}]", policy.name_of(field));
            faults.push(Violation::new(name, rule, policy.failure_of(field), message).with_spec(spec));
        }
    }
}

/// OpenID Connect Front-Channel Logout section 2: scheme, host and port equal those of a redirection URI, so that a
/// client cannot have other sites loaded in the users' browsers.
fn front_channel(document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
    let field = fields::FRONTCHANNEL_LOGOUT_URI;
    let Some(uri) = document.text(field) else { return };
    if !document.items(fields::REDIRECT_URIS).any(|redirect| origin(redirect) == origin(uri)) {
        let message = "must have the scheme, host and port of one of the redirect_uris";
        let rule = "logout.frontchannel_origin";
        faults.push(fault(policy, field, rule, "OpenID Connect Front-Channel Logout 2", message));
    }
}

/// OpenID Connect Registration section 2: https unless the request object is signed in a way that can be verified.
fn request_uris(document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
    let is_signed = document.text(fields::REQUEST_OBJECT_SIGNING_ALG).is_some_and(|alg| alg != "none");
    for (index, text) in document.items(fields::REQUEST_URIS).enumerate() {
        if text.starts_with("https://") || (is_signed && text.starts_with("http://")) {
            continue;
        }
        let name = format!("{}[{index}]", policy.name_of(fields::REQUEST_URIS));
        let message = "must use https because request objects need not be signed";
        let violation = Violation::new(name, "request_uris.https", Failure::METADATA, message);
        faults.push(violation.with_spec("OpenID Connect Registration 2"));
    }
}

/// Scheme, host and port of a URI, which is in its canonical form: compared as text, nothing is parsed again.
fn origin(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let end = uri.get(start..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(uri.len(), |at| start + at);
    uri.get(..end).unwrap_or(uri)
}

/// A web origin is a scheme, a host and a port (RFC 6454 section 4).
fn origins(document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
    for (index, text) in document.items(fields::AUTHORIZED_ORIGINS).enumerate() {
        let is_origin = ParsedUri::parse(text, MAX_URI).is_ok_and(|uri| {
            matches!(uri.scheme(), "https" | "http") && uri.url.origin().ascii_serialization() == text
        });
        if !is_origin {
            let name = format!("{}[{index}]", policy.name_of(fields::AUTHORIZED_ORIGINS));
            let message = "must be an origin: scheme, host and port, nothing more";
            faults.push(Violation::new(name, "origin", Failure::METADATA, message).with_spec("RFC 6454 4"));
        }
    }
}

fn fault(
    policy: &Policy,
    field: FieldId,
    rule: &'static str,
    spec: &'static str,
    message: &str,
) -> Violation {
    Violation::new(policy.name_of(field).to_owned(), rule, policy.failure_of(field), message).with_spec(spec)
}
