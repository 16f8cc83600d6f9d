//! Pairwise subjects and the sector identifier (OpenID Connect Core section 8.1, Registration section 5).

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;
use url::Url;

use crate::error::{Failure, Violation};
use crate::metadata::{Document, fields};

const SPEC: &str = "OpenID Connect Registration 5";

/// What a pairwise client needs so that its sector is one host.
pub(super) fn check(document: &Document<'_>, faults: &mut Vec<Violation>) {
    if document.text(fields::SUBJECT_TYPE) != Some("pairwise") {
        return;
    }
    let mode = document.text(fields::BACKCHANNEL_TOKEN_DELIVERY_MODE);
    // CIBA Core section 4: poll and ping clients are told apart by the host of their keys.
    if matches!(mode, Some("poll" | "ping")) {
        if !document.has(fields::JWKS_URI) {
            let message =
                "must be given because a pairwise client with poll or ping is known by the host of its keys";
            faults.push(violation("jwks_uri", "ciba.pairwise_keys", "CIBA Core 4", message));
        }
        let method = document.text(fields::TOKEN_ENDPOINT_AUTH_METHOD);
        let proves_keys = matches!(method, Some("private_key_jwt" | "self_signed_tls_client_auth"))
            || document.has(fields::BACKCHANNEL_AUTHENTICATION_REQUEST_SIGNING_ALG);
        if !proves_keys {
            let message = "must be private_key_jwt or self_signed_tls_client_auth, or requests must be signed, so that a pairwise client proves its keys";
            faults.push(violation(
                "token_endpoint_auth_method",
                "ciba.pairwise_proof",
                "CIBA Core 4",
                message,
            ));
        }
    }
    if document.has(fields::SECTOR_IDENTIFIER_URI) {
        return;
    }
    // The port is not part of the sector (OpenID Connect Core section 8.1).
    let host = |text: &str| Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    let hosts: BTreeSet<Option<String>> = document.items(fields::REDIRECT_URIS).map(host).collect();
    if hosts.len() > 1 || hosts.contains(&None) {
        let message =
            "must be given because subject_type is pairwise and the redirect_uris are not all on one host";
        faults.push(violation(
            "sector_identifier_uri",
            "sector.one_host",
            "OpenID Connect Core 8.1",
            message,
        ));
    }
}

/// Whether the fetched document holds every URI of the client; what is wrong otherwise. `None` stands for a document
/// that could not be had, whatever the reason: telling the reasons apart would make the server a port scanner.
pub(crate) fn check_document(document: &Document<'_>, sector: Option<&Value>) -> Option<Violation> {
    let Some(listed) = sector.and_then(Value::as_array) else {
        let message = "could not be verified: it must answer 200 with a JSON array of the redirection URIs";
        return Some(violation("sector_identifier_uri", "sector.document", SPEC, message));
    };
    let listed: HashSet<&str> = listed.iter().filter_map(Value::as_str).collect();
    let is_pairwise = document.text(fields::SUBJECT_TYPE) == Some("pairwise");
    // CIBA Core section 4: the document also lists where a pairwise CIBA client is known by.
    let ciba = match document.text(fields::BACKCHANNEL_TOKEN_DELIVERY_MODE).filter(|_| is_pairwise) {
        Some("poll" | "ping") => document.text(fields::JWKS_URI),
        Some("push") => document.text(fields::BACKCHANNEL_CLIENT_NOTIFICATION_ENDPOINT),
        _ => None,
    };
    let redirects = document.items(fields::REDIRECT_URIS).map(|uri| (uri, "every one of the redirect_uris"));
    let claims = document
        .items(fields::CLAIMS_REDIRECT_URIS)
        .map(|uri| (uri, "every one of the claims_redirect_uris"));
    let keys = ciba.into_iter().map(|uri| (uri, "the URI that a pairwise CIBA client is known by"));
    let missing = redirects.chain(claims).chain(keys).find(|(uri, _)| !listed.contains(uri));
    missing.map(|(uri, what)| {
        let shown: String = uri.chars().take(200).collect();
        violation(
            "sector_identifier_uri",
            "sector.lists",
            SPEC,
            format!("must list {what}: `{shown}` is missing"),
        )
    })
}

fn violation(
    field: &'static str,
    rule: &'static str,
    spec: &'static str,
    message: impl Into<String>,
) -> Violation {
    Violation::new(field, rule, Failure::METADATA, message).with_spec(spec)
}
