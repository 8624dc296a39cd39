//! A path walked once, step by step: what is used afterwards are the descriptors that were judged on the way.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::{FileType, Mode, OFlags, CWD};
use rustix::io::Errno;

use super::fault::FileFault;
use super::judge::Seen;
use super::place::{Directory, Place};

/// As many links as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;
const STEP: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// With `O_DIRECTORY` an automounted file system is mounted; with `O_PATH` alone its empty mount point would be opened
/// (`follow_automount` in Linux's fs/namei.c).
const STEP_INTO: OFlags = STEP.union(OFlags::DIRECTORY);
/// What is created on the way is root's alone.
const OURS_ALONE: Mode = Mode::RWXU;

/// Who may have had a hand in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Only root, or whoever runs this: every directory and link on the way.
    OnlyRoot,
    /// Another account may own directories, but no link: a metrics directory is node_exporter's, say.
    LinksOfRoot,
    /// Anybody: for a process that has become the user, and may do no more than that user.
    Anybody,
}

/// How a path is walked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub trust: Trust,
    /// Whether directories that are missing are created.
    pub creates: bool,
    /// Whether it is a place of ours, where we would write or create something: what another account has put in the
    /// way is then moved away, and not made root's.
    pub is_ours: bool,
    /// Whether a link in the last step is followed.
    pub follows_last: bool,
}

/// Where a path leads, and the first thing on the way that is not trusted.
pub(super) struct Walked {
    pub place: Place,
    pub fault: Option<FileFault>,
}

/// Walks into a directory: each step is judged, the last one too.
pub(super) fn enter(path: &Path) -> Result<(Directory, Option<FileFault>), FileFault> {
    let rules = Rules {
        trust: Trust::OnlyRoot,
        creates: false,
        is_ours: false,
        follows_last: true,
    };
    let mut walk = Walk::begin(path, rules)?;
    match walk.all_the_way() {
        Ok(()) => {
            // Sticky helps what is in it, but here it matters that nothing is added.
            let seen = Seen::of(walk.at.fd()).map_err(|error| FileFault::of_system(path, error))?;
            walk.note(seen.check_writers(walk.at.path()));
            Ok((walk.at, walk.fault))
        }
        Err(error) => Err(walk.failed(error)),
    }
}

/// Walks a path to the directory of its last step. What cannot be opened is an error; what is not trusted is a fault,
/// for the caller to judge.
pub(super) fn walk(path: &Path, rules: Rules) -> Result<Walked, FileFault> {
    let mut walk = Walk::begin(path, rules)?;
    match walk.last_step() {
        Ok(place) => Ok(Walked {
            place,
            fault: walk.fault,
        }),
        Err(error) => Err(walk.failed(error)),
    }
}

/// The root directory: whoever can write that has no need of us, so it is not judged.
fn root(path: &Path) -> Result<Directory, FileFault> {
    let fd = rustix::fs::openat(CWD, "/", FOLDER, Mode::empty()).map_err(|error| FileFault::of_system(path, error))?;
    Ok(Directory::new(fd, "/".into()))
}

/// The steps of a path, without the dots.
fn steps(path: &Path) -> VecDeque<OsString> {
    let steps = path.components().filter(|step| *step != Component::CurDir);
    steps.map(|step| step.as_os_str().to_owned()).collect()
}

struct Walk<'a> {
    file: &'a Path,
    rules: Rules,
    at: Directory,
    pending: VecDeque<OsString>,
    links: usize,
    fault: Option<FileFault>,
}

impl<'a> Walk<'a> {
    fn begin(file: &'a Path, rules: Rules) -> Result<Self, FileFault> {
        let absolute = std::path::absolute(file).map_err(|error| FileFault::of_system(file, error))?;
        Ok(Self {
            file,
            rules,
            at: root(file)?,
            pending: steps(&absolute),
            links: 0,
            fault: None,
        })
    }

    /// What is missing behind a step that is not trusted is whatever its owner wants it to be; otherwise it is the file
    /// that is missing, whichever step of it is.
    fn failed(self, error: FileFault) -> FileFault {
        match (self.fault, error) {
            (Some(fault), _) => fault,
            (None, FileFault::Missing { .. }) => FileFault::Missing {
                path: self.file.to_owned(),
            },
            (None, error) => error,
        }
    }

    fn all_the_way(&mut self) -> Result<(), FileFault> {
        while let Some(step) = self.pending.pop_front() {
            self.take(&step)?;
        }
        Ok(())
    }

    fn take(&mut self, step: &OsStr) -> Result<(), FileFault> {
        match step.to_str() {
            Some("/") => self.at = root(self.file)?,
            Some("..") => self.up()?,
            _ => self.down(step)?,
        }
        Ok(())
    }

    fn last_step(&mut self) -> Result<Place, FileFault> {
        while let Some(step) = self.pending.pop_front() {
            let is_name = !matches!(step.to_str(), Some("/" | ".."));
            if !(is_name && self.pending.is_empty()) {
                self.take(&step)?;
            } else if !self.is_followed(&step)? {
                return Ok(Place::new(self.at.clone(), step));
            }
        }
        Err(FileFault::unusable(self.file, "it is a directory"))
    }

    fn up(&mut self) -> Result<(), FileFault> {
        let path = self.at.path().parent().unwrap_or(Path::new("/")).to_owned();
        let fd = rustix::fs::openat(self.at.fd(), "..", FOLDER, Mode::empty())
            .map_err(|error| FileFault::of_system(&path, error))?;
        self.at = Directory::new(fd, path);
        Ok(())
    }

    /// Whether the last step is a link that was followed.
    fn is_followed(&mut self, step: &OsStr) -> Result<bool, FileFault> {
        if !self.rules.follows_last {
            return Ok(false);
        }
        match self.open(step) {
            Ok(fd) => self.follow_if_link(&fd, step),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(FileFault::of_system(&self.at.path().join(step), error)),
        }
    }

    fn open(&self, step: &OsStr) -> rustix::io::Result<OwnedFd> {
        rustix::fs::openat(self.at.fd(), step, STEP, Mode::empty())
    }

    /// A directory, or what stands in its place: a link, perhaps.
    fn open_folder(&self, step: &OsStr) -> rustix::io::Result<OwnedFd> {
        match rustix::fs::openat(self.at.fd(), step, STEP_INTO, Mode::empty()) {
            Err(Errno::NOTDIR | Errno::LOOP) => self.open(step),
            other => other,
        }
    }

    /// Into a directory, or along a link.
    fn down(&mut self, step: &OsStr) -> Result<(), FileFault> {
        let path = self.at.path().join(step);
        let opened = match self.open_folder(step) {
            // Not behind a step that is not trusted: that would put a directory of root's wherever its owner wants it.
            Err(Errno::NOENT) if self.rules.creates && self.fault.is_none() => self.create(step),
            other => other,
        };
        let fd = opened.map_err(|error| FileFault::of_system(&path, error))?;
        if self.follow_if_link(&fd, step)? {
            return Ok(());
        }
        let seen = Seen::of(&fd).map_err(|error| FileFault::of_system(&path, error))?;
        if self.rules.trust == Trust::OnlyRoot && !seen.is_sticky_of_root() {
            self.note(self.check_owner(&seen, &path).and_then(|()| seen.check_writers(&path)));
        }
        if !seen.is(FileType::Directory) {
            return Err(FileFault::of_system(&path, Errno::NOTDIR));
        }
        self.at = Directory::new(fd, path);
        Ok(())
    }

    /// Another process may be quicker; what is there is judged after it was opened, whoever created it.
    fn create(&self, step: &OsStr) -> rustix::io::Result<OwnedFd> {
        match rustix::fs::mkdirat(self.at.fd(), step, OURS_ALONE) {
            Ok(()) | Err(Errno::EXIST) => self.open_folder(step),
            Err(error) => Err(error),
        }
    }

    fn follow_if_link(&mut self, fd: &OwnedFd, step: &OsStr) -> Result<bool, FileFault> {
        let path = self.at.path().join(step);
        let failed = |error: Errno| FileFault::of_system(&path, error);
        let seen = Seen::of(fd).map_err(failed)?;
        if !seen.is(FileType::Symlink) {
            return Ok(false);
        }
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(FileFault::unusable(self.file, "it has too many links"));
        }
        self.note(self.check_owner(&seen, &path));
        // The link that was judged is the one that is read: an empty path stands for the descriptor (readlinkat(2)).
        let target = rustix::fs::readlinkat(fd, "", Vec::new()).map_err(failed)?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        for step in steps(&target).into_iter().rev() {
            self.pending.push_front(step);
        }
        Ok(true)
    }

    fn check_owner(&self, seen: &Seen, path: &Path) -> Result<(), FileFault> {
        if self.rules.is_ours {
            seen.check_is_ours(path)
        } else {
            seen.check_owner(path)
        }
    }

    fn note(&mut self, judged: Result<(), FileFault>) {
        if let (Err(fault), None) = (judged, &self.fault) {
            self.fault = Some(fault.on_the_way_to(self.file));
        }
    }
}
