//! Registries: their names, and the docker configuration that holds their passwords.
//!
//! Data only: the module `passwords` asks for a password and writes the file.

pub mod docker_config;
mod entry;
mod name;

pub use docker_config::{DockerConfig, DockerConfigError, CREDENTIAL_END, LARGEST_SECRET};
pub use entry::{is_username, EntryFault};
pub use name::{RegistryName, RegistryNameError};
