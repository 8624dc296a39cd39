//! Reports as a table: a row for each object; of many, on a terminal, a summary and a row for each user and cluster.

use std::collections::BTreeMap;

use crate::login::Report;
use crate::many::counted;
use crate::print::columns;

/// A terminal shows so many rows without scrolling.
const MOST_ROWS: usize = 20;

/// The rows of all objects, or what a person wants to know of too many of them; scripts and pipes get all.
pub(super) fn table(reports: &[Report], is_dry_run: bool, is_terminal: bool) -> String {
    let mark = if is_dry_run { " (server dry run)" } else { "" };
    let rows: Vec<_> = reports.iter().map(|report| (report, rows_of(report, mark))).collect();
    let number: usize = rows.iter().map(|(_, rows)| rows.len()).sum();
    let has_users = reports.iter().any(|report| !report.user.is_empty());
    if is_terminal && number > MOST_ROWS {
        return format!(
            "{}\n{}",
            summary(&rows),
            with_heading("RESULT", has_users, short(&rows))
        );
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

/// The counts of everything, and how to see each.
fn summary(rows: &[(&Report, Vec<(String, String)>)]) -> String {
    let results = rows.iter().flat_map(|(_, rows)| rows.iter().map(|(_, result)| result));
    let number = results.clone().count();
    format!("{number} results: {}; to see each, add: | less", tallied(results))
}

/// A row for each user and cluster.
fn short(rows: &[(&Report, Vec<(String, String)>)]) -> Vec<[String; 3]> {
    let row = |(report, rows): &(&Report, Vec<(String, String)>)| {
        let results = tallied(rows.iter().map(|(_, result)| result));
        [report.user.clone(), report.cluster.clone(), results]
    };
    rows.iter().map(row).collect()
}

fn with_heading(of_results: &str, has_users: bool, mut rows: Vec<[String; 3]>) -> String {
    rows.insert(0, ["USER", "CLUSTER", of_results].map(str::to_owned));
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
    use crate::outcome::Outcome;

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
        let short = table(&reports, false, true);
        let lines: Vec<_> = short.lines().collect();
        assert_eq!(lines.len(), 8, "{short}");
        assert_eq!(
            lines[0],
            "24 results: 1 created, 23 unchanged; to see each, add: | less"
        );
        assert_eq!(lines[2], "user0   prod      4 unchanged");
        assert_eq!(lines[3], "user1   prod      1 created, 3 unchanged");
        reports.truncate(5);
        assert_eq!(table(&reports, false, true).lines().count(), 21, "they fit");
    }
}
