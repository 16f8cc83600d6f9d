//! Documents from the network that rules need, and the gate that every outbound request passes.

use serde_json::Value;
use url::Url;

use crate::config::UriPattern;
use crate::host::{FetchPurpose, JwksResolver};
use crate::rules::uri::{MAX_URI, ParsedUri};

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
        resolver.fetch(&self.admit(uri, false)?, purpose).await.ok()
    }

    /// The URL, if it may be asked for. What the operator wrote may name any host: a directory on the same machine,
    /// for one.
    pub(crate) fn admit(&self, uri: &str, by_operator: bool) -> Option<Url> {
        let uri = ParsedUri::parse(uri, MAX_URI).ok()?;
        let is_admitted =
            if by_operator { uri.is_https() && !self.is_blocked(&uri) } else { self.admits(&uri) };
        is_admitted.then_some(uri.url)
    }

    /// Whether the operator's list names the URL.
    pub(crate) fn lists(&self, uri: &str) -> bool {
        let is_listed =
            |url: Url| self.allow.as_ref().is_some_and(|allow| allow.iter().any(|own| own.matches(&url)));
        Url::parse(uri).is_ok_and(is_listed)
    }

    fn is_blocked(&self, uri: &ParsedUri<'_>) -> bool {
        let text = uri.text.to_ascii_lowercase();
        self.blocked.iter().any(|part| text.contains(part.as_str()))
    }

    /// https to a named host of another network on the usual port, or what the operator's list names by its host.
    fn admits(&self, uri: &ParsedUri<'_>) -> bool {
        let names = |own: &UriPattern| *own != UriPattern::Anything && own.matches(&uri.url);
        let is_listed = self.allow.as_ref().is_none_or(|allow| allow.iter().any(|own| own.matches(&uri.url)));
        let is_named = self.allow.as_ref().is_some_and(|allow| allow.iter().any(names));
        uri.is_https()
            && !uri.has_fragment()
            && is_listed
            && !self.is_blocked(uri)
            && (is_named || (uri.url.port().is_none() && uri.remote_host_fault(true).is_none()))
    }
}
