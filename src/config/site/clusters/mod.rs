//! clusters.d: the Kubernetes clusters that OnDemand knows, with `ood_core`'s defaults.

mod cluster;
mod of_file;

use std::path::Path;

use super::settings::Settings;
use crate::config::raw::cluster_file::{self, YamlFiles};
use crate::config::raw::ConfigError;
use of_file::{understand, value};

pub use super::modes::{Auth, Gke};
pub use cluster::Cluster;

/// The contents of clusters.d.
#[derive(Debug)]
pub struct ClusterFiles {
    /// The Kubernetes clusters, by id.
    pub clusters: Vec<Cluster>,
    /// The files that cannot be used.
    pub broken: Vec<ConfigError>,
}

impl ClusterFiles {
    /// Reads every `*.yml` and `*.yaml`. A missing directory counts as empty unless it must exist: the stock hook needs
    /// none.
    pub fn load(folder: &Path, settings: &Settings, must_exist: bool) -> Self {
        let mut found = Self {
            clusters: Vec::new(),
            broken: Vec::new(),
        };
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
        found
    }

    fn add(&mut self, files: &YamlFiles, path: &Path, settings: &Settings) {
        match read(files, path, settings) {
            Ok(Some(cluster)) if self.clusters.iter().any(|known| known.id == cluster.id) => {
                let reason = "is used by another file too (.yml and .yaml); rename or remove one";
                self.broken.push(value(path, "its name", reason));
            }
            Ok(Some(cluster)) => self.clusters.push(cluster),
            Ok(None) => {}
            Err(error) => self.broken.push(error),
        }
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

/// Reads one file; `None` if it is of another scheduler.
fn read(files: &YamlFiles, path: &Path, settings: &Settings) -> Result<Option<Cluster>, ConfigError> {
    let file = cluster_file::read(files, path)?;
    file.map(|file| understand(path, file, settings)).transpose()
}
