//! The flags of the commands for one person: what works and what is missing, and the hand-over to a new name.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use clap::{ArgAction, Args};

use super::values::{dry_run, parse_user, AdminArgs};
use crate::print::Output;

pub(super) const SHOW_EXAMPLES: &str = "\
Examples:
  ood-k8s users show alice
  ood-k8s users show alice -o json | jq -r '.findings[].remedy'";

pub(super) const TRANSFER_EXAMPLES: &str = "\
Examples:
  ood-k8s users transfer a.b a-b --dry-run
  ood-k8s users transfer a.b a-b --admin-kubeconfig admin.kubeconfig
  ood-k8s users transfer a.b a-b --cluster prod --yes";

/// `users show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// User name
    #[arg(value_name = "USER")]
    pub user: String,
    /// The administrator's kubeconfig.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `users transfer`.
#[derive(Debug, Args)]
pub struct TransferArgs {
    /// The name that the account had
    #[arg(value_name = "OLD", value_parser = parse_user)]
    pub old: String,
    /// The name that it has now
    #[arg(value_name = "NEW", value_parser = parse_user)]
    pub new: String,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// The administrator's kubeconfig.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}
