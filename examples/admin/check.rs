//! `lint` and `check-config`: profiles and configurations.

use std::path::Path;

use oauth_dcr::{MemoryClientStore, Profile, Registrar, RegistrarConfig};
use serde_json::{Value, json};

use crate::options::Options;
use crate::show::{self, BAD, DOUBTFUL, GOOD, HEADING, styled};
use crate::{Fault, Verdict, files};

pub(crate) fn lint(options: &Options, file: Option<&Path>) -> Result<Verdict, Fault> {
    let profile: Profile = match (file, options.profile()?) {
        (Some(file), None) => files::json(file)?,
        (None, Some(profile)) => profile,
        _ => return Err(Fault::usage("either a file or --profile must say what is looked at")),
    };
    let composed = profile.compose().map_err(Fault::usage)?;
    let problems = composed.problems();
    let lints = profile.lint();
    if options.json {
        show::json(&json!({ "profile": profile.name, "problems": problems, "lints": lints }));
    } else {
        for problem in &problems {
            show::line(format_args!("{} {problem}", styled(BAD, "problem")));
        }
        if !lints.is_empty() {
            let rows =
                lints.iter().map(|lint| vec![lint.place.clone(), lint.message.clone(), lint.id.to_owned()]);
            show::table(&["place", "what it comes to", "lint"], rows);
        }
        if problems.is_empty() && lints.is_empty() {
            show::line(styled(GOOD, format_args!("nothing to say about {}", profile.name)));
        }
    }
    Ok(Verdict::fine_if(problems.is_empty() && lints.is_empty()))
}

/// Problems and warnings of a configuration, and the profile it becomes. Warnings are for reading: they are no problems.
pub(crate) fn config(options: &Options, file: &Path) -> Result<Verdict, Fault> {
    let value: Value = files::json(file)?;
    let (problems, warnings, profile) = match serde_json::from_value::<RegistrarConfig>(value) {
        Err(error) => (vec![error.to_string()], Vec::new(), None),
        Ok(config) => judged(config),
    };
    if options.json {
        show::json(&json!({ "problems": problems, "warnings": warnings, "profile": profile }));
        return Ok(Verdict::fine_if(problems.is_empty()));
    }
    for problem in &problems {
        show::line(format_args!("{} {problem}", styled(BAD, "problem")));
    }
    for warning in &warnings {
        show::line(format_args!("{} {warning}", styled(DOUBTFUL, "warning")));
    }
    if problems.is_empty() {
        show::line(styled(GOOD, "the configuration can be used"));
    }
    if let Some(profile) = profile {
        show::line(styled(HEADING, "it becomes the profile"));
        show::json(&profile);
    }
    Ok(Verdict::fine_if(problems.is_empty()))
}

fn judged(config: RegistrarConfig) -> (Vec<String>, Vec<String>, Option<Profile>) {
    let problems: Vec<String> = config.problems().iter().map(ToString::to_string).collect();
    let profile = problems.is_empty().then(|| config.to_profile());
    let warnings = match Registrar::builder(config.clone(), MemoryClientStore::default()).build() {
        Ok(registrar) => registrar.warnings().to_vec(),
        // What the host has to bring (a hook, a resolver) is not the configuration's fault.
        Err(_) => config.warnings(),
    };
    (problems, warnings.iter().map(ToString::to_string).collect(), profile)
}
