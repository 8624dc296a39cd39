//! Users leave: access first, then what renews it, what is in their homes, and their namespaces.

use std::path::Path;
use std::time::SystemTime;

use super::reconcile::Reconciliation;
use super::survey::{Extent, Offboarding, Survey};
use crate::cluster::{self, Api, ClusterError, Leaver, ObjectReport};
use crate::login::{KubeconfigReport, LoginError, Report};
use crate::many::{LeavesOut, Many, Tally, Whose};
use crate::naming::Username;
use crate::oidc::Revocation;
use crate::outcome::Outcome;
use crate::sessions::{Revoking, SessionError};
use crate::suspended::{self, Change};
use crate::time::unix_seconds;
use crate::uninstall::{self, Homes, Removed, UninstallError};

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

    /// Takes away the access to exactly these namespaces; of users who are not let in anywhere, what `Extent::Access` means
    /// beside that too.
    pub async fn take_away(&self, plan: &Reconciliation) -> Offboarded {
        let mut done = Offboarded::default();
        let whole: Vec<String> = plan.whole.iter().cloned().collect();
        self.note(&whole, Change::Suspend(unix_seconds(SystemTime::now())), &mut done);
        let tally = self.each(Whose::These(&plan.places), self.users, Step::Suspend).await;
        done.add(tally);
        self.forget_sessions(|name| plan.whole.contains(name.as_str()), &mut done)
            .await;
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
    fn note(&self, users: &[String], change: Change, done: &mut Offboarded) {
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

    async fn each(&self, whose: Whose<'_>, users: &[String], step: Step) -> Tally {
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

    /// What is kept for renewals. Another person's who has the name now stays.
    async fn forget_sessions(&self, is_theirs: impl Fn(&Username) -> bool, done: &mut Offboarded) {
        let Some(folder) = &self.site.settings.renewal.folder else {
            return;
        };
        self.watchdog.more_time("forgetting sessions", self.total * 2);
        let kept = match uninstall::kept_users(folder) {
            Ok(kept) => kept,
            Err(error) => return done.on_node.push(("RENEWAL_DIR".into(), error)),
        };
        let theirs = kept.into_iter().filter(is_theirs);
        if self.revokes() {
            return self.revoke(folder, theirs, done).await;
        }
        for user in theirs {
            for removed in uninstall::forget(folder, std::slice::from_ref(&user), self.is_dry_run).await {
                let mut report = Report::new(user.as_str(), "");
                report.objects = removed
                    .outcome
                    .map(|_| of_session("Session", &user))
                    .into_iter()
                    .collect();
                self.on_this_node(report, removed, done);
            }
        }
    }

    /// Whether sessions end at the identity provider too: who leaves for good keeps nothing that works.
    fn revokes(&self) -> bool {
        self.stops || self.extent != Extent::Access
    }

    /// Revokes the refresh tokens, and then forgets them. A provider that does not answer stops nothing else.
    async fn revoke(&self, folder: &Path, users: impl Iterator<Item = Username>, done: &mut Offboarded) {
        let first = self.watchdog.step("finding the identity provider", self.total);
        let mut revoking = Revoking::new(&self.site.settings, folder, (self.watchdog, self.total), &first);
        for user in users {
            let mut report = Report::new(user.as_str(), "");
            let ended = if self.is_dry_run {
                Ok(Some(Revocation::Revoked))
            } else {
                revoking.end(&user).await
            };
            match ended {
                Ok(revocation) => {
                    let is_revoked = revocation == Some(Revocation::Revoked);
                    report
                        .objects
                        .extend(is_revoked.then(|| of_session("RefreshToken", &user)));
                    report.objects.push(of_session("Session", &user));
                    let warning = revocation.and_then(Revocation::warning);
                    report
                        .warnings
                        .extend(warning.map(|text| format!("user {user}: {text}")));
                }
                Err(error) => {
                    report.add_error(&error);
                    done.sessions.push((format!("user {user}"), error));
                }
            }
            if !self.is_dry_run {
                report.record(self.command);
            }
            done.reports.push(report);
        }
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

    fn on_this_node(&self, mut report: Report, removed: Removed, done: &mut Offboarded) {
        report.error = removed.error;
        if !self.is_dry_run {
            report.record(self.command);
        }
        let what = format!("user {}", report.user);
        done.on_node.extend(removed.failure.map(|error| (what, error)));
        done.reports.push(report);
    }
}

/// What of a session is gone.
fn of_session(kind: &'static str, user: &Username) -> ObjectReport {
    ObjectReport {
        kind,
        name: user.to_string(),
        outcome: Outcome::Deleted,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Suspend,
    Remove,
    Resume,
}

impl Offboarded {
    /// Adds what was done in clusters, behind what was done before in the same namespace.
    fn add(&mut self, tally: Tally) {
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
