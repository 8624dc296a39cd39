//! A lock file as it was found: which file it is, how old, and whose.

use std::fs::File;
use std::io::{self, Read as _};
use std::time::{Instant, SystemTime};

use rustix::fs::Stat;

use super::owner::Owner;
use super::scratch::modified;
use crate::door::FileError;
use crate::door::Place;

/// A lock file as it was found.
pub(super) struct Sighting {
    stat: Stat,
    pub(super) modified: SystemTime,
    pub(super) owner: Option<Owner>,
}

impl Sighting {
    pub(super) fn of(place: &Place) -> Result<Option<Self>, FileError> {
        let stat = match place.stat() {
            Ok(stat) => stat,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::new("examine", &place.path(), error)),
        };
        Ok(Some(Self {
            modified: modified(&stat),
            stat,
            owner: owner_in(place),
        }))
    }

    pub(super) fn is_still_at(&self, place: &Place) -> bool {
        let id = |stat: &Stat| (stat.st_dev, stat.st_ino, modified(stat));
        place.stat().is_ok_and(|there| id(&there) == id(&self.stat))
    }
}

/// kubectl's lock is empty, and its mode 0 keeps it from being opened.
fn owner_in(place: &Place) -> Option<Owner> {
    let mut line = String::new();
    place.open().ok()?.take(256).read_to_string(&mut line).ok()?;
    Owner::from_line(&line)
}

/// The clock of a file system, which on NFS is the server's: read once, then carried on by our own.
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
