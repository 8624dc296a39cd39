//! What root's files say, before anybody asks what it means: hook.env's assignments, and clusters.d's YAML.

pub mod cluster_file;
mod error;
pub mod files;
pub mod hook_env;

pub use error::ConfigError;
