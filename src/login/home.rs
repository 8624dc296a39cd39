//! The part of a login in the home: a child process that runs as the user writes tokens, cluster and context.

use std::path::Path;
use std::time::Duration;

use super::between::Between;
use super::error::LoginError;
use super::report::{KubeconfigReport, Report};
use crate::config::clusters::Auth;
use crate::config::Site;
use crate::credentials::{self, CredentialsError, CredentialsPlan, Kept};
use crate::deadline::Deadline;
use crate::door::shown;
use crate::foreign::Foreign;
use crate::home::{self, FileReport, HomeChild, HomeError, IdleChild};
use crate::kubeconfig::Aside;
use crate::log;
use crate::oidc::Handover;
use crate::outcome::of_cluster;
use crate::user::User;

/// How long a login waits for a cluster with the user's record locked: renewals need it too.
const PATIENCE: Duration = Duration::from_secs(1);

/// The result for a login's tokens: the child's answer, and the errors before it was started.
pub struct Written {
    home: Option<HomeAnswer>,
    refused: Vec<(String, LoginError)>,
    /// The clusters whose wall was not known to stand.
    withheld: Vec<String>,
}

/// Plans what to write, and lets a child process write it to the home, within the deadline; but nothing for a cluster whose
/// wall is not known to stand.
pub async fn write(site: &Site, user: &User, handover: &Handover, between: &Between, deadline: &Deadline) -> Written {
    let (home, refused, withheld) = begin(site, user, handover, (between, deadline)).await;
    let home = match home {
        Some(home) => Some(home.answer(deadline).await),
        None => None,
    };
    Written {
        home,
        refused,
        withheld,
    }
}

impl Written {
    /// Adds the result to the reports, and returns what failed.
    pub fn note(self, reports: &mut [Report], site: &Site) -> Vec<(String, LoginError)> {
        let mut failures = self.home.map(|home| home.note(reports)).unwrap_or_default();
        note_refused(&self.refused, reports, site);
        failures.extend(self.refused);
        failures.extend(note_withheld(&self.withheld, reports));
        failures
    }
}

/// Adds the reason why the entries of a cluster, or of all OIDC clusters, were not written.
fn note_refused(refused: &[(String, LoginError)], reports: &mut [Report], site: &Site) {
    for (what, error) in refused {
        let is_for_all = what.is_empty();
        for cluster in site.kubeconfig_clusters() {
            if is_for_all && cluster.auth == Auth::Oidc || *what == of_cluster(&cluster.id) {
                let of = reports.iter_mut().filter(|report| report.cluster == cluster.id);
                of.for_each(|report| report.add_error_once(error));
            }
        }
    }
}

/// What was withheld needs words of its own only where nothing else failed: then the policy came after all, but too late.
fn note_withheld(withheld: &[String], reports: &mut [Report]) -> Vec<(String, LoginError)> {
    let is_withheld = |report: &&mut Report| withheld.contains(&report.cluster) && report.error.is_none();
    let note = |report: &mut Report| {
        report.add_error(&LoginError::Withheld);
        (of_cluster(&report.cluster), LoginError::Withheld)
    };
    reports.iter_mut().filter(is_withheld).map(note).collect()
}

/// A running child, and which clusters its files are for.
struct HomeWork {
    child: HomeChild,
    clusters: Vec<(String, usize)>,
    kept: Kept,
}

/// Starts the child, unless there is nothing to write, and sends its order once the walls are known. Returns the errors for
/// what cannot be written, and the clusters that nothing is written for.
///
/// The child starts while the clusters are asked; with a returning user, it then waits for as long as they take.
async fn begin(
    site: &Site,
    user: &User,
    handover: &Handover,
    (between, deadline): (&Between, &Deadline),
) -> (Option<HomeWork>, Vec<(String, LoginError)>, Vec<String>) {
    let mut plan = credentials::plan(site, user, handover, deadline).await;
    between.set_tokens(&plan);
    let failures = std::mem::take(&mut plan.failures).into_iter();
    let mut failures: Vec<_> = failures.map(|(what, error)| (what, error.into())).collect();
    let idle = (!plan.files.is_empty()).then(|| home::spawn(user));
    let withheld = match idle {
        Some(_) => hold_back((site, handover), &mut plan, (between, deadline), &mut failures).await,
        None => Vec::new(),
    };
    if let Err(error) = plan.kept.settle(&withheld) {
        failures.push((String::new(), CredentialsError::from(error).into()));
    }
    let Some(idle) = idle else {
        return (None, failures, withheld);
    };
    if plan.files.is_empty() {
        idle.into_iter().for_each(IdleChild::dismiss);
        return (None, failures, withheld);
    }
    let CredentialsPlan {
        files,
        clusters,
        mut kept,
        ..
    } = plan;
    let home = match idle.and_then(|idle| idle.order(user, files, deadline)) {
        Ok(child) => Some(HomeWork { child, clusters, kept }),
        Err(error) => {
            kept.unsettle();
            failures.push((String::new(), error.into()));
            None
        }
    };
    (home, failures, withheld)
}

/// Waits for the walls, takes what may not be written out of the plan, and returns the clusters that it was for.
async fn hold_back(
    (site, handover): (&Site, &Handover),
    plan: &mut CredentialsPlan,
    (between, deadline): (&Between, &Deadline),
    failures: &mut Vec<(String, LoginError)>,
) -> Vec<String> {
    let planned: Vec<_> = plan.clusters.iter().map(|(id, _)| id.clone()).collect();
    let mut waiting = std::pin::pin!(between.without_wall(deadline));
    let soon = tokio::time::timeout(PATIENCE, &mut waiting).await;
    let mut withheld = if let Ok(withheld) = soon {
        withheld
    } else {
        plan.kept.let_go(handover);
        let mut withheld = waiting.await;
        if let Err(error) = plan.kept.take_again(deadline.remaining()).await {
            withheld.extend(refuse_session(site, &planned, error, failures));
        }
        withheld
    };
    withheld.retain(|id| planned.contains(id));
    plan.hold_back(&withheld);
    withheld
}

/// Tells why this login cannot go on with its session, and returns the clusters that get nothing from it: those of its tokens,
/// and if the session was ended, all others too.
fn refuse_session(
    site: &Site,
    planned: &[String],
    error: CredentialsError,
    failures: &mut Vec<(String, LoginError)>,
) -> Vec<String> {
    let is_oidc = |id: &&String| site.oidc_clusters().any(|cluster| cluster.id == **id);
    let (of_tokens, others): (Vec<_>, Vec<_>) = planned.iter().partition(is_oidc);
    let is_ended = matches!(error, CredentialsError::Ended);
    let others: Vec<_> = others.into_iter().filter(|_| is_ended).collect();
    let ended = |id: &&String| (of_cluster(id), CredentialsError::Ended.into());
    failures.push((String::new(), error.into()));
    failures.extend(others.iter().map(ended));
    of_tokens.into_iter().chain(others).cloned().collect()
}

impl HomeWork {
    /// Waits for the child, and then releases the user's record.
    async fn answer(self, deadline: &Deadline) -> HomeAnswer {
        let Self {
            child,
            clusters,
            mut kept,
        } = self;
        let files = child.finish(deadline).await;
        let is_written = |files: &Vec<FileReport>| files.iter().all(|file| file.outcome.is_ok());
        if !files.as_ref().is_ok_and(is_written) {
            kept.unsettle();
        }
        HomeAnswer { files, clusters }
    }
}

/// The child's answer, and which clusters its files are for.
struct HomeAnswer {
    files: Result<Vec<FileReport>, HomeError>,
    clusters: Vec<(String, usize)>,
}

impl HomeAnswer {
    /// Adds the result for each cluster's file to the reports.
    fn note(self, reports: &mut [Report]) -> Vec<(String, LoginError)> {
        let Self { files, clusters } = self;
        let files = match files {
            Ok(files) => files,
            Err(error) => {
                let error = LoginError::from(error);
                let ours = reports
                    .iter_mut()
                    .filter(|report| clusters.iter().any(|(id, _)| *id == report.cluster));
                ours.for_each(|report| report.add_error(&error));
                return vec![(String::new(), error)];
            }
        };
        let mut failures = Vec::new();
        for (index, file) in files.into_iter().enumerate() {
            let ids: Vec<_> = clusters.iter().filter(|(_, i)| *i == index).map(|(id, _)| id).collect();
            file.aside
                .iter()
                .for_each(|aside| log::warning(&moved(&file.file, aside)));
            let of_file = reports.iter_mut().filter(|report| ids.contains(&&report.cluster));
            match file.outcome {
                Ok(outcome) => {
                    let kubeconfig = KubeconfigReport {
                        file: file.file.display().to_string(),
                        outcome,
                    };
                    of_file.for_each(|report| report.kubeconfig = Some(kubeconfig.clone()));
                }
                Err(reason) => {
                    let error = LoginError::from(HomeError::Kubeconfig(reason));
                    of_file.for_each(|report| report.add_error(&error));
                    failures.push((String::new(), error));
                }
            }
        }
        failures
    }
}

/// The names come from the user's process.
fn moved(file: &Path, aside: &Aside) -> String {
    let keys: Vec<_> = aside
        .keys
        .iter()
        .map(|key| Foreign::from(key.as_str()).to_string())
        .collect();
    format!(
        "{}: {} would have won over the new token of the user {}, so {} stands in the entry {} now; nothing has to be done",
        shown(file),
        keys.join(", "),
        Foreign::from(aside.user.as_str()),
        if keys.len() == 1 { "it" } else { "each" },
        Foreign::from(aside.entry.as_str())
    )
}
