//! What was done, for people, for scripts and for the record.

use std::time::Instant;

use serde::Serialize;
use serde_json::{json, Value};

use crate::cli::Output;
use crate::cluster::ObjectReport;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::{log, yaml};

/// What became of one user in one cluster, or of the cluster itself.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Empty where it is about the cluster.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    pub cluster: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub objects: Vec<ObjectReport>,
    /// The kubeconfig, and what became of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubeconfig: Option<KubeconfigReport>,
    pub milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One kubeconfig's fate.
#[derive(Debug, Serialize, Clone)]
pub(super) struct KubeconfigReport {
    pub file: String,
    pub outcome: Outcome,
}

impl Report {
    pub fn new(user: &str, cluster: &str) -> Self {
        Self {
            user: user.to_owned(),
            cluster: cluster.to_owned(),
            namespace: None,
            objects: Vec::new(),
            kubeconfig: None,
            milliseconds: 0,
            error: None,
        }
    }

    /// A user for whom nothing could be done in a cluster; in none, where it has no name.
    pub fn failed(user: &str, cluster: &str, error: &Error) -> Self {
        let mut report = Self::new(user, cluster);
        report.add_error(error);
        report
    }

    /// Notes an error; of several the report has all.
    pub fn add_error(&mut self, error: &Error) {
        let text = error.to_string();
        self.error = Some(match self.error.take() {
            None => text,
            Some(before) => format!("{before}; {text}"),
        });
    }

    /// Notes an error, unless it has it already.
    pub fn add_error_once(&mut self, error: &Error) {
        if !self
            .error
            .as_ref()
            .is_some_and(|text| text.contains(&error.to_string()))
        {
            self.add_error(error);
        }
    }

    /// What became of all objects together: created where one was, else changed where one was.
    pub fn outcome(&self) -> Outcome {
        let has = |outcome| self.objects.iter().any(|object| object.outcome == outcome);
        match (has(Outcome::Created), has(Outcome::Changed)) {
            (true, _) => Outcome::Created,
            (false, true) => Outcome::Changed,
            (false, false) => Outcome::Unchanged,
        }
    }

    /// Notes how long it took.
    pub fn took(&mut self, since: Instant) {
        self.milliseconds = millis(since);
    }

    /// The line for syslog.
    pub fn record(&self, command: &str) {
        let mut fields = Vec::new();
        let mut add = |key: &'static str, value: Value| fields.push((key, value));
        add("msg", command.into());
        if !self.user.is_empty() {
            add("user", self.user.as_str().into());
        }
        add("cluster", self.cluster.as_str().into());
        if let Some(namespace) = &self.namespace {
            add("namespace", namespace.as_str().into());
        }
        for outcome in [Outcome::Created, Outcome::Changed, Outcome::Unchanged] {
            let names = self.names(outcome);
            if !names.is_empty() {
                add(outcome.word(), names.join(",").into());
            }
        }
        if let Some(kubeconfig) = &self.kubeconfig {
            add("kubeconfig", json!(kubeconfig.outcome));
        }
        add("milliseconds", self.milliseconds.into());
        if let Some(error) = &self.error {
            add("error", error.as_str().into());
        }
        log::record(&fields);
    }

    fn names(&self, outcome: Outcome) -> Vec<String> {
        let matching = self.objects.iter().filter(|object| object.outcome == outcome);
        matching.map(object_name).collect()
    }
}

/// Prints the reports of a command; for scripts also when there are none.
pub(super) fn print(reports: &[Report], output: Output, is_dry_run: bool) {
    print_with(reports, output, is_dry_run, None);
}

/// The same with the counts of what was done, for scripts.
pub(super) fn print_with(reports: &[Report], output: Output, is_dry_run: bool, summary: Option<&Value>) {
    let value = || {
        let mut value = json!({ "dry_run": is_dry_run, "results": reports });
        if let Some(summary) = summary {
            value["summary"] = summary.clone();
        }
        value
    };
    print_as(output, value, || match reports {
        [] => String::new(),
        reports => table(reports, is_dry_run),
    });
}

/// Prints a result in the format that was asked for; an empty table is no line.
pub(super) fn print_as(output: Output, value: impl FnOnce() -> Value, table: impl FnOnce() -> String) {
    let text = match output {
        Output::Table => table(),
        Output::Json => json_text(&value()),
        Output::Yaml => yaml::to_string(&value()).unwrap_or_default(),
    };
    if !text.is_empty() {
        log::result(&text);
    }
}

/// How a cell shows that there is nothing.
pub(super) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}

/// JSON as people like to read it.
pub(super) fn json_text(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn table(reports: &[Report], is_dry_run: bool) -> String {
    let mark = if is_dry_run { " (server dry run)" } else { "" };
    let mut rows = vec![["USER", "CLUSTER", "OBJECT", "RESULT"].map(str::to_owned)];
    for report in reports {
        let row =
            |object: String, result: &str| [report.user.clone(), report.cluster.clone(), object, result.to_owned()];
        rows.extend(
            report
                .objects
                .iter()
                .map(|object| row(object_name(object), &format!("{}{mark}", object.outcome))),
        );
        if let Some(kubeconfig) = &report.kubeconfig {
            rows.push(row(kubeconfig.file.clone(), kubeconfig.outcome.word()));
        }
        if report.error.is_some() {
            rows.push(row("-".into(), "failed"));
        }
    }
    if reports.iter().all(|report| report.user.is_empty()) {
        let of_clusters = rows
            .into_iter()
            .map(|[_, cluster, object, result]| [cluster, object, result]);
        return columns(&of_clusters.collect::<Vec<_>>());
    }
    columns(&rows)
}

/// Columns as wide as their widest cell, three spaces between them, as kubectl prints.
///
/// Some of what stands in them servers say: it cannot make a line of its own.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| log::one_line(cell)))
        .collect();
    let widths: [usize; N] = std::array::from_fn(|i| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 3 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn object_name(object: &ObjectReport) -> String {
    format!("{}/{}", object.kind.to_lowercase(), object.name)
}

/// How long it took, as the record and scripts have it.
pub(super) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_make_a_line_of_its_own() {
        let rows = [["a", "v1\r\n\u{9b}ok forged"].map(str::to_owned)];
        assert_eq!(columns(&rows), "a   v1 ok forged\n");
    }
}
