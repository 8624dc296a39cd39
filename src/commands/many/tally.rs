//! What became of many namespaces: counted, in one line, and for scripts.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use super::{Many, Whose};
use crate::cli::Output;
use crate::commands::of_cluster;
use crate::commands::report::{self, Report};
use crate::error::Error;
use crate::log;
use crate::outcome::Outcome;

/// What became of all.
#[derive(Default)]
pub(in crate::commands) struct Tally {
    /// By word: an outcome, `failed`, or why it was left out.
    counts: BTreeMap<&'static str, u64>,
    /// What was not as it should be; with users named, all of them.
    pub(super) reports: Vec<Report>,
    pub failures: Vec<(String, Error)>,
}

/// Namespaces on their way out, and those that no login has claimed yet, are left out.
pub(super) const TERMINATING: &str = "terminating";
pub(super) const UNCLAIMED: &str = "unclaimed";
const FAILED: &str = "failed";

/// Why nothing was done in a namespace.
pub(super) enum Fate {
    LeftOut(&'static str),
    Failed(Error),
}

impl Tally {
    /// Nothing could be done at all.
    pub(super) fn failed(what: String, error: Error) -> Self {
        Self {
            failures: vec![(what, error)],
            ..Self::default()
        }
    }

    /// Another cluster's.
    pub(super) fn add(&mut self, other: Self) {
        for (word, count) in other.counts {
            *self.counts.entry(word).or_default() += count;
        }
        self.reports.extend(other.reports);
        self.failures.extend(other.failures);
    }

    /// Notes what became of one namespace.
    pub(super) fn count(&mut self, many: &Many<'_>, mut report: Report, result: Result<(), Fate>) {
        let word = match result {
            Ok(()) => report.outcome().word(),
            Err(Fate::LeftOut(why)) => why,
            Err(Fate::Failed(error)) => {
                report.add_error(&error);
                let place = report
                    .namespace
                    .clone()
                    .map_or_else(String::new, |name| format!(", namespace {name}"));
                self.failures
                    .push((format!("{}{place}", of_cluster(&report.cluster)), error));
                FAILED
            }
        };
        *self.counts.entry(word).or_default() += 1;
        let is_news = word != Outcome::Unchanged.word() && word != UNCLAIMED && word != TERMINATING;
        if is_news && !many.is_dry_run {
            report.record(many.command);
        }
        // Of thousands that are as they should be nobody wants a list.
        if is_news || matches!(many.whose, Whose::Users(_) | Whose::Named(_)) {
            self.reports.push(report);
        }
    }

    /// Prints what became of all, and puts one line of it into the record.
    pub fn print(&self, many: &Many<'_>, output: Output) {
        let counts: Vec<(&str, Value)> = self.counts.iter().map(|(word, count)| (*word, json!(count))).collect();
        if !many.is_dry_run {
            let mut fields = vec![("msg", Value::from(many.command))];
            fields.extend(counts.iter().cloned());
            log::record(&fields);
        }
        let summary: Value = counts
            .into_iter()
            .map(|(word, count)| (word.to_owned(), count))
            .collect();
        match (many.whose, output) {
            (Whose::All, Output::Table) => log::result(&self.summary(many.is_dry_run)),
            (_, Output::Table) => report::print(&self.reports, output, many.is_dry_run),
            _ => report::print_with(&self.reports, output, many.is_dry_run, Some(&summary)),
        }
    }

    fn summary(&self, is_dry_run: bool) -> String {
        let total: u64 = self.counts.values().sum();
        let parts: Vec<_> = self
            .counts
            .iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        let mark = if is_dry_run { " (server dry run)" } else { "" };
        let parts = if parts.is_empty() {
            String::new()
        } else {
            format!(": {}", parts.join(", "))
        };
        format!("{total} namespaces{parts}{mark}")
    }
}
