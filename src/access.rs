//! Who may call.

use time::OffsetDateTime;

use crate::client::Client;
use crate::error::{Error, Unauthorized};
use crate::policy::Policy;
use crate::profile::{Operation, Token};
use crate::request::Caller;
use crate::secret::TokenDigest;

/// Whether the profile offers the operation at all.
pub(crate) fn is_offered(policy: &Policy, operation: Operation) -> bool {
    policy.access.get(&operation).is_none_or(|access| access.enabled.unwrap_or(true))
}

/// Admits a registration.
pub(crate) fn admit_creation(policy: &Policy, caller: &Caller) -> Result<(), Error> {
    if !is_offered(policy, Operation::Create) {
        return Err(Error::NotOffered(Operation::Create));
    }
    let tokens = policy.access.get(&Operation::Create).map_or(&[][..], |access| &access.tokens);
    if tokens.is_empty() || tokens.contains(&Token::Open) {
        return Ok(());
    }
    Err(Error::Unauthorized(match caller {
        Caller::Anonymous => Unauthorized::Missing,
        _ => Unauthorized::InvalidToken,
    }))
}

/// Admits a read, an update or a deletion of a client. An unknown, expired or disabled client, another client's
/// token and a wrong one are the same refusal after the same work, so that nobody learns who is registered.
pub(crate) fn admit_management<'c>(
    client: Option<&'c Client>,
    caller: &Caller,
    vouched_is_enough: bool,
    now: OffsetDateTime,
) -> Result<&'c Client, Unauthorized> {
    let stored = client.and_then(|client| client.registration_access_token());
    let is_admitted = match caller {
        Caller::Anonymous => return Err(Unauthorized::Missing),
        Caller::Malformed => false,
        Caller::Bearer(token) => stored.unwrap_or(&TokenDigest::NONE).matches(token.expose_secret()),
        Caller::Client(id) => vouched_is_enough && client.is_some_and(|client| client.id() == id),
    };
    client.filter(|client| is_admitted && client.is_usable(now)).ok_or(Unauthorized::InvalidToken)
}
