//! Who may call.

use serde::{Deserialize, Serialize};

use super::*;

model! {
    /// Who may call an operation.
    struct Access {
        /// Whether the operation is offered. Default: true.
        enabled: Option<bool>,
        /// Whether a client certificate is needed. Default: `off`.
        mtls: Option<Mtls>,
        /// The trust anchors of the certificate, as the host names them.
        anchors: Option<String>,
        /// The tokens, any one of which is enough.
        tokens: Vec<Token>,
        /// What the certificate must agree with.
        bind: Vec<Bind>,
        /// Whether the host is told to revoke a token that is good but whose client is gone.
        revoke_token_on_unknown_client: Option<bool>,
        /// Whether an update must repeat the identifier of the client in its body (RFC 7592 section 2.2). Regimes whose
        /// updates are signed like registrations leave it out: address and access token name the client. What is given
        /// must agree in any case. Default: `required`.
        client_id: Option<Presence>,
    }

    /// What a certificate attribute must agree with.
    struct Bind {
        /// Any of these.
        any: Vec<Bind>,
        /// The attribute.
        cert: Option<String>,
        /// A prefix that the attribute must have, and that is cut off before comparing.
        strip_prefix: Option<String>,
        /// The reference it must equal: `$statement.…`, `$request.…`, or `$client.…`, which is what is registered. To
        /// read and to delete there is only the last.
        equals: Option<String>,
        /// The reference to a key set it must be in.
        in_jwks_of: Option<String>,
        /// The kind of failure.
        on_mismatch: Option<String>,
    }
}

model! {
    /// Whether a client certificate is needed.
    enum Mtls {
        /// It is not looked at.
        Off,
        /// It is used if there is one.
        Optional,
        /// It is needed.
        Required,
    }

    /// How a token is bound to its sender.
    enum Sender {
        /// By a client certificate.
        Mtls,
        /// By a DPoP key.
        Dpop,
        /// By either.
        Any,
    }
}

/// A token that is enough to call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Token {
    /// None is needed.
    Open,
    /// An initial access token (RFC 7591 section 1.2).
    InitialAccess {
        /// The scopes it needs.
        #[serde(default, skip_serializing_if = "is_unset")]
        scopes: Vec<String>,
    },
    /// The registration access token (RFC 7592 section 1.2).
    RegistrationAccess {
        /// The scopes it needs.
        #[serde(default, skip_serializing_if = "is_unset")]
        scopes: Vec<String>,
    },
    /// An access token of the client itself, which the host vouches for.
    ClientCredentials {
        /// The scopes it needs.
        #[serde(default, skip_serializing_if = "is_unset")]
        scopes: Vec<String>,
        /// How it must be bound.
        #[serde(default, skip_serializing_if = "is_unset")]
        sender: Option<Sender>,
    },
}
