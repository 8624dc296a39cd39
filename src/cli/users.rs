//! The flags of the commands for users' life after the first login.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::login::RestampArgs;
use super::person::{ShowArgs, TransferArgs, SHOW_EXAMPLES, TRANSFER_EXAMPLES};
use super::reconcile::{ReconcileArgs, RECONCILE_EXAMPLES};
use super::values::{parse_metrics_file, AdminArgs, InNamespacesArgs};
use crate::config::parse_lifetime;
use crate::print::{ListOutput, Output};

pub(super) const USERS_EXAMPLES: &str = "\
Examples:
  ood-k8s users
  ood-k8s users --orphaned -o name
  ood-k8s users --idle 90d -o wide --admin-kubeconfig admin.kubeconfig
  ood-k8s users -o json | jq -r '.results[] | .namespace'
  ood-k8s users --metrics-file /run/ood-k8s/users.prom";

pub(super) const OFFBOARD_EXAMPLES: &str = "\
Examples:
  ood-k8s offboard bob --dry-run
  ood-k8s offboard bob --admin-kubeconfig admin.kubeconfig
  ood-k8s offboard bob --suspend --stop --yes
  ood-k8s users --orphaned --idle 90d -o name | ood-k8s offboard --yes -";

const RESTAMP_EXAMPLES: &str = "\
Examples:
  ood-k8s users restamp --all --dry-run -o json
  ood-k8s users restamp --all
  ood-k8s users restamp alice";

pub(super) const RESUME_EXAMPLES: &str = "\
Examples:
  ood-k8s resume bob
  ood-k8s users --suspended -o name | ood-k8s resume -";

pub(super) const NAMESPACE_EXAMPLES: &str = "\
Examples:
  ood-k8s namespace alice
  ood-k8s namespace Ann_Lee -o wide
  getent passwd | cut -d: -f1 | ood-k8s namespace -o json -";

/// `namespace`.
#[derive(Debug, Args)]
pub struct NamespaceArgs {
    /// User names; - reads them from standard input
    #[arg(required = true, value_name = "USER")]
    pub users: Vec<String>,
    /// Output format; name prints the namespaces alone
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: ListOutput,
}

/// The subcommands of `users`.
#[derive(Debug, Subcommand)]
pub enum UsersCommand {
    /// Show one user's account, session and namespaces in all clusters, and how to fix what is wrong
    ///
    /// The account, the namespaces with what a login makes in them, and what is kept of the session. Only reads, and opens
    /// nothing of the user's. Fails if something does not work.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowArgs),
    /// Suspend the access of users who have a namespace but may no longer log in
    ///
    /// Acts on the users that users --not-allowed lists, as offboard --suspend does; resume restores access. A user excluded
    /// by one cluster's rules loses access to that cluster only. Lists the users and asks for confirmation. Changes nothing if
    /// more users than --at-most are affected, or in a cluster that cannot be listed completely. Root's account needs
    /// cluster-roles --with offboarding; an administrator does not (--admin-kubeconfig).
    #[command(after_help = RECONCILE_EXAMPLES)]
    Reconcile(ReconcileArgs),
    /// Stamp namespaces with the uids and groups that their owners' accounts have now
    ///
    /// A login refuses a namespace that was made for another uid, since the name may have been given to another person
    /// (UID_CHANGE in hook.env), and keeps the groups if a directory service seems to answer incompletely. This command
    /// records what the passwd and group databases say, for accounts that were renumbered or left their groups. Of users
    /// who are named, that holds for access in PROFILES_FILE too, on this host: run it on each. Namespaces of users who are
    /// not in it are left out, and listed as gone.
    #[command(after_help = RESTAMP_EXAMPLES)]
    Restamp(RestampArgs),
    /// Hand the namespaces of a renamed account over to its new name, in all clusters
    ///
    /// Whatever gave the old name rights goes first, with the tokens of the pods' account; then the owner changes. The
    /// namespace keeps its name, so both names must make the same one. Asks before it changes anything. Can be run again if it
    /// was interrupted. Root's account needs cluster-roles --with offboarding; an administrator does not (--admin-kubeconfig).
    #[command(after_help = TRANSFER_EXAMPLES)]
    Transfer(TransferArgs),
}

/// `users`.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct UsersArgs {
    /// What to do instead of listing.
    #[command(subcommand)]
    pub command: Option<UsersCommand>,
    /// Only namespaces whose owner is not in the passwd database
    #[arg(long, help_heading = "Which (all that are given must hold)")]
    pub orphaned: bool,
    /// Only namespaces whose owner's account has expired (shadow(5)); a locked password or a shell such as nologin is none
    #[arg(
        long,
        conflicts_with_all = ["orphaned", "unclaimed"],
        help_heading = "Which (all that are given must hold)"
    )]
    pub locked: bool,
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
    /// Only namespaces whose owner is not let in any more, and why: the account, a suspension, or the cluster's rules
    #[arg(
        long,
        conflicts_with = "unclaimed",
        help_heading = "Which (all that are given must hold)"
    )]
    pub not_allowed: bool,
    /// Only namespaces whose last login, or creation if there was none, is at least this long ago, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime, help_heading = "Which (all that are given must hold)")]
    pub idle: Option<Duration>,
    /// The administrator's kubeconfig.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Count the pods that run in each namespace, as -o wide does. Root's account may not list pods, an administrator may
    #[arg(long)]
    pub pods: bool,
    /// Also write how many namespaces have each state to this file, for Prometheus's node_exporter
    #[arg(long, value_name = "FILE", value_parser = parse_metrics_file, conflicts_with_all = ["orphaned", "locked", "unclaimed", "suspended", "not_allowed", "idle"])]
    pub metrics_file: Option<PathBuf>,
    /// Output format; name prints the users alone, for other commands
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: ListOutput,
}

impl UsersArgs {
    /// The users whom `restamp` names.
    pub(super) fn restamped_mut(&mut self) -> Option<&mut Vec<String>> {
        match &mut self.command {
            Some(UsersCommand::Restamp(args)) => Some(&mut args.whose.users),
            _ => None,
        }
    }
}

pub(super) const AUDIT_EXAMPLES: &str = "\
Examples:
  ood-k8s audit --admin-kubeconfig admin.kubeconfig
  ood-k8s audit -q
  ood-k8s audit -o json | jq -r '.findings[] | .area'";

/// `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The administrator's kubeconfig.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `offboard`.
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
#[derive(Debug, Args)]
pub struct OffboardArgs {
    /// User names; - reads them from standard input
    #[arg(required = true, value_name = "USER")]
    pub users: Vec<String>,
    /// Take away access alone, so that it can be given back (resume): homes and namespaces stay as they are
    #[arg(long)]
    pub suspend: bool,
    /// Keep the namespaces with the data in them; nobody is let in
    #[arg(long, conflicts_with = "suspend")]
    pub keep_namespace: bool,
    /// Also delete the running pods, and revoke the stored session at the identity provider; without --suspend or
    /// --keep-namespace, this always happens
    #[arg(long)]
    pub stop: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// How it is done.
    #[command(flatten)]
    pub work: InNamespacesArgs,
}

/// `resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// User names; - reads them from standard input
    #[arg(required = true, value_name = "USER")]
    pub users: Vec<String>,
    /// How it is done.
    #[command(flatten)]
    pub work: InNamespacesArgs,
}
