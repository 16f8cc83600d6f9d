//! Facts read from the certificate itself (RFC 5280).

use std::fmt::Write;
use std::net::IpAddr;

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::x509::{GeneralNameRef, X509, X509NameRef, X509Ref};
use time::{Duration, OffsetDateTime};

use super::ClientCertificate;
use super::attribute_type::AttributeType;
use crate::der;

/// The longest certificate that is read, in bytes of DER.
const MAX_DER: usize = 16 * 1024;

/// The tags of what a name is made of, besides sequences.
const SET: u8 = 0x31;
const OID: u8 = 0x06;

/// Why a certificate could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// It is longer than is read, in bytes: 16 KiB of DER, or 64 KiB of text.
    #[error("the certificate is larger than {0} bytes")]
    TooLarge(usize),
    /// The text is not what it should be: armour, base64, percent escapes.
    #[error("the text is no certificate in PEM")]
    NotPem,
    /// The text has more than one certificate. Which one the client holds the key of is not for the reader to guess.
    #[error("there must be exactly one certificate")]
    NotOne,
    /// The bytes are no X.509 certificate in DER, or more than one.
    #[error("the bytes are no X.509 certificate in DER")]
    Malformed,
}

impl ClientCertificate {
    /// Reads a certificate, in DER, of up to 16 KiB. Nothing is verified: neither signature nor validity, nor that the
    /// caller holds the key.
    ///
    /// Subject and issuer become RFC 4514 strings: relative names from the last to the first, the types of section 3 by
    /// name and all others as numbers with `#` and the hex of the value. The attributes of the subject become
    /// `subject.…` in the order of the certificate, those that are a text; the alternative names become `san.uri`,
    /// `san.dns`, `san.email` and `san.ip`. Other kinds of alternative names are passed over.
    ///
    /// ```
    /// use oauth_dcr::{CertificateError, ClientCertificate};
    ///
    /// assert_eq!(ClientCertificate::from_der(b"0"), Err(CertificateError::Malformed));
    /// ```
    ///
    /// # Errors
    ///
    /// [`CertificateError::TooLarge`] and [`CertificateError::Malformed`]. What follows the certificate is an error too,
    /// and so are dates that are none.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_DER {
            return Err(CertificateError::TooLarge(MAX_DER));
        }
        let x509 = X509::from_der(der).map_err(malformed)?;
        // OpenSSL reads a beginning, and lengths that DER does not have: one certificate, many thumbprints.
        if x509.to_der().map_err(malformed)? != der {
            return Err(CertificateError::Malformed);
        }
        let subject = Name::read(x509.subject_name())?;
        let issuer = Name::read(x509.issuer_name())?;
        let certificate = Self::new(subject.text)
            .with_issuer(issuer.text)
            .with_der(der)
            .with_validity(time_of(x509.not_before())?, time_of(x509.not_after())?);
        let of_subject = subject.attributes.into_iter();
        let attributes = of_subject.chain(alternative_names(&x509)?);
        Ok(attributes.fold(certificate, |own, (name, value)| own.with_attribute(name, value)))
    }
}

/// A name of the certificate.
#[derive(Default)]
struct Name {
    /// RFC 4514.
    text: String,
    /// By dotted name, in the order of the certificate.
    attributes: Vec<(String, String)>,
}

impl Name {
    fn read(name: &X509NameRef) -> Result<Self, CertificateError> {
        Self::of_der(&name.to_der().map_err(malformed)?).ok_or(CertificateError::Malformed)
    }

    /// RFC 5280 section 4.1.2.4: a sequence of sets, each of sequences of a type and a value. OpenSSL does not tell which
    /// attributes are of one set, and its texts end at a NUL.
    fn of_der(name: &[u8]) -> Option<Self> {
        let (mut sets, []) = der::take(name, der::SEQUENCE)? else { return None };
        let mut read = Self::default();
        let mut relative_names = Vec::new();
        while !sets.is_empty() {
            let (mut set, rest) = der::take(sets, SET)?;
            sets = rest;
            let mut relative_name = String::new();
            while !set.is_empty() {
                let (pair, rest) = der::take(set, der::SEQUENCE)?;
                set = rest;
                let (oid, value) = der::take(pair, OID)?;
                if !relative_name.is_empty() {
                    relative_name.push('+');
                }
                read.attributes.extend(attribute(&mut relative_name, oid, value)?);
            }
            relative_names.push(relative_name);
        }
        relative_names.reverse();
        read.text = relative_names.join(",");
        Some(read)
    }
}

/// Writes an attribute as RFC 4514 sections 2.3 and 2.4 say, and tells its dotted name and text if it is a text.
fn attribute(written: &mut String, oid: &[u8], value: &[u8]) -> Option<Option<(String, String)>> {
    let oid = dotted(oid)?;
    let text = der::text(value);
    let known = AttributeType::numbered(&oid);
    let name = known.map_or(&*oid, |known| known.name());
    // An empty text is written as its encoding: not every reader takes nothing for a value.
    let plain = text.as_deref().filter(|text| !text.is_empty());
    match plain.filter(|_| known.is_some_and(|known| known.is_well_known)) {
        Some(text) => {
            written.extend([name, "="]);
            write_escaped(written, text);
        }
        None => {
            written.extend([oid.as_str(), "=#"]);
            value.iter().for_each(|byte| write_hex(written, *byte));
        }
    }
    Some(text.map(|text| (format!("subject.{name}"), text)))
}

/// An OID as numbers between dots (X.690 section 8.19).
fn dotted(oid: &[u8]) -> Option<String> {
    let mut dotted = String::new();
    let mut number: u128 = 0;
    for byte in oid {
        number = number.checked_mul(128)?.checked_add(u128::from(byte & 0x7f))?;
        if byte & 0x80 != 0 {
            continue;
        }
        if dotted.is_empty() {
            let first = (number / 40).min(2);
            dotted = first.to_string();
            number -= first * 40;
        }
        let _ = write!(dotted, ".{number}");
        number = 0;
    }
    let is_whole = oid.last().is_some_and(|byte| byte & 0x80 == 0);
    is_whole.then_some(dotted)
}

/// RFC 4514 section 2.4. Control characters are escaped as well: names end up in logs.
fn write_escaped(written: &mut String, text: &str) {
    let last = text.chars().count().saturating_sub(1);
    for (place, character) in text.chars().enumerate() {
        match character {
            ' ' if place == 0 || place == last => written.push_str("\\ "),
            '#' if place == 0 => written.push_str("\\#"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => written.extend(['\\', character]),
            _ if character.is_control() => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    written.push('\\');
                    write_hex(written, byte);
                }
            }
            _ => written.push(character),
        }
    }
}

fn write_hex(written: &mut String, byte: u8) {
    for digit in [byte >> 4, byte & 0xf] {
        written.extend(char::from_digit(u32::from(digit), 16));
    }
}

/// The alternative names (RFC 5280 section 4.2.1.6), by dotted name.
fn alternative_names(x509: &X509Ref) -> Result<Vec<(String, String)>, CertificateError> {
    // No names and names that cannot be read look the same but for the error that OpenSSL keeps: none may be left of
    // another time.
    drop(ErrorStack::get());
    let Some(names) = x509.subject_alt_names() else {
        let is_absent = ErrorStack::get().errors().is_empty();
        return is_absent.then(Vec::new).ok_or(CertificateError::Malformed);
    };
    Ok(names.iter().filter_map(alternative_name).collect())
}

fn alternative_name(name: &GeneralNameRef) -> Option<(String, String)> {
    let texts = [("san.uri", name.uri()), ("san.dns", name.dnsname()), ("san.email", name.email())];
    let text = texts.into_iter().find_map(|(kind, text)| Some((kind.to_owned(), text?.to_owned())));
    text.or_else(|| {
        let octets = name.ipaddress()?;
        let address = match octets.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(octets).ok()?),
            _ => IpAddr::from(<[u8; 16]>::try_from(octets).ok()?),
        };
        Some(("san.ip".to_owned(), address.to_string()))
    })
}

/// What OpenSSL says of a certificate that it cannot read is nobody's business.
fn malformed(_: ErrorStack) -> CertificateError {
    CertificateError::Malformed
}

fn time_of(time: &Asn1TimeRef) -> Result<OffsetDateTime, CertificateError> {
    let since_epoch = Asn1Time::from_unix(0).and_then(|epoch| epoch.diff(time)).map_err(malformed)?;
    let since_epoch =
        Duration::days(since_epoch.days.into()).saturating_add(Duration::seconds(since_epoch.secs.into()));
    OffsetDateTime::UNIX_EPOCH.checked_add(since_epoch).ok_or(CertificateError::Malformed)
}
