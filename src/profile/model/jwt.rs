//! The request body, its signature, and the software statement.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::*;

model! {
    /// The request body.
    struct RequestPolicy {
        /// What a body of each media type is.
        media_types: Map<Body>,
        /// The largest body, in bytes. Default: 65536.
        max_bytes: Option<u64>,
        /// Body members that are not metadata.
        envelope: Map<Member>,
        /// Signers of bodies by their `iss`, tried before `jws`.
        issuers: Vec<Issuer>,
        /// How a signed body is verified.
        jws: Option<Jws>,
    }

    /// How a JWS is verified.
    struct Jws {
        /// The algorithms that are taken. `none` never is.
        algs: Vec<String>,
        /// The `typ` values that are taken; empty: any but those of other kinds of JWT.
        typ: Vec<String>,
        /// Whether the header must name its key.
        kid_required: Option<bool>,
        /// Header members that must not be there.
        forbid_headers: Vec<String>,
        /// Where keys come from, in the order in which they are tried.
        keys: Vec<KeySource>,
        /// What the claims must be.
        claims: Claims,
    }

    /// What the claims of a JWT must be.
    struct Claims {
        /// Claims that must be there.
        required: Vec<String>,
        /// Values, any one of which a claim must equal; `$…` are references.
        equals: Map<Vec<Value>>,
        /// Regular expressions (feature `patterns`).
        patterns: Map<String>,
        /// The longest `exp - iat`, in seconds.
        max_lifetime_s: Option<i64>,
        /// The longest time since `iat`, in seconds.
        max_age_s: Option<i64>,
        /// Tolerance for clocks that differ, in seconds. Default: 60.
        leeway_s: Option<i64>,
        /// Tolerance for an `iat` in the future, in seconds. Default: as `leeway_s`.
        future_leeway_s: Option<i64>,
        /// Whether `aud` must be one value.
        aud_single: Option<bool>,
        /// Whether a `jti` is good once.
        replay: Option<Replay>,
    }

    /// The software statement.
    struct StatementPolicy {
        /// Whether a statement is required, optional, ignored or forbidden.
        presence: Option<Presence>,
        /// The same for updates. Default: as `presence`.
        presence_on_update: Option<Presence>,
        /// How its claims reach the metadata.
        merge: Option<Merge>,
        /// Who may issue one.
        issuers: Vec<Issuer>,
    }

    /// An issuer of software statements.
    struct Issuer {
        /// Its `iss` values; `$any` for all.
        iss: Vec<Value>,
        /// How its statements are verified.
        jws: Jws,
        /// Claim name to the name used below, applied before policy.
        rename: Map<String>,
        /// Claims that are used. Default: all; an empty list: none.
        allow_claims: Option<Vec<String>>,
        /// Conditions on the statement that must all hold.
        check: Vec<When>,
        /// The scopes that its statements may ask for. Default: all; an empty list: none.
        allow_scopes: Option<Vec<String>>,
        /// Scopes that its clients get in any case.
        grant_scopes: Vec<String>,
    }
}

model! {
    /// What a body is.
    enum Body {
        /// A JSON object.
        Json,
        /// A compact JWS whose claims are the request.
        Jws,
        /// An entity statement of OpenID Federation.
        EntityStatement,
        /// A trust chain of OpenID Federation.
        TrustChain,
        /// A client id metadata document.
        MetadataDocument,
    }

    /// How statement claims reach the metadata.
    enum Merge {
        /// Only members with `from`.
        Listed,
        /// Also claims that are known members, which win over the request (RFC 7591 section 2.3).
        OverrideKnown,
        /// The request body brings no metadata at all.
        Only,
    }

    /// Whether a `jti` is good once.
    enum Replay {
        /// It is not looked at.
        Off,
        /// It is good once until the JWT expires.
        UntilExp,
        /// It is good once.
        Forever,
    }
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum KeySource {
    /// A JWK Set at a URI.
    Uri {
        /// The URI.
        uri: String,
    },
    /// A JWK Set by value.
    Jwks {
        /// The set.
        jwks: Value,
    },
    /// A JWK Set at a URI that a claim of the verified statement names.
    StatementUri {
        /// The claim.
        claim: String,
    },
    /// A JWK Set in a claim of the verified statement.
    StatementJwks {
        /// The claim.
        claim: String,
    },
    /// A JWK Set at a URI that a member of a discovery document names.
    Discovery {
        /// The document.
        uri: String,
        /// The member.
        member: String,
    },
    /// The certificate chain in the header, against anchors.
    X5c {
        /// The anchors, as the host names them.
        anchors: String,
        /// Whether a URI of the certificate must be the `iss`.
        #[serde(default)]
        san_uri_is_iss: bool,
    },
    /// The `jwks` of the body.
    BodyJwks,
    /// The keys of the registered client.
    RegisteredClient,
    /// The keys of the entity statement.
    EntityStatement,
    /// A shared secret.
    Secret {
        /// Its name.
        name: String,
    },
    /// A hook of the host.
    Hook {
        /// Its name.
        name: String,
    },
    /// Nothing is verified.
    Unsigned,
}
