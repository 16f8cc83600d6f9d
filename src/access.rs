//! Who may call: tokens, certificates, and what they must agree with.

use time::OffsetDateTime;

use crate::certificate::ClientCertificate;
use crate::client::{Client, ClientId};
use crate::engine::{Engine, host_error, store_error};
use crate::error::{Error, Failure, Unauthorized, Violation};
use crate::event::Report;
use crate::host::InitialGrant;
use crate::profile::{Access, Mtls, Operation, Sender, Token};
use crate::regime::Regime;
use crate::request::{AccessToken, Caller, ManagementRequest};
use crate::secret::TokenDigest;

/// The initial access token that a registration came with.
pub(crate) struct Entry {
    pub(crate) grant: InitialGrant,
    /// What a use of it is taken by. Nothing if the host counts uses itself.
    token: Option<TokenDigest>,
}

impl Engine {
    /// The initial access token of a caller. One that is not good is refused even where none is needed: its holder
    /// would not learn otherwise that the client is not theirs.
    pub(crate) async fn entry(&self, caller: &Caller) -> Result<Option<Entry>, Error> {
        match caller {
            Caller::Anonymous | Caller::Client(_) | Caller::AccessToken(_) => Ok(None),
            Caller::Granted(grant) if grant.is_good(self.clock.now()) => {
                Ok(Some(Entry { grant: grant.clone(), token: None }))
            }
            Caller::Bearer(token) => {
                let token = TokenDigest::of(token.expose_secret());
                let grant = match &self.initial_access {
                    Some(tokens) => tokens.find(&token).await.map_err(store_error)?,
                    None => None,
                };
                match grant.filter(|grant| grant.is_good(self.clock.now())) {
                    Some(grant) => Ok(Some(Entry { grant, token: Some(token) })),
                    None => Err(Unauthorized::InvalidToken.into()),
                }
            }
            Caller::Granted(_) | Caller::Malformed => Err(Unauthorized::InvalidToken.into()),
        }
    }

    /// Takes one use of the initial access token, when its client is about to be stored: whoever was refused for
    /// something else can try again with the same token.
    pub(crate) async fn redeem(&self, entry: Option<&Entry>) -> Result<(), Error> {
        let (Some(Entry { token: Some(token), .. }), Some(tokens)) = (entry, &self.initial_access) else {
            return Ok(());
        };
        match tokens.redeem(token, self.clock.now()).await.map_err(store_error)? {
            Some(_) => Ok(()),
            None => Err(Unauthorized::InvalidToken.into()),
        }
    }

    /// The profile that an initial access token names, if it names one.
    pub(crate) fn regime_of_entry(&self, entry: Option<&Entry>) -> Result<Option<Regime<'_>>, Error> {
        let Some(name) = entry.and_then(|entry| entry.grant.profile()) else { return Ok(None) };
        let named = self.regimes().find(|regime| **regime.profile_name() == *name);
        let unknown = || host_error("initial access tokens", false, unknown_profile(name).into());
        named.map(Some).ok_or_else(unknown)
    }

    /// Finds a client and admits its caller. An unknown, expired or suspended client, another client's token and a
    /// wrong one are the same refusal after the same work, so that nobody learns who is registered (RFC 7592 section
    /// 2); all else is told to admitted callers only.
    pub(crate) async fn authenticate<'e>(
        &'e self,
        operation: Operation,
        id: &ClientId,
        request: &ManagementRequest<'_>,
        report: &mut Report<'e>,
    ) -> Result<(Regime<'e>, Client, Admitted), Error> {
        self.is_enabled()?;
        if !self.regimes().any(|regime| regime.offers(operation)) {
            return Err(Error::NotOffered(operation));
        }
        let client = self.store().get(id).await.map_err(store_error)?;
        let regime =
            client.as_ref().map_or_else(|| self.regime(), |own| self.regime_of(&own.0.provenance.profile));
        report.under(&regime);
        let now = self.clock.now();
        if regime.is_outlived(operation, id, client.as_ref(), request.caller, now) {
            report.orphaned(id);
        }
        let admitted = regime.admit(operation, client.as_ref(), request.caller, now)?;
        let Some(client) = client else { return Err(Unauthorized::InvalidToken.into()) };
        report.admitted(client.id());
        if !regime.offers(operation) {
            return Err(Error::NotOffered(operation));
        }
        regime.check_certificate(operation, request.certificate)?;
        // Those of an update refer to what is in its body as well, and are judged with it.
        if matches!(operation, Operation::Read | Operation::Delete) {
            Box::pin(regime.check_bindings_of(&client, operation, request.certificate)).await?;
        }
        Ok((regime, client, admitted))
    }
}

/// What admitted the caller of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// Its registration access token.
    Token,
    /// The registration access token before that, whose successor was never used.
    PreviousToken,
    /// Something that the client does not hold.
    Other,
}

impl Regime<'_> {
    /// Whether the profile offers the operation at all.
    pub(crate) fn offers(&self, operation: Operation) -> bool {
        self.access(operation).is_none_or(|access| access.enabled.unwrap_or(true))
    }

    fn access(&self, operation: Operation) -> Option<&Access> {
        self.policy.access.get(&operation)
    }

    /// The tokens any one of which is enough. A profile that names none leaves registration open, and management to
    /// registration access tokens.
    fn tokens(&self, operation: Operation) -> &[Token] {
        const OPEN: &[Token] = &[Token::Open];
        const MANAGEMENT: &[Token] = &[Token::RegistrationAccess { scopes: Vec::new() }];
        match self.access(operation).map(|access| access.tokens.as_slice()) {
            None | Some([]) if operation == Operation::Create => OPEN,
            None | Some([]) => MANAGEMENT,
            Some(tokens) => tokens,
        }
    }

    /// Admits a registration.
    pub(crate) fn admit_creation(
        &self,
        caller: &Caller,
        certificate: Option<&ClientCertificate>,
        entry: Option<&Entry>,
    ) -> Result<(), Error> {
        if !self.offers(Operation::Create) {
            return Err(Error::NotOffered(Operation::Create));
        }
        let tokens = self.tokens(Operation::Create);
        if !tokens.contains(&Token::Open) {
            match (caller, entry) {
                (_, Some(entry)) => needs_scopes(tokens, entry.grant.scopes(), initial_access_scopes)?,
                (Caller::Anonymous, None) => return Err(Unauthorized::Missing.into()),
                (Caller::AccessToken(token), None) => {
                    needs_scopes(tokens, &token.scopes, |own| client_credentials_scopes(own, token.sender))?;
                }
                (_, None) => needs_scopes(tokens, &[], |own| client_credentials_scopes(own, None))?,
            }
        }
        self.check_certificate(Operation::Create, certificate)
    }

    /// Admits a read, an update or a deletion of a client.
    fn admit(
        &self,
        operation: Operation,
        client: Option<&Client>,
        caller: &Caller,
        now: OffsetDateTime,
    ) -> Result<Admitted, Error> {
        let tokens = self.tokens(operation);
        let is_known = client.is_some_and(|client| client.is_manageable(now));
        let refused = Err(Unauthorized::InvalidToken.into());
        match caller {
            Caller::Anonymous if tokens.contains(&Token::Open) && is_known => Ok(Admitted::Other),
            Caller::Anonymous if !tokens.contains(&Token::Open) => Err(Unauthorized::Missing.into()),
            Caller::Bearer(token) => {
                let admitted = own_token(client, &TokenDigest::of(token.expose_secret()), now);
                let Some(admitted) = admitted.filter(|_| is_known) else { return refused };
                // Its scopes are those that the profile issues it with, which were compared when the registrar was built.
                let takes = |own: &Token| matches!(own, Token::RegistrationAccess { .. } | Token::Open);
                if tokens.iter().any(takes) { Ok(admitted) } else { refused }
            }
            Caller::Client(id) => {
                self.admit_access_token(tokens, &AccessToken::new(id.clone()), client.filter(|_| is_known))
            }
            Caller::AccessToken(token) => self.admit_access_token(tokens, token, client.filter(|_| is_known)),
            _ => refused,
        }
    }

    fn admit_access_token(
        &self,
        tokens: &[Token],
        token: &AccessToken,
        client: Option<&Client>,
    ) -> Result<Admitted, Error> {
        if client.is_none_or(|client| *client.id() != token.client_id) {
            return Err(Unauthorized::InvalidToken.into());
        }
        needs_scopes(tokens, &token.scopes, |own| client_credentials_scopes(own, token.sender))?;
        Ok(Admitted::Other)
    }

    /// Whether the access token of a client, which the host vouched for, is still good and its client is not (RFC 7592
    /// sections 2.1 to 2.3), and the profile wants that to be told.
    fn is_outlived(
        &self,
        operation: Operation,
        id: &ClientId,
        client: Option<&Client>,
        caller: &Caller,
        now: OffsetDateTime,
    ) -> bool {
        let holder = match caller {
            Caller::Client(holder) => holder,
            Caller::AccessToken(token) => &token.client_id,
            _ => return false,
        };
        let is_told = self.access(operation).and_then(|access| access.revoke_token_on_unknown_client);
        is_told.unwrap_or(false) && holder == id && client.is_none_or(|client| client.is_expired(now))
    }

    /// The certificate, where the profile needs one.
    pub(crate) fn check_certificate(
        &self,
        operation: Operation,
        certificate: Option<&ClientCertificate>,
    ) -> Result<(), Error> {
        let Some(access) = self.access(operation) else { return Ok(()) };
        let mtls = access.mtls.unwrap_or(Mtls::Off);
        let fault = match (mtls, certificate, &access.anchors) {
            (Mtls::Off, ..) | (Mtls::Optional, None, _) => return Ok(()),
            (Mtls::Required, None, _) => "a client certificate is needed".to_owned(),
            (_, Some(certificate), Some(anchors)) if !certificate.is_verified_by(anchors) => {
                format!("the client certificate must be verified against {anchors}")
            }
            (_, Some(certificate), _) if !certificate.is_valid_at(self.clock.now()) => {
                "the client certificate is not valid at this time".to_owned()
            }
            (_, Some(_), _) => return Ok(()),
        };
        Err(self.policy.reject(vec![Violation::new("", "access.mtls", Failure::MTLS, fault)]).into())
    }
}

/// Which of its tokens a client was named with. Both are compared in any case.
fn own_token(client: Option<&Client>, presented: &TokenDigest, now: OffsetDateTime) -> Option<Admitted> {
    let stored =
        |own: fn(&Client) -> Option<&TokenDigest>| client.and_then(own).unwrap_or(&TokenDigest::NONE);
    let is_current = stored(|client| client.0.token.as_ref()).matches_digest(presented);
    let is_previous = stored(|client| client.0.previous_token.as_deref()).matches_digest(presented);
    let expiry = client.and_then(|client| client.0.token_expires_at);
    match (is_current, is_previous) {
        _ if expiry.is_some_and(|expiry| now.unix_timestamp() >= expiry) => None,
        (true, _) => Some(Admitted::Token),
        (false, true) => Some(Admitted::PreviousToken),
        (false, false) => None,
    }
}

/// The scopes that a token must have to be taken as an initial access token.
fn initial_access_scopes(token: &Token) -> Option<&[String]> {
    match token {
        Token::InitialAccess { scopes } => Some(scopes),
        _ => None,
    }
}

/// The scopes that a token must have to be taken as an access token of the client, bound as it is.
fn client_credentials_scopes(token: &Token, bound: Option<Sender>) -> Option<&[String]> {
    match token {
        Token::ClientCredentials { scopes, sender } => {
            let is_bound = match sender {
                None => true,
                Some(Sender::Any) => bound.is_some(),
                needed => bound == *needed,
            };
            is_bound.then_some(scopes)
        }
        _ => None,
    }
}

/// A token of a kind that is taken here, with all the scopes that its kind needs.
fn needs_scopes<'t>(
    tokens: &'t [Token],
    scopes: &[String],
    needed: impl Fn(&'t Token) -> Option<&'t [String]>,
) -> Result<(), Error> {
    let mut kinds = tokens.iter().filter_map(needed).peekable();
    let Some(first) = kinds.peek().copied() else { return Err(Unauthorized::InvalidToken.into()) };
    if kinds.any(|needed| needed.iter().all(|scope| scopes.contains(scope))) {
        return Ok(());
    }
    Err(Error::InsufficientScope(first.join(" ")))
}

pub(crate) fn unknown_profile(name: &str) -> String {
    format!("the profile `{name}` is none of this registrar")
}
