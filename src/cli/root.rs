//! The flags of root's side: the token in root's kubeconfig, and the rights that it has.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{parse_metrics_file, parse_object_name, parse_token_life};
use crate::config::parse_lifetime;
use crate::naming::ServiceAccountName;
use crate::print::Output;

pub(super) const REFRESH_TOKEN_EXAMPLES: &str = "\
Examples:
  ood-k8s refresh-token
  ood-k8s refresh-token --if-remaining-below 3h --jitter 5m
  ood-k8s refresh-token --cluster prod --minter-kubeconfig admin.kubeconfig -o table
  ssh control-plane kubectl create token ondemand -n ondemand | ood-k8s refresh-token --cluster prod --token-file -";

pub(super) const SETUP_ROOT_EXAMPLES: &str = "\
Examples:
  ood-k8s setup-root --minter-kubeconfig admin.kubeconfig
  ood-k8s setup-root --cluster prod --token-file /root/token --dry-run";

pub(super) const CLUSTER_ROLES_EXAMPLES: &str = "\
Examples:
  ood-k8s cluster-roles
  ood-k8s cluster-roles --pull-secret private-docker-registry | kubectl diff -f -
  ood-k8s cluster-roles --apply --admin-kubeconfig admin.kubeconfig --cluster prod";

/// Whose credentials ask for a token, or where one that was made elsewhere is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the token comes from [default: asked for with the old one]")]
pub struct TokenSourceArgs {
    /// Ask with another identity than the one to renew, for example a cluster administrator's
    #[arg(long, value_name = "FILE", visible_alias = "admin-kubeconfig")]
    pub minter_kubeconfig: Option<PathBuf>,
    /// The context there [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "minter_kubeconfig")]
    pub minter_context: Option<String>,
    /// Take a token that was made elsewhere, from a file of root's or, with -, from standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["minter_kubeconfig", "from_secret"])]
    pub token_file: Option<PathBuf>,
    /// Take the token without an end from this Secret of the ServiceAccount, which only --minter-kubeconfig may read with
    /// the shipped rights; a token that is renewed is safer
    #[arg(long, value_name = "NAME", value_parser = parse_object_name)]
    pub from_secret: Option<String>,
    /// How long the token shall work; the server may give less
    #[arg(long, value_name = "DURATION", default_value = "9h", value_parser = parse_token_life)]
    pub duration: Duration,
    /// Whose token it is [default: service_account of clusters.d, or ondemand/ondemand]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = ServiceAccountName::parse)]
    pub service_account: Option<ServiceAccountName>,
}

/// `refresh-token`.
#[derive(Debug, Args)]
pub struct RefreshTokenArgs {
    /// Where the token comes from.
    #[command(flatten)]
    pub source: TokenSourceArgs,
    /// Do nothing while the old token works longer than this
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    pub if_remaining_below: Option<Duration>,
    /// How often this runs: warns of a token that ends before the next time (exit status 8)
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_lifetime)]
    pub interval: Duration,
    /// Wait a random time up to this before a renewal, so that many web nodes do not ask at once
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    pub jitter: Option<Duration>,
    /// Write metrics for node_exporter's textfile collector; its name must end in .prom
    #[arg(long, value_name = "FILE", value_parser = parse_metrics_file)]
    pub metrics_file: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result, also when all is well
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// `setup-root`.
#[derive(Debug, Args)]
pub struct SetupRootArgs {
    /// Where the token comes from.
    #[command(flatten)]
    pub source: TokenSourceArgs,
    /// The CA of the API server [default: server.cert_authority_file of clusters.d, or the CA of --minter-kubeconfig]
    #[arg(long, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the result
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `cluster-roles`.
#[derive(Debug, Args)]
pub struct ClusterRolesArgs {
    /// Make the clusters so, in place of printing
    #[arg(long, requires = "admin_kubeconfig")]
    pub apply: bool,
    /// The kubeconfig of somebody who may: a cluster's administrator
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub admin_kubeconfig: Option<PathBuf>,
    /// The context there [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "admin_kubeconfig")]
    pub admin_context: Option<String>,
    /// One more Secret to give the rights to, beside IMAGE_PULL_SECRET of hook.env; can be repeated
    #[arg(long = "pull-secret", visible_alias = "secret", value_name = "NAME", value_parser = parse_object_name)]
    pub pull_secrets: Vec<String>,
    /// Whom the rights are for [default: service_account of clusters.d, or ondemand/ondemand]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = ServiceAccountName::parse)]
    pub service_account: Option<ServiceAccountName>,
    /// Leave out the right to make tokens for itself: somebody else makes them (refresh-token --token-file or
    /// --minter-kubeconfig)
    #[arg(long)]
    pub no_token_right: bool,
    /// With --apply: ask the server what would change, and change nothing
    #[arg(long, requires = "apply")]
    pub dry_run: bool,
    /// How to print it [default: yaml, or table with --apply]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}
