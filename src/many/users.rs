//! Creates the namespaces of many users, like their logins would.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;

use super::steps::CONNECTING;
use crate::cluster::{self, Adoption, Api, Bootstrapped, RootKubeconfig, UserToken, Wall};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::login::{connect, Blueprint, LoginError, Report};
use crate::naming::Username;
use crate::outcome::of_cluster;
use crate::print::progress;
use crate::side_by_side::side_by_side;
use crate::user::User;

/// What to do, and how.
pub struct ManyUsers<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// What a user's objects are derived from.
    pub blueprint: &'a Blueprint<'a>,
    /// Root's kubeconfig.
    pub kubeconfig: &'a Path,
    /// The deadline of each user; the whole run may take longer.
    pub total: Duration,
    /// What ends a run that gets on no more; each step gives it more time.
    pub watchdog: &'a Deadline,
    /// Whose namespace is handed over first.
    pub take_over_from: Option<&'a Username>,
    /// How an unclaimed namespace is treated.
    pub adoption: Adoption,
    /// Whether this is a server-side dry run.
    pub is_dry_run: bool,
    /// Maximum number of users processed at a time.
    pub jobs: u16,
}

/// The result for each user in each cluster, and what failed.
type Done = (Vec<Report>, Vec<(String, LoginError)>);

impl ManyUsers<'_> {
    /// Bootstraps every user in every cluster, with one connection per cluster. A failure for one does not stop the
    /// others.
    pub async fn bootstrap(&self, users: &[User]) -> Done {
        if users.is_empty() {
            return Done::default();
        }
        let (apis, (mut reports, mut failures)) = self.connect(users).await;
        let (withheld, undecided) = self.withhold(users);
        let kept: HashSet<_> = withheld
            .iter()
            .map(|report| (report.user.as_str(), report.cluster.as_str()))
            .collect();
        // Not reaching a cluster is no failure for somebody who is not to reach it.
        reports.retain(|report| !kept.contains(&(report.user.as_str(), report.cluster.as_str())));
        let pairs = users
            .iter()
            .flat_map(|user| apis.iter().map(move |(cluster, api)| (user, *cluster, api)));
        let pairs: Vec<_> = pairs
            .filter(|(user, cluster, _)| !kept.contains(&(user.name.as_str(), cluster.id.as_str())))
            .collect();
        let progress = progress(Some(pairs.len()));
        let done: Vec<_> = side_by_side(
            pairs
                .into_iter()
                .map(|(user, cluster, api)| self.one(user, cluster, api)),
            self.jobs,
        )
        .inspect(|_| progress.advance())
        .collect()
        .await;
        for (report, error) in done {
            let what = format!("user {}, cluster {}", report.user, report.cluster);
            failures.extend(error.map(|error| (what, error)));
            reports.push(report);
        }
        reports.extend(withheld);
        failures.extend(undecided);
        reports.sort_by(|a, b| (&a.user, &a.cluster).cmp(&(&b.user, &b.cluster)));
        (reports, failures)
    }

    /// The clusters that users are not offered, as reports; and those of which that cannot be found out, which they do not
    /// get either.
    fn withhold(&self, users: &[User]) -> Done {
        let (mut reports, mut failures) = Done::default();
        for user in users {
            self.step("looking up users' groups");
            for cluster in &self.site.clusters {
                match cluster.access.verdict(user) {
                    Ok(verdict) if verdict.is_offered => {}
                    Ok(_) => reports.push(Report::skipped(user.name.as_str(), &cluster.id)),
                    Err(error) => {
                        reports.push(Report::failed(user.name.as_str(), &cluster.id, &error));
                        failures.push((format!("user {}, cluster {}", user.name, cluster.id), error.into()));
                    }
                }
            }
        }
        (reports, failures)
    }

    /// Connects to the clusters; each user gets a failed report for each cluster that cannot be reached.
    async fn connect(&self, users: &[User]) -> (Vec<(&Cluster, Api)>, Done) {
        let (mut apis, mut unreached, mut failures) = (Vec::new(), Vec::new(), Vec::new());
        let mut give_up = |cluster: &Cluster, error: &LoginError| {
            let failed = |user: &User| Report::failed(user.name.as_str(), &cluster.id, error);
            unreached.extend(users.iter().map(failed));
        };
        let clusters = &self.site.clusters;
        let root = match RootKubeconfig::load(self.kubeconfig) {
            Ok(root) => root,
            Err(error) => {
                let error = LoginError::from(error);
                clusters.iter().for_each(|cluster| give_up(cluster, &error));
                failures.push((String::new(), error));
                return (apis, (unreached, failures));
            }
        };
        let deadline = self.step(CONNECTING);
        let connecting = clusters.iter().map(|cluster| connect(&root, cluster, &deadline));
        for (cluster, api) in clusters.iter().zip(futures_util::future::join_all(connecting).await) {
            match api {
                Ok(api) => apis.push((cluster, api)),
                Err(error) => {
                    give_up(cluster, &error);
                    failures.push((of_cluster(&cluster.id), error));
                }
            }
        }
        (apis, (unreached, failures))
    }

    async fn one(&self, user: &User, cluster: &Cluster, api: &Api) -> (Report, Option<LoginError>) {
        let started = Instant::now();
        let mut report = Report::new(user.name.as_str(), &cluster.id);
        let work = contained(self.objects(user, cluster, api, &mut report)).await;
        let result = work.unwrap_or_else(|fault| Err(fault.into()));
        report.took(started);
        let result = match result {
            Ok(done) => report.add(done),
            Err(error) => {
                report.add_error(&error);
                Err(error)
            }
        };
        (report, result.err())
    }

    async fn objects(
        &self,
        user: &User,
        cluster: &Cluster,
        api: &Api,
        report: &mut Report,
    ) -> Result<Bootstrapped, LoginError> {
        let desired = self.blueprint.of(user, cluster)?;
        report.namespace = Some(desired.namespace.to_string());
        let api = api
            .clone()
            .with_deadline(self.step("bootstrapping users"))
            .in_no_hurry()
            .dry_run(self.is_dry_run);
        if let Some(old) = self.take_over_from {
            report.objects = cluster::transfer(&api, &desired, old).await?;
            // A dry run changes no owner, so that a login cannot be tried.
            if self.is_dry_run {
                return Ok(Bootstrapped::default());
            }
        }
        Ok(cluster::bootstrap(&api, &desired, self.adoption, &Wall::unknown(), &UserToken::none()).await)
    }

    /// The deadline of one step, which the watchdog waits for.
    fn step(&self, what: &str) -> Deadline {
        self.watchdog.step(what, self.total)
    }
}
