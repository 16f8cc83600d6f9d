//! Janssen's URL patterns: `clientWhiteList`, `clientBlackList`, `externalUriWhiteList`.
//!
//! `*` alone matches everything. Otherwise `[scheme:[//]][host][:port][/path]`, each part matched as a whole: no
//! scheme means http and https, no port any port, no path any path; `*.name` is `name` and every host below it; `*`
//! in a path matches anything. A text that does not fit this grammar matches nothing.

use url::Url;

/// A pattern, parsed when the registrar is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UriPattern {
    Anything,
    Parts { scheme: Scheme, host: Host, port: Option<u16>, path: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Web,
    Any,
    Exactly(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Any,
    AtOrBelow(String),
    Exactly(String),
}

impl UriPattern {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Anything);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => match text.split_once(':') {
                // `host:443` is a host and a port, `myapp:host` a scheme and a host.
                Some((scheme, rest)) if !rest.starts_with(|c: char| c.is_ascii_digit()) => {
                    (scheme.to_ascii_lowercase(), rest)
                }
                _ => (String::new(), text),
            },
        };
        let scheme = match scheme.as_str() {
            "" => Scheme::Web,
            "*" => Scheme::Any,
            _ => Scheme::Exactly(scheme),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let host = match host.to_ascii_lowercase() {
            host if host.is_empty() => return None,
            host if host == "*" => Host::Any,
            host => match host.strip_prefix("*.") {
                Some(name) => Host::AtOrBelow(name.to_owned()),
                None if host.contains('*') => return None,
                None => Host::Exactly(host),
            },
        };
        let path = Some(path.to_owned()).filter(|path| !path.is_empty() && path != "/*");
        Some(Self::Parts { scheme, host, port, path })
    }

    pub(crate) fn matches(&self, url: &Url) -> bool {
        let Self::Parts { scheme, host, port, path } = self else { return true };
        let scheme_fits = match scheme {
            Scheme::Web => matches!(url.scheme(), "http" | "https"),
            Scheme::Any => true,
            Scheme::Exactly(scheme) => url.scheme() == scheme,
        };
        let host_fits = match (host, url.host_str()) {
            (Host::Any, _) => true,
            (_, None) => false,
            (Host::Exactly(own), Some(host)) => host.eq_ignore_ascii_case(own),
            (Host::AtOrBelow(own), Some(host)) => {
                let host = host.to_ascii_lowercase();
                host == *own || host.strip_suffix(own.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
        };
        scheme_fits
            && host_fits
            && port.is_none_or(|port| url.port() == Some(port))
            && path.as_ref().is_none_or(|path| glob(path, url.path()))
    }
}

/// Matches a text against a pattern in which `*` stands for anything, in linear time per star.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn matches(pattern: &str, uri: &str, expected: bool) {
        let matched =
            UriPattern::parse(pattern).is_some_and(|pattern| pattern.matches(&Url::parse(uri).unwrap()));
        assert_eq!(matched, expected, "{pattern} against {uri}");
    }

    #[test]
    fn parts_match_as_a_whole() {
        matches("*", "com.example.app:/cb", true);
        matches("*.attacker.com/*", "https://www.attacker.com/x", true);
        matches("*.attacker.com/*", "https://attacker.com/x", true);
        matches("*.attacker.com/*", "https://notattacker.com/x", false);
        matches("a.example", "https://a.example/any", true);
        matches("a.example", "ftp://a.example/any", false);
        matches("https://a.example:443", "https://a.example/", false);
        matches("https://a.example:8443", "https://a.example:8443/", true);
        matches("https://A.example/cb*", "https://a.example/cb/2", true);
        matches("https://a.example/cb*", "https://a.example/x/cb", false);
        matches("https://a.example/*/cb", "https://a.example/x/cb", true);
        matches("*://a.example", "myapp://a.example/", true);
        matches("https://", "https://a.example/", false);
    }
}
