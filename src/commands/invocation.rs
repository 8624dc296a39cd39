//! What the global flags say, and what every command begins with: the site, the user, the deadline.

use std::path::PathBuf;
use std::time::Duration;

use super::error::Error;
use crate::cli::Cli;
use crate::config::settings::Settings;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::exit::ExitStatus;
use crate::log;
use crate::user::{self, User};

/// Until hook.env has been read, it cannot tell the deadline; this one guards the reading.
const TIMEOUT_BEFORE_SETTINGS: Duration = Duration::from_secs(10);

/// What the global flags say.
pub(super) struct Invocation {
    pub sources: crate::config::Sources,
    pub kubeconfig: Option<PathBuf>,
    pub timeout: Option<Duration>,
    pub deadline: Deadline,
}

impl Invocation {
    pub fn of(cli: &Cli) -> Self {
        Self {
            sources: cli.sources(),
            kubeconfig: cli.global.kubeconfig.clone(),
            timeout: cli.global.timeout,
            deadline: Deadline::after(cli.global.timeout.unwrap_or(TIMEOUT_BEFORE_SETTINGS)),
        }
    }

    /// Reads the configuration and passes on its warnings.
    pub fn site(&self) -> Result<Site, Error> {
        self.deadline.enter("reading hook.env and clusters.d");
        let site = Site::load(&self.sources)?;
        for warning in &site.warnings {
            log::warning(warning);
        }
        // A wrong MIN_UID must not let anybody in, nor a wrong HOOK_TIMEOUT let anybody wait.
        match site.settings.fault_of(&["MIN_UID", "HOOK_TIMEOUT"]) {
            Some(fault) => Err(fault.clone().into()),
            None => Ok(site),
        }
    }

    /// How long a part of the work may take: the flag, else hook.env's.
    pub fn total(&self, settings: &Settings) -> Duration {
        self.timeout.unwrap_or(settings.timeout)
    }

    /// Lets the watchdog wait so long from now on.
    pub fn extend_deadline(&self, more: Duration) {
        self.deadline.set_total(self.deadline.elapsed() + more);
    }

    /// Root's kubeconfig: the flag, else that of whoever runs this.
    pub fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig.clone().unwrap_or_else(own_kubeconfig)
    }

    /// What a login begins with: the site and the user, under a deadline that nothing outlives.
    pub fn begin_login(&self, name: &str) -> Result<(Site, User), Error> {
        guard(&self.deadline);
        let site = self.site()?;
        // Now hook.env can tell it; the flag wins.
        self.deadline.set_total(self.total(&site.settings));
        self.deadline.enter("looking up the user in the passwd database");
        let user = user::look_up(name, site.settings.min_uid)?;
        Ok((site, user))
    }
}

/// `~/.kube/config` of whoever runs this, by the passwd database: `HOME` may be anything in a hook.
fn own_kubeconfig() -> PathBuf {
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::effective());
    let home = me.ok().flatten().map_or_else(|| "/root".into(), |user| user.dir);
    home.join(".kube/config")
}

/// Ends the process when something hangs that no timer of ours can interrupt.
pub(super) fn guard(deadline: &Deadline) {
    deadline.guard(|reason| {
        // A syslog that hangs may be the very reason, so its line is not waited for.
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            log::failure(&reason);
            let _ = told.send(());
        });
        let _ = heard.recv_timeout(Duration::from_millis(200));
        std::process::exit(ExitStatus::Deadline as i32);
    });
}
