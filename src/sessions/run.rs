//! What one run of renewals works with.

use std::time::{Duration, SystemTime};

use super::error::SessionError;
use crate::config::credentials::{self, required};
use crate::config::{renewal, Site};
use crate::deadline::Deadline;
use crate::renewal::Renewals;

/// What a timer is late, and a run takes, until the last of its users has the new token.
const SLACK: Duration = Duration::from_secs(30);
const NO_FOLDER: &str = "it names the folder, of root's alone, where logins leave what renews users' tokens, for example /var/lib/ood-k8s/renewal; set it, or run this no more";

/// What root keeps, if hook.env says where.
pub fn open(site: &Site) -> Result<Renewals, SessionError> {
    let keys = [renewal::KEYS, credentials::KEYS].concat();
    if let Some(fault) = site.settings.fault_of(&keys) {
        return Err(fault.clone().into());
    }
    let folder = site.settings.renewal.folder.as_ref();
    let folder = folder.ok_or_else(|| required(&site.settings, "RENEWAL_DIR", NO_FOLDER))?;
    Ok(Renewals::open(folder)?)
}

/// One run.
pub struct Run<'a> {
    /// What is configured.
    pub site: &'a Site,
    /// What root keeps.
    pub renewals: &'a Renewals,
    /// For each user.
    pub total: Duration,
    /// How often this runs.
    pub interval: Duration,
    /// How many users at once.
    pub jobs: u16,
    /// Whether nothing is to be done.
    pub is_dry_run: bool,
    /// What ends a run that hangs.
    pub watchdog: &'a Deadline,
}

impl Run<'_> {
    /// Lets the watchdog wait for one more step: it ends a run that gets on no more, however many users there are.
    pub(super) fn more_time(&self, step: &str) {
        self.watchdog.more_time(step, self.total + Duration::from_secs(5));
    }

    /// What ends before this is due.
    pub(super) fn horizon(&self) -> SystemTime {
        SystemTime::now() + self.interval + SLACK
    }
}
