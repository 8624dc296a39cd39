//! A lock file as it was found: its identity, its age and its owner.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Instant, SystemTime};

use nix::fcntl::OFlag;

use super::error::FileError;
use super::owner::Owner;

/// A lock file as it was found.
pub(super) struct Sighting {
    device: u64,
    inode: u64,
    pub(super) modified: SystemTime,
    pub(super) owner: Option<Owner>,
}

impl Sighting {
    pub(super) fn of(path: &Path) -> Result<Option<Self>, FileError> {
        let doing = FileError::during("examine", path);
        let metadata = match fs::symlink_metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(doing(error)),
        };
        Ok(Some(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: metadata.modified().map_err(doing)?,
            owner: owner_in(path),
        }))
    }

    pub(super) fn is_still_at(&self, path: &Path) -> bool {
        fs::symlink_metadata(path).is_ok_and(|metadata| {
            (metadata.dev(), metadata.ino()) == (self.device, self.inode)
                && metadata.modified().is_ok_and(|modified| modified == self.modified)
        })
    }
}

/// kubectl's lock is empty, and its mode 0 prevents it from being opened.
fn owner_in(path: &Path) -> Option<Owner> {
    let mut line = String::new();
    OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW).bits())
        .open(path)
        .ok()?
        .take(256)
        .read_to_string(&mut line)
        .ok()?;
    Owner::from_line(&line)
}

/// The clock of a file system, which on NFS is the server's: read once, then advanced by our own.
#[derive(Debug)]
pub(super) struct Clock {
    stamp: SystemTime,
    read: Instant,
}

impl Clock {
    pub(super) fn set_by(new_file: &File) -> io::Result<Self> {
        let stamp = new_file.metadata()?.modified()?;
        Ok(Self {
            stamp,
            read: Instant::now(),
        })
    }

    pub(super) fn now(&self) -> SystemTime {
        self.stamp + self.read.elapsed()
    }
}
