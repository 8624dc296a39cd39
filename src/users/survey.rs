//! What is there of the users who leave, before anything is changed.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use super::account::Account;
use super::listing::Listing;
use super::row::UserRow;
use crate::cluster::{self, Authority, ClusterError, Right};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::naming::Username;
use crate::outcome::of_cluster;
use crate::renewal::{session, Session};
use crate::uninstall;
use crate::user::{self, UserError};

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
    /// Whether what runs is ended, and sessions at the identity provider too.
    pub stops: bool,
    /// Maximum number of namespaces processed at a time in each cluster.
    pub jobs: u16,
    /// Whether nothing is changed.
    pub is_dry_run: bool,
    /// The command's name in the log.
    pub command: &'static str,
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
    /// Why the passwd database did not answer for somebody, whose home and session are left alone then.
    pub lookup: Option<UserError>,
}

impl Offboarding<'_> {
    /// Looks at what is there of the users, before anything is changed, and whether the rights suffice to the end.
    pub async fn survey(&self) -> Result<Survey, ClusterError> {
        let authority = Authority::load(self.kubeconfig, self.admin)?;
        let listing = Listing::of_all(self.site, &authority, self.total, self.watchdog);
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
        survey.lookup = lists.lookup;
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
        let found = user::uid_of(user, self.site.settings.min_uid);
        let is_there = found.is_ok();
        let is_unknown = matches!(found, Err(UserError::Lookup { .. }));
        if is_unknown {
            survey.lookup = survey.lookup.take().or(found.err());
        }
        let Ok(name) = Username::parse(user) else {
            return;
        };
        if !survey.traces.contains_key(user) && !is_there && !self.is_kept(&name) {
            survey.unknown.extend((!is_unknown).then(|| user.to_owned()));
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
    pub(super) async fn check_rights(&self, authority: &Authority, cluster: &Cluster) -> Result<(), ClusterError> {
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
        if self.stops {
            rights.extend(["list", "delete"].map(|verb| Right {
                verb,
                resource: "pods",
                ..Right::default()
            }));
        }
        if self.extent == Extent::All {
            rights.push(delete("", "namespaces", ""));
        }
        for right in rights {
            if !cluster::may_i(&api, &right).await? {
                return Err(ClusterError::Lacking {
                    server: api.server().to_owned(),
                    what: format!("{} {}", right.verb, right.resource),
                });
            }
        }
        Ok(())
    }

    /// The deadline of one step, which the watchdog waits for.
    fn step(&self, what: &str) -> Deadline {
        self.watchdog.more_time(what, self.total * 2);
        Deadline::after(self.total)
    }
}

impl Survey {
    fn add(&mut self, row: &UserRow) {
        let Some(user) = &row.user else { return };
        let traces = self.traces.entry(user.clone()).or_default();
        traces.namespaces.push((row.cluster.clone(), row.namespace.clone()));
        traces.is_reused |= row.account == Some(Account::OtherUid);
    }
}
