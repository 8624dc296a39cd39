//! The global flags, and what every command starts with: the site, the user and the deadline.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::error::Error;
use crate::caller;
use crate::cli::Cli;
use crate::config::settings::{Settings, KUBECTL_NAMES};
use crate::config::{ConfigError, Site};
use crate::deadline::Deadline;
use crate::door;
use crate::exit::ExitStatus;
use crate::log::{self, Format, Level};
use crate::login::Report;
use crate::suspended::Suspended;
use crate::user::{self, User};

/// The deadline for reading hook.env, which sets the one for everything else.
const TIMEOUT_BEFORE_SETTINGS: Duration = Duration::from_secs(10);

/// The global flags.
pub(super) struct Invocation {
    pub sources: crate::config::Sources,
    pub kubeconfig: Option<PathBuf>,
    pub timeout: Option<Duration>,
    pub deadline: Deadline,
    log: LogWish,
    /// `LOGIN_METRICS_FILE`, for whoever ends a login that hangs.
    pub login_metrics: Arc<OnceLock<PathBuf>>,
}

/// What is to be logged, and how: the flags, and what applies without them.
#[derive(Clone, Copy)]
pub(super) struct LogWish {
    level: Option<Level>,
    usual_level: Level,
    format: Option<Format>,
}

impl LogWish {
    pub fn of(cli: &Cli) -> Self {
        Self {
            level: cli.global.log_level,
            usual_level: cli.usual_log_level(),
            format: cli.global.log_format,
        }
    }

    /// Sets up the log: a flag takes precedence over hook.env, as far as that is known.
    pub fn obey(self, settings: Option<&Settings>) {
        let program = settings.map(|settings| &settings.program);
        let setting = program.and_then(|program| program.log_level);
        // --quiet leaves out what a setting would show beyond warnings; --log-level is for this one run.
        let setting = setting.map(|level| if log::is_quiet() { level.min(Level::Warn) } else { level });
        let level = self.level.or(setting);
        let format = self.format.or(program.and_then(|program| program.log_format));
        log::init(level.unwrap_or(self.usual_level), format.unwrap_or(Format::Logfmt));
    }
}

impl Invocation {
    pub fn of(cli: &Cli) -> Self {
        Self {
            sources: cli.sources(),
            kubeconfig: cli.global.kubeconfig.clone(),
            timeout: cli.global.timeout,
            deadline: Deadline::after(cli.global.timeout.unwrap_or(TIMEOUT_BEFORE_SETTINGS)),
            log: LogWish::of(cli),
            login_metrics: Arc::default(),
        }
    }

    /// Reads the configuration and logs its warnings.
    pub fn site(&self) -> Result<Site, Error> {
        self.deadline.enter("reading hook.env and clusters.d");
        let site = Site::load(&self.sources)?;
        self.log.obey(Some(&site.settings));
        for warning in site.all_warnings() {
            log::warning(warning);
        }
        // An invalid MIN_UID must not admit system accounts, an invalid timeout must not delay logins, and no namespace
        // may be made in another cluster than the stock scripts', or for another person or site.
        let own = [
            "MIN_UID",
            "HOOK_TIMEOUT",
            "CONNECT_TIMEOUT",
            "SITE",
            "UID_CHANGE",
            "NAMESPACE_NAMES",
        ];
        let stopping = [&own, KUBECTL_NAMES].concat();
        match site.settings.fault_of(&stopping) {
            Some(fault) => Err(fault.clone().into()),
            None => Ok(site),
        }
    }

    /// What can be read of the configuration, for troubleshooting.
    pub fn salvage(&self) -> (Site, Option<ConfigError>) {
        self.deadline.enter("reading hook.env and clusters.d");
        let (site, fault) = Site::salvage(&self.sources);
        self.log.obey(Some(&site.settings));
        (site, fault)
    }

    /// How long a part of the work may take: the flag, or the value in hook.env.
    pub fn total(&self, settings: &Settings) -> Duration {
        self.timeout.unwrap_or(settings.timeout)
    }

    /// Sets the watchdog to this time from now.
    pub fn extend_deadline(&self, more: Duration) {
        self.deadline.set_total(self.deadline.elapsed() + more);
    }

    /// Root's kubeconfig: the flag, the setting, or the one of the user who runs the program. A wrong setting does not
    /// mean the last, which may have another account's credentials.
    pub fn kubeconfig(&self, settings: &Settings) -> Result<PathBuf, ConfigError> {
        match settings.fault_of(&["ROOT_KUBECONFIG"]) {
            Some(fault) if self.kubeconfig.is_none() => Err(fault.clone()),
            _ => Ok(self.likely_kubeconfig(settings)),
        }
    }

    /// The same for `config show` and `check`, which report a wrong setting on their own.
    pub fn likely_kubeconfig(&self, settings: &Settings) -> PathBuf {
        let setting = || settings.program.root_kubeconfig.clone();
        self.kubeconfig
            .clone()
            .or_else(setting)
            .unwrap_or_else(|| user::own_home().join(".kube/config"))
    }

    /// Starts a login: starts the watchdog, and reads the site and the user. The last value has the clusters that the user
    /// is not offered, and which are left out of the site. `cut_off` is told if the login hangs, before the process ends.
    pub fn begin_login(
        &self,
        name: &str,
        cut_off: impl FnOnce(String) + Send + 'static,
    ) -> Result<(Site, User, Vec<Report>), Error> {
        log::about(name);
        door::enter_each_once();
        guard_and_tell(&self.deadline, cut_off);
        let mut site = self.site()?;
        if let Some(path) = &site.settings.program.login_metrics {
            let _ = self.login_metrics.set(path.clone());
        }
        self.deadline.set_total(self.total(&site.settings));
        self.deadline.enter("looking up the user in the passwd database");
        let user = user::look_up(name, site.settings.min_uid)?;
        Suspended::of(&site.settings)?.let_in(user.name.as_str())?;
        let_in(&site, &user, false)?;
        if let Err(error) = site.profiles.keep(&site.settings) {
            log::warning(&format!("cannot keep what PROFILES_FILE says: {error}"));
        }
        site.withhold_from(&user)?;
        let reports = site
            .withheld
            .iter()
            .map(|id| Report::skipped(user.name.as_str(), id))
            .collect();
        Ok((site, user, reports))
    }
}

/// Whether `access` lets a user in, and what is to be said about it.
pub(super) fn let_in(site: &Site, user: &User, is_dry_run: bool) -> Result<(), Error> {
    // What is kept is root's: nobody else could.
    let keeps = !is_dry_run && rustix::process::geteuid().is_root();
    let judged = site.profiles.judge(user, &site.settings, keeps);
    judged.doubt.iter().for_each(|doubt| log::warning(doubt));
    if let Some(error) = judged.not_kept {
        log::warning(&format!("cannot keep in which groups user {} is: {error}", user.name));
    }
    Ok(judged.verdict?)
}

/// Exits when something hangs that a timer of the runtime cannot interrupt.
pub(super) fn guard(deadline: &Deadline) {
    guard_and_tell(deadline, drop);
}

/// The same for a command of an administrator's whose log lines say who ran it.
pub(super) fn guard_for_the_record(deadline: &Deadline) {
    guard(deadline);
    deadline.enter("looking up who runs this in the passwd database");
    log::by(&caller::name());
}

fn guard_and_tell(deadline: &Deadline, tell: impl FnOnce(String) + Send + 'static) {
    deadline.guard(|reason| {
        // syslog may be what hangs, so do not wait for it.
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            log::failure(&reason);
            tell(reason);
            let _ = told.send(());
        });
        let _ = heard.recv_timeout(Duration::from_millis(200));
        std::process::exit(ExitStatus::Deadline as i32);
    });
}
