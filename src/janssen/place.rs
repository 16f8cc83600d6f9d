//! Where things are in a document.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::OWN_MEMBER;
use crate::metadata::{FieldId, FieldSpec, fields};

/// A member of the schema that is no client metadata.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecordMember {
    /// Its name, at the top level.
    pub name: &'static str,
    /// What it is in this crate, or that it is only kept.
    pub doc: &'static str,
    pub(crate) part: Part,
}

/// What a member of the record becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Id,
    Secret,
    Token,
    /// A time, by its name in the serde form of [`Client`](crate::Client).
    Time(&'static str),
    /// A flag of [`ServerFlags`](crate::ServerFlags), by its name there.
    Flag(&'static str),
    CustomAttributes,
    /// Kept as it is: a text, a time, a number, a list of texts.
    Text,
    KeptTime,
    Number,
    Texts,
}

macro_rules! record {
    ($( $name:literal $part:expr, $doc:literal; )+) => {
        /// The members of the schema that are no client metadata.
        pub static RECORD: &[RecordMember] =
            &[$( RecordMember { name: $name, doc: $doc, part: $part } ),+];
    };
}

record! {
    "dn" Part::Text, "Distinguished name of the entry. Only kept.";
    "inum" Part::Id, "Identifier of the client: `Client::id`.";
    "clientSecret" Part::Secret, "Secret of the client: `Client::secret`.";
    "registrationAccessToken" Part::Token,
        "Registration access token: read into the digest `Client::registration_access_token`, never written.";
    "clientIdIssuedAt" Part::Time("issued_at"), "When the client was registered: `Client::issued_at`.";
    "clientSecretExpiresAt" Part::Time("secret_expires_at"),
        "When the secret ceases to be valid: `Client::secret_expires_at`.";
    "expirationDate" Part::Time("expires_at"), "When the client ceases to exist: `Client::expires_at`.";
    "lastAccessTime" Part::Time("last_used_at"), "When the client was last used: `Client::last_used_at`.";
    "lastLogonTime" Part::KeptTime, "When somebody last logged on at the client. Only kept.";
    "trustedClient" Part::Flag("trusted"), "Whether consent may be skipped: `ServerFlags::trusted`.";
    "persistClientAuthorizations" Part::Flag("persist_authorizations"),
        "Whether authorizations are remembered: `ServerFlags::persist_authorizations`.";
    "includeClaimsInIdToken" Part::Flag("include_claims_in_id_token"),
        "Whether claims are put into the ID Token: `ServerFlags::include_claims_in_id_token`.";
    "disabled" Part::Flag("disabled"), "Whether the client is switched off: `ServerFlags::disabled`.";
    "deletable" Part::Flag("deletable"),
        "Whether the client may be removed once it has expired: `ServerFlags::deletable`.";
    "refreshTokenLifetime" Part::Number, "How long refresh tokens last, in seconds. Only kept.";
    "customAttributes" Part::CustomAttributes,
        "Custom attributes, each with `name`, `multiValued` and `values`. Those that are metadata here are written; others are kept.";
    "customObjectClasses" Part::Texts, "Custom object classes of the entry. Only kept.";
    "jansId" Part::Text, "An identifier of Janssen's own. Only kept.";
}

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place<'a> {
    /// Whether it is below `attributes`.
    is_attribute: bool,
    name: &'a str,
}

const ATTRIBUTES: &str = "attributes";

impl<'a> Place<'a> {
    pub(crate) fn top(name: &'a str) -> Self {
        Self { is_attribute: false, name }
    }

    /// The place of a row of the field table.
    pub(crate) fn of(spec: &'static FieldSpec) -> Option<Place<'static>> {
        let column = spec.janssen?;
        Some(match column.strip_prefix("attributes.") {
            Some(name) => Place { is_attribute: true, name },
            None => Place::top(column),
        })
    }

    #[cfg(feature = "schema")]
    pub(crate) fn is_attribute(self) -> bool {
        self.is_attribute
    }

    #[cfg(feature = "schema")]
    pub(crate) fn name(self) -> &'a str {
        self.name
    }

    /// The members of a document, but for what is not Janssen's.
    pub(super) fn all(document: &'a Map<String, Value>) -> impl Iterator<Item = (Self, &'a Value)> {
        document.iter().flat_map(|(name, value)| {
            let attributes = Some(value).filter(|_| name == ATTRIBUTES).and_then(Value::as_object);
            let below = attributes
                .into_iter()
                .flatten()
                .map(|(name, value)| (Self { is_attribute: true, name }, value));
            // An object without members is told from none.
            let is_itself = attributes.is_none_or(Map::is_empty) && name != OWN_MEMBER;
            below.chain(is_itself.then_some((Self::top(name), value)))
        })
    }

    pub(super) fn is_attributes(self) -> bool {
        self == Self::top(ATTRIBUTES)
    }

    pub(super) fn get(self, document: &Map<String, Value>) -> Option<&Value> {
        match self.is_attribute {
            true => document.get(ATTRIBUTES)?.get(self.name),
            false => document.get(self.name),
        }
    }

    pub(crate) fn set(self, document: &mut Map<String, Value>, value: Value) {
        if !self.is_attribute {
            document.insert(self.name.to_owned(), value);
            return;
        }
        let attributes = document.entry(ATTRIBUTES).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(attributes) = attributes {
            attributes.insert(self.name.to_owned(), value);
        }
    }

    /// The row of the field table that is read from here.
    pub(super) fn field(self) -> Option<FieldId> {
        static FIELDS: LazyLock<HashMap<Place<'static>, FieldId>> = LazyLock::new(|| {
            let places = fields::TABLE
                .iter()
                .rev()
                .filter_map(|spec| Some((Place::of(spec)?, FieldId::of(spec.name)?)));
            places.collect()
        });
        FIELDS.get(&self).copied()
    }

    pub(super) fn part(self) -> Option<Part> {
        let own = RECORD.iter().find(|own| !self.is_attribute && own.name == self.name)?;
        Some(own.part)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let section = if self.is_attribute { "attributes." } else { "" };
        write!(f, "{section}{}", self.name)
    }
}
