//! The command line: the one definition that help, manual pages and completions come from.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

mod login;
mod look;
mod root;
mod secrets;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::config::{self, parse_duration};
use crate::log::{Format, Level};

pub use crate::print::Output;
pub use login::{BootstrapUserArgs, CredentialArgs, PreHookArgs, RenewCredsArgs, SetCredsArgs};
pub use look::{CheckArgs, ConfigCommand, ConfigShowArgs};
pub use root::{ClusterRolesArgs, RefreshTokenArgs, SetupRootArgs, TokenSourceArgs};
pub use secrets::{MintRegistrySecretArgs, RegistryFileArgs, SyncSecretArgs, WhoseArgs};
pub use values::DryRun;

use login::RENEW_CREDS_EXAMPLES;
use look::CHECK_EXAMPLES;
use root::{CLUSTER_ROLES_EXAMPLES, REFRESH_TOKEN_EXAMPLES, SETUP_ROOT_EXAMPLES};
use secrets::{MINT_REGISTRY_SECRET_EXAMPLES, SYNC_SECRET_EXAMPLES};

const EXIT_STATUS: &str = "\
Exit status:
  0  all done
  1  a fault in this program, or in the passwd database
  2  the command line cannot be understood, or lacks something
  3  configuration: hook.env, clusters.d, the registry file, metrics, kubeconfigs of root and administrators
  4  refused: the user, or a namespace that is not the user's
  5  a cluster could not be reached, or said no
  6  credentials: tokens and passwords that cannot be used, the user's kubeconfig
  7  the deadline was over before all was done
  8  root's token has ended, or ends before refresh-token runs again (counts before all others)";

/// Open OnDemand's Kubernetes pre-hook: namespaces, rights and credentials at login.
#[derive(Debug, Parser)]
#[command(name = "ood-k8s", version, after_help = EXIT_STATUS, max_term_width = 100)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]
    #[arg(long, global = true, value_name = "FILE")]
    pub hook_env: Option<PathBuf>,
    /// OnDemand's cluster configurations [default: /etc/ood/config/clusters.d]
    #[arg(long, global = true, value_name = "DIR")]
    pub clusters_dir: Option<PathBuf>,
    /// Root's kubeconfig [default: ~/.kube/config of whoever runs this]
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Only this cluster, by the name of its file in clusters.d; can be repeated
    #[arg(long = "cluster", global = true, value_name = "ID")]
    pub clusters: Vec<String>,
    /// Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// What goes to standard error [default: error for pre-hook, warn otherwise]
    #[arg(long, global = true, value_enum, value_name = "LEVEL")]
    pub log_level: Option<Level>,
    /// How the record in syslog is written
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "logfmt")]
    pub log_format: Format,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What OnDemand calls at login: bootstrap-user and set-creds, for every cluster at once
    ///
    /// OnDemand calls `PATH --user NAME`, so set pun_pre_hook_root_cmd to hooks/pre-hook, or to a link
    /// to this program whose name ends in pre-hook. Prints nothing when all is well.
    #[command(
        after_help = "Examples:\n  ood-k8s pre-hook --user alice\n  ood-k8s pre-hook --user alice --log-level info"
    )]
    PreHook(PreHookArgs),
    /// Make users' namespaces and what belongs in them
    ///
    /// The namespace, its network policy, the role bindings and the registry password. What is as it
    /// should be is left alone; a namespace of somebody else is never touched.
    #[command(
        after_help = "Examples:\n  ood-k8s bootstrap-user alice\n  ood-k8s bootstrap-user --dry-run=client alice | kubectl diff -f -\n  ood-k8s bootstrap-user -o json $(getent group researchers | cut -d: -f4 | tr , ' ')"
    )]
    BootstrapUser(BootstrapUserArgs),
    /// Write the user's tokens into the user's kubeconfig
    ///
    /// From OOD_OIDC_ACCESS_TOKEN and OOD_OIDC_REFRESH_TOKEN, with cluster and context as OnDemand's dashboard
    /// would set them. Other entries of the file are kept.
    #[command(after_help = "Examples:\n  ood-k8s set-creds alice\n  ood-k8s set-creds --cluster prod -o json alice")]
    SetCreds(SetCredsArgs),
    /// Renew the token in root's kubeconfig before it ends, for every cluster
    ///
    /// Asks each cluster for a token of the ServiceAccount, tries it, and then puts it into root's kubeconfig;
    /// whatever fails, the old token stays. For root's crontab or a timer: prints nothing when all is well.
    #[command(after_help = REFRESH_TOKEN_EXAMPLES)]
    RefreshToken(RefreshTokenArgs),
    /// Renew the tokens of users whose session at OnDemand goes on, before they end
    ///
    /// With the refresh tokens that logins leave in RENEWAL_DIR of hook.env, which only root can read. Users whose nginx
    /// has ended, or whose session the identity provider has ended, are forgotten. For root's crontab or a timer.
    #[command(after_help = RENEW_CREDS_EXAMPLES)]
    RenewCreds(RenewCredsArgs),
    /// Write root's kubeconfig for the clusters of clusters.d: cluster, context, first token
    ///
    /// What is there and works is left alone, so that it can be run again. In the end each cluster is asked
    /// who we are.
    #[command(after_help = SETUP_ROOT_EXAMPLES)]
    SetupRoot(SetupRootArgs),
    /// Print or apply the ServiceAccount and the roles that the other commands need, and no more
    ///
    /// Without --apply it asks no cluster and prints the manifests, as in hooks/k8s-bootstrap/ondemand.yaml, with the
    /// site's names.
    #[command(after_help = CLUSTER_ROLES_EXAMPLES)]
    ClusterRoles(ClusterRolesArgs),
    /// Registries' passwords: into root's file, and from there into users' namespaces
    ///
    /// With --write into the file; other registries in it stay as they are. The password is never in an argument: it is
    /// asked for at the terminal, or comes from standard input, a file, another docker configuration or a credential
    /// helper. With user names or --all into the Secret IMAGE_PULL_SECRET of their namespaces, which is listed in their
    /// ServiceAccounts; what is as it should be is left alone.
    #[command(after_help = MINT_REGISTRY_SECRET_EXAMPLES)]
    MintRegistrySecret(MintRegistrySecretArgs),
    /// Print the user's token for one cluster, as kubectl asks for it
    ///
    /// What the exec entry of a user's kubeconfig calls, as the user. The token is the one that the last login to
    /// OnDemand left; when it has ended, the way to a new one is another login.
    #[command(after_help = "Examples:\n  ood-k8s credential --cluster prod")]
    Credential(CredentialArgs),
    /// Keep a Secret with files of root's up to date in users' namespaces
    ///
    /// The Secret gets these keys and no others; where it has them already, nothing is written. Whatever fails is told,
    /// and does not stop the rest.
    #[command(after_help = SYNC_SECRET_EXAMPLES)]
    SyncSecret(SyncSecretArgs),
    /// Say what is wrong with this web node and its clusters, and how to mend it
    ///
    /// One line a finding. Changes nothing, and fails when it found an error.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// The configuration as understood
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// A command line that cannot be understood, or a call for help.
#[derive(Debug)]
pub struct UsageError {
    error: clap::Error,
    is_hook: bool,
}

impl UsageError {
    /// What is wrong, on one line, where OnDemand is the reader; otherwise clap prints and ends the program.
    pub fn for_the_hook(self) -> String {
        if !self.is_hook || !self.error.use_stderr() {
            self.error.exit();
        }
        let text = self.error.to_string();
        let what = text.split("\n\n").next().unwrap_or_default();
        format!(
            "{}; OnDemand calls: pre-hook --user NAME",
            what.trim_start_matches("error: ")
        )
    }
}

impl Cli {
    /// Parses; a program whose name ends in `pre-hook` is that subcommand, since OnDemand can call only a path.
    ///
    /// The error is for clap to print, but for the hook it is one line (`is_hook`).
    pub fn parse_from_environment() -> Result<Self, UsageError> {
        let mut args: Vec<_> = std::env::args_os().collect();
        let name = args.first().map(PathBuf::from).unwrap_or_default();
        let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with("pre-hook") {
            args.splice(..1, ["ood-k8s".into(), "pre-hook".into()]);
        }
        let is_hook = args.iter().skip(1).any(|arg| arg == "pre-hook");
        Self::try_parse_from(args).map_err(|error| UsageError { error, is_hook })
    }

    /// What goes to standard error.
    pub fn log_level(&self) -> Level {
        // OnDemand drops a successful hook's words and logs a failed one's as one message: only the failure belongs there.
        let quiet = matches!(self.command, Command::PreHook(_));
        self.global
            .log_level
            .unwrap_or(if quiet { Level::Error } else { Level::Warn })
    }

    /// Which configuration to read.
    pub fn sources(&self) -> config::Sources {
        config::Sources {
            hook_env: self.global.hook_env.clone(),
            clusters_dir: self.global.clusters_dir.clone(),
            only: self.global.clusters.clone(),
        }
    }
}
