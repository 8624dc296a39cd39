//! The subcommands: one file each, each a list of steps.

mod alike;
mod audit;
mod bootstrap_user;
mod bundle;
mod check;
mod cluster_policies;
mod cluster_roles;
mod comparison_rows;
mod complete;
mod config_show;
mod config_validate;
mod credential;
mod error;
mod everybody;
mod findings;
mod invocation;
mod logs;
mod manifests;
mod mint_registry_secret;
mod names;
mod namespace;
mod offboard;
mod pre_hook;
mod printed_objects;
mod profile_import;
mod profile_show;
mod refresh_token;
mod renew_creds;
mod report_rows;
mod results;
mod resume;
mod set_creds;
mod setup_root;

mod sync_secret;
mod token_wish;
mod uninstall;
mod users;
mod users_reconcile;
mod users_restamp;
mod users_show;
mod users_transfer;
mod version;

use crate::cli::{Cli, Command, ConfigCommand, ProfileCommand};
use crate::exit::ExitStatus;
use crate::log;
use crate::oidc::Handover;
use crate::print;
use error::Failures;
use invocation::{Invocation, LogWish};

/// Runs the subcommand, and logs what failed.
pub fn run(cli: Cli, handover: Handover) -> anyhow::Result<ExitStatus> {
    LogWish::of(&cli).obey(None);
    // kubectl runs this for each call, and it needs no network: do not start the runtime.
    if let Command::Credential(args) = &cli.command {
        return Ok(credential::run(&cli.global.clusters, args));
    }
    match &cli.command {
        Command::Completion(args) => return Ok(complete::script(args)),
        Command::Complete(args) => return Ok(complete::run(args)),
        Command::Version(args) => {
            version::run(args);
            return Ok(ExitStatus::Success);
        }
        Command::GlobalOptions => {
            print::text(&Cli::global_options());
            return Ok(ExitStatus::Success);
        }
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // OnDemand logs all of stderr as one syslog message; on a terminal, lines are easier to read.
    let one_line = matches!(cli.command, Command::PreHook(_));
    let outcome = runtime.block_on(dispatch(cli, handover));
    // Do not wait for a resolver that hangs in a thread of the runtime.
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

async fn dispatch(mut cli: Cli, handover: Handover) -> Result<ExitStatus, Failures> {
    if let Some(users) = cli.users_mut() {
        names::read_from_input(users)?;
    }
    let invocation = Invocation::of(&cli);
    let done = match cli.command {
        // check prints its errors as findings; only what its flags name is logged.
        Command::Check(args) => return check::run(&invocation, &args).await,
        Command::Audit(args) => return audit::run(&invocation, &args).await,
        Command::Users(args) => return users::run(&invocation, &args).await,
        Command::Credential(args) => return Ok(credential::run(&invocation.sources.only, &args)),
        Command::PreHook(args) => pre_hook::run(&invocation, &args, &handover).await,
        Command::BootstrapUser(args) => bootstrap_user::run(&invocation, &args).await,
        Command::StampUids(args) => users_restamp::run(&invocation, &args).await,
        Command::SetCreds(args) => set_creds::run(&invocation, &args, &handover).await,
        Command::RefreshToken(args) => refresh_token::run(&invocation, &args).await,
        Command::RenewCreds(args) => renew_creds::run(&invocation, &args).await,
        Command::SetupRoot(args) => setup_root::run(&invocation, &args).await,
        Command::ClusterRoles(args) => cluster_roles::run(&invocation, &args).await,
        Command::ClusterPolicies(args) => cluster_policies::run(&invocation, &args).await,
        Command::SyncSecret(args) => sync_secret::run(&invocation, &args).await,
        Command::MintRegistrySecret(args) => mint_registry_secret::run(&invocation, &args).await,
        Command::Uninstall(args) => uninstall::run(&invocation, &args).await,
        Command::Offboard(args) => offboard::run(&invocation, &args).await,
        Command::Resume(args) => resume::run(&invocation, &args).await,
        Command::Logs(args) => logs::run(&invocation, &args).await,
        Command::Namespace(args) => namespace::run(&invocation, &args),
        Command::Manifests(command) => manifests::run(&invocation, &command).await,
        Command::Profile(ProfileCommand::Show(args)) => profile_show::run(&invocation, &args),
        Command::Profile(ProfileCommand::Import(args)) => profile_import::run(&args),
        Command::Config(ConfigCommand::Show(args)) => config_show::run(&invocation, &args),
        Command::Config(ConfigCommand::Validate(args)) => config_validate::run(&invocation, &args),
        // Answered above, without the runtime.
        Command::Completion(_) | Command::Complete(_) | Command::Version(_) | Command::GlobalOptions => Ok(()),
    };
    done.map(|()| ExitStatus::Success)
}
