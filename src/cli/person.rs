//! The flags of the commands for one person: what works and what is missing, and the hand-over to a new name.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use clap::Args;

use super::users::AdminArgs;
use crate::print::Output;

pub(super) const SHOW_EXAMPLES: &str = "\
Examples:
  ood-k8s users show alice
  ood-k8s users show alice -o json | jq -r '.findings[].remedy'";

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
