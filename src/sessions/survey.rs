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
const REVOKED: &str = "the user's access was taken away, and the refresh token is revoked now";

/// What to do for one user.
pub(super) enum Task<'a> {
    /// Nothing yet.
    Leave { report: UserReport },
    /// The tokens expire before the next run.
    Renew {
        user: User,
        offered: Offered<'a>,
        report: UserReport,
    },
    /// The user's access was taken away, and the identity provider did not answer then.
    Revoke { user: Username, report: UserReport },
    /// The session has ended.
    Forget { user: Username, report: UserReport },
}

impl Task<'_> {
    /// Its report in a dry run.
    pub fn told(self) -> UserReport {
        match self {
            Self::Renew { report, .. } => report.with(Fate::Renewed),
            Self::Leave { report } | Self::Forget { report, .. } | Self::Revoke { report, .. } => report,
        }
    }
}

/// The clusters whose tokens root renews, and that `OnDemand` offers to the user.
pub(super) struct Offered<'a>(Vec<&'a Cluster>);

impl<'a> Offered<'a> {
    /// Those that the login wrote a token for.
    pub fn of(&self, record: &Record) -> Vec<&'a Cluster> {
        let clusters = self.0.iter().copied();
        clusters
            .filter(|cluster| record.ends.contains_key(&cluster.id))
            .collect()
    }

    /// When the first of their tokens expires.
    pub fn first_end(&self, record: &Record) -> Option<SystemTime> {
        record.first_end(|id| self.0.iter().any(|cluster| cluster.id == id))
    }

    /// Whether one of their tokens expires by `moment`.
    pub fn are_due(&self, record: &Record, moment: SystemTime) -> bool {
        record.is_due(moment, |id| self.0.iter().any(|cluster| cluster.id == id))
    }
}

impl<'a> Run<'a> {
    /// Determines what to do, without changing anything. `None` if there is no record, only a lock.
    pub(super) fn survey(&self, name: &Username) -> Result<Option<Task<'a>>, SessionError> {
        let Some(record) = self.renewals.peek(name)? else {
            return Ok(None);
        };
        let mut report = UserReport::new(name);
        if record.is_to_be_revoked {
            let (user, report) = (name.clone(), report.because(Fate::Forgotten, REVOKED));
            return Ok(Some(Task::Revoke { user, report }));
        }
        let user = match user::look_up(name.as_str(), self.site.settings.min_uid) {
            Ok(user) => user,
            Err(error @ UserError::Lookup { .. }) => return Err(error.into()),
            Err(error) => return Ok(Some(forget(name, report, &error.to_string()))),
        };
        if let Some(reason) = self.is_over(&user, &record)? {
            return Ok(Some(forget(name, report, reason)));
        }
        // Kept for the next login alone, to which it says why.
        if record.is_lost {
            return Ok(None);
        }
        let (offered, withheld) = self.offered(&user)?;
        report.end = offered.first_end(&record);
        self.tell_of_missing(&record, &mut report);
        report.in_use = self.is_to_be_stamped(&record).then(|| user.clone());
        tell_of_withheld(&withheld, &record, &mut report);
        Ok(Some(if offered.are_due(&record, self.horizon()) {
            Task::Renew { user, offered, report }
        } else {
            Task::Leave { report }
        }))
    }

    /// Why the user's `OnDemand` session has ended, if it has, or is none any more for us.
    pub(super) fn is_over(&self, user: &User, record: &Record) -> Result<Option<&'static str>, SessionError> {
        if self.suspended.has(user.name.as_str()) {
            return Ok(Some("the user's access is suspended"));
        }
        if self.locked.contains(user.name.as_str()) {
            return Ok(Some("the user's account has expired"));
        }
        let template = &self.site.settings.renewal.pun_pid_path;
        let Session::Ended(reason) = session(template, &user.name)? else {
            return Ok(None);
        };
        let since = SystemTime::now().duration_since(record.logged_in);
        // If the login is in the future, the clock was set back since.
        let is_starting = since.is_ok_and(|since| since < TIME_TO_START);
        Ok((!is_starting).then_some(reason))
    }

    /// The clusters that are offered to the user, and those that are not any longer: who left a group gets no new token.
    fn offered(&self, user: &User) -> Result<(Offered<'a>, Vec<&'a str>), SessionError> {
        let (mut offered, mut withheld) = (Vec::new(), Vec::new());
        for cluster in self.site.oidc_clusters().filter(|cluster| is_renewed_by_root(cluster)) {
            if cluster.access.verdict(user)?.is_offered {
                offered.push(cluster);
            } else {
                withheld.push(cluster.id.as_str());
            }
        }
        Ok((Offered(offered), withheld))
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
        report.add_why(&format!("for clusters that are not there: {names}"));
        if missing.len() == record.ends.len() {
            report.errors.push(SessionError::NoClusters(names.to_string()));
        }
    }
}

/// Tells of the clusters of the record that are not offered to the user any longer.
fn tell_of_withheld(withheld: &[&str], record: &Record, report: &mut UserReport) {
    let kept: Vec<_> = withheld
        .iter()
        .copied()
        .filter(|id| record.ends.contains_key(*id))
        .collect();
    if !kept.is_empty() {
        let told = format!("not offered to the user any longer: {}", Foreign::from(kept.join(", ")));
        report.add_why(&told);
    }
}

fn forget<'a>(user: &Username, report: UserReport, reason: &str) -> Task<'a> {
    Task::Forget {
        user: user.clone(),
        report: report.because(Fate::Forgotten, reason),
    }
}
