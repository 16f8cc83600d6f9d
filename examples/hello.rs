//! Registers one client and prints the answer: `cargo run --example hello`.

use oauth_dcr::{MemoryClientStore, RegisterRequest, Registrar, RegistrarConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config: RegistrarConfig = serde_json::from_str(
        r#"{ "registrationEndpoint": "https://op.example.com/register",
             "dynamicRegistrationEnabled": true, "clientWhiteList": ["*"] }"#,
    )?;
    let registrar = Registrar::builder(config, MemoryClientStore::default()).build()?;

    let body = br#"{ "redirect_uris": ["https://app.example.org/cb"] }"#;
    let registration = registrar.register(RegisterRequest::from_body(body)).await?;
    println!("{}", serde_json::to_string_pretty(&registration)?);
    Ok(())
}
