//! Registries: their names, and the docker configuration that holds their passwords.
//!
//! All of it is data; `passwords` is the room that asks for a password and writes the file.

pub mod docker_config;
mod entry;
mod name;

pub use docker_config::{DockerConfig, DockerConfigError, CREDENTIAL_END, LARGEST_SECRET};
pub use entry::{is_username, EntryFault};
pub use name::{RegistryName, RegistryNameError};
