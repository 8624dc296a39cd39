//! The file below `/run` whose bytes are the seats: a lock on one is a turn, and the lock on the gate makes a queue.
//!
//! Locks of open files (`F_OFD_SETLK`, fcntl(2)): the kernel takes them back when the last descriptor is closed, so a
//! crashed login holds nothing, and those who wait for one get it in the order in which they came (Linux 5.0 and newer; before,
//! nearly so).

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{fcntl, FcntlArg};
use nix::libc;

use super::pace::Pace;
use crate::door::{self, FileFault};

const DIRECTORY: &str = "/run/ood-k8s/logins";
const FILE: &str = "turns";

/// The bytes that are locked: far behind the text, where no byte need exist.
const GATE: i64 = 1 << 20;
const PACE: i64 = GATE + 1;
const FIRST_SEAT: i64 = GATE + 16;
/// The byte of the user with uid 0; the others follow.
const FIRST_USER: i64 = 1 << 32;

/// Why root's logins are not bounded, if the directory cannot be used. One that does not exist yet is no reason.
pub fn directory_fault() -> Option<FileFault> {
    door::open_private(Path::new(DIRECTORY), false).err()
}

/// The open file.
#[derive(Debug)]
pub(super) struct Seats(File);

impl Seats {
    /// Opens the file, or makes it. `None` if this is not root, or there is no `/run`: then nothing is bounded.
    pub fn open() -> Option<Self> {
        let directory = door::open_private(Path::new(DIRECTORY), true).ok().flatten()?;
        let file = directory.place(FILE).open_or_create().ok()?;
        Some(Self(file))
    }

    #[cfg(test)]
    pub fn of(file: File) -> Self {
        Self(file)
    }

    /// Takes the one place in the queue that each user has, unless another login of the same user is there.
    pub fn try_place_of(&self, uid: u32) -> io::Result<bool> {
        self.try_lock(place_of(uid))
    }

    /// Waits for that place, for as long as that takes.
    pub fn wait_for_place_of(&self, uid: u32) -> io::Result<()> {
        self.wait_for(place_of(uid))
    }

    /// Leaves it to the user's next login.
    pub fn leave_place_of(&self, uid: u32) {
        self.unlock(place_of(uid));
    }

    /// Stands at the gate if nobody does; whoever stands there is the next.
    pub fn try_gate(&self) -> io::Result<bool> {
        self.try_lock(GATE)
    }

    /// Waits until this is the next, for as long as that takes.
    pub fn wait_at_gate(&self) -> io::Result<()> {
        self.wait_for(GATE)
    }

    /// Leaves the gate to the next one.
    pub fn leave_gate(&self) {
        self.unlock(GATE);
    }

    /// Whether somebody else stands at the gate.
    pub fn is_gate_taken(&self) -> bool {
        let mut seen = lock(libc::F_WRLCK, GATE);
        let asked = fcntl(&self.0, FcntlArg::F_OFD_GETLK(&mut seen));
        asked.is_ok() && i32::from(seen.l_type) != libc::F_UNLCK
    }

    /// Takes the first free seat of so many.
    pub fn take_one_of(&self, number: u32) -> io::Result<Option<u32>> {
        for seat in 0..number {
            if self.try_lock(FIRST_SEAT + i64::from(seat))? {
                return Ok(Some(seat));
            }
        }
        Ok(None)
    }

    /// Gives a seat back.
    pub fn leave(&self, seat: u32) {
        self.unlock(FIRST_SEAT + i64::from(seat));
    }

    /// What is known of the API servers.
    pub fn pace(&self) -> Pace {
        let mut bytes = [0; 128];
        let length = self.0.read_at(&mut bytes, 0).unwrap_or_default();
        Pace::read(&String::from_utf8_lossy(&bytes[..length]))
    }

    /// Changes it; not if another login does so in this moment, which has seen the same.
    pub fn change_pace(&self, change: impl FnOnce(&mut Pace)) {
        if !self.try_lock(PACE).unwrap_or(false) {
            return;
        }
        let mut pace = self.pace();
        change(&mut pace);
        let _ = self.0.write_all_at(pace.text().as_bytes(), 0);
        self.unlock(PACE);
    }

    fn try_lock(&self, byte: i64) -> io::Result<bool> {
        match fcntl(&self.0, FcntlArg::F_OFD_SETLK(&lock(libc::F_WRLCK, byte))) {
            Ok(_) => Ok(true),
            Err(Errno::EAGAIN | Errno::EACCES) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Has no end but a signal's: whoever gives up leaves the thread that waits behind, until the process ends.
    fn wait_for(&self, byte: i64) -> io::Result<()> {
        loop {
            match fcntl(&self.0, FcntlArg::F_OFD_SETLKW(&lock(libc::F_WRLCK, byte))) {
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(()),
            }
        }
    }

    fn unlock(&self, byte: i64) {
        let _ = fcntl(&self.0, FcntlArg::F_OFD_SETLK(&lock(libc::F_UNLCK, byte)));
    }
}

fn place_of(uid: u32) -> i64 {
    FIRST_USER + i64::from(uid)
}

/// A lock on one byte.
fn lock(kind: libc::c_int, byte: i64) -> libc::flock {
    let short = |number: libc::c_int| libc::c_short::try_from(number).unwrap_or_default();
    libc::flock {
        l_type: short(kind),
        l_whence: short(libc::SEEK_SET),
        l_start: byte,
        l_len: 1,
        // As locks of open files want it.
        l_pid: 0,
    }
}
