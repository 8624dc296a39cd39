//! The command line: the one definition that help, manual pages and completions come from.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{self, parse_duration};
use crate::log::{Format, Level};

const EXIT_STATUS: &str = "\
Exit status:
  0  all done
  1  a fault in this program, or in the passwd database
  2  the command line cannot be understood
  3  configuration: hook.env, clusters.d, root's kubeconfig, the registry file
  4  refused: the user, or a namespace that is not the user's
  5  a cluster could not be reached, or said no
  6  credentials: the user's tokens or kubeconfig
  7  the deadline was over before all was done";

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
    /// The configuration as understood
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `pre-hook`.
#[derive(Debug, Args)]
pub struct PreHookArgs {
    /// Who logs in
    #[arg(long, value_name = "NAME")]
    pub user: String,
}

/// `bootstrap-user`.
#[derive(Debug, Args)]
pub struct BootstrapUserArgs {
    /// User names
    #[arg(required = true, value_name = "USER")]
    pub users: Vec<String>,
    /// Change nothing: print the objects (client), or ask the server what would change (server)
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, default_value = "none", default_missing_value = "client", require_equals = true)]
    pub dry_run: DryRun,
    /// Take a namespace that nobody has claimed, although nothing in it proves whose it is
    #[arg(long)]
    pub adopt: bool,
    /// How to print the result [default: table; yaml with --dry-run=client]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
    /// Print the registry password with --dry-run=client
    #[arg(long)]
    pub show_secrets: bool,
    /// How many users at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
}

/// `set-creds`.
#[derive(Debug, Args)]
pub struct SetCredsArgs {
    /// User name
    #[arg(value_name = "USER")]
    pub user: String,
    /// How to print the result
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting and where it came from
    #[command(after_help = "Examples:\n  ood-k8s config show\n  ood-k8s config show -o json | jq .hook_env")]
    Show(ConfigShowArgs),
}

/// `config show`.
#[derive(Debug, Args)]
pub struct ConfigShowArgs {
    /// How to print it
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
    /// Print CLIENT_SECRET too
    #[arg(long)]
    pub show_secrets: bool,
}

/// What `--dry-run` means, in kubectl's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    /// Do it.
    None,
    /// Print the objects; ask no cluster.
    Client,
    /// Ask the server; change nothing.
    Server,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns for people.
    Table,
    /// For scripts.
    Json,
    /// For scripts and people.
    Yaml,
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
