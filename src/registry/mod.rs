//! Registries and their passwords: the docker configuration, its names, and where a password comes from.
//!
//! Pure but for `prompt` (the terminal) and `helper` (another program); files are `config`'s and `store`'s.

pub mod docker_config;
mod entry;
mod error;
pub mod helper;
mod name;
pub mod password;
pub mod prompt;
mod words;

pub use docker_config::{DockerConfig, DockerConfigError, CREDENTIAL_END, LARGEST_SECRET};
pub use entry::{is_username, EntryFault};
pub use error::RegistryError;
pub use name::{RegistryName, RegistryNameError};
pub use words::WordsError;
