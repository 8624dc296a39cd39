//! Root's files as written, before interpretation: the assignments of hook.env, and the YAML of clusters.d.

pub mod cluster_file;
mod error;
pub mod files;
pub mod hook_env;

pub use error::ConfigError;
