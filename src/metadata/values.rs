//! The words of the registries, open for those to come.

use std::fmt;

/// Makes an enum of registered words with `Other` for the rest. Parsing never fails: which words a server takes is
/// a matter of its policy, not of the type.
macro_rules! open_words {
    ($( $(#[$meta:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? } )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( #[doc = concat!("`", $word, "`")] $variant, )+
            /// A word that this version does not know.
            Other(Box<str>),
        }

        impl $name {
            /// The words this version knows.
            pub const KNOWN: &'static [&'static str] = &[$($word),+];

            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $( $word => Self::$variant, )+
                    _ => Self::Other(word.into()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )+ };
}

open_words! {
    /// How a client authenticates at the token endpoint (RFC 7591 section 2, OpenID Connect Core section 9).
    TokenEndpointAuthMethod {
        None = "none",
        ClientSecretBasic = "client_secret_basic",
        ClientSecretPost = "client_secret_post",
        ClientSecretJwt = "client_secret_jwt",
        PrivateKeyJwt = "private_key_jwt",
        TlsClientAuth = "tls_client_auth",
        SelfSignedTlsClientAuth = "self_signed_tls_client_auth",
        AttestJwtClientAuth = "attest_jwt_client_auth",
        AttestJwtClientAuthDpop = "attest_jwt_client_auth_dpop",
    }

    /// A grant type (RFC 7591 section 2; the URNs of the documents that add one).
    GrantType {
        AuthorizationCode = "authorization_code",
        Implicit = "implicit",
        RefreshToken = "refresh_token",
        ClientCredentials = "client_credentials",
        Password = "password",
        JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer",
        Saml2Bearer = "urn:ietf:params:oauth:grant-type:saml2-bearer",
        DeviceCode = "urn:ietf:params:oauth:grant-type:device_code",
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
        UmaTicket = "urn:ietf:params:oauth:grant-type:uma-ticket",
        Ciba = "urn:openid:params:grant-type:ciba",
    }

    /// A response type, its words in the spelling of the registry (RFC 6749 section 3.1.1).
    ResponseType {
        Code = "code",
        Token = "token",
        IdToken = "id_token",
        IdTokenToken = "id_token token",
        CodeIdToken = "code id_token",
        CodeToken = "code token",
        CodeIdTokenToken = "code id_token token",
        None = "none",
        VpToken = "vp_token",
        VpTokenIdToken = "vp_token id_token",
    }

    /// `web` or `native` (OpenID Connect Registration section 2).
    ApplicationType { Web = "web", Native = "native" }

    /// `pairwise` or `public` (OpenID Connect Core section 8).
    SubjectType { Pairwise = "pairwise", Public = "public" }

    /// How CIBA delivers tokens (CIBA Core section 4).
    TokenDeliveryMode { Poll = "poll", Ping = "ping", Push = "push" }

    /// A JWS algorithm (RFC 7518 section 3.1, RFC 8037, RFC 8812, RFC 9864).
    JwsAlgorithm {
        None = "none",
        Hs256 = "HS256", Hs384 = "HS384", Hs512 = "HS512",
        Rs256 = "RS256", Rs384 = "RS384", Rs512 = "RS512",
        Es256 = "ES256", Es384 = "ES384", Es512 = "ES512", Es256K = "ES256K",
        Ps256 = "PS256", Ps384 = "PS384", Ps512 = "PS512",
        EdDsa = "EdDSA", Ed25519 = "Ed25519", Ed448 = "Ed448",
    }

    /// A JWE key management algorithm (RFC 7518 section 4.1).
    JweAlgorithm {
        Rsa15 = "RSA1_5", RsaOaep = "RSA-OAEP", RsaOaep256 = "RSA-OAEP-256",
        A128Kw = "A128KW", A192Kw = "A192KW", A256Kw = "A256KW", Dir = "dir",
        EcdhEs = "ECDH-ES", EcdhEsA128Kw = "ECDH-ES+A128KW", EcdhEsA192Kw = "ECDH-ES+A192KW",
        EcdhEsA256Kw = "ECDH-ES+A256KW",
        A128GcmKw = "A128GCMKW", A192GcmKw = "A192GCMKW", A256GcmKw = "A256GCMKW",
        Pbes2Hs256 = "PBES2-HS256+A128KW", Pbes2Hs384 = "PBES2-HS384+A192KW", Pbes2Hs512 = "PBES2-HS512+A256KW",
    }

    /// A JWE content encryption algorithm (RFC 7518 section 5.1).
    JweEncryption {
        A128CbcHs256 = "A128CBC-HS256", A192CbcHs384 = "A192CBC-HS384", A256CbcHs512 = "A256CBC-HS512",
        A128Gcm = "A128GCM", A192Gcm = "A192GCM", A256Gcm = "A256GCM",
    }
}

impl JwsAlgorithm {
    /// Whether the algorithm is an HMAC, and so needs a client secret.
    #[must_use]
    pub fn is_symmetric(&self) -> bool {
        is_symmetric_algorithm(self.as_str())
    }
}

impl JweAlgorithm {
    /// Whether the algorithm takes its key from the client secret (OpenID Connect Core section 10.2).
    #[must_use]
    pub fn is_symmetric(&self) -> bool {
        is_symmetric_algorithm(self.as_str())
    }
}

/// Whether a JWS or JWE algorithm works with a shared secret (RFC 7518 sections 3.1 and 4.1).
pub(crate) fn is_symmetric_algorithm(name: &str) -> bool {
    name == "dir"
        || name.starts_with("HS")
        || name.starts_with("PBES2-")
        || (name.starts_with('A') && name.ends_with("KW"))
}

/// A URI as it was sent. What it may look like is judged before it is stored; the text is never altered, since it
/// is compared as an exact string later (OpenID Connect Registration section 2).
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct MetadataUri(pub(crate) Box<str>);

/// A redirection URI as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct RedirectUri(pub(crate) Box<str>);

macro_rules! text_of {
    ($($name:ident)+) => { $(
        impl $name {
            /// The text as it was sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+ };
}
text_of!(MetadataUri RedirectUri);

impl RedirectUri {
    /// Whether a URI presented at the authorization endpoint is this one.
    ///
    /// Exact comparison, with the one exception that RFC 8252 section 7.3 makes: for a registered `http` URI on a
    /// loopback IP literal any port is accepted.
    ///
    /// ```
    /// # use oauth_dcr::ClientMetadata;
    /// let json = r#"{"redirect_uris": ["http://127.0.0.1/cb"]}"#;
    /// let metadata = ClientMetadata::from_json(json).unwrap();
    /// let [registered] = metadata.redirect_uris.as_deref().unwrap() else { panic!() };
    /// assert!(registered.matches("http://127.0.0.1:49152/cb"));
    /// assert!(!registered.matches("http://127.0.0.1:49152/other"));
    /// ```
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        *self.0 == *presented
            || matches!(
                (without_loopback_port(&self.0), without_loopback_port(presented)),
                (Some(registered), Some(presented)) if registered == presented
            )
    }
}

/// Splits `http://127.0.0.1:PORT/rest` into host and rest.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    ["http://127.0.0.1", "http://[::1]"].into_iter().find_map(|start| {
        let rest = uri.strip_prefix(start)?;
        let Some(port_and_rest) = rest.strip_prefix(':') else {
            return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((start, rest));
        };
        let end = port_and_rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(port_and_rest.len());
        let (port, rest) = port_and_rest.split_at(end);
        let port_is_valid = port.parse::<u16>().is_ok_and(|port| port > 0);
        (port_is_valid && (rest.is_empty() || rest.starts_with(['/', '?']))).then_some((start, rest))
    })
}

/// A set of scope tokens, in the order in which they were given (RFC 6749 section 3.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(pub(crate) Box<str>);

impl Scope {
    /// The tokens.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// Whether a token is in the set.
    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.iter().any(|own| own == token)
    }

    /// The tokens with single spaces between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A human-readable value and its variants by language (RFC 7591 section 2.2).
///
/// Tags are BCP 47 and compared without regard to case. Nothing is assumed about the language of the plain value.
#[derive(Clone, Debug, Default)]
pub struct Localized {
    pub(crate) plain: Option<Box<str>>,
    pub(crate) variants: Vec<(Box<str>, Box<str>)>,
}

/// The order of variants has no meaning, nor has the case of their tags.
impl PartialEq for Localized {
    fn eq(&self, other: &Self) -> bool {
        self.plain == other.plain
            && self.variants.len() == other.variants.len()
            && self.variants.iter().all(|(tag, value)| other.get(tag) == Some(value))
    }
}

impl Localized {
    /// The value without a tag.
    #[must_use]
    pub fn plain(&self) -> Option<&str> {
        self.plain.as_deref()
    }

    /// The value with exactly this tag, in any case.
    #[must_use]
    pub fn get(&self, tag: &str) -> Option<&str> {
        self.variants.iter().find(|(own, _)| own.eq_ignore_ascii_case(tag)).map(|(_, value)| &**value)
    }

    /// The best value for a language: the tag itself, then the tag cut at its last `-` (RFC 4647 section 3.4), then
    /// the plain value.
    ///
    /// ```
    /// # use oauth_dcr::ClientMetadata;
    /// let json = r#"{"client_name": "Example", "client_name#fr": "Exemple"}"#;
    /// let name = ClientMetadata::from_json(json).unwrap().client_name;
    /// assert_eq!(name.for_language("fr-CA"), Some("Exemple"));
    /// assert_eq!(name.for_language("de"), Some("Example"));
    /// ```
    #[must_use]
    pub fn for_language(&self, tag: &str) -> Option<&str> {
        let mut range = tag;
        loop {
            if let Some(value) = self.get(range) {
                return Some(value);
            }
            match range.rfind('-') {
                Some(end) => range = range.get(..end)?,
                None => return self.plain(),
            }
        }
    }

    /// The variants as (tag, value).
    pub fn variants(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variants.iter().map(|(tag, value)| (&**tag, &**value))
    }

    /// Whether there is neither a plain value nor a variant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plain.is_none() && self.variants.is_empty()
    }
}
