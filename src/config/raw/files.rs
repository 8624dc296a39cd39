//! Reading root's configuration files: by the one way to root's files, with what to do if a file is missing.

use std::path::Path;

use super::error::ConfigError;
use crate::door::{self, Directory, FileFault, Place, Readers};

/// A file's content, and who else had to do with it. It may hold secrets, so it has no `Debug`.
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether only root (or whoever runs this) can have written it.
    pub trust: Result<(), ConfigError>,
    /// Whether its mode lets everybody read it.
    pub readable_by_others: bool,
    /// Which users can read it.
    pub readers: Readers,
    other_reader: Option<String>,
}

/// Reads a file that only root (or whoever runs this) can have written. `missing` says what to do if it is not there.
pub fn read_trusted(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    understood(door::read_trusted(path), missing)
}

/// Reads a file with secrets in it, that only root (or whoever runs this) can have written, and can read.
pub fn read_secret(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    let content = read_trusted(path, missing)?;
    match content.secret_reader() {
        None => Ok(content),
        Some(reader) => Err(ConfigError::of_fault(door::readable_secret(path, &reader), missing)),
    }
}

/// Like [`read_secret`], for a name in a directory that is open and judged.
pub fn read_secret_at(place: &Place, missing: &'static str) -> Result<Content, ConfigError> {
    let path = place.path();
    let content = understood(door::read_place(place, &path), missing)?;
    content.trust.clone()?;
    match content.secret_reader() {
        None => Ok(content),
        Some(reader) => Err(ConfigError::of_fault(door::readable_secret(&path, &reader), missing)),
    }
}

/// Reads a file, whoever may have written it: the caller judges by [`Content::trust`].
pub fn read(path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    understood(door::read(path), missing)
}

/// Reads a file in a directory that is open and judged, whoever may have written it. A link is walked from the root.
pub fn read_in(directory: &Directory, path: &Path, missing: &'static str) -> Result<Content, ConfigError> {
    let place = directory.place(path.file_name().unwrap_or_default());
    understood(door::read_place_or_link(&place, path), missing)
}

fn understood(read: Result<door::Content, FileFault>, missing: &'static str) -> Result<Content, ConfigError> {
    let content = read.map_err(|fault| ConfigError::of_fault(fault, missing))?;
    Ok(Content {
        bytes: content.bytes,
        trust: content.trust.map_err(|fault| ConfigError::of_fault(fault, missing)),
        readable_by_others: content.readable_by_others,
        readers: content.readers,
        other_reader: content.other_reader,
    })
}

/// Judges a file like [`read_trusted`], without reading it.
pub fn check_trust(path: &Path) -> Result<(), ConfigError> {
    door::judge(path).map_err(|fault| ConfigError::of_fault(fault, "put it there"))
}

/// Judges the way to a file that is to be created: no other account may be able to put another one there.
pub fn check_way_to_new(path: &Path) -> Result<(), ConfigError> {
    door::judge_new(path).map_err(|fault| ConfigError::of_fault(fault, "put it there"))
}

/// A file that can be read but not used.
pub fn unusable(path: &Path, reason: &str) -> ConfigError {
    ConfigError::Unreadable {
        path: path.to_owned(),
        reason: reason.to_owned(),
        remedy: "put the right file there",
    }
}

impl Content {
    /// Who, beside root, can read it.
    pub fn secret_reader(&self) -> Option<String> {
        if self.readable_by_others {
            return Some("others".into());
        }
        self.other_reader.clone()
    }
}
