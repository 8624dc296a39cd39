//! One of root's files or directories, opened to work with.

use std::io;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use super::fault::FileFault;
use super::judge::{create_again, Seen};
use super::place::{Directory, Place};
use super::walk::{enter, walk, OnFault, Rules, Trust, Walked};
use crate::shell::quoted;

/// Where a file is replaced: the name under which it was asked for, next to which kubectl looks for its lock, and the
/// place that this leads to if it is a link.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The name as it was asked for.
    pub asked: Place,
    /// Where the content is, or is to be.
    pub target: Place,
    trust: Trust,
}

/// Opens the directory of a file that is to be read and replaced. Directories that are missing are created.
///
/// A link is followed, except with [`Trust::LinksOfRoot`]: in another account's directory it is replaced.
pub fn open(path: &Path, trust: Trust) -> Result<Opened, FileFault> {
    let rules = Rules {
        trust,
        creates: trust != Trust::LinksOfRoot,
        is_ours: true,
        follows_last: false,
        on_fault: OnFault::Stop,
    };
    let asked = trusted(walk(path, rules)?)?;
    let target = match trust {
        Trust::OnlyRoot if asked.is_link() => {
            let follows_last = true;
            trusted(walk(path, Rules { follows_last, ..rules })?)?
        }
        _ => asked.clone(),
    };
    Ok(Opened { asked, target, trust })
}

impl Opened {
    /// What a process that has become the user has found: it may do no more than that user.
    pub fn of_user(asked: Place, target: Place) -> Self {
        let trust = Trust::Anybody;
        Self { asked, target, trust }
    }

    /// Whether the name that was asked for is a link to the target.
    pub fn is_link(&self) -> bool {
        self.asked.path() != self.target.path()
    }

    /// A name in one of root's directories, which was opened and judged before.
    pub fn of_root(place: Place) -> Self {
        let (target, trust) = (place.clone(), Trust::OnlyRoot);
        Self {
            asked: place,
            target,
            trust,
        }
    }

    /// Whether the file that was opened at the target may be used, and replaced.
    pub fn judge(&self, file: &std::fs::File) -> Result<(), FileFault> {
        if self.trust != Trust::OnlyRoot {
            return Ok(());
        }
        let path = self.target.path();
        let seen = Seen::of(file).map_err(|error| FileFault::of_system(&path, error))?;
        seen.check_writers(&self.target)
    }
}

fn trusted(walked: Walked) -> Result<Place, FileFault> {
    match walked.fault {
        Some(fault) => Err(fault),
        None => Ok(walked.place),
    }
}

/// Opens a directory of files that only root (or whoever runs this) may change; `None` if it is not there.
pub fn open_directory(path: &Path) -> Result<Option<Directory>, FileFault> {
    match enter(path) {
        Ok((directory, None)) => Ok(Some(directory)),
        Err(FileFault::Missing { .. }) => Ok(None),
        Ok((_, Some(fault))) | Err(fault) => Err(fault),
    }
}

/// Opens a directory that nobody but root (or whoever runs this) can look into or change; `None` if it is not there.
///
/// With `creates` it is created, and judged after it was opened: another process may have been quicker.
pub fn open_private(path: &Path, creates: bool) -> Result<Option<Directory>, FileFault> {
    let rules = Rules {
        trust: Trust::OnlyRoot,
        creates,
        is_ours: true,
        follows_last: true,
        on_fault: OnFault::Stop,
    };
    let place = match walk(path, rules) {
        Ok(walked) => trusted(walked)?,
        Err(FileFault::Missing { .. }) if !creates => return Ok(None),
        Err(fault) => return Err(fault),
    };
    // Without the slash that the path may end with, for the commands that are printed.
    let path = &place.path();
    let failed = |error: io::Error| FileFault::of_system(path, error);
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = || rustix::fs::openat(place.directory().fd(), place.name(), flags, Mode::empty());
    let opened = match open() {
        Err(Errno::NOENT) if !creates => return Ok(None),
        Err(Errno::NOENT) => match rustix::fs::mkdirat(place.directory().fd(), place.name(), Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => open(),
            Err(error) => return Err(FileFault::not_created(path, error)),
        },
        other => other,
    };
    let fd = opened.map_err(|error| failed(error.into()))?;
    let seen = Seen::of(&fd).map_err(|error| failed(error.into()))?;
    check_private(&seen, path)?;
    Ok(Some(Directory::new(fd, path.to_owned())))
}

fn check_private(seen: &Seen, path: &Path) -> Result<(), FileFault> {
    seen.check_is_ours(path)?;
    if !seen.is(FileType::Directory) {
        return Err(FileFault::unusable(path, "it is not a directory"));
    }
    if seen.is_open_to_others() {
        return Err(FileFault::Unsafe {
            path: path.to_owned(),
            reason: "it holds secrets and others can access it".into(),
            remedy: if seen.is_writable_by_others() {
                // What others have put there stays theirs: a lock that one of them holds, say.
                create_again(path)
            } else {
                format!("run: chmod 0700 {}", quoted(path))
            },
        });
    }
    Ok(())
}
