//! clusters.d: the Kubernetes clusters that OnDemand knows, with `ood_core`'s defaults.

mod access;
mod cluster;
mod of_file;
mod shared;

use std::path::{Path, PathBuf};

use super::settings::Settings;
use crate::config::raw::cluster_file::{self, Found, YamlFiles};
use crate::config::raw::ConfigError;
use of_file::{understand, value};

pub use super::modes::{Auth, Gke};
pub use access::{Access, Doubt, Rule, Verdict};
pub use cluster::Cluster;

/// The contents of clusters.d.
#[derive(Debug, Default)]
pub struct ClusterFiles {
    /// The Kubernetes clusters, by id.
    pub clusters: Vec<Cluster>,
    /// The files that cannot be used.
    pub broken: Vec<ConfigError>,
    /// The files that were meant to be Kubernetes clusters, or may be, and are none for OnDemand.
    pub doubtful: Vec<ConfigError>,
    /// What works, but probably not as intended.
    pub warnings: Vec<String>,
    /// The Kubernetes files because of which OnDemand shows nobody any cluster.
    pub fatal: Vec<String>,
}

/// The names of a cluster's entries in users' kubeconfigs.
#[derive(Debug)]
pub struct KnownEntries {
    /// The cluster's id.
    pub id: String,
    /// The kubeconfig.
    pub config_file: String,
    /// The cluster entry.
    pub cluster: String,
    /// The context.
    pub context: String,
    /// The user entry, before the user's name.
    pub username_prefix: String,
}

impl ClusterFiles {
    /// The entries of all clusters; `None` if a file that may be one cannot be read.
    pub fn known_entries(&self) -> Option<Vec<KnownEntries>> {
        if !self.broken.is_empty() || !self.doubtful.is_empty() {
            return None;
        }
        let of_files = self.clusters.iter().filter(|cluster| cluster.file.is_some());
        let entries = of_files.map(|cluster| KnownEntries {
            id: cluster.id.clone(),
            config_file: cluster.config_file.clone(),
            cluster: cluster.cluster.clone(),
            context: cluster.context.clone(),
            username_prefix: cluster.username_prefix.value.clone(),
        });
        Some(entries.collect())
    }

    /// Reads every `*.yml` and `*.yaml`. A missing directory counts as empty unless it must exist: the stock hook needs
    /// none.
    pub fn load(folder: &Path, settings: &Settings, must_exist: bool) -> Self {
        let mut found = Self::default();
        match cluster_file::yaml_files(folder) {
            Ok(Some(files)) => files.paths.iter().for_each(|path| found.add(&files, path, settings)),
            Ok(None) if must_exist => found.broken.push(ConfigError::Missing {
                path: folder.to_owned(),
                remedy: "name OnDemand's folder with --clusters-dir",
            }),
            Ok(None) => {}
            Err(error) => found.broken.push(error),
        }
        found.refuse_unknown_servers();
        found.refuse_shared_entries(settings.credentials.exchange_client_id.is_some());
        found.fall_back(folder, settings);
        found
    }

    fn add(&mut self, files: &YamlFiles, path: &Path, settings: &Settings) {
        match cluster_file::read(files, path) {
            Ok(Found::Kubernetes(mut file)) => {
                self.warnings.append(&mut file.warnings);
                self.fatal.extend(file.fatal.take());
                match understand(path, *file, settings) {
                    Ok(cluster) => self.add_cluster(cluster, path),
                    Err(error) => self.broken.push(error),
                }
            }
            Ok(Found::Doubtful(error)) => self.doubtful.push(error),
            Ok(Found::Other) => {}
            Err(error) => self.broken.push(error),
        }
    }

    fn add_cluster(&mut self, cluster: Cluster, path: &Path) {
        if self.clusters.iter().any(|known| known.id == cluster.id) {
            let reason = "is used by another file too (.yml and .yaml); rename or remove one";
            return self.broken.push(value(path, "its name", reason));
        }
        self.clusters.push(cluster);
    }

    /// A single cluster without an endpoint uses root's current context, as with the stock hook. With several
    /// clusters, it would be unclear which of them that context is for.
    fn refuse_unknown_servers(&mut self) {
        if self.clusters.len() < 2 {
            return;
        }
        let is_known = |cluster: &Cluster| cluster.endpoint.is_some() || cluster.root_context.is_some();
        let (known, unknown) = std::mem::take(&mut self.clusters).into_iter().partition(is_known);
        self.clusters = known;
        for file in unknown.into_iter().filter_map(|cluster: Cluster| cluster.file) {
            let reason = "is not set, and there are several clusters; set it, or specify a context of root's kubeconfig in v2.custom.ood_k8s.root_context";
            self.broken.push(value(&file, "v2.job.server.endpoint", reason));
        }
    }

    /// In one kubeconfig an entry means one thing: whoever wrote it last would send the other's users elsewhere.
    fn refuse_shared_entries(&mut self, exec_exchanges: bool) {
        let faults = shared::faults(&self.clusters, exec_exchanges);
        self.clusters
            .retain(|cluster| !faults.iter().any(|(id, _)| *id == cluster.id));
        self.broken.extend(faults.into_iter().map(|(_, error)| error));
    }

    /// Without a Kubernetes file logins work like the stock hook, if that is certain to be meant.
    fn fall_back(&mut self, folder: &Path, settings: &Settings) {
        if !self.clusters.is_empty() || !self.broken.is_empty() {
            return;
        }
        self.broken.append(&mut self.doubtful);
        if !self.broken.is_empty() {
            return;
        }
        if settings.clusters_d_fallback() {
            return self.clusters.push(Cluster::of_stock_hook(settings));
        }
        let fault = settings.fault_of(&["CLUSTERS_D_FALLBACK"]).cloned();
        self.broken.push(fault.unwrap_or_else(|| ConfigError::NoCluster {
            path: folder.to_owned(),
        }));
    }
}

/// What `OnDemand` makes of the files of all schedulers, with what to do.
#[derive(Debug, Default)]
pub struct SeenByOnDemand {
    /// Because of these it shows nobody any cluster.
    pub fatal: Vec<(PathBuf, String)>,
    /// These it marks as invalid.
    pub invalid: Vec<(PathBuf, String)>,
}

/// Reads all files again, to the end.
pub fn judged_by_ondemand(folder: &Path) -> SeenByOnDemand {
    let mut seen = SeenByOnDemand::default();
    let Ok(Some(files)) = cluster_file::yaml_files(folder) else {
        return seen;
    };
    for path in &files.paths {
        match cluster_file::judged_by_ondemand(&files, path) {
            Ok(reason) => seen.invalid.extend(reason.map(|reason| (path.clone(), reason))),
            Err(reason) => seen.fatal.push((path.clone(), reason)),
        }
    }
    seen
}

/// Keeps the clusters in `only` and the errors of their files; keeps everything if `only` is empty.
pub fn select(clusters: &mut Vec<Cluster>, broken: &mut Vec<ConfigError>, only: &[String]) {
    if only.is_empty() {
        return;
    }
    let is_of = |error: &ConfigError, id: &str| error.path().and_then(Path::file_stem).is_some_and(|stem| stem == id);
    let is_file = |error: &ConfigError| error.path().is_some_and(cluster_file::is_yaml);
    let is_there =
        |id: &&String| clusters.iter().any(|cluster| &cluster.id == *id) || broken.iter().any(|error| is_of(error, id));
    let missing: Vec<String> = only.iter().filter(|id| !is_there(id)).cloned().collect();
    let known: Vec<_> = clusters.iter().map(|cluster| cluster.id.clone()).collect();
    clusters.retain(|cluster| only.contains(&cluster.id));
    // An error of the directory concerns every cluster.
    broken.retain(|error| !is_file(error) || only.iter().any(|id| is_of(error, id)));
    broken.extend(missing.into_iter().map(|id| ConfigError::UnknownCluster {
        id,
        known: known.join(", "),
    }));
}
