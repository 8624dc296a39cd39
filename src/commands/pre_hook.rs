//! `pre-hook`: what OnDemand calls at every login, for every cluster at once, in one deadline.

use std::time::Instant;

use super::login::{self, Blueprint};
use super::report::Report;
use super::{all_of, only, set_creds, Invocation};
use crate::cli::PreHookArgs;
use crate::cluster::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::error::{Error, Failures};
use crate::oidc::Handover;
use crate::user::User;

/// Each part goes on when another cannot; the one line on stderr says what was not done.
pub(super) async fn run(invocation: &Invocation, args: &PreHookArgs, handover: &Handover) -> Result<(), Failures> {
    let started = Instant::now();
    let (site, user) = invocation.begin_login(&args.user).map_err(only)?;
    let deadline = &invocation.deadline;
    let mut failures = super::broken_files(&site);
    // First, so that the slow home is at work while the clusters are asked.
    deadline.enter("starting the process for the home");
    let (home, refused) = set_creds::begin(&site, &user, handover, deadline);
    deadline.enter("asking the clusters");
    let mut reports = bootstrap_all(&site, invocation, &user, deadline, started, &mut failures).await;
    deadline.enter("waiting for the home");
    if let Some(home) = home {
        failures.extend(home.finish(deadline, &mut reports).await);
    }
    set_creds::note(&refused, &mut reports, &site);
    failures.extend(refused);
    reports.iter().for_each(|report| report.record("login"));
    all_of(failures)
}

/// Every cluster side by side. What they all lack is one failure, not one a cluster.
async fn bootstrap_all(
    site: &Site,
    invocation: &Invocation,
    user: &User,
    deadline: &Deadline,
    started: Instant,
    failures: &mut Vec<(String, Error)>,
) -> Vec<Report> {
    let mut reports: Vec<_> = site
        .clusters
        .iter()
        .map(|c| Report::new(user.name.as_str(), &c.id))
        .collect();
    let prepared = Blueprint::draw(site)
        .map_err(Error::from)
        .and_then(|blueprint| Ok((blueprint, login::root_kubeconfig(&invocation.kubeconfig())?)));
    let ((blueprint, registry_fault), root) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            reports.iter_mut().for_each(|report| report.add_error(&error));
            failures.push((String::new(), error));
            return reports;
        }
    };
    let registry_fault = registry_fault.map(Error::from);
    let several = site.clusters.len() > 1;
    let work = site
        .clusters
        .iter()
        .zip(&mut reports)
        .map(|(cluster, report)| bootstrap_one(&blueprint, &root, cluster, user, deadline, started, report));
    for (cluster, result) in site.clusters.iter().zip(futures_util::future::join_all(work).await) {
        let what = if several {
            super::of_cluster(&cluster.id)
        } else {
            String::new()
        };
        failures.extend(result.err().map(|error| (what, error)));
    }
    if let Some(fault) = registry_fault {
        reports.iter_mut().for_each(|report| report.add_error(&fault));
        failures.push((String::new(), fault));
    }
    reports
}

async fn bootstrap_one(
    blueprint: &Blueprint<'_>,
    root: &RootKubeconfig,
    cluster: &Cluster,
    user: &User,
    deadline: &Deadline,
    started: Instant,
    report: &mut Report,
) -> Result<(), Error> {
    let result = async {
        let desired = blueprint.of(&user.name, cluster)?;
        report.namespace = Some(desired.namespace.to_string());
        login::bootstrap(root, cluster, &desired, deadline).await
    }
    .await;
    report.took(started);
    match result {
        Ok(objects) => {
            report.objects = objects;
            Ok(())
        }
        Err(error) => {
            report.add_error(&error);
            Err(error)
        }
    }
}
