//! What the host does to clients: states, sweeping, revocation.

use time::Duration;

use crate::client::{Client, ClientId, ClientState, Record};
use crate::engine::store_error;
use crate::error::Error;
use crate::event::{EventKind, Report};
use crate::host::{Cause, ClientDirectory, StoreError, Sweep};
use crate::registrar::{Registrar, TRIES};

impl Registrar {
    /// Moves a client to another state of its life: approves a pending one, suspends one, resumes a suspended one. For
    /// the host; what a client sends changes no state.
    ///
    /// # Errors
    ///
    /// [`Error::Host`] with [`StoreError::NotFound`] if there is no such client, or if the store fails.
    pub async fn set_state(&self, id: &ClientId, state: ClientState) -> Result<Client, Error> {
        let report = self.0.own_report();
        let result = self.set_state_reported(id, state, &report).await;
        report.close(result)
    }

    async fn set_state_reported(
        &self,
        id: &ClientId,
        state: ClientState,
        report: &Report<'_>,
    ) -> Result<Client, Error> {
        let store = &self.0.store;
        for _ in 0..TRIES {
            let client = store.get(id).await.map_err(store_error)?;
            let client = client.ok_or_else(|| store_error(StoreError::NotFound))?;
            let from = client.state();
            if from == state {
                return Ok(client);
            }
            let revision = client.revision();
            let next = Client::from(Record { state, revision: revision + 1, ..(*client.0).clone() });
            match store.replace(&next, revision).await {
                Ok(()) => {
                    report.tell(EventKind::StateChanged { from, to: state }, &next);
                    return Ok(next);
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(store_error(error)),
            }
        }
        Err(store_error(StoreError::Conflict))
    }

    /// Removes at most `limit` clients whose time is up (`expiredClientGraceSeconds`) or that were never used
    /// (`unusedClientLifetimeSeconds`), and says how many. For the host's scheduler, which calls it again until it says
    /// less than `limit`. An expired client behaves as deleted before it is swept.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use oauth_dcr::testing::{ManualClock, run};
    /// use oauth_dcr::{MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config: RegistrarConfig = serde_json::from_str(
    ///     r#"{ "registrationEndpoint": "https://op.example.com/register",
    ///          "dynamicRegistrationEnabled": true,
    ///          "unusedClientLifetimeSeconds": 2592000 }"#,
    /// )?;
    /// let (store, clock) = (Arc::new(MemoryClientStore::default()), ManualClock::new());
    /// let registrar = Registrar::builder(config, store.clone()).clock(clock.clone()).build()?;
    /// let body = br#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
    /// run(registrar.register(RegisterRequest::from_body(body)))?;
    ///
    /// assert_eq!(run(registrar.sweep(&*store, 100))?, 0);
    /// clock.advance(2_592_000);
    /// assert_eq!(run(registrar.sweep(&*store, 100))?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the store fails.
    pub async fn sweep(&self, directory: &dyn ClientDirectory, limit: usize) -> Result<usize, Error> {
        let (now, settings) = (self.0.clock.now(), &self.0.settings);
        let before = |seconds| now.saturating_sub(Duration::seconds(seconds));
        let mut due = Sweep::new(before(settings.expired_grace));
        if settings.unused_lifetime > 0 {
            due = due.with_unused_before(before(settings.unused_lifetime));
        }
        let removed = directory.sweep(&due, limit).await.map_err(store_error);
        self.removed(EventKind::Swept, removed)
    }

    /// Removes at most `limit` clients of a cause and says how many: of an issuer that is trusted no longer, of a
    /// statement that was recalled, of an initial access token that leaked. The host calls it again until it says less
    /// than `limit`, after it saw to it that no more are registered
    /// ([`InitialAccessTokens::revoke`](crate::InitialAccessTokens::revoke), another configuration).
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use oauth_dcr::testing::run;
    /// use oauth_dcr::{
    ///     Caller, Cause, InitialGrant, MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig,
    /// };
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RegistrarConfig::new("https://op.example.com/register".parse()?);
    /// let store = Arc::new(MemoryClientStore::default());
    /// let registrar = Registrar::builder(config, store.clone()).build()?;
    /// let caller = Caller::Granted(InitialGrant::new("acme-2026").with_owner("acme"));
    /// let body = br#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
    /// run(registrar.register(RegisterRequest::from_body(body).with_caller(&caller)))?;
    ///
    /// assert_eq!(run(registrar.revoke(&*store, &Cause::Owner("acme".into()), 100))?, 1);
    /// assert!(store.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Host`] if the store fails.
    pub async fn revoke(
        &self,
        directory: &dyn ClientDirectory,
        cause: &Cause,
        limit: usize,
    ) -> Result<usize, Error> {
        let removed = directory.revoke(cause, limit).await.map_err(store_error);
        self.removed(EventKind::Revoked { cause: cause.name() }, removed)
    }

    /// Tells of every client that was removed, and counts them.
    fn removed(&self, kind: EventKind<'_>, removed: Result<Vec<ClientId>, Error>) -> Result<usize, Error> {
        let report = self.0.own_report();
        if let Ok(removed) = &removed {
            removed.iter().for_each(|id| report.removed(kind, id));
        }
        report.close(removed.map(|removed| removed.len()))
    }
}
