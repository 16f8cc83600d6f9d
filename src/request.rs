//! What a host hands in.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::certificate::ClientCertificate;
use crate::client::ClientId;
use crate::secret::RegistrationAccessToken;

/// A registration or update request: the body as it came, and the facts that the host asserts.
///
/// The body is not read until the caller is known to be allowed to send one.
///
/// ```
/// use oauth_dcr::{Caller, RegisterRequest};
///
/// let request = RegisterRequest::from_body(br#"{"redirect_uris": ["https://app.example.org/cb"]}"#)
///     .with_media_type("application/json")
///     .with_caller(&Caller::Anonymous);
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct RegisterRequest<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) media_type: Option<&'a str>,
    pub(crate) caller: &'a Caller,
    pub(crate) certificate: Option<&'a ClientCertificate>,
    pub(crate) remote_address: Option<IpAddr>,
}

impl<'a> RegisterRequest<'a> {
    /// A request with this body, from an anonymous caller.
    pub fn from_body(body: &'a [u8]) -> Self {
        Self { body, media_type: None, caller: &Caller::Anonymous, certificate: None, remote_address: None }
    }

    /// The media type of the body, parameters included. Without one the body is JSON.
    pub fn with_media_type(self, media_type: &'a str) -> Self {
        Self { media_type: Some(media_type), ..self }
    }

    /// Who sends it.
    pub fn with_caller(self, caller: &'a Caller) -> Self {
        Self { caller, ..self }
    }

    /// The certificate the caller proved to hold the key of.
    pub fn with_client_certificate(self, certificate: &'a ClientCertificate) -> Self {
        Self { certificate: Some(certificate), ..self }
    }

    /// The address it comes from, for hooks.
    pub fn with_remote_address(self, address: IpAddr) -> Self {
        Self { remote_address: Some(address), ..self }
    }
}

impl fmt::Debug for RegisterRequest<'_> {
    /// Of the body only its length is shown: an update repeats the client secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterRequest")
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .field("media_type", &self.media_type)
            .field("caller", &self.caller)
            .field("certificate", &self.certificate)
            .field("remote_address", &self.remote_address)
            .finish()
    }
}

/// Who calls: a fact that the host asserts. The engine reads no access token that it did not issue.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Caller {
    /// Nobody in particular.
    Anonymous,
    /// Whoever holds this token, as presented. Checked on read, update and delete.
    Bearer(RegistrationAccessToken),
    /// A bearer token was presented that cannot be one.
    Malformed,
    /// The client itself: the host verified an access token of it.
    Client(ClientId),
}

/// The media type without its parameters, in lower case; JSON if there is none. Type and subtype compare without case
/// (RFC 9110 section 8.3.1). Nothing for a charset other than UTF-8: that is another format.
pub(crate) fn media_type_essence(media_type: Option<&str>) -> Option<Cow<'static, str>> {
    let Some(media_type) = media_type.filter(|own| *own != "application/json") else {
        return Some(Cow::Borrowed("application/json"));
    };
    let mut parts = media_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset_fits = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    charset_fits.then_some(Cow::Owned(essence))
}
