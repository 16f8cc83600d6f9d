//! Why a document was not fetched. For the log: it says what was found where.

use std::net::IpAddr;

use crate::error::BoxError;
use crate::host::FetchError;
use crate::json::JsonFault;

#[derive(Debug, thiserror::Error)]
pub(super) enum FetchFault {
    #[error("the URL is not https")]
    Scheme,
    #[error("the URL has user information")]
    UserInformation,
    #[error("the URL has a fragment")]
    Fragment,
    #[error("the URL names port {0}, which is not allowed")]
    Port(u16),
    #[error("the URL names the IP address {0}")]
    Literal(IpAddr),
    #[error("`{0}` is a name of a local network")]
    LocalName(String),
    #[error("`{0}` has no address")]
    NoAddress(String),
    #[error("`{name}` has the address {address}, which is not allowed")]
    Address { name: String, address: IpAddr },
    #[error("the connection went to an address that is not allowed")]
    Peer,
    #[error("the request failed")]
    Request(#[source] reqwest::Error),
    #[error("the status is {0} and not 200")]
    Status(u16),
    #[error("the body is encoded")]
    Encoding,
    #[error("the media type is not that of JSON or of a JWK Set")]
    MediaType,
    #[error("the body is longer than {0} bytes")]
    TooLong(usize),
    #[error("the body {0}")]
    Json(JsonFault),
    #[error("the body is not a JSON value of this program")]
    Value(#[source] serde_json::Error),
    #[error("the name could not be resolved")]
    Lookup(#[source] BoxError),
}

impl From<FetchFault> for FetchError {
    fn from(fault: FetchFault) -> Self {
        Self::Failed(fault.into())
    }
}
