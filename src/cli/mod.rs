//! The command line: the single definition from which help, manual pages and completions are generated.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

mod complete;
mod global;
mod hook;
mod login;
mod look;
mod manifests;
mod person;
mod profile;
mod reconcile;
mod reduced;
mod root;
mod secrets;
mod uninstall;
mod usage;
mod users;
mod values;

use std::ffi::OsString;

use clap::{ArgAction, CommandFactory as _, Parser, Subcommand};

use crate::config;
use crate::log::Level;

pub use crate::print::Output;
pub use complete::{CompleteArgs, CompletionArgs, Shell};
pub use global::Global;
pub use hook::is_hook;
pub use login::{BootstrapUserArgs, CredentialArgs, PreHookArgs, RenewCredsArgs, RestampArgs, SetCredsArgs};
pub use look::{CheckArgs, ConfigCommand, ConfigShowArgs, ConfigValidateArgs, LogsArgs, VersionArgs};
pub use manifests::{ManifestsCommand, ManifestsOfArgs, ManifestsValidateArgs};
pub use person::{ShowArgs, TransferArgs};
pub use profile::{ProfileCommand, ProfileImportArgs, ProfileShowArgs};
pub use reconcile::{AtMost, ReconcileArgs};
pub use root::{ClusterPoliciesArgs, ClusterRolesArgs, RefreshTokenArgs, SetupRootArgs, TokenSourceArgs};
pub use secrets::{MintRegistrySecretArgs, RegistryFileArgs, SyncSecretArgs, WhoseArgs};
pub use uninstall::UninstallArgs;
pub use usage::UsageError;
pub use users::{AuditArgs, NamespaceArgs, OffboardArgs, ResumeArgs, UsersArgs, UsersCommand};
pub use values::{AdminArgs, DryRun};

use complete::COMPLETION_EXAMPLES;
use login::RENEW_CREDS_EXAMPLES;
use look::{CHECK_EXAMPLES, LOGS_EXAMPLES};
use reduced::Waited;
use root::{CLUSTER_POLICIES_EXAMPLES, CLUSTER_ROLES_EXAMPLES, REFRESH_TOKEN_EXAMPLES, SETUP_ROOT_EXAMPLES};
use secrets::{MINT_REGISTRY_SECRET_EXAMPLES, SYNC_SECRET_EXAMPLES};
use uninstall::UNINSTALL_EXAMPLES;
use users::{AUDIT_EXAMPLES, NAMESPACE_EXAMPLES, OFFBOARD_EXAMPLES, RESUME_EXAMPLES, USERS_EXAMPLES};

/// The exit statuses, for help and the manual pages.
pub const EXIT_STATUS: &str = "\
Exit status:
  0  success
  1  internal error, or the passwd database failed
  2  invalid or incomplete command line
  3  configuration: hook.env, clusters.d, registry file, metrics file, kubeconfig of root or an administrator
  4  refused: the user, or a namespace that is not the user's
  5  cluster unreachable, or request denied
  6  credentials: unusable tokens or passwords, or the user's kubeconfig
  7  deadline exceeded
  8  root's token has expired, or expires before refresh-token runs again

If several things fail, the lowest status is returned. Status 8 takes precedence, because logins will stop.";

const MORE_HELP: &str = "Exit statuses: ood-k8s --help";

/// Open OnDemand's Kubernetes pre-hook: namespaces, permissions and credentials at login.
#[derive(Debug, Parser)]
#[command(name = "ood-k8s", version, disable_help_flag = true, after_help = MORE_HELP, after_long_help = EXIT_STATUS, max_term_width = 100)]
pub struct Cli {
    /// Print help (-h: in short). Global options: ood-k8s help global
    #[arg(short, long, global = true, action = ArgAction::Help, display_order = 1000)]
    help: Option<bool>,
    /// The global flags.
    #[command(flatten)]
    pub global: Global,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run bootstrap-user and set-creds for every cluster; OnDemand calls this at login
    ///
    /// OnDemand runs `PATH --user NAME`, so set pun_pre_hook_root_cmd to /usr/libexec/ood-k8s/pre-hook, or to another link
    /// to this program whose name ends in pre-hook. Prints nothing on success.
    #[command(
        after_help = "Examples:\n  ood-k8s pre-hook --user alice\n  ood-k8s pre-hook --user alice --log-level info"
    )]
    PreHook(PreHookArgs),
    /// Create or update users' namespaces
    ///
    /// Creates the namespace, its network policy, the role bindings and the registry password. Objects that are up to
    /// date are not written. Another user's namespace is never modified.
    #[command(
        after_help = "Examples:\n  ood-k8s bootstrap-user alice\n  ood-k8s bootstrap-user --dry-run=client alice | kubectl diff -f -\n  ood-k8s bootstrap-user $(getent group hpc | cut -d: -f4 | tr , ' ')\n  ood-k8s bootstrap-user --all-users --from-cluster prod --cluster new"
    )]
    BootstrapUser(BootstrapUserArgs),
    /// Stamp namespaces with the uids of accounts that were renumbered: what users restamp was called in 0.1
    #[command(hide = true)]
    StampUids(RestampArgs),
    /// Write the user's tokens into the user's kubeconfig
    ///
    /// Reads OOD_OIDC_ACCESS_TOKEN and OOD_OIDC_REFRESH_TOKEN from the environment, and sets cluster and context as
    /// OnDemand's dashboard would. Other entries in the file are kept.
    #[command(after_help = "Examples:\n  ood-k8s set-creds alice\n  ood-k8s set-creds --cluster prod -o json alice")]
    SetCreds(SetCredsArgs),
    /// Renew the token in root's kubeconfig before it expires, for every cluster
    ///
    /// Requests a token for the ServiceAccount from each cluster, tests it, and then writes it to root's kubeconfig.
    /// If anything fails, the old token stays. Run it from cron or a timer. Prints nothing on success.
    #[command(after_help = REFRESH_TOKEN_EXAMPLES)]
    RefreshToken(RefreshTokenArgs),
    /// Renew the tokens of users with an active OnDemand session before they expire
    ///
    /// Uses the refresh tokens that logins store in RENEWAL_DIR (hook.env), which only root can read. A refresh token
    /// is deleted once the user's nginx has stopped, or the identity provider has ended the session. Run it from cron
    /// or a timer.
    #[command(after_help = RENEW_CREDS_EXAMPLES)]
    RenewCreds(RenewCredsArgs),
    /// Write root's kubeconfig for the clusters in clusters.d, with the first token
    ///
    /// Entries that work are not changed, so the command can be run again. Finally it queries each cluster's version
    /// and the account in use.
    #[command(after_help = SETUP_ROOT_EXAMPLES)]
    SetupRoot(SetupRootArgs),
    /// Print or apply root's account and the minimal roles that it needs
    ///
    /// Without --apply it contacts no cluster and prints the manifests of /usr/share/ood-k8s/ondemand.yaml with the
    /// site's names.
    #[command(after_help = CLUSTER_ROLES_EXAMPLES)]
    ClusterRoles(ClusterRolesArgs),
    /// Print, compare or apply the admission policies for users' namespaces (Kubernetes 1.30 and newer)
    ///
    /// They compare each pod with the ids that logins record on the user's namespace (PROFILES_FILE in hook.env). Without
    /// --apply or --diff it prints the manifests, for the version that the clusters have or that --kubernetes specifies.
    #[command(after_help = CLUSTER_POLICIES_EXAMPLES)]
    ClusterPolicies(ClusterPoliciesArgs),
    /// Write registry passwords to root's registry file, and from there to users' namespaces
    ///
    /// With --write it updates the file; other registries in it are kept. The password is never an argument: it is
    /// read from the terminal, standard input, a file, another docker configuration or a credential helper. With user
    /// names or --all it updates the Secret IMAGE_PULL_SECRET in the users' namespaces and lists it in their
    /// ServiceAccounts; objects that are up to date are not written.
    #[command(after_help = MINT_REGISTRY_SECRET_EXAMPLES)]
    MintRegistrySecret(MintRegistrySecretArgs),
    /// Print the user's token for one cluster, as a kubectl credential plugin
    ///
    /// Called, as the user, by the exec entry in the user's kubeconfig. It prints the token that the last OnDemand
    /// login stored; if that has expired, the user must log in to OnDemand again.
    #[command(after_help = "Examples:\n  ood-k8s credential --cluster prod")]
    Credential(CredentialArgs),
    /// Copy root's files into a Secret in users' namespaces, and keep it up to date
    ///
    /// The Secret gets exactly these keys; if it is up to date, nothing is written. A failure in one namespace is
    /// reported, and does not stop the others.
    #[command(after_help = SYNC_SECRET_EXAMPLES)]
    SyncSecret(SyncSecretArgs),
    /// List users' namespaces, when they were used, and whose they are
    ///
    /// Also whether the owners still have an account. One row for each namespace. Reads pages of metadata, and changes nothing. Dates that no login has recorded are
    /// left out.
    #[command(after_help = USERS_EXAMPLES)]
    Users(UsersArgs),
    /// Print the name of users' namespaces, and by which rule
    ///
    /// Asks no cluster, and needs no account. Names that make no namespace are refused, unless NAMESPACE_NAMES=slug is set
    /// in hook.env.
    #[command(after_help = NAMESPACE_EXAMPLES)]
    Namespace(NamespaceArgs),
    /// Show the last logins, their results, and what failed
    ///
    /// From systemd's journal, and only what root's processes wrote to it; where there is none, from syslog's file. The
    /// oldest comes first.
    #[command(after_help = LOGS_EXAMPLES)]
    Logs(LogsArgs),
    /// Remove departing users: access, sessions, kubeconfig entries, namespaces
    ///
    /// Revokes access first, then deletes the stored sessions, the entries in users' kubeconfigs, and the namespaces. Finds
    /// namespaces by their recorded owner, so the account need not exist. Asks for confirmation, and can be run again if it
    /// was interrupted. Root's account may not delete namespaces or RoleBindings unless
    /// cluster-roles --with offboarding has given it the right; an administrator may (--admin-kubeconfig).
    #[command(after_help = OFFBOARD_EXAMPLES)]
    Offboard(OffboardArgs),
    /// Let users log in again whose access was suspended (offboard --suspend)
    ///
    /// The permissions come back with the user's next login.
    #[command(after_help = RESUME_EXAMPLES)]
    Resume(ResumeArgs),
    /// Report what is wrong with this web node and its clusters, and how to fix it
    ///
    /// Prints one line per finding. Changes nothing. Fails if there are errors; warnings, such as suspicious settings,
    /// are not a failure.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Report who can do what in users' namespaces beyond what logins give
    ///
    /// Also what of the installation lets them: anonymous access, root's token, admission policies. Prints one line per
    /// finding. Reads lists of all namespaces, and changes nothing: with a cluster administrator's kubeconfig, or that of
    /// the account that cluster-roles --with auditor makes. Fails if there are errors.
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(AuditArgs),
    /// Remove what this program made from homes, root's files and clusters: the way back to the stock scripts, and out
    ///
    /// Each part has a flag. Without --apply nothing is changed. Set the old hook first, or none: a login would make all
    /// of it again.
    #[command(after_help = UNINSTALL_EXAMPLES)]
    Uninstall(UninstallArgs),
    /// Show the effective configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Show what users get by the profiles file, or convert another program's
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Check, print or compare the manifests that users get in their namespaces
    #[command(subcommand)]
    Manifests(ManifestsCommand),
    /// Print the completion script for a shell
    ///
    /// Completes subcommands, flags and their values, the clusters in clusters.d, contexts, and users. The packages
    /// install the scripts; without a package, load one from the shell's startup file.
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completion(CompletionArgs),
    /// Print the version, and what it was built from
    #[command(after_help = "Examples:\n  ood-k8s version\n  ood-k8s version -o json | jq -r .release")]
    Version(VersionArgs),
    /// Options of every command
    #[command(name = "global", hide = true)]
    GlobalOptions,
    /// List what can follow these words; the completion scripts call this
    #[command(name = "__complete", hide = true, disable_help_flag = true)]
    Complete(CompleteArgs),
}

impl Cli {
    /// Parses the arguments. A program whose name ends in `pre-hook` is that subcommand, since OnDemand can call only a
    /// path.
    pub fn parse_from_environment() -> Result<Self, UsageError> {
        Self::parse_args(std::env::args_os().collect())
    }

    fn parse_args(mut args: Vec<OsString>) -> Result<Self, UsageError> {
        if args.first().is_some_and(|name| hook::is_its_name(name)) {
            args.splice(..1, ["ood-k8s".into(), "pre-hook".into()]);
        }
        // clap's own help would hide what is hidden in the help of each command.
        if args.get(1..) == Some(&["help".into(), "global".into()]) {
            args.remove(1);
        }
        if let Some((global, command)) = reduced::parse(&args) {
            let command = match command {
                Waited::PreHook(args) => Command::PreHook(args),
                Waited::Credential(args) => Command::Credential(args),
            };
            let help = None;
            return Ok(Self { help, global, command });
        }
        Self::try_parse_from(&args).map_err(|error| UsageError::new(error, Self::command(), &args))
    }

    /// The definition in which every command shows the global options, too; in their help they would hide its own.
    pub fn with_global_options() -> clap::Command {
        Self::command().mut_args(|arg| arg.hide(false))
    }

    /// What `ood-k8s help global` prints.
    pub fn global_options() -> String {
        let mut command = Self::with_global_options();
        command.build();
        let global = command.find_subcommand_mut("global");
        global.map_or_else(String::new, |global| global.render_long_help().to_string())
    }

    /// The users that the command names, if it takes several.
    pub fn users_mut(&mut self) -> Option<&mut Vec<String>> {
        match &mut self.command {
            Command::BootstrapUser(args) => Some(&mut args.users),
            Command::StampUids(args) => Some(&mut args.whose.users),
            Command::Users(args) => args.restamped_mut(),
            Command::MintRegistrySecret(args) => Some(&mut args.whose.users),
            Command::SyncSecret(args) => Some(&mut args.whose.users),
            Command::Uninstall(args) => Some(&mut args.users),
            Command::Offboard(args) => Some(&mut args.users),
            Command::Resume(args) => Some(&mut args.users),
            Command::Namespace(args) => Some(&mut args.users),
            _ => None,
        }
    }

    /// The lowest level that goes to standard error, if neither flag nor setting says so.
    pub fn usual_log_level(&self) -> Level {
        // OnDemand drops a successful hook's output and logs a failed one's as one message: print only the failure.
        match self.command {
            Command::PreHook(_) => Level::Error,
            _ => Level::Warn,
        }
    }

    /// The configuration files to read.
    pub fn sources(&self) -> config::Sources {
        config::Sources {
            hook_env: self.global.hook_env.clone(),
            clusters_dir: self.global.clusters_dir.clone(),
            only: self.global.clusters.clone(),
            names_kubeconfig: self.global.kubeconfig.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_command_that_is_waited_for_is_parsed_as_the_whole_definition_would() {
        for line in [
            "ood-k8s pre-hook --user ann",
            "ood-k8s --quiet pre-hook --user=ann --cluster a --cluster b --timeout 3s",
            "ood-k8s pre-hook --hook-env /x --clusters-dir /y --kubeconfig /z --user ann --log-level info --log-format json",
            "ood-k8s credential --cluster prod --cache-dir /x",
            "ood-k8s --color never --no-headers credential --cluster prod",
        ] {
            assert!(reduced::parse(&words(line)).is_some(), "{line}");
            let whole = Cli::try_parse_from(words(line)).unwrap();
            let parsed = Cli::parse_args(words(line)).unwrap();
            assert_eq!(format!("{parsed:?}"), format!("{whole:?}"));
        }
    }
}
