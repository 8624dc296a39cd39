//! Finds etcd, kube-apiserver, kube-controller-manager and kubectl, or says how to get them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Error;

/// The environment variable with the directory of a control plane's programs, which envtest also uses.
const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// The programs of one Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs {
    /// The database under the API server.
    pub etcd: PathBuf,
    /// The API server.
    pub api_server: PathBuf,
    /// The client with which tests read objects back.
    pub kubectl: PathBuf,
    /// Creates default `ServiceAccounts` and empties deleted namespaces. envtest's archives lack it.
    pub controller_manager: Option<PathBuf>,
}

impl Programs {
    /// From the directory in `KUBEBUILDER_ASSETS`, or else from that of `tests/control-plane/build`.
    pub fn find() -> Result<Self, Error> {
        if let Some(folder) = variable(ASSETS) {
            return Self::of_assets(Path::new(&folder));
        }
        Self::of_cache(&cache()?)
    }

    /// What `tests/control-plane/cost/build` builds: it says what admission policies cost the pinned version's API server.
    #[must_use]
    pub fn policy_cost() -> Option<PathBuf> {
        cache()
            .ok()
            .map(|folder| folder.join("policy-cost"))
            .filter(|path| path.is_file())
    }

    fn of_assets(folder: &Path) -> Result<Self, Error> {
        Self::in_folder(folder).map_err(|program| Error::IncompleteAssets {
            folder: folder.to_owned(),
            program,
        })
    }

    fn of_cache(folder: &Path) -> Result<Self, Error> {
        let not_built = |program| Error::NotBuilt {
            folder: folder.to_owned(),
            program,
        };
        let programs = Self::in_folder(folder).map_err(not_built)?;
        match programs.controller_manager {
            Some(_) => Ok(programs),
            None => Err(not_built("kube-controller-manager")),
        }
    }

    /// The error is the name of the first missing program.
    fn in_folder(folder: &Path) -> Result<Self, &'static str> {
        let program = |name| Some(folder.join(name)).filter(|path| path.is_file()).ok_or(name);
        Ok(Self {
            etcd: program("etcd")?,
            api_server: program("kube-apiserver")?,
            kubectl: program("kubectl")?,
            controller_manager: program("kube-controller-manager").ok(),
        })
    }
}

/// The directory that `tests/control-plane/build` fills and prints.
fn cache() -> Result<PathBuf, Error> {
    let home = || variable("HOME").map(|home| Path::new(&home).join(".cache"));
    let caches = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .ok_or(Error::NoCache)?;
    Ok(caches.join("ood-k8s/control-plane").join(pinned_version()))
}

/// The version of `k8s.io/kubernetes` in go.mod, the only place that specifies it.
fn pinned_version() -> &'static str {
    include_str!("../go.mod")
        .lines()
        .find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v"))
        .expect("go.mod requires k8s.io/kubernetes")
}

/// An empty variable counts as unset, as in the build script.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_of(programs: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for program in programs {
            std::fs::write(folder.path().join(program), "").expect("a program");
        }
        folder
    }

    #[test]
    fn assets_without_a_controller_manager_are_enough() {
        let folder = folder_of(&["etcd", "kube-apiserver", "kubectl"]);
        let programs = Programs::of_assets(folder.path()).expect("enough programs");
        assert_eq!(programs.controller_manager, None);
        assert_eq!(programs.etcd, folder.path().join("etcd"));
    }

    #[test]
    fn assets_without_kubectl_are_refused_by_name() {
        let folder = folder_of(&["etcd", "kube-apiserver", "kube-controller-manager"]);
        let refusal = Programs::of_assets(folder.path())
            .expect_err("kubectl is missing")
            .to_string();
        assert!(refusal.contains("has no kubectl"), "{refusal}");
    }

    #[test]
    fn a_half_built_cache_says_how_to_build() {
        let folder = folder_of(&["etcd", "kube-apiserver", "kubectl"]);
        let refusal = Programs::of_cache(folder.path())
            .expect_err("it is half built")
            .to_string();
        assert!(refusal.contains("no kube-controller-manager"), "{refusal}");
        assert!(refusal.contains("tests/control-plane/build"), "{refusal}");
    }

    #[test]
    fn the_pinned_version_is_a_version() {
        let numbers: Vec<_> = pinned_version().split('.').map(str::parse::<u32>).collect();
        assert_eq!(numbers.len(), 3, "{numbers:?}");
        assert!(numbers.iter().all(Result::is_ok), "{numbers:?}");
    }
}
