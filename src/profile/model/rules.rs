//! Scopes, redirection URIs and keys.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;

model! {
    /// Which scopes are granted.
    struct ScopePolicy {
        /// Where the roles are.
        roles: Option<Roles>,
        /// Scopes by role.
        map: Map<Vec<String>>,
        /// Scopes that anyone may have.
        always: Vec<String>,
        /// The statement claim that lists the scopes.
        statement_claim: Option<String>,
        /// Whether scopes the server does not have are dropped.
        supported_only: Option<bool>,
        /// What a client gets that asks for nothing.
        when_absent: Option<WhenAbsent>,
        /// What happens to scopes that are not allowed.
        excess: Option<OnMismatch>,
    }

    /// Where the roles of a statement are.
    struct Roles {
        /// The claim.
        claim: String,
        /// The member of its elements, if they are objects.
        field: Option<String>,
        /// What else such an element must say.
        only_where: Map<Value>,
    }

    /// What redirection URIs may look like.
    struct RedirectPolicy {
        /// Schemes with a host. Default: `https`.
        schemes: Option<Vec<String>>,
        /// Hosts that are refused.
        forbid_hosts: Vec<String>,
        /// Who may use `http` on a loopback address.
        loopback_http: Option<Loopback>,
        /// Whether `https` on a loopback address, an IP literal or a single-label host is taken.
        local_https: Option<bool>,
        /// Whether native clients may use private-use schemes (RFC 8252 section 7.1).
        private_use_schemes: Option<bool>,
        /// Whether a private-use scheme needs no period (RFC 8252 section 8.4).
        undotted_schemes: Option<bool>,
        /// Whether native clients may use `https` on a remote host (RFC 8252 section 7.2).
        native_https: Option<bool>,
        /// Whether internationalized (`xn--`) hosts are taken.
        international_hosts: Option<bool>,
        /// Whether a fragment is taken.
        fragment: Option<bool>,
        /// Whether user information is taken. It never is: `true` is refused when the profile is composed into a
        /// registrar.
        userinfo: Option<bool>,
        /// Whether a request without `application_type` whose URIs are all native-style is a native client's.
        infer_native: Option<bool>,
        /// URL members that must be on the host of a redirection URI.
        same_host_as: Vec<String>,
        /// Patterns, one of which a URI must match (Janssen's `clientWhiteList`).
        allow: Option<Vec<String>>,
        /// Patterns that no URI may match (Janssen's `clientBlackList`).
        deny: Vec<String>,
        /// The longest URI, in characters. Default: 2000.
        max_length: Option<usize>,
        /// The most URIs. Default: 20.
        max_items: Option<usize>,
    }

    /// What client keys may look like.
    struct KeyPolicy {
        /// The algorithms that keys may name.
        algs: Vec<String>,
        /// The smallest RSA modulus, in bits. Default: 2048.
        rsa_min_bits: Option<u32>,
        /// The smallest curve, in bits. Default: 224.
        ec_min_bits: Option<u32>,
        /// Whether `jwks` is taken.
        by_value: Option<bool>,
        /// Whether a key set given by value may be empty, for keys that follow with an update. Default: false.
        may_be_empty: Option<bool>,
        /// Whether `jwks_uri` is taken.
        by_reference: Option<bool>,
        /// The hosts a `jwks_uri` may be on; empty: any.
        uri_hosts: Vec<String>,
        /// Whether each key needs a `kid`.
        kid_required: Option<bool>,
        /// The most keys that `jwks` may have. Default: 50.
        max_items: Option<usize>,
        /// Whether the `jwks_uri` is fetched at registration. Not in this version: a registrar is not built with `true`.
        fetch_at_registration: Option<bool>,
    }
}

model! {
    /// What a client gets that asks for no scope.
    enum WhenAbsent {
        /// All that are allowed.
        AllAllowed,
            /// None.
        Leave,
        /// A refusal.
        Reject,
    }

    /// Who may use `http` on a loopback address.
    enum Loopback {
        /// Nobody.
        Never,
        /// Native clients.
        Native,
        /// Everybody.
        Always,
    }
}
