//! What a host hands in.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::certificate::ClientCertificate;
use crate::client::ClientId;
use crate::host::InitialGrant;
use crate::profile::Sender;
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
    pub(crate) endpoint: Option<&'a str>,
}

impl<'a> RegisterRequest<'a> {
    /// A request with this body, from an anonymous caller.
    pub fn from_body(body: &'a [u8]) -> Self {
        Self {
            body,
            media_type: None,
            caller: &Caller::Anonymous,
            certificate: None,
            remote_address: None,
            endpoint: None,
        }
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

    /// The host's name for the place where it came in, by which a profile can be selected
    /// ([`ProfileSelection`](crate::profile::ProfileSelection)). The caller chooses among the places it can reach.
    pub fn with_endpoint(self, endpoint: &'a str) -> Self {
        Self { endpoint: Some(endpoint), ..self }
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
            .field("endpoint", &self.endpoint)
            .finish()
    }
}

/// A read or a deletion: who calls, with which certificate, from where.
///
/// A [`Caller`] alone is one: `registrar.read(&id, &caller)`.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ManagementRequest<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) certificate: Option<&'a ClientCertificate>,
    pub(crate) remote_address: Option<IpAddr>,
}

impl<'a> ManagementRequest<'a> {
    /// A request of this caller.
    pub fn new(caller: &'a Caller) -> Self {
        Self { caller, certificate: None, remote_address: None }
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

impl<'a> From<&'a Caller> for ManagementRequest<'a> {
    fn from(caller: &'a Caller) -> Self {
        Self::new(caller)
    }
}

/// The facts of an update without its body.
impl<'a> From<&RegisterRequest<'a>> for ManagementRequest<'a> {
    fn from(request: &RegisterRequest<'a>) -> Self {
        let RegisterRequest { caller, certificate, remote_address, .. } = *request;
        Self { caller, certificate, remote_address }
    }
}

/// A request without a body.
impl<'a> From<ManagementRequest<'a>> for RegisterRequest<'a> {
    fn from(request: ManagementRequest<'a>) -> Self {
        let ManagementRequest { caller, certificate, remote_address } = request;
        Self { certificate, remote_address, ..Self::from_body(&[]).with_caller(caller) }
    }
}

/// Who calls: a fact that the host asserts. The engine reads no access token that it did not issue.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Caller {
    /// Nobody in particular.
    Anonymous,
    /// Whoever holds this token, as presented: an initial access token on register, a registration access token on
    /// read, update and delete.
    Bearer(RegistrationAccessToken),
    /// A bearer token was presented that cannot be one.
    Malformed,
    /// Whoever holds an initial access token that the host verified itself, such as a signed one. Its uses are the
    /// host's to count.
    Granted(InitialGrant),
    /// The client itself: the host verified an access token of it, of which it says no more.
    Client(ClientId),
    /// The client itself, by an access token whose scopes and sender the host tells.
    AccessToken(AccessToken),
}

/// An access token of a client, which the host verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessToken {
    /// Whose it is: who authenticated for it.
    pub client_id: ClientId,
    /// Its scopes.
    pub scopes: Vec<String>,
    /// How it is bound to its sender, if the host checked that the caller is the sender.
    pub sender: Option<Sender>,
}

impl AccessToken {
    /// A bearer token without scopes.
    #[must_use]
    pub fn new(client_id: ClientId) -> Self {
        Self { client_id, scopes: Vec::new(), sender: None }
    }

    /// The scopes of the token.
    #[must_use]
    pub fn with_scopes<'s>(self, scopes: impl IntoIterator<Item = &'s str>) -> Self {
        Self { scopes: scopes.into_iter().map(str::to_owned).collect(), ..self }
    }

    /// The binding of the token (RFC 8705 section 3, RFC 9449), which the host checked.
    #[must_use]
    pub fn with_sender(self, sender: Sender) -> Self {
        Self { sender: Some(sender), ..self }
    }
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
