//! From properties to who may call (Janssen, client registration: authorization).

use std::collections::BTreeMap;

use crate::config::RegistrarConfig;
use crate::profile::{Access, Bind, Mtls, Operation, Token};

impl RegistrarConfig {
    /// Who may call under a profile and this configuration. Each operation is given whole, as composition takes it.
    pub(crate) fn access_over(&self, base: &BTreeMap<Operation, Access>) -> BTreeMap<Operation, Access> {
        let mut access = BTreeMap::new();
        let of = |operation: Operation| base.get(&operation).cloned().unwrap_or_default();
        if self.dcr_authorization_with_mtls {
            let mut create = of(Operation::Create);
            create.mtls = Some(Mtls::Required);
            create.bind.push(Bind {
                cert: Some("subject_dn".to_owned()),
                equals: Some("$request.tls_client_auth_subject_dn".to_owned()),
                on_mismatch: Some("mtls".to_owned()),
                ..Bind::default()
            });
            access.insert(Operation::Create, create);
        }
        if self.dcr_authorization_with_client_credentials {
            for operation in [Operation::Read, Operation::Update, Operation::Delete] {
                let mut own = of(operation);
                // The access token takes the place of the registration access token.
                own.tokens.retain(|token| matches!(token, Token::ClientCredentials { .. }));
                if own.tokens.is_empty() {
                    own.tokens.push(Token::ClientCredentials { scopes: Vec::new(), sender: None });
                }
                access.insert(operation, own);
            }
        }
        access
    }
}
