//! A [`JwksResolver`] over HTTPS that cannot be turned against the operator's own network (feature `reqwest`).

mod address;
mod builder;
mod cache;
mod fault;
mod lookup;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use url::{Host, Url};

pub use self::builder::HttpsResolverBuilder;
pub use self::lookup::NameLookup;

use self::address::AddressPolicy;
use self::fault::FetchFault;
use crate::error::BoxError;
use crate::host::{FetchError, FetchPurpose, FetchedDocument, JwksResolver};
use crate::json::{self, JsonFault, Limits};

/// What a document may be like inside. Key sets and discovery documents have three or four levels.
const LIMITS: Limits = Limits { depth: 16, members: usize::MAX };

/// Fetches documents over HTTPS from the public internet, and from nowhere else.
///
/// - Only `https`, on port 443 or one that the operator allows, with a name for a host. No redirect is followed, no
///   proxy of the environment is used, and no cookie, credential or certificate is sent.
/// - A name is resolved once, and refused if any of its addresses is special: loopback, private, link-local,
///   multicast, reserved, the metadata services of clouds, or an IPv6 form of such an IPv4 address. The connection goes
///   to an address that was judged.
/// - At most 2 seconds to connect, 5 seconds in all, and 64 KiB.
/// - Only status 200, `application/json` or `application/jwk-set+json`, without compression, and JSON without
///   duplicate members.
///
/// What was wrong is in the source of [`FetchError::Failed`], for the log. The engine never tells it to a client, who
/// could map the network with it.
///
/// It keeps nothing: put a [`CachedResolver`](crate::CachedResolver) in front. It needs a Tokio runtime with time and
/// I/O. TLS is that of the platform; on Linux that is the OpenSSL which the crate links anyway.
///
/// ```
/// use oauth_dcr::{CachedResolver, HttpsResolver, MemoryClientStore, Registrar, RegistrarConfig};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let resolver = CachedResolver::new(HttpsResolver::new()?);
/// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
/// let registrar =
///     Registrar::builder(config, MemoryClientStore::default()).jwks_resolver(resolver.clone()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpsResolver {
    client: Client,
    policy: Arc<AddressPolicy>,
    ports: Arc<[u16]>,
    has_proxy: bool,
    max_bytes: usize,
}

/// A [`HttpsResolver`] could not be built.
#[derive(Debug, thiserror::Error)]
#[error("the HTTPS resolver could not be built")]
pub struct HttpsResolverError(#[source] BoxError);

impl HttpsResolverError {
    fn new(error: reqwest::Error) -> Self {
        Self(error.into())
    }
}

impl HttpsResolver {
    /// A resolver with the defaults.
    ///
    /// # Errors
    ///
    /// If the platform's TLS fails.
    pub fn new() -> Result<Self, HttpsResolverError> {
        Self::builder().build()
    }

    /// A resolver with settings of its own.
    pub fn builder() -> HttpsResolverBuilder {
        HttpsResolverBuilder::new()
    }

    /// What can be said of a URL before anything is sent. reqwest asks no resolver for an IP address, so those are
    /// judged here.
    fn check(&self, uri: &Url) -> Result<(), FetchFault> {
        if uri.scheme() != "https" {
            return Err(FetchFault::Scheme);
        }
        if !uri.username().is_empty() || uri.password().is_some() {
            return Err(FetchFault::UserInformation);
        }
        if uri.fragment().is_some() {
            return Err(FetchFault::Fragment);
        }
        let port = uri.port_or_known_default().unwrap_or_default();
        if !self.ports.contains(&port) {
            return Err(FetchFault::Port(port));
        }
        let literal = |address: IpAddr| {
            if self.policy.allow_private && self.policy.allows(address) {
                Ok(())
            } else {
                Err(FetchFault::Literal(address))
            }
        };
        match uri.host() {
            Some(Host::Ipv4(address)) => literal(address.into()),
            Some(Host::Ipv6(address)) => literal(address.into()),
            Some(Host::Domain(name)) if self.policy.allows_name(name) => Ok(()),
            name => Err(FetchFault::LocalName(name.map(|name| name.to_string()).unwrap_or_default())),
        }
    }

    async fn get(
        &self,
        uri: &Url,
        purpose: FetchPurpose,
        max_bytes: usize,
    ) -> Result<FetchedDocument, FetchFault> {
        self.check(uri)?;
        let accept = match purpose {
            FetchPurpose::ClientMetadata => "application/json",
            _ => "application/jwk-set+json, application/json",
        };
        let request = self.client.get(uri.clone()).header(ACCEPT, accept).header(ACCEPT_ENCODING, "identity");
        let response = request.send().await.map_err(FetchFault::Request)?;
        // Once more, at the socket itself.
        let is_allowed = response.remote_addr().is_some_and(|peer| self.policy.allows(peer.ip()));
        if !is_allowed && !self.has_proxy {
            return Err(FetchFault::Peer);
        }
        if response.status() != StatusCode::OK {
            return Err(FetchFault::Status(response.status().as_u16()));
        }
        check_headers(response.headers(), purpose)?;
        let max_age = cache::max_age(response.headers());
        let document = parse(&read(response, max_bytes.min(self.max_bytes)).await?)?;
        Ok(FetchedDocument { document, max_age })
    }
}

/// Reads the body, and no more of it than is allowed.
async fn read(mut response: Response, max_bytes: usize) -> Result<Vec<u8>, FetchFault> {
    let too_long = || FetchFault::TooLong(max_bytes);
    if response
        .content_length()
        .is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > max_bytes))
    {
        return Err(too_long());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(FetchFault::Request)? {
        if chunk.len() > max_bytes - body.len() {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn check_headers(headers: &HeaderMap, purpose: FetchPurpose) -> Result<(), FetchFault> {
    if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return Err(FetchFault::Encoding);
    }
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(media_type), None) = (types.next(), types.next()) else { return Err(FetchFault::MediaType) };
    let essence = media_type.to_str().ok().and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    let is_json = ["application/json", "application/jwk-set+json"]
        .iter()
        .any(|expected| essence.eq_ignore_ascii_case(expected))
        || (purpose == FetchPurpose::ClientMetadata && is_structured_json(essence));
    if is_json { Ok(()) } else { Err(FetchFault::MediaType) }
}

/// `application/<x>+json` (RFC 6839 section 3.1).
fn is_structured_json(essence: &str) -> bool {
    let essence = essence.to_ascii_lowercase();
    essence.strip_prefix("application/").and_then(|kind| kind.strip_suffix("+json")).is_some_and(|kind| {
        !kind.is_empty()
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    })
}

fn parse(body: &[u8]) -> Result<Value, FetchFault> {
    let text = std::str::from_utf8(body).map_err(|_| FetchFault::Json(JsonFault::NotUtf8))?;
    json::check(text, LIMITS).map_err(FetchFault::Json)?;
    serde_json::from_str(text).map_err(FetchFault::Value)
}

#[async_trait]
impl JwksResolver for HttpsResolver {
    async fn fetch(&self, uri: &Url, purpose: FetchPurpose) -> Result<Value, FetchError> {
        Ok(self.get(uri, purpose, self.max_bytes).await?.document)
    }

    async fn fetch_document(
        &self,
        uri: &Url,
        purpose: FetchPurpose,
        max_bytes: usize,
    ) -> Result<FetchedDocument, FetchError> {
        Ok(self.get(uri, purpose, max_bytes).await?)
    }
}

impl fmt::Debug for HttpsResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpsResolver")
            .field("policy", &self.policy)
            .field("ports", &self.ports)
            .field("has_proxy", &self.has_proxy)
            .field("max_bytes", &self.max_bytes)
            .finish_non_exhaustive()
    }
}
