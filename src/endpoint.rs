//! Registration and management over the types of the `http` crate.

mod target;

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower_service::Service;

#[cfg(feature = "x509")]
use crate::certificate::CertificateHeader;
use crate::certificate::ClientCertificate;
use crate::error::{Error, ErrorCode, Unauthorized};
use crate::profile::Operation;
use crate::registrar::Registrar;
use crate::request::{Caller, ManagementRequest, RegisterRequest};
use crate::response::Registration;
use crate::secret::RegistrationAccessToken;
use crate::wire::{NO_STORE, WireError};
use target::{Target, segments};

/// The registration endpoint ([RFC 7591 §3]) and the configuration endpoints of its clients ([RFC 7592 §2]),
/// as a service that axum, hyper or any other user of `tower` mounts in one line.
///
/// POST registers. GET, HEAD, PUT and DELETE manage the client that the address names: in the query
/// (`/register?client_id=…`) or as one more segment of the path (`/register/…`). The path of the endpoint is
/// that of `registrationEndpoint`; a router or a proxy may have taken its beginning away.
///
/// - The bearer token comes in the one `Authorization` header, never in query or body ([RFC 6750 §2.1]).
/// - A body above the limit is not read to its end: 413. A content coding is not undone: 415.
/// - Every answer forbids caching, and none has a `Location` or a token outside its body.
///
/// CORS is left to the host, as are TLS, time limits and rate limits. For clients in browsers:
///
/// ```
/// use axum::Router;
/// use axum::http::{Method, header};
/// use oauth_dcr::{MemoryClientStore, RegistrationEndpoint, Registrar, RegistrarConfig};
/// use tower_http::cors::{Any, CorsLayer};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;
/// let browsers = CorsLayer::new()
///     .allow_origin(Any)
///     .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
///     .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
///     .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER]);
/// let app: Router = Router::new()
///     .nest_service("/register", RegistrationEndpoint::new(registrar))
///     .layer(browsers);
/// # Ok(())
/// # }
/// ```
///
/// `nest_service` serves both forms of address; `route_service("/register", …)` is enough for the query.
///
/// [RFC 7591 §3]: https://www.rfc-editor.org/rfc/rfc7591#section-3
/// [RFC 7592 §2]: https://www.rfc-editor.org/rfc/rfc7592#section-2
/// [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
#[derive(Clone, Debug)]
pub struct RegistrationEndpoint {
    registrar: Registrar,
    /// The segments of the registration endpoint's path.
    mount: Arc<[String]>,
    /// What selections of profiles know this place by.
    name: Option<Arc<str>>,
    /// The header that is believed to hold the client's certificate.
    #[cfg(feature = "x509")]
    certificate_header: Option<CertificateHeader>,
}

impl RegistrationEndpoint {
    /// The endpoint of this registrar.
    #[must_use]
    pub fn new(registrar: Registrar) -> Self {
        let endpoint = registrar.0.uris.endpoint.parse::<Uri>().unwrap_or_default();
        let mount = segments(endpoint.path()).map(str::to_owned).collect();
        Self {
            registrar,
            mount,
            name: None,
            #[cfg(feature = "x509")]
            certificate_header: None,
        }
    }

    /// The name of this place, by which a profile can be selected
    /// ([`RegistrarBuilder::selection`](crate::RegistrarBuilder::selection)). Default: none.
    ///
    /// ```
    /// use axum::Router;
    /// use oauth_dcr::{Registrar, RegistrationEndpoint};
    ///
    /// fn app(registrar: Registrar) -> Router {
    ///     let endpoint = RegistrationEndpoint::new(registrar);
    ///     Router::new()
    ///         .nest_service("/register", endpoint.clone())
    ///         .nest_service("/mcp/register", endpoint.with_name("/mcp/register"))
    /// }
    /// ```
    ///
    /// Clients are managed at the one `registrationEndpoint` of the configuration, wherever they were registered.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Takes the client's certificate from this header, which a proxy that terminates TLS sets, with the feature
    /// `x509`. Without this call no header is looked at.
    ///
    /// **Only for a server that nothing but such a proxy can reach, and a proxy that removes the header from what
    /// comes in.** Anyone else who can write the header can be any client: a certificate is public.
    ///
    /// The header is what [`ClientCertificate::from_header`] reads: `X-ClientCert`, as Janssen has it, is PEM, nginx's
    /// `$ssl_client_escaped_cert` is PEM in percent escapes, and `Client-Cert` is that of RFC 9440. A header that
    /// cannot be read, and one that comes more than once, is no certificate: where one is required the answer is 401.
    /// A certificate given to [`handle_as`](Self::handle_as) takes precedence over the header.
    ///
    /// ```
    /// use http::HeaderName;
    /// use oauth_dcr::{MemoryClientStore, RegistrationEndpoint, Registrar, RegistrarConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// # let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;
    /// let endpoint = RegistrationEndpoint::new(registrar)
    ///     .with_certificate_header(HeaderName::from_static("x-clientcert"), &["directory"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// `verified_by` names the sets of trust anchors that the proxy verifies certificates against, by the names that
    /// profiles give them; it may be empty if no profile asks for one.
    #[cfg(feature = "x509")]
    #[must_use]
    pub fn with_certificate_header(self, name: HeaderName, verified_by: &[&str]) -> Self {
        Self { certificate_header: Some(CertificateHeader::new(name, verified_by)), ..self }
    }

    /// Answers a request. Total: every fault is an answer.
    pub async fn handle<B: Body>(&self, request: Request<B>) -> Response<Full<Bytes>> {
        self.handle_as(request, None, None).await
    }

    /// Answers a request of a caller that the host knows, by a certificate or by an access token it verified.
    ///
    /// With a caller the `Authorization` header is not looked at.
    pub async fn handle_as<B: Body>(
        &self,
        request: Request<B>,
        caller: Option<Caller>,
        certificate: Option<ClientCertificate>,
    ) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let mut answer = self.answer(&head, body, caller, certificate).await.unwrap_or_else(refuse);
        if head.method == Method::HEAD {
            let length = answer.body().size_hint().exact().unwrap_or_default();
            answer.headers_mut().insert(CONTENT_LENGTH, length.into());
            *answer.body_mut() = Full::default();
        }
        answer
    }

    async fn answer<B: Body>(
        &self,
        head: &Parts,
        body: B,
        caller: Option<Caller>,
        certificate: Option<ClientCertificate>,
    ) -> Result<Response<Full<Bytes>>, WireError> {
        let target = self.target(&head.uri)?;
        let operation = match (&head.method, &target) {
            (&Method::POST, Target::Registration) => Operation::Create,
            (&Method::GET | &Method::HEAD, _) => Operation::Read,
            (&Method::PUT, _) => Operation::Update,
            (&Method::DELETE, _) => Operation::Delete,
            (&Method::OPTIONS, _) => return Ok(self.options(&target)),
            (method, _) => return Err(self.not_offered(method, &target)),
        };
        // Before anything of the request is read.
        if !self.registrar.0.settings.is_enabled {
            return Err(self.registrar.wire_error(&Error::Disabled));
        }
        if !self.registrar.offers(operation) {
            return Err(self.not_offered(&operation, &target));
        }
        let caller = caller.map_or_else(|| presented(&head.headers), Ok)?;
        #[cfg(feature = "x509")]
        let certificate = certificate.or_else(|| self.certificate_header.as_ref()?.read(&head.headers));
        let id = match &target {
            Target::Client(Some(id)) => Some(id),
            _ if operation == Operation::Create => None,
            _ => return Err(self.registrar.wire_error(&unknown_client(&caller))),
        };
        let bare = ManagementRequest::new(&caller);
        let bare = certificate.iter().fold(bare, ManagementRequest::with_client_certificate);
        let result = match (operation, id) {
            (Operation::Read, Some(id)) => self.registrar.read(id, bare).await,
            (Operation::Delete, Some(id)) => match self.registrar.delete(id, bare).await {
                Ok(()) => return Ok(respond(204, Bytes::new())),
                Err(error) => Err(error),
            },
            (_, id) => {
                let body = self.collect(&head.headers, body).await?;
                let media_type = self.media_type(&head.headers)?;
                let endpoint = self.name.as_deref();
                let request = RegisterRequest { body: &body, media_type, endpoint, ..bare.into() };
                match id {
                    Some(id) => self.registrar.update(id, request).await,
                    None => self.registrar.register(request).await,
                }
            }
        };
        // The text of the answer is wiped when its last byte was sent.
        let success = |answer: Registration| respond(answer.status, Bytes::from_owner(answer.body));
        result.map(success).map_err(|error| self.registrar.wire_error(&error))
    }

    /// The body, if it is small enough: first the announced length is judged, then what arrives is counted. A body that
    /// comes in one part, as most do, is not copied.
    async fn collect<B: Body>(&self, headers: &HeaderMap, body: B) -> Result<Bytes, WireError> {
        let limit = self.registrar.max_body_bytes();
        let too_large = || self.registrar.wire_error(&Error::TooLarge(limit));
        let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > limit) {
            return Err(too_large());
        }
        let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
        let mut body = pin!(body);
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else {
                return Err(invalid_request(400, "the body could not be read to its end"));
            };
            let Ok(mut data) = frame.into_data() else { continue };
            let length = data.remaining();
            if length > limit - first.len().max(joined.len()) {
                return Err(too_large());
            }
            if first.is_empty() {
                first = data.copy_to_bytes(length);
                continue;
            }
            if joined.is_empty() {
                joined.put_slice(&first);
            }
            joined.put(data);
        }
        Ok(if joined.is_empty() { first } else { joined.freeze() })
    }

    /// The media type of the body, for the engine to judge.
    fn media_type<'h>(&self, headers: &'h HeaderMap) -> Result<Option<&'h str>, WireError> {
        let is_identity = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"identity");
        if !headers.get_all(CONTENT_ENCODING).iter().all(is_identity) {
            let refusal = invalid_request(415, "the body must not have a content coding");
            return Err(refusal.header("accept-encoding", "identity"));
        }
        let mut fields = headers.get_all(CONTENT_TYPE).iter();
        match (fields.next().map(HeaderValue::to_str), fields.next()) {
            (None, _) => Ok(None),
            (Some(Ok(media_type)), None) => Ok(Some(media_type)),
            _ => Err(self.registrar.wire_error(&Error::UnsupportedMediaType)),
        }
    }
}

impl<B> Service<Request<B>> for RegistrationEndpoint
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let endpoint = self.clone();
        Box::pin(async move { Ok(endpoint.handle(request).await) })
    }
}

fn invalid_request(status: u16, description: &str) -> WireError {
    WireError::with_code(status, &ErrorCode::INVALID_REQUEST, description)
}

/// The caller, as the one `Authorization` header says (RFC 6750 section 2.1). A header of another scheme is a
/// credential that is not valid here.
fn presented(headers: &HeaderMap) -> Result<Caller, WireError> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else { return Ok(Caller::Anonymous) };
    if fields.next().is_some() {
        let refusal = invalid_request(400, "there must be one authorization header");
        return Err(refusal.header("www-authenticate", r#"Bearer error="invalid_request""#));
    }
    let credentials = field.to_str().ok().and_then(|text| text.split_once(' '));
    let token = credentials.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token =
        token.and_then(|(_, token)| RegistrationAccessToken::from_bearer(token.trim_start_matches(' ')));
    Ok(token.map_or(Caller::Malformed, Caller::Bearer))
}

/// What a request gets that manages no client there is.
fn unknown_client(caller: &Caller) -> Error {
    Error::Unauthorized(match caller {
        Caller::Anonymous => Unauthorized::Missing,
        _ => Unauthorized::InvalidToken,
    })
}

/// An answer that nobody may keep, with JSON if it has a body.
fn respond(status: u16, body: Bytes) -> Response<Full<Bytes>> {
    let content_type = (!body.is_empty()).then_some(("content-type", "application/json"));
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in NO_STORE.iter().copied().chain(content_type) {
        answer.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    answer
}

fn refuse(fault: WireError) -> Response<Full<Bytes>> {
    let mut answer = respond(fault.status, fault.body.into());
    for (name, value) in fault.headers.into_iter().filter(|(name, _)| *name != "content-type") {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    answer
}
