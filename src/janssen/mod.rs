//! Clients in the client schema of the Janssen Auth Server, for hosts that move over from it, or that share data with it.
//!
//! The schema is that of its configuration API (`/components/schemas/Client`): members in camel case, most at the top
//! level and some below `attributes`. What becomes which member is the column
//! [`FieldSpec::janssen`](crate::metadata::FieldSpec::janssen) of the field table; what is no metadata is in
//! [`RECORD`]. Nothing is judged but types: whether a profile would take the client is
//! [`Registrar::explain`](crate::Registrar::explain)'s to say.
//!
//! # Both ways without loss
//!
//! - What this crate has no place for (`dn`, `lastLogonTime`, `customObjectClasses`, members of later versions) stays with
//!   the client ([`Client::janssen_members`]), is told to nobody, and is written again. So is the form of a value that
//!   this crate writes in another one (milliseconds, `null`, the white space of a key set) for as long as the client says
//!   the same.
//! - What Janssen has no place for is written as the member [`OWN_MEMBER`], in the names of the serde form of [`Client`]:
//!   what is to be changed in the record that the other members make. Members of `metadata`, `flags` and `provenance` are
//!   replaced one by one, all others as a whole; `null` removes. Whoever passes a document on to Janssen can leave it out.
//!
//! So `read(&write(&client))` is the client, and `write(&read(&document)?)` is the document, but for credentials.
//!
//! # Credentials
//!
//! `registrationAccessToken` is read into a digest, as all registration access tokens are. It is good as before, and
//! cannot be written again: Janssen would have to issue a new one.
//!
//! `clientSecret` is taken for the secret in clear, unless [`Reader::with_secret_decoder`] decodes it. What only has to be
//! compared becomes a digest; it stays readable where HMACs or encryption keys are computed with it (`client_secret_jwt`,
//! `HS256` and so on), or with [`Reader::with_readable_secrets`]. A readable secret is written again, in clear.
//!
//! # Peculiarities
//!
//! - `jwks` is text that holds a key set. A text that holds none is kept as it is, and the client has no keys.
//! - `scopes` and `claims` are lists; elements of several words are taken apart. A Janssen database has the distinguished
//!   names of scopes there: who imports from it puts the scopes in their place first.
//! - Response types are written as Janssen has them, in single words: `code id_token` as `code`, `id_token`.
//! - `A128CBC+HS256`, as Janssen spells it, is `A128CBC-HS256` in the registry, and so in the client.
//!
//! ```
//! use oauth_dcr::janssen;
//!
//! let document = serde_json::json!({
//!     "inum": "4f2a6e1b",
//!     "dn": "inum=4f2a6e1b,ou=clients,o=jans",
//!     "displayName": "Example",
//!     "redirectUris": ["https://client.example.org/cb"],
//!     "clientIdIssuedAt": "2022-08-31T10:39:31.385Z",
//!     "attributes": { "parLifetime": 600 },
//! });
//! let client = janssen::read(&document)?;
//! assert_eq!(client.id().as_str(), "4f2a6e1b");
//! assert_eq!(client.metadata().client_name.plain(), Some("Example"));
//! assert_eq!(client.metadata().par_lifetime, Some(600));
//! assert_eq!(janssen::write(&client), document);
//! # Ok::<(), janssen::JanssenError>(())
//! ```

mod date;
mod form;
mod place;
mod read;
mod write;

use std::fmt;

use serde_json::Value;

use crate::client::Client;
pub use place::{RECORD, RecordMember};
pub use read::Reader;
pub use write::write;
#[cfg(feature = "schema")]
pub(crate) use {
    form::Form,
    place::{Part, Place},
};

/// The member with what Janssen's schema has no place for.
pub const OWN_MEMBER: &str = "oauthDcr";

/// Reads a client, with every choice of [`Reader`] at its default.
///
/// # Errors
///
/// Every member whose type is wrong, or that is missing.
pub fn read(document: &Value) -> Result<Client, JanssenError> {
    Reader::default().read(document)
}

/// A document that is no client in Janssen's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JanssenError {
    /// All that is wrong with it.
    pub faults: Vec<JanssenFault>,
}

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JanssenFault {
    /// The member, with the index of an element: `attributes.spontaneousScopes[1]`. Empty for the whole document.
    pub member: String,
    /// What is wrong and what would be right: lower case, no full stop, input in backticks.
    pub message: String,
}

impl fmt::Display for JanssenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.member.as_str() {
            "" => write!(f, "the document {}", self.message),
            member => write!(f, "{member}: {}", self.message),
        }
    }
}

impl fmt::Display for JanssenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, fault) in self.faults.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for JanssenError {}
