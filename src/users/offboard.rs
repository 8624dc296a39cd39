//! Users leave: access first, then what renews it, what is in their homes, and their namespaces.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use super::listing::{Choice, Listing};
use super::row::{Account, UserRow};
use crate::cluster::{self, Authority, ClusterError, Leaver, ObjectReport, Right};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::login::{KubeconfigReport, LoginError, Report};
use crate::many::{Many, Tally, Whose};
use crate::naming::Username;
use crate::outcome::of_cluster;
use crate::renewal::{session, Session};
use crate::uninstall::{self, Homes, Removed, UninstallError};
use crate::user;

/// How far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Only access, which can be given back.
    Access,
    /// Access, and what is in the home; the namespaces stay, and nobody is let in.
    KeepNamespaces,
    /// Everything.
    All,
}

/// Who leaves, and how.
#[derive(Clone, Copy)]
pub struct Offboarding<'a> {
    /// The configuration.
    pub site: &'a Site,
    /// Root's kubeconfig.
    pub kubeconfig: &'a Path,
    /// An administrator's, which is used instead, and the context in it.
    pub admin: Option<(&'a Path, Option<&'a str>)>,
    /// The deadline of each namespace, and of each home.
    pub total: Duration,
    /// What ends a run that gets on no more.
    pub watchdog: &'a Deadline,
    /// The users.
    pub users: &'a [String],
    /// How far it goes.
    pub extent: Extent,
    /// Maximum number of namespaces processed at a time in each cluster.
    pub jobs: u16,
    /// Whether nothing is changed.
    pub is_dry_run: bool,
}

/// What is there of a user who leaves.
#[derive(Debug, Default)]
pub struct Traces {
    /// The namespaces, each as cluster and name.
    pub namespaces: Vec<(String, String)>,
    /// Whether the account of this name is the user's.
    pub has_account: bool,
    /// Whether the account of this name is another person's by now.
    pub is_reused: bool,
    /// Whether the user's nginx runs.
    pub is_logged_in: bool,
}

/// What is there of all of them.
#[derive(Debug, Default)]
pub struct Survey {
    /// By user.
    pub traces: BTreeMap<String, Traces>,
    /// Users of whom nothing is there.
    pub unknown: Vec<String>,
    /// Clusters that could not be listed: nobody's access ends there.
    pub failures: Vec<(String, ClusterError)>,
}

/// What was done.
#[derive(Default)]
pub struct Offboarded {
    /// The results for each user, in the order of the steps.
    pub reports: Vec<Report>,
    /// What failed in clusters.
    pub failures: Vec<(String, LoginError)>,
    /// What failed in homes and in root's files.
    pub on_node: Vec<(String, UninstallError)>,
}

impl Offboarding<'_> {
    /// Looks at what is there of the users, before anything is changed, and whether the rights suffice to the end.
    pub async fn survey(&self) -> Result<Survey, ClusterError> {
        let (admin, context) = self.admin.unzip();
        let authority = Authority::load(self.kubeconfig, admin, context.flatten())?;
        let listing = Listing {
            site: self.site,
            authority: &authority,
            total: self.total,
            watchdog: self.watchdog,
            choice: Choice::default(),
            counts_pods: false,
        };
        let wanted: HashSet<&str> = self.users.iter().map(String::as_str).collect();
        let mut survey = Survey::default();
        let lists = listing
            .each(|page| {
                let theirs = page
                    .iter()
                    .filter(|row| row.user.as_deref().is_some_and(|user| wanted.contains(user)));
                theirs.for_each(|row| survey.add(row));
            })
            .await;
        survey.failures = lists.failures;
        for user in self.users {
            self.look_at(user, &mut survey);
        }
        let failed: HashSet<String> = survey.failures.iter().map(|(cluster, _)| cluster.clone()).collect();
        let listed = self
            .site
            .clusters
            .iter()
            .filter(|cluster| !failed.contains(&of_cluster(&cluster.id)));
        for cluster in listed {
            self.check_rights(&authority, cluster).await?;
        }
        Ok(survey)
    }

    /// What is on this node of a user.
    fn look_at(&self, user: &str, survey: &mut Survey) {
        self.watchdog
            .more_time("looking up users in the passwd database", self.total * 2);
        let is_there = user::uid_of(user, self.site.settings.min_uid).is_ok();
        let Ok(name) = Username::parse(user) else {
            return;
        };
        if !survey.traces.contains_key(user) && !is_there && !self.is_kept(&name) {
            survey.unknown.push(user.to_owned());
            return;
        }
        let traces = survey.traces.entry(user.to_owned()).or_default();
        traces.has_account = is_there && !traces.is_reused;
        let template = &self.site.settings.renewal.pun_pid_path;
        traces.is_logged_in = traces.has_account && matches!(session(template, &name), Ok(Session::Running));
    }

    fn is_kept(&self, name: &Username) -> bool {
        let folder = self.site.settings.renewal.folder.as_deref();
        folder.is_some_and(|folder| uninstall::kept_users(folder).is_ok_and(|users| users.contains(name)))
    }

    /// A right that is missing is told before the first step, and not between two of them.
    async fn check_rights(&self, authority: &Authority, cluster: &Cluster) -> Result<(), ClusterError> {
        let deadline = self.step("asking for the rights");
        let api = authority.connect(cluster, &deadline).await?;
        let delete = |group, resource, name: &str| Right {
            verb: "delete",
            group,
            resource,
            name: name.to_owned(),
            ..Right::default()
        };
        let mut rights = vec![
            delete("rbac.authorization.k8s.io", "rolebindings", ""),
            delete("", "serviceaccounts", "default"),
        ];
        if self.extent == Extent::All {
            rights.push(delete("", "namespaces", ""));
        }
        for right in rights {
            if !cluster::may_i(&api, &right).await? {
                return Err(ClusterError::Lacking {
                    server: api.server().to_owned(),
                    what: format!("delete {}", right.resource),
                });
            }
        }
        Ok(())
    }

    /// Takes away what was found. What fails for one user, or in one step, does not stop the others; but a namespace goes
    /// last, and only after its owner's access has ended everywhere.
    pub async fn carry_out(&self, survey: &Survey) -> Offboarded {
        let mut done = Offboarded::default();
        let users: Vec<String> = survey.traces.keys().cloned().collect();
        done.add(self.each(&users, Step::Suspend).await);
        self.forget_sessions(survey, &mut done).await;
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
            done.add(self.each(&ready, Step::Remove).await);
        }
        done
    }

    /// Lets logins of these users in again.
    pub async fn resume(&self) -> Tally {
        self.each(self.users, Step::Resume).await
    }

    async fn each(&self, users: &[String], step: Step) -> Tally {
        let many = Many {
            site: self.site,
            kubeconfig: self.kubeconfig,
            admin: self.admin,
            total: self.total,
            watchdog: self.watchdog,
            whose: Whose::Owners(users),
            only_present: false,
            jobs: self.jobs,
            is_dry_run: self.is_dry_run,
            lists_news: true,
            command: if step == Step::Resume { "resume" } else { "offboard" },
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
                Step::Suspend => cluster::suspend(&api, leaver).await,
                Step::Remove => cluster::remove_namespace(&api, leaver).await,
                Step::Resume => cluster::resume(&api, leaver).await,
            }
        })
        .await
    }

    /// What is kept for renewals. Another person's who has the name now stays.
    async fn forget_sessions(&self, survey: &Survey, done: &mut Offboarded) {
        let Some(folder) = &self.site.settings.renewal.folder else {
            return;
        };
        self.watchdog.more_time("forgetting sessions", self.total * 2);
        let kept = match uninstall::kept_users(folder) {
            Ok(kept) => kept,
            Err(error) => return done.on_node.push(("RENEWAL_DIR".into(), error)),
        };
        let is_theirs = |name: &Username| survey.traces.get(name.as_str()).is_some_and(|it| !it.is_reused);
        for user in kept.into_iter().filter(is_theirs) {
            for removed in uninstall::forget(folder, std::slice::from_ref(&user), self.is_dry_run).await {
                let mut report = Report::new(user.as_str(), "");
                let outcome = removed.outcome;
                report.objects = outcome
                    .map(|outcome| ObjectReport {
                        kind: "Session",
                        name: user.to_string(),
                        outcome,
                    })
                    .into_iter()
                    .collect();
                done.on_this_node(report, removed, self.is_dry_run);
            }
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
            done.on_this_node(report, removed, self.is_dry_run);
        }
    }

    /// The deadline of one step, which the watchdog waits for.
    fn step(&self, what: &str) -> Deadline {
        self.watchdog.more_time(what, self.total * 2);
        Deadline::after(self.total)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Suspend,
    Remove,
    Resume,
}

impl Survey {
    fn add(&mut self, row: &UserRow) {
        let Some(user) = &row.user else { return };
        let traces = self.traces.entry(user.clone()).or_default();
        traces.namespaces.push((row.cluster.clone(), row.namespace.clone()));
        traces.is_reused |= row.account == Some(Account::OtherUid);
    }
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

    fn on_this_node(&mut self, mut report: Report, removed: Removed, is_dry_run: bool) {
        report.error = removed.error;
        if !is_dry_run {
            report.record("offboard");
        }
        let what = format!("user {}", report.user);
        self.on_node.extend(removed.failure.map(|error| (what, error)));
        self.reports.push(report);
    }
}
