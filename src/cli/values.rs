//! Values that several commands take, and how they are read.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use crate::config::{self, parse_lifetime};

/// What `--dry-run` means, in kubectl's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    /// Do it.
    None,
    /// Print the objects; ask no cluster.
    Client,
    /// Ask the server; change nothing.
    Server,
}

/// The TokenRequest API takes no life under ten minutes (Kubernetes `validation.go`, `minExpirationSeconds`).
pub(super) fn parse_token_life(text: &str) -> Result<Duration, String> {
    match parse_lifetime(text)? {
        life if life < Duration::from_secs(600) => Err("is under 10m, and Kubernetes makes no such tokens".into()),
        life => Ok(life),
    }
}

/// As kubectl's --from-file: KEY=PATH, or PATH alone.
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
        return Err("names no file; write KEY=PATH".into());
    }
    Ok((key, path))
}

/// node_exporter reads no other files of the folder, and ours must not be taken for somebody else's.
pub(super) fn parse_metrics_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension() {
        Some(ending) if ending == "prom" => Ok(path),
        _ => Err("must end in .prom, or node_exporter does not read it".into()),
    }
}

pub(super) fn parse_object_name(text: &str) -> Result<String, String> {
    let name = config::is_object_name(text).then(|| text.to_owned());
    name.ok_or_else(|| "is no name of an object; write a-z, 0-9, - and .".into())
}

/// A name that looks like a flag is taken as a name all the same, and refused: `--user --help` asks for no help.
pub(super) fn parse_user(text: &str) -> Result<String, String> {
    let name = (!text.starts_with('-')).then(|| text.to_owned());
    name.ok_or_else(|| "no user name begins with a dash".into())
}
