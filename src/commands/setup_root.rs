//! `setup-root`: writes root's kubeconfig for the clusters in clusters.d.

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use super::results;
use crate::cli::SetupRootArgs;
use crate::outcome::of_cluster;
use crate::print::Output;
use crate::root::{Setup, SetupReport, TokenSource, TokenWish};

/// Sets up the clusters one by one, since each must avoid the names that the others use.
pub(super) async fn run(invocation: &Invocation, args: &SetupRootArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let path = invocation.kubeconfig(&site.settings).map_err(only)?;
    let wish = TokenWish::from(&args.source);
    let setup = Setup {
        wish: &wish,
        source: TokenSource::open(&wish, &site.clusters).map_err(only)?,
        path,
        certificate_authority: args.certificate_authority.as_deref(),
        total: invocation.total(&site.settings),
        is_dry_run: args.dry_run,
    };
    // The watchdog ends the program if a file server hangs: a cluster takes at most two deadlines, one for the lock.
    let clusters = u32::try_from(site.clusters.len()).unwrap_or(u32::MAX);
    invocation.extend_deadline(setup.total.saturating_mul(clusters.saturating_mul(2)));
    invocation.deadline.enter("setting up root's kubeconfig");
    let mut failures = Failures::of_broken_files(&site);
    let mut reports = Vec::new();
    for cluster in &site.clusters {
        match setup.cluster(cluster).await {
            Ok(report) => reports.push(report),
            Err(error) => {
                reports.push(SetupReport::failed(cluster, &error));
                failures.add(of_cluster(&cluster.id), error);
            }
        }
    }
    if !args.dry_run {
        reports.iter().for_each(SetupReport::record);
    }
    print(&reports, args.output, args.dry_run);
    failures.result()
}

fn print(reports: &[SetupReport], output: Output, is_dry_run: bool) {
    let (heading, value, row) = (SetupReport::HEADING, SetupReport::value, SetupReport::row);
    results::print_rows(reports, output, is_dry_run, heading, value, row);
}
