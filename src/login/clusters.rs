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
use crate::contained::{contained, contained_now};
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

/// What was read of root's files before any cluster is asked.
pub struct Prepared {
    reports: Vec<Report>,
    files: Result<Files, LoginError>,
}

struct Files {
    root: RootKubeconfig,
    /// What the user is to have in each cluster.
    desired: Vec<Result<Desired, LoginError>>,
    /// An error that disables only the pull secret, or the reaper's rights.
    part_fault: Option<ConfigError>,
}

/// What the clusters answered, and what is left to be looked at without them.
pub struct Asked {
    reports: Vec<Report>,
    answers: Vec<Answer>,
    /// What concerns all clusters.
    fault: Option<LoginError>,
}

struct Answer {
    /// From the beginning of the connection.
    first: Option<Duration>,
    result: Result<(Bootstrapped, Desired), LoginError>,
}

impl InClusters<'_> {
    /// Reads what the clusters are asked with: files that may be slow, before anybody waits for this login.
    pub fn prepare(&self) -> Prepared {
        let new_report = |cluster: &Cluster| Report::new(self.user.name.as_str(), &cluster.id);
        Prepared {
            reports: self.site.clusters.iter().map(new_report).collect(),
            files: self.read(),
        }
    }

    fn read(&self) -> Result<Files, LoginError> {
        let (blueprint, part_fault) = Blueprint::draw(self.site)?;
        let path = self.kubeconfig.as_ref().map_err(Clone::clone)?;
        let root = RootKubeconfig::load(path)?;
        let of = |cluster| match contained_now(|| blueprint.of_login(self.user, cluster, self.handover)) {
            Ok(desired) => desired.map_err(LoginError::from),
            Err(fault) => Err(fault.into()),
        };
        Ok(Files {
            root,
            desired: self.site.clusters.iter().map(of).collect(),
            part_fault,
        })
    }

    /// Asks all clusters concurrently.
    pub async fn ask(&self, prepared: Prepared) -> Asked {
        let Prepared { mut reports, files } = prepared;
        let (answers, fault) = match files {
            Ok(files) => {
                let desired = files.desired.into_iter().zip(&mut reports);
                let pairs = self.site.clusters.iter().zip(desired);
                let work =
                    pairs.map(|(cluster, (desired, report))| self.in_cluster(&files.root, cluster, desired, report));
                let answers = futures_util::future::join_all(work).await;
                (answers, files.part_fault.map(LoginError::from))
            }
            Err(error) => {
                self.between.are_untouched();
                (Vec::new(), Some(error))
            }
        };
        Asked {
            reports,
            answers,
            fault,
        }
    }

    /// Compares whom the clusters take the user for, and puts everything into the reports. An error that concerns all
    /// clusters is one failure, not one per cluster.
    pub async fn conclude(&self, asked: Asked) -> (Vec<Report>, Vec<(String, LoginError)>) {
        let Asked {
            mut reports,
            answers,
            fault,
        } = asked;
        let clusters = &self.site.clusters;
        let pairs = clusters.iter().zip(answers).zip(&mut reports);
        let work = pairs.map(|((cluster, answer), report)| self.conclude_one(cluster, answer, report));
        let results = futures_util::future::join_all(work).await;
        let mut failures = Vec::new();
        for (cluster, result) in clusters.iter().zip(results) {
            let what = if clusters.len() > 1 {
                of_cluster(&cluster.id)
            } else {
                String::new()
            };
            failures.extend(result.err().map(|error| (what, error)));
        }
        if let Some(fault) = fault {
            reports.iter_mut().for_each(|report| report.add_error(&fault));
            failures.push((String::new(), fault));
        }
        (reports, failures)
    }

    async fn in_cluster(
        &self,
        root: &RootKubeconfig,
        cluster: &Cluster,
        desired: Result<Desired, LoginError>,
        report: &mut Report,
    ) -> Answer {
        let (wall, token) = self.between.of(&cluster.id);
        let mut first = None;
        let work = async {
            let desired = desired?;
            report.namespace = Some(desired.namespace.to_string());
            let done = self
                .ask_one(root, cluster, &desired, (&wall, &token), &mut first)
                .await?;
            Ok((done, desired))
        };
        let result = contained(Box::pin(work))
            .await
            .unwrap_or_else(|fault| Err(fault.into()));
        // Whatever kept the login from asking for the namespace: nothing was given in it.
        wall.is_untouched();
        report.took(self.started);
        Answer { first, result }
    }

    async fn conclude_one(&self, cluster: &Cluster, answer: Answer, report: &mut Report) -> Result<(), LoginError> {
        match answer.result {
            Ok((mut done, desired)) => {
                let (_, token) = self.between.of(&cluster.id);
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
    async fn ask_one(
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

impl Asked {
    /// How soon the slowest cluster answered first, from the beginning of the connection on; `None` if none answered.
    pub fn first_answer(&self) -> Option<Duration> {
        self.answers.iter().filter_map(|answer| answer.first).max()
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
