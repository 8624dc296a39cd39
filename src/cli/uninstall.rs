//! The flags of `uninstall`.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;

use clap::Args;

use crate::print::Output;

pub(super) const UNINSTALL_EXAMPLES: &str = "\
Examples:
  ood-k8s uninstall --homes
  ood-k8s uninstall --homes --apply alice bob
  ood-k8s uninstall --in-clusters --admin-kubeconfig admin.kubeconfig
  ood-k8s uninstall --root --apply -o json";

/// `uninstall`.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
pub struct UninstallArgs {
    /// Remove our entries and cached tokens from users' kubeconfigs, as each user
    #[arg(long, help_heading = "Parts")]
    pub homes: bool,
    /// Remove the contexts with the account's token from root's kubeconfig, users' refresh tokens from RENEWAL_DIR, and what
    /// logins have kept of PROFILES_FILE
    #[arg(long, help_heading = "Parts")]
    pub root: bool,
    /// Remove the account, its roles and the admission policies from the clusters; users' namespaces stay, and so does what
    /// was applied from another file since
    #[arg(long, requires = "admin_kubeconfig", help_heading = "Parts")]
    pub in_clusters: bool,
    /// Do it; without this flag it is only said what would be done
    #[arg(long)]
    pub apply: bool,
    /// With --homes: only these users [default: all who have a namespace]
    #[arg(value_name = "USER", requires = "homes")]
    pub users: Vec<String>,
    /// Kubeconfig of a cluster administrator
    #[arg(long, value_name = "FILE", requires = "in_clusters")]
    pub admin_kubeconfig: Option<PathBuf>,
    /// Context in that kubeconfig [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "admin_kubeconfig")]
    pub admin_context: Option<String>,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}
