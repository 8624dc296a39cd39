//! Values that several commands accept, and how they are parsed.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{ArgAction, Args, ValueEnum};

use crate::config::{self, parse_lifetime};
use crate::print::Output;

/// The values of `--dry-run`, as in kubectl.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    /// Make the changes.
    None,
    /// Print the objects; contact no cluster.
    Client,
    /// Have the server report what would change.
    Server,
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

/// How a command works in the namespaces of the users that it was given.
#[derive(Debug, Args)]
pub struct InNamespacesArgs {
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// The administrator's kubeconfig.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// Maximum number of namespaces processed at a time in each cluster
    #[arg(hide_short_help = true, long, value_name = "N", default_value_t = 16, value_parser = number::<u16>(1..=256))]
    pub jobs: u16,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

impl AdminArgs {
    /// The file, and the context in it.
    pub fn given(&self) -> Option<(&std::path::Path, Option<&str>)> {
        let path = self.admin_kubeconfig.as_deref()?;
        Some((path, self.admin_context.as_deref()))
    }
}

/// `--dry-run[=server]`: whether only to say what would be done, for commands that cannot tell without the server.
pub(super) fn dry_run() -> impl TypedValueParser<Value = bool> {
    PossibleValuesParser::new(["none", "server"]).map(|place| place == "server")
}

/// A whole number from the range.
pub(super) fn number<N>(range: RangeInclusive<N>) -> impl TypedValueParser<Value = N>
where
    N: FromStr + PartialOrd + Display + Copy + Send + Sync + 'static,
{
    StringValueParser::new().try_map(move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("is not a whole number from {} to {}", range.start(), range.end()))
    })
}

/// The TokenRequest API accepts no lifetime under ten minutes (Kubernetes `validation.go`, `minExpirationSeconds`).
pub(super) fn parse_token_life(text: &str) -> Result<Duration, String> {
    match parse_lifetime(text)? {
        life if life < Duration::from_secs(600) => {
            Err("is under 10m, the shortest lifetime that Kubernetes accepts".into())
        }
        life => Ok(life),
    }
}

/// Parses KEY=PATH, or PATH alone, like kubectl's --from-file.
pub(super) fn parse_key_and_path(text: &str) -> Result<(String, PathBuf), String> {
    let path_alone = || {
        let path = PathBuf::from(text);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, path)
    };
    let both = text
        .split_once('=')
        .map(|(key, path)| (key.to_owned(), PathBuf::from(path)));
    let (key, path) = both.unwrap_or_else(path_alone);
    // Kubernetes `validation.IsConfigMapKey`.
    let is_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if key.is_empty() || key.len() > 253 || key == "." || key.starts_with("..") || !key.chars().all(is_key) {
        return Err(format!(
            "has the key {key:?}; write KEY=PATH with letters, digits, - _ and . in KEY"
        ));
    }
    if path.as_os_str().is_empty() {
        return Err("has no file; write KEY=PATH".into());
    }
    Ok((key, path))
}

/// node_exporter reads only files of this name, and the metrics must not overwrite an unrelated file.
pub(super) fn parse_metrics_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension() {
        Some(ending) if ending == "prom" => Ok(path),
        _ => Err("must end in .prom, or node_exporter will not read it".into()),
    }
}

pub(super) fn parse_object_name(text: &str) -> Result<String, String> {
    let name = config::is_object_name(text).then(|| text.to_owned());
    name.ok_or_else(|| "is not a valid object name; use a-z, 0-9, - and .".into())
}

/// A name that looks like a flag is taken as a name all the same, and refused: `--user --help` asks for no help.
pub(super) fn parse_user(text: &str) -> Result<String, String> {
    let name = (!text.starts_with('-')).then(|| text.to_owned());
    name.ok_or_else(|| "no user name begins with a dash".into())
}
