//! Identifiers, duplicates, expiry, the answer and its errors.

use serde::{Deserialize, Serialize};

use super::*;

model! {
    /// Identifiers, duplicates and expiry.
    struct Lifecycle {
        /// What the client id is made of: `random`, `uuid`, `$self.iss`, `$document.uri`.
        client_id: Option<String>,
        /// What two clients may not share.
        unique_by: Vec<String>,
        /// What happens if they do.
        on_duplicate: Option<OnDuplicate>,
        /// The state of a new client. Default: `active`.
        initial_state: Option<String>,
        /// How long a client lives, in seconds; 0: for ever.
        ttl_s: Option<i64>,
        /// The member in which a client asks for another time.
        ttl_member: Option<String>,
        /// Whether that member may exceed `ttl_s`. Default: false.
        ttl_member_may_exceed: Option<bool>,
        /// The reference to a time that no client outlives.
        not_after: Option<String>,
        /// When a request is the cancellation of a registration.
        cancel_when: Option<When>,
        /// What a deletion takes along.
        on_delete: Vec<String>,
    }

    /// What the answer looks like.
    struct ResponsePolicy {
        /// The status of a registration, from 200 to 299. Default: 201.
        create_status: Option<u16>,
        /// The status of a registration that replaced another, from 200 to 299. Default: 200.
        upsert_status: Option<u16>,
        /// The media type. Default, and all that this version answers with: `application/json`.
        media_type: Option<String>,
        /// The `typ` of a signed answer.
        typ: Option<String>,
        /// Whether the statement is returned. Default: true.
        echo_statement: Option<bool>,
        /// Which statement claims are returned at top level. Default: `used`.
        flatten_statement: Option<Flatten>,
        /// Members that are left out.
        omit: Vec<String>,
        /// Who gets a secret.
        secret: Option<SecretPolicy>,
        /// The registration access token.
        management_token: Option<ManagementToken>,
        /// What the registration client URI looks like. Default: `query`.
        client_uri: Option<ClientUri>,
    }

    /// Who gets a secret.
    struct SecretPolicy {
        /// The authentication methods that need one.
        for_methods: Vec<String>,
        /// How long it lives, in seconds; 0: as long as the client.
        ttl_s: i64,
        /// The longest secret, in characters; at least 32, which are 192 random bits. Default: 86.
        max_length: Option<usize>,
        /// How long a secret that was replaced stays good, in seconds. Default: 0.
        overlap_s: Option<i64>,
    }

    /// The registration access token.
    struct ManagementToken {
        /// Whether one is issued.
        issue: bool,
        /// How long it lives, in seconds; 0: as long as the client.
        ttl_s: i64,
        /// Its scopes.
        scopes: Vec<String>,
        /// When it is replaced.
        rotate: Option<Rotate>,
        /// Whether a token that was replaced stays good until its successor is first used, so that a client that never
        /// saw the answer is not locked out. Default: false.
        keep_until_used: Option<bool>,
    }

    /// The code and status of a kind of failure.
    struct ErrorSpec {
        /// The `error` of the answer: printable ASCII without quotes and backslashes.
        error: String,
        /// The HTTP status, from 400 to 499.
        status: u16,
    }
}

model! {
    /// What happens if two clients share what they may not.
    enum OnDuplicate {
        /// Nothing.
        Allow,
        /// The second is refused.
        Reject,
        /// The second replaces the first.
        Replace,
        /// The second updates the first.
        Upsert,
    }

    /// Which statement claims are returned at top level. Registered metadata always is, wherever it came from.
    enum Flatten {
        /// Those that became metadata, as `used`.
        None,
        /// Those that became metadata.
        Used,
        /// All: those too that no member has the name of, but for the claims of RFC 7519 and for what the issuer may not
        /// say.
        All,
    }

    /// When the registration access token is replaced.
    enum Rotate {
        /// Never.
        Never,
        /// On every read and update.
        OnRead,
        /// On every update.
        OnUpdate,
    }

    /// What the registration client URI looks like.
    enum ClientUri {
        /// There is none.
        None,
        /// The client id is a path segment.
        Path,
        /// The client id is a query parameter.
        Query,
    }
}
