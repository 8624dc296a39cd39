//! A result in the requested format: the only place that distinguishes table, JSON and YAML.

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::{json, Value};

use super::table;
use crate::exit::ExitStatus;
use crate::{log, yaml};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns, for people.
    Table,
    /// The same with each row, in full: nothing is put together, and no cell is wrapped.
    Wide,
    /// JSON, for scripts.
    Json,
    /// YAML, for scripts and people.
    Yaml,
}

impl Output {
    /// Whether it is for people.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}

/// The version of the results for scripts: higher once a field goes, or means something else. `docs/schemas` has them.
pub(super) const VERSION: u64 = 1;

/// Prints a result in the requested format, for scripts with its version; an empty table prints nothing.
pub fn print(output: Output, value: impl FnOnce() -> Value, table: impl FnOnce() -> String) {
    if !log::is_quiet() {
        warnings(output, value, table);
    }
}

/// The same for what `--quiet` does not leave out.
pub fn warnings(output: Output, value: impl FnOnce() -> Value, table: impl FnOnce() -> String) {
    let versioned = || {
        let mut value = value();
        value["version"] = VERSION.into();
        value
    };
    line(&match output {
        Output::Table => table::fitted(table),
        Output::Wide => table(),
        Output::Json => json_text(&versioned()),
        Output::Yaml => yaml::to_string(&versioned()).unwrap_or_default(),
    });
}

/// Prints Kubernetes objects in a form that kubectl accepts: one List in JSON, or one YAML document per object, each
/// after its `comment`. For a table the output is YAML.
pub fn manifests(output: Output, bodies: &[Value], comment: impl Fn(&Value) -> &'static str) {
    let document = |body| format!("{}{}", comment(body), yaml::to_string(body).unwrap_or_default());
    let documents = || bodies.iter().map(document).collect::<Vec<_>>().join("---\n");
    match output {
        Output::Json => text(&json_text(
            &json!({ "apiVersion": "v1", "kind": "List", "items": bodies }),
        )),
        Output::Table | Output::Wide | Output::Yaml => text(&documents()),
    }
}

/// Prints a result that has only one form; prints nothing if it is empty.
///
/// A closed pipe (`| head`) is not an error. Any other failure, such as a full disk, ends the program.
pub fn text(text: &str) {
    if !log::is_quiet() {
        line(text);
    }
}

/// Prints what a question is about: whoever has to answer reads it, with `--quiet` too.
pub fn before_a_question(text: &str) {
    line(text);
}

/// Prints exactly this, unless `--quiet` leaves it out.
pub(super) fn raw(text: &str) {
    if !log::is_quiet() {
        write(text);
    }
}

/// Prints this, if there is anything, with an end of its last line.
fn line(text: &str) {
    match text {
        "" => {}
        text if text.ends_with('\n') => write(text),
        text => write(&format!("{text}\n")),
    }
}

fn write(text: &str) {
    let mut out = anstream::stdout().lock();
    let written = write!(out, "{text}").and_then(|()| out.flush());
    if let Err(error) = written {
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            log::failure(&format!("cannot write the result to standard output: {error}"));
            std::process::exit(ExitStatus::Internal as i32);
        }
    }
}

/// Indented JSON.
fn json_text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
