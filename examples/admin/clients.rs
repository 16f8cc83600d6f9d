//! The clients of a database.

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use oauth_dcr::{
    Caller, Client, ClientDirectory, ClientId, ClientStore, Error, InitialGrant, Registrar, Registration,
    RegistrationAccessToken, StoreError,
};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use crate::explain::request;
use crate::options::{Grant, Options};
use crate::show::{self, BAD, GOOD, styled};
use crate::{Fault, Verdict, files};

pub(crate) async fn register(options: &Options, file: &Path) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let registrar = options.registrar_of(&store)?;
    let body = files::bytes(file)?;
    answered(&registrar, registrar.register(request(&body)).await)
}

pub(crate) async fn update(options: &Options, id: &str, file: &Path, token: &str) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let registrar = options.registrar_of(&store)?;
    let body = files::bytes(file)?;
    let token =
        RegistrationAccessToken::from_bearer(token).ok_or_else(|| Fault::usage("--token: is no token"))?;
    let caller = Caller::Bearer(token);
    answered(&registrar, registrar.update(&client_id(id)?, request(&body).with_caller(&caller)).await)
}

/// Prints the answer that a client would have got.
fn answered(registrar: &Registrar, result: Result<Registration, Error>) -> Result<Verdict, Fault> {
    match result {
        Ok(registration) => {
            show::json(&registration);
            Ok(Verdict::Fine)
        }
        Err(error @ Error::Host(_)) => Err(Fault::host(error)),
        Err(error) => {
            let answer = registrar.wire_error(&error);
            show::json(&serde_json::from_str::<Value>(&answer.body).unwrap_or_default());
            Ok(Verdict::Found)
        }
    }
}

pub(crate) async fn list(options: &Options, after: Option<&str>, limit: usize) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let after = after.map(client_id).transpose()?;
    let clients = store.list(after.as_ref(), limit).await.map_err(Fault::host)?;
    if options.json {
        clients.iter().map(without_credentials).for_each(|client| show::json_line(&client));
        return Ok(Verdict::Fine);
    }
    let rows = clients.iter().map(|client| {
        vec![
            client.id().to_string(),
            client.metadata().client_name.plain().unwrap_or_default().to_owned(),
            client.state().as_str().to_owned(),
            client.provenance().profile.to_string(),
            moment(Some(client.issued_at())),
            moment(client.expires_at()),
            moment(client.last_used_at()),
        ]
    });
    show::table(&["client", "name", "state", "profile", "issued", "expires", "last used"], rows);
    if let Some(last) = clients.last().filter(|_| clients.len() == limit) {
        show::line(format_args!("there may be more: --after {}", last.id()));
    }
    Ok(Verdict::Fine)
}

/// A time to the minute; a dash for never.
fn moment(time: Option<OffsetDateTime>) -> String {
    let Some(time) = time else { return "–".to_owned() };
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{:04}-{:02}-{:02} {hour:02}:{minute:02}", date.year(), u8::from(date.month()), date.day())
}

pub(crate) async fn show(options: &Options, id: &str) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let Some(client) = store.get(&client_id(id)?).await.map_err(Fault::host)? else { return no_such(id) };
    let form = without_credentials(&client);
    if options.json {
        show::json(&form);
        return Ok(Verdict::Fine);
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let rows = form.iter().flat_map(|(name, value)| match value {
        Value::Object(members) => {
            members.iter().map(|(member, value)| vec![format!("{name}.{member}"), text(value)]).collect()
        }
        value => vec![vec![name.clone(), text(value)]],
    });
    show::table(&["member", "value"], rows);
    Ok(Verdict::Fine)
}

/// The stored form of a client, but for secrets and the digests of tokens.
fn without_credentials(client: &Client) -> Map<String, Value> {
    let Ok(Value::Object(mut form)) = serde_json::to_value(client) else { return Map::new() };
    for name in
        ["secret", "previous_secret", "registration_access_token", "previous_registration_access_token"]
    {
        form.remove(name);
    }
    form
}

fn no_such(id: &str) -> Result<Verdict, Fault> {
    anstream::eprintln!("{} there is no client {id}", styled(BAD, "refused"));
    Ok(Verdict::Found)
}

fn client_id(id: &str) -> Result<ClientId, Fault> {
    ClientId::new(id).ok_or_else(|| Fault::Usage(format!("`{id}` is no client identifier")))
}

pub(crate) async fn delete(options: &Options, id: &str) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    if !store.delete(&client_id(id)?).await.map_err(Fault::host)? {
        return no_such(id);
    }
    told(options, &json!({ "deleted": id }), format_args!("{id} is deleted"));
    Ok(Verdict::Fine)
}

pub(crate) async fn sweep(options: &Options, batch: usize) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let registrar = options.registrar_of(&store)?;
    let mut removed = 0;
    loop {
        let count = registrar.sweep(&store, batch).await.map_err(Fault::host)?;
        removed += count;
        if count < batch.max(1) {
            break;
        }
    }
    told(options, &json!({ "removed": removed }), format_args!("{removed} clients removed"));
    Ok(Verdict::Fine)
}

pub(crate) async fn issue(options: &Options, own: &Grant) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let registrar = options.registrar_of(&store)?;
    let mut grant = InitialGrant::new(&own.name).with_scopes(own.scopes.iter().map(String::as_str));
    if let Some(owner) = &own.owner {
        grant = grant.with_owner(owner);
    }
    if let Some(uses) = own.uses {
        grant = grant.with_uses(uses);
    }
    let token = registrar.issue_initial_access_token(&grant).await.map_err(Fault::host)?;
    // Alone on its line, so that a shell can take it.
    told(options, &json!({ "name": own.name, "token": token.expose_secret() }), token.expose_secret());
    Ok(Verdict::Fine)
}

/// One fact, for programs or for people.
fn told(options: &Options, value: &Value, text: impl std::fmt::Display) {
    if options.json {
        show::json(value);
    } else {
        show::line(text);
    }
}

pub(crate) async fn import(options: &Options, file: &Path) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let forms = files::many(file)?;
    let bar = progress(forms.len());
    let (mut stored, mut faults) = (0, Vec::new());
    for (position, form) in forms.into_iter().enumerate() {
        let name = files::name_of(&form, "id", position);
        match serde_json::from_value::<Client>(form) {
            Err(error) => faults.push(format!("{name}: {error}")),
            Ok(client) => match store.insert(&client).await {
                Ok(()) => stored += 1,
                Err(error) if is_down(&error) => return Err(Fault::host(error)),
                Err(error) => faults.push(format!("{name}: {error}")),
            },
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !options.json {
        faults.iter().for_each(|fault| show::line(format_args!("{} {fault}", styled(BAD, "fault"))));
    }
    let text = styled(GOOD, format_args!("{stored} clients stored"));
    told(options, &json!({ "stored": stored, "faults": faults }), text);
    Ok(Verdict::fine_if(faults.is_empty()))
}

pub(crate) async fn export(options: &Options) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    every(&store, show::json_line).await?;
    Ok(Verdict::Fine)
}

/// Whether the next client would fare no better.
pub(crate) fn is_down(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::Backend(_))
}

/// Every client, in batches.
pub(crate) async fn every(
    directory: &dyn ClientDirectory,
    mut each: impl FnMut(&Client),
) -> Result<(), Fault> {
    const BATCH: usize = 500;
    let mut after: Option<ClientId> = None;
    loop {
        let clients = directory.list(after.as_ref(), BATCH).await.map_err(Fault::host)?;
        clients.iter().for_each(&mut each);
        match clients.last() {
            Some(last) if clients.len() == BATCH => after = Some(last.id().clone()),
            _ => return Ok(()),
        }
    }
}

/// A bar on the error output, where that is a terminal.
pub(crate) fn progress(count: usize) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} clients, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
