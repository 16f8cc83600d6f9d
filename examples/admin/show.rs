//! What people see, and what programs get.

use std::io::{ErrorKind, Write};
use std::process::exit;

use anstyle::{AnsiColor, Style};
use comfy_table::Table;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use serde::Serialize;

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();
pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const ASIDE: Style = Style::new().dimmed();

/// A text in a style. Whoever prints it leaves the style away where there is no terminal.
pub(crate) fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// What went wrong.
pub(crate) fn fault(message: &str) -> String {
    format!("{}: {message}", styled(BAD, "error"))
}

/// A line for people.
pub(crate) fn line(text: impl std::fmt::Display) {
    printed(writeln!(anstream::stdout(), "{text}"));
}

/// What is printed as it is.
pub(crate) fn raw(bytes: &[u8]) {
    printed(std::io::stdout().write_all(bytes));
}

/// Whoever looks at the beginning alone (`export | head`) has seen what they wanted; a full disk is a fault.
fn printed(result: std::io::Result<()>) {
    match result {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        Err(error) => {
            anstream::eprintln!("{}", fault(&error.to_string()));
            exit(2);
        }
    }
}

/// JSON on several lines.
pub(crate) fn json(value: &impl Serialize) {
    // What is printed here is made of maps with text for names, which cannot fail.
    line(serde_json::to_string_pretty(value).unwrap_or_default());
}

/// JSON on one line, for lists that may be long.
pub(crate) fn json_line(value: &impl Serialize) {
    line(serde_json::to_string(value).unwrap_or_default());
}

/// A table.
pub(crate) fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(header.to_vec());
    for row in rows {
        table.add_row(row);
    }
    line(table);
}
