//! Users leave: access first, then what renews it, what is in their homes, and their namespaces.

use std::time::SystemTime;

use super::survey::{Extent, Offboarding, Survey};
use crate::cluster::{self, Api, ClusterError, Leaver, ObjectReport};
use crate::login::{KubeconfigReport, LoginError, Report};
use crate::many::{LeavesOut, Many, Tally, Whose};
use crate::naming::Username;
use crate::sessions::SessionError;
use crate::suspended::{self, Change};
use crate::time::unix_seconds;
use crate::uninstall::{Homes, Removed, UninstallError};

/// What was done.
#[derive(Default)]
pub struct Offboarded {
    /// The results for each user, in the order of the steps.
    pub reports: Vec<Report>,
    /// What failed in clusters.
    pub failures: Vec<(String, LoginError)>,
    /// What failed in homes and in root's files.
    pub on_node: Vec<(String, UninstallError)>,
    /// Sessions that go on at the identity provider.
    pub sessions: Vec<(String, SessionError)>,
}

impl Offboarding<'_> {
    /// Takes away what was found. What fails for one user, or in one step, does not stop the others; but a namespace goes
    /// last, and only after its owner's access has ended everywhere.
    pub async fn carry_out(&self, survey: &Survey) -> Offboarded {
        let mut done = Offboarded::default();
        let users: Vec<String> = survey.traces.keys().cloned().collect();
        if self.extent != Extent::All {
            // First: no login that begins later comes in between, on whichever web node has the file. A name that is another
            // person's by now stays out of it.
            let is_theirs = |user: &&String| !survey.traces.get(*user).is_some_and(|traces| traces.is_reused);
            let theirs: Vec<String> = users.iter().filter(is_theirs).cloned().collect();
            self.note(&theirs, Change::Suspend(unix_seconds(SystemTime::now())), &mut done);
        }
        done.add(self.each(Whose::Owners(&users), &users, Step::Suspend).await);
        let is_theirs = |name: &Username| survey.traces.get(name.as_str()).is_some_and(|it| !it.is_reused);
        self.forget_sessions(is_theirs, &mut done).await;
        if self.extent == Extent::Access {
            return done;
        }
        self.forget_groups(&users, &mut done);
        self.clean_homes(survey, &mut done).await;
        if self.extent == Extent::All {
            let mut ready = users;
            let still_in = |user: &String| {
                done.reports
                    .iter()
                    .any(|it| it.user == *user && !it.cluster.is_empty() && it.error.is_some())
            };
            ready.retain(|user| !still_in(user));
            done.add(self.each(Whose::Owners(&ready), &ready, Step::Remove).await);
        }
        done
    }

    /// Lets logins of these users in again. What is noted on this node goes last.
    pub async fn resume(&self) -> Offboarded {
        let mut done = Offboarded::default();
        done.add(self.each(Whose::Owners(self.users), self.users, Step::Resume).await);
        self.note(self.users, Change::Resume, &mut done);
        done
    }

    /// Adds the users to root's file of those who are suspended, or takes them out, if the site has one.
    pub(super) fn note(&self, users: &[String], change: Change, done: &mut Offboarded) {
        let Some(path) = &self.site.settings.suspended_file else {
            return;
        };
        self.watchdog.more_time("changing SUSPENDED_FILE", self.total * 2);
        match suspended::change(path, users, change, self.is_dry_run) {
            Ok(changes) => done.reports.extend(changes.into_iter().map(|(user, outcome)| {
                let mut report = Report::new(&user, "");
                report.objects.push(ObjectReport {
                    kind: "Suspension",
                    name: user.clone(),
                    outcome,
                });
                report
            })),
            Err(error) => done.on_node.push(("SUSPENDED_FILE".into(), error.into())),
        }
    }

    pub(super) async fn each(&self, whose: Whose<'_>, users: &[String], step: Step) -> Tally {
        let many = Many {
            site: self.site,
            kubeconfig: self.kubeconfig,
            admin: self.admin,
            total: self.total,
            watchdog: self.watchdog,
            whose,
            leaves_out: LeavesOut::Nobody,
            jobs: self.jobs,
            is_dry_run: self.is_dry_run,
            lists_news: true,
            command: self.command,
        };
        let prefixes = self
            .site
            .clusters
            .iter()
            .map(|cluster| cluster.oidc_username_prefix.value.clone());
        let prefixes: Vec<String> = prefixes.collect();
        let prefixes = &prefixes;
        many.each(|api, namespace| async move {
            let leaver = Leaver {
                namespace: &namespace,
                owners: users,
                username_prefixes: prefixes,
            };
            match step {
                Step::Suspend => self.suspend(&api, leaver).await,
                Step::Remove => cluster::remove_namespace(&api, leaver).await,
                Step::Resume => cluster::resume(&api, leaver).await,
            }
        })
        .await
    }

    /// Takes the access away, and ends what runs, if that is asked for: nothing new can begin by then.
    async fn suspend(&self, api: &Api, leaver: Leaver<'_>) -> Result<Vec<ObjectReport>, ClusterError> {
        let mut reports = cluster::suspend(api, leaver).await?;
        if self.stops {
            reports.extend(cluster::stop_pods(api, leaver.namespace).await?);
        }
        Ok(reports)
    }

    /// Our entries and cached tokens, as each user; not of those who have no home here.
    async fn clean_homes(&self, survey: &Survey, done: &mut Offboarded) {
        let homes = Homes {
            site: self.site,
            kubeconfig: self.kubeconfig,
            is_dry_run: self.is_dry_run,
            total: self.total,
            watchdog: self.watchdog,
        };
        let at_home = survey.traces.iter().filter(|(_, traces)| traces.has_account);
        let at_home: Vec<String> = at_home.map(|(user, _)| user.clone()).collect();
        for removed in homes.clean(&at_home).await {
            let mut report = Report::new(&removed.place, "");
            report.kubeconfig = removed.outcome.map(|outcome| KubeconfigReport {
                file: removed.what.clone(),
                outcome,
            });
            self.on_this_node(report, removed, done);
        }
    }

    pub(super) fn on_this_node(&self, mut report: Report, removed: Removed, done: &mut Offboarded) {
        report.error = removed.error;
        if !self.is_dry_run {
            report.record(self.command);
        }
        let what = format!("user {}", report.user);
        done.on_node.extend(removed.failure.map(|error| (what, error)));
        done.reports.push(report);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Suspend,
    Remove,
    Resume,
}

impl Offboarded {
    /// Adds what was done in clusters, behind what was done before in the same namespace.
    pub(super) fn add(&mut self, tally: Tally) {
        for report in tally.reports {
            let is_same = |known: &&mut Report| {
                (&known.user, &known.cluster, &known.namespace) == (&report.user, &report.cluster, &report.namespace)
            };
            match self.reports.iter_mut().find(is_same) {
                Some(known) => {
                    known.objects.extend(report.objects);
                    known.error = report.error.or(known.error.take());
                    known.milliseconds += report.milliseconds;
                }
                None => self.reports.push(report),
            }
        }
        self.failures.extend(tally.failures);
    }
}
