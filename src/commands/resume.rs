//! `resume`: lets users log in again whose access was suspended.

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, Invocation};
use super::{offboard, results};
use crate::cli::ResumeArgs;
use crate::login::Report;
use crate::outcome::Outcome;
use crate::users::{Extent, Offboarding};

/// Takes the mark from the users' namespaces. A failure for one user does not stop the others.
pub(super) async fn run(invocation: &Invocation, args: &ResumeArgs) -> Result<(), Failures> {
    guard_for_the_record(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    let users = offboard::names(&args.users, &mut failures);
    let resuming = Offboarding {
        site: &site,
        kubeconfig: &invocation.kubeconfig(&site.settings).map_err(only)?,
        admin: args.work.admin.given(),
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        users: &users,
        extent: Extent::Access,
        jobs: args.work.jobs,
        is_dry_run: args.work.dry_run,
        stops: false,
        command: "resume",
    };
    let done = resuming.resume().await;
    invocation.deadline.lift();
    let is_listed = done.failures.is_empty();
    failures.extend(done.failures);
    failures.extend(done.on_node);
    for user in users {
        let is_let_in = |report: &Report| {
            report.user == *user && (!report.cluster.is_empty() || report.outcome() == Outcome::Changed)
        };
        // Where a cluster could not be listed, nobody knows who has no namespace.
        if is_listed && !done.reports.iter().any(is_let_in) {
            failures.add(String::new(), Error::NoNamespace { user, and: "" });
        }
    }
    results::print(&done.reports, args.work.output, args.work.dry_run);
    failures.result()
}
