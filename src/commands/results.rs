//! Prints the results per user and cluster, and rows of reports.

use std::collections::BTreeSet;
use std::io::IsTerminal as _;

use serde_json::{json, Value};

use super::error::Failures;
use super::report_rows;
use crate::log;
use crate::login::Report;
use crate::many::{LeavesOut, Many, Tally, Whose};
use crate::print::{self, columns, Output};

const EVERYBODY_GONE: &str = "no owner of a namespace is in the passwd database of this host, so nothing was written; \
    run this where users log in, or with --include-gone";

/// Prints the reports of a command; as JSON and YAML even if there are none.
pub(super) fn print(reports: &[Report], output: Output, is_dry_run: bool) {
    print_with(reports, output, is_dry_run, None);
}

/// Like [`print()`], but with a summary in JSON and YAML.
pub(super) fn print_with(reports: &[Report], output: Output, is_dry_run: bool, summary: Option<&Value>) {
    let value = || {
        let mut value = json!({ "dry_run": is_dry_run, "results": reports });
        if let Some(summary) = summary {
            value["summary"] = summary.clone();
        }
        value
    };
    print::print(output, value, || match reports {
        [] => String::new(),
        reports => {
            let puts_together = output == Output::Table && std::io::stdout().is_terminal();
            report_rows::table(reports, is_dry_run, puts_together)
        }
    });
}

/// Logs the warnings in the reports, each once.
pub(super) fn warn(reports: &[Report]) {
    let all: BTreeSet<_> = reports.iter().flat_map(|report| &report.warnings).collect();
    all.into_iter().for_each(|warning| log::warning(warning));
}

/// Who gets no password and no file of root's: with `--all`, whoever has left, unless that is asked for.
pub(super) fn left_out(whose: Whose<'_>, includes_gone: bool) -> LeavesOut {
    match whose {
        Whose::All if !includes_gone => LeavesOut::GoneAndLocked,
        _ => LeavesOut::Nobody,
    }
}

/// Ends the work in many namespaces: nothing is guarded any more, what was done is printed, and what failed is the result.
pub(super) fn conclude(many: &Many<'_>, tally: Tally, output: Output) -> Result<(), Failures> {
    many.watchdog.lift();
    if many.leaves_out == LeavesOut::GoneAndLocked && tally.is_everybody_gone() {
        log::warning(EVERYBODY_GONE);
    }
    print_tally(&tally, many.whose, many.command, output, many.is_dry_run);
    let mut failures = Failures::of_broken_files(many.site);
    failures.extend(tally.failures);
    failures.result()
}

/// Prints the results for many namespaces, and logs them as one line. As a table, `--all` prints only the counts.
fn print_tally(tally: &Tally, whose: Whose<'_>, command: &str, output: Output, is_dry_run: bool) {
    if !is_dry_run {
        tally.record(command);
    }
    for (what, error) in &tally.warnings {
        log::warning(&format!("{what}: {error}"));
    }
    match (whose, output) {
        (Whose::All, Output::Table) => print::text(&tally.summary(is_dry_run)),
        (Whose::All, Output::Wide) => {
            print(&tally.reports, output, is_dry_run);
            print::text(&tally.summary(is_dry_run));
        }
        (_, Output::Table | Output::Wide) => print(&tally.reports, output, is_dry_run),
        _ => print_with(&tally.reports, output, is_dry_run, Some(&tally.counts())),
    }
}

/// Prints a row for each report. `row` gets what marks a result that was only tried.
pub(super) fn print_rows<R, const N: usize>(
    reports: &[R],
    output: Output,
    is_dry_run: bool,
    heading: [&str; N],
    value: fn(&R) -> Value,
    row: fn(&R, &str) -> [String; N],
) {
    let values = || reports.iter().map(value).collect::<Vec<_>>();
    let value = || json!({ "dry_run": is_dry_run, "results": values() });
    print::print(output, value, || {
        let mark = if is_dry_run { " (dry run)" } else { "" };
        let mut rows = vec![heading.map(str::to_owned)];
        rows.extend(reports.iter().map(|report| row(report, mark)));
        columns(&rows)
    });
}
