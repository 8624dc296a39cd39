//! The site: hook.env and clusters.d combined, and the source of each value.

pub mod clusters;
pub mod credentials;
mod modes;
pub mod ondemand;
pub mod profiles;
pub mod registry;
pub mod settings;
mod sourced;
mod values;

use std::path::{Path, PathBuf};

use super::raw::ConfigError;
use crate::door::shown;
use crate::user::{User, UserError};
use clusters::{Auth, Cluster, ClusterFiles, KnownEntries};
use profiles::Profiles;
use settings::Settings;

pub use sourced::{Source, Sourced};
pub use values::{is_object_name, parse_duration, parse_lifetime};

/// The default path of hook.env.
pub const HOOK_ENV: &str = "/etc/ood/config/hook.env";
/// The name that OnDemand's documentation also uses; read if only this file exists.
pub const HOOK_ENV_ALSO: &str = "/etc/ood/config/hooks.env";
/// OnDemand's directory with one file per cluster.
pub const CLUSTERS_DIR: &str = "/etc/ood/config/clusters.d";

/// Which files to read.
#[derive(Debug, Clone)]
pub struct Sources {
    /// hook.env, if specified on the command line.
    pub hook_env: Option<PathBuf>,
    /// The clusters.d directory, if specified on the command line: then it must exist.
    pub clusters_dir: Option<PathBuf>,
    /// The ids of the clusters to use; empty means all.
    pub only: Vec<String>,
    /// Whether root's kubeconfig is specified on the command line: then hook.env cannot mean another one.
    pub names_kubeconfig: bool,
}

/// The contents of root's files.
#[derive(Debug)]
pub struct Site {
    /// hook.env.
    pub settings: Settings,
    /// The profiles file, or what holds in its place.
    pub profiles: Profiles,
    /// The Kubernetes clusters to work on; the files that cannot be read are in `broken`.
    pub clusters: Vec<Cluster>,
    /// The parts of clusters.d that cannot be used. The rest still works.
    pub broken: Vec<ConfigError>,
    /// What works in hook.env, but probably not as intended.
    pub warnings: Vec<String>,
    /// What is wrong with the profiles file, and what logins do about it.
    pub profile_warnings: Vec<String>,
    /// The same in clusters.d: files that were meant to be Kubernetes clusters and are none, and keys that nobody reads.
    pub cluster_warnings: Vec<String>,
    /// The Kubernetes files because of which OnDemand shows nobody any cluster.
    pub fatal: Vec<String>,
    /// The entries of all Kubernetes files, whoever they are for; `None` if one of them is not known.
    pub known: Option<Vec<KnownEntries>>,
    /// The clusters that [`Self::withhold_from`] has left out.
    pub withheld: Vec<String>,
    /// clusters.d.
    pub clusters_dir: PathBuf,
}

impl Site {
    /// Reads both. hook.env must exist and be readable; an invalid file in clusters.d disables only its own cluster.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut warnings = Vec::new();
        let path = hook_env_path(sources.hook_env.as_deref(), &mut warnings);
        let settings = Settings::load(&path, &mut warnings)?;
        Ok(Self::with_settings(settings, sources, warnings))
    }

    /// Reads what can be read, for troubleshooting: if hook.env is not readable, the defaults apply.
    pub fn salvage(sources: &Sources) -> (Self, Option<ConfigError>) {
        let mut warnings = Vec::new();
        let path = hook_env_path(sources.hook_env.as_deref(), &mut warnings);
        let (settings, fault) = match Settings::load(&path, &mut warnings) {
            Ok(settings) => (settings, None),
            Err(fault) => (Settings::empty(&path), Some(fault)),
        };
        warnings.extend(neighbour(&path));
        (Self::with_settings(settings, sources, warnings), fault)
    }

    /// Combines settings that were already read with clusters.d; errors there go into `broken`.
    pub fn with_settings(mut settings: Settings, sources: &Sources, warnings: Vec<String>) -> Self {
        if !sources.names_kubeconfig && settings.program.root_kubeconfig.is_none() {
            settings.broken.extend(settings.other_kubeconfig());
        }
        let profiles = Profiles::of(&settings);
        let wrong = profiles.fault().map(ConfigError::to_string);
        let usual = Path::new(CLUSTERS_DIR);
        let folder = sources.clusters_dir.as_deref().unwrap_or(usual);
        let mut found = ClusterFiles::load(folder, &settings, sources.clusters_dir.is_some());
        let known = found.known_entries();
        let only = match sources.only.as_slice() {
            [] => &settings.program.clusters,
            flags => flags,
        };
        clusters::select(&mut found.clusters, &mut found.broken, only);
        for cluster in &mut found.clusters {
            cluster.proxy = settings.kubectl_proxy.clone();
        }
        let doubts = found.doubtful.iter().map(ConfigError::to_string);
        Self {
            settings,
            profile_warnings: wrong.into_iter().chain(profiles.consequence()).collect(),
            profiles,
            clusters: found.clusters,
            broken: found.broken,
            warnings,
            cluster_warnings: doubts.chain(found.warnings).collect(),
            fatal: found.fatal,
            known,
            withheld: Vec::new(),
            clusters_dir: folder.to_owned(),
        }
    }

    /// All warnings of a login.
    pub fn all_warnings(&self) -> impl Iterator<Item = &String> {
        let of_files = self.profile_warnings.iter().chain(&self.cluster_warnings);
        self.warnings.iter().chain(of_files).chain(&self.fatal)
    }

    /// Leaves out the clusters that `OnDemand` does not offer to this user.
    pub fn withhold_from(&mut self, user: &User) -> Result<(), UserError> {
        let mut withheld = Vec::new();
        for cluster in &self.clusters {
            if !cluster.access.verdict(user)?.is_offered {
                withheld.push(cluster.id.clone());
            }
        }
        self.clusters.retain(|cluster| !withheld.contains(&cluster.id));
        self.withheld = withheld;
        Ok(())
    }

    /// The clusters for which we write users' kubeconfigs.
    pub fn kubeconfig_clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.iter().filter(|cluster| match &cluster.auth {
            Auth::Oidc => true,
            // Without an endpoint, only gcloud knows the server.
            Auth::Gke(_) => cluster.endpoint.is_some(),
            Auth::Managed => false,
        })
    }

    /// The clusters whose users log in by OIDC.
    pub fn oidc_clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.iter().filter(|cluster| cluster.auth == Auth::Oidc)
    }
}

/// OnDemand's documents call the file both `hook.env` and `hooks.env`: what is written into the other one has no effect.
fn neighbour(path: &Path) -> Option<String> {
    let other = match path.file_name()?.to_str()? {
        "hook.env" => "hooks.env",
        "hooks.env" => "hook.env",
        _ => return None,
    };
    let other = path.with_file_name(other);
    other.exists().then(|| {
        format!(
            "{} is not read, since {} is; move what is in it there, and remove it",
            shown(&other),
            shown(path)
        )
    })
}

/// The path of hook.env, given the flag.
pub fn hook_env_path(flag: Option<&Path>, warnings: &mut Vec<String>) -> PathBuf {
    if let Some(path) = flag {
        return path.to_owned();
    }
    let (usual, also) = (Path::new(HOOK_ENV), Path::new(HOOK_ENV_ALSO));
    if !usual.exists() && also.exists() {
        warnings.push(format!(
            "{HOOK_ENV_ALSO} is read because {HOOK_ENV} does not exist; rename it"
        ));
        return also.to_owned();
    }
    usual.to_owned()
}
