//! The answer to a registration, a read or an update.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::client::Client;
use crate::flatten::flattened;
use crate::metadata::{FieldId, fields, write_int, write_text};
use crate::policy::Policy;
use crate::profile::{ClientUri, Flatten};
use crate::secret::{ClientSecret, RegistrationAccessToken};

/// A client and what may be shown of it now: the body of a 201 or 200 answer.
///
/// Serialises to the body. [`body`](Self::body) is the same as text, made once. The credentials in it are shown here
/// and nowhere else; `Debug` prints none.
#[derive(Clone)]
#[must_use]
pub struct Registration {
    pub(crate) client: Client,
    pub(crate) status: u16,
    pub(crate) secret: Option<ClientSecret>,
    pub(crate) token: Option<RegistrationAccessToken>,
    pub(crate) body: String,
}

impl Registration {
    /// The client as it is stored.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The HTTP status: 201 for a registration, 200 for a read or an update, unless the profile says otherwise.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The client secret, if this answer shows one.
    #[must_use]
    pub fn client_secret(&self) -> Option<&ClientSecret> {
        self.secret.as_ref()
    }

    /// The registration access token, if this answer shows one.
    #[must_use]
    pub fn registration_access_token(&self) -> Option<&RegistrationAccessToken> {
        self.token.as_ref()
    }

    /// The body, JSON. It holds the credentials in clear and is not wiped: it is about to leave the process.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The body, taken out.
    #[must_use]
    pub fn into_body(self) -> String {
        self.body
    }
}

impl Serialize for Registration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: serde_json::Value = serde_json::from_str(&self.body).map_err(serde::ser::Error::custom)?;
        value.serialize(serializer)
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("client", &self.client)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The endpoint from which registration client URIs are made, its text ready for JSON.
#[derive(Debug)]
pub(crate) struct ClientUris {
    pub(crate) endpoint: String,
}

impl ClientUris {
    pub(crate) fn new(registration_endpoint: &str) -> Self {
        Self { endpoint: registration_endpoint.to_owned() }
    }

    /// Writes the configuration endpoint of a client (RFC 7592 appendix B) as a JSON string. The identifier's characters
    /// are percent-encoded where a query or a path could not hold them.
    fn write(&self, client_id: &str, form: ClientUri, out: &mut String) {
        let link = match form {
            ClientUri::None => return,
            ClientUri::Query if self.endpoint.contains('?') => "&client_id=",
            ClientUri::Query => "?client_id=",
            ClientUri::Path if self.endpoint.ends_with('/') => "",
            ClientUri::Path => "/",
        };
        out.push_str(",\"registration_client_uri\":\"");
        // A URL has no character that JSON escapes.
        out.push_str(&self.endpoint);
        out.push_str(link);
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if client_id.bytes().all(is_unreserved) {
            out.push_str(client_id);
        } else {
            for byte in client_id.bytes() {
                use fmt::Write;
                // Writing to a String cannot fail.
                let _ = if is_unreserved(byte) {
                    write!(out, "{}", char::from(byte))
                } else {
                    write!(out, "%{byte:02X}")
                };
            }
        }
        out.push('"');
    }
}

/// Writes the body: credentials and times, then the metadata as it is stored.
pub(crate) fn write_body(
    client: &Client,
    secret: Option<&ClientSecret>,
    token: Option<&RegistrationAccessToken>,
    uris: &ClientUris,
    policy: &Policy,
) -> String {
    let shaped = shaped(client, policy);
    let metadata = shaped.as_deref().unwrap_or(client.0.metadata.text());
    let mut body = String::with_capacity(metadata.len() + uris.endpoint.len() + 480);
    body.push_str("{\"client_id\":");
    write_text(client.0.id.as_str(), &mut body);
    if let Some(secret) = secret {
        body.push_str(",\"client_secret\":");
        write_text(secret.expose_secret(), &mut body);
    }
    body.push_str(",\"client_id_issued_at\":");
    write_int(client.0.issued_at, &mut body);
    if secret.is_some() {
        // RFC 7591 section 3.2.1: with a secret, and 0 if it never expires.
        body.push_str(",\"client_secret_expires_at\":");
        write_int(client.0.secret_expires_at.unwrap_or(0), &mut body);
    }
    if let Some(token) = token {
        body.push_str(",\"registration_access_token\":");
        write_text(token.expose_secret(), &mut body);
    }
    // RFC 7592 section 3: the token and the URI are returned together or not at all.
    if token.is_some() {
        uris.write(client.0.id.as_str(), policy.response.client_uri.unwrap_or(ClientUri::Query), &mut body);
    }
    if metadata.len() > 2 {
        body.push(',');
        body.push_str(metadata.get(1..).unwrap_or("}"));
    } else {
        body.push('}');
    }
    body
}

/// The metadata as the profile shapes it; nothing if it is answered as it is stored.
fn shaped(client: &Client, policy: &Policy) -> Option<String> {
    let response = &policy.response;
    let hides_statement = response.echo_statement == Some(false);
    let flattens = response.flatten_statement == Some(Flatten::All);
    if response.omit.is_empty() && !policy.hides_members() && !hides_statement && !flattens {
        return None;
    }
    let is_omitted = |name: &str| response.omit.iter().any(|own| own == name);
    let is_hidden = |field: FieldId| {
        policy.member(field).is_some_and(|member| !member.echo)
            || hides_statement && field == fields::SOFTWARE_STATEMENT
            || is_omitted(policy.name_of(field))
    };
    let mut document = client.0.metadata.document().ok()?;
    document.retain(|field| !is_hidden(field));
    if flattens {
        let flattened = flattened(client, policy);
        document.extras.retain(|extra| !flattened.iter().any(|own| own.name == extra.name));
        document.extras.extend(flattened);
    }
    document.extras.retain(|extra| !is_omitted(&extra.name));
    Some(document.to_json_text())
}

/// Members that a hook cannot change: the identifier, and what gives access.
const FIXED: [&str; 4] =
    ["client_id", "client_secret", "registration_access_token", "registration_client_uri"];

/// The body as a hook may change it.
pub(crate) fn as_map(body: &str) -> Map<String, Value> {
    serde_json::from_str(body).unwrap_or_default()
}

/// The body as a hook changed it, with the fixed members as they were.
pub(crate) fn from_map(body: &str, mut map: Map<String, Value>) -> String {
    map.retain(|name, _| !FIXED.contains(&name.as_str()));
    for (name, value) in as_map(body) {
        if FIXED.contains(&name.as_str()) {
            map.insert(name, value);
        }
    }
    Value::Object(map).to_string()
}
