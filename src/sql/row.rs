//! Clients and grants as rows.

use std::borrow::Cow;

use super::database::{Found, Value};
use super::fault::unreadable;
use crate::client::{Client, ClientId};
use crate::error::BoxError;
use crate::host::{InitialGrant, StoreError};
use crate::secret::TokenDigest;

/// The columns of a client, in the order of the statements that write them.
pub(super) fn columns(client: &Client) -> Result<[Value<'_>; 15], StoreError> {
    let origin = client.provenance();
    Ok([
        client.id().as_str().into(),
        stored_revision(client.revision()).into(),
        client.unique_key().map(searched).into(),
        client.0.issued_at.into(),
        client.0.expires_at.into(),
        client.0.last_used_at.into(),
        client.state().as_str().into(),
        client.0.token.map(|token| token.to_text()).into(),
        client.0.previous_token.as_ref().map(|token| token.to_text()).into(),
        origin.statement_issuer.as_deref().map(searched).into(),
        origin.statement_software.as_deref().map(searched).into(),
        origin.statement_digest.as_deref().map(searched).into(),
        origin.initial_access.as_deref().map(searched).into(),
        origin.owner.as_deref().map(searched).into(),
        client.to_json().map_err(unreadable)?.into(),
    ])
}

/// A row of the document and the last use, which is kept beside it.
pub(super) fn client(found: &Found) -> Result<Client, StoreError> {
    let client = Client::from_json(&found.text).map_err(unreadable)?;
    Ok(client.last_used(found.number))
}

pub(super) fn client_id(found: &Found) -> Result<ClientId, StoreError> {
    ClientId::new(&found.text)
        .ok_or_else(|| StoreError::Backend(BoxError::from("a stored id is not a client identifier")))
}

/// A row of the document and what is left of its uses, which is kept beside it.
pub(super) fn grant(found: &Found) -> Result<InitialGrant, StoreError> {
    let grant: InitialGrant = serde_json::from_str(&found.text).map_err(unreadable)?;
    match found.number.map(u32::try_from) {
        None => Ok(grant),
        Some(Ok(uses)) => Ok(grant.with_uses(uses)),
        Some(Err(error)) => Err(StoreError::Backend(error.into())),
    }
}

/// Revisions are compared and never counted by the database: those that a signed column has no number for get a
/// negative one.
pub(super) fn stored_revision(revision: u64) -> i64 {
    revision.cast_signed()
}

/// A text of strangers as a column has it: itself, or its digest if it is longer than an index takes or has characters
/// that PostgreSQL does not take. The control character in front keeps the two apart.
pub(super) fn searched(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && !text.contains(char::is_control) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("\u{1}{}", TokenDigest::of(text).to_text()))
    }
}

/// PostgreSQL refuses to index rows of more than 2,704 bytes.
const LONGEST: usize = 512;
