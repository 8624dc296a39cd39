//! A name in an open directory: everything that is done to a file goes through the two, never through a path.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

/// An open directory, and how it is called in messages.
#[derive(Debug, Clone)]
pub struct Directory {
    fd: Arc<OwnedFd>,
    path: PathBuf,
}

impl Directory {
    pub(super) fn new(fd: OwnedFd, path: PathBuf) -> Self {
        Self { fd: Arc::new(fd), path }
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The path by which it was reached.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A name in it.
    pub fn place(&self, name: impl Into<OsString>) -> Place {
        Place::new(self.clone(), name.into())
    }

    /// Opens a directory as the kernel finds it, links and all: for a process that has become the user.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self::new(fd, path.to_owned()))
    }

    /// The names in it, in no order and at most so many; the dots are left out.
    pub fn names(&self, most: usize) -> io::Result<Vec<OsString>> {
        let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&*self.fd, ".", readable, Mode::empty())?;
        let mut names = Vec::new();
        for entry in Dir::new(fd)?.take(most) {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Brings what was renamed in it to the disk, if it can be read.
    pub fn sync(&self) -> io::Result<()> {
        let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&*self.fd, ".", readable, Mode::empty())?;
        Ok(rustix::fs::fsync(fd)?)
    }

    /// The directory itself, locked against another process that would do the same; `None` if it is locked, and an
    /// unlocked handle where directories cannot be locked (NFS).
    pub fn try_lock(&self) -> io::Result<Option<File>> {
        let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&*self.fd, ".", readable, Mode::empty())?);
        let is_locked_by_another = matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock));
        Ok((!is_locked_by_another).then_some(file))
    }
}

/// A name in an open directory. A link that stands there is never followed.
#[derive(Debug, Clone)]
pub struct Place {
    directory: Directory,
    name: OsString,
}

impl Place {
    pub(super) fn new(directory: Directory, name: OsString) -> Self {
        Self { directory, name }
    }

    /// For messages.
    pub fn path(&self) -> PathBuf {
        self.directory.path.join(&self.name)
    }

    /// The name.
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Another name in the same directory.
    #[must_use]
    pub fn beside(&self, name: impl Into<OsString>) -> Self {
        self.directory.place(name)
    }

    /// Opens what stands there for reading; a pipe without a writer does not hold it up.
    pub fn open(&self) -> io::Result<File> {
        self.open_with(OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)
    }

    /// Opens what stands there for reading and writing, and creates it for its owner alone if nothing does.
    pub fn open_or_create(&self) -> io::Result<File> {
        self.open_with(OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY)
    }

    /// Creates it for its owner alone; what stands there is an error.
    pub fn create_new(&self) -> io::Result<File> {
        self.open_with(OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)
    }

    pub(super) fn open_with(&self, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(self.directory.fd(), &self.name, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(fd.into())
    }

    /// What stands there; a link is a link.
    pub fn stat(&self) -> io::Result<Stat> {
        Ok(rustix::fs::statat(
            self.directory.fd(),
            &self.name,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// The kind of what stands there; a link is a link.
    pub(super) fn kind(&self) -> io::Result<FileType> {
        Ok(FileType::from_raw_mode(self.stat()?.st_mode))
    }

    /// Whether a link stands there.
    pub fn is_link(&self) -> bool {
        self.kind().is_ok_and(|kind| kind == FileType::Symlink)
    }

    /// Whether the open file is the one that stands there now.
    pub fn is(&self, file: &File) -> bool {
        let (Ok(there), Ok(held)) = (self.stat(), rustix::fs::fstat(file)) else {
            return false;
        };
        (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)
    }

    /// Moves it over another name of the same directory, in one step.
    pub fn rename_to(&self, other: &Self) -> io::Result<()> {
        let (from, to) = (self.directory.fd(), other.directory.fd());
        Ok(rustix::fs::renameat(from, &self.name, to, &other.name)?)
    }

    /// Gives it another name of the same directory, which must be free.
    pub fn link_to(&self, other: &Self) -> io::Result<()> {
        let (from, to) = (self.directory.fd(), other.directory.fd());
        Ok(rustix::fs::linkat(from, &self.name, to, &other.name, AtFlags::empty())?)
    }

    /// Removes the name.
    pub fn remove(&self) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(self.directory.fd(), &self.name, AtFlags::empty())?)
    }
}
