//! Determines what to do for each user, from the record, the pid file of the user's nginx and the passwd database.

use std::time::{Duration, SystemTime};

use super::error::SessionError;
use super::report::{Fate, UserReport};
use super::run::Run;
use crate::config::clusters::Cluster;
use crate::credentials::is_renewed_by_root;
use crate::foreign::Foreign;
use crate::naming::Username;
use crate::renewal::{session, Record, Session};
use crate::user::{self, User, UserError};

/// The hook runs before the user's nginx starts, up to five times if it is slow (`mod_ood_proxy` retries).
const TIME_TO_START: Duration = Duration::from_secs(300);

/// What to do for one user.
pub(super) enum Task {
    /// Nothing yet.
    Leave { report: UserReport },
    /// The tokens expire before the next run.
    Renew { user: User, report: UserReport },
    /// The session has ended.
    Forget { user: Username, report: UserReport },
}

impl Task {
    /// Its report in a dry run.
    pub fn told(self) -> UserReport {
        match self {
            Self::Renew { report, .. } => report.with(Fate::Renewed),
            Self::Leave { report } | Self::Forget { report, .. } => report,
        }
    }
}

impl Run<'_> {
    /// Determines what to do, without changing anything. `None` if there is no record, only a lock.
    pub(super) fn survey(&self, name: &Username) -> Result<Option<Task>, SessionError> {
        let Some(record) = self.renewals.peek(name)? else {
            return Ok(None);
        };
        let mut report = UserReport::new(name);
        report.end = record.first_end(|id| self.clusters(&record).any(|cluster| cluster.id == id));
        let user = match user::look_up(name.as_str(), self.site.settings.min_uid) {
            Ok(user) => user,
            Err(error @ UserError::Lookup { .. }) => return Err(error.into()),
            Err(error) => return Ok(Some(forget(name, report, &error.to_string()))),
        };
        if let Some(reason) = self.is_over(&user, &record)? {
            return Ok(Some(forget(name, report, reason)));
        }
        self.tell_of_missing(&record, &mut report);
        report.in_use = self.is_to_be_stamped(&record).then(|| user.clone());
        Ok(Some(if self.is_due(&record) {
            Task::Renew { user, report }
        } else {
            Task::Leave { report }
        }))
    }

    /// Why the user's `OnDemand` session has ended, if it has.
    pub(super) fn is_over(&self, user: &User, record: &Record) -> Result<Option<&'static str>, SessionError> {
        let template = &self.site.settings.renewal.pun_pid_path;
        let Session::Ended(reason) = session(template, &user.name)? else {
            return Ok(None);
        };
        let since = SystemTime::now().duration_since(record.logged_in);
        // If the login is in the future, the clock was set back since.
        let is_starting = since.is_ok_and(|since| since < TIME_TO_START);
        Ok((!is_starting).then_some(reason))
    }

    pub(super) fn is_due(&self, record: &Record) -> bool {
        record.is_due(self.horizon(), |id| {
            self.clusters(record).any(|cluster| cluster.id == id)
        })
    }

    /// Tells of the clusters of the record that have left clusters.d; if one of its files cannot be read, nobody knows.
    fn tell_of_missing(&self, record: &Record, report: &mut UserReport) {
        let Some(known) = &self.site.known else {
            return;
        };
        let is_there = |id: &str| {
            known.iter().any(|cluster| cluster.id == id) || self.site.clusters.iter().any(|cluster| cluster.id == id)
        };
        let missing: Vec<_> = record.ends.keys().filter(|id| !is_there(id)).cloned().collect();
        if missing.is_empty() {
            return;
        }
        let names = Foreign::from(missing.join(", "));
        report.why = Some(format!("for clusters that are not there: {names}"));
        if missing.len() == record.ends.len() {
            report.errors.push(SessionError::NoClusters(names.to_string()));
        }
    }

    /// The clusters that the login wrote a token for, and whose tokens root still renews.
    pub(super) fn clusters<'r>(&'r self, record: &'r Record) -> impl Iterator<Item = &'r Cluster> {
        let clusters = self.site.oidc_clusters();
        clusters.filter(|cluster| is_renewed_by_root(cluster) && record.ends.contains_key(&cluster.id))
    }
}

fn forget(user: &Username, report: UserReport, reason: &str) -> Task {
    Task::Forget {
        user: user.clone(),
        report: report.because(Fate::Forgotten, reason),
    }
}
