//! `bootstrap-user`: namespaces by an admin's hand, for many users side by side.

use std::io::IsTerminal as _;
use std::time::Instant;

use futures_util::StreamExt as _;

use super::login::{self, Blueprint};
use super::report::{self, Report};
use super::{all_of, manifests, only, Invocation};
use crate::cli::{BootstrapUserArgs, DryRun, Output};
use crate::cluster::{self, Adoption, Api};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::error::{Error, Failures};
use crate::user::{self, User};

/// Bootstraps the users, or shows what that would be. What fails for one does not stop the others.
pub(super) async fn run(invocation: &Invocation, args: &BootstrapUserArgs) -> Result<(), Failures> {
    let site = invocation.site().map_err(only)?;
    let (blueprint, registry_fault) = Blueprint::draw(&site).map_err(only)?;
    let mut failures = super::broken_files(&site);
    failures.extend(registry_fault.map(|fault| (String::new(), fault.into())));
    let (users, mut reports) = look_up_all(args, &site, &mut failures);
    if args.dry_run == DryRun::Client {
        failures.extend(manifests::print(&site, &blueprint, &users, args));
        return all_of(failures);
    }
    let work = Work {
        invocation,
        site: &site,
        blueprint: &blueprint,
        args,
    };
    reports.extend(work.bootstrap(&users, &mut failures).await);
    if args.dry_run == DryRun::None {
        reports.iter().for_each(|report| report.record("bootstrap-user"));
    }
    let is_dry_run = args.dry_run == DryRun::Server;
    report::print(&reports, args.output.unwrap_or(Output::Table), is_dry_run);
    all_of(failures)
}

/// The users, and a report for each that is refused.
fn look_up_all(args: &BootstrapUserArgs, site: &Site, failures: &mut Vec<(String, Error)>) -> (Vec<User>, Vec<Report>) {
    let (mut users, mut refused) = (Vec::new(), Vec::new());
    for name in &args.users {
        match user::look_up(name, site.settings.min_uid) {
            Ok(user) => users.push(user),
            Err(error) => {
                let error = error.into();
                refused.push(Report::failed(name, "", &error));
                failures.push((String::new(), error));
            }
        }
    }
    (users, refused)
}

struct Work<'a> {
    invocation: &'a Invocation,
    site: &'a Site,
    blueprint: &'a Blueprint<'a>,
    args: &'a BootstrapUserArgs,
}

impl Work<'_> {
    /// Every user in every cluster, so many at once, over one connection a cluster.
    async fn bootstrap(&self, users: &[User], failures: &mut Vec<(String, Error)>) -> Vec<Report> {
        if users.is_empty() {
            return Vec::new();
        }
        let (apis, mut reports) = self.connect(users, failures).await;
        let progress = progress_bar(users.len() * apis.len());
        let pairs = users
            .iter()
            .flat_map(|user| apis.iter().map(move |(cluster, api)| (user, *cluster, api)));
        let done: Vec<_> = futures_util::stream::iter(pairs)
            .map(|(user, cluster, api)| self.one(user, cluster, api))
            .buffer_unordered(self.args.jobs.into())
            .inspect(|_| progress.inc(1))
            .collect()
            .await;
        progress.finish_and_clear();
        for (report, error) in done {
            let what = format!("user {}, cluster {}", report.user, report.cluster);
            failures.extend(error.map(|error| (what, error)));
            reports.push(report);
        }
        reports.sort_by(|a, b| (&a.user, &a.cluster).cmp(&(&b.user, &b.cluster)));
        reports
    }

    /// The clusters that can be reached, and a report for each user in each that cannot.
    async fn connect(
        &self,
        users: &[User],
        failures: &mut Vec<(String, Error)>,
    ) -> (Vec<(&Cluster, Api)>, Vec<Report>) {
        let (mut apis, mut unreached) = (Vec::new(), Vec::new());
        let mut give_up = |cluster: &Cluster, error: &Error| {
            let failed = |user: &User| Report::failed(user.name.as_str(), &cluster.id, error);
            unreached.extend(users.iter().map(failed));
        };
        let clusters = &self.site.clusters;
        let root = match login::root_kubeconfig(&self.invocation.kubeconfig()) {
            Ok(root) => root,
            Err(error) => {
                clusters.iter().for_each(|cluster| give_up(cluster, &error));
                failures.push((String::new(), error));
                return (apis, unreached);
            }
        };
        let deadline = self.deadline();
        let connecting = clusters.iter().map(|cluster| login::connect(&root, cluster, &deadline));
        for (cluster, api) in clusters.iter().zip(futures_util::future::join_all(connecting).await) {
            match api {
                Ok(api) => apis.push((cluster, api)),
                Err(error) => {
                    give_up(cluster, &error);
                    failures.push((super::of_cluster(&cluster.id), error));
                }
            }
        }
        (apis, unreached)
    }

    async fn one(&self, user: &User, cluster: &Cluster, api: &Api) -> (Report, Option<Error>) {
        let started = Instant::now();
        let mut report = Report::new(user.name.as_str(), &cluster.id);
        let result = self.objects(user, cluster, api, &mut report).await;
        report.took(started);
        match result {
            Ok(()) => (report, None),
            Err(error) => {
                report.add_error(&error);
                (report, Some(error))
            }
        }
    }

    async fn objects(&self, user: &User, cluster: &Cluster, api: &Api, report: &mut Report) -> Result<(), Error> {
        let desired = self.blueprint.of(&user.name, cluster)?;
        report.namespace = Some(desired.namespace.to_string());
        // The deadline is a user's: many of them may take longer together.
        let api = api
            .clone()
            .with_deadline(self.deadline())
            .dry_run(self.args.dry_run == DryRun::Server);
        let adoption = if self.args.adopt {
            Adoption::Forced
        } else {
            Adoption::Proven
        };
        report.objects = cluster::bootstrap(&api, &desired, adoption).await?;
        Ok(())
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.invocation.timeout.unwrap_or(self.site.settings.timeout))
    }
}

/// On a terminal, and only for more than one: nobody watches a single one.
fn progress_bar(total: usize) -> indicatif::ProgressBar {
    if total < 2 || !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let style = indicatif::ProgressStyle::with_template("{bar:40} {pos}/{len} namespaces, {eta} left");
    indicatif::ProgressBar::new(total as u64)
        .with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
}
