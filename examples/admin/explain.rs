//! `explain`: the decision about a request.

use std::path::Path;

use oauth_dcr::{MemoryClientStore, RegisterRequest};

use crate::options::Options;
use crate::show::{ASIDE, BAD, GOOD, HEADING, json, line, styled};
use crate::{Fault, Verdict, files};

pub(crate) async fn explain(options: &Options, file: &Path) -> Result<Verdict, Fault> {
    let registrar = options.registrar(MemoryClientStore::default(), |builder| builder)?;
    let body = files::bytes(file)?;
    let explanation = registrar.explain(request(&body)).await.map_err(Fault::host)?;
    if options.json {
        json(&explanation);
    } else {
        for text in explanation.to_string().lines() {
            line(in_colour(text));
        }
    }
    Ok(Verdict::fine_if(explanation.is_accepted()))
}

/// A request in JSON, or a signed one.
pub(crate) fn request(body: &[u8]) -> RegisterRequest<'_> {
    let request = RegisterRequest::from_body(body.trim_ascii());
    if body.trim_ascii_start().starts_with(b"{") {
        request
    } else {
        request.with_media_type("application/jwt")
    }
}

/// A line of an explanation. The verdict and the headings are at the margin; what a client sent never is.
fn in_colour(text: &str) -> String {
    let Some(own) = text.strip_prefix("  ") else {
        let style = match text.split(' ').next() {
            Some("accepted" | "cancels") => GOOD.bold(),
            Some("refused") => BAD.bold(),
            _ => HEADING,
        };
        return styled(style, text);
    };
    // A stage is one word, and what came of it.
    let style = match own.split_once(' ').map(|(_, outcome)| outcome.trim_start()) {
        Some("passed") => GOOD,
        Some("failed") => BAD,
        Some(outcome) if outcome.starts_with("not judged") => ASIDE,
        _ => return text.to_owned(),
    };
    format!("  {}", styled(style, own))
}
