//! The flags that every command accepts.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::Args;

use crate::config::parse_duration;
use crate::log::{Format, Level};

/// Flags that every command accepts.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Settings file, in the format of the stock hooks [default: /etc/ood/config/hook.env]
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub hook_env: Option<PathBuf>,
    /// Directory with OnDemand's cluster configurations [default: /etc/ood/config/clusters.d]
    #[arg(long, global = true, hide = true, value_name = "DIR")]
    pub clusters_dir: Option<PathBuf>,
    /// Root's kubeconfig [default: ROOT_KUBECONFIG in hook.env, or ~/.kube/config of the user who runs the command]
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Process only this cluster, named after its file in clusters.d; can be repeated [default: CLUSTERS in hook.env, or
    /// all]
    #[arg(long = "cluster", global = true, hide = true, value_name = "ID")]
    pub clusters: Vec<String>,
    /// Give up after this time, for example 10s or 500ms [default: HOOK_TIMEOUT in hook.env, or 10s]
    #[arg(long, global = true, hide = true, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Lowest level of messages on standard error [default: LOG_LEVEL in hook.env, or error for pre-hook, warn otherwise]
    #[arg(long, global = true, hide = true, value_enum, value_name = "LEVEL")]
    pub log_level: Option<Level>,
    /// Format of the syslog messages [default: LOG_FORMAT in hook.env, or logfmt]
    #[arg(long, global = true, hide = true, value_enum, value_name = "FORMAT")]
    pub log_format: Option<Format>,
    /// When to colour messages and results
    #[arg(long, global = true, hide = true, value_name = "WHEN", default_value = "auto", value_parser = PossibleValuesParser::new(["auto", "always", "never"]))]
    pub color: String,
    /// Print tables without their headings, for scripts
    #[arg(long, global = true, hide = true)]
    pub no_headers: bool,
    /// Print only warnings and errors; the exit status says whether it worked
    #[arg(short, long, global = true, hide = true)]
    pub quiet: bool,
}
