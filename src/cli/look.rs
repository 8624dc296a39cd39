//! The flags of what changes nothing: `check`, and `config show`.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::print::Output;

pub(super) const CHECK_EXAMPLES: &str = "\
Examples:
  ood-k8s check
  ood-k8s check --user alice
  ood-k8s check -o json | jq '.findings[] | select(.severity != \"ok\")'";

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Check what this user has, and what a login would change
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Leave out what is as it should be
    #[arg(short, long)]
    pub quiet: bool,
    /// The portal configuration that OnDemand generated [default: the first that exists of Apache's usual places]
    #[arg(long, value_name = "FILE")]
    pub portal_conf: Option<PathBuf>,
    /// OnDemand's sudoers file [default: /etc/sudoers.d/ood]
    #[arg(long, value_name = "FILE")]
    pub sudoers: Option<PathBuf>,
    /// How to print the findings
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
