//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// Looks at profiles, configurations and requests, and after the clients of a registration server.
#[derive(Debug, Parser)]
#[command(
    name = "admin",
    after_help = "Exit codes: 0 all is well; 1 refused, or problems found; 2 the command line or a file cannot be used; \
                  3 a database or another part of the host fails"
)]
pub(crate) struct Options {
    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The database: sqlite:FILE or postgres://…; default: DATABASE_URL of the environment
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// The configuration of the server, in Janssen's property names
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The profile: the name of a preset, or a file
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub(crate) profile: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What would become of a registration request, and why; nothing is stored
    Explain { file: PathBuf },
    /// What a profile makes weaker than its parents, leaves open, or says in vain
    Lint { file: Option<PathBuf> },
    /// Problems and warnings of a Janssen configuration, and the profile it becomes
    CheckConfig { file: PathBuf },
    /// The JSON Schema of what can be written
    Schema { of: SchemaOf },
    /// Read clients in Janssen's schema; into the database, if there is one
    ImportJanssen {
        file: PathBuf,
        #[command(flatten)]
        reading: JanssenReading,
    },
    /// Print all clients in Janssen's schema, readable secrets in clear
    ExportJanssen,
    /// Register a client, and print its credentials
    Register { file: PathBuf },
    /// List clients in the order of their identifiers
    List {
        /// Begin behind this identifier
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        /// The most to list
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Show a client, without its credentials
    Show { id: String },
    /// Update a client, with its registration access token
    Update {
        id: String,
        file: PathBuf,
        /// The registration access token
        // One in 64 begins with a hyphen.
        #[arg(long, allow_hyphen_values = true)]
        token: String,
    },
    /// Delete a client
    Delete { id: String },
    /// Remove clients that expired, or were never used for too long
    Sweep {
        /// How many are removed in one step
        #[arg(long, default_value_t = 1000)]
        batch: usize,
    },
    /// Initial access tokens
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Read clients as `export` prints them into the database
    Import { file: PathBuf },
    /// Print all clients, one JSON object a line, with what the database has of their credentials
    Export,
    /// Print completions for a shell
    Completions { shell: Shell },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Issue an initial access token, and print it
    Issue(Grant),
}

#[derive(Debug, Args)]
pub(crate) struct Grant {
    /// Its name, for logs and for revoking
    pub(crate) name: String,
    /// Whose it is
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// How many clients can be registered with it; default: any number
    #[arg(long)]
    pub(crate) uses: Option<u32>,
    /// A scope of it, which a profile may ask for. Can be given again
    #[arg(long = "scope")]
    pub(crate) scopes: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct JanssenReading {
    /// A custom attribute that becomes metadata. Can be given again
    #[arg(long = "custom-attribute", value_name = "NAME")]
    pub(crate) custom_attributes: Vec<String>,
    /// Keep every secret readable, not only those that are computed with
    #[arg(long)]
    pub(crate) readable_secrets: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    Profile,
    Config,
    Metadata,
    Janssen,
}
