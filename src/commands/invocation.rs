//! The global flags, and what every command starts with: the site, the user and the deadline.

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

/// The deadline for reading hook.env, which sets the one for everything else.
const TIMEOUT_BEFORE_SETTINGS: Duration = Duration::from_secs(10);

/// The global flags.
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

    /// Reads the configuration and logs its warnings.
    pub fn site(&self) -> Result<Site, Error> {
        self.deadline.enter("reading hook.env and clusters.d");
        let site = Site::load(&self.sources)?;
        for warning in &site.warnings {
            log::warning(warning);
        }
        // An invalid MIN_UID must not admit system accounts, and an invalid HOOK_TIMEOUT must not delay logins.
        match site
            .settings
            .fault_of(&["MIN_UID", "HOOK_TIMEOUT", "CONNECT_TIMEOUT", "SITE", "UID_CHANGE"])
        {
            Some(fault) => Err(fault.clone().into()),
            None => Ok(site),
        }
    }

    /// How long a part of the work may take: the flag, or the value in hook.env.
    pub fn total(&self, settings: &Settings) -> Duration {
        self.timeout.unwrap_or(settings.timeout)
    }

    /// Sets the watchdog to this time from now.
    pub fn extend_deadline(&self, more: Duration) {
        self.deadline.set_total(self.deadline.elapsed() + more);
    }

    /// Root's kubeconfig: the flag, or the one of the user who runs the program.
    pub fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig.clone().unwrap_or_else(own_kubeconfig)
    }

    /// Starts a login: starts the watchdog, and reads the site and the user.
    pub fn begin_login(&self, name: &str) -> Result<(Site, User), Error> {
        guard(&self.deadline);
        let site = self.site()?;
        self.deadline.set_total(self.total(&site.settings));
        self.deadline.enter("looking up the user in the passwd database");
        let user = user::look_up(name, site.settings.min_uid)?;
        Ok((site, user))
    }
}

/// `~/.kube/config` of the user who runs the program, by the passwd database: a hook cannot rely on `HOME`.
fn own_kubeconfig() -> PathBuf {
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::effective());
    let home = me.ok().flatten().map_or_else(|| "/root".into(), |user| user.dir);
    home.join(".kube/config")
}

/// Exits when something hangs that a timer of the runtime cannot interrupt.
pub(super) fn guard(deadline: &Deadline) {
    deadline.guard(|reason| {
        // syslog may be what hangs, so do not wait for it.
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            log::failure(&reason);
            let _ = told.send(());
        });
        let _ = heard.recv_timeout(Duration::from_millis(200));
        std::process::exit(ExitStatus::Deadline as i32);
    });
}
