//! Takes a lock: links our own file to the lock's name, and breaks a lock whose owner is dead.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use tempfile::NamedTempFile;

use super::error::{FileError, LockError};
use super::owner::Owner;
use super::scratch::{self, folder_of};
use super::sighting::{Clock, Sighting};

/// kubectl holds its lock for milliseconds. A lock this old was left behind.
const ABANDONED_AFTER: Duration = Duration::from_secs(30);

/// Our lock file under a temporary name, ready to be linked to the lock's name.
pub(super) struct Claim {
    pub(super) path: PathBuf,
    file: NamedTempFile,
    pub(super) clock: Clock,
}

impl Claim {
    pub(super) fn new(guarded: &Path) -> Result<Self, FileError> {
        let folder = folder_of(guarded);
        let mut file = scratch::create(folder, guarded.file_name().unwrap_or_default())?;
        let line = Owner::this_process().map(|owner| owner.to_line()).unwrap_or_default();
        file.write_all(line.as_bytes())
            .map_err(FileError::during("write into", folder))?;
        let clock = Clock::set_by(file.as_file()).map_err(FileError::during("examine", folder))?;
        let mut path = OsString::from(guarded);
        path.push(".lock");
        Ok(Self {
            path: path.into(),
            file,
            clock,
        })
    }

    /// Returns the open lock file, if the lock was free.
    pub(super) fn try_take(&self) -> Result<Option<File>, FileError> {
        let doing = FileError::during("create", &self.path);
        match fs::hard_link(self.file.path(), &self.path) {
            Ok(()) => self.file.as_file().try_clone().map(Some).map_err(doing),
            // If NFS lost the reply, a link that was created looks as if it existed before: link(2).
            Err(_) if self.is_linked() => self.file.as_file().try_clone().map(Some).map_err(doing),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) if links_are_refused(&error) => self.try_create(),
            Err(error) => Err(doing(error)),
        }
    }

    fn is_linked(&self) -> bool {
        self.file
            .as_file()
            .metadata()
            .is_ok_and(|metadata| metadata.nlink() > 1)
    }

    /// kubectl's own method, for file systems without hard links.
    fn try_create(&self) -> Result<Option<File>, FileError> {
        let doing = FileError::during("create", &self.path);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.path)
        {
            Ok(mut file) => {
                let line = Owner::this_process().map(|owner| owner.to_line()).unwrap_or_default();
                // Without the line it is still a lock; it only takes longer to be broken.
                let _ = file.write_all(line.as_bytes());
                Ok(Some(file))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(doing(error)),
        }
    }

    pub(super) fn is_abandoned(&self, seen: &Sighting) -> bool {
        seen.owner.as_ref().is_some_and(Owner::is_gone) || self.age(seen) > ABANDONED_AFTER
    }

    fn age(&self, seen: &Sighting) -> Duration {
        self.clock.now().duration_since(seen.modified).unwrap_or_default()
    }

    /// Removes the lock that was judged, and no other one. Returns `false` if another process was faster.
    pub(super) fn break_lock(&self, judged: &Sighting) -> Result<bool, FileError> {
        let folder = folder_of(&self.path);
        let guard = File::open(folder).map_err(FileError::during("open", folder))?;
        // One process at a time. If a directory cannot be locked (NFS), the check after the move must suffice.
        if matches!(guard.try_lock(), Err(TryLockError::WouldBlock)) {
            return Ok(false);
        }
        if !judged.is_still_at(&self.path) {
            return Ok(false);
        }
        self.remove_if(judged)
    }

    /// Moves the lock away before checking it again, so that no other process can act on it meanwhile.
    fn remove_if(&self, judged: &Sighting) -> Result<bool, FileError> {
        let aside = self.aside();
        match fs::rename(&self.path, &aside) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(FileError::new("break", &self.path, error)),
        }
        let right_one = judged.is_still_at(&aside);
        if !right_one {
            self.put_back(&aside);
        }
        let _ = fs::remove_file(&aside);
        Ok(right_one)
    }

    /// A temporary name next to our own file; it is swept up in the same way.
    fn aside(&self) -> PathBuf {
        let mut aside = OsString::from(self.file.path());
        aside.push("-broken");
        aside.into()
    }

    /// A link does not replace a lock that was created meanwhile.
    fn put_back(&self, aside: &Path) {
        if fs::hard_link(aside, &self.path).is_err_and(|error| links_are_refused(&error)) {
            let _ = fs::rename(aside, &self.path);
        }
    }

    pub(super) fn held(&self, seen: &Sighting) -> LockError {
        LockError::Held {
            lock: self.path.clone(),
            holder: seen
                .owner
                .as_ref()
                .map_or_else(|| "another program".to_owned(), Owner::to_string),
            age: self.age(seen),
        }
    }
}

/// link(2): the file system has no hard links, has reached their limit, or the kernel or mount forbids them.
fn links_are_refused(error: &io::Error) -> bool {
    let refusals = [
        Errno::EPERM,
        Errno::EOPNOTSUPP,
        Errno::ENOSYS,
        Errno::EXDEV,
        Errno::EMLINK,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| refusals.contains(&Errno::from_raw(code)))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    /// A claim, and another process's lock that was judged and has since been replaced by a new one.
    fn replaced_lock() -> (tempfile::TempDir, Claim, Sighting, Sighting) {
        let folder = tempfile::tempdir().expect("a directory");
        let claim = Claim::new(&folder.path().join("config")).expect("a claim");
        let old = File::create(&claim.path).expect("a lock");
        old.set_modified(SystemTime::UNIX_EPOCH).expect("its time");
        let sighting = || Sighting::of(&claim.path).expect("readable").expect("there");
        let judged = sighting();
        fs::remove_file(&claim.path).expect("released");
        File::create(&claim.path).expect("a new lock");
        let new = sighting();
        (folder, claim, judged, new)
    }

    #[test]
    fn a_lock_that_was_replaced_since_it_was_judged_is_not_broken() {
        let (_folder, claim, judged, new) = replaced_lock();
        assert!(!claim.break_lock(&judged).expect("no error"));
        assert!(new.is_still_at(&claim.path));
        assert!(claim.break_lock(&new).expect("no error"));
        assert!(!claim.path.exists());
    }

    #[test]
    fn a_lock_that_was_replaced_at_the_last_moment_is_put_back() {
        let (folder, claim, judged, new) = replaced_lock();
        assert!(!claim.remove_if(&judged).expect("no error"));
        assert!(new.is_still_at(&claim.path));
        assert_eq!(fs::read_dir(folder.path()).expect("the directory").count(), 2);
    }

    #[test]
    fn only_one_breaks_at_a_time() {
        let (folder, claim, _, new) = replaced_lock();
        let guard = File::open(folder.path()).expect("the directory");
        guard.try_lock().expect("no other process is breaking");
        assert!(!claim.break_lock(&new).expect("no error"));
        drop(guard);
        assert!(claim.break_lock(&new).expect("no error"));
    }

    #[test]
    fn without_hard_links_the_lock_is_made_as_kubectl_makes_it() {
        let (_folder, claim, ..) = replaced_lock();
        assert!(claim.try_create().expect("no error").is_none());
        fs::remove_file(&claim.path).expect("released");
        assert!(claim.try_create().expect("no error").is_some());
        let sighting = Sighting::of(&claim.path).expect("readable").expect("there");
        assert_eq!(sighting.owner, Owner::this_process());
    }
}
