//! What the options name: files, the configuration, the profile, the database.

use std::io::Read;
use std::path::Path;

use oauth_dcr::sql::SqlClientStore;
use oauth_dcr::{ClientStore, HttpsResolver, Profile, Registrar, RegistrarBuilder, RegistrarConfig};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Fault;
use crate::options::Options;

/// The bytes of a file, or of the standard input.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Fault> {
    let read = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    read.map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))
}

/// The JSON of a file.
pub(crate) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Fault> {
    serde_json::from_slice(&bytes(path)?)
        .map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))
}

/// Many JSON values: the elements of an array, the `entries` of a page of Janssen's API, or one after the other.
pub(crate) fn many(path: &Path) -> Result<Vec<Value>, Fault> {
    let bytes = bytes(path)?;
    let values = serde_json::Deserializer::from_slice(&bytes).into_iter().collect::<Result<Vec<Value>, _>>();
    let mut values = values.map_err(|error| Fault::Usage(format!("{}: {error}", path.display())))?;
    match values.as_mut_slice() {
        [Value::Array(own)] => Ok(std::mem::take(own)),
        [Value::Object(page)] if page.get("entries").is_some_and(Value::is_array) => {
            Ok(page.get_mut("entries").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default())
        }
        _ => Ok(values),
    }
}

/// What one of many is called: its identifier, or its place.
pub(crate) fn name_of(value: &Value, member: &str, position: usize) -> String {
    value.get(member).and_then(Value::as_str).map_or_else(|| format!("entry {position}"), str::to_owned)
}

impl Options {
    /// The configuration: that of the file, or one that lets anybody register. One without an address gets one, as from
    /// the example server.
    pub(crate) fn registrar_config(&self) -> Result<RegistrarConfig, Fault> {
        let endpoint = "https://op.example.com/register".parse().map_err(Fault::usage)?;
        match &self.config {
            Some(path) => {
                let mut config: RegistrarConfig = json(path)?;
                config.registration_endpoint.get_or_insert(endpoint);
                Ok(config)
            }
            None => Ok(RegistrarConfig::new(endpoint)),
        }
    }

    /// The profile, if one was named.
    pub(crate) fn profile(&self) -> Result<Option<Profile>, Fault> {
        let Some(name) = self.profile.as_deref() else { return Ok(None) };
        match Profile::preset(name) {
            Some(preset) => Ok(Some(preset.clone())),
            None if Path::new(name).exists() => json(Path::new(name)).map(Some),
            None => Err(Fault::Usage(format!("`{name}` is neither a preset nor a file"))),
        }
    }

    /// A registrar over a store.
    pub(crate) fn registrar(
        &self,
        store: impl ClientStore + 'static,
        equip: impl FnOnce(RegistrarBuilder) -> RegistrarBuilder,
    ) -> Result<Registrar, Fault> {
        let resolver = HttpsResolver::builder().build().map_err(Fault::host)?;
        let mut builder = Registrar::builder(self.registrar_config()?, store).jwks_resolver(resolver);
        if let Some(profile) = self.profile()? {
            builder = builder.profile(profile);
        }
        equip(builder).build().map_err(Fault::usage)
    }

    /// The database, if there is one.
    pub(crate) async fn optional_store(&self) -> Result<Option<SqlClientStore>, Fault> {
        let url = self.database.clone().or_else(|| std::env::var("DATABASE_URL").ok());
        match url {
            None => Ok(None),
            Some(url) => SqlClientStore::connect(&url).await.map(Some).map_err(Fault::host),
        }
    }

    /// The database.
    pub(crate) async fn store(&self) -> Result<SqlClientStore, Fault> {
        let store = self.optional_store().await?;
        store.ok_or_else(|| Fault::usage("--database or DATABASE_URL must say where the clients are"))
    }

    /// The registrar over the database.
    pub(crate) fn registrar_of(&self, store: &SqlClientStore) -> Result<Registrar, Fault> {
        self.registrar(store.clone(), |builder| {
            builder.initial_access_tokens(store.clone()).replay_guard(store.clone())
        })
    }
}
