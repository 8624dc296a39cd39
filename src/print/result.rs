//! A result in the format that was asked for: the one place that tells table, JSON and YAML apart.

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::{json, Value};

use crate::exit::ExitStatus;
use crate::{log, yaml};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns for people.
    Table,
    /// For scripts.
    Json,
    /// For scripts and people.
    Yaml,
}

/// Prints a result in the format that was asked for; an empty table is no line.
pub fn print(output: Output, value: impl FnOnce() -> Value, table: impl FnOnce() -> String) {
    match output {
        Output::Table => text(&table()),
        Output::Json => text(&json_text(&value())),
        Output::Yaml => text(&yaml::to_string(&value()).unwrap_or_default()),
    }
}

/// Prints Kubernetes objects, as kubectl takes them: one List in JSON, or a YAML document each, below what `comment`
/// says of it. A table there is none of.
pub fn manifests(output: Output, bodies: &[Value], comment: impl Fn(&Value) -> &'static str) {
    let document = |body| format!("{}{}", comment(body), yaml::to_string(body).unwrap_or_default());
    let documents = || bodies.iter().map(document).collect::<Vec<_>>().join("---\n");
    let list = || json!({ "apiVersion": "v1", "kind": "List", "items": bodies });
    match output {
        Output::Json => print(output, list, String::new),
        Output::Table | Output::Yaml => text(&documents()),
    }
}

/// Prints a result that has one form only; nothing if it is empty.
///
/// A reader that went away (`| head`) is no error; a full disk is one, and ends the program.
pub fn text(text: &str) {
    if text.is_empty() {
        return;
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut out = anstream::stdout().lock();
    let written = write!(out, "{text}{end}").and_then(|()| out.flush());
    if let Err(error) = written {
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            log::failure(&format!("cannot write the result to standard output: {error}"));
            std::process::exit(ExitStatus::Internal as i32);
        }
    }
}

/// JSON as people like to read it.
fn json_text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
