//! From names to addresses, of which none may be special.

use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::AddressPolicy;
use super::fault::FetchFault;
use crate::error::BoxError;

/// Turns names into addresses. The default is the operating system.
///
/// What comes back is judged before anything connects to it: an implementation need not. A whole one is in the
/// [guide](crate::guide::network).
#[async_trait]
pub trait NameLookup: Debug + Send + Sync {
    /// All addresses of a name.
    ///
    /// # Errors
    ///
    /// If the name has none, or if that cannot be found out.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, BoxError>;
}

/// Asks the operating system.
#[derive(Debug)]
pub(super) struct SystemLookup;

#[async_trait]
impl NameLookup for SystemLookup {
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, BoxError> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// A lookup that refuses a name if any of its addresses is not allowed. The connection goes to what it returns and to
/// nothing else, so a name cannot be judged by one answer and reached by another.
#[derive(Clone, Debug)]
pub(super) struct GuardedLookup {
    pub(super) lookup: Arc<dyn NameLookup>,
    pub(super) policy: Arc<AddressPolicy>,
}

impl Resolve for GuardedLookup {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { lookup, policy } = self.clone();
        Box::pin(async move {
            let name = name.as_str();
            let addresses = lookup.addresses(name).await.map_err(FetchFault::Lookup)?;
            if let Some(address) = addresses.iter().find(|address| !policy.allows(**address)) {
                return Err(FetchFault::Address { name: name.to_owned(), address: *address }.into());
            }
            if addresses.is_empty() {
                return Err(FetchFault::NoAddress(name.to_owned()).into());
            }
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-NET-03: with what the operating system says.
    #[tokio::test]
    async fn a_name_of_this_host_is_refused() {
        let lookup = |allow_private| GuardedLookup {
            lookup: Arc::new(SystemLookup),
            policy: Arc::new(AddressPolicy { allow_private, blocked: Vec::new() }),
        };
        let name = || "localhost".parse().unwrap();
        let error = lookup(false).resolve(name()).await.err().unwrap();
        assert!(error.to_string().starts_with("`localhost` has the address "), "{error}");
        assert!(lookup(true).resolve(name()).await.is_ok());
    }
}
