//! Registries: their names, and the docker configuration that holds their passwords.
//!
//! Data only: the module `passwords` asks for a password and writes the file.

pub mod docker_config;
mod end;
mod entry;
mod fault;
mod name;

pub use docker_config::{DockerConfig, DockerConfigError, Handed, LARGEST_SECRET};
pub use end::{stated_end, CREDENTIAL_END};
pub use entry::is_username;
pub use fault::EntryFault;
pub use name::{RegistryName, RegistryNameError};
