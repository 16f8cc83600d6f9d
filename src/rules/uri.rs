//! What a URI must look like before any policy judges it.
//!
//! The parser of the `url` crate repairs what browsers repair: blanks, backslashes, upper-case hosts, dot segments.
//! A URI that needs repair is refused, and what is kept and compared later is the text as it was sent.

use url::Url;

/// The longest URI that is taken where a profile says nothing, in characters. Browsers and proxies cut longer ones.
pub(crate) const MAX_URI: usize = 2000;

/// A URI that is what it seems to be, parsed once.
#[derive(Debug)]
pub(crate) struct ParsedUri<'a> {
    pub(crate) text: &'a str,
    pub(crate) url: Url,
    marks: Marks,
}

/// What one pass over the text finds, so that what is rare costs nothing where it is absent: one bit each.
#[derive(Clone, Copy, Debug)]
struct Marks(u8);

impl Marks {
    /// A character that RFC 3986 section 2 does not have. A backslash is one: it is a slash to browsers.
    const FOREIGN: u8 = 1;
    const AT: u8 = 1 << 1;
    const PERCENT: u8 = 1 << 2;
    const SEMICOLON: u8 = 1 << 3;
    const FRAGMENT: u8 = 1 << 4;
    const STAR: u8 = 1 << 5;
    const DOT: u8 = 1 << 6;
    /// What is neither unreserved nor one of `/?=&`, and has no mark of its own.
    const OTHER: u8 = 1 << 7;

    fn of(text: &str) -> Self {
        Self(
            text.bytes().fold(0, |marks, byte| {
                marks | CLASSES.get(usize::from(byte)).copied().unwrap_or(Self::FOREIGN)
            }),
        )
    }

    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }
}

/// The mark of each byte.
static CLASSES: [u8; 256] = {
    let mut classes = [Marks::FOREIGN; 256];
    let mut byte = 0x21;
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses a bad index")]
    while byte <= 0x7e {
        classes[byte] = match byte as u8 {
            b'@' => Marks::AT,
            b'%' => Marks::PERCENT,
            b';' => Marks::SEMICOLON,
            b'#' => Marks::FRAGMENT,
            b'*' => Marks::STAR,
            b'.' => Marks::DOT,
            b'\\' | b'<' | b'>' | b'"' | b'{' | b'}' | b'|' | b'^' | b'`' => Marks::FOREIGN,
            b'!' | b'$' | b'\'' | b'(' | b')' | b'+' | b',' | b':' | b'[' | b']' => Marks::OTHER,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

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
        if marks.has(Marks::FOREIGN) {
            let is_foreign = |byte: &u8| CLASSES.get(usize::from(*byte)) == Some(&Marks::FOREIGN);
            return Err(match text.bytes().find(is_foreign).unwrap_or_default() {
                0x21..=0x7e => "has a character that no URI has: it must be percent-encoded".to_owned(),
                0x80.. => {
                    "has a character outside ASCII: hosts need punycode, paths percent-encoding".to_owned()
                }
                _ => "has a blank or a control character".to_owned(),
            });
        }
        let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| is_scheme(scheme)) else {
            let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
            return Err(if is_dangerous(&scheme) {
                format!("must not use the scheme {scheme}")
            } else {
                "must be an absolute URI, beginning with a scheme in lower case".to_owned()
            });
        };
        if marks.has(Marks::AT) && rest.strip_prefix("//").is_some_and(has_userinfo) {
            return Err("must not have user information before its host".to_owned());
        }
        if marks.has(Marks::PERCENT) && has_bad_escape(rest) {
            return Err("has a percent escape that is malformed or hides a slash, a backslash or a control"
                .to_owned());
        }
        let url = Url::parse(text).map_err(|error| format!("is not a URI ({error})"))?;
        // Only the slash of an empty path may be added.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return Err(format!("must be written in its canonical form, `{}`", url.as_str()));
        }
        if marks.has(Marks::SEMICOLON) && rest.contains("..;") {
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
        self.marks.has(Marks::FRAGMENT)
    }

    /// Whether there is a star, which reads as a wildcard wherever it stands.
    pub(crate) fn has_star(&self) -> bool {
        self.marks.has(Marks::STAR)
    }

    /// Whether the scheme runs code, reads local data or opens other programs. A second net: where a scheme matters,
    /// it is on a list of allowed ones.
    pub(crate) fn is_dangerous(&self) -> bool {
        !matches!(self.url.scheme(), "https" | "http") && is_dangerous(self.url.scheme())
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
        let mut labels = Labels::default();
        let fits = domain.bytes().all(|byte| labels.take(byte)) && labels.end();
        if !fits {
            return Some("has a host that is not a DNS name");
        }
        if is_local_name(domain) {
            return Some("must have a host that is reachable from other networks");
        }
        if !international
            && domain.contains("xn--")
            && domain.split('.').any(|label| label.starts_with("xn--"))
        {
            return Some("has an internationalized host, which this server does not take");
        }
        None
    }
}

/// The host of a https URI in which a parser has nothing to find: a DNS name in lower case that is no address and not
/// internationalized, no port, and a path and query of unreserved characters without dot segments. Most are like that,
/// and [`ParsedUri::parse`] takes every one of them.
pub(crate) fn plain_https_host(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://")?;
    // The byte before, the first one of the label, and how long that is by now.
    let (mut last, mut first, mut length) = (b'.', b'.', 0);
    let mut end = rest.len();
    for (place, byte) in rest.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' if last == b'.' => (first, length) = (byte, 1),
            b'a'..=b'z' | b'0'..=b'9' => length += 1,
            // Two of them are how an internationalized label begins.
            b'-' if !matches!(last, b'.' | b'-') => length += 1,
            b'.' if !matches!(last, b'.' | b'-') && length <= 63 => {}
            b'/' => {
                end = place;
                break;
            }
            _ => return None,
        }
        last = byte;
    }
    let (host, path) = rest.split_at_checked(end)?;
    let marks = Marks::of(path);
    // What ends in a number is an address (URL Standard, section 3.5).
    let is_name = !matches!(last, b'.' | b'-') && length <= 63 && first.is_ascii_lowercase();
    let has_dot_segment = || marks.has(Marks::DOT) && path.contains("/.");
    (is_name && !marks.has(!Marks::DOT) && !has_dot_segment()).then_some(host)
}

/// Whether a DNS name is one of this machine or of a network behind it.
pub(crate) fn is_local_name(domain: &str) -> bool {
    !domain.contains('.')
        || [".local", ".internal", ".localhost"].iter().any(|suffix| domain.ends_with(suffix))
}

/// Schemes that a browser or an operating system acts on by itself; `ms-` ones open parts of Windows.
pub(crate) fn is_dangerous(scheme: &str) -> bool {
    scheme.starts_with("ms-") || DANGEROUS_SCHEMES.contains(&scheme)
}

const DANGEROUS_SCHEMES: &[&str] = &[
    "about",
    "blob",
    "chrome",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "jar",
    "javascript",
    "mailto",
    "res",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Labels of letters, digits and inner hyphens, at most 63 each (RFC 1123 section 2.1), byte by byte.
#[derive(Default)]
struct Labels {
    length: usize,
    last: u8,
}

impl Labels {
    fn take(&mut self, byte: u8) -> bool {
        if byte == b'.' {
            return self.end();
        }
        self.length += 1;
        self.last = byte;
        byte.is_ascii_alphanumeric() || (byte == b'-' && self.length > 1)
    }

    fn end(&mut self) -> bool {
        let length = std::mem::take(&mut self.length);
        (1..=63).contains(&length) && self.last != b'-'
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_parser_would_change_is_not_plain() {
        for text in ["https://a.example", "https://a-b.example/", "https://a.b.example/A/b_c~d//e.f?g=h&i=?"]
        {
            assert!(plain_https_host(text).is_some(), "{text}");
        }
        for text in [
            "http://a.example/",
            "HTTPS://a.example/",
            "https:///a.example/",
            "https://A.example/",
            "https://a..example/",
            "https://.example/",
            "https://a.example./",
            "https://-a.example/",
            "https://a-.example/",
            "https://a_b.example/",
            "https://a.-b.example/",
            "https://a--b.example/",
            "https://a.example-/",
            "https://a.b-",
            "https://a.1b/",
            concat!(
                "https://",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                ".example/"
            ),
            concat!("https://a.", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/"),
            "https://a.example/b:c",
            "https://a.example/b+c",
            "https://a.example/b*c",
            "https://a.example/b;c",
            "https://a.example/(b)",
            "https://xn--80ak6aa92e.example/",
            "https://127.0.0.1/",
            "https://a.1/",
            "https://a.0x1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://a.example:8443/",
            "https://user@a.example/",
            "https://a.example?b",
            "https://a.example#b",
            "https://a.example/#b",
            "https://a.example/../b",
            "https://a.example/.",
            "https://a.example/%2e",
            "https://a.example\\b",
            "https://a.example/b c",
            "https://\u{e4}.example/",
            "https://a.example/\u{e4}",
            "https://a.example/\n",
            "https://",
            "",
        ] {
            assert!(plain_https_host(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_label_has_63_characters() {
        let host = |length: usize| format!("a-{}.example", "b".repeat(length - 2));
        for length in [62, 63] {
            let text = format!("https://{}/", host(length));
            assert!(plain_https_host(&text).is_some(), "{text}");
        }
        for length in [64, 65] {
            let text = format!("https://{}/", host(length));
            assert!(plain_https_host(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_uri_is_told() {
        const SCHEME: &str = "must be an absolute URI, beginning with a scheme in lower case";
        const ESCAPE: &str =
            "has a percent escape that is malformed or hides a slash, a backslash or a control";
        const FOREIGN: &str = "has a character that no URI has: it must be percent-encoded";
        const BEYOND: &str = "has a character outside ASCII: hosts need punycode, paths percent-encoding";
        const BLANK: &str = "has a blank or a control character";
        for (text, message) in [
            ("", "must not be empty"),
            ("https://a.example/b\\c", FOREIGN),
            ("https://a.example/<", FOREIGN),
            ("https://a.example/b|c", FOREIGN),
            ("https://\u{e4}.example/", BEYOND),
            ("https://a.example/ b", BLANK),
            ("https://a.example/\u{7f}", BLANK),
            ("HTTPS://a.example/", SCHEME),
            ("1https://a.example/", SCHEME),
            ("ht_tp://a.example/", SCHEME),
            ("://a.example/", SCHEME),
            ("a.example", SCHEME),
            ("JavaScript:alert(1)", "must not use the scheme javascript"),
            ("https://u@a.example/", "must not have user information before its host"),
            ("https://a.example/%2f", ESCAPE),
            ("https://a.example/%2", ESCAPE),
            ("https://a.example/..;/b", "has a path segment that some servers read as a parent directory"),
            ("https://A.example/", "must be written in its canonical form, `https://a.example/`"),
            ("https://a.example:443/", "must be written in its canonical form, `https://a.example/`"),
        ] {
            assert_eq!(ParsedUri::parse(text, 100).err().as_deref(), Some(message), "{text}");
        }
        for text in
            ["https://a.example", "https://a.example/%20b?c=%2F", "https://a.example/@b;c", "a+b-c.1:/d"]
        {
            assert_eq!(ParsedUri::parse(text, 100).err(), None, "{text}");
        }
        for (text, has_fragment, has_star) in [
            ("https://a.example/b", false, false),
            ("https://a.example/#", true, false),
            ("https://a.example/*", false, true),
        ] {
            let uri = ParsedUri::parse(text, 100).unwrap();
            assert_eq!((uri.has_fragment(), uri.has_star()), (has_fragment, has_star), "{text}");
        }
        let long = format!("https://a.example/{}", "b".repeat(82));
        assert_eq!(ParsedUri::parse(&long, 100).err(), None);
        assert_eq!(ParsedUri::parse(&long, 99).err().as_deref(), Some("is longer than 99 characters"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_plain_parses(text in "https://[a-z0-9x.-]{1,12}(\\.[a-z0-9]{1,3})?(/[a-zA-Z0-9/._~?=&-]{0,12})?") {
            if plain_https_host(&text).is_some() {
                let uri = ParsedUri::parse(&text, 2048);
                let uri = uri.map_err(|fault| TestCaseError::fail(format!("{text} {fault}")))?;
                prop_assert!(uri.is_https() && !uri.is_dangerous() && !uri.has_fragment());
                prop_assert!(matches!(uri.url.host(), Some(url::Host::Domain(_))));
            }
        }
    }
}
