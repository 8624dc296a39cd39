//! Who can change what an open descriptor stands for: by owner, mode and POSIX ACL.

use std::os::fd::{AsFd, AsRawFd as _};
use std::path::Path;

use rustix::fs::{FileType, Mode, Stat};

use super::fault::FileFault;
use super::place::Place;
use crate::shell::quoted;

/// The extended attribute of a POSIX ACL (`acl(5)`). Without one the permission bits say all.
const ACL: &str = "system.posix_acl_access";

/// What was found out of a descriptor.
pub(super) struct Seen {
    pub stat: Stat,
    /// Whether the group's bits are the mask of an ACL, which may name anybody; `None` where that makes no difference.
    acl: Option<bool>,
}

impl Seen {
    /// Looks at the descriptor itself; it may be one that was opened with `O_PATH`.
    pub fn of(fd: impl AsFd) -> rustix::io::Result<Self> {
        let stat = rustix::fs::fstat(&fd)?;
        Ok(Self::of_stat(fd, stat))
    }

    fn of_stat(fd: impl AsFd, stat: Stat) -> Self {
        let mode = Mode::from_raw_mode(stat.st_mode);
        // With an ACL the group's bits are its mask: without them it gives nobody anything (acl(5)).
        // Of a directory only the writers are judged, so most of them need not be asked for an ACL.
        let bits = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Mode::WGRP,
            _ => Mode::WGRP | Mode::RGRP,
        };
        let group_matters = mode.intersects(bits) && stat.st_gid == 0;
        let is_link = FileType::from_raw_mode(stat.st_mode) == FileType::Symlink;
        Self {
            acl: (group_matters && !is_link).then(|| has_acl(&fd)),
            stat,
        }
    }

    /// The same for a directory on the way: a sticky one of root's is not asked for its ACL, since its writers are not judged.
    pub fn on_the_way(fd: impl AsFd) -> rustix::io::Result<Self> {
        let stat = rustix::fs::fstat(&fd)?;
        let seen = Self { stat, acl: None };
        Ok(if seen.is_sticky_of_root() {
            seen
        } else {
            Self::of_stat(fd, stat)
        })
    }

    fn has_acl(&self) -> bool {
        self.acl == Some(true)
    }

    /// Whether it is known that there is no ACL.
    pub fn has_no_acl(&self) -> bool {
        self.acl == Some(false)
    }

    pub fn is(&self, kind: FileType) -> bool {
        FileType::from_raw_mode(self.stat.st_mode) == kind
    }

    fn may(&self, bits: Mode) -> bool {
        Mode::from_raw_mode(self.stat.st_mode).intersects(bits)
    }

    /// A sticky directory that is root's, such as `/tmp`: no account can move or remove another account's file there.
    pub fn is_sticky_of_root(&self) -> bool {
        self.is(FileType::Directory) && self.may(Mode::SVTX) && self.stat.st_uid == 0
    }

    /// Whether others can read it.
    pub fn is_readable_by_others(&self) -> bool {
        self.may(Mode::ROTH)
    }

    /// Who can read it beside its owner, unless that is root's group or everybody.
    pub fn other_reader(&self) -> Option<String> {
        match (self.may(Mode::RGRP), self.stat.st_gid) {
            (true, 0) => self.has_acl().then(|| "whoever its ACL names".to_owned()),
            (true, group) => Some(format!("group {group}")),
            (false, _) => None,
        }
    }

    /// Whether anybody but its owner can change it.
    pub fn is_writable_by_others(&self) -> bool {
        self.may(Mode::WGRP | Mode::WOTH)
    }

    /// Whether anybody but its owner can do anything with it.
    pub fn is_open_to_others(&self) -> bool {
        self.may(Mode::RWXG | Mode::RWXO)
    }

    /// The owner must be root or whoever runs this.
    pub fn check_owner(&self, place: &Place) -> Result<(), FileFault> {
        if self.is_trusted_owner() {
            return Ok(());
        }
        let path = place.path();
        // What its owner can exchange can be another thing when the command is typed.
        let remedy = if self.is(FileType::Symlink) || stands_in_a_sticky_directory(place) {
            format!("create it again as root once it is gone, so {}", move_away(&path))
        } else if self.is(FileType::Directory) {
            close(&path, "chown -h root")
        } else {
            self.copy(&path)
        };
        Err(self.owned_by_another(&path, remedy))
    }

    /// Like [`Self::check_owner`], for what is created if it is missing: what another account has put in its place stays
    /// that account's, with all that is in it.
    pub fn check_is_ours(&self, path: &Path) -> Result<(), FileFault> {
        if self.is_trusted_owner() {
            return Ok(());
        }
        Err(self.owned_by_another(path, create_again(path)))
    }

    fn is_trusted_owner(&self) -> bool {
        let owner = self.stat.st_uid;
        owner == 0 || owner == rustix::process::geteuid().as_raw()
    }

    fn owned_by_another(&self, path: &Path, remedy: String) -> FileFault {
        FileFault::Unsafe {
            path: path.to_owned(),
            reason: format!("uid {} owns it", self.stat.st_uid),
            remedy,
        }
    }

    /// Nobody but its owner and root's group can change it.
    pub fn check_writers(&self, place: &Place) -> Result<(), FileFault> {
        self.check_owner(place)?;
        self.check_mode(&place.path())
    }

    /// The mode and the ACL let nobody but its owner and root's group change it.
    pub fn check_mode(&self, path: &Path) -> Result<(), FileFault> {
        let (reason, command) = match (self.may(Mode::WOTH), self.may(Mode::WGRP), self.stat.st_gid) {
            (true, ..) => ("others can write it".to_owned(), "chmod o-w"),
            (_, true, 0) if self.has_acl() => (
                "it has an ACL that lets other accounts write it".to_owned(),
                "setfacl -b",
            ),
            (_, true, group) if group != 0 => (format!("group {group} can write it"), "chmod g-w"),
            _ => return Ok(()),
        };
        let remedy = match FileType::from_raw_mode(self.stat.st_mode) {
            FileType::Directory => close(path, command),
            _ => self.copy(path),
        };
        Err(FileFault::Unsafe {
            path: path.to_owned(),
            reason,
            remedy,
        })
    }

    /// The command that puts a copy in the place of a file that another account could write.
    ///
    /// A new mode, owner or ACL would not do: who has the file open writes on, since the permission is checked by open(2)
    /// alone, and a hard link keeps the file reachable. `install` creates the copy anew and follows no link to it; `mv -i`
    /// asks after the copy was shown. The mode stays, without what lets others write.
    fn copy(&self, path: &Path) -> String {
        let mut copy = path.as_os_str().to_owned();
        copy.push(".ood-k8s-new");
        let (path, copy) = (quoted(path), quoted(copy));
        let mode = Mode::from_raw_mode(self.stat.st_mode);
        let bits = (mode & (Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH)).as_raw_mode();
        let group = match self.stat.st_gid {
            group if group != 0 && mode.intersects(Mode::RGRP) => format!(" -g {group}"),
            _ => String::new(),
        };
        format!(
            "another account may have it open, so replace it with a copy, and answer y once you have checked that, \
             run: install -m 0{bits:o}{group} -T {path} {copy} && cat -v {copy} && mv -i -T {copy} {path}"
        )
    }
}

/// Whether an owner of the place can exchange it, though the directory is root's: in `/tmp`, say.
fn stands_in_a_sticky_directory(place: &Place) -> bool {
    Seen::of(place.directory().fd()).map_or(true, |directory| directory.is_sticky_of_root())
}

/// A directory stays the same: what is done in it is permitted by its mode at that time, whoever has it open.
fn close(path: &Path, command: &str) -> String {
    format!("check what is in it after you run: {command} {}", quoted(path))
}

/// What to do with what stands where something of ours is to be.
pub(super) fn create_again(path: &Path) -> String {
    format!("it is created again once it is gone, so {}", move_away(path))
}

/// The command that moves a path away, also a second time, and without looking into it.
fn move_away(path: &Path) -> String {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".moved-away");
    format!("run: mv --backup=numbered -T {} {}", quoted(path), quoted(aside))
}

/// Whether there is an ACL. An `O_PATH` descriptor has no attributes of its own, so they are asked for through `/proc`,
/// which leads to the very file that is open. If that cannot be asked, there may be one.
fn has_acl(fd: impl AsFd) -> bool {
    let path = format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd());
    match rustix::fs::getxattr_query(path, ACL) {
        Ok(length) => length > 0,
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP) => false,
        Err(_) => true,
    }
}

/// The ACL itself, as the kernel hands it out; empty where there is none.
pub(super) fn acl_of(fd: impl AsFd) -> Vec<u8> {
    let path = format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd());
    // Longer than any that a file system stores.
    let mut buffer = vec![0; 64 << 10];
    let length = rustix::fs::getxattr(path, ACL, &mut buffer).unwrap_or(0);
    buffer.truncate(length);
    buffer
}
