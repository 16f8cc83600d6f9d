//! Certificates as text: PEM (RFC 7468), and what proxies make of it for a header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{CertificateError, ClientCertificate};
use crate::percent;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The longest text that is read, in bytes: each line break of a certificate may be an escape of three.
const MAX_TEXT: usize = 64 * 1024;

impl ClientCertificate {
    /// Reads the one certificate of a PEM text, as [`from_der`](Self::from_der) does.
    ///
    /// Line breaks may have become spaces or tabs, and the text may be percent-encoded, as proxies write it into a
    /// header (nginx: `$ssl_client_escaped_cert`).
    ///
    /// ```
    /// use oauth_dcr::{CertificateError, ClientCertificate};
    ///
    /// let certificate = ClientCertificate::from_pem(
    ///     "-----BEGIN CERTIFICATE-----
    ///      MIIBdTCCASegAwIBAgIUT+uXTWjMndiDT8m91uRUJyLhjUkwBQYDK2VwMDcxCzAJ
    ///      BgNVBAYTAkdCMRUwEwYDVQQKDAxFeGFtcGxlLCBMdGQxETAPBgNVBAMMCGNsaWVu
    ///      dC0xMB4XDTI2MTEyMTA2MzYwOVoXDTM2MTExODA2MzYwOVowNzELMAkGA1UEBhMC
    ///      R0IxFTATBgNVBAoMDEV4YW1wbGUsIEx0ZDERMA8GA1UEAwwIY2xpZW50LTEwKjAF
    ///      BgMrZXADIQDHySJu11VJyViwULzarOPqhQoU0bjeMSGFikIOXQdVA6NFMEMwIgYD
    ///      VR0RBBswGYYXaHR0cHM6Ly9jbGllbnQuZXhhbXBsZS8wHQYDVR0OBBYEFLW+N9EZ
    ///      aPRbEb0yx0nRjyXXtne0MAUGAytlcANBAGNfFs4miXi/YC7+gSJ9pGJiFnzBGEif
    ///      IwC92YIHEH2XNZZSolA0c6XRvtTfqLG/Gk+cPOuquvsdTepvq8QgbA8=
    ///      -----END CERTIFICATE-----",
    /// )?;
    /// assert_eq!(certificate.subject_dn(), "CN=client-1,O=Example\\, Ltd,C=GB");
    /// assert_eq!(certificate.attribute("subject.O"), Some("Example, Ltd"));
    /// assert_eq!(certificate.attribute("san.uri"), Some("https://client.example/"));
    ///
    /// assert_eq!(ClientCertificate::from_pem("none"), Err(CertificateError::NotPem));
    /// # Ok::<(), CertificateError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`CertificateError`]. Text around the certificate is [`NotPem`](CertificateError::NotPem), another
    /// certificate is [`NotOne`](CertificateError::NotOne).
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        Self::from_der(&armoured(&unescaped(text)?)?)
    }

    /// Reads the one certificate in the value of a header that a proxy sets.
    ///
    /// This is what [`from_pem`](Self::from_pem) reads, and the base64 of the DER without armour, bare or between
    /// colons ([RFC 9440 §2.1]).
    ///
    /// A header is as good as the proxy that sets it. Anyone can write one: the proxy must remove the header from what
    /// comes in, and nothing but the proxy may reach the server.
    ///
    /// ```
    /// use oauth_dcr::{CertificateError, ClientCertificate};
    ///
    /// assert_eq!(ClientCertificate::from_header(":AQAB:"), Err(CertificateError::Malformed));
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`CertificateError`].
    ///
    /// [RFC 9440 §2.1]: https://www.rfc-editor.org/rfc/rfc9440#section-2.1
    pub fn from_header(value: &str) -> Result<Self, CertificateError> {
        let text = unescaped(value)?;
        let text = text.trim();
        let bare = text.strip_prefix(':').and_then(|text| text.strip_suffix(':')).unwrap_or(text);
        let der = if text.contains('-') { armoured(text) } else { bytes_of(bare) };
        Self::from_der(&der?)
    }
}

/// The text without percent escapes, of which PEM has none.
fn unescaped(text: &str) -> Result<String, CertificateError> {
    if text.len() > MAX_TEXT {
        return Err(CertificateError::TooLarge(MAX_TEXT));
    }
    percent::decoded(text).ok_or(CertificateError::NotPem)
}

/// What is between the lines that begin and end a certificate. Explanations, which RFC 7468 section 2 allows before it,
/// are not passed over: a header has none.
fn armoured(text: &str) -> Result<Vec<u8>, CertificateError> {
    let inner = text.trim().strip_prefix(BEGIN).and_then(|text| text.split_once(END));
    match inner {
        Some((base64, "")) => bytes_of(base64),
        Some((_, rest)) if rest.contains(BEGIN) => Err(CertificateError::NotOne),
        _ => Err(CertificateError::NotPem),
    }
}

fn bytes_of(base64: &str) -> Result<Vec<u8>, CertificateError> {
    let base64: String = base64.split_ascii_whitespace().collect();
    STANDARD.decode(base64).map_err(|_| CertificateError::NotPem)
}
