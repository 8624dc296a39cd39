//! A file of ours to which many processes append at once, and from whose beginning one of them takes what it has read.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::time::UNIX_EPOCH;

use rustix::fs::{FallocateFlags, FileType, OFlags, SeekFrom};

use super::fault::FileFault;
use super::judge::Seen;
use super::place::Place;

/// The open file. Its size only grows: what was taken out of it is a hole, so nobody who appends has to wait.
#[derive(Debug)]
pub struct Appended {
    file: File,
    /// Where it stands.
    pub place: Place,
}

impl Appended {
    /// Opens it, and creates it for its owner alone. In another account's directory, what stands there may be anything: a
    /// pipe, or another name of a file of root's.
    pub fn open(place: Place) -> Result<Self, FileFault> {
        let path = place.path();
        let failed = |error: io::Error| FileFault::of_system(&path, error);
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = place.open_with(flags).map_err(failed)?;
        let seen = Seen::of(&file).map_err(|error| failed(error.into()))?;
        if !seen.is(FileType::RegularFile) || seen.stat.st_nlink != 1 {
            return Err(FileFault::unusable(
                &path,
                "it is not a regular file with one name; move it away",
            ));
        }
        seen.check_is_ours(&path)?;
        Ok(Self { file, place })
    }

    /// Appends it, all or in part, in one step for all others.
    pub fn append(&self, text: &str) -> io::Result<()> {
        (&self.file).write_all(text.as_bytes())
    }

    /// The lock of who reads; `false` if another process has it. It ends with [`Self::unlock`] or with the process.
    pub fn try_lock(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Lets others read.
    pub fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }

    /// What tells it from a file that stood there before, or is made there later.
    pub fn identity(&self) -> io::Result<String> {
        let metadata = self.file.metadata()?;
        let made = metadata
            .created()
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        // Numbers of files are given again. Some file systems do not know when a file was made.
        Ok(format!("{}.{}", metadata.ino(), made.map_or(0, |made| made.as_nanos())))
    }

    /// Up to where it is written, holes included.
    pub fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// What it takes on the disk, in bytes.
    pub fn occupied(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.blocks() * 512)
    }

    /// What stands from here on, up to so many bytes, and where it begins: a hole is passed over.
    pub fn read(&self, from: u64, most: u64) -> io::Result<(u64, Vec<u8>)> {
        // At the end there are no data, and some file systems know no holes.
        let from = rustix::fs::seek(&self.file, SeekFrom::Data(from)).unwrap_or(from);
        let length = self.size()?.saturating_sub(from).min(most);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, from)?;
        Ok((from, bytes))
    }

    /// Frees what stands before this. Where there can be no holes, the file begins anew once it is large; what is appended at
    /// that very moment is lost then.
    pub fn free(&self, before: u64, large: u64) {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        if rustix::fs::fallocate(&self.file, flags, 0, before).is_err() && before > large {
            let _ = self.file.set_len(0);
        }
    }
}
