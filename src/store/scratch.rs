//! Our temporary files next to the file to replace: hidden, unlike any other name, and removed if their maker died.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io;
use std::time::{Duration, SystemTime};

use rustix::fs::{FileType, Stat};

use crate::door::FileError;
use crate::door::{Directory, Place};

/// Longer than any update takes. A file this old has lost its maker.
const LEFT_OVER_AFTER: Duration = Duration::from_secs(60);
/// A directory with more files than this is not searched to its end.
const MOST_FILES: usize = 10_000;
/// Two names that are chosen at random are the same once in 2^64.
const TRIES: u32 = 8;

/// What the names of our temporary files for the file `name` begin with.
fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".ood-k8s-");
    prefix
}

/// A new file that only its owner can read; it is removed again unless it is moved into place.
pub(super) struct Scratch {
    place: Place,
    file: File,
    is_kept: bool,
}

impl Scratch {
    /// Creates one next to the file that is to be replaced.
    pub(super) fn beside(replaced: &Place) -> Result<Self, FileError> {
        let folder = replaced.directory().path();
        for _ in 0..TRIES {
            let mut name = prefix(replaced.name());
            // The standard library seeds each hasher state anew.
            name.push(format!("{:016x}", RandomState::new().build_hasher().finish()));
            let place = replaced.beside(name);
            match place.create_new() {
                Ok(file) => {
                    let is_kept = false;
                    return Ok(Self { place, file, is_kept });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(FileError::new("write into", folder, error)),
            }
        }
        let exists = io::ErrorKind::AlreadyExists.into();
        Err(FileError::new("write into", folder, exists))
    }

    /// The open file.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Where it stands.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Another handle of the open file.
    pub(super) fn try_clone(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Whether the file has another name beside this one.
    pub(super) fn is_linked(&self) -> bool {
        rustix::fs::fstat(&self.file).is_ok_and(|stat| stat.st_nlink > 1)
    }

    /// Moves it over the file that is to be replaced, in one step.
    pub(super) fn persist(mut self, target: &Place) -> io::Result<()> {
        self.place.rename_to(target)?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = self.place.remove().or_else(|_| self.place.remove());
        }
    }
}

/// Removes what killed processes left. A file that cannot be removed is not worth failing for.
pub(super) fn sweep(folder: &Directory, name: &OsStr, now: SystemTime) {
    let prefix = prefix(name);
    let Ok(names) = folder.names(MOST_FILES) else {
        return;
    };
    for name in names.into_iter().filter(|name| starts_with(name, &prefix)) {
        let place = folder.place(name);
        if place.stat().is_ok_and(|stat| is_left_over(&stat, now)) {
            let _ = place.remove();
        }
    }
}

fn starts_with(name: &OsStr, prefix: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(prefix.as_encoded_bytes())
}

fn is_left_over(stat: &Stat, now: SystemTime) -> bool {
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    let age = now.duration_since(modified(stat)).ok();
    is_file && age.is_some_and(|age| age > LEFT_OVER_AFTER)
}

/// When a file was written last.
pub(super) fn modified(stat: &Stat) -> SystemTime {
    let nanos = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
    match u64::try_from(stat.st_mtime) {
        Ok(seconds) => SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos),
        Err(_) => SystemTime::UNIX_EPOCH,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_old_files_of_ours_are_swept() {
        let folder = tempfile::tempdir().expect("a directory");
        let now = SystemTime::now();
        let old = now - Duration::from_secs(3600);
        let make = |name: &str, made: SystemTime| {
            let file = File::create(folder.path().join(name)).expect("a file");
            file.set_modified(made).expect("its time");
        };
        make(".config.ood-k8s-old", old);
        make(".config.ood-k8s-new", now);
        make(".other.ood-k8s-old", old);
        make("config", old);
        sweep(
            &Directory::open(folder.path()).expect("opened"),
            OsStr::new("config"),
            now,
        );
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .expect("the directory")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".config.ood-k8s-new", ".other.ood-k8s-old", "config"]);
    }
}
