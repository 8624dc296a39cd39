//! clusters.d: the Kubernetes clusters that OnDemand knows, with `ood_core`'s defaults.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::files::{self, ConfigError};
use super::settings::Settings;
use super::{Source, Sourced};
use crate::yaml;

/// How users of a cluster log in to it (`v2.job.auth.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Somebody else's affair; the kubeconfig is left alone. The default.
    Managed,
    /// With the token that they logged in to OnDemand with.
    Oidc,
    /// With a Google service account; the kubeconfig is left alone.
    Gke,
}

/// A Kubernetes cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The file's name without its ending; `kubernetes` when there is no file.
    pub id: String,
    /// Its file in clusters.d; none where the site has no Kubernetes cluster there.
    pub file: Option<PathBuf>,
    /// How users log in.
    pub auth: Auth,
    /// `config_file`: the user's kubeconfig; `~` is the user's home.
    pub config_file: String,
    /// `cluster`: the name of the kubeconfig's cluster entry.
    pub cluster: String,
    /// `context`: the name of the kubeconfig's context entry; `ood_core` takes the cluster's when it is not set.
    pub context: String,
    /// `server.endpoint`.
    pub endpoint: Option<String>,
    /// `server.cert_authority_file`, a path that the user's kubectl reads.
    pub cert_authority_file: Option<String>,
    /// Before the user name in the kubeconfig's user entry.
    pub username_prefix: Sourced<String>,
    /// Before the user name in the namespace.
    pub namespace_prefix: Sourced<String>,
    /// Before the user name in the RoleBinding's subject.
    pub oidc_username_prefix: Sourced<String>,
    /// `v2.custom.ood_k8s.root_context`: the context of root's kubeconfig to work with.
    pub root_context: Option<String>,
}

impl Cluster {
    /// What the stock hook works on: root's current context, and only a user entry in the kubeconfig.
    pub fn of_stock_hook(settings: &Settings) -> Self {
        Self {
            id: "kubernetes".into(),
            file: None,
            auth: Auth::Oidc,
            config_file: "~/.kube/config".into(),
            cluster: "open-ondemand".into(),
            context: "open-ondemand".into(),
            endpoint: None,
            cert_authority_file: None,
            username_prefix: prefix(None, settings, "K8S_USERNAME_PREFIX", Path::new("")),
            namespace_prefix: prefix(None, settings, "NAMESPACE_PREFIX", Path::new("")),
            oidc_username_prefix: prefix(None, settings, "OIDC_USERNAME_PREFIX", Path::new("")),
            root_context: None,
        }
    }
}

/// What clusters.d holds.
#[derive(Debug)]
pub struct ClusterFiles {
    /// The Kubernetes clusters, by id.
    pub clusters: Vec<Cluster>,
    /// The files that can't be used.
    pub broken: Vec<ConfigError>,
}

impl ClusterFiles {
    /// Reads every `*.yml` and `*.yaml`. A missing folder is an empty one: the stock hook knows none.
    pub fn load(folder: &Path, settings: &Settings) -> Result<Self, ConfigError> {
        let mut found = Self {
            clusters: Vec::new(),
            broken: Vec::new(),
        };
        for path in yaml_files(folder)? {
            match read(&path, settings) {
                Ok(Some(cluster)) => found.clusters.push(cluster),
                Ok(None) => {}
                Err(error) => found.broken.push(error),
            }
        }
        Ok(found)
    }
}

/// Keeps the clusters named in `only`, and what is wrong with their files; all of them when it is empty.
pub fn select(clusters: &mut Vec<Cluster>, broken: &mut Vec<ConfigError>, only: &[String]) -> Result<(), ConfigError> {
    let is_of = |error: &ConfigError, id: &str| error.path().and_then(Path::file_stem).is_some_and(|stem| stem == id);
    for id in only {
        let is_broken = broken.iter().any(|error| is_of(error, id));
        if !clusters.iter().any(|cluster| &cluster.id == id) && !is_broken {
            let known: Vec<_> = clusters.iter().map(|c| c.id.as_str()).collect();
            return Err(ConfigError::UnknownCluster {
                id: id.clone(),
                known: known.join(", "),
            });
        }
    }
    if !only.is_empty() {
        clusters.retain(|cluster| only.contains(&cluster.id));
        broken.retain(|error| only.iter().any(|id| is_of(error, id)));
    }
    Ok(())
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, ConfigError> {
    let unreadable = |error: std::io::Error| ConfigError::Unreadable {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(unreadable)?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|ending| ending == "yml" || ending == "yaml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
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

#[derive(Deserialize)]
struct File {
    v2: V2,
}

#[derive(Deserialize)]
struct V2 {
    job: Job,
    custom: Option<Custom>,
}

#[derive(Deserialize)]
struct Job {
    config_file: Option<String>,
    cluster: Option<String>,
    context: Option<String>,
    username_prefix: Option<String>,
    namespace_prefix: Option<String>,
    server: Option<Server>,
    auth: Option<AuthSection>,
}

#[derive(Deserialize, Default)]
struct Server {
    endpoint: Option<String>,
    cert_authority_file: Option<String>,
}

#[derive(Deserialize)]
struct AuthSection {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Custom {
    ood_k8s: Option<Own>,
}

/// Our own settings, `v2.custom.ood_k8s`. A misspelt one is an error: nobody else reads them.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Own {
    root_context: Option<String>,
    oidc_username_prefix: Option<String>,
}

fn read(path: &Path, settings: &Settings) -> Result<Option<Cluster>, ConfigError> {
    let content = files::read(path, "it was there a moment ago")?;
    let text = String::from_utf8(content.bytes).map_err(|_| ConfigError::Unreadable {
        path: path.to_owned(),
        reason: "it is not UTF-8".into(),
    })?;
    let broken = |source| ConfigError::ClusterYaml {
        path: path.to_owned(),
        source,
    };
    // Two readings: another adapter's file may have any type under the keys that we want.
    let probe: Option<Probe> = yaml::from_str(&text).map_err(broken)?;
    let adapter = probe
        .unwrap_or_default()
        .v2
        .and_then(|v2| v2.job)
        .and_then(|job| job.adapter);
    if adapter.as_ref().and_then(|a| a.as_str()) != Some("kubernetes") {
        return Ok(None);
    }
    // Only now: another scheduler's file may belong to whoever runs that.
    content.trust?;
    let file: File = yaml::from_str(&text).map_err(broken)?;
    understand(path, file.v2, settings).map(Some)
}

fn understand(path: &Path, v2: V2, settings: &Settings) -> Result<Cluster, ConfigError> {
    let job = v2.job;
    let server = job.server.unwrap_or_default();
    let own = v2.custom.and_then(|custom| custom.ood_k8s).unwrap_or_default();
    let auth = auth_of(path, job.auth)?;
    let endpoint = endpoint_of(path, server.endpoint, auth)?;
    let config_file = config_file_of(path, job.config_file)?;
    let cluster = job.cluster.unwrap_or_else(|| "open-ondemand".into());
    Ok(Cluster {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        file: Some(path.to_owned()),
        auth,
        config_file,
        context: job.context.unwrap_or_else(|| cluster.clone()),
        cluster,
        endpoint,
        cert_authority_file: server.cert_authority_file,
        username_prefix: prefix(job.username_prefix, settings, "K8S_USERNAME_PREFIX", path),
        namespace_prefix: prefix(job.namespace_prefix, settings, "NAMESPACE_PREFIX", path),
        oidc_username_prefix: prefix(own.oidc_username_prefix, settings, "OIDC_USERNAME_PREFIX", path),
        root_context: own.root_context,
    })
}

/// The file's own prefix, else hook.env's.
fn prefix(own: Option<String>, settings: &Settings, key: &str, path: &Path) -> Sourced<String> {
    match own {
        Some(value) => Sourced {
            value,
            source: Source::ClusterFile(path.to_owned()),
        },
        None => Sourced {
            value: settings.text(key).to_owned(),
            source: settings.source(key),
        },
    }
}

fn auth_of(path: &Path, section: Option<AuthSection>) -> Result<Auth, ConfigError> {
    match section.and_then(|auth| auth.kind).as_deref() {
        None | Some("managed") => Ok(Auth::Managed),
        Some("oidc") => Ok(Auth::Oidc),
        Some("gke") => Ok(Auth::Gke),
        Some("odic") => Err(value(
            path,
            "v2.job.auth.type",
            "is \"odic\", a slip of OnDemand's documents; write oidc",
        )),
        Some(other) => Err(value(
            path,
            "v2.job.auth.type",
            &format!("is {other:?}; write oidc, managed or gke"),
        )),
    }
}

fn endpoint_of(path: &Path, endpoint: Option<String>, auth: Auth) -> Result<Option<String>, ConfigError> {
    let key = "v2.job.server.endpoint";
    match endpoint {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => Ok(Some(url)),
        Some(url) => Err(value(
            path,
            key,
            &format!("is {url:?}, which is no URL; write for example https://k8s.example.org:6443"),
        )),
        None if auth == Auth::Oidc => Err(value(path, key, "is not set; auth.type oidc needs it")),
        None => Ok(None),
    }
}

fn config_file_of(path: &Path, config_file: Option<String>) -> Result<String, ConfigError> {
    let config_file = config_file.unwrap_or_else(|| "~/.kube/config".into());
    if config_file.starts_with('/') || config_file.starts_with("~/") {
        return Ok(config_file);
    }
    Err(value(
        path,
        "v2.job.config_file",
        &format!("is {config_file:?}; write an absolute path or one that begins with ~/"),
    ))
}

fn value(path: &Path, key: &'static str, reason: &str) -> ConfigError {
    ConfigError::ClusterValue {
        path: path.to_owned(),
        key,
        reason: reason.to_owned(),
    }
}
