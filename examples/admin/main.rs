//! The command line of whoever runs a registration server.
//!
//! ```text
//! cargo run --example admin -- explain request.json --profile fapi2-security
//! cargo run --example admin -- check-config janssen.json
//! cargo run --example admin -- import-janssen clients.json --database sqlite:clients.db
//! cargo run --example admin -- list --database sqlite:clients.db
//! ```
//!
//! Tables and colours are for people: colours only on a terminal, and never with `NO_COLOR` in the environment. `--json`
//! is for programs. A file named `-` is the standard input.
//!
//! Exit codes: 0 if all is well, 1 if something was refused or has problems, 2 if the command line or a file cannot be
//! used, 3 if a database or another part of the host fails.

mod check;
mod clients;
mod explain;
mod files;
mod janssen;
mod options;
mod show;

use std::fmt::Display;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use oauth_dcr::schema;

use crate::options::{Command, Options, SchemaOf, TokenCommand};

/// Whether what was looked at is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fine,
    Found,
}

impl Verdict {
    pub(crate) fn fine_if(is_fine: bool) -> Self {
        if is_fine { Self::Fine } else { Self::Found }
    }
}

/// Why there is no verdict.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The command line or a file cannot be used.
    Usage(String),
    /// A part of the host fails.
    Host(String),
}

impl Fault {
    pub(crate) fn usage(error: impl Display) -> Self {
        Self::Usage(error.to_string())
    }

    pub(crate) fn host(error: impl Display) -> Self {
        Self::Host(error.to_string())
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Options::parse()).await {
        Ok(Verdict::Fine) => ExitCode::SUCCESS,
        Ok(Verdict::Found) => ExitCode::from(1),
        Err(Fault::Usage(message)) => {
            anstream::eprintln!("{}", show::fault(&message));
            ExitCode::from(2)
        }
        Err(Fault::Host(message)) => {
            anstream::eprintln!("{}", show::fault(&message));
            ExitCode::from(3)
        }
    }
}

async fn run(options: &Options) -> Result<Verdict, Fault> {
    match &options.command {
        Command::Explain { file } => explain::explain(options, file).await,
        Command::Lint { file } => check::lint(options, file.as_deref()),
        Command::CheckConfig { file } => check::config(options, file),
        Command::Schema { of } => {
            show::json(&match of {
                SchemaOf::Profile => schema::profile(),
                SchemaOf::Config => schema::registrar_config(),
                SchemaOf::Metadata => schema::client_metadata(),
                SchemaOf::Janssen => schema::janssen_client(),
            });
            Ok(Verdict::Fine)
        }
        Command::ImportJanssen { file, reading } => janssen::import(options, file, reading).await,
        Command::ExportJanssen => janssen::export(options).await,
        Command::Register { file } => clients::register(options, file).await,
        Command::List { after, limit } => clients::list(options, after.as_deref(), *limit).await,
        Command::Show { id } => clients::show(options, id).await,
        Command::Update { id, file, token } => clients::update(options, id, file, token).await,
        Command::Delete { id } => clients::delete(options, id).await,
        Command::Sweep { batch } => clients::sweep(options, *batch).await,
        Command::Token { command: TokenCommand::Issue(grant) } => clients::issue(options, grant).await,
        Command::Import { file } => clients::import(options, file).await,
        Command::Export => clients::export(options).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Options::command(), "admin", &mut script);
            show::raw(&script);
            Ok(Verdict::Fine)
        }
    }
}
