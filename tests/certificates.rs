//! Client certificates: what is read from them, and what they are compared with.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::sync::{Arc, LazyLock, Mutex};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt;
use oauth_dcr::testing::{ManualClock, run};
use oauth_dcr::{
    CertificateError, ClientCertificate, Draft, HookContext, HookError, MemoryClientStore, Profile,
    RegisterRequest, Registrar, RegistrarConfig, RegistrationEndpoint, ScriptHook,
};
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509Builder, X509Name};
use proptest::prelude::*;
use serde_json::{Value, json};
use time::OffsetDateTime;

// Encoded object identifiers.
const CN: &[u8] = b"\x55\x04\x03";
const C: &[u8] = b"\x55\x04\x06";
const O: &[u8] = b"\x55\x04\x0a";
const OU: &[u8] = b"\x55\x04\x0b";
const ORGANIZATION_IDENTIFIER: &[u8] = b"\x55\x04\x61";
const UID: &[u8] = b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01";
const JURISDICTION_C: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03";
/// 1.3.6.1.4.1.1466.0, as in RFC 4514 section 2.
const NAMELESS: &[u8] = b"\x2b\x06\x01\x04\x01\x8b\x3a\x00";

// Tags.
const BIT_STRING: u8 = 0x03;
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const BMP: u8 = 0x1e;

/// The validity of the certificates here: from the end of 2023 to the end of 2099.
const NOT_BEFORE: i64 = 1_700_000_000;
const NOT_AFTER: i64 = 4_102_444_800;

static KEY: LazyLock<PKey<Private>> = LazyLock::new(new_key);
static CERTIFICATE: LazyLock<X509> =
    LazyLock::new(|| certificate(&[&[(C, PRINTABLE, b"GB")], &[(CN, UTF8, b"client-1")]], |_| {}));
static NAMED: LazyLock<X509> = LazyLock::new(|| {
    certificate(&[&[(CN, UTF8, b"client-1"), (OU, BMP, b"\0a")]], |builder| {
        let mut names = SubjectAlternativeName::new();
        let names = names.uri("urn:a").ip("192.0.2.7").email("a@example.org");
        builder.append_extension(names.build(&builder.x509v3_context(None, None)).unwrap()).unwrap();
    })
});

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// An element of less than 256 bytes.
fn der(tag: u8, contents: impl AsRef<[u8]>) -> Vec<u8> {
    let contents = contents.as_ref();
    let length = u8::try_from(contents.len()).unwrap();
    let long = if length < 0x80 { &[][..] } else { &[0x81] };
    [&[tag], long, &[length], contents].concat()
}

/// An attribute: type, tag and contents of the value.
type Attribute<'a> = (&'a [u8], u8, &'a [u8]);

/// A name, from its first relative name to the last, as certificates have it.
fn name(relative_names: &[&[Attribute<'_>]]) -> X509Name {
    let attribute =
        |(oid, tag, value): &Attribute<'_>| der(0x30, [der(0x06, oid), der(*tag, value)].concat());
    let relative = |attributes: &&[Attribute<'_>]| {
        der(0x31, attributes.iter().map(attribute).collect::<Vec<_>>().concat())
    };
    X509Name::from_der(&der(0x30, relative_names.iter().map(relative).collect::<Vec<_>>().concat())).unwrap()
}

fn certificate(subject: &[&[Attribute<'_>]], change: impl FnOnce(&mut X509Builder)) -> X509 {
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name(subject)).unwrap();
    builder.set_issuer_name(&name(&[&[(O, UTF8, b"Directory")], &[(CN, UTF8, b"Issuing CA")]])).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(NOT_BEFORE).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(NOT_AFTER).unwrap()).unwrap();
    builder.set_pubkey(&KEY).unwrap();
    change(&mut builder);
    builder.sign(&KEY, MessageDigest::sha256()).unwrap();
    builder.build()
}

#[track_caller]
fn read(x509: &X509) -> ClientCertificate {
    ClientCertificate::from_der(&x509.to_der().unwrap()).unwrap()
}

fn subject(relative_names: &[&[Attribute<'_>]]) -> ClientCertificate {
    read(&certificate(relative_names, |_| {}))
}

/// Profile of Brazil, and the certificates of payment services after eIDAS (ETSI EN 319 412-1).
#[test]
fn a_certificate_of_a_payment_service() {
    let x509 = certificate(
        &[
            &[(C, PRINTABLE, b"BR")],
            &[(O, UTF8, "Banco São João, S.A.".as_bytes())],
            &[(OU, UTF8, b"first")],
            &[(OU, UTF8, b"second")],
            &[(ORGANIZATION_IDENTIFIER, UTF8, b"OFBBR-d7384bd0")],
            &[(JURISDICTION_C, PRINTABLE, b"BR")],
            &[(UID, UTF8, b"10120340"), (CN, UTF8, b"web.example.org")],
        ],
        |builder| {
            let names = SubjectAlternativeName::new()
                .uri("https://client.example/a")
                .dns("client.example")
                .uri("https://client.example/b")
                .ip("192.0.2.7")
                .ip("2001:db8::7")
                .email("ops@client.example")
                .build(&builder.x509v3_context(None, None))
                .unwrap();
            builder.append_extension(names).unwrap();
        },
    );
    let read = read(&x509);
    assert_eq!(
        read.subject_dn(),
        "UID=10120340+CN=web.example.org,1.3.6.1.4.1.311.60.2.1.3=#13024252,\
         2.5.4.97=#0c0e4f464242522d6437333834626430,OU=second,OU=first,O=Banco São João\\, S.A.,C=BR"
    );
    assert_eq!(read.issuer_dn(), Some("CN=Issuing CA,O=Directory"));
    for (name, values) in [
        ("subject_dn", &[read.subject_dn()][..]),
        ("issuer_dn", &["CN=Issuing CA,O=Directory"]),
        ("subject.C", &["BR"]),
        ("subject.O", &["Banco São João, S.A."]),
        ("subject.OU", &["first", "second"]),
        ("subject.organizationIdentifier", &["OFBBR-d7384bd0"]),
        ("subject.jurisdictionCountryName", &["BR"]),
        ("subject.UID", &["10120340"]),
        ("subject.CN", &["web.example.org"]),
        ("san.uri", &["https://client.example/a", "https://client.example/b"]),
        ("san.dns", &["client.example"]),
        ("san.ip", &["192.0.2.7", "2001:db8::7"]),
        ("san.email", &["ops@client.example"]),
        ("subject.ST", &[]),
        ("subject.cn", &[]),
        ("CN", &[]),
    ] {
        assert_eq!(read.attributes(name).collect::<Vec<_>>(), values, "{name}");
        assert_eq!(read.attribute(name), values.first().copied(), "{name}");
    }
    assert_eq!(read.der(), Some(&x509.to_der().unwrap()[..]));
    let digest = x509.digest(MessageDigest::sha256()).unwrap();
    assert_eq!(read.thumbprint(), Some(URL_SAFE_NO_PAD.encode(digest)));
    assert_eq!(read.not_before().map(OffsetDateTime::unix_timestamp), Some(NOT_BEFORE));
    assert_eq!(read.not_after().map(OffsetDateTime::unix_timestamp), Some(NOT_AFTER));
    assert!(!read.is_verified_by(""), "nothing was verified");
    // As the directory writes it, and as a person would.
    assert!(read.subject_is(read.subject_dn()));
    assert!(read.subject_is(
        "C=BR,O=Banco S\\C3\\A3o Jo\\C3\\A3o\\2C S.A.,OU=first,OU=second,organizationIdentifier=OFBBR-d7384bd0,\
         jurisdictionCountryName=BR,uid=10120340+cn=web.example.org"
    ));
    assert!(read.issuer_is("O=Directory,CN=Issuing CA"));
    assert!(!read.issuer_is(read.subject_dn()));
}

/// Values of a name as its certificate has them, and the name as RFC 4514 writes it.
#[test]
fn subjects_are_written_so_that_they_can_be_read() {
    for (attribute, text, written) in [
        (
            (CN, UTF8, &b" a, b+c \"d\" \\ <e>; #=f "[..]),
            " a, b+c \"d\" \\ <e>; #=f ",
            "CN=\\ a\\, b\\+c \\\"d\\\" \\\\ \\<e\\>\\; #=f\\ ",
        ),
        ((CN, UTF8, b"#1"), "#1", "CN=\\#1"),
        ((CN, UTF8, b" "), " ", "CN=\\ "),
        ((CN, UTF8, b"admin\0.example"), "admin\0.example", "CN=admin\\00.example"),
        ((CN, UTF8, b"a\r\nCN=b"), "a\r\nCN=b", "CN=a\\0d\\0aCN=b"),
        ((CN, UTF8, "\u{85}".as_bytes()), "\u{85}", "CN=\\c2\\85"),
        ((CN, UTF8, "Lučić".as_bytes()), "Lučić", "CN=Lučić"),
        ((CN, TELETEX, b"Jos\xe9"), "José", "CN=José"),
        ((CN, BMP, b"\x01\x0d\x00e"), "če", "CN=če"),
        ((CN, UTF8, b""), "", "2.5.4.3=#0c00"),
        (
            (ORGANIZATION_IDENTIFIER, PRINTABLE, b"PSDGB-FCA-1"),
            "PSDGB-FCA-1",
            "2.5.4.97=#130b50534447422d4643412d31",
        ),
    ] {
        let read = subject(&[&[attribute]]);
        assert_eq!(read.subject_dn(), written);
        assert!(read.subject_is(written), "{written}");
        let name = if attribute.0 == CN { "subject.CN" } else { "subject.organizationIdentifier" };
        assert_eq!(read.attribute(name), Some(text), "{written}");
    }
    // What is no text is in the name alone.
    let read = subject(&[&[(NAMELESS, BIT_STRING, b"\0Hi")]]);
    assert_eq!(read.subject_dn(), "1.3.6.1.4.1.1466.0=#0303004869");
    assert!(read.subject_is("1.3.6.1.4.1.1466.0=#0303004869"));
    assert_eq!(read.attribute("subject.1.3.6.1.4.1.1466.0"), None);
    // A type without a name has its number.
    let read = subject(&[&[(NAMELESS, UTF8, b"Hi")]]);
    assert_eq!(read.attribute("subject.1.3.6.1.4.1.1466.0"), Some("Hi"));
    // The subject of a certificate that has only alternative names.
    let read = subject(&[]);
    assert_eq!((read.subject_dn(), read.subject_is("")), ("", false));
}

/// MTLS-002
#[test]
fn names_that_are_one_name() {
    for (one, other) in [
        ("CN=a,O=b,C=GB", "CN=a,O=b,C=GB"),
        ("CN=a,O=b,C=GB", "C=GB,O=b,CN=a"),
        ("CN=a,O=b,C=GB", "cn=a,o=b,c=GB"),
        ("CN=a,O=b,C=GB", " CN = a , O = b , C = GB "),
        ("CN=a,O=b,C=GB", "commonName=a,organizationName=b,2.5.4.6=GB"),
        ("CN=a+UID=1,C=GB", "C=GB,uid=1+cn=a"),
        ("OU=a,OU=b,C=GB", "OU=b,OU=a,C=GB"),
        ("UID=1,DC=example,DC=com", "0.9.2342.19200300.100.1.1=1,dc=example,domainComponent=com"),
        ("organizationIdentifier=OFBBR-1", "2.5.4.97=OFBBR-1"),
        ("organizationIdentifier=OFBBR-1", "2.5.4.97=#0c074f464242522d31"),
        ("organizationIdentifier=OFBBR-1", "2.5.4.97=#13074F464242522D31"),
        ("jurisdictionCountryName=BR,businessCategory=b", "1.3.6.1.4.1.311.60.2.1.3=BR,2.5.4.15=b"),
        ("CN=a\\, b", "CN=a\\2c b"),
        ("CN=a\\,b", "2.5.4.3=#0c03612c62"),
        ("CN=Lučić", "CN=Lu\\C4\\8di\\C4\\87"),
        ("CN=\\ a\\ ", "CN=\\20a\\20"),
        ("CN=\\#1", "CN=\\231"),
        ("CN=a=b", "CN=a\\=b"),
        ("1.2.3=#0401ff", "1.2.3=#0401FF"),
        ("someType=x", "SOMETYPE=x"),
    ] {
        assert!(ClientCertificate::new(one).subject_is(other), "{one} is {other}");
        assert!(ClientCertificate::new(other).subject_is(one), "{other} is {one}");
    }
}

/// MTLS-002
#[test]
fn names_that_are_two_names() {
    for (one, other) in [
        ("CN=a,O=b", "CN=a"),
        ("CN=a,O=b", "CN=a,O=b,C=GB"),
        ("CN=a,O=b", "CN=a+O=b"),
        ("CN=a,O=b", "CN=b,O=a"),
        ("CN=a", "CN=A"),
        ("CN=a", "OU=a"),
        ("CN=a", "CN=a\\ "),
        ("CN=a", "CN=\\ a"),
        ("CN=a", "CN=a\\00"),
        ("CN=a b", "CN=a  b"),
        ("CN=a\\,O\\=b", "CN=a,O=b"),
        ("CN=a\\+O=b", "CN=a+O=b"),
        ("CN=a", "CN=a,CN=a"),
        ("OU=a,OU=a,OU=b", "OU=a,OU=b,OU=b"),
        ("OU=a+CN=1,OU=b+CN=2", "OU=a+CN=2,OU=b+CN=1"),
        ("CN=é", "CN=e\u{301}"),
        ("2.5.4.97=#0c0161", "2.5.4.97=\\#0c0161"),
        ("2.5.4.97=#040161", "2.5.4.97=a"),
        ("2.5.4.97=a", "2.5.4.98=a"),
        // What is no name is nobody's, not even its own.
        ("", ""),
        ("client", "client"),
        ("CN=a;O=b", "CN=a;O=b"),
        ("CN=a,", "CN=a"),
        ("CN=", "CN="),
        ("CN=\"a\"", "CN=a"),
    ] {
        assert!(!ClientCertificate::new(one).subject_is(other), "{one} is not {other}");
        assert!(!ClientCertificate::new(other).subject_is(one), "{other} is not {one}");
    }
    assert!(!ClientCertificate::new("CN=a").issuer_is("CN=a"), "the issuer is not known");
}

/// The bare members of the key of the certificates here.
fn jwk_of(key: &PKey<Private>) -> Value {
    let point = key.public_key_to_der().unwrap();
    let (x, y) = point[point.len() - 64..].split_at(32);
    json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
}

#[test]
fn keys_that_name_the_certificate() {
    let own = read(&CERTIFICATE);
    let (other_key, der) = (new_key(), CERTIFICATE.to_der().unwrap());
    let other = {
        let x509 =
            certificate(&[&[(CN, UTF8, b"client-2")]], |builder| builder.set_pubkey(&other_key).unwrap());
        STANDARD.encode(x509.to_der().unwrap())
    };
    let base64 = STANDARD.encode(&der);
    let thumbprint = own.thumbprint().unwrap();
    // UK directories call the use of a transport key `tls`.
    let mut transport = jwk_of(&KEY);
    transport["use"] = json!("tls");
    for key in [
        json!({ "x5c": [base64] }),
        json!({ "x5c": [base64, other], "kty": "RSA", "use": "tls" }),
        json!({ "x5t#S256": thumbprint }),
        jwk_of(&KEY),
        transport,
    ] {
        assert!(own.is_in_key_set(&json!({ "keys": [key] })), "{key}");
        assert!(own.is_in_key_set(&json!({ "keys": [jwk_of(&other_key), null, 1, {}, key] })), "{key}");
        let without_der = ClientCertificate::new(own.subject_dn());
        assert!(!without_der.is_in_key_set(&json!({ "keys": [key] })), "{key}");
    }
    let mut with_wrong_type = jwk_of(&KEY);
    with_wrong_type["kty"] = json!("OKP");
    for key in [
        json!({ "x5c": [other, base64] }),
        json!({ "x5c": [URL_SAFE_NO_PAD.encode(&der)] }),
        json!({ "x5c": [] }),
        json!({ "x5c": base64 }),
        json!({ "x5t": thumbprint }),
        json!({ "x5t#S256": [thumbprint] }),
        json!({ "x5t#S256": null }),
        jwk_of(&other_key),
        with_wrong_type,
        json!(base64),
    ] {
        assert!(!own.is_in_key_set(&json!({ "keys": [key] })), "{key}");
    }
    let empty = ClientCertificate::new("CN=a").with_der([]);
    assert!(!empty.is_in_key_set(&json!({ "keys": [{ "x5c": [""] }] })), "no bytes are no certificate");
    assert_eq!((empty.der(), empty.thumbprint()), (None, None));
    for set in [json!({}), json!([jwk_of(&KEY)]), jwk_of(&KEY), json!(null), json!({ "keys": jwk_of(&KEY) })]
    {
        assert!(!own.is_in_key_set(&set), "{set}");
    }
}

fn pem() -> String {
    String::from_utf8(CERTIFICATE.to_pem().unwrap()).unwrap()
}

/// Everything that a URI component would escape.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[test]
fn forms_of_pem() {
    let own = read(&CERTIFICATE);
    for text in [
        pem(),
        pem().replace('\n', "\r\n"),
        pem().replace('\n', " "),
        pem().replace('\n', "\n\t"),
        pem().replace('\n', ""),
        format!("\n {}\n", pem()),
        escaped(&pem()),
        pem().replace('\n', "%0A"),
        pem().replace('\n', "%0a"),
    ] {
        assert_eq!(ClientCertificate::from_pem(&text).as_ref(), Ok(&own), "{text}");
        assert_eq!(ClientCertificate::from_header(&text).as_ref(), Ok(&own), "{text}");
    }
    let bare = STANDARD.encode(CERTIFICATE.to_der().unwrap());
    for value in [bare.clone(), format!(":{bare}:"), format!(" :{bare}: "), escaped(&bare)] {
        assert_eq!(ClientCertificate::from_header(&value).as_ref(), Ok(&own), "{value}");
        assert_eq!(ClientCertificate::from_pem(&value), Err(CertificateError::NotPem), "{value}");
    }
}

#[test]
fn texts_that_are_no_certificate() {
    let pem = pem();
    let der = CERTIFICATE.to_der().unwrap();
    let armoured = |der: &[u8]| {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der))
    };
    let lower_key = pem.replace("CERTIFICATE", "PUBLIC KEY");
    for (text, error) in [
        (String::new(), CertificateError::NotPem),
        ("certificate".to_owned(), CertificateError::NotPem),
        (lower_key, CertificateError::NotPem),
        (pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), CertificateError::NotPem),
        (pem.replace("-----END CERTIFICATE-----", ""), CertificateError::NotPem),
        (format!("subject=CN=client-1\n{pem}"), CertificateError::NotPem),
        (format!("{pem}x"), CertificateError::NotPem),
        (pem.replace("MI", "M!"), CertificateError::NotPem),
        (pem.replace('\n', "%0"), CertificateError::NotPem),
        (format!("{pem}{pem}"), CertificateError::NotOne),
        (escaped(&format!("{pem}{pem}")), CertificateError::NotOne),
        (armoured(b""), CertificateError::Malformed),
        (armoured(b"\x30\x00"), CertificateError::Malformed),
        (armoured(&der[..der.len() - 1]), CertificateError::Malformed),
        (armoured(&[&der[..], b"\0"].concat()), CertificateError::Malformed),
        (armoured(&[&der[..], &der[..]].concat()), CertificateError::Malformed),
        (armoured(&[0x30; 16 * 1024 + 1]), CertificateError::TooLarge(16 * 1024)),
        (" ".repeat(64 * 1024 + 1), CertificateError::TooLarge(64 * 1024)),
    ] {
        assert_eq!(ClientCertificate::from_pem(&text), Err(error), "{text}");
        if text.contains("--") {
            assert_eq!(ClientCertificate::from_header(&text), Err(error), "{text}");
        }
    }
    for (value, error) in [
        ("", CertificateError::Malformed),
        (":", CertificateError::NotPem),
        ("::", CertificateError::Malformed),
        (":AQAB:", CertificateError::Malformed),
        (":AQAB", CertificateError::NotPem),
        ("AQ_B", CertificateError::NotPem),
        ("Hash=0;Subject=\"CN=client-1\"", CertificateError::NotPem),
    ] {
        assert_eq!(ClientCertificate::from_header(value), Err(error), "{value}");
    }
    for (error, message) in [
        (CertificateError::TooLarge(9), "the certificate is larger than 9 bytes"),
        (CertificateError::NotPem, "the text is no certificate in PEM"),
        (CertificateError::NotOne, "there must be exactly one certificate"),
        (CertificateError::Malformed, "the bytes are no X.509 certificate in DER"),
    ] {
        assert_eq!(error.to_string(), message);
    }
}

/// One certificate has one thumbprint: other encodings of it are not read.
#[test]
fn lengths_are_those_of_der() {
    let der = CERTIFICATE.to_der().unwrap();
    assert_eq!(der[..2], [0x30, 0x82], "two octets of length");
    let longer = [&[0x30, 0x83, 0], &der[2..]].concat();
    assert!(X509::from_der(&longer).is_ok(), "OpenSSL reads it");
    assert_eq!(ClientCertificate::from_der(&longer), Err(CertificateError::Malformed));
    let followed = [&der[..], b"more"].concat();
    assert!(X509::from_der(&followed).is_ok(), "OpenSSL reads it");
    assert_eq!(ClientCertificate::from_der(&followed), Err(CertificateError::Malformed));
}

/// Alternative names that cannot be read are not the same as none: a rule may ask that there be none.
#[test]
fn alternative_names_that_cannot_be_read() {
    use openssl::asn1::{Asn1Object, Asn1OctetString};
    use openssl::x509::X509Extension;
    let with_names = |contents: &[u8]| {
        let contents = Asn1OctetString::new_from_bytes(contents).unwrap();
        let oid = Asn1Object::from_str("2.5.29.17").unwrap();
        let extension = X509Extension::new_from_der(&oid, false, &contents).unwrap();
        certificate(&[], |builder| builder.append_extension(extension).unwrap())
    };
    let names = read(&with_names(&der(0x30, der(0x86, "urn:a\0b"))));
    assert_eq!(names.attribute("san.uri"), Some("urn:a\0b"), "a NUL ends nothing");
    let names = read(&with_names(&der(0x30, [der(0x88, b"\x2a\x03"), der(0x87, b"\x01\x02")].concat())));
    assert_eq!(names.attribute("san.ip"), None, "an address has four octets or sixteen");
    let broken = with_names(b"\x30\x05\x86");
    let refusal = ClientCertificate::from_der(&broken.to_der().unwrap());
    assert_eq!(refusal, Err(CertificateError::Malformed));
    // What the host's own use of OpenSSL left behind is not held against the next certificate.
    assert!(broken.subject_alt_names().is_none());
    assert!(ClientCertificate::from_pem(&pem()).is_ok());
}

#[test]
fn a_certificate_in_a_log() {
    let certificate = ClientCertificate::new("CN=a").with_issuer("CN=b").with_der(*b"abc");
    assert_eq!(
        format!("{:?}", certificate.with_attribute("san.dns", "c").with_verified_by("d")),
        r#"ClientCertificate { subject_dn: "CN=a", issuer_dn: Some("CN=b"), attributes: {"san.dns": ["c"]}, der: [3 bytes], verified_by: {"d"}, validity: None }"#
    );
}

/// Sees the certificates of registrations.
#[derive(Clone, Debug, Default)]
struct Witness(Arc<Mutex<Vec<Option<ClientCertificate>>>>);

#[async_trait]
impl ScriptHook for Witness {
    async fn create_client(&self, cx: &HookContext<'_>, _: &mut Draft<'_>) -> Result<(), HookError> {
        self.0.lock().unwrap().push(cx.certificate.cloned());
        Ok(())
    }
}

/// What a registration with these headers shows as its certificate.
#[track_caller]
fn certificate_of(
    configure: impl FnOnce(RegistrationEndpoint) -> RegistrationEndpoint,
    headers: &[(&'static str, HeaderValue)],
    handed_in: Option<ClientCertificate>,
) -> Option<ClientCertificate> {
    let witness = Witness::default();
    let config = RegistrarConfig::new("https://op.example/register".parse().unwrap());
    let registrar = Registrar::builder(config, MemoryClientStore::default()).script_hook(witness.clone());
    let endpoint = configure(RegistrationEndpoint::new(registrar.build().unwrap()));
    let mut request = Request::post("/register");
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    let request = request.body(r#"{"redirect_uris":["https://app.example/cb"]}"#.to_owned()).unwrap();
    assert_eq!(run(endpoint.handle_as(request, None, handed_in)).status(), 201);
    let mut seen = witness.0.lock().unwrap();
    assert_eq!(seen.len(), 1);
    seen.remove(0)
}

const HEADER: HeaderName = HeaderName::from_static("x-clientcert");

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap()
}

#[test]
fn a_header_is_believed_where_the_host_says_so() {
    let own = read(&CERTIFICATE);
    let configure = |endpoint: RegistrationEndpoint| endpoint.with_certificate_header(HEADER, &[]);
    for text in [pem().replace('\n', " "), escaped(&pem()), pem().replace('\n', "\t")] {
        let header = ("X-ClientCert", value(&text));
        assert_eq!(
            certificate_of(|endpoint| endpoint, std::slice::from_ref(&header), None),
            None,
            "without opt-in"
        );
        assert_eq!(certificate_of(configure, &[header], None).as_ref(), Some(&own), "{text}");
    }
    for name in ["client-cert", "x-forwarded-client-cert", "x-forwarded-tls-client-cert", "x-clientcert2"] {
        assert_eq!(certificate_of(configure, &[(name, value(&escaped(&pem())))], None), None, "{name}");
    }
    let standard = |endpoint: RegistrationEndpoint| {
        endpoint.with_certificate_header(HeaderName::from_static("client-cert"), &["directory", "other"])
    };
    let bytes = format!(":{}:", STANDARD.encode(CERTIFICATE.to_der().unwrap()));
    let seen = certificate_of(standard, &[("client-cert", value(&bytes))], None).unwrap();
    assert!(seen.is_verified_by("directory") && seen.is_verified_by("other") && !seen.is_verified_by("x"));
    assert!(!own.is_verified_by("directory"));
}

/// What the request is refused for where a certificate is required; here none is.
#[test]
fn a_header_that_cannot_be_read_is_no_certificate() {
    let configure = |endpoint: RegistrationEndpoint| endpoint.with_certificate_header(HEADER, &["directory"]);
    let good = ("x-clientcert", value(&escaped(&pem())));
    let bad = |text: &str| ("x-clientcert", value(text));
    for headers in [
        vec![],
        vec![bad("")],
        vec![bad("x")],
        vec![bad(&escaped(&format!("{}{}", pem(), pem())))],
        vec![("x-clientcert", HeaderValue::from_bytes(b"\xff").unwrap())],
        // Which of them the proxy set is not to be told.
        vec![good.clone(), good.clone()],
        vec![good.clone(), bad("")],
    ] {
        assert_eq!(certificate_of(configure, &headers, None), None, "{headers:?}");
    }
    assert!(certificate_of(configure, &[good], None).is_some());
}

#[test]
fn what_the_host_hands_in_takes_precedence() {
    let configure = |endpoint: RegistrationEndpoint| endpoint.with_certificate_header(HEADER, &[]);
    let handed_in = ClientCertificate::new("CN=handed-in");
    for headers in [vec![], vec![("x-clientcert", value(&escaped(&pem())))]] {
        let seen = certificate_of(configure, &headers, Some(handed_in.clone()));
        assert_eq!(seen.as_ref(), Some(&handed_in));
    }
}

/// What a registration under these rules becomes with this certificate: the client, or the answer to the error.
fn registered(
    profile: &Value,
    certificate: Option<&ClientCertificate>,
    changes: Value,
) -> Result<Value, String> {
    let mut whole = json!({ "dcr_profile": 1, "name": "by-certificate", "extends": ["standard"] });
    whole.as_object_mut().unwrap().extend(profile.as_object().unwrap().clone());
    let config = RegistrarConfig::new("https://op.example/register".parse().unwrap());
    let registrar = Registrar::builder(config, MemoryClientStore::default())
        .profile(serde_json::from_value(whole).unwrap())
        .build()
        .unwrap();
    let mut body = json!({ "redirect_uris": ["https://app.example/cb"] });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let body = body.to_string();
    let request = RegisterRequest::from_body(body.as_bytes());
    let request = certificate.into_iter().fold(request, RegisterRequest::with_client_certificate);
    match run(registrar.register(request)) {
        Ok(registration) => Ok(serde_json::to_value(&registration).unwrap()),
        Err(error) => Err(registrar.wire_error(&error).body),
    }
}

#[test]
fn metadata_may_come_from_the_certificate() {
    let profile = json!({ "metadata": {
        "client_name": { "from": { "cert": "subject.CN", "relation": "equals", "required": true } },
        "contacts": { "from": { "cert": "san.email", "relation": "bounds" } },
    } });
    let certificate = ClientCertificate::new("CN=client-1")
        .with_attribute("subject.CN", "client-1")
        .with_attribute("san.email", "a@example.org")
        .with_attribute("san.email", "b@example.org");
    let client = registered(&profile, Some(&certificate), json!({})).unwrap();
    assert_eq!(client["client_name"], "client-1");
    assert_eq!(client["contacts"], json!(["a@example.org", "b@example.org"]));
    let asked = json!({ "client_name": "client-1", "contacts": ["b@example.org"] });
    let client = registered(&profile, Some(&certificate), asked).unwrap();
    assert_eq!(client["contacts"], json!(["b@example.org"]));
    let nameless = ClientCertificate::new("");
    for (certificate, asked, message) in [
        (
            Some(&certificate),
            json!({ "client_name": "other" }),
            "client_name: must equal what the client certificate says",
        ),
        (
            Some(&certificate),
            json!({ "contacts": ["c@example.org"] }),
            "contacts: must be within what the client certificate lists",
        ),
        (Some(&nameless), json!({}), "client_name: the client certificate must have subject.CN"),
        (
            None,
            json!({ "client_name": "client-1" }),
            "client_name: the client certificate must have subject.CN",
        ),
    ] {
        let answer = registered(&profile, certificate, asked).unwrap_err();
        assert!(answer.contains(message), "{answer}");
    }
}

#[test]
fn of_several_values_any_meets_a_condition() {
    let profile = json!({ "rules": [{
        "id": "no-b", "reject": "metadata", "message": "is not for b",
        "when": { "cert": "san.uri", "one_of": ["urn:b", "urn:c"] },
    }, {
        "id": "named", "reject": "metadata", "message": "needs a URI",
        "when": { "cert": "san.uri", "present": false },
    }] });
    let certificate = |uris: &[&str]| {
        uris.iter().fold(ClientCertificate::new("CN=a"), |own, uri| own.with_attribute("san.uri", *uri))
    };
    assert!(registered(&profile, Some(&certificate(&["urn:a"])), json!({})).is_ok());
    for uris in [&["urn:b"][..], &["urn:a", "urn:b"], &["urn:b", "urn:a"]] {
        let answer = registered(&profile, Some(&certificate(uris)), json!({})).unwrap_err();
        assert!(answer.contains("is not for b") && !answer.contains("needs a URI"), "{answer}");
    }
    for certificate in [Some(&certificate(&[])), None] {
        let answer = registered(&profile, certificate, json!({})).unwrap_err();
        assert!(answer.contains("needs a URI") && !answer.contains("is not for b"), "{answer}");
    }
}

/// No certificate, one that cannot be read, and one of another subject: 401 for each.
#[test]
fn a_required_certificate_comes_in_the_header() {
    let profile: Profile = serde_json::from_value(json!({
        "dcr_profile": 1, "name": "by-certificate", "extends": ["standard"],
        "access": {
            "read": { "mtls": "required", "anchors": "directory" },
            "delete": { "mtls": "required", "anchors": "directory" },
        },
    }))
    .unwrap();
    let config: RegistrarConfig = serde_json::from_value(json!({
        "registrationEndpoint": "https://op.example/register",
        "dynamicRegistrationEnabled": true,
        "dcrAuthorizationWithMTLS": true,
    }))
    .unwrap();
    let clock = ManualClock::new();
    let registrar = Registrar::builder(config, MemoryClientStore::default())
        .profile(profile)
        .clock(clock.clone())
        .build()
        .unwrap();
    let endpoint = RegistrationEndpoint::new(registrar).with_certificate_header(HEADER, &["directory"]);
    let status = |method: &str, target: &str, token: &str, certificate: Option<&str>, body: Value| {
        let mut request = Request::builder().method(method).uri(target);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(text) = certificate {
            request = request.header(HEADER, text);
        }
        let answer = run(endpoint.handle(request.body(body.to_string()).unwrap()));
        let (head, body) = answer.into_parts();
        let body = run(body.collect()).unwrap().to_bytes();
        (head.status.as_u16(), serde_json::from_slice::<Value>(&body).unwrap_or_default())
    };
    let client = |subject: &str| {
        json!({
            "redirect_uris": ["https://app.example/cb"],
            "token_endpoint_auth_method": "tls_client_auth",
            "tls_client_auth_subject_dn": subject,
        })
    };
    let own = escaped(&pem());
    let subject = "C=GB, CN=client-1";
    for (certificate, subject) in [(None, subject), (Some("x"), subject), (Some(&*own), "CN=client-1")] {
        let (status, body) = status("POST", "/register", "", certificate, client(subject));
        assert_eq!(status, 401, "{certificate:?} {subject} {body}");
    }
    let (created, body) = status("POST", "/register", "", Some(&own), client(subject));
    assert_eq!(created, 201, "{body}");
    let uri = body["registration_client_uri"].as_str().unwrap();
    let token = body["registration_access_token"].as_str().unwrap();
    for method in ["GET", "DELETE"] {
        assert_eq!(status(method, uri, token, None, json!({})).0, 401, "{method}");
        assert_eq!(status(method, uri, token, Some("x"), json!({})).0, 401, "{method}");
    }
    for (now, expected) in [(NOT_BEFORE - 1, 401), (NOT_BEFORE, 200), (NOT_AFTER, 200), (NOT_AFTER + 1, 401)]
    {
        clock.set(OffsetDateTime::from_unix_timestamp(now).unwrap());
        assert_eq!(status("GET", uri, token, Some(&own), json!({})).0, expected, "{now}");
    }
    clock.set(ManualClock::START);
    assert_eq!(status("DELETE", uri, token, Some(&own), json!({})).0, 204);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the bytes are: no panic.
    #[test]
    fn junk_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), text in ".{0,200}") {
        prop_assert!(ClientCertificate::from_der(&bytes).is_err());
        prop_assert!(ClientCertificate::from_pem(&text).is_err());
        prop_assert!(ClientCertificate::from_header(&text).is_err());
        let certificate = ClientCertificate::new(text.clone()).with_der(bytes);
        let _ = certificate.subject_is(&text);
        let keys = json!({ "keys": [jwk_of(&KEY), { "x5c": [text] }] });
        prop_assert!(!certificate.is_in_key_set(&keys));
    }

    /// A certificate with some bytes changed is refused, or read whole.
    #[test]
    fn broken_certificates_do_no_harm(changes in proptest::collection::vec((any::<u16>(), any::<u8>()), 1..4)) {
        let mut der = NAMED.to_der().unwrap();
        for (place, byte) in changes {
            let place = usize::from(place) % der.len();
            der[place] = byte;
        }
        if let Ok(read) = ClientCertificate::from_der(&der) {
            prop_assert_eq!(read.der(), Some(&der[..]));
            prop_assert!(read.not_before().is_some());
            let _ = read.is_in_key_set(&json!({ "keys": [jwk_of(&KEY)] }));
        }
    }

    /// Every text can be a value: it is read back as it was, and the name is that of the certificate.
    #[test]
    fn any_text_survives_as_a_name(values in proptest::collection::vec("(?s).{1,12}|[ ,+=#\\\\\"]{1,4}", 1..4)) {
        let attributes: Vec<Attribute<'_>> = values.iter().map(|value| (OU, UTF8, value.as_bytes())).collect();
        let relative_names: Vec<&[Attribute<'_>]> = attributes.chunks(2).collect();
        let read = subject(&relative_names);
        prop_assert!(read.subject_is(read.subject_dn()), "{}", read.subject_dn());
        let mut texts: Vec<&str> = read.attributes("subject.OU").collect();
        let mut expected: Vec<&str> = values.iter().map(String::as_str).collect();
        // Within one relative name OpenSSL keeps the order that it was given.
        texts.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(texts, expected);
    }

    /// Names read as text: any two are compared without a panic, and alike in both directions.
    #[test]
    fn comparing_has_no_direction(
        one in "((CN|2\\.5\\.4\\.3|ou)=([ab ]|\\\\[,2c]|#0c0161){1,3}[,+]?){1,3}",
        other in "((CN|2\\.5\\.4\\.3|ou)=([ab ]|\\\\[,2c]|#0c0161){1,3}[,+]?){1,3}",
    ) {
        let is = |one: &str, other: &str| ClientCertificate::new(one).subject_is(other);
        prop_assert_eq!(is(&one, &other), is(&other, &one));
        prop_assert_eq!(is(&one, &one), is(&one, &format!(" {one}")));
    }
}
