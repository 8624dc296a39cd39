//! `users`: whose the namespaces are, when they were used, and whether their owners still have an account.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;

use serde_json::json;

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use super::{users_reconcile, users_restamp, users_show, users_transfer};
use crate::cli::{UsersArgs, UsersCommand};
use crate::cluster::Authority;
use crate::config::Site;
use crate::exit::ExitStatus;
use crate::log;
use crate::metrics::{self, NamespaceCounts};
use crate::outcome::of_cluster;
use crate::print::{ListOutput, Rows};
use crate::store::StoreError;
use crate::users::{Account, Choice, Listing, Lists, OutRow, State, UserRow};

/// Lists the namespaces, or runs the subcommand.
pub(super) async fn run(invocation: &Invocation, args: &UsersArgs) -> Result<ExitStatus, Failures> {
    match &args.command {
        None => list(invocation, args).await.map(|()| ExitStatus::Success),
        Some(UsersCommand::Show(args)) => users_show::run(invocation, args).await,
        Some(UsersCommand::Reconcile(args)) => {
            let done = users_reconcile::run(invocation, args).await;
            done.map(|()| ExitStatus::Success)
        }
        Some(UsersCommand::Restamp(args)) => {
            let done = users_restamp::run(invocation, args).await;
            done.map(|()| ExitStatus::Success)
        }
        Some(UsersCommand::Transfer(args)) => {
            let done = users_transfer::run(invocation, args).await;
            done.map(|()| ExitStatus::Success)
        }
    }
}

/// Prints the chosen namespaces of all clusters, as they come.
async fn list(invocation: &Invocation, args: &UsersArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let root = invocation.kubeconfig(&site.settings).map_err(only)?;
    let authority = Authority::load(&root, args.admin.given());
    let listing = Listing {
        site: &site,
        clusters: site.clusters.iter().collect(),
        authority: &authority.map_err(only)?,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        choice: choice(args),
        counts_pods: args.pods || args.output == ListOutput::Wide,
        asks_why: args.not_allowed,
    };
    let mut rows = Rows::new(args.output);
    let mut counts = BTreeMap::new();
    let lists = listing
        .each(|page| {
            page.iter().for_each(|row| count(&mut counts, row));
            if args.not_allowed {
                rows.add(&page.iter().map(OutRow).collect::<Vec<_>>());
            } else {
                rows.add(page);
            }
        })
        .await;
    invocation.deadline.lift();
    let mut failures = Failures::of_broken_files(&site);
    if let Some(path) = &args.metrics_file {
        let written = write(path, counts, &lists, &site);
        failures.extend(written.err().map(|error| (String::new(), error)));
    }
    warn(&lists);
    failures.extend(lists.failures);
    failures.extend(lists.suspended.map(|error| (String::new(), error)));
    failures.extend(lists.lookup.map(|error| (String::new(), error)));
    let errors: Vec<_> = failures.each_line().collect();
    let summary: serde_json::Map<_, _> = lists
        .states
        .iter()
        .map(|(state, count)| (state.word().to_owned(), json!(count)))
        .collect();
    rows.end(json!({ "summary": summary, "errors": errors }));
    failures.result()
}

fn choice(args: &UsersArgs) -> Choice {
    Choice {
        orphaned: args.orphaned,
        locked: args.locked,
        unclaimed: args.unclaimed,
        suspended: args.suspended,
        idle: args.idle,
        not_allowed: args.not_allowed,
    }
}

fn count(counts: &mut BTreeMap<String, NamespaceCounts>, row: &UserRow) {
    let of = counts.entry(row.cluster.clone()).or_default();
    *of.states.entry(row.state.word()).or_default() += 1;
    of.orphaned += u64::from(row.account == Some(Account::Removed));
}

/// Writes the counts of the clusters that were listed to their end; a cluster without a namespace has zeros.
fn write(
    path: &Path,
    mut counts: BTreeMap<String, NamespaceCounts>,
    lists: &Lists,
    site: &Site,
) -> Result<(), StoreError<Infallible>> {
    let has_failed = |id: &str| lists.failures.iter().any(|(what, _)| *what == of_cluster(id));
    let ids = site.clusters.iter().map(|cluster| cluster.id.clone());
    let (unlisted, listed): (Vec<_>, Vec<_>) = ids.partition(|id| has_failed(id));
    for id in listed {
        let of = counts.entry(id).or_default();
        State::ALL
            .iter()
            .for_each(|state| _ = of.states.entry(state.word()).or_default());
    }
    counts.retain(|id, _| !unlisted.contains(id));
    metrics::write_namespaces(path, &counts, &unlisted)
}

/// What is not a failure, and should be known before anybody acts on the list.
fn warn(lists: &Lists) {
    for (what, error) in &lists.uncounted {
        log::warning(&format!(
            "{what}: pods are not counted: {error}; or use --admin-kubeconfig FILE"
        ));
    }
    users_reconcile::warn_of_doubts(lists);
    if lists.elsewhere > 0 {
        log::note(&format!(
            "{} namespaces of other installations (SITE) are not listed",
            lists.elsewhere
        ));
    }
    let (owners, removed) = lists.owners;
    if owners > 1 && owners == removed {
        log::warning(&format!(
            "none of the {owners} owners is in the passwd database; before you remove anybody, make sure that the directory service answers: getent passwd USER"
        ));
    }
}
