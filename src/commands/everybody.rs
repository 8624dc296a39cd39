//! `bootstrap-user --all-users`: the users of another cluster, or of a saved list, for one that is new or has lost everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::error::{only, Error, Failures};
use super::invocation::Invocation;
use super::results;
use crate::cli::BootstrapUserArgs;
use crate::cluster::Authority;
use crate::config::{Site, Sources};
use crate::log;
use crate::login::Report;
use crate::many::counts_line;
use crate::print::{self, Output};
use crate::shadow::Shadow;
use crate::suspended::Suspended;
use crate::users::{self, saved, Account, Listing, State};

/// The users to furnish, and those who are not.
pub(super) struct Everybody {
    /// Who has an account here, and access.
    pub users: Vec<String>,
    /// How many others there are, by the reason.
    left_out: BTreeMap<&'static str, u64>,
}

/// Reads the users from the flags' source, if they have one.
pub(super) async fn of(
    invocation: &Invocation,
    site: &mut Site,
    args: &BootstrapUserArgs,
) -> Result<Option<Everybody>, Failures> {
    Ok(match (&args.from_cluster, &args.from_list) {
        (Some(id), _) => Some(of_cluster(invocation, site, id).await?),
        (None, Some(file)) => {
            let (users, mut left_out) = saved(file, site.settings.min_uid).map_err(only)?;
            let users = without_locked(invocation, site, users, &mut left_out).await;
            let suspended = Suspended::of(&site.settings).map_err(only)?;
            let (out, users): (Vec<_>, Vec<_>) = users.into_iter().partition(|user| suspended.has(user));
            if !out.is_empty() {
                *left_out.entry(State::Suspended.word()).or_default() += out.len() as u64;
            }
            Some(Everybody { users, left_out })
        }
        (None, None) => None,
    })
}

/// Leaves out those whose account has expired, and counts them.
async fn without_locked(
    invocation: &Invocation,
    site: &Site,
    mut users: BTreeSet<String>,
    left_out: &mut BTreeMap<&'static str, u64>,
) -> BTreeSet<String> {
    let total = invocation.total(&site.settings);
    invocation
        .deadline
        .more_time("looking up users in the shadow database", total * 2);
    let mut shadow = Shadow::new(total);
    let locked = shadow.expired(users.iter().map(String::as_str)).await;
    if let Some(fault) = shadow.into_fault() {
        log::warning(&fault.to_string());
    }
    if !locked.is_empty() {
        *left_out.entry(Account::Locked.word()).or_default() += locked.len() as u64;
    }
    users.retain(|user| !locked.contains(user));
    users
}

/// Lists the users of the cluster with this id, and takes it out of the site: its namespaces stay as they are.
async fn of_cluster(invocation: &Invocation, site: &mut Site, id: &str) -> Result<Everybody, Failures> {
    let sources = Sources {
        only: vec![id.to_owned()],
        ..invocation.sources.clone()
    };
    let source = Site::load(&sources).map_err(only)?;
    Failures::of_broken_files(&source).result()?;
    site.clusters.retain(|cluster| cluster.id != id);
    if site.clusters.is_empty() {
        return Err(only(Error::Usage(
            "--from-cluster names the only cluster, so there is no other cluster to create namespaces in; name one with --cluster",
        )));
    }
    let root = invocation.kubeconfig(&source.settings).map_err(only)?;
    let authority = Authority::load(&root, None).map_err(only)?;
    let total = invocation.total(&source.settings);
    let listing = Listing::of_all(&source, &authority, total, &invocation.deadline);
    let (mut users, mut left_out) = (BTreeSet::new(), BTreeMap::new());
    let lists = listing
        .each(|page| {
            for row in page {
                match (users::left_out(row.state, row.account), &row.user) {
                    (None, Some(user)) => _ = users.insert(user.clone()),
                    (why, _) => *left_out.entry(why.unwrap_or("unclaimed")).or_default() += 1,
                }
            }
        })
        .await;
    lists.shadow.iter().for_each(|fault| log::warning(&fault.to_string()));
    // With half of a list, the others would be taken for furnished.
    let mut failures = Failures::default();
    failures.extend(lists.failures);
    failures.extend(lists.suspended.map(|error| (String::new(), error)));
    failures.extend(lists.lookup.map(|error| (String::new(), error)));
    failures.result()?;
    Ok(Everybody {
        users: users.into_iter().collect(),
        left_out,
    })
}

impl Everybody {
    /// Prints the counts, and for scripts each result too.
    pub fn print(self, reports: &[Report], output: Output, is_dry_run: bool) {
        let mut counts = self.left_out;
        for report in reports {
            let word = match report {
                report if report.error.is_some() => "failed",
                report if report.skipped.is_some() => "skipped",
                report => report.outcome().word(),
            };
            *counts.entry(word).or_default() += 1;
        }
        if output != Output::Table {
            results::print_with(reports, output, is_dry_run, Some(&json!(counts)));
        }
        if !output.is_table() {
            return;
        }
        print::text(&counts_line(counts.values().sum(), "users", &counts, is_dry_run));
    }
}
