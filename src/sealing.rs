//! How secrets are kept, and read again.

use crate::client::{Client, ClientId, Record};
use crate::engine::{Engine, host_error};
use crate::error::Error;
use crate::issue::SecretNeed;
use crate::registrar::Registrar;
use crate::secret::{ClientSecret, StoredSecret, TokenDigest};

const PART: &str = "secret sealer";

impl Engine {
    /// How a secret is stored, if there is one: as a digest where comparing is enough, else so that it can be read again.
    pub(crate) async fn stored_secret(
        &self,
        client: &ClientId,
        secret: Option<&ClientSecret>,
        need: SecretNeed,
    ) -> Result<Option<StoredSecret>, Error> {
        let Some(secret) = secret else { return Ok(None) };
        let digest = || TokenDigest::of(secret.expose_secret());
        if need != SecretNeed::Computed && !self.settings.return_secret_on_read {
            return Ok(Some(StoredSecret::Digest(digest())));
        }
        let Some(sealer) = &self.sealer else { return Ok(Some(StoredSecret::Recoverable(secret.clone()))) };
        let sealed = sealer.seal(client, secret).await.map_err(|source| host_error(PART, true, source))?;
        Ok(Some(StoredSecret::Sealed { digest: digest(), sealed }))
    }

    /// A secret that can be read again, if the configuration returns it on read.
    pub(crate) async fn shown_secret(&self, client: &Record) -> Result<Option<ClientSecret>, Error> {
        match &client.secret {
            Some(secret) if self.settings.return_secret_on_read => self.opened(&client.id, secret).await,
            _ => Ok(None),
        }
    }

    /// A secret that can be read again. What opens to another one than it was sealed from was tampered with.
    async fn opened(&self, client: &ClientId, secret: &StoredSecret) -> Result<Option<ClientSecret>, Error> {
        let (digest, sealed) = match secret {
            StoredSecret::Digest(_) => return Ok(None),
            StoredSecret::Recoverable(secret) => return Ok(Some(secret.clone())),
            StoredSecret::Sealed { digest, sealed } => (digest, sealed),
        };
        let Some(sealer) = &self.sealer else {
            return Err(host_error(
                PART,
                false,
                "the registrar has none to open a sealed secret with".into(),
            ));
        };
        let opened = sealer.open(client, sealed).await.map_err(|source| host_error(PART, true, source))?;
        if !digest.matches(opened.expose_secret()) {
            return Err(host_error(PART, false, "it opened another secret than it was given".into()));
        }
        Ok(Some(opened))
    }
}

impl Registrar {
    /// The secret of a client in clear, for what the host computes with it: the HMAC of a `client_secret_jwt`
    /// assertion, a request object or an ID Token. `None` if it has none that can be read again, since comparing is
    /// enough for it ([`Client::verify_secret`]), and if it has expired.
    ///
    /// ```
    /// use oauth_dcr::testing::run;
    /// use oauth_dcr::{MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;
    /// let body = br#"{ "redirect_uris": ["https://app.example.org/cb"],
    ///                  "token_endpoint_auth_method": "client_secret_jwt" }"#;
    /// let registration = run(registrar.register(RegisterRequest::from_body(body)))?;
    /// let secret = run(registrar.reveal_secret(registration.client()))?;
    /// assert_eq!(secret.as_ref(), registration.client_secret());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the secret is sealed and the [`SecretSealer`](crate::SecretSealer) fails, is missing, or
    /// opens something else.
    pub async fn reveal_secret(&self, client: &Client) -> Result<Option<ClientSecret>, Error> {
        let now = self.0.clock.now();
        let secret = client.secret().filter(|_| client.secret_expires_at().is_none_or(|expiry| now < expiry));
        self.reveal(client, secret).await
    }

    /// The secret before the current one in clear, as long as it is good (`clientSecretOverlapSeconds`): what was not
    /// computed with the current one may have been computed with this.
    ///
    /// # Errors
    ///
    /// As [`reveal_secret`](Self::reveal_secret).
    pub async fn reveal_previous_secret(&self, client: &Client) -> Result<Option<ClientSecret>, Error> {
        let now = self.0.clock.now().unix_timestamp();
        let previous = client.0.previous_secret.as_ref().filter(|previous| now < previous.valid_until);
        self.reveal(client, previous.map(|previous| &previous.secret)).await
    }

    async fn reveal(
        &self,
        client: &Client,
        secret: Option<&StoredSecret>,
    ) -> Result<Option<ClientSecret>, Error> {
        let Some(secret) = secret else { return Ok(None) };
        let result = self.0.opened(&client.0.id, secret).await;
        self.0.own_report().close(result)
    }
}
