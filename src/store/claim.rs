//! Taking a lock: our own file is linked to the lock's name, and a lock whose owner is dead is broken.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::time::Duration;

use nix::errno::Errno;

use super::error::LockError;
use super::owner::Owner;
use super::scratch::Scratch;
use super::sighting::{Clock, Sighting};
use crate::door::FileError;
use crate::door::Place;

/// kubectl holds its lock for milliseconds. A lock this old was left behind.
const ABANDONED_AFTER: Duration = Duration::from_secs(30);

/// Our lock file under a name of its own, ready to be linked to the name that counts.
pub(super) struct Claim {
    pub(super) place: Place,
    scratch: Scratch,
    pub(super) clock: Clock,
}

impl Claim {
    pub(super) fn new(guarded: &Place) -> Result<Self, FileError> {
        let folder = guarded.directory().path();
        let mut scratch = Scratch::beside(guarded)?;
        let line = Owner::this_process().map(|owner| owner.to_line()).unwrap_or_default();
        let file = scratch.file();
        file.write_all(line.as_bytes())
            .map_err(FileError::during("write into", folder))?;
        let clock = Clock::set_by(file).map_err(FileError::during("examine", folder))?;
        let place = lock_of(guarded);
        Ok(Self { place, scratch, clock })
    }

    /// The lock file, opened, if it was free.
    pub(super) fn try_take(&self) -> Result<Option<File>, FileError> {
        let path = self.place.path();
        let doing = FileError::during("create", &path);
        match self.scratch.place().link_to(&self.place) {
            Ok(()) => self.scratch.try_clone().map(Some).map_err(doing),
            // An answer that NFS lost on the way makes a link that was made look as if it was there before: link(2).
            Err(_) if self.scratch.is_linked() => self.scratch.try_clone().map(Some).map_err(doing),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) if links_are_refused(&error) => self.try_create(),
            Err(error) => Err(doing(error)),
        }
    }

    /// kubectl's own way, for file systems without hard links.
    fn try_create(&self) -> Result<Option<File>, FileError> {
        match self.place.create_new() {
            Ok(mut file) => {
                let line = Owner::this_process().map(|owner| owner.to_line()).unwrap_or_default();
                // Without the line the lock still is one; it is only slower to break.
                let _ = file.write_all(line.as_bytes());
                Ok(Some(file))
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(FileError::new("create", &self.place.path(), error)),
        }
    }

    pub(super) fn is_abandoned(&self, seen: &Sighting) -> bool {
        seen.owner.as_ref().is_some_and(Owner::is_gone) || self.age(seen) > ABANDONED_AFTER
    }

    fn age(&self, seen: &Sighting) -> Duration {
        self.clock.now().duration_since(seen.modified).unwrap_or_default()
    }

    /// Removes the lock that was judged, and no other one. `false` if another process was faster.
    pub(super) fn break_lock(&self, judged: &Sighting) -> Result<bool, FileError> {
        let folder = self.place.directory();
        // One at a time.
        let guard = folder.try_lock().map_err(FileError::during("open", folder.path()))?;
        if guard.is_none() || !judged.is_still_at(&self.place) {
            return Ok(false);
        }
        self.remove_if(judged)
    }

    /// Moves the lock away before looking closer, since no other process can then take it for its own.
    fn remove_if(&self, judged: &Sighting) -> Result<bool, FileError> {
        let aside = self.aside();
        match self.place.rename_to(&aside) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(FileError::new("break", &self.place.path(), error)),
        }
        let right_one = judged.is_still_at(&aside);
        if !right_one {
            self.put_back(&aside);
        }
        let _ = aside.remove();
        Ok(right_one)
    }

    /// A name of our own next to our own file; it is swept up like it.
    fn aside(&self) -> Place {
        let mut name = OsString::from(self.scratch.place().name());
        name.push("-broken");
        self.place.beside(name)
    }

    /// A link does not replace a lock that was made meanwhile.
    fn put_back(&self, aside: &Place) {
        if aside.link_to(&self.place).is_err_and(|error| links_are_refused(&error)) {
            let _ = aside.rename_to(&self.place);
        }
    }

    pub(super) fn held(&self, seen: &Sighting) -> LockError {
        LockError::Held {
            lock: self.place.path(),
            holder: seen
                .owner
                .as_ref()
                .map_or_else(|| "another program".to_owned(), Owner::to_string),
            age: self.age(seen),
        }
    }
}

/// Where the lock of a file is, whoever holds it.
pub(super) fn lock_of(guarded: &Place) -> Place {
    let mut name = OsString::from(guarded.name());
    name.push(".lock");
    guarded.beside(name)
}

/// link(2): the file system has no hard links, has used them up, or the kernel or mount forbids them.
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
    use std::fs;
    use std::time::SystemTime;

    use super::*;
    use crate::door::Directory;

    /// A claim, and another process's lock that was judged and has been replaced by a new one since.
    fn replaced_lock() -> (tempfile::TempDir, Claim, Sighting, Sighting) {
        let folder = tempfile::tempdir().expect("a directory");
        let opened = Directory::open(folder.path()).expect("opened");
        let claim = Claim::new(&opened.place("config")).expect("a claim");
        let old = File::create(claim.place.path()).expect("a lock");
        old.set_modified(SystemTime::UNIX_EPOCH).expect("its time");
        let sighting = || Sighting::of(&claim.place).expect("readable").expect("there");
        let judged = sighting();
        fs::remove_file(claim.place.path()).expect("released");
        File::create(claim.place.path()).expect("a new lock");
        let new = sighting();
        (folder, claim, judged, new)
    }

    #[test]
    fn a_lock_that_was_replaced_since_it_was_judged_is_not_broken() {
        let (_folder, claim, judged, new) = replaced_lock();
        assert!(!claim.break_lock(&judged).expect("no error"));
        assert!(new.is_still_at(&claim.place));
        assert!(claim.break_lock(&new).expect("no error"));
        assert!(!claim.place.path().exists());
    }

    #[test]
    fn a_lock_that_was_replaced_at_the_last_moment_is_put_back() {
        let (folder, claim, judged, new) = replaced_lock();
        assert!(!claim.remove_if(&judged).expect("no error"));
        assert!(new.is_still_at(&claim.place));
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
        fs::remove_file(claim.place.path()).expect("released");
        assert!(claim.try_create().expect("no error").is_some());
        let sighting = Sighting::of(&claim.place).expect("readable").expect("there");
        assert_eq!(sighting.owner, Owner::this_process());
    }
}
