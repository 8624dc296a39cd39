//! The settings and state of one run of renewals.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::error::SessionError;
use crate::config::credentials::{self, required};
use crate::config::{renewal, Site};
use crate::deadline::Deadline;
use crate::renewal::Renewals;
use crate::suspended::Suspended;

/// Allowance for a late timer, and for the run's duration until the last user has new tokens.
pub(super) const SLACK: Duration = Duration::from_secs(30);
const NO_FOLDER: &str = "logins store users' refresh tokens in this directory; set RENEWAL_DIR, for example to /var/lib/ood-k8s/renewal, or disable the timer";

/// Opens the directory of `RENEWAL_DIR`, if hook.env sets it.
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
    /// The configuration.
    pub site: &'a Site,
    /// What logins stored.
    pub renewals: &'a Renewals,
    /// Who is not let in.
    pub suspended: &'a Suspended,
    /// Whose account has expired.
    pub locked: &'a BTreeSet<String>,
    /// The deadline of each user.
    pub total: Duration,
    /// How often the command runs.
    pub interval: Duration,
    /// Maximum number of users processed at a time.
    pub jobs: u16,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
    /// The watchdog that stops a run that hangs.
    pub watchdog: &'a Deadline,
}

impl Run<'_> {
    /// Gives the watchdog time for one more step: it stops a run that hangs, however many users there are.
    pub(super) fn more_time(&self, step: &str) {
        self.watchdog.more_time(step, self.total + Duration::from_secs(5));
    }

    /// A token that expires before this is due.
    pub(super) fn horizon(&self) -> SystemTime {
        SystemTime::now() + self.interval + SLACK
    }
}
