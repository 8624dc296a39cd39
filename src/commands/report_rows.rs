//! Reports as a table: a row for each object; of many, on a terminal, a summary and a row for each user and cluster.

use std::collections::BTreeMap;

use crate::login::Report;
use crate::many::counted;
use crate::outcome::Outcome;
use crate::print::{columns, MOST_ROWS};

/// The rows of all objects, or with `puts_together` what a person at a terminal wants to know of too many of them.
pub(super) fn table(reports: &[Report], is_dry_run: bool, puts_together: bool) -> String {
    let mark = if is_dry_run { " (server dry run)" } else { "" };
    let rows: Vec<_> = reports.iter().map(|report| (report, rows_of(report, mark))).collect();
    let number: usize = rows.iter().map(|(_, rows)| rows.len()).sum();
    let has_users = reports.iter().any(|report| !report.user.is_empty());
    if puts_together && number > MOST_ROWS {
        return put_together(&rows, has_users);
    }
    let all = rows.into_iter().flat_map(|(report, rows)| {
        let row = move |(object, result)| [report.user.clone(), report.cluster.clone(), object, result];
        rows.into_iter().map(row)
    });
    let mut all: Vec<_> = all.collect();
    all.insert(0, ["USER", "CLUSTER", "OBJECT", "RESULT"].map(str::to_owned));
    if has_users {
        return columns(&all);
    }
    let of_clusters = all
        .into_iter()
        .map(|[_, cluster, object, result]| [cluster, object, result]);
    columns(&of_clusters.collect::<Vec<_>>())
}

/// Each object of a report, and what became of it.
fn rows_of(report: &Report, mark: &str) -> Vec<(String, String)> {
    let objects = report.objects.iter();
    let mut rows: Vec<_> = objects
        .map(|object| (object.label(), format!("{}{mark}", object.outcome)))
        .collect();
    if let Some(kubeconfig) = &report.kubeconfig {
        rows.push((kubeconfig.file.clone(), kubeconfig.outcome.word().into()));
    }
    if let Some(why) = report.skipped {
        rows.push(("-".into(), format!("skipped ({why})")));
    }
    if report.error.is_some() || report.state.is_some() {
        rows.push(("-".into(), report.state.unwrap_or("failed").into()));
    }
    rows
}

type RowsOf<'a> = (&'a Report, Vec<(String, String)>);

/// The counts of everything, how to see each, and a row for each user and cluster; of too many those with news alone.
fn put_together(rows: &[RowsOf<'_>], has_users: bool) -> String {
    let results = rows.iter().flat_map(|(_, rows)| rows.iter().map(|(_, result)| result));
    let number = results.clone().count();
    let summary = format!("{number} results: {}; to see each: -o wide\n", tallied(results));
    let is_shown = |row: &&RowsOf<'_>| rows.len() <= MOST_ROWS || has_news(row);
    let short: Vec<_> = rows.iter().filter(is_shown).map(short).collect();
    if short.is_empty() {
        return summary;
    }
    format!("{summary}{}", with_heading(has_users, short))
}

/// Whether something was done or failed there.
fn has_news((_, rows): &RowsOf<'_>) -> bool {
    let unchanged = Outcome::Unchanged.word();
    rows.iter().any(|(_, result)| !result.starts_with(unchanged))
}

/// A row for one user in one cluster.
fn short((report, rows): &RowsOf<'_>) -> [String; 3] {
    let results = tallied(rows.iter().map(|(_, result)| result));
    [report.user.clone(), report.cluster.clone(), results]
}

fn with_heading(has_users: bool, mut rows: Vec<[String; 3]>) -> String {
    rows.insert(0, ["USER", "CLUSTER", "RESULT"].map(str::to_owned));
    if has_users {
        return columns(&rows);
    }
    let of_clusters = rows.into_iter().map(|[_, cluster, result]| [cluster, result]);
    columns(&of_clusters.collect::<Vec<_>>())
}

/// `2 created, 4 unchanged`.
fn tallied<'a>(results: impl Iterator<Item = &'a String>) -> String {
    let mut counts = BTreeMap::<&str, u64>::new();
    results.for_each(|result| *counts.entry(result).or_default() += 1);
    counted(&counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::ObjectReport;

    fn report(user: &str, outcomes: &[Outcome]) -> Report {
        let mut report = Report::new(user, "prod");
        report.objects.extend(outcomes.iter().map(|&outcome| ObjectReport {
            kind: "Secret",
            name: "x".into(),
            outcome,
        }));
        report
    }

    #[test]
    fn of_many_results_a_terminal_shows_the_counts_and_a_pipe_each() {
        let (created, unchanged) = (Outcome::Created, Outcome::Unchanged);
        let mut reports: Vec<_> = (0..6).map(|n| report(&format!("user{n}"), &[unchanged; 4])).collect();
        reports[1] = report("user1", &[created, unchanged, unchanged, unchanged]);
        assert_eq!(table(&reports, false, false).lines().count(), 25);
        let plain = |reports: &[Report]| anstream::adapter::strip_str(&table(reports, false, true)).to_string();
        let short = plain(&reports);
        let lines: Vec<_> = short.lines().collect();
        assert_eq!(lines.len(), 8, "{short}");
        assert_eq!(lines[0], "24 results: 1 created, 23 unchanged; to see each: -o wide");
        assert_eq!(lines[2], "user0   prod      4 unchanged");
        assert_eq!(lines[3], "user1   prod      1 created, 3 unchanged");
        let some = plain(&reports[..5]);
        assert_eq!(some.lines().count(), 21, "they fit: {some}");
        reports.extend((6..40).map(|n| report(&format!("user{n}"), &[unchanged])));
        let news = plain(&reports);
        assert!(news.contains("user1   prod      1 created, 3 unchanged"), "{news}");
        assert_eq!(
            news.lines().count(),
            3,
            "a summary, a heading, and what changed: {news}"
        );
        reports.remove(1);
        let nothing = plain(&reports);
        assert_eq!(nothing, "54 results: 54 unchanged; to see each: -o wide\n");
    }
}
