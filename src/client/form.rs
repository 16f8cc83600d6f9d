//! A client as it is kept and handed over.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
#[cfg(any(feature = "sqlite", feature = "postgres"))]
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{
    Client, ClientId, ClientState, JanssenMembers, PreviousSecret, Provenance, Record, Registered,
    ServerFlags,
};
use crate::secret::{StoredSecret, TokenDigest};

/// The stable form of a client. Its metadata is a map in any format, and raw text where the format is known to be JSON.
#[derive(Serialize, Deserialize)]
struct ClientForm<M> {
    id: ClientId,
    metadata: M,
    issued_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<StoredSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret_expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_secret: Option<Box<PreviousSecret>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<TokenDigest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registration_access_token_expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_registration_access_token: Option<Box<TokenDigest>>,
    #[serde(default)]
    state: ClientState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_used_at: Option<i64>,
    #[serde(default)]
    flags: ServerFlags,
    provenance: Arc<Provenance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique_key: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    janssen: Option<JanssenMembers>,
    revision: u64,
}

impl<M> ClientForm<M> {
    fn new(record: Record, metadata: M) -> Self {
        Self {
            id: record.id,
            metadata,
            issued_at: record.issued_at,
            expires_at: record.expires_at,
            secret: record.secret,
            secret_expires_at: record.secret_expires_at,
            previous_secret: record.previous_secret,
            registration_access_token: record.token,
            registration_access_token_expires_at: record.token_expires_at,
            previous_registration_access_token: record.previous_token,
            state: record.state,
            last_used_at: record.last_used_at,
            flags: record.flags,
            provenance: record.provenance,
            unique_key: record.unique_key,
            janssen: record.janssen,
            revision: record.revision,
        }
    }

    fn into_client<E: serde::de::Error>(self, text: String) -> Result<Client, E> {
        let metadata = Registered::new(text);
        metadata.document().map_err(|fault| E::custom(format!("the metadata {fault}")))?;
        Ok(Client::from(Record {
            id: self.id,
            metadata,
            issued_at: self.issued_at,
            expires_at: self.expires_at,
            secret: self.secret,
            secret_expires_at: self.secret_expires_at,
            previous_secret: self.previous_secret,
            token: self.registration_access_token,
            token_expires_at: self.registration_access_token_expires_at,
            previous_token: self.previous_registration_access_token,
            state: self.state,
            last_used_at: self.last_used_at,
            flags: self.flags,
            provenance: self.provenance,
            unique_key: self.unique_key,
            janssen: self.janssen,
            revision: self.revision,
        }))
    }
}

impl Serialize for Client {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let metadata: Map<String, Value> =
            serde_json::from_str(self.metadata_json()).map_err(serde::ser::Error::custom)?;
        ClientForm::new(Record::clone(&self.0), metadata).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Client {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = ClientForm::<Map<String, Value>>::deserialize(deserializer)?;
        let text = serde_json::to_string(&form.metadata).map_err(serde::de::Error::custom)?;
        form.into_client(text)
    }
}

/// The stable form as JSON text, and back, without a look at each value of the metadata.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl Client {
    pub(crate) fn to_json(&self) -> serde_json::Result<String> {
        let metadata: &RawValue = serde_json::from_str(self.metadata_json())?;
        serde_json::to_string(&ClientForm::new(Record::clone(&self.0), metadata))
    }

    pub(crate) fn from_json(text: &str) -> serde_json::Result<Self> {
        let form: ClientForm<&RawValue> = serde_json::from_str(text)?;
        let metadata = form.metadata.get().to_owned();
        form.into_client(metadata)
    }
}
