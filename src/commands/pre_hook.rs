//! `pre-hook`: what OnDemand calls at every login, for every cluster at once, in one deadline.

use std::path::Path;
use std::time::Instant;

use super::login::{self, Blueprint};
use super::report::Report;
use super::{all_of, broken_files, of_cluster, only, set_creds, Invocation};
use crate::cli::PreHookArgs;
use crate::cluster::RootKubeconfig;
use crate::config::clusters::Cluster;
use crate::config::{ConfigError, Site};
use crate::deadline::Deadline;
use crate::error::{Error, Failures};
use crate::oidc::Handover;
use crate::user::User;

/// Each part goes on when another cannot; the one line on stderr says what was not done.
pub(super) async fn run(invocation: &Invocation, args: &PreHookArgs, handover: &Handover) -> Result<(), Failures> {
    let started = Instant::now();
    let (site, user) = invocation.begin_login(&args.user).map_err(only)?;
    let deadline = &invocation.deadline;
    let mut failures = broken_files(&site);
    let login = Login {
        site: &site,
        user: &user,
        deadline,
        started,
    };
    deadline.enter("waiting for the home, the clusters and the identity provider");
    let kubeconfig = invocation.kubeconfig();
    let clusters = login.bootstrap(&kubeconfig, &mut failures);
    // The home comes first: where nobody has to be asked for its tokens, it is at work before the clusters are asked.
    let written = set_creds::write(&site, &user, handover, deadline);
    let (written, mut reports) = futures_util::future::join(written, clusters).await;
    failures.extend(written.note(&mut reports, &site));
    reports.iter().for_each(|report| report.record("login"));
    all_of(failures)
}

/// One user's login, on the side of the clusters.
struct Login<'a> {
    site: &'a Site,
    user: &'a User,
    deadline: &'a Deadline,
    started: Instant,
}

impl Login<'_> {
    /// Every cluster side by side. What they all lack is one failure, not one a cluster.
    async fn bootstrap(&self, kubeconfig: &Path, failures: &mut Vec<(String, Error)>) -> Vec<Report> {
        let clusters = &self.site.clusters;
        let new_report = |cluster: &Cluster| Report::new(self.user.name.as_str(), &cluster.id);
        let mut reports: Vec<_> = clusters.iter().map(new_report).collect();
        let (blueprint, root, registry_fault) = match self.prepare(kubeconfig) {
            Ok(prepared) => prepared,
            Err(error) => {
                reports.iter_mut().for_each(|report| report.add_error(&error));
                failures.push((String::new(), error));
                return reports;
            }
        };
        let pairs = clusters.iter().zip(&mut reports);
        let work = pairs.map(|(cluster, report)| self.in_cluster(&blueprint, &root, cluster, report));
        let results = futures_util::future::join_all(work).await;
        for (cluster, result) in clusters.iter().zip(results) {
            let what = if clusters.len() > 1 {
                of_cluster(&cluster.id)
            } else {
                String::new()
            };
            failures.extend(result.err().map(|error| (what, error)));
        }
        if let Some(fault) = registry_fault.map(Error::from) {
            reports.iter_mut().for_each(|report| report.add_error(&fault));
            failures.push((String::new(), fault));
        }
        reports
    }

    /// What every cluster needs; the last is what keeps the pull secret, and it alone, from being made.
    fn prepare(&self, kubeconfig: &Path) -> Result<(Blueprint<'_>, RootKubeconfig, Option<ConfigError>), Error> {
        let (blueprint, registry_fault) = Blueprint::draw(self.site)?;
        Ok((blueprint, login::root_kubeconfig(kubeconfig)?, registry_fault))
    }

    async fn in_cluster(
        &self,
        blueprint: &Blueprint<'_>,
        root: &RootKubeconfig,
        cluster: &Cluster,
        report: &mut Report,
    ) -> Result<(), Error> {
        let result = async {
            let desired = blueprint.of(&self.user.name, cluster)?;
            report.namespace = Some(desired.namespace.to_string());
            report.objects = login::bootstrap(root, cluster, &desired, self.deadline).await?;
            Ok(())
        };
        let result = result.await;
        report.took(self.started);
        result.inspect_err(|error| report.add_error(error))
    }
}
