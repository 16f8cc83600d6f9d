//! What a URI must look like before any policy judges it.
//!
//! The parser of the `url` crate repairs what browsers repair: blanks, backslashes, upper-case hosts, dot segments.
//! A URI that needs repair is refused, and what is kept and compared later is the text as it was sent.

use url::Url;

/// A URI that is what it seems to be, parsed once.
#[derive(Debug)]
pub(crate) struct ParsedUri<'a> {
    pub(crate) text: &'a str,
    pub(crate) url: Url,
    marks: Marks,
}

/// What one pass over the text finds, so that what is rare costs nothing where it is absent.
#[derive(Debug, Default)]
struct Marks {
    /// A character that RFC 3986 section 2 does not have. A backslash is one: it is a slash to browsers.
    foreign: Option<u8>,
    at: bool,
    percent: bool,
    semicolon: bool,
    fragment: bool,
    star: bool,
}

impl Marks {
    fn of(text: &str) -> Self {
        let mut marks = Self::default();
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'/' | b':' | b'_' => {}
                b'@' => marks.at = true,
                b'%' => marks.percent = true,
                b';' => marks.semicolon = true,
                b'#' => marks.fragment = true,
                b'*' => marks.star = true,
                b'\\' | b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`' => marks.foreign = Some(byte),
                0x21..=0x7e => {}
                _ => marks.foreign = Some(byte),
            }
        }
        marks
    }
}

impl<'a> ParsedUri<'a> {
    /// Parses an absolute URI, or says what it must be.
    pub(crate) fn parse(text: &'a str, max_length: usize) -> Result<Self, String> {
        if text.len() > max_length {
            return Err(format!("is longer than {max_length} characters"));
        }
        if text.is_empty() {
            return Err("must not be empty".to_owned());
        }
        let marks = Marks::of(text);
        if let Some(byte) = marks.foreign {
            return Err(match byte {
                0x21..=0x7e => "has a character that no URI has: it must be percent-encoded".to_owned(),
                0x80.. => {
                    "has a character outside ASCII: hosts need punycode, paths percent-encoding".to_owned()
                }
                _ => "has a blank or a control character".to_owned(),
            });
        }
        let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            return Err("must be an absolute URI, beginning with a scheme in lower case".to_owned());
        };
        if marks.at && rest.strip_prefix("//").is_some_and(has_userinfo) {
            return Err("must not have user information before its host".to_owned());
        }
        if marks.percent && has_bad_escape(rest) {
            return Err("has a percent escape that is malformed or hides a slash, a backslash or a control"
                .to_owned());
        }
        let url = Url::parse(text).map_err(|error| format!("is not a URI ({error})"))?;
        // Only the slash of an empty path may be added.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(format!("must be written in its canonical form, `{}`", url.as_str()));
        }
        if marks.semicolon && rest.contains("..;") {
            return Err("has a path segment that some servers read as a parent directory".to_owned());
        }
        debug_assert_eq!(url.scheme(), scheme);
        Ok(Self { text, url, marks })
    }

    pub(crate) fn scheme(&self) -> &str {
        self.url.scheme()
    }

    /// Whether there is a fragment, even an empty one.
    pub(crate) fn has_fragment(&self) -> bool {
        self.marks.fragment
    }

    /// Whether there is a star, which reads as a wildcard wherever it stands.
    pub(crate) fn has_star(&self) -> bool {
        self.marks.star
    }

    pub(crate) fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// `localhost`, `127.0.0.1` or `[::1]`, as a whole host and in this spelling.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(url::Host::Domain(domain)) => domain == "localhost",
            Some(url::Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
            Some(url::Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
            None => false,
        }
    }

    /// What is wrong with the host of a URI that other machines are to reach, if anything.
    pub(crate) fn remote_host_fault(&self, international: bool) -> Option<&'static str> {
        let domain = match self.url.host() {
            Some(url::Host::Domain(domain)) => domain,
            Some(_) => return Some("must name a host and not an IP address"),
            None => return Some("must have a host"),
        };
        let label_fits = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if domain.split('.').any(|label| !label_fits(label)) {
            return Some("has a host that is not a DNS name");
        }
        let last = domain.rsplit('.').next().unwrap_or_default();
        if !domain.contains('.') || matches!(last, "local" | "internal" | "localhost") {
            return Some("must have a host that is reachable from other networks");
        }
        if !international && domain.split('.').any(|label| label.starts_with("xn--")) {
            return Some("has an internationalized host, which this server does not take");
        }
        None
    }
}

/// RFC 3986 section 3.1, in lower case: the form in which schemes are compared.
fn is_scheme(scheme: &str) -> bool {
    scheme.starts_with(|first: char| first.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte))
}

/// The parser drops an empty userinfo, so the raw text is asked.
fn has_userinfo(after_slashes: &str) -> bool {
    after_slashes.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

/// Malformed escapes anywhere; in the path also those that hide a separator. A query may hold encoded slashes.
fn has_bad_escape(text: &str) -> bool {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let bad = |part: &str, hidden: &[u8]| {
        part.split('%').skip(1).any(|after| {
            let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            !byte.is_some_and(|byte| byte >= 0x20 && byte != 0x7f && !hidden.contains(&byte))
        })
    };
    bad(path, b"/\\") || bad(query, b"")
}
