//! The registry file: read only if no other account could have changed it, and replaced in one step under its lock.

use std::path::Path;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;

use super::change::{Change, Changed};
use super::error::RegistryError;
use crate::config::{files, ConfigError};
use crate::door::{self, shown, Opened, Trust};
use crate::registry::{DockerConfig, DockerConfigError};
use crate::shell::quoted;
use crate::store;

/// The file as it is before a change, with passwords in it. Its directory is open, so that what was judged before anybody
/// was asked for a password is what is replaced after it, however long that took.
pub struct RegistryFile<'a> {
    path: &'a Path,
    opened: Option<Opened>,
    before: Zeroizing<Vec<u8>>,
}

impl<'a> RegistryFile<'a> {
    /// Opens a file that is to be replaced, unless others can read or write it, or put another one in its place. A file
    /// that is missing is empty; directories that are missing are created.
    pub fn open(path: &'a Path) -> Result<Self, RegistryError> {
        let opened = door::open(path, Trust::OnlyRoot).map_err(|fault| ConfigError::of_fault(fault, ""))?;
        let before = match files::read_secret_at(&opened.target, "") {
            Err(ConfigError::Missing { .. }) if opened.is_link() => {
                return Err(files::unusable(path, "it is a link to a file that does not exist").into());
            }
            read => content(read)?,
        };
        Ok(Self {
            path,
            opened: Some(opened),
            before,
        })
    }

    /// Opens a file that is only to be looked at: nothing is created.
    pub fn peek(path: &'a Path) -> Result<Self, RegistryError> {
        let before = content(files::read_secret(path, ""))?;
        files::check_way_to_new(path)?;
        let opened = None;
        Ok(Self { path, opened, before })
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
        let edit = |text: &str| {
            let mut new = change.apply(text)?;
            let text = new.text.take();
            changed = Some(new);
            Ok(text)
        };
        match &self.opened {
            Some(opened) => store::update_opened(opened, wait, edit)?,
            None => store::update_root(self.path, wait, edit)?,
        };
        Ok(changed.unwrap_or_default())
    }
}

fn content(read: Result<files::Content, ConfigError>) -> Result<Zeroizing<Vec<u8>>, ConfigError> {
    match read {
        Ok(content) => Ok(Zeroizing::new(content.bytes)),
        Err(ConfigError::Missing { .. }) => Ok(Zeroizing::default()),
        Err(error) => Err(error),
    }
}

/// Reads the file to look at it. That others can read it is a warning then: the passwords are out already.
pub fn read(path: &Path, warnings: &mut Vec<String>) -> Result<DockerConfig, RegistryError> {
    let content = files::read_trusted(path, "make it with --write")?;
    if content.secret_reader().is_some() {
        warnings.push(format!(
            "{} holds registry passwords and others can read it; run: chmod 0600 {}",
            shown(path),
            quoted(path)
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
