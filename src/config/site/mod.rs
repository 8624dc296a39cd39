//! The site: what hook.env and clusters.d add up to, and where each value came from.

pub mod clusters;
pub mod credentials;
mod modes;
pub mod registry;
pub mod settings;
mod sourced;
mod values;

use std::path::{Path, PathBuf};

use super::raw::ConfigError;
use clusters::{Auth, Cluster, ClusterFiles};
use settings::Settings;

pub use sourced::{Source, Sourced};
pub use values::{is_object_name, parse_duration, parse_lifetime};

/// Where hook.env is unless a flag says otherwise.
pub const HOOK_ENV: &str = "/etc/ood/config/hook.env";
/// The name that OnDemand's documents also use; read where only it exists.
pub const HOOK_ENV_ALSO: &str = "/etc/ood/config/hooks.env";
/// Where OnDemand keeps a file a cluster.
pub const CLUSTERS_DIR: &str = "/etc/ood/config/clusters.d";

/// Which files to read.
#[derive(Debug, Clone)]
pub struct Sources {
    /// hook.env, if named on the command line.
    pub hook_env: Option<PathBuf>,
    /// The clusters.d folder, if named on the command line: then it must be there.
    pub clusters_dir: Option<PathBuf>,
    /// Only these cluster ids; empty means all.
    pub only: Vec<String>,
}

/// Everything that root's files say.
#[derive(Debug)]
pub struct Site {
    /// hook.env.
    pub settings: Settings,
    /// The Kubernetes clusters to work on; the files that cannot be read are in `broken`.
    pub clusters: Vec<Cluster>,
    /// What of clusters.d cannot be used. The rest still works.
    pub broken: Vec<ConfigError>,
    /// What works, but not as somebody probably meant it.
    pub warnings: Vec<String>,
}

impl Site {
    /// Reads both. hook.env must be there and be readable; a bad file in clusters.d only costs its own cluster.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let path = hook_env_path(sources.hook_env.as_deref(), &mut warnings);
        let settings = Settings::load(&path, &mut warnings)?;
        Ok(Self::with_settings(settings, sources, warnings))
    }

    /// Reads what can be read, for those who look for what is wrong: without a readable hook.env its defaults hold.
    pub fn salvage(sources: &Sources) -> (Self, Option<ConfigError>) {
        let mut warnings = Vec::new();
        let path = hook_env_path(sources.hook_env.as_deref(), &mut warnings);
        let (settings, fault) = match Settings::load(&path, &mut warnings) {
            Ok(settings) => (settings, None),
            Err(fault) => (Settings::empty(&path), Some(fault)),
        };
        (Self::with_settings(settings, sources, warnings), fault)
    }

    /// Joins settings that were read already with clusters.d; what is wrong there goes into `broken`.
    pub fn with_settings(settings: Settings, sources: &Sources, warnings: Vec<String>) -> Self {
        let usual = Path::new(CLUSTERS_DIR);
        let folder = sources.clusters_dir.as_deref().unwrap_or(usual);
        let ClusterFiles {
            mut clusters,
            mut broken,
        } = ClusterFiles::load(folder, &settings, sources.clusters_dir.is_some());
        if clusters.is_empty() && broken.is_empty() {
            clusters.push(Cluster::of_stock_hook(&settings));
        }
        clusters::select(&mut clusters, &mut broken, &sources.only);
        Self {
            settings,
            clusters,
            broken,
            warnings,
        }
    }

    /// The clusters whose users' kubeconfig is ours to write.
    pub fn kubeconfig_clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.iter().filter(|cluster| match &cluster.auth {
            Auth::Oidc => true,
            // Without an endpoint only Google knows what to write.
            Auth::Gke(_) => cluster.endpoint.is_some(),
            Auth::Managed => false,
        })
    }

    /// The clusters whose users log in by OIDC.
    pub fn oidc_clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.iter().filter(|cluster| cluster.auth == Auth::Oidc)
    }
}

/// The path of hook.env, given the flag.
pub fn hook_env_path(flag: Option<&Path>, warnings: &mut Vec<String>) -> PathBuf {
    if let Some(path) = flag {
        return path.to_owned();
    }
    let (usual, also) = (Path::new(HOOK_ENV), Path::new(HOOK_ENV_ALSO));
    if !usual.exists() && also.exists() {
        warnings.push(format!(
            "{HOOK_ENV_ALSO} is read because there is no {HOOK_ENV}; rename it"
        ));
        return also.to_owned();
    }
    usual.to_owned()
}
