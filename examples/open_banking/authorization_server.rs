//! The authorization server, of which only the registration endpoint is here.

use std::error::Error;
use std::net::Ipv4Addr;

use axum::Router;
use oauth_dcr::{HttpsResolver, MemoryClientStore, Registrar, RegistrarConfig, RegistrationEndpoint};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::key_server::KeyServer;

/// A running server. It ends with the process.
pub(crate) struct AuthorizationServer {
    pub(crate) issuer: String,
    /// The address of the registration endpoint.
    pub(crate) endpoint: String,
    pub(crate) config: Value,
}

impl AuthorizationServer {
    /// Starts a server that trusts one directory.
    pub(crate) async fn start(
        keys: &KeyServer,
        directory: &str,
        directory_keys: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let issuer = format!("http://{}", listener.local_addr()?);
        let endpoint = format!("{issuer}/register");
        let config = json!({
            "dynamicRegistrationEnabled": true,
            "issuer": issuer,
            "registrationEndpoint": endpoint,

            // Whose statements are taken, and with what in them.
            "softwareStatementValidationType": "builtin",
            "dcrSsaValidationConfigs": [{
                "id": "directory",
                "type": "ssa",
                "issuers": [directory],
                "jwksUri": directory_keys,
                "scopes": ["openid", "accounts"],
                "allowedClaims":
                    ["software_id", "client_name", "client_uri", "scope", "software_jwks_uri"],
            }],

            // Requests must be signed, with keys at the address in this claim of the statement.
            "dcrSignatureValidationEnabled": true,
            "dcrSignatureValidationSoftwareStatementJwksURIClaim": "software_jwks_uri",
            // That address comes from outside. Without this line only public hosts are asked.
            "externalUriWhiteList": [keys.url("/software/*")],
        });

        // For a server on the internet `HttpsResolver::new()` is right. This one looks for keys on its own
        // machine.
        let resolver = HttpsResolver::builder()
            .allow_private_networks_dangerously()
            .allow_port(keys.port)
            .add_root_certificate_pem(keys.certificate.clone())
            .build()?;
        let parsed: RegistrarConfig = serde_json::from_value(config.clone())?;
        let registrar =
            Registrar::builder(parsed, MemoryClientStore::default()).jwks_resolver(resolver).build()?;

        let app = Router::new().nest_service("/register", RegistrationEndpoint::new(registrar));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { issuer, endpoint, config })
    }
}
