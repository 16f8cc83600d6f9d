//! Redirection URIs against a model.

use oauth_dcr::{Error, ErrorCode, MemoryClientStore, Registrar};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::{cases, config, register};

/// A slow and obvious judge of a redirection URI. Nothing about URIs that only a native client has with a host of their
/// own: what may be there is the parser's to say.
fn is_acceptable(uri: &str, is_native: bool) -> Option<bool> {
    let has_foreign = uri.contains(['#', '*', '\\', ' ', '"', '<', '>', '^', '`', '{', '|', '}'])
        || !uri.is_ascii()
        || uri.contains(char::is_control);
    if has_foreign {
        return Some(false);
    }
    if let Some(rest) = uri.strip_prefix("https://") {
        return Some(has_good_authority(rest, "443", is_public_name) && has_good_tail(tail_of(rest)));
    }
    if !is_native {
        return Some(false);
    }
    if let Some(rest) = uri.strip_prefix("http://") {
        let is_here = |host: &str| ["localhost", "127.0.0.1", "[::1]"].contains(&host);
        return Some(has_good_authority(rest, "80", is_here) && has_good_tail(tail_of(rest)));
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return Some(false) };
    if rest.starts_with("//") {
        return None;
    }
    let is_domain = scheme.contains('.')
        && scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c));
    Some(is_domain && has_good_tail(rest))
}

fn tail_of(rest: &str) -> &str {
    &rest[rest.find(['/', '?']).unwrap_or(rest.len())..]
}

fn has_good_authority(rest: &str, usual_port: &str, is_host: impl Fn(&str) -> bool) -> bool {
    let authority = rest.strip_suffix(tail_of(rest)).unwrap();
    // The colons of an address are not that of a port.
    let end = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[end..].find(':') {
        Some(at) => (&authority[..end + at], Some(&authority[end + at + 1..])),
        None => (authority, None),
    };
    let is_port = |port: &str| {
        port.chars().all(|c| c.is_ascii_digit())
            && !port.starts_with('0')
            && port != usual_port
            && matches!(port.parse::<u16>(), Ok(1..))
    };
    is_host(host) && port.is_none_or(is_port) && !tail_of(rest).starts_with('?')
}

fn is_public_name(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
            && !label.starts_with("xn--")
    };
    let last = labels[labels.len() - 1];
    labels.len() >= 2
        && labels.iter().all(is_label)
        && !["local", "internal", "localhost"].contains(&last)
        && !last.chars().all(|c| c.is_ascii_digit())
}

/// Path and query.
fn has_good_tail(tail: &str) -> bool {
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let is_dots = |segment: &str| [".", ".."].contains(&segment.to_lowercase().replace("%2e", ".").as_str());
    // Without a slash at its beginning a path has no segments.
    let goes_up = path.starts_with('/') && path.split('/').any(is_dots);
    !tail.contains("..;") && !goes_up && escapes_are_good(path, "/\\") && escapes_are_good(query, "")
}

fn escapes_are_good(text: &str, hidden: &str) -> bool {
    text.split('%').skip(1).all(|after| {
        let digits: String = after.chars().take(2).collect();
        let is_hex = digits.len() == 2 && digits.chars().all(|c| c.is_ascii_hexdigit());
        is_hex && {
            let byte = u8::from_str_radix(&digits, 16).unwrap();
            byte >= 0x20 && byte != 0x7f && !hidden.contains(char::from(byte))
        }
    })
}

fn any_uri() -> impl Strategy<Value = String> {
    let scheme = prop_oneof![
        8 => Just("https://"),
        2 => select(vec!["http://", "com.example.app:/", "com.example.app:"]),
        1 => select(vec!["HTTPS://", "javascript:", "https:/", "https:", "//", "ftp://", "app:/", "Com.example:/", "HTTP://"]),
    ];
    let user = prop_oneof![12 => Just(""), 1 => select(vec!["@", "user@", "user:pw@"])];
    let host = prop_oneof![
        8 => select(vec!["client.example", "a.b.c.example", "x-y.example", "1.example"]),
        2 => select(vec!["localhost", "127.0.0.1", "[::1]"]),
        4 => select(vec![
            "localhost.", "127.0.0.2", "127.1", "[::2]", "[::ffff:127.0.0.1]", "Client.example", "client.example.", "-a.example", "a-.example",
            "client", "", "a..example", "xn--bcher-kva.example", "printer.local", "db.internal", "a.localhost",
            "10.0.0.1", "1.2", "a_b.example", "*.example", "client%2eexample", "[2001:db8::1]",
        ]),
    ];
    let port = prop_oneof![
        6 => Just(""),
        3 => select(vec![":8443", ":443", ":0", ":", ":08", ":65535", ":65536", ":80", ":x", ":1"]),
    ];
    let piece = prop_oneof![
        4 => select(vec!["/", "/cb", "/a-b_c~", "//", "/a;b=c", "/%20", "/%C3%A9", "/@", "/:", "?a=b", "?x=%2F&y=%5C"]),
        1 => select(vec!["/..", "/.", "/%2e%2E", "/%2F", "/%5c", "/%00", "/%7f", "/%", "/%4", "/%zz", "/..;", "#", "#a", "*",
            "\\", " ", "\u{e9}", "?", "/...", "/.a", "?..", "?%", "?%0a", "\t", "{", "?/../a"]),
    ];
    (scheme, user, host, port, vec(piece, 0..4))
        .prop_map(|(scheme, user, host, port, tail)| format!("{scheme}{user}{host}{port}{}", tail.concat()))
}

/// One change of one character, which a parser might repair.
fn mutated() -> impl Strategy<Value = String> {
    let change = prop_oneof![3 => Just(None), 1 => (any::<usize>(), select(vec!['/', ':', '@', '.', '%', '\\', '?', 'A'])).prop_map(Some)];
    (any_uri(), change).prop_map(|(uri, change)| match change {
        None => uri,
        Some((at, put)) => {
            let mut all: Vec<char> = uri.chars().collect();
            let at = at % (all.len() + 1);
            all.insert(at, put);
            all.into_iter().collect()
        }
    })
}

proptest! {
    #![proptest_config(cases(1024))]

    /// RFC 9700 section 2.1, RFC 8252 section 7: the judge and a model of it in the simplest words are of one mind.
    #[test]
    fn redirect_uris_are_judged_as_the_model_says(uri in mutated(), is_native in any::<bool>()) {
        // Random identifiers: counted ones repeat.
        thread_local!(static REGISTRAR: Registrar =
            Registrar::builder(config(json!({})), MemoryClientStore::default()).build().unwrap());
        let Some(expected) = is_acceptable(&uri, is_native) else { return Ok(()) };
        let application = if is_native { "native" } else { "web" };
        let body = json!({ "application_type": application, "redirect_uris": [uri] }).to_string();
        let result = REGISTRAR.with(|registrar| register(registrar, body.as_bytes()));
        match result {
            Ok(client) => {
                prop_assert!(expected, "taken: {} {}", application, uri);
                prop_assert_eq!(&super::parsed(client.body())["redirect_uris"], &json!([uri]));
            }
            Err(Error::Rejected(rejection)) => {
                prop_assert_eq!(&rejection.code, &ErrorCode::INVALID_REDIRECT_URI, "{}", uri);
                prop_assert!(!expected, "refused: {} {}: {:?}", application, uri, rejection);
            }
            Err(error) => panic!("{uri}: {error}"),
        }
    }
}

/// The model itself: a generator that yields nothing acceptable, or only that, would prove little.
#[test]
fn the_generator_has_both_kinds() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut counts = [[0; 2]; 2];
    for _ in 0..2000 {
        let uri = mutated().new_tree(&mut runner).unwrap().current();
        for is_native in [false, true] {
            if let Some(verdict) = is_acceptable(&uri, is_native) {
                counts[usize::from(is_native)][usize::from(verdict)] += 1;
            }
        }
    }
    assert!(counts.iter().flatten().all(|count| *count > 150), "{counts:?}");
}
