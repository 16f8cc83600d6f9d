//! What a client certificate must agree with: the statement, the request, the client, or the keys that these name.

use serde_json::Value;

use crate::certificate::ClientCertificate;
use crate::client::Client;
use crate::engine::Engine;
use crate::engine::store_error;
use crate::envelope::Asked;
use crate::error::{Error, Failure, Violation};
use crate::host::{FetchPurpose, JwksResolver, StoreError};
use crate::metadata::Document;
use crate::policy::claim;
use crate::profile::{Bind, Operation};
use crate::regime::Regime;
use crate::statement::Statement;

/// What bindings refer to.
struct Referred<'a> {
    certificate: Option<&'a ClientCertificate>,
    request: Option<&'a Document<'a>>,
    statement: Option<&'a Document<'a>>,
    client: Option<&'a Document<'a>>,
}

impl Regime<'_> {
    /// Judges the certificate of a verified request. What it must agree with and what is not there does not agree.
    pub(crate) async fn check_bindings(
        &self,
        operation: Operation,
        certificate: Option<&ClientCertificate>,
        asked: &Asked<'_, '_>,
        statement: Option<&Statement<'_, '_>>,
        client: Option<&Document<'_>>,
    ) -> Result<(), Error> {
        let statement = statement.map(|statement| &statement.claims);
        let referred = Referred { certificate, request: Some(&asked.document), statement, client };
        self.check_referred(operation, &referred).await
    }

    /// Judges the certificate of who reads or deletes a client, of which there is nothing else to agree with.
    pub(crate) async fn check_bindings_of(
        &self,
        client: &Client,
        operation: Operation,
        certificate: Option<&ClientCertificate>,
    ) -> Result<(), Error> {
        if self.policy.access.get(&operation).is_none_or(|access| access.bind.is_empty()) {
            return Ok(());
        }
        let registered =
            client.0.metadata.document().map_err(|fault| store_error(StoreError::Backend(fault.into())))?;
        let referred = Referred { certificate, request: None, statement: None, client: Some(&registered) };
        self.check_referred(operation, &referred).await
    }

    async fn check_referred(&self, operation: Operation, referred: &Referred<'_>) -> Result<(), Error> {
        let Some(access) = self.policy.access.get(&operation) else { return Ok(()) };
        for bind in &access.bind {
            if self.agrees(bind, referred).await || self.agrees_any(&bind.any, referred).await {
                continue;
            }
            let failure = bind.on_mismatch.clone().map_or(Failure::MTLS_BINDING, Failure::from);
            let violation = Violation::new("", "access.bind", failure, told(bind));
            return Err(self.policy.reject(vec![violation]).into());
        }
        Ok(())
    }
}

impl Engine {
    async fn agrees_any(&self, binds: &[Bind], referred: &Referred<'_>) -> bool {
        for bind in binds {
            if self.agrees(bind, referred).await {
                return true;
            }
        }
        false
    }

    async fn agrees(&self, bind: &Bind, referred: &Referred<'_>) -> bool {
        let (Some(certificate), Some(name)) = (referred.certificate, &bind.cert) else { return false };
        if let Some(reference) = &bind.in_jwks_of {
            let keys = match referred.value(reference) {
                Some(Value::String(uri)) => self.key_document(&uri).await,
                keys => keys,
            };
            return keys.is_some_and(|keys| certificate.is_in_key_set(&keys));
        }
        let Some(Value::String(expected)) = bind.equals.as_ref().and_then(|own| referred.value(own)) else {
            return false;
        };
        if name == "subject_dn" {
            return certificate.subject_is(&expected);
        }
        let prefix = bind.strip_prefix.as_deref().unwrap_or_default();
        certificate.attributes(name).any(|own| own.strip_prefix(prefix) == Some(&*expected))
    }

    /// A key set that a statement names, as it is published.
    async fn key_document(&self, uri: &str) -> Option<Value> {
        let uri = self.gate.admit(uri, false)?;
        self.documents.fetch(&uri, FetchPurpose::Keys).await.ok()
    }
}

impl Referred<'_> {
    fn value(&self, reference: &str) -> Option<Value> {
        match reference.split_once('.')? {
            ("$statement", name) => claim(self.statement?, name),
            ("$request" | "$self", name) => claim(self.request?, name),
            ("$client", name) => claim(self.client?, name),
            _ => None,
        }
    }
}

/// What a certificate must agree with, in words.
fn told(bind: &Bind) -> String {
    let one = |bind: &Bind| {
        let name = bind.cert.as_deref().unwrap_or_default();
        match (&bind.equals, &bind.in_jwks_of) {
            (_, Some(keys)) => format!("be in the key set of {}", keys.trim_start_matches('$')),
            (Some(expected), None) => format!("have {name} equal to {}", expected.trim_start_matches('$')),
            (None, None) => format!("have {name}"),
        }
    };
    let all: Vec<String> = bind.any.iter().chain((bind.any.is_empty()).then_some(bind)).map(one).collect();
    format!("the client certificate must {}", all.join(" or "))
}
