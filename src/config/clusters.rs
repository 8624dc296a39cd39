//! clusters.d: the Kubernetes clusters that OnDemand knows, with `ood_core`'s defaults.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::credentials::Mode;
use super::error::ConfigError;
use super::settings::Settings;
use super::{cluster_file, files, Source, Sourced};
use crate::naming::ServiceAccountName;

/// How users of a cluster log in to it (`v2.job.auth.type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// Somebody else's affair; the kubeconfig is left alone. The default.
    Managed,
    /// With the token that they logged in to OnDemand with.
    Oidc,
    /// With a Google service account, through Google's plugin.
    Gke(Gke),
}

/// `v2.job.auth` of type `gke`: what `ood_core` gives to gcloud.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gke {
    /// `svc_acct_file`: the key of the user's service account; `~` is the user's home.
    pub svc_acct_file: Option<String>,
    /// `zone`.
    pub zone: Option<String>,
    /// `region`, which wins over `zone`.
    pub region: Option<String>,
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
    /// How the user's entry logs in (`auth.type` oidc).
    pub credentials: Sourced<Mode>,
    /// Whom an exchanged token shall be for.
    pub exchange_audience: Sourced<String>,
    /// More scopes for the exchange.
    pub exchange_scope: Sourced<String>,
    /// The API server's `--oidc-client-id`; empty where it is not known.
    pub oidc_audience: Sourced<String>,
    /// The API server's `--oidc-username-claim`; empty where it is not known.
    pub oidc_username_claim: Sourced<String>,
    /// `v2.custom.ood_k8s.root_context`: the context of root's kubeconfig to work with.
    pub root_context: Option<String>,
    /// `v2.custom.ood_k8s.service_account`: whose token is in root's kubeconfig.
    pub service_account: ServiceAccountName,
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
            username_prefix: own_or(None, settings, "K8S_USERNAME_PREFIX", Path::new("")),
            namespace_prefix: own_or(None, settings, "NAMESPACE_PREFIX", Path::new("")),
            oidc_username_prefix: own_or(None, settings, "OIDC_USERNAME_PREFIX", Path::new("")),
            credentials: mode(None, settings, Path::new("")),
            exchange_audience: own_or(None, settings, "EXCHANGE_AUDIENCE", Path::new("")),
            exchange_scope: own_or(None, settings, "EXCHANGE_SCOPE", Path::new("")),
            oidc_audience: own_or(None, settings, "OIDC_AUDIENCE", Path::new("")),
            oidc_username_claim: own_or(None, settings, "OIDC_USERNAME_CLAIM", Path::new("")),
            root_context: None,
            service_account: ServiceAccountName::default(),
        }
    }
}

/// What clusters.d holds.
#[derive(Debug)]
pub struct ClusterFiles {
    /// The Kubernetes clusters, by id.
    pub clusters: Vec<Cluster>,
    /// The files that cannot be used.
    pub broken: Vec<ConfigError>,
}

impl ClusterFiles {
    /// Reads every `*.yml` and `*.yaml`. A missing folder is an empty one, since the stock hook knows none,
    /// unless somebody asked for it.
    pub fn load(folder: &Path, settings: &Settings, must_exist: bool) -> Self {
        let mut found = Self {
            clusters: Vec::new(),
            broken: Vec::new(),
        };
        match yaml_files(folder, must_exist) {
            Ok(paths) => paths.iter().for_each(|path| found.add(path, settings)),
            Err(error) => found.broken.push(error),
        }
        found.refuse_unknown_servers();
        found
    }

    fn add(&mut self, path: &Path, settings: &Settings) {
        match cluster_file::read(path, settings) {
            Ok(Some(cluster)) if self.clusters.iter().any(|known| known.id == cluster.id) => {
                let reason = "is another file's too (.yml and .yaml); rename or remove one";
                self.broken.push(value(path, "its name", reason));
            }
            Ok(Some(cluster)) => self.clusters.push(cluster),
            Ok(None) => {}
            Err(error) => self.broken.push(error),
        }
    }

    /// One cluster without an endpoint works on root's current context, as with the stock hook. With
    /// several, nobody could tell which of them that context is for.
    fn refuse_unknown_servers(&mut self) {
        if self.clusters.len() < 2 {
            return;
        }
        let is_known = |cluster: &Cluster| cluster.endpoint.is_some() || cluster.root_context.is_some();
        let (known, unknown) = std::mem::take(&mut self.clusters).into_iter().partition(is_known);
        self.clusters = known;
        for file in unknown.into_iter().filter_map(|cluster: Cluster| cluster.file) {
            let reason = "is not set, and there are several clusters; set it, or name a context of root's in v2.custom.ood_k8s.root_context";
            self.broken.push(value(&file, "v2.job.server.endpoint", reason));
        }
    }
}

/// Keeps the clusters named in `only`, and what is wrong with their files; all of them when it is empty.
pub fn select(clusters: &mut Vec<Cluster>, broken: &mut Vec<ConfigError>, only: &[String]) {
    if only.is_empty() {
        return;
    }
    let is_of = |error: &ConfigError, id: &str| error.path().and_then(Path::file_stem).is_some_and(|stem| stem == id);
    let is_file = |error: &ConfigError| error.path().is_some_and(is_yaml);
    let is_there =
        |id: &&String| clusters.iter().any(|cluster| &cluster.id == *id) || broken.iter().any(|error| is_of(error, id));
    let missing: Vec<String> = only.iter().filter(|id| !is_there(id)).cloned().collect();
    let known: Vec<_> = clusters.iter().map(|cluster| cluster.id.clone()).collect();
    clusters.retain(|cluster| only.contains(&cluster.id));
    // What is wrong with the folder is wrong with every cluster.
    broken.retain(|error| !is_file(error) || only.iter().any(|id| is_of(error, id)));
    broken.extend(missing.into_iter().map(|id| ConfigError::UnknownCluster {
        id,
        known: known.join(", "),
    }));
}

fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "yml" || ending == "yaml")
}

fn yaml_files(folder: &Path, must_exist: bool) -> Result<Vec<PathBuf>, ConfigError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound && !must_exist => return Ok(Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(ConfigError::Missing {
                path: folder.to_owned(),
                remedy: "name OnDemand's folder with --clusters-dir",
            })
        }
        other => other.map_err(|error| files::unreadable(folder, &error))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| files::unreadable(folder, &error))?.path();
        // As for OnDemand, hidden files are an editor's.
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

/// The file's own value, else hook.env's.
pub(super) fn own_or(own: Option<String>, settings: &Settings, key: &str, path: &Path) -> Sourced<String> {
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

/// The same for the mode.
pub(super) fn mode(own: Option<Mode>, settings: &Settings, path: &Path) -> Sourced<Mode> {
    match own {
        Some(value) => Sourced {
            value,
            source: Source::ClusterFile(path.to_owned()),
        },
        None => Sourced {
            value: settings.credentials.mode,
            source: settings.source("CREDENTIALS"),
        },
    }
}

pub(super) fn value(path: &Path, key: &'static str, reason: &str) -> ConfigError {
    ConfigError::ClusterValue {
        path: path.to_owned(),
        key,
        reason: reason.to_owned(),
    }
}
