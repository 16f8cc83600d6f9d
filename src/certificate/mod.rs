//! What is known of a client certificate (RFC 8705), and what it is compared with.

#[cfg(feature = "x509")]
mod anchors;
mod attribute_type;
#[cfg(all(feature = "http", feature = "x509"))]
mod header;
mod name;
#[cfg(feature = "x509")]
mod pem;
#[cfg(feature = "x509")]
mod x509;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

#[cfg(feature = "x509")]
pub(crate) use anchors::TrustAnchors;
#[cfg(all(feature = "http", feature = "x509"))]
pub(crate) use header::CertificateHeader;
pub(crate) use name::{DistinguishedName, normalized};
#[cfg(feature = "x509")]
pub use x509::CertificateError;

use crate::jose;

/// Facts about a client certificate, which the host verified.
///
/// That the caller holds the key of the certificate, and that the certificate was verified, is for the host to
/// establish: the engine compares facts and verifies none. A host without the feature `x509` fills them in from what its
/// TLS library says; with it, `from_der`, `from_pem` and `from_header` read them from the certificate.
///
/// ```
/// use oauth_dcr::ClientCertificate;
///
/// let certificate = ClientCertificate::new("CN=client-1+OU=Payments,O=Example\\, Ltd,C=GB")
///     .with_attribute("subject.CN", "client-1")
///     .with_attribute("subject.OU", "Payments")
///     .with_attribute("san.uri", "https://client.example/a")
///     .with_attribute("san.uri", "https://client.example/b")
///     .with_verified_by("directory");
///
/// assert_eq!(certificate.attribute("san.uri"), Some("https://client.example/a"));
/// assert_eq!(certificate.attributes("san.uri").count(), 2);
/// assert!(certificate.subject_is("C=GB, O=Example\\2C Ltd, OU=Payments + cn=client-1"));
/// assert!(certificate.is_verified_by("directory"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    subject_dn: String,
    issuer_dn: Option<String>,
    attributes: BTreeMap<String, Vec<String>>,
    der: Option<Vec<u8>>,
    verified_by: BTreeSet<String>,
    validity: Option<(OffsetDateTime, OffsetDateTime)>,
}

impl ClientCertificate {
    /// A certificate with this subject, as an [RFC 4514] string. The subject may be empty.
    ///
    /// [RFC 4514]: https://www.rfc-editor.org/rfc/rfc4514
    #[must_use]
    pub fn new(subject_dn: impl Into<String>) -> Self {
        Self {
            subject_dn: subject_dn.into(),
            issuer_dn: None,
            attributes: BTreeMap::new(),
            der: None,
            verified_by: BTreeSet::new(),
            validity: None,
        }
    }

    /// One more value of an attribute, behind those that it has.
    ///
    /// Names are dotted: `subject.` and the name of an attribute type (`CN`, `O`, `OU`, `UID`,
    /// `organizationIdentifier`, …, or its number if it has no name that is common), or `san.` and the kind of an
    /// alternative name (`uri`, `dns`, `ip`, `email`). Profiles ask for them by these names.
    #[must_use]
    pub fn with_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.entry(name.into()).or_default().push(value.into());
        self
    }

    /// The name of whoever signed it, as an RFC 4514 string.
    #[must_use]
    pub fn with_issuer(self, issuer_dn: impl Into<String>) -> Self {
        Self { issuer_dn: Some(issuer_dn.into()), ..self }
    }

    /// The certificate itself in DER: the client's own, not its chain. Without it there is no thumbprint, and the
    /// certificate is in no key set. No bytes are none.
    #[must_use]
    pub fn with_der(self, der: impl Into<Vec<u8>>) -> Self {
        Self { der: Some(der.into()).filter(|der| !der.is_empty()), ..self }
    }

    /// One more set of trust anchors that the host verified it against, by the name that profiles give the set in
    /// `access.<operation>.anchors`.
    #[must_use]
    pub fn with_verified_by(mut self, anchors: impl Into<String>) -> Self {
        self.verified_by.insert(anchors.into());
        self
    }

    /// From when until when it is valid, both included ([RFC 5280 §4.1.2.5]).
    ///
    /// [RFC 5280 §4.1.2.5]: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
    #[must_use]
    pub fn with_validity(self, not_before: OffsetDateTime, not_after: OffsetDateTime) -> Self {
        Self { validity: Some((not_before, not_after)), ..self }
    }

    /// The subject.
    #[must_use]
    pub fn subject_dn(&self) -> &str {
        &self.subject_dn
    }

    /// The name of whoever signed it, if it is known.
    #[must_use]
    pub fn issuer_dn(&self) -> Option<&str> {
        self.issuer_dn.as_deref()
    }

    /// The first value of an attribute. `subject_dn` and `issuer_dn` are attributes too.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes(name).next()
    }

    /// All values of an attribute, in the order in which they were given.
    pub fn attributes(&self, name: &str) -> impl Iterator<Item = &str> {
        let (own, others): (Option<&str>, &[String]) = match name {
            "subject_dn" => (Some(&self.subject_dn), &[]),
            "issuer_dn" => (self.issuer_dn(), &[]),
            _ => (None, self.attributes.get(name).map_or(&[], Vec::as_slice)),
        };
        own.into_iter().chain(others.iter().map(String::as_str))
    }

    /// The certificate itself, if it is known.
    #[must_use]
    pub fn der(&self) -> Option<&[u8]> {
        self.der.as_deref()
    }

    /// Whether the host verified it against this set of trust anchors.
    #[must_use]
    pub fn is_verified_by(&self, anchors: &str) -> bool {
        self.verified_by.contains(anchors)
    }

    /// From when it is valid, if that is known.
    #[must_use]
    pub fn not_before(&self) -> Option<OffsetDateTime> {
        self.validity.map(|(not_before, _)| not_before)
    }

    /// Until when it is valid, if that is known.
    #[must_use]
    pub fn not_after(&self) -> Option<OffsetDateTime> {
        self.validity.map(|(_, not_after)| not_after)
    }

    /// Whether it is valid at a time, as far as is known (RFC 5280 section 4.1.2.5: both ends count).
    pub(crate) fn is_valid_at(&self, now: OffsetDateTime) -> bool {
        self.validity.is_none_or(|(not_before, not_after)| (not_before..=not_after).contains(&now))
    }

    /// The SHA-256 thumbprint, in base64url ([RFC 8705 §3.1]): what `x5t#S256` of a token or a key has. Nothing without
    /// the DER.
    ///
    /// ```
    /// # use oauth_dcr::ClientCertificate;
    /// // Any bytes do: they are not read.
    /// let certificate = ClientCertificate::new("CN=client").with_der(*b"abc");
    /// assert_eq!(certificate.thumbprint().as_deref(), Some("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"));
    /// assert_eq!(ClientCertificate::new("CN=client").thumbprint(), None);
    /// ```
    ///
    /// [RFC 8705 §3.1]: https://www.rfc-editor.org/rfc/rfc8705#section-3.1
    #[must_use]
    pub fn thumbprint(&self) -> Option<String> {
        self.der.as_deref().map(|der| URL_SAFE_NO_PAD.encode(Sha256::digest(der)))
    }

    /// Whether the subject is this name.
    ///
    /// Both are read as RFC 4514 strings and compared as sets of relative names, as Janssen does: their order does not
    /// count, nor that of the attributes of one relative name. Names of attribute types compare without case and equal
    /// their OID; values compare exactly once their escapes are resolved, and `#` with the hex of an encoded string
    /// equals that string. A text that is no distinguished name is nobody's, and so is the empty one.
    ///
    /// ```
    /// # use oauth_dcr::ClientCertificate;
    /// let certificate = ClientCertificate::new("2.5.4.97=#0c0a4f464242522d31323334,CN=Client,C=BR");
    /// assert!(certificate.subject_is("C=BR,CN=Client,organizationIdentifier=OFBBR-1234"));
    /// assert!(!certificate.subject_is("C=BR,CN=client,organizationIdentifier=OFBBR-1234"));
    /// assert!(!certificate.subject_is("C=BR,CN=Client"));
    /// ```
    #[must_use]
    pub fn subject_is(&self, dn: &str) -> bool {
        is_same_name(&self.subject_dn, dn)
    }

    /// Whether the certificate was signed under this name. Compared like [`subject_is`](Self::subject_is).
    #[must_use]
    pub fn issuer_is(&self, dn: &str) -> bool {
        self.issuer_dn.as_deref().is_some_and(|issuer| is_same_name(issuer, dn))
    }

    /// Whether a key of a JWK Set names this certificate: it is the first of the key's `x5c`, or the key has its
    /// thumbprint as `x5t#S256`, or the key's bare members are the certificate's public key ([RFC 7517 §4]). What is no
    /// JWK Set names none, and without the DER the certificate is in no set.
    ///
    /// The third counts for keys that the engine would verify signatures with: RSA of 2048 bits and more, the curves of
    /// RFC 7518 and RFC 8037, and secp256k1.
    ///
    /// ```
    /// # use oauth_dcr::ClientCertificate;
    /// # use serde_json::json;
    /// let certificate = ClientCertificate::new("CN=client").with_der(*b"abc");
    /// let keys = json!({ "keys": [{ "kty": "RSA", "x5t#S256": "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0" }] });
    /// assert!(certificate.is_in_key_set(&keys));
    /// assert!(!certificate.is_in_key_set(&json!({ "keys": [] })));
    /// ```
    ///
    /// [RFC 7517 §4]: https://www.rfc-editor.org/rfc/rfc7517#section-4
    #[must_use]
    pub fn is_in_key_set(&self, jwks: &Value) -> bool {
        let Some(der) = &self.der else { return false };
        let Some(keys) = jwks.get("keys").and_then(Value::as_array) else { return false };
        let certificate = STANDARD.encode(der);
        let thumbprint = self.thumbprint();
        let is_named = |key: &Value| {
            let first = key.get("x5c").and_then(|chain| chain.get(0)?.as_str());
            let digest = key.get("x5t#S256").and_then(Value::as_str);
            first == Some(&certificate) || digest.is_some() && digest == thumbprint.as_deref()
        };
        keys.iter().any(is_named) || jose::is_certificate_of_any(der, keys)
    }
}

fn is_same_name(one: &str, other: &str) -> bool {
    let names = DistinguishedName::parse(one).zip(DistinguishedName::parse(other));
    names.is_some_and(|(one, other)| one.has_names_of(other))
}

impl fmt::Debug for ClientCertificate {
    /// Of the certificate itself only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.der.as_ref().map_or(0, Vec::len);
        f.debug_struct("ClientCertificate")
            .field("subject_dn", &self.subject_dn)
            .field("issuer_dn", &self.issuer_dn)
            .field("attributes", &self.attributes)
            .field("der", &format_args!("[{bytes} bytes]"))
            .field("verified_by", &self.verified_by)
            .field("validity", &self.validity)
            .finish()
    }
}
