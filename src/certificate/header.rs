//! The certificate that a proxy puts into a header.

use http::{HeaderMap, HeaderName};

use super::ClientCertificate;

/// Which header is believed, and what the proxy checked before it set it.
#[derive(Clone, Debug)]
pub(crate) struct CertificateHeader {
    name: HeaderName,
    /// The sets of trust anchors that the proxy verifies against.
    verified_by: Vec<String>,
}

impl CertificateHeader {
    pub(crate) fn new(name: HeaderName, verified_by: &[&str]) -> Self {
        Self { name, verified_by: verified_by.iter().map(|&name| name.to_owned()).collect() }
    }

    /// The certificate of the one such header. There is none if it cannot be read, or if there are several: which one
    /// the proxy set is not to be told.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<ClientCertificate> {
        let mut fields = headers.get_all(&self.name).iter();
        let (Some(field), None) = (fields.next(), fields.next()) else { return None };
        let certificate = ClientCertificate::from_header(field.to_str().ok()?).ok()?;
        Some(self.verified_by.iter().fold(certificate, ClientCertificate::with_verified_by))
    }
}
