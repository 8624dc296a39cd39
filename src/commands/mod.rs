//! The subcommands: one file each, each a list of steps.

mod bootstrap_user;
mod check;
mod cluster_roles;
mod config_show;
mod credential;
mod credentials;
mod login;
mod manifests;
mod many;
mod mint_registry_secret;
mod pre_hook;
mod renew_creds;
mod report;
mod root;
mod set_creds;
mod sync_secret;

use std::path::PathBuf;

use crate::cli::{Cli, Command, ConfigCommand};
use crate::config::Site;
use crate::deadline::Deadline;
use crate::error::{Error, Failures};
use crate::exit::ExitStatus;
use crate::log;
use crate::oidc::Handover;
use crate::user::{self, User};

/// Until hook.env has been read, it cannot tell the deadline; this one guards the reading.
const TIMEOUT_BEFORE_SETTINGS: std::time::Duration = std::time::Duration::from_secs(10);

/// Runs what was asked for, and says what failed.
pub fn run(cli: Cli, handover: Handover) -> anyhow::Result<ExitStatus> {
    log::init(cli.log_level(), cli.global.log_format);
    // Before the runtime: kubectl calls it each time, and it asks nobody.
    if let Command::Credential(args) = &cli.command {
        return Ok(credential::run(&cli.global.clusters, args));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // OnDemand puts all of stderr into one syslog message; people read lines.
    let one_line = matches!(cli.command, Command::PreHook(_));
    let outcome = runtime.block_on(dispatch(cli, handover));
    // A resolver that hangs in a thread of the runtime must not be waited for.
    runtime.shutdown_background();
    Ok(match outcome {
        Ok(status) => status,
        Err(failures) if one_line => {
            log::failure(&failures.to_string());
            failures.exit_status()
        }
        Err(failures) => {
            let status = failures.exit_status();
            let (warnings, errors) = failures.into_warnings_and_errors();
            errors.lines().for_each(|line| log::failure(&line));
            warnings.lines().for_each(|line| log::warning(&line));
            status
        }
    })
}

async fn dispatch(cli: Cli, handover: Handover) -> Result<ExitStatus, Failures> {
    let invocation = Invocation::of(&cli);
    let done = match cli.command {
        // Its findings are its result, errors too: nothing of them is left to be said.
        Command::Check(args) => return Ok(check::run(&invocation, &args).await),
        Command::Credential(args) => return Ok(credential::run(&invocation.sources.only, &args)),
        Command::PreHook(args) => pre_hook::run(&invocation, &args, &handover).await,
        Command::BootstrapUser(args) => bootstrap_user::run(&invocation, &args).await,
        Command::SetCreds(args) => set_creds::run(&invocation, &args, &handover).await,
        Command::RefreshToken(args) => root::refresh_token::run(&invocation, &args).await,
        Command::RenewCreds(args) => renew_creds::run(&invocation, &args).await,
        Command::SetupRoot(args) => root::setup_root::run(&invocation, &args).await,
        Command::ClusterRoles(args) => cluster_roles::run(&invocation, &args).await,
        Command::SyncSecret(args) => sync_secret::run(&invocation, &args).await,
        Command::MintRegistrySecret(args) => mint_registry_secret::run(&invocation, &args).await,
        Command::Config(ConfigCommand::Show(args)) => config_show::run(&invocation, &args),
    };
    done.map(|()| ExitStatus::Success)
}

/// What the global flags say.
struct Invocation {
    sources: crate::config::Sources,
    kubeconfig: Option<PathBuf>,
    timeout: Option<std::time::Duration>,
    deadline: Deadline,
}

impl Invocation {
    fn of(cli: &Cli) -> Self {
        Self {
            sources: cli.sources(),
            kubeconfig: cli.global.kubeconfig.clone(),
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
            Some(fault) => Err(fault.clone().into()),
            None => Ok(site),
        }
    }

    /// Lets the watchdog wait so long from now on.
    fn extend_deadline(&self, more: std::time::Duration) {
        self.deadline.set_total(self.deadline.elapsed() + more);
    }

    /// Root's kubeconfig: the flag, else that of whoever runs this.
    fn kubeconfig(&self) -> PathBuf {
        self.kubeconfig.clone().unwrap_or_else(own_kubeconfig)
    }

    /// What a login begins with: the site and the user, under a deadline that nothing outlives.
    fn begin_login(&self, name: &str) -> Result<(Site, User), Error> {
        guard(&self.deadline);
        let site = self.site()?;
        // Now hook.env can tell it; the flag wins.
        self.deadline.set_total(self.timeout.unwrap_or(site.settings.timeout));
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
fn guard(deadline: &Deadline) {
    deadline.guard(|reason| {
        // A syslog that hangs may be the very reason, so its line is not waited for.
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            log::failure(&reason);
            let _ = told.send(());
        });
        let _ = heard.recv_timeout(std::time::Duration::from_millis(200));
        std::process::exit(ExitStatus::Deadline as i32);
    });
}

/// The files of clusters.d that cannot be used, as failures; the other clusters go on.
fn broken_files(site: &Site) -> Vec<(String, Error)> {
    let errors = site.broken.iter().cloned();
    errors.map(|error| (String::new(), error.into())).collect()
}

/// What hit a cluster, in the line of failures.
fn of_cluster(id: &str) -> String {
    format!("cluster {id}")
}

/// A single failure that says itself what it hit.
fn only(error: impl Into<Error>) -> Failures {
    Failures::one(error.into())
}

/// Everything that failed, or success.
fn all_of(failures: Vec<(String, Error)>) -> Result<(), Failures> {
    Failures::new(failures).map_or(Ok(()), Err)
}
