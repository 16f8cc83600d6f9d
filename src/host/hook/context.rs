//! What a hook can look at.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::jwt::UnverifiedJwt;
use super::network;
use crate::certificate::ClientCertificate;
use crate::client::Client;
use crate::profile::Operation;
use crate::request::Caller;
use crate::secret::SharedSecret;

/// What a hook can look at.
///
/// Requests and tokens are read when a hook asks for them, once.
#[non_exhaustive]
pub struct HookContext<'a> {
    /// The operation.
    pub operation: Operation,
    /// The profile that applies.
    pub profile: &'a str,
    /// The client as it is stored, but where a create is decided.
    pub client: Option<&'a Client>,
    /// Who calls.
    pub caller: &'a Caller,
    /// The body as it came; empty for read and delete, but for a cancellation.
    pub body: &'a [u8],
    /// The software statement as it came, when its keys are asked for. Nothing in it is verified.
    pub software_statement: Option<&'a str>,
    /// The client certificate.
    pub certificate: Option<&'a ClientCertificate>,
    /// The address the request comes from.
    pub remote_address: Option<IpAddr>,
    /// The payload of a signed request, once its signature holds.
    pub(crate) signed: Option<&'a [u8]>,
    pub(crate) statement: Option<StatementFacts<'a>>,
    pub(crate) evidence: Option<Cow<'a, str>>,
    pub(crate) attributes: &'a HashMap<String, SharedSecret>,
    /// The names of `trustedSsaIssuers`.
    pub(crate) trusted_issuers: &'a [String],
    pub(crate) read: Read,
}

/// A statement whose signature holds.
#[derive(Clone, Copy)]
pub(crate) struct StatementFacts<'a> {
    pub(crate) iss: &'a str,
    pub(crate) payload: &'a [u8],
}

/// What was read because a hook asked for it.
#[derive(Default)]
pub(crate) struct Read {
    request: OnceLock<Option<Map<String, Value>>>,
    claims: OnceLock<Option<Map<String, Value>>>,
    evidence: OnceLock<Option<UnverifiedJwt>>,
}

impl HookContext<'_> {
    /// The request as it was sent, before defaults, statement and policy: the JSON body, or, where a create or an
    /// update is decided, the claims of a signed one. `None` without a body, and for a signed request elsewhere.
    #[must_use]
    pub fn request(&self) -> Option<&Map<String, Value>> {
        // A signed body is no JSON object, so that it cannot be taken for its claims.
        self.read.request.get_or_init(|| object(self.signed.unwrap_or(self.body))).as_ref()
    }

    /// A member of the [`request`](Self::request).
    #[must_use]
    pub fn request_member(&self, name: &str) -> Option<&Value> {
        self.request()?.get(name)
    }

    /// The claims of the software statement as its issuer signed them, before claims are filtered and renamed, where a
    /// create or an update is decided. `None` without a statement, and elsewhere. Where the configuration demands no
    /// verification (`softwareStatementValidationType: none`) they are what anyone may have written.
    #[must_use]
    pub fn statement_claims(&self) -> Option<&Map<String, Value>> {
        let statement = self.statement?;
        self.read.claims.get_or_init(|| object(statement.payload)).as_ref()
    }

    /// One of the [claims](Self::statement_claims) of the software statement.
    #[must_use]
    pub fn statement_claim(&self, name: &str) -> Option<&Value> {
        self.statement_claims()?.get(name)
    }

    /// Who issued the software statement.
    #[must_use]
    pub fn statement_issuer(&self) -> Option<&str> {
        self.statement.map(|statement| statement.iss)
    }

    /// The attestation evidence, from the request or from a statement that supplies it, where a create or an update is
    /// decided. The engine reads nothing in it.
    #[must_use]
    pub fn evidence(&self) -> Option<&str> {
        self.evidence.as_deref()
    }

    /// The evidence as a JWT, if it is one. Nothing in it is verified.
    #[must_use]
    pub fn evidence_jwt(&self) -> Option<&UnverifiedJwt> {
        let evidence = self.evidence()?;
        self.read.evidence.get_or_init(|| UnverifiedJwt::parse(evidence)).as_ref()
    }

    /// Whether the request comes from an address in this network, such as `10.0.0.0/8` or `2001:db8::/32`; a single
    /// address is a network of its own. An IPv4 address that is mapped to IPv6 is judged as IPv4. False if the address
    /// is not known, and for a text that is no network.
    #[must_use]
    pub fn is_in_network(&self, network: &str) -> bool {
        self.remote_address.is_some_and(|address| network::contains(network, address))
    }

    /// A value that the host set with [`hook_attribute`](crate::RegistrarBuilder::hook_attribute).
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(SharedSecret::expose_secret)
    }
}

/// JSON that was read strictly before; nothing if it is no object.
fn object(json: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(json).ok()
}

impl fmt::Debug for HookContext<'_> {
    /// Of body, statement and evidence only the length is shown: an update repeats the client secret, and a statement
    /// can be presented by whoever reads it. Of attributes, which may be secrets, the names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |text: &str| format!("[{} bytes]", text.len());
        let mut attributes: Vec<&str> = self.attributes.keys().map(String::as_str).collect();
        attributes.sort_unstable();
        f.debug_struct("HookContext")
            .field("operation", &self.operation)
            .field("profile", &self.profile)
            .field("client", &self.client)
            .field("caller", &self.caller)
            .field("body", &format_args!("[{} bytes]", self.body.len()))
            .field("software_statement", &self.software_statement.map(length))
            .field("statement_issuer", &self.statement_issuer())
            .field("evidence", &self.evidence().map(length))
            .field("certificate", &self.certificate)
            .field("remote_address", &self.remote_address)
            .field("attributes", &attributes)
            .finish()
    }
}
