//! The example `admin`, as it is run: what it prints, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod database;
mod files;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The example, built if only this test was asked for.
fn admin() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let binary = test.ancestors().nth(2).unwrap().join("examples/admin");
        if !binary.exists() {
            let status = Command::new(env!("CARGO")).args(["build", "--example", "admin"]).status().unwrap();
            assert!(status.success(), "the example does not build");
        }
        binary
    })
}

/// How a run ended, and what it printed.
struct Ended {
    code: i32,
    text: String,
    errors: String,
}

impl Ended {
    /// Asserts the exit code and returns what was printed.
    #[track_caller]
    fn with(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}{}", self.text, self.errors);
        self.text
    }

    #[track_caller]
    fn json(self, code: i32) -> Value {
        let text = self.with(code);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }
}

fn run(arguments: &[&str], input: &str) -> Ended {
    run_with(Command::new(admin()).args(arguments), input)
}

fn run_with(command: &mut Command, input: &str) -> Ended {
    let command = command.env_remove("DATABASE_URL").current_dir(env!("CARGO_MANIFEST_DIR"));
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read its input may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        text: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
    }
}
