//! `users reconcile`: takes the access away from everybody who is not let in any more, after asking.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, Invocation};
use super::{offboard, results};
use crate::cli::{AtMost, ReconcileArgs};
use crate::log;
use crate::many::counts_line;
use crate::outcome::Outcome;
use crate::print::{self, columns, or_dash};
use crate::users::{Bound, Extent, Lists, Offboarded, Offboarding, Reconciliation};

/// Finds out who is not let in, asks, and takes their access away. A failure for one user does not stop the others.
pub(super) async fn run(invocation: &Invocation, args: &ReconcileArgs) -> Result<(), Failures> {
    guard_for_the_record(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let mut failures = Failures::of_broken_files(&site);
    let kubeconfig = invocation.kubeconfig(&site.settings).map_err(only)?;
    let offboarding = Offboarding {
        site: &site,
        kubeconfig: &kubeconfig,
        admin: args.work.admin.given(),
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        users: &[],
        extent: Extent::Access,
        jobs: args.work.jobs,
        is_dry_run: args.work.dry_run,
        stops: false,
        command: "users-reconcile",
    };
    let (plan, lists) = offboarding.plan().await.map_err(only)?;
    warn(&plan);
    warn_of_doubts(&lists);
    failures.extend(lists.failures);
    // Where a database does not answer for one user, what it does not say of another is no reason either.
    lists.lookup.map_or(Ok(()), |error| Err(only(error)))?;
    lists.suspended.map_or(Ok(()), |error| Err(only(error)))?;
    plan.check(bound(args.at_most))
        .map_err(|too_many| only(Error::TooMany(too_many)))?;
    if !args.work.dry_run && !args.yes && !plan.losing.is_empty() {
        if args.work.output.is_table() {
            print::before_a_question(&preview(&plan));
        }
        offboard::ask(invocation, &question(&plan))?;
    }
    let owners: BTreeSet<&String> = plan.losing.iter().map(|it| &it.user).collect();
    let owners: Vec<String> = owners.into_iter().cloned().collect();
    let done = Offboarding {
        users: &owners,
        ..offboarding
    }
    .take_away(&plan)
    .await;
    invocation.deadline.lift();
    conclude(&plan, done, lists.undecided, args, failures)
}

fn bound(given: Option<AtMost>) -> Bound {
    match given {
        None => Bound::Usual,
        Some(AtMost::Users(users)) => Bound::Users(users),
        Some(AtMost::Percent(percent)) => Bound::Percent(percent),
    }
}

fn warn(plan: &Reconciliation) {
    if plan.no_names > 0 {
        log::warning(&format!(
            "the owners of {} namespaces are no user names, so nothing was done there; look at them: ood-k8s users",
            plan.no_names
        ));
    }
    if plan.other_names > 0 {
        log::warning(&format!(
            "the owners of {} namespaces are written in another way by the directory service, and keep their access; see: ood-k8s users --not-allowed",
            plan.other_names
        ));
    }
}

/// Owners of whom nobody can tell whether they have expired or are let in: they are in no list of those who are not.
pub(super) fn warn_of_doubts(lists: &Lists) {
    if lists.undecided > 0 {
        log::warning(&format!(
            "cannot determine whether {} owners may log in, so they are skipped",
            lists.undecided
        ));
    }
    lists.shadow.iter().for_each(|fault| log::warning(&fault.to_string()));
    lists.doubts.iter().for_each(|doubt| log::warning(doubt));
}

/// Who would lose access to what, and why.
fn preview(plan: &Reconciliation) -> String {
    let mut rows = vec![["USER", "CLUSTER", "NAMESPACE", "WHY", "RULE"].map(str::to_owned)];
    rows.extend(plan.losing.iter().filter(|it| !it.is_again).map(|it| {
        let rule = it.out.rule.as_deref().unwrap_or_default();
        [
            it.user.clone(),
            it.cluster.clone(),
            it.namespace.clone(),
            it.out.why.word().to_owned(),
            or_dash(rule),
        ]
    }));
    columns(&rows)
}

fn question(plan: &Reconciliation) -> String {
    let (users, again) = (plan.users(), plan.losing.iter().filter(|it| it.is_again).count());
    let new = plan.losing.len() - again;
    let again = match again {
        0 => String::new(),
        again => format!(", and look again at {again} that are suspended"),
    };
    let of = match offboard::few(users.iter().copied()) {
        none if none.is_empty() => none,
        names => format!(", of: {names}"),
    };
    format!("Suspend the access to {new} namespaces{again}{of}? [y/N] ")
}

/// Prints what was done, with the counts; what failed is the result.
fn conclude(
    plan: &Reconciliation,
    mut done: Offboarded,
    undecided: u64,
    args: &ReconcileArgs,
    mut failures: Failures,
) -> Result<(), Failures> {
    let why = |cluster: &str, namespace: Option<&str>| {
        let it = plan
            .losing
            .iter()
            .find(|it| it.cluster == cluster && Some(it.namespace.as_str()) == namespace);
        it.map(|it| it.out.why.word())
    };
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for report in done.reports.iter_mut().filter(|report| !report.cluster.is_empty()) {
        report.why = why(&report.cluster, report.namespace.as_deref());
        let word = match report {
            report if report.error.is_some() => "failed",
            report if report.outcome() == Outcome::Unchanged => "unchanged",
            _ => "suspended",
        };
        *counts.entry(word).or_default() += 1;
    }
    if undecided > 0 {
        counts.insert("undecided", undecided);
    }
    failures.extend(done.failures);
    failures.extend(done.on_node);
    failures.extend(done.sessions);
    if args.work.output.is_table() {
        done.reports
            .retain(|report| report.error.is_some() || report.outcome() != Outcome::Unchanged);
    }
    results::print_with(&done.reports, args.work.output, args.work.dry_run, Some(&json!(counts)));
    if args.work.output.is_table() {
        let total = plan.losing.len() as u64;
        print::text(&counts_line(total, "namespaces", &counts, args.work.dry_run));
    }
    failures.result()
}
