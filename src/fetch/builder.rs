//! The settings of the resolver.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, Proxy};
use url::Url;

use super::address::AddressPolicy;
use super::lookup::{GuardedLookup, NameLookup, SystemLookup};
use super::{HttpsResolver, HttpsResolverError};

/// Collects the settings of a [`HttpsResolver`]; each has a safe default.
#[derive(Debug)]
#[must_use]
pub struct HttpsResolverBuilder {
    policy: AddressPolicy,
    ports: Vec<u16>,
    lookup: Arc<dyn NameLookup>,
    proxy: Option<Url>,
    root_certificates: Vec<Vec<u8>>,
    connect_timeout: Duration,
    timeout: Duration,
    max_bytes: usize,
}

impl HttpsResolverBuilder {
    pub(super) fn new() -> Self {
        Self {
            policy: AddressPolicy::default(),
            ports: vec![443],
            lookup: Arc::new(SystemLookup),
            proxy: None,
            root_certificates: Vec::new(),
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(5),
            max_bytes: 64 * 1024,
        }
    }

    /// Takes documents from loopback and private networks, from IP addresses and from local names as well. Default: from
    /// public ones only.
    ///
    /// **Dangerous.** Whoever can name a URL, which is every client that registers with a sector document, then reaches
    /// into these networks from where the server stands. Meant for tests, and for networks that have only servers
    /// which anyone on them may call. Link-local addresses, with the metadata services of clouds, stay refused.
    pub fn allow_private_networks_dangerously(mut self) -> Self {
        self.policy.allow_private = true;
        self
    }

    /// Addresses that are never reached, beside those that are special: the server's own public ones, for example.
    /// Default: none.
    pub fn blocked_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.policy.blocked.extend(addresses);
        self
    }

    /// One more port that URLs may name. Default: 443 alone.
    pub fn allow_port(mut self, port: u16) -> Self {
        self.ports.push(port);
        self
    }

    /// Where names are resolved. Default: the operating system.
    pub fn lookup(mut self, lookup: impl NameLookup + 'static) -> Self {
        self.lookup = Arc::new(lookup);
        self
    }

    /// Sends all requests through an HTTP proxy. Default: none, whatever the environment says.
    ///
    /// The proxy resolves the names then, so it is the proxy that must refuse special addresses. URLs are still judged.
    pub fn proxy(mut self, proxy: Url) -> Self {
        self.proxy = Some(proxy);
        self
    }

    /// One more certificate authority to trust, or several in one text, beside those of the system.
    pub fn add_root_certificate_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates.push(pem.into());
        self
    }

    /// The longest time to connect: to resolve the name, to reach an address and to shake hands. Default: 2 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// The longest time from beginning to end. Default: 5 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The longest document, in bytes. Default: 65536. What is longer is not read to its end. A key set with more than
    /// about 150 RSA keys needs more, as those of some directories do.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Builds the resolver.
    ///
    /// # Errors
    ///
    /// If a certificate or the proxy's URL cannot be read, or if the platform's TLS fails.
    pub fn build(self) -> Result<HttpsResolver, HttpsResolverError> {
        let mut roots = Vec::new();
        for pem in &self.root_certificates {
            let certificates = Certificate::from_pem_bundle(pem).map_err(HttpsResolverError::new)?;
            if certificates.is_empty() {
                return Err(HttpsResolverError("a root certificate is not in PEM".into()));
            }
            roots.extend(certificates);
        }
        let policy = Arc::new(self.policy);
        // Some of these are the default, unless another crate in the tree switches a feature on.
        let client = Client::builder()
            .https_only(true)
            .tls_backend_native()
            .tls_version_min(reqwest::tls::Version::TLS_1_2)
            .tls_certs_merge(roots)
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent("oauth-dcr")
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .pool_max_idle_per_host(0)
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .no_proxy();
        let client = match &self.proxy {
            Some(proxy) => client.proxy(Proxy::all(proxy.clone()).map_err(HttpsResolverError::new)?),
            None => client.dns_resolver(GuardedLookup { lookup: self.lookup, policy: policy.clone() }),
        };
        Ok(HttpsResolver {
            client: client.build().map_err(HttpsResolverError::new)?,
            policy,
            ports: self.ports.into(),
            has_proxy: self.proxy.is_some(),
            max_bytes: self.max_bytes,
        })
    }
}
