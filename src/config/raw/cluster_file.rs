//! A file of clusters.d as it stands: which files those are, and the YAML of one.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::ConfigError;
use super::files;
use crate::door::{self, Directory, FileFault};
use crate::yaml;

/// `v2.job.adapter` of the files that are ours to read.
const ADAPTER: &str = "kubernetes";

/// A folder with more files than this is not OnDemand's.
const MOST_FILES: usize = 10_000;

/// The files of clusters.d that OnDemand would read.
pub struct YamlFiles {
    folder: Directory,
    /// Their paths, in order.
    pub paths: Vec<PathBuf>,
}

/// The files of the folder that OnDemand would read; `None` if there is no folder. No other account may be able to change
/// the folder, whether there are files in it or not: a file that was taken out of it would change what logins do.
pub fn yaml_files(folder: &Path) -> Result<Option<YamlFiles>, ConfigError> {
    let understood = |fault| ConfigError::of_fault(fault, "specify OnDemand's directory with --clusters-dir");
    let Some(directory) = door::open_directory(folder).map_err(understood)? else {
        return Ok(None);
    };
    let names = directory
        .names(MOST_FILES)
        .map_err(|error| understood(FileFault::of_system(folder, error)))?;
    // As for OnDemand, hidden files are an editor's.
    let names = names
        .into_iter()
        .filter(|name| !name.as_encoded_bytes().starts_with(b"."));
    let mut paths: Vec<_> = names
        .map(|name| folder.join(name))
        .filter(|path| is_yaml(path))
        .collect();
    paths.sort();
    Ok(Some(YamlFiles {
        folder: directory,
        paths,
    }))
}

/// Whether it is named as OnDemand names them.
pub fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "yml" || ending == "yaml")
}

/// Reads one file; `None` if it is of another scheduler.
pub fn read(files: &YamlFiles, path: &Path) -> Result<Option<V2>, ConfigError> {
    let content = files::read_in(&files.folder, path, "it was there a moment ago")?;
    let text = String::from_utf8(content.bytes).map_err(|_| files::unusable(path, "it is not UTF-8"))?;
    let broken = |source| ConfigError::ClusterYaml {
        path: path.to_owned(),
        source,
    };
    // Another scheduler's file may belong to whoever runs that; YAML of theirs is not even parsed.
    if content.trust.is_err() && !text.contains(ADAPTER) {
        return Ok(None);
    }
    content.trust?;
    // Two readings: another adapter's file may have any type under the keys that we want.
    let probe: Option<Probe> = yaml::from_str(&text).map_err(broken)?;
    let adapter = probe
        .unwrap_or_default()
        .v2
        .and_then(|v2| v2.job)
        .and_then(|job| job.adapter);
    if adapter.as_ref().and_then(|a| a.as_str()) != Some(ADAPTER) {
        return Ok(None);
    }
    let file: File = yaml::from_str(&text).map_err(broken)?;
    Ok(Some(file.v2))
}

#[derive(Deserialize)]
struct File {
    v2: V2,
}

/// What a file has under `v2`.
#[derive(Deserialize)]
pub struct V2 {
    pub job: Job,
    pub custom: Option<Custom>,
}

/// `v2.job`.
#[derive(Deserialize)]
#[serde(expecting = "the keys of a job under v2.job")]
pub struct Job {
    pub config_file: Option<String>,
    pub cluster: Option<String>,
    pub context: Option<String>,
    pub username_prefix: Option<String>,
    pub namespace_prefix: Option<String>,
    pub server: Option<Server>,
    pub auth: Option<AuthSection>,
}

/// `v2.job.server`.
#[derive(Deserialize, Default)]
#[serde(expecting = "the keys endpoint and cert_authority_file under v2.job.server")]
pub struct Server {
    pub endpoint: Option<String>,
    pub cert_authority_file: Option<String>,
}

/// `v2.job.auth`.
#[derive(Deserialize, Default)]
#[serde(expecting = "the key type under v2.job.auth")]
pub struct AuthSection {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub svc_acct_file: Option<String>,
    pub zone: Option<String>,
    pub region: Option<String>,
}

/// `v2.custom`, of which one key is ours.
#[derive(Deserialize)]
pub struct Custom {
    pub ood_k8s: Option<Own>,
}

/// Our own settings, `v2.custom.ood_k8s`. A misspelt one is an error: no other program reads them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct Own {
    pub root_context: Option<String>,
    pub service_account: Option<String>,
    pub oidc_username_prefix: Option<String>,
    pub credentials: Option<String>,
    pub exchange_audience: Option<String>,
    pub exchange_scope: Option<String>,
    pub oidc_audience: Option<String>,
    pub oidc_username_claim: Option<String>,
}

#[derive(Deserialize, Default)]
struct Probe {
    v2: Option<ProbeV2>,
}

#[derive(Deserialize, Default)]
struct ProbeV2 {
    job: Option<ProbeJob>,
}

#[derive(Deserialize, Default)]
struct ProbeJob {
    adapter: Option<serde_json::Value>,
}
