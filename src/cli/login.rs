//! The flags of what works for users: logins, their credentials, and the renewal of those.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{parse_metrics_file, parse_user, DryRun};
use crate::config::parse_lifetime;
use crate::print::Output;

pub(super) const RENEW_CREDS_EXAMPLES: &str = "\
Examples:
  ood-k8s renew-creds
  ood-k8s renew-creds --dry-run
  ood-k8s renew-creds --quiet --metrics-file /var/lib/node_exporter/textfile_collector/ood-k8s-renew-creds.prom";

/// `pre-hook`.
#[derive(Debug, Args)]
pub struct PreHookArgs {
    /// Who logs in
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, value_parser = parse_user)]
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

/// `credential`.
#[derive(Debug, Args)]
pub struct CredentialArgs {
    /// Where the token is [default: ~/.kube/cache/ood-k8s]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
}

/// `renew-creds`.
#[derive(Debug, Args)]
pub struct RenewCredsArgs {
    /// How often this runs: what ends before the next time is renewed. Identity providers' access tokens often live for
    /// five minutes
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_lifetime)]
    pub interval: Duration,
    /// How many users at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Write metrics for node_exporter's textfile collector, into a file of their own; its name must end in .prom
    #[arg(long, value_name = "FILE", value_parser = parse_metrics_file)]
    pub metrics_file: Option<PathBuf>,
    /// Print nothing when all is well
    #[arg(short, long)]
    pub quiet: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print every user, in place of one line for all
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}
