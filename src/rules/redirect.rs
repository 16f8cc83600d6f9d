//! Redirection URIs.
//!
//! A redirection URI is where codes and tokens are sent, so what may be registered is an allow-list: `https` on a
//! remote host, `http` on this machine for native apps, private-use schemes of native apps (RFC 8252 section 7,
//! RFC 9700 section 2.1). All else is refused, and named.

use super::uri::{MAX_URI, ParsedUri, is_local_name, plain_https_host};
use crate::config::UriPattern;
use crate::error::{Failure, Violation};
use crate::metadata::{Document, FieldId, fields};
use crate::policy::Policy;
use crate::profile::{Loopback, RedirectPolicy};

/// A redirect policy with every default filled in.
#[derive(Debug)]
pub(crate) struct RedirectRules {
    schemes: Vec<String>,
    forbid_hosts: Vec<String>,
    loopback_http: Loopback,
    local_https: bool,
    private_use_schemes: bool,
    undotted_schemes: bool,
    native_https: bool,
    international_hosts: bool,
    fragment: bool,
    pub(crate) infer_native: bool,
    same_host_as: Vec<String>,
    allow: Option<Vec<UriPattern>>,
    deny: Vec<UriPattern>,
    max_length: usize,
    max_items: usize,
    /// Whether a plain URI on a remote host has nothing more to satisfy.
    takes_plain: bool,
}

impl RedirectRules {
    pub(crate) fn new(policy: &RedirectPolicy) -> Self {
        let patterns = |texts: &[String]| texts.iter().filter_map(|text| UriPattern::parse(text)).collect();
        let schemes = policy.schemes.clone().unwrap_or_else(|| vec!["https".to_owned()]);
        let has_lists = !policy.forbid_hosts.is_empty() || policy.allow.is_some() || !policy.deny.is_empty();
        Self {
            takes_plain: !has_lists && schemes.iter().any(|own| own == "https"),
            schemes,
            forbid_hosts: policy.forbid_hosts.clone(),
            loopback_http: policy.loopback_http.unwrap_or(Loopback::Native),
            local_https: policy.local_https.unwrap_or(false),
            private_use_schemes: policy.private_use_schemes.unwrap_or(false),
            undotted_schemes: policy.undotted_schemes.unwrap_or(false),
            native_https: policy.native_https.unwrap_or(true),
            international_hosts: policy.international_hosts.unwrap_or(false),
            fragment: policy.fragment.unwrap_or(false),
            infer_native: policy.infer_native.unwrap_or(false),
            same_host_as: policy.same_host_as.clone(),
            allow: policy.allow.as_deref().map(patterns),
            deny: patterns(&policy.deny),
            max_length: policy.max_length.unwrap_or(MAX_URI),
            max_items: policy.max_items.unwrap_or(20),
        }
    }

    pub(crate) fn check(&self, document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
        let Some(uris) = document.list(fields::REDIRECT_URIS) else { return };
        if uris.len() > self.max_items {
            let message = format!("must have at most {} elements", self.max_items);
            faults.push(violation("redirect_uris", "redirect.max_items", "", message));
        }
        let client = ClientKind::of(document, policy);
        for (index, uri) in uris.iter().enumerate() {
            if let Err((rule, spec, message)) = self.judge(uri, client) {
                faults.push(violation(format!("redirect_uris[{index}]"), rule, spec, message));
            }
        }
    }

    /// Whether remote hosts may be reached by http.
    pub(super) fn takes_http(&self) -> bool {
        self.schemes.iter().any(|own| own == "http")
    }

    /// RFC 7591 section 5: pages shown for a client should be on a host its users are sent back to.
    pub(super) fn check_hosts(&self, document: &Document<'_>, policy: &Policy, faults: &mut Vec<Violation>) {
        let host = |text: &str| url::Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
        for name in &self.same_host_as {
            let Some(field) = FieldId::of(name) else { continue };
            let plain = document.text(field).map(|text| (policy.name_of(field).to_owned(), text));
            let variants =
                document.variants.iter().filter(|variant| variant.field == field).filter_map(|variant| {
                    Some((format!("{name}#{}", variant.tag), variant.value.as_text()?))
                });
            for (name, text) in plain.into_iter().chain(variants) {
                if !document
                    .items(fields::REDIRECT_URIS)
                    .any(|uri| host(uri).is_some() && host(uri) == host(text))
                {
                    let message = "must be on the host of one of the redirect_uris";
                    let violation = Violation::new(name, "redirect.same_host", Failure::METADATA, message);
                    faults.push(violation.with_spec("RFC 7591 5"));
                }
            }
        }
    }

    /// What is wrong with one URI: rule, source and what would be right.
    pub(super) fn judge(
        &self,
        text: &str,
        client: ClientKind,
    ) -> Result<(), (&'static str, &'static str, String)> {
        if self.takes_unparsed(text, client) { Ok(()) } else { self.judge_parsed(text, client) }
    }

    /// Whether a URI is so plain that a parser would find nothing for a rule to refuse.
    fn takes_unparsed(&self, text: &str, client: ClientKind) -> bool {
        self.takes_plain
            && text.len() <= self.max_length
            && (self.native_https || client.application != Application::Native)
            && plain_https_host(text).is_some_and(|host| !is_local_name(host))
    }

    fn judge_parsed(
        &self,
        text: &str,
        client: ClientKind,
    ) -> Result<(), (&'static str, &'static str, String)> {
        let uri = ParsedUri::parse(text, self.max_length)
            .map_err(|message| ("redirect.syntax", "RFC 3986 4.3", message))?;
        if uri.is_dangerous() {
            let message = format!("must not use the scheme {}", uri.scheme());
            return Err(("redirect.scheme", "RFC 8252 8.4", message));
        }
        if uri.has_fragment() && !self.fragment {
            return Err(("redirect.fragment", "RFC 6749 3.1.2", "must not have a fragment".to_owned()));
        }
        if uri.has_star() {
            return Err((
                "redirect.wildcard",
                "RFC 9700 2.1",
                "must not have a wildcard: it is compared exactly".to_owned(),
            ));
        }
        if uri.url.port() == Some(0) {
            return Err(("redirect.port", "RFC 3986 3.2.3", "must not use the port 0".to_owned()));
        }
        match (uri.scheme(), uri.is_loopback()) {
            ("http" | "https", true) if client.application == Application::Web && client.has_implicit => {
                let message = "must not be on this machine for a web client with the implicit grant";
                Err(("redirect.loopback", "OpenID Connect Registration 2", message.to_owned()))
            }
            ("http", true) => self.judge_loopback(client),
            ("http", false) if !self.schemes.iter().any(|own| own == "http") => {
                let why = match client.application {
                    Application::Native => "must use https, or http on a loopback address",
                    _ => "must use https",
                };
                Err(("redirect.https_for_web", "RFC 7591 5", why.to_owned()))
            }
            ("https" | "http", _) => self.judge_remote(&uri, client),
            (scheme, _) => self.judge_private_use(scheme, client),
        }?;
        self.judge_lists(&uri)
    }

    /// OpenID Connect Registration section 2, RFC 8252 section 7.3: native clients may use http on this machine.
    fn judge_loopback(&self, client: ClientKind) -> Result<(), (&'static str, &'static str, String)> {
        const RULE: (&str, &str) = ("redirect.loopback", "OpenID Connect Registration 2");
        match (self.loopback_http, client.application) {
            (Loopback::Always, _) | (Loopback::Native, Application::Native | Application::Undeclared) => {
                Ok(())
            }
            (Loopback::Native, Application::Web) => {
                let message = "must use https because application_type is web; only native clients use http on this machine";
                Err((RULE.0, RULE.1, message.to_owned()))
            }
            (Loopback::Never, _) => Err((RULE.0, RULE.1, "must use https on a remote host".to_owned())),
        }
    }

    fn judge_remote(
        &self,
        uri: &ParsedUri<'_>,
        client: ClientKind,
    ) -> Result<(), (&'static str, &'static str, String)> {
        if !self.schemes.iter().any(|scheme| scheme == uri.scheme()) {
            let message = format!("must use one of the schemes {}", self.schemes.join(", "));
            return Err(("redirect.scheme", "RFC 7591 5", message));
        }
        if client.application == Application::Native && !self.native_https {
            let message = "must use a private-use scheme or http on a loopback address because application_type is native";
            return Err(("redirect.native_https", "OpenID Connect Registration 2", message.to_owned()));
        }
        let is_local = uri.is_loopback();
        if !(is_local && self.local_https)
            && let Some(fault) = uri.remote_host_fault(self.international_hosts)
        {
            return Err(("redirect.host", "RFC 9700 2.1", fault.to_owned()));
        }
        Ok(())
    }

    /// RFC 8252 sections 7.1 and 8.4: a private-use scheme is a reversed domain name of the app's owner.
    fn judge_private_use(
        &self,
        scheme: &str,
        client: ClientKind,
    ) -> Result<(), (&'static str, &'static str, String)> {
        let rule = ("redirect.private_use_scheme", "RFC 8252 7.1");
        if !self.private_use_schemes || scheme == "urn" {
            return Err((rule.0, rule.1, format!("must not use the scheme {scheme}")));
        }
        if client.application == Application::Web {
            let message =
                format!("must use https because application_type is not native, so {scheme} is not taken");
            return Err((rule.0, rule.1, message));
        }
        if !scheme.contains('.') && !self.undotted_schemes {
            let message = "must use a scheme that is a reversed domain name, such as com.example.app";
            return Err((rule.0, "RFC 8252 8.4", message.to_owned()));
        }
        Ok(())
    }

    fn judge_lists(&self, uri: &ParsedUri<'_>) -> Result<(), (&'static str, &'static str, String)> {
        let host = uri.url.host_str().unwrap_or_default();
        if self.forbid_hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) {
            return Err(("redirect.forbidden_host", "", format!("must not be on the host {host}")));
        }
        if self.allow.as_ref().is_some_and(|allow| !allow.iter().any(|pattern| pattern.matches(&uri.url))) {
            return Err(("redirect.white_list", "Janssen", "is not on the list of allowed URIs".to_owned()));
        }
        if self.deny.iter().any(|pattern| pattern.matches(&uri.url)) {
            return Err(("redirect.black_list", "Janssen", "is on the list of refused URIs".to_owned()));
        }
        Ok(())
    }
}

/// What decides over a client's redirection URIs, apart from the URIs.
#[derive(Clone, Copy)]
pub(super) struct ClientKind {
    application: Application,
    has_implicit: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Application {
    Web,
    Native,
    /// The profile has no `application_type`: what either kind may use is taken (RFC 7591 section 5).
    Undeclared,
}

impl ClientKind {
    pub(super) fn of(document: &Document<'_>, policy: &Policy) -> Self {
        let application = match document.text(fields::APPLICATION_TYPE) {
            Some("native") => Application::Native,
            None if !policy.knows(fields::APPLICATION_TYPE) => Application::Undeclared,
            _ => Application::Web,
        };
        Self {
            application,
            has_implicit: document.items(fields::GRANT_TYPES).any(|grant| grant == "implicit"),
        }
    }
}

/// Whether a URI is one that only a native app has: a private-use scheme, or http on this machine.
pub(crate) fn looks_native(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    if scheme == "https" || super::uri::is_dangerous(scheme) {
        return false;
    }
    scheme != "http" || ParsedUri::parse(text, MAX_URI).is_ok_and(|uri| uri.is_loopback())
}

fn violation(
    field: impl Into<std::borrow::Cow<'static, str>>,
    rule: &'static str,
    spec: &'static str,
    message: impl Into<String>,
) -> Violation {
    Violation::new(field, rule, Failure::REDIRECT_URI, message).with_spec(spec)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hosts_are_judged_as_a_whole() {
        let uri = |text| ParsedUri::parse(text, MAX_URI).unwrap();
        assert!(uri("http://localhost/cb").is_loopback());
        assert!(!uri("http://localhost.evil.test/").is_loopback());
        assert!(!uri("http://localhost./").is_loopback());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_taken_unparsed_is_taken_parsed(
            text in "https://([a-z0-9x.-]{1,12}|localhost|a\\.internal)(\\.[a-z0-9]{1,3})?(/[a-zA-Z0-9/._~?=&-]{0,12})?",
            is_native: bool,
            has_implicit: bool,
            native_https: bool,
        ) {
            let rules = RedirectRules::new(&RedirectPolicy { native_https: Some(native_https), ..Default::default() });
            let application = if is_native { Application::Native } else { Application::Web };
            let client = ClientKind { application, has_implicit };
            if rules.takes_unparsed(&text, client) {
                prop_assert_eq!(rules.judge_parsed(&text, client), Ok(()));
            }
        }
    }
}
