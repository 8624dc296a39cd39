//! `renew-creds`: renews the tokens of users with an active `OnDemand` session before they expire.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::{json, Value};

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::RenewCredsArgs;
use crate::config::Site;
use crate::log;
use crate::metrics;
use crate::naming::Username;
use crate::print::{self, columns};
use crate::renewal::Renewals;
use crate::sessions::{self, Run, UserReport};
use crate::shadow::Shadow;
use crate::suspended::Suspended;

/// Renews the tokens that are due. A failure for one user does not stop the others; the next run tries again.
pub(super) async fn run(invocation: &Invocation, args: &RenewCredsArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let started = Instant::now();
    let site = invocation.site().map_err(only)?;
    let renewals = sessions::open(&site).map_err(only)?;
    let locked = locked(invocation, &site, &renewals).await;
    let run = Run {
        site: &site,
        renewals: &renewals,
        // Where nobody knows who is suspended, nobody's tokens are renewed.
        suspended: &Suspended::of(&site.settings).map_err(only)?,
        locked: &locked,
        total: invocation.total(&site.settings),
        interval: args.interval,
        jobs: args.jobs,
        is_dry_run: args.dry_run,
        watchdog: &invocation.deadline,
    };
    let outcomes = run.all().await.map_err(only)?;
    let mut reports = outcomes.reports;
    run.stamp(&reports, &invocation.likely_kubeconfig(&site.settings)).await;
    reports.sort_by(|a, b| a.user.cmp(&b.user));
    let mut failures = Failures::of_broken_files(&site);
    failures.extend(outcomes.failures);
    for (what, error) in outcomes.warnings {
        log::warning(&format!("{what}: {error}"));
    }
    if !args.dry_run {
        note(&reports, args, started, &mut failures);
    }
    print(&reports, args);
    failures.result()
}

/// Those of the users with a kept session whose account has expired: they are renewed no more, like those who are gone.
async fn locked(invocation: &Invocation, site: &Site, renewals: &Renewals) -> BTreeSet<String> {
    let total = invocation.total(&site.settings);
    invocation
        .deadline
        .more_time("looking up users in the shadow database", total * 2);
    let mut shadow = Shadow::new(total);
    // What cannot be listed is told by the run itself.
    let users = renewals.users().unwrap_or_default();
    let locked = shadow.expired(users.iter().map(Username::as_str)).await;
    if let Some(fault) = shadow.into_fault() {
        log::warning(&fault.to_string());
    }
    locked
}

/// Writes the log lines and the metrics.
fn note(reports: &[UserReport], args: &RenewCredsArgs, started: Instant, failures: &mut Failures) {
    reports.iter().for_each(UserReport::record);
    sessions::record_all(reports, started);
    sessions::warn_of_short_lives(reports, args.interval);
    if let Some(path) = &args.metrics_file {
        let written = metrics::write_sessions(path, &sessions::counts(reports), started);
        failures.extend(written.err().map(|error| (String::new(), error)));
    }
}

/// Prints a one-line summary, or one line per user if an output format is given.
fn print(reports: &[UserReport], args: &RenewCredsArgs) {
    let mark = if args.dry_run { " (dry run)" } else { "" };
    let value = || {
        let values: Vec<Value> = reports.iter().map(UserReport::value).collect();
        json!({ "dry_run": args.dry_run, "summary": sessions::counts(reports), "results": values })
    };
    match args.output {
        Some(output) => print::print(output, value, || {
            let mut rows = vec![UserReport::HEADING.map(str::to_owned)];
            rows.extend(reports.iter().map(|report| report.row(mark)));
            columns(&rows)
        }),
        None => print::text(&format!("{}{mark}", sessions::summary(reports))),
    }
}
