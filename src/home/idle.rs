//! A child without an order yet, whichever way it was started.

use std::os::fd::OwnedFd;

use nix::sys::signal::{kill, Signal};
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::Pid;

/// A child that has no order yet. Without one it exits.
#[derive(Debug)]
pub struct IdleChild {
    pub(super) process: Process,
    /// Where its order is written.
    pub(super) orders: OwnedFd,
    /// Where its answer is read.
    pub(super) answers: OwnedFd,
}

/// The process, which stays until it was waited for.
#[derive(Debug)]
pub(super) struct Process(Pid);

impl IdleChild {
    pub(super) fn new(pid: Pid, orders: OwnedFd, answers: OwnedFd) -> Self {
        Self {
            process: Process(pid),
            orders,
            answers,
        }
    }

    /// There is no order after all. Its user may have stopped it, so it is not asked to exit.
    pub fn dismiss(self) {
        self.process.kill();
        let _ = waitpid(self.process.0, None);
    }
}

impl Process {
    pub(super) fn kill(&self) {
        let _ = kill(self.0, Signal::SIGKILL);
    }

    /// What became of it, without waiting.
    pub(super) fn status(&self) -> nix::Result<WaitStatus> {
        waitpid(self.0, Some(WaitPidFlag::WNOHANG))
    }

    /// Whether its user has stopped it.
    pub(super) fn is_stopped(&self) -> bool {
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
        matches!(waitpid(self.0, Some(flags)), Ok(WaitStatus::Stopped(..)))
    }
}
