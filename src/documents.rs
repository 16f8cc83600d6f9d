//! Documents from the network that rules need, and the gate that every outbound request passes.

use serde_json::Value;

use crate::config::UriPattern;
use crate::host::{FetchPurpose, JwksResolver};
use crate::rules::uri::ParsedUri;

/// Which URLs are asked for at all. What a URL leads to is the resolver's to judge.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    /// `externalUriWhiteList`; nothing: any.
    allow: Option<Vec<UriPattern>>,
    /// `blockedUrls`: parts of URLs.
    blocked: Vec<String>,
}

impl Gate {
    pub(crate) fn new(allow: Option<&[String]>, blocked: &[String]) -> Self {
        Self {
            allow: allow.map(|texts| texts.iter().filter_map(|text| UriPattern::parse(text)).collect()),
            blocked: blocked.iter().map(|text| text.to_ascii_lowercase()).collect(),
        }
    }

    /// Fetches a document that a client named. Nothing if it cannot be had: the caller is told no reason, which
    /// would make the server a port scanner; the resolver logs its own.
    pub(crate) async fn fetch(
        &self,
        resolver: &dyn JwksResolver,
        uri: &str,
        purpose: FetchPurpose,
    ) -> Option<Value> {
        let uri = ParsedUri::parse(uri, 2048).ok().filter(|uri| self.admits(uri))?;
        resolver.fetch(&uri.url, purpose).await.ok()
    }

    /// https to a named host of another network, on the usual port or one the operator lists.
    fn admits(&self, uri: &ParsedUri<'_>) -> bool {
        let is_listed =
            self.allow.as_ref().map(|allow| allow.iter().any(|pattern| pattern.matches(&uri.url)));
        let text = uri.text.to_ascii_lowercase();
        uri.is_https()
            && !uri.has_fragment()
            && is_listed.unwrap_or(true)
            && (is_listed == Some(true) || uri.url.port().is_none())
            && uri.remote_host_fault(true).is_none()
            && !self.blocked.iter().any(|part| text.contains(part.as_str()))
    }
}
