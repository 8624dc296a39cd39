//! `users`: whose the namespaces are, when they were used, and whether their owners still have an account.

use serde_json::json;

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::UsersArgs;
use crate::cluster::Authority;
use crate::log;
use crate::print::{ListOutput, Rows};
use crate::users::{Choice, Listing, Lists};

/// Prints the chosen namespaces of all clusters, as they come.
pub(super) async fn run(invocation: &Invocation, args: &UsersArgs) -> Result<(), Failures> {
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
        choice: Choice {
            orphaned: args.orphaned,
            unclaimed: args.unclaimed,
            suspended: args.suspended,
            idle: args.idle,
        },
        counts_pods: args.pods || args.output == ListOutput::Wide,
    };
    let mut rows = Rows::new(args.output);
    let lists = listing.each(|page| rows.add(page)).await;
    invocation.deadline.lift();
    let mut failures = Failures::of_broken_files(&site);
    warn(&lists);
    failures.extend(lists.failures);
    failures.extend(lists.suspended.map(|error| (String::new(), error)));
    failures.extend(lists.lookup.map(|error| (String::new(), error)));
    let errors: Vec<_> = failures.lines().collect();
    let summary: serde_json::Map<_, _> = lists
        .states
        .iter()
        .map(|(state, count)| (state.word().to_owned(), json!(count)))
        .collect();
    rows.end(json!({ "summary": summary, "errors": errors }));
    failures.result()
}

/// What is not a failure, and should be known before anybody acts on the list.
fn warn(lists: &Lists) {
    for (what, error) in &lists.uncounted {
        log::warning(&format!(
            "{what}: pods are not counted: {error}; or use --admin-kubeconfig FILE"
        ));
    }
    let (owners, removed) = lists.owners;
    if owners > 1 && owners == removed {
        log::warning(&format!(
            "none of the {owners} owners is in the passwd database; before you remove anybody, make sure that the directory service answers: getent passwd USER"
        ));
    }
}
