//! Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client whose identifier is the URL
//! of its metadata, judged by the same policy as one that registers, and kept nowhere.

use std::sync::LazyLock;
use std::time::Duration;

use crate::client::{Client, ClientId, ClientState, Record, Registered};
use crate::error::{Error, Failure, Violation};
use crate::host::FetchPurpose;
use crate::json;
use crate::metadata::{Document, Origin, fields};
use crate::policy::{Facts, Policy};
use crate::profile::{Body, Operation, Profile};
use crate::regime::{Regime, Rules};
use crate::registrar::Registrar;
use crate::rules::uri::{MAX_URI, ParsedUri};

const SPEC: &str = "draft-ietf-oauth-client-id-metadata-document 3";

/// The longest time that a document may be kept, whatever its server says: a client whose keys were stolen changes
/// them, and that must come through.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// The preset `cimd`, for registrars without a profile of their own for metadata documents.
static PRESET: LazyLock<Option<Rules>> = LazyLock::new(|| {
    let profile = Profile::preset("cimd")?.compose().ok()?;
    let policy = Policy::compile(&profile, None).ok()?;
    Some(Rules::new(policy, None))
});

/// A client that a metadata document describes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ResolvedDocument {
    /// The client. Its identifier is the URL; it has no secret, no token, and no place in the store.
    pub client: Client,
    /// For how long the server of the document lets it be kept, at most a day; zero: not at all. `None`: it says
    /// nothing, and the host decides. Only what was resolved may be kept, never an error.
    pub max_age: Option<Duration>,
}

impl Registrar {
    /// The client of a metadata document (draft-ietf-oauth-client-id-metadata-document): fetches the URL, checks that
    /// the document says so of itself, and judges it by the preset `cimd`, or by the first profile of this registrar
    /// that takes bodies of the kind `metadata_document`. Nothing is stored; what may be kept, and for how long, is
    /// said beside the client.
    ///
    /// A registrar that is for clients of both kinds asks its store first: identifiers it makes itself never begin
    /// with `https://`. It fetches the document at every call, through the resolver: put rate limits in front.
    ///
    /// ```
    /// use oauth_dcr::testing::{StaticResolver, run};
    /// use oauth_dcr::{MemoryClientStore, Registrar, RegistrarConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let id = "https://app.example/client.json";
    /// let document = serde_json::json!({
    ///     "client_id": id, "client_name": "App", "redirect_uris": ["http://127.0.0.1/cb"],
    /// });
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let registrar = Registrar::builder(config, MemoryClientStore::default())
    ///     .jwks_resolver(StaticResolver::new().with(id, document))
    ///     .build()?;
    /// let resolved = run(registrar.resolve_metadata_document(id))?;
    /// assert_eq!(resolved.client.id().as_str(), id);
    /// assert_eq!(resolved.client.metadata().client_name.plain(), Some("App"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Rejected`] if the URL is none that names a client, if its document cannot be had, or with everything
    /// that is wrong with it.
    pub async fn resolve_metadata_document(&self, uri: &str) -> Result<ResolvedDocument, Error> {
        let own = self.0.regimes().find(|regime| takes_documents(regime.policy));
        let regime = match (own, &*PRESET) {
            (Some(regime), _) => regime,
            (None, Some(rules)) => Regime::new(&self.0, rules),
            (None, None) => return Err(Error::NotOffered(Operation::Read)),
        };
        regime.resolve(uri).await
    }
}

/// Whether a profile is for metadata documents.
pub(crate) fn takes_documents(policy: &Policy) -> bool {
    policy.request.media_types.iter().any(|(_, body)| *body == Body::MetadataDocument)
}

impl Regime<'_> {
    async fn resolve(&self, uri: &str) -> Result<ResolvedDocument, Error> {
        let refuse = |message: String| Err(self.policy.reject(vec![violation(message)]).into());
        let id = match client_id(uri) {
            Ok(id) => id,
            Err(message) => return refuse(message),
        };
        let Some(url) = self.gate.admit(uri, false) else {
            return refuse("is a URL that this server does not fetch".to_owned());
        };
        let most = self.policy.max_bytes;
        // Why it cannot be had is not told: the server is no port scanner.
        let Ok(fetched) = self.resolver.fetch_document(&url, FetchPurpose::ClientMetadata, most).await else {
            return refuse("its metadata document could not be fetched".to_owned());
        };
        let text = fetched.document.to_string();
        let mut document = match json::read_object(text.as_bytes(), self.settings.limits, Origin::Request) {
            Ok(document) => document,
            Err(fault) => return refuse(format!("its metadata document {fault}")),
        };
        // Section 4: by simple string comparison (RFC 3986 section 6.2.1).
        if document.text(fields::CLIENT_ID) != Some(uri) {
            return refuse("must be what its metadata document has as client_id".to_owned());
        }
        let facts = Facts {
            operation: Operation::Create,
            reading: self.settings.reading,
            statement: None,
            granted: &[],
            certificate: None,
            stored: None,
        };
        self.accept(self.policy.apply(&mut document, &facts, None))?;
        self.accept(self.sector_fault(&document).await.into_iter().collect())?;
        let max_age = fetched.max_age.map(|max_age| max_age.min(MAX_AGE));
        Ok(ResolvedDocument { client: self.client_of(id, document), max_age })
    }

    fn client_of(&self, id: ClientId, mut document: Document<'_>) -> Client {
        document.remove(fields::CLIENT_ID);
        Client::from(Record {
            id,
            metadata: Registered::new(document.to_json_text()),
            issued_at: self.clock.now().unix_timestamp(),
            expires_at: None,
            secret: None,
            secret_expires_at: None,
            previous_secret: None,
            token: None,
            token_expires_at: None,
            previous_token: None,
            state: ClientState::Active,
            last_used_at: None,
            flags: self.initial_flags(),
            provenance: self.origin.clone(),
            unique_key: None,
            janssen: None,
            revision: 0,
        })
    }
}

/// The URL as an identifier: https, with a path, and nothing in it that another reader would take for something else.
fn client_id(uri: &str) -> Result<ClientId, String> {
    let parsed = ParsedUri::parse(uri, MAX_URI)?;
    if !parsed.is_https() {
        return Err("must use https".to_owned());
    }
    if parsed.has_fragment() {
        return Err("must not have a fragment".to_owned());
    }
    let rest = uri.get("https://".len()..).unwrap_or_default();
    let Some((_, path)) = rest.split_once('/') else { return Err("must have a path".to_owned()) };
    let path = path.split('?').next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("must not have dot segments".to_owned());
    }
    ClientId::new(uri).ok_or_else(|| "must have at most 256 characters".to_owned())
}

fn violation(message: String) -> Violation {
    Violation::new("client_id", "metadata_document", Failure::METADATA, message).with_spec(SPEC)
}
