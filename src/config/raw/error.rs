//! The errors of the site's configuration, each with file, key and remedy.
//!
//! One type for both halves of `config`, since no caller distinguishes them.

use std::path::{Path, PathBuf};

use super::hook_env::SyntaxError;
use crate::door::{shown, FileFault};
use crate::exit::{ExitStatus, HasExitStatus};

/// Why the configuration, or part of it, cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConfigError {
    /// Only warnings, for a caller that wants none.
    #[error("the configuration has warnings, and --strict allows none; correct what they say, or leave out --strict")]
    Strict,
    /// A required file does not exist.
    #[error("{path}: no such file; {remedy}", path = shown(path))]
    Missing {
        /// The file.
        path: PathBuf,
        /// What to do.
        remedy: &'static str,
    },
    /// A file cannot be opened or read.
    #[error("cannot read {path}: {reason}; {remedy}", path = shown(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Another account could have written the file.
    #[error("{path} is not used because {reason}; {remedy}", path = shown(path))]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// Who owns it, or who can write or read it.
        reason: String,
        /// What to do: a sentence that ends with a command.
        remedy: String,
    },
    /// hook.env has a line that we cannot read as bash would.
    #[error("{path}: {source}", path = shown(path))]
    Syntax {
        /// hook.env.
        path: PathBuf,
        /// The line and the reason.
        source: SyntaxError,
    },
    /// A value of hook.env is invalid.
    #[error("{path}:{line}: {key} {reason}", path = shown(path))]
    Value {
        /// hook.env.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The key.
        key: &'static str,
        /// What is wrong and what to write.
        reason: String,
    },
    /// A required value is not set.
    #[error("{path}: {key} is not set; {remedy}", path = shown(path))]
    Required {
        /// hook.env.
        path: PathBuf,
        /// The key.
        key: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// A Kubernetes file of clusters.d is not YAML.
    #[error("{path} is not YAML with the structure that OnDemand reads: line {line}: {reason}", path = shown(path))]
    ClusterYaml {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What the parser says.
        reason: String,
    },
    /// The profiles file has an error.
    #[error("{path}{line}: {reason}", path = shown(path), line = behind(*line))]
    Profiles {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; 0 if it is not known.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A value in clusters.d cannot be used.
    #[error("{path}{line}: {key} {reason}", path = shown(path), line = behind(*line))]
    ClusterValue {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1; 0 if it is not in the file.
        line: usize,
        /// The key's full path in the file.
        key: String,
        /// What is wrong and what to write.
        reason: String,
    },
    /// A file of clusters.d that was meant to be a Kubernetes cluster, and is none for `OnDemand`.
    #[error("{path}:{line}: {reason}", path = shown(path))]
    ClusterAstray {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What stands there, and what to write.
        reason: String,
    },
    /// The same, because of its name.
    #[error("{path} is a Kubernetes cluster that OnDemand does not read: names end with .yml or .yaml, in lower case; rename it", path = shown(path))]
    ClusterFileName {
        /// The file.
        path: PathBuf,
    },
    /// clusters.d has no Kubernetes cluster, and root's current context is not used in its place.
    #[error("there is no Kubernetes cluster in {path}, and CLUSTERS_D_FALLBACK=false forbids using the current context of root's kubeconfig; write a file with v2.job.adapter: kubernetes there", path = shown(path))]
    NoCluster {
        /// The folder.
        path: PathBuf,
    },
    /// `--cluster` specifies an unknown cluster.
    #[error("there is no Kubernetes cluster {id:?} in clusters.d; known: {known}")]
    UnknownCluster {
        /// The requested id.
        id: String,
        /// The ids that exist.
        known: String,
    },
    /// An entry of the registry file cannot be used.
    #[error("{path} (REGISTRY_DOCKER_CONFIG_JSON): {reason}; write it again (mint-registry-secret --write) or remove it (--remove)", path = shown(path))]
    RegistryEntry {
        /// The file.
        path: PathBuf,
        /// Which entry, and what is wrong with it.
        reason: String,
    },
    /// The registry file is not a docker configuration.
    #[error("{path} (REGISTRY_DOCKER_CONFIG_JSON) is not a docker configuration: {reason}; it should look like {{\"auths\":{{\"registry.example.org\":{{\"auth\":\"…\"}}}}}}", path = shown(path))]
    Registry {
        /// The file.
        path: PathBuf,
        /// What is missing or invalid.
        reason: String,
    },
}

impl ConfigError {
    /// What is wrong with one of root's files; `missing` says what to do if it is not there.
    pub fn of_fault(fault: FileFault, missing: &'static str) -> Self {
        match fault {
            FileFault::Missing { path } => Self::Missing { path, remedy: missing },
            FileFault::Unreadable { path, reason, remedy } | FileFault::NotCreated { path, reason, remedy } => {
                Self::Unreadable { path, reason, remedy }
            }
            FileFault::Unsafe { path, reason, remedy } => Self::Unsafe { path, reason, remedy },
        }
    }

    /// The file that the error concerns, if there is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Missing { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Unsafe { path, .. }
            | Self::Syntax { path, .. }
            | Self::Value { path, .. }
            | Self::Required { path, .. }
            | Self::Profiles { path, .. }
            | Self::ClusterYaml { path, .. }
            | Self::ClusterValue { path, .. }
            | Self::ClusterAstray { path, .. }
            | Self::ClusterFileName { path }
            | Self::NoCluster { path }
            | Self::RegistryEntry { path, .. }
            | Self::Registry { path, .. } => Some(path),
            Self::Strict | Self::UnknownCluster { .. } => None,
        }
    }
}

fn behind(line: usize) -> String {
    if line == 0 {
        String::new()
    } else {
        format!(":{line}")
    }
}

impl HasExitStatus for ConfigError {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Configuration
    }
}
