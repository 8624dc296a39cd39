//! The registry file: read only if nobody else could have changed it, and replaced in one step under its lock.

use std::path::Path;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;

use super::change::{Change, Changed};
use super::error::RegistryError;
use crate::config::{files, ConfigError};
use crate::registry::{DockerConfig, DockerConfigError};
use crate::store;

/// The file as it is before a change, with passwords in it.
pub struct RegistryFile<'a> {
    path: &'a Path,
    before: Zeroizing<Vec<u8>>,
}

impl<'a> RegistryFile<'a> {
    /// The file as it is, unless others can read or write it, or put another one in its place; one that is missing is
    /// empty.
    pub fn open(path: &'a Path) -> Result<Self, RegistryError> {
        let before = match files::read_secret(path, "") {
            Ok(content) => Zeroizing::new(content.bytes),
            Err(ConfigError::Missing { .. }) => files::check_way_to_new(path).map(|()| Zeroizing::default())?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path, before })
    }

    /// What the change would make of it. Nothing is written.
    pub fn try_out(&self, change: &Change) -> Result<Changed, RegistryError> {
        let refuse = |reason| refused(self.path, reason);
        let text = std::str::from_utf8(&self.before).map_err(|_| refuse(DockerConfigError::NotUtf8))?;
        change.apply(text).map_err(refuse)
    }

    /// Changes it, as it is once its lock is held.
    pub fn replace(&self, change: &Change, wait: Duration) -> Result<Changed, RegistryError> {
        let mut changed = None;
        store::update(self.path, wait, |text| {
            let mut new = change.apply(text)?;
            let text = new.text.take();
            changed = Some(new);
            Ok(text)
        })?;
        Ok(changed.unwrap_or_default())
    }
}

/// Reads the file to look at it. That others can read it is a warning then: the passwords are out already.
pub fn read(path: &Path, warnings: &mut Vec<String>) -> Result<DockerConfig, RegistryError> {
    let content = files::read_trusted(path, "make it with --write")?;
    if content.readable_by_others || content.readable_by_group.is_some() {
        warnings.push(format!(
            "{0} holds registry passwords and others can read it; run: chmod 0600 {0}",
            path.display()
        ));
    }
    let bytes = Zeroizing::new(content.bytes);
    DockerConfig::from_bytes(&bytes).map_err(|reason| refused(path, reason))
}

fn refused(path: &Path, reason: DockerConfigError) -> RegistryError {
    RegistryError::File {
        path: path.to_owned(),
        reason,
    }
}
