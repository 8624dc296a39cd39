//! `pre-hook`: what OnDemand calls at every login; processes all clusters concurrently, with one deadline.

use std::time::Instant;

use super::error::{only, Failures};
use super::invocation::Invocation;
use super::results;
use crate::cli::PreHookArgs;
use crate::login::{self, Between, InClusters};
use crate::oidc::Handover;

/// Runs all parts of a login even if one fails; one line on stderr says what was not done.
pub(super) async fn run(invocation: &Invocation, args: &PreHookArgs, handover: &Handover) -> Result<(), Failures> {
    let started = Instant::now();
    let (site, user, skipped) = invocation.begin_login(&args.user).map_err(only)?;
    let deadline = &invocation.deadline;
    let mut failures = Failures::of_broken_files(&site);
    deadline.enter("waiting for the home, the clusters and the identity provider");
    let between = Between::unknown(&site);
    let in_clusters = InClusters {
        site: &site,
        user: &user,
        handover,
        kubeconfig: invocation.kubeconfig(&site.settings),
        deadline,
        started,
        between: &between,
    };
    // The home comes first: if the identity provider is not needed, the child is running before the clusters are asked.
    let written = login::write_home(&site, &user, handover, &between, deadline);
    let (written, (mut reports, failed)) = futures_util::future::join(written, in_clusters.bootstrap()).await;
    failures.extend(failed);
    failures.extend(written.note(&mut reports, &site));
    reports.extend(skipped);
    results::warn(&reports);
    reports.iter().for_each(|report| report.record("login"));
    failures.result()
}
