//! Checks of a request against its software statement and its certificate, ready for a hook: the helpers of Janssen's
//! script context.

use serde_json::Value;

use super::{Draft, HookContext, HookError};
use crate::error::ErrorCode;

/// Checks against the statement and the certificate. Each refuses with 400 and the code of Janssen's helper of that
/// name.
///
/// ```
/// use oauth_dcr::HookFns;
///
/// let hook = HookFns::default().on_create(|cx, draft| cx.validate_ssa(draft));
/// ```
impl HookContext<'_> {
    /// All checks below, in their order; redirection URIs against the claim `software_redirect_uris`.
    ///
    /// # Errors
    ///
    /// That of the first check that does not hold.
    pub fn validate_ssa(&self, draft: &Draft<'_>) -> Result<(), HookError> {
        self.validate_ssa_not_null()?;
        self.validate_ssa_redirect_uri(draft, "software_redirect_uris")?;
        self.validate_software_id()?;
        self.validate_cert_subject_has_cn_and_ou()?;
        self.validate_cn_equals_software_id()?;
        self.validate_ou_equals_org_id()?;
        self.validate_issuer()
    }

    /// There is a software statement.
    ///
    /// # Errors
    ///
    /// `invalid_software_statement`
    pub fn validate_ssa_not_null(&self) -> Result<(), HookError> {
        self.statement_claims().map(|_| ()).ok_or_else(|| {
            HookError::rejected(ErrorCode::INVALID_SOFTWARE_STATEMENT, "software_statement: must be given")
        })
    }

    /// Every redirection URI of the draft is one of those in a claim of the statement. Without the claim there is
    /// nothing to compare.
    ///
    /// # Errors
    ///
    /// `invalid_redirect_uri`
    pub fn validate_ssa_redirect_uri(&self, draft: &Draft<'_>, claim: &str) -> Result<(), HookError> {
        let Some(attested) = self.statement_claim(claim).filter(|value| !value.is_null()) else {
            return Ok(());
        };
        let is_attested = |uri: &Value| match attested {
            Value::Array(items) => items.contains(uri),
            single => single == uri,
        };
        let asked = draft.get("redirect_uris");
        let mut asked = asked.iter().filter_map(Value::as_array).flatten().enumerate();
        match asked.find(|(_, uri)| !is_attested(uri)) {
            None => Ok(()),
            Some((index, _)) => {
                let message = format!("redirect_uris[{index}]: must be in {claim} of the software statement");
                Err(HookError::rejected(ErrorCode::INVALID_REDIRECT_URI, message))
            }
        }
    }

    /// The `software_id` of the request, if it has one, is that of the statement.
    ///
    /// # Errors
    ///
    /// `invalid_client_metadata`
    pub fn validate_software_id(&self) -> Result<(), HookError> {
        let asked = self.request_member("software_id").filter(|value| !value.is_null());
        require(
            asked.is_none_or(|asked| self.statement_claim("software_id") == Some(asked)),
            "software_id: must be that of the software statement",
        )
    }

    /// The subject of the client certificate has a CN and an OU.
    ///
    /// # Errors
    ///
    /// `invalid_client_metadata`
    pub fn validate_cert_subject_has_cn_and_ou(&self) -> Result<(), HookError> {
        require(
            !self.subject("CN").is_empty() && !self.subject("OU").is_empty(),
            "the subject of the client certificate must have CN and OU",
        )
    }

    /// A CN of the certificate is the `software_id` of the statement.
    ///
    /// # Errors
    ///
    /// `invalid_client_metadata`
    pub fn validate_cn_equals_software_id(&self) -> Result<(), HookError> {
        require(
            self.subject("CN").into_iter().any(|cn| self.attests("software_id", cn)),
            "the CN of the client certificate must be the software_id of the software statement",
        )
    }

    /// An OU of the certificate is the `org_id` of the statement.
    ///
    /// # Errors
    ///
    /// `invalid_client_metadata`
    pub fn validate_ou_equals_org_id(&self) -> Result<(), HookError> {
        require(
            self.subject("OU").into_iter().any(|ou| self.attests("org_id", ou)),
            "the OU of the client certificate must be the org_id of the software statement",
        )
    }

    /// The issuer of the statement, and that of the client certificate if there is one, are among the names of
    /// `trustedSsaIssuers`: the one as text, the other as a distinguished name. Without names there is nothing to
    /// compare.
    ///
    /// # Errors
    ///
    /// `invalid_client_metadata`
    pub fn validate_issuer(&self) -> Result<(), HookError> {
        let trusted = self.trusted_issuers;
        if trusted.is_empty() {
            return Ok(());
        }
        require(
            self.statement_issuer().is_some_and(|issuer| trusted.iter().any(|own| own == issuer)),
            "the issuer of the software statement is not trusted here",
        )?;
        require(
            self.certificate.is_none_or(|certificate| trusted.iter().any(|own| certificate.issuer_is(own))),
            "the issuer of the client certificate is not trusted here",
        )
    }

    /// The values of an attribute of the certificate's subject.
    fn subject(&self, attribute: &str) -> Vec<&str> {
        let name = format!("subject.{attribute}");
        let values = self.certificate.iter().flat_map(|certificate| certificate.attributes(&name));
        values.filter(|value| !value.is_empty()).collect()
    }

    fn attests(&self, claim: &str, value: &str) -> bool {
        self.statement_claim(claim).and_then(Value::as_str) == Some(value)
    }
}

fn require(holds: bool, message: &str) -> Result<(), HookError> {
    if holds { Ok(()) } else { Err(HookError::rejected(ErrorCode::INVALID_CLIENT_METADATA, message)) }
}
