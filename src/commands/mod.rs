//! The subcommands: one file each, each a list of steps.

mod bootstrap_user;
mod config_show;
mod login;
mod pre_hook;
mod report;
mod set_creds;

use std::path::PathBuf;

use crate::cli::{Cli, Command, ConfigCommand};
use crate::config::{ConfigError, Site};
use crate::deadline::Deadline;
use crate::error::{Error, ExitStatus, Failures};
use crate::oidc::Handover;
use crate::{home, log};

/// Until hook.env has been read, it can't tell the deadline; this one guards the reading.
const TIMEOUT_BEFORE_SETTINGS: std::time::Duration = std::time::Duration::from_secs(10);

/// Runs what was asked for, and says what failed.
pub fn run(cli: Cli, handover: Handover) -> anyhow::Result<ExitStatus> {
    if let Command::Home(_) = &cli.command {
        // Before the log is opened: the child closes every descriptor that it does not know.
        log::result(&home::serve());
        return Ok(ExitStatus::Success);
    }
    log::init(cli.log_level(), cli.global.log_format);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(dispatch(cli, handover));
    // A resolver that hangs in a thread of the runtime must not be waited for.
    runtime.shutdown_background();
    Ok(match outcome {
        Ok(()) => ExitStatus::Success,
        Err(failures) => {
            log::failure(&failures.to_string());
            failures.exit_status()
        }
    })
}

async fn dispatch(cli: Cli, handover: Handover) -> Result<(), Failures> {
    let invocation = Invocation::of(&cli);
    match cli.command {
        Command::PreHook(args) => pre_hook::run(&invocation, &args, &handover).await,
        Command::BootstrapUser(args) => bootstrap_user::run(&invocation, &args).await,
        Command::SetCreds(args) => set_creds::run(&invocation, &args, &handover).await,
        Command::Config(ConfigCommand::Show(args)) => config_show::run(&invocation, &args),
        Command::Home(_) => Ok(()),
    }
}

/// What the global flags say.
struct Invocation {
    sources: crate::config::Sources,
    kubeconfig: PathBuf,
    timeout: Option<std::time::Duration>,
    deadline: Deadline,
}

impl Invocation {
    fn of(cli: &Cli) -> Self {
        Self {
            sources: cli.sources(),
            kubeconfig: cli.global.kubeconfig.clone().unwrap_or_else(own_kubeconfig),
            timeout: cli.global.timeout,
            deadline: Deadline::after(cli.global.timeout.unwrap_or(TIMEOUT_BEFORE_SETTINGS)),
        }
    }

    /// Reads the configuration and passes on its warnings.
    fn site(&self) -> Result<Site, Error> {
        self.deadline.enter("reading hook.env and clusters.d");
        let site = Site::load(&self.sources)?;
        for warning in &site.warnings {
            log::warning(warning);
        }
        // A wrong MIN_UID must not let anybody in, nor a wrong HOOK_TIMEOUT let anybody wait.
        match site.settings.fault_of(&["MIN_UID", "HOOK_TIMEOUT"]) {
            Some(fault) => Err(ConfigError::clone(fault).into()),
            None => Ok(site),
        }
    }

    /// The deadline of this run, now that hook.env can tell it; the flag wins.
    fn deadline_of(&self, site: &Site) -> &Deadline {
        self.deadline.set_total(self.timeout.unwrap_or(site.settings.timeout));
        &self.deadline
    }
}

/// `~/.kube/config` of whoever runs this, by the passwd database: `HOME` may be anything in a hook.
fn own_kubeconfig() -> PathBuf {
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::effective());
    let home = me.ok().flatten().map_or_else(|| "/root".into(), |user| user.dir);
    home.join(".kube/config")
}

/// Ends the process when something hangs that no timer of ours can interrupt.
fn guard(deadline: &Deadline) {
    deadline.guard(|reason| {
        log::failure(&reason);
        std::process::exit(ExitStatus::Deadline as i32);
    });
}

/// A single failure that says itself what it hit.
fn only(error: impl Into<Error>) -> Failures {
    Failures::one(error.into())
}

/// Everything that failed, or success.
fn all_of(failures: Vec<(String, Error)>) -> Result<(), Failures> {
    Failures::new(failures).map_or(Ok(()), Err)
}
