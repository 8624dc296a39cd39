//! The part of a login in the clusters: the user's namespace and its objects, in all clusters concurrently.

use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::answers::{Answer, Answers};
use super::between::Between;
use super::error::LoginError;
use super::heard::Heard;
use super::prepared::Prepared;
use super::report::Report;
use crate::cluster::{self, Adoption, Api, Bootstrapped, ClusterError, RootKubeconfig, Unanswered, UserToken, Wall};
use crate::config::clusters::Cluster;
use crate::config::{ConfigError, Site};
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::objects::Desired;
use crate::oidc::Handover;
use crate::queue::Answered;
use crate::user::User;

/// What was read of root's files is as good as now for so long.
const FRESH: Duration = Duration::from_secs(1);

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
    /// What was answered so far.
    pub heard: Heard,
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
    /// Reads what the clusters are to have: files that may be slow, before anybody waits for this login.
    pub fn prepare(&self) -> Prepared {
        Prepared::read(self.site, self.user, self.handover, &self.kubeconfig)
    }

    /// The same once it is this login's turn: what was read before, if that is as good as now.
    pub fn prepare_now(&self, before: Option<Prepared>, waited: Duration) -> Prepared {
        match before {
            None => self.prepare(),
            Some(prepared) if waited < FRESH => prepared,
            Some(prepared) => prepared.read_again(self.site, self.user, self.handover, &self.kubeconfig),
        }
    }

    /// Brings the user's objects into their desired state, in all clusters concurrently.
    pub async fn bootstrap(&self, prepared: Prepared) -> Answers {
        let Prepared { mut reports, files } = prepared;
        let (each, fault) = match files {
            Ok(files) => {
                let desired = files.desired.into_iter().zip(&mut reports);
                let pairs = self.site.clusters.iter().zip(desired);
                let work =
                    pairs.map(|(cluster, (desired, report))| self.in_cluster(&files.root, cluster, desired, report));
                let each = futures_util::future::join_all(work).await;
                (each, files.part_fault.map(LoginError::from))
            }
            Err(error) => {
                self.between.set_all_untouched();
                (Vec::new(), Some(error))
            }
        };
        Answers { reports, each, fault }
    }

    async fn in_cluster(
        &self,
        root: &RootKubeconfig,
        cluster: &Cluster,
        desired: Result<Desired, LoginError>,
        report: &mut Report,
    ) -> Answer {
        let (wall, token) = self.between.of(&cluster.id);
        let mut first = Answered::Nothing;
        let work = async {
            let desired = desired?;
            report.namespace = Some(desired.namespace.to_string());
            let done = self
                .connect_and_bootstrap(root, cluster, &desired, (&wall, &token), &mut first)
                .await?;
            Ok((done, desired))
        };
        let result = contained(Box::pin(work))
            .await
            .unwrap_or_else(|fault| Err(fault.into()));
        // Whatever kept the login from asking for the namespace: nothing was given in it.
        wall.set_untouched();
        self.heard.done_with(&cluster.id);
        report.took(self.started);
        Answer { first, result }
    }

    /// Does the work in the cluster, remembers whether it answers, and notes how soon it did.
    async fn connect_and_bootstrap(
        &self,
        root: &RootKubeconfig,
        cluster: &Cluster,
        desired: &Desired,
        (wall, token): (&Wall, &UserToken),
        first_answer: &mut Answered,
    ) -> Result<Bootstrapped, LoginError> {
        let mut target = root.target(cluster)?;
        let server = target.server.clone();
        let memory = Unanswered::of(&server);
        let limit = memory.limit();
        // Whoever has waited long may have too little left for a cluster that is slow and answers everybody else.
        let has_time = self.deadline.remaining() >= target.patience.min(self.deadline.total() / 2);
        target.patience = limit.map_or(target.patience, |limit| limit.min(target.patience));
        let started = Instant::now();
        let deadline = self.deadline.for_one_of(self.site.clusters.len());
        let (answered, result) = match cluster::connect(target, &deadline).await {
            Ok(api) => {
                self.heard.listen_to(&cluster.id, &api);
                let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
                let done = waited_for(
                    &api,
                    left,
                    cluster::bootstrap(&api, desired, Adoption::Proven, wall, token),
                )
                .await;
                *first_answer = answered_by(&api, started);
                (api.has_answered(), done)
            }
            Err(ClusterError::Silent { .. }) if limit.is_some() => (false, None),
            Err(error) => (!matches!(error, ClusterError::Silent { .. }), Some(Err(error))),
        };
        if answered {
            memory.answered();
        } else if has_time {
            memory.did_not_answer(&server);
        }
        let not_waited_for = |after| Err(ClusterError::NotWaitedFor { server, after });
        let result = result.unwrap_or_else(|| not_waited_for(limit.unwrap_or_default()));
        Ok(result?)
    }
}

fn answered_by(api: &Api, started: Instant) -> Answered {
    match api.first_answer() {
        _ if api.was_too_busy() => Answered::TooBusy,
        Some(at) => Answered::After(at.duration_since(started)),
        None => Answered::Nothing,
    }
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
