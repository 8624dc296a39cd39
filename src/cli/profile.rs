//! The flags of `profile`.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::print::Output;

const SHOW_EXAMPLES: &str = "\
Examples:
  ood-k8s profile show alice
  ood-k8s profile show alice --cluster prod -o yaml
  ood-k8s profile show alice -o json | jq .access";

const IMPORT_EXAMPLES: &str = "\
Examples:
  ood-k8s profile import launcher.kubernetes.profiles.conf";

/// `profile`.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Print what a user gets by the profiles file in each cluster, and which section says so
    ///
    /// Also whether access lets the user in, and which sections do not fit together. Asks the passwd and group databases,
    /// and no cluster.
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ProfileShowArgs),
    /// Convert the profiles of Posit's Launcher to a profiles file on standard output
    ///
    /// A setting without a counterpart is a comment there, and a warning. Changes nothing.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ProfileImportArgs),
}

/// `profile show`.
#[derive(Debug, Args)]
pub struct ProfileShowArgs {
    /// User name
    #[arg(value_name = "USER")]
    pub user: String,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `profile import`.
#[derive(Debug, Args)]
pub struct ProfileImportArgs {
    /// Launcher's file: launcher.kubernetes.profiles.conf
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
