//! Access tokens for demonstrations. A real server introspects the tokens that its token endpoint issued.

use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use oauth_dcr::profile::Sender;
use oauth_dcr::{AccessToken, Caller, ClientCertificate, ClientId};
use serde::Deserialize;

/// What a token of one name is good for. The token itself is `NAME.CLIENT_ID`, or `NAME.CLIENT_ID.THUMBPRINT` for one
/// that is bound to the certificate with that SHA-256 thumbprint (RFC 8705 section 3).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestToken {
    #[serde(default)]
    scopes: Vec<String>,
}

/// Who calls, if it is somebody with a token of these.
pub(crate) fn caller(
    tokens: &HashMap<String, TestToken>,
    headers: &HeaderMap,
    certificate: Option<&ClientCertificate>,
) -> Option<Caller> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    let (name, rest) = token.split_once('.')?;
    let known = tokens.get(name)?;
    let (id, thumbprint) = rest.split_once('.').map_or((rest, None), |(id, bound)| (id, Some(bound)));
    let Some(id) = ClientId::new(id) else { return Some(Caller::Malformed) };
    let own = AccessToken::new(id).with_scopes(known.scopes.iter().map(String::as_str));
    Some(match thumbprint {
        None => Caller::AccessToken(own),
        Some(bound) if certificate.and_then(ClientCertificate::thumbprint).as_deref() == Some(bound) => {
            Caller::AccessToken(own.with_sender(Sender::Mtls))
        }
        // Somebody else's token.
        Some(_) => Caller::Malformed,
    })
}
