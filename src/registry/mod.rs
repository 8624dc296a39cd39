//! Registries: their names, and the docker configuration that holds their passwords.
//!
//! Data only: the module `passwords` asks for a password and writes the file.

mod auth;
pub mod docker_config;
mod end;
mod entry;
mod fault;
mod members;
mod name;

pub use auth::is_username;
pub use docker_config::{DockerConfig, DockerConfigError, Handed, LARGEST_SECRET};
pub use end::{stated_end, CREDENTIAL_END};
pub use fault::EntryFault;
pub use name::{RegistryName, RegistryNameError};
