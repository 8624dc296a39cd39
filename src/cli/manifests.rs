//! The flags of `manifests`.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use clap::{Args, Subcommand};

use crate::print::Output;

const VALIDATE_EXAMPLES: &str = "\
Examples:
  ood-k8s manifests validate
  ood-k8s manifests validate alice --server";

const RENDER_EXAMPLES: &str = "\
Examples:
  ood-k8s manifests render alice
  ood-k8s manifests render alice --cluster prod -o json";

const DIFF_EXAMPLES: &str = "\
Examples:
  ood-k8s manifests diff alice
  ood-k8s manifests diff alice --cluster prod -o json";

/// `manifests`.
#[derive(Debug, Subcommand)]
pub enum ManifestsCommand {
    /// Check all files in MANIFESTS_DIR, whether profiles name them or not
    ///
    /// Prints nothing if they are right. Otherwise one line for each file, and status 3. Asks no cluster, except with
    /// --server.
    #[command(after_help = VALIDATE_EXAMPLES)]
    Validate(ManifestsValidateArgs),
    /// Print the manifests that a user gets, with the user's values
    ///
    /// As a login would write them in each cluster; what is from a claim of OnDemand's token is known to logins alone, and
    /// an object that needs it is left out, with a warning. Asks no cluster.
    #[command(after_help = RENDER_EXAMPLES)]
    Render(ManifestsOfArgs),
    /// Compare the manifests that a user gets with what is in the user's namespaces
    ///
    /// Prints a line for each object: missing, differs (and in which fields), no longer asked for, or as it should be.
    /// Changes nothing. The status is 0 whether they differ or not.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(ManifestsOfArgs),
}

/// `manifests validate`.
#[derive(Debug, Args)]
pub struct ManifestsValidateArgs {
    /// User whose manifests the clusters are asked about; the user has logged in before
    #[arg(value_name = "USER", requires = "server")]
    pub user: Option<String>,
    /// Ask the clusters by dry run whether they would take what the user gets
    #[arg(long, requires = "user")]
    pub server: bool,
}

/// `manifests render` and `manifests diff`.
#[derive(Debug, Args)]
pub struct ManifestsOfArgs {
    /// User name
    #[arg(value_name = "USER")]
    pub user: String,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}
