//! The settings of hook.env for the pull secret: its name, and the file with the passwords.

use std::path::PathBuf;

use super::reader::Reader;
use crate::config::raw::ConfigError;
use crate::config::site::values::is_object_name;

/// The source of registry passwords, and the name of their Secret.
#[derive(Debug, Clone)]
pub struct PullSecret {
    /// `IMAGE_PULL_SECRET`: the Secret's name.
    pub name: String,
    /// `REGISTRY_DOCKER_CONFIG_JSON`: root's docker configuration file.
    pub file: PathBuf,
    /// `IMAGE_PULL_SECRET_PER_REGISTRY`: whether each registry gets its own Secret, whose name begins with `name`.
    pub per_registry: bool,
}

impl Reader<'_> {
    pub fn pull_secret(&mut self) -> Option<PullSecret> {
        let name = self.optional("IMAGE_PULL_SECRET")?;
        if !is_object_name(&name) {
            self.refuse(
                "IMAGE_PULL_SECRET",
                "is not a valid name for a Secret (a-z, 0-9, - and .)".into(),
            );
            return None;
        }
        let Some(file) = self.optional("REGISTRY_DOCKER_CONFIG_JSON") else {
            self.broken.push(ConfigError::Required {
                path: self.path.to_owned(),
                key: "REGISTRY_DOCKER_CONFIG_JSON",
                remedy:
                    "IMAGE_PULL_SECRET requires it: specify the docker configuration file, or empty IMAGE_PULL_SECRET",
            });
            return None;
        };
        Some(PullSecret {
            name,
            file: file.into(),
            per_registry: self.flag("IMAGE_PULL_SECRET_PER_REGISTRY"),
        })
    }
}
