//! Percent escapes (RFC 3986 section 2.1).

/// A text without its percent escapes; nothing if one is malformed or the octets are not UTF-8.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        if octet != b'%' {
            octets.push(octet);
            continue;
        }
        let (digits, after) = after.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        octets.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(octets).ok()
}
