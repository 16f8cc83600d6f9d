//! As much of DER (X.690) as names and keys of certificates need.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const SEQUENCE: u8 = 0x30;

/// The tag and the contents of the element at the front, and what follows it.
pub(crate) fn read(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = der else { return None };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((*tag, contents, rest))
}

/// The contents of the element at the front, which must have this tag, and what follows it.
pub(crate) fn take(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    read(der).filter(|(own, _, _)| *own == tag).map(|(_, contents, rest)| (contents, rest))
}

/// An element, of contents shorter than 64 KiB.
pub(crate) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut der = vec![tag];
    match length {
        0..=0x7f => der.push(length as u8),
        0x80..=0xff => der.extend([0x81, length as u8]),
        _ => der.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    der.extend_from_slice(contents);
    der
}

/// The text of the one element that these bytes are, if it is of a string type (X.680 section 41). TeletexString is
/// read as Latin-1, which is what certificates have in it.
pub(crate) fn text(der: &[u8]) -> Option<String> {
    let (tag, contents, []) = read(der)? else { return None };
    match tag {
        // UTF8String
        0x0c => std::str::from_utf8(contents).ok().map(str::to_owned),
        // NumericString, PrintableString, IA5String, VisibleString
        0x12 | 0x13 | 0x16 | 0x1a => {
            contents.is_ascii().then(|| contents.iter().copied().map(char::from).collect())
        }
        // TeletexString
        0x14 => Some(contents.iter().copied().map(char::from).collect()),
        // UniversalString
        0x1c => {
            let (characters, []) = contents.as_chunks() else { return None };
            characters.iter().map(|character| char::from_u32(u32::from_be_bytes(*character))).collect()
        }
        // BMPString
        0x1e => {
            let (units, []) = contents.as_chunks() else { return None };
            char::decode_utf16(units.iter().copied().map(u16::from_be_bytes)).collect::<Result<_, _>>().ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_type_has_a_text() {
        for (der, expected) in [
            (&b"\x0c\x03a\xc3\xa9"[..], "aé"),
            (b"\x12\x0212", "12"),
            (b"\x13\x02ab", "ab"),
            (b"\x14\x02a\xe9", "aé"),
            (b"\x16\x02a@", "a@"),
            (b"\x1a\x02ab", "ab"),
            (b"\x1c\x04\x00\x01\xf6\x00", "\u{1f600}"),
            (b"\x1e\x06\x00a\xd8\x3d\xde\x00", "a\u{1f600}"),
            (b"\x0c\x00", ""),
            (b"\x0c\x81\x01a", "a"),
        ] {
            assert_eq!(text(der).as_deref(), Some(expected), "{der:02x?}");
        }
    }

    #[test]
    fn what_is_no_text() {
        for der in [
            &b""[..],
            b"\x0c",
            b"\x0c\x02a",
            b"\x0c\x01ab",
            b"\x0c\x01\xff",
            b"\x0c\x80a\x00\x00",
            b"\x0c\x84\x00\x00\x00\x01a",
            b"\x13\x01\xe9",
            b"\x04\x01a",
            b"\x1c\x03\x00\x00a",
            b"\x1c\x04\x00\x11\x00\x00",
            b"\x1e\x03\x00a\x00",
            b"\x1e\x02\xd8\x3d",
        ] {
            assert_eq!(text(der), None, "{der:02x?}");
        }
    }
}
