//! Root's files as written, before interpretation: the assignments of hook.env, and YAML with its lines.

pub mod cluster_file;
mod error;
pub mod files;
pub mod hook_env;
pub mod near;
pub mod tree;

pub use error::ConfigError;
