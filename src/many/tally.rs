//! The results for many namespaces: counts, a one-line summary, and the values for scripts.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::{json, Value};

use crate::log;
use crate::login::{LoginError, Report};
use crate::outcome::{of_cluster, Outcome};

/// The results for all namespaces.
#[derive(Default)]
pub struct Tally {
    /// By word: an outcome, `failed`, `blocked`, or why it was left out.
    counts: BTreeMap<&'static str, u64>,
    /// Changes and failures; all results if users were given by name.
    pub reports: Vec<Report>,
    /// What failed, and where.
    pub failures: Vec<(String, LoginError)>,
    /// What users did in their own namespaces, and where: it affects no other user, so it fails no run for all of them.
    pub warnings: Vec<(String, LoginError)>,
}

/// Namespaces that are being deleted, and those that no login has claimed yet, are skipped.
pub(super) const TERMINATING: &str = "terminating";
pub(super) const UNCLAIMED: &str = "unclaimed";
/// Its user is not in the passwd database any more.
pub(super) const GONE: &str = "gone";
/// Its user's account has expired.
pub(super) const LOCKED: &str = "locked";
const FAILED: &str = "failed";
/// By what its user did in it.
const BLOCKED: &str = "blocked";

/// What is reported about each namespace.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Every namespace is listed.
    pub lists_all: bool,
    /// Changes and failures are listed.
    pub lists_news: bool,
    /// The command's name in the log; `None` in a dry run, which is not logged.
    pub record: Option<&'static str>,
}

/// Why a namespace was not processed.
pub(super) enum Fate {
    LeftOut(&'static str),
    /// By the user.
    Blocked(LoginError),
    Failed(LoginError),
    /// A namespace that was named is going.
    Terminating(LoginError),
}

impl Tally {
    /// A tally with one failure, if no namespace could be processed.
    pub(super) fn failed(what: String, error: LoginError) -> Self {
        Self {
            failures: vec![(what, error)],
            ..Self::default()
        }
    }

    /// Adds another cluster's results.
    pub(super) fn add(&mut self, other: Self) {
        for (word, count) in other.counts {
            *self.counts.entry(word).or_default() += count;
        }
        self.reports.extend(other.reports);
        self.failures.extend(other.failures);
        self.warnings.extend(other.warnings);
    }

    /// Adds the result for one namespace.
    pub(super) fn count(&mut self, rules: Rules, mut report: Report, result: Result<(), Fate>) {
        let word = match result {
            Ok(()) => report.outcome().word(),
            Err(Fate::LeftOut(why)) => why,
            Err(Fate::Terminating(error)) => {
                report.state = Some(TERMINATING);
                report.add_error(&error);
                self.failures.push((place_of(&report), error));
                TERMINATING
            }
            Err(Fate::Blocked(error)) => {
                report.add_error(&error);
                self.warnings.push((place_of(&report), error));
                BLOCKED
            }
            Err(Fate::Failed(error)) => {
                report.add_error(&error);
                self.failures.push((place_of(&report), error));
                FAILED
            }
        };
        *self.counts.entry(word).or_default() += 1;
        let is_news = word != Outcome::Unchanged.word() && word != UNCLAIMED && word != TERMINATING;
        if let Some(command) = rules.record.filter(|_| is_news) {
            report.record(command);
        }
        if rules.lists_all || is_news && rules.lists_news {
            self.reports.push(report);
        }
    }

    /// Logs the counts as one line.
    pub fn record(&self, command: &str) {
        let mut fields = vec![("msg", Value::from(command))];
        fields.extend(self.counts.iter().map(|(word, count)| (*word, json!(count))));
        log::record(&fields);
    }

    /// The counts, for scripts.
    pub fn counts(&self) -> Value {
        json!(self.counts)
    }

    /// Whether everybody who has a namespace is gone: that looks like a host that does not know the users.
    pub fn is_everybody_gone(&self) -> bool {
        let is_other = |word: &&'static str| ![GONE, UNCLAIMED, TERMINATING].contains(word);
        self.counts.contains_key(GONE) && self.failures.is_empty() && !self.counts.keys().any(is_other)
    }

    /// The counts on one line, for people; nothing if not one namespace could be listed, for the number is not known.
    pub fn summary(&self, is_dry_run: bool) -> String {
        if self.counts.is_empty() && !self.failures.is_empty() {
            return String::new();
        }
        let total: u64 = self.counts.values().sum();
        counts_line(total, "namespaces", &self.counts, is_dry_run)
    }
}

/// `3 namespaces: 1 created, 2 unchanged`, and that it was tried only.
pub fn counts_line(total: u64, what: &str, counts: &BTreeMap<&'static str, u64>, is_dry_run: bool) -> String {
    let mark = if is_dry_run { " (server dry run)" } else { "" };
    if counts.is_empty() {
        return format!("{total} {what}{mark}");
    }
    format!("{total} {what}: {}{mark}", counted(counts))
}

/// `1 created, 2 unchanged`.
pub fn counted<W: Display>(counts: &BTreeMap<W, u64>) -> String {
    let parts: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    parts.join(", ")
}

/// The cluster, and the namespace if it is known.
fn place_of(report: &Report) -> String {
    let namespace = report.namespace.as_ref();
    let namespace = namespace.map_or_else(String::new, |name| format!(", namespace {name}"));
    format!("{}{namespace}", of_cluster(&report.cluster))
}
