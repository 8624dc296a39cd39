//! `set-creds`: writes the user's tokens, cluster and context to the user's kubeconfig.

use std::time::Instant;

use super::error::{only, Failures};
use super::invocation::Invocation;
use super::results;
use crate::cli::SetCredsArgs;
use crate::login::{self, Between, Report};
use crate::oidc::Handover;

/// Writes the user's kubeconfig.
pub(super) async fn run(invocation: &Invocation, args: &SetCredsArgs, handover: &Handover) -> Result<(), Failures> {
    let started = Instant::now();
    let (site, user, skipped) = match invocation.begin_login(&args.user, drop) {
        Ok(begun) => begun,
        Err(error) => {
            results::print(&[Report::failed(&args.user, "", &error)], args.output, false);
            return Err(only(error));
        }
    };
    let deadline = &invocation.deadline;
    let mut failures = Failures::of_broken_files(&site);
    let mut reports: Vec<_> = site
        .kubeconfig_clusters()
        .map(|cluster| Report::new(user.name.as_str(), &cluster.id))
        .collect();
    deadline.enter("asking the identity provider, and waiting for the home");
    let written = login::write_home(&site, &user, handover, &Between::none(), deadline).await;
    failures.extend(written.note(&mut reports, &site));
    reports.iter_mut().for_each(|report| report.took(started));
    reports.extend(skipped);
    reports.iter().for_each(|report| report.record("set-creds"));
    results::print(&reports, args.output, false);
    failures.result()
}
