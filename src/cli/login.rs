//! The flags of the commands that work on users: logins, their credentials, and the renewal of those.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::secrets::WhoseArgs;
use super::values::{dry_run, number, parse_metrics_file, parse_user, DryRun};
use crate::config::parse_lifetime;
use crate::print::Output;

pub(super) const RENEW_CREDS_EXAMPLES: &str = "\
Examples:
  ood-k8s renew-creds
  ood-k8s renew-creds --dry-run
  ood-k8s renew-creds --quiet --metrics-file /var/lib/metrics/renew.prom";

/// `pre-hook`.
#[derive(Debug, Args)]
pub struct PreHookArgs {
    /// The user who logs in
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = parse_user)]
    pub user: String,
}

/// `bootstrap-user`.
#[derive(Debug, Args)]
pub struct BootstrapUserArgs {
    /// User names; - reads them from standard input
    #[arg(required_unless_present = "all_users", value_name = "USER")]
    pub users: Vec<String>,
    /// All users who have a namespace in the cluster of --from-cluster, or had one in --from-list, an account here, and
    /// access: for a new cluster, or one that lost everything
    #[arg(long, requires = "everybody", conflicts_with_all = ["users", "take_over_from", "adopt"])]
    pub all_users: bool,
    /// The cluster whose users --all-users takes; its namespaces stay as they are
    #[arg(
        long,
        value_name = "ID",
        requires = "all_users",
        conflicts_with = "users",
        group = "everybody"
    )]
    pub from_cluster: Option<String>,
    /// A list that `users -o json` printed before
    #[arg(
        long,
        value_name = "FILE",
        requires = "all_users",
        conflicts_with = "users",
        group = "everybody"
    )]
    pub from_list: Option<PathBuf>,
    /// Change nothing: print the objects (client), or have the server report what would change (server); without a value:
    /// client
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, default_value = "none", default_missing_value = "client", require_equals = true, hide_default_value = true)]
    pub dry_run: DryRun,
    /// Take over an unclaimed namespace even if nothing in it proves that it is the user's
    #[arg(long)]
    pub adopt: bool,
    /// Hand the namespace of this user over to the user, after removing the RoleBindings and tokens that give anybody else
    /// permissions in it. Needs an administrator's kubeconfig (--kubeconfig)
    #[arg(long, value_name = "OLD", value_parser = parse_user, conflicts_with = "adopt")]
    pub take_over_from: Option<String>,
    /// Output format [default: table; yaml with --dry-run=client]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
    /// Include the registry password in the output of --dry-run=client
    #[arg(long)]
    pub show_secrets: bool,
    /// Maximum number of users processed at a time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = number::<u16>(1..=256))]
    pub jobs: u16,
}

/// `users restamp`.
#[derive(Debug, Args)]
pub struct RestampArgs {
    /// The namespaces, and how many of them at a time.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `set-creds`.
#[derive(Debug, Args)]
pub struct SetCredsArgs {
    /// User name
    #[arg(value_name = "USER")]
    pub user: String,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `credential`.
#[derive(Debug, Args)]
pub struct CredentialArgs {
    /// Directory that holds the token [default: ~/.kube/cache/ood-k8s]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
}

/// `renew-creds`.
#[derive(Debug, Args)]
pub struct RenewCredsArgs {
    /// How often this command runs: tokens that expire before the next run are renewed. Access tokens are often valid
    /// for five minutes
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_lifetime)]
    pub interval: Duration,
    /// Maximum number of users processed at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = number::<u16>(1..=64))]
    pub jobs: u16,
    /// Write metrics for node_exporter's textfile collector to this file, which no other command may write; its name
    /// must end in .prom
    #[arg(long, value_name = "FILE", value_parser = parse_metrics_file)]
    pub metrics_file: Option<PathBuf>,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// Print one line per user instead of a summary, in this format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}
