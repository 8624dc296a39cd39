//! The counts as a Markdown table, and below it what broke a promise.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use ood_k8s_loopback::first_line;

use crate::case::Case;
use crate::tally::{Promise, Tally};

/// A command with one kind of fault.
pub struct Row {
    /// The command.
    pub case: Case,
    /// The kind of fault.
    pub kind: String,
    /// Its counts.
    pub tally: Tally,
}

/// The date and the program.
pub fn heading(program: &Path) -> String {
    format!(
        "{}: {}\n\n",
        first_line(Command::new("date").args(["--utc", "+%F"])),
        first_line(Command::new(program).arg("--version"))
    )
}

/// The table. A dash stands where a column does not apply.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| command | fault | runs | missed | failed | died | all new | file | line | status | deadline | secret | next run | sessions lost | explained |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for Row { case, kind, tally } in rows {
        let broken: Vec<_> = Promise::ALL
            .iter()
            .map(|promise| tally.count(*promise).to_string())
            .collect();
        let lost = if case.spends() {
            tally.lost.to_string()
        } else {
            "-".to_owned()
        };
        let _ = writeln!(
            text,
            "| {} | {kind} | {} | {} | {} | {} | {} | {} | {lost} | {} |",
            case.name(),
            tally.runs,
            tally.missed,
            tally.failed,
            tally.died,
            tally.new,
            broken.join(" | "),
            tally.explained()
        );
    }
    text
}

/// Each way in which a promise was broken, with the first fault that did.
pub fn exceptions(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { case, kind, tally } in rows {
        for ((promise, how, why), (count, fault)) in &tally.broken {
            let reason = why.map(|reason| format!(" ({reason})"));
            let reason = reason.unwrap_or_default();
            let name = case.name();
            let _ = writeln!(
                text,
                "\n{name} / {kind} / {promise:?}, {count} times{reason}, first by {fault}:\n  {how}"
            );
        }
    }
    text
}
