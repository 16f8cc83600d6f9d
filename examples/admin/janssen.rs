//! `import-janssen` and `export-janssen`.

use std::path::Path;

use oauth_dcr::janssen::{Reader, write};
use oauth_dcr::{Client, ClientDirectory, ClientStore};
use serde_json::{Value, json};

use crate::clients::{every, is_down, progress};
use crate::options::{JanssenReading, Options};
use crate::show::{self, BAD, DOUBTFUL, styled};
use crate::{Fault, Verdict, files};

/// Reads clients, and stores them if there is a database. What cannot be read or stored is told, and the rest goes on.
pub(crate) async fn import(
    options: &Options,
    file: &Path,
    reading: &JanssenReading,
) -> Result<Verdict, Fault> {
    let mut reader =
        Reader::default().with_custom_attributes(reading.custom_attributes.iter().map(String::as_str));
    if let Some(profile) = options.profile()? {
        reader = reader.with_profile(&profile.name);
    }
    if reading.readable_secrets {
        reader = reader.with_readable_secrets();
    }
    let store = options.optional_store().await?;
    let documents = files::many(file)?;
    let mut report = Report { is_stored: store.is_some(), ..Report::default() };
    let bar = progress(documents.len());
    for (position, document) in documents.iter().enumerate() {
        let name = files::name_of(document, "inum", position);
        match reader.read(document) {
            Err(error) => report.fault(&name, &error.to_string()),
            Ok(client) => {
                report.look_at(&client);
                let stored = match &store {
                    Some(store) => store.insert(&client).await,
                    None => Ok(()),
                };
                match stored {
                    Ok(()) => report.read += 1,
                    Err(error) if is_down(&error) => return Err(Fault::host(error)),
                    Err(error) => report.fault(&name, &error.to_string()),
                }
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    report.tell(options.json);
    Ok(Verdict::fine_if(report.faults.is_empty()))
}

#[derive(Debug, Default)]
struct Report {
    is_stored: bool,
    read: usize,
    faults: Vec<(String, String)>,
    notes: Vec<(String, String)>,
}

impl Report {
    fn fault(&mut self, name: &str, message: &str) {
        self.faults.push((name.to_owned(), message.to_owned()));
    }

    /// Says what a client lost on its way.
    fn look_at(&mut self, client: &Client) {
        let kept = client.janssen_members().and_then(|members| members.get("jwks")).and_then(Value::as_str);
        if kept.is_some_and(|text| !text.trim().is_empty()) && client.metadata().jwks.is_none() {
            let note = "jwks: is no key set, so the client has no keys";
            self.notes.push((client.id().to_string(), note.to_owned()));
        }
    }

    fn tell(&self, is_json: bool) {
        if is_json {
            let list = |own: &[(String, String)]| -> Vec<Value> {
                own.iter().map(|(client, message)| json!({ "client": client, "message": message })).collect()
            };
            let count = if self.is_stored { "stored" } else { "readable" };
            show::json(
                &json!({ count: self.read, "faults": list(&self.faults), "notes": list(&self.notes) }),
            );
            return;
        }
        for (client, message) in &self.faults {
            show::line(format_args!("{} {client}: {message}", styled(BAD, "fault")));
        }
        for (client, message) in &self.notes {
            show::line(format_args!("{} {client}: {message}", styled(DOUBTFUL, "note")));
        }
        let done = if self.is_stored { "stored" } else { "can be read; --database stores them" };
        show::line(format_args!("{} clients {done}", self.read));
    }
}

/// Prints all clients as one array.
pub(crate) async fn export(options: &Options) -> Result<Verdict, Fault> {
    let store = options.store().await?;
    let mut separator = "[";
    every(&store as &dyn ClientDirectory, |client| {
        show::line(separator);
        anstream::print!("{}", write(client));
        separator = ",";
    })
    .await?;
    show::line(if separator == "[" { "[]" } else { "\n]" });
    Ok(Verdict::Fine)
}
