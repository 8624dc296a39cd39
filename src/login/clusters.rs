//! The part of a login in the clusters: the user's namespace and its objects, in all clusters concurrently.

use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::between::Between;
use super::blueprint::Blueprint;
use super::error::LoginError;
use super::known_as::other_name;
use super::report::Report;
use crate::cluster::{self, Adoption, Api, Bootstrapped, ClusterError, RootKubeconfig, Unanswered, UserToken, Wall};
use crate::config::clusters::Cluster;
use crate::config::{ConfigError, Site};
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::objects::Desired;
use crate::oidc::Handover;
use crate::outcome::of_cluster;
use crate::user::User;

/// The part of one user's login in the clusters.
pub struct InClusters<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// The user who logs in.
    pub user: &'a User,
    /// The tokens of the login.
    pub handover: &'a Handover,
    /// The path of root's kubeconfig, or why there is none.
    pub kubeconfig: Result<PathBuf, ConfigError>,
    /// The deadline of the whole login.
    pub deadline: &'a Deadline,
    /// When the login began.
    pub started: Instant,
    /// What tells the home whose credentials may be written, and is told the tokens in them.
    pub between: &'a Between,
}

/// Connects to a cluster with root's credentials. A fault in this is one of this cluster alone.
pub async fn connect(root: &RootKubeconfig, cluster: &Cluster, deadline: &Deadline) -> Result<Api, LoginError> {
    let connecting = async {
        let target = root.target(cluster)?;
        Ok(cluster::connect(target, deadline).await?)
    };
    contained(Box::pin(connecting))
        .await
        .unwrap_or_else(|fault| Err(fault.into()))
}

impl InClusters<'_> {
    /// Processes all clusters concurrently. An error that concerns all of them is one failure, not one per cluster.
    pub async fn bootstrap(&self) -> (Vec<Report>, Vec<(String, LoginError)>) {
        let clusters = &self.site.clusters;
        let new_report = |cluster: &Cluster| Report::new(self.user.name.as_str(), &cluster.id);
        let mut reports: Vec<_> = clusters.iter().map(new_report).collect();
        let mut failures = Vec::new();
        let (blueprint, root, part_fault) = match self.prepare() {
            Ok(prepared) => prepared,
            Err(error) => {
                self.between.are_untouched();
                reports.iter_mut().for_each(|report| report.add_error(&error));
                failures.push((String::new(), error));
                return (reports, failures);
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
        if let Some(fault) = part_fault.map(LoginError::from) {
            reports.iter_mut().for_each(|report| report.add_error(&fault));
            failures.push((String::new(), fault));
        }
        (reports, failures)
    }

    /// What every cluster needs. The last value is an error that disables only the pull secret.
    fn prepare(&self) -> Result<(Blueprint<'_>, RootKubeconfig, Option<ConfigError>), LoginError> {
        let (blueprint, part_fault) = Blueprint::draw(self.site)?;
        let path = self.kubeconfig.as_ref().map_err(Clone::clone)?;
        Ok((blueprint, RootKubeconfig::load(path)?, part_fault))
    }

    async fn in_cluster(
        &self,
        blueprint: &Blueprint<'_>,
        root: &RootKubeconfig,
        cluster: &Cluster,
        report: &mut Report,
    ) -> Result<(), LoginError> {
        let (wall, token) = self.between.of(&cluster.id);
        let work = async {
            let desired = blueprint.of_login(self.user, cluster, self.handover)?;
            report.namespace = Some(desired.namespace.to_string());
            let first_answer = &mut report.first_answer;
            let done = self.ask(root, cluster, &desired, (&wall, &token), first_answer).await?;
            Ok((done, desired))
        };
        let result = contained(Box::pin(work))
            .await
            .unwrap_or_else(|fault| Err(fault.into()));
        // Whatever kept the login from asking for the namespace: nothing was given in it.
        wall.is_untouched();
        report.took(self.started);
        match result {
            Ok((mut done, desired)) => {
                let warning = known_otherwise(&mut done, &token, cluster, &desired).await;
                done.warnings.extend(warning);
                report.add(done)
            }
            Err(error) => {
                report.add_error(&error);
                Err(error)
            }
        }
    }

    /// Does the work in the cluster, remembers whether it answers, and notes how soon it did.
    async fn ask(
        &self,
        root: &RootKubeconfig,
        cluster: &Cluster,
        desired: &Desired,
        (wall, token): (&Wall, &UserToken),
        first_answer: &mut Option<Duration>,
    ) -> Result<Bootstrapped, LoginError> {
        let mut target = root.target(cluster)?;
        let server = target.server.clone();
        let memory = Unanswered::of(&server);
        let limit = memory.limit();
        target.patience = limit.map_or(target.patience, |limit| limit.min(target.patience));
        let started = Instant::now();
        let (answered, result) = match cluster::connect(target, self.deadline).await {
            Ok(api) => {
                let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
                let done = waited_for(
                    &api,
                    left,
                    cluster::bootstrap(&api, desired, Adoption::Proven, wall, token),
                )
                .await;
                *first_answer = api.first_answer().map(|at| at.duration_since(started));
                (api.has_answered(), done)
            }
            Err(ClusterError::Silent { .. }) if limit.is_some() => (false, None),
            Err(error) => (!matches!(error, ClusterError::Silent { .. }), Some(Err(error))),
        };
        if answered {
            memory.answered();
        } else {
            memory.did_not_answer(&server);
        }
        let not_waited_for = |after| Err(ClusterError::NotWaitedFor { server, after });
        let result = result.unwrap_or_else(|| not_waited_for(limit.unwrap_or_default()));
        Ok(result?)
    }
}

/// What is wrong if the server, which is asked at a first login, knows the user by another name than the RoleBinding. A
/// token that has to be exchanged comes late; the home waits for it as well.
async fn known_otherwise(
    done: &mut Bootstrapped,
    token: &UserToken,
    cluster: &Cluster,
    desired: &Desired,
) -> Option<String> {
    let known = match done.unasked.take() {
        Some(api) => cluster::known_as(&api, token).await,
        None => done.known_as.take(),
    };
    let known = known.filter(|_| desired.is_subject_known)?;
    other_name(cluster, &known, &desired.subject)
}

/// The result of the work, or `None` if nothing at all was answered within the limit.
async fn waited_for(
    api: &Api,
    limit: Option<Duration>,
    work: impl Future<Output = Bootstrapped>,
) -> Option<Result<Bootstrapped, ClusterError>> {
    let mut work = std::pin::pin!(work);
    let Some(limit) = limit else {
        return Some(Ok(work.await));
    };
    match tokio::time::timeout(limit, &mut work).await {
        Ok(done) => Some(Ok(done)),
        Err(_) if api.has_answered() => Some(Ok(work.await)),
        Err(_) => None,
    }
}
