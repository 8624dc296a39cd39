//! The flags of the commands for users' life after the first login.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::config::parse_lifetime;
use crate::print::ListOutput;

pub(super) const USERS_EXAMPLES: &str = "\
Examples:
  ood-k8s users
  ood-k8s users --orphaned -o name
  ood-k8s users --idle 90d -o wide --admin-kubeconfig admin.kubeconfig
  ood-k8s users -o json | jq -r '.results[] | .namespace'";

/// `users`.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
pub struct UsersArgs {
    /// Only namespaces whose owner is not in the passwd database
    #[arg(long, help_heading = "Which (all that are given must hold)")]
    pub orphaned: bool,
    /// Only namespaces that nobody has claimed: the stock scripts made them, and their users have not logged in since
    #[arg(
        long,
        conflicts_with = "orphaned",
        help_heading = "Which (all that are given must hold)"
    )]
    pub unclaimed: bool,
    /// Only namespaces whose owner's access is suspended
    #[arg(long, help_heading = "Which (all that are given must hold)")]
    pub suspended: bool,
    /// Only namespaces without a login for so long, such as 90d; without any login, since they were made
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime, help_heading = "Which (all that are given must hold)")]
    pub idle: Option<Duration>,
    /// The administrator's kubeconfig.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Count the pods that run in each namespace, as -o wide does. Root's account may not list pods, an administrator may
    #[arg(long)]
    pub pods: bool,
    /// Output format; name prints the users alone, for other commands
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: ListOutput,
}

/// An administrator's kubeconfig instead of root's.
#[derive(Debug, Args)]
pub struct AdminArgs {
    /// Kubeconfig of a cluster administrator [default: root's kubeconfig]
    #[arg(long, value_name = "FILE")]
    pub admin_kubeconfig: Option<PathBuf>,
    /// Context in that kubeconfig [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "admin_kubeconfig")]
    pub admin_context: Option<String>,
}
