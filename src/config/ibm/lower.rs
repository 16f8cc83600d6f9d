//! From the stanza to a profile.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Authentication, IbmDynamicRegistration, StatementKeys};
use crate::config::lower::ASYMMETRIC;
use crate::profile::{
    Access, ClientUri, Hook, HookStage, Issuer, Jws, KeySource, ManagementToken, Mtls, Operation, Presence,
    Profile, ResponsePolicy, StatementPolicy, Token,
};

impl IbmDynamicRegistration {
    /// What the stanza demands: its recipe, with the switches laid over it. The name of the profile is `ibm`.
    ///
    /// ```
    /// use oauth_dcr::config::IbmDynamicRegistration;
    ///
    /// let stanza: IbmDynamicRegistration = serde_json::from_str(r#"{ "recipe": "FAPI_DEFAULT" }"#)?;
    /// assert_eq!(stanza.to_profile().extends, ["ibm-fapi-default"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn to_profile(&self) -> Profile {
        let preset = self.recipe.preset();
        let base = Profile::preset(preset).and_then(|preset| preset.compose().ok()).unwrap_or_default();
        Profile {
            dcr_profile: 1,
            name: "ibm".to_owned(),
            extends: vec![preset.to_owned()],
            software_statement: StatementPolicy {
                presence: self.registration.software_statement.then_some(Presence::Required),
                presence_on_update: self.presence_on_update(&base),
                issuers: self.issuers(&base),
                ..StatementPolicy::default()
            },
            access: Operation::ALL.map(|operation| (operation, self.access(operation, &base.access))).into(),
            response: self.response(&base),
            hooks: self.mapping_rule.iter().map(|id| mapping_rule(id)).collect(),
            ..Profile::default()
        }
    }

    /// The switches of the two endpoints are apart, while updates of a profile follow registrations.
    fn presence_on_update(&self, base: &Profile) -> Option<Presence> {
        let own = &base.software_statement;
        match (self.management.software_statement, self.registration.software_statement) {
            (true, _) => Some(Presence::Required),
            (false, true) if own.presence_on_update.or(own.presence) != Some(Presence::Required) => {
                Some(Presence::Optional)
            }
            _ => None,
        }
    }

    fn issuers(&self, base: &Profile) -> Vec<Issuer> {
        let Some(StatementKeys { jwks_uri, signing_algs }) = &self.statements else { return Vec::new() };
        let keys = vec![KeySource::Uri { uri: jwks_uri.as_str().to_owned() }];
        let own = &base.software_statement.issuers;
        if self.recipe.is_regional() {
            let is_taken = |alg: &String| signing_algs.as_ref().is_none_or(|taken| taken.contains(alg));
            let mut issuers = own.clone();
            for issuer in &mut issuers {
                issuer.jws.keys.clone_from(&keys);
                issuer.jws.algs.retain(is_taken);
            }
            return issuers;
        }
        let algs = signing_algs.clone().unwrap_or_else(|| ASYMMETRIC.map(str::to_owned).to_vec());
        let names = self.statement_issuers.iter().map(|iss| Value::from(iss.as_str()));
        let mut iss: Vec<Value> = names.collect();
        if iss.is_empty() {
            iss.push("$any".into());
        }
        vec![Issuer { iss, jws: Jws { algs, keys, ..Jws::default() }, ..Issuer::default() }]
    }

    /// Who may call. What a regional recipe demands stays: a switch that is off asks for nothing more. The others leave
    /// tokens to the switches.
    fn access(&self, operation: Operation, base: &BTreeMap<Operation, Access>) -> Access {
        let is_creation = operation == Operation::Create;
        let Authentication { certificate, bearer_token, .. } =
            if is_creation { self.registration } else { self.management };
        let scopes = self.token.scopes.clone();
        let mut access = base.get(&operation).cloned().unwrap_or_default();
        if certificate {
            access.mtls = Some(Mtls::Required);
        }
        let is_open = access.tokens.is_empty() || access.tokens.contains(&Token::Open);
        if is_open || !self.recipe.is_regional() {
            access.tokens = vec![match (bearer_token, is_creation) {
                (false, _) => Token::Open,
                (true, true) => Token::InitialAccess { scopes },
                (true, false) => Token::RegistrationAccess { scopes },
            }];
        } else if !is_creation && self.token.is_issued {
            access.tokens.push(Token::RegistrationAccess { scopes });
        }
        access
    }

    fn response(&self, base: &Profile) -> ResponsePolicy {
        let token = &self.token;
        let scopes = if token.is_issued { token.scopes.clone() } else { Vec::new() };
        // A token comes with the address that it is for (RFC 7591 section 3.2.1).
        let needs_uri = token.is_issued && base.response.client_uri == Some(ClientUri::None);
        ResponsePolicy {
            management_token: Some(ManagementToken {
                issue: token.is_issued,
                ttl_s: token.lifetime,
                scopes,
                ..ManagementToken::default()
            }),
            client_uri: needs_uri.then_some(ClientUri::Query),
            ..ResponsePolicy::default()
        }
    }
}

/// The rule is run where values may still be set.
fn mapping_rule(id: &str) -> Hook {
    Hook { stage: HookStage::AfterPolicy, name: id.to_owned(), config: Value::Null }
}
