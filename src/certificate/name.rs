//! Distinguished names as text (RFC 4514).

use std::borrow::Cow;

use super::attribute_type::AttributeType;
use crate::der;

/// A distinguished name.
#[derive(Debug)]
pub(crate) struct DistinguishedName(Vec<RelativeName>);

/// What stands between two commas: one attribute, or several between plus signs.
type RelativeName = Vec<Attribute>;

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Attribute {
    /// The OID. Of types that are not known here, the name in lower case.
    kind: Cow<'static, str>,
    value: Value,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    /// A text, without escapes; in UTF-8 unless escapes say otherwise.
    Text(Vec<u8>),
    /// The encoding of something else.
    Encoded(Vec<u8>),
}

impl DistinguishedName {
    /// Reads RFC 4514 section 3: relative names between commas, each of `type=value` pairs between plus signs.
    /// Spaces around separators, which RFC 2253 wrote, are passed over. The empty name is none: it names nobody.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let relative = |text| split_unescaped(text, '+').into_iter().map(Attribute::parse).collect();
        split_unescaped(text, ',').into_iter().map(relative).collect::<Option<_>>().map(Self)
    }

    /// Whether both have the same relative names, in whatever order.
    pub(super) fn has_names_of(mut self, mut other: Self) -> bool {
        for name in [&mut self, &mut other] {
            name.0.iter_mut().for_each(|relative| relative.sort());
            name.0.sort();
        }
        self.0 == other.0
    }
}

/// A name with the types that RFC 4514 section 3 has everybody know by these names, and all others by their numbers,
/// with encoded values (section 2.4). Nothing, if it is no name.
pub(crate) fn normalized(text: &str) -> Option<String> {
    DistinguishedName::parse(text)?;
    let relative = |text| {
        let pairs: Option<Vec<_>> = split_unescaped(text, '+').into_iter().map(normalized_pair).collect();
        pairs.map(|pairs| pairs.join("+"))
    };
    let names: Option<Vec<_>> = split_unescaped(text, ',').into_iter().map(relative).collect();
    names.map(|names| names.join(","))
}

fn normalized_pair(pair: &str) -> Option<String> {
    let (kind, value) = pair.split_once('=')?;
    let (kind, value) = (kind.trim_matches(' '), trim_unescaped(value));
    let known = AttributeType::named(kind).or_else(|| AttributeType::numbered(kind));
    let number = known.map_or(kind, |known| known.oid);
    if let Some(known) = known.filter(|known| known.is_well_known) {
        return Some(format!("{}={value}", known.name()));
    }
    match Value::parse(value)? {
        // Without its number, a type that nobody knows here cannot be said better.
        // Nor can a text that is no UTF-8, which has no encoding of a string.
        Value::Text(text)
            if number.contains('.') && !value.starts_with('#') && std::str::from_utf8(&text).is_ok() =>
        {
            Some(format!("{number}=#{}", hex_of_bytes(&der::element(der::UTF8_STRING, &text))))
        }
        _ => Some(format!("{number}={value}")),
    }
}

fn hex_of_bytes(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

impl Attribute {
    fn parse(pair: &str) -> Option<Self> {
        let (kind, value) = pair.split_once('=')?;
        let kind = kind.trim_matches(' ');
        let is_descriptor = kind.starts_with(|first: char| first.is_ascii_alphabetic())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_number = |arc: &str| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit());
        let kind = match AttributeType::named(kind) {
            Some(known) => Cow::Borrowed(known.oid),
            None if is_descriptor => Cow::Owned(kind.to_ascii_lowercase()),
            None if kind.contains('.') && kind.split('.').all(is_number) => Cow::Owned(kind.to_owned()),
            None => return None,
        };
        Value::parse(trim_unescaped(value)).map(|value| Self { kind, value })
    }
}

impl Value {
    /// A text in which special characters are escaped, or `#` and the hex of an encoding: that of a string is the
    /// same as its text (RFC 4514 section 2.4).
    fn parse(text: &str) -> Option<Self> {
        if let Some(hex) = text.strip_prefix('#') {
            let encoded = bytes_of_hex(hex).filter(|bytes| !bytes.is_empty())?;
            return Some(match der::text(&encoded) {
                Some(text) => Self::Text(text.into_bytes()),
                None => Self::Encoded(encoded),
            });
        }
        let mut value = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(character) = rest.chars().next() {
            let after = rest.get(character.len_utf8()..)?;
            rest = match character {
                '\\' => {
                    let escaped = after.get(..1)?;
                    if " \"#+,;<=>\\".contains(escaped) {
                        value.extend_from_slice(escaped.as_bytes());
                        after.get(1..)?
                    } else {
                        value.extend(bytes_of_hex(after.get(..2)?)?);
                        after.get(2..)?
                    }
                }
                '"' | ';' | '<' | '>' | '\0' => return None,
                _ => {
                    value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                    after
                }
            };
        }
        (!value.is_empty()).then_some(Self::Text(value))
    }
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Splits at separators that no backslash escapes.
fn split_unescaped(text: &str, separator: char) -> Vec<&str> {
    let mut is_escaped = false;
    let splits = |character: char| {
        let splits = character == separator && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        splits
    };
    text.split(splits).collect()
}

/// Without the spaces around it. One behind a backslash belongs to the value.
fn trim_unescaped(text: &str) -> &str {
    let text = text.trim_start_matches(' ');
    let trimmed = text.trim_end_matches(' ');
    let backslashes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    let kept = trimmed.len() + backslashes % 2;
    text.get(..kept).unwrap_or(trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rfc_4514_section_4() {
        for name in [
            "UID=jsmith,DC=example,DC=net",
            "OU=Sales+CN=J.  Smith,DC=example,DC=net",
            "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net",
            "CN=Before\\0dAfter,DC=example,DC=net",
            "1.3.6.1.4.1.1466.0=#04024869",
            "CN=Lu\\C4\\8Di\\C4\\87",
            "CN=a,C=GB",
            "CN=a\\ ",
            "CN = a , C = GB",
        ] {
            assert!(DistinguishedName::parse(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_no_name() {
        for name in [
            "",
            " ",
            "CN",
            "=x",
            "CN=",
            "CN= ",
            "CN=a,,C=GB",
            "CN=a,",
            "CN=a+",
            "CN=a;C=GB",
            "1.=x",
            "1=x",
            "CN=#",
            "CN=#0",
            "CN=#0g",
            "CN=a\\z",
            "CN=a\\",
            "CN=a\\0",
            "CN=a\\é",
            "C N=x",
            "CN=\"a\"",
            "CN=a\0",
        ] {
            assert!(DistinguishedName::parse(name).is_none(), "{name}");
        }
    }

    /// Open Finance Brasil has names written so.
    #[test]
    fn types_that_not_everybody_knows_are_numbers() {
        for (name, expected) in [
            ("CN=a,O=b,C=BR", "CN=a,O=b,C=BR"),
            ("commonName=a , userid = b", "CN=a,UID=b"),
            ("2.5.4.3=a+2.5.4.97=#1301ff", "CN=a+2.5.4.97=#1301ff"),
            ("CN=a,organizationIdentifier=OFBBR-b", "CN=a,2.5.4.97=#0c074f464242522d62"),
            ("serialNumber=1\\,2,CN=a\\, b", "2.5.4.5=#0c03312c32,CN=a\\, b"),
            ("1.2.3.4=a", "1.2.3.4=#0c0161"),
            ("ours=a", "ours=a"),
        ] {
            let normalized = normalized(name).unwrap();
            assert_eq!(normalized, expected);
            let names = [name, expected].map(|name| DistinguishedName::parse(name).unwrap());
            let [one, other] = names;
            assert!(one.has_names_of(other), "{name}");
        }
        assert_eq!(normalized("CN"), None);
    }

    #[test]
    fn values_are_what_their_escapes_say() {
        let value = |text: &str| Value::parse(trim_unescaped(text));
        let text = |text: &str| Some(Value::Text(text.as_bytes().to_vec()));
        assert_eq!(value("  a b  "), text("a b"));
        assert_eq!(value("a\\ "), text("a "));
        assert_eq!(value("a\\   "), text("a "));
        assert_eq!(value("\\ a\\\\ "), text(" a\\"));
        assert_eq!(value("\\#1\\,\\2c\\=\\3D="), text("#1,,==="));
        assert_eq!(value("Lu\\C4\\8di\\c4\\87"), text("Lučić"));
        assert_eq!(value("#0c0161"), text("a"));
        assert_eq!(value("#1301ff"), Some(Value::Encoded(b"\x13\x01\xff".to_vec())));
        assert_eq!(value("\\ff"), Some(Value::Text(vec![0xff])));
    }
}
