//! The files of clusters.d as written: which files are read, and the YAML of one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::ConfigError;
use super::files;
use crate::yaml;

/// `v2.job.adapter` of the files that we read.
const ADAPTER: &str = "kubernetes";

/// The files that OnDemand would read, in order. A missing directory counts as empty unless it must exist.
pub fn yaml_files(folder: &Path, must_exist: bool) -> Result<Vec<PathBuf>, ConfigError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(ConfigError::Missing {
                path: folder.to_owned(),
                remedy: "specify OnDemand's directory with --clusters-dir",
            })
        }
        other => other.map_err(|error| files::unreadable(folder, &error))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| files::unreadable(folder, &error))?.path();
        // OnDemand skips hidden files too, which are often an editor's.
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden && is_yaml(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Whether the name has one of the extensions that OnDemand reads.
pub fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "yml" || ending == "yaml")
}

/// Reads one file; `None` if it is for another scheduler.
pub fn read(path: &Path) -> Result<Option<V2>, ConfigError> {
    let content = files::read(path, "it was there a moment ago")?;
    let text = String::from_utf8(content.bytes).map_err(|_| files::unusable(path, "it is not UTF-8".into()))?;
    let broken = |source| ConfigError::ClusterYaml {
        path: path.to_owned(),
        source,
    };
    // Another scheduler's file may belong to its administrator; such YAML is not even parsed.
    if content.trust.is_err() && !text.contains(ADAPTER) {
        return Ok(None);
    }
    content.trust?;
    // Parsed twice, since another adapter's file may have any type under our keys.
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

/// The contents of `v2`.
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

/// `v2.custom`, in which one key is ours.
#[derive(Deserialize)]
pub struct Custom {
    pub ood_k8s: Option<Own>,
}

/// Our own settings, `v2.custom.ood_k8s`. An unknown key is an error, since no other program reads them.
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
