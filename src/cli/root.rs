//! The flags for root's side: the token in root's kubeconfig, and the permissions of its account.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::values::{dry_run, parse_metrics_file, parse_object_name, parse_token_life};
use crate::config::parse_lifetime;
use crate::naming::ServiceAccountName;
use crate::objects::cluster_roles::Extra;
use crate::objects::policies::{KubernetesVersion, Mode};
use crate::print::Output;

pub(super) const REFRESH_TOKEN_EXAMPLES: &str = "\
Examples:
  ood-k8s refresh-token
  ood-k8s refresh-token --if-remaining-below 3h --jitter 5m
  ood-k8s refresh-token --admin-kubeconfig admin.kubeconfig
  ssh control kubectl create token ondemand -n ondemand |\\
      ood-k8s refresh-token --cluster prod --token-file -";

pub(super) const SETUP_ROOT_EXAMPLES: &str = "\
Examples:
  ood-k8s setup-root --admin-kubeconfig admin.kubeconfig
  ood-k8s setup-root --cluster prod --token-file /root/token --dry-run";

pub(super) const CLUSTER_ROLES_EXAMPLES: &str = "\
Examples:
  ood-k8s cluster-roles
  ood-k8s cluster-roles --pull-secret registry | kubectl diff -f -
  ood-k8s cluster-roles --apply --admin-kubeconfig admin.kubeconfig";

pub(super) const CLUSTER_POLICIES_EXAMPLES: &str = "\
Examples:
  ood-k8s cluster-policies --mode deny --kubernetes 1.36
  ood-k8s cluster-policies --diff --admin-kubeconfig admin.kubeconfig
  ood-k8s cluster-policies --apply --mode warn \\
      --admin-kubeconfig admin.kubeconfig";

/// The credentials that a token is requested with, or the location of one that was issued elsewhere.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source of the token [default: requested with the old token]")]
pub struct TokenSourceArgs {
    /// Request the token with this kubeconfig instead of root's, for example a cluster administrator's
    #[arg(
        hide_short_help = true,
        long = "admin-kubeconfig",
        value_name = "FILE",
        alias = "minter-kubeconfig"
    )]
    pub minter_kubeconfig: Option<PathBuf>,
    /// Context in that kubeconfig [default: the one with the cluster's endpoint]
    #[arg(
        long = "admin-context",
        value_name = "NAME",
        requires = "minter_kubeconfig",
        alias = "minter-context"
    )]
    pub minter_context: Option<String>,
    /// Use a token issued elsewhere, from a file that only root can read or, with -, from standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["minter_kubeconfig", "from_secret"])]
    pub token_file: Option<PathBuf>,
    /// Use the non-expiring token in this Secret of the ServiceAccount (not recommended; with the shipped permissions
    /// it requires --admin-kubeconfig)
    #[arg(hide_short_help = true, long, value_name = "NAME", value_parser = parse_object_name)]
    pub from_secret: Option<String>,
    /// Requested lifetime of the token; the server may grant less
    #[arg(long, value_name = "DURATION", default_value = "9h", value_parser = parse_token_life)]
    pub duration: Duration,
    /// ServiceAccount of the token [default: service_account in clusters.d, or ondemand/ondemand]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = ServiceAccountName::parse)]
    pub service_account: Option<ServiceAccountName>,
}

/// `refresh-token`.
#[derive(Debug, Args)]
pub struct RefreshTokenArgs {
    /// The source of the token.
    #[command(flatten)]
    pub source: TokenSourceArgs,
    /// Do nothing if the old token is valid for longer than this
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    pub if_remaining_below: Option<Duration>,
    /// How often this command runs: it warns if a token expires before the next run (exit status 8)
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_lifetime)]
    pub interval: Duration,
    /// Wait a random time, at most this long, before a renewal, so that web nodes do not all send requests at once
    #[arg(hide_short_help = true, long, value_name = "DURATION", value_parser = parse_lifetime)]
    pub jitter: Option<Duration>,
    /// Write metrics for node_exporter's textfile collector to this file; its name must end in .prom
    #[arg(hide_short_help = true, long, value_name = "FILE", value_parser = parse_metrics_file)]
    pub metrics_file: Option<PathBuf>,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// Print the results, also on success, in this format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// `setup-root`.
#[derive(Debug, Args)]
pub struct SetupRootArgs {
    /// The source of the token.
    #[command(flatten)]
    pub source: TokenSourceArgs,
    /// CA certificate of the API server [default: server.cert_authority_file in clusters.d, or the CA in
    /// --admin-kubeconfig]
    #[arg(long, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `cluster-roles`.
#[derive(Debug, Args)]
pub struct ClusterRolesArgs {
    /// Apply the manifests to the clusters instead of printing them
    #[arg(long, requires = "admin_kubeconfig")]
    pub apply: bool,
    /// Kubeconfig of a cluster administrator
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub admin_kubeconfig: Option<PathBuf>,
    /// Context in that kubeconfig [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "admin_kubeconfig")]
    pub admin_context: Option<String>,
    /// Grant access to this Secret in addition to IMAGE_PULL_SECRET in hook.env; can be repeated
    #[arg(long = "pull-secret", visible_alias = "secret", value_name = "NAME", value_parser = parse_object_name)]
    pub pull_secrets: Vec<String>,
    /// ServiceAccount that gets the permissions [default: service_account in clusters.d, or ondemand/ondemand]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = ServiceAccountName::parse)]
    pub service_account: Option<ServiceAccountName>,
    /// Also let the account end users' access and delete namespaces (any namespace, if its token is stolen), or make an
    /// account beside it that may only read what audit looks at
    #[arg(long = "with", value_enum, value_name = "WHAT")]
    pub extras: Vec<Extra>,
    /// Do not let the account issue its own tokens: they come from elsewhere (refresh-token --token-file or
    /// --admin-kubeconfig)
    #[arg(long)]
    pub no_token_right: bool,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run(), requires = "apply")]
    pub dry_run: bool,
    /// Output format [default: yaml; table with --apply]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// `cluster-policies`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("contact").args(["apply", "diff"]))]
pub struct ClusterPoliciesArgs {
    /// What happens to pods and other objects that are not as they should be
    #[arg(long, value_enum, value_name = "MODE", default_value = "audit")]
    pub mode: Mode,
    /// Version of Kubernetes, such as 1.36 [default: the version of the clusters]
    #[arg(long, value_name = "VERSION", value_parser = KubernetesVersion::parse)]
    pub kubernetes: Option<KubernetesVersion>,
    /// Apply the policies to the clusters instead of printing them
    #[arg(long, requires = "admin_kubeconfig")]
    pub apply: bool,
    /// Print what --apply would change
    #[arg(long, requires = "admin_kubeconfig")]
    pub diff: bool,
    /// Kubeconfig of a cluster administrator
    #[arg(long, value_name = "FILE", requires = "contact")]
    pub admin_kubeconfig: Option<PathBuf>,
    /// Context in that kubeconfig [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "admin_kubeconfig")]
    pub admin_context: Option<String>,
    /// ServiceAccount that logins use [default: service_account in clusters.d, or ondemand/ondemand]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = ServiceAccountName::parse)]
    pub service_account: Option<ServiceAccountName>,
    /// Output format [default: yaml; table with --apply or --diff]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}
