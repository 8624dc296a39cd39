//! A value with its source.

use std::path::PathBuf;

/// The source of a value, for `config show` and for errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Not set.
    Default,
    /// A line of hook.env.
    HookEnv {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// A file of clusters.d.
    ClusterFile(PathBuf),
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::HookEnv { path, line } => write!(f, "{}:{line}", path.display()),
            Self::ClusterFile(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A value and its source.
#[derive(Debug, Clone)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: Source,
}
